//! What the gate reads back from the store: whatever became of it there, nothing leaves but what
//! was audited and approved, and nothing that was given away is forgotten.
//!
//! Cards, bodies and transcripts are made by the gate itself and then damaged, so that they get
//! past the first bytes whatever their layout is.

use std::{
    cell::RefCell,
    convert::Infallible,
    sync::{Arc, LazyLock},
};

use essaim::{
    base::{
        clock::ManualClock,
        id::{ConsentId, EnterpriseId, EntryId, RequestId},
    },
    codes::embedded::Codes,
    disclosure::rules::Rules,
    publication::admitted::Admitted,
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
        gate::{Gate, Outlet, Wanted},
        review::{ReleaseId, TableReview},
    },
    store::{Batch, Pair, Store, memory::MemoryStore},
};
use jiff::civil::date;
use proptest::{
    prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof},
    proptest,
    sample::{Index, select},
};

use crate::damage::{Damage, damaged, damages};

const SOURCE: Source<'_, Records> = Source { records: &Records, closing_days: 30 };
/// What the keys of cards, bodies and transcripts start with.
const CARD: &[u8] = b"gd";
const BODY: &[u8] = b"gb";
const FROZEN: &[u8] = b"gf";
const ID: ReleaseId = ReleaseId(1);
/// The quarter it is of, and the next.
const FIRST: &str = "2025-Q1";
const SECOND: &str = "2025-Q2";

/// Twelve enterprises, each with a request in two quarters.
struct Records;

impl RecordSource for Records {
    type Error = Infallible;

    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), Infallible> {
        (0..12).for_each(|number| {
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
        });
        Ok(())
    }

    fn for_each_visit(&self, _: &mut dyn FnMut(Visit)) -> Result<(), Infallible> {
        Ok(())
    }

    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), Infallible> {
        for (number, month) in (0..12).flat_map(|number| [(number, 2), (number, 5)]) {
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
        Ok(())
    }

    fn for_each_answer(&self, _: &mut dyn FnMut(Answer)) -> Result<(), Infallible> {
        Ok(())
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Infallible> {
        (0..12).for_each(|number| {
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
        });
        Ok(())
    }
}

/// A log: the bodies that were appended.
#[derive(Clone, Default)]
struct Log(RefCell<Vec<Vec<u8>>>);

fn entry(seq: usize) -> EntryId {
    EntryId { origin: "ML".parse().unwrap(), epoch: 1, seq: seq as u64 }
}

impl Outlet for Log {
    type Error = Infallible;

    fn check(&self) -> Result<(), Infallible> {
        Ok(())
    }

    fn find(&self, admitted: &Admitted) -> Result<Option<EntryId>, Infallible> {
        Ok(self.0.borrow().iter().position(|body| body == admitted.body()).map(entry))
    }

    fn releases(&self) -> Result<Vec<EntryId>, Infallible> {
        Ok((0..self.0.borrow().len()).map(entry).collect())
    }

    fn append(&self, admitted: Admitted) -> Result<EntryId, Infallible> {
        let mut bodies = self.0.borrow_mut();
        bodies.push(admitted.body().to_vec());
        Ok(entry(bodies.len() - 1))
    }
}

fn gate(store: &Arc<MemoryStore>) -> Gate {
    let rules = Rules::new(3, 15);
    let clock = Arc::new(ManualClock::at_noon(date(2025, 8, 1)));
    Gate::new(store.clone(), Arc::new(Codes::embedded()), rules, "ML".parse().unwrap(), clock)
}

// The steps of one release, each by who may take it.

fn draft(gate: &Gate, quarter: &str) -> Result<ReleaseId, GateError> {
    let wanted = Wanted { allow_skipping_earlier: true, ..Wanted::next(quarter.parse().unwrap()) };
    gate.draft("awa", wanted, &SOURCE)
}

fn approve(gate: &Gate) -> Result<(), GateError> {
    gate.approve("binta", ID, &SOURCE)
}

fn publish(gate: &Gate, log: &Log) -> Result<EntryId, PublishError<Infallible>> {
    gate.publish("awa", ID, &SOURCE, log)
}

fn pairs(store: &MemoryStore) -> Vec<Pair> {
    store.scan_prefix(b"").map(Result::unwrap).collect()
}

fn store_of(pairs: impl IntoIterator<Item = Pair>) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::default());
    let mut batch = Batch::default();
    pairs.into_iter().for_each(|(key, value)| batch.put(key, value));
    store.commit(&batch).unwrap();
    store
}

/// One release on its way, and the one after it.
struct History {
    /// The store while it is drafted, approved, and published.
    drafted: Vec<Pair>,
    approved: Vec<Pair>,
    published: Vec<Pair>,
    /// What left.
    body: Vec<u8>,
    /// What the next release hides, this one being known.
    next: Vec<TableReview>,
}

