//! Texts as people type them, made comparable.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

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
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// The text in Unicode's composed form, with one kind of apostrophe and single plain spaces.
pub(super) fn tidy(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'`' || byte == b' ';
    if text.bytes().all(plain) && !text.contains("  ") {
        // Most cells; nothing to compose.
        return text.trim().into();
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
    if trimmed.len() == tidied.len() { tidied } else { trimmed.into() }
}

/// [`tidy`], without case and diacritics: what spellings and headings are compared by.
pub(super) fn fold(text: &str) -> String {
    let tidied = tidy(text);
    if tidied.is_ascii() {
        return tidied.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for character in tidied.nfd().filter(|character| !is_combining_mark(*character)) {
        match character {
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded
}

/// Whether a folded text stands for nothing.
pub(super) fn means_empty(folded: &str, further: &[String]) -> bool {
    folded.is_empty()
        || EMPTY_WORDS.contains(&folded)
        || further.iter().any(|word| fold(word) == folded)
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
    use super::{fold, means_empty, tidy, yes_or_no};

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

    #[test]
    fn empty_words_are_empty_in_any_case() {
        for word in ["", "Néant", "RAS", "nd", "-", "N/A", "à compléter"] {
            assert!(means_empty(&fold(word), &["À compléter".into()]), "{word}");
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
