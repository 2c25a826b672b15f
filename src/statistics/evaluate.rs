//! From leaves to rows: sums over members and periods, quotients, medians, provenance.

use std::{collections::BTreeSet, mem};

use jiff::civil::Date;

use crate::{
    base::{date, id::MemberCode},
    codes::{
        catalogue::{Indicator, IndicatorKind},
        embedded::Codes,
        list::TOTAL,
    },
    statistics::{
        block::Known,
        error::QueryError,
        interval::{Interval, Quotient, median_classes, quotient},
        projection::Statistics,
        query::{
            Answer, AnswerColumn, COUNTRY, MemberNews, Newest, PERIOD, Parts, Query, ROWS_MAX, Row,
            Status, too_large,
        },
        resolve::{Column, OverTime, Resolved, resolve},
        sheet::{Leaf, Leaves, Sheet},
    },
};

/// Decimals of a share (0.3333 is shown as 33.33 %).
const RATIO_DECIMALS: u8 = 4;
/// Decimals of a mean.
const MEAN_DECIMALS: u8 = 2;

impl Statistics {
    /// Answers from released cells only.
    pub fn query(&self, query: &Query) -> Result<Answer, QueryError> {
        let resolved = resolve(&self.codes, query)?;
        let sheet = Sheet::read(self, &resolved)?;
        let own_codes = Rows::own_codes(&resolved, &sheet, &self.codes);
        let promises = self.promises(resolved.indicator);
        let rows = Rows { resolved: &resolved, sheet: &sheet, own_codes, promises }.build()?;
        let columns = resolved.columns.iter().map(|column| column_of(*column, &resolved, &sheet));
        Ok(Answer {
            indicator: query.indicator.clone(),
            kind: resolved.indicator.kind,
            decimals: decimals(resolved.indicator.kind),
            columns: columns.collect(),
            rows,
            news: self.news(&query.members_expected, query.today),
            classes: sheet.classes,
            releases: sheet.releases,
            members: resolved.members,
        })
    }

    /// The newest release of every member, in the order given.
    fn news(&self, members: &[MemberCode], today: Date) -> Vec<MemberNews> {
        let vintages = self.read_vintages();
        let news = |member: &MemberCode| {
            let newest = vintages.newest(*member).map(|(period, entry, released_on)| {
                let age_days = date::to_days(today).saturating_sub(date::to_days(released_on));
                Newest { period, entry, released_on, age_days }
            });
            MemberNews { member: *member, newest, badge: self.checks().of(*member) }
        };
        members.iter().map(news).collect()
    }

    /// What the catalogue promises about a quotient: a share lies between 0 and 1, a mean between
    /// the least and the most of one record.
    fn promises(&self, indicator: &Indicator) -> (Option<i64>, Option<i64>) {
        if indicator.kind == IndicatorKind::Ratio {
            return (Some(0), Some(1));
        }
        let mut bounds = self.codes.catalogue().bounds.iter().filter(|bounds| {
            bounds.value == indicator.numerator
                && Some(&bounds.count) == indicator.denominator.as_ref()
        });
        bounds.next().map_or((None, None), |bounds| (Some(bounds.least), Some(bounds.most)))
    }
}

fn decimals(kind: IndicatorKind) -> u8 {
    match kind {
        IndicatorKind::Ratio => RATIO_DECIMALS,
        IndicatorKind::Mean => MEAN_DECIMALS,
        IndicatorKind::Count
        | IndicatorKind::Value
        | IndicatorKind::Stock
        | IndicatorKind::MedianClass => 0,
    }
}

/// A column with its codes, in the order of the places of a [`Selection`], and the total.
fn column_of(column: Column, resolved: &Resolved<'_>, sheet: &Sheet<'_>) -> AnswerColumn {
    let (name, mut codes): (_, Vec<_>) = match column {
        Column::Country => (COUNTRY, resolved.members.iter().map(ToString::to_string).collect()),
        Column::Period => (PERIOD, resolved.periods.iter().map(ToString::to_string).collect()),
        Column::Axis(index) => (resolved.axes[index], sheet.axes[index].clone()),
    };
    codes.push(TOTAL.to_owned());
    AnswerColumn { name: name.to_owned(), codes }
}

/// Builds the rows of an answer.
struct Rows<'a> {
    resolved: &'a Resolved<'a>,
    sheet: &'a Sheet<'a>,
    /// See [`Rows::own_codes`].
    own_codes: Vec<Vec<bool>>,
    /// See [`Statistics::promises`].
    promises: (Option<i64>, Option<i64>),
}

/// What a row covers: a place in each column, or its total.
struct Selection {
    member: Option<usize>,
    period: Option<usize>,
    axes: Vec<Option<usize>>,
}