static HISTORY: LazyLock<History> = LazyLock::new(|| {
    let store = store_of([]);
    let (gate, log) = (gate(&store), Log::default());
    assert_eq!(draft(&gate, FIRST).unwrap(), ID);
    let drafted = pairs(&store);
    approve(&gate).unwrap();
    let approved = pairs(&store);
    publish(&gate, &log).unwrap();
    let published = pairs(&store);
    let next = gate.show(draft(&gate, SECOND).unwrap()).unwrap().tables;
    let body = log.0.into_inner().remove(0);
    History { drafted, approved, published, body, next }
});

/// What happens to one piece of what is kept.
#[derive(Debug, Clone)]
struct Loss {
    kind: &'static [u8],
    piece: Index,
    /// The piece is gone if nothing is damaged in it.
    damages: Option<Vec<Damage>>,
}

fn loss() -> impl Strategy<Value = Loss> {
    let kind = select(vec![CARD, BODY, FROZEN]);
    let damages = prop_oneof![8 => damages().prop_map(Some), 1 => Just(None)];
    (kind, any::<Index>(), damages).prop_map(|(kind, piece, damages)| Loss { kind, piece, damages })
}

/// The pairs after the loss; `None` if it changed nothing.
fn after(pairs: &[Pair], loss: &Loss) -> Option<Arc<MemoryStore>> {
    let of_kind: Vec<usize> =
        (0..pairs.len()).filter(|at| pairs[*at].0.starts_with(loss.kind)).collect();
    let at = of_kind[loss.piece.index(of_kind.len())];
    let mut pairs = pairs.to_vec();
    match &loss.damages {
        None => drop(pairs.remove(at)),
        Some(damages) => {
            let damaged = damaged(&pairs[at].1, damages);
            if damaged == pairs[at].1 {
                return None;
            }
            pairs[at].1 = damaged;
        }
    }
    Some(store_of(pairs))
}

/// Whether the gate says that it cannot go by what is kept.
fn is_refusal(error: &GateError) -> bool {
    matches!(error, GateError::Damaged { .. } | GateError::Newer { .. } | GateError::Disclosure(_))
}

#[test]
fn what_was_not_damaged_goes_its_way() {
    let log = Log::default();
    publish(&gate(&store_of(HISTORY.approved.clone())), &log).unwrap();
    assert_eq!(*log.0.borrow(), std::slice::from_ref(&HISTORY.body));
    for kind in [CARD, BODY, FROZEN] {
        assert!(HISTORY.approved.iter().any(|(key, _)| key.starts_with(kind)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leaves_of_a_release_of_which_anything_is_damaged(
        loss in loss(),
        is_approved in any::<bool>(),
    ) {
        let before = if is_approved { &HISTORY.approved } else { &HISTORY.drafted };
        let Some(store) = after(before, &loss) else { return Ok(()) };
        let (gate, log) = (gate(&store), Log::default());
        let _ = (gate.list(), gate.show(ID), gate.recover(&log), gate.check_accounted(&log));
        let _ = approve(&gate);
        let published = publish(&gate, &log);
        prop_assert!(log.0.into_inner().is_empty());
        let Err(PublishError::Gate(error)) = published else {
            prop_assert!(false, "{:?}", published);
            return Ok(());
        };
        let gone = loss.kind == CARD && matches!(error, GateError::NotFound { .. });
        prop_assert!(is_refusal(&error) || gone, "{error}");
    }

    #[test]
    fn what_was_given_away_is_remembered_as_it_was_or_nothing_more_is_drafted(loss in loss()) {
        let Some(store) = after(&HISTORY.published, &loss) else { return Ok(()) };
        let gate = gate(&store);
        let _ = (gate.list(), gate.show(ID), gate.discard("awa", ID).is_err());
        match draft(&gate, SECOND) {
            Ok(next) => {
                prop_assert_eq!(loss.kind, CARD);
                prop_assert_eq!(gate.show(next).unwrap().tables, HISTORY.next.clone());
            }
            Err(error) => prop_assert!(is_refusal(&error), "{error}"),
        }
    }

    #[test]
    fn bytes_in_the_store_that_are_no_release_are_refused(
        kind in select(b"ndbfx".to_vec()),
        rest in proptest::collection::vec(any::<u8>(), 0..16),
        value in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let store = store_of([([&[b'g', kind], rest.as_slice()].concat(), value)]);
        let (gate, log) = (gate(&store), Log::default());
        let listed = gate.list();
        prop_assert!(kind == b'd' || listed.is_ok_and(|releases| releases.is_empty()));
        prop_assert!(gate.show(ID).is_err());
        prop_assert!(approve(&gate).is_err());
        let recovered = gate.recover(&log);
        prop_assert!(kind == b'd' || recovered.is_ok_and(|found| found.is_empty()));
    }
}
