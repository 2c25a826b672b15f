//! The journal: who did what to which records, day by day, as a chain of hashes.
//!
//! Every write puts its entries into its own batch. An entry holds no field of a record. Its hash
//! is `BLAKE3("essaim journal v1" ‖ stored bytes)`, and each entry holds the hash of the one
//! before, so that a change of any entry breaks the chain after it. The head holds the number of
//! entries and the last hash. Who can rewrite the whole chain and the head is stopped only by a
//! copy of the head kept elsewhere: [`Repository::journal_head`] is cheap, so that one can be kept,
//! and [`Repository::verify_journal_since`] tells whether the journal goes on from it.

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use crate::{
    base::limits::NAME_BYTES_MAX,
    records::{
        draft::Draft,
        error::{Problem, RecordError},
        layout::{JOURNAL, JOURNAL_HEAD, journal_key, open, seal},
        repository::{Page, Repository},
        types::RecordKind,
    },
};

/// What hashes of entries begin with.
const DOMAIN: &[u8] = b"essaim journal v1";

/// Most records named in one entry, so that it fits into one value; longer writes take several.
const TOUCHED_MAX: usize = 128;

/// A record that a write touched, and the revision it has since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Touched {
    /// The kind of record.
    #[n(0)]
    pub kind: RecordKind,
    /// Its identifier's bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// Its revision after the write.
    #[n(2)]
    pub revision: u64,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct JournalEntry {
    /// Its number, from 0.
    #[n(0)]
    pub number: u64,
    /// Hash of the entry before; zeros in the first.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub previous: [u8; 32],
    /// The day of the write.
    #[cbor(n(2), with = "crate::base::date::cbor")]
    pub day: Date,
    /// Who wrote.
    #[n(3)]
    pub actor: String,
    /// What was done: `create`, `update`, `assign`, `import`, …
    #[n(4)]
    pub action: String,
    /// What it was done to.
    #[n(5)]
    pub touched: Vec<Touched>,
}

/// How long the journal is and the hash of its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct JournalHead {
    /// Number of entries.
    #[n(0)]
    pub entries: u64,
    /// Hash of the last entry; zeros if there is none.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

impl JournalHead {
    /// The head of a journal without entries.
    pub const EMPTY: Self = Self { entries: 0, hash: [0; 32] };

    fn read(bytes: Option<&[u8]>) -> Result<Self, RecordError> {
        match bytes {
            None => Ok(Self::EMPTY),
            Some(bytes) => open(bytes).ok_or(RecordError::JournalBroken { entry: 0 }),
        }
    }

    /// The head after an entry with these bytes.
    fn followed_by(self, entry: &[u8]) -> Self {
        Self { entries: self.entries.saturating_add(1), hash: hash(entry) }
    }
}

fn hash(entry: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(DOMAIN).update(entry).finalize().as_bytes()
}

/// Adds the entries about what `draft` touched to its batch. A write that touched nothing leaves
/// none.
pub(crate) fn append(
    draft: &mut Draft<'_>,
    actor: &str,
    action: &str,
    day: Date,
) -> Result<(), RecordError> {
    if actor.is_empty() {
        return Err(RecordError::InvalidField { field: "actor", problem: Problem::Empty });
    }
    if actor.len() > NAME_BYTES_MAX {
        let problem = Problem::TooLong { bytes: actor.len(), bytes_max: NAME_BYTES_MAX };
        return Err(RecordError::InvalidField { field: "actor", problem });
    }
    if draft.touched.is_empty() {
        return Ok(());
    }
    let mut head = JournalHead::read(draft.get(&JOURNAL_HEAD)?.as_deref())?;
    for touched in std::mem::take(&mut draft.touched).chunks(TOUCHED_MAX) {
        let bytes = seal(&JournalEntry {
            number: head.entries,
            previous: head.hash,
            day,
            actor: actor.into(),
            action: action.into(),
            touched: touched.to_vec(),
        });
        let key = journal_key(head.entries);
        head = head.followed_by(&bytes);
        draft.batch.put(key, bytes);
    }
    draft.batch.put(JOURNAL_HEAD, seal(&head));
    Ok(())
}

fn rewritten(kept: JournalHead) -> RecordError {
    RecordError::JournalRewritten { entries: kept.entries }
}

impl Repository {
    /// The journal's head, without looking at its entries.
    pub fn journal_head(&self) -> Result<JournalHead, RecordError> {
        JournalHead::read(self.store.get(&JOURNAL_HEAD)?.as_deref())
    }

    /// A page of the journal, oldest entries first; `after` is the number of an entry.
    pub fn journal(&self, page: &Page<u64>) -> Result<Vec<JournalEntry>, RecordError> {
        let Some(first) = page.after.map_or(Some(0), |after| after.checked_add(1)) else {
            return Ok(Vec::new());
        };
        let last = self.journal_head()?.entries;
        let numbers = (first..last).take(page.size_coerced());
        numbers
            .map(|number| {
                let bytes = self.store.get(&journal_key(number))?;
                let entry = bytes.and_then(|bytes| open(&bytes));
                entry.ok_or(RecordError::JournalBroken { entry: number })
            })
            .collect()
    }

    /// Reads the whole journal and checks that it is the unbroken chain that was written. Takes no
    /// lock: writes that come in while it runs are not looked at.
    pub fn verify_journal(&self) -> Result<JournalHead, RecordError> {
        self.verify_journal_since(JournalHead::EMPTY)
    }

    /// [`Repository::verify_journal`], and that the chain goes on from a head that was kept.
    pub fn verify_journal_since(&self, kept: JournalHead) -> Result<JournalHead, RecordError> {
        let head = self.verify_chain(&mut |so_far| {
            let other = so_far.entries == kept.entries && so_far.hash != kept.hash;
            if other { Err(rewritten(kept)) } else { Ok(()) }
        })?;
        if head.entries < kept.entries { Err(rewritten(kept)) } else { Ok(head) }
    }

    /// Shows `look` the head after each entry, the last one included, from that of none on.
    fn verify_chain(
        &self,
        look: &mut dyn FnMut(JournalHead) -> Result<(), RecordError>,
    ) -> Result<JournalHead, RecordError> {
        let head = self.journal_head()?;
        let mut so_far = JournalHead::EMPTY;
        look(so_far)?;
        for pair in self.store.scan_prefix(&JOURNAL) {
            let (key, bytes) = pair?;
            let broken = RecordError::JournalBroken { entry: so_far.entries };
            if so_far.entries == head.entries {
                // Beyond the head: either written since, or slipped in.
                let since = self.journal_head()?.entries > head.entries;
                return if since && so_far == head { Ok(head) } else { Err(broken) };
            }
            let Some(entry) = open::<JournalEntry>(&bytes) else { return Err(broken) };
            let fits = key == journal_key(so_far.entries)
                && entry.number == so_far.entries
                && entry.previous == so_far.hash;
            if !fits {
                return Err(broken);
            }
            so_far = so_far.followed_by(&bytes);
            look(so_far)?;
        }
        match so_far == head {
            true => Ok(head),
            // The last entry was changed, or entries are missing at the end.
            false if so_far.entries == head.entries => {
                Err(RecordError::JournalBroken { entry: head.entries.saturating_sub(1) })
            }
            false => Err(RecordError::JournalBroken { entry: so_far.entries }),
        }
    }
}
