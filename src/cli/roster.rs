//! `essaim roster`.

use std::{fs, io::Read, path::Path};

use anyhow::{Context, bail};
use serde_json::json;

use crate::{
    cli::{
        Done,
        args::{
            Format,
            local::{MergeArgs, RosterCommand, RosterShowArgs},
        },
        output::{self, Listing},
    },
    keys::{
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
    let context = || format!("Cannot read {}", file.display());
    let mut text = String::new();
    let opened = fs::File::open(file).with_context(context)?;
    opened.take(ROSTER_BYTES_MAX as u64 + 1).read_to_string(&mut text).with_context(context)?;
    Ok(text)
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
    let merged = old.merge(&fragments).map_err(|faults| told(&args.roster, &faults))?;
    save(&args.roster, &merged)?;
    let (version, count) = (merged.version, merged.members.len());
    output::line(&format!("{}: version {version}, {count} members", args.roster.display()))?;
    Ok(Done::Yes)
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
