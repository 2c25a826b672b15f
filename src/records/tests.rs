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
        import::{ImportAnswer, ImportRecord, ImportRefusal, ImportRow, Outcome, SourceKey},
        repository::{Page, Repository, WriteContext},
        source::RecordSource,
        types::{
            AnswerIdentity, ConsentPurpose, EnterpriseIdentity, FollowUp, RequestIdentity,
            RequestState, SizeRule, VisitIdentity,
        },
    },
    store::{Batch, Pairs, Store, StoreError, memory::MemoryStore},
};

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
        let clock = Arc::new(ManualClock::at_noon(TODAY));
        let codes = Arc::new(Codes::embedded());
        let area = area.parse().unwrap();
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

fn enterprise_row(key: &str, name: &str, consents: Vec<ConsentFields>) -> ImportRow {
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

#[test]
fn a_new_record_has_revision_one_and_both_its_parts() {
    let hub = Hub::new();
    let created = hub.repository.create_enterprise(&by("awa"), dairy(), named("Laiterie")).unwrap();
    assert_eq!(created.revision, 1);
    assert_eq!(EnterpriseFields::of(&created.record.coded), dairy());
    assert_eq!(hub.repository.get_enterprise(created.record.coded.id).unwrap(), created);
}

#[test]
fn names_and_coded_parts_stand_under_separate_keys() {
    let hub = Hub::new();
    hub.enterprise();
    let holds = |value: &[u8], text: &str| {
        value.windows(text.len()).any(|window| window == text.as_bytes())
    };
    for (key, value) in hub.all_pairs() {
        assert!(!(holds(&value, "LAIT") && holds(&value, "Laiterie")));
        assert_eq!(holds(&value, "Laiterie") || holds(&value, "76 00"), key[1] == b'B');
    }
}

#[test]
fn a_change_seen_at_an_old_revision_is_refused() {
    let hub = Hub::new();
    let id = hub.enterprise();
    let grow = |fields: &mut EnterpriseFields, _: &mut EnterpriseIdentity| {
        fields.headcount = Some(6);
    };
    let updated = hub.repository.update_enterprise(&by("awa"), id, Some(1), &[], grow).unwrap();
    assert_eq!((updated.revision, updated.record.coded.headcount), (2, Some(6)));
    let stale = hub.repository.update_enterprise(&by("ben"), id, Some(1), &[], |fields, _| {
        fields.headcount = Some(7);
    });
    let Err(RecordError::EtagMismatch { given: 1, current: 2, .. }) = stale else {
        panic!("{stale:?}")
    };
    assert_eq!(hub.repository.get_enterprise(id).unwrap(), updated);
}

#[test]
fn an_update_that_changes_nothing_keeps_the_revision() {
    let hub = Hub::new();
    let id = hub.enterprise();
    let updated = hub.repository.update_enterprise(&by("awa"), id, None, &[], |_, _| {}).unwrap();
    assert_eq!(updated.revision, 1);
}

#[test]
fn an_identity_emptied_is_removed_from_the_store() {
    let hub = Hub::new();
    let id = hub.enterprise();
    let emptied = hub.repository.update_enterprise(&by("awa"), id, None, &[], |_, identity| {
        *identity = EnterpriseIdentity::default();
    });
    assert_eq!(emptied.unwrap().record.identity, EnterpriseIdentity::default());
    assert!(hub.all_pairs().iter().all(|(key, _)| key[1] != b'B'));
}

#[test]
fn what_is_unknown_is_named_and_not_found() {
    let hub = Hub::new();
    let unknown = EnterpriseId::random();
    let error = hub.repository.get_enterprise(unknown).unwrap_err();
    assert_eq!(error.to_string(), format!("No enterprise has the identifier {unknown}"));
    let coded = VisitFields { visited_on: TODAY, purpose: "_U".into() };
    let visit = hub.repository.create_visit(&by("awa"), unknown, coded, VisitIdentity::default());
    assert!(matches!(visit, Err(RecordError::NotFound { .. })));
}

#[test]
fn fields_that_cannot_be_stored_are_named() {
    let hub = Hub::new();
    let check = |field: &str, problem: Problem, spoil: fn(&mut EnterpriseFields)| {
        let mut fields = dairy();
        spoil(&mut fields);
        let refused = hub.repository.create_enterprise(&by("awa"), fields, named("Laiterie"));
        let Err(RecordError::InvalidField { field: found, problem: why }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((found, why), (field, problem));
    };
    check("region", Problem::UnknownCode { list: "region" }, |one| one.region = "XX-1".into());
    check("filiere", Problem::UnknownCode { list: "filiere" }, |one| one.filiere = "_T".into());
    check("registered_on", Problem::InFuture, |one| one.registered_on = date(2026, 7, 2));
    check("size_rule", Problem::RuleMismatch, |one| one.headcount = None);
    check("turnover", Problem::OutOfRange { least: 0, most: 1_000_000_000_000_000 }, |one| {
        one.turnover = Some(Money(-1));
    });
    assert!(hub.all_pairs().is_empty());
}

#[test]
fn texts_that_fit_one_by_one_and_not_together_are_refused() {
    let hub = Hub::new();
    let mut identity = named(&"n".repeat(200));
    identity.remarks = "r".repeat(3_000);
    hub.repository.create_enterprise(&by("awa"), dairy(), identity.clone()).unwrap();
    identity.telephones = vec!["7".repeat(200); 8];
    let refused = hub.repository.create_enterprise(&by("awa"), dairy(), identity);
    assert!(matches!(refused, Err(RecordError::InvalidField { field: "remarks", .. })));
}

#[test]
fn lists_come_in_pages_without_gaps_or_doubles() {
    let hub = Hub::new();
    let mut ids: Vec<_> = (0..7).map(|_| hub.enterprise()).collect();
    ids.sort();
    let mut seen = Vec::new();
    let mut page = Page { size: 3, after: None };
    loop {
        let records = hub.repository.list_enterprises(&page).unwrap();
        seen.extend(records.iter().map(|one| one.record.coded.id));
        if records.len() < page.size {
            break;
        }
        page.after = seen.last().copied();
    }
    assert_eq!(seen, ids);
}

#[test]
fn lists_of_one_enterprise_hold_its_records_alone() {
    let hub = Hub::new();
    let (mine, other) = (hub.enterprise(), hub.enterprise());
    for enterprise in [mine, other, mine, mine] {
        let coded = VisitFields { visited_on: TODAY, purpose: "_U".into() };
        let done =
            hub.repository.create_visit(&by("awa"), enterprise, coded, VisitIdentity::default());
        done.unwrap();
        hub.repository.give_consent(&by("awa"), enterprise, counted(TODAY)).unwrap();
    }
    let visits = hub.repository.list_visits(&Page::first(), Some(mine)).unwrap();
    assert_eq!(visits.len(), 3);
    assert!(visits.iter().all(|visit| visit.record.coded.enterprise == mine));
    let after = Some(visits[0].record.coded.id);
    let rest = hub.repository.list_visits(&Page { size: 1, after }, Some(mine)).unwrap();
    assert_eq!(rest, visits[1..2]);
    assert_eq!(hub.repository.list_visits(&Page::first(), None).unwrap().len(), 4);

    let consents = hub.repository.list_consents(&Page::first(), Some(mine)).unwrap();
    assert_eq!(consents.len(), 3);
    let after = Some(consents[1].record.id);
    let rest = hub.repository.list_consents(&Page { size: 9, after }, Some(mine)).unwrap();
    assert_eq!(rest, consents[2..]);
    assert_eq!(hub.repository.list_requests(&Page::first(), Some(mine)).unwrap(), []);
}

#[test]
fn a_request_goes_from_received_to_closed() {
    let hub = Hub::new();
    let repository = &hub.repository;
    let id = hub.request();
    let state = |expected: RequestState, revision: u64| {
        let request = repository.get_request(id).unwrap();
        assert_eq!((request.record.coded.state, request.revision), (expected, revision));
    };
    state(RequestState::Received, 1);
    let day = Some(date(2026, 5, 5));
    let assigned = repository.assign(&by("awa"), id, Some(1), "Moussa", day).unwrap();
    assert_eq!(assigned.record.identity.referent, "Moussa");
    state(RequestState::Assigned, 2);
    repository.escalate(&by("awa"), id, Some(2), Some(date(2026, 5, 6))).unwrap();
    state(RequestState::Escalated, 3);
    let text = AnswerIdentity { text: "Cool it".into() };
    let second = answer_on(date(2026, 6, 2));
    repository.answer(&by("awa"), id, Some(3), second, text.clone()).unwrap();
    state(RequestState::Answered, 4);
    let earlier = answer_on(date(2026, 5, 20));
    repository.answer(&by("awa"), id, Some(4), earlier, text).unwrap();
    repository.close(&by("awa"), id, None, None).unwrap();
    let closed = repository.get_request(id).unwrap().record.coded;
    assert_eq!(closed.state, RequestState::Closed);
    assert_eq!(closed.assigned_on, day);
    assert_eq!(closed.first_answered_on, Some(date(2026, 5, 20)));
    assert_eq!(closed.closed_on, Some(TODAY));
    assert_eq!(repository.list_answers(&Page::first(), Some(id)).unwrap().len(), 2);
}

#[test]
fn a_step_out_of_order_is_refused_with_state_and_step() {
    let hub = Hub::new();
    let id = hub.request();
    let refusals = [
        hub.repository.escalate(&by("awa"), id, None, None).unwrap_err(),
        hub.repository
            .answer(&by("awa"), id, None, answer_on(TODAY), AnswerIdentity::default())
            .unwrap_err(),
    ];
    for (refusal, step) in refusals.iter().zip(["escalated", "answered"]) {
        let expected = format!("The request {id} is received: it cannot be {step}");
        assert_eq!(refusal.to_string(), expected);
    }
    hub.repository.close(&by("awa"), id, None, None).unwrap();
    let again = hub.repository.close(&by("awa"), id, None, None).unwrap_err();
    assert_eq!(again.to_string(), format!("The request {id} is closed: it cannot be closed"));
    assert_eq!(hub.repository.get_request(id).unwrap().revision, 2);
}

#[test]
fn a_step_before_the_day_of_receipt_or_after_today_is_refused() {
    let hub = Hub::new();
    let id = hub.request();
    for (day, problem) in [
        (date(2026, 5, 3), Problem::Before { other: "received_on" }),
        (date(2026, 7, 2), Problem::InFuture),
    ] {
        let refused = hub.repository.assign(&by("awa"), id, None, "Moussa", Some(day));
        let Err(RecordError::InvalidField { field: "assigned_on", problem: found }) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(found, problem);
    }
}

#[test]
fn days_of_steps_are_not_changed_by_updates() {
    let hub = Hub::new();
    let id = hub.request();
    let refused = hub.repository.update_request(&by("awa"), id, None, &[], |fields, _| {
        fields.closed_on = Some(TODAY);
    });
    let Err(RecordError::InvalidField { field: "closed_on", problem: Problem::OnlyByStep }) =
        refused
    else {
        panic!("{refused:?}")
    };
}

#[test]
fn the_first_answer_of_a_request_follows_a_corrected_day() {
    let hub = Hub::new();
    let id = hub.request();
    hub.repository.assign(&by("awa"), id, None, "Moussa", None).unwrap();
    let given =
        hub.repository.answer(&by("awa"), id, None, answer_on(TODAY), AnswerIdentity::default());
    let answer = given.unwrap().record.coded.id;
    let day = date(2026, 6, 1);
    let corrected = hub
        .repository
        .update_answer(&by("awa"), answer, Some(1), &[], |fields, _| fields.answered_on = day);
    assert_eq!(corrected.unwrap().revision, 2);
    let request = hub.repository.get_request(id).unwrap().record.coded;
    assert_eq!(request.first_answered_on, Some(day));
}

#[test]
fn an_answer_is_rated_and_followed_up() {
    let hub = Hub::new();
    let id = hub.request();
    hub.repository.assign(&by("awa"), id, None, "Moussa", None).unwrap();
    let given = hub.repository.answer(
        &by("awa"),
        id,
        None,
        answer_on(date(2026, 5, 6)),
        AnswerIdentity::default(),
    );
    let answer = given.unwrap().record.coded.id;
    assert!(hub.repository.rate(&by("awa"), answer, None, 6).is_err());
    hub.repository.rate(&by("awa"), answer, Some(1), 5).unwrap();
    let mut found =
        FollowUp { followed_up_on: date(2026, 5, 5), adopted: true, funding: Some(Money(9)) };
    assert!(hub.repository.follow_up(&by("awa"), answer, None, found.clone()).is_err());
    found.followed_up_on = TODAY;
    let done = hub.repository.follow_up(&by("awa"), answer, Some(2), found.clone()).unwrap();
    assert_eq!(done.record.coded.satisfaction, Some(5));
    assert_eq!(done.record.coded.follow_up, Some(found));
}

#[test]
fn a_consent_is_withdrawn_once_and_not_before_it_was_given() {
    let hub = Hub::new();
    let enterprise = hub.enterprise();
    let given = hub.repository.give_consent(&by("awa"), enterprise, counted(date(2026, 6, 1)));
    let id = given.unwrap().record.id;
    let withdraw = |day| hub.repository.withdraw_consent(&by("awa"), id, None, day);
    assert!(withdraw(Some(date(2026, 5, 31))).is_err());
    assert_eq!(withdraw(None).unwrap().record.withdrawn_on, Some(TODAY));
    assert!(matches!(withdraw(None), Err(RecordError::WrongState { .. })));
}

#[test]
fn a_repeated_write_is_done_once() {
    let hub = Hub::new();
    let context = numbered("awa");
    let create = || hub.repository.create_enterprise(&context, dairy(), named("Laiterie"));
    let first = create().unwrap();
    let before = hub.all_pairs();
    assert_eq!(create().unwrap(), first);
    assert_eq!(hub.all_pairs(), before);
    assert_eq!(hub.repository.list_enterprises(&Page::first()).unwrap().len(), 1);

    // Changed since: the repetition still makes nothing, and hands out the record as it stands.
    let id = first.record.coded.id;
    let grow = |fields: &mut EnterpriseFields, _: &mut EnterpriseIdentity| {
        fields.headcount = Some(9);
    };
    let grown = hub.repository.update_enterprise(&by("ben"), id, None, &[], grow).unwrap();
    assert_eq!(create().unwrap(), grown);
}

#[test]
fn a_repeated_update_or_step_is_done_once() {
    let hub = Hub::new();
    let id = hub.request();
    let context = numbered("awa");
    let ask = |question: &'static str| {
        hub.repository.update_request(
            &context,
            id,
            Some(1),
            &[question.as_bytes()],
            move |_, identity| {
                identity.question = question.into();
            },
        )
    };
    let first = ask("Which bottle?").unwrap();
    // The revision seen is an old one by now, and still the repetition is answered.
    assert_eq!(ask("Which bottle?").unwrap(), first);
    let conflict = ask("Which cap?").unwrap_err();
    assert!(matches!(conflict, RecordError::IdempotencyConflict { .. }));

    let context = numbered("awa");
    let assign = |to: &str| hub.repository.assign(&context, id, Some(2), to, None);
    let assigned = assign("Moussa").unwrap();
    assert_eq!(assign("Moussa").unwrap(), assigned);
    assert!(matches!(assign("Fatou"), Err(RecordError::IdempotencyConflict { .. })));
}

#[test]
fn a_key_used_for_another_request_is_refused() {
    let hub = Hub::new();
    let context = numbered("awa");
    let first = hub.repository.create_enterprise(&context, dairy(), named("Laiterie")).unwrap();
    let others = [
        hub.repository.create_enterprise(&context, dairy(), named("Fromagerie")),
        hub.repository.create_enterprise(
            &WriteContext { actor: "ben".into(), ..context.clone() },
            dairy(),
            named("Laiterie"),
        ),
        hub.repository.update_enterprise(&context, first.record.coded.id, None, &[], |_, _| {}),
    ];
    for other in others {
        assert!(matches!(other, Err(RecordError::IdempotencyConflict { .. })), "{other:?}");
    }
    assert_eq!(hub.repository.list_enterprises(&Page::first()).unwrap().len(), 1);
}

#[test]
fn a_refused_write_leaves_its_key_free() {
    let hub = Hub::new();
    let context = numbered("awa");
    let mut wrong = dairy();
    wrong.sex = "?".into();
    assert!(hub.repository.create_enterprise(&context, wrong, named("Laiterie")).is_err());
    assert!(hub.repository.create_enterprise(&context, dairy(), named("Laiterie")).is_ok());
}

#[test]
fn a_power_cut_takes_no_acknowledged_write_and_no_half_of_one() {
    let hub = Hub::new();
    let context = numbered("awa");
    let first = hub.repository.create_enterprise(&context, dairy(), named("Laiterie")).unwrap();
    let acknowledged = hub.all_pairs();

    // A batch applied and not waited for: what a writer has in hand when the power fails.
    let mut batch = Batch::default();
    batch.put(*b"re_half_of_a_record", *b"");
    hub.store.apply(&batch).unwrap();
    let hub = hub.after_crash();

    assert_eq!(hub.all_pairs(), acknowledged);
    let again = hub.repository.create_enterprise(&context, dairy(), named("Laiterie")).unwrap();
    assert_eq!(again, first);
    hub.repository.verify_journal().unwrap();
}

/// A store whose next barrier fails.
struct Unsynced(Arc<MemoryStore>);

impl Store for Unsynced {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key)
    }

    fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Pairs<'_> {
        self.0.range(from, to)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.0.apply(batch)
    }

    fn barrier(&self) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.0.disk_bytes()
    }
}

