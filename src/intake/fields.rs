//! The fields a mapping can fill, by kind of row.

use crate::intake::mapping::RowKind;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A code of this list.
    Code(&'static str),
    /// Yes or no.
    YesNo,
    /// A day.
    Day,
    /// A whole number from the first to the second.
    Number(i64, i64),
    /// An amount in minor units, not negative.
    Money,
    /// Degrees, kept in millionths.
    Degrees,
    /// A text of one line: a name, a number of a register, an address.
    Line,
    /// A free text, which may have several lines.
    Text,
}

/// A field of a kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in mapping files.
    pub name: &'static str,
    /// What it holds.
    pub content: Content,
    /// Whether a mapping must fill it.
    pub required: bool,
}

const fn field(name: &'static str, content: Content) -> Field {
    Field { name, content, required: false }
}

const fn required(name: &'static str, content: Content) -> Field {
    Field { name, content, required: true }
}

/// Fields of an enterprise. Without `size`, the class follows from headcount or turnover.
const ENTERPRISE: &[Field] = &[
    required("region", Content::Code("region")),
    required("filiere", Content::Code("filiere")),
    required("registered_on", Content::Day),
    field("citi_group", Content::Code("citi_group")),
    field("size", Content::Code("size")),
    field("headcount", Content::Number(0, u32::MAX as i64)),
    field("turnover", Content::Money),
    field("sex", Content::Code("sex")),
    field("status", Content::Code("status")),
    field("holding", Content::Line),
    field("name", Content::Line),
    field("head_name", Content::Line),
    field("telephones", Content::Line),
    field("email", Content::Line),
    field("locality", Content::Line),
    field("latitude", Content::Degrees),
    field("longitude", Content::Degrees),
    field("registration_number", Content::Line),
    field("remarks", Content::Text),
];

/// Fields of a visit.
const VISIT: &[Field] = &[
    required("visited_on", Content::Day),
    field("purpose", Content::Code("purpose")),
    field("referent", Content::Line),
    field("remarks", Content::Text),
];

/// Fields of a support request; from `answered_on` on those of its answer, which there is if
/// `answered_on` is filled in. `expertise` is empty for an answer of the hub alone.
const REQUEST: &[Field] = &[
    required("received_on", Content::Day),
    field("channel", Content::Code("channel")),
    field("theme", Content::Code("theme")),
    field("assigned_on", Content::Day),
    field("escalated_on", Content::Day),
    field("closed_on", Content::Day),
    field("referent", Content::Line),
    field("question", Content::Text),
    field("answered_on", Content::Day),
    field("answer_kind", Content::Code("answer_kind")),
    field("expertise", Content::Code("expertise")),
    field("satisfaction", Content::Number(1, 5)),
    field("followed_up_on", Content::Day),
    field("adopted", Content::YesNo),
    field("funding", Content::Money),
    field("answer", Content::Text),
];

/// The fields of a kind of row.
pub fn of(kind: RowKind) -> impl Iterator<Item = &'static Field> {
    match kind {
        RowKind::Enterprises => ENTERPRISE,
        RowKind::Visits => VISIT,
        RowKind::Requests => REQUEST,
    }
    .iter()
}

/// The names of the fields of a kind of row.
pub fn names(kind: RowKind) -> Vec<&'static str> {
    of(kind).map(|field| field.name).collect()
}

/// The field of this name.
pub fn find(kind: RowKind, name: &str) -> Option<&'static Field> {
    of(kind).find(|field| field.name == name)
}
