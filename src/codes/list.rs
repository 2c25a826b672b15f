//! Code lists: versioned sets of codes with labels in three languages and validity dates.

use jiff::civil::Date;

use crate::base::language::Label;

/// SDMX code of a total over a dimension.
pub const TOTAL: &str = "_T";
/// SDMX code of "not known, not classified".
pub const UNKNOWN: &str = "_U";

/// A versioned code list.
#[derive(Debug, Clone)]
pub struct CodeList {
    /// Identifier of the dimension it serves (`filiere`, `region`, …).
    pub id: String,
    /// Version of the list.
    pub version: u16,
    /// Codes in their published order.
    pub codes: Vec<Code>,
}

/// One code.
#[derive(Debug, Clone)]
pub struct Code {
    /// The code.
    pub code: String,
    /// Its label.
    pub label: Label,
    /// For regions: the country (member) it belongs to. `None` for the same codes everywhere.
    pub country: Option<String>,
    /// First day of validity, if it has one.
    pub valid_from: Option<Date>,
    /// Last day of validity, if it has one.
    pub valid_to: Option<Date>,
    /// The codes it replaced.
    pub predecessors: Vec<String>,
}

impl Code {
    /// Whether the code was in force on `day`.
    pub fn valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

impl CodeList {
    /// The code, if the list has it.
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.codes.iter().find(|entry| entry.code == code)
    }

    /// The codes that replaced `code`.
    pub fn successors(&self, code: &str) -> Vec<&Code> {
        let replaces = |entry: &&Code| entry.predecessors.iter().any(|earlier| earlier == code);
        self.codes.iter().filter(replaces).collect()
    }

    /// The code of what fits no other: "not known" where the list has it, else its last.
    pub fn rest(&self) -> Option<&Code> {
        self.get(UNKNOWN).or(self.codes.last())
    }
}
