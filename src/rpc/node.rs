//! What a node says of itself, on both listeners.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use crate::{
    base::id::MemberCode,
    log::logs::{Head, Log},
    rpc::{identity::LiveRoster, meter::Meter},
    sync::status,
};

/// The version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a node is made of, as far as it tells others.
#[derive(Clone)]
pub struct NodeParts {
    /// Its member.
    pub member: MemberCode,
    /// The roster in force.
    pub roster: Arc<LiveRoster>,
    /// The logs it holds.
    pub log: Arc<Log>,
    /// Bytes on the exchange, both ways, as server and as client.
    pub meter: Arc<Meter>,
}

/// What the roster says of the node's member.
pub(super) struct Member {
    pub name: String,
    pub kind: &'static str,
    pub roster_version: u64,
}

impl NodeParts {
    pub(super) fn own_member(&self) -> Member {
        let roster = self.roster.roster();
        let own = roster.member(self.member);
        Member {
            name: own.map(|member| member.name.clone()).unwrap_or_default(),
            kind: own.map(|member| member.kind.as_str()).unwrap_or_default(),
            roster_version: roster.version,
        }
    }

    /// The logs held, each with the day of its newest entry. Blocks.
    pub(super) fn heads(&self) -> Vec<(Head, Option<Date>)> {
        let newest: BTreeMap<_, _> = status::news(&self.log)
            .into_iter()
            .map(|news| ((news.origin, news.epoch), news.newest_on))
            .collect();
        let dated = |head: Head| {
            let day = newest.get(&(head.origin, head.epoch)).copied().flatten();
            (head, day)
        };
        self.log.heads().into_iter().map(dated).collect()
    }
}
