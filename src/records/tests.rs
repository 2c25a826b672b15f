//! Behaviour of the repository over a store in memory: a hub and its staff, for the tests of each
//! subject.

use std::{ops::Bound, sync::Arc};

use jiff::civil::{Date, date};

use crate::{
    base::{
        clock::ManualClock,
        id::{EnterpriseId, IdempotencyKey, RequestId},
        money::Money,
    },
    codes::embedded::Codes,
    records::{
        error::{Problem, RecordError},
        fields::{AnswerFields, ConsentFields, EnterpriseFields, RequestFields, VisitFields},
        import::{
            ImportAnswer, ImportRecord, ImportRefusal, ImportRow, Outcome, SourceKey, StatedConsent,
        },
        repository::{Page, Repository, WriteContext},
        source::RecordSource,
        types::{
            AnswerIdentity, ConsentPurpose, EnterpriseIdentity, FollowUp, RequestIdentity,
            RequestState, SizeRule, VisitIdentity,
        },
    },
    store::{Batch, Pairs, Store, StoreError, memory::MemoryStore},
};

mod contradictions;
mod imports;
mod journal;
mod life_cycle;
mod one_record;
mod writes;

const TODAY: Date = date(2026, 7, 1);

struct Hub {
    store: Arc<MemoryStore>,
    repository: Repository,
}

impl Hub {
    fn new() -> Self {
        Self::over(Arc::new(MemoryStore::default()))
    }

    fn over(store: Arc<MemoryStore>) -> Self {
        Self::of("ML", store)
    }

    fn of(area: &str, store: Arc<MemoryStore>) -> Self {
        Self::with(Codes::embedded(), area, store)
    }

    fn with(codes: Codes, area: &str, store: Arc<MemoryStore>) -> Self {
        let clock = Arc::new(ManualClock::at_noon(TODAY));
        let (codes, area) = (Arc::new(codes), area.parse().unwrap());
        let repository = Repository::new(Arc::clone(&store) as _, clock, codes, area);
        Self { store, repository }
    }

    /// The same disk after a power cut.
    fn after_crash(self) -> Self {
        self.store.crash();
        Self::over(self.store)
    }

    fn enterprise(&self) -> EnterpriseId {
        let created = self.repository.create_enterprise(&by("awa"), dairy(), named("Laiterie"));
        created.unwrap().record.coded.id
    }

    fn request(&self) -> RequestId {
        let fields = RequestFields::received(date(2026, 5, 4), "PHONE", "_U");
        let created =
            self.repository.create_request(&by("awa"), self.enterprise(), fields, asks("?"));
        created.unwrap().record.coded.id
    }

    fn all_pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.store.scan_prefix(b"").map(Result::unwrap).collect()
    }
}

fn by(actor: &str) -> WriteContext {
    WriteContext::of(actor)
}

fn numbered(actor: &str) -> WriteContext {
    WriteContext { actor: actor.into(), idempotency_key: Some(IdempotencyKey::random()) }
}

fn dairy() -> EnterpriseFields {
    EnterpriseFields {
        region: "ML-3".into(),
        filiere: "LAIT".into(),
        citi_group: "105".into(),
        size: "MIC".into(),
        size_rule: SizeRule::Headcount,
        headcount: Some(4),
        turnover: None,
        sex: "F".into(),
        status: "INFORMAL".into(),
        registered_on: date(2025, 3, 9),
        holding: None,
    }
}

fn named(name: &str) -> EnterpriseIdentity {
    EnterpriseIdentity {
        name: name.into(),
        telephones: vec!["76 00 00 01".into()],
        ..EnterpriseIdentity::default()
    }
}

fn asks(question: &str) -> RequestIdentity {
    RequestIdentity { referent: String::new(), question: question.into() }
}

fn answer_on(day: Date) -> AnswerFields {
    AnswerFields {
        answered_on: day,
        kind: "RECIPE".into(),
        remote_expertise: Some("SATD".into()),
        satisfaction: None,
        follow_up: None,
    }
}

fn counted(given_on: Date) -> ConsentFields {
    ConsentFields {
        purpose: ConsentPurpose::AnonymizedIndicators,
        text_version: "2025-1".into(),
        medium: "PAPER".into(),
        given_on,
    }
}

fn source(key: &str) -> SourceKey {
    SourceKey { source: "register".into(), key: key.into() }
}

fn enterprise_row(key: &str, name: &str, consents: Vec<StatedConsent>) -> ImportRow {
    let record = ImportRecord::Enterprise { coded: dairy(), identity: named(name), consents };
    ImportRow { source: source(key), record }
}

fn visit_row(key: &str, enterprise: &str) -> ImportRow {
    let coded = VisitFields { visited_on: date(2026, 2, 3), purpose: "_U".into() };
    let identity = VisitIdentity { referent: "Moussa".into(), remarks: String::new() };
    let record = ImportRecord::Visit { enterprise: source(enterprise), coded, identity };
    ImportRow { source: SourceKey { source: "visits".into(), key: key.into() }, record }
}

fn request_row(key: &str, enterprise: &str, answered: Option<Date>) -> ImportRow {
    let answer = answered.map(|day| ImportAnswer {
        coded: answer_on(day),
        identity: AnswerIdentity { text: "Pasteurize".into() },
    });
    let record = ImportRecord::Request {
        enterprise: source(enterprise),
        coded: RequestFields::received(date(2026, 2, 3), "WALKIN", "_U"),
        identity: asks("How long does it keep?"),
        answer,
    };
    ImportRow { source: SourceKey { source: "requests".into(), key: key.into() }, record }
}