#[test]
fn a_write_that_could_not_be_synced_is_not_acknowledged_and_may_be_repeated() {
    for power_cut in [true, false] {
        let hub = Hub::new();
        let context = numbered("awa");
        let clock = Arc::new(ManualClock::at_noon(TODAY));
        let failing = Repository::new(
            Arc::new(Unsynced(Arc::clone(&hub.store))),
            clock,
            Arc::new(Codes::embedded()),
            "ML".parse().unwrap(),
        );
        let failed = failing.create_enterprise(&context, dairy(), named("Laiterie"));
        assert!(matches!(failed, Err(RecordError::Store(StoreError::Closed))));
        let hub = if power_cut { hub.after_crash() } else { hub };
        assert_eq!(hub.all_pairs().is_empty(), power_cut);
        hub.repository.create_enterprise(&context, dairy(), named("Laiterie")).unwrap();
        assert_eq!(hub.repository.list_enterprises(&Page::first()).unwrap().len(), 1);
        assert_eq!(hub.repository.verify_journal().unwrap().entries, 1);
        // What a repeated write was answered with is on the disk as well.
        let hub = hub.after_crash();
        assert_eq!(hub.repository.list_enterprises(&Page::first()).unwrap().len(), 1);
    }
}

#[test]
fn the_journal_tells_who_did_what_and_no_field() {
    let hub = Hub::new();
    let id = hub.request();
    hub.repository.assign(&by("essaim://ML/steward/awa"), id, None, "Moussa", None).unwrap();
    let entries = hub.repository.journal(&Page::first()).unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (&*entry.actor, &*entry.action, entry.touched[0].kind.name(), entry.day))
        .collect();
    assert_eq!(
        told,
        [
            ("awa", "create", "enterprise", TODAY),
            ("awa", "create", "request", TODAY),
            ("essaim://ML/steward/awa", "assign", "request", TODAY),
        ]
    );
    assert_eq!(entries[2].touched[0].id, *id.as_bytes());
    assert_eq!(entries[2].touched[0].revision, 2);
    assert_eq!(hub.repository.verify_journal().unwrap().entries, 3);
    let page = Page { size: 1, after: Some(0) };
    assert_eq!(hub.repository.journal(&page).unwrap(), entries[1..2]);
}

