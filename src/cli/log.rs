//! `essaim log verify`: reads and hashes every entry of a stopped node's logs again.
//!
//! Takes the folder of a node, its data folder, or the folder of a whole test federation. A node
//! that runs holds the lock of its store; then it is told so.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::{
    cli::{
        Done,
        args::{
            Format,
            local::{LogCommand, VerifyArgs},
        },
        output::{self, Listing},
        roster,
    },
    config::Config,
    keys::roster::Roster,
    log::check::{self, VerifyReport},
    store::{Store, StoreError, inspection::Reading, memory::MemoryStore, sled::SledOptions},
};

/// Where one node's store and logs lie.
pub(super) struct Place {
    /// The node's name.
    pub(super) name: String,
    /// The folder of its store.
    pub(super) store: PathBuf,
    /// The folder of its logs.
    pub(super) log: PathBuf,
    roster: Option<Roster>,
}

/// Runs one of the commands.
pub(super) fn run(command: &LogCommand) -> anyhow::Result<Done> {
    let LogCommand::Verify(args) = command;
    verify(args)
}

/// What was found at one node.
struct Report {
    node: String,
    logs: VerifyReport,
    /// What is wrong with the store that holds the bodies.
    store: Vec<String>,
}

fn verify(args: &VerifyArgs) -> anyhow::Result<Done> {
    let mut reports = Vec::new();
    for place in places(&args.folder)? {
        reports.push(verify_one(place)?);
    }
    match args.format {
        Format::Table => print(&reports)?,
        Format::Json => output::json(&reports.iter().map(to_json).collect())?,
    }
    if reports.iter().any(|it| !it.logs.differences.is_empty()) {
        eprintln!("{REMEDY}");
    }
    let sound = reports.iter().all(|it| it.logs.differences.is_empty() && it.store.is_empty());
    Ok(if sound { Done::Yes } else { Done::No })
}

/// What to do about logs that differ from what was signed.
const REMEDY: &str = "A damaged body is fetched again from another node by the node that runs. For \
     anything else stop the node, then restore the newest copy of the log's folder (ORIGIN-EPOCH), \
     or move that folder away: the next start fetches the log from other nodes, as far as they \
     have it";

/// Verifies the logs of one node. Its store is read even if it is damaged: which bodies are lost
/// with it is what is asked.
fn verify_one(place: Place) -> anyhow::Result<Report> {
    let compare = |store: &dyn Store| match &place.roster {
        Some(roster) => check::verify_against(&place.log, store, roster),
        None => check::verify(&place.log, store),
    };
    let (logs, store) = match Reading::open(&SledOptions::in_folder(&place.store)) {
        Ok(reading) => {
            let findings = reading.findings.iter().map(ToString::to_string).collect();
            (compare(&reading.store)?, findings)
        }
        // Nothing in it can be read; the headers still can.
        Err(error @ StoreError::Corrupt { .. }) => {
            (compare(&MemoryStore::default())?, vec![error.to_string()])
        }
        Err(error) => return Err(cannot_open(error, &place.name)),
    };
    Ok(Report { node: place.name, logs, store })
}

/// Why a node's store cannot be opened, and, where its node runs, what to do.
pub(super) fn cannot_open(error: StoreError, name: &str) -> anyhow::Error {
    let context = match error {
        StoreError::Locked { .. } => {
            format!("Cannot open the store of {name} while its node runs; stop the node first")
        }
        _ => format!("Cannot open the store of {name}"),
    };
    anyhow::Error::new(error).context(context)
}

/// The nodes in `folder`: itself, or those of a test federation.
pub(super) fn places(folder: &Path) -> anyhow::Result<Vec<Place>> {
    let nodes = folder.join("nodes");
    if !nodes.is_dir() {
        return Ok(vec![place(folder)?]);
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(&nodes).with_context(|| format!("Cannot read {}", nodes.display()))? {
        folders.push(entry?.path());
    }
    folders.sort();
    folders.iter().map(|folder| place(folder)).collect()
}

fn place(folder: &Path) -> anyhow::Result<Place> {
    let name = folder
        .file_name()
        .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned());
    let config = folder.join("essaim.toml");
    if config.is_file() {
        let config = Config::load(&config)?;
        let roster = config.roster_file.is_file().then(|| roster::load(&config.roster_file));
        return Ok(Place {
            name,
            store: config.store_folder(),
            log: config.log_folder(),
            roster: roster.transpose()?,
        });
    }
    let (store, log) = (folder.join("store"), folder.join("logs"));
    if !store.is_dir() || !log.is_dir() {
        bail!(
            "{} is no node's folder: it has neither essaim.toml nor store and logs",
            folder.display()
        );
    }
    Ok(Place { name, store, log, roster: None })
}

fn print(reports: &[Report]) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["node", "logs", "entries", "bodies", "absent", "differences"]);
    for Report { node, logs, store } in reports {
        listing.row([
            node.clone(),
            logs.logs.to_string(),
            logs.entries.to_string(),
            logs.bodies.to_string(),
            logs.bodies_absent.to_string(),
            (logs.differences.len() + store.len()).to_string(),
        ]);
    }
    listing.print()?;
    for Report { node, logs, store } in reports {
        for finding in store {
            output::line(&format!("DIFFERENCE {node}: its store: {finding}"))?;
        }
        for difference in &logs.differences {
            output::line(&format!("DIFFERENCE {node}: {difference}"))?;
        }
        for remark in &logs.remarks {
            output::line(&format!("remark {node}: {remark}"))?;
        }
    }
    Ok(())
}

fn to_json(Report { node, logs, store }: &Report) -> Value {
    let texts = |all: &[check::Difference]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "node": node,
        "logs": logs.logs,
        "entries": logs.entries,
        "bodies": logs.bodies,
        "bodies_absent": logs.bodies_absent,
        "differences": texts(&logs.differences),
        "remarks": texts(&logs.remarks),
        "store": store,
    })
}
