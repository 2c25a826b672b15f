//! `essaim roster`.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::{
    base::file::read_text,
    cli::{
        Done,
        args::{
            Format,
            local::{MergeArgs, RosterCommand, RosterShowArgs},
        },
        output::{self, Listing},
    },
    keys::{
        merge::{FieldChange, Kept, MemberChange, Merged},
        roster::{MemberFragment, Roster, RosterFault},
        roster_toml::ROSTER_BYTES_MAX,
    },
};

/// Runs one of the commands.
pub(super) fn run(command: &RosterCommand) -> anyhow::Result<Done> {
    match command {
        RosterCommand::Merge(args) => merge(args),
        RosterCommand::Show(args) => show(args),
    }
}

/// Reads a roster file.
pub(super) fn load(file: &Path) -> anyhow::Result<Roster> {
    Roster::from_toml(&text(file)?).map_err(|faults| told(file, &faults))
}

/// Writes a roster so that a crash leaves the old one or the new one.
pub(super) fn save(file: &Path, roster: &Roster) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut new = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    std::io::Write::write_all(&mut new, roster.to_toml().as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(file).with_context(|| format!("Cannot write {}", file.display()))?;
    Ok(())
}

fn text(file: &Path) -> anyhow::Result<String> {
    read_text(file, ROSTER_BYTES_MAX as u64)
        .with_context(|| format!("Cannot read {}", file.display()))
}

fn told(file: &Path, faults: &[RosterFault]) -> anyhow::Error {
    let list: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    anyhow::anyhow!("{} has {} fault(s):{list}", file.display(), faults.len())
}

fn merge(args: &MergeArgs) -> anyhow::Result<Done> {
    let old = if args.roster.exists() { load(&args.roster)? } else { Roster::default() };
    let mut fragments = Vec::new();
    for file in &args.fragments {
        let read = MemberFragment::from_toml(&text(file)?);
        fragments.extend(read.map_err(|faults| told(file, &faults))?);
    }
    if fragments.is_empty() {
        bail!("The fragments name no member");
    }
    let merged = old.merge(&fragments).map_err(|faults| not_merged(&args.roster, &faults))?;
    if !merged.changes.is_empty() {
        save(&args.roster, &merged.roster)?;
    }
    match args.format {
        Format::Table => print_merged(&args.roster, &merged)?,
        Format::Json => output::json(&merged_to_json(&merged))?,
    }
    Ok(Done::Yes)
}

fn not_merged(file: &Path, faults: &[RosterFault]) -> anyhow::Error {
    let list: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    anyhow::anyhow!("{} stays as it is; {} fault(s):{list}", file.display(), faults.len())
}

/// What the keeper checks with each member before handing the roster out.
fn print_merged(file: &Path, merged: &Merged) -> anyhow::Result<()> {
    let Merged { roster, changes, kept } = merged;
    for MemberChange { member, is_new, fields } in changes {
        output::line(&format!("{member} is {}", if *is_new { "new" } else { "changed" }))?;
        for FieldChange { field, removed, added } in fields {
            let removed = removed.iter().map(|value| format!("  {field} - {value}"));
            let added = added.iter().map(|value| format!("  {field} + {value}"));
            for line in removed.chain(added) {
                output::line(&line)?;
            }
        }
    }
    for Kept { member, field, values } in kept {
        for value in values {
            let why = "stands, though the fragment does not name it";
            output::line(&format!("{member} {field} = {value} {why}"))?;
        }
    }
    let (shown, version, count) = (file.display(), roster.version, roster.members.len());
    let still = if changes.is_empty() { "nothing changes, still " } else { "" };
    output::line(&format!("{shown}: {still}version {version}, {count} members"))
}

fn merged_to_json(merged: &Merged) -> Value {
    let Merged { roster, changes, kept } = merged;
    let field = |change: &FieldChange| {
        let FieldChange { field, removed, added } = change;
        json!({ "field": field, "removed": removed, "added": added })
    };
    let change = |change: &MemberChange| {
        let MemberChange { member, is_new, fields } = change;
        let fields: Vec<_> = fields.iter().map(field).collect();
        json!({ "member": member.as_str(), "is_new": is_new, "fields": fields })
    };
    let kept = kept.iter().map(|kept| {
        let Kept { member, field, values } = kept;
        json!({ "member": member.as_str(), "field": field, "values": values })
    });
    json!({
        "version": roster.version,
        "members": roster.members.len(),
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "kept": kept.collect::<Vec<_>>(),
    })
}

fn show(args: &RosterShowArgs) -> anyhow::Result<Done> {
    let roster = load(&args.roster)?;
    match args.format {
        Format::Table => {
            output::line(&format!("Roster version {}", roster.version))?;
            let mut listing =
                Listing::new(&["member", "kind", "name", "address", "node keys", "denied"]);
            for member in &roster.members {
                listing.row([
                    member.code.to_string(),
                    member.kind.as_str().into(),
                    member.name.clone(),
                    member.exchange_address.clone(),
                    member.node_keys.len().to_string(),
                    member.denied.len().to_string(),
                ]);
            }
            listing.print()?;
        }
        Format::Json => {
            let members = roster.members.iter().map(|member| {
                json!({
                    "member": member.code.as_str(),
                    "kind": member.kind.as_str(),
                    "name": member.name,
                    "exchange_address": member.exchange_address,
                    "node_keys": member.node_keys.iter().map(ToString::to_string)
                        .collect::<Vec<_>>(),
                    "denied": member.denied.iter().map(ToString::to_string).collect::<Vec<_>>(),
                })
            });
            let members: Vec<_> = members.collect();
            output::json(&json!({ "version": roster.version, "members": members }))?;
        }
    }
    Ok(Done::Yes)
}