#[test]
fn a_changed_removed_or_added_journal_entry_is_found() {
    let journal_key = |number: u64| [b"rj".as_slice(), &number.to_be_bytes()].concat();
    let check = |name: &str, at: u64, tamper: &dyn Fn(&mut Batch, &MemoryStore)| {
        let hub = Hub::new();
        let _: Vec<_> = (0..4).map(|_| hub.enterprise()).collect();
        hub.repository.verify_journal().unwrap();
        let mut batch = Batch::default();
        tamper(&mut batch, &hub.store);
        hub.store.commit(&batch).unwrap();
        match hub.repository.verify_journal() {
            Err(RecordError::JournalBroken { entry }) => assert_eq!(entry, at, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    };
    let renamed = |number: u64, store: &MemoryStore| {
        let mut bytes = store.get(&journal_key(number)).unwrap().unwrap();
        let at = bytes.windows(3).position(|window| window == b"awa").unwrap();
        bytes[at..at + 3].copy_from_slice(b"ben");
        bytes
    };
    // A change shows where the next entry does not follow, and in the head for the last entry.
    check("changed", 2, &|batch, store| batch.put(journal_key(1), renamed(1, store)));
    check("last changed", 3, &|batch, store| batch.put(journal_key(3), renamed(3, store)));
    check("removed", 1, &|batch, _| batch.remove(journal_key(1)));
    check("last removed", 3, &|batch, _| batch.remove(journal_key(3)));
    check("added", 4, &|batch, store| batch.put(journal_key(4), renamed(3, store)));
    check("head removed", 0, &|batch, _| batch.remove(*b"rh"));
}

#[test]
fn an_import_repeated_changes_nothing() {
    let hub = Hub::new();
    let rows = [
        enterprise_row("1", "Laiterie", vec![counted(date(2025, 4, 1))]),
        visit_row("1", "1"),
        request_row("1", "1", Some(date(2026, 2, 9))),
    ];
    assert_eq!(hub.repository.import("awa", &rows).unwrap(), [Outcome::Created; 3]);
    let before = hub.all_pairs();
    assert_eq!(hub.repository.import("awa", &rows).unwrap(), [Outcome::Unchanged; 3]);
    assert_eq!(hub.all_pairs(), before);
    assert_eq!(hub.repository.verify_journal().unwrap().entries, 1);

    let request = &hub.repository.list_requests(&Page::first(), None).unwrap()[0].record;
    assert_eq!(request.coded.state, RequestState::Answered);
    assert_eq!(request.coded.first_answered_on, Some(date(2026, 2, 9)));
    let enterprise = request.coded.enterprise;
    assert_eq!(hub.repository.list_visits(&Page::first(), Some(enterprise)).unwrap().len(), 1);
}

#[test]
fn a_changed_row_updates_its_record_in_place() {
    let hub = Hub::new();
    hub.repository.import("awa", &[enterprise_row("1", "Laiterie", vec![])]).unwrap();
    let renamed = [enterprise_row("1", "Fromagerie", vec![])];
    assert_eq!(hub.repository.import("awa", &renamed).unwrap(), [Outcome::Updated]);
    let all = hub.repository.list_enterprises(&Page::first()).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].revision, &*all[0].record.identity.name), (2, "Fromagerie"));
}

