//! The mapping file: which column of a source is which field, which spelling is which code.
//!
//! TOML. `deploy/mapping.*.example.toml` explain everything. The source's identifier and the key
//! columns name a row for ever: with another `source`, the same file makes new records.
//!
//! ```toml
//! version = 1
//! source = "hub-ml-enterprises"
//! as = "enterprises"
//! area = "ML"
//! key = ["N°"]
//!
//! [file]
//! dates = "day-month-year"
//!
//! [fields.region]
//! column = "Région"
//! codes = { "Sikasso ville" = "ML-3" }
//!
//! [fields.filiere]
//! value = "LAIT"
//!
//! [fields.registered_on]
//! column = "Date d'inscription"
//!
//! [[consent]]
//! purpose = "anonymized_indicators"
//! text_version = "2024-1"
//! column = "Accord"
//! ```

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use crate::{
    base::id::MemberCode,
    codes::embedded::Codes,
    intake::{
        date,
        fields::{self, Content},
        fold::{fold, yes_or_no},
        number,
        spelling::{Spelled, Spellings},
    },
    records::types::ConsentPurpose,
};

/// Version of the mapping format that this program reads.
pub const MAPPING_VERSION: u16 = 1;
/// Largest mapping file, in bytes.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;
/// Longest identifier of a source, in bytes.
pub const SOURCE_BYTES_MAX: usize = 64;

/// What every mapping states, and how.
const HEAD: [(&str, &str); 5] = [
    ("version", "is missing: write version = 1"),
    ("source", "is missing: write source = \"...\", the name that these rows keep for ever"),
    ("as", "is missing: write as = \"enterprises\", \"visits\" or \"requests\""),
    ("area", "is missing: write area = \"...\", the code of the hub's country"),
    ("key", "is missing: write key = [\"...\"], the columns that together name a row for ever"),
];

/// A mapping that has been read. Codes are checked against the lists by [`Mapping::faults`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Version of the format, [`MAPPING_VERSION`].
    pub version: u16,
    /// Identifies where the rows come from; part of every row's name for ever.
    pub source: String,
    /// What the rows are.
    #[serde(rename = "as")]
    pub kind: RowKind,
    /// The country whose regions are meant.
    pub area: MemberCode,
    /// Columns that together name a row for ever.
    pub key: Vec<String>,
    /// For visits and requests: the `source` of the mapping that imported the enterprises.
    #[serde(default)]
    pub enterprise_source: Option<String>,
    /// For visits and requests: the columns that hold the enterprise's key.
    #[serde(default)]
    pub enterprise_key: Vec<String>,
    /// How the file is written.
    #[serde(default)]
    pub file: FileSettings,
    /// More words that mean an empty cell, besides `néant`, `RAS`, `ND`, `-` and their like. In
    /// names and free texts, these alone do.
    #[serde(default)]
    pub empty: Vec<String>,
    /// Fields by name; see [`crate::intake::fields`].
    #[serde(default)]
    pub fields: BTreeMap<String, FieldRule>,
    /// For enterprises: consents, at most one per purpose.
    #[serde(default, rename = "consent")]
    pub consents: Vec<ConsentRule>,
}

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowKind {
    /// Enterprises, with their consents.
    Enterprises,
    /// Visits to enterprises.
    Visits,
    /// Support requests, each with its answer if it has one.
    Requests,
}

impl RowKind {
    /// The name in mapping files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enterprises => "enterprises",
            Self::Visits => "visits",
            Self::Requests => "requests",
        }
    }
}

/// How a file is written. Everything is found out where it is not declared, except what would be
/// a guess.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileSettings {
    /// Character encoding.
    pub encoding: EncodingSetting,
    /// Delimiter between cells: one of `;`, `,`, `|` or a tab. Found out if absent.
    #[serde(deserialize_with = "delimiter")]
    pub delimiter: Option<char>,
    /// Decimal mark: `,` or `.`. Without it, a number like `1,234` is refused.
    #[serde(deserialize_with = "decimal")]
    pub decimal: Option<char>,
    /// Order of the parts of a date. Without it, a date like 05/06/2026 is refused.
    pub dates: DateOrder,
}

