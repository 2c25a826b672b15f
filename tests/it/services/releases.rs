//! The gate over gRPC, beside the staff that goes on working on the records.

use essaim::wire::generated::hub::{
    ApproveReleaseRequest, CellMark, DiscardReleaseRequest, GetReleaseRequest, HidingRule,
    ListReleaseCellsRequest, ListReleaseFiguresRequest, ListReleasesRequest, Release, ReleaseCell,
    ReleaseFigure, WithdrawConsentRequest, WithholdReleaseRequest,
};

use super::*;

/// The hub's only enterprise, and its consent.
async fn enterprise_with_consent(channel: Channel) -> Consent {
    let enterprise = Enterprise { registered_on: "2026-01-15".into(), ..enterprise() };
    let create =
        CreateEnterpriseRequest { enterprise: Some(enterprise), request_id: String::new() };
    let made = EnterpriseServiceClient::new(channel.clone()).create_enterprise(create).await;
    let consent = Consent {
        enterprise: made.unwrap().into_inner().enterprise.unwrap().name,
        purpose: ConsentPurpose::AnonymizedIndicators.into(),
        text_version: "2025-1".into(),
        medium: "ORAL".into(),
        given_on: "2026-01-15".into(),
        ..Default::default()
    };
    let give = GiveConsentRequest { consent: Some(consent), request_id: String::new() };
    let given = ConsentServiceClient::new(channel).give_consent(give).await;
    given.unwrap().into_inner().consent.unwrap()
}

async fn withdraw(channel: Channel, consent: Consent) {
    let Consent { name, etag, .. } = consent;
    let withdrawn_on = "2026-05-02".into();
    let request = WithdrawConsentRequest { name, etag, withdrawn_on, request_id: String::new() };
    ConsentServiceClient::new(channel).withdraw_consent(request).await.unwrap();
}

async fn draft(client: &mut ReleaseServiceClient<Channel>) -> Release {
    let request = DraftReleaseRequest { period: "2026-Q1".into(), ..Default::default() };
    client.draft_release(request).await.unwrap().into_inner().release.unwrap()
}

#[tokio::test]
async fn a_release_whose_enterprise_has_withdrawn_its_consent_is_not_approved() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let staff = stand.connect_hub(&referent).await.unwrap();
    let consent = enterprise_with_consent(staff.clone()).await;
    let [mut first, mut second] = stewards(&stand).await;
    let name = draft(&mut first).await.name;
    withdraw(staff, consent).await;
    let refused = second.approve_release(ApproveReleaseRequest { name: name.clone() }).await;
    assert_eq!(reason_of(refused), (Code::FailedPrecondition, "OUTDATED".into()));
    first.discard_release(DiscardReleaseRequest { name }).await.unwrap();
    let name = draft(&mut first).await.name;
    second.approve_release(ApproveReleaseRequest { name }).await.unwrap();
}

#[tokio::test]
async fn a_first_release_that_leaves_records_behind_must_be_meant() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    enterprise_with_consent(stand.connect_hub(&referent).await.unwrap()).await;
    let [mut first, _] = stewards(&stand).await;
    let mut request = DraftReleaseRequest { period: "2026-Q2".into(), ..Default::default() };
    let refused = first.draft_release(request.clone()).await.unwrap_err();
    assert!(refused.message().contains("records of 2026-Q1 would never"), "{refused:?}");
    assert_eq!(reason(&refused).as_deref(), Some("EARLIER_RECORDS"));
    request.allow_skipping_earlier = true;
    let drafted = first.draft_release(request).await.unwrap().into_inner().release.unwrap();
    assert_eq!(drafted.skipped_periods, ["2026-Q1"]);
}

#[tokio::test]
async fn a_period_that_can_be_protected_is_not_withheld() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    enterprise_with_consent(stand.connect_hub(&referent).await.unwrap()).await;
    let [mut first, _] = stewards(&stand).await;
    let (period, reason) = ("2026-Q1".to_owned(), "Rather not.".to_owned());
    let request = WithholdReleaseRequest { period, reason, ..Default::default() };
    let refused = first.withhold_release(request.clone()).await;
    assert_eq!(reason_of(refused), (Code::FailedPrecondition, "CAN_BE_PROTECTED".into()));
    let unexplained = WithholdReleaseRequest { reason: String::new(), ..request };
    let refused = first.withhold_release(unexplained).await;
    assert_eq!(reason_of(refused), (Code::InvalidArgument, "INVALID_FIELD".into()));
    assert!(
        first
            .list_releases(ListReleasesRequest::default())
            .await
            .unwrap()
            .into_inner()
            .releases
            .is_empty()
    );
}

