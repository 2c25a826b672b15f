//! The life of requests, answers and consents.

use super::*;

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
    // It would not count: the withdrawal ended it.
    let again = hub.repository.give_consent(&by("awa"), enterprise, counted(TODAY)).unwrap_err();
    let problem = Problem::NotAfterWithdrawal;
    assert!(
        matches!(again, RecordError::InvalidField { field: "given_on", problem: found } if found == problem)
    );
    let other = hub.enterprise();
    hub.repository.give_consent(&by("awa"), other, counted(TODAY)).unwrap();
}
