//! The node's own log, as services append to it.

use std::sync::Arc;

use crate::{
    base::id::{EntryId, MemberCode},
    keys::signer::LogSigner,
    log::{
        LogError,
        logs::{Body, Entry, Log},
    },
    publication::admitted::{Admitted, EntryKind},
};

/// Told of each entry that was appended, before the caller hears of it.
pub type OnAppend = Arc<dyn Fn(EntryId) + Send + Sync>;

/// The node's own log, with the key that signs it.
pub struct OwnLog {
    log: Arc<Log>,
    signer: LogSigner,
    member: MemberCode,
    epoch: u32,
    on_append: OnAppend,
}

impl OwnLog {
    /// The log of `member` in `epoch`. `on_append` wakes what follows the log; it may block.
    pub fn new(
        log: Arc<Log>,
        signer: LogSigner,
        member: MemberCode,
        epoch: u32,
        on_append: OnAppend,
    ) -> Self {
        Self { log, signer, member, epoch, on_append }
    }

    /// The member that writes it.
    pub fn member(&self) -> MemberCode {
        self.member
    }

    /// The incarnation that is appended to.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// An error if nothing may be appended now.
    pub fn check_appendable(&self) -> Result<(), LogError> {
        self.log.check_appendable(self.member, self.epoch)
    }

    /// The newest entry of this epoch, from number `from` on, that carries exactly `admitted`. An
    /// error if it is not found and a body that could be it cannot be read. Blocks.
    pub fn find(&self, admitted: &Admitted, from: u64) -> Result<Option<EntryId>, LogError> {
        newest(admitted, self.log.entries(self.member, self.epoch, from))
    }

    /// The same, among the entries of all epochs.
    pub fn find_in_all(&self, admitted: &Admitted) -> Result<Option<EntryId>, LogError> {
        newest(admitted, self.all_entries())
    }

    fn all_entries(&self) -> impl Iterator<Item = Result<Entry, LogError>> {
        (1..=self.epoch).flat_map(|epoch| self.log.entries(self.member, epoch, 0))
    }

    /// The entries of all epochs that are of `kind`, or may be because they cannot be read. Blocks.
    pub fn entries_of(&self, kind: EntryKind) -> Result<Vec<EntryId>, LogError> {
        let mut found = Vec::new();
        for entry in self.all_entries() {
            match entry {
                Ok(entry) if entry.header.kind == kind => found.push(entry.id),
                Ok(_) => {}
                Err(LogError::DamagedBody { id } | LogError::Unreadable { id, .. }) => {
                    found.push(id);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Appends; the entry is durable when this returns. Blocks.
    pub fn append(&self, admitted: Admitted) -> Result<EntryId, LogError> {
        let id = self.log.append(&self.signer, self.member, self.epoch, admitted)?;
        (self.on_append)(id);
        Ok(id)
    }

    /// Number of entries.
    pub fn held(&self) -> u64 {
        // A log that takes no more entries needs no number for the next.
        self.log.position(self.member, self.epoch).map_or(0, |position| position.held)
    }

    /// An entry. Blocks.
    pub fn entry(&self, id: EntryId) -> Result<Option<Entry>, LogError> {
        self.log.entry(id)
    }
}

/// The last of `entries` that carries exactly `admitted`; an error if there is none and a body that
/// could be it cannot be read.
fn newest(
    admitted: &Admitted,
    entries: impl Iterator<Item = Result<Entry, LogError>>,
) -> Result<Option<EntryId>, LogError> {
    let (mut found, mut unread) = (None, None);
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error @ (LogError::DamagedBody { .. } | LogError::Unreadable { .. })) => {
                unread = Some(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        if entry.header.kind != admitted.kind() {
            continue;
        }
        match entry.body {
            Body::Present(body) if body == admitted.body() => found = Some(entry.id),
            Body::Present(_) => {}
            Body::Absent => unread = Some(LogError::DamagedBody { id: entry.id }),
        }
    }
    match (found, unread) {
        (None, Some(error)) => Err(error),
        (found, _) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        base::clock::ManualClock,
        publication::withdrawal::{Withdrawal, WithdrawalReason},
        store::memory::MemoryStore,
    };

    #[test]
    fn what_was_appended_in_an_epoch_closed_since_is_found_among_all() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at_noon(date(2027, 1, 31)));
        let log = Log::open(folder.path(), Arc::new(MemoryStore::default()), clock).unwrap();
        let log = Arc::new(log);
        let own = |epoch| {
            let signer = LogSigner::from_seed([epoch as u8; 32]);
            let member = "ML".parse().unwrap();
            OwnLog::new(Arc::clone(&log), signer, member, epoch, Arc::new(|_| {}))
        };
        let withdrawal =
            Withdrawal { epoch: 1, seq: 0, reason: WithdrawalReason::Error, erase: false };
        let admitted = || Admitted::withdrawal(&withdrawal).unwrap();
        let before = own(1).append(admitted()).unwrap();
        let now = own(2);
        assert_eq!(now.find(&admitted(), 0).unwrap(), None);
        assert_eq!(now.find_in_all(&admitted()).unwrap(), Some(before));
        let again = now.append(admitted()).unwrap();
        assert_eq!(now.find_in_all(&admitted()).unwrap(), Some(again));
    }
}
