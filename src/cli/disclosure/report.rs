//! What came of a protection or an audit. It is for the one who has the table: it says what is
//! sensitive.
//!
//! Cells are counted as they stand in the pattern, one under two names twice; attackers try each
//! once.

use serde_json::{Value, json};

use crate::{
    base::language::Language,
    cli::{args::Format, disclosure::arguments::Asked, output},
    codes::messages,
    disclosure::tabular::{audit::Audited, protect::Protected, rules::Attacker, table::Table},
};

/// Most open cells that are named to people for one attacker; JSON has all.
const OPEN_NAMED_MAX: usize = 100;

/// Facts of a protection or an audit.
pub(super) struct Report {
    language: Language,
    cells: usize,
    sensitive: usize,
    /// Hidden without being sensitive, and not zero.
    secondary: usize,
    published: usize,
    cells_kept_percent: f64,
    value_kept_percent: f64,
    /// Of hidden sensitive cells; none where all intervals are unbounded.
    narrowest_percent: Option<f64>,
    attackers: Vec<(Attacker, u64, Vec<String>)>,
    /// Whether a pattern was audited that was given.
    is_audit: bool,
}

impl Report {
    /// Of a table that was protected.
    pub fn of_protected(
        table: &Table,
        places: &[usize],
        protected: &Protected,
        asked: &Asked,
    ) -> Self {
        let Protected { hidden, sensitive, intervals, verdicts } = protected;
        let attackers = verdicts.iter().map(|verdict| (verdict.attacker, verdict.tried, vec![]));
        let attackers = attackers.collect();
        Self { attackers, ..Self::new(table, places, hidden, sensitive, intervals, asked) }
    }

    /// Of a pattern that was audited.
    pub fn of_audited(
        table: &Table,
        places: &[usize],
        hidden: &[bool],
        audited: &Audited,
        asked: &Asked,
    ) -> Self {
        let Audited { sensitive, intervals, exposures } = audited;
        let attackers = exposures.iter().map(|exposure| {
            let open = exposure.open.iter().map(|cell| table.name(*cell)).collect();
            (exposure.attacker, exposure.tried, open)
        });
        let attackers = attackers.collect();
        let report = Self::new(table, places, hidden, sensitive, intervals, asked);
        Self { attackers, is_audit: true, ..report }
    }

    fn new(
        table: &Table,
        places: &[usize],
        hidden: &[bool],
        sensitive: &[bool],
        intervals: &[(i64, Option<i64>)],
        asked: &Asked,
    ) -> Self {
        let cells = places.iter().map(|place| table.names[*place]);
        let cells = || cells.clone().filter(|cell| table.cells[*cell].count > 0);
        let published = || cells().filter(|cell| !hidden[*cell]);
        let value = |cell: usize| table.cells[cell].value;
        let sum = |cells: &mut dyn Iterator<Item = usize>| -> i128 {
            cells.map(|cell| i128::from(value(cell))).sum()
        };
        let width = |cell: usize| {
            let (lower, upper) = intervals[cell];
            Some(percent(i128::from(upper?) - i128::from(lower), value(cell).into()))
        };
        let narrow = cells().filter(|cell| sensitive[*cell] && value(*cell) > 0);
        Self {
            language: asked.language,
            cells: cells().count(),
            sensitive: cells().filter(|cell| sensitive[*cell]).count(),
            secondary: cells().filter(|cell| hidden[*cell] && !sensitive[*cell]).count(),
            published: published().count(),
            cells_kept_percent: percent(published().count() as i128, cells().count() as i128),
            value_kept_percent: percent(sum(&mut published()), sum(&mut cells())),
            narrowest_percent: narrow.filter_map(width).min_by(f64::total_cmp),
            attackers: Vec::new(),
            is_audit: false,
        }
    }

    /// Prints it.
    pub fn print(&self, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Table => output::line(&self.words().join("\n")),
            Format::Json => output::json(&self.json()),
        }
    }

    fn json(&self) -> Value {
        let attackers = self.attackers.iter().map(|(attacker, tried, open)| {
            json!({ "attacker": attacker.to_string(), "tried": tried, "open": open })
        });
        json!({
            "cells": self.cells,
            "sensitive": self.sensitive,
            "secondary": self.secondary,
            "published": self.published,
            "cells_kept_percent": self.cells_kept_percent,
            "value_kept_percent": self.value_kept_percent,
            "narrowest_interval_percent": self.narrowest_percent,
            "attackers": attackers.collect::<Vec<_>>(),
        })
    }

    /// One line per fact.
    fn words(&self) -> Vec<String> {
        let text =
            |key: &str, arguments: &[(&str, String)]| messages::text(self.language, key, arguments);
        let number = |name: &'static str, number: usize| (name, number.to_string());
        let share = |name: &'static str, percent: f64| (name, decimal(self.language, percent));
        let counts = [
            number("cells", self.cells),
            number("sensitive", self.sensitive),
            number("secondary", self.secondary),
            number("published", self.published),
        ];
        let kept =
            [share("cells", self.cells_kept_percent), share("value", self.value_kept_percent)];
        let mut words = vec![text("disclosure-cells", &counts), text("disclosure-kept", &kept)];
        words.push(match self.narrowest_percent {
            Some(percent) => text("disclosure-narrowest", &[share("percent", percent)]),
            None => text("disclosure-narrowest-none", &[]),
        });
        for (attacker, tried, open) in &self.attackers {
            let of_attacker =
                format!("disclosure-attacker-{}", attacker.to_string().to_lowercase());
            let counts = [
                ("attacker", attacker.to_string()),
                ("who", text(&of_attacker, &[])),
                ("tried", tried.to_string()),
                number("open", open.len()),
            ];
            words.push(text("disclosure-tried", &counts));
            words.extend(open.iter().take(OPEN_NAMED_MAX).map(|cell| format!("  {cell}")));
            if let further @ 1.. = open.len().saturating_sub(OPEN_NAMED_MAX) {
                words.push(text("disclosure-further", &[number("count", further)]));
            }
        }
        let is_open = self.attackers.iter().any(|(_, _, open)| !open.is_empty());
        if self.is_audit {
            let verdict = if is_open { "disclosure-open" } else { "disclosure-safe" };
            words.push(text(verdict, &[]));
        }
        words
    }
}

/// In percent, to one decimal; of nothing, all.
fn percent(part: i128, whole: i128) -> f64 {
    if whole == 0 { 100.0 } else { (part as f64 * 1000.0 / whole as f64).round() / 10.0 }
}

fn decimal(language: Language, number: f64) -> String {
    let text = format!("{number:.1}");
    if language == Language::En { text } else { text.replace('.', ",") }
}
