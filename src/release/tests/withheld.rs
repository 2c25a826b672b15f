//! A quarter that cannot be protected.

use super::{changed::Changed, *};
use crate::{
    base::limits::TEXT_BYTES_MAX,
    codes::catalogue::Catalogue,
    disclosure::{
        error::{CellName, DisclosureError},
        protect::protect,
        safe::Protected,
        transcript::{FrozenNeed, Protection, Transcript},
    },
    indicators::cube::Cube,
    release::shelf::Shelf,
};

const NEED: FrozenNeed = FrozenNeed { cell: 0, measure: 0, protection: Protection::NotExact };

/// As if the solver found no pattern for the second quarter.
fn protect_others(
    catalogue: &Catalogue,
    rules: &Rules,
    cubes: &[Cube],
    transcript: &Transcript,
) -> Result<Protected, DisclosureError> {
    if cubes.iter().all(|cube| cube.period == period("2025-Q2")) {
        let (population, period) = ("requests_received".into(), period("2025-Q2"));
        let cell = CellName { population, period, key: Vec::new() };
        return Err(DisclosureError::CannotProtect { cell });
    }
    protect(catalogue, rules, cubes, transcript)
}

/// The first quarter is published as an older program might have: the total of the requests, which
/// must stay hidden by what is noted of it, stands in the log. The second cannot be protected.
pub fn house_with_a_fault(log: &Log) -> House {
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
    House { protector: protect_others, ..house }
}

fn second_quarter() -> Wanted {
    Wanted::next(period("2025-Q2"))
}

fn withhold(gate: &Gate, log: &Log) -> ReleaseId {
    gate.withhold("awa", second_quarter(), " No pattern. ", &all(), log).unwrap()
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

    let id = withhold(&gate, &log);
    let review = gate.show(id).unwrap();
    assert_eq!(review.state, State::Withholding);
    assert!(review.tables.iter().all(|table| table.hidden == table.cells && table.cells > 0));
    assert_eq!(review.audit.hidden, review.audit.cells);
    let withholding = review.withholding.unwrap();
    assert_eq!(withholding.reason, "No pattern.");
    assert!(withholding.cause.contains("requests_received 2025-Q2"), "{withholding:?}");
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
    let id = withhold(&gate, &log);
    gate.approve("binta", id, &all()).unwrap();
    let settled =
        |refused: &GateError| matches!(*refused, GateError::Withheld { id: at, .. } if at == id);
    assert!(settled(&gate.draft("awa", second_quarter(), &all()).unwrap_err()));
    let again = gate.withhold("awa", second_quarter(), "Again.", &all(), &log);
    assert!(matches!(again, Err(PublishError::Gate(refused)) if settled(&refused)));
    assert!(settled(&gate.discard("awa", id).unwrap_err()));
    let published = gate.publish("awa", id, &all(), &log);
    assert!(matches!(published, Err(PublishError::Gate(GateError::WrongState { .. }))));
    assert!(matches!(gate.approve("binta", id, &all()), Err(GateError::WrongState { .. })));
}

#[test]
fn withholding_takes_two_people_and_records_that_still_say_so() {
    let log = Log::default();
    let gate = house_with_a_fault(&log).gate();
    let id = withhold(&gate, &log);
    let published = gate.publish("binta", id, &all(), &log);
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
    let log = Log::default();
    let refused = gate.withhold("awa", wanted, "Rather not.", &all(), &log).unwrap_err();
    let refused_as_told = matches!(refused, PublishError::Gate(GateError::CanBeProtected { .. }));
    assert!(refused_as_told, "{refused:?}");
    assert!(gate.list().unwrap().is_empty());
    for reason in ["", " \n", &"x".repeat(TEXT_BYTES_MAX + 1)] {
        let refused = gate.withhold("awa", wanted, reason, &all(), &log);
        let refused_as_told =
            matches!(refused, Err(PublishError::Gate(GateError::InvalidReason { .. })));
        assert!(refused_as_told, "{refused:?}");
    }
}

#[test]
fn a_quarter_is_settled_only_under_the_rules_it_was_to_be_withheld_under() {
    let log = Log::default();
    let house = house_with_a_fault(&log);
    let id = withhold(&house.gate(), &log);
    let stricter = house.gate_under(Rules::new(4, 15));
    let outdated = stricter.approve("binta", id, &all());
    assert!(matches!(outdated, Err(GateError::Outdated { .. })), "{outdated:?}");
    assert_eq!(stricter.show(id).unwrap().state, State::Withholding);
    stricter.discard("awa", id).unwrap();
    let again = withhold(&stricter, &log);
    stricter.approve("binta", again, &all()).unwrap();
}

#[test]
fn a_quarter_of_which_the_part_of_the_transcript_is_damaged_is_not_settled() {
    let log = Log::default();
    let house = house_with_a_fault(&log);
    let id = withhold(&house.gate(), &log);
    let key = [b"gf".as_slice(), &id.0.to_be_bytes()].concat();
    let (key, mut damaged) = house.store.scan_prefix(&key).next().unwrap().unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    let approve = |gate: &Gate| gate.approve("binta", id, &all());
    let refused = damage::with_value(&house, &key, Some(&damaged), approve);
    assert!(matches!(refused, Err(GateError::Damaged { .. })), "{refused:?}");
    assert_eq!(house.gate().show(id).unwrap().state, State::Withholding);
    approve(&house.gate()).unwrap();
}

#[test]
fn a_store_that_lacks_a_release_of_the_log_withholds_nothing() {
    let log = Log::default();
    house_with_a_fault(&log);
    let anew = House::on(date(2025, 8, 1));
    let refused = anew.gate().withhold("awa", second_quarter(), "Lost.", &all(), &log);
    let lacking = matches!(refused, Err(PublishError::Gate(GateError::Unaccounted { .. })));
    assert!(lacking, "{refused:?}");
}
