//! What a hub gives up when its first release is not of its earliest quarter: releases go quarter
//! by quarter from there, so what is before the first one is never released.

use std::{collections::BTreeSet, fmt};

use jiff::civil::Date;

use crate::{
    base::{id::EnterpriseId, period::Period},
    records::{source::RecordSource, types::ConsentPurpose},
};

/// Most runs of quarters that a message names.
const RUNS_NAMED_MAX: usize = 12;

/// Quarters, in order, each once. Shown as runs: `2024-Q1..2024-Q4, 2025-Q2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarters(pub Vec<Period>);

impl fmt::Display for Quarters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs: Vec<&[Period]> = self.0.chunk_by(|one, other| one.next() == *other).collect();
        for (number, run) in runs.iter().take(RUNS_NAMED_MAX).enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            match run {
                [first, .., last] => write!(f, "{comma}{first}..{last}")?,
                one => one.iter().try_for_each(|one| write!(f, "{comma}{one}"))?,
            }
        }
        if runs.len() > RUNS_NAMED_MAX { f.write_str(" and others") } else { Ok(()) }
    }
}

/// The quarters before `period` that figures could be told of: those in which something happened
/// with enterprises that may be counted.
pub fn with_records<S: RecordSource>(period: Period, records: &S) -> Result<Quarters, S::Error> {
    let mut counts: BTreeSet<EnterpriseId> = BTreeSet::new();
    records.for_each_consent(&mut |consent| {
        if consent.purpose == ConsentPurpose::AnonymizedIndicators && consent.withdrawn_on.is_none()
        {
            counts.insert(consent.enterprise);
        }
    })?;
    let mut found = Found { before: period.first_day(), counts, quarters: BTreeSet::new() };
    records.for_each_enterprise(&mut |one| found.note(one.id, [Some(one.registered_on)]))?;
    records.for_each_visit(&mut |one| found.note(one.enterprise, [Some(one.visited_on)]))?;
    records.for_each_request(&mut |one| {
        found.note(one.enterprise, [Some(one.received_on), one.closed_on]);
    })?;
    records.for_each_answer(&mut |one| {
        let followed_up_on = one.follow_up.as_ref().map(|found| found.followed_up_on);
        found.note(one.enterprise, [Some(one.answered_on), followed_up_on]);
    })?;
    Ok(Quarters(found.quarters.into_iter().collect()))
}

/// What was found so far: at most as many quarters as there are periods.
struct Found {
    before: Date,
    counts: BTreeSet<EnterpriseId>,
    quarters: BTreeSet<Period>,
}

impl Found {
    fn note<const DAYS: usize>(&mut self, whose: EnterpriseId, days: [Option<Date>; DAYS]) {
        if !self.counts.contains(&whose) {
            return;
        }
        let days = days.into_iter().flatten().filter(|day| *day < self.before);
        self.quarters.extend(days.filter_map(quarter_of));
    }
}

/// The quarter of a day; `None` where no period is, which is never released either.
fn quarter_of(day: Date) -> Option<Period> {
    Period::quarterly(day.year(), ((day.month() - 1) / 3 + 1).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(quarters: &[&str]) -> String {
        Quarters(quarters.iter().map(|one| one.parse().unwrap()).collect()).to_string()
    }

    #[test]
    fn quarters_are_shown_as_runs_of_which_so_many_are_named() {
        assert_eq!(shown(&["2024-Q3"]), "2024-Q3");
        let gap = ["2024-Q3", "2024-Q4", "2025-Q1", "2025-Q3", "2026-Q1", "2026-Q2"];
        assert_eq!(shown(&gap), "2024-Q3..2025-Q1, 2025-Q3, 2026-Q1..2026-Q2");
        let every_other: Vec<_> =
            (0..=RUNS_NAMED_MAX).map(|at| format!("{}-Q1", 1990 + at)).collect();
        let many = shown(&every_other.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(many.ends_with(&format!("{}-Q1 and others", 1989 + RUNS_NAMED_MAX)), "{many}");
    }
}
