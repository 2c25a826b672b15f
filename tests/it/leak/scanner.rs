//! The scanner: every form in which a canary could have left, looked for in all bytes at once.
//!
//! A form is a spelling (normal forms of Unicode, letter case, separators), in an encoding
//! (UTF-8, UTF-16, Windows-1252), under a cover (hex, base64 at its three alignments, percent,
//! the escapes of JSON and of Rust's `Debug`), or a digest of a spelling. Of each, a beginning is
//! enough: cut-off values and cut-off digests are leaks too.

use std::{collections::BTreeMap, fmt};

use aho_corasick::AhoCorasick;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use sha2::{Digest, Sha256, Sha512};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::canary::{Canary, Value};

/// Shortest pattern; shorter ones would be found by chance.
const PATTERN_BYTES_MIN: usize = 5;
/// What is looked for of a longer value: its beginning.
const VALUE_BYTES_MAX: usize = 16;
/// What is looked for of a digest.
const DIGEST_BYTES: usize = 8;
/// Country code of Mali, before a national number.
const COUNTRY_CALLING_CODE: &str = "223";
/// Numbers of the fields of messages that hold coordinates.
const DEGREES_FIELDS: [u8; 2] = [6, 7];
/// Numbers of the fields of messages that hold amounts.
const AMOUNT_FIELDS: [u8; 2] = [3, 9];

/// A canary where it should not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub place: String,
    pub canary: String,
    pub form: String,
    /// Offset in the place's bytes.
    pub at: usize,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, canary, form, at } = self;
        write!(f, "{place}, byte {at}: {canary} as {form}")
    }
}

/// Looks for canaries.
pub struct Scanner {
    /// Exact bytes.
    exact: Automaton,
    /// Bytes in which ASCII letters count in either case.
    folded: Automaton,
    labels: Vec<String>,
}

struct Automaton {
    search: AhoCorasick,
    /// For each pattern: the canaries it gives away, and the form.
    meanings: Vec<Vec<(usize, String)>>,
}

impl Automaton {
    fn new(patterns: BTreeMap<Vec<u8>, Vec<(usize, String)>>, either_case: bool) -> Self {
        let (bytes, meanings): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let search = AhoCorasick::builder().ascii_case_insensitive(either_case).build(bytes);
        Self { search: search.unwrap(), meanings }
    }
}

impl Scanner {
    pub fn new(canaries: &[Canary]) -> Self {
        let mut collected = Collected::default();
        for (index, canary) in canaries.iter().enumerate() {
            collected.canary = index;
            collected.add(&canary.value);
        }
        Self {
            exact: Automaton::new(collected.exact, false),
            folded: Automaton::new(collected.folded, true),
            labels: canaries.iter().map(|canary| canary.label.clone()).collect(),
        }
    }

    /// The first place of each form of each canary in `bytes`.
    pub fn scan(&self, place: &str, bytes: &[u8]) -> Vec<Finding> {
        let mut found = BTreeMap::new();
        for automaton in [&self.exact, &self.folded] {
            for hit in automaton.search.find_overlapping_iter(bytes) {
                for (canary, form) in &automaton.meanings[hit.pattern().as_usize()] {
                    found.entry((*canary, form.as_str())).or_insert_with(|| hit.start());
                }
            }
        }
        let finding = |((canary, form), at): ((usize, &str), usize)| Finding {
            place: place.into(),
            canary: self.labels[canary].clone(),
            form: form.into(),
            at,
        };
        found.into_iter().map(finding).collect()
    }
}

/// Patterns under construction.
#[derive(Default)]
struct Collected {
    exact: BTreeMap<Vec<u8>, Vec<(usize, String)>>,
    folded: BTreeMap<Vec<u8>, Vec<(usize, String)>>,
    canary: usize,
}

