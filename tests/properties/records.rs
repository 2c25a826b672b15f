//! Whatever bytes stand in the store, reading records ends in a record or an error; whatever rows
//! are imported, importing them again changes nothing.

use std::sync::Arc;

use essaim::{
    base::{clock::ManualClock, id::EnterpriseId, money::Money},
    codes::embedded::Codes,
    records::{
        error::RecordError,
        fields::{ConsentFields, EnterpriseFields, VisitFields},
        import::{ImportRecord, ImportRow, Outcome, SourceKey, StatedConsent},
        repository::{Page, Repository, WriteContext},
        source::RecordSource,
        types::{ConsentPurpose, EnterpriseIdentity, SizeRule, VisitIdentity},
    },
    store::{Batch, Store, memory::MemoryStore},
};
use jiff::civil::date;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

fn hub() -> (Arc<MemoryStore>, Repository) {
    let store = Arc::new(MemoryStore::default());
    let clock = Arc::new(ManualClock::at_noon(date(2026, 7, 1)));
    let codes = Arc::new(Codes::embedded());
    let area = "ML".parse().unwrap();
    let repository = Repository::new(Arc::clone(&store) as _, clock, codes, area);
    (store, repository)
}

/// Everything that reads what is stored under `id`, and everything that scans.
fn read_all(repository: &Repository, id: [u8; 16]) {
    let enterprise = EnterpriseId::from_bytes(id);
    let _ = repository.get_enterprise(enterprise);
    let _ = repository.list_enterprises(&Page::first());
    let _ = repository.list_visits(&Page::first(), Some(enterprise));
    let _ = repository.list_requests(&Page::first(), None);
    let _ = repository.list_answers(&Page::first(), None);
    let _ = repository.list_consents(&Page::first(), Some(enterprise));
    let _ = repository.journal(&Page::first());
    let _ = repository.journal_head();
    let _ = repository.verify_journal();
    let _ = repository.for_each_enterprise(&mut |_| ());
    let _ = repository.for_each_request(&mut |_| ());
    let _ = repository.for_each_answer(&mut |_| ());
    let _ = repository.for_each_consent(&mut |_| ());
    let _ = repository.update_enterprise(
        &WriteContext::of("awa"),
        enterprise,
        None,
        &[],
        |fields, _| fields.headcount = Some(3),
    );
}

fn pick(codes: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(codes).prop_map(str::to_owned)
}

fn enterprise() -> impl Strategy<Value = ImportRecord> {
    (
        pick(&["ML-1", "ML-3", "nowhere"]),
        pick(&["LAIT", "CEREA", "??"]),
        any::<Option<u16>>(),
        any::<Option<i32>>(),
        "[a-z]{0,40}",
        proptest::collection::vec(2020_i16..2028, 0..3),
    )
        .prop_map(|(region, filiere, headcount, turnover, name, years)| {
            let consents = years.into_iter().map(|year| ConsentFields {
                purpose: ConsentPurpose::AnonymizedIndicators,
                text_version: "1".into(),
                medium: "PAPER".into(),
                given_on: date(year, 1, 1),
            });
            ImportRecord::Enterprise {
                coded: EnterpriseFields {
                    region,
                    filiere,
                    citi_group: "105".into(),
                    size: "NC".into(),
                    size_rule: SizeRule::None,
                    headcount: headcount.map(u32::from),
                    turnover: turnover.map(|amount| Money(amount.into())),
                    sex: "F".into(),
                    status: "INFORMAL".into(),
                    registered_on: date(2024, 2, 29),
                    holding: None,
                },
                identity: EnterpriseIdentity { name, ..EnterpriseIdentity::default() },
                consents: consents.map(StatedConsent::Given).collect(),
            }
        })
}

fn visit() -> impl Strategy<Value = ImportRecord> {
    ("[a-d]?", 2024_i16..2028).prop_map(|(key, year)| ImportRecord::Visit {
        enterprise: SourceKey { source: "s".into(), key },
        coded: VisitFields { visited_on: date(year, 1, 1), purpose: "_U".into() },
        identity: VisitIdentity::default(),
    })
}

