//! What the figures of a release say: what is kept, what changed, what a coarser plan would give.

use serde_json::{Value, json};

use crate::{
    cli::{output, release::words::Words},
    release::coarser::PRIMARY_PERCENT_MAX,
    wire::generated::hub::{
        CoarserOption, CoarserPlan, CoarserTable, ReleaseChanges, ReleaseFindings, ReleaseMeasure,
        ReleaseTotals,
    },
};

/// Most cells that a list of changes names to people; JSON has all.
const CELLS_NAMED_MAX: usize = 20;

/// Prints it for people.
pub(super) fn print(findings: &ReleaseFindings, words: Words) -> anyhow::Result<()> {
    let ReleaseFindings { totals, changes, coarser_plan } = findings;
    if let Some(totals) = totals {
        output::line("")?;
        totals_words(totals, words).iter().try_for_each(|line| output::line(line))?;
    }
    if !changes.is_empty() {
        output::line("")?;
    }
    for one in changes {
        changes_words(one, words).iter().try_for_each(|line| output::line(line))?;
    }
    match coarser_plan {
        Some(plan) => print_plan(plan, words),
        None => Ok(()),
    }
}

fn totals_words(totals: &ReleaseTotals, words: Words) -> Vec<String> {
    let ReleaseTotals {
        cells,
        cells_not_zero,
        primary_cells,
        secondary_cells,
        cells_kept_percent,
        counts_kept_percent,
        values_kept,
    } = totals;
    let hidden = [
        ("cells", *cells),
        ("not_zero", *cells_not_zero),
        ("primary", *primary_cells),
        ("secondary", *secondary_cells),
    ];
    let kept =
        [("cells", u64::from(*cells_kept_percent)), ("counts", u64::from(*counts_kept_percent))];
    let mut told =
        vec![words.counted("release-hidden", &hidden), words.counted("release-kept", &kept)];
    told.extend(values_kept.iter().map(|ReleaseMeasure { measure, kept_percent }| {
        let percent = [("percent", u64::from(*kept_percent))];
        words.filled("release-kept-value", &[("measure", measure)], &percent)
    }));
    told
}

fn changes_words(changes: &ReleaseChanges, words: Words) -> Vec<String> {
    let ReleaseChanges {
        period,
        since,
        compared_cells,
        newly_hidden,
        newly_hidden_cells,
        newly_published,
        newly_published_cells,
        primary_cells_before,
        primary_cells,
        revised_cells,
    } = changes;
    let of = [("period", period.as_str()), ("since", since.as_str())];
    let counts = [
        ("compared", *compared_cells),
        ("hidden", *newly_hidden),
        ("published", *newly_published),
        ("before", *primary_cells_before),
        ("primary", *primary_cells),
    ];
    let mut told = Vec::new();
    if since.is_empty() {
        told.push(words.filled("release-changes-first", &of[..1], &counts[4..]));
    } else {
        told.push(words.filled("release-changes", &of, &counts));
    }
    let lists = [
        ("release-changes-hidden", newly_hidden_cells, *newly_hidden),
        ("release-changes-published", newly_published_cells, *newly_published),
    ];
    for (key, cells, count) in lists.into_iter().filter(|(_, cells, _)| !cells.is_empty()) {
        told.push(words.plain(key));
        let shown = &cells[..cells.len().min(CELLS_NAMED_MAX)];
        told.extend(shown.iter().map(|cell| format!("  {cell}")));
        if let further @ 1.. = count.saturating_sub(shown.len() as u64) {
            told.push(words.counted("release-further", &[("count", further)]));
        }
    }
    if *revised_cells > 0 {
        let count = [("count", *revised_cells)];
        told.push(words.filled("release-revised", &of[..1], &count));
    }
    told
}

