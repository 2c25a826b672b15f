//! What the store lost, changed, or got from a newer program.

use super::*;

#[test]
fn a_body_that_was_changed_in_the_store_is_not_published() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = gate.draft("awa", Wanted::next(period("2025-Q1")), &all()).unwrap();
    gate.approve("binta", id, &all()).unwrap();
    let body: Vec<_> = house.store.scan_prefix(b"gb").map(Result::unwrap).collect();
    for (key, value) in &body {
        for at in (0..value.len()).step_by(97) {
            let mut damaged = value.clone();
            damaged[at] ^= 1;
            let mut batch = crate::store::Batch::default();
            batch.put(key.clone(), damaged);
            house.store.commit(&batch).unwrap();
            let refused = gate.publish("awa", id, &all(), &Log::default());
            assert!(
                matches!(refused, Err(PublishError::Gate(GateError::Damaged { .. }))),
                "byte {at}: {refused:?}"
            );
            batch.put(key.clone(), value.clone());
            house.store.commit(&batch).unwrap();
        }
    }
}

/// What a step says while `key` of the store holds `value`; then all is as it was.
pub fn with_value<T>(
    house: &House,
    key: &[u8],
    value: Option<&[u8]>,
    step: impl Fn(&Gate) -> T,
) -> T {
    let good = house.store.get(key).unwrap().unwrap();
    let set = |value: Option<&[u8]>| {
        let mut batch = crate::store::Batch::default();
        match value {
            Some(value) => batch.put(key, value),
            None => batch.remove(key),
        }
        house.store.commit(&batch).unwrap();
    };
    set(value);
    let said = step(&house.gate());
    set(Some(&good));
    said
}

/// A release that has left, so that what it gave away is part of the transcript.
fn published(house: &House) -> ReleaseId {
    let gate = house.gate();
    let id = approved(&gate);
    gate.publish("awa", id, &all(), &Log::default()).unwrap();
    id
}

#[test]
fn what_a_newer_program_kept_is_refused_and_not_called_damaged() {
    let house = House::on(date(2025, 8, 1));
    let id = published(&house);
    for kind in [b"gd", b"gf"] {
        let (key, value) = house.store.scan_prefix(kind).next().unwrap().unwrap();
        let mut newer = value.clone();
        // After the length of the whole.
        newer[4] += 1;
        let refused = with_value(&house, &key, Some(&newer), |gate| match kind {
            b"gd" => gate.show(id).map(drop),
            _ => gate.draft("awa", Wanted::next(period("2025-Q2")), &all()).map(drop),
        });
        let text = refused.unwrap_err().to_string();
        let known = value[4];
        assert!(text.contains(&format!("this program reads up to {known}")), "{text}");
        assert!(text.contains("newer"), "{text}");
        let mut older = value.clone();
        older[4] = 0;
        let refused = with_value(&house, &key, Some(&older), |gate| match kind {
            b"gd" => gate.show(id).map(drop),
            _ => gate.draft("awa", Wanted::next(period("2025-Q2")), &all()).map(drop),
        });
        assert!(refused.unwrap_err().to_string().contains("damaged"));
    }
}

#[test]
fn what_a_release_gave_away_is_not_taken_in_another_form_than_was_audited() {
    let house = House::on(date(2025, 8, 1));
    let id = published(&house);
    let next = |gate: &Gate| gate.draft("awa", Wanted::next(period("2025-Q2")), &all());
    let (key, value) = house.store.scan_prefix(b"gf").next().unwrap().unwrap();
    // From behind the length and the layout's version.
    for at in (5..value.len()).step_by(value.len() / 40) {
        let mut damaged = value.clone();
        damaged[at] ^= 1;
        let refused = with_value(&house, &key, Some(&damaged), next);
        let text = refused.expect_err("it was taken as it is").to_string();
        assert!(text.contains(&format!("Release {id} is damaged")), "byte {at}: {text}");
        assert!(text.contains("Restore the store from a backup"), "byte {at}: {text}");
    }
    next(&house.gate()).unwrap();
}

#[test]
fn a_release_whose_part_of_the_transcript_is_damaged_does_not_leave() {
    let house = House::on(date(2025, 5, 1));
    let (id, log) = (approved(&house.gate()), Log::default());
    let (key, mut damaged) = house.store.scan_prefix(b"gf").next().unwrap().unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    let refused =
        with_value(&house, &key, Some(&damaged), |gate| gate.publish("awa", id, &all(), &log));
    assert!(matches!(refused, Err(PublishError::Gate(GateError::Damaged { .. }))), "{refused:?}");
    assert!(log.bodies.borrow().is_empty());
    assert_eq!(house.gate().show(id).unwrap().state, State::Approved);
    house.gate().publish("awa", id, &all(), &log).unwrap();
}
