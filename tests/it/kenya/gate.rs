//! The gate, as two stewards and one who is none pass it over gRPC.

use essaim::wire::{
    generated::hub::{
        ApproveReleaseRequest, DiscardReleaseRequest, DraftReleaseRequest, GetReleaseRequest,
        PublishReleaseRequest, Release, ReleaseState, release_service_client::ReleaseServiceClient,
    },
    status::reason,
};
use tonic::{Code, Status, transport::Channel};

use super::{
    EARLIER, PATIENCE, PAUSE, QUARTER, RELEASE_DAY, SIZES, YEAR, entry,
    nodes::{HUB, Nodes},
    refusal, regions,
};

/// A steward at the gate.
struct Steward(ReleaseServiceClient<Channel>);

impl Steward {
    async fn new(nodes: &Nodes, name: &str) -> Self {
        Self(ReleaseServiceClient::new(nodes.channel(name).await))
    }

    async fn draft(&mut self, period: &str) -> Result<Release, Status> {
        let request = DraftReleaseRequest { period: period.into(), ..Default::default() };
        Ok(self.0.draft_release(request).await?.into_inner().release.unwrap())
    }

    async fn approve(&mut self, name: &str) -> Result<Release, Status> {
        let request = ApproveReleaseRequest { name: name.into() };
        Ok(self.0.approve_release(request).await?.into_inner().release.unwrap())
    }

    async fn publish(&mut self, name: &str) -> Result<Release, Status> {
        let request = PublishReleaseRequest { name: name.into() };
        Ok(self.0.publish_release(request).await?.into_inner().release.unwrap())
    }

    /// Publishes, and asks again while the node has not heard from another one how long its own
    /// log is.
    async fn publish_patiently(&mut self, name: &str) -> Release {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            match self.publish(name).await {
                Err(status) if reason(&status).as_deref() == Some("OWN_LOG_UNCONFIRMED") => {
                    tokio::time::sleep(PAUSE).await;
                }
                published => return published.unwrap(),
            }
        }
        panic!("the node never heard of its log");
    }
}

/// Releases the quarters before the withdrawal, as they close.
pub async fn release_earlier(nodes: &Nodes) {
    let mut first = Steward::new(nodes, "steward-1").await;
    let mut second = Steward::new(nodes, "steward-2").await;
    for (quarter, day) in EARLIER {
        nodes.clock.set_noon(day);
        let draft = first.draft(quarter).await.unwrap();
        second.approve(&draft.name).await.unwrap();
        first.publish_patiently(&draft.name).await;
    }
}

/// Takes the year's release from draft to log, and tries every step out of turn on the way.
pub async fn pass_the_gate(nodes: &Nodes) {
    let refused = |reason: &str| (Code::FailedPrecondition, reason.to_owned());
    let mut first = Steward::new(nodes, "steward-1").await;
    let mut second = Steward::new(nodes, "steward-2").await;
    let mut referent = Steward::new(nodes, "referent-1").await;

    assert_eq!(refusal(first.draft(QUARTER).await), refused("PERIOD_NOT_CLOSED"));
    nodes.clock.set_noon(RELEASE_DAY);
    let wrong_role = (Code::PermissionDenied, "WRONG_ROLE".to_owned());
    assert_eq!(refusal(referent.draft(QUARTER).await), wrong_role);
    assert_eq!(refusal(first.draft(YEAR).await), (Code::InvalidArgument, "INVALID_FIELD".into()));
    assert_eq!(refusal(first.draft("2025-Q1").await), refused("OUT_OF_ORDER"));

    let draft = first.draft(QUARTER).await.unwrap();
    assert_eq!(draft.state(), ReleaseState::Audited);
    assert_eq!(draft.drafted_by, format!("essaim://{HUB}/steward/steward-1"));
    check_review(&draft);
    let name = &*draft.name;
    assert_eq!(refusal(second.draft(QUARTER).await), refused("DRAFT_EXISTS"));
    assert_eq!(refusal(second.publish(name).await), refused("WRONG_STATE"));
    assert_eq!(refusal(first.approve(name).await), refused("SAME_PERSON"));
    assert_eq!(refusal(referent.approve(name).await), wrong_role);
    let absent = (Code::NotFound, "NOT_FOUND".to_owned());
    assert_eq!(refusal(second.approve("releases/999").await), absent);
    let request = GetReleaseRequest { name: name.into() };
    let unmoved = first.0.get_release(request).await.unwrap().into_inner().release;
    assert_eq!(unmoved, Some(draft.clone()), "no refused step has moved it");

    let approved = second.approve(name).await.unwrap();
    assert_eq!(approved.state(), ReleaseState::Approved);
    assert_eq!(approved.approved_by, format!("essaim://{HUB}/steward/steward-2"));
    assert_eq!(refusal(second.approve(name).await), refused("WRONG_STATE"));
    let published = first.publish_patiently(name).await;
    assert_eq!(published.state(), ReleaseState::Published);
    assert_eq!(published.entry, entry(), "nothing else has left");
    assert_eq!(refusal(first.publish(name).await), refused("WRONG_STATE"));
    let discard = first.0.discard_release(DiscardReleaseRequest { name: name.into() }).await;
    assert_eq!(refusal(discard), refused("MAY_HAVE_LEFT"));
    assert_eq!(refusal(first.draft(QUARTER).await), refused("ALREADY_RELEASED"));
    assert_eq!(refusal(first.draft("2024-Q3").await), refused("ALREADY_RELEASED"));
    assert_eq!(refusal(first.draft("2023-Q4").await), refused("OUT_OF_ORDER"));
}

/// What the steward is shown: the four tables of ENT01 to ENT03 by county and size.
fn check_review(draft: &Release) {
    let asked = ["region", "size"].map(str::to_owned);
    let tables: Vec<_> = draft
        .tables
        .iter()
        .filter(|table| table.dimensions == asked && table.period == YEAR)
        .collect();
    let populations: Vec<_> = tables.iter().map(|table| &*table.population).collect();
    let expected = [
        "enterprises_followed",
        "enterprises_registered",
        "enterprises_sex_known",
        "enterprises_led_by_women",
    ];
    assert_eq!(populations, expected);
    for table in tables {
        let cells = (regions().len() * SIZES.len()) as u64;
        assert_eq!(table.cells, cells, "{}", table.population);
        assert!(table.hidden_cells < cells, "{}", table.population);
        eprintln!("{}: {} of {cells} hidden", table.population, table.hidden_cells);
    }
    let audit = draft.audit.as_ref().expect("an audit");
    assert!(!audit.attackers.is_empty() && audit.proven > 0, "{audit:?}");
}
