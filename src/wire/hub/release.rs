//! Releases: what a steward sees before approving one.

use crate::{
    base::period::Period,
    disclosure::audit::AuditReport,
    release::{
        cells::{CellMark, CellReview},
        review::{MeasureReview, ReleaseId, Review, State, TableReview, Withholding},
    },
    wire::{
        generated::hub as pb,
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
    let mark = match mark {
        CellMark::Published => pb::CellMark::Published,
        CellMark::HiddenPrimary => pb::CellMark::HiddenPrimary,
        CellMark::HiddenSecondary => pb::CellMark::HiddenSecondary,
    };
    pb::ReleaseCell {
        population,
        period: period.to_string(),
        key: key.into_iter().map(|(dimension, code)| format!("{dimension}={code}")).collect(),
        mark: mark.into(),
    }
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
        skipped_periods: skipped.iter().map(Period::to_string).collect(),
    }
}

fn table_to_wire(table: TableReview) -> pb::ReleaseTable {
    let TableReview { population, period, dimensions, cells, hidden, measures } = table;
    let measure = |measure: MeasureReview| {
        let MeasureReview { measure, kept_percent } = measure;
        pb::ReleaseMeasure { measure, kept_percent: kept_percent.into() }
    };
    pb::ReleaseTable {
        population,
        period: period.to_string(),
        dimensions,
        cells,
        hidden_cells: hidden,
        measures: measures.into_iter().map(measure).collect(),
    }
}

fn audit_to_wire(audit: AuditReport) -> pb::AuditReport {
    let AuditReport {
        attackers,
        cells,
        hidden,
        sensitive,
        proven,
        lowered,
        counter_examples,
        relations,
        relations_broken,
        exposed: _,
        insiders: _,
        told_by_status: _,
    } = audit;
    pb::AuditReport {
        attackers,
        cells,
        hidden_cells: hidden,
        sensitive_cells: sensitive,
        proven,
        lowered,
        counter_examples,
        relations,
        relations_broken,
    }
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
