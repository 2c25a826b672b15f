//! Notes: taken in, listed and found.

use std::{
    fmt,
    ops::Bound,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::civil::Date;

use crate::{
    base::{
        date,
        id::{EntryId, MemberCode},
        limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX},
    },
    library::{
        error::LibraryError,
        fold::{fold, words},
        keys,
    },
    publication::{
        admitted::{AdmissionError, Admitted},
        note::Note,
    },
    store::{Batch, SharedStore, chunks, end_of_prefix, remove_all},
};

/// Most notes looked at for one page; a search that finds few goes on with the next page.
pub const NOTES_SEARCHED_MAX: usize = 2_000;
/// A page ends after this many bytes of text, so that it fits into one message.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// The notes of all members.
pub struct Library {
    store: SharedStore,
    /// Held while notes change.
    writer: Mutex<()>,
}

/// A note as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedNote {
    /// The resource: the entry of its first version.
    pub resource: EntryId,
    /// The entry of the version shown.
    pub entry: EntryId,
    /// The version shown.
    pub note: Note,
}

/// Which notes to list. Everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// Language tag.
    pub language: Option<String>,
    /// Filière code.
    pub filiere: Option<String>,
    /// Publishing member.
    pub member: Option<MemberCode>,
    /// Words that must all occur, wherever, without regard to case and diacritics.
    pub text: Option<String>,
}

/// A page to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotePage {
    /// Most notes wanted; 0 for the default. Larger numbers are coerced.
    pub size: usize,
    /// Where the page before it ended.
    pub after: Option<NoteCursor>,
}

/// Where a page ended. Shown as `2026-05-01/CR/1/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteCursor {
    /// Day of publication of the last note looked at.
    pub published_on: Date,
    /// Its resource.
    pub resource: EntryId,
}

/// A text that is no place in a list of notes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The page token is not one that this node gave out")]
pub struct InvalidCursor;

/// Notes, newest first, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteList {
    /// The notes; a search may give an empty page that is not the last.
    pub notes: Vec<PublishedNote>,
    /// The next page's [`NotePage::after`]; `None` on the last page.
    pub next: Option<NoteCursor>,
}

impl fmt::Display for NoteCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.published_on, self.resource)
    }
}

impl FromStr for NoteCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (day, resource) = text.split_once('/').ok_or(InvalidCursor)?;
        let published_on = day.parse().map_err(|_| InvalidCursor)?;
        Ok(Self { published_on, resource: resource.parse().map_err(|_| InvalidCursor)? })
    }
}

impl Library {
    /// Version of what is stored. Another version is computed again from the logs.
    pub const LAYOUT: u8 = 1;

    /// The library in `store`.
    pub fn new(store: SharedStore) -> Self {
        Self { store, writer: Mutex::default() }
    }

    /// Admits a note to the own log. `revises` is the number of the version it supersedes.
    pub fn admit(note: &Note, revises: Option<u64>) -> Result<Admitted, AdmissionError> {
        Admitted::note(note, revises)
    }

    /// Takes in a note. `first_seq` is the number, in the entry's header, of the resource's first
    /// version. Doing it again changes nothing. Durable with the store's next barrier.
    pub fn apply(&self, id: EntryId, first_seq: u64, note: &Note) -> Result<(), LibraryError> {
        note.validate()?;
        if note.member != id.origin {
            return Err(LibraryError::ForeignMember { entry: id });
        }
        if first_seq > id.seq {
            return Err(LibraryError::LaterFirst { entry: id, first_seq });
        }
        let _writer = self.lock();
        let withdrawn = self.store.get(&keys::withdrawn(id))?.is_some();
        if withdrawn || self.store.get(&keys::resource_of(id))?.is_some() {
            return Ok(());
        }
        let resource = EntryId { seq: first_seq, ..id };
        let mut batch = Batch::default();
        batch.put(keys::resource_of(id), first_seq.to_be_bytes());
        batch.put(keys::version(resource, id.seq), Vec::new());
        chunks::put(&*self.store, &mut batch, &keys::content(id), &note.to_bytes())?;
        let shown = self.shown(resource)?;
        if shown.is_none_or(|(seq, _)| seq < id.seq) {
            show(&mut batch, resource, shown, Some((id.seq, note.published_on)));
        }
        Ok(self.store.apply(&batch)?)
    }

    /// Withdraws one version, whether it has arrived or not; the newest one left is shown.
    pub fn withdraw(&self, id: EntryId) -> Result<(), LibraryError> {
        let _writer = self.lock();
        let mut batch = Batch::default();
        batch.put(keys::withdrawn(id), Vec::new());
        if let Some(first_seq) = self.store.get(&keys::resource_of(id))? {
            let first_seq = first_seq.try_into().map_err(|_| LibraryError::DamagedKey)?;
            let resource = EntryId { seq: u64::from_be_bytes(first_seq), ..id };
            batch.remove(keys::resource_of(id));
            batch.remove(keys::version(resource, id.seq));
            chunks::remove(&*self.store, &mut batch, &keys::content(id))?;
            let shown = self.shown(resource)?;
            if shown.is_some_and(|(seq, _)| seq == id.seq) {
                let left = self.newest_without(resource, id.seq)?;
                show(&mut batch, resource, shown, left);
            }
        }
        Ok(self.store.apply(&batch)?)
    }

