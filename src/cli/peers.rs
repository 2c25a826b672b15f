//! `essaim peers`: the other nodes as a node sees them.

use serde_json::json;

use crate::{
    cli::{
        Done,
        args::{CallArgs, Format},
        call,
        output::{self, Fields},
    },
    wire::generated::hub::{ListPeersRequest, Peer, node_service_client::NodeServiceClient},
};

/// Asks and prints. The answer is no when the last try with some node failed.
pub(super) fn run(args: &CallArgs) -> anyhow::Result<Done> {
    let peers = call::block_on(async {
        let mut client = NodeServiceClient::new(call::connect(&args.reach, call::QUICK).await?);
        Ok(call::answer(client.list_peers(ListPeersRequest {}).await)?.peers)
    })?;
    let failing = peers.iter().any(|peer| !peer.last_failure.is_empty());
    let rows = peers.iter().map(|peer| fields(peer, args.format)).collect();
    let columns = ["member", "address", "last_contact", "received", "sent", "last_failure"];
    output::list(args.format, rows, &columns)?;
    Ok(if failing { Done::No } else { Done::Yes })
}

fn fields(peer: &Peer, format: Format) -> Fields {
    let bytes = |count: u64| match format {
        Format::Table => json!(output::bytes(count)),
        Format::Json => json!(count),
    };
    // People need no fractions of a second.
    let instant = |text: &str| match (format, text.split_once('.')) {
        (Format::Table, Some((seconds, _))) => json!(format!("{seconds}Z")),
        _ => json!(text),
    };
    vec![
        ("member", json!(peer.member)),
        ("address", json!(peer.address)),
        ("last_contact", instant(&peer.last_contact)),
        ("next_try", instant(&peer.next_try)),
        ("last_failure", json!(peer.last_failure)),
        ("failures", json!(peer.failures)),
        ("received", bytes(peer.received_bytes)),
        ("sent", bytes(peer.sent_bytes)),
    ]
}
