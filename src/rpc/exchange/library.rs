//! Technology notes: listed and read by all, published by authors of the own member.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{ToSpan, civil::Date};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::{
        clock::SharedClock,
        id::{EntryId, IdempotencyKey},
        limits::PAGE_SIZE_MAX,
    },
    codes::embedded::Codes,
    library::{
        notes::{Library, NoteFilter, NotePage, PublishedNote},
        numbered::Numbered,
    },
    publication::{admitted::Admitted, note::Note},
    rpc::{
        call::{blocking, caller},
        own_log::OwnLog,
    },
    wire::{
        generated::exchange::{
            GetNoteRequest, GetNoteResponse, ListNotesRequest, ListNotesResponse,
            PublishNoteRequest, PublishNoteResponse, library_service_server::LibraryService,
        },
        library as wire,
        parse::{self, Invalid},
        status,
    },
};

/// Days after which the same note is no longer taken for a publication that was tried before.
const RETRY_DAYS_MAX: i32 = 30;

/// The library service.
#[derive(Clone)]
pub struct LibraryServer {
    shelf: Arc<Shelf>,
}

/// Where notes are found, and where they are published.
struct Shelf {
    library: Arc<Library>,
    own_log: Arc<OwnLog>,
    clock: SharedClock,
    /// What a note's filières are checked against.
    codes: Arc<Codes>,
    /// Held while a note is published: of two calls with the same, the second finds the first's.
    publishing: Mutex<()>,
}

impl LibraryServer {
    /// Serves `library`, and publishes in `own_log` under the days of `clock`, with filières of
    /// `codes`.
    pub(super) fn new(
        library: Arc<Library>,
        own_log: Arc<OwnLog>,
        clock: SharedClock,
        codes: Arc<Codes>,
    ) -> Self {
        let shelf = Shelf { library, own_log, clock, codes, publishing: Mutex::default() };
        Self { shelf: Arc::new(shelf) }
    }
}

#[async_trait]
impl LibraryService for LibraryServer {
    async fn publish_note(
        &self,
        request: Request<PublishNoteRequest>,
    ) -> Result<Response<PublishNoteResponse>, Status> {
        let actor = caller(&request)?.to_string();
        let PublishNoteRequest { note, revises, request_id } = request.into_inner();
        let shelf = Arc::clone(&self.shelf);
        let (member, today) = (shelf.own_log.member(), shelf.clock.today());
        let note = wire::from_wire(note, member, today, &shelf.codes)?;
        let revises = parse::name_or_none("revises", wire::COLLECTION, &revises)?;
        let number = parse::request_id(&request_id)?;
        let number = number.map(|key| Number { key, fingerprint: asked(&actor, &note, revises) });
        let published = blocking(move || shelf.publish(number, note, revises)).await?;
        Ok(Response::new(PublishNoteResponse { note: Some(wire::to_wire(published, true)) }))
    }

