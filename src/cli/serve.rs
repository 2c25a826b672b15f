//! `essaim serve`: runs one node until SIGTERM or Ctrl-C.

use std::{io::IsTerminal, sync::Arc};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::{
    base::clock::SystemClock,
    cli::{Done, args::local::ServeArgs, call},
    config::{Config, LogFormat, LogSettings},
    node::Node,
};

/// Runs the node.
pub(super) fn run(args: &ServeArgs) -> anyhow::Result<Done> {
    let config = Config::load(&args.config)?;
    tell(&config.log)?;
    call::block_on(async {
        let running = tokio::select! {
            running = Node::start(config, Arc::new(SystemClock)) => running?,
            stopped = call::asked_to_stop() => {
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
        call::asked_to_stop().await?;
        running.shutdown().await;
        Ok(Done::Yes)
    })
}

/// Sends log lines to standard error in the form the configuration asks for.
fn tell(settings: &LogSettings) -> anyhow::Result<()> {
    let filter: EnvFilter = settings.filter.parse()?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let set = match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    set.map_err(anyhow::Error::from_boxed).context("Cannot begin logging")
}
