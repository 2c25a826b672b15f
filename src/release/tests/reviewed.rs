//! What a steward is told of a release.

use std::collections::BTreeMap;

use super::{changed::Changed, *};
use crate::{
    disclosure::{review::Behind, rules},
    release::{
        cells::CellMark,
        changes::Changes,
        coarser::{CoarserOption, CoarserPlan, Form, Sensitive},
        figures::{Figure, Of, Reason},
        review::Findings,
    },
};

/// A day on which all quarters of 2025 are closed.
fn house() -> House {
    House::on(date(2026, 2, 15))
}

fn draft<S: RecordSource>(gate: &Gate, quarter: &str, records: &S) -> ReleaseId {
    gate.draft("awa", Wanted::next(period(quarter)), &source(records)).unwrap()
}

fn publish<S: RecordSource>(gate: &Gate, quarter: &str, records: &S, log: &Log) -> ReleaseId {
    let id = draft(gate, quarter, records);
    gate.approve("binta", id, &source(records)).unwrap();
    gate.publish("awa", id, &source(records), log).unwrap();
    id
}

fn findings(gate: &Gate, id: ReleaseId) -> Findings {
    gate.show(id).unwrap().findings.unwrap()
}

/// The changes of the quarter, or of the year.
fn changes(gate: &Gate, id: ReleaseId, of: &str) -> Changes {
    let all = findings(gate, id).changes;
    all.into_iter().find(|changes| changes.period == period(of)).unwrap()
}

/// The figures of cells by name, and those of differences by theirs.
fn figures(gate: &Gate, id: ReleaseId) -> BTreeMap<String, Figure> {
    let name = |of: &Of| match of {
        Of::Cell { population, period, key } => {
            let key = key.iter().map(|(dimension, code)| format!(" {dimension}={code}"));
            format!("{population} {period}{}", key.collect::<String>())
        }
        Of::Difference(terms) => {
            let term = |sign: i64| terms.iter().filter(move |term| term.factor == sign);
            let names = |sign| term(sign).map(|term| term.cell.to_string()).collect::<Vec<_>>();
            format!("{} - {}", names(1).join(" + "), names(-1).join(" - "))
        }
    };
    let all = gate.figures(id).unwrap();
    all.into_iter().map(|figure| (name(&figure.of), figure)).collect()
}

/// Enterprises number `from` to `to`, counted from zero.
fn is_among(one: &Enterprise, from: u8, to: u8) -> bool {
    (from..=to).contains(&one.id.as_bytes()[0])
}

/// Five enterprises of milk instead of two.
const MORE_MILK: Changed = Changed {
    enterprise: |one| {
        if is_among(one, 0, 4) {
            one.filiere = "LAIT".into();
        }
    },
    consent: |_| {},
    more: Vec::new(),
};

/// Two enterprises in each of six filières.
const SCATTERED: Changed = Changed {
    enterprise: |one| {
        let filieres = ["FRLEG", "CEREA", "SESAM", "LAIT", "VIAND", "CUEIL"];
        one.filiere = filieres[usize::from(one.id.as_bytes()[0] / 2)].into();
    },
    consent: |_| {},
    more: Vec::new(),
};

#[test]
fn the_totals_are_what_the_figures_say() {
    let house = house();
    let gate = house.gate();
    let id = draft(&gate, "2025-Q1", &Records);
    let totals = findings(&gate, id).totals;
    let figures = figures(&gate, id);
    let cells: Vec<&Figure> =
        figures.values().filter(|one| matches!(one.of, Of::Cell { .. })).collect();
    assert_eq!(totals.cells, cells.len() as u64);
    assert_eq!(totals.cells, gate.show(id).unwrap().audit.cells);
    let marked = |mark| cells.iter().filter(|one| one.mark == mark).count() as u64;
    assert_eq!(totals.primary, marked(CellMark::HiddenPrimary));
    assert_eq!(totals.secondary, marked(CellMark::HiddenSecondary));
    assert!(totals.primary > 0 && totals.secondary > 0, "{totals:?}");
    let not_zero: Vec<_> =
        cells.iter().filter(|one| one.values.iter().any(|(_, value)| *value != 0)).collect();
    assert_eq!(totals.cells_not_zero, not_zero.len() as u64);
    let kept = not_zero.iter().filter(|one| one.mark == CellMark::Published).count();
    assert_eq!(usize::from(totals.cells_kept_percent), 100 * kept / not_zero.len());
    // Inner cells of 12: by filière, two of them and some others are hidden; by region, and what
    // has no dimension, all is published.
    assert!((50..100).contains(&totals.counts_kept_percent), "{totals:?}");
    let values: Vec<_> = totals.values_kept.iter().map(|one| one.measure.as_str()).collect();
    assert_eq!(values, ["answers_rated.score", "funding.amount"]);
    assert!(totals.values_kept.iter().all(|one| one.kept_percent == 100), "nothing is lost");
}

