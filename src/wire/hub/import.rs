//! Imports and quarantine.

use tonic::Status;
use tonic_types::{ErrorInfo, StatusExt};

use crate::{
    base::language::Language,
    codes::messages,
    intake::{
        fault::Fault,
        mapping::{Mapping, MappingFault},
        quarantine::{QuarantineEntry, QuarantinedRow},
        report::Report,
    },
    wire::{
        generated::hub as pb,
        parse::{self, Invalid},
    },
};

/// What an import's first message says.
pub struct Header {
    /// How the file is read.
    pub mapping: Mapping,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// Language of the report.
    pub language: Language,
    /// Size of the file, in bytes.
    pub file_bytes: u64,
}

/// Most faults of a mapping that are told at once.
const MAPPING_FAULTS_MAX: usize = 20;

/// The first message of an import.
pub fn header_from_wire(header: pb::ImportHeader) -> Result<Header, Invalid> {
    let pb::ImportHeader { mapping, kind, dry_run, language, file_bytes } = header;
    let language = parse::language(&language)?;
    let mapping = Mapping::from_toml(&mapping).map_err(|faults| mapping_faults(&faults))?;
    if !kind.is_empty() && kind != mapping.kind.name() {
        let problem = format!("the mapping is for {}", mapping.kind.name());
        return Err(Invalid::new("header.kind", problem));
    }
    Ok(Header { mapping, dry_run, language, file_bytes })
}

/// Faults of a mapping as one: the sender wrote it, so that it may be quoted.
pub fn mapping_faults(faults: &[MappingFault]) -> Invalid {
    let texts: Vec<_> = faults.iter().take(MAPPING_FAULTS_MAX).map(ToString::to_string).collect();
    Invalid::new("header.mapping", texts.join("; "))
}

/// What is said of a file of more bytes than the node takes.
pub fn too_large(bytes_max: u64, language: Language) -> String {
    messages::text(language, "intake-file-too-large", &[("bytes_max", bytes_max.to_string())])
}

/// The status of an import that stopped after it had dealt with some rows.
pub fn stopped(status: Status, rows_settled: u64, language: Language) -> Status {
    let mut details = status.get_error_details();
    let info = details.error_info().filter(|_| rows_settled > 0).cloned();
    let Some(ErrorInfo { reason, domain, mut metadata }) = info else { return status };
    metadata.insert("rows_settled".into(), rows_settled.to_string());
    details.set_error_info(reason, domain, metadata);
    let settled = [("rows", rows_settled.to_string())];
    let settled = messages::text(language, "intake-file-stopped", &settled);
    let message = format!("{}. {settled}", status.message());
    Status::with_error_details(status.code(), message, details)
}

/// A report as sent.
pub fn report_to_wire(report: Report, language: Language) -> pb::ImportResponse {
    let text = report.render(language);
    let Report {
        dry_run,
        rows,
        created,
        updated,
        unchanged,
        quarantined_count,
        quarantined,
        columns_unused,
        encoding,
        delimiter,
    } = report;
    let row = |entry| row_to_wire(String::new(), entry, language);
    pb::ImportResponse {
        rows,
        created,
        updated,
        unchanged,
        quarantined: quarantined_count,
        quarantined_rows: quarantined.into_iter().map(row).collect(),
        text,
        dry_run,
        columns_unused,
        encoding: encoding.into(),
        delimiter: delimiter.into(),
    }
}

/// A row in quarantine as sent.
pub fn quarantined_to_wire(row: QuarantinedRow, language: Language) -> pb::QuarantinedRow {
    let QuarantinedRow { id, entry } = row;
    row_to_wire(id.to_string(), entry, language)
}

fn row_to_wire(name: String, entry: QuarantineEntry, language: Language) -> pb::QuarantinedRow {
    let QuarantineEntry { line, text, faults, repetitions } = entry;
    let fault = |fault: Fault| {
        let (reason, remedy) = (fault.reason(language), fault.remedy(language));
        let Fault { column, key, arguments: _ } = fault;
        pb::RowFault { column, key, reason, remedy }
    };
    let faults = faults.into_iter().map(fault).collect();
    pb::QuarantinedRow { name, line, row: text, faults, repetitions }
}