/// Rows that each have a key of their own, so that no later row changes an earlier one.
fn rows() -> impl Strategy<Value = Vec<ImportRow>> {
    let keys = Just(vec!["a", "b", "c", "d", "e", "f", ""]).prop_shuffle();
    let records = proptest::collection::vec(prop_oneof![enterprise(), visit()], 0..7);
    (keys, records).prop_map(|(keys, records)| {
        keys.into_iter()
            .zip(records)
            .map(|(key, record)| ImportRow {
                source: SourceKey { source: "s".into(), key: key.into() },
                record,
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn no_stored_bytes_make_reading_panic(
        id in any::<[u8; 16]>(),
        letter in proptest::sample::select(b"eEvVqQaAc".as_slice()),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        [versioned, framed, alone] in any::<[bool; 3]>(),
    ) {
        let (store, repository) = hub();
        let bytes = if versioned { [&[1], bytes.as_slice()].concat() } else { bytes };
        let mut batch = Batch::default();
        let (bucket, rest) = id.split_at(2);
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        let cell = [&[1, u8::from(alone), 15, letter], rest, &length, &bytes].concat();
        let class = if letter.is_ascii_lowercase() { b'b' } else { b'B' };
        batch.put([&[b'r', class], bucket].concat(), if framed { cell } else { bytes.clone() });
        batch.put(*b"rh", bytes.clone());
        batch.put([b"rj".as_slice(), &[0; 8]].concat(), bytes);
        store.commit(&batch).unwrap();
        read_all(&repository, id);
    }

    #[test]
    fn no_cut_or_flip_of_a_stored_record_makes_reading_panic(
        at in any::<proptest::sample::Index>(),
        flip in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let (store, repository) = hub();
        let record = EnterpriseFields {
            region: "ML-3".into(),
            filiere: "LAIT".into(),
            citi_group: "105".into(),
            size: "MIC".into(),
            size_rule: SizeRule::Headcount,
            headcount: Some(4),
            turnover: Some(Money(1_000_000)),
            sex: "F".into(),
            status: "INFORMAL".into(),
            registered_on: date(2025, 1, 1),
            holding: None,
        };
        let identity = EnterpriseIdentity { name: "Laiterie".into(), ..Default::default() };
        let created =
            repository.create_enterprise(&WriteContext::of("awa"), record, identity).unwrap();
        let pairs: Vec<_> = store.scan_prefix(b"r").map(Result::unwrap).collect();
        for (key, mut value) in pairs {
            let at = at.index(value.len());
            if cut { value.truncate(at) } else { value[at] ^= flip }
            let mut batch = Batch::default();
            batch.put(key, value);
            store.commit(&batch).unwrap();
        }
        read_all(&repository, *created.record.coded.id.as_bytes());
    }

    #[test]
    fn rows_imported_again_change_nothing(rows in rows()) {
        let (store, repository) = hub();
        let pairs = || store.scan_prefix(b"").map(Result::unwrap).collect::<Vec<_>>();
        let first = repository.import("awa", &rows).unwrap();
        let before = pairs();
        let again = repository.import("awa", &rows).unwrap();
        for (first, again) in first.iter().zip(&again) {
            match first {
                // What was refused for an enterprise that came later goes in now.
                Outcome::Refused(_) => {}
                _ => assert_eq!(*again, Outcome::Unchanged),
            }
        }
        if again.iter().all(|outcome| !matches!(outcome, Outcome::Created)) {
            assert_eq!(pairs(), before);
        }
        repository.verify_journal().unwrap();
        let records = std::cell::Cell::new(0);
        let count = || records.set(records.get() + 1);
        repository.for_each_enterprise(&mut |_| count()).unwrap();
        repository.for_each_visit(&mut |_| count()).unwrap();
        let stored = again.iter().filter(|one| !matches!(one, Outcome::Refused(_))).count();
        assert_eq!(records.get(), stored);
    }

    #[test]
    fn no_actor_or_text_is_too_long_for_an_answer(actor in ".{0,300}", name in ".{0,300}") {
        let (_, repository) = hub();
        let identity = EnterpriseIdentity { name, ..EnterpriseIdentity::default() };
        let fields = EnterpriseFields {
            region: "ML-3".into(),
            filiere: "LAIT".into(),
            citi_group: "105".into(),
            size: "NC".into(),
            size_rule: SizeRule::None,
            headcount: None,
            turnover: None,
            sex: "_U".into(),
            status: "_U".into(),
            registered_on: date(2025, 1, 1),
            holding: None,
        };
        let done = repository.create_enterprise(&WriteContext::of(&actor), fields, identity);
        assert!(matches!(done, Ok(_) | Err(RecordError::InvalidField { .. })));
    }
}
