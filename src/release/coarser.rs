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

/// A coarser plan is proposed where more of the cells than this are sensitive, in percent: of the
/// release, or of one table that is not small.
pub const PRIMARY_PERCENT_MAX: u64 = 30;

/// Tables of this many cells or fewer say nothing by themselves: in so small a one, a single
/// sensitive cell is a large share.
pub const SMALL_TABLE_CELLS_MAX: u64 = 10;

/// A proposal. Zeros are never sensitive and are left out of all its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoarserPlan {
    /// The first period of the coarser plan.
    pub from: Period,
    /// How it is now.
    pub now: Sensitive,
    /// How it would be, with everything that is proposed.
    pub then: Sensitive,
    /// The tables of which too much is sensitive; small ones only if too much of the release is.
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
    /// What could be done: forms of which a smaller share is sensitive, and to drop the table for
    /// the year's.
    pub options: Vec<CoarserOption>,
}

/// A coarser form of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoarserOption {
    /// What it is.
    pub form: Form,
    /// How it would be. Of the year only, in a release that has no year of this table: nothing,
    /// for the table is dropped.
    pub then: Sensitive,
    /// Whether it is part of the proposal. To drop a table never is.
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

    /// Whether a smaller share is sensitive than of the other; both have cells.
    fn has_less_than(self, other: Self) -> bool {
        self.primary * other.cells < other.primary * self.cells
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
/// too much is sensitive, neither of all of it nor of a table that is not small.
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
    let cells_min = if now.is_too_much() { 0 } else { SMALL_TABLE_CELLS_MAX + 1 };
    let all: Vec<Planned<'_>> = frozen.tables.iter().map(planned).collect();
    let mut tables = Vec::new();
    let mut kept: BTreeSet<(&str, Period, &Key<'_>, bool)> = BTreeSet::new();
    for table in &all {
        let now = Sensitive::of(table.cells.iter());
        let mut form = Form::By(table.dimensions.clone());
        if now.is_too_much() && now.cells >= cells_min {
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
    if tables.is_empty() && !now.is_too_much() {
        return None;
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

/// Leaves out what improves nothing, and marks the option that keeps the most cells that are not
/// sensitive, among those of which not too much is; if there is none, the year only; and else the
/// one of which the least is. What drops the table stays, unmarked: nothing is left to compare.
fn propose(now: Sensitive, mut options: Vec<CoarserOption>) -> Vec<CoarserOption> {
    options.retain(|CoarserOption { form, then, .. }| match then.cells {
        0 => *form == Form::YearOnly,
        _ => then.has_less_than(now),
    });
    let kept = |one: &CoarserOption| one.then.cells - one.then.primary;
    let mut best: Option<usize> = None;
    for (at, option) in options.iter().enumerate().filter(|(_, one)| one.then.cells > 0) {
        let is_better = |best: &CoarserOption| {
            let is_by = |one: &CoarserOption| one.form != Form::YearOnly;
            match (option.then.is_too_much(), best.then.is_too_much()) {
                (false, true) => true,
                (true, false) => false,
                (true, true) => option.then.has_less_than(best.then),
                (false, false) => (is_by(option), kept(option)) > (is_by(best), kept(best)),
            }
        };
        if best.is_none_or(|best| is_better(&options[best])) {
            best = Some(at);
        }
    }
    if let Some(option) = best.and_then(|best| options.get_mut(best)) {
        option.is_proposed = true;
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disclosure::transcript::{FrozenNeed, Protection},
        publication::release::{Cell, Dimension, Table},
        release::cells::distinct,
    };

    /// A table by one dimension of so many cells, the total among them, the last of which are
    /// sensitive.
    fn table(dimension: &str, cells: u32, primary: u32) -> FrozenTable {
        let code = |place| if place == 0 { TOTAL.to_owned() } else { format!("C{place}") };
        let codes = (0..cells).map(code).collect();
        let need = |cell| FrozenNeed { cell, measure: 0, protection: Protection::NotExact };
        FrozenTable {
            table: Table {
                population: "visits".into(),
                period: "2026-Q1".parse().unwrap(),
                dimensions: vec![Dimension { id: dimension.into(), list_version: 1, codes }],
                measures: vec!["visits".into()],
                cells: (0..cells)
                    .map(|cell| Cell((cell < cells - primary).then(|| vec![9])))
                    .collect(),
            },
            truth: vec![vec![9]; cells as usize],
            needs: (cells - primary..cells).map(need).collect(),
        }
    }

    fn plan_of(tables: Vec<FrozenTable>) -> Option<CoarserPlan> {
        let release = FrozenRelease { tables, ..FrozenRelease::default() };
        plan("2026-Q1".parse().unwrap(), &release, &distinct(&release))
    }

    #[test]
    fn one_table_that_is_not_small_is_enough_for_a_plan() {
        let other = || table("region", 60, 0);
        assert_eq!(plan_of(vec![other(), table("filiere", 11, 3)]), None, "27 %");
        assert_eq!(plan_of(vec![other(), table("filiere", 10, 9)]), None, "a small one");
        let CoarserPlan { now, then, tables, .. } =
            plan_of(vec![other(), table("sex", 3, 2), table("filiere", 11, 4)]).unwrap();
        assert!(!now.is_too_much());
        let [only] = &tables[..] else { panic!("{tables:?}") };
        assert_eq!((only.dimensions.join(" "), only.now), ("filiere".into(), sensitive((11, 4))));
        // All share their total.
        assert_eq!((now, then), (sensitive((72, 6)), sensitive((62, 2))));
        // Of a release of which too much is sensitive, small tables count.
        let tables = plan_of(vec![table("sex", 3, 2), table("filiere", 11, 4)]).unwrap().tables;
        assert_eq!(tables.len(), 2);
    }

    fn sensitive((cells, primary): (u64, u64)) -> Sensitive {
        Sensitive { cells, primary }
    }

    /// What is left of options of so many cells, of which so many are sensitive, and the place of
    /// the proposed one among that; the last is the year only, if there is a year.
    fn proposed(
        now: (u64, u64),
        forms: &[(u64, u64)],
        year: Option<(u64, u64)>,
    ) -> (Vec<(u64, u64)>, Option<usize>) {
        let option = |form, then| CoarserOption { form, then: sensitive(then), is_proposed: false };
        let by = forms.iter().map(|one| option(Form::By(vec![]), *one));
        let year = year.map(|year| option(Form::YearOnly, year));
        let options = propose(sensitive(now), by.chain(year).collect());
        assert!(options.iter().filter(|one| one.is_proposed).count() <= 1);
        let left = options.iter().map(|one| (one.then.cells, one.then.primary)).collect();
        (left, options.iter().position(|one| one.is_proposed))
    }

    #[test]
    fn what_keeps_most_is_proposed_among_what_is_not_too_sensitive() {
        let dropped = Some((0, 0));
        // The first keeps more, but half of it is sensitive; 30 % is not too much yet.
        assert_eq!(proposed((40, 30), &[(10, 5), (3, 0), (1, 0)], dropped).1, Some(1));
        assert_eq!(proposed((40, 30), &[(10, 3), (3, 0), (1, 0)], dropped).1, Some(0));
        // A form of the table itself before the year only, and that before what is too much.
        assert_eq!(proposed((40, 30), &[(3, 0)], Some((20, 0))).1, Some(0));
        assert_eq!(proposed((40, 30), &[(10, 6), (10, 5)], Some((20, 6))).1, Some(2));
        // Nothing suffices: what comes closest.
        assert_eq!(proposed((40, 30), &[(10, 6), (10, 5)], None).1, Some(1));
        assert_eq!(proposed((40, 30), &[(10, 6), (10, 5)], Some((40, 29))).1, Some(1));
    }

    #[test]
    fn to_drop_a_table_is_told_and_never_proposed() {
        let dropped = Some((0, 0));
        assert_eq!(proposed((40, 30), &[(10, 5)], dropped), (vec![(10, 5), (0, 0)], Some(0)));
        assert_eq!(proposed((1, 1), &[], dropped), (vec![(0, 0)], None));
    }

    #[test]
    fn what_improves_nothing_is_left_out() {
        assert_eq!(proposed((40, 16), &[(10, 6), (10, 4), (10, 5)], Some((5, 2))), (vec![], None));
        assert_eq!(proposed((40, 16), &[(10, 6), (10, 3)], None), (vec![(10, 3)], Some(0)));
        // A form without any cell that is not zero.
        assert_eq!(proposed((2, 2), &[(0, 0)], None), (vec![], None));
    }

    #[test]
    fn more_than_thirty_percent_is_too_much() {
        let is_too_much = |primary, cells| Sensitive { cells, primary }.is_too_much();
        assert!(!is_too_much(0, 0) && !is_too_much(3, 10) && is_too_much(31, 100));
    }
}
