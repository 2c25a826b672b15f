//! What a node says of itself and its neighbours.

use jiff::civil::Date;

use crate::{
    base::id::{EntryId, MemberCode},
    log::logs::Head,
    statistics::checks::{Badge, BadgeState},
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

/// What was found about a member's releases, as the exchange shows it.
pub fn badge_to_exchange(badge: Badge) -> exchange::DisclosureCheck {
    let Badge { state, reason, releases_checked, cells, guessed } = badge;
    let state = match state {
        BadgeState::Verified => exchange::DisclosureState::Verified,
        BadgeState::Failed => exchange::DisclosureState::Failed,
        BadgeState::NotCheckable => exchange::DisclosureState::NotCheckable,
    };
    exchange::DisclosureCheck { state: state.into(), reason, releases_checked, cells, guessed }
}

/// The same as the hub shows it: the numbers of the states are the same.
pub fn badge_to_hub(badge: Badge) -> hub::DisclosureCheck {
    let exchange::DisclosureCheck { state, reason, releases_checked, cells, guessed } =
        badge_to_exchange(badge);
    hub::DisclosureCheck { state, reason, releases_checked, cells, guessed }
}

/// A neighbour; `address` is where the roster says it is, `badge` what was found about its
/// releases.
pub fn peer_to_wire(
    peer: PeerStatus,
    address: impl FnOnce(MemberCode) -> String,
    badge: Option<Badge>,
) -> hub::Peer {
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
        disclosure: badge.map(badge_to_hub),
    }
}