    async fn list_notes(
        &self,
        request: Request<ListNotesRequest>,
    ) -> Result<Response<ListNotesResponse>, Status> {
        let (page, filter) = wire::list_from_wire(request.into_inner())?;
        let library = Arc::clone(&self.shelf.library);
        let list = blocking(move || library.list(&page, &filter)).await?;
        Ok(Response::new(ListNotesResponse {
            notes: list.notes.into_iter().map(|note| wire::to_wire(note, false)).collect(),
            next_page_token: list.next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_note(
        &self,
        request: Request<GetNoteRequest>,
    ) -> Result<Response<GetNoteResponse>, Status> {
        let GetNoteRequest { name } = request.into_inner();
        let resource: EntryId = parse::name("name", wire::COLLECTION, &name)?;
        let library = Arc::clone(&self.shelf.library);
        let found = blocking(move || library.get(resource)).await?;
        let found = found.ok_or_else(|| status::not_found("note", &name))?;
        Ok(Response::new(GetNoteResponse { note: Some(wire::to_wire(found, true)) }))
    }
}

/// A caller's number of a publication, and what it asks under it.
struct Number {
    key: IdempotencyKey,
    fingerprint: [u8; 32],
}

/// What is asked for, as one hash. The day is the node's affair.
fn asked(actor: &str, note: &Note, revises: Option<EntryId>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("essaim publish note v1");
    let dateless = Note { published_on: Date::constant(2000, 1, 1), ..note.clone() };
    let revises = revises.map(|resource| resource.to_string()).unwrap_or_default();
    for part in [actor.as_bytes(), revises.as_bytes(), &dateless.to_bytes()] {
        hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
    }
    *hasher.finalize().as_bytes()
}

/// What is to be done about a note.
enum Prepared {
    /// Nothing: it stands already.
    Twin(PublishedNote),
    /// It is to be appended, as a version of a resource or as a new one.
    New(Admitted, Option<EntryId>),
}

impl Shelf {
    /// Publishes a note, or finds that it is published already: the answer to a first try may have
    /// been lost on the way.
    fn publish(
        &self,
        number: Option<Number>,
        note: Note,
        revises: Option<EntryId>,
    ) -> Result<PublishedNote, Status> {
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Number { key, fingerprint }) = number else {
            return match self.prepare(&note, revises)? {
                Prepared::Twin(twin) => Ok(twin),
                Prepared::New(admitted, resource) => self.append(note, admitted, resource),
            };
        };
        match self.library.numbered(key, &fingerprint)? {
            Some(earlier) => self.go_on(key, earlier, note, revises),
            None => {
                let (epoch, held) = (self.own_log.epoch(), self.own_log.held());
                let published_on = note.published_on;
                let begun = Numbered { fingerprint, published_on, epoch, held, seq: None };
                self.publish_numbered(key, begun, note, revises)
            }
        }
    }

    /// Publishes under a number; the order is that of [`crate::library::numbered`].
    fn publish_numbered(
        &self,
        key: IdempotencyKey,
        begun: Numbered,
        note: Note,
        revises: Option<EntryId>,
    ) -> Result<PublishedNote, Status> {
        let published = match self.prepare(&note, revises)? {
            Prepared::Twin(twin) => twin,
            Prepared::New(admitted, resource) => {
                self.library.number(key, &begun)?;
                self.append(note, admitted, resource)?
            }
        };
        self.done(key, begun, &published)?;
        Ok(published)
    }

    /// Goes on where an earlier try under the same number ended.
    fn go_on(
        &self,
        key: IdempotencyKey,
        earlier: Numbered,
        mut note: Note,
        revises: Option<EntryId>,
    ) -> Result<PublishedNote, Status> {
        note.published_on = earlier.published_on;
        if let Some(seq) = earlier.seq {
            let origin = self.own_log.member();
            return self.as_published(note, EntryId { origin, epoch: earlier.epoch, seq });
        }
        // A log in another epoch began anew: where it stood then says nothing.
        let from = if earlier.epoch == self.own_log.epoch() { earlier.held } else { 0 };
        match self.own_log.find(&Library::admit(&note, None)?, from)? {
            Some(entry) => {
                let published = self.as_published(note, entry)?;
                self.done(key, earlier, &published)?;
                Ok(published)
            }
            None => self.publish_numbered(key, earlier, note, revises),
        }
    }

    fn done(
        &self,
        key: IdempotencyKey,
        begun: Numbered,
        published: &PublishedNote,
    ) -> Result<(), Status> {
        let PublishedNote { entry, note, .. } = published;
        let (published_on, epoch, seq) = (note.published_on, entry.epoch, Some(entry.seq));
        Ok(self.library.number(key, &Numbered { published_on, epoch, seq, ..begun })?)
    }

    /// Looks whether a note stands already, and has it admitted if not.
    fn prepare(&self, note: &Note, revises: Option<EntryId>) -> Result<Prepared, Status> {
        let revised = revises.map(|resource| self.revised(resource)).transpose()?;
        let twin = match &revised {
            Some(shown) => Some(shown.clone()).filter(|shown| same(&shown.note, note)),
            None => self.twin(note)?,
        };
        if let Some(twin) = twin {
            return Ok(Prepared::Twin(twin));
        }
        let superseded = revised.as_ref().map(|shown| shown.entry.seq);
        let resource = revised.map(|shown| shown.resource);
        Ok(Prepared::New(Library::admit(note, superseded)?, resource))
    }

    fn append(
        &self,
        note: Note,
        admitted: Admitted,
        resource: Option<EntryId>,
    ) -> Result<PublishedNote, Status> {
        let entry = self.own_log.append(admitted)?;
        Ok(PublishedNote { resource: resource.unwrap_or(entry), entry, note })
    }

    /// The note that stands in an entry of the own log.
    fn as_published(&self, note: Note, entry: EntryId) -> Result<PublishedNote, Status> {
        let found = self.own_log.entry(entry)?;
        let found = found.ok_or_else(|| status::not_found("entry", &entry.to_string()))?;
        let resource = EntryId { seq: found.header.first_seq, ..entry };
        Ok(PublishedNote { resource, entry, note })
    }

    /// The shown version of a note that is to be revised.
    fn revised(&self, resource: EntryId) -> Result<PublishedNote, Status> {
        if (resource.origin, resource.epoch) != (self.own_log.member(), self.own_log.epoch()) {
            let problem = "must be a note of the own member, in the epoch its log is in";
            return Err(Invalid::new("revises", problem).into());
        }
        let shown = self.library.get(resource)?;
        shown.ok_or_else(|| status::not_found("note", &wire::name(resource)))
    }

    /// The same note among those the own member published of late.
    fn twin(&self, note: &Note) -> Result<Option<PublishedNote>, Status> {
        let filter = NoteFilter {
            member: Some(note.member),
            language: Some(note.language.clone()),
            ..NoteFilter::default()
        };
        let earliest = note.published_on.saturating_sub(RETRY_DAYS_MAX.days());
        // A page ends after so many bytes, and within a day the list is not in the order of time.
        let mut page = NotePage { size: PAGE_SIZE_MAX, after: None };
        loop {
            let list = self.library.list(&page, &filter)?;
            if let Some(twin) = list.notes.into_iter().find(|shown| same(&shown.note, note)) {
                return Ok(Some(twin));
            }
            match list.next {
                Some(next) if next.published_on >= earliest => page.after = Some(next),
                _ => return Ok(None),
            }
        }
    }
}

/// Whether two notes say the same, whenever they were published.
fn same(one: &Note, other: &Note) -> bool {
    *one == Note { published_on: one.published_on, ..other.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::clock::SystemClock,
        keys::signer::LogSigner,
        log::logs::{Body, Log},
        store::{SharedStore, memory::MemoryStore},
    };

    fn note(text: &str) -> Note {
        Note {
            member: "ML".parse().unwrap(),
            language: "fr".into(),
            title: "Séchage".into(),
            summary: "Sécher.".into(),
            text: text.into(),
            authors: Vec::new(),
            filieres: Vec::new(),
            keywords: Vec::new(),
            rights: "CC-BY-4.0".into(),
            published_on: Date::constant(2026, 3, 5),
        }
    }

    fn shelf(folder: &std::path::Path) -> Shelf {
        let store: SharedStore = Arc::new(MemoryStore::default());
        let clock: SharedClock = Arc::new(SystemClock);
        let log = Arc::new(Log::open(folder, Arc::clone(&store), Arc::clone(&clock)).unwrap());
        let library = Arc::new(Library::new(store));
        let (shown, read) = (Arc::clone(&library), Arc::clone(&log));
        let follow = move |id| {
            let entry = read.entry(id).unwrap().unwrap();
            let Body::Present(body) = entry.body else { panic!("{id} has no body") };
            let note = Note::from_bytes(entry.header.schema, &body).unwrap();
            shown.apply(id, entry.header.first_seq, &note).unwrap();
        };
        let (signer, member) = (LogSigner::generate().unwrap(), "ML".parse().unwrap());
        let own_log = Arc::new(OwnLog::new(log, signer, member, 1, Arc::new(follow)));
        let codes = Arc::new(Codes::embedded());
        Shelf { library, own_log, clock, codes, publishing: Mutex::default() }
    }

    fn publish(shelf: &Shelf, key: IdempotencyKey, note: &Note) -> PublishedNote {
        let number = Number { key, fingerprint: asked("author", note, None) };
        // Sent again on a later day.
        let later = Note { published_on: Date::constant(2026, 3, 9), ..note.clone() };
        shelf.publish(Some(number), later, None).unwrap()
    }

    #[test]
    fn a_number_that_was_begun_is_finished_once_wherever_the_first_try_ended() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        let (first, other) = (note("first"), note("other"));
        shelf.publish(None, other, None).unwrap();
        let begun = Numbered {
            fingerprint: asked("author", &first, None),
            published_on: first.published_on,
            epoch: 1,
            held: 1,
            seq: None,
        };
        // The crash came before the entry: it is appended under the day it was begun on.
        let key = IdempotencyKey::random();
        shelf.library.number(key, &begun).unwrap();
        let published = publish(&shelf, key, &first);
        assert_eq!((published.entry.seq, published.note), (1, first.clone()));
        // The crash came after the entry, and a revision came since: the entry is found.
        let key = IdempotencyKey::random();
        shelf.library.number(key, &begun).unwrap();
        shelf.publish(None, note("revised"), Some(published.resource)).unwrap();
        let found = publish(&shelf, key, &first);
        assert_eq!((found.entry, found.resource), (published.entry, published.resource));
        assert_eq!(publish(&shelf, key, &first), found);
        assert_eq!(shelf.own_log.held(), 3);
    }
}
