//! `essaim disclosure`: protection and audit of any table, without a node; and what the releases
//! that a stopped node holds give away (`releases`).
//!
//! | for | read |
//! |---|---|
//! | options → what is asked | [`arguments`] |
//! | bytes → records with their lines | [`csv_file`] |
//! | texts → whole units, exactly | [`amount`] |
//! | files → tables, hierarchies, patterns | [`table_file`], [`hierarchy_file`], [`pattern_file`] |
//! | what came of it, for people and programs | `report` |
//!
//! The algorithms are in `disclosure::tabular`, which reads and writes nothing. Here every fault of
//! a file is told with the file, the line and the remedy, and never with the content of a cell.

pub mod amount;
pub mod arguments;
pub mod csv_file;
pub mod hierarchy_file;
pub mod pattern_file;
mod releases;
mod report;
pub mod table_file;

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::{Context, bail, ensure};
use indicatif::ProgressBar;

use crate::{
    cli::{
        Done,
        args::disclosure::{AuditArgs, AuditCommand, DisclosureCommand, ProtectArgs, TableArgs},
        disclosure::{arguments::Asked, report::Report, table_file::TableFile},
    },
    codes::messages,
    disclosure::tabular::{audit, protect, table::Table},
};

/// Most cells that are named where no pattern protects a table.
const CELLS_NAMED_MAX: usize = 10;
/// How often the spinner turns.
const SPINNER_MILLISECONDS: u64 = 120;

/// Runs one of the commands.
pub(super) fn run(command: &DisclosureCommand) -> anyhow::Result<Done> {
    match command {
        DisclosureCommand::Protect(args) => protect_table(args),
        DisclosureCommand::Audit(args) => audit_any(args),
    }
}

fn audit_any(args: &AuditArgs) -> anyhow::Result<Done> {
    match (&args.other, &args.table, &args.pattern) {
        (Some(AuditCommand::Releases(args)), ..) => releases::audit(args),
        (None, Some(table), Some(pattern)) => audit_pattern(table, pattern),
        // The arguments ask for both, or something else.
        (None, ..) => bail!("name a table with its pattern, or the releases of a node"),
    }
}

fn protect_table(args: &ProtectArgs) -> anyhow::Result<Done> {
    // Refused before the work and not after it; that nobody comes first is seen when it is written.
    ensure!(args.force || !args.out.exists(), "{}", pattern_file::in_the_way(&args.out));
    ensure!(!is_input(args), "{} is read: write the pattern to another file", args.out.display());
    let asked = Asked::new(&args.table, args.cost.into())?;
    let (file, table) = read(&args.table.file, &asked)?;
    let protected = {
        let _spinner =
            Spinner::start(&messages::text(asked.language, "disclosure-protecting", &[]));
        protect::protect(&table, &asked.options).with_context(|| tried(args, &table, &asked))?
    };
    let places = pattern_file::places(&table, &file);
    let text = pattern_file::text(&table, &protected, &places, &asked);
    pattern_file::write(&args.out, &text, args.force)?;
    let report = Report::of_protected(&table, &places, &protected, &asked);
    report.print(args.table.format)?;
    Ok(Done::Yes)
}

/// Whether the pattern would stand in the place of what it is made from.
fn is_input(args: &ProtectArgs) -> bool {
    let Ok(out) = args.out.canonicalize() else { return false };
    let hierarchies = args.table.hierarchies.iter().map(|one| Path::new(&one.given));
    let mut inputs = hierarchies.chain([args.table.file.as_path()]);
    inputs.any(|input| input.canonicalize().is_ok_and(|input| input == out))
}

/// Words for what was tried in vain, and for what no pattern can mend.
fn tried(args: &ProtectArgs, table: &Table, asked: &Asked) -> String {
    let attackers = asked.options.attackers.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut words = format!(
        "{} cannot be protected against {}; nothing was written",
        args.table.file.display(),
        attackers.join(",")
    );
    let everything: Vec<bool> = table.cells.iter().map(|cell| cell.count > 0).collect();
    let mut met = BTreeSet::new();
    for exposure in audit::audit(table, &asked.options, &everything).exposures {
        let open: Vec<usize> = exposure.open.into_iter().filter(|one| met.insert(*one)).collect();
        if open.is_empty() {
            continue;
        }
        let named = open.iter().take(CELLS_NAMED_MAX).map(|cell| table.name(*cell));
        words += &format!(
            "\nWith all cells that are not zero hidden, {} cells are still open to {}: {}{}",
            open.len(),
            exposure.attacker,
            named.collect::<Vec<_>>().join(", "),
            if open.len() > CELLS_NAMED_MAX { ", …" } else { "" }
        );
    }
    words
        + "\nTake coarser codes or a smaller protection, or leave out with --attackers whom you \
           need not fear"
}

fn audit_pattern(args: &TableArgs, pattern: &Path) -> anyhow::Result<Done> {
    let asked = Asked::new(args, protect::Cost::Unit)?;
    let (file, table) = read(&args.file, &asked)?;
    let pattern = csv_file::read(pattern)?;
    let hidden = pattern_file::hidden(&pattern, &asked.keys, &table, &file)?;
    let audited = {
        let _spinner = Spinner::start(&messages::text(asked.language, "disclosure-auditing", &[]));
        audit::audit(&table, &asked.options, &hidden)
    };
    let places = pattern_file::places(&table, &file);
    let report = Report::of_audited(&table, &places, &hidden, &audited, &asked);
    report.print(args.format)?;
    Ok(if audited.is_open() { Done::No } else { Done::Yes })
}

fn read(path: &Path, asked: &Asked) -> anyhow::Result<(TableFile, Table)> {
    let file = table_file::read(&csv_file::read(path)?, asked)?;
    let table = file.table(asked)?;
    Ok((file, table))
}

/// Turns on standard error until it is dropped.
struct Spinner(ProgressBar);

impl Spinner {
    fn start(message: &str) -> Self {
        let spinner = ProgressBar::new_spinner().with_message(message.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(SPINNER_MILLISECONDS));
        Self(spinner)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
