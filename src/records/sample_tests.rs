//! A store of format 1 as this program once wrote it, in `tests/samples/store-format-1`. It is
//! never written again: a program that cannot read it needs a migration, not a new sample.

use std::{fs, path::Path, sync::Arc};

use jiff::civil::date;

use crate::{
    base::{clock::ManualClock, id::EnterpriseId, money::Money},
    codes::embedded::Codes,
    records::{
        fields::{AnswerFields, ConsentFields, EnterpriseFields, RequestFields, VisitFields},
        import::{ImportAnswer, ImportRecord, ImportRow, Outcome, SourceKey, StatedConsent},
        repository::{Page, Repository, WriteContext},
        types::{
            AnswerIdentity, ConsentPurpose, EnterpriseIdentity, FollowUp, RequestIdentity,
            RequestState, SizeRule, VisitIdentity,
        },
    },
    store::sled::{SledOptions, SledStore},
};

/// Names the folder of a new sample, for a format that has none yet.
const NEW_SAMPLE: &str = "ESSAIM_TEST_NEW_SAMPLE";

/// The files of a sample. sled writes its snapshot anew when it opens the main file.
const FILES: [&str; 3] = ["conf", "db", "acknowledged"];

fn rows() -> [ImportRow; 3] {
    let source = |source: &str| SourceKey { source: source.into(), key: "1".into() };
    let enterprise = ImportRecord::Enterprise {
        coded: EnterpriseFields {
            region: "ML-3".into(),
            filiere: "LAIT".into(),
            citi_group: "105".into(),
            size: "MIC".into(),
            size_rule: SizeRule::Headcount,
            headcount: Some(4),
            turnover: Some(Money(1_500_000)),
            sex: "F".into(),
            status: "INFORMAL".into(),
            registered_on: date(2025, 3, 9),
            holding: None,
        },
        identity: EnterpriseIdentity {
            name: "Laiterie".into(),
            latitude_microdegrees: Some(11_317_500),
            ..EnterpriseIdentity::default()
        },
        consents: vec![StatedConsent::Given(ConsentFields {
            purpose: ConsentPurpose::AnonymizedIndicators,
            text_version: "2025-1".into(),
            medium: "PAPER".into(),
            given_on: date(2025, 3, 9),
        })],
    };
    let visit = ImportRecord::Visit {
        enterprise: source("enterprises"),
        coded: VisitFields { visited_on: date(2025, 4, 1), purpose: "_U".into() },
        identity: VisitIdentity { referent: "Moussa".into(), remarks: "Clean".into() },
    };
    let request = ImportRecord::Request {
        enterprise: source("enterprises"),
        coded: RequestFields {
            assigned_on: Some(date(2025, 4, 3)),
            ..RequestFields::received(date(2025, 4, 2), "PHONE", "_U")
        },
        identity: RequestIdentity { referent: "Moussa".into(), question: "Bottles?".into() },
        answer: Some(ImportAnswer {
            coded: AnswerFields {
                answered_on: date(2025, 4, 9),
                kind: "RECIPE".into(),
                remote_expertise: Some("SATD".into()),
                satisfaction: Some(4),
                follow_up: Some(FollowUp {
                    followed_up_on: date(2025, 9, 1),
                    adopted: true,
                    funding: Some(Money(250_000)),
                }),
            },
            identity: AnswerIdentity { text: "Glass".into() },
        }),
    };
    [("enterprises", enterprise), ("visits", visit), ("requests", request)]
        .map(|(from, record)| ImportRow { source: source(from), record })
}

fn repository(store: SledStore) -> Repository {
    let clock = Arc::new(ManualClock::at_noon(date(2026, 7, 1)));
    Repository::new(Arc::new(store), clock, Arc::new(Codes::embedded()), "ML".parse().unwrap())
}

#[test]
fn a_new_sample_is_written_where_asked() {
    let Some(sample) = std::env::var_os(NEW_SAMPLE) else { return };
    let folder = tempfile::tempdir().unwrap();
    let repository = repository(SledStore::create(&SledOptions::in_folder(folder.path())).unwrap());
    repository.import("awa", &rows()).unwrap();
    let id = repository.list_enterprises(&Page::first()).unwrap()[0].record.coded.id;
    let context = WriteContext { actor: "awa".into(), idempotency_key: Some(KEY.parse().unwrap()) };
    repository.update_enterprise(&context, id, Some(1), &[], grow).unwrap();
    drop(repository);
    fs::create_dir_all(&sample).unwrap();
    for file in FILES {
        let bytes = fs::read(folder.path().join(file)).unwrap();
        let packed = zstd::encode_all(bytes.as_slice(), 19).unwrap();
        fs::write(Path::new(&sample).join(file).with_extension("zst"), packed).unwrap();
    }
}

const KEY: &str = "3f2b1c0e-8f5a-4c57-9d0c-0a4d6c2f9b11";

fn grow(fields: &mut EnterpriseFields, _: &mut EnterpriseIdentity) {
    fields.headcount = Some(5);
}

#[test]
fn a_store_of_format_1_is_read_as_it_was_written() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/store-format-1");
    let folder = tempfile::tempdir().unwrap();
    for file in FILES {
        let packed = fs::read(sample.join(file).with_extension("zst")).unwrap();
        let bytes = zstd::decode_all(packed.as_slice()).unwrap();
        fs::write(folder.path().join(file), bytes).unwrap();
    }
    let repository = repository(SledStore::open(&SledOptions::in_folder(folder.path())).unwrap());
    assert_eq!(repository.verify_journal().unwrap().entries, 2);
    // The rows are known again: identifiers and digests are computed as they were.
    assert_eq!(repository.import("awa", &rows()).unwrap(), [Outcome::Unchanged; 3]);
    let enterprise = &repository.list_enterprises(&Page::first()).unwrap()[0];
    let id: EnterpriseId = enterprise.record.coded.id;
    let context = WriteContext { actor: "awa".into(), idempotency_key: Some(KEY.parse().unwrap()) };
    let again = repository.update_enterprise(&context, id, Some(1), &[], grow).unwrap();
    assert_eq!((&again, again.revision), (enterprise, 2));
    assert_eq!(enterprise.record.coded.turnover, Some(Money(1_500_000)));
    assert_eq!(enterprise.record.identity.latitude_microdegrees, Some(11_317_500));
    let visits = repository.list_visits(&Page::first(), Some(id)).unwrap();
    assert_eq!(visits[0].record.identity.remarks, "Clean");
    let requests = repository.list_requests(&Page::first(), Some(id)).unwrap();
    assert_eq!(requests[0].record.coded.state, RequestState::Answered);
    let answered = repository.list_answers(&Page::first(), None).unwrap();
    let follow_up = answered[0].record.coded.follow_up.clone().unwrap();
    assert_eq!(follow_up.funding, Some(Money(250_000)));
    assert_eq!(repository.list_consents(&Page::first(), Some(id)).unwrap().len(), 1);
}
