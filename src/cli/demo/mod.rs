//! `essaim demo`: a whole federation in one process, with real sockets, keys and stores.
//!
//! The hubs play two years in the order they would live them: some days after each quarter a
//! steward imports its files, before it closes; once it has, the steward drafts the release,
//! another one approves it, and it is published.
//! Then the research centre publishes its notes, all nodes synchronize, and the coordinator asks.
//! Everything goes through the listeners, with people's certificates. One clock, set by hand,
//! serves all nodes; certificates are dated by the real one.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, anyhow};
use jiff::{ToSpan, civil::Date};

use crate::{
    base::{
        clock::{Clock, ManualClock, SystemClock},
        period::Period,
    },
    cli::{
        Done,
        args::local::DemoArgs,
        call,
        demo::stage::Stage,
        federation::{self, NewFederation},
        output, sample,
    },
    config::DisclosureSettings,
};

mod play;
mod report;
mod stage;
mod steps;

use steps::Steps;

/// Rules of disclosure control of every hub of the demo.
const DISCLOSURE: DisclosureSettings = DisclosureSettings::new(3, 15);
/// Seconds between two rounds of synchronization; the demo also asks for rounds itself.
const SYNC_INTERVAL_SECONDS: u32 = 10;
/// Days after a period on which its files are imported: some after hubs export them.
const IMPORT_DAYS: i32 = 25;
/// Days after a period on which it is released: one after it closes.
const RELEASE_DAYS: i32 = 31;

/// What a demo is to be.
struct Options {
    seed: u64,
    nodes: usize,
    as_of: Date,
    last_year: Period,
}

/// Runs the demo.
pub(super) fn run(args: &DemoArgs) -> anyhow::Result<Done> {
    let last_year = last_year(args.as_of).context("The date lies outside 1902 to 2199")?;
    let options =
        Options { seed: args.seed, nodes: args.nodes.into(), as_of: args.as_of, last_year };
    // Dropped, and with it removed, when the demo ends.
    let temporary = match args.dir {
        None => Some(tempfile::Builder::new().prefix("essaim-demo-").tempdir()?),
        Some(_) => None,
    };
    let folder: PathBuf = match (&args.dir, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().join("federation"),
        (None, None) => return Ok(Done::No),
    };
    call::block_on(play_and_serve(&options, &folder, args.once))
}

/// The last year whose fourth quarter has closed on `as_of`: the second one that is played.
pub(super) fn last_year(as_of: Date) -> Option<Period> {
    let closed = |year: &Period| released_on(*year) <= as_of;
    let year = Period::annual(as_of.year() - 1).filter(closed);
    year.or_else(|| Period::annual(as_of.year() - 2)).filter(closed)
}

/// The day on which the demo imports the files of a period.
fn imported_on(period: Period) -> Date {
    period.last_day().saturating_add(IMPORT_DAYS.days())
}

/// The day on which the demo releases a period.
fn released_on(period: Period) -> Date {
    period.last_day().saturating_add(RELEASE_DAYS.days())
}

async fn play_and_serve(options: &Options, folder: &Path, once: bool) -> anyhow::Result<Done> {
    let members = federation::members(options.nodes);
    let steps = Steps::new(steps_count(options, members.len()));
    let listeners = free_addresses(members.len())?;
    let new = NewFederation {
        folder,
        nodes: options.nodes,
        listeners,
        hosts: false,
        disclosure: DISCLOSURE,
        sync_interval_seconds: SYNC_INTERVAL_SECONDS,
    };
    steps.begin("Making keys, certificates and stores");
    federation::make(&new, SystemClock.today(), &mut |_| steps.done())?;
    write_samples(options, folder)?;
    let clock = Arc::new(ManualClock::at_noon(imported_on(first_quarter(options))));
    steps.begin("Starting nodes");
    let stage = Stage::start(folder, members, Arc::clone(&clock) as _, &steps).await?;
    let played = async {
        let counts = play::two_years(options, &stage, &clock, &steps).await?;
        report::ask_and_print(options, &stage, counts, &steps).await
    };
    let verdict = tokio::select! {
        verdict = played => verdict,
        stopped = call::asked_to_stop() => {
            stopped.map_err(Into::into).and_then(|()| Err(anyhow!("Stopped before its end")))
        }
    };
    steps.finish();
    if verdict.is_ok() && !once {
        stage.print_addresses(options.last_year)?;
        call::asked_to_stop().await?;
    }
    stage.shutdown().await;
    verdict
}

fn first_quarter(options: &Options) -> Period {
    quarters(options)[0]
}

/// The eight quarters that are played.
fn quarters(options: &Options) -> Vec<Period> {
    let last = options.last_year;
    let before = Period::annual(last.year() - 1).unwrap_or(last);
    [before, last].into_iter().flat_map(Period::quarters).collect()
}

fn steps_count(options: &Options, members: usize) -> u64 {
    let quarters = quarters(options).len();
    (2 * members + 2 * options.nodes * quarters + sample::notes().len() + members) as u64
}

/// Puts the hubs' files and mappings beside the nodes, for whoever wants to look at them.
fn write_samples(options: &Options, folder: &Path) -> anyhow::Result<()> {
    for member in federation::members(options.nodes) {
        let code = member.code.as_str();
        let Some(hub) = sample::hub(options.seed, code, options.last_year.year()) else { continue };
        let folder = folder.join("files").join(code);
        std::fs::create_dir_all(&folder)?;
        for (kind, mapping) in sample::FileKind::ALL.iter().zip(&hub.mappings) {
            std::fs::write(folder.join(format!("{}.mapping.toml", kind.word())), mapping)?;
        }
        for quarter in &hub.quarters {
            for file in &quarter.files {
                let name = format!("{}-{}.csv", quarter.period, file.kind.word());
                std::fs::write(folder.join(name), &file.bytes)?;
            }
        }
    }
    Ok(())
}

/// Three free loopback addresses for each node. All are held until all are known, so that none is
/// given twice.
fn free_addresses(nodes: usize) -> anyhow::Result<Vec<[SocketAddr; 3]>> {
    let mut held = Vec::new();
    let mut free = || -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        held.push(listener);
        Ok(address)
    };
    let mut all = Vec::new();
    for _ in 0..nodes {
        all.push([free()?, free()?, free()?]);
    }
    Ok(all)
}

/// Prints a heading.
fn heading(text: &str) -> anyhow::Result<()> {
    output::line(&format!("\n== {text}\n"))
}
