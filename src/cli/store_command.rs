//! `essaim store`. `verify` reads everything in a stopped node's store and says what is missing or
//! older than it should be.
//!
//! Two checks: the store's tally of all it holds, and the journal of the records against the
//! records. The first finds everything, the second names the records. A node that runs holds the
//! lock of its store; then it is told so.
//!
//! `rebuild` has the next start compute again what is computed from the logs.

use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    base::clock::SystemClock,
    cli::{
        Done,
        args::{
            Format,
            local::{StoreCommand, StoreRebuildArgs, StoreVerifyArgs},
        },
        log::{self, Place},
        output::{self, Listing},
    },
    codes::embedded::Codes,
    node,
    records::repository::Repository,
    store::{
        SharedStore,
        inspection::{self, Finding, Reading},
        sled::{SledOptions, SledStore},
    },
};

/// Most records that are named for one node; of the others there is only the number.
const RECORDS_NAMED_MAX: usize = 100;

/// Whom the journal names when a loss is accepted.
const ACTOR: &str = "essaim store verify";

/// What was found at one node.
struct Report {
    node: String,
    pairs: u64,
    records: u64,
    findings: Vec<String>,
    /// Whether anything is lost, or cannot be read; else nothing but a snapshot is damaged.
    lost: bool,
}

/// Runs one of the commands.
pub(super) fn run(command: &StoreCommand) -> anyhow::Result<Done> {
    match command {
        StoreCommand::Verify(args) => verify(args),
        StoreCommand::Rebuild(args) => rebuild(args),
    }
}

fn rebuild(args: &StoreRebuildArgs) -> anyhow::Result<Done> {
    for place in log::places(&args.folder)? {
        let name = &place.name;
        let store = SledStore::open(&SledOptions::in_folder(&place.store))
            .map_err(|error| log::cannot_open(error, name))?;
        node::rebuild::request(&store)
            .with_context(|| format!("Cannot write the store of {name}"))?;
        output::line(&format!(
            "The next start of {name} computes its statistics and library again from its logs."
        ))?;
    }
    Ok(Done::Yes)
}

fn verify(args: &StoreVerifyArgs) -> anyhow::Result<Done> {
    let mut reports = Vec::new();
    for place in log::places(&args.folder)? {
        let name = place.name.clone();
        let report = verify_one(place, args.accept);
        reports.push(report.with_context(|| format!("Cannot verify the store of {name}"))?);
    }
    match args.format {
        Format::Table => print(&reports, args.accept)?,
        Format::Json => output::json(&reports.iter().map(to_json).collect())?,
    }
    let sound = reports.iter().all(|report| report.findings.is_empty());
    Ok(if sound { Done::Yes } else { Done::No })
}

/// Copies hold records like the store itself. One may be in use by another `verify`, so that none
/// is removed unasked.
fn tell_of_copies(place: &Place) {
    // Where one cannot look, there is no store either, as its opening tells next.
    for copy in inspection::left_over(&place.store).unwrap_or_default() {
        eprintln!("A verification that was cut short has left a copy of the store, which is as");
        eprintln!("confidential: if none is running, remove {}", copy.display());
    }
}

fn verify_one(place: Place, accept: bool) -> anyhow::Result<Report> {
    tell_of_copies(&place);
    let options = SledOptions::in_folder(&place.store);
    // Only what is accepted is changed: then sled drops what it cannot read.
    let opened = if accept { Reading::in_place(&options) } else { Reading::open(&options) };
    let reading = opened.map_err(|error| log::cannot_open(error, &place.name))?;
    let inspection = reading.store.inspect(reading.findings);
    let store = Arc::new(reading.store);
    let codes = Arc::new(Codes::embedded());
    let shared: SharedStore = store.clone();
    // No record is made or changed here, so that no region is held against the area.
    let area = "ZZ".parse()?;
    let repository = Repository::new(shared, Arc::new(SystemClock), codes, area);
    let mut faults = Vec::new();
    let records = repository.verify_records(&mut |fault| faults.push(fault));
    if accept && !(inspection.findings.is_empty() && faults.is_empty()) {
        store.accept(&inspection)?;
        repository.accept_loss(ACTOR, &faults)?;
    }
    let lost = !faults.is_empty() || !inspection.findings.iter().all(Finding::is_of_snapshot);
    let mut findings: Vec<_> = inspection.findings.iter().map(ToString::to_string).collect();
    findings.extend(faults.iter().take(RECORDS_NAMED_MAX).map(ToString::to_string));
    if faults.len() > RECORDS_NAMED_MAX {
        findings.push(format!("{} further records", faults.len() - RECORDS_NAMED_MAX));
    }
    let (records, lost) = match records {
        Ok(records) => (records, lost),
        Err(error) => {
            findings.push(error.to_string());
            (0, true)
        }
    };
    Ok(Report { node: place.name, pairs: inspection.found.pairs(), records, findings, lost })
}

fn print(reports: &[Report], accepted: bool) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["node", "pairs", "records", "findings"]);
    for report in reports {
        listing.row([
            report.node.clone(),
            report.pairs.to_string(),
            report.records.to_string(),
            report.findings.len().to_string(),
        ]);
    }
    listing.print()?;
    for report in reports {
        for finding in &report.findings {
            output::line(&format!("FINDING {}: {finding}", report.node))?;
        }
    }
    if reports.iter().any(|report| report.lost) {
        output::line(if accepted {
            "What is left of the store is accepted: the node starts with it."
        } else {
            "Restore the newest copy of the store's folder; or go on with what is left: \
             `essaim store verify --accept`, then import what is missing again."
        })?;
    }
    Ok(())
}

fn to_json(report: &Report) -> Value {
    json!({
        "node": report.node,
        "pairs": report.pairs,
        "records": report.records,
        "findings": report.findings,
    })
}
