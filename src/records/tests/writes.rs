//! Writes sent twice, cut off, not synced, or made side by side.

use super::*;

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
        let asked = [question.as_bytes()];
        hub.repository.update_request(&context, id, Some(1), &asked, move |_, identity| {
            identity.question = question.into();
        })
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
