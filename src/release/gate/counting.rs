//! The beginning of every draft, and the second look at it: whose turn it is, and what the records
//! say.

use jiff::{ToSpan, civil::Date};

use crate::{
    base::period::{Frequency, Period},
    codes::plan::PlannedTable,
    disclosure::{audit::AuditReport, transcript::FrozenRelease},
    indicators::{
        count::{CubeRequest, cubes},
        cube::Cube,
    },
    records::source::RecordSource,
    release::{
        counted::{Basis, CountDays, Counted, Source},
        earlier::{self, Quarters},
        error::GateError,
        gate::{Gate, Wanted, check_actor},
        review::{ReleaseId, State, TableReview},
        shelf::Card,
    },
};

/// A draft that is counted, and not protected yet.
pub(super) struct Begun {
    pub cubes: Vec<Cube>,
    period: Period,
    counted: Counted,
    skipped: Quarters,
    drafted_by: String,
    today: Date,
}

impl Begun {
    /// The card of what became of it.
    pub fn card(self, state: State, frozen: &FrozenRelease, audit: AuditReport) -> Card {
        Card {
            id: ReleaseId(0),
            period: self.period,
            state,
            drafted_by: self.drafted_by,
            approved_by: None,
            published_by: None,
            entry: None,
            left: false,
            tables: frozen.tables.iter().map(TableReview::of).collect(),
            audit,
            body_hash: [0; 32],
            drafted_on: Some(self.today),
            frozen_hash: None,
            counted: Some(self.counted),
            skipped: self.skipped.0,
            withholding: None,
        }
    }
}

impl Gate {
    /// Counts a closed quarter whose turn it is.
    pub(super) fn begin<S: RecordSource>(
        &self,
        actor: &str,
        wanted: Wanted,
        source: &Source<'_, S>,
    ) -> Result<Begun, GateError> {
        check_actor(actor)?;
        let period = wanted.period;
        let closing_day = closing_day(period, source.closing_days);
        self.check_turn(period, closing_day)?;
        let skipped = self.skipped(wanted, source)?;
        let days = self.days(closing_day)?;
        let cubes = self.count(period, days, source)?;
        let counted = Counted::of(days, &self.basis(), &cubes);
        let (drafted_by, today) = (actor.into(), self.clock.today());
        Ok(Begun { cubes, period, counted, skipped, drafted_by, today })
    }

    /// Refuses a period that is not next, not closed, or already at the gate.
    fn check_turn(&self, period: Period, closing_day: Date) -> Result<(), GateError> {
        if period.frequency() != Frequency::Quarterly {
            return Err(GateError::NotAQuarter { period });
        }
        let cards = self.shelf.cards()?;
        if let Some(card) = cards.iter().find(|card| card.period == period) {
            return Err(match card.state {
                State::Published => GateError::AlreadyReleased { period, id: card.id },
                State::Withheld => GateError::Withheld { period, id: card.id },
                _ => GateError::DraftExists { period, id: card.id },
            });
        }
        let newest = cards.iter().filter(|card| card.left).map(|card| card.period).max();
        if let Some(expected) = newest.map(Period::next).filter(|expected| *expected != period) {
            return Err(GateError::OutOfOrder { period, expected });
        }
        if let Some(card) = cards.iter().find(|card| !card.left) {
            // Drafted before the first release, of another period: one at a time.
            return Err(GateError::DraftExists { period: card.period, id: card.id });
        }
        match self.clock.today() > closing_day {
            true => Ok(()),
            false => Err(GateError::NotClosed { period, closing_day }),
        }
    }

    /// The quarters that the hub's first release would leave behind for ever; refused unless that
    /// is wanted. None for later releases, which follow each other.
    fn skipped<S: RecordSource>(
        &self,
        wanted: Wanted,
        source: &Source<'_, S>,
    ) -> Result<Quarters, GateError> {
        let Wanted { period, allow_skipping_earlier } = wanted;
        if self.shelf.cards()?.iter().any(|card| card.left) {
            return Ok(Quarters(Vec::new()));
        }
        let earlier = earlier::with_records(period, source.records);
        let earlier = earlier.map_err(|error| GateError::Records(Box::new(error)))?;
        match earlier.0.first().copied().filter(|_| !allow_skipping_earlier) {
            Some(first) => Err(GateError::EarlierRecords { period, first, earlier }),
            None => Ok(earlier),
        }
    }

    /// The cubes of a period, and of the year with its fourth quarter.
    fn count<S: RecordSource>(
        &self,
        period: Period,
        days: CountDays,
        source: &Source<'_, S>,
    ) -> Result<Vec<Cube>, GateError> {
        let plan = self.codes.plan();
        let mut tables: Vec<PlannedTable<'_>> = plan.tables(Frequency::Quarterly).collect();
        if period.ends_year() {
            tables.extend(plan.tables(Frequency::Annual));
        }
        let area = self.member;
        let CountDays { closing_day, entered_until } = days;
        let request = CubeRequest {
            codes: &self.codes,
            area: area.as_str(),
            tables: &tables,
            period,
            closing_day,
            entered_until,
        };
        cubes(&request, source.records).map_err(|error| GateError::Records(Box::new(error)))
    }

    /// The days that decide what counts in a new draft. What was entered by the day of the hub's
    /// first draft, that day included, is its backlog, entered before it released anything.
    fn days(&self, closing_day: Date) -> Result<CountDays, GateError> {
        let cards = self.shelf.cards()?;
        let first = cards.iter().filter(|card| card.left).min_by_key(|card| card.id);
        let backlog_day = match first {
            Some(card) => card.drafted_on.unwrap_or(Date::MIN),
            None => self.clock.today(),
        };
        Ok(CountDays { closing_day, entered_until: closing_day.max(backlog_day) })
    }

    /// Counts the period of a draft again, and refuses the draft if it differs, or if it was
    /// audited under something else than it would be now ([`crate::release::counted`]). A draft of
    /// a program that did not note this is refused: to draft again is cheap.
    pub(super) fn check_fresh<S: RecordSource>(
        &self,
        card: &Card,
        source: &Source<'_, S>,
    ) -> Result<(), GateError> {
        let (id, period) = (card.id, card.period);
        if let Some(counted) = &card.counted {
            let cubes = self.count(period, counted.days, source)?;
            if Counted::of(counted.days, &self.basis(), &cubes) == *counted {
                return Ok(());
            }
        }
        Err(match card.state {
            State::Publishing => GateError::InterruptedOutdated { id, period },
            _ => GateError::Outdated { id, period },
        })
    }

    fn basis(&self) -> Basis {
        Basis::of(self.rules.clone(), &self.codes)
    }
}

/// The last day on which records of the period count.
fn closing_day(period: Period, closing_days: u32) -> Date {
    period.last_day().saturating_add(i64::from(closing_days).days())
}
