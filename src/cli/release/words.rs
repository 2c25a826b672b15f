//! The sentences of a review, in the reader's language.

use crate::{
    base::language::Language,
    cli::output::{self, Fields, Listing},
    codes::messages,
};

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

    /// A table with these columns.
    pub fn listing(self, columns: &[&str]) -> Listing {
        Listing::localized(self.0, columns)
    }

    /// A state of a release, or a mark of a cell.
    pub fn value(self, kind: &str, name: &str) -> String {
        output::localized(self.0, kind, name)
    }

    /// Fields with their labels, empty ones left out; with what each means, if so.
    pub fn fields(self, fields: &Fields, with_meanings: bool) -> Listing {
        let columns = ["field", "value", "meaning"];
        let mut listing = self.listing(&columns[..if with_meanings { 3 } else { 2 }]);
        for (name, value) in fields {
            let value = match *name {
                "state" => self.value("release-state", &output::shown(value)),
                _ => output::shown(value),
            };
            if value.is_empty() {
                continue;
            }
            let meaning = with_meanings.then(|| self.value("meaning", name));
            listing.row([self.value("field", name), value].into_iter().chain(meaning));
        }
        listing
    }

    /// Hundredths of a percent as a percentage.
    pub fn percent(self, basis_points: u64) -> String {
        let point = if self.0 == Language::En { '.' } else { ',' };
        format!("{}{point}{:02} %", basis_points / 100, basis_points % 100)
    }
}
