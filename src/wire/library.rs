//! Technology notes.

use jiff::civil::Date;

use crate::{
    base::{
        id::{EntryId, MemberCode},
        language,
    },
    codes::{embedded::Codes, list::CodeList},
    library::notes::{NoteFilter, NotePage, PublishedNote},
    publication::note::Note,
    wire::{
        generated::exchange as pb,
        parse::{self, Invalid},
    },
};

/// Collection of the resource names.
pub const COLLECTION: &str = "notes";
/// Most notes in one page: with the longest summaries they stay below the limit of a message.
const NOTES_PER_PAGE_MAX: usize = 100;
/// The list that filières are codes of.
const FILIERE: &str = "filiere";
/// Longest search, in bytes.
const WORDS_BYTES_MAX: usize = 200;

/// The resource name of a note.
pub fn name(resource: EntryId) -> String {
    format!("{COLLECTION}/{resource}")
}

/// A note as sent; lists leave out the text.
pub fn to_wire(published: PublishedNote, with_text: bool) -> pb::Note {
    let PublishedNote { resource, entry, note } = published;
    let Note {
        member,
        language,
        title,
        summary,
        text,
        authors,
        filieres,
        keywords,
        rights,
        published_on,
    } = note;
    pb::Note {
        name: name(resource),
        entry: entry.to_string(),
        member: member.to_string(),
        language,
        title,
        summary,
        text: if with_text { text } else { String::new() },
        authors,
        filieres,
        keywords,
        rights,
        published_on: published_on.to_string(),
    }
}

/// A new note of `member`. Its codes and its language are checked here, where it is made, and not
/// in [`Note::validate`]: a note of another member may have codes that only its program knows.
pub fn from_wire(
    note: Option<pb::Note>,
    member: MemberCode,
    published_on: Date,
    codes: &Codes,
) -> Result<Note, Invalid> {
    let pb::Note {
        name,
        entry,
        member: stated_member,
        language,
        title,
        summary,
        text,
        authors,
        filieres,
        keywords,
        rights,
        published_on: stated_day,
    } = note.ok_or_else(|| Invalid::missing("note"))?;
    let unset = [
        ("note.name", &name),
        ("note.entry", &entry),
        ("note.member", &stated_member),
        ("note.published_on", &stated_day),
    ];
    unset.into_iter().try_for_each(|(field, text)| parse::unset(field, text))?;
    filieres.iter().try_for_each(|code| filiere(codes.list(FILIERE), code, published_on))?;
    let problem = "must be a BCP 47 tag as fr, pt-BR or dyu";
    let language =
        language::tag(&language).ok_or_else(|| Invalid::new("note.language", problem))?;
    Ok(Note {
        member,
        language,
        title,
        summary,
        text,
        authors,
        filieres,
        keywords,
        rights,
        published_on,
    })
}

/// A filière must be in force, so that readers find the note by it.
fn filiere(list: Option<&CodeList>, code: &str, day: Date) -> Result<(), Invalid> {
    let known = list.and_then(|list| list.get(code)).is_some_and(|known| known.valid_on(day));
    if known {
        return Ok(());
    }
    let nearest = list.and_then(|list| list.nearest(code));
    let nearest = nearest.map(|nearest| format!("; the nearest is {nearest}")).unwrap_or_default();
    let code = parse::quoted(code);
    let problem = format!("{code:?} is no filière{nearest}; `essaim codes {FILIERE}` lists all");
    Err(Invalid::new("note.filieres", problem))
}

/// Which notes, and which page of them.
pub fn list_from_wire(request: pb::ListNotesRequest) -> Result<(NotePage, NoteFilter), Invalid> {
    let pb::ListNotesRequest { language, filiere, member, words, page_size, page_token } = request;
    if words.len() > WORDS_BYTES_MAX {
        return Err(Invalid::new("words", format!("longer than {WORDS_BYTES_MAX} bytes")));
    }
    let given = |text: String| (!text.is_empty()).then_some(text);
    let member = given(member)
        .map(|code| code.parse().map_err(|_| Invalid::new("member", "is no member code")))
        .transpose()?;
    let filter = NoteFilter {
        language: given(language),
        filiere: given(filiere),
        member,
        text: given(words),
    };
    let page = NotePage {
        size: parse::page_size(page_size)?.min(NOTES_PER_PAGE_MAX),
        after: parse::page_token(&page_token)?,
    };
    Ok((page, filter))
}
