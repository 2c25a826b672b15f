//! The way out for a quarter that cannot be protected ([`crate::disclosure::withhold`]).
//!
//! Later quarters wait for it, and to leave it out would give it away. So it is withheld: it goes
//! into the transcript with every cell hidden, and nowhere else. Like any release it is drafted by
//! one person and takes effect with another's approval; after that it is settled for ever.
//!
//! That protection has failed is not remembered but tried again, on the records as they are: what
//! could be protected is never withheld, whatever failed on another day.

use crate::{
    base::limits::TEXT_BYTES_MAX,
    disclosure::{error::CellName, protect::protect, withhold::withhold},
    records::source::RecordSource,
    release::{
        counted::Source,
        error::GateError,
        gate::{Gate, Wanted, not_protected},
        review::{ReleaseId, State, Withholding},
    },
};

/// Most cells of each kind that a review names.
const CELLS_NAMED_MAX: usize = 1_000;

impl Gate {
    /// Drafts that a closed quarter (and the year with the fourth) is withheld. Refused where it
    /// can be protected.
    pub fn withhold<S: RecordSource>(
        &self,
        actor: &str,
        wanted: Wanted,
        reason: &str,
        source: &Source<'_, S>,
    ) -> Result<ReleaseId, GateError> {
        let _step = self.step();
        if !(1..=TEXT_BYTES_MAX).contains(&reason.trim().len()) {
            return Err(GateError::InvalidReason { bytes_max: TEXT_BYTES_MAX });
        }
        let begun = self.begin(actor, wanted, source)?;
        let (catalogue, period) = (self.codes.catalogue(), wanted.period);
        let transcript = self.shelf.transcript()?;
        let cause = match protect(catalogue, &self.rules, &begun.cubes, &transcript) {
            Ok(_) => return Err(GateError::CanBeProtected { period }),
            Err(cause) if cause.is_unprotectable() => cause,
            Err(cause) => return Err(not_protected(period, cause)),
        };
        let withheld = withhold(catalogue, &self.rules, &begun.cubes, &transcript)?;
        let mut card = begun.card(State::Withholding, &withheld.frozen, withheld.report);
        card.withholding = Some(Withholding {
            reason: reason.trim().into(),
            cause: cause.to_string(),
            exposed_cells: names(&withheld.exposed),
            unproven_cells: names(&withheld.unproven),
        });
        self.shelf.add(card, &self.release(period, withheld.tables), &withheld.frozen)
    }
}

fn names(cells: &[CellName]) -> Vec<String> {
    cells.iter().take(CELLS_NAMED_MAX).map(ToString::to_string).collect()
}
