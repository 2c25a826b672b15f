//! `essaim release`.

mod figures;
mod findings;
mod review;
mod words;

use serde_json::json;
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::{
            CallArgs, Format,
            calls::{ReleaseCommand, ReviewArgs},
        },
        call::{self, PAGE_ROWS},
        output::{self, Fields},
        release::words::Words,
    },
    wire::generated::hub::{
        ApproveReleaseRequest, DiscardReleaseRequest, DraftReleaseRequest, GetReleaseRequest,
        ListReleasesRequest, PublishReleaseRequest, Release, ReleaseState, WithholdReleaseRequest,
        release_service_client::ReleaseServiceClient,
    },
};

/// Runs one of the commands.
pub(super) fn run(command: &ReleaseCommand) -> anyhow::Result<Done> {
    let (call, usual) = match command {
        ReleaseCommand::Draft(args) => (&args.call, call::LONG),
        ReleaseCommand::Withhold(args) => (&args.draft.call, call::LONG),
        ReleaseCommand::List(call) => (call, call::QUICK),
        ReleaseCommand::Approve(args) | ReleaseCommand::Publish(args) => {
            (&args.release.call, call::LONG)
        }
        ReleaseCommand::Show(args) => (&args.reviewed.release.call, call::QUICK),
        ReleaseCommand::Discard(args) => (&args.call, call::QUICK),
    };
    call::block_on(async {
        let client = ReleaseServiceClient::new(call::connect(&call.reach, usual).await?);
        run_with(command, client, call).await
    })
}

async fn run_with(
    command: &ReleaseCommand,
    mut client: ReleaseServiceClient<Channel>,
    call: &CallArgs,
) -> anyhow::Result<Done> {
    let (language, release) = match command {
        ReleaseCommand::List(_) => return list(client, call).await,
        ReleaseCommand::Discard(args) => {
            let request = DiscardReleaseRequest { name: name(&args.id) };
            call::answer(client.discard_release(request).await)?;
            match call.format {
                Format::Table => output::line(&format!("Discarded {}", name(&args.id)))?,
                Format::Json => output::json(&json!({ "discarded": name(&args.id) }))?,
            }
            return Ok(Done::Yes);
        }
        ReleaseCommand::Draft(args) => {
            let request = DraftReleaseRequest {
                period: args.period.to_string(),
                allow_skipping_earlier: args.skip_earlier,
            };
            (args.language, call::answer(client.draft_release(request).await)?.release)
        }
        ReleaseCommand::Withhold(args) => {
            let request = WithholdReleaseRequest {
                period: args.draft.period.to_string(),
                reason: args.reason.clone(),
                allow_skipping_earlier: args.draft.skip_earlier,
            };
            (args.draft.language, call::answer(client.withhold_release(request).await)?.release)
        }
        ReleaseCommand::Show(args) => {
            let ReviewArgs { release, language } = &args.reviewed;
            let name = name(&release.id);
            let (format, words) = (call.format, Words(*language));
            let shown = figures::Shown { format, words, hidden_only: args.hidden };
            if args.figures {
                figures::list_figures(client, shown, name).await?;
                return Ok(Done::Yes);
            }
            if args.cells || args.hidden {
                figures::list_cells(client, shown, name).await?;
                return Ok(Done::Yes);
            }
            let request = GetReleaseRequest { name };
            (*language, call::answer(client.get_release(request).await)?.release)
        }
        ReleaseCommand::Approve(args) => {
            let request = ApproveReleaseRequest { name: name(&args.release.id) };
            (args.language, call::answer(client.approve_release(request).await)?.release)
        }
        ReleaseCommand::Publish(args) => {
            let request = PublishReleaseRequest { name: name(&args.release.id) };
            (args.language, call::answer(client.publish_release(request).await)?.release)
        }
    };
    review::print(call.format, &release.unwrap_or_default(), Words(language))?;
    Ok(Done::Yes)
}

/// The resource name, whether or not it was typed in full.
fn name(id: &str) -> String {
    if id.starts_with("releases/") { id.into() } else { format!("releases/{id}") }
}

async fn list(mut client: ReleaseServiceClient<Channel>, call: &CallArgs) -> anyhow::Result<Done> {
    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListReleasesRequest { page_size: PAGE_ROWS, page_token };
        let page = call::answer(client.list_releases(request).await)?;
        rows.extend(page.releases.iter().map(head));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let columns = ["name", "period", "state", "drafted_by", "approved_by", "entry"];
    output::list(call.format, rows, &columns)?;
    Ok(Done::Yes)
}

fn state_word(state: ReleaseState) -> &'static str {
    match state {
        ReleaseState::Unspecified => "unspecified",
        ReleaseState::Audited => "audited",
        ReleaseState::Approved => "approved",
        ReleaseState::Publishing => "publishing",
        ReleaseState::Published => "published",
        ReleaseState::Withholding => "withholding",
        ReleaseState::Withheld => "withheld",
    }
}

fn head(release: &Release) -> Fields {
    vec![
        ("name", json!(release.name)),
        ("period", json!(release.period)),
        ("state", json!(state_word(release.state()))),
        ("drafted_by", json!(release.drafted_by)),
        ("approved_by", json!(release.approved_by)),
        ("published_by", json!(release.published_by)),
        ("entry", json!(release.entry)),
    ]
}
