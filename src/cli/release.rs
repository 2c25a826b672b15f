//! `essaim release`.

use serde_json::{Value, json};
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::{CallArgs, Format, calls::ReleaseCommand},
        call::{self, PAGE_ROWS},
        output::{self, Fields, Listing},
    },
    wire::generated::hub::{
        ApproveReleaseRequest, AuditReport, CellMark, DiscardReleaseRequest, DraftReleaseRequest,
        GetReleaseRequest, ListReleaseCellsRequest, ListReleasesRequest, PublishReleaseRequest,
        Release, ReleaseCell, ReleaseState, ReleaseTable, WithholdReleaseRequest, Withholding,
        release_service_client::ReleaseServiceClient,
    },
};

/// Runs one of the commands.
pub(super) fn run(command: &ReleaseCommand) -> anyhow::Result<Done> {
    let (call, usual) = match command {
        ReleaseCommand::Draft(args) => (&args.call, call::LONG),
        ReleaseCommand::Withhold(args) => (&args.draft.call, call::LONG),
        ReleaseCommand::List(call) => (call, call::QUICK),
        ReleaseCommand::Approve(args) | ReleaseCommand::Publish(args) => (&args.call, call::LONG),
        ReleaseCommand::Show(args) => (&args.release.call, call::QUICK),
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
    let release = match command {
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
            call::answer(client.draft_release(request).await)?.release
        }
        ReleaseCommand::Withhold(args) => {
            let request = WithholdReleaseRequest {
                period: args.draft.period.to_string(),
                reason: args.reason.clone(),
                allow_skipping_earlier: args.draft.skip_earlier,
            };
            call::answer(client.withhold_release(request).await)?.release
        }
        ReleaseCommand::Show(args) if args.cells => {
            return cells(client, call, name(&args.release.id)).await;
        }
        ReleaseCommand::Show(args) => {
            let request = GetReleaseRequest { name: name(&args.release.id) };
            call::answer(client.get_release(request).await)?.release
        }
        ReleaseCommand::Approve(args) => {
            let request = ApproveReleaseRequest { name: name(&args.id) };
            call::answer(client.approve_release(request).await)?.release
        }
        ReleaseCommand::Publish(args) => {
            let request = PublishReleaseRequest { name: name(&args.id) };
            call::answer(client.publish_release(request).await)?.release
        }
    };
    review(call.format, &release.unwrap_or_default())?;
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

async fn cells(
    mut client: ReleaseServiceClient<Channel>,
    call: &CallArgs,
    parent: String,
) -> anyhow::Result<Done> {
    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let parent = parent.clone();
        let request = ListReleaseCellsRequest { parent, page_size: PAGE_ROWS, page_token };
        let page = call::answer(client.list_release_cells(request).await)?;
        rows.extend(page.cells.iter().map(cell));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    output::list(call.format, rows, &["population", "period", "cell", "mark"])?;
    Ok(Done::Yes)
}

fn cell(cell: &ReleaseCell) -> Fields {
    let mark = match cell.mark() {
        CellMark::Unspecified => "unspecified",
        CellMark::Published => "published",
        CellMark::HiddenPrimary => "hidden_primary",
        CellMark::HiddenSecondary => "hidden_secondary",
    };
    vec![
        ("population", json!(cell.population)),
        ("period", json!(cell.period)),
        ("cell", json!(cell.key.join(" "))),
        ("mark", json!(mark)),
    ]
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

/// What a steward must see before approving: what is hidden, what is kept, what the audit ran.
fn review(format: Format, release: &Release) -> anyhow::Result<()> {
    if format == Format::Json {
        let mut fields = head(release);
        fields.push(("skipped_periods", json!(release.skipped_periods)));
        let withholding = release.withholding.as_ref().map(withholding_json);
        fields.push(("withholding", json!(withholding)));
        let tables: Vec<Value> = release.tables.iter().map(table_json).collect();
        let audit = release.audit.as_ref().map(|audit| output::object(audit_fields(audit)));
        fields.extend([("tables", json!(tables)), ("audit", json!(audit))]);
        return output::one(format, fields);
    }
    let mut fields = head(release);
    if !release.skipped_periods.is_empty() {
        fields.push(("skipped_periods", json!(release.skipped_periods.join(", "))));
    }
    output::one(format, fields)?;
    output::line("")?;
    if let Some(withholding) = &release.withholding {
        print_withholding(withholding)?;
    }
    let mut listing =
        Listing::new(&["table", "by", "period", "cells", "hidden", "kept in inner cells"]);
    for table in &release.tables {
        let kept = table
            .measures
            .iter()
            .map(|measure| format!("{} {} %", measure.measure, measure.kept_percent));
        listing.row([
            table.population.clone(),
            table.dimensions.join(" × "),
            table.period.clone(),
            table.cells.to_string(),
            table.hidden_cells.to_string(),
            kept.collect::<Vec<_>>().join(", "),
        ]);
    }
    listing.print()?;
    match &release.audit {
        Some(audit) => {
            output::line("")?;
            output::one(format, audit_fields(audit))?;
            output::line("")?;
            output::line(&outcome(release, audit))
        }
        None => Ok(()),
    }
}

/// Why a release is withheld, and what must be looked into.
fn print_withholding(withholding: &Withholding) -> anyhow::Result<()> {
    let Withholding { reason, cause, exposed_cells, unproven_cells } = withholding;
    output::one(Format::Table, vec![("reason", json!(reason)), ("cause", json!(cause))])?;
    let lists = [
        ("INCIDENT: given away by earlier releases, whatever is withheld now", exposed_cells),
        ("Not shown to be protected; later releases are held to it", unproven_cells),
    ];
    for (heading, cells) in lists.into_iter().filter(|(_, cells)| !cells.is_empty()) {
        output::line(&format!("{heading}:"))?;
        cells.iter().try_for_each(|cell| output::line(&format!("  {cell}")))?;
    }
    output::line("")
}

fn withholding_json(withholding: &Withholding) -> Value {
    let Withholding { reason, cause, exposed_cells, unproven_cells } = withholding;
    json!({
        "reason": reason,
        "cause": cause,
        "exposed_cells": exposed_cells,
        "unproven_cells": unproven_cells,
    })
}

/// The audit in a sentence.
fn outcome(release: &Release, audit: &AuditReport) -> String {
    let AuditReport { sensitive_cells, hidden_cells, cells, proven, lowered, .. } = audit;
    let outcome = match &release.withholding {
        None => format!(
            "The audit passed: with {hidden_cells} of {cells} cells hidden, none of the \
             {sensitive_cells} sensitive ones can be deduced from what is published now or was \
             before ({proven} demands proven)."
        ),
        Some(withholding) if withholding.exposed_cells.is_empty() => format!(
            "Withheld as a whole: none of the {cells} cells is published ({proven} demands proven)."
        ),
        Some(_) => "Withheld as a whole, but earlier releases give cells away: see the incident \
                    above."
            .into(),
    };
    match lowered {
        0 => outcome,
        _ => format!(
            "{outcome} {lowered} demands ask for less than the rules: zeros and earlier releases \
             bound these values from below, whatever is hidden."
        ),
    }
}

/// What the audit ran: numbers only, no value of any cell.
fn audit_fields(audit: &AuditReport) -> Fields {
    vec![
        ("attackers", json!(audit.attackers)),
        ("cells", json!(audit.cells)),
        ("hidden_cells", json!(audit.hidden_cells)),
        ("sensitive_cells", json!(audit.sensitive_cells)),
        ("demands_proven", json!(audit.proven)),
        ("demands_lowered", json!(audit.lowered)),
        ("counter_examples", json!(audit.counter_examples)),
        ("relations", json!(audit.relations)),
        ("relations_broken", json!(audit.relations_broken)),
    ]
}

fn table_json(table: &ReleaseTable) -> Value {
    let measures = table
        .measures
        .iter()
        .map(|measure| json!({ "measure": measure.measure, "kept_percent": measure.kept_percent }));
    json!({
        "population": table.population,
        "period": table.period,
        "dimensions": table.dimensions,
        "cells": table.cells,
        "hidden_cells": table.hidden_cells,
        "measures": measures.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_is_told_in_a_sentence_that_does_not_hide_an_incident() {
        let audit =
            AuditReport { cells: 20, hidden_cells: 6, sensitive_cells: 2, ..Default::default() };
        let told = |release: &Release, lowered: u64| {
            outcome(release, &AuditReport { lowered, ..audit.clone() })
        };
        let passed = told(&Release::default(), 0);
        assert!(passed.contains("passed: with 6 of 20 cells hidden, none of the 2 sensitive"));
        assert!(!passed.contains("ask for less"), "{passed}");
        assert!(told(&Release::default(), 3).contains("3 demands ask for less"));
        let withheld = |cells: &[&str]| Release {
            withholding: Some(Withholding {
                exposed_cells: cells.iter().map(ToString::to_string).collect(),
                ..Default::default()
            }),
            ..Default::default()
        };
        assert!(told(&withheld(&[]), 0).contains("none of the 20 cells is published"));
        assert!(told(&withheld(&["visits 2025-Q1"]), 0).contains("incident"));
    }
}