impl Rows<'_> {
    fn build(&self) -> Result<Vec<Row>, QueryError> {
        let options: Vec<usize> =
            self.resolved.columns.iter().map(|column| self.options(*column)).collect();
        let asked = options.iter().copied().fold(1, usize::saturating_mul);
        if asked > ROWS_MAX {
            return Err(too_large("rows", asked, ROWS_MAX));
        }
        let patterns = 1 << self.sheet.axes.len();
        let mut leaves: Vec<Option<Leaves>> = (0..patterns).map(|_| None).collect();
        let mut rows = Vec::with_capacity(asked);
        let mut selection =
            Selection { member: None, period: None, axes: vec![None; self.sheet.axes.len()] };
        let mut gathered = Gathered::new(self.sheet.width());
        for index in 0..asked {
            self.select(&options, index, &mut selection);
            let shown = selection.axes.iter().map(Option::is_some);
            let pattern = shown.clone().rev().fold(0, |bits, shown| bits << 1 | usize::from(shown));
            let leaves = match &mut leaves[pattern] {
                Some(leaves) => leaves,
                none => none.insert(self.sheet.leaves(&shown.collect::<Vec<_>>())?),
            };
            rows.extend(self.row(&selection, leaves, &mut gathered));
        }
        Ok(rows)
    }

    /// How many places a column has, its total included.
    fn options(&self, column: Column) -> usize {
        match column {
            Column::Country => self.resolved.members.len() + 1,
            Column::Axis(index) => self.sheet.axes[index].len() + 1,
            Column::Period => {
                let periods = self.resolved.periods.len();
                // The total of a stock is its last period: it stands there already.
                let total = self.resolved.over_time == OverTime::Sum && periods > 1;
                periods + usize::from(total)
            }
        }
    }

    /// Selects what row `index` covers; the last column runs fastest, totals come last.
    fn select(&self, options: &[usize], index: usize, selection: &mut Selection) {
        let mut rest = index;
        selection.member = None;
        selection.period = (self.resolved.periods.len() == 1).then_some(0);
        for (column, options) in self.resolved.columns.iter().zip(options).rev() {
            let place = rest % options;
            rest /= options;
            match column {
                Column::Country => {
                    selection.member = Some(place).filter(|at| *at < self.resolved.members.len());
                }
                Column::Period => {
                    selection.period = Some(place).filter(|at| *at < self.resolved.periods.len());
                }
                Column::Axis(axis) => {
                    selection.axes[*axis] =
                        Some(place).filter(|at| *at < self.sheet.axes[*axis].len());
                }
            }
        }
        if selection.period.is_none() && self.resolved.over_time == OverTime::Last {
            selection.period = Some(self.resolved.periods.len() - 1);
        }
    }

    /// The row, unless it concerns no member or only repeats the row of its only country.
    /// `gathered` is there to be used again.
    fn row(&self, selection: &Selection, leaves: &Leaves, gathered: &mut Gathered) -> Option<Row> {
        if selection.member.is_none() && self.has_own_codes(selection) {
            return None;
        }
        let (members, periods) = (self.resolved.members.len(), self.resolved.periods.len());
        let mut cell = 0;
        for (codes, place) in self.sheet.axes.iter().zip(&selection.axes) {
            cell = place.map_or(cell, |place| cell * codes.len() + place);
        }
        gathered.clear();
        for member in selection.member.map_or(0..members, |only| only..only + 1) {
            let start = (cell * members + member) * periods;
            let range = selection
                .period
                .map_or(start..start + periods, |only| start + only..start + only + 1);
            for leaf in range {
                gathered.add(member, leaves.at(leaf));
            }
        }
        gathered.concerned.then(|| self.finish(self.keys(selection), gathered))
    }

    /// Whether a code shown belongs to one country, so that the total over countries, where there
    /// is a column for them, says nothing more.
    fn has_own_codes(&self, selection: &Selection) -> bool {
        let shown = self.own_codes.iter().zip(&selection.axes);
        shown.into_iter().any(|(own, place)| place.is_some_and(|place| own[place]))
    }

    /// For each axis and code, whether it belongs to one country; nothing without a column of
    /// countries.
    fn own_codes(resolved: &Resolved<'_>, sheet: &Sheet<'_>, codes: &Codes) -> Vec<Vec<bool>> {
        if !resolved.columns.contains(&Column::Country) {
            return Vec::new();
        }
        let axes = resolved.axes.iter().zip(&sheet.axes);
        axes.map(|(id, shown)| {
            let list = codes.list(id).map(|list| list.codes.as_slice()).unwrap_or_default();
            let own = list.iter().filter(|code| code.country.is_some());
            let own: BTreeSet<&str> = own.map(|code| code.code.as_str()).collect();
            shown.iter().map(|code| own.contains(code.as_str())).collect()
        })
        .collect()
    }

    /// The places of a row's codes: see [`column_of`].
    fn keys(&self, selection: &Selection) -> Vec<usize> {
        let key = |column: &Column| match column {
            Column::Country => selection.member.unwrap_or(self.resolved.members.len()),
            Column::Period => selection.period.unwrap_or(self.resolved.periods.len()),
            Column::Axis(axis) => selection.axes[*axis].unwrap_or(self.sheet.axes[*axis].len()),
        };
        self.resolved.columns.iter().map(key).collect()
    }

    fn finish(&self, keys: Vec<usize>, gathered: &mut Gathered) -> Row {
        gathered.releases.sort_unstable();
        gathered.releases.dedup();
        let figure = self.figure(gathered);
        let status = match gathered.status() {
            // Whatever is hidden, no other class can hold the median.
            Status::Hidden if self.is_certain_median(gathered, figure) => Status::Published,
            status => status,
        };
        let parts = match (self.resolved.parts.len(), &gathered.known[..]) {
            (2, [numerator, denominator]) => {
                Some(Parts { numerator: numerator.interval, denominator: denominator.interval })
            }
            _ => None,
        };
        let (figure, parts) = match status {
            Status::NotReleased => (NOTHING, None),
            _ => (figure, parts),
        };
        Row {
            keys,
            status,
            value: figure.value.filter(|_| status == Status::Published),
            lower: figure.lower,
            upper: figure.upper,
            parts,
            contributing: mem::take(&mut gathered.contributing),
            missing: mem::take(&mut gathered.missing),
            releases: mem::take(&mut gathered.releases),
        }
    }

    /// Whether the figure is a median's only possible class, and there certainly is a median.
    fn is_certain_median(&self, gathered: &Gathered, figure: Quotient) -> bool {
        self.resolved.indicator.kind == IndicatorKind::MedianClass
            && figure.value.is_some()
            && gathered.known.iter().any(|known| known.interval.lower > 0)
    }

    fn figure(&self, gathered: &Gathered) -> Quotient {
        let indicator = self.resolved.indicator;
        let known = |index: usize| gathered.known[index].interval;
        match indicator.kind {
            IndicatorKind::Count | IndicatorKind::Value | IndicatorKind::Stock => plain(known(0)),
            IndicatorKind::Ratio | IndicatorKind::Mean => {
                let denominator = gathered.known.get(1).map_or(Interval::OPEN, |one| one.interval);
                quotient(known(0), denominator, decimals(indicator.kind), self.promises)
            }
            IndicatorKind::MedianClass => {
                let classes: Vec<_> = gathered.known.iter().map(|one| one.interval).collect();
                match median_classes(&classes) {
                    Some((first, last)) => {
                        plain(Interval { lower: first as i64, upper: Some(last as i64) })
                    }
                    None => NOTHING,
                }
            }
        }
    }
}

