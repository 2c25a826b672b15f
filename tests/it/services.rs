//! The services as their clients meet them: records, imports, releases, notes, logs, health.

use std::{sync::Arc, time::Duration};

use essaim::{
    base::id::{EntryId, IdempotencyKey},
    keys::certificate::Credentials,
    rpc::{
        client::{connect_node, connect_person_within, describe},
        sync::link::NodeLink,
    },
    sync::{
        link::Link,
        message::{Frame, KnownHead, PullRequest, Want},
    },
    wire::{
        generated::{
            exchange::{
                Filter, GetNoteRequest, ListNotesRequest, Note, PublishNoteRequest, QueryRequest,
                library_service_client::LibraryServiceClient,
                statistics_service_client::StatisticsServiceClient,
            },
            hub::{
                Answer, AnswerIdentity, AnswerSupportRequestRequest, AssignSupportRequestRequest,
                Consent, ConsentPurpose, CreateEnterpriseRequest, CreateSupportRequestRequest,
                DiscardQuarantinedRequest, DraftReleaseRequest, Enterprise, EnterpriseIdentity,
                GetAnswerRequest, GetConsentRequest, GetEnterpriseRequest,
                GetSupportRequestRequest, GiveConsentRequest, ImportHeader, ImportRequest,
                ListEnterprisesRequest, ListQuarantineRequest, RequestState, SizeRule,
                SupportRequest, UpdateAnswerRequest, UpdateConsentRequest, UpdateEnterpriseRequest,
                consent_service_client::ConsentServiceClient,
                enterprise_service_client::EnterpriseServiceClient, import_request::Piece,
                import_service_client::ImportServiceClient,
                release_service_client::ReleaseServiceClient,
                support_request_service_client::SupportRequestServiceClient,
            },
        },
        status::reason,
    },
};
use futures_util::StreamExt;
use prost_types::FieldMask;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt;

use crate::stand::{Stand, code};

mod imports;
mod masks;
mod notes;
mod releases;

