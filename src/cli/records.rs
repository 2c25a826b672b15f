//! `essaim enterprise`, `visit` and `request`: the hub's own records, for its own staff.

use serde_json::json;
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::calls::{GetArgs, ListArgs, RecordCommand},
        call::{self, PAGE_ROWS},
        output::{self, Fields},
    },
    wire::generated::hub::{
        Enterprise, GetEnterpriseRequest, GetSupportRequestRequest, GetVisitRequest,
        ListEnterprisesRequest, ListSupportRequestsRequest, ListVisitsRequest, RequestState,
        SizeRule, SupportRequest, Visit, enterprise_service_client::EnterpriseServiceClient,
        support_request_service_client::SupportRequestServiceClient,
        visit_service_client::VisitServiceClient,
    },
};

/// Which kind of records a command means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Enterprises.
    Enterprise,
    /// Visits.
    Visit,
    /// Support requests.
    Request,
}

impl Kind {
    fn collection(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprises",
            Self::Visit => "visits",
            Self::Request => "requests",
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Enterprise => {
                &["id", "enterprise_name", "region", "filiere", "size", "registered_on"]
            }
            Self::Visit => &["id", "enterprise", "visited_on", "purpose", "referent"],
            Self::Request => {
                &["id", "enterprise", "received_on", "theme", "state", "first_answered_on"]
            }
        }
    }
}

/// Runs one of the commands.
pub(super) fn run(kind: Kind, command: &RecordCommand) -> anyhow::Result<Done> {
    match command {
        RecordCommand::Get(args) => call::block_on(get(kind, args)),
        RecordCommand::List(args) => call::block_on(list(kind, args)),
    }
}

async fn get(kind: Kind, args: &GetArgs) -> anyhow::Result<Done> {
    let channel = call::connect(&args.call.profile).await?;
    let name = format!("{}/{}", kind.collection(), args.id);
    let fields = match kind {
        Kind::Enterprise => {
            let request = GetEnterpriseRequest { name };
            let called = EnterpriseServiceClient::new(channel).get_enterprise(request).await;
            enterprise(call::answer(called)?.enterprise.unwrap_or_default())
        }
        Kind::Visit => {
            let called = VisitServiceClient::new(channel).get_visit(GetVisitRequest { name }).await;
            visit(call::answer(called)?.visit.unwrap_or_default())
        }
        Kind::Request => {
            let request = GetSupportRequestRequest { name };
            let called =
                SupportRequestServiceClient::new(channel).get_support_request(request).await;
            support_request(call::answer(called)?.request.unwrap_or_default())
        }
    };
    output::one(args.call.format, fields)?;
    Ok(Done::Yes)
}

async fn list(kind: Kind, args: &ListArgs) -> anyhow::Result<Done> {
    let channel = call::connect(&args.call.profile).await?;
    let rows_max = args.rows as usize;
    let mut rows = Vec::new();
    let mut page_token = String::new();
    while rows.len() < rows_max {
        let (page, next) = page(kind, channel.clone(), page_token).await?;
        rows.extend(page);
        page_token = next;
        if page_token.is_empty() {
            break;
        }
    }
    rows.truncate(rows_max);
    output::list(args.call.format, rows, kind.columns())?;
    Ok(Done::Yes)
}

/// One page, and the token of the next one.
async fn page(
    kind: Kind,
    channel: Channel,
    page_token: String,
) -> anyhow::Result<(Vec<Fields>, String)> {
    let page_size = PAGE_ROWS;
    let enterprise_name = String::new();
    Ok(match kind {
        Kind::Enterprise => {
            let request = ListEnterprisesRequest { page_size, page_token };
            let called = EnterpriseServiceClient::new(channel).list_enterprises(request).await;
            let page = call::answer(called)?;
            (page.enterprises.into_iter().map(enterprise).collect(), page.next_page_token)
        }
        Kind::Visit => {
            let request = ListVisitsRequest { enterprise: enterprise_name, page_size, page_token };
            let page = call::answer(VisitServiceClient::new(channel).list_visits(request).await)?;
            (page.visits.into_iter().map(visit).collect(), page.next_page_token)
        }
        Kind::Request => {
            let request =
                ListSupportRequestsRequest { enterprise: enterprise_name, page_size, page_token };
            let mut client = SupportRequestServiceClient::new(channel);
            let page = call::answer(client.list_support_requests(request).await)?;
            (page.requests.into_iter().map(support_request).collect(), page.next_page_token)
        }
    })
}

/// The identifier within a resource name.
fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn enterprise(record: Enterprise) -> Fields {
    let size_rule = match record.size_rule() {
        SizeRule::Unspecified | SizeRule::None => "none",
        SizeRule::Declared => "declared",
        SizeRule::Headcount => "headcount",
        SizeRule::Turnover => "turnover",
    };
    let identity = record.identity.unwrap_or_default();
    vec![
        ("id", json!(id(&record.name))),
        ("etag", json!(record.etag)),
        ("region", json!(record.region)),
        ("filiere", json!(record.filiere)),
        ("citi_group", json!(record.citi_group)),
        ("size", json!(record.size)),
        ("size_rule", json!(size_rule)),
        ("headcount", json!(record.headcount)),
        ("turnover_minor", json!(record.turnover_minor)),
        ("sex", json!(record.sex)),
        ("status", json!(record.status)),
        ("registered_on", json!(record.registered_on)),
        ("enterprise_name", json!(identity.name)),
        ("head_name", json!(identity.head_name)),
        ("telephones", json!(identity.telephones)),
        ("email", json!(identity.email)),
        ("locality", json!(identity.locality)),
        ("latitude_microdegrees", json!(identity.latitude_microdegrees)),
        ("longitude_microdegrees", json!(identity.longitude_microdegrees)),
        ("registration_number", json!(identity.registration_number)),
        ("remarks", json!(identity.remarks)),
    ]
}

fn visit(record: Visit) -> Fields {
    let identity = record.identity.unwrap_or_default();
    vec![
        ("id", json!(id(&record.name))),
        ("etag", json!(record.etag)),
        ("enterprise", json!(id(&record.enterprise))),
        ("visited_on", json!(record.visited_on)),
        ("purpose", json!(record.purpose)),
        ("referent", json!(identity.referent)),
        ("remarks", json!(identity.remarks)),
    ]
}

fn support_request(record: SupportRequest) -> Fields {
    let state = match record.state() {
        RequestState::Unspecified => "unspecified",
        RequestState::Received => "received",
        RequestState::Assigned => "assigned",
        RequestState::Escalated => "escalated",
        RequestState::Answered => "answered",
        RequestState::Closed => "closed",
    };
    let identity = record.identity.unwrap_or_default();
    vec![
        ("id", json!(id(&record.name))),
        ("etag", json!(record.etag)),
        ("enterprise", json!(id(&record.enterprise))),
        ("received_on", json!(record.received_on)),
        ("channel", json!(record.channel)),
        ("theme", json!(record.theme)),
        ("state", json!(state)),
        ("assigned_on", json!(record.assigned_on)),
        ("escalated_on", json!(record.escalated_on)),
        ("first_answered_on", json!(record.first_answered_on)),
        ("closed_on", json!(record.closed_on)),
        ("referent", json!(identity.referent)),
        ("question", json!(identity.question)),
    ]
}
