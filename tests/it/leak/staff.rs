//! What the hub's staff does: imports, records, releases; and what goes wrong for them, with
//! records in hand each time.

use std::time::Duration;

use essaim::{
    cli::sample,
    wire::generated::hub::{
        Answer, AnswerSupportRequestRequest, ApproveReleaseRequest, AssignSupportRequestRequest,
        CloseSupportRequestRequest, Consent, ConsentPurpose, CreateEnterpriseRequest,
        CreateSupportRequestRequest, CreateVisitRequest, DiscardReleaseRequest,
        DraftReleaseRequest, Enterprise, EscalateSupportRequestRequest, FollowUp,
        FollowUpAnswerRequest, GetEnterpriseRequest, GetReleaseRequest, GiveConsentRequest,
        ImportHeader, ImportRequest, ImportResponse, ListAnswersRequest, ListConsentsRequest,
        ListEnterprisesRequest, ListQuarantineRequest, ListReleaseCellsRequest,
        ListSupportRequestsRequest, ListVisitsRequest, PublishReleaseRequest, RateAnswerRequest,
        RequestIdentity, SupportRequest, UpdateEnterpriseRequest, UpdateSupportRequestRequest,
        Visit, VisitIdentity, WithdrawConsentRequest, WithholdReleaseRequest,
        consent_service_client::ConsentServiceClient,
        enterprise_service_client::EnterpriseServiceClient, import_request::Piece,
        import_service_client::ImportServiceClient, release_service_client::ReleaseServiceClient,
        support_request_service_client::SupportRequestServiceClient,
        visit_service_client::VisitServiceClient,
    },
};
use prost_types::FieldMask;
use tonic::{Code, Response, Status, transport::Channel};

use super::planted::{Planted, PlantedFile};

/// The year whose last quarter is released; the sample covers it and the one before.
const YEAR: i16 = 2024;
/// The quarter that is released, with its year.
const PERIOD: &str = "2024-Q4";
/// Times a call is made again while the node is not ready.
const CALLS_MAX: usize = 600;
/// Pause between two such calls.
const CALL_PAUSE: Duration = Duration::from_millis(100);
/// Size of the pieces of an imported file, in bytes: rows are cut anywhere.
const PIECE_BYTES: usize = 1000;
/// Rows of a page when lists are read.
const PAGE_ROWS: i32 = 100;

/// Two stewards and a referent, connected.
#[derive(Clone)]
pub struct Staff {
    pub steward: Channel,
    pub second_steward: Channel,
    pub referent: Channel,
}

/// Calls again while the node says that it cannot yet: after its start it appends nothing before
/// another node has said how long it knows the own log to be.
pub async fn patiently<T, F>(mut called: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    for _ in 0..CALLS_MAX {
        match called().await {
            Ok(answer) => return answer.into_inner(),
            Err(status) if status.code() == Code::Unavailable => {
                tokio::time::sleep(CALL_PAUSE).await;
            }
            Err(status) => panic!("{status:?}"),
        }
    }
    panic!("the node was never ready");
}

async fn import(
    channel: &Channel,
    kind: &str,
    mapping: &str,
    file: &[u8],
) -> Result<ImportResponse, Status> {
    let header = ImportHeader {
        mapping: mapping.into(),
        kind: kind.into(),
        dry_run: false,
        language: "fr".into(),
        file_bytes: file.len() as u64,
    };
    let pieces = file.chunks(PIECE_BYTES).map(|piece| Piece::Bytes(piece.to_vec()));
    let sent: Vec<_> = std::iter::once(Piece::Header(header))
        .chain(pieces)
        .map(|piece| ImportRequest { piece: Some(piece) })
        .collect();
    let mut client = ImportServiceClient::new(channel.clone());
    Ok(client.import(tokio_stream::iter(sent)).await?.into_inner())
}

fn refused<T: std::fmt::Debug>(result: Result<T, Status>) {
    result.expect_err("a refusal");
}

