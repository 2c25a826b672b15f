//! The data files of this module as they are embedded in the program.
//!
//! A list's codes are published and stored: they are only ever added, or closed by a last day of
//! validity. A change of a list raises its version here.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    base::language::{Label, Language},
    codes::{
        catalogue::Catalogue,
        list::{Code, CodeList, TOTAL, UNKNOWN},
        plan::TablePlan,
    },
};

/// Most rows of a file of regions.
pub const REGIONS_MAX: usize = 20_000;

/// Identifier of the list of regions.
pub const REGION: &str = "region";

/// Every embedded list: identifier, version, file.
const LISTS: &[(&str, u16, &str)] = &[
    ("answer_kind", 1, include_str!("lists/answer_kind.csv")),
    ("channel", 1, include_str!("lists/channel.csv")),
    ("citi_group", 1, include_str!("lists/citi_group.csv")),
    ("country", 1, include_str!("lists/country.csv")),
    ("delay", 1, include_str!("lists/delay.csv")),
    ("expertise", 1, include_str!("lists/expertise.csv")),
    ("filiere", 1, include_str!("lists/filiere.csv")),
    ("medium", 1, include_str!("lists/medium.csv")),
    ("member_kind", 1, include_str!("lists/member_kind.csv")),
    ("purpose", 1, include_str!("lists/purpose.csv")),
    (REGION, 1, include_str!("lists/region.csv")),
    ("sex", 1, include_str!("lists/sex.csv")),
    ("size", 1, include_str!("lists/size.csv")),
    ("status", 1, include_str!("lists/status.csv")),
    ("theme", 1, include_str!("lists/theme.csv")),
];

/// The label of [`TOTAL`] in every list.
const TOTAL_LABELS: [&str; 3] = ["Total", "Total", "Total"];

/// A fault in a file of codes.
#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    /// The file is no CSV with the expected columns.
    #[error("Line {line} of the code list {list} cannot be read: {problem}")]
    Unreadable {
        /// The list.
        list: String,
        /// Line in the file, from 1; 0 if it is not known.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// A row breaks a rule.
    #[error("Code {code} of the list {list}: {problem}")]
    Invalid {
        /// The list.
        list: String,
        /// The code.
        code: String,
        /// What is wrong and what is expected.
        problem: &'static str,
    },
    /// Too many rows.
    #[error("The code list {list} has more than {rows_max} rows")]
    TooLong {
        /// The list.
        list: String,
        /// The limit.
        rows_max: usize,
    },
}

/// All code lists, the catalogue and the table plan.
#[derive(Debug, Clone)]
pub struct Codes {
    lists: BTreeMap<String, CodeList>,
    catalogue: Catalogue,
    plan: TablePlan,
}

/// A row of a list's file. Lists other than regions have the first four columns only.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    #[serde(default)]
    country: String,
    fr: String,
    en: String,
    pt: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
    #[serde(default)]
    predecessors: String,
}

impl Codes {
    /// The data embedded in this program.
    pub fn embedded() -> Self {
        // The files are part of the program, and a test reads all of them.
        let lists = LISTS.iter().map(|(id, version, csv)| {
            let codes = read(id, csv).expect("an embedded code list is well formed");
            ((*id).to_owned(), CodeList { id: (*id).into(), version: *version, codes })
        });
        Self {
            lists: lists.collect(),
            catalogue: toml::from_str(include_str!("catalogue.toml"))
                .expect("the embedded catalogue is well formed"),
            plan: toml::from_str(include_str!("table_plan.toml"))
                .expect("the embedded table plan is well formed"),
        }
    }

    /// The same under another version of the catalogue, as a later program will have it.
    #[cfg(test)]
    pub(crate) fn with_catalogue_version(mut self, version: u16) -> Self {
        self.catalogue.version = version;
        self
    }

    /// Adds regions of further countries from a CSV file with the columns of the embedded
    /// `lists/region.csv`: `code, country, fr, en, pt, valid_from, valid_to, predecessors`.
    pub fn with_regions(mut self, csv: &str) -> Result<Self, CodesError> {
        let rows = read(REGION, csv)?;
        let list = self.lists.get_mut(REGION).expect("the list of regions is embedded");
        for code in &rows {
            if code.country.is_none() {
                return Err(invalid(code, "names no country"));
            }
            if list.get(&code.code).is_some() {
                return Err(invalid(code, "exists already"));
            }
        }
        list.codes.extend(rows);
        for code in &list.codes {
            let known =
                |id: &String| list.get(id).is_some_and(|other| other.country == code.country);
            if !code.predecessors.iter().all(known) {
                return Err(invalid(code, "a predecessor is no region of the same country"));
            }
        }
        Ok(self)
    }

