//! The gate over a store in memory, with power cuts at every step.

use std::{convert::Infallible, sync::Arc};

use jiff::civil::{Date, date};

use crate::{
    base::{
        clock::ManualClock,
        id::{ConsentId, EnterpriseId, EntryId, RequestId},
        period::Period,
    },
    codes::embedded::Codes,
    disclosure::rules::Rules,
    publication::{admitted::Admitted, release::Release},
    records::{
        source::RecordSource,
        types::{
            Answer, Consent, ConsentPurpose, Enterprise, RequestState, SizeRule, SupportRequest,
            Visit,
        },
    },
    release::{
        error::{GateError, PublishError},
        gate::Gate,
        review::State,
    },
    store::{Store, memory::MemoryStore},
};

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

const CLOSING_DAYS: u32 = 30;

struct House {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
}

impl House {
    fn on(day: Date) -> Self {
        let clock = Arc::new(ManualClock::at_noon(day));
        Self { store: Arc::new(MemoryStore::default()), clock }
    }

    /// A gate as after a restart.
    fn gate(&self) -> Gate {
        let rules = Rules { contributors_min: 3, dominance_percent: 15 };
        let codes = Arc::new(Codes::embedded());
        Gate::new(self.store.clone(), codes, rules, "ML".parse().unwrap(), self.clock.clone())
    }
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn entry(seq: u64) -> EntryId {
    EntryId { origin: "ML".parse().unwrap(), epoch: 1, seq }
}

/// A log: what was appended, and whether it fails before or after it is durable.
#[derive(Default)]
struct Log(Vec<Vec<u8>>);

impl Log {
    fn append(&mut self, admitted: &Admitted) -> Result<EntryId, &'static str> {
        self.0.push(admitted.body().to_vec());
        Ok(entry(self.0.len() as u64 - 1))
    }

    fn find(&self, admitted: &Admitted) -> Result<Option<EntryId>, &'static str> {
        let at = self.0.iter().position(|body| body == admitted.body());
        Ok(at.map(|at| entry(at as u64)))
    }
}

#[test]
fn a_release_goes_from_draft_to_the_log() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = gate.draft("awa", period("2025-Q1"), &Records, CLOSING_DAYS).unwrap();
    let review = gate.show(id).unwrap();
    assert_eq!((review.state, review.drafted_by.as_str()), (State::Audited, "awa"));
    let table = &review.tables[1];
    assert_eq!((table.population.as_str(), table.cells > 5), ("requests_received", true));
    assert!(table.hidden >= 2, "two enterprises of one filière are hidden, and another cell");
    assert!(review.audit.sensitive > 0 && review.audit.proven > 0);

    gate.approve("binta", id).unwrap();
    let mut log = Log::default();
    gate.publish("awa", id, |admitted| log.append(&admitted)).unwrap();
    let review = house.gate().show(id).unwrap();
    assert_eq!((review.state, review.entry), (State::Published, Some(entry(0))));
    assert_eq!(review.approved_by.as_deref(), Some("binta"));
    let release = Release::from_bytes(Release::SCHEMA, &log.0[0]).unwrap();
    assert_eq!((release.period, release.area.as_str()), (period("2025-Q1"), "ML"));
    assert_eq!(release.tables.len(), review.tables.len());
}

#[test]
fn a_fourth_quarter_carries_the_year_and_follows_the_third() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let mut log = Log::default();
    for quarter in ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"] {
        house.clock.set_noon(date(2026, 2, 15));
        let id = gate.draft("awa", period(quarter), &Records, CLOSING_DAYS).unwrap();
        gate.approve("binta", id).unwrap();
        gate.publish("awa", id, |admitted| log.append(&admitted)).unwrap();
    }
    let year = Release::from_bytes(Release::SCHEMA, &log.0[3]).unwrap();
    assert!(year.tables.iter().any(|table| table.period == period("2025")));
    let again = gate.draft("awa", period("2025-Q2"), &Records, CLOSING_DAYS);
    assert!(matches!(again, Err(GateError::AlreadyReleased { .. })), "{again:?}");
    let gap = gate.draft("awa", period("2026-Q2"), &Records, CLOSING_DAYS);
    let Err(GateError::OutOfOrder { expected, .. }) = gap else { panic!("{gap:?}") };
    assert_eq!(expected, period("2026-Q1"));
}

#[test]
fn an_open_period_is_refused_and_the_day_is_named() {
    let house = House::on(date(2025, 4, 30));
    let refused = house.gate().draft("awa", period("2025-Q1"), &Records, CLOSING_DAYS);
    assert!(refused.unwrap_err().to_string().contains("2025-04-30"));
    let year = house.gate().draft("awa", period("2024"), &Records, CLOSING_DAYS);
    assert!(matches!(year, Err(GateError::NotAQuarter { .. })));
}

