//! Calling a node: from a profile to a channel, and from a failed call to words and an exit code.

use std::{collections::BTreeSet, future::Future, io, path::Path, time::Duration};

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tonic::{Code, Status, transport::Channel};
use uuid::Uuid;

use crate::{
    cli::{args::ReachArgs, roster},
    config::profile::Profile,
    keys::certificate::{Credentials, PairPaths},
    rpc::client,
    wire::status,
};

/// Longest wait for the answer to a call that a node itself cuts short (its default is a minute).
pub(super) const QUICK: Duration = Duration::from_secs(90);
/// Longest wait for the answer to a call that works over many records.
pub(super) const LONG: Duration = client::CALL_TIMEOUT;
/// Rows asked for in one page when a command wants them all.
pub(super) const PAGE_ROWS: i32 = 500;

/// A call that failed.
// The status is no `source`: its words are already these words.
#[derive(Debug, thiserror::Error)]
#[error("{}", words.clone().unwrap_or_else(|| in_words(status)))]
pub(super) struct CallError {
    status: Status,
    /// What a command says instead of the node's words.
    words: Option<String>,
}

fn in_words(status: &Status) -> String {
    let words = client::describe(status);
    if words.is_empty() { status.code().to_string() } else { words }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        Self { status, words: None }
    }
}

impl CallError {
    /// The fields that the node says are wrong, each with its problem.
    pub(super) fn wrong_fields(&self) -> Vec<(String, String)> {
        status::wrong_fields(&self.status)
    }

    /// The same failure in a command's own words.
    pub(super) fn in_words(self, words: String) -> Self {
        Self { words: Some(words), ..self }
    }

    /// Whether the node understood and said no, rather than failing.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(
            self.status.code(),
            Code::PermissionDenied
                | Code::Unauthenticated
                | Code::FailedPrecondition
                | Code::NotFound
                | Code::AlreadyExists
                | Code::InvalidArgument
                | Code::OutOfRange
                | Code::Aborted
        )
    }

    /// Whether what was asked for changed meanwhile, so that it is to be asked for anew.
    pub(super) fn is_outdated(&self) -> bool {
        self.status.code() == Code::Aborted
    }

    /// Whether nobody knows if what was asked has been done.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.status.code(),
            Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Cancelled
                | Code::Unknown
                | Code::Internal
                | Code::DataLoss
        )
    }
}

/// What a call answered, or the failed call in words.
pub(super) fn answer<T>(called: Result<tonic::Response<T>, Status>) -> Result<T, CallError> {
    called.map(tonic::Response::into_inner).map_err(CallError::from)
}

/// The number of a write: as asked for, or a new one.
pub(super) fn request_id(asked: Option<Uuid>) -> String {
    asked.unwrap_or_else(Uuid::new_v4).to_string()
}

/// A write that came to an end; of one that did not, it says how to try again.
pub(super) fn settled<T>(called: Result<T, CallError>, again: &str) -> anyhow::Result<T> {
    called.map_err(|error| match error.is_open() {
        true => anyhow::Error::new(error).context(format!(
            "Nobody knows whether this was recorded. To try again without recording it twice, add \
             {again}"
        )),
        false => error.into(),
    })
}

/// Longest that blocking work may go on after a command has ended; then it is cut, as by a crash.
const BLOCKING_GRACE: Duration = Duration::from_secs(2);

/// Runs a command that calls or runs nodes.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(future);
    runtime.shutdown_timeout(BLOCKING_GRACE);
    done
}

/// Waits for SIGTERM or Ctrl-C.
pub(super) async fn asked_to_stop() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

/// Connects as the profile says. An answer is waited for as long as the command line says, or
/// `usual`.
pub(super) async fn connect(reach: &ReachArgs, usual: Duration) -> anyhow::Result<Channel> {
    let asked = reach.timeout.map(|seconds| Duration::from_secs(seconds.into()));
    connect_with(&reach.profile, asked.unwrap_or(usual)).await
}

/// Connects to the node that holds a key the roster names for the profile's member.
pub(super) async fn connect_with(
    profile_file: &Path,
    call_timeout: Duration,
) -> anyhow::Result<Channel> {
    let profile = Profile::load(profile_file)?;
    let roster = roster::load(&profile.roster_file)?;
    let member = roster.member(profile.member).with_context(|| {
        format!("{} has no member {}", profile.roster_file.display(), profile.member)
    })?;
    let pins: BTreeSet<_> = member.node_keys_in_force().collect();
    let credentials = Credentials::load(PairPaths {
        certificate: &profile.certificate_file,
        key: &profile.key_file,
    })?;
    let address = &profile.address;
    Ok(client::connect_person_within(address, pins, &credentials, call_timeout).await?)
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
