//! The node as its own staff sees it.

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::id::MemberCode,
    rpc::{
        call::blocking,
        node::{Member, NodeParts, VERSION},
    },
    store::{SharedStore, StoreError},
    sync::status::PeerStatus,
    wire::{
        generated::hub::{
            GetStatusRequest, GetStatusResponse, ListPeersRequest, ListPeersResponse,
            node_service_server::NodeService,
        },
        node as wire,
    },
};

/// The node service of the hub.
pub struct HubNode {
    pub(super) node: NodeParts,
    pub(super) store: SharedStore,
    pub(super) peers: Arc<dyn Fn() -> Vec<PeerStatus> + Send + Sync>,
}

#[async_trait]
impl NodeService for HubNode {
    async fn get_status(
        &self,
        _request: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let (node, store) = (self.node.clone(), Arc::clone(&self.store));
        let status = blocking(move || {
            let Member { name, kind, roster_version } = node.own_member();
            let head = |(head, newest_on)| wire::head_to_hub(head, newest_on);
            Ok::<_, StoreError>(GetStatusResponse {
                member: node.member.to_string(),
                display_name: name,
                kind: kind.into(),
                version: VERSION.into(),
                roster_version,
                logs: node.heads().into_iter().map(head).collect(),
                store_bytes: store.disk_bytes()?,
                received_bytes: node.meter.received_bytes(),
                sent_bytes: node.meter.sent_bytes(),
            })
        });
        Ok(Response::new(status.await?))
    }

    async fn list_peers(
        &self,
        _request: Request<ListPeersRequest>,
    ) -> Result<Response<ListPeersResponse>, Status> {
        let roster = self.node.roster.roster();
        let address = |code: MemberCode| {
            roster.member(code).map(|member| member.exchange_address.clone()).unwrap_or_default()
        };
        let mut peers = (self.peers)();
        peers.sort_by_key(|peer| peer.member);
        let peers = peers.into_iter().map(|peer| wire::peer_to_wire(peer, address)).collect();
        Ok(Response::new(ListPeersResponse { peers }))
    }
}