/// Delimiters of cells.
const DELIMITERS: [char; 4] = [';', ',', '|', '\t'];
/// Decimal marks.
const DECIMALS: [char; 2] = [',', '.'];

fn delimiter<'de, D: Deserializer<'de>>(from: D) -> Result<Option<char>, D::Error> {
    mark(from, &DELIMITERS, "file.delimiter must be one of \";\", \",\", \"|\" and \"\\t\"")
}

fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<char>, D::Error> {
    mark(from, &DECIMALS, "file.decimal must be \",\" or \".\"")
}

/// One of some characters; any other value is refused with `expected`.
fn mark<'de, D: Deserializer<'de>>(
    from: D,
    allowed: &[char],
    expected: &str,
) -> Result<Option<char>, D::Error> {
    let value = toml::Value::deserialize(from)?;
    let found = value.as_str().and_then(|text| text.parse::<char>().ok());
    match found.filter(|mark| allowed.contains(mark)) {
        Some(mark) => Ok(Some(mark)),
        None => Err(serde::de::Error::custom(expected)),
    }
}

/// Character encoding of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingSetting {
    /// UTF-8 if the first text that is not ASCII is valid UTF-8, else Windows-1252. Refused where
    /// the file's beginning has both; further on, rows in the other one go to quarantine.
    #[default]
    Auto,
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, as spreadsheets of the region write it.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// Order of the parts of a date written in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// Not declared: only dates that can be read in one way are taken.
    #[default]
    Auto,
    /// 31/12/2026, 31-12-26.
    DayMonthYear,
    /// 12/31/2026.
    MonthDayYear,
    /// 2026/12/31, 26-12-31.
    YearMonthDay,
}

/// Where a field comes from.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldRule {
    /// The column, by its heading; case, accents and kinds of apostrophe do not matter.
    pub column: Option<String>,
    /// Instead of a column: the same for all rows.
    pub value: Option<String>,
    /// What an empty cell means.
    pub default: Option<String>,
    /// Whether the file may lack the column.
    pub optional: bool,
    /// Spelling → code, besides the codes themselves and their labels. For `adopted` the codes are
    /// `yes` and `no`.
    pub codes: BTreeMap<String, String>,
    /// The code of spellings that are none of these. Without it, they are quarantined.
    pub otherwise: Option<String>,
    /// Takes so many of the digits a cell begins with: `2930 Manufacture of …` → `293`.
    pub leading_digits: Option<usize>,
    /// What numbers are multiplied by (1000 where the heading says "thousands of francs").
    pub times: Option<u32>,
}

/// Where a consent comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRule {
    /// What for.
    pub purpose: ConsentKind,
    /// Version of the text that was agreed to.
    pub text_version: String,
    /// How it was given, a code of the list `medium`.
    #[serde(default)]
    pub medium: Option<String>,
    /// A column with yes or no. Without it, every row of the file gives the consent.
    #[serde(default)]
    pub column: Option<String>,
    /// A column with the day. Without it, the day below, else the day of registration.
    #[serde(default)]
    pub given_on_column: Option<String>,
    /// The day, the same for all rows: `"2026-01-31"`.
    #[serde(default)]
    pub given_on: Option<String>,
}

/// What a consent is for, as mapping files name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// Being visited and advised.
    FollowUp,
    /// Being counted in anonymized indicators.
    AnonymizedIndicators,
    /// Being described in a published case.
    CasePublication,
}

impl From<ConsentKind> for ConsentPurpose {
    fn from(kind: ConsentKind) -> Self {
        match kind {
            ConsentKind::FollowUp => Self::FollowUp,
            ConsentKind::AnonymizedIndicators => Self::AnonymizedIndicators,
            ConsentKind::CasePublication => Self::CasePublication,
        }
    }
}

/// A fault in a mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The mapping's {place} {problem}")]
pub struct MappingFault {
    /// Where in the file.
    pub place: String,
    /// What is wrong and what is expected.
    pub problem: String,
}

/// What `error` says, and where. The line itself is not shown: who takes the file of records for
/// its mapping would have a record in the error.
fn unreadable(text: &str, error: &toml::de::Error) -> MappingFault {
    let offset = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    fault(&format!("line {line}"), format!("cannot be read: {}", error.message()))
}