#[tokio::test]
async fn the_cells_of_a_release_are_listed_in_pages_without_their_values() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    enterprise_with_consent(stand.connect_hub(&referent).await.unwrap()).await;
    let [mut first, _] = stewards(&stand).await;
    let release = draft(&mut first).await;
    let mut cells = Vec::new();
    let mut request =
        ListReleaseCellsRequest { parent: release.name, page_size: 7, ..Default::default() };
    loop {
        let page = first.list_release_cells(request.clone()).await.unwrap().into_inner();
        assert!(!page.cells.is_empty() && page.cells.len() <= 7);
        cells.extend(page.cells);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let audit = release.audit.unwrap();
    assert_eq!(cells.len() as u64, audit.cells);
    let marked = |mark| cells.iter().filter(|cell| cell.mark() == mark).count() as u64;
    assert_eq!(marked(CellMark::Published) + audit.hidden_cells, audit.cells);
    // One enterprise is too few wherever it counts, and nothing else could be hidden.
    assert_eq!(marked(CellMark::HiddenPrimary), audit.sensitive_cells);
    let lait = ["filiere=LAIT".to_owned()];
    let of_lait = |cell: &&ReleaseCell| {
        (&*cell.population, &*cell.key) == ("enterprises_registered", &lait[..])
    };
    let mark = cells.iter().find(of_lait).unwrap().mark();
    assert_eq!(mark, CellMark::HiddenPrimary);
    let wrong = ListReleaseCellsRequest { page_token: "next".into(), ..request };
    let refused = first.list_release_cells(wrong).await;
    assert_eq!(reason_of(refused), (Code::InvalidArgument, "INVALID_FIELD".into()));
}

#[tokio::test]
async fn figures_are_shown_to_stewards_only_with_the_rules_that_hide_them() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let staff = stand.connect_hub(&referent).await.unwrap();
    enterprise_with_consent(staff.clone()).await;
    let [mut first, _] = stewards(&stand).await;
    let release = draft(&mut first).await;
    let mut request = ListReleaseFiguresRequest {
        parent: release.name.clone(),
        page_size: 7,
        ..Default::default()
    };
    let mut figures: Vec<ReleaseFigure> = Vec::new();
    loop {
        let page = first.list_release_figures(request.clone()).await.unwrap().into_inner();
        assert!(!page.figures.is_empty() && page.figures.len() <= 7);
        figures.extend(page.figures);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let findings = release.findings.unwrap();
    let cells = figures.iter().filter(|figure| figure.terms.is_empty()).count() as u64;
    assert_eq!(cells, findings.totals.unwrap().cells);
    let lait = ["filiere=LAIT".to_owned()];
    let of_lait = |figure: &&ReleaseFigure| {
        (&*figure.population, &*figure.key) == ("enterprises_registered", &lait[..])
    };
    let registered = figures.iter().find(of_lait).unwrap();
    assert_eq!(registered.mark(), CellMark::HiddenPrimary);
    assert_eq!((registered.values[0].value, registered.enterprises), (1, Some(1)));
    assert_eq!(registered.reasons[0].rule(), HidingRule::FewEnterprises);

    let mut foreign = ReleaseServiceClient::new(staff);
    let refused = foreign.list_release_figures(request.clone()).await;
    assert_eq!(reason_of(refused), (Code::PermissionDenied, "WRONG_ROLE".into()));
    let wrong = ListReleaseFiguresRequest { page_token: "next".into(), ..request };
    let refused = first.list_release_figures(wrong).await;
    assert_eq!(reason_of(refused), (Code::InvalidArgument, "INVALID_FIELD".into()));
}

#[tokio::test]
async fn a_review_holds_what_the_audit_tried_and_lists_leave_it_out() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    enterprise_with_consent(stand.connect_hub(&referent).await.unwrap()).await;
    let [mut first, mut second] = stewards(&stand).await;
    let drafted = draft(&mut first).await;
    let shown = first.get_release(GetReleaseRequest { name: drafted.name.clone() }).await;
    assert_eq!(shown.unwrap().into_inner().release, Some(drafted.clone()));
    let audit = drafted.audit.clone().unwrap();
    let names: Vec<_> = audit.by_attacker.iter().map(|one| one.attacker.clone()).collect();
    assert_eq!(names, audit.attackers);
    let findings = drafted.findings.clone().unwrap();
    // The only enterprise is sensitive wherever it counts.
    let plan = findings.coarser_plan.unwrap();
    assert_eq!((&*plan.from, plan.primary_cells), ("2027-Q1", audit.sensitive_cells));
    assert_eq!((&*findings.changes[0].period, &*findings.changes[0].since), ("2026-Q1", ""));
    let listed = first.list_releases(ListReleasesRequest::default()).await.unwrap().into_inner();
    assert!(listed.releases[0].findings.is_none() && listed.releases[0].audit.is_none());
    let approved = second.approve_release(ApproveReleaseRequest { name: drafted.name }).await;
    let approved = approved.unwrap().into_inner().release.unwrap();
    assert!(approved.findings.is_none() && approved.audit == drafted.audit);
}

async fn stewards(stand: &Stand) -> [ReleaseServiceClient<Channel>; 2] {
    let mut all = Vec::new();
    for name in ["one", "two"] {
        let steward = stand.certificates.person(&format!("essaim://ML/steward/{name}"));
        all.push(ReleaseServiceClient::new(stand.connect_hub(&steward).await.unwrap()));
    }
    all.try_into().unwrap()
}
