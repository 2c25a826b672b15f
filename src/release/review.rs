//! What a steward sees of a release before approving it: counts and shares, no value of any cell.

use std::{fmt, num::ParseIntError, str::FromStr};

use minicbor::{Decode, Encode};

use crate::{
    base::{id::EntryId, period::Period},
    disclosure::{audit::AuditReport, transcript::FrozenTable},
    release::{changes::Changes, coarser::CoarserPlan, totals::Totals},
};

/// A release at the gate, numbered in the order they were drafted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ReleaseId(#[n(0)] pub u64);

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ReleaseId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// How far a release has come. A draft that is not protected and audited is never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum State {
    /// Protected, and the audit passed.
    #[n(0)]
    Audited,
    /// Somebody else than the drafter approved it.
    #[n(1)]
    Approved,
    /// It may have left the node; the log has not confirmed it yet.
    #[n(2)]
    Publishing,
    /// It stands in the log.
    #[n(3)]
    Published,
    /// It could not be protected, or may not leave any more after an interruption; it is withheld
    /// once somebody else than who asked for that approves.
    #[n(4)]
    Withholding,
    /// It is part of the transcript for ever, though no log knows of it: as one of which nothing
    /// was given away, or after an interruption as it was about to leave.
    #[n(5)]
    Withheld,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Audited => "audited",
            Self::Approved => "approved",
            Self::Publishing => "being published",
            Self::Published => "published",
            Self::Withholding => "to be withheld",
            Self::Withheld => "withheld",
        })
    }
}

/// A release as the steward sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its number.
    pub id: ReleaseId,
    /// The quarter it is of.
    pub period: Period,
    /// How far it has come.
    pub state: State,
    /// Who drafted it.
    pub drafted_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Who published it.
    pub published_by: Option<String>,
    /// Its entry in the log.
    pub entry: Option<EntryId>,
    /// Its tables.
    pub tables: Vec<TableReview>,
    /// What the audit ran.
    pub audit: AuditReport,
    /// Earlier quarters with records that are never released if this is the first release.
    pub skipped: Vec<Period>,
    /// Why and how it is withheld, if it is or is to be.
    pub withholding: Option<Withholding>,
    /// What its figures say; `None` where only the card was looked at.
    pub findings: Option<Findings>,
}

/// What the figures of a release say. Made when it is shown, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What is kept and hidden as a whole.
    pub totals: Totals,
    /// What changed since the release before it, by frequency.
    pub changes: Vec<Changes>,
    /// What a coarser plan would give, if too much is sensitive.
    pub coarser: Option<CoarserPlan>,
}

/// Why a release is withheld, and what that cannot mend. For the hub's own staff.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Withholding {
    /// The reason, in the words of who drafted it.
    #[n(0)]
    pub reason: String,
    /// What protection said.
    #[n(1)]
    pub cause: String,
    /// Cells that earlier releases alone give away, or bound closer than the rules allow: an
    /// incident. The first of them, if they are very many.
    #[n(2)]
    pub exposed_cells: Vec<String>,
    /// Cells whose protection could not be shown, which does not mean that they are exposed. The
    /// first of them, if they are very many.
    #[n(3)]
    pub unproven_cells: Vec<String>,
}

/// What is kept and hidden in one table.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TableReview {
    /// Its population.
    #[n(0)]
    pub population: String,
    /// Its period.
    #[n(1)]
    pub period: Period,
    /// Its dimensions.
    #[n(2)]
    pub dimensions: Vec<String>,
    /// Number of cells, margins included.
    #[n(3)]
    pub cells: u64,
    /// Number of hidden cells.
    #[n(4)]
    pub hidden: u64,
    /// What is kept of each measure.
    #[n(5)]
    pub measures: Vec<MeasureReview>,
}

/// What is kept of one measure.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MeasureReview {
    /// The measure.
    #[n(0)]
    pub measure: String,
    /// Share of its sum that stands in published inner cells, in percent, rounded down.
    #[n(1)]
    pub kept_percent: u8,
}

impl TableReview {
    /// Reviews a table beside its true values.
    pub(super) fn of(frozen: &FrozenTable) -> Self {
        let table = &frozen.table;
        let hidden = table.cells.iter().filter(|cell| cell.0.is_none()).count();
        let inner: Vec<usize> = (0..table.cells.len())
            .filter(|place| !table.key(*place).contains(&crate::codes::list::TOTAL))
            .collect();
        let kept = |measure: usize| {
            let value = |place: &usize| {
                frozen.truth.get(*place).and_then(|cell| cell.get(measure)).copied()
            };
            let sum = |hidden_too: bool| -> i128 {
                let counted =
                    inner.iter().filter(|place| hidden_too || table.cells[**place].0.is_some());
                counted.filter_map(value).map(i128::from).sum()
            };
            let all = sum(true);
            // Nothing counted, nothing lost.
            if all == 0 { 100 } else { u8::try_from(100 * sum(false) / all).unwrap_or(100) }
        };
        let measures = table.measures.iter().enumerate().map(|(index, measure)| MeasureReview {
            measure: measure.clone(),
            kept_percent: kept(index),
        });
        Self {
            population: table.population.clone(),
            period: table.period,
            dimensions: table.dimensions.iter().map(|dimension| dimension.id.clone()).collect(),
            cells: table.cells.len() as u64,
            hidden: hidden as u64,
            measures: measures.collect(),
        }
    }
}
