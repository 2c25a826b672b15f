//! What a steward's review is made of: the audit, what the figures say, and the figures themselves.

use crate::{
    base::period::Period,
    disclosure::{
        attackers::AttackerReport,
        audit::AuditReport,
        review::{Behind, Term},
        rules,
    },
    release::{
        changes::Changes,
        coarser::{CoarserOption, CoarserPlan, CoarserTable, Form, Sensitive},
        figures::{Figure, Of, Reason},
        review::Findings,
        totals::Totals,
    },
    wire::{
        generated::hub as pb,
        hub::release::{key_to_wire, mark_to_wire, measure_to_wire},
    },
};

/// What the audit ran.
pub(super) fn audit_to_wire(audit: AuditReport) -> pb::AuditReport {
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
        exposed,
        insiders,
        told_by_status,
        by_attacker,
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
        exposed_cells: exposed,
        insiders,
        told_by_status,
        by_attacker: by_attacker.into_iter().map(attacker_to_wire).collect(),
    }
}

fn attacker_to_wire(report: AttackerReport) -> pb::AttackerReport {
    let AttackerReport {
        name,
        tried,
        cells,
        narrowest_count,
        narrowest_value,
        narrowest_basis_points,
    } = report;
    pb::AttackerReport {
        attacker: name,
        tried,
        cells,
        narrowest_count,
        narrowest_value,
        narrowest_basis_points,
    }
}

/// What the figures of a release say.
pub(super) fn findings_to_wire(findings: Findings) -> pb::ReleaseFindings {
    let Findings { totals, changes, coarser } = findings;
    pb::ReleaseFindings {
        totals: Some(totals_to_wire(totals)),
        changes: changes.into_iter().map(changes_to_wire).collect(),
        coarser_plan: coarser.map(plan_to_wire),
    }
}

fn totals_to_wire(totals: Totals) -> pb::ReleaseTotals {
    let Totals {
        cells,
        cells_not_zero,
        primary,
        secondary,
        cells_kept_percent,
        counts_kept_percent,
        values_kept,
    } = totals;
    pb::ReleaseTotals {
        cells,
        cells_not_zero,
        primary_cells: primary,
        secondary_cells: secondary,
        cells_kept_percent: cells_kept_percent.into(),
        counts_kept_percent: counts_kept_percent.into(),
        values_kept: values_kept.into_iter().map(measure_to_wire).collect(),
    }
}

fn changes_to_wire(changes: Changes) -> pb::ReleaseChanges {
    let Changes {
        period,
        since,
        compared,
        newly_hidden,
        newly_hidden_cells,
        newly_published,
        newly_published_cells,
        primary_before,
        primary_now,
        revised,
    } = changes;
    pb::ReleaseChanges {
        period: period.to_string(),
        since: since.as_ref().map(Period::to_string).unwrap_or_default(),
        compared_cells: compared,
        newly_hidden,
        newly_hidden_cells,
        newly_published,
        newly_published_cells,
        primary_cells_before: primary_before,
        primary_cells: primary_now,
        revised_cells: revised,
    }
}

fn plan_to_wire(plan: CoarserPlan) -> pb::CoarserPlan {
    let CoarserPlan { from, now, then, tables } = plan;
    pb::CoarserPlan {
        from: from.to_string(),
        cells: now.cells,
        primary_cells: now.primary,
        coarser_cells: then.cells,
        coarser_primary_cells: then.primary,
        tables: tables.into_iter().map(coarser_table_to_wire).collect(),
    }
}

fn coarser_table_to_wire(table: CoarserTable) -> pb::CoarserTable {
    let CoarserTable { population, period, dimensions, now, options } = table;
    let Sensitive { cells, primary } = now;
    pb::CoarserTable {
        population,
        period: period.to_string(),
        options: options.into_iter().map(|one| option_to_wire(one, &dimensions)).collect(),
        dimensions,
        cells,
        primary_cells: primary,
    }
}

fn option_to_wire(option: CoarserOption, dimensions: &[String]) -> pb::CoarserOption {
    let CoarserOption { form, then: Sensitive { cells, primary }, is_proposed } = option;
    let (dimensions, year_only) = match form {
        Form::By(dimensions) => (dimensions, false),
        Form::YearOnly => (dimensions.to_vec(), true),
    };
    pb::CoarserOption {
        dimensions,
        year_only,
        cells,
        primary_cells: primary,
        proposed: is_proposed,
    }
}

