//! `essaim notes`.

use anyhow::Context;
use serde_json::json;

use crate::{
    cli::{
        Done,
        args::{
            Format,
            calls::{NoteGetArgs, NoteListArgs, NotesCommand, PublishArgs},
        },
        call::{self, PAGE_ROWS},
        output::{self, Fields},
    },
    wire::generated::exchange::{
        GetNoteRequest, ListNotesRequest, Note, PublishNoteRequest,
        library_service_client::LibraryServiceClient,
    },
};

/// Runs one of the commands.
pub(super) fn run(command: &NotesCommand) -> anyhow::Result<Done> {
    match command {
        NotesCommand::Publish(args) => publish(args),
        NotesCommand::List(args) => list(args),
        NotesCommand::Get(args) => get(args),
    }
}

fn publish(args: &PublishArgs) -> anyhow::Result<Done> {
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("Cannot read {}", args.file.display()))?;
    let note = Note {
        language: args.note_language.clone(),
        title: args.title.clone(),
        summary: args.summary.clone(),
        text,
        authors: args.authors.clone(),
        filieres: args.filieres.clone(),
        keywords: args.keywords.clone(),
        rights: args.rights.clone(),
        ..Note::default()
    };
    let request = PublishNoteRequest {
        note: Some(note),
        revises: args.revises.as_deref().map(name).unwrap_or_default(),
        request_id: call::request_id(args.request_id),
    };
    let again = format!("--request-id {}", request.request_id);
    let published = call::block_on(async {
        let mut client =
            LibraryServiceClient::new(call::connect(&args.call.reach, call::QUICK).await?);
        call::settled(call::answer(client.publish_note(request).await), &again)
    })?;
    output::one(args.call.format, head(&published.note.unwrap_or_default()))?;
    Ok(Done::Yes)
}

/// The resource name, whether or not it was typed in full.
fn name(note: &str) -> String {
    if note.starts_with("notes/") { note.into() } else { format!("notes/{note}") }
}

fn list(args: &NoteListArgs) -> anyhow::Result<Done> {
    let request = ListNotesRequest {
        language: args.note_language.clone().unwrap_or_default(),
        filiere: args.filiere.clone().unwrap_or_default(),
        member: args.member.map(|member| member.to_string()).unwrap_or_default(),
        words: args.text.clone().unwrap_or_default(),
        page_size: PAGE_ROWS,
        page_token: String::new(),
    };
    let notes = call::block_on(async {
        all(LibraryServiceClient::new(call::connect(&args.call.reach, call::QUICK).await?), request)
            .await
    })?;
    let answer = if notes.is_empty() { Done::No } else { Done::Yes };
    let fields = notes.iter().map(head).collect();
    output::list(
        args.call.format,
        fields,
        &["name", "title", "filieres", "language", "published_on"],
    )?;
    Ok(answer)
}

/// All notes that a request asks for.
pub(super) async fn all(
    mut client: LibraryServiceClient<tonic::transport::Channel>,
    mut request: ListNotesRequest,
) -> anyhow::Result<Vec<Note>> {
    let mut notes = Vec::new();
    loop {
        let page = call::answer(client.list_notes(request.clone()).await)?;
        notes.extend(page.notes);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(notes);
        }
    }
}

fn get(args: &NoteGetArgs) -> anyhow::Result<Done> {
    let note = call::block_on(async {
        let mut client =
            LibraryServiceClient::new(call::connect(&args.call.reach, call::QUICK).await?);
        let request = GetNoteRequest { name: name(&args.note) };
        Ok(call::answer(client.get_note(request).await)?.note.unwrap_or_default())
    })?;
    match args.call.format {
        Format::Table => {
            output::one(Format::Table, head(&note))?;
            output::line(&format!("\n{}", note.text))?;
        }
        Format::Json => {
            let mut fields = head(&note);
            fields.push(("text", json!(note.text)));
            output::one(Format::Json, fields)?;
        }
    }
    Ok(Done::Yes)
}

/// Everything but the text.
fn head(note: &Note) -> Fields {
    vec![
        ("name", json!(note.name)),
        ("entry", json!(note.entry)),
        ("member", json!(note.member)),
        ("language", json!(note.language)),
        ("title", json!(note.title)),
        ("summary", json!(note.summary)),
        ("authors", json!(note.authors)),
        ("filieres", json!(note.filieres)),
        ("keywords", json!(note.keywords)),
        ("rights", json!(note.rights)),
        ("published_on", json!(note.published_on)),
    ]
}
