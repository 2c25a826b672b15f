//! What a coarser table plan would give, where too much is sensitive: counts and shares, no value
//! of any cell.
//!
//! Tables carry all their margins, so that a table without one of its dimensions is the cells of
//! the table as it is that are totals over it: what would be sensitive under a coarser plan is
//! known from what is sensitive now, on the same records.
//!
//! A plan holds from a stated period on. To publish less of one release because of its own figures
//! would tell readers something of them; and a plan that changes within a year would leave quarters
//! of two shapes to be subtracted from one year. So a proposal is of the next year's first quarter.
//! The plan is the same for all members and a new version of it is theirs to agree on, without
//! these figures: they stay on the hub.

use std::collections::BTreeSet;

use crate::{
    base::period::{Frequency, Period},
    codes::list::TOTAL,
    disclosure::transcript::{FrozenRelease, FrozenTable},
    release::cells::{CellMark, Key, Known},
};

/// A coarser plan is proposed where more of the cells than this are sensitive, in percent.
pub const PRIMARY_PERCENT_MAX: u64 = 30;

/// A proposal. Zeros are never sensitive and are left out of all its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoarserPlan {
    /// The first period of the coarser plan.
    pub from: Period,
    /// How it is now.
    pub now: Sensitive,
    /// How it would be, with everything that is proposed.
    pub then: Sensitive,
    /// The tables of which too much is sensitive.
    pub tables: Vec<CoarserTable>,
}

/// How many cells are sensitive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sensitive {
    /// Cells that are not zero.
    pub cells: u64,
    /// Sensitive ones among them.
    pub primary: u64,
}

/// A table of which too much is sensitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoarserTable {
    /// Its population.
    pub population: String,
    /// Its period.
    pub period: Period,
    /// Its dimensions.
    pub dimensions: Vec<String>,
    /// How it is now.
    pub now: Sensitive,
    /// What could be done.
    pub options: Vec<CoarserOption>,
}

/// A coarser form of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoarserOption {
    /// What it is.
    pub form: Form,
    /// How it would be. Of the year only, in a release that has no year of this table: nothing.
    pub then: Sensitive,
    /// Whether it is part of the proposal.
    pub is_proposed: bool,
}

/// What a coarser table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// The table by these dimensions only.
    By(Vec<String>),
    /// No quarterly table, only that of the year.
    YearOnly,
}

impl Sensitive {
    fn of<'a>(cells: impl Iterator<Item = &'a Cell<'a>>) -> Self {
        cells.fold(Self::default(), |so_far, cell| Self {
            cells: so_far.cells + 1,
            primary: so_far.primary + u64::from(cell.is_primary),
        })
    }

    /// Whether a coarser plan is to be proposed.
    pub fn is_too_much(self) -> bool {
        100 * self.primary > PRIMARY_PERCENT_MAX * self.cells
    }
}

/// A cell of a table that is not zero.
struct Cell<'a> {
    population: &'a str,
    period: Period,
    key: Key<'a>,
    is_primary: bool,
}

impl Cell<'_> {
    /// Whether it is a total over all dimensions but these.
    fn is_by(&self, dimensions: &[String]) -> bool {
        self.key.iter().all(|(dimension, _)| dimensions.iter().any(|one| one == dimension))
    }
}

/// A table with its cells.
struct Planned<'a> {
    frozen: &'a FrozenTable,
    dimensions: Vec<String>,
    cells: Vec<Cell<'a>>,
}

/// The proposal for a release of `period`, whose distinct cells are `distinct`; `None` where not
/// too much is sensitive.
pub(super) fn plan(
    period: Period,
    frozen: &FrozenRelease,
    distinct: &[Known<'_>],
) -> Option<CoarserPlan> {
    let not_zero = distinct.iter().filter(|cell| !cell.is_zero());
    let now = not_zero.fold(Sensitive::default(), |so_far, cell| Sensitive {
        cells: so_far.cells + 1,
        primary: so_far.primary + u64::from(cell.mark == CellMark::HiddenPrimary),
    });
    if !now.is_too_much() {
        return None;
    }
    let all: Vec<Planned<'_>> = frozen.tables.iter().map(planned).collect();
    let mut tables = Vec::new();
    let mut kept: BTreeSet<(&str, Period, &Key<'_>, bool)> = BTreeSet::new();
    for table in &all {
        let now = Sensitive::of(table.cells.iter());
        let mut form = Form::By(table.dimensions.clone());
        if now.is_too_much() {
            let options = propose(now, options(table, &all));
            if let Some(proposed) = options.iter().find(|option| option.is_proposed) {
                form = proposed.form.clone();
            }
            tables.push(CoarserTable {
                population: table.frozen.table.population.clone(),
                period: table.frozen.table.period,
                dimensions: table.dimensions.clone(),
                now,
                options,
            });
        }
        if let Form::By(dimensions) = form {
            let own = table.cells.iter().filter(|cell| cell.is_by(&dimensions));
            kept.extend(own.map(|cell| (cell.population, cell.period, &cell.key, cell.is_primary)));
        }
    }
    let then = Sensitive {
        cells: kept.len() as u64,
        primary: kept.iter().filter(|(.., is_primary)| *is_primary).count() as u64,
    };
    let from = period.whole_year().next().quarters()[0];
    Some(CoarserPlan { from, now, then, tables })
}

fn planned(frozen: &FrozenTable) -> Planned<'_> {
    let FrozenTable { table, truth, needs } = frozen;
    let sensitive: BTreeSet<usize> = needs.iter().map(|need| need.cell as usize).collect();
    let is_zero = |values: &Vec<i64>| values.iter().all(|value| *value == 0);
    let cell = |place: usize| {
        let codes = table.dimensions.iter().map(|one| one.id.as_str()).zip(table.key(place));
        let mut key: Key<'_> = codes.filter(|(_, code)| *code != TOTAL).collect();
        key.sort_unstable();
        let (population, period) = (table.population.as_str(), table.period);
        Cell { population, period, key, is_primary: sensitive.contains(&place) }
    };
    let places = truth.iter().enumerate().filter(|(_, values)| !is_zero(values));
    Planned {
        frozen,
        dimensions: table.dimensions.iter().map(|one| one.id.clone()).collect(),
        cells: places.map(|(place, _)| cell(place)).collect(),
    }
}

/// The coarser forms of a table: without each of its dimensions, without all of them, and of the
/// year only.
fn options(table: &Planned<'_>, all: &[Planned<'_>]) -> Vec<CoarserOption> {
    let dimensions = &table.dimensions;
    let mut forms: Vec<Vec<String>> = Vec::new();
    for dropped in dimensions {
        forms.push(dimensions.iter().filter(|one| *one != dropped).cloned().collect());
    }
    if dimensions.len() > 1 {
        forms.push(Vec::new());
    }
    let option = |form: Form, then: Sensitive| CoarserOption { form, then, is_proposed: false };
    let mut options: Vec<CoarserOption> = forms
        .into_iter()
        .map(|by| {
            let then = Sensitive::of(table.cells.iter().filter(|cell| cell.is_by(&by)));
            option(Form::By(by), then)
        })
        .collect();
    if table.frozen.table.period.frequency() != Frequency::Annual {
        let then = year(table, all).unwrap_or_default();
        options.push(option(Form::YearOnly, then));
    }
    options
}