#[test]
fn bad_rows_are_refused_without_a_trace_and_good_ones_go_in() {
    let hub = Hub::new();
    let mut wrong = enterprise_row("2", "Huilerie", vec![]);
    if let ImportRecord::Enterprise { coded, .. } = &mut wrong.record {
        coded.filiere = "PETROLE".into();
    }
    let late = request_row("9", "1", Some(date(2026, 2, 2)));
    let rows = [
        wrong,
        visit_row("1", "2"),
        enterprise_row("1", "Laiterie", vec![]),
        visit_row("2", "1"),
        late,
        enterprise_row("", "Sans clé", vec![]),
    ];
    let invalid = |field, problem| Outcome::Refused(ImportRefusal::InvalidField { field, problem });
    let expected = [
        invalid("filiere", Problem::UnknownCode { list: "filiere" }),
        Outcome::Refused(ImportRefusal::UnknownEnterprise),
        Outcome::Created,
        Outcome::Created,
        invalid("answered_on", Problem::Before { other: "received_on" }),
        invalid("key", Problem::Empty),
    ];
    assert_eq!(hub.repository.import("awa", &rows).unwrap(), expected);
    let mut counts = [0; 3];
    hub.repository.for_each_enterprise(&mut |_| counts[0] += 1).unwrap();
    hub.repository.for_each_visit(&mut |_| counts[1] += 1).unwrap();
    hub.repository.for_each_request(&mut |_| counts[2] += 1).unwrap();
    assert_eq!(counts, [1, 1, 0]);
}