impl Staff {
    /// Two years of an ordinary hub, and the planted files among them.
    pub async fn import_everything(&self, planted: &mut Planted) {
        let hub = sample::hub(1, "ML", YEAR).unwrap();
        for quarter in &hub.quarters {
            for (file, mapping) in quarter.files.iter().zip(&hub.mappings) {
                let kind = file.kind.word();
                let report = import(&self.steward, kind, mapping, &file.bytes).await.unwrap();
                assert_eq!(report.quarantined, file.bad_rows, "{}", report.text);
            }
        }
        let files = planted.files();
        for PlantedFile { kind, mapping, rows, bad } in &files {
            let report = import(&self.steward, kind, mapping, rows.as_bytes()).await.unwrap();
            assert_eq!(report.quarantined, *bad, "{}", report.text);
            assert!(report.created >= 8, "{}", report.text);
        }
        self.import_badly(&files[0]).await;
    }

    /// Files that are refused as a whole, full of records.
    async fn import_badly(&self, file: &PlantedFile) {
        let steward = &self.steward;
        let without_headings = file.rows.split_once('\n').unwrap().1;
        refused(import(steward, file.kind, &file.mapping, without_headings.as_bytes()).await);
        // A quote that never ends, and bytes that are no text.
        let unclosed = file.rows.replace(";Unité", ";\"Unité");
        drop(import(steward, file.kind, &file.mapping, unclosed.as_bytes()).await);
        let mut garbled = file.rows.clone().into_bytes();
        garbled.extend([0, 0xff, 0x81, b'\n']);
        drop(import(steward, file.kind, &file.mapping, &garbled).await);
        // A row where the mapping belongs.
        refused(import(steward, file.kind, without_headings, file.rows.as_bytes()).await);
        // A file that breaks off.
        let header = ImportHeader {
            mapping: file.mapping.clone(),
            kind: file.kind.into(),
            ..Default::default()
        };
        let half = file.rows.as_bytes()[..file.rows.len() / 2].to_vec();
        let begun = [Piece::Header(header.clone()), Piece::Bytes(half), Piece::Header(header)];
        let begun = begun.map(|piece| ImportRequest { piece: Some(piece) });
        let mut client = ImportServiceClient::new(steward.clone());
        refused(client.import(tokio_stream::iter(begun)).await);
    }

    /// Records by hand, through their whole life.
    pub async fn keep_records(&self, planted: &mut Planted) {
        let mut enterprises = EnterpriseServiceClient::new(self.referent.clone());
        let create = CreateEnterpriseRequest {
            enterprise: Some(planted.enterprise("kept enterprise")),
            request_id: planted.request_id("number of creation"),
        };
        let made = enterprises.create_enterprise(create.clone()).await.unwrap().into_inner();
        let enterprise = made.enterprise.unwrap();
        let mut reused = create;
        reused.enterprise = Some(planted.enterprise("another enterprise under the same number"));
        refused(enterprises.create_enterprise(reused).await);
        self.change_enterprise(planted, &enterprise).await;
        self.give_consents(planted, &enterprise).await;
        let visit = Visit {
            enterprise: enterprise.name.clone(),
            visited_on: "2024-11-02".into(),
            purpose: "ADVICE".into(),
            identity: Some(VisitIdentity {
                referent: planted.text("kept visit referent", "{} Sangaré"),
                remarks: planted.text("kept visit remarks", "revenir voir {}"),
            }),
            ..Default::default()
        };
        let request_id = planted.request_id("number of visit");
        let create = CreateVisitRequest { visit: Some(visit), request_id };
        VisitServiceClient::new(self.referent.clone()).create_visit(create).await.unwrap();
        self.answer_request(planted, &enterprise).await;
    }

    async fn change_enterprise(&self, planted: &mut Planted, enterprise: &Enterprise) {
        let mut client = EnterpriseServiceClient::new(self.referent.clone());
        let changed = planted.enterprise("changed enterprise");
        let mut update = UpdateEnterpriseRequest {
            enterprise: Some(Enterprise {
                name: enterprise.name.clone(),
                etag: enterprise.etag.clone(),
                ..changed
            }),
            update_mask: Some(FieldMask { paths: vec!["identity.name".into()] }),
            request_id: planted.request_id("number of change"),
        };
        client.update_enterprise(update.clone()).await.unwrap();
        // The etag is stale by now.
        update.request_id = planted.request_id("number of stale change");
        refused(client.update_enterprise(update.clone()).await);
        update.update_mask = Some(FieldMask { paths: vec![planted.asked("field of a mask")] });
        refused(client.update_enterprise(update).await);
    }

