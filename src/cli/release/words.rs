//! The sentences of a review, in the reader's language.

use crate::{base::language::Language, codes::messages};

/// The texts of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub Language);

impl Words {
    /// A message without variables.
    pub fn plain(self, key: &str) -> String {
        messages::text(self.0, key, &[])
    }

    /// A message with numbers.
    pub fn counted(self, key: &str, numbers: &[(&'static str, u64)]) -> String {
        let numbers = numbers.iter().map(|(name, number)| (*name, number.to_string()));
        messages::text(self.0, key, &numbers.collect::<Vec<_>>())
    }

    /// A message with texts and numbers.
    pub fn filled(
        self,
        key: &str,
        texts: &[(&'static str, &str)],
        numbers: &[(&'static str, u64)],
    ) -> String {
        let texts = texts.iter().map(|(name, text)| (*name, (*text).to_owned()));
        let numbers = numbers.iter().map(|(name, number)| (*name, number.to_string()));
        messages::text(self.0, key, &texts.chain(numbers).collect::<Vec<_>>())
    }

    /// Hundredths of a percent as a percentage.
    pub fn percent(self, basis_points: u64) -> String {
        let point = if self.0 == Language::En { '.' } else { ',' };
        format!("{}{point}{:02} %", basis_points / 100, basis_points % 100)
    }
}
