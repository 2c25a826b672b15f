//! The gate over a store in memory, with power cuts at every step.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    sync::Arc,
};

use jiff::civil::{Date, date};

use crate::{
    base::{
        clock::ManualClock,
        id::{ConsentId, EnterpriseId, EntryId, RequestId},
        period::Period,
    },
    codes::embedded::Codes,
    disclosure::{protect::protect, rules::Rules},
    publication::{admitted::Admitted, release::Release},
    records::{
        source::RecordSource,
        types::{
            Answer, Consent, ConsentPurpose, Enterprise, RequestState, SizeRule, SupportRequest,
            Visit,
        },
    },
    release::{
        counted::Source,
        error::{GateError, PublishError},
        gate::{Gate, Outlet, Protector, Wanted},
        review::{ReleaseId, State},
    },
    store::{Store, memory::MemoryStore},
};

mod changed;
mod damage;
mod first;
mod interrupted;
mod outdated;
mod reviewed;
mod withheld;

/// Twelve enterprises of Mali, each with a request in every quarter.
struct Records;

impl Records {
    const ENTERPRISES: u8 = 12;
}

impl RecordSource for Records {
    type Error = Infallible;

    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), Infallible> {
        for number in 0..Self::ENTERPRISES {
            visit(Enterprise {
                id: EnterpriseId::from_bytes([number; 16]),
                region: "ML-1".into(),
                filiere: if number < 2 { "LAIT" } else { "CEREA" }.into(),
                citi_group: "_U".into(),
                size: "_U".into(),
                size_rule: SizeRule::None,
                headcount: None,
                turnover: None,
                sex: "_U".into(),
                status: "_U".into(),
                registered_on: date(2025, 1, 15),
                entered_on: None,
                holding: None,
            });
        }
        Ok(())
    }

    fn for_each_visit(&self, _: &mut dyn FnMut(Visit)) -> Result<(), Infallible> {
        Ok(())
    }

    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), Infallible> {
        for number in 0..Self::ENTERPRISES {
            for month in [2, 5, 8, 11] {
                let mut id = [number; 16];
                id[0] = month as u8 * 16;
                visit(SupportRequest {
                    id: RequestId::from_bytes(id),
                    enterprise: EnterpriseId::from_bytes([number; 16]),
                    received_on: date(2025, month, 10),
                    channel: "_U".into(),
                    theme: "_U".into(),
                    state: RequestState::Received,
                    assigned_on: None,
                    escalated_on: None,
                    first_answered_on: None,
                    closed_on: None,
                    entered_on: None,
                    closing_entered_on: None,
                });
            }
        }
        Ok(())
    }

    fn for_each_answer(&self, _: &mut dyn FnMut(Answer)) -> Result<(), Infallible> {
        Ok(())
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Infallible> {
        for number in 0..Self::ENTERPRISES {
            visit(Consent {
                id: ConsentId::from_bytes([number; 16]),
                enterprise: EnterpriseId::from_bytes([number; 16]),
                purpose: ConsentPurpose::AnonymizedIndicators,
                text_version: "1".into(),
                medium: "_U".into(),
                given_on: date(2025, 1, 15),
                withdrawn_on: None,
                entered_on: None,
            });
        }
        Ok(())
    }
}

/// The same, all entered on one day.
struct EnteredOn(Date);

impl RecordSource for EnteredOn {
    type Error = Infallible;

    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), Infallible> {
        let entered_on = Some(self.0);
        Records.for_each_enterprise(&mut |one| visit(Enterprise { entered_on, ..one }))
    }

    fn for_each_visit(&self, visit: &mut dyn FnMut(Visit)) -> Result<(), Infallible> {
        Records.for_each_visit(visit)
    }

    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), Infallible> {
        let entered_on = Some(self.0);
        Records.for_each_request(&mut |one| visit(SupportRequest { entered_on, ..one }))
    }

    fn for_each_answer(&self, visit: &mut dyn FnMut(Answer)) -> Result<(), Infallible> {
        Records.for_each_answer(visit)
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Infallible> {
        let entered_on = Some(self.0);
        Records.for_each_consent(&mut |one| visit(Consent { entered_on, ..one }))
    }
}

const CLOSING_DAYS: u32 = 30;
const RULES: Rules = Rules::new(3, 15);

fn source<S>(records: &S) -> Source<'_, S> {
    Source { records, closing_days: CLOSING_DAYS }
}

