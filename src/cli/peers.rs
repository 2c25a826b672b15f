//! `essaim peers`: the other nodes as a node sees them.

use serde_json::{Value, json};

use crate::{
    cli::{
        Done,
        args::{CallArgs, Format},
        call,
        output::{self, Fields},
        query,
    },
    wire::generated::hub::{
        DisclosureCheck, ListPeersRequest, Peer, node_service_client::NodeServiceClient,
    },
};

/// Asks and prints. The answer is no when the last try with some node failed.
pub(super) fn run(args: &CallArgs) -> anyhow::Result<Done> {
    let peers = call::block_on(async {
        let mut client = NodeServiceClient::new(call::connect(&args.reach, call::QUICK).await?);
        Ok(call::answer(client.list_peers(ListPeersRequest {}).await)?.peers)
    })?;
    let failing = peers.iter().any(|peer| !peer.last_failure.is_empty());
    let rows = peers.iter().map(|peer| fields(peer, args.format)).collect();
    let columns =
        ["member", "address", "last_contact", "received", "sent", "disclosure", "last_failure"];
    output::list(args.format, rows, &columns)?;
    Ok(if failing { Done::No } else { Done::Yes })
}

/// What the node found when it tried to tell what the member hides.
fn disclosure(check: Option<&DisclosureCheck>, format: Format) -> Value {
    let Some(check) = check else {
        return match format {
            Format::Table => json!(query::disclosure_pending()),
            Format::Json => Value::Null,
        };
    };
    // The numbers of the states are those of the exchange.
    let word = query::disclosure_word(check.state);
    match format {
        Format::Table => json!(word),
        Format::Json => json!({
            "state": word,
            "reason": check.reason,
            "releases_checked": check.releases_checked,
            "cells": check.cells,
            "guessed": check.guessed,
        }),
    }
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
        ("disclosure", disclosure(peer.disclosure.as_ref(), format)),
    ]
}
