//! What a steward must see before approving: what is hidden, what is kept, what the audit ran.

use serde_json::{Value, json};

use crate::{
    cli::{
        args::Format,
        output::{self, Fields, Listing},
        release::{findings, head, words::Words},
    },
    wire::generated::hub::{AttackerReport, AuditReport, Release, ReleaseTable, Withholding},
};

/// Prints the review.
pub(super) fn print(format: Format, release: &Release, words: Words) -> anyhow::Result<()> {
    if format == Format::Json {
        return output::one(format, as_json(release));
    }
    let mut fields = head(release);
    if !release.skipped_periods.is_empty() {
        fields.push(("skipped_periods", json!(release.skipped_periods.join(", "))));
    }
    words.fields(&fields, false).print()?;
    output::line("")?;
    if let Some(withholding) = &release.withholding {
        print_withholding(withholding, words)?;
    }
    tables(release, words).print()?;
    if let Some(audit) = &release.audit {
        output::line("")?;
        words.fields(&audit_fields(audit), true).print()?;
        output::line("")?;
        print_attackers(audit, words)?;
        audit_words(release, audit, words).iter().try_for_each(|line| output::line(line))?;
    }
    match &release.findings {
        Some(findings) => findings::print(findings, words),
        None => Ok(()),
    }
}

fn as_json(release: &Release) -> Fields {
    let mut fields = head(release);
    let tables: Vec<Value> = release.tables.iter().map(table_json).collect();
    let audit = release.audit.as_ref().map(|audit| {
        let mut fields = audit_fields(audit);
        let attackers: Vec<Value> = audit.by_attacker.iter().map(attacker_json).collect();
        fields.extend([
            ("exposed_cells", json!(audit.exposed_cells)),
            ("by_attacker", json!(attackers)),
        ]);
        output::object(fields)
    });
    fields.extend([
        ("skipped_periods", json!(release.skipped_periods)),
        ("withholding", json!(release.withholding.as_ref().map(withholding_json))),
        ("tables", json!(tables)),
        ("audit", json!(audit)),
        ("findings", json!(release.findings.as_ref().map(findings::to_json))),
    ]);
    fields
}

fn tables(release: &Release, words: Words) -> Listing {
    let mut listing = words.listing(&["table", "by", "period", "cells", "hidden", "kept_inner"]);
    for table in &release.tables {
        let kept = table
            .measures
            .iter()
            .map(|measure| format!("{} {} %", measure.measure, measure.kept_percent));
        listing.row([
            table.population.clone(),
            table.dimensions.join(" × "),
            table.period.clone(),
            table.cells.to_string(),
            table.hidden_cells.to_string(),
            kept.collect::<Vec<_>>().join(", "),
        ]);
    }
    listing
}

/// Why a release is withheld, and what must be looked into.
fn print_withholding(withholding: &Withholding, words: Words) -> anyhow::Result<()> {
    let Withholding { reason, cause, exposed_cells, unproven_cells } = withholding;
    let fields = vec![("reason", json!(reason)), ("cause", json!(cause))];
    words.fields(&fields, false).print()?;
    if !exposed_cells.is_empty() {
        incident(exposed_cells, words).iter().try_for_each(|line| output::line(line))?;
    }
    if !unproven_cells.is_empty() {
        output::line(&words.plain("release-unproven"))?;
        unproven_cells.iter().try_for_each(|cell| output::line(&format!("  {cell}")))?;
    }
    output::line("")
}

/// What is given away already, and what to do.
fn incident(cells: &[String], words: Words) -> Vec<String> {
    let mut told = vec![words.counted("release-incident", &[("count", cells.len() as u64)])];
    told.extend(cells.iter().map(|cell| format!("  {cell}")));
    told.push(words.plain("release-incident-remedy"));
    told
}

