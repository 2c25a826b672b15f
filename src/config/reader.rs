//! Reads a TOML table field by field and gathers every fault with its line, where serde would
//! stop at the first.

use std::{
    collections::BTreeSet,
    fmt::Display,
    ops::{Range, RangeInclusive},
    str::FromStr,
};

use toml::de::{DeTable, DeValue};

use crate::config::{ConfigFault, FILE_BYTES_MAX};

/// A document being read, and the faults found so far.
pub(super) struct Reader<'a> {
    text: &'a str,
    faults: Vec<ConfigFault>,
}

/// A table of the document. Fields that nobody took are unknown.
pub(super) struct Section<'a> {
    name: &'static str,
    table: Option<DeTable<'a>>,
    taken: BTreeSet<&'static str>,
}

/// A value that was found, and where.
pub(super) struct Found<T> {
    /// The value.
    pub(super) value: T,
    place: Range<usize>,
}

/// What a field was: absent, or there (as `Some`, or with a fault that has been noted, `None`).
type Maybe<T> = Option<Option<Found<T>>>;

impl<'a> Reader<'a> {
    /// Parses the whole text; what is no TOML at all is noted as faults.
    pub(super) fn new(text: &'a str) -> (Self, Section<'a>) {
        let mut reader = Self { text, faults: Vec::new() };
        let root = |table| Section { name: "", table, taken: BTreeSet::new() };
        if text.len() > FILE_BYTES_MAX {
            reader.note(None, "", format!("The file is longer than {FILE_BYTES_MAX} bytes"));
            return (reader, root(None));
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let message = error.message().lines().next().unwrap_or_default();
            reader.note(error.span(), "", format!("No valid TOML: {message}"));
        }
        (reader, root(Some(table.into_inner())))
    }

    /// Notes a fault of `field` at a place of the text.
    fn note(&mut self, place: Option<Range<usize>>, field: &str, problem: impl Display) {
        let line = place.map(|place| line_of(self.text, place.start));
        self.faults.push(ConfigFault { line, field: field.into(), problem: problem.to_string() });
    }

    /// Notes a fault of a value that was found.
    pub(super) fn fault<T>(&mut self, at: &Found<T>, field: &str, problem: impl Display) {
        self.note(Some(at.place.clone()), field, problem);
    }

    /// Notes a fault of something that has no place in the text.
    pub(super) fn missing(&mut self, field: &str, problem: impl Display) {
        self.note(None, field, problem);
    }