/// All records as they are.
fn all() -> Source<'static, Records> {
    source(&Records)
}

struct House {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    protector: Protector,
}

impl House {
    fn on(day: Date) -> Self {
        let clock = Arc::new(ManualClock::at_noon(day));
        Self { store: Arc::new(MemoryStore::default()), clock, protector: protect }
    }

    /// A gate as after a restart.
    fn gate(&self) -> Gate {
        self.gate_under(RULES)
    }

    /// The same, with other rules in the configuration.
    fn gate_under(&self, rules: Rules) -> Gate {
        let codes = Arc::new(Codes::embedded());
        Gate::new(self.store.clone(), codes, rules, "ML".parse().unwrap(), self.clock.clone())
            .with_protector(self.protector)
    }
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn entry(seq: u64) -> EntryId {
    EntryId { origin: "ML".parse().unwrap(), epoch: 1, seq }
}

/// How a log answers.
#[derive(Default, Clone, Copy, PartialEq)]
enum Mood {
    /// It appends.
    #[default]
    Well,
    /// It takes no entry.
    Refuses,
    /// It fails before the entry is durable.
    FailsBefore,
    /// It fails after that, before it answers.
    FailsAfter,
    /// Nothing can be read.
    Unreadable,
}

/// A log: what was appended.
#[derive(Default)]
struct Log {
    bodies: RefCell<Vec<Vec<u8>>>,
    mood: Cell<Mood>,
}

impl Log {
    fn in_mood(&self, mood: Mood) -> &Self {
        self.mood.set(mood);
        self
    }
}

impl Outlet for Log {
    type Error = &'static str;

    fn check(&self) -> Result<(), &'static str> {
        if self.mood.get() == Mood::Refuses { Err("refuses") } else { Ok(()) }
    }

    fn find(&self, admitted: &Admitted) -> Result<Option<EntryId>, &'static str> {
        if self.mood.get() == Mood::Unreadable {
            return Err("unreadable");
        }
        let at = self.bodies.borrow().iter().position(|body| body == admitted.body());
        Ok(at.map(|at| entry(at as u64)))
    }

    fn releases(&self) -> Result<Vec<EntryId>, &'static str> {
        if self.mood.get() == Mood::Unreadable {
            return Err("unreadable");
        }
        Ok((0..self.bodies.borrow().len() as u64).map(entry).collect())
    }

    fn append(&self, admitted: Admitted) -> Result<EntryId, &'static str> {
        if self.mood.get() == Mood::FailsBefore {
            return Err("power cut");
        }
        let mut bodies = self.bodies.borrow_mut();
        bodies.push(admitted.body().to_vec());
        match self.mood.get() {
            Mood::FailsAfter => Err("power cut"),
            _ => Ok(entry(bodies.len() as u64 - 1)),
        }
    }
}

#[test]
fn a_release_goes_from_draft_to_the_log() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = gate.draft("awa", Wanted::next(period("2025-Q1")), &all()).unwrap();
    let review = gate.show(id).unwrap();
    assert_eq!((review.state, review.drafted_by.as_str()), (State::Audited, "awa"));
    let table = &review.tables[1];
    assert_eq!((table.population.as_str(), table.cells > 5), ("requests_received", true));
    assert!(table.hidden >= 2, "two enterprises of one filière are hidden, and another cell");
    assert!(review.audit.sensitive > 0 && review.audit.proven > 0);

    gate.approve("binta", id, &all()).unwrap();
    let log = Log::default();
    gate.publish("awa", id, &all(), &log).unwrap();
    let review = house.gate().show(id).unwrap();
    assert_eq!((review.state, review.entry), (State::Published, Some(entry(0))));
    assert_eq!(review.approved_by.as_deref(), Some("binta"));
    let release = Release::from_bytes(Release::SCHEMA, &log.bodies.borrow()[0]).unwrap();
    assert_eq!((release.period, release.area.as_str()), (period("2025-Q1"), "ML"));
    assert_eq!(release.tables.len(), review.tables.len());
}

