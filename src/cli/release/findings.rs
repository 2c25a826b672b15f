//! What the figures of a release say: what is kept, what changed, what a coarser plan would give.

use serde_json::{Value, json};

use crate::{
    cli::{
        output::{self, Listing},
        release::words::Words,
    },
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
    let CoarserPlan { from, cells, primary_cells, coarser_cells, coarser_primary_cells, tables } =
        plan;
    let counts = [
        ("cells", *cells),
        ("primary", *primary_cells),
        ("coarser_cells", *coarser_cells),
        ("coarser_primary", *coarser_primary_cells),
    ];
    output::line("")?;
    output::line(&words.filled("release-coarser", &[("from", from)], &counts))?;
    let columns = ["table", "period", "by", "instead", "cells", "sensitive", "share", "proposed"];
    let mut listing = Listing::new(&columns);
    for table in tables {
        let CoarserTable { population, period, dimensions, cells, primary_cells, options } = table;
        let row = |instead: String, cells: u64, primary: u64, proposed: &str| {
            [
                population.clone(),
                period.clone(),
                dimensions.join(" × "),
                instead,
                cells.to_string(),
                primary.to_string(),
                share(primary, cells),
                proposed.into(),
            ]
        };
        listing.row(row(String::new(), *cells, *primary_cells, ""));
        for option in options {
            let CoarserOption { cells, primary_cells, proposed, .. } = option;
            let proposed = if *proposed { "yes" } else { "" };
            listing.row(row(form_words(option, words), *cells, *primary_cells, proposed));
        }
    }
    listing.print()?;
    output::line(&words.filled("release-coarser-remedy", &[("from", from)], &[]))
}

/// Rounded up, as the share that is too much is.
fn share(primary: u64, cells: u64) -> String {
    match cells {
        0 => String::new(),
        cells => format!("{} %", (100 * primary).div_ceil(cells)),
    }
}

fn form_words(option: &CoarserOption, words: Words) -> String {
    match (option.year_only, option.dimensions.as_slice()) {
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