#[test]
fn each_attacker_is_reported_with_what_was_tried_and_the_narrowest_interval() {
    let house = house();
    let gate = house.gate();
    let alone = Changed {
        enterprise: |one| {
            if is_among(one, 0, 0) {
                one.filiere = "MIEL".into();
            }
        },
        ..Changed::NOTHING
    };
    let audit = gate.show(draft(&gate, "2025-Q1", &alone)).unwrap().audit;
    let names: Vec<_> = audit.by_attacker.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, audit.attackers, "all that were tried, in their order");
    for one in &audit.by_attacker {
        assert!(one.tried > 0 && one.cells > 0 && one.tried >= one.cells, "{one:?}");
        // Counts only: at least another whole number is possible.
        assert!(one.narrowest_count.is_some_and(|width| width >= 1), "{one:?}");
        assert!(one.narrowest_value.is_none(), "{one:?}");
        assert!(one.narrowest_basis_points.is_some_and(|share| share > 0), "{one:?}");
    }
    let outsider = &audit.by_attacker[0];
    assert_eq!((outsider.tried, outsider.cells), (audit.proven, audit.sensitive));
}

#[test]
fn what_was_published_and_is_hidden_now_is_named_and_the_reverse() {
    let (house, log) = (house(), Log::default());
    let gate = house.gate();
    let first = publish(&gate, "2025-Q1", &Records, &log);
    let begin = changes(&gate, first, "2025-Q1");
    assert_eq!((begin.since, begin.compared, begin.newly_hidden), (None, 0, 0));
    assert!(begin.primary_now > 0);

    let second = publish(&gate, "2025-Q2", &MORE_MILK, &log);
    let changed = changes(&gate, second, "2025-Q2");
    assert_eq!(changed.since, Some(period("2025-Q1")));
    assert_eq!(changed.primary_before, begin.primary_now);
    assert!(changed.primary_now < changed.primary_before, "{changed:?}");
    let milk = "requests_received filiere=LAIT".to_owned();
    assert!(changed.newly_published_cells.contains(&milk), "{changed:?}");
    assert_eq!(changed.newly_published, changed.newly_published_cells.len() as u64);

    let third = publish(&gate, "2025-Q3", &Records, &log);
    let back = changes(&gate, third, "2025-Q3");
    assert_eq!(back.since, Some(period("2025-Q2")), "and not since the first");
    assert!(back.newly_hidden_cells.contains(&milk), "{back:?}");
    assert_eq!(back.newly_hidden, back.newly_hidden_cells.len() as u64);
}

#[test]
fn a_year_that_is_not_the_sum_of_its_quarters_is_revised() {
    let revised = |last: &Changed| {
        let (house, log) = (house(), Log::default());
        let gate = house.gate();
        for quarter in ["2025-Q1", "2025-Q2", "2025-Q3"] {
            publish(&gate, quarter, &Records, &log);
        }
        let id = draft(&gate, "2025-Q4", last);
        (changes(&gate, id, "2025"), figures(&gate, id))
    };
    let (same, found) = revised(&Changed::NOTHING);
    assert_eq!((same.since, same.revised), (None, 0));
    assert!(found.values().all(|one| one.reasons != [Reason::Revision]), "{found:?}");
    // Nobody answered, so that what was not answered is what was received: of two enterprises.
    let name = "requests_received 2025 filiere=LAIT - requests_received_answered 2025 filiere=LAIT";
    assert_eq!(found[name].reasons, [Reason::Complement]);
    assert_eq!(found[name].behind, Some(Behind { enterprises: 2, owners: 2 }));
    let withdrawn = Changed {
        consent: |one| {
            if one.enterprise.as_bytes()[0] == 11 {
                one.withdrawn_on = Some(date(2025, 11, 1));
            }
        },
        ..Changed::NOTHING
    };
    let (changed, found) = revised(&withdrawn);
    assert!(changed.revised > 0, "{changed:?}");
    let (name, total) = found
        .iter()
        .find(|(name, _)| name.starts_with("requests_received 2025 - requests_received 2025-Q1 -"))
        .expect("the requests of one enterprise in three quarters are a figure");
    assert_eq!(total.values, [("requests".to_owned(), -3)], "{name}");
    assert_eq!(total.behind, Some(Behind { enterprises: 1, owners: 1 }));
    assert_eq!((total.mark, &*total.reasons), (CellMark::HiddenPrimary, &[Reason::Revision][..]));
}