impl Mapping {
    /// Reads a mapping file and reports every fault that needs no code list.
    pub fn from_toml(text: &str) -> Result<Self, Vec<MappingFault>> {
        if text.len() > MAPPING_BYTES_MAX {
            return Err(vec![fault("file", format!("takes more than {MAPPING_BYTES_MAX} bytes"))]);
        }
        let table: toml::Table =
            toml::from_str(text).map_err(|error| vec![unreadable(text, &error)])?;
        let missing = HEAD.iter().filter(|(place, _)| !table.contains_key(*place));
        let missing: Vec<_> = missing.map(|(place, hint)| fault(place, (*hint).into())).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let mapping: Self = toml::from_str(text).map_err(|error| vec![unreadable(text, &error)])?;
        let mut faults = Vec::new();
        mapping.check_head(&mut faults);
        mapping.check_fields(&mut faults);
        mapping.check_consents(&mut faults);
        if faults.is_empty() { Ok(mapping) } else { Err(faults) }
    }

    fn check_head(&self, faults: &mut Vec<MappingFault>) {
        let mut refuse = |place: &str, problem: &str| faults.push(fault(place, problem.into()));
        if self.version != MAPPING_VERSION {
            refuse("version", "is not 1, the only one this program reads");
        }
        let sources = [
            ("source", Some(&self.source)),
            ("enterprise_source", self.enterprise_source.as_ref()),
        ];
        for (place, source) in sources {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let valid = |source: &String| {
                (1..=SOURCE_BYTES_MAX).contains(&source.len()) && source.bytes().all(plain)
            };
            if !source.is_none_or(valid) {
                refuse(place, "needs 1 to 64 letters, digits, hyphens, points or underscores");
            }
        }
        if self.key.is_empty() {
            refuse("key", "names no column: without it a row cannot be found again");
        }
        let refers = self.enterprise_source.is_some() && !self.enterprise_key.is_empty();
        let absent = self.enterprise_source.is_none() && self.enterprise_key.is_empty();
        if self.kind == RowKind::Enterprises && !absent {
            refuse("enterprise_source", "and enterprise_key belong to visits and requests only");
        }
        if self.kind != RowKind::Enterprises && !refers {
            refuse("enterprise_source", "and enterprise_key must say which enterprise a row names");
        }
    }

    fn check_fields(&self, faults: &mut Vec<MappingFault>) {
        for (name, rule) in &self.fields {
            let place = format!("fields.{name}");
            let Some(field) = fields::find(self.kind, name) else {
                let known = fields::names(self.kind).join(", ");
                faults.push(fault(&place, format!("is no field; use one of {known}")));
                continue;
            };
            if rule.column.is_some() == rule.value.is_some() {
                faults.push(fault(&place, "needs either column or value".into()));
            }
            let coded = matches!(field.content, Content::Code(_) | Content::YesNo);
            let lists = !rule.codes.is_empty() || rule.otherwise.is_some();
            if lists && !coded {
                faults.push(fault(&place, "holds no codes: drop codes and otherwise".into()));
            }
            let constants = rule.value.iter().chain(&rule.default);
            let unread = constants.filter_map(|text| self.misread(field.content, rule, text));
            faults.extend(unread.map(|problem| fault(&place, problem.into())));
            if rule.times.is_some()
                && !matches!(field.content, Content::Money | Content::Number(..))
            {
                faults.push(fault(&place, "is no number: drop times".into()));
            }
            if rule.leading_digits.is_some() && !matches!(field.content, Content::Code(_)) {
                faults.push(fault(&place, "holds no codes: drop leading_digits".into()));
            }
        }
        for field in fields::of(self.kind).filter(|field| field.required) {
            if !self.fields.contains_key(field.name) {
                let problem = "is missing: give it a column or a value".into();
                faults.push(fault(&format!("fields.{}", field.name), problem));
            }
        }
    }

