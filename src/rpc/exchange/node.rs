//! The node as other members see it.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    rpc::{
        call::blocking,
        node::{Member, NodeParts, VERSION},
    },
    wire::{
        generated::exchange::{GetNodeRequest, GetNodeResponse, node_service_server::NodeService},
        node as wire,
    },
};

/// The node service of the exchange.
pub struct ExchangeNode(pub(super) NodeParts);

#[async_trait]
impl NodeService for ExchangeNode {
    async fn get_node(
        &self,
        _request: Request<GetNodeRequest>,
    ) -> Result<Response<GetNodeResponse>, Status> {
        let node = self.0.clone();
        let answer = blocking(move || {
            let Member { name, kind, roster_version } = node.own_member();
            let head = |(head, newest_on)| wire::head_to_exchange(head, newest_on);
            Ok::<_, Status>(GetNodeResponse {
                member: node.member.to_string(),
                display_name: name,
                kind: kind.into(),
                version: VERSION.into(),
                roster_version,
                logs: node.heads().into_iter().map(head).collect(),
                received_bytes: node.meter.received_bytes(),
                sent_bytes: node.meter.sent_bytes(),
            })
        });
        Ok(Response::new(answer.await?))
    }
}