fn enterprise() -> Enterprise {
    Enterprise {
        region: "ML-3".into(),
        filiere: "LAIT".into(),
        citi_group: "105".into(),
        size: "MIC".into(),
        size_rule: SizeRule::Headcount.into(),
        headcount: Some(4),
        sex: "F".into(),
        status: "INFORMAL".into(),
        registered_on: "2026-03-05".into(),
        identity: Some(EnterpriseIdentity {
            name: "Laiterie Danaya".into(),
            telephones: vec!["76 00 00 00".into()],
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn reason_of<T: std::fmt::Debug>(result: Result<T, Status>) -> (Code, String) {
    let status = result.expect_err("a refusal");
    (status.code(), reason(&status).expect("a reason"))
}

#[tokio::test]
async fn an_enterprise_is_created_once_changed_by_mask_and_guarded_by_its_etag() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let mut client = EnterpriseServiceClient::new(stand.connect_hub(&referent).await.unwrap());
    let request_id = IdempotencyKey::random().to_string();
    let create = CreateEnterpriseRequest { enterprise: Some(enterprise()), request_id };
    let first = client.create_enterprise(create.clone()).await.unwrap().into_inner();
    let again = client.create_enterprise(create.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let mut other = create;
    other.enterprise.as_mut().unwrap().region = "ML-4".into();
    let reused = client.create_enterprise(other).await;
    assert_eq!(reason_of(reused), (Code::InvalidArgument, "REQUEST_ID_REUSED".into()));

    let made = first.enterprise.unwrap();
    let change = Enterprise { filiere: "CEREA".into(), ..made.clone() };
    let update = UpdateEnterpriseRequest {
        enterprise: Some(Enterprise { region: "ignored".into(), ..change }),
        update_mask: Some(FieldMask { paths: vec!["filiere".into()] }),
        request_id: String::new(),
    };
    let changed = client.update_enterprise(update.clone()).await.unwrap().into_inner();
    let changed = changed.enterprise.unwrap();
    assert_eq!((&*changed.filiere, &*changed.region), ("CEREA", "ML-3"));
    assert_eq!(changed.identity, made.identity);
    let stale = client.update_enterprise(update.clone()).await;
    assert_eq!(reason_of(stale), (Code::Aborted, "ETAG_MISMATCH".into()));
    let request_id = IdempotencyKey::random().to_string();
    let mut numbered = UpdateEnterpriseRequest { request_id, ..update };
    numbered.enterprise.as_mut().unwrap().etag = changed.etag.clone();
    let done = client.update_enterprise(numbered.clone()).await.unwrap().into_inner();
    let again = client.update_enterprise(numbered.clone()).await.unwrap().into_inner();
    assert_eq!(again, done);
    for path in ["filiere", "sex"] {
        let mut other = numbered.clone();
        other.enterprise.as_mut().unwrap().filiere = "FRLEG".into();
        other.update_mask = Some(FieldMask { paths: vec![path.into()] });
        let reused = client.update_enterprise(other).await;
        assert_eq!(reason_of(reused), (Code::InvalidArgument, "REQUEST_ID_REUSED".into()));
    }

    let got = client.get_enterprise(GetEnterpriseRequest { name: made.name }).await.unwrap();
    assert_eq!(got.into_inner().enterprise.unwrap(), changed);
    let name = format!("enterprises/{}", IdempotencyKey::random());
    let absent = client.get_enterprise(GetEnterpriseRequest { name }).await;
    assert_eq!(reason_of(absent), (Code::NotFound, "NOT_FOUND".into()));
}

#[tokio::test]
async fn a_wrong_field_is_named_and_its_value_is_not_repeated() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let mut client = EnterpriseServiceClient::new(stand.connect_hub(&referent).await.unwrap());
    let mut wrong = enterprise();
    wrong.filiere = "Danaya 76000000".into();
    let request = CreateEnterpriseRequest { enterprise: Some(wrong), request_id: String::new() };
    let status = client.create_enterprise(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "filiere");
    assert!(!format!("{status:?}").contains("76000000"), "{status:?}");
}

#[tokio::test]
async fn a_consent_is_corrected_by_mask_and_keeps_whose_and_what_for() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let channel = stand.connect_hub(&referent).await.unwrap();
    let create =
        CreateEnterpriseRequest { enterprise: Some(enterprise()), request_id: String::new() };
    let made = EnterpriseServiceClient::new(channel.clone()).create_enterprise(create).await;
    let mut client = ConsentServiceClient::new(channel);
    let consent = Consent {
        enterprise: made.unwrap().into_inner().enterprise.unwrap().name,
        purpose: ConsentPurpose::AnonymizedIndicators.into(),
        text_version: "2025-1".into(),
        medium: "ORAL".into(),
        given_on: "2026-03-05".into(),
        ..Default::default()
    };
    let give = GiveConsentRequest { consent: Some(consent), request_id: String::new() };
    let given = client.give_consent(give).await.unwrap().into_inner().consent.unwrap();
    let new = Consent { medium: "PAPER".into(), given_on: "2026-03-04".into(), ..given.clone() };
    let mask = |paths: &[&str]| {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        Some(FieldMask { paths })
    };
    let update = UpdateConsentRequest {
        consent: Some(new.clone()),
        update_mask: mask(&["medium"]),
        request_id: IdempotencyKey::random().to_string(),
    };
    let corrected = client.update_consent(update.clone()).await.unwrap().into_inner();
    let corrected = corrected.consent.unwrap();
    let expected = Consent { etag: "2".into(), medium: "PAPER".into(), ..given };
    assert_eq!(corrected, expected);
    let again = client.update_consent(update.clone()).await.unwrap().into_inner();
    assert_eq!(again.consent, Some(corrected.clone()));
    let reused = UpdateConsentRequest { update_mask: mask(&["given_on"]), ..update };
    let reused = client.update_consent(reused).await;
    assert_eq!(reason_of(reused), (Code::InvalidArgument, "REQUEST_ID_REUSED".into()));
    for (etag, path, refusal) in [
        ("1", "medium", (Code::Aborted, "ETAG_MISMATCH".to_owned())),
        ("2", "purpose", (Code::InvalidArgument, "INVALID_FIELD".to_owned())),
        ("2", "withdrawn_on", (Code::InvalidArgument, "INVALID_FIELD".to_owned())),
    ] {
        let consent = Some(Consent { etag: etag.into(), ..new.clone() });
        let request_id = String::new();
        let refused = UpdateConsentRequest { consent, update_mask: mask(&[path]), request_id };
        assert_eq!(reason_of(client.update_consent(refused).await), refusal, "{path}");
    }
    let get = GetConsentRequest { name: corrected.name.clone() };
    let got = client.get_consent(get).await.unwrap().into_inner();
    assert_eq!(got.consent, Some(corrected));
}

#[tokio::test]
async fn an_answer_is_corrected_by_mask_and_its_request_follows() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let channel = stand.connect_hub(&referent).await.unwrap();
    let given = answered(channel.clone(), "2026-04-20").await;
    let mut client = SupportRequestServiceClient::new(channel);
    let mask = |paths: &[&str]| {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        Some(FieldMask { paths })
    };
    let identity = Some(AnswerIdentity { text: "seconde réponse".into() });
    let new = Answer {
        answered_on: "2026-04-10".into(),
        kind: "ignored".into(),
        remote_expertise: "SATD".into(),
        identity,
        ..given.clone()
    };
    let update = UpdateAnswerRequest {
        answer: Some(new.clone()),
        update_mask: mask(&["answered_on", "remote_expertise", "identity.text"]),
        request_id: IdempotencyKey::random().to_string(),
    };
    let corrected = client.update_answer(update.clone()).await.unwrap().into_inner();
    let expected = Answer { etag: "2".into(), kind: given.kind.clone(), ..new.clone() };
    assert_eq!(corrected.answer, Some(expected.clone()));
    let again = client.update_answer(update).await.unwrap().into_inner();
    assert_eq!(again.answer, Some(expected.clone()));
    let name = given.request.clone();
    let request = client.get_support_request(GetSupportRequestRequest { name }).await.unwrap();
    assert_eq!(request.into_inner().request.unwrap().first_answered_on, "2026-04-10");
    for (etag, path, refusal) in [
        ("1", "kind", (Code::Aborted, "ETAG_MISMATCH".to_owned())),
        ("2", "kind", (Code::InvalidArgument, "INVALID_FIELD".to_owned())),
        ("2", "satisfaction", (Code::InvalidArgument, "INVALID_FIELD".to_owned())),
        ("2", "request", (Code::InvalidArgument, "INVALID_FIELD".to_owned())),
    ] {
        let answer = Some(Answer { etag: etag.into(), ..new.clone() });
        let request_id = String::new();
        let refused = UpdateAnswerRequest { answer, update_mask: mask(&[path]), request_id };
        assert_eq!(reason_of(client.update_answer(refused).await), refusal, "{path}");
    }
    let got = client.get_answer(GetAnswerRequest { name: given.name }).await.unwrap();
    assert_eq!(got.into_inner().answer, Some(expected));
}

/// A request of a new enterprise, answered on a day.
async fn answered(channel: Channel, answered_on: &str) -> Answer {
    let create =
        CreateEnterpriseRequest { enterprise: Some(enterprise()), request_id: String::new() };
    let made = EnterpriseServiceClient::new(channel.clone()).create_enterprise(create).await;
    let request = SupportRequest {
        enterprise: made.unwrap().into_inner().enterprise.unwrap().name,
        received_on: "2026-04-01".into(),
        channel: "_U".into(),
        theme: "_U".into(),
        ..Default::default()
    };
    let mut client = SupportRequestServiceClient::new(channel);
    let create = CreateSupportRequestRequest { request: Some(request), request_id: String::new() };
    let received = client.create_support_request(create).await.unwrap().into_inner();
    let SupportRequest { name, etag, .. } = received.request.unwrap();
    let assigned_on = "2026-04-02".into();
    let assign = AssignSupportRequestRequest { name, etag, assigned_on, ..Default::default() };
    let assigned = client.assign_support_request(assign).await.unwrap().into_inner();
    let SupportRequest { name, etag, .. } = assigned.request.unwrap();
    let answer =
        Answer { answered_on: answered_on.into(), kind: "_U".into(), ..Default::default() };
    let answer = Some(answer);
    let answer = AnswerSupportRequestRequest { name, etag, answer, request_id: String::new() };
    client.answer_support_request(answer).await.unwrap().into_inner().answer.unwrap()
}

#[tokio::test]
async fn lists_come_in_pages_that_hold_everything_once() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let mut client = EnterpriseServiceClient::new(stand.connect_hub(&referent).await.unwrap());
    for _ in 0..7 {
        let request =
            CreateEnterpriseRequest { enterprise: Some(enterprise()), request_id: String::new() };
        client.create_enterprise(request).await.unwrap();
    }
    let mut names = std::collections::BTreeSet::new();
    let (mut page_token, mut pages) = (String::new(), 0);
    loop {
        let request = ListEnterprisesRequest { page_size: 3, page_token };
        let page = client.list_enterprises(request).await.unwrap().into_inner();
        names.extend(page.enterprises.into_iter().map(|enterprise| enterprise.name));
        pages += 1;
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!((names.len(), pages), (7, 3));
    for (page_size, page_token) in [(-1, ""), (3, "nonsense")] {
        let request = ListEnterprisesRequest { page_size, page_token: page_token.into() };
        let status = client.list_enterprises(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_request_goes_through_its_life_and_out_of_turn_nowhere() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let channel = stand.connect_hub(&referent).await.unwrap();
    let create =
        CreateEnterpriseRequest { enterprise: Some(enterprise()), request_id: String::new() };
    let made = EnterpriseServiceClient::new(channel.clone()).create_enterprise(create).await;
    let enterprise = made.unwrap().into_inner().enterprise.unwrap().name;
    let mut client = SupportRequestServiceClient::new(channel);
    let request = SupportRequest {
        enterprise,
        received_on: "2026-03-06".into(),
        channel: "_U".into(),
        theme: "_U".into(),
        ..Default::default()
    };
    let create = CreateSupportRequestRequest { request: Some(request), request_id: String::new() };
    let made = client.create_support_request(create).await.unwrap().into_inner();
    let request = made.request.unwrap();
    assert_eq!(request.state(), RequestState::Received);
    let assign = AssignSupportRequestRequest {
        name: request.name.clone(),
        etag: request.etag,
        assigned_on: "2026-03-07".into(),
        referent: "one".into(),
        request_id: String::new(),
    };
    let assigned = client.assign_support_request(assign.clone()).await.unwrap().into_inner();
    let assigned = assigned.request.unwrap();
    assert_eq!(assigned.state(), RequestState::Assigned);
    let twice = AssignSupportRequestRequest { etag: assigned.etag.clone(), ..assign };
    let twice = client.assign_support_request(twice).await;
    assert_eq!(reason_of(twice), (Code::FailedPrecondition, "WRONG_STATE".into()));
    let answer = AnswerSupportRequestRequest {
        name: assigned.name.clone(),
        etag: assigned.etag,
        answer: Some(Answer {
            answered_on: "2026-03-09".into(),
            kind: "_U".into(),
            ..Default::default()
        }),
        request_id: String::new(),
    };
    let answered = client.answer_support_request(answer).await.unwrap().into_inner();
    assert_eq!(answered.answer.unwrap().request, assigned.name);
}

#[tokio::test]
async fn a_client_waits_for_an_answer_no_longer_than_it_was_told() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let address = stand.hub.address.to_string();
    let wait = Duration::from_millis(200);
    let channel = connect_person_within(&address, stand.pins(), &steward, wait).await.unwrap();
    // A file whose next piece never comes: the node waits for it much longer than the client.
    let begun = tokio_stream::iter(imports::pieces("enterprises", &["Numero;"]));
    let never = begun.chain(futures_util::stream::pending());
    let status = ImportServiceClient::new(channel).import(never).await.unwrap_err();
    assert_eq!(status.code(), Code::Cancelled, "{status:?}");
    assert!(describe(&status).contains("within the time allowed"), "{status:?}");
}

#[tokio::test]
async fn a_period_that_is_not_closed_is_not_drafted() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ReleaseServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let open = client
        .draft_release(DraftReleaseRequest { period: "2198-Q1".into(), ..Default::default() })
        .await;
    assert_eq!(reason_of(open), (Code::FailedPrecondition, "PERIOD_NOT_CLOSED".into()));
    let year = client
        .draft_release(DraftReleaseRequest { period: "2020".into(), ..Default::default() })
        .await;
    assert_eq!(reason_of(year), (Code::InvalidArgument, "INVALID_FIELD".into()));
}

#[tokio::test]
async fn a_query_without_releases_says_so_and_a_wrong_one_names_its_field() {
    let stand = Stand::new().await;
    let analyst = stand.certificates.person("essaim://UEMOA/analyst/desk");
    let mut client = StatisticsServiceClient::new(stand.connect_exchange(&analyst).await.unwrap());
    let query = QueryRequest {
        indicator: "DEM01".into(),
        by: vec!["country".into()],
        periods: vec!["2026-Q1..2026-Q4".into()],
        ..Default::default()
    };
    let answer = client.query(query.clone()).await.unwrap().into_inner();
    assert_eq!(answer.news.len(), 2, "the national members of the roster");
    assert!(answer.rows.iter().all(|row| row.upper.is_none()), "{answer:?}");
    let wrong = QueryRequest { indicator: "XYZ99".into(), ..query };
    let status = client.query(wrong).await.unwrap_err();
    let details = status.get_error_details();
    assert_eq!(details.bad_request().unwrap().field_violations[0].field, "indicator");
    for (asked, field, words) in misspelt() {
        let status = client.query(asked.clone()).await.expect_err(words);
        assert_eq!(status.code(), Code::InvalidArgument, "{asked:?}");
        let details = status.get_error_details();
        let violation = &details.bad_request().unwrap().field_violations[0];
        assert_eq!(violation.field, field, "{asked:?}");
        assert!(violation.description.contains(words), "{violation:?}");
    }
}

/// Questions with one fault each, the field it is in, and words that help.
fn misspelt() -> Vec<(QueryRequest, &'static str, &'static str)> {
    let query = |indicator: &str, by: &[&str], period: &str, filters: &[(&str, &str)]| {
        let filter = |(dimension, code): &(&str, &str)| Filter {
            dimension: (*dimension).into(),
            codes: vec![(*code).into()],
        };
        QueryRequest {
            indicator: indicator.into(),
            by: by.iter().map(|column| (*column).into()).collect(),
            periods: vec![period.into()],
            filters: filters.iter().map(filter).collect(),
            ..Default::default()
        }
    };
    let one = |filter| query("DEM01", &[], "2026", &[filter]);
    let twice = [("filiere", "LAIT"), ("filiere", "CEREA")];
    let backwards = query("DEM01", &[], "2026-Q4..2026-Q1", &[]);
    vec![
        (query("ZZZ", &[], "2026", &[]), "indicator", "`essaim indicators` lists all"),
        (query("dem1", &[], "2026", &[]), "indicator", "the nearest is DEM01"),
        (query("DEM01", &["sexe"], "2026", &[]), "by", "the nearest is sex"),
        (query("DEM01", &["sex", "sex"], "2026", &[]), "by", "stands twice"),
        (query("DEM04", &["delay"], "2026", &[]), "by", "taken over delay"),
        (one(("sexe", "F")), "filters", "the nearest is sex"),
        (one(("filiere", "lait")), "filters", "the nearest is LAIT; `essaim codes filiere`"),
        (one(("filiere", "cereales")), "filters", "the nearest is CEREA"),
        (one(("filiere", "_T")), "filters", "leave the filter out"),
        (one(("country", "XX")), "filters", "members of the roster"),
        (query("DEM01", &[], "2026", &twice), "filters", "filiere=CODE,CODE"),
        (backwards, "periods", "runs backwards; write 2026-Q1..2026-Q4"),
    ]
}

#[tokio::test]
async fn health_and_reflection_answer_on_both_listeners() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let stand = Stand::new().await;
    let operator = stand.certificates.person("essaim://ML/operator/desk");
    let hub = stand.connect_hub(&operator).await.unwrap();
    let exchange = stand.connect_exchange(&operator).await.unwrap();
    // What each listener describes, and what only another one does.
    let listeners = [
        (hub, "essaim.hub.v1.NodeService", "essaim.sync.v1.SyncService"),
        (exchange, "essaim.exchange.v1.NodeService", "essaim.hub.v1.EnterpriseService"),
    ];
    for (channel, service, foreign) in listeners {
        let request = HealthCheckRequest { service: service.into() };
        let health = HealthClient::new(channel.clone()).check(request).await.unwrap();
        assert_eq!(health.into_inner().status, 1);
        let ask = |ask| ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
        let asked = tokio_stream::iter([
            ask(MessageRequest::ListServices(String::new())),
            ask(MessageRequest::FileContainingSymbol(service.into())),
            ask(MessageRequest::FileContainingSymbol(foreign.into())),
        ]);
        let mut client = ServerReflectionClient::new(channel);
        let mut answers = client.server_reflection_info(asked).await.unwrap().into_inner();
        let answer = answers.message().await.unwrap().unwrap().message_response;
        let Some(MessageResponse::ListServicesResponse(list)) = answer else {
            panic!("{answer:?}")
        };
        let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
        assert!(names.iter().any(|name| name == service), "{names:?}");
        assert!(!names.iter().any(|name| name == foreign), "{names:?}");
        let answer = answers.message().await.unwrap().unwrap().message_response;
        assert!(matches!(answer, Some(MessageResponse::FileDescriptorResponse(_))), "{answer:?}");
        let unknown = answers.message().await.unwrap_err();
        assert_eq!(unknown.code(), Code::NotFound, "{foreign} is described");
    }
}