impl Collected {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Text { whole, word } => {
                for (form, spelled) in spellings(word) {
                    self.text(&form, &spelled);
                }
                for text in [word, whole] {
                    self.digests("text", text);
                    for (form, normal) in normal_forms(text) {
                        self.digests_of(&form, normal.as_bytes());
                    }
                }
            }
            Value::Telephone(digits) => self.telephone(digits),
            Value::Microdegrees(number) => self.microdegrees(*number),
            Value::Amount(amount) => self.amount(*amount),
            Value::Uuid(bytes) => self.uuid(bytes),
        }
    }

    fn telephone(&mut self, digits: &str) {
        for (form, spelled) in telephone_spellings(digits) {
            self.text(&form, &spelled);
            let abroad = [
                format!("+{COUNTRY_CALLING_CODE}{spelled}"),
                format!("+{COUNTRY_CALLING_CODE} {spelled}"),
                format!("00{COUNTRY_CALLING_CODE}{spelled}"),
                format!("{COUNTRY_CALLING_CODE}{spelled}"),
            ];
            for spelled in abroad.iter().chain([&spelled]) {
                self.digests_of(&form, spelled.as_bytes());
            }
        }
        let number: u32 = digits.parse().unwrap();
        self.covers("a CBOR number", &cbor(number));
    }

    fn microdegrees(&mut self, number: i32) {
        let (degrees, rest) = (number / 1_000_000, number % 1_000_000);
        let written = [
            number.to_string(),
            format!("{degrees}.{rest:06}"),
            format!("{degrees},{rest:06}"),
            // To a metre: who needs six decimals.
            format!("{degrees}.{:05}", rest / 10),
            format!("{degrees},{:05}", rest / 10),
        ];
        for text in &written {
            self.text("degrees", text);
            self.digests("degrees", text);
        }
        let float = f64::from(number) / 1e6;
        self.covers("a float, big endian", &float.to_be_bytes());
        self.covers("a float, little endian", &float.to_le_bytes());
        let unsigned = u32::try_from(number).unwrap();
        self.covers("a CBOR number", &cbor(unsigned));
        for field in DEGREES_FIELDS {
            self.covers("a field of a message", &protobuf_varint(field, unsigned));
        }
    }

    fn amount(&mut self, amount: u32) {
        let digits = amount.to_string();
        self.text("an amount", &digits);
        self.digests("an amount", &digits);
        let grouped = |separator: &str| {
            let (millions, rest) = digits.split_at(digits.len() - 6);
            let (thousands, units) = rest.split_at(3);
            [millions, thousands, units].join(separator)
        };
        for separator in [" ", ".", ",", "\u{a0}", "\u{202f}"] {
            self.text("an amount in groups", &grouped(separator));
        }
        self.covers("a CBOR number", &cbor(amount));
        for field in AMOUNT_FIELDS {
            self.covers("a field of a message", &protobuf_varint(field, amount));
        }
    }

    fn uuid(&mut self, bytes: &[u8; 16]) {
        let id = uuid::Uuid::from_bytes(*bytes);
        self.covers("16 bytes", bytes);
        self.digests_of("16 bytes", bytes);
        let texts =
            [("a UUID", id.hyphenated().to_string()), ("a plain UUID", id.simple().to_string())];
        for (form, text) in &texts {
            self.covers(form, text.as_bytes());
            self.wide(form, text);
            self.digests_of(form, text.as_bytes());
        }
    }

    /// A text in every encoding, bare and under every cover.
    fn text(&mut self, form: &str, text: &str) {
        self.covers(form, text.as_bytes());
        self.wide(form, text);
        let (ansi, _, unmappable) = encoding_rs::WINDOWS_1252.encode(text);
        if !unmappable {
            self.covers(&format!("{form} in Windows-1252"), &ansi);
        }
        let escaped: String = text.chars().map(json_escape).collect();
        self.folded(&format!("{form}, JSON-escaped"), escaped.as_bytes());
        let escaped: String = text.chars().flat_map(char::escape_default).collect();
        self.folded(&format!("{form}, escaped as text"), escaped.as_bytes());
        let escaped: String = text.chars().flat_map(char::escape_debug).collect();
        self.folded(&format!("{form}, escaped as text"), escaped.as_bytes());
    }

    /// A text in UTF-16.
    fn wide(&mut self, form: &str, text: &str) {
        let units = || text.encode_utf16();
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        self.common_covers(&format!("{form} in UTF-16LE"), &little);
        self.common_covers(&format!("{form} in UTF-16BE"), &big);
    }

    /// Bytes, bare and under every cover.
    fn covers(&mut self, form: &str, bytes: &[u8]) {
        self.common_covers(form, bytes);
        let bytes = &bytes[..bytes.len().min(VALUE_BYTES_MAX)];
        let percent: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        self.folded(&format!("{form}, percent-encoded"), percent.as_bytes());
        let percent: String = bytes.iter().map(|byte| percent_unless_plain(*byte)).collect();
        self.folded(&format!("{form}, percent-encoded"), percent.as_bytes());
        self.folded(&format!("{form}, escaped as bytes"), &escaped_bytes(bytes));
    }

    /// Bytes, bare and under the covers that also hide digests.
    fn common_covers(&mut self, form: &str, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(VALUE_BYTES_MAX)];
        // A beginning may end within a character.
        let is_text = std::str::from_utf8(bytes).map_or_else(|e| e.error_len().is_none(), |_| true);
        match is_text {
            true => self.folded(form, bytes),
            false => self.exact(form, bytes),
        }
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.folded(&format!("{form} in hex"), hex.as_bytes());
        for alignment in 0..3 {
            for (name, engine) in
                [("base64", STANDARD_NO_PAD), ("base64 for URLs", URL_SAFE_NO_PAD)]
            {
                let form = format!("{form} in {name}, alignment {alignment}");
                self.exact(&form, aligned_base64(&engine, bytes, alignment).as_bytes());
            }
        }
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        for separator in [", ", ","] {
            self.exact(&format!("{form}, byte by byte"), numbers.join(separator).as_bytes());
        }
    }

    /// The beginnings of the digests of a text, also in UTF-16.
    fn digests(&mut self, form: &str, text: &str) {
        self.digests_of(form, text.as_bytes());
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.digests_of(&format!("{form} in UTF-16LE"), &little);
    }

    fn digests_of(&mut self, form: &str, bytes: &[u8]) {
        let digests: [(&str, Vec<u8>); 3] = [
            ("SHA-256", Sha256::digest(bytes).to_vec()),
            ("SHA-512", Sha512::digest(bytes).to_vec()),
            ("BLAKE3", blake3::hash(bytes).as_bytes().to_vec()),
        ];
        for (name, digest) in digests {
            let beginning = &digest[..DIGEST_BYTES];
            self.common_covers(&format!("{name} of {form}"), beginning);
        }
    }

    fn exact(&mut self, form: &str, pattern: &[u8]) {
        insert(&mut self.exact, pattern.to_vec(), self.canary, form);
    }

    /// `pattern` with its ASCII letters in either case.
    fn folded(&mut self, form: &str, pattern: &[u8]) {
        insert(&mut self.folded, pattern.to_ascii_lowercase(), self.canary, form);
    }
}