/// The year of a table, where the release has it.
fn year(table: &Planned<'_>, all: &[Planned<'_>]) -> Option<Sensitive> {
    let own = &table.frozen.table;
    let mut years = all.iter().filter(|other| {
        let other_table = &other.frozen.table;
        other_table.period == own.period.whole_year() && other_table.population == own.population
    });
    let year =
        years.find(|year| table.dimensions.iter().all(|one| year.dimensions.contains(one)))?;
    Some(Sensitive::of(year.cells.iter().filter(|cell| cell.is_by(&table.dimensions))))
}

/// Marks the option that keeps the most cells that are not sensitive, among those of which not too
/// much is; if there is none, the year only; and else the one of which the least is, if that is
/// less than now.
fn propose(now: Sensitive, mut options: Vec<CoarserOption>) -> Vec<CoarserOption> {
    let share = |one: Sensitive, other: Sensitive| {
        (one.primary * other.cells.max(1)).cmp(&(other.primary * one.cells.max(1)))
    };
    let is_by = |option: &CoarserOption| matches!(option.form, Form::By(_));
    let mut best: Option<usize> = None;
    for (at, option) in options.iter().enumerate() {
        let then = option.then;
        if !is_by(option) || then.is_too_much() || then.cells == 0 {
            continue;
        }
        let kept = |one: Sensitive| one.cells - one.primary;
        if best.is_none_or(|best| kept(then) > kept(options[best].then)) {
            best = Some(at);
        }
    }
    let best = best.or_else(|| options.iter().position(|option| option.form == Form::YearOnly));
    let best = best.or_else(|| {
        let least = (0..options.len())
            .min_by(|one, other| share(options[*one].then, options[*other].then))?;
        share(options[least].then, now).is_lt().then_some(least)
    });
    if let Some(option) = best.and_then(|best| options.get_mut(best)) {
        option.is_proposed = true;
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place of the proposed one among options of so many cells, of which so many are
    /// sensitive; the last is the year only, if there is a year.
    fn proposed(now: (u64, u64), forms: &[(u64, u64)], has_year: bool) -> Option<usize> {
        let sensitive = |(cells, primary): (u64, u64)| Sensitive { cells, primary };
        let option = |form, then| CoarserOption { form, then, is_proposed: false };
        let by = forms.iter().map(|one| option(Form::By(vec![]), sensitive(*one)));
        let year = has_year.then(|| option(Form::YearOnly, Sensitive::default()));
        let options = propose(sensitive(now), by.chain(year).collect());
        assert!(options.iter().filter(|one| one.is_proposed).count() <= 1);
        options.iter().position(|one| one.is_proposed)
    }

    #[test]
    fn what_keeps_most_is_proposed_among_what_is_not_too_sensitive() {
        // The first keeps more, but half of it is sensitive; 30 % is not too much yet.
        assert_eq!(proposed((40, 30), &[(10, 5), (3, 0), (1, 0)], true), Some(1));
        assert_eq!(proposed((40, 30), &[(10, 3), (3, 0), (1, 0)], true), Some(0));
        // Nothing suffices but the year; of a year's table, what comes closest.
        assert_eq!(proposed((40, 30), &[(10, 5), (1, 1)], true), Some(2));
        assert_eq!(proposed((40, 30), &[(10, 6), (10, 5)], false), Some(1));
        assert_eq!(proposed((40, 16), &[(10, 6), (10, 5)], false), None);
        assert_eq!(proposed((1, 1), &[], false), None);
    }

    #[test]
    fn more_than_thirty_percent_is_too_much() {
        let is_too_much = |primary, cells| Sensitive { cells, primary }.is_too_much();
        assert!(!is_too_much(0, 0) && !is_too_much(3, 10) && is_too_much(31, 100));
    }
}