fn withholding_json(withholding: &Withholding) -> Value {
    let Withholding { reason, cause, exposed_cells, unproven_cells } = withholding;
    json!({
        "reason": reason,
        "cause": cause,
        "exposed_cells": exposed_cells,
        "unproven_cells": unproven_cells,
    })
}

/// The audit in sentences.
fn audit_words(release: &Release, audit: &AuditReport, words: Words) -> Vec<String> {
    let counts = [
        ("hidden", audit.hidden_cells),
        ("cells", audit.cells),
        ("sensitive", audit.sensitive_cells),
        ("proven", audit.proven),
    ];
    let key = match &release.withholding {
        None if audit.exposed_cells.is_empty() => "release-passed",
        None => "release-passed-incident",
        Some(withholding) if withholding.exposed_cells.is_empty() => "release-withheld",
        Some(_) => "release-withheld-incident",
    };
    let mut told = vec![words.counted(key, &counts)];
    let left_open = release
        .withholding
        .as_ref()
        .is_some_and(|one| !one.exposed_cells.is_empty() || !one.unproven_cells.is_empty());
    let insiders = match left_open || !audit.exposed_cells.is_empty() {
        true => "release-insiders-incident",
        false => "release-insiders",
    };
    let facts = [
        (insiders, audit.insiders),
        ("release-lowered", audit.lowered),
        ("release-told", audit.told_by_status),
    ];
    let facts = facts.into_iter().filter(|(_, count)| *count > 0);
    told.extend(facts.map(|(key, count)| words.counted(key, &[("count", count)])));
    if !audit.exposed_cells.is_empty() {
        told.push(String::new());
        told.extend(incident(&audit.exposed_cells, words));
    }
    told
}

/// What was tried against each attacker.
fn print_attackers(audit: &AuditReport, words: Words) -> anyhow::Result<()> {
    if audit.by_attacker.is_empty() {
        // Drafted before this was kept.
        return Ok(());
    }
    let columns = [
        "attacker",
        "knows",
        "tried",
        "figures",
        "narrowest_count",
        "narrowest_value",
        "narrowest_share",
    ];
    let mut listing = words.listing(&columns);
    for report in &audit.by_attacker {
        let AttackerReport { attacker, tried, cells, .. } = report;
        let number = |width: Option<u64>| width.map(|width| width.to_string()).unwrap_or_default();
        let share = report.narrowest_basis_points.map(|share| words.percent(share));
        listing.row([
            attacker.clone(),
            words.plain(&format!("release-attacker-{}", attacker.to_lowercase())),
            tried.to_string(),
            cells.to_string(),
            number(report.narrowest_count),
            number(report.narrowest_value),
            share.unwrap_or_default(),
        ]);
    }
    listing.print()?;
    output::line(&words.plain("release-narrowest"))?;
    output::line("")
}

/// What the audit ran: numbers only, no value of any cell.
fn audit_fields(audit: &AuditReport) -> Fields {
    vec![
        ("attackers", json!(audit.attackers)),
        ("cells", json!(audit.cells)),
        ("hidden_cells", json!(audit.hidden_cells)),
        ("sensitive_cells", json!(audit.sensitive_cells)),
        ("demands_proven", json!(audit.proven)),
        ("demands_lowered", json!(audit.lowered)),
        ("counter_examples", json!(audit.counter_examples)),
        ("relations", json!(audit.relations)),
        ("relations_broken", json!(audit.relations_broken)),
        ("insiders", json!(audit.insiders)),
        ("told_by_status", json!(audit.told_by_status)),
    ]
}

fn attacker_json(report: &AttackerReport) -> Value {
    let AttackerReport {
        attacker,
        tried,
        cells,
        narrowest_count,
        narrowest_value,
        narrowest_basis_points,
    } = report;
    json!({
        "attacker": attacker,
        "tried": tried,
        "figures": cells,
        "narrowest_count": narrowest_count,
        "narrowest_value": narrowest_value,
        "narrowest_basis_points": narrowest_basis_points,
    })
}