    async fn give_consents(&self, planted: &mut Planted, enterprise: &Enterprise) {
        let mut client = ConsentServiceClient::new(self.referent.clone());
        let consent = Consent {
            enterprise: enterprise.name.clone(),
            purpose: ConsentPurpose::AnonymizedIndicators.into(),
            text_version: "2024-1".into(),
            medium: "PAPER".into(),
            given_on: "2024-10-06".into(),
            ..Default::default()
        };
        let request_id = planted.request_id("number of consent");
        let give = GiveConsentRequest { consent: Some(consent.clone()), request_id };
        let given = client.give_consent(give).await.unwrap().into_inner().consent.unwrap();
        let request_id = planted.request_id("number of withdrawal");
        let withdraw = WithdrawConsentRequest {
            name: given.name,
            etag: given.etag,
            withdrawn_on: "2024-12-30".into(),
            request_id,
        };
        client.withdraw_consent(withdraw).await.unwrap();
        let medium = planted.text("text in medium", "dit à {}");
        let wrong = Consent { medium, ..consent };
        let give = GiveConsentRequest { consent: Some(wrong), request_id: String::new() };
        refused(client.give_consent(give).await);
    }

    async fn answer_request(&self, planted: &mut Planted, enterprise: &Enterprise) {
        let mut client = SupportRequestServiceClient::new(self.referent.clone());
        let request = SupportRequest {
            enterprise: enterprise.name.clone(),
            received_on: "2024-11-06".into(),
            channel: "PHONE".into(),
            theme: "EQUIP".into(),
            identity: Some(RequestIdentity {
                referent: planted.text("kept request referent", "{} Maïga"),
                question: planted.text("kept request question", "où trouver {} ?"),
            }),
            ..Default::default()
        };
        let request_id = planted.request_id("number of request");
        let create = CreateSupportRequestRequest { request: Some(request), request_id };
        let made = client.create_support_request(create).await.unwrap().into_inner();
        let request = made.request.unwrap();
        let assign = AssignSupportRequestRequest {
            name: request.name,
            etag: request.etag,
            assigned_on: "2024-11-07".into(),
            referent: planted.text("assigned referent", "{} Sidibé"),
            request_id: planted.request_id("number of assignment"),
        };
        let made = client.assign_support_request(assign).await.unwrap().into_inner();
        let request = made.request.unwrap();
        let escalate = EscalateSupportRequestRequest {
            name: request.name,
            etag: request.etag,
            escalated_on: "2024-11-08".into(),
            request_id: planted.request_id("number of escalation"),
        };
        let made = client.escalate_support_request(escalate).await.unwrap().into_inner();
        self.give_answer(planted, made.request.unwrap()).await;
    }

    async fn give_answer(&self, planted: &mut Planted, request: SupportRequest) {
        let mut client = SupportRequestServiceClient::new(self.referent.clone());
        let text = planted.text("kept answer text", "demander au frère de {}");
        let mut answer = AnswerSupportRequestRequest {
            name: request.name.clone(),
            etag: request.etag,
            answer: Some(Answer {
                answered_on: "2024-11-09".into(),
                kind: "RECIPE".into(),
                identity: Some(essaim::wire::generated::hub::AnswerIdentity { text }),
                ..Default::default()
            }),
            request_id: planted.request_id("number of answer"),
        };
        let made = client.answer_support_request(answer.clone()).await.unwrap().into_inner();
        let given = made.answer.unwrap();
        answer.request_id = planted.request_id("number of second answer");
        refused(client.answer_support_request(answer).await);
        let rate = RateAnswerRequest {
            name: given.name.clone(),
            etag: given.etag.clone(),
            satisfaction: 9,
            request_id: planted.request_id("number of wrong rating"),
        };
        refused(client.rate_answer(rate.clone()).await);
        let rate = RateAnswerRequest { satisfaction: 4, ..rate };
        refused(client.rate_answer(RateAnswerRequest { etag: "77".into(), ..rate.clone() }).await);
        let rate = RateAnswerRequest { request_id: planted.request_id("number of rating"), ..rate };
        let rated = client.rate_answer(rate).await.unwrap().into_inner().answer.unwrap();
        let funding_minor = Some(planted.amount("kept answer funding").parse().unwrap());
        let follow_up = FollowUpAnswerRequest {
            name: rated.name,
            etag: rated.etag,
            follow_up: Some(FollowUp {
                followed_up_on: "2024-12-20".into(),
                adopted: true,
                funding_minor,
            }),
            request_id: planted.request_id("number of follow-up"),
        };
        client.follow_up_answer(follow_up.clone()).await.unwrap();
        let early = FollowUp { followed_up_on: "2020-01-01".into(), ..Default::default() };
        refused(
            client
                .follow_up_answer(FollowUpAnswerRequest {
                    follow_up: Some(early),
                    request_id: planted.request_id("number of wrong follow-up"),
                    ..follow_up
                })
                .await,
        );
        let close = CloseSupportRequestRequest {
            name: request.name,
            etag: "9999".into(),
            closed_on: "2024-12-21".into(),
            request_id: planted.request_id("number of closing"),
        };
        refused(client.close_support_request(close).await);
    }

