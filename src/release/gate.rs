//! The state machine of releases.
//!
//! Publication, step by step, and what a crash leaves:
//! 1. The card says `Publishing` and `left`, durably: the release is part of the transcript now.
//!    A crash before this: approved, nothing left; publish again.
//! 2. The log appends the entry. A crash around this: `Publishing`; only the log knows.
//! 3. The card says `Published` with the entry. A crash before this: [`Gate::recover`] asks the
//!    log. If the entry is there, step 3 is done; if not, the release is approved again and stays
//!    in the transcript, so that only the same bytes can be published for the period.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{ToSpan, civil::Date};

use crate::{
    base::{
        clock::SharedClock,
        id::{EntryId, MemberCode},
        limits::NAME_BYTES_MAX,
        period::{Frequency, Period},
    },
    codes::{embedded::Codes, plan::PlannedTable},
    disclosure::{protect::protect, rules::Rules, safe::Protected},
    indicators::{
        count::{CubeRequest, cubes},
        cube::Cube,
    },
    publication::{admitted::Admitted, release::Release},
    records::source::RecordSource,
    release::{
        error::{GateError, PublishError},
        review::{ReleaseId, Review, State, TableReview},
        shelf::{Card, Shelf},
    },
    store::SharedStore,
};

/// Longest name of an actor, in bytes: an identity in a certificate.
const ACTOR_BYTES_MAX: usize = NAME_BYTES_MAX;

/// The gate of one national node.
pub struct Gate {
    shelf: Shelf,
    codes: Arc<Codes>,
    rules: Rules,
    member: MemberCode,
    clock: SharedClock,
    /// One step at a time: states and transcript are read and written together.
    step: Mutex<()>,
}

impl Gate {
    /// The gate of `member` over its store.
    pub fn new(
        store: SharedStore,
        codes: Arc<Codes>,
        rules: Rules,
        member: MemberCode,
        clock: SharedClock,
    ) -> Self {
        Self { shelf: Shelf(store), codes, rules, member, clock, step: Mutex::new(()) }
    }

