//! Text as it is searched: without case and without diacritics.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// `Karité à l’œil` becomes `karite a l'oeil`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|one| !is_combining_mark(*one)) {
        match character {
            // No decomposition exists for these; people type them either way.
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'ß' | 'ẞ' => folded.push_str("ss"),
            '’' | '‘' | 'ʼ' => folded.push('\''),
            // Letters of the zone's languages (Bambara, Ewe, Hausa, Fula) and their plain forms.
            'ɛ' | 'Ɛ' => folded.push('e'),
            'ɔ' | 'Ɔ' => folded.push('o'),
            'ɓ' | 'Ɓ' => folded.push('b'),
            'ɗ' | 'Ɗ' | 'ɖ' | 'Ɖ' => folded.push('d'),
            'ŋ' | 'Ŋ' | 'ɲ' | 'Ɲ' => folded.push('n'),
            'ƙ' | 'Ƙ' => folded.push('k'),
            'ƴ' | 'Ƴ' => folded.push('y'),
            _ => folded.extend(character.to_lowercase()),
        }
    }
    folded
}

/// The words of a search text, folded.
pub fn words(text: &str) -> Vec<String> {
    fold(text).split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_ligatures_and_apostrophes_do_not_matter() {
        assert_eq!(fold("Karité à l’Œil, FONIO"), "karite a l'oeil, fonio");
        assert_eq!(fold("Transformação"), "transformacao");
        assert_eq!(fold("Fɔnyɔ, ɓandé"), "fonyo, bande");
    }

    #[test]
    fn a_search_text_is_taken_word_by_word() {
        assert_eq!(words("  Séchoir\tsolaire "), ["sechoir", "solaire"]);
        assert!(words("   ").is_empty());
    }
}