    /// Records typed into the wrong fields, and names of records that are none.
    pub async fn err(&self, planted: &mut Planted) {
        let mut enterprises = EnterpriseServiceClient::new(self.referent.clone());
        let fields: [fn(&mut Enterprise) -> &mut String; 7] = [
            |enterprise| &mut enterprise.region,
            |enterprise| &mut enterprise.filiere,
            |enterprise| &mut enterprise.citi_group,
            |enterprise| &mut enterprise.size,
            |enterprise| &mut enterprise.sex,
            |enterprise| &mut enterprise.status,
            |enterprise| &mut enterprise.registered_on,
        ];
        for (index, field) in fields.into_iter().enumerate() {
            let mut wrong = planted.enterprise(&format!("wrong enterprise {index}"));
            let telephone = planted.telephone(&format!("telephone in coded field {index}"));
            let label = format!("text in coded field {index}");
            *field(&mut wrong) = planted.text(&label, "chez {} ") + &telephone;
            let request_id = planted.request_id(&format!("number of wrong creation {index}"));
            let create = CreateEnterpriseRequest { enterprise: Some(wrong), request_id };
            refused(enterprises.create_enterprise(create).await);
        }
        let mut long = planted.enterprise("too long enterprise");
        let identity = long.identity.as_mut().unwrap();
        identity.remarks = identity.remarks.repeat(1_000);
        identity.telephones = vec![identity.telephones[0].clone(); 100];
        let request_id = planted.text("number that is none", "n° {}");
        let create = CreateEnterpriseRequest { enterprise: Some(long.clone()), request_id };
        refused(enterprises.create_enterprise(create).await);
        let request_id = String::new();
        let create = CreateEnterpriseRequest { enterprise: Some(long), request_id };
        refused(enterprises.create_enterprise(create).await);
        self.ask_wrongly(planted).await;
    }