#[test]
fn who_drafted_does_not_approve_and_no_step_is_skipped() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = gate.draft("awa", period("2025-Q1"), &Records, CLOSING_DAYS).unwrap();
    assert!(matches!(gate.approve("awa", id), Err(GateError::SamePerson { .. })));
    assert!(matches!(gate.approve("", id), Err(GateError::InvalidActor { .. })));
    let early = gate.publish("binta", id, |_| Err::<EntryId, _>("never called"));
    assert!(matches!(early, Err(PublishError::Gate(GateError::WrongState { .. }))), "{early:?}");
    let second = gate.draft("binta", period("2025-Q1"), &Records, CLOSING_DAYS);
    assert!(matches!(second, Err(GateError::DraftExists { .. })));
    gate.discard("awa", id).unwrap();
    assert!(matches!(gate.show(id), Err(GateError::NotFound { .. })));
    let next = gate.draft("awa", period("2025-Q1"), &Records, CLOSING_DAYS).unwrap();
    assert!(next > id, "numbers are never used again");
}

/// Drafts and approves, and loses power while the log appends.
fn interrupted(house: &House, log: &mut Log, appended: bool) -> crate::release::review::ReleaseId {
    let gate = house.gate();
    let id = gate.draft("awa", period("2025-Q1"), &Records, CLOSING_DAYS).unwrap();
    gate.approve("binta", id).unwrap();
    let lost = gate.publish("awa", id, |admitted| {
        if appended {
            log.append(&admitted)?;
        }
        Err("power cut")
    });
    assert!(matches!(lost, Err(PublishError::Append("power cut"))));
    house.store.crash();
    id
}

#[test]
fn a_crash_after_the_append_neither_loses_nor_doubles_the_release() {
    let house = House::on(date(2025, 5, 1));
    let mut log = Log::default();
    let id = interrupted(&house, &mut log, true);
    let gate = house.gate();
    assert_eq!(gate.show(id).unwrap().state, State::Publishing);
    let again = gate.publish("awa", id, |admitted| log.append(&admitted));
    assert!(matches!(again, Err(PublishError::Gate(GateError::WrongState { .. }))));
    let settled = gate.recover(|admitted| log.find(admitted)).unwrap();
    assert_eq!(settled, [(id, Some(entry(0)))]);
    assert_eq!(gate.show(id).unwrap().state, State::Published);
    assert!(gate.recover(|admitted| log.find(admitted)).unwrap().is_empty());
}

#[test]
fn a_crash_before_the_append_publishes_nothing_and_then_the_same_bytes() {
    let house = House::on(date(2025, 5, 1));
    let mut log = Log::default();
    let id = interrupted(&house, &mut log, false);
    let gate = house.gate();
    assert_eq!(gate.recover(|admitted| log.find(admitted)).unwrap(), [(id, None)]);
    assert_eq!(gate.show(id).unwrap().state, State::Approved);
    let kept = gate.discard("awa", id);
    assert!(matches!(kept, Err(GateError::MayHaveLeft { .. })), "what may have left stays");
    gate.publish("awa", id, |admitted| log.append(&admitted)).unwrap();
    assert_eq!(log.0.len(), 1);
    assert!(log.0[0] == Release::from_bytes(Release::SCHEMA, &log.0[0]).unwrap().to_bytes());
}

#[test]
fn a_log_that_cannot_be_asked_settles_nothing() {
    let house = House::on(date(2025, 5, 1));
    let id = interrupted(&house, &mut Log::default(), false);
    let gate = house.gate();
    assert!(gate.recover(|_| Err("unreadable")).is_err());
    assert_eq!(gate.show(id).unwrap().state, State::Publishing);
}

#[test]
fn a_body_that_was_changed_in_the_store_is_not_published() {
    let house = House::on(date(2025, 5, 1));
    let gate = house.gate();
    let id = gate.draft("awa", period("2025-Q1"), &Records, CLOSING_DAYS).unwrap();
    gate.approve("binta", id).unwrap();
    let body: Vec<_> = house.store.scan_prefix(b"gb").map(Result::unwrap).collect();
    for (key, value) in &body {
        for at in (0..value.len()).step_by(97) {
            let mut damaged = value.clone();
            damaged[at] ^= 1;
            let mut batch = crate::store::Batch::default();
            batch.put(key.clone(), damaged);
            house.store.commit(&batch).unwrap();
            let refused = gate.publish("awa", id, |_| Ok::<_, Infallible>(entry(0)));
            assert!(
                matches!(refused, Err(PublishError::Gate(GateError::Damaged { .. }))),
                "byte {at}: {refused:?}"
            );
            batch.put(key.clone(), value.clone());
            house.store.commit(&batch).unwrap();
        }
    }
}
