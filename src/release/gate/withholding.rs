//! The way out for a quarter that cannot be protected ([`crate::disclosure::withhold`]).
//!
//! Later quarters wait for it, and to leave it out would give it away. So it is withheld: it goes
//! into the transcript with every cell hidden, and nowhere else. Like any release it is drafted by
//! one person and takes effect with another's approval; after that it is settled for ever.
//!
//! That protection has failed is not remembered but tried again, on the records as they are: what
//! could be protected is never withheld, whatever failed on another day.
//!
//! There is one other quarter that may not leave any more: one whose publication was interrupted
//! before the log held it, and that is outdated by now. It was about to leave, so it stays in the
//! transcript as it is, published cells as published. To draft it again would set a second version
//! of the same figures beside one that may be found to have left after all; so it is withheld.

use crate::{
    base::limits::TEXT_BYTES_MAX,
    disclosure::{error::CellName, withhold::withhold},
    records::source::RecordSource,
    release::{
        counted::Source,
        error::{GateError, PublishError},
        gate::{Gate, Outlet, Wanted, check_actor, not_protected},
        review::{ReleaseId, State, Withholding},
        shelf::Card,
    },
};

/// Most cells of each kind that a review names.
const CELLS_NAMED_MAX: usize = 1_000;

impl Gate {
    /// Drafts that a closed quarter (and the year with the fourth) is withheld. Refused where it
    /// can be protected, or published.
    pub fn withhold<S: RecordSource, O: Outlet>(
        &self,
        actor: &str,
        wanted: Wanted,
        reason: &str,
        source: &Source<'_, S>,
        outlet: &O,
    ) -> Result<ReleaseId, PublishError<O::Error>> {
        let _step = self.step();
        check_actor(actor)?;
        let reason = reason.trim();
        if !(1..=TEXT_BYTES_MAX).contains(&reason.len()) {
            return Err(GateError::InvalidReason { bytes_max: TEXT_BYTES_MAX }.into());
        }
        self.check_accounted(outlet)?;
        let mut cards = self.shelf.cards()?.into_iter();
        let interrupted =
            cards.find(|card| card.period == wanted.period && card.state == State::Publishing);
        match interrupted {
            Some(card) => self.withhold_interrupted(actor, card, reason, source, outlet),
            None => Ok(self.withhold_unprotectable(actor, wanted, reason, source)?),
        }
    }

    fn withhold_unprotectable<S: RecordSource>(
        &self,
        actor: &str,
        wanted: Wanted,
        reason: &str,
        source: &Source<'_, S>,
    ) -> Result<ReleaseId, GateError> {
        let begun = self.begin(actor, wanted, source)?;
        let (catalogue, period) = (self.codes.catalogue(), wanted.period);
        let transcript = self.shelf.transcript()?;
        let cause = match (self.protector)(catalogue, &self.rules, &begun.cubes, &transcript) {
            Ok(_) => return Err(GateError::CanBeProtected { period }),
            Err(cause) if cause.is_unprotectable() => cause,
            Err(cause) => return Err(not_protected(period, cause)),
        };
        let withheld = withhold(catalogue, &self.rules, &begun.cubes, &transcript)?;
        let mut card = begun.card(State::Withholding, &withheld.frozen, withheld.report);
        card.withholding = Some(Withholding {
            reason: reason.into(),
            cause: cause.to_string(),
            exposed_cells: names(&withheld.exposed),
            unproven_cells: names(&withheld.unproven),
        });
        self.shelf.add(card, &self.release(period, withheld.tables), &withheld.frozen)
    }

    /// Only if the log, which must be whole, does not hold it.
    fn withhold_interrupted<S: RecordSource, O: Outlet>(
        &self,
        actor: &str,
        mut card: Card,
        reason: &str,
        source: &Source<'_, S>,
        outlet: &O,
    ) -> Result<ReleaseId, PublishError<O::Error>> {
        let (id, period) = (card.id, card.period);
        outlet.check().map_err(PublishError::Outlet)?;
        if let Some(entry) = self.find(&card, outlet)? {
            self.confirm(card, entry)?;
            return Err(GateError::AlreadyReleased { period, id }.into());
        }
        let cause = match self.check_fresh(&card, source) {
            Ok(()) => return Err(GateError::MayHaveLeft { id }.into()),
            Err(cause @ GateError::InterruptedOutdated { .. }) => cause,
            Err(other) => return Err(other.into()),
        };
        card.withholding = Some(Withholding {
            reason: reason.into(),
            cause: cause.to_string(),
            exposed_cells: Vec::new(),
            unproven_cells: Vec::new(),
        });
        // Whoever asks for it is not the one who approves it.
        (card.state, card.drafted_by, card.approved_by) = (State::Withholding, actor.into(), None);
        self.shelf.replace(&card)?;
        Ok(id)
    }
}

fn names(cells: &[CellName]) -> Vec<String> {
    cells.iter().take(CELLS_NAMED_MAX).map(ToString::to_string).collect()
}
