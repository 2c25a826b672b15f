//! `essaim quarantine`.

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
        let request = DiscardQuarantinedRequest { name: name.clone() };
        call::answer(client.discard_quarantined(request).await)?;
        discarded.push(vec![("discarded", json!(name))]);
    }
    output::list(args.call.format, discarded, &["discarded"])?;
    Ok(Done::Yes)
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
