//! Deterministic sample input: what eight invented hubs send over two years, in the untidy forms
//! hubs really send, with the mapping files that read them, and ten technology notes.
//!
//! The same seed gives the same bytes. Everything in the files is made up, except for the names
//! of countries, regions and towns.

use crate::base::{dice::Dice, id::MemberCode, period::Period};

mod country;

mod files;
mod headings;
mod mapping;
mod notes;
mod words;
mod world;

pub use notes::{NOTE_RIGHTS, SampleNote, notes};

/// Codes of the hubs there is sample input for, in the order they join a federation.
pub const MEMBERS: [&str; 8] = ["BJ", "BF", "CI", "GW", "ML", "NE", "SN", "TG"];

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// Enterprises and their consents.
    Enterprises,
    /// Visits.
    Visits,
    /// Support requests, their answers and follow-ups.
    Requests,
}

impl FileKind {
    /// All kinds, in the order files are imported: enterprises first.
    pub const ALL: [Self; 3] = [Self::Enterprises, Self::Visits, Self::Requests];

    /// The word for it on the command line and in file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enterprises => "enterprises",
            Self::Visits => "visits",
            Self::Requests => "requests",
        }
    }
}

/// One file as a hub sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFile {
    /// What it holds.
    pub kind: FileKind,
    /// Its bytes, in the hub's own encoding.
    pub bytes: Vec<u8>,
    /// Rows that are meant to end in quarantine.
    pub bad_rows: u64,
    /// Rows in all, the bad ones included.
    pub rows: u64,
}

/// The files of one quarter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleQuarter {
    /// The quarter.
    pub period: Period,
    /// One file of each kind, in the order of [`FileKind::ALL`].
    pub files: Vec<SampleFile>,
}

/// Everything one hub sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleHub {
    /// The hub's member code.
    pub member: MemberCode,
    /// The text of the mapping file of each kind, in the order of [`FileKind::ALL`].
    pub mappings: Vec<String>,
    /// The eight quarters.
    pub quarters: Vec<SampleQuarter>,
}

/// What the hub `member` sends in the two years that end with `last_year`; `None` if there is no
/// sample of it or the years lie outside 1900 to 2199.
pub fn hub(seed: u64, member: &str, last_year: i16) -> Option<SampleHub> {
    let countries = country::all();
    let index = countries.iter().position(|country| country.code == member)?;
    let country = &countries[index];
    let years = [Period::annual(last_year.checked_sub(1)?)?, Period::annual(last_year)?];
    let quarters: Vec<_> = years.into_iter().flat_map(Period::quarters).collect();
    let dice = Dice::new(seed, index as u64);
    let world = world::World::new(country, &quarters, dice);
    Some(SampleHub {
        member: country.code.parse().ok()?,
        mappings: FileKind::ALL.map(|kind| mapping::text(country, kind)).to_vec(),
        quarters: files::write(country, &world, &quarters),
    })
}

#[cfg(test)]
mod protection_tests;
#[cfg(test)]
mod tests;
