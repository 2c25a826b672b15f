//! `essaim serve`: runs one node until SIGTERM or Ctrl-C. SIGHUP has it look at once for a new
//! roster and a renewed certificate.

use std::{io::IsTerminal, pin::pin, sync::Arc};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{
    base::clock::SystemClock,
    cli::{Done, args::local::ServeArgs, call},
    config::{Config, LogFormat, LogSettings},
    node::Node,
    store::sled::LOG_TARGET,
};

/// Runs the node.
pub(super) fn run(args: &ServeArgs) -> anyhow::Result<Done> {
    let config = Config::load(&args.config)?;
    tell(&config.log)?;
    call::block_on(async {
        let mut asked_to_reload = signal(SignalKind::hangup())?;
        let mut stop = pin!(call::asked_to_stop());
        let mut running = tokio::select! {
            running = Node::start(config, Arc::new(SystemClock)) => running?,
            stopped = &mut stop => {
                stopped?;
                tracing::info!("Stopped before the node was running");
                return Ok(Done::Yes);
            }
        };
        tracing::info!(
            hub = %running.hub,
            exchange = %running.exchange,
            web = running.web.map(|address| address.to_string()),
            "The node is running"
        );
        let ended = loop {
            tokio::select! {
                stopped = &mut stop => break stopped.map_err(anyhow::Error::from),
                error = running.deaf() => break Err(error.into()),
                _ = asked_to_reload.recv() => running.reload().await,
            }
        };
        running.shutdown().await;
        ended.map(|()| Done::Yes)
    })
}

/// Sends log lines to standard error in the form the configuration asks for.
fn tell(settings: &LogSettings) -> anyhow::Result<()> {
    teller(settings)?.try_init().context("Cannot begin logging")
}

fn teller(settings: &LogSettings) -> anyhow::Result<impl Subscriber + Send + Sync> {
    let filter: EnvFilter = settings.filter.parse()?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let told = filter_fn(|line| may_be_told(line.target(), *line.level()));
    Ok(tracing_subscriber::registry().with(filter).with(told).with(lines))
}

/// Whatever the filter asks for: lines that show what is stored are never told.
fn may_be_told(target: &str, level: Level) -> bool {
    let of_store = target.split("::").next() == Some(LOG_TARGET);
    !of_store || level <= Level::WARN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_tells_warnings_and_errors_only() {
        for target in ["sled", "sled::tree", "sled::pagecache::iobuf"] {
            for level in [Level::TRACE, Level::DEBUG, Level::INFO] {
                assert!(!may_be_told(target, level), "{target} {level}");
            }
            assert!(may_be_told(target, Level::WARN) && may_be_told(target, Level::ERROR));
        }
        for target in ["essaim::store::sled", "sledge", "log", ""] {
            assert!(may_be_told(target, Level::TRACE), "{target}");
        }
    }

    #[test]
    fn lines_that_the_filter_drops_are_not_even_written() {
        use tracing_subscriber::filter::LevelFilter;
        for (filter, most) in
            [("info", LevelFilter::INFO), ("warn,essaim=debug", LevelFilter::DEBUG)]
        {
            let settings = LogSettings { format: LogFormat::Json, filter: filter.into() };
            assert_eq!(teller(&settings).unwrap().max_level_hint(), Some(most), "{filter}");
        }
    }
}
