//! Why a row is in quarantine, in words: a stored key with its variables, and a remedy.
//!
//! Keys are stored; they are never renamed. `KEY` tells the reason and `KEY-remedy` the remedy, in
//! `codes/messages/*.ftl`.

use minicbor::{Decode, Encode};

use crate::{base::language::Language, codes::messages};

/// Longest excerpt of a cell shown in a reason, in characters.
const EXCERPT_CHARACTERS_MAX: usize = 60;

/// One reason why a row cannot be imported. Confidential: it may quote a cell.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Fault {
    /// The column by its heading; empty if the fault is the row's as a whole.
    #[n(0)]
    pub column: String,
    /// The reason's key.
    #[n(1)]
    pub key: String,
    /// Variables of the message: name and value.
    #[n(2)]
    pub arguments: Vec<(String, String)>,
}

impl Fault {
    /// A fault of the row as a whole.
    pub(super) fn of_row(key: &str) -> Self {
        Self::of_column("", key)
    }

    /// A fault in one column.
    pub(super) fn of_column(column: &str, key: &str) -> Self {
        Self { column: column.into(), key: key.into(), arguments: Vec::new() }
    }

    /// Adds a variable.
    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.arguments.push((name.into(), value.to_string()));
        self
    }

    /// Adds the cell as the variable `cell`, cut to a readable length.
    pub(super) fn quoting(self, cell: &str) -> Self {
        let excerpt: String = cell.chars().take(EXCERPT_CHARACTERS_MAX).collect();
        let cut = excerpt.len() < cell.len();
        let mut excerpt = printable(&excerpt);
        if cut {
            excerpt.push('…');
        }
        self.with("cell", excerpt)
    }

    /// The reason in `language`.
    pub fn reason(&self, language: Language) -> String {
        self.text(language, &self.key)
    }

    /// What to do about it, in `language`.
    pub fn remedy(&self, language: Language) -> String {
        self.text(language, &format!("{}-remedy", self.key))
    }

    fn text(&self, language: Language, key: &str) -> String {
        let arguments: Vec<(&str, String)> =
            self.arguments.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        messages::text(language, key, &arguments)
    }
}

/// The text without control characters, which a terminal could obey.
pub(super) fn printable(text: &str) -> String {
    text.replace(|character: char| character.is_control() && character != '\t', "\u{FFFD}")
}
