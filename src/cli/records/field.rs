//! The fields of a record as people name them: one table for printing, for files and for flags,
//! so that what is printed can be edited and sent back.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use crate::cli::output::Fields;

/// How names of fields end that have a unit in messages, and none in the node's records.
const UNITS: [&str; 2] = ["_minor", "_microdegrees"];

/// One field of a record.
pub(super) struct Field<R: 'static> {
    /// Its name in files, in printed JSON and (with hyphens) on the command line.
    pub(super) name: &'static str,
    /// Its path in an update mask.
    pub(super) path: &'static str,
    /// Who states it, and when.
    pub(super) stated: Stated,
    /// Where it lies in the record.
    pub(super) slot: fn(&mut R) -> Slot<'_>,
}

/// Who states a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stated {
    /// The caller, whenever it likes.
    Always,
    /// The caller, when the record is made.
    Once,
    /// The node.
    ByNode,
}

/// Where a field lies, and what it holds.
pub(super) enum Slot<'a> {
    /// The resource name of something in a collection; people see the identifier.
    Name(&'a mut String, &'static str),
    /// A text, code or day.
    Text(&'a mut String),
    /// Several texts.
    Texts(&'a mut Vec<String>),
    /// A count.
    Count(&'a mut Option<u32>),
    /// An amount.
    Amount(&'a mut Option<i64>),
    /// An angle.
    Angle(&'a mut Option<i32>),
    /// One of some words.
    Word(&'a mut i32, &'static [(&'static str, i32)]),
}

/// The identifier within a resource name.
pub(super) fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

impl Slot<'_> {
    fn value(&self) -> Value {
        match self {
            Self::Name(name, _) => json!(id(name)),
            Self::Text(text) => json!(text),
            Self::Texts(texts) => json!(texts),
            Self::Count(count) => json!(count),
            Self::Amount(amount) => json!(amount),
            Self::Angle(angle) => json!(angle),
            Self::Word(number, words) => {
                let found = words.iter().find(|(_, known)| known == *number);
                json!(found.map_or("unspecified", |(word, _)| word))
            }
        }
    }

    fn clear(self) {
        match self {
            Self::Name(text, _) | Self::Text(text) => text.clear(),
            Self::Texts(texts) => texts.clear(),
            Self::Count(count) => *count = None,
            Self::Amount(amount) => *amount = None,
            Self::Angle(angle) => *angle = None,
            Self::Word(number, _) => *number = 0,
        }
    }

    /// Takes a value of JSON over; `null` empties. What does not fit is told without its value.
    fn set(self, value: &Value) -> Result<(), String> {
        if value.is_null() {
            self.clear();
            return Ok(());
        }
        match self {
            Self::Name(name, collection) => {
                let id = value.as_str().and_then(|text| text.parse::<uuid::Uuid>().ok());
                let id = id.ok_or("must be an identifier, as lists print them")?;
                *name = format!("{collection}/{id}");
            }
            Self::Text(text) => *text = value.as_str().ok_or("must be a text")?.to_owned(),
            Self::Texts(texts) => {
                let text = |item: &Value| item.as_str().map(str::to_owned);
                let items = value.as_array().and_then(|items| items.iter().map(text).collect());
                *texts = items.ok_or("must be a list of texts")?;
            }
            Self::Count(count) => *count = Some(whole(value, u32::MIN, u32::MAX)?),
            Self::Amount(amount) => *amount = Some(whole(value, i64::MIN, i64::MAX)?),
            Self::Angle(angle) => *angle = Some(whole(value, i32::MIN, i32::MAX)?),
            Self::Word(number, words) => {
                let found = words.iter().find(|(word, _)| value.as_str() == Some(word));
                *number = found.ok_or_else(|| one_of(words))?.1;
            }
        }
        Ok(())
    }
}

fn whole<N: TryFrom<i64> + Display>(value: &Value, least: N, most: N) -> Result<N, String> {
    let number = value.as_i64().and_then(|number| N::try_from(number).ok());
    number.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

fn one_of(words: &[(&'static str, i32)]) -> String {
    let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    format!("must be one of {}", words.join(", "))
}

/// All fields of a record, for printing.
pub(super) fn all<R>(table: &'static [Field<R>], mut record: R) -> Fields {
    table.iter().map(|field| (field.name, (field.slot)(&mut record).value())).collect()
}

/// A field that cannot be taken over, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) problem: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

/// Takes the stated fields of a new record over. All faults at once.
pub(super) fn fill<R>(
    table: &'static [Field<R>],
    record: &mut R,
    stated: &Map<String, Value>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, value) in stated {
        let taken = match table.iter().find(|field| field.name == name) {
            None => Err(unknown(table)),
            Some(field) if field.stated == Stated::ByNode && !is_empty(value) => {
                Err("is set by the node; leave it out".into())
            }
            Some(field) if field.stated == Stated::ByNode => Ok(()),
            Some(field) => (field.slot)(record).set(value),
        };
        faults.extend(taken.err().map(|problem| Fault { field: name.clone(), problem }));
    }
    faults
}

/// The faults of required fields that nobody states.
pub(super) fn missing(required: &[&str], stated: &Map<String, Value>) -> Vec<Fault> {
    let missing = required.iter().filter(|name| stated.get(**name).is_none_or(is_empty));
    let fault = |name: &&str| Fault { field: flag(name), problem: "is missing".into() };
    missing.map(fault).collect()
}

/// The flag that states the field of this name.
pub(super) fn flag(name: &str) -> String {
    match name {
        // Stated one by one.
        "telephones" => "--telephone".into(),
        name => format!("--{}", name.replace('_', "-")),
    }
}

/// The flag of a field that the node calls `told`; that itself if there is none. The node names a
/// field by its path, or within its records by the last part of that, without the unit.
pub(super) fn flag_of<R>(table: &'static [Field<R>], told: &str) -> String {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let named = last(told);
    let stated = || table.iter().filter(|field| field.stated != Stated::ByNode);
    let same = stated().find(|field| last(field.path) == named);
    let with_unit = || {
        stated().find(|field| UNITS.iter().any(|unit| last(field.path) == format!("{named}{unit}")))
    };
    same.or_else(with_unit).map_or_else(|| told.to_owned(), |field| flag(field.name))
}

/// The flag of a field that the node calls `told`, in the commands of steps: they have one day.
pub(super) fn flag_of_step(told: &str) -> String {
    match told.rsplit('.').next().unwrap_or(told) {
        day if day.ends_with("_on") => format!("--on ({day})"),
        "funding" => flag("funding_minor"),
        "kind" | "remote_expertise" | "text" | "satisfaction" | "referent" | "medium"
        | "text_version" | "enterprise" | "purpose" => flag_of_change(told),
        _ => told.into(),
    }
}

/// The flag of a field that the node calls `told`, where each has its own.
pub(super) fn flag_of_change(told: &str) -> String {
    flag(told.rsplit('.').next().unwrap_or(told))
}

/// Takes the stated fields of a change over, into `record` as it stands, and returns their mask
/// paths. A field that cannot be changed may be stated only as it is. All faults at once.
pub(super) fn change<R>(
    table: &'static [Field<R>],
    record: &mut R,
    stated: &Map<String, Value>,
) -> Result<Vec<String>, Vec<Fault>> {
    let (mut paths, mut faults) = (Vec::new(), Vec::new());
    for (name, value) in stated {
        let mut fault = |problem: String| faults.push(Fault { field: name.clone(), problem });
        let Some(field) = table.iter().find(|field| field.name == name) else {
            fault(unknown(table));
            continue;
        };
        let slot = (field.slot)(record);
        if field.stated == Stated::Always {
            match slot.set(value) {
                Ok(()) => paths.push(field.path.to_owned()),
                Err(problem) => fault(problem),
            }
        } else if slot.value() != *value {
            fault("is not what the node has, and cannot be changed this way; leave it out".into());
        }
    }
    if faults.is_empty() { Ok(paths) } else { Err(faults) }
}

fn unknown<R>(table: &'static [Field<R>]) -> String {
    let names = table.iter().filter(|field| field.stated != Stated::ByNode);
    let names: Vec<_> = names.map(|field| field.name).collect();
    format!("is no field of this kind of record; it has {}", names.join(", "))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