fn insert(
    patterns: &mut BTreeMap<Vec<u8>, Vec<(usize, String)>>,
    pattern: Vec<u8>,
    canary: usize,
    form: &str,
) {
    assert!(pattern.len() >= PATTERN_BYTES_MIN, "{form}: {pattern:?} is found by chance");
    let meanings = patterns.entry(pattern).or_default();
    // The first name of a pattern is the plainest; several canaries may share one.
    if !meanings.iter().any(|(known, _)| *known == canary) {
        meanings.push((canary, form.into()));
    }
}

/// What programs make of a text before they hash it.
fn normal_forms(text: &str) -> Vec<(String, String)> {
    let composed: String = text.nfc().collect();
    let plain: String = text.nfd().filter(|character| !is_combining_mark(*character)).collect();
    let (small, capitals) = (composed.to_lowercase(), composed.to_uppercase());
    let (plain_small, plain_capitals) = (plain.to_lowercase(), plain.to_uppercase());
    let forms = [
        ("text in NFD", text.nfd().collect()),
        ("text in small letters", small),
        ("text in capitals", capitals),
        ("plain text in small letters", plain_small),
        ("plain text in capitals", plain_capitals),
    ];
    forms.map(|(form, text)| (form.to_owned(), text)).to_vec()
}

/// Every spelling of a text, letter cases included.
fn spellings(text: &str) -> Vec<(String, String)> {
    let composed: String = text.nfc().collect();
    let decomposed: String = text.nfd().collect();
    let plain: String = text.nfd().filter(|character| !is_combining_mark(*character)).collect();
    let mut spelled = vec![("text".to_owned(), text.to_owned())];
    for (form, text) in [("text", composed), ("text in NFD", decomposed), ("plain text", plain)] {
        spelled.push((form.into(), text.clone()));
        spelled.push((format!("{form} in small letters"), text.to_lowercase()));
        spelled.push((format!("{form} in capitals"), text.to_uppercase()));
    }
    spelled
}

/// The spellings of a telephone number, without a country's code before it.
fn telephone_spellings(digits: &str) -> Vec<(String, String)> {
    let pairs: Vec<&str> = (0..digits.len()).step_by(2).map(|at| &digits[at..at + 2]).collect();
    let mut spelled = vec![("digits".to_owned(), digits.to_owned())];
    for separator in [" ", ".", "-", "/", "\u{a0}", "\u{202f}"] {
        spelled.push((format!("digits in pairs with {separator:?}"), pairs.join(separator)));
    }
    spelled
}

/// The characters of base64 that depend on `bytes` alone when `alignment` bytes stand before them.
fn aligned_base64(engine: &impl Engine, bytes: &[u8], alignment: usize) -> String {
    let padded = [&vec![0; alignment][..], bytes].concat();
    let encoded = engine.encode(&padded);
    let begin = [0, 2, 3][alignment];
    let end = padded.len() * 8 / 6;
    encoded[begin..end].to_owned()
}

fn cbor(number: u32) -> Vec<u8> {
    [&[0x1a], &number.to_be_bytes()[..]].concat()
}

fn protobuf_varint(field: u8, mut number: u32) -> Vec<u8> {
    let mut bytes = vec![field << 3];
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn json_escape(character: char) -> String {
    match character.is_ascii() {
        true => character.into(),
        false => {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        }
    }
}

fn percent_unless_plain(byte: u8) -> String {
    match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).into(),
        false => format!("%{byte:02x}"),
    }
}

fn escaped_bytes(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| std::ascii::escape_default(*byte)).collect()
}

#[cfg(test)]
#[path = "scanner_tests.rs"]
mod tests;
