//! The services as their clients meet them: records, imports, releases, notes, logs, health.

use std::{sync::Arc, time::Duration};

use essaim::{
    base::id::IdempotencyKey,
    rpc::{client::connect_node, sync::link::NodeLink},
    sync::{
        link::Link,
        message::{Frame, KnownHead, PullRequest, Want},
    },
    wire::{
        generated::{
            exchange::{
                GetNoteRequest, ListNotesRequest, Note, PublishNoteRequest, QueryRequest,
                library_service_client::LibraryServiceClient,
                statistics_service_client::StatisticsServiceClient,
            },
            hub::{
                Answer, AnswerSupportRequestRequest, AssignSupportRequestRequest,
                CreateEnterpriseRequest, CreateSupportRequestRequest, DraftReleaseRequest,
                Enterprise, EnterpriseIdentity, GetEnterpriseRequest, ImportHeader, ImportRequest,
                ListEnterprisesRequest, ListQuarantineRequest, RequestState, SizeRule,
                SupportRequest, UpdateEnterpriseRequest,
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
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::stand::{Stand, code};

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
    let stale = client.update_enterprise(update).await;
    assert_eq!(reason_of(stale), (Code::Aborted, "ETAG_MISMATCH".into()));

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

const MAPPING: &str = r#"
version = 1
source = "test-enterprises"
as = "enterprises"
area = "ML"
key = ["Numero"]

[file]
delimiter = ";"
dates = "day-month-year"

[fields.name]
column = "Nom"

[fields.region]
column = "Region"

[fields.filiere]
column = "Filiere"

[fields.registered_on]
column = "Date"
"#;

fn pieces(kind: &str, file: &[&str]) -> Vec<ImportRequest> {
    let header = ImportHeader {
        mapping: MAPPING.into(),
        kind: kind.into(),
        dry_run: false,
        language: "en".into(),
    };
    let bytes = file.iter().map(|text| Piece::Bytes(text.as_bytes().to_vec()));
    let pieces = std::iter::once(Piece::Header(header)).chain(bytes);
    pieces.map(|piece| ImportRequest { piece: Some(piece) }).collect()
}

#[tokio::test]
async fn a_file_is_imported_as_it_arrives_and_bad_rows_are_listed() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ImportServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let file = ["Numero;Nom;Region;Filiere;Date\n1;Da", "naya;ML-3;LAIT;05/03/2026\n", "2;X;ML-3;"];
    let rest = "NOWHERE;05/03/2026\n";
    let sent = pieces("enterprises", &[file[0], file[1], file[2], rest]);
    let report = client.import(tokio_stream::iter(sent.clone())).await.unwrap().into_inner();
    assert_eq!((report.rows, report.created, report.quarantined), (2, 1, 1), "{report:?}");
    assert!(!report.text.is_empty());
    let again = client.import(tokio_stream::iter(sent)).await.unwrap().into_inner();
    assert_eq!((again.rows, again.unchanged, again.quarantined), (2, 1, 1), "{again:?}");
    let list = ListQuarantineRequest { language: "fr".into(), ..Default::default() };
    let rows = client.list_quarantine(list).await.unwrap().into_inner().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].faults[0].column, "Filiere");
    assert!(!rows[0].faults[0].remedy.is_empty());
    for wrong in [pieces("visits", &[]), pieces("", &["a"])[1..].to_vec(), Vec::new()] {
        let status = client.import(tokio_stream::iter(wrong)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    }
}

#[tokio::test]
async fn a_file_over_the_configured_size_is_refused() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ImportServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let line = "1;Danaya;ML-3;LAIT;05/03/2026\n".repeat(10_000);
    let sent =
        pieces("enterprises", &[&["Numero;Nom;Region;Filiere;Date\n"], &[&*line; 5][..]].concat());
    let status = client.import(tokio_stream::iter(sent)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert!(status.message().contains("larger than 1048576 bytes"), "{status:?}");
}

#[tokio::test]
async fn a_period_that_is_not_closed_is_not_drafted() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ReleaseServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let open = client.draft_release(DraftReleaseRequest { period: "2198-Q1".into() }).await;
    assert_eq!(reason_of(open), (Code::FailedPrecondition, "PERIOD_NOT_CLOSED".into()));
    let year = client.draft_release(DraftReleaseRequest { period: "2020".into() }).await;
    assert_eq!(reason_of(year), (Code::InvalidArgument, "INVALID_FIELD".into()));
}

fn note() -> Note {
    Note {
        language: "fr".into(),
        title: "Séchage de la mangue".into(),
        summary: "Sécher sans brunir.".into(),
        text: "# Séchage\nCouper, blanchir, sécher.".into(),
        filieres: vec!["FRLEG".into()],
        rights: "CC-BY-4.0".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_note_is_published_once_and_pulled_by_another_node() {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://ML/author/desk");
    let mut client = LibraryServiceClient::new(stand.connect_exchange(&author).await.unwrap());
    let publish = PublishNoteRequest { note: Some(note()), revises: String::new() };
    let first = client.publish_note(publish.clone()).await.unwrap().into_inner().note.unwrap();
    assert_eq!((&*first.member, &*first.entry), ("ML", "ML/1/0"));
    let again = client.publish_note(publish).await.unwrap().into_inner().note.unwrap();
    assert_eq!(again, first);
    let list = client.list_notes(ListNotesRequest::default()).await.unwrap().into_inner();
    assert_eq!(list.notes.len(), 1);
    assert!(list.notes[0].text.is_empty());
    let got = client.get_note(GetNoteRequest { name: first.name }).await.unwrap().into_inner();
    assert_eq!(got.note.unwrap().text, note().text);
    let mut untitled = note();
    untitled.title.clear();
    let publish = PublishNoteRequest { note: Some(untitled), revises: String::new() };
    let status = client.publish_note(publish).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);

    let node = stand.certificates.load("SN-node");
    let (address, roster) = (stand.exchange.address.to_string(), Arc::clone(&stand.roster));
    let channel = connect_node(&address, code("ML"), roster, &node, Vec::new()).await.unwrap();
    let known = vec![KnownHead { origin: code("ML"), epoch: 1, held: 0, size: 0, root: [0; 32] }];
    let request =
        PullRequest { known, bodies: Vec::new(), budget_bytes: 1 << 20, want: Want::Bodies };
    let mut link = NodeLink::new(channel, Arc::default(), Duration::from_secs(10));
    let frames = link.pull(request).await.unwrap();
    let frames: Vec<Frame> = frames.map(Result::unwrap).collect().await;
    assert!(
        matches!(&*frames, [Frame::Heads(heads), Frame::Batch(_), Frame::End { complete: true }]
            if heads[0].origin == code("ML")),
        "{frames:?}"
    );
}

#[tokio::test]
async fn a_note_is_known_again_however_much_was_published_that_day() {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://ML/author/desk");
    let mut client = LibraryServiceClient::new(stand.connect_exchange(&author).await.unwrap());
    let mut last = None;
    // Together more than one page of the list holds.
    for number in 0..30 {
        let (title, text) = (format!("Note {number}"), "Couper, sécher. ".repeat(3_000));
        let note = Some(Note { title, text, ..note() });
        let publish = PublishNoteRequest { note, revises: String::new() };
        let told = client.publish_note(publish.clone()).await.unwrap().into_inner();
        last = Some((publish, told));
    }
    let (publish, told) = last.unwrap();
    assert_eq!(client.publish_note(publish).await.unwrap().into_inner(), told);
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
    for (channel, package) in [(hub, "essaim.hub.v1."), (exchange, "essaim.exchange.v1.")] {
        let service = format!("{package}NodeService");
        let request = HealthCheckRequest { service: service.clone() };
        let health = HealthClient::new(channel.clone()).check(request).await.unwrap();
        assert_eq!(health.into_inner().status, 1);
        let ask = MessageRequest::ListServices(String::new());
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
        let asked = tokio_stream::iter([request]);
        let mut client = ServerReflectionClient::new(channel);
        let mut answers = client.server_reflection_info(asked).await.unwrap().into_inner();
        let answer = answers.message().await.unwrap().unwrap().message_response;
        let Some(MessageResponse::ListServicesResponse(list)) = answer else {
            panic!("{answer:?}")
        };
        let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
        assert!(names.contains(&service), "{names:?}");
        let foreign = if package.contains("hub") { "essaim.exchange" } else { "essaim.hub" };
        assert!(!names.iter().any(|name| name.starts_with(foreign)), "{names:?}");
    }
}
