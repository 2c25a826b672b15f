//! A national hub with a history: what one more quarter costs, and a full pass over all of it.
//!
//! The hub is invented and always the same ([`crate::hub`]). Every release holds all tables of the
//! table plan, with all populations behind the catalogue's indicators; it is protected, rehearsed
//! and audited as the gate does it, and becomes part of the transcript. Then another year is
//! released, quarter by quarter.

use essaim::{
    base::period::Period,
    codes::embedded::Codes,
    disclosure::{audit::audit, protect::protect, rules::Rules, transcript::Transcript},
    publication::release::Table,
};

use crate::{
    common::{Figure, memory_kib, run_child, setting, timed},
    hub::{FIRST_YEAR, Hub},
};

/// Shortens the history; with 0 years it is not measured.
const YEARS: &str = "ESSAIM_BENCH_YEARS";
const YEARS_USUAL: u64 = 10;
/// What a child has to do.
pub const ROLE: &str = "history";
/// Sizes of hubs, in percent of the usual one: small ones have more to hide, large ones more that
/// contribute.
const SIZES_PERCENT: [u64; 3] = [25, 100, 1000];
/// What the sample's hubs configure.
const RULES: Rules = Rules::new(3, 15);
const QUARTER_SECONDS_MAX: f64 = 30.0;
const PASS_SECONDS_MAX: f64 = 600.0;
const MEMORY_MIB_MAX: u64 = 1024;

/// The columns in which a child tells its figures.
const TOLD: [&str; 9] = [
    "cells released",
    "demands proven in the full pass",
    "one more quarter after one year, s",
    "one more quarter after half of them, s",
    "one more quarter, the slowest of three, s",
    "one more quarter that ends its year, s",
    "full pass, s",
    "peak memory, MiB",
    "cells exposed by earlier releases alone",
];
/// Of these the ones with a requirement.
const REQUIRED: [(usize, f64); 4] = [
    (4, QUARTER_SECONDS_MAX),
    (5, QUARTER_SECONDS_MAX),
    (6, PASS_SECONDS_MAX),
    (7, MEMORY_MIB_MAX as f64),
];

/// Measures hubs of several sizes, each in a process of its own.
pub fn measure() -> Vec<Figure> {
    let years = setting(YEARS, YEARS_USUAL);
    if years == 0 {
        return Vec::new();
    }
    let hub = |percent: u64| {
        let told = run_child(ROLE, &[&years.to_string(), &percent.to_string()]);
        figures(&format!("hub of {percent} %, {years} years"), &told)
    };
    SIZES_PERCENT.into_iter().flat_map(hub).collect()
}

/// The figures of one hub, from the line its process printed.
fn figures(hub: &str, told: &str) -> Vec<Figure> {
    let numbers = told.split_whitespace().map(|one| one.parse().expect("a number of the child"));
    let figure = |(place, (name, number)): (usize, (&&str, f64))| {
        let name = format!("{hub}: {name}");
        let decimals = if number.fract() == 0.0 { 0 } else { 2 };
        let measured = format!("{number:.decimals$}");
        match REQUIRED.iter().find(|(required, _)| *required == place) {
            Some((_, most)) => {
                Figure::required(&name, measured, &format!("≤ {most}"), number <= *most)
            }
            None => Figure::told(&name, measured),
        }
    };
    TOLD.iter().zip(numbers).enumerate().map(figure).collect()
}

/// What a child does: releases everything and prints its figures, in the order of [`TOLD`].
pub fn child(arguments: &[String]) {
    let number = |place: usize| arguments[place].parse::<usize>().expect("a number");
    let (years, size_percent) = (number(0), number(1));
    let mut history = History::new(years as i16 + 1, size_percent);
    let mut seconds = Vec::new();
    while seconds.len() < 4 * (years + 1) {
        seconds.push(history.release_next());
    }
    let new = &seconds[4 * years..];
    let slowest = new[..3].iter().copied().fold(0.0, f64::max);
    let (demands, pass) = history.pass();
    let peak_mib = memory_kib("self", "VmHWM") / 1024;
    let first_after = |years: usize| seconds[4 * years];
    println!(
        "{} {demands} {:.4} {:.4} {slowest:.4} {:.4} {pass:.4} {peak_mib} {}",
        history.cells,
        first_after(1),
        first_after(years.div_ceil(2)),
        new[3],
        history.exposed,
    );
}

/// A hub and what it released.
struct History {
    codes: Codes,
    hub: Hub,
    quarters: Vec<Period>,
    transcript: Transcript,
    /// Cells released so far.
    cells: usize,
    /// Cells of releases before the last one that these leave open by themselves.
    exposed: usize,
}

impl History {
    fn new(years: i16, size_percent: usize) -> Self {
        let codes = Codes::embedded();
        let hub = Hub::new(&codes, years, size_percent);
        let years = (0..years).filter_map(|year| Period::annual(FIRST_YEAR + year));
        Self {
            hub,
            codes,
            quarters: years.flat_map(Period::quarters).collect(),
            transcript: Transcript::default(),
            cells: 0,
            exposed: 0,
        }
    }

    /// Releases the next quarter; the seconds that protection and audit took.
    fn release_next(&mut self) -> f64 {
        let quarter = self.quarters[self.transcript.releases().len()];
        let cubes = self.hub.release(&self.codes, quarter);
        let catalogue = self.codes.catalogue();
        let (took, protected) = timed(|| protect(catalogue, &RULES, &cubes, &self.transcript));
        let protected = protected.expect("the hub's releases can be protected");
        self.cells += cubes.iter().map(|cube| cube.cells.len()).sum::<usize>();
        self.exposed = protected.report.exposed.len();
        self.transcript.append(protected.frozen);
        eprintln!("{quarter} {:.2} s", took.as_secs_f64());
        took.as_secs_f64()
    }

    /// Audits the last release with all before it, without any counter-example to begin with: the
    /// demands that were proven, and the seconds it took.
    fn pass(&self) -> (u64, f64) {
        let (last, before) = self.transcript.releases().split_last().expect("a release");
        let cubes = self.hub.release(&self.codes, self.quarters[before.len()]);
        let tables: Vec<Table> = last.tables.iter().map(|frozen| frozen.table.clone()).collect();
        let mut transcript = Transcript::default();
        before.iter().for_each(|release| transcript.append(release.clone()));
        let catalogue = self.codes.catalogue();
        let (took, report) = timed(|| audit(catalogue, &RULES, &cubes, &tables, &transcript, &[]));
        (report.expect("nothing is open").proven, took.as_secs_f64())
    }
}
