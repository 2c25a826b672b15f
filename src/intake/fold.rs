//! Texts as people type them, made comparable.

use std::borrow::Cow;

use unicode_normalization::{
    UnicodeNormalization,
    char::{decompose_canonical, is_combining_mark},
};

/// Everything before this character composes with nothing before it.
const COMBINING_FIRST: char = '\u{300}';

/// Words that mean an empty cell of a code, number or day, folded. In a text they may be meant:
/// `Na` is a name, and `Ras` is a place.
const EMPTY_WORDS: &[&str] = &[
    "-",
    "--",
    "---",
    "–",
    "—",
    "/",
    "?",
    "neant",
    "ras",
    "r.a.s",
    "r.a.s.",
    "nd",
    "n.d",
    "n.d.",
    "n/d",
    "na",
    "n/a",
    "non renseigne",
    "non precise",
    "inconnu",
    "aucun",
    "nenhum",
    "none",
];

/// The text as it was typed, without spaces around it, in Unicode's composed form.
pub(super) fn as_typed(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    match text.chars().all(|character| character < COMBINING_FIRST) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.nfc().collect()),
    }
}

/// The text in Unicode's composed form, with one kind of apostrophe and single plain spaces.
pub(super) fn tidy(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if is_tidy(trimmed) {
        // Most cells; nothing to compose.
        return Cow::Borrowed(trimmed);
    }
    let mut tidied = String::with_capacity(text.len());
    for character in text.nfc() {
        match character {
            '\u{2019}' | '\u{2018}' | '\u{02BC}' | '\u{00B4}' | '`' => tidied.push('\''),
            '\u{FEFF}' | '\u{200B}' => {}
            space if space.is_whitespace() => {
                if !tidied.ends_with(' ') {
                    tidied.push(' ');
                }
            }
            other => tidied.push(other),
        }
    }
    let trimmed = tidied.trim();
    Cow::Owned(if trimmed.len() == tidied.len() { tidied } else { trimmed.into() })
}

/// Whether a trimmed text is surely tidy as it stands.
fn is_tidy(text: &str) -> bool {
    let mut before = '\0';
    text.chars().all(|character| {
        let plain = match character {
            ' ' => before != ' ',
            '`' | '\u{00B4}' | '\u{02BC}' => false,
            other => other < COMBINING_FIRST && !other.is_whitespace(),
        };
        before = character;
        plain
    })
}

/// [`tidy`], without case and diacritics: what spellings and headings are compared by.
pub(super) fn fold(text: &str) -> String {
    fold_tidy(&tidy(text)).into_owned()
}

/// [`fold`] of a text that is tidy.
pub(super) fn fold_tidy(tidied: &str) -> Cow<'_, str> {
    if tidied.is_ascii() {
        return match tidied.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(tidied.to_ascii_lowercase()),
            false => Cow::Borrowed(tidied),
        };
    }
    let mut folded = String::with_capacity(tidied.len());
    for character in tidied.chars() {
        match character {
            ascii if ascii.is_ascii() => folded.push(ascii.to_ascii_lowercase()),
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            // Marks go, so that their order does not matter and characters fold one by one.
            other => decompose_canonical(other, |part| {
                if !is_combining_mark(part) {
                    folded.extend(part.to_lowercase());
                }
            }),
        }
    }
    Cow::Owned(folded)
}

/// Whether a folded text stands for nothing; `further` are more words for that, folded.
pub(super) fn means_empty(folded: &str, further: &[String]) -> bool {
    folded.is_empty() || EMPTY_WORDS.contains(&folded) || further.iter().any(|word| word == folded)
}

/// Yes or no in the three languages, or a cross; `None` if it is neither.
pub(super) fn yes_or_no(folded: &str) -> Option<bool> {
    match folded {
        "oui" | "o" | "yes" | "y" | "sim" | "s" | "x" | "1" | "vrai" | "true" => Some(true),
        "non" | "n" | "no" | "nao" | "0" | "faux" | "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    #[test]
    fn spellings_that_look_alike_fold_alike() {
        for spelling in ["Ségou", "SÉGOU", "segou", " Se\u{301}gou ", "S\u{e9}gou\u{a0}"] {
            assert_eq!(fold(spelling), "segou", "{spelling:?}");
        }
        assert_eq!(fold("Murang’a"), fold("murang'a"));
        assert_eq!(fold("Uasin  Gishu"), fold("Uasin\u{202F}Gishu"));
        assert_eq!(fold("Œufs"), "oeufs");
        assert_ne!(fold("Nairobii"), fold("Nairobi"));
        assert_eq!(tidy("L’usine\u{a0}n° 2"), "L'usine n° 2");
    }

    /// Letters, marks, spaces and apostrophes as they come.
    const PIECES: [&str; 16] = [
        "a", "É", "e\u{301}", "\u{327}", "c", " ", "\u{a0}", "\t", "’", "`", "\u{200b}", "Œ", "ﬁ",
        "ẞ", "İ", "\u{1e69}",
    ];

    proptest! {
        #[test]
        fn short_cuts_give_what_the_definition_gives(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES.as_slice()), 0..8),
        ) {
            let text = pieces.concat();
            let mut spaced = String::new();
            for character in text.nfc() {
                match character {
                    '’' | '`' => spaced.push('\''),
                    '\u{200b}' => {}
                    space if space.is_whitespace() && spaced.ends_with(' ') => {}
                    space if space.is_whitespace() => spaced.push(' '),
                    other => spaced.push(other),
                }
            }
            assert_eq!(tidy(&text), spaced.trim());
            let bare: String = spaced.trim().nfd().filter(|one| !is_combining_mark(*one)).collect();
            assert_eq!(fold(&text), bare.replace(['œ', 'Œ'], "oe").to_lowercase());
        }
    }

    #[test]
    fn empty_words_are_empty_in_any_case() {
        for word in ["", "Néant", "RAS", "nd", "-", "N/A", "à compléter"] {
            assert!(means_empty(&fold(word), &[fold("À compléter")]), "{word}");
        }
        assert!(!means_empty(&fold("Naa"), &[]));
    }

    #[test]
    fn yes_and_no_come_in_three_languages() {
        assert_eq!(["Oui", "SIM", "x", "1"].map(|word| yes_or_no(&fold(word))), [Some(true); 4]);
        assert_eq!(["Non", "Não", "0"].map(|word| yes_or_no(&fold(word))), [Some(false); 3]);
        assert_eq!(yes_or_no("peut-etre"), None);
    }
}
