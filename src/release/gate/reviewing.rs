//! What a steward sees of releases. Nothing here changes one.

use crate::{
    disclosure::transcript::Transcript,
    release::{
        cells::{self, CellReview},
        changes::{self, Earlier},
        coarser,
        error::GateError,
        figures::{self, Figure},
        gate::{Gate, entry_of},
        review::{Findings, ReleaseId, Review, State},
        shelf::Card,
        totals,
    },
};

impl Gate {
    /// What a steward must know to approve a release.
    pub fn show(&self, id: ReleaseId) -> Result<Review, GateError> {
        let card = self.shelf.card(id)?;
        let findings = Some(self.findings(&card)?);
        Ok(Review { findings, ..review(card)? })
    }

    /// The same as far as it stands on the release's card: how far it has come, and what the audit
    /// ran.
    pub fn glance(&self, id: ReleaseId) -> Result<Review, GateError> {
        review(self.shelf.card(id)?)
    }

    /// The cells of a release with their marks.
    pub fn cells(&self, id: ReleaseId) -> Result<Vec<CellReview>, GateError> {
        Ok(cells::all(&self.shelf.frozen(&self.shelf.card(id)?)?))
    }

    /// The figures of a release with the reasons why they are hidden: confidential.
    pub fn figures(&self, id: ReleaseId) -> Result<Vec<Figure>, GateError> {
        let card = self.shelf.card(id)?;
        let mut transcript = Transcript::default();
        for earlier in self.left_before(id)? {
            transcript.append(self.shelf.frozen(&earlier)?);
        }
        transcript.append(self.shelf.frozen(&card)?);
        let is_withheld = card.withholding.is_some();
        Ok(figures::all(self.codes.catalogue(), &self.rules, &transcript, is_withheld)?)
    }

    /// All releases, oldest first.
    pub fn list(&self) -> Result<Vec<Review>, GateError> {
        self.shelf.cards()?.into_iter().map(review).collect()
    }

    /// What the figures of a release say, beside those of earlier ones.
    fn findings(&self, card: &Card) -> Result<Findings, GateError> {
        let catalogue = self.codes.catalogue();
        let frozen = self.shelf.frozen(card)?;
        let cells = cells::distinct(&frozen);
        let earlier = self.comparable(card)?;
        Ok(Findings {
            totals: totals::of(catalogue, &frozen, &cells),
            changes: changes::of(catalogue, &cells, &earlier),
            coarser: coarser::plan(card.period, &frozen, &cells),
        })
    }

    /// The earlier releases that figures of this one are compared with: those of its year, the one
    /// before it, and the newest that readers saw, with and without a year.
    fn comparable(&self, card: &Card) -> Result<Vec<Earlier>, GateError> {
        let left = self.left_before(card.id)?;
        let seen = || left.iter().rev().filter(|one| !is_withheld(one));
        let newest = seen().next().map(|one| one.id);
        let newest_year = seen().find(|one| one.period.ends_year()).map(|one| one.id);
        let is_needed = |one: &&Card| {
            let before = one.period.next() == card.period;
            let is_newest = [newest, newest_year].contains(&Some(one.id));
            one.period.year() == card.period.year() || before || is_newest
        };
        let needed = left.iter().filter(is_needed);
        needed
            .map(|one| {
                Ok(Earlier { frozen: self.shelf.frozen(one)?, is_withheld: is_withheld(one) })
            })
            .collect()
    }

    /// The releases that were part of the transcript when this one was drafted, in its order.
    fn left_before(&self, id: ReleaseId) -> Result<Vec<Card>, GateError> {
        let cards = self.shelf.cards()?;
        Ok(cards.into_iter().filter(|one| one.left && one.id < id).collect())
    }
}

/// Whether no reader sees anything of it.
fn is_withheld(card: &Card) -> bool {
    matches!(card.state, State::Withheld | State::Withholding)
}

fn review(card: Card) -> Result<Review, GateError> {
    let entry = entry_of(&card)?;
    Ok(Review {
        id: card.id,
        period: card.period,
        state: card.state,
        drafted_by: card.drafted_by,
        approved_by: card.approved_by,
        published_by: card.published_by,
        entry,
        tables: card.tables,
        audit: card.audit,
        skipped: card.skipped,
        withholding: card.withholding,
        findings: None,
    })
}