#[test]
fn figures_are_told_with_the_rule_that_hides_them() {
    let house = house();
    let gate = house.gate();
    let grouped = Changed {
        enterprise: |one| {
            if is_among(one, 2, 11) {
                one.holding = Some(if is_among(one, 2, 6) { "G1" } else { "G2" }.into());
                one.region = "ML-2".into();
            }
            one.sex = if is_among(one, 0, 0) { "M" } else { "F" }.into();
        },
        ..Changed::NOTHING
    };
    let id = draft(&gate, "2025-Q1", &grouped);
    let found = figures(&gate, id);
    let milk = &found["requests_received 2025-Q1 filiere=LAIT"];
    assert_eq!(milk.values, [("requests".to_owned(), 2)]);
    assert_eq!(milk.behind, Some(Behind { enterprises: 2, owners: 2 }));
    assert_eq!(milk.mark, CellMark::HiddenPrimary);
    assert_eq!(milk.reasons, [Reason::Rule(rules::Reason::FewEnterprises)]);
    let cereals = &found["requests_received 2025-Q1 filiere=CEREA"];
    assert_eq!(cereals.behind, Some(Behind { enterprises: 10, owners: 2 }));
    assert_eq!(cereals.reasons, [Reason::Rule(rules::Reason::FewGroups)]);
    // Of twelve enterprises, one is not led by a woman.
    let complement = found.iter().find(|(_, one)| one.reasons == [Reason::Complement]);
    let (name, complement) = complement.unwrap();
    assert!(name.contains("enterprises_led_by_women"), "{name}");
    assert_eq!(complement.values[0].1, 1);
    for (name, one) in found {
        assert_eq!(one.reasons.is_empty(), one.mark == CellMark::Published, "{name}: {one:?}");
    }

    // Under other rules than then, no rule of now is made up.
    let found = figures(&house.gate_under(Rules::new(2, 15)), id);
    let milk = &found["requests_received 2025-Q1 filiere=LAIT"];
    assert_eq!(milk.reasons, [Reason::EarlierRules]);
}

#[test]
fn secondary_cells_are_told_from_those_that_the_rules_find() {
    let house = house();
    let gate = house.gate();
    let id = draft(&gate, "2025-Q1", &Records);
    let found = figures(&gate, id);
    let secondary: Vec<_> =
        found.values().filter(|one| one.mark == CellMark::HiddenSecondary).collect();
    assert!(!secondary.is_empty());
    for one in secondary {
        let is_zero = one.values.iter().all(|(_, value)| *value == 0);
        let expected = if is_zero { Reason::Group } else { Reason::Others };
        assert_eq!(one.reasons, [expected], "{one:?}");
    }
}

#[test]
fn a_withheld_quarter_is_told_as_such_and_nothing_is_compared_with_it() {
    let log = Log::default();
    let house = withheld::house_with_a_fault(&log);
    let gate = house.gate();
    let id = gate.withhold("awa", Wanted::next(period("2025-Q2")), "No.", &all(), &log).unwrap();
    let found = figures(&gate, id);
    let total = &found["requests_received 2025-Q2"];
    assert_eq!((&*total.reasons, total.values[0].1), (&[Reason::Withheld][..], 12));
    let compared = changes(&gate, id, "2025-Q2");
    assert!(compared.newly_hidden > 0 && compared.newly_published == 0, "{compared:?}");
    gate.approve("binta", id, &all()).unwrap();
    house.clock.set_noon(date(2025, 11, 15));
    let next = changes(&gate, draft(&gate, "2025-Q3", &Records), "2025-Q3");
    assert_eq!(next.since, Some(period("2025-Q1")), "readers saw nothing of the second");
}