#[test]
fn a_store_that_lacks_a_release_of_the_log_publishes_nothing() {
    let house = House::on(date(2025, 5, 1));
    let log = Log::default();
    let publish = |gate: &Gate| {
        let id = gate.draft("awa", Wanted::next(period("2025-Q1")), &all()).unwrap();
        gate.approve("binta", id, &all()).unwrap();
        gate.publish("awa", id, &all(), &log)
    };
    publish(&house.gate()).unwrap();
    house.gate().check_accounted(&log).unwrap();

    // The store of the node is lost; its log was pulled back from the neighbours.
    let anew = House::on(date(2025, 5, 1));
    let told = anew.gate().check_accounted(&log);
    let lacking = |error| matches!(error, PublishError::Gate(GateError::Unaccounted { entry: at }) if at == entry(0));
    assert!(told.is_err_and(lacking));
    assert!(publish(&anew.gate()).is_err_and(lacking));
    assert_eq!(log.bodies.borrow().len(), 1);
}

#[test]
fn a_fourth_quarter_carries_the_year_and_follows_the_third() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let log = Log::default();
    for quarter in ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"] {
        house.clock.set_noon(date(2026, 2, 15));
        let id = gate.draft("awa", Wanted::next(period(quarter)), &all()).unwrap();
        gate.approve("binta", id, &all()).unwrap();
        gate.publish("awa", id, &all(), &log).unwrap();
    }
    let year = Release::from_bytes(Release::SCHEMA, &log.bodies.borrow()[3]).unwrap();
    assert!(year.tables.iter().any(|table| table.period == period("2025")));
    let again = gate.draft("awa", Wanted::next(period("2025-Q2")), &all());
    assert!(matches!(again, Err(GateError::AlreadyReleased { .. })), "{again:?}");
    let gap = gate.draft("awa", Wanted::next(period("2026-Q2")), &all());
    let Err(GateError::OutOfOrder { expected, .. }) = gap else { panic!("{gap:?}") };
    assert_eq!(expected, period("2026-Q1"));
}

#[test]
fn what_a_hub_entered_before_its_first_release_counts_and_what_came_late_after_it_waits() {
    let begins = date(2025, 8, 10);
    let house = House::on(begins);
    let (gate, log) = (house.gate(), Log::default());
    let received = |quarter: &str, entered_on: Date| {
        let records = EnteredOn(entered_on);
        let id = gate.draft("awa", Wanted::next(period(quarter)), &source(&records)).unwrap();
        gate.approve("binta", id, &source(&records)).unwrap();
        let entry = gate.publish("awa", id, &source(&records), &log).unwrap();
        let body = log.bodies.borrow()[entry.seq as usize].clone();
        let release = Release::from_bytes(Release::SCHEMA, &body).unwrap();
        let table = release.tables.iter().find(|table| table.population == "requests_received");
        table.unwrap().cells[0].0.as_ref().unwrap()[0]
    };
    let all = i64::from(Records::ENTERPRISES);
    assert_eq!(received("2025-Q1", begins), all, "the first quarter closed long ago");
    house.clock.set_noon(date(2025, 9, 1));
    assert_eq!(received("2025-Q2", begins), all, "the second as well");
    house.clock.set_noon(date(2025, 12, 1));
    assert_eq!(received("2025-Q3", date(2025, 11, 30)), 0, "entered after it closed");
}

#[test]
fn an_open_period_is_refused_and_the_day_is_named() {
    let house = House::on(date(2025, 4, 30));
    let refused = house.gate().draft("awa", Wanted::next(period("2025-Q1")), &all());
    assert!(refused.unwrap_err().to_string().contains("2025-04-30"));
    let year = house.gate().draft("awa", Wanted::next(period("2024")), &all());
    assert!(matches!(year, Err(GateError::NotAQuarter { .. })));
}

#[test]
fn who_drafted_does_not_approve_and_no_step_is_skipped() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = gate.draft("awa", Wanted::next(period("2025-Q1")), &all()).unwrap();
    assert!(matches!(gate.approve("awa", id, &all()), Err(GateError::SamePerson { .. })));
    assert!(matches!(gate.approve("", id, &all()), Err(GateError::InvalidActor { .. })));
    let early = gate.publish("binta", id, &all(), &Log::default());
    assert!(matches!(early, Err(PublishError::Gate(GateError::WrongState { .. }))), "{early:?}");
    let second = gate.draft("binta", Wanted::next(period("2025-Q1")), &all());
    assert!(matches!(second, Err(GateError::DraftExists { .. })));
    gate.discard("awa", id).unwrap();
    assert!(matches!(gate.show(id), Err(GateError::NotFound { .. })));
    let next = gate.draft("awa", Wanted::next(period("2025-Q1")), &all()).unwrap();
    assert!(next > id, "numbers are never used again");
}

