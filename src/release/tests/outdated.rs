//! Records that change between a draft, its approval and its publication.

use super::{changed::Changed, *};
use crate::release::shelf::{Card, Shelf};

/// The last enterprise agrees no more.
pub static WITHDRAWN: Changed = Changed {
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

/// One more request of the first enterprise.
fn received(received_on: Date, entered_on: Date) -> SupportRequest {
    SupportRequest {
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
        entered_on: Some(entered_on),
        closing_entered_on: None,
    }
}

/// Says what is wrong, of what, and what to do.
fn check_outdated(refused: &GateError, id: ReleaseId) {
    assert!(matches!(refused, GateError::Outdated { .. }), "{refused:?}");
    let text = refused.to_string();
    let is_outdated = format!("Release {id} of 2025-Q1 is outdated: the records, the rules or");
    let told = [&*is_outdated, "consent", "draft 2025-Q1 again"];
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
        let late = Changed { more: vec![received(received_on, next_day)], ..Changed::NOTHING };
        gate.approve("binta", id, &source(&late)).unwrap();
        gate.publish("awa", id, &source(&late), &log).unwrap();
    }
}

#[test]
fn what_is_entered_on_the_day_of_the_first_draft_outdates_it_and_the_refusal_says_so() {
    let day = date(2025, 5, 1);
    let house = House::on(day);
    let gate = house.gate();
    let id = first_quarter(&gate, &Changed::NOTHING);
    let late = Changed { more: vec![received(date(2025, 2, 3), day)], ..Changed::NOTHING };
    let refused = gate.approve("binta", id, &source(&late)).unwrap_err();
    check_outdated(&refused, id);
    let text = refused.to_string();
    assert!(text.contains("before a hub's first release"), "{text}");
    assert!(text.contains("on the day of the draft"), "{text}");
    gate.discard("awa", id).unwrap();
    let again = first_quarter(&gate, &late);
    gate.approve("binta", again, &source(&late)).unwrap();
}

#[test]
fn rules_that_became_stricter_outdate_a_draft() {
    let stricter = Rules::new(4, 15);
    for stricter in [stricter, Rules::new(3, 30)] {
        let house = House::on(date(2025, 5, 1));
        let log = Log::default();
        let id = first_quarter(&house.gate(), &Changed::NOTHING);
        let reopened = house.gate_under(stricter);
        check_outdated(&reopened.approve("binta", id, &all()).unwrap_err(), id);
        // Approved before the configuration changed.
        house.gate().approve("binta", id, &all()).unwrap();
        match reopened.publish("awa", id, &all(), &log) {
            Err(PublishError::Gate(refused)) => check_outdated(&refused, id),
            other => panic!("{other:?}"),
        }
        assert!(log.bodies.borrow().is_empty());

        reopened.discard("awa", id).unwrap();
        let again = first_quarter(&reopened, &Changed::NOTHING);
        reopened.approve("binta", again, &all()).unwrap();
        reopened.publish("awa", again, &all(), &log).unwrap();
    }
}

#[test]
fn a_draft_of_a_program_that_did_not_note_what_it_was_audited_under_is_drafted_again() {
    let notes: [fn(&mut Card); 2] = [
        |card| card.counted = None,
        // What the count hashed to before the rules went into it is unlike anything now.
        |card| card.counted.as_mut().unwrap().hash = [7; 32].into(),
    ];
    for note in notes {
        let house = House::on(date(2025, 5, 1));
        let (gate, shelf) = (house.gate(), Shelf(house.store.clone()));
        let id = first_quarter(&gate, &Changed::NOTHING);
        let mut older = shelf.card(id).unwrap();
        note(&mut older);
        shelf.replace(&older).unwrap();
        check_outdated(&gate.approve("binta", id, &all()).unwrap_err(), id);
        gate.discard("awa", id).unwrap();
        let again = first_quarter(&gate, &Changed::NOTHING);
        gate.approve("binta", again, &all()).unwrap();
    }
}