    /// The list with this identifier.
    pub fn list(&self, id: &str) -> Option<&CodeList> {
        self.lists.get(id)
    }

    /// All lists, by identifier.
    pub fn lists(&self) -> impl Iterator<Item = &CodeList> {
        self.lists.values()
    }

    /// The indicator catalogue.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The table plan.
    pub fn plan(&self) -> &TablePlan {
        &self.plan
    }

    /// The codes a table of `area` has in the dimension `id` on `day`: the total first, then all
    /// codes in force in list order, "not known" last. `None` if there is no such list.
    pub fn dimension(&self, id: &str, area: &str, day: Date) -> Option<Vec<String>> {
        let list = self.lists.get(id)?;
        let here = |code: &&Code| {
            code.country.as_deref().is_none_or(|country| country == area) && code.valid_on(day)
        };
        let mut codes = vec![TOTAL.to_owned()];
        let (unknown, known): (Vec<_>, Vec<_>) =
            list.codes.iter().filter(here).partition(|code| code.code == UNKNOWN);
        codes.extend(known.into_iter().chain(unknown).map(|code| code.code.clone()));
        Some(codes)
    }

    /// The version of the list `id`.
    pub fn dimension_list_version(&self, id: &str) -> Option<u16> {
        self.lists.get(id).map(|list| list.version)
    }

    /// The label of a code; of the total too.
    pub fn label(&self, list: &str, code: &str, language: Language) -> Option<&str> {
        let list = self.lists.get(list)?;
        if code == TOTAL {
            return Some(TOTAL_LABELS[language as usize]);
        }
        list.get(code).map(|code| code.label.get(language))
    }

    /// The region in force on `day` that a record's region belongs to: itself, or the one it
    /// became or came from where that is a single one. `None` where it cannot be told (the region
    /// was split), or is unknown.
    pub fn region_on<'a>(&'a self, region: &'a str, day: Date) -> Option<&'a str> {
        let list = self.lists.get(REGION)?;
        let mut current = list.get(region)?;
        // Each step moves to a code of a later or an earlier date, so that it ends.
        for _ in 0..list.codes.len() {
            if current.valid_on(day) {
                return Some(&current.code);
            }
            let later = current.valid_to.is_some_and(|to| to < day);
            let mut next = match later {
                true => list.successors(&current.code),
                false => current.predecessors.iter().filter_map(|id| list.get(id)).collect(),
            };
            current = next.pop().filter(|_| next.is_empty())?;
        }
        None
    }
}

fn invalid(code: &Code, problem: &'static str) -> CodesError {
    let shown = code.code.chars().take(20).collect();
    CodesError::Invalid { list: REGION.into(), code: shown, problem }
}

fn read(list: &str, csv: &str) -> Result<Vec<Code>, CodesError> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(csv.as_bytes());
    let mut codes: Vec<Code> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for row in reader.deserialize::<Row>() {
        let row = row.map_err(|error| CodesError::Unreadable {
            list: list.into(),
            line: error.position().map_or(0, csv::Position::line),
            problem: error.to_string(),
        })?;
        if codes.len() == REGIONS_MAX {
            return Err(CodesError::TooLong { list: list.into(), rows_max: REGIONS_MAX });
        }
        let code = to_code(list, row)?;
        if !seen.insert(code.code.clone()) {
            let (list, code) = (list.into(), code.code);
            return Err(CodesError::Invalid { list, code, problem: "stands twice" });
        }
        codes.push(code);
    }
    Ok(codes)
}

fn to_code(list: &str, row: Row) -> Result<Code, CodesError> {
    let fault = |problem| CodesError::Invalid {
        list: list.into(),
        code: row.code.chars().take(20).collect(),
        problem,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if row.code.is_empty() || row.code.len() > 32 || !row.code.bytes().all(fits) {
        return Err(fault("use at most 32 letters, digits, hyphens and underscores"));
    }
    if row.code == TOTAL {
        return Err(fault("is kept for totals"));
    }
    let day = |text: &str| match text.is_empty() {
        true => Ok(None),
        false => text.parse::<Date>().map(Some).map_err(|_| fault("a date is not YYYY-MM-DD")),
    };
    let (valid_from, valid_to) = (day(&row.valid_from)?, day(&row.valid_to)?);
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && to < from
    {
        return Err(fault("ends before it begins"));
    }
    Ok(Code {
        label: Label { fr: row.fr, en: row.en, pt: row.pt },
        country: Some(row.country).filter(|country| !country.is_empty()),
        valid_from,
        valid_to,
        predecessors: row.predecessors.split_whitespace().map(str::to_owned).collect(),
        code: row.code,
    })
}