#[test]
fn an_import_keeps_what_the_hub_did_since() {
    let hub = Hub::new();
    let mut rows = [enterprise_row("1", "Laiterie", vec![]), request_row("1", "1", None)];
    hub.repository.import("awa", &rows).unwrap();
    let id = hub.repository.list_requests(&Page::first(), None).unwrap()[0].record.coded.id;
    hub.repository.assign(&by("awa"), id, None, "Moussa", Some(date(2026, 2, 4))).unwrap();
    let day = date(2026, 2, 20);
    hub.repository.answer(&by("awa"), id, None, answer_on(day), AnswerIdentity::default()).unwrap();
    assert_eq!(hub.repository.import("awa", &rows).unwrap(), [Outcome::Unchanged; 2]);

    // The source learns of a later answer; the hub's own is still the first.
    rows[1] = request_row("1", "1", Some(date(2026, 3, 1)));
    assert_eq!(hub.repository.import("awa", &rows).unwrap()[1], Outcome::Updated);
    let request = hub.repository.get_request(id).unwrap().record.coded;
    assert_eq!(request.assigned_on, Some(date(2026, 2, 4)));
    assert_eq!(request.first_answered_on, Some(day));
    assert_eq!(hub.repository.list_answers(&Page::first(), Some(id)).unwrap().len(), 2);
}

