//! `essaim journal`: who did what to the hub's records.

use serde_json::json;

use crate::{
    cli::{
        Done,
        args::{
            Format,
            journal::{JournalCommand, JournalListArgs, JournalVerifyArgs, KeptHead},
        },
        call::{self, PAGE_ROWS},
        output::{self, Fields},
    },
    records::error::RecordError,
    wire::generated::hub::{
        JournalEntry, JournalFault, JournalHead, ListJournalEntriesRequest, VerifyJournalRequest,
        journal_service_client::JournalServiceClient,
    },
};

/// Columns of the table.
const COLUMNS: [&str; 5] = ["number", "day", "actor", "action", "records"];
/// Most records of one entry that a table names.
const NAMED_MAX: usize = 3;

/// Runs one of the commands.
pub(super) fn run(command: &JournalCommand) -> anyhow::Result<Done> {
    call::block_on(async {
        match command {
            JournalCommand::List(args) => list(args).await,
            JournalCommand::Verify(args) => verify(args).await,
        }
    })
}

async fn list(args: &JournalListArgs) -> anyhow::Result<Done> {
    let mut client = JournalServiceClient::new(call::connect(&args.call.reach, call::QUICK).await?);
    let rows_max = args.rows as usize;
    let first = match args.from {
        Some(number) => number,
        None => {
            let request = ListJournalEntriesRequest { page_size: 1, ..Default::default() };
            let page = call::answer(client.list_journal_entries(request).await)?;
            page.entries_total.saturating_sub(args.rows.into())
        }
    };
    let mut entries = Vec::new();
    let mut page_token = String::new();
    // Up to one more than is shown, which tells that there are more.
    while entries.len() <= rows_max {
        let request = ListJournalEntriesRequest { first, page_size: PAGE_ROWS, page_token };
        let page = call::answer(client.list_journal_entries(request).await)?;
        entries.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let more = entries.len() > rows_max;
    entries.truncate(rows_max);
    let shown = entries.len();
    let rows = entries.into_iter().map(|entry| fields(entry, args.call.format)).collect();
    output::list(args.call.format, rows, &COLUMNS)?;
    output::tell_more(shown, more);
    Ok(Done::Yes)
}

fn fields(entry: JournalEntry, format: Format) -> Fields {
    let JournalEntry { number, day, actor, action, records, previous_hash } = entry;
    let records = match format {
        Format::Json => records
            .into_iter()
            .map(|record| json!({ "name": record.name, "revision": record.revision }))
            .collect(),
        Format::Table => {
            let count = records.len();
            let mut names: Vec<_> =
                records.into_iter().take(NAMED_MAX).map(|record| record.name).collect();
            if count > NAMED_MAX {
                names.push(format!("… {count} in all"));
            }
            json!(names)
        }
    };
    vec![
        ("number", json!(number)),
        ("day", json!(day)),
        ("actor", json!(actor)),
        ("action", json!(action)),
        ("records", records),
        ("previous_hash", json!(hex(&previous_hash))),
    ]
}

/// Verifies. The answer is no when the journal is not whole, or not the one whose head was kept.
async fn verify(args: &JournalVerifyArgs) -> anyhow::Result<Done> {
    let mut client = JournalServiceClient::new(call::connect(&args.call.reach, call::LONG).await?);
    let kept =
        args.kept.map(|KeptHead { entries, hash }| JournalHead { entries, hash: hash.to_vec() });
    let answer = call::answer(client.verify_journal(VerifyJournalRequest { kept }).await)?;
    let head = answer.head.as_ref().and_then(|JournalHead { entries, hash }| {
        Some(KeptHead { entries: *entries, hash: hash.as_slice().try_into().ok()? })
    });
    let Some(head) = head else {
        let found = match answer.fault() {
            JournalFault::Rewritten => {
                RecordError::JournalRewritten { entries: args.kept.map_or(0, |kept| kept.entries) }
            }
            JournalFault::Broken | JournalFault::Unspecified => {
                RecordError::JournalBroken { entry: answer.entry }
            }
        };
        eprintln!("{found}");
        return Ok(Done::No);
    };
    let hash = hex(&head.hash);
    output::one(
        args.call.format,
        vec![
            ("entries", json!(head.entries)),
            ("hash", json!(hash)),
            ("kept", json!(head.to_string())),
        ],
    )?;
    Ok(Done::Yes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
