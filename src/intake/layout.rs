//! A mapping laid over the columns of one file.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    codes::embedded::Codes,
    intake::{
        error::IntakeError,
        fields::{self, Content, Field},
        fold::fold,
        mapping::{ConsentRule, FieldRule, Mapping},
        spelling::Spellings,
    },
};

/// Most bytes of a heading that are shown; reasons in quarantine quote it.
const HEADING_BYTES_MAX: usize = 120;

/// A column of the file.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub place: usize,
    /// Its heading as the file writes it, cut to [`HEADING_BYTES_MAX`].
    pub heading: String,
}

/// A field with where its cells stand.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub field: &'static Field,
    pub rule: &'a FieldRule,
    /// `None` for a constant, or an optional column that the file lacks.
    pub column: Option<Column>,
    pub spellings: Spellings,
}

/// A consent with where its cells stand.
#[derive(Debug)]
pub(super) struct ConsentSource<'a> {
    pub rule: &'a ConsentRule,
    pub column: Option<Column>,
    pub given_on: Option<Column>,
}

/// A mapping laid over the columns of one file.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub mapping: &'a Mapping,
    /// The mapping's words that mean an empty cell, folded.
    pub empty: Vec<String>,
    pub width: usize,
    pub key: Vec<Column>,
    pub enterprise_key: Vec<Column>,
    pub sources: Vec<Source<'a>>,
    pub consents: Vec<ConsentSource<'a>>,
    /// Places of all columns used, in order.
    pub used: Vec<usize>,
    /// The columns used whose cells have one line: all but those of free texts.
    pub of_one_line: Vec<Column>,
    /// Headings of the columns not used.
    pub unused: Vec<String>,
    /// All headings, cut as in [`Column`].
    headings: Vec<String>,
}

/// The columns that a file must have, as the mapping writes them.
pub(super) fn columns_needed(mapping: &Mapping) -> Vec<&str> {
    let fields = mapping.fields.values().filter(|rule| !rule.optional);
    let consents = mapping.consents.iter().flat_map(|rule| [&rule.column, &rule.given_on_column]);
    let names = mapping.key.iter().chain(&mapping.enterprise_key);
    let names = names.chain(fields.flat_map(|rule| &rule.column)).chain(consents.flatten());
    let mut needed: Vec<&str> = Vec::new();
    let mut folded = BTreeSet::new();
    needed.extend(names.map(String::as_str).filter(|name| folded.insert(fold(name))));
    needed
}

impl<'a> Layout<'a> {
    /// Finds every column of the mapping among the headings.
    pub fn new(
        mapping: &'a Mapping,
        codes: &Codes,
        headings: &[String],
    ) -> Result<Self, IntakeError> {
        let folded: Vec<String> = headings.iter().map(|heading| fold(heading)).collect();
        let find = |name: &String| -> Result<Option<Column>, IntakeError> {
            let wanted = fold(name);
            let mut places = (0..folded.len()).filter(|place| folded[*place] == wanted);
            let column =
                places.next().map(|place| Column { place, heading: shown(&headings[place]) });
            match places.next() {
                Some(_) => Err(IntakeError::ColumnTwice { column: name.clone() }),
                None => Ok(column),
            }
        };
        let find_all = |names: &[String]| -> Result<Vec<Column>, IntakeError> {
            names.iter().filter_map(|name| find(name).transpose()).collect()
        };
        let optional = |name: &Option<String>| match name {
            Some(name) => find(name),
            None => Ok(None),
        };
        let mut sources = Vec::new();
        for (name, rule) in &mapping.fields {
            let Some(field) = fields::find(mapping.kind, name) else { continue };
            let column = optional(&rule.column)?;
            let spellings = match field.content {
                Content::Code(list) => {
                    Spellings::new(codes, list, mapping.area.as_str(), &rule.codes)
                }
                _ => Spellings::new(codes, "", mapping.area.as_str(), &rule.codes),
            };
            sources.push(Source { field, rule, column, spellings });
        }
        let consents = mapping.consents.iter().map(|rule| {
            let (column, given_on) = (optional(&rule.column)?, optional(&rule.given_on_column)?);
            Ok(ConsentSource { rule, column, given_on })
        });
        let consents = consents.collect::<Result<Vec<_>, IntakeError>>()?;
        let (key, enterprise_key) = (find_all(&mapping.key)?, find_all(&mapping.enterprise_key)?);
        let of_consents = consents.iter().flat_map(|source| [&source.column, &source.given_on]);
        let columns = key.iter().chain(&enterprise_key).chain(of_consents.flatten());
        let columns = columns.chain(sources.iter().flat_map(|source| &source.column));
        let mut columns: BTreeMap<usize, Column> =
            columns.map(|column| (column.place, column.clone())).collect();
        let used: Vec<usize> = columns.keys().copied().collect();
        columns.retain(|place, _| !is_of_free_text(&sources, *place));
        let of_one_line = columns.into_values().collect();
        let headings: Vec<String> = headings.iter().map(|heading| shown(heading)).collect();
        let unused = (0..headings.len()).filter(|place| used.binary_search(place).is_err());
        let unused = unused.map(|place| headings[place].clone()).collect();
        let width = headings.len();
        let empty = mapping.empty.iter().map(|word| fold(word)).collect();
        Ok(Self {
            mapping,
            empty,
            width,
            key,
            enterprise_key,
            sources,
            consents,
            used,
            of_one_line,
            unused,
            headings,
        })
    }

    /// The heading of the column at this place; empty if there is none.
    pub fn heading(&self, place: usize) -> &str {
        self.headings.get(place).map_or("", String::as_str)
    }
}

/// Whether a field of free text reads the column at this place.
fn is_of_free_text(sources: &[Source<'_>], place: usize) -> bool {
    let texts = sources.iter().filter(|source| source.field.content == Content::Text);
    texts.flat_map(|source| &source.column).any(|column| column.place == place)
}

fn shown(heading: &str) -> String {
    let heading = heading.trim();
    heading[..heading.floor_char_boundary(HEADING_BYTES_MAX)].into()
}