#[test]
fn records_follow_when_a_row_names_another_enterprise() {
    let hub = Hub::new();
    let rows = [
        enterprise_row("1", "Laiterie", vec![]),
        enterprise_row("2", "Fromagerie", vec![]),
        request_row("1", "1", Some(date(2026, 2, 9))),
        visit_row("1", "1"),
    ];
    hub.repository.import("awa", &rows).unwrap();
    let moved = [request_row("1", "2", Some(date(2026, 2, 9))), visit_row("1", "2")];
    assert_eq!(hub.repository.import("awa", &moved).unwrap(), [Outcome::Updated; 2]);
    let request = &hub.repository.list_requests(&Page::first(), None).unwrap()[0].record.coded;
    let now = request.enterprise;
    hub.repository.for_each_answer(&mut |answer| assert_eq!(answer.enterprise, now)).unwrap();
    for enterprise in hub.repository.list_enterprises(&Page::first()).unwrap() {
        let id = enterprise.record.coded.id;
        let expected = usize::from(id == now);
        let requests = hub.repository.list_requests(&Page::first(), Some(id)).unwrap();
        let visits = hub.repository.list_visits(&Page::first(), Some(id)).unwrap();
        assert_eq!((requests.len(), visits.len()), (expected, expected));
    }
}

#[test]
fn a_withdrawn_consent_stays_withdrawn_until_a_later_one_is_stated() {
    let hub = Hub::new();
    let import = |consents: Vec<ConsentFields>, name: &str| {
        hub.repository.import("awa", &[enterprise_row("1", name, consents)]).unwrap();
        let mut consents = Vec::new();
        hub.repository.for_each_consent(&mut |consent| consents.push(consent)).unwrap();
        consents.sort_by_key(|consent| consent.given_on);
        consents
    };
    let given = import(vec![counted(date(2025, 4, 1))], "Laiterie");
    let withdrawn_on = date(2026, 6, 1);
    hub.repository.withdraw_consent(&by("awa"), given[0].id, None, Some(withdrawn_on)).unwrap();
    let same = import(vec![counted(date(2025, 4, 1))], "Laiterie renommée");
    assert_eq!((same.len(), same[0].withdrawn_on), (1, Some(withdrawn_on)));
    let renewed = import(vec![counted(date(2026, 6, 2))], "Laiterie renommée");
    assert_eq!((renewed.len(), renewed[1].withdrawn_on), (2, None));
    let none = import(vec![], "Laiterie renommée");
    assert_eq!((none[0].withdrawn_on, none[1].withdrawn_on), (Some(withdrawn_on), Some(TODAY)));
}