    /// What is wrong with a constant of a field, read as its cells are. Codes need their list, and
    /// are read by [`Mapping::faults`].
    fn misread(&self, content: Content, rule: &FieldRule, text: &str) -> Option<&'static str> {
        let (folded, mark) = (fold(text), self.file.decimal);
        let counts = |range| number::count(&folded, mark, rule.times, range).is_ok();
        let (read, problem) = match content {
            Content::Code(_) | Content::Line | Content::Text => return None,
            Content::Day => (
                date::read(&folded, self.file.dates).is_ok(),
                "holds what is no date: write YYYY-MM-DD",
            ),
            Content::Number(least, most) => {
                (counts(least..=most), "holds what is no whole number, or one out of range")
            }
            Content::Money => (counts(0..=i64::MAX), "holds what is no amount"),
            Content::Degrees => {
                (number::microdegrees(&folded, mark).is_ok(), "holds what is no number of degrees")
            }
            Content::YesNo => {
                let own = rule.codes.keys().any(|spelling| fold(spelling) == folded);
                (own || yes_or_no(&folded).is_some(), "holds what is neither yes nor no")
            }
        };
        (!read).then_some(problem)
    }

    fn check_consents(&self, faults: &mut Vec<MappingFault>) {
        if self.kind != RowKind::Enterprises && !self.consents.is_empty() {
            faults.push(fault("consent", "belongs to enterprises only".into()));
        }
        for (index, rule) in self.consents.iter().enumerate() {
            let place = format!("consent[{index}]");
            if self.consents[..index].iter().any(|earlier| earlier.purpose == rule.purpose) {
                faults.push(fault(&place, "has the purpose of an earlier one".into()));
            }
            let day = rule.given_on.as_ref().map(|day| day.parse::<Date>());
            if day.is_some_and(|day| day.is_err()) {
                faults.push(fault(&format!("{place}.given_on"), "is no date YYYY-MM-DD".into()));
            }
            if rule.text_version.trim().is_empty() {
                faults.push(fault(&format!("{place}.text_version"), "is empty".into()));
            }
        }
    }

    /// Faults that only the code lists show: codes that do not exist.
    pub fn faults(&self, codes: &Codes) -> Vec<MappingFault> {
        let mut faults = Vec::new();
        for (name, rule) in &self.fields {
            let Some(field) = fields::find(self.kind, name) else { continue };
            let named = rule.codes.values().chain(&rule.otherwise).map(String::as_str);
            match field.content {
                Content::Code(list) => {
                    let place = format!("fields.{name}");
                    for code in named {
                        self.check_code(codes, list, code, &place, &mut faults);
                    }
                    self.check_constants(codes, list, rule, &place, &mut faults);
                }
                Content::YesNo => {
                    for code in named.filter(|code| !["yes", "no"].contains(code)) {
                        let problem = format!("knows only yes and no, not {code:?}");
                        faults.push(fault(&format!("fields.{name}"), problem));
                    }
                }
                _ => {}
            }
        }
        for (index, rule) in self.consents.iter().enumerate() {
            if let Some(code) = &rule.medium {
                let place = format!("consent[{index}].medium");
                self.check_code(codes, "medium", code, &place, &mut faults);
            }
        }
        faults
    }

    /// The fault of a mapping for the hub of another country than `own`.
    pub fn area_fault(&self, own: MemberCode) -> Option<MappingFault> {
        let problem = || format!("is {}, but these are the records of {own}", self.area);
        (self.area != own).then(|| fault("area", problem()))
    }

    fn check_constants(
        &self,
        codes: &Codes,
        list: &str,
        rule: &FieldRule,
        place: &str,
        faults: &mut Vec<MappingFault>,
    ) {
        let spellings = Spellings::new(codes, list, self.area.as_str(), &rule.codes);
        for text in rule.value.iter().chain(&rule.default) {
            if !matches!(spellings.find(&fold(text)), Spelled::Code(_)) {
                let problem = format!("holds {text:?}, which stands for no code of {list}");
                faults.push(fault(place, problem));
            }
        }
    }

    fn check_code(
        &self,
        codes: &Codes,
        list: &str,
        code: &str,
        place: &str,
        faults: &mut Vec<MappingFault>,
    ) {
        let entry = codes.list(list).and_then(|list| list.get(code));
        let here = |country: &String| country == self.area.as_str();
        if !entry.is_some_and(|entry| entry.country.as_ref().is_none_or(here)) {
            let problem = format!("names {code:?}, which is not in the list {list} of the area");
            faults.push(fault(place, problem));
        }
    }
}

fn fault(place: &str, problem: String) -> MappingFault {
    MappingFault { place: place.into(), problem }
}
