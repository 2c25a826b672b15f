//! The node's own log, as services append to it.

use std::sync::Arc;

use crate::{
    base::id::{EntryId, MemberCode},
    keys::signer::LogSigner,
    log::{
        LogError,
        logs::{Body, Entry, Log},
    },
    publication::admitted::Admitted,
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

    /// The entry, from number `from` on, that carries exactly `admitted`; the newest if there are
    /// several. Blocks.
    pub fn find(&self, admitted: &Admitted, from: u64) -> Result<Option<EntryId>, LogError> {
        find(&self.log, self.member, self.epoch, from, admitted)
    }
}

/// The entry of the log of `member` in `epoch`, from number `from` on, that carries exactly
/// `admitted`; the newest if there are several.
pub fn find(
    log: &Log,
    member: MemberCode,
    epoch: u32,
    from: u64,
    admitted: &Admitted,
) -> Result<Option<EntryId>, LogError> {
    let mut found = None;
    for entry in log.entries(member, epoch, from) {
        let entry = entry?;
        let same_body = matches!(&entry.body, Body::Present(body) if body == admitted.body());
        if same_body && entry.header.kind == admitted.kind() {
            found = Some(entry.id);
        }
    }
    Ok(found)
}
