//! What contradicts what is recorded, or what was asked before.

use super::*;

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
