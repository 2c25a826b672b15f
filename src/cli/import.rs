//! `essaim import` and `essaim quarantine`.

use std::{fs, path::Path};

use anyhow::Context;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt};
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::{Format, calls::ImportArgs, records::ListArgs},
        call::{self, PAGE_ROWS},
        output::{self, Fields},
    },
    wire::generated::hub::{
        ImportHeader, ImportRequest, ImportResponse, ListQuarantineRequest, QuarantinedRow,
        RowFault, import_request::Piece, import_service_client::ImportServiceClient,
    },
};

/// Bytes of a file sent in one message; the protocol allows as many.
const PIECE_BYTES: usize = 256 * 1024;

/// Imports a file. The answer is no when rows went to quarantine.
pub(super) fn run(args: &ImportArgs) -> anyhow::Result<Done> {
    let header = ImportHeader {
        mapping: read(&args.mapping)?,
        kind: args.kind.word().into(),
        dry_run: args.dry_run,
        language: args.language.tag().into(),
    };
    let report = call::block_on(async {
        let context = || format!("Cannot read {}", args.file.display());
        let file = tokio::fs::File::open(&args.file).await.with_context(context)?;
        let progress = progress(file.metadata().await.with_context(context)?.len());
        let channel = call::connect(&args.call.reach, call::LONG).await?;
        let report = send(channel, header, file, progress.clone()).await;
        progress.finish_and_clear();
        report
    })?;
    match args.call.format {
        Format::Table => output::line(report.text.trim_end())?,
        Format::Json => output::json(&report_json(&report))?,
    }
    Ok(if report.quarantined == 0 { Done::Yes } else { Done::No })
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("Cannot read {}", file.display()))
}

fn progress(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    // The template is constant, and a test sees the bar drawn.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// Streams `source` to a node's import service.
pub(super) async fn send(
    channel: Channel,
    header: ImportHeader,
    source: impl AsyncRead + Unpin + Send + 'static,
    progress: ProgressBar,
) -> anyhow::Result<ImportResponse> {
    let first = ImportRequest { piece: Some(Piece::Header(header)) };
    let pieces = stream::unfold((Some(first), source), move |(first, mut source)| {
        let progress = progress.clone();
        async move {
            if let Some(first) = first {
                return Some((first, (None, source)));
            }
            let mut bytes = Vec::with_capacity(PIECE_BYTES);
            // A file that cannot be read on ends the stream; the node then reports fewer rows
            // than the file has, and what it has taken stays correct.
            let count =
                (&mut source).take(PIECE_BYTES as u64).read_to_end(&mut bytes).await.ok()?;
            progress.inc(count as u64);
            let piece = ImportRequest { piece: Some(Piece::Bytes(bytes)) };
            (count > 0).then_some((piece, (None, source)))
        }
    });
    Ok(call::answer(ImportServiceClient::new(channel).import(pieces).await)?)
}

fn report_json(report: &ImportResponse) -> Value {
    let rows = report.quarantined_rows.iter().map(|row| {
        Value::Object(row_fields(row).into_iter().map(|(key, value)| (key.into(), value)).collect())
    });
    json!({
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "quarantined_rows": rows.collect::<Vec<_>>(),
    })
}

fn row_fields(row: &QuarantinedRow) -> Fields {
    let QuarantinedRow { name, line, row, faults } = row;
    let all = |part: fn(&RowFault) -> &String| json!(faults.iter().map(part).collect::<Vec<_>>());
    vec![
        ("name", json!(name)),
        ("line", json!(line)),
        ("columns", all(|fault| &fault.column)),
        ("keys", all(|fault| &fault.key)),
        ("reasons", all(|fault| &fault.reason)),
        ("remedies", all(|fault| &fault.remedy)),
        ("row", json!(row)),
    ]
}

/// Lists rows that still wait. The answer is no when there are any.
pub(super) fn quarantine(args: &ListArgs) -> anyhow::Result<Done> {
    let rows = call::block_on(async {
        let mut client =
            ImportServiceClient::new(call::connect(&args.call.reach, call::QUICK).await?);
        let mut rows = Vec::new();
        let mut page_token = String::new();
        while rows.len() < args.rows as usize {
            let request =
                ListQuarantineRequest { page_size: PAGE_ROWS, page_token, language: "fr".into() };
            let page = call::answer(client.list_quarantine(request).await)?;
            rows.extend(page.rows);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        rows.truncate(args.rows as usize);
        Ok(rows)
    })?;
    let answer = if rows.is_empty() { Done::Yes } else { Done::No };
    let fields = rows.iter().map(row_fields).collect();
    output::list(args.call.format, fields, &["name", "line", "columns", "reasons", "remedies"])?;
    Ok(answer)
}
