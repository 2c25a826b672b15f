//! What is known of each neighbour, for operators.

use jiff::{Timestamp, civil::Date};

use crate::{base::id::MemberCode, log::logs::Log};

/// How things stand with one other node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerStatus {
    /// The other member.
    pub member: MemberCode,
    /// End of the last session that went well.
    pub last_contact: Option<Timestamp>,
    /// Why the last session failed, if it did.
    pub last_failure: Option<String>,
    /// Sessions that failed since one went well.
    pub failures: u32,
    /// Bytes of frames received.
    pub bytes_in: u64,
    /// Bytes of requests sent.
    pub bytes_out: u64,
    /// When it is tried next.
    pub next_try: Timestamp,
}

/// The age of one log's news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginNews {
    /// Whose log.
    pub origin: MemberCode,
    /// Its epoch.
    pub epoch: u32,
    /// Entries held.
    pub held: u64,
    /// Day its newest entry was written, by the origin's clock.
    pub newest_on: Option<Date>,
}

/// The news held of each log, in order.
pub fn news(log: &Log) -> Vec<OriginNews> {
    let newest = |origin, epoch, held: u64| {
        let mut entries = log.entries(origin, epoch, held.checked_sub(1)?);
        entries.next()?.ok().map(|entry| entry.header.created_on)
    };
    let news = |head: crate::log::logs::Head| OriginNews {
        origin: head.origin,
        epoch: head.epoch,
        held: head.held,
        newest_on: newest(head.origin, head.epoch, head.held),
    };
    log.heads().into_iter().map(news).collect()
}