/// A figure with what the hub knows of it.
pub fn figure_to_wire(figure: Figure) -> pb::ReleaseFigure {
    let Figure { of, mark, values, behind, reasons } = figure;
    let (population, period, key, terms) = match of {
        Of::Cell { population, period, key } => {
            (population, period.to_string(), key_to_wire(&key), Vec::new())
        }
        Of::Difference(terms) => {
            (String::new(), String::new(), Vec::new(), terms.iter().map(term_to_wire).collect())
        }
    };
    let value = |(measure, value)| pb::MeasureValue { measure, value };
    let (enterprises, contributors) = match behind {
        Some(Behind { enterprises, owners }) => (Some(enterprises), Some(owners)),
        None => (None, None),
    };
    pb::ReleaseFigure {
        population,
        period,
        key,
        mark: mark_to_wire(mark).into(),
        values: values.into_iter().map(value).collect(),
        enterprises,
        contributors,
        reasons: reasons.into_iter().map(reason_to_wire).collect(),
        terms,
    }
}

/// `+ requests_due.requests 2026-Q3 filiere=LAIT`.
fn term_to_wire(term: &Term) -> String {
    let Term { cell, measure, factor } = term;
    let sign = if *factor < 0 { '−' } else { '+' };
    let times = match factor.unsigned_abs() {
        1 => String::new(),
        times => format!("{times} × "),
    };
    let key: Vec<String> =
        key_to_wire(&cell.key).into_iter().map(|code| format!(" {code}")).collect();
    format!("{sign} {times}{}.{measure} {}{}", cell.population, cell.period, key.concat())
}

fn reason_to_wire(reason: Reason) -> pb::HidingReason {
    let (rule, measure) = match reason {
        Reason::Rule(rules::Reason::FewEnterprises) => (pb::HidingRule::FewEnterprises, None),
        Reason::Rule(rules::Reason::FewGroups) => (pb::HidingRule::FewGroups, None),
        Reason::Rule(rules::Reason::Ratio { measure }) => (pb::HidingRule::Ratio, Some(measure)),
        Reason::Rule(rules::Reason::Share { measure }) => (pb::HidingRule::Share, Some(measure)),
        Reason::EarlierRules => (pb::HidingRule::EarlierRules, None),
        Reason::NotKept => (pb::HidingRule::NotKept, None),
        Reason::Complement => (pb::HidingRule::Complement, None),
        Reason::Revision => (pb::HidingRule::Revision, None),
        Reason::SameOfAll => (pb::HidingRule::SameOfAll, None),
        Reason::Others => (pb::HidingRule::Others, None),
        Reason::Group => (pb::HidingRule::Group, None),
        Reason::Withheld => (pb::HidingRule::Withheld, None),
    };
    pb::HidingReason { rule: rule.into(), measure: measure.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::error::CellName;

    #[test]
    fn an_incident_reaches_the_steward() {
        let exposed = vec!["visits 2025-Q1".to_owned()];
        let report = AttackerReport {
            name: "A3".into(),
            tried: 9,
            narrowest_count: Some(1),
            ..AttackerReport::default()
        };
        let audit = AuditReport {
            exposed: exposed.clone(),
            insiders: 7,
            told_by_status: 2,
            by_attacker: vec![report],
            ..AuditReport::default()
        };
        let sent = audit_to_wire(audit);
        assert_eq!((sent.exposed_cells, sent.insiders, sent.told_by_status), (exposed, 7, 2));
        let tried = &sent.by_attacker[0];
        assert_eq!((&*tried.attacker, tried.tried, tried.narrowest_count), ("A3", 9, Some(1)));
        assert_eq!(tried.narrowest_value, None, "nothing to protect is not an interval of zero");
    }

    #[test]
    fn a_difference_is_written_as_readers_would_reckon_it() {
        let term = |period: &str, factor| Term {
            cell: CellName {
                population: "visits".into(),
                period: period.parse().unwrap(),
                key: vec![("filiere".into(), "LAIT".into())],
            },
            measure: "visits".into(),
            factor,
        };
        let figure = Figure {
            of: Of::Difference(vec![term("2025", 1), term("2025-Q1", -1)]),
            mark: crate::release::cells::CellMark::HiddenPrimary,
            values: vec![("visits".into(), -3)],
            behind: None,
            reasons: vec![Reason::Revision],
        };
        let sent = figure_to_wire(figure);
        let terms = ["+ visits.visits 2025 filiere=LAIT", "− visits.visits 2025-Q1 filiere=LAIT"];
        assert_eq!(sent.terms, terms);
        assert_eq!((sent.values[0].value, sent.enterprises), (-3, None));
        assert_eq!(sent.reasons[0].rule(), pb::HidingRule::Revision);
    }
}