fn print_plan(plan: &CoarserPlan, words: Words) -> anyhow::Result<()> {
    output::line("")?;
    output::line(&plan_words(plan, words))?;
    if plan.tables.is_empty() {
        return Ok(());
    }
    let columns = ["table", "period", "by", "instead", "cells", "sensitive", "share", "proposed"];
    let mut listing = words.listing(&columns);
    plan.tables.iter().flat_map(|table| plan_rows(table, words)).for_each(|row| listing.row(row));
    listing.print()?;
    if !is_anything_proposed(plan) {
        return Ok(());
    }
    output::line(&words.filled("release-coarser-remedy", &[("from", &plan.from)], &[]))
}

fn is_anything_proposed(plan: &CoarserPlan) -> bool {
    plan.tables.iter().any(|table| table.options.iter().any(|option| option.proposed))
}

fn plan_words(plan: &CoarserPlan, words: Words) -> String {
    let CoarserPlan { from, cells, primary_cells, coarser_cells, coarser_primary_cells, tables } =
        plan;
    let counts = [
        ("percent", PRIMARY_PERCENT_MAX),
        ("cells", *cells),
        ("primary", *primary_cells),
        ("coarser_cells", *coarser_cells),
        ("coarser_primary", *coarser_primary_cells),
    ];
    let key = match (tables.is_empty(), is_anything_proposed(plan)) {
        (true, _) => "release-coarser-no-table",
        (false, false) => "release-coarser-unchanged",
        (false, true) => "release-coarser",
    };
    words.filled(key, &[("from", from)], &counts)
}

/// A table as it is, then its coarser forms.
fn plan_rows(table: &CoarserTable, words: Words) -> Vec<[String; 8]> {
    let CoarserTable { population, period, dimensions, cells, primary_cells, options } = table;
    let row = |instead: String, cells: u64, primary: u64, is_proposed: bool| {
        [
            population.clone(),
            period.clone(),
            dimensions.join(" × "),
            instead,
            cells.to_string(),
            primary.to_string(),
            share(primary, cells, words),
            if is_proposed { words.plain("release-yes") } else { String::new() },
        ]
    };
    let now = match options.iter().any(|option| option.proposed) {
        true => "release-coarser-now",
        false => "release-coarser-now-best",
    };
    let mut rows = vec![row(words.plain(now), *cells, *primary_cells, false)];
    rows.extend(options.iter().map(|option| {
        let CoarserOption { cells, primary_cells, proposed, .. } = option;
        row(form_words(option, words), *cells, *primary_cells, *proposed)
    }));
    rows
}

/// Rounded down; of no cells, nothing.
fn share(primary: u64, cells: u64, words: Words) -> String {
    match cells {
        0 => String::new(),
        cells => words.percent(10_000 * primary / cells),
    }
}

fn form_words(option: &CoarserOption, words: Words) -> String {
    match (option.year_only, option.dimensions.as_slice()) {
        (true, _) if option.cells == 0 => words.plain("release-coarser-dropped"),
        (true, _) => words.plain("release-coarser-year"),
        (false, []) => words.plain("release-coarser-total"),
        (false, dimensions) => dimensions.join(" × "),
    }
}

/// For programs.
pub(super) fn to_json(findings: &ReleaseFindings) -> Value {
    let ReleaseFindings { totals, changes, coarser_plan } = findings;
    json!({
        "totals": totals.as_ref().map(totals_json),
        "changes": changes.iter().map(changes_json).collect::<Vec<_>>(),
        "coarser_plan": coarser_plan.as_ref().map(plan_json),
    })
}

fn totals_json(totals: &ReleaseTotals) -> Value {
    let ReleaseTotals {
        cells,
        cells_not_zero,
        primary_cells,
        secondary_cells,
        cells_kept_percent,
        counts_kept_percent,
        values_kept,
    } = totals;
    let value =
        |one: &ReleaseMeasure| json!({ "measure": one.measure, "kept_percent": one.kept_percent });
    json!({
        "cells": cells,
        "cells_not_zero": cells_not_zero,
        "primary_cells": primary_cells,
        "secondary_cells": secondary_cells,
        "cells_kept_percent": cells_kept_percent,
        "counts_kept_percent": counts_kept_percent,
        "values_kept": values_kept.iter().map(value).collect::<Vec<_>>(),
    })
}

