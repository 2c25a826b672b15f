//! Spelling → code: the codes themselves, their labels in three languages, and what the mapping
//! adds.

use std::collections::HashMap;

use crate::{base::language::Language, codes::embedded::Codes, intake::fold::fold};

/// The spellings of one field.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    /// Folded spelling → code; `None` where it stands for several.
    codes: HashMap<String, Option<String>>,
}

/// What a spelling stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Spelled<'a> {
    /// This code.
    Code(&'a str),
    /// Several codes.
    Several,
    /// None.
    Nothing,
}

impl Spellings {
    /// The spellings of `list` in `area`, and those of the mapping, which win.
    pub fn new<'a>(
        codes: &Codes,
        list: &str,
        area: &str,
        own: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> Self {
        let mut spellings = Self::default();
        let entries = codes.list(list).map_or(&[][..], |list| &list.codes);
        let here = |country: &String| country == area;
        for entry in entries.iter().filter(|entry| entry.country.as_ref().is_none_or(here)) {
            for language in Language::ALL {
                spellings.add(entry.label.get(language), &entry.code);
            }
        }
        // A code always stands for itself, also where another code's label reads the same.
        for entry in entries.iter().filter(|entry| entry.country.as_ref().is_none_or(here)) {
            spellings.codes.insert(fold(&entry.code), Some(entry.code.clone()));
        }
        for (spelling, code) in own {
            spellings.codes.insert(fold(spelling), Some(code.clone()));
        }
        spellings
    }

    fn add(&mut self, spelling: &str, code: &str) {
        let place = self.codes.entry(fold(spelling)).or_insert_with(|| Some(code.into()));
        if place.as_deref() != Some(code) {
            *place = None;
        }
    }

    /// What the folded text stands for.
    pub fn find(&self, folded: &str) -> Spelled<'_> {
        match self.codes.get(folded) {
            Some(Some(code)) => Spelled::Code(code),
            Some(None) => Spelled::Several,
            None => Spelled::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Spelled, Spellings};
    use crate::codes::embedded::Codes;

    #[test]
    fn codes_labels_and_own_spellings_are_known_in_the_area_only() {
        let own = ("Bko".to_owned(), "ML-BKO".to_owned());
        let spellings = Spellings::new(&Codes::embedded(), "region", "ML", [(&own.0, &own.1)]);
        for (text, code) in [("bko", "ML-BKO"), ("segou", "ML-4"), ("timbuktu", "ML-6")] {
            assert_eq!(spellings.find(text), Spelled::Code(code));
        }
        assert_eq!(spellings.find("ml-9"), Spelled::Code("ML-9"));
        // Never a bare number: the law and ISO disagree about 9 and 10.
        assert_eq!(spellings.find("9"), Spelled::Nothing);
        assert_eq!(spellings.find("dakar"), Spelled::Nothing);
    }
}
