//! The three languages of the network. French comes first.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language that labels and messages exist in.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// French, the default.
    #[default]
    Fr,
    /// English.
    En,
    /// Portuguese.
    Pt,
}

impl Language {
    /// All languages, French first.
    pub const ALL: [Self; 3] = [Self::Fr, Self::En, Self::Pt];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
            Self::Pt => "pt",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A tag that is none of `fr`, `en`, `pt`.
#[derive(Debug, thiserror::Error)]
#[error("Unknown language {0:?}: use fr, en or pt")]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag() == text)
            .ok_or_else(|| UnknownLanguage(text.into()))
    }
}

/// The canonical text of a BCP 47 tag of language, script, region and variants (`pt-br` is
/// `pt-BR`); `None` for what is none.
pub fn tag(text: &str) -> Option<String> {
    // The parser also takes underscores, which the standard does not know.
    let identifier = text.parse::<unic_langid::LanguageIdentifier>().ok();
    identifier.filter(|_| !text.contains('_')).map(|identifier| identifier.to_string())
}

/// One text in the three languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
    /// Portuguese.
    pub pt: String,
}

impl Label {
    /// The text in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
            Language::Pt => &self.pt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, tag};

    #[test]
    fn tags_are_told_from_other_texts_and_have_one_form() {
        for language in Language::ALL {
            assert_eq!(tag(language.tag()).as_deref(), Some(language.tag()));
        }
        for (text, canonical) in
            [("FR", "fr"), ("pt-br", "pt-BR"), ("dyu", "dyu"), ("ff-latn-sn", "ff-Latn-SN")]
        {
            assert_eq!(tag(text).as_deref(), Some(canonical), "{text}");
        }
        for text in ["", "f", "fr-", "fr_FR", "xx-yy-zz-!!", "xx-yy-zz", "français", "fr FR"] {
            assert_eq!(tag(text), None, "{text}");
        }
    }
}
