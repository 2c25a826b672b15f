//! Taking up a new roster, or a renewed certificate and key, while the node runs.
//!
//! The files are looked at now and then, and when an operator asks for it. What does not fit
//! changes nothing: the node goes on with what it has, and says so once for each new content. A
//! roster and a key may be exchanged together, in any order: what comes too early for the other is
//! looked at again when the other has come.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    config::Config,
    keys::{
        certificate::{Credentials, PairPaths},
        roster::Roster,
    },
    node::{
        error::NodeError,
        rosters::{self, Memory, OwnEntry},
    },
    rpc::{credentials::LiveCredentials, identity::LiveRoster},
};

/// How often the files are looked at.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// What was taken up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) roster: bool,
    pub(super) credentials: bool,
}

/// What a reload looks at, and what it changes.
pub(super) struct Reloader {
    roster_file: PathBuf,
    certificate_file: PathBuf,
    key_file: PathBuf,
    own: OwnEntry,
    memory: Memory,
    roster: Arc<LiveRoster>,
    credentials: Arc<LiveCredentials>,
    /// The contents judged last: roster, certificate, key. `None` is a file that cannot be read.
    judged: Mutex<Option<[Option<blake3::Hash>; 3]>>,
}

impl Reloader {
    /// Looks at the files that `config` names.
    pub(super) fn new(
        config: &Config,
        own: OwnEntry,
        memory: Memory,
        roster: Arc<LiveRoster>,
        credentials: Arc<LiveCredentials>,
    ) -> Self {
        Self {
            roster_file: config.roster_file.clone(),
            certificate_file: config.keys.node_certificate_file.clone(),
            key_file: config.keys.node_key_file.clone(),
            own,
            memory,
            roster,
            credentials,
            judged: Mutex::default(),
        }
    }

    /// Looks at the files and takes up what is new and fits. Blocks.
    pub(super) fn look(&self) -> Taken {
        let files = [&self.roster_file, &self.certificate_file, &self.key_file];
        let contents = files.map(|file| content(file));
        // Held throughout: two looks at once would take the same up twice.
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if *judged == Some(contents) {
            return Taken::default();
        }
        *judged = Some(contents);
        let taken = self.judge();
        if taken.roster {
            self.memory.remember(&self.roster);
            let version = self.roster.roster().version;
            tracing::info!(version, "a new roster is in force");
        }
        if taken.credentials {
            tracing::info!("a new node certificate is in force");
        }
        taken
    }

    fn judge(&self) -> Taken {
        let roster = told(self.new_roster());
        let credentials = told(self.new_credentials());
        let mut taken = Taken::default();
        match (roster, credentials) {
            (None, None) => {}
            (Some(roster), None) => {
                let fits = self.fits(&roster, &self.credentials.current());
                taken.roster = told(fits).is_some() && self.take_roster(roster);
            }
            (None, Some(credentials)) => {
                let fits = self.fits(&self.roster.roster(), &credentials);
                taken.credentials = told(fits).is_some() && self.take_credentials(credentials);
            }
            (Some(roster), Some(credentials)) => {
                return self.judge_both(roster, credentials);
            }
        }
        taken
    }

    /// Both are new: together if they fit, else whichever fits what is in force.
    fn judge_both(&self, roster: Roster, credentials: Credentials) -> Taken {
        if self.fits(&roster, &credentials).is_ok() {
            // The key first: a roster that no longer holds the old key must find the new one.
            let taken = self.take_credentials(credentials);
            let roster_fits = taken || self.fits(&roster, &self.credentials.current()).is_ok();
            let roster = roster_fits && self.take_roster(roster);
            return Taken { roster, credentials: taken };
        }
        let fits = self.fits(&roster, &self.credentials.current());
        if told(fits).is_some() {
            tracing::warn!("the new node certificate is not in the new roster and waits for one");
            return Taken { roster: self.take_roster(roster), credentials: false };
        }
        let fits = self.fits(&self.roster.roster(), &credentials);
        let credentials = told(fits).is_some() && self.take_credentials(credentials);
        Taken { roster: false, credentials }
    }

    /// The roster in the file, if it is another one than that in force.
    fn new_roster(&self) -> Result<Option<Roster>, NodeError> {
        let roster = rosters::read(&self.roster_file)?;
        let current = self.roster.roster();
        if roster == *current {
            return Ok(None);
        }
        // A changed roster counts up; one that does not is an old copy, or was edited by hand.
        if roster.version <= current.version {
            return Err(NodeError::OldRoster {
                file: self.roster_file.clone(),
                version: roster.version,
                current: current.version,
            });
        }
        Ok(Some(roster))
    }

    /// The certificate and key in the files, if they are others than those in force.
    fn new_credentials(&self) -> Result<Option<Credentials>, NodeError> {
        let pair = PairPaths { certificate: &self.certificate_file, key: &self.key_file };
        let credentials = Credentials::load(pair)?;
        Ok((!self.credentials.is(&credentials)).then_some(credentials))
    }

    fn fits(&self, roster: &Roster, credentials: &Credentials) -> Result<Option<()>, NodeError> {
        let fits = self.own.fits(roster, &credentials.pin()?);
        fits.map(Some).map_err(|problem| NodeError::NotInRoster {
            file: self.roster_file.clone(),
            member: self.own.member,
            problem,
        })
    }

    fn take_roster(&self, roster: Roster) -> bool {
        self.roster.replace(roster);
        true
    }

    fn take_credentials(&self, credentials: Credentials) -> bool {
        let replaced = self.credentials.replace(credentials).map_err(NodeError::from);
        told(replaced.map(Some)).is_some()
    }
}

/// What was found, or a warning: the node goes on with what it has.
fn told<T>(found: Result<Option<T>, NodeError>) -> Option<T> {
    found.unwrap_or_else(|error| {
        tracing::warn!(%error, "what lies on disk is not taken up; the node goes on as it is");
        None
    })
}

/// What tells one content of a file from another; `None` if it cannot be read.
fn content(file: &Path) -> Option<blake3::Hash> {
    let opened = fs::File::open(file).ok()?;
    let mut hasher = blake3::Hasher::new();
    // One byte beyond the longest, so that a file that is too long is not taken for its beginning.
    hasher.update_reader(std::io::Read::take(opened, rosters::FILE_BYTES_MAX + 1)).ok()?;
    Some(hasher.finalize())
}
