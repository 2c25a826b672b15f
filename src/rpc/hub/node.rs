//! The node as its own staff sees it.

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::id::MemberCode,
    publication::passed::PassedOver,
    rpc::{
        call::blocking,
        node::{Member, NodeParts, VERSION},
    },
    statistics::checks::Badge,
    store::{SharedStore, StoreError},
    sync::status::PeerStatus,
    wire::{
        generated::hub::{
            DamagedLog, GetStatusRequest, GetStatusResponse, ListPeersRequest, ListPeersResponse,
            PassedEntry, node_service_server::NodeService,
        },
        node as wire,
    },
};

/// What a node tells its staff beside what it tells everybody.
#[derive(Clone)]
pub struct Insight {
    /// The store, for its size.
    pub store: SharedStore,
    /// How things stand with the other nodes.
    pub peers: Arc<dyn Fn() -> Vec<PeerStatus> + Send + Sync>,
    /// Entries that were passed over; reads the store.
    pub passed: Arc<dyn Fn() -> Result<Vec<PassedOver>, StoreError> + Send + Sync>,
    /// Whether entries wait to be taken in because that failed.
    pub behind: Arc<dyn Fn() -> bool + Send + Sync>,
    /// What was found when it was tried to tell what a member hides.
    pub badge: Arc<dyn Fn(MemberCode) -> Option<Badge> + Send + Sync>,
}

/// The node service of the hub.
pub struct HubNode {
    pub(super) node: NodeParts,
    pub(super) insight: Insight,
}

fn damaged((origin, epoch, detail): (MemberCode, u32, String)) -> DamagedLog {
    DamagedLog { origin: origin.to_string(), epoch, detail }
}

fn passed(PassedOver { entry, reason }: PassedOver) -> PassedEntry {
    PassedEntry { entry: entry.to_string(), reason }
}

#[async_trait]
impl NodeService for HubNode {
    async fn get_status(
        &self,
        _request: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let (node, insight) = (self.node.clone(), self.insight.clone());
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
                store_bytes: insight.store.disk_bytes()?,
                received_bytes: node.meter.received_bytes(),
                sent_bytes: node.meter.sent_bytes(),
                damaged_logs: node.log.damaged().into_iter().map(damaged).collect(),
                passed_entries: (insight.passed)()?.into_iter().map(passed).collect(),
                behind: (insight.behind)(),
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
        let mut peers = (self.insight.peers)();
        peers.sort_by_key(|peer| peer.member);
        let peers = peers.into_iter().map(|peer| {
            let badge = (self.insight.badge)(peer.member);
            wire::peer_to_wire(peer, address, badge)
        });
        let peers = peers.collect();
        Ok(Response::new(ListPeersResponse { peers }))
    }
}
