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
    store::sled::{SledOptions, SledStore},
};

/// Where one node's store and logs lie.
pub(super) struct Place {
    /// The node's name.
    pub(super) name: String,
    /// The folder of its store.
    pub(super) store: PathBuf,
    log: PathBuf,
    roster: Option<Roster>,
}

/// Runs one of the commands.
pub(super) fn run(command: &LogCommand) -> anyhow::Result<Done> {
    let LogCommand::Verify(args) = command;
    verify(args)
}

fn verify(args: &VerifyArgs) -> anyhow::Result<Done> {
    let mut reports = Vec::new();
    for place in places(&args.folder)? {
        let store = SledStore::open(&SledOptions::in_folder(&place.store))
            .with_context(|| format!("Cannot open the store of {}", place.name))?;
        let report = match &place.roster {
            Some(roster) => check::verify_against(&place.log, &store, roster),
            None => check::verify(&place.log, &store),
        };
        reports.push((place.name, report?));
    }
    match args.format {
        Format::Table => print(&reports)?,
        Format::Json => output::json(&reports.iter().map(to_json).collect())?,
    }
    let sound = reports.iter().all(|(_, report)| report.differences.is_empty());
    Ok(if sound { Done::Yes } else { Done::No })
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

fn print(reports: &[(String, VerifyReport)]) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["node", "logs", "entries", "bodies", "absent", "differences"]);
    for (name, report) in reports {
        listing.row([
            name.clone(),
            report.logs.to_string(),
            report.entries.to_string(),
            report.bodies.to_string(),
            report.bodies_absent.to_string(),
            report.differences.len().to_string(),
        ]);
    }
    listing.print()?;
    for (name, report) in reports {
        for difference in &report.differences {
            output::line(&format!("DIFFERENCE {name}: {difference}"))?;
        }
        for remark in &report.remarks {
            output::line(&format!("remark {name}: {remark}"))?;
        }
    }
    Ok(())
}

fn to_json((name, report): &(String, VerifyReport)) -> Value {
    let texts = |all: &[check::Difference]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "node": name,
        "logs": report.logs,
        "entries": report.entries,
        "bodies": report.bodies,
        "bodies_absent": report.bodies_absent,
        "differences": texts(&report.differences),
        "remarks": texts(&report.remarks),
    })
}
