//! `essaim quarantine`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::calls::{DiscardRowsArgs, QuarantineCommand, QuarantineListArgs},
        call::{self, PAGE_ROWS},
        output::{self, Fields},
    },
    wire::generated::hub::{
        DiscardQuarantinedRequest, ListQuarantineRequest, QuarantinedRow, RowFault,
        import_service_client::ImportServiceClient,
    },
};

/// Columns of the table.
const COLUMNS: [&str; 6] = ["name", "line", "repetitions", "columns", "reasons", "remedies"];

/// Runs one of the commands.
pub(super) fn run(command: &QuarantineCommand) -> anyhow::Result<Done> {
    let reach = match command {
        QuarantineCommand::List(args) => &args.list.call.reach,
        QuarantineCommand::Discard(args) => &args.call.reach,
    };
    call::block_on(async {
        let client = ImportServiceClient::new(call::connect(reach, call::QUICK).await?);
        match command {
            QuarantineCommand::List(args) => list(client, args).await,
            QuarantineCommand::Discard(args) if args.names.is_empty() => {
                discard_all(client, args).await
            }
            QuarantineCommand::Discard(args) => discard(client, args).await,
        }
    })
}

/// Lists rows that still wait. The answer is no when there are any.
async fn list(
    mut client: ImportServiceClient<Channel>,
    args: &QuarantineListArgs,
) -> anyhow::Result<Done> {
    let QuarantineListArgs { language, list } = args;
    let rows_max = list.rows as usize;
    let mut rows = Vec::new();
    let mut page_token = String::new();
    // Up to one row more than is shown, which tells that there are more.
    while rows.len() <= rows_max {
        let language = language.tag().into();
        let request = ListQuarantineRequest { page_size: PAGE_ROWS, page_token, language };
        let page = call::answer(client.list_quarantine(request).await)?;
        rows.extend(page.rows);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let more = rows.len() > rows_max;
    rows.truncate(rows_max);
    let answer = if rows.is_empty() { Done::Yes } else { Done::No };
    output::list(list.call.format, rows.iter().map(row_fields).collect(), &COLUMNS)?;
    output::tell_more(rows.len(), more);
    Ok(answer)
}

/// Removes rows that are never to be imported, one after the other. It stops at the first that
/// cannot be removed.
async fn discard(
    mut client: ImportServiceClient<Channel>,
    args: &DiscardRowsArgs,
) -> anyhow::Result<Done> {
    let mut discarded = Vec::new();
    for name in &args.names {
        let request = DiscardQuarantinedRequest { name: name.clone(), names: Vec::new() };
        call::answer(client.discard_quarantined(request).await)?;
        discarded.push(vec![("discarded", json!(name))]);
    }
    output::list(args.call.format, discarded, &["discarded"])?;
    Ok(Done::Yes)
}

/// Removes all rows, or all of one source; or only counts them, which is a no.
async fn discard_all(
    mut client: ImportServiceClient<Channel>,
    args: &DiscardRowsArgs,
) -> anyhow::Result<Done> {
    let mut rows_by_source: BTreeMap<String, u64> = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let language = String::new();
        let request = ListQuarantineRequest { page_size: PAGE_ROWS, page_token, language };
        let page = call::answer(client.list_quarantine(request).await)?;
        let mut names = Vec::new();
        for row in page.rows {
            let source = row.name.rsplit_once('/').map_or("", |(source, _)| source);
            if args.source.as_deref().is_none_or(|wanted| wanted == source) {
                *rows_by_source.entry(source.into()).or_default() += 1;
                names.push(row.name);
            }
        }
        if args.yes && !names.is_empty() {
            // One that was imported meanwhile is not there any more, which is as good.
            let request = DiscardQuarantinedRequest { name: String::new(), names };
            call::answer(client.discard_quarantined(request).await)?;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    tell_discarded(args, &rows_by_source)
}

fn tell_discarded(
    args: &DiscardRowsArgs,
    rows_by_source: &BTreeMap<String, u64>,
) -> anyhow::Result<Done> {
    let rows = rows_by_source.iter().map(|(source, rows)| {
        vec![("source", json!(source)), ("rows", json!(rows)), ("discarded", json!(args.yes))]
    });
    output::list(args.call.format, rows.collect(), &["source", "rows", "discarded"])?;
    if let (Some(source), true) = (&args.source, rows_by_source.is_empty()) {
        eprintln!("No row of the source {source} waits; `quarantine list` shows those that do");
        return Ok(Done::No);
    }
    if rows_by_source.is_empty() || args.yes {
        return Ok(Done::Yes);
    }
    let count: u64 = rows_by_source.values().sum();
    eprintln!("Nothing was discarded. To discard {count} row(s), add --yes");
    Ok(Done::No)
}

/// A row in quarantine as it is printed.
pub(super) fn row_fields(row: &QuarantinedRow) -> Fields {
    let QuarantinedRow { name, line, row, faults, repetitions } = row;
    let all = |part: fn(&RowFault) -> &String| -> Value {
        json!(faults.iter().map(part).collect::<Vec<_>>())
    };
    vec![
        ("name", json!(name)),
        ("line", json!(line)),
        ("repetitions", json!(repetitions)),
        ("columns", all(|fault| &fault.column)),
        ("keys", all(|fault| &fault.key)),
        ("reasons", all(|fault| &fault.reason)),
        ("remedies", all(|fault| &fault.remedy)),
        ("row", json!(row)),
    ]
}