    /// Ends the reading: all faults by line, or the value.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<ConfigFault>> {
        self.faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }

    /// The table `name` of `parent`: a section that stands in the text, or an empty one.
    pub(super) fn section(&mut self, parent: &mut Section<'a>, name: &'static str) -> Section<'a> {
        let mut section = Section { name, table: None, taken: BTreeSet::new() };
        if let Some((value, place)) = parent.take(name) {
            match value {
                DeValue::Table(table) => section.table = Some(table),
                other => {
                    let problem = format!("Must be a section [{name}], not {}", kind(&other));
                    self.note(Some(place), name, problem);
                }
            }
        }
        section
    }

    /// The tables of the list `name` of `parent` (`[[parent.name]]`), named `title` in faults; at
    /// most `most` of them. None if it does not stand in the text.
    pub(super) fn sections(
        &mut self,
        parent: &mut Section<'a>,
        name: &'static str,
        title: &'static str,
        most: usize,
    ) -> Vec<Section<'a>> {
        let Some((value, place)) = parent.take(name) else { return Vec::new() };
        let items = match value {
            DeValue::Array(items) if items.len() <= most => items,
            DeValue::Array(_) => {
                self.note(Some(place), title, format!("Must stand at most {most} times"));
                return Vec::new();
            }
            other => {
                let problem = format!("Must be sections [[{title}]], not {}", kind(&other));
                self.note(Some(place), title, problem);
                return Vec::new();
            }
        };
        let mut sections = Vec::with_capacity(items.len());
        for item in items {
            let span = item.span();
            match item.into_inner() {
                DeValue::Table(table) => {
                    sections.push(Section {
                        name: title,
                        table: Some(table),
                        taken: BTreeSet::new(),
                    });
                }
                other => {
                    let problem = format!("Must be a section [[{title}]], not {}", kind(&other));
                    self.note(Some(span), title, problem);
                }
            }
        }
        sections
    }

    /// Notes every field of the section that nobody took.
    pub(super) fn refuse_unknown(&mut self, section: Section<'a>) {
        let name = section.name;
        for (key, _) in section.table.into_iter().flatten() {
            let known: Vec<_> = section.taken.iter().copied().collect();
            let shown: String = key.get_ref().chars().take(60).collect();
            let problem = format!("Unknown field; known here: {}", known.join(", "));
            self.note(Some(key.span()), &qualified(name, &shown), problem);
        }
    }

    /// Takes a text.
    pub(super) fn text(&mut self, section: &mut Section<'a>, field: &'static str) -> Maybe<String> {
        let (value, place) = section.take(field)?;
        if let DeValue::String(text) = value {
            if !text.trim().is_empty() {
                return Some(Some(Found { value: text.into_owned(), place }));
            }
            self.note(Some(place), &section.field(field), "Must not be empty");
            return Some(None);
        }
        let problem = format!("Must be a text in quotes, not {}", kind(&value));
        self.note(Some(place), &section.field(field), problem);
        Some(None)
    }

    /// Takes a text that must be there.
    pub(super) fn required_text(
        &mut self,
        section: &mut Section<'a>,
        field: &'static str,
    ) -> Option<Found<String>> {
        self.text(section, field).unwrap_or_else(|| {
            self.missing(&section.field(field), "Is required and missing");
            None
        })
    }

    /// Parses a text that was taken, and notes why it cannot be.
    pub(super) fn parse<T: FromStr<Err: Display>>(
        &mut self,
        section: &Section<'a>,
        field: &'static str,
        found: Option<Found<String>>,
    ) -> Option<Found<T>> {
        let found = found?;
        match found.value.parse() {
            Ok(value) => Some(Found { value, place: found.place }),
            Err(problem) => {
                self.fault(&found, &section.field(field), capitalized(&problem.to_string()));
                None
            }
        }
    }

    /// Takes a list of texts, each parsed.
    pub(super) fn list<T: FromStr<Err: Display>>(
        &mut self,
        section: &mut Section<'a>,
        field: &'static str,
    ) -> Maybe<Vec<T>> {
        let (value, place) = section.take(field)?;
        let DeValue::Array(items) = value else {
            let problem = format!("Must be a list of texts, not {}", kind(&value));
            self.note(Some(place), &section.field(field), problem);
            return Some(None);
        };
        let mut values = Vec::new();
        for item in items {
            let span = item.span();
            match item.get_ref().as_str().map(str::parse::<T>) {
                Some(Ok(value)) => values.push(value),
                Some(Err(problem)) => {
                    let problem = capitalized(&problem.to_string());
                    self.note(Some(span), &section.field(field), problem);
                }
                None => self.note(Some(span), &section.field(field), "Must be a text in quotes"),
            }
        }
        Some(Some(Found { value: values, place }))
    }

    /// Takes a whole number within `range`.
    pub(super) fn number(
        &mut self,
        section: &mut Section<'a>,
        field: &'static str,
        range: RangeInclusive<u64>,
    ) -> Maybe<u64> {
        let (value, place) = section.take(field)?;
        let number = value.as_integer().and_then(|integer| {
            u64::from_str_radix(integer.as_str().trim_start_matches('+'), integer.radix()).ok()
        });
        match number.filter(|number| range.contains(number)) {
            Some(value) => Some(Some(Found { value, place })),
            None => {
                let (least, most) = (range.start(), range.end());
                let problem = format!("Must be a whole number from {least} to {most}");
                self.note(Some(place), &section.field(field), problem);
                Some(None)
            }
        }
    }

    /// Takes a whole number that fits 32 bits, or its default.
    pub(super) fn number_or(
        &mut self,
        section: &mut Section<'a>,
        field: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        let found = self.number(section, field, wide).flatten();
        found.and_then(|found| u32::try_from(found.value).ok()).unwrap_or(default)
    }
}

impl<'a> Section<'a> {
    /// Whether the section stands in the text.
    pub(super) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// The field's name with its section.
    pub(super) fn field(&self, field: &str) -> String {
        qualified(self.name, field)
    }

    fn take(&mut self, field: &'static str) -> Option<(DeValue<'a>, Range<usize>)> {
        self.taken.insert(field);
        let value = self.table.as_mut()?.remove(field)?;
        let place = value.span();
        Some((value.into_inner(), place))
    }
}

fn qualified(section: &str, field: &str) -> String {
    if section.is_empty() { field.into() } else { format!("{section}.{field}") }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// Messages start with a capital; those of parsers may not.
fn capitalized(message: &str) -> String {
    let mut characters = message.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