fn table_json(table: &ReleaseTable) -> Value {
    let measures = table
        .measures
        .iter()
        .map(|measure| json!({ "measure": measure.measure, "kept_percent": measure.kept_percent }));
    json!({
        "population": table.population,
        "period": table.period,
        "dimensions": table.dimensions,
        "cells": table.cells,
        "hidden_cells": table.hidden_cells,
        "measures": measures.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::language::Language, cli::release::state_word, wire::generated::hub::ReleaseState,
    };

    fn audit() -> AuditReport {
        AuditReport { cells: 20, hidden_cells: 6, sensitive_cells: 2, ..Default::default() }
    }

    fn told(release: &Release, audit: &AuditReport) -> String {
        audit_words(release, audit, Words(Language::En)).join("\n")
    }

    #[test]
    fn the_audit_is_told_in_sentences_that_do_not_hide_an_incident() {
        let passed = told(&Release::default(), &audit());
        assert!(passed.contains("passed: with 6 of 20 cells hidden, none of the 2 sensitive"));
        assert!(!passed.contains("less than the rules") && !passed.contains("INCIDENT"));
        let lowered = AuditReport { lowered: 3, ..audit() };
        assert!(told(&Release::default(), &lowered).contains("3 demands ask for less"));
        let withheld = |cells: &[&str]| Release {
            withholding: Some(Withholding {
                exposed_cells: cells.iter().map(ToString::to_string).collect(),
                ..Default::default()
            }),
            ..Default::default()
        };
        assert!(told(&withheld(&[]), &audit()).contains("none of the 20 cells is published"));
        assert!(told(&withheld(&["visits 2025-Q1"]), &audit()).contains("incident"));
        let exposed = AuditReport { exposed_cells: vec!["visits 2025-Q1".into()], ..audit() };
        let exposed = told(&Release::default(), &exposed);
        assert!(!exposed.contains("none of the 2 sensitive"), "{exposed}");
        assert!(exposed.contains("do not give away already"), "{exposed}");
    }

    #[test]
    fn an_incident_names_its_cells_and_says_what_to_do_in_every_language() {
        let exposed_cells = vec!["visits 2025-Q1 filiere=LAIT".into()];
        let audit = AuditReport { exposed_cells, insiders: 7, told_by_status: 2, ..audit() };
        for (language, alarm, remedy, but) in [
            (Language::Fr, "INCIDENT", "coordinateur", "sauf pour ce qui"),
            (Language::En, "INCIDENT", "coordinator", "but for what is named"),
            (Language::Pt, "INCIDENTE", "coordenador", "salvo no que"),
        ] {
            let told = audit_words(&Release::default(), &audit, Words(language)).join("\n");
            for word in [alarm, remedy, but, "  visits 2025-Q1 filiere=LAIT", "7", "2"] {
                assert!(told.contains(word), "{word}: {told}");
            }
        }
    }

    #[test]
    fn every_state_and_every_field_has_its_words_in_every_language() {
        let numbers = (0..=i32::from(u8::MAX)).filter_map(|one| ReleaseState::try_from(one).ok());
        let states: Vec<_> = numbers.map(state_word).collect();
        assert!(states.contains(&"withheld"), "{states:?}");
        for words in Language::ALL.map(Words) {
            let told = |kind: &str, name: &str| {
                let told = words.value(kind, name);
                assert!(!told.starts_with(&format!("{kind}-")), "{told}");
            };
            states.iter().for_each(|state| told("release-state", state));
            for (name, _) in audit_fields(&audit()) {
                told("field", name);
                told("meaning", name);
            }
            for (name, _) in head(&Release::default()) {
                told("field", name);
            }
        }
    }

    #[test]
    fn every_attacker_is_described_in_every_language() {
        for attacker in ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a8"] {
            for language in Language::ALL {
                let key = format!("release-attacker-{attacker}");
                assert_ne!(Words(language).plain(&key), key);
            }
        }
    }
}