    /// Counts, protects and audits the tables of a closed quarter (and of the year with the
    /// fourth). Nothing is kept unless the audit passed.
    pub fn draft<S: RecordSource>(
        &self,
        actor: &str,
        period: Period,
        records: &S,
        closing_days: u32,
    ) -> Result<ReleaseId, GateError> {
        let _step = self.step();
        check_actor(actor)?;
        let closing_day = closing_day(period, closing_days);
        self.check_turn(period, closing_day)?;
        let cubes = self.count(period, closing_day, records)?;
        let transcript = self.shelf.transcript()?;
        let protected = protect(self.codes.catalogue(), &self.rules, &cubes, &transcript)?;
        let Protected { tables, report, frozen } = protected;
        let release = Release {
            member: self.member,
            area: self.member.as_str().into(),
            period,
            catalogue_version: self.codes.catalogue().version,
            plan_version: self.codes.plan().version,
            tables: tables.iter().map(|safe| safe.table().clone()).collect(),
        };
        // What the log would refuse is refused now.
        Admitted::release(&release, None)?;
        let card = Card {
            id: ReleaseId(0),
            period,
            state: State::Audited,
            drafted_by: actor.into(),
            approved_by: None,
            published_by: None,
            entry: None,
            left: false,
            tables: frozen.tables.iter().map(TableReview::of).collect(),
            audit: report,
            body_hash: [0; 32],
        };
        self.shelf.add(card, &release, &frozen)
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

    fn count<S: RecordSource>(
        &self,
        period: Period,
        closing_day: Date,
        records: &S,
    ) -> Result<Vec<Cube>, GateError> {
        let plan = self.codes.plan();
        let mut tables: Vec<PlannedTable<'_>> = plan.tables(Frequency::Quarterly).collect();
        if period.ends_year() {
            tables.extend(plan.tables(Frequency::Annual));
        }
        let area = self.member;
        let request = CubeRequest {
            codes: &self.codes,
            area: area.as_str(),
            tables: &tables,
            period,
            closing_day,
        };
        cubes(&request, records).map_err(|error| GateError::Records(Box::new(error)))
    }

    /// What a steward must know to approve a release.
    pub fn show(&self, id: ReleaseId) -> Result<Review, GateError> {
        review(self.shelf.card(id)?)
    }

    /// All releases, oldest first.
    pub fn list(&self) -> Result<Vec<Review>, GateError> {
        self.shelf.cards()?.into_iter().map(review).collect()
    }

    /// Drops a release that has not left the node.
    pub fn discard(&self, actor: &str, id: ReleaseId) -> Result<(), GateError> {
        let _step = self.step();
        check_actor(actor)?;
        match self.shelf.card(id)?.left {
            true => Err(GateError::MayHaveLeft { id }),
            false => self.shelf.remove(id),
        }
    }

    /// Approves an audited release; refused to the one who drafted it.
    pub fn approve(&self, actor: &str, id: ReleaseId) -> Result<(), GateError> {
        let _step = self.step();
        check_actor(actor)?;
        let mut card = self.shelf.card(id)?;
        expect_state(&card, State::Audited)?;
        if card.drafted_by == actor {
            return Err(GateError::SamePerson { id });
        }
        card.state = State::Approved;
        card.approved_by = Some(actor.into());
        self.shelf.replace(&card)
    }

    /// Publishes an approved release through `append`, which must be durable when it returns.
    pub fn publish<E>(
        &self,
        actor: &str,
        id: ReleaseId,
        append: impl FnOnce(Admitted) -> Result<EntryId, E>,
    ) -> Result<EntryId, PublishError<E>> {
        let _step = self.step();
        check_actor(actor)?;
        let mut card = self.shelf.card(id)?;
        expect_state(&card, State::Approved)?;
        let admitted = self.admit(&card)?;
        card.state = State::Publishing;
        card.left = true;
        card.published_by = Some(actor.into());
        self.shelf.replace(&card)?;
        let entry = append(admitted).map_err(PublishError::Append)?;
        self.confirm(card, entry)?;
        Ok(entry)
    }

    /// Settles releases whose publication was interrupted. `published` asks the log for the entry
    /// with this body. Returns the releases with their entries, or `None` where there is none and
    /// the release may be published again.
    pub fn recover<E>(
        &self,
        mut published: impl FnMut(&Admitted) -> Result<Option<EntryId>, E>,
    ) -> Result<Vec<(ReleaseId, Option<EntryId>)>, PublishError<E>> {
        let _step = self.step();
        let mut settled = Vec::new();
        for mut card in self.shelf.cards()? {
            if card.state != State::Publishing {
                continue;
            }
            let id = card.id;
            let found = published(&self.admit(&card)?).map_err(PublishError::Append)?;
            match found {
                Some(entry) => self.confirm(card, entry)?,
                None => {
                    card.state = State::Approved;
                    self.shelf.replace(&card)?;
                }
            }
            settled.push((id, found));
        }
        Ok(settled)
    }

    /// The release as kept, admitted only if it is the one that was audited.
    fn admit(&self, card: &Card) -> Result<Admitted, GateError> {
        Ok(Admitted::release(&self.shelf.release(card)?, None)?)
    }

    fn confirm(&self, mut card: Card, entry: EntryId) -> Result<(), GateError> {
        card.state = State::Published;
        card.entry = Some(entry.to_string());
        self.shelf.replace(&card)
    }

    /// A step that panicked wrote its batch whole or not at all: the lock may be taken over.
    fn step(&self) -> MutexGuard<'_, ()> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last day on which records of the period count.
fn closing_day(period: Period, closing_days: u32) -> Date {
    period.last_day().saturating_add(i64::from(closing_days).days())
}

fn check_actor(actor: &str) -> Result<(), GateError> {
    match (1..=ACTOR_BYTES_MAX).contains(&actor.len()) {
        true => Ok(()),
        false => Err(GateError::InvalidActor { bytes_max: ACTOR_BYTES_MAX }),
    }
}

fn expect_state(card: &Card, needed: State) -> Result<(), GateError> {
    match card.state == needed {
        true => Ok(()),
        false => Err(GateError::WrongState { id: card.id, state: card.state, needed }),
    }
}

fn review(card: Card) -> Result<Review, GateError> {
    let id = card.id;
    let entry = card.entry.map(|entry| entry.parse::<EntryId>()).transpose();
    Ok(Review {
        id,
        period: card.period,
        state: card.state,
        drafted_by: card.drafted_by,
        approved_by: card.approved_by,
        published_by: card.published_by,
        entry: entry.map_err(|error| GateError::Damaged { id, detail: error.to_string() })?,
        tables: card.tables,
        audit: card.audit,
    })
}
