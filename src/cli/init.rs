//! `essaim init`.

use std::net::SocketAddr;

use anyhow::bail;

use crate::{
    base::clock::{Clock, SystemClock},
    cli::{
        Done,
        args::local::{InitArgs, Kind},
        folder::{self, NewNode},
        output,
    },
    config::{DisclosureSettings, profile},
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
        bail!("Only a national member states rules of disclosure control");
    }
    let new = NewNode {
        folder: &args.folder,
        member: args.member,
        kind,
        name: &args.name,
        address: address(args)?,
        roster_file: "roster.toml",
        listeners: [args.hub, args.exchange, args.web],
        disclosure: disclosure
            .map(|(contributors, dominance)| DisclosureSettings::new(contributors, dominance)),
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
    warn_of_loopback(args, &new.address);
    output::line(fragment.to_toml().trim_end())?;
    Ok(Done::Yes)
}

/// Where others are to reach the node. What nobody can call is refused.
fn address(args: &InitArgs) -> anyhow::Result<String> {
    let (address, option) = match &args.address {
        Some(address) => (address.clone(), "--address"),
        None => (args.exchange.to_string(), "without --address, that of --exchange"),
    };
    let everywhere =
        address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_unspecified());
    if everywhere || !profile::is_host_and_port(&address) {
        bail!(
            "Nobody can call {address:?} ({option}): state with --address HOST:PORT where other \
             members reach the node, as in --address hub.example.ml:7302"
        );
    }
    Ok(address)
}

/// A listener on loopback may be meant (a program of this machine may pass connections on), so it
/// is never opened to others unasked; but it is told.
fn warn_of_loopback(args: &InitArgs, address: &str) {
    if !args.exchange.ip().is_loopback() {
        return;
    }
    let (listener, shown) = (args.exchange, args.folder.display());
    if is_of_this_machine(address) {
        eprintln!("Only this machine reaches the node, at {address}. For other members, state");
        eprintln!("--address and --exchange.");
        return;
    }
    let host = if listener.is_ipv4() { "0.0.0.0" } else { "[::]" };
    eprintln!("Warning: other members are to reach the node at {address}, but it listens for them");
    eprintln!("on {listener}, which only this machine reaches. Unless something here passes their");
    eprintln!("connections on, write in {shown}/essaim.toml, under [listeners]:");
    eprintln!("exchange = \"{host}:{}\"", listener.port());
}

fn is_of_this_machine(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}