fn changes_json(changes: &ReleaseChanges) -> Value {
    json!({
        "period": changes.period,
        "since": changes.since,
        "compared_cells": changes.compared_cells,
        "newly_hidden": changes.newly_hidden,
        "newly_hidden_cells": changes.newly_hidden_cells,
        "newly_published": changes.newly_published,
        "newly_published_cells": changes.newly_published_cells,
        "primary_cells_before": changes.primary_cells_before,
        "primary_cells": changes.primary_cells,
        "revised_cells": changes.revised_cells,
    })
}

fn plan_json(plan: &CoarserPlan) -> Value {
    let option = |one: &CoarserOption| {
        json!({
            "dimensions": one.dimensions,
            "year_only": one.year_only,
            "cells": one.cells,
            "primary_cells": one.primary_cells,
            "proposed": one.proposed,
        })
    };
    let table = |one: &CoarserTable| {
        json!({
            "population": one.population,
            "period": one.period,
            "dimensions": one.dimensions,
            "cells": one.cells,
            "primary_cells": one.primary_cells,
            "options": one.options.iter().map(option).collect::<Vec<_>>(),
        })
    };
    json!({
        "from": plan.from,
        "cells": plan.cells,
        "primary_cells": plan.primary_cells,
        "coarser_cells": plan.coarser_cells,
        "coarser_primary_cells": plan.coarser_primary_cells,
        "tables": plan.tables.iter().map(table).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::language::Language;

    fn option(year_only: bool, cells: u64, primary_cells: u64, proposed: bool) -> CoarserOption {
        CoarserOption { year_only, cells, primary_cells, proposed, ..Default::default() }
    }

    fn table(options: Vec<CoarserOption>) -> CoarserTable {
        CoarserTable { cells: 1000, primary_cells: 301, options, ..Default::default() }
    }

    #[test]
    fn a_table_that_is_dropped_or_has_no_better_form_is_told_so_in_every_language() {
        for (language, dropped, best, yes, share) in [
            (Language::Fr, "disparaît", "aucune forme", "oui", "30,10 %"),
            (Language::En, "is dropped", "no coarser form", "yes", "30.10 %"),
            (Language::Pt, "desaparece", "nenhuma forma", "sim", "30,10 %"),
        ] {
            let words = Words(language);
            let rows = plan_rows(&table(vec![option(true, 0, 0, false)]), words);
            assert!(rows[0][3].contains(best) && rows[1][3].contains(dropped), "{rows:?}");
            assert_eq!((&*rows[0][6], &*rows[1][6], &*rows[1][7]), (share, "", ""));
            let better = [option(false, 3, 2, true), option(true, 3, 2, false)];
            let rows = plan_rows(&table(better.to_vec()), words);
            assert!(!rows[0][3].contains(best) && !rows[2][3].contains(dropped), "{rows:?}");
            // Rounded down, and not to a whole percent.
            let two_thirds = share.replace("30", "66").replace("10", "66");
            assert_eq!((&rows[1][6], &*rows[1][7]), (&two_thirds, yes));
        }
    }

    #[test]
    fn a_plan_without_a_proposal_asks_for_nothing() {
        let words = |tables: Vec<CoarserTable>| {
            let plan = CoarserPlan { cells: 9, primary_cells: 4, tables, ..Default::default() };
            plan_words(&plan, Words(Language::En))
        };
        let proposed = words(vec![table(vec![option(false, 3, 0, true)])]);
        assert!(proposed.contains("4 of 9") && proposed.contains("all that is proposed"));
        let unchanged = words(vec![table(vec![option(true, 0, 0, false)])]);
        assert!(unchanged.contains("30 %") && unchanged.contains("is better"), "{unchanged}");
        assert!(words(vec![]).contains("no single table"));
    }
}
