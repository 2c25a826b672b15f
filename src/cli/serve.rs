//! `essaim serve`: runs one node until SIGTERM or Ctrl-C. SIGHUP has it look at once for a new
//! roster and a renewed certificate.

use std::{io::IsTerminal, sync::Arc};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    base::clock::SystemClock,
    cli::{Done, args::local::ServeArgs},
    config::{Config, LogFormat, LogSettings},
    node::Node,
};

/// Runs the node.
pub(super) fn run(args: &ServeArgs) -> anyhow::Result<Done> {
    let config = Config::load(&args.config)?;
    tell(&config.log)?;
    block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut asked_to_reload = signal(SignalKind::hangup())?;
        let running = Node::start(config, Arc::new(SystemClock)).await?;
        tracing::info!(
            hub = %running.hub,
            exchange = %running.exchange,
            web = running.web.map(|address| address.to_string()),
            "The node is running"
        );
        loop {
            tokio::select! {
                _ = terminated.recv() => break,
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted?;
                    break;
                }
                _ = asked_to_reload.recv() => running.reload().await,
            }
        }
        running.shutdown().await;
        Ok(Done::Yes)
    })
}

/// Runs the node's future, and ends although work that blocks is still going on somewhere: a call
/// that was cut at the deadline may have left some, which a runtime would otherwise wait for.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(future);
    runtime.shutdown_background();
    ended
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::block_on;

    #[test]
    fn the_program_ends_though_blocking_work_goes_on() {
        let (release, wait) = mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let ended = block_on(async {
            tokio::task::spawn_blocking(move || {
                let _ = begun.send(());
                wait.recv()
            });
            Ok(begins.await?)
        });
        // Here the work still waits; a runtime that waits for it would never have come so far.
        ended.unwrap();
        drop(release);
    }
}
