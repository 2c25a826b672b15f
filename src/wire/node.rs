//! What a node says of itself and its neighbours.

use jiff::civil::Date;

use crate::{
    base::id::{EntryId, MemberCode},
    log::logs::Head,
    sync::status::PeerStatus,
    wire::{
        generated::{exchange, hub},
        parse::from_day,
    },
};

/// A log as the exchange shows it. `newest_on` is the day its newest entry was written.
pub fn head_to_exchange(head: Head, newest_on: Option<Date>) -> exchange::LogHead {
    let Head { origin, epoch, size, root, checkpoint: _, held, frozen } = head;
    exchange::LogHead {
        origin: origin.to_string(),
        epoch,
        size,
        root: root.to_vec(),
        held,
        frozen,
        newest_on: from_day(newest_on),
    }
}

/// A log as the hub shows it.
pub fn head_to_hub(head: Head, newest_on: Option<Date>) -> hub::LogHead {
    let exchange::LogHead { origin, epoch, size, root, held, frozen, newest_on } =
        head_to_exchange(head, newest_on);
    hub::LogHead { origin, epoch, size, root, held, frozen, newest_on }
}

/// The newest entry of a log, if it has one.
pub fn newest_entry(head: &Head) -> Option<EntryId> {
    let seq = head.held.checked_sub(1)?;
    Some(EntryId { origin: head.origin, epoch: head.epoch, seq })
}

/// A neighbour; `address` is where the roster says it is.
pub fn peer_to_wire(peer: PeerStatus, address: impl FnOnce(MemberCode) -> String) -> hub::Peer {
    let PeerStatus { member, last_contact, last_failure, failures, bytes_in, bytes_out, next_try } =
        peer;
    hub::Peer {
        member: member.to_string(),
        address: address(member),
        last_contact: last_contact.map(|at| at.to_string()).unwrap_or_default(),
        next_try: next_try.to_string(),
        last_failure: last_failure.unwrap_or_default(),
        failures,
        received_bytes: bytes_in,
        sent_bytes: bytes_out,
    }
}
