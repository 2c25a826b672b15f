//! Canaries: made-up values that stand in records and nowhere else, so that one found elsewhere
//! has leaked. Each follows from its label, so that two runs plant the same.

/// Syllables of made-up words; accents tell the normal forms of Unicode apart.
const SYLLABLES: [&str; 16] = [
    "zô", "gba", "dou", "kéx", "ra", "nvé", "bou", "gue", "yâ", "wol", "sig", "fêm", "ko", "jir",
    "tulk", "hé",
];
/// Syllables of one word: with the capital at most 20 characters, at least 10.
const WORD_SYLLABLES: usize = 5;

/// A value to look for, and what it is called in findings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canary {
    pub label: String,
    pub value: Value,
}

/// What a canary is, and so in which forms it could turn up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A text of which `word` is the part that nobody else writes.
    Text { whole: String, word: String },
    /// A telephone number by its national digits.
    Telephone(String),
    /// A coordinate in degrees × 10⁶.
    Microdegrees(i32),
    /// An amount of money.
    Amount(u32),
    /// A record's identifier, or a number of a write.
    Uuid([u8; 16]),
}

/// Random bytes that follow from a label.
fn dice(label: &str) -> [u8; 32] {
    *blake3::hash(label.as_bytes()).as_bytes()
}

/// A made-up word for a label.
pub fn word(label: &str) -> String {
    let dice = dice(label);
    let syllables = dice.iter().take(WORD_SYLLABLES);
    let word: String = syllables.map(|byte| SYLLABLES[usize::from(byte % 16)]).collect();
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

/// Eight digits for a label; national numbers of Mali begin with 7.
pub fn digits(label: &str) -> String {
    dice(label).iter().take(7).fold("7".into(), |text: String, byte| format!("{text}{}", byte % 10))
}

/// A UUID of version 4 for a label.
pub fn uuid_bytes(label: &str) -> [u8; 16] {
    let mut bytes: [u8; 16] = dice(label)[..16].try_into().unwrap();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

/// A coordinate for a label: 61° to 89°, which no seconds of a timestamp look like.
pub fn microdegrees(label: &str) -> i32 {
    let number = u32::from_be_bytes(dice(label)[..4].try_into().unwrap());
    61_000_007 + i32::try_from(number % 2_800_000).unwrap() * 10
}

/// Eight digits that are no round sum, for a label.
pub fn amount(label: &str) -> u32 {
    let number = u32::from_be_bytes(dice(label)[..4].try_into().unwrap());
    20_000_000 + number % 60_000_000
}

/// The hyphenated text of a UUID.
pub fn hyphenated(bytes: &[u8; 16]) -> String {
    uuid::Uuid::from_bytes(*bytes).hyphenated().to_string()
}

impl Canary {
    /// A text around the word of `label`; `{}` stands for the word.
    pub fn text(label: &str, pattern: &str) -> Self {
        let word = word(label);
        let value = Value::Text { whole: pattern.replace("{}", &word), word };
        Self { label: label.into(), value }
    }

    pub fn telephone(label: &str) -> Self {
        Self { label: label.into(), value: Value::Telephone(digits(label)) }
    }

    pub fn microdegrees(label: &str) -> Self {
        Self { label: label.into(), value: Value::Microdegrees(microdegrees(label)) }
    }

    pub fn amount(label: &str) -> Self {
        Self { label: label.into(), value: Value::Amount(amount(label)) }
    }

    pub fn uuid(label: &str) -> Self {
        Self { label: label.into(), value: Value::Uuid(uuid_bytes(label)) }
    }

    /// A resource name (`enterprises/{uuid}`) that a node has given.
    pub fn resource(name: &str) -> Self {
        let id = name.rsplit('/').next().unwrap();
        let id = uuid::Uuid::try_parse(id).unwrap_or_else(|_| panic!("{name} ends in no UUID"));
        Self { label: name.into(), value: Value::Uuid(id.into_bytes()) }
    }

    /// The canary as a hub would type it.
    pub fn typed(&self) -> String {
        match &self.value {
            Value::Text { whole, .. } => whole.clone(),
            Value::Telephone(digits) => digits.clone(),
            Value::Microdegrees(number) => {
                format!("{}.{:06}", number / 1_000_000, number % 1_000_000)
            }
            Value::Amount(amount) => amount.to_string(),
            Value::Uuid(bytes) => hyphenated(bytes),
        }
    }
}

#[test]
fn made_up_words_numbers_and_identifiers_are_distinct_and_long_enough() {
    let mut seen = std::collections::BTreeSet::new();
    for index in 0..2_000 {
        let label = format!("record {index}");
        let length = word(&label).chars().count();
        assert!((10..=20).contains(&length), "{}", word(&label));
        assert!(seen.insert(hyphenated(&uuid_bytes(&label))));
        assert_eq!(digits(&label).len(), 8);
        assert!((61_000_000..90_000_000).contains(&microdegrees(&label)));
    }
    assert_eq!(word("a"), word("a"));
}
