//! Releases: what a steward sees before approving one.

use crate::{
    base::period::Period,
    release::{
        cells::{CellMark, CellReview},
        review::{MeasureReview, ReleaseId, Review, State, TableReview, Withholding},
    },
    wire::{
        generated::hub as pb,
        hub::review::{audit_to_wire, findings_to_wire},
        parse::{self, Invalid},
    },
};

/// Collection of the resource names.
pub const COLLECTION: &str = "releases";

/// The release named.
pub fn id_from_wire(name: &str) -> Result<ReleaseId, Invalid> {
    parse::name("name", COLLECTION, name)
}

/// The release whose cells are asked for.
pub fn parent_from_wire(parent: &str) -> Result<ReleaseId, Invalid> {
    parse::name("parent", COLLECTION, parent)
}

/// A cell as sent.
pub fn cell_to_wire(cell: CellReview) -> pb::ReleaseCell {
    let CellReview { population, period, key, mark } = cell;
    pb::ReleaseCell {
        population,
        period: period.to_string(),
        key: key_to_wire(&key),
        mark: mark_to_wire(mark).into(),
    }
}

pub(super) fn mark_to_wire(mark: CellMark) -> pb::CellMark {
    match mark {
        CellMark::Published => pb::CellMark::Published,
        CellMark::HiddenPrimary => pb::CellMark::HiddenPrimary,
        CellMark::HiddenSecondary => pb::CellMark::HiddenSecondary,
    }
}

/// Dimensions with their codes.
pub(super) fn key_to_wire(key: &[(String, String)]) -> Vec<String> {
    key.iter().map(|(dimension, code)| format!("{dimension}={code}")).collect()
}

/// As sent; lists leave out tables and audit.
pub fn to_wire(review: Review, in_full: bool) -> pb::Release {
    let Review {
        id,
        period,
        state,
        drafted_by,
        approved_by,
        published_by,
        entry,
        tables,
        audit,
        skipped,
        withholding,
        findings,
    } = review;
    let (tables, audit) = match in_full {
        true => (tables.into_iter().map(table_to_wire).collect(), Some(audit_to_wire(audit))),
        false => (Vec::new(), None),
    };
    let withholding = withholding.filter(|_| in_full).map(withholding_to_wire);
    pb::Release {
        name: format!("{COLLECTION}/{id}"),
        period: period.to_string(),
        state: state_to_wire(state).into(),
        drafted_by,
        approved_by: approved_by.unwrap_or_default(),
        published_by: published_by.unwrap_or_default(),
        entry: entry.map(|entry| entry.to_string()).unwrap_or_default(),
        tables,
        audit,
        withholding,
        findings: findings.filter(|_| in_full).map(findings_to_wire),
        skipped_periods: skipped.iter().map(Period::to_string).collect(),
    }
}

fn table_to_wire(table: TableReview) -> pb::ReleaseTable {
    let TableReview { population, period, dimensions, cells, hidden, measures } = table;
    pb::ReleaseTable {
        population,
        period: period.to_string(),
        dimensions,
        cells,
        hidden_cells: hidden,
        measures: measures.into_iter().map(measure_to_wire).collect(),
    }
}

pub(super) fn measure_to_wire(measure: MeasureReview) -> pb::ReleaseMeasure {
    let MeasureReview { measure, kept_percent } = measure;
    pb::ReleaseMeasure { measure, kept_percent: kept_percent.into() }
}

fn withholding_to_wire(withholding: Withholding) -> pb::Withholding {
    let Withholding { reason, cause, exposed_cells, unproven_cells } = withholding;
    pb::Withholding { reason, cause, exposed_cells, unproven_cells }
}

fn state_to_wire(state: State) -> pb::ReleaseState {
    match state {
        State::Audited => pb::ReleaseState::Audited,
        State::Approved => pb::ReleaseState::Approved,
        State::Publishing => pb::ReleaseState::Publishing,
        State::Published => pb::ReleaseState::Published,
        State::Withholding => pb::ReleaseState::Withholding,
        State::Withheld => pb::ReleaseState::Withheld,
    }
}
