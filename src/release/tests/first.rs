//! Where a hub's releases begin.

use super::{changed::Changed, *};
use crate::release::earlier;

const BEGINS: Date = date(2026, 2, 15);

#[test]
fn the_first_release_says_what_it_would_leave_behind_and_waits_for_a_yes() {
    let house = House::on(BEGINS);
    let gate = house.gate();
    let wanted = Wanted::next(period("2025-Q3"));
    let refused = gate.draft("awa", wanted, &all()).unwrap_err();
    assert!(matches!(refused, GateError::EarlierRecords { .. }), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains("records of 2025-Q1..2025-Q2 would never"), "{text}");
    assert!(text.contains("Draft 2025-Q1 first"), "{text}");
    assert!(gate.list().unwrap().is_empty());

    let id = gate.draft("awa", Wanted { allow_skipping_earlier: true, ..wanted }, &all()).unwrap();
    let skipped = gate.show(id).unwrap().skipped;
    assert_eq!(skipped, [period("2025-Q1"), period("2025-Q2")], "who approves sees it, too");
    gate.approve("binta", id, &all()).unwrap();
    gate.publish("awa", id, &all(), &Log::default()).unwrap();
    // From there on nothing is left behind, and nobody is asked again.
    let next = gate.draft("awa", Wanted::next(period("2025-Q4")), &all()).unwrap();
    assert!(gate.show(next).unwrap().skipped.is_empty());
}

#[test]
fn a_first_draft_that_was_discarded_fixes_nothing() {
    let house = House::on(BEGINS);
    let gate = house.gate();
    let later = Wanted { period: period("2025-Q3"), allow_skipping_earlier: true };
    let id = gate.draft("awa", later, &all()).unwrap();
    gate.discard("awa", id).unwrap();
    let again = gate.draft("awa", Wanted::next(period("2025-Q3")), &all());
    assert!(matches!(again, Err(GateError::EarlierRecords { .. })), "{again:?}");
    gate.draft("awa", Wanted::next(period("2025-Q1")), &all()).unwrap();
}

#[test]
fn what_would_never_be_counted_is_not_left_behind() {
    let silent = Changed { consent: |one| one.withdrawn_on = Some(BEGINS), ..Changed::NOTHING };
    let earlier = |records| earlier::with_records(period("2026-Q1"), records).unwrap().to_string();
    assert_eq!(earlier(&silent), "");
    assert_eq!(earlier(&Changed::NOTHING), "2025-Q1..2025-Q4");
}