#[test]
fn where_too_much_is_sensitive_a_coarser_plan_is_proposed_from_the_next_year_on() {
    let (house, log) = (house(), Log::default());
    let gate = house.gate();
    let id = publish(&gate, "2025-Q1", &SCATTERED, &log);
    let CoarserPlan { from, now, then, tables } = findings(&gate, id).coarser.unwrap();
    assert_eq!(from, period("2026-Q1"));
    let totals = findings(&gate, id).totals;
    assert_eq!(now, Sensitive { cells: totals.cells_not_zero, primary: totals.primary });
    let received = tables.iter().find(|one| one.population == "requests_received").unwrap();
    assert_eq!(received.dimensions, ["filiere"]);
    assert_eq!(received.now, Sensitive { cells: 7, primary: 6 }, "six filières and the total");
    let option = |form, cells, primary, is_proposed| CoarserOption {
        form,
        then: Sensitive { cells, primary },
        is_proposed,
    };
    let total_alone = option(Form::By(vec![]), 1, 0, true);
    assert_eq!(received.options, [total_alone, option(Form::YearOnly, 0, 0, false)]);
    // Without the filières nothing is sensitive any more.
    assert_eq!(then, Sensitive { cells: now.cells - now.primary, primary: 0 });
    assert!(tables.iter().all(|one| one.now.is_too_much()));

    // The year's own tables follow with the fourth quarter, and tell what the year only would give:
    for quarter in ["2025-Q2", "2025-Q3", "2025-Q4"] {
        publish(&gate, quarter, &SCATTERED, &log);
    }
    let last = gate.list().unwrap().pop().unwrap().id;
    let plan = findings(&gate, last).coarser.unwrap();
    let of = |of: &str| {
        let mut tables = plan.tables.iter();
        let found = tables.find(|one| {
            (one.population.as_str(), one.period) == ("requests_received", period(of))
                && one.dimensions[0] == "filiere"
        });
        found.unwrap_or_else(|| panic!("{of}: {plan:?}"))
    };
    // The year is as sensitive as its quarters, and no option.
    assert_eq!(of("2025-Q4").options, [option(Form::By(vec![]), 1, 0, true)]);
    let year = of("2025");
    let by = |dimensions: &[&str]| Form::By(dimensions.iter().map(ToString::to_string).collect());
    let forms: Vec<_> = year.options.iter().map(|one| one.form.clone()).collect();
    // By the filières alone nothing would be better.
    assert_eq!(forms, [by(&[&year.dimensions[1]]), by(&[])]);
    let proposed: Vec<_> = year.options.iter().filter(|one| one.is_proposed).collect();
    assert_eq!(proposed.len(), 1);
    assert_eq!(proposed[0].form, by(&[&year.dimensions[1]]), "by what is not sensitive");
    assert!(!plan.then.is_too_much() && plan.then.cells < plan.now.cells);
}

#[test]
fn where_little_is_sensitive_the_plan_stays() {
    let house = house();
    let gate = house.gate();
    let findings = findings(&gate, draft(&gate, "2025-Q1", &MORE_MILK));
    assert_eq!((findings.coarser, findings.totals.primary), (None, 0));
}

#[test]
fn a_release_is_glanced_at_where_an_earlier_one_is_damaged() {
    let (house, log) = (house(), Log::default());
    let gate = house.gate();
    publish(&gate, "2025-Q1", &Records, &log);
    let id = draft(&gate, "2025-Q2", &Records);
    let (key, mut damaged) = house.store.scan_prefix(b"gf").next().unwrap().unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    let told = damage::with_value(&house, &key, Some(&damaged), |gate| {
        (gate.show(id), gate.figures(id), gate.glance(id))
    });
    assert!(matches!(told.0, Err(GateError::Damaged { .. })), "{:?}", told.0);
    assert!(matches!(told.1, Err(GateError::Damaged { .. })), "nothing of it is shown");
    assert_eq!(told.2.unwrap().findings, None);
}
