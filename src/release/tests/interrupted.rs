//! Releases that were about to leave when something went wrong.

use super::{outdated::WITHDRAWN, *};

/// A release that the log provably does not hold, and that is outdated.
struct Stuck {
    house: House,
    log: Log,
    id: ReleaseId,
}

impl Stuck {
    fn new() -> Self {
        let house = House::on(date(2025, 5, 1));
        let log = Log::default();
        let id = interrupted(&house, &log, Mood::FailsBefore);
        Self { house, log, id }
    }

    fn withhold(&self) -> Result<ReleaseId, PublishError<&'static str>> {
        let wanted = Wanted::next(period("2025-Q1"));
        let records = source(&WITHDRAWN);
        self.house.gate().withhold("binta", wanted, "No consent.", &records, &self.log)
    }

    fn state(&self) -> State {
        self.house.gate().show(self.id).unwrap().state
    }

    /// Drafts, approves and publishes.
    fn release(&self, quarter: &str) {
        let (gate, records) = (self.house.gate(), source(&WITHDRAWN));
        let id = gate.draft("awa", Wanted::next(period(quarter)), &records).unwrap();
        gate.approve("binta", id, &records).unwrap();
        gate.publish("awa", id, &records, &self.log).unwrap();
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
fn what_has_not_left_does_not_leave_after_a_consent_was_withdrawn() {
    let stuck = Stuck::new();
    let refused = stuck.house.gate().publish("awa", stuck.id, &source(&WITHDRAWN), &stuck.log);
    let Err(PublishError::Gate(GateError::InterruptedOutdated { id, .. })) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(*id, stuck.id);
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("essaim release withhold 2025-Q1 --reason"), "{text}");
    assert!(stuck.log.bodies.borrow().is_empty());
    assert_eq!(stuck.state(), State::Publishing);
    // Nor after the rules became stricter.
    let stricter = stuck.house.gate_under(Rules::new(4, 15));
    let refused = stricter.publish("awa", stuck.id, &all(), &stuck.log);
    assert!(refused.is_err_and(|error| error.to_string().contains("not published")));
    assert!(stuck.log.bodies.borrow().is_empty());
    // With the records as they were, it is published as it is.
    stuck.house.gate().publish("awa", stuck.id, &all(), &stuck.log).unwrap();
}

#[test]
fn what_may_not_leave_any_more_is_withheld_and_the_next_quarters_go_on() {
    let stuck = Stuck::new();
    let gate = stuck.house.gate();
    assert_eq!(stuck.withhold().unwrap(), stuck.id);
    let review = gate.show(stuck.id).unwrap();
    assert_eq!(review.state, State::Withholding);
    let withholding = review.withholding.unwrap();
    assert_eq!(withholding.reason, "No consent.");
    assert!(withholding.cause.contains("outdated"), "{withholding:?}");
    // Nothing else can be done with it, and not by the one who asked for it.
    let records = source(&WITHDRAWN);
    let published = gate.publish("awa", stuck.id, &records, &stuck.log);
    assert!(matches!(published, Err(PublishError::Gate(GateError::WrongState { .. }))));
    assert!(matches!(gate.discard("awa", stuck.id), Err(GateError::AwaitsWithholding { .. })));
    let same = gate.approve("binta", stuck.id, &records);
    assert!(matches!(same, Err(GateError::SamePerson { .. })), "{same:?}");
    gate.approve("awa", stuck.id, &records).unwrap();
    assert_eq!(stuck.state(), State::Withheld);
    assert!(gate.recover(&stuck.log).unwrap().is_empty(), "it does not wait for anything");

    stuck.house.clock.set_noon(date(2026, 2, 15));
    ["2025-Q2", "2025-Q3", "2025-Q4"].into_iter().for_each(|quarter| stuck.release(quarter));
    let bodies = stuck.log.bodies.borrow();
    let release = |body: &Vec<u8>| Release::from_bytes(Release::SCHEMA, body).unwrap();
    let periods: Vec<_> = bodies.iter().map(|body| release(body).period).collect();
    assert_eq!(periods, ["2025-Q2", "2025-Q3", "2025-Q4"].map(period));
}

#[test]
fn what_may_be_published_or_was_is_not_withheld() {
    let fresh = Stuck::new();
    let wanted = Wanted::next(period("2025-Q1"));
    let refused = fresh.house.gate().withhold("binta", wanted, "Why?", &all(), &fresh.log);
    let told = matches!(refused, Err(PublishError::Gate(GateError::MayHaveLeft { .. })));
    assert!(told, "{refused:?}");

    // A log that may be shorter than what was signed proves nothing.
    let short = Stuck::new();
    for (mood, text) in [(Mood::Refuses, "refuses"), (Mood::Unreadable, "unreadable")] {
        short.log.in_mood(mood);
        let refused = short.withhold();
        assert!(matches!(refused, Err(PublishError::Outlet(why)) if why == text), "{refused:?}");
        assert_eq!(short.state(), State::Publishing);
    }

    let house = House::on(date(2025, 5, 1));
    let log = Log::default();
    let id = interrupted(&house, &log, Mood::FailsAfter);
    let left = Stuck { house, log, id };
    let refused = left.withhold();
    let told = matches!(refused, Err(PublishError::Gate(GateError::AlreadyReleased { .. })));
    assert!(told, "{refused:?}");
    assert_eq!(left.state(), State::Published, "and its entry is known by that");
}

#[test]
fn a_withheld_release_that_the_log_gets_back_is_known_and_blocks_nothing() {
    let stuck = Stuck::new();
    let gate = stuck.house.gate();
    stuck.withhold().unwrap();
    gate.approve("awa", stuck.id, &source(&WITHDRAWN)).unwrap();
    // Another node had it after all.
    let body = stuck.house.store.scan_prefix(b"gb").map(|pair| pair.unwrap().1);
    // Without the length of the whole.
    let body = body.collect::<Vec<_>>().concat()[4..].to_vec();
    stuck.log.bodies.borrow_mut().push(body);
    gate.check_accounted(&stuck.log).unwrap();
    assert_eq!(gate.recover(&stuck.log).unwrap(), [(stuck.id, Some(entry(0)))]);
    let review = gate.show(stuck.id).unwrap();
    assert_eq!((review.state, review.withholding), (State::Published, None));
    stuck.house.clock.set_noon(date(2025, 8, 1));
    stuck.release("2025-Q2");
}
