//! A quarter that cannot be protected.

use super::{changed::Changed, *};
use crate::{
    base::limits::TEXT_BYTES_MAX,
    disclosure::transcript::{FrozenNeed, Protection},
    release::shelf::Shelf,
};

const NEED: FrozenNeed = FrozenNeed { cell: 0, measure: 0, protection: Protection::NotExact };

/// The first quarter is published as an older program might have: the total of the requests, which
/// must stay hidden by what is noted of it, stands in the log. No later quarter can be protected.
fn house_with_a_fault(log: &Log) -> House {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = approved(&gate);
    gate.publish("awa", id, &all(), log).unwrap();
    let shelf = Shelf(house.store.clone());
    let mut card = shelf.card(id).unwrap();
    let mut frozen = shelf.frozen(&card).unwrap();
    let requests = frozen.tables.iter_mut().find(|one| one.table.population == "requests_received");
    requests.unwrap().needs.push(NEED);
    shelf.replace_frozen(&mut card, &frozen).unwrap();
    house.clock.set_noon(date(2025, 8, 1));
    house
}

fn second_quarter() -> Wanted {
    Wanted::next(period("2025-Q2"))
}

fn withhold(gate: &Gate) -> ReleaseId {
    gate.withhold("awa", second_quarter(), " No pattern. ", &all()).unwrap()
}

#[test]
fn a_quarter_that_cannot_be_protected_is_withheld_and_the_next_one_goes_on() {
    let log = Log::default();
    let house = house_with_a_fault(&log);
    let gate = house.gate();
    let refused = gate.draft("awa", second_quarter(), &all()).unwrap_err();
    assert!(matches!(refused, GateError::Unprotectable { .. }), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains("essaim release withhold 2025-Q2"), "{text}");

    let id = withhold(&gate);
    let review = gate.show(id).unwrap();
    assert_eq!(review.state, State::Withholding);
    assert!(review.tables.iter().all(|table| table.hidden == table.cells && table.cells > 0));
    assert_eq!(review.audit.hidden, review.audit.cells);
    let withholding = review.withholding.unwrap();
    assert_eq!(withholding.reason, "No pattern.");
    assert!(withholding.cause.contains("requests_received 2025-Q1"), "{withholding:?}");
    assert_eq!(withholding.exposed_cells, ["requests_received 2025-Q1"], "the incident");

    gate.approve("binta", id, &all()).unwrap();
    assert_eq!(house.gate().show(id).unwrap().state, State::Withheld);
    assert_eq!(log.bodies.borrow().len(), 1, "no reader hears of it");
    gate.check_accounted(&log).unwrap();
    assert!(gate.recover(&log).unwrap().is_empty());

    house.clock.set_noon(date(2026, 2, 15));
    for quarter in ["2025-Q3", "2025-Q4"] {
        let next = gate.draft("awa", Wanted::next(period(quarter)), &all()).unwrap();
        gate.approve("binta", next, &all()).unwrap();
        gate.publish("awa", next, &all(), &log).unwrap();
    }
    // The year less its other quarters is the withheld one, of which two enterprises are too few.
    let bodies = log.bodies.borrow();
    let releases: Vec<_> =
        bodies.iter().map(|body| Release::from_bytes(Release::SCHEMA, body).unwrap()).collect();
    let is_open = |release: usize, of: &str| {
        let tables = &releases[release].tables;
        let mut tables = tables.iter().filter(|table| {
            (table.population.as_str(), table.period) == ("requests_received", period(of))
        });
        let lait = |table: &&crate::publication::release::Table| {
            let one = table.dimensions.iter().any(|one| one.id == "filiere");
            one && table.dimensions.len() == 1
        };
        let table = tables.find(lait).unwrap();
        let at = table.dimensions[0].codes.iter().position(|code| code == "LAIT").unwrap();
        table.cells[at].0.is_some()
    };
    let open = [(0, "2025-Q1"), (1, "2025-Q3"), (2, "2025-Q4"), (2, "2025")];
    assert!(!open.into_iter().all(|(release, of)| is_open(release, of)));
}

#[test]
fn what_is_withheld_is_settled() {
    let log = Log::default();
    let gate = house_with_a_fault(&log).gate();
    let id = withhold(&gate);
    gate.approve("binta", id, &all()).unwrap();
    let settled = |refused| matches!(refused, GateError::Withheld { id: at, .. } if at == id);
    assert!(settled(gate.draft("awa", second_quarter(), &all()).unwrap_err()));
    assert!(settled(gate.withhold("awa", second_quarter(), "Again.", &all()).unwrap_err()));
    assert!(settled(gate.discard("awa", id).unwrap_err()));
    let published = gate.publish("awa", id, &all(), &log);
    assert!(matches!(published, Err(PublishError::Gate(GateError::WrongState { .. }))));
    assert!(matches!(gate.approve("binta", id, &all()), Err(GateError::WrongState { .. })));
}

#[test]
fn withholding_takes_two_people_and_records_that_still_say_so() {
    let gate = house_with_a_fault(&Log::default()).gate();
    let id = withhold(&gate);
    let published = gate.publish("binta", id, &all(), &Log::default());
    assert!(matches!(published, Err(PublishError::Gate(GateError::WrongState { .. }))));
    assert!(matches!(gate.approve("awa", id, &all()), Err(GateError::SamePerson { .. })));
    let withdrawn =
        Changed { consent: |one| one.withdrawn_on = Some(date(2025, 8, 1)), ..Changed::NOTHING };
    let outdated = gate.approve("binta", id, &source(&withdrawn));
    assert!(matches!(outdated, Err(GateError::Outdated { .. })), "{outdated:?}");
    gate.discard("awa", id).unwrap();
    let next = Wanted::next(period("2025-Q3"));
    let waits = gate.draft("awa", next, &all());
    assert!(matches!(waits, Err(GateError::OutOfOrder { .. })), "nothing is withheld: {waits:?}");
}

#[test]
fn what_can_be_protected_is_not_withheld_and_a_reason_is_given() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let wanted = Wanted::next(period("2025-Q1"));
    let refused = gate.withhold("awa", wanted, "Rather not.", &all()).unwrap_err();
    assert!(matches!(refused, GateError::CanBeProtected { .. }), "{refused:?}");
    assert!(gate.list().unwrap().is_empty());
    for reason in ["", " \n", &"x".repeat(TEXT_BYTES_MAX + 1)] {
        let refused = gate.withhold("awa", wanted, reason, &all());
        assert!(matches!(refused, Err(GateError::InvalidReason { .. })), "{refused:?}");
    }
}