    async fn ask_wrongly(&self, planted: &mut Planted) {
        let mut enterprises = EnterpriseServiceClient::new(self.referent.clone());
        let absent = "enterprises/".to_owned() + &planted.request_id("name of no record");
        let none = planted.asked("name that is none");
        for name in [absent, none.clone(), format!("enterprises/{none}")] {
            refused(enterprises.get_enterprise(GetEnterpriseRequest { name }).await);
        }
        let page_token = planted.asked("page token");
        let list = ListEnterprisesRequest { page_size: 3, page_token: page_token.clone() };
        refused(enterprises.list_enterprises(list).await);
        let mut imports = ImportServiceClient::new(self.steward.clone());
        let language = planted.asked("language");
        let list = ListQuarantineRequest { page_size: 3, page_token, language };
        refused(imports.list_quarantine(list).await);
        let mut releases = ReleaseServiceClient::new(self.steward.clone());
        let period = planted.asked("period");
        refused(releases.draft_release(DraftReleaseRequest { period, ..Default::default() }).await);
        let reason = planted.asked("reason to withhold what can be protected");
        let period = PERIOD.into();
        let withhold = WithholdReleaseRequest { period, reason, allow_skipping_earlier: true };
        refused(releases.withhold_release(withhold).await);
        let name = format!("releases/{}", planted.asked("release"));
        refused(releases.get_release(GetReleaseRequest { name: name.clone() }).await);
        let parent = name.clone();
        let list = ListReleaseCellsRequest { parent, ..Default::default() };
        refused(releases.list_release_cells(list).await);
        refused(releases.approve_release(ApproveReleaseRequest { name: name.clone() }).await);
        refused(releases.discard_release(DiscardReleaseRequest { name }).await);
        // The referent may not import nor draft.
        let mut foreign = ReleaseServiceClient::new(self.referent.clone());
        let draft = DraftReleaseRequest { period: PERIOD.into(), ..Default::default() };
        refused(foreign.draft_release(draft).await);
        let mut requests = SupportRequestServiceClient::new(self.referent.clone());
        let update = UpdateSupportRequestRequest {
            request: Some(SupportRequest {
                name: format!("requests/{}", planted.asked("request")),
                etag: planted.asked("etag"),
                identity: Some(RequestIdentity {
                    question: planted.text("question of no request", "est-ce que {} ?"),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            update_mask: Some(FieldMask { paths: vec!["identity.question".into()] }),
            request_id: planted.request_id("number of wrong update"),
        };
        refused(requests.update_support_request(update).await);
    }

    /// One steward drafts, the other approves, the first publishes; and once in the wrong order.
    /// Returns the name of the release.
    pub async fn release(&self) -> String {
        let mut first = ReleaseServiceClient::new(self.steward.clone());
        let mut second = ReleaseServiceClient::new(self.second_steward.clone());
        let draft = DraftReleaseRequest { period: PERIOD.into(), allow_skipping_earlier: true };
        let draft = first.draft_release(draft).await.unwrap().into_inner().release.unwrap();
        let name = draft.name;
        refused(first.approve_release(ApproveReleaseRequest { name: name.clone() }).await);
        refused(first.publish_release(PublishReleaseRequest { name: name.clone() }).await);
        second.approve_release(ApproveReleaseRequest { name: name.clone() }).await.unwrap();
        let publish = || {
            let (mut client, name) = (first.clone(), name.clone());
            async move { client.publish_release(PublishReleaseRequest { name }).await }
        };
        patiently(publish).await;
        refused(first.discard_release(DiscardReleaseRequest { name: name.clone() }).await);
        name
    }

    /// The names of all records, as the hub lists them.
    pub async fn list_everything(&self, planted: &mut Planted) {
        let mut names = Vec::new();
        macro_rules! list {
            ($client:ident, $call:ident, $rows:ident, $token:ident, $request:expr) => {
                let mut client = $client::new(self.referent.clone());
                let mut $token = String::new();
                loop {
                    let page = client.$call($request).await.unwrap().into_inner();
                    names.extend(page.$rows.into_iter().map(|record| record.name));
                    $token = page.next_page_token;
                    if $token.is_empty() {
                        break;
                    }
                }
            };
        }
        let (page_size, all) = (PAGE_ROWS, String::new);
        list!(
            EnterpriseServiceClient,
            list_enterprises,
            enterprises,
            page_token,
            ListEnterprisesRequest { page_size, page_token }
        );
        list!(
            VisitServiceClient,
            list_visits,
            visits,
            page_token,
            ListVisitsRequest { enterprise: all(), page_size, page_token }
        );
        list!(
            SupportRequestServiceClient,
            list_support_requests,
            requests,
            page_token,
            ListSupportRequestsRequest { enterprise: all(), page_size, page_token }
        );
        list!(
            SupportRequestServiceClient,
            list_answers,
            answers,
            page_token,
            ListAnswersRequest { request: all(), page_size, page_token }
        );
        list!(
            ConsentServiceClient,
            list_consents,
            consents,
            page_token,
            ListConsentsRequest { enterprise: all(), page_size, page_token }
        );
        assert!(names.len() > 500, "{} records", names.len());
        names.iter().for_each(|name| planted.resource(name));
        let list = ListQuarantineRequest { page_size: PAGE_ROWS, ..Default::default() };
        let mut imports = ImportServiceClient::new(self.steward.clone());
        let rows = imports.list_quarantine(list).await.unwrap().into_inner().rows;
        assert!(rows.len() >= 6, "{} rows in quarantine", rows.len());
        rows.iter().for_each(|row| planted.resource(&row.name));
    }
}