    /// Forgets everything and takes in `notes` (entry, `first_seq`, note). Withdrawals are
    /// forgotten, too: repeat them.
    pub fn rebuild(
        &self,
        notes: impl IntoIterator<Item = (EntryId, u64, Note)>,
    ) -> Result<(), LibraryError> {
        for prefix in keys::projected() {
            remove_all(&*self.store, &prefix)?;
        }
        notes.into_iter().try_for_each(|(id, first_seq, note)| self.apply(id, first_seq, &note))
    }

    pub(super) fn store(&self) -> &SharedStore {
        &self.store
    }

    /// One page of the notes that pass `filter`, newest first.
    pub fn list(&self, page: &NotePage, filter: &NoteFilter) -> Result<NoteList, LibraryError> {
        let size = if page.size == 0 { PAGE_SIZE_DEFAULT } else { page.size.min(PAGE_SIZE_MAX) };
        let words = words(filter.text.as_deref().unwrap_or_default());
        let from = match page.after {
            Some(cursor) => Bound::Excluded(keys::listed(cursor.published_on, cursor.resource)),
            None => Bound::Included(keys::all_listed().to_vec()),
        };
        let mut list = NoteList { notes: Vec::new(), next: None };
        let mut bytes = 0;
        let mut last = None;
        let pairs = self.store.range(from, end_of_prefix(&keys::all_listed()));
        for (looked_at, pair) in pairs.enumerate() {
            let full = list.notes.len() == size || bytes >= PAGE_BYTES_MAX;
            if full || looked_at == NOTES_SEARCHED_MAX {
                list.next = last;
                break;
            }
            let (key, seq) = pair?;
            let (published_on, resource) = keys::read_listed(&key)?;
            last = Some(NoteCursor { published_on, resource });
            let seq = seq.try_into().map(u64::from_be_bytes);
            let entry = EntryId { seq: seq.map_err(|_| LibraryError::DamagedKey)?, ..resource };
            if filter.member.is_some_and(|member| member != entry.origin) {
                continue;
            }
            let note = self.note(entry)?.ok_or(LibraryError::Damaged { entry })?;
            if filter.passes(&note) && contains(&note, &words) {
                bytes += note.text.len() + note.summary.len();
                list.notes.push(PublishedNote { resource, entry, note });
            }
        }
        Ok(list)
    }

    /// The shown version of a resource.
    pub fn get(&self, resource: EntryId) -> Result<Option<PublishedNote>, LibraryError> {
        let Some((seq, _)) = self.shown(resource)? else { return Ok(None) };
        let entry = EntryId { seq, ..resource };
        let note = self.note(entry)?;
        Ok(note.map(|note| PublishedNote { resource, entry, note }))
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // What it guards is in the store, where every change is one batch.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, entry: EntryId) -> Result<Option<Note>, LibraryError> {
        let Some(bytes) = chunks::get(&*self.store, &keys::content(entry))? else {
            return Ok(None);
        };
        let note = Note::from_bytes(Note::SCHEMA, &bytes);
        note.map(Some).map_err(|_| LibraryError::Damaged { entry })
    }

    /// Number and day of the version shown.
    fn shown(&self, resource: EntryId) -> Result<Option<(u64, Date)>, LibraryError> {
        let Some(value) = self.store.get(&keys::shown(resource))? else { return Ok(None) };
        let read = || {
            let (seq, days) = value.split_first_chunk()?;
            let days = i32::from_be_bytes(days.try_into().ok()?);
            Some((u64::from_be_bytes(*seq), date::from_days(days)?))
        };
        read().map(Some).ok_or(LibraryError::Damaged { entry: resource })
    }

    /// The newest version but `seq`.
    fn newest_without(
        &self,
        resource: EntryId,
        seq: u64,
    ) -> Result<Option<(u64, Date)>, LibraryError> {
        let mut newest = None;
        for pair in self.store.scan_prefix(&keys::versions(resource)) {
            let number = keys::read_version(&pair?.0)?;
            newest = newest.max(Some(number).filter(|number| *number != seq));
        }
        let Some(seq) = newest else { return Ok(None) };
        let entry = EntryId { seq, ..resource };
        let note = self.note(entry)?.ok_or(LibraryError::Damaged { entry })?;
        Ok(Some((seq, note.published_on)))
    }
}

/// Moves the resource in the list from the version shown before to the one shown after.
fn show(
    batch: &mut Batch,
    resource: EntryId,
    before: Option<(u64, Date)>,
    after: Option<(u64, Date)>,
) {
    if let Some((_, day)) = before {
        batch.remove(keys::listed(day, resource));
    }
    match after {
        Some((seq, day)) => {
            let mut value = seq.to_be_bytes().to_vec();
            batch.put(keys::listed(day, resource), value.clone());
            value.extend(date::to_days(day).to_be_bytes());
            batch.put(keys::shown(resource), value);
        }
        None => batch.remove(keys::shown(resource)),
    }
}

impl NoteFilter {
    fn passes(&self, note: &Note) -> bool {
        self.language.as_ref().is_none_or(|language| *language == note.language)
            && self.filiere.as_ref().is_none_or(|filiere| note.filieres.contains(filiere))
    }
}

/// Whether every word occurs somewhere in the note.
fn contains(note: &Note, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut texts = vec![&note.title, &note.summary, &note.text];
    texts.extend(note.authors.iter().chain(&note.keywords));
    let texts: Vec<String> = texts.into_iter().map(|text| fold(text)).collect();
    words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
}
