//! Rows of files.

use super::*;

#[test]
fn an_import_repeated_changes_nothing() {
    let hub = Hub::new();
    let rows = [
        enterprise_row("1", "Laiterie", vec![StatedConsent::Given(counted(date(2025, 4, 1)))]),
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
    let given_on = |day| StatedConsent::Given(counted(day));
    let import = |consents: Vec<StatedConsent>, name: &str| {
        hub.repository.import("awa", &[enterprise_row("1", name, consents)]).unwrap();
        let mut consents = Vec::new();
        hub.repository.for_each_consent(&mut |consent| consents.push(consent)).unwrap();
        consents.sort_by_key(|consent| consent.given_on);
        consents
    };
    let given = import(vec![given_on(date(2025, 4, 1))], "Laiterie");
    let withdrawn_on = date(2026, 6, 1);
    hub.repository.withdraw_consent(&by("awa"), given[0].id, None, Some(withdrawn_on)).unwrap();
    let same = import(vec![given_on(date(2025, 4, 1))], "Laiterie renommée");
    assert_eq!((same.len(), same[0].withdrawn_on), (1, Some(withdrawn_on)));
    let renewed = import(vec![given_on(date(2026, 6, 2))], "Laiterie renommée");
    assert_eq!((renewed.len(), renewed[1].withdrawn_on), (2, None));
    let silent = import(vec![], "Laiterie rebaptisée");
    assert_eq!(silent[1].withdrawn_on, None, "nothing stated, nothing withdrawn");
    let not_given = StatedConsent::NotGiven(ConsentPurpose::AnonymizedIndicators);
    let none = import(vec![not_given], "Laiterie rebaptisée");
    assert_eq!((none[0].withdrawn_on, none[1].withdrawn_on), (Some(withdrawn_on), Some(TODAY)));
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