#[test]
fn writers_side_by_side_lose_no_update() {
    let hub = Hub::new();
    let id = hub.enterprise();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    let one_more = |fields: &mut EnterpriseFields, _: &mut EnterpriseIdentity| {
                        fields.headcount = fields.headcount.map(|count| count + 1);
                    };
                    hub.repository.update_enterprise(&by("awa"), id, None, &[], one_more).unwrap();
                }
            });
        }
    });
    let enterprise = hub.repository.get_enterprise(id).unwrap();
    assert_eq!((enterprise.revision, enterprise.record.coded.headcount), (101, Some(104)));
    assert_eq!(hub.repository.verify_journal().unwrap().entries, 101);
}

#[test]
fn a_large_import_takes_several_journal_entries_of_one_chain() {
    let hub = Hub::new();
    let rows: Vec<_> =
        (0..300).map(|key| enterprise_row(&key.to_string(), "Laiterie", vec![])).collect();
    hub.repository.import("awa", &rows).unwrap();
    assert_eq!(hub.repository.verify_journal().unwrap().entries, 3);
    let too_many = vec![rows[0].clone(); 1_001];
    let refused = hub.repository.import("awa", &too_many);
    assert!(matches!(refused, Err(RecordError::TooManyRows { rows: 1_001, .. })));
}

#[test]
fn a_key_used_for_another_change_is_refused_though_others_changed_the_record_since() {
    let hub = Hub::new();
    let id = hub.request();
    hub.repository.assign(&by("awa"), id, None, "Moussa", None).unwrap();
    let given =
        hub.repository.answer(&by("awa"), id, None, answer_on(TODAY), AnswerIdentity::default());
    let answer = given.unwrap().record.coded.id;
    let context = numbered("awa");
    hub.repository.rate(&context, answer, Some(1), 4).unwrap();
    let found = FollowUp { followed_up_on: TODAY, adopted: true, funding: None };
    let now = hub.repository.follow_up(&by("ben"), answer, None, found.clone()).unwrap();
    let others = [
        hub.repository.rate(&context, answer, Some(1), 5),
        hub.repository.follow_up(&context, answer, Some(1), found),
    ];
    for other in others {
        assert!(matches!(other, Err(RecordError::IdempotencyConflict { .. })), "{other:?}");
    }
    // What was asked first is still answered, with the record as it stands.
    assert_eq!(hub.repository.rate(&context, answer, Some(1), 4).unwrap(), now);
}

