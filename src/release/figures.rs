//! The figures of a release with the reasons why they are hidden. They are the hub's own, for the
//! steward who asks for them, and never leave it: no error and no log line names one.

use crate::{
    base::period::Period,
    codes::catalogue::Catalogue,
    disclosure::{
        error::DisclosureError,
        review::{self, Behind, Contributors, Difference, DifferenceKind, Term},
        rules::{self, Rules},
        transcript::{FrozenRelease, Transcript},
    },
    release::cells::{self, CellMark, Known},
};

/// A figure with what the hub knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub of: Of,
    /// Its mark. A difference stands in no table: it is hidden as sensitive.
    pub mark: CellMark,
    /// Its measures with their true values.
    pub values: Vec<(String, i64)>,
    /// Who stands behind it; `None` where that was not kept: of published cells that later figures
    /// are not subtracted from, and of releases of old programs.
    pub behind: Option<Behind>,
    /// Why it is hidden, under the rules of now.
    pub reasons: Vec<Reason>,
}

/// What a figure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// A cell.
    Cell {
        /// Its population.
        population: String,
        /// Its period.
        period: Period,
        /// Dimensions with their codes, totals left out.
        key: Vec<(String, String)>,
    },
    /// A figure that readers make of cells.
    Difference(Vec<Term>),
}

/// Why a figure is hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A rule finds it sensitive.
    Rule(rules::Reason),
    /// It is sensitive, but not under the rules of now.
    EarlierRules,
    /// It is sensitive; its contributors were not kept, so that no rule can be named.
    NotKept,
    /// It is the complement of a ratio, and sensitive.
    Complement,
    /// It is what changed since earlier releases, and sensitive.
    Revision,
    /// It says the same of a whole group that is small.
    SameOfAll,
    /// Not sensitive; hidden so that others cannot be deduced.
    Others,
    /// It is zero, and hidden with all cells over its dimensions.
    Group,
    /// Not sensitive; hidden with the whole release.
    Withheld,
}

/// The figures of the newest release of `transcript`, which may be withheld: its cells in the order
/// of their tables, then the differences.
pub(super) fn all(
    catalogue: &Catalogue,
    rules: &Rules,
    transcript: &Transcript,
    is_withheld: bool,
) -> Result<Vec<Figure>, DisclosureError> {
    let Some(release) = transcript.releases().last() else { return Ok(Vec::new()) };
    let contributors = Contributors::of(release)?;
    let known = cells::distinct(release);
    // One that was interrupted keeps the marks it was about to leave with.
    let is_withheld = is_withheld && known.iter().all(|cell| cell.mark != CellMark::Published);
    let context = Context { catalogue, rules, release, contributors, is_withheld };
    let cells = known.iter().map(|cell| context.figure(cell));
    let differences = review::differences(catalogue, transcript)?;
    Ok(cells.chain(differences.into_iter().map(difference)).collect())
}

struct Context<'a> {
    catalogue: &'a Catalogue,
    rules: &'a Rules,
    release: &'a FrozenRelease,
    contributors: Contributors<'a>,
    is_withheld: bool,
}

impl Context<'_> {
    fn figure(&self, cell: &Known<'_>) -> Figure {
        let (table, place) = cell.at;
        let counted = self.contributors.cell(table, place);
        let measures = &self.release.tables[table].table.measures;
        let values = measures.iter().cloned().zip(cell.values.iter().copied());
        let reasons = match (cell.mark, &counted) {
            (CellMark::Published, _) => Vec::new(),
            (CellMark::HiddenPrimary, None) => vec![Reason::NotKept],
            (CellMark::HiddenPrimary, Some(counted)) => {
                let found = review::reasons(self.catalogue, self.rules, cell.population, counted);
                match found.is_empty() {
                    true => vec![Reason::EarlierRules],
                    false => found.into_iter().map(Reason::Rule).collect(),
                }
            }
            (CellMark::HiddenSecondary, _) if self.is_withheld => vec![Reason::Withheld],
            (CellMark::HiddenSecondary, _) if cell.is_zero() => vec![Reason::Group],
            (CellMark::HiddenSecondary, _) => vec![Reason::Others],
        };
        Figure {
            of: Of::Cell {
                population: cell.population.into(),
                period: cell.period,
                key: cells::owned_key(&cell.key),
            },
            mark: cell.mark,
            values: values.collect(),
            behind: counted.as_ref().map(Behind::of),
            reasons,
        }
    }
}

fn difference(one: Difference) -> Figure {
    let Difference { terms, kind, value, behind } = one;
    let measure = terms.first().map(|term| term.measure.clone()).unwrap_or_default();
    let reason = match kind {
        DifferenceKind::Complement => Reason::Complement,
        DifferenceKind::Revision => Reason::Revision,
        DifferenceKind::SameOfAll => Reason::SameOfAll,
    };
    Figure {
        of: Of::Difference(terms),
        mark: CellMark::HiddenPrimary,
        values: vec![(measure, value)],
        behind,
        reasons: vec![reason],
    }
}
