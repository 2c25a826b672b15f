//! The invented hubs as data (`countries.toml`, `filieres.toml`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

/// Day on which renamed regions took their new names (Burkina Faso).
pub(super) const RENAMED_ON: Date = Date::constant(2025, 7, 2);

/// One hub and its country.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Country {
    /// Member code.
    pub(super) code: String,
    /// How its files look.
    pub(super) style: Style,
    /// Enterprises over two years.
    pub(super) enterprises: usize,
    /// Visits over two years.
    pub(super) visits: usize,
    /// Requests over two years.
    pub(super) requests: usize,
    /// First digits of telephone numbers.
    pub(super) prefix: String,
    /// Filière codes with their weights; 0 for a rare one.
    pub(super) filieres: BTreeMap<String, usize>,
    /// First names of women.
    pub(super) female: Vec<String>,
    /// First names of men.
    pub(super) male: Vec<String>,
    /// Surnames.
    pub(super) surnames: Vec<String>,
    /// The hub's advisers.
    pub(super) referents: Vec<String>,
    /// Regions it works in, the most important first.
    pub(super) regions: Vec<Region>,
}

/// A region the hub works in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Region {
    /// Its code.
    pub(super) code: String,
    /// Its name, as the files have it.
    pub(super) name: String,
    /// Its code before it was renamed.
    pub(super) before: Option<String>,
    /// Its name before.
    pub(super) name_before: Option<String>,
    /// Towns with latitude and longitude.
    pub(super) towns: Vec<(String, f64, f64)>,
}

/// How a hub's files look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Style {
    /// French Excel: `;`, Windows-1252, day/month/year, decimal comma, spaces in numbers.
    Excel,
    /// KoboToolbox: `;`, everything quoted, UTF-8 with BOM, ISO days, grouped headings.
    Kobo,
    /// Comma, UTF-8, ISO days.
    Plain,
    /// Portuguese: `;`, UTF-8, day/month/year, decimal comma.
    Portuguese,
}

/// What there is to know of a filière.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filiere {
    /// Its name in the files.
    pub(super) name: FiliereName,
    /// CITI group of most of its enterprises.
    pub(super) citi: String,
    /// What enterprises make.
    pub(super) products: Vec<String>,
    /// What they ask.
    pub(super) questions: Vec<String>,
}

/// A filière's name in the two languages files come in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FiliereName {
    /// French.
    pub(super) fr: String,
    /// Portuguese.
    pub(super) pt: String,
}

impl Region {
    /// The name that was in force on `day`.
    pub(super) fn name_on(&self, day: Date) -> &str {
        match &self.name_before {
            Some(before) if day < RENAMED_ON => before,
            _ => &self.name,
        }
    }
}

impl Country {
    /// Whether its regions were renamed in the days after `from`, up to `to`.
    pub(super) fn renamed_between(&self, from: Date, to: Date) -> bool {
        let renamed = self.regions.iter().any(|region| region.name_before.is_some());
        renamed && from < RENAMED_ON && RENAMED_ON <= to
    }

    /// Whether its files are in Portuguese.
    pub(super) fn is_portuguese(&self) -> bool {
        self.style == Style::Portuguese
    }
}

/// All countries of the sample.
pub(super) fn all() -> Vec<Country> {
    #[derive(Deserialize)]
    struct File {
        country: Vec<Country>,
    }
    // The file is part of the program, and a test reads it.
    let file: File = toml::from_str(include_str!("countries.toml"))
        .expect("the embedded countries are well formed");
    file.country
}

/// All filières of the sample, by code.
pub(super) fn filieres() -> BTreeMap<String, Filiere> {
    // The file is part of the program, and a test reads it.
    toml::from_str(include_str!("filieres.toml")).expect("the embedded filières are well formed")
}
