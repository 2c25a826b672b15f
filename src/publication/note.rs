//! A technology note (fiche) as published. Titles, authors and contacts stand in the body, which
//! can be erased; the entry's header holds none of them.

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use crate::{
    base::{id::MemberCode, limits::NAME_BYTES_MAX},
    publication::{admitted::InvalidBody, limited},
};

/// A technology note.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Note {
    /// The member that publishes.
    #[n(0)]
    pub member: MemberCode,
    /// BCP 47 tag of the text (`fr`, `en`, `pt`, …).
    #[n(1)]
    pub language: String,
    /// Title.
    #[n(2)]
    pub title: String,
    /// What the note helps with, in a few sentences.
    #[n(3)]
    pub summary: String,
    /// The note itself, CommonMark.
    #[n(4)]
    pub text: String,
    /// Authors who agreed to be named.
    #[cbor(n(5), decode_with = "limited::list::<_, _, NOTE_LIST_MAX>")]
    pub authors: Vec<String>,
    /// Filière codes.
    #[cbor(n(6), decode_with = "limited::list::<_, _, NOTE_LIST_MAX>")]
    pub filieres: Vec<String>,
    /// Keywords.
    #[cbor(n(7), decode_with = "limited::list::<_, _, NOTE_LIST_MAX>")]
    pub keywords: Vec<String>,
    /// Terms of use: an SPDX identifier or a sentence.
    #[n(8)]
    pub rights: String,
    /// Day of publication.
    #[cbor(n(9), with = "crate::base::date::cbor")]
    pub published_on: Date,
}

/// Longest text of a note, in bytes.
pub const NOTE_TEXT_BYTES_MAX: usize = 200 * 1024;
/// Longest summary, in bytes.
pub const NOTE_SUMMARY_BYTES_MAX: usize = 4 * 1024;
/// Longest title, in bytes.
pub const NOTE_TITLE_BYTES_MAX: usize = 500;
/// Most authors, filières or keywords.
pub const NOTE_LIST_MAX: usize = 50;

impl Note {
    /// Schema version of the encoding.
    pub const SCHEMA: u16 = 1;

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing CBOR to a Vec cannot fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads and validates bytes from another member.
    pub fn from_bytes(schema: u16, bytes: &[u8]) -> Result<Self, InvalidBody> {
        let note: Self = super::decode("note", Self::SCHEMA, schema, bytes)?;
        note.validate()?;
        Ok(note)
    }

    /// Checks that what must be there is there, and lengths.
    pub fn validate(&self) -> Result<(), InvalidBody> {
        let texts = [
            ("title", &self.title, NOTE_TITLE_BYTES_MAX),
            ("summary", &self.summary, NOTE_SUMMARY_BYTES_MAX),
            ("text", &self.text, NOTE_TEXT_BYTES_MAX),
            ("rights", &self.rights, NOTE_TITLE_BYTES_MAX),
            ("language", &self.language, 35),
        ];
        for (field, text, bytes_max) in texts {
            if text.trim().is_empty() {
                return Err(super::field(field, "must not be empty".into()));
            }
            if text.len() > bytes_max {
                return Err(super::field(field, format!("longer than {bytes_max} bytes")));
            }
            let lines = matches!(field, "summary" | "text");
            if text.chars().any(|character| !printable(character, lines)) {
                return Err(super::field(field, "holds a control character".into()));
            }
        }
        let lists = [
            ("authors", &self.authors),
            ("filieres", &self.filieres),
            ("keywords", &self.keywords),
        ];
        for (field, list) in lists {
            if list.len() > NOTE_LIST_MAX {
                return Err(super::field(field, format!("more than {NOTE_LIST_MAX}")));
            }
            if list.iter().any(|item| item.trim().is_empty() || item.len() > NAME_BYTES_MAX) {
                let problem = format!("an item is empty or longer than {NAME_BYTES_MAX} bytes");
                return Err(super::field(field, problem));
            }
            if list.iter().flat_map(|item| item.chars()).any(|one| !printable(one, false)) {
                return Err(super::field(field, "holds a control character".into()));
            }
        }
        Ok(())
    }
}

/// Whether a character may stand in a text. Control characters and marks that turn the direction
/// of writing could make a terminal show something else than what was reviewed.
fn printable(character: char, lines: bool) -> bool {
    match character {
        '\n' | '\t' => lines,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => false,
        _ => !character.is_control(),
    }
}
