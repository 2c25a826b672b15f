//! One record: made, read, changed, refused, listed.

use super::*;

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
    let no_holding = Problem::NoHolding { bytes_max: 16 };
    check("holding", no_holding, |one| one.holding = Some("G1;G2".into()));
    check("holding", no_holding, |one| one.holding = Some("G1 G2".into()));
    check("holding", no_holding, |one| one.holding = Some("76000000".into()));
    check("holding", no_holding, |one| one.holding = Some("G1234567890123456".into()));
    check("holding", no_holding, |one| one.holding = Some(String::new()));
    assert!(hub.all_pairs().is_empty());
    let fields = EnterpriseFields { holding: Some("G-7".into()), ..dairy() };
    let made = hub.repository.create_enterprise(&by("awa"), fields, named("Laiterie")).unwrap();
    let kept = hub.repository.get_enterprise(made.record.coded.id).unwrap().record.coded;
    assert_eq!(kept.holding.as_deref(), Some("G-7"));
}

#[test]
fn amounts_of_another_currency_are_kept_and_give_no_size_class() {
    let chad = "code,country,fr,en,pt,valid_from,valid_to,predecessors\nTD-ND,TD,N,N,N,,,\n";
    for (area, region, expected) in
        [("ML", "ML-3", None), ("TD", "TD-ND", Some(Problem::OtherCurrency))]
    {
        let codes = Codes::embedded().with_regions(chad).unwrap();
        let hub = Hub::with(codes, area, Arc::new(MemoryStore::default()));
        let mut one = dairy();
        (one.region, one.turnover) = (region.into(), Some(Money(40_000_000)));
        let kept = hub.repository.create_enterprise(&by("awa"), one.clone(), named("Laiterie"));
        one.size_rule = SizeRule::Turnover;
        let classed = hub.repository.create_enterprise(&by("awa"), one, named("Laiterie"));
        assert_eq!(problem_of("size_rule", classed), expected, "{area}");

        let enterprise = kept.unwrap().record.coded.id;
        let fields = RequestFields::received(date(2026, 5, 4), "PHONE", "_U");
        let asked = hub.repository.create_request(&by("awa"), enterprise, fields, asks("?"));
        let (request, given) = (asked.unwrap().record.coded.id, answer_on(date(2026, 5, 6)));
        hub.repository.assign(&by("awa"), request, None, "Moussa", None).unwrap();
        let given = hub.repository.answer(&by("awa"), request, None, given, Default::default());
        let answer = given.unwrap().record.coded.id;
        let found = FollowUp { followed_up_on: TODAY, adopted: true, funding: Some(Money(9)) };
        let funded = hub.repository.follow_up(&by("awa"), answer, None, found.clone()).unwrap();
        assert_eq!(funded.record.coded.follow_up, Some(found), "{area}");
    }
}

/// What is wrong with the only field that may be wrong.
fn problem_of<T: std::fmt::Debug>(field: &str, result: Result<T, RecordError>) -> Option<Problem> {
    match result {
        Ok(_) => None,
        Err(RecordError::InvalidField { field: found, problem }) if found == field => Some(problem),
        Err(other) => panic!("{other:?}"),
    }
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
fn all_fields_that_cannot_be_stored_are_named_at_once_each_once() {
    let hub = Hub::new();
    let (mut fields, mut who) = (dairy(), named("Laiterie"));
    (fields.region, fields.filiere) = (String::new(), "_T".into());
    (fields.registered_on, fields.headcount) = (date(2026, 7, 2), None);
    who.email = "e".repeat(300);
    who.telephones = vec!["7".repeat(300); 2];
    let refused = hub.repository.create_enterprise(&by("awa"), fields, who);
    let Err(RecordError::InvalidFields { faults }) = refused else { panic!("{refused:?}") };
    let too_long = Problem::TooLong { bytes: 300, bytes_max: crate::base::limits::NAME_BYTES_MAX };
    let expected = [
        ("region", Problem::Empty),
        ("filiere", Problem::UnknownCode { list: "filiere" }),
        ("registered_on", Problem::InFuture),
        ("size_rule", Problem::RuleMismatch),
        ("telephones", too_long),
        ("email", too_long),
    ];
    assert_eq!(faults, expected);
    assert!(hub.all_pairs().is_empty());
}