#[test]
fn a_request_is_closed_no_earlier_than_what_was_done_for_it() {
    let hub = Hub::new();
    let before = |other, refused: Result<_, RecordError>| {
        let Err(RecordError::InvalidField { field: "closed_on", problem }) = refused else {
            panic!("{other}: not refused")
        };
        assert_eq!(problem, Problem::Before { other });
    };
    let id = hub.request();
    let close = |day| hub.repository.close(&by("awa"), id, None, Some(day)).map(drop);
    hub.repository.assign(&by("awa"), id, None, "Moussa", Some(date(2026, 5, 10))).unwrap();
    before("assigned_on", close(date(2026, 5, 9)));
    hub.repository.escalate(&by("awa"), id, None, Some(date(2026, 5, 12))).unwrap();
    before("escalated_on", close(date(2026, 5, 11)));
    let given = hub.repository.answer(
        &by("awa"),
        id,
        None,
        answer_on(date(2026, 5, 14)),
        AnswerIdentity::default(),
    );
    let answer = given.unwrap().record.coded.id;
    before("first_answered_on", close(date(2026, 5, 13)));
    close(date(2026, 5, 14)).unwrap();
    let later = |fields: &mut AnswerFields, _: &mut AnswerIdentity| {
        fields.answered_on = date(2026, 5, 15);
    };
    let moved = hub.repository.update_answer(&by("awa"), answer, None, &[], later);
    before("first_answered_on", moved.map(drop));
    let request = hub.repository.get_request(id).unwrap().record.coded;
    assert_eq!(request.first_answered_on, Some(date(2026, 5, 14)), "nothing was written");
}

#[test]
fn an_imported_request_is_not_closed_before_its_first_answer() {
    let hub = Hub::new();
    let closed = |key: &str, answered: Option<Date>, day: Date| {
        let mut row = request_row(key, "1", answered);
        if let ImportRecord::Request { coded, .. } = &mut row.record {
            coded.closed_on = Some(day);
        }
        row
    };
    let answered = Some(date(2026, 3, 2));
    let rows = [
        enterprise_row("1", "Laiterie", vec![]),
        closed("1", answered, date(2026, 3, 1)),
        closed("2", answered, date(2026, 3, 2)),
        request_row("3", "1", None),
    ];
    let problem = Problem::Before { other: "first_answered_on" };
    let refused = Outcome::Refused(ImportRefusal::InvalidField { field: "closed_on", problem });
    let expected = [Outcome::Created, refused, Outcome::Created, Outcome::Created];
    assert_eq!(hub.repository.import("awa", &rows).unwrap(), expected);
    // An answer given in the hub counts like one of the source, and a closing likewise.
    let all = hub.repository.list_requests(&Page::first(), None).unwrap();
    let id = all.iter().find(|one| one.record.coded.closed_on.is_none()).unwrap().record.coded.id;
    hub.repository.assign(&by("awa"), id, None, "Moussa", Some(date(2026, 2, 4))).unwrap();
    let day = date(2026, 2, 20);
    hub.repository.answer(&by("awa"), id, None, answer_on(day), AnswerIdentity::default()).unwrap();
    let early = closed("3", None, date(2026, 2, 19));
    assert_eq!(hub.repository.import("awa", &[early]).unwrap(), [refused]);
}

#[test]
fn a_region_is_one_of_the_own_country_in_force_since_registration() {
    let hub = Hub::new();
    let refused = |region: &str, registered_on: Date| {
        let fields = EnterpriseFields { region: region.into(), registered_on, ..dairy() };
        let made = hub.repository.create_enterprise(&by("awa"), fields, named("Laiterie"));
        match made {
            Ok(_) => None,
            Err(RecordError::InvalidField { field: "region", problem }) => Some(problem.key()),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(refused("SN-DK", date(2025, 3, 9)), Some("foreign"));
    assert_eq!(refused("_U", date(2025, 3, 9)), None);
    // Made in 2023 out of Sikasso: where an enterprise registered before is now.
    assert_eq!(refused("x-ML-14", date(2020, 1, 1)), None);
    let burkinabe = Hub::of("BF", Arc::default());
    let hub = &burkinabe;
    let refused = |region: &str, registered_on: Date| {
        let fields = EnterpriseFields { region: region.into(), registered_on, ..dairy() };
        hub.repository.create_enterprise(&by("awa"), fields, named("Laiterie")).is_err()
    };
    assert!(!refused("BF-09", date(2025, 7, 1)));
    assert!(refused("BF-09", date(2025, 7, 2)), "it was Guiriko by then");
}
