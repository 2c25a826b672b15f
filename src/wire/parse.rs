//! Small parts of messages that many conversions share: days, names, etags, pages, masks.

use std::{fmt::Display, str::FromStr};

use jiff::civil::Date;
use prost_types::FieldMask;

use crate::base::{
    id::IdempotencyKey,
    language::Language,
    limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX},
};

/// Most fields in one mask.
const MASK_PATHS_MAX: usize = 64;
/// Longest text that is repeated in an error, in characters.
const QUOTED_CHARACTERS_MAX: usize = 40;

/// A field of a request that cannot be read. Values of records' fields never stand in it; names
/// and tokens may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    /// The field's path.
    pub field: String,
    /// What is wrong and what is expected.
    pub problem: String,
}

impl Invalid {
    /// A problem in `field`.
    pub fn new(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    /// A message that is absent.
    pub fn missing(field: &str) -> Self {
        Self::new(field, "is missing")
    }
}

/// A text as it may be repeated in an error: cut.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARACTERS_MAX).collect()
}

/// A day that must be there.
pub fn day(field: &str, text: &str) -> Result<Date, Invalid> {
    // Only the one form: jiff also reads others.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| Invalid::new(field, "must be a day as 2026-03-05"))
}

/// A day, or nothing.
pub fn day_or_none(field: &str, text: &str) -> Result<Option<Date>, Invalid> {
    if text.is_empty() { Ok(None) } else { day(field, text).map(Some) }
}

/// A day as text; nothing is the empty text.
pub fn from_day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// The identifier in a resource name, `collection/identifier`, in its canonical text.
pub fn name<I: FromStr + Display>(field: &str, collection: &str, text: &str) -> Result<I, Invalid> {
    let identifier = text.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/'));
    let parsed = identifier
        .and_then(|text| text.parse::<I>().ok().filter(|parsed| parsed.to_string() == text));
    parsed.ok_or_else(|| {
        Invalid::new(field, format!("{:?} must be a name as {collection}/…", quoted(text)))
    })
}

/// A resource name, or nothing.
pub fn name_or_none<I: FromStr + Display>(
    field: &str,
    collection: &str,
    text: &str,
) -> Result<Option<I>, Invalid> {
    if text.is_empty() { Ok(None) } else { name(field, collection, text).map(Some) }
}

/// A value that the node sets and a caller must leave empty.
pub fn unset(field: &str, text: &str) -> Result<(), Invalid> {
    match text.is_empty() {
        true => Ok(()),
        false => Err(Invalid::new(field, "is set by the node; leave it empty")),
    }
}

/// The revision a change is based on.
pub fn etag(field: &str, text: &str) -> Result<u64, Invalid> {
    let revision = text.parse::<u64>().ok().filter(|revision| revision.to_string() == text);
    revision.ok_or_else(|| Invalid::new(field, "must be the etag last read; read the record first"))
}

/// The caller's number for a write, if it gave one.
pub fn request_id(text: &str) -> Result<Option<IdempotencyKey>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let key = text.parse().map_err(|_| Invalid::new("request_id", "must be a UUID"))?;
    Ok(Some(key))
}

/// Rows wanted: 0 is the default, more than the limit is the limit (AIP-158).
pub fn page_size(size: i32) -> Result<usize, Invalid> {
    match usize::try_from(size) {
        Ok(0) => Ok(PAGE_SIZE_DEFAULT),
        Ok(size) => Ok(size.min(PAGE_SIZE_MAX)),
        Err(_) => Err(Invalid::new("page_size", "must not be negative")),
    }
}

/// Where a page begins, if it is not the first.
pub fn page_token<T: FromStr>(text: &str) -> Result<Option<T>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let token = text.parse();
    token.map(Some).map_err(|_| Invalid::new("page_token", "is not one that this node gave out"))
}

/// The paths of a mask: at least one, each once. An absent mask is refused, not taken for all
/// fields that are not empty (AIP-134): nobody guesses what a caller wanted to change.
pub fn mask(field: &str, mask: Option<FieldMask>) -> Result<Vec<String>, Invalid> {
    let FieldMask { mut paths } = mask.unwrap_or_default();
    if paths.is_empty() {
        let problem = "names no field; name every field to change: no other is touched";
        return Err(Invalid::new(field, problem));
    }
    if paths.len() > MASK_PATHS_MAX {
        let problem = format!("names more than {MASK_PATHS_MAX} fields; change them in parts");
        return Err(Invalid::new(field, problem));
    }
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

/// A path of a mask that cannot be changed.
pub fn not_changeable(path: &str) -> Invalid {
    let problem = match path {
        // AIP-134 has it replace the whole record.
        "*" => "\"*\" is not taken for all fields; name every field to change".to_owned(),
        path => format!("{:?} is no field that can be changed", quoted(path)),
    };
    Invalid::new("update_mask", problem)
}

/// The language asked for; French if none was.
pub fn language(text: &str) -> Result<Language, Invalid> {
    match text {
        "" => Ok(Language::default()),
        text => text.parse().map_err(|_| Invalid::new("language", "must be fr, en or pt")),
    }
}