fn approved(gate: &Gate) -> ReleaseId {
    let id = gate.draft("awa", Wanted::next(period("2025-Q1")), &all()).unwrap();
    gate.approve("binta", id, &all()).unwrap();
    id
}

/// Drafts and approves, and loses power while the log appends.
fn interrupted(house: &House, log: &Log, mood: Mood) -> ReleaseId {
    let gate = house.gate();
    let id = approved(&gate);
    let lost = gate.publish("awa", id, &all(), log.in_mood(mood));
    assert!(matches!(lost, Err(PublishError::Outlet("power cut"))));
    log.in_mood(Mood::Well);
    house.store.crash();
    id
}

#[test]
fn a_crash_after_the_append_neither_loses_nor_doubles_the_release() {
    let house = House::on(date(2025, 5, 1));
    let log = Log::default();
    let id = interrupted(&house, &log, Mood::FailsAfter);
    let gate = house.gate();
    assert_eq!(gate.show(id).unwrap().state, State::Publishing);
    assert_eq!(gate.recover(&log).unwrap(), [(id, Some(entry(0)))]);
    assert_eq!(gate.show(id).unwrap().state, State::Published);
    assert!(gate.recover(&log).unwrap().is_empty());
    assert!(matches!(
        gate.publish("awa", id, &all(), &log),
        Err(PublishError::Gate(GateError::WrongState { .. }))
    ));
}

#[test]
fn publishing_again_finds_the_entry_of_an_interrupted_publication() {
    let house = House::on(date(2025, 5, 1));
    let log = Log::default();
    let id = interrupted(&house, &log, Mood::FailsAfter);
    assert_eq!(house.gate().publish("awa", id, &all(), &log).unwrap(), entry(0));
    assert_eq!(log.bodies.borrow().len(), 1);
    assert_eq!(house.gate().show(id).unwrap().state, State::Published);
}

#[test]
fn a_crash_before_the_append_publishes_nothing_and_then_the_same_bytes() {
    let house = House::on(date(2025, 5, 1));
    let log = Log::default();
    let id = interrupted(&house, &log, Mood::FailsBefore);
    let gate = house.gate();
    assert_eq!(gate.recover(&log).unwrap(), [(id, None)]);
    let kept = gate.discard("awa", id);
    assert!(matches!(kept, Err(GateError::MayHaveLeft { .. })), "what may have left stays");
    gate.publish("awa", id, &all(), &log).unwrap();
    let bodies = log.bodies.borrow();
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0] == Release::from_bytes(Release::SCHEMA, &bodies[0]).unwrap().to_bytes());
}

#[test]
fn a_log_that_takes_nothing_leaves_the_release_as_it_was() {
    let house = House::on(date(2025, 5, 1));
    let (gate, log) = (house.gate(), Log::default());
    let id = approved(&gate);
    let refused = gate.publish("awa", id, &all(), log.in_mood(Mood::Refuses));
    assert!(matches!(refused, Err(PublishError::Outlet("refuses"))), "{refused:?}");
    assert_eq!(gate.show(id).unwrap().state, State::Approved);
    // Later the link is up: the same step works, and before it, discarding does.
    gate.discard("awa", id).unwrap();
    let id = approved(&gate);
    assert_eq!(gate.publish("awa", id, &all(), log.in_mood(Mood::Well)).unwrap(), entry(0));
}

#[test]
fn a_log_that_cannot_be_read_settles_nothing_and_takes_no_second_copy() {
    let house = House::on(date(2025, 5, 1));
    let log = Log::default();
    let id = interrupted(&house, &log, Mood::FailsAfter);
    let gate = house.gate();
    assert_eq!(gate.recover(log.in_mood(Mood::Unreadable)).unwrap(), [(id, None)]);
    let refused = gate.publish("awa", id, &all(), &log);
    assert!(matches!(refused, Err(PublishError::Outlet("unreadable"))), "{refused:?}");
    assert_eq!(gate.show(id).unwrap().state, State::Publishing);
    assert_eq!(gate.publish("awa", id, &all(), log.in_mood(Mood::Well)).unwrap(), entry(0));
    assert_eq!(log.bodies.borrow().len(), 1);
}
