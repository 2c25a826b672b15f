//! Texts for people, in the three languages, as Project Fluent files (`messages/{fr,en,pt}.ftl`).
//!
//! Keys are stored (in quarantine rows), so that a key is never renamed. All three files have the
//! same keys and variables; a test compares them.

use std::sync::OnceLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::base::language::Language;

type Bundle = FluentBundle<FluentResource>;

/// The file of each language.
const FILES: [(Language, &str); 3] = [
    (Language::Fr, include_str!("messages/fr.ftl")),
    (Language::En, include_str!("messages/en.ftl")),
    (Language::Pt, include_str!("messages/pt.ftl")),
];

/// The message `key` with its variables filled in. A key that no file has is shown as it stands,
/// so that an old row never becomes unreadable.
pub fn text(language: Language, key: &str, arguments: &[(&str, String)]) -> String {
    let bundle = bundle(language);
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.into();
    };
    let mut filled = FluentArgs::new();
    for (name, value) in arguments {
        filled.set(*name, argument(value));
    }
    bundle.format_pattern(pattern, Some(&filled), &mut Vec::new()).into_owned()
}

/// Whole numbers can choose a plural form; anything else (also `007`) stays a text.
fn argument(value: &str) -> FluentValue<'_> {
    match value.parse::<i64>() {
        Ok(number) if number.to_string() == value => FluentValue::from(number),
        _ => FluentValue::from(value),
    }
}

fn bundle(language: Language) -> &'static Bundle {
    static BUNDLES: OnceLock<Vec<Bundle>> = OnceLock::new();
    let bundles = BUNDLES.get_or_init(|| FILES.iter().map(|(of, file)| build(*of, file)).collect());
    &bundles[language as usize]
}

fn build(language: Language, file: &str) -> Bundle {
    // The files are part of the program, and a test reads all of them.
    let locale = language.tag().parse().expect("a tag of three known languages");
    let resource = FluentResource::try_new(file.into()).expect("an embedded file is well formed");
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // Marks around variables confuse terminals and CSV files.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).expect("no key stands twice");
    bundle
}
