//! Technology notes: listed and read by all, published by authors of the own member.

use std::sync::Arc;

use jiff::ToSpan;
use tonic::{Request, Response, Status, async_trait};

use crate::{
    base::{clock::SharedClock, id::EntryId, limits::PAGE_SIZE_MAX},
    library::notes::{Library, NoteFilter, NotePage, PublishedNote},
    publication::note::Note,
    rpc::{call::blocking, own_log::OwnLog},
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
pub struct LibraryServer {
    pub(super) library: Arc<Library>,
    pub(super) own_log: Arc<OwnLog>,
    pub(super) clock: SharedClock,
}

#[async_trait]
impl LibraryService for LibraryServer {
    async fn publish_note(
        &self,
        request: Request<PublishNoteRequest>,
    ) -> Result<Response<PublishNoteResponse>, Status> {
        let PublishNoteRequest { note, revises } = request.into_inner();
        let note = wire::from_wire(note, self.own_log.member(), self.clock.today())?;
        let revises = parse::name_or_none("revises", wire::COLLECTION, &revises)?;
        let (library, own_log) = (Arc::clone(&self.library), Arc::clone(&self.own_log));
        let published = blocking(move || publish(&library, &own_log, note, revises)).await?;
        Ok(Response::new(PublishNoteResponse { note: Some(wire::to_wire(published, true)) }))
    }

    async fn list_notes(
        &self,
        request: Request<ListNotesRequest>,
    ) -> Result<Response<ListNotesResponse>, Status> {
        let (page, filter) = wire::list_from_wire(request.into_inner())?;
        let library = Arc::clone(&self.library);
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
        let library = Arc::clone(&self.library);
        let found = blocking(move || library.get(resource)).await?;
        let found = found.ok_or_else(|| status::not_found("note", &name))?;
        Ok(Response::new(GetNoteResponse { note: Some(wire::to_wire(found, true)) }))
    }
}

/// Publishes a note, or finds that it is published already: the answer to a first try may have
/// been lost on the way.
fn publish(
    library: &Library,
    own_log: &OwnLog,
    note: Note,
    revises: Option<EntryId>,
) -> Result<PublishedNote, Status> {
    let revised = revises.map(|resource| revised(library, own_log, resource)).transpose()?;
    let twin = match &revised {
        Some(shown) => Some(shown.clone()).filter(|shown| same(&shown.note, &note)),
        None => twin(library, &note)?,
    };
    if let Some(twin) = twin {
        return Ok(twin);
    }
    let superseded = revised.as_ref().map(|shown| shown.entry.seq);
    let entry = own_log.append(Library::admit(&note, superseded)?)?;
    let resource = revised.map_or(entry, |shown| shown.resource);
    Ok(PublishedNote { resource, entry, note })
}

/// The shown version of a note that is to be revised.
fn revised(
    library: &Library,
    own_log: &OwnLog,
    resource: EntryId,
) -> Result<PublishedNote, Status> {
    if (resource.origin, resource.epoch) != (own_log.member(), own_log.epoch()) {
        let problem = "must be a note of the own member, in the epoch its log is in";
        return Err(Invalid::new("revises", problem).into());
    }
    let shown = library.get(resource)?;
    shown.ok_or_else(|| status::not_found("note", &wire::name(resource)))
}

/// The same note among those the own member published of late.
fn twin(library: &Library, note: &Note) -> Result<Option<PublishedNote>, Status> {
    let filter = NoteFilter {
        member: Some(note.member),
        language: Some(note.language.clone()),
        ..NoteFilter::default()
    };
    let earliest = note.published_on.saturating_sub(RETRY_DAYS_MAX.days());
    // A page ends after so many bytes, and within a day the list is not in the order of time.
    let mut page = NotePage { size: PAGE_SIZE_MAX, after: None };
    loop {
        let list = library.list(&page, &filter)?;
        if let Some(twin) = list.notes.into_iter().find(|shown| same(&shown.note, note)) {
            return Ok(Some(twin));
        }
        match list.next {
            Some(next) if next.published_on >= earliest => page.after = Some(next),
            _ => return Ok(None),
        }
    }
}

/// Whether two notes say the same, whenever they were published.
fn same(one: &Note, other: &Note) -> bool {
    *one == Note { published_on: one.published_on, ..other.clone() }
}