/// No figure at all.
const NOTHING: Quotient = Quotient { value: None, lower: 0, upper: None };

fn plain(interval: Interval) -> Quotient {
    let Interval { lower, upper } = interval;
    Quotient { value: interval.is_exact().then_some(lower), lower, upper }
}

/// What the leaves of a row come to.
struct Gathered {
    known: Vec<Known>,
    concerned: bool,
    not_released: bool,
    /// Places of members and releases; see [`Row`].
    contributing: Vec<usize>,
    missing: Vec<usize>,
    releases: Vec<usize>,
}

impl Gathered {
    fn new(width: usize) -> Self {
        Self {
            known: vec![Known::ZERO; width],
            concerned: false,
            not_released: false,
            contributing: Vec::new(),
            missing: Vec::new(),
            releases: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.known.fill(Known::ZERO);
        (self.concerned, self.not_released) = (false, false);
        self.contributing.clear();
        self.missing.clear();
        self.releases.clear();
    }

    /// Adds a leaf; those of one member come one after the other.
    fn add(&mut self, member: usize, (leaf, known): (Leaf, &[Known])) {
        let note = |members: &mut Vec<usize>| {
            if members.last() != Some(&member) {
                members.push(member);
            }
        };
        match leaf {
            Leaf::NotConcerned => return,
            Leaf::NotReleased => self.not_released = true,
            Leaf::Missing => {
                note(&mut self.missing);
                let open = Known { interval: Interval::OPEN, hidden: true };
                self.known.iter_mut().for_each(|sum| *sum = sum.plus(open));
            }
            Leaf::Present(release) => {
                note(&mut self.contributing);
                self.releases.push(release);
                self.known.iter_mut().zip(known).for_each(|(sum, one)| *sum = sum.plus(*one));
            }
        }
        self.concerned = true;
    }

    fn status(&self) -> Status {
        match () {
            () if self.not_released => Status::NotReleased,
            () if !self.missing.is_empty() => Status::Incomplete,
            () if self.known.iter().any(|known| known.hidden) => Status::Hidden,
            () => Status::Published,
        }
    }
}
