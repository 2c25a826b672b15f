//! `essaim init`.

use crate::{
    base::clock::{Clock, SystemClock},
    cli::{
        Done,
        args::local::{InitArgs, Kind},
        folder::{self, NewNode},
        output,
    },
    config::DisclosureSettings,
    keys::roster::MemberKind,
};

/// Seconds between two rounds of synchronization in a fresh configuration.
const SYNC_INTERVAL_SECONDS: u32 = 300;

impl From<Kind> for MemberKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::National => Self::National,
            Kind::Coordinator => Self::Coordinator,
            Kind::Research => Self::Research,
        }
    }
}

/// Makes the folder and prints the roster fragment.
pub(super) fn run(args: &InitArgs) -> anyhow::Result<Done> {
    let kind = MemberKind::from(args.kind);
    let disclosure = args.contributors_min.zip(args.dominance_percent);
    if disclosure.is_some() && kind != MemberKind::National {
        anyhow::bail!("Only a national member states rules of disclosure control");
    }
    let new = NewNode {
        folder: &args.folder,
        member: args.member,
        kind,
        name: &args.name,
        address: args.address.clone().unwrap_or_else(|| args.exchange.to_string()),
        roster_file: "roster.toml",
        listeners: [args.hub, args.exchange, args.web],
        disclosure: disclosure.map(|(contributors_min, dominance_percent)| DisclosureSettings {
            contributors_min,
            dominance_percent,
        }),
        sync_interval_seconds: SYNC_INTERVAL_SECONDS,
    };
    let fragment = folder::make(&new, SystemClock.today())?;
    let shown = args.folder.display();
    eprintln!("Made {shown}. The fragment below, also in {shown}/member.toml, goes to whoever");
    eprintln!("keeps the roster; put the roster you get back at {shown}/roster.toml.");
    eprintln!("Move {shown}/people/root.key to a safe place off this machine.");
    if kind == MemberKind::National && disclosure.is_none() {
        eprintln!("State the rules of disclosure control in {shown}/essaim.toml before `serve`.");
    }
    output::line(fragment.to_toml().trim_end())?;
    Ok(Done::Yes)
}
