//! Records that change between a draft, its approval and its publication.

use super::{changed::Changed, *};
use crate::release::shelf::Shelf;

/// The last enterprise agrees no more.
const WITHDRAWN: Changed = Changed {
    consent: |consent| {
        if consent.enterprise == EnterpriseId::from_bytes([Records::ENTERPRISES - 1; 16]) {
            consent.withdrawn_on = Some(date(2025, 5, 1));
        }
    },
    enterprise: |_| {},
    more: Vec::new(),
};

fn first_quarter(gate: &Gate, records: &Changed) -> ReleaseId {
    gate.draft("awa", Wanted::next(period("2025-Q1")), &source(records)).unwrap()
}

/// Says what is wrong, of what, and what to do.
fn check_outdated(refused: &GateError, id: ReleaseId) {
    assert!(matches!(refused, GateError::Outdated { .. }), "{refused:?}");
    let text = refused.to_string();
    let told = [&*format!("Release {id} of 2025-Q1 is outdated"), "consent", "draft 2025-Q1 again"];
    assert!(told.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn a_consent_withdrawn_after_the_draft_outdates_it() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = first_quarter(&gate, &Changed::NOTHING);
    check_outdated(&gate.approve("binta", id, &source(&WITHDRAWN)).unwrap_err(), id);
    assert_eq!(gate.show(id).unwrap().state, State::Audited, "nothing has moved");

    gate.discard("awa", id).unwrap();
    let again = first_quarter(&gate, &WITHDRAWN);
    gate.approve("binta", again, &source(&WITHDRAWN)).unwrap();
    gate.publish("awa", again, &source(&WITHDRAWN), &Log::default()).unwrap();
}

#[test]
fn a_consent_withdrawn_after_the_approval_keeps_the_release_from_leaving() {
    let house = House::on(date(2025, 5, 1));
    let (gate, log) = (house.gate(), Log::default());
    let id = first_quarter(&gate, &Changed::NOTHING);
    gate.approve("binta", id, &source(&Changed::NOTHING)).unwrap();
    match gate.publish("awa", id, &source(&WITHDRAWN), &log) {
        Err(PublishError::Gate(refused)) => check_outdated(&refused, id),
        other => panic!("{other:?}"),
    }
    assert!(log.bodies.borrow().is_empty());
    assert_eq!(gate.show(id).unwrap().state, State::Approved);

    gate.discard("awa", id).unwrap();
    let again = first_quarter(&gate, &WITHDRAWN);
    gate.approve("binta", again, &source(&WITHDRAWN)).unwrap();
    gate.publish("awa", again, &source(&WITHDRAWN), &log).unwrap();
    let release = Release::from_bytes(Release::SCHEMA, &log.bodies.borrow()[0]).unwrap();
    let received = release.tables.iter().find(|table| table.population == "requests_received");
    let counted = received.unwrap().cells[0].0.as_ref().unwrap()[0];
    assert_eq!(counted, i64::from(Records::ENTERPRISES) - 1);
}

#[test]
fn a_corrected_record_outdates_a_draft_that_counted_it() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = first_quarter(&gate, &Changed::NOTHING);
    // Every figure stays as it is; two enterprises change places.
    let enterprise = |one: &mut Enterprise| {
        one.filiere = match one.id.as_bytes()[0] {
            0 | 2 => "LAIT".into(),
            _ => "CEREA".into(),
        };
    };
    let corrected = Changed { enterprise, ..Changed::NOTHING };
    check_outdated(&gate.approve("binta", id, &source(&corrected)).unwrap_err(), id);
}

#[test]
fn what_is_entered_after_a_draft_does_not_outdate_it() {
    let house = House::on(date(2025, 5, 1));
    let (gate, log) = (house.gate(), Log::default());
    // First the backlog of a hub that begins, then an ordinary quarter.
    for (quarter, received_on, drafted_on) in [
        ("2025-Q1", date(2025, 2, 3), date(2025, 5, 1)),
        ("2025-Q2", date(2025, 5, 5), date(2025, 8, 1)),
    ] {
        house.clock.set_noon(drafted_on);
        let id =
            gate.draft("awa", Wanted::next(period(quarter)), &source(&Changed::NOTHING)).unwrap();
        let next_day = drafted_on.tomorrow().unwrap();
        house.clock.set_noon(next_day);
        let late = SupportRequest {
            id: RequestId::from_bytes([0xff; 16]),
            enterprise: EnterpriseId::from_bytes([0; 16]),
            received_on,
            channel: "_U".into(),
            theme: "_U".into(),
            state: RequestState::Received,
            assigned_on: None,
            escalated_on: None,
            first_answered_on: None,
            closed_on: None,
            entered_on: Some(next_day),
            closing_entered_on: None,
        };
        let late = Changed { more: vec![late], ..Changed::NOTHING };
        gate.approve("binta", id, &source(&late)).unwrap();
        gate.publish("awa", id, &source(&late), &log).unwrap();
    }
}

#[test]
fn what_may_have_left_is_published_as_it_left_whatever_was_withdrawn_since() {
    let house = House::on(date(2025, 5, 1));
    let log = Log::default();
    let id = interrupted(&house, &log, Mood::FailsAfter);
    let entry = house.gate().publish("awa", id, &source(&WITHDRAWN), &log).unwrap();
    assert_eq!((entry.seq, log.bodies.borrow().len()), (0, 1));
}

#[test]
fn a_draft_of_a_program_that_noted_no_count_is_held_to_what_it_froze() {
    let house = House::on(date(2025, 5, 1));
    let (gate, shelf) = (house.gate(), Shelf(house.store.clone()));
    let id = first_quarter(&gate, &Changed::NOTHING);
    let mut older = shelf.card(id).unwrap();
    assert!(older.counted.take().is_some());
    shelf.replace(&older).unwrap();
    house.clock.set_noon(date(2025, 5, 9));
    check_outdated(&gate.approve("binta", id, &source(&WITHDRAWN)).unwrap_err(), id);
    gate.approve("binta", id, &source(&Changed::NOTHING)).unwrap();
}
