//! The state machine of releases.
//!
//! Publication, step by step, and what a crash or a refusal leaves:
//! 1. The log says whether it takes entries. If not: approved, nothing left; publish again later.
//! 2. The card says `Publishing` and `left`, durably: the release is part of the transcript now.
//! 3. The log appends the entry. A crash or an error around this: `Publishing`; only the log
//!    knows. It can neither be discarded nor changed, only published again: then the log is asked
//!    for the entry first, once it is known to be whole. If it is not there, nothing has left:
//!    step 3 is repeated with the same bytes if they still are what the records say. If they are
//!    not, the release is withheld: it stays in the transcript, and does not leave.
//! 4. The card says `Published` with the entry. A crash before this: as after 3, and
//!    [`Gate::recover`] at the next start finds the entry.

mod counting;
mod reviewing;
mod withholding;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    base::{
        clock::SharedClock,
        id::{EntryId, MemberCode},
        limits::NAME_BYTES_MAX,
        period::Period,
    },
    codes::{catalogue::Catalogue, embedded::Codes},
    disclosure::{
        error::DisclosureError, protect::protect, rules::Rules, safe::Protected,
        transcript::Transcript,
    },
    indicators::cube::Cube,
    publication::{
        admitted::Admitted,
        release::{Release, Table},
    },
    records::source::RecordSource,
    release::{
        counted::Source,
        error::{GateError, PublishError},
        review::{ReleaseId, State},
        shelf::{Card, Shelf},
    },
    store::SharedStore,
};

/// Longest name of an actor, in bytes: an identity in a certificate.
const ACTOR_BYTES_MAX: usize = NAME_BYTES_MAX;

/// Where releases are published: the own log. It outlives the store: after the store is restored
/// from a copy, or made anew, it still knows what was published.
pub trait Outlet {
    /// Why it did not do it.
    type Error;

    /// An error if nothing can be appended now; for a log, also while it may be shorter than what
    /// was signed.
    fn check(&self) -> Result<(), Self::Error>;

    /// The newest entry with exactly this body. An error if a body that could be it cannot be read.
    fn find(&self, admitted: &Admitted) -> Result<Option<EntryId>, Self::Error>;

    /// The entries that are releases, or may be because they cannot be read.
    fn releases(&self) -> Result<Vec<EntryId>, Self::Error>;

    /// Appends, and is durable when it returns.
    fn append(&self, admitted: Admitted) -> Result<EntryId, Self::Error>;
}

/// What is to be drafted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The period.
    pub period: Period,
    /// Whether it may be the hub's first release though there are records of earlier quarters,
    /// which are never released then.
    pub allow_skipping_earlier: bool,
}

impl Wanted {
    /// A period before which nothing is given up.
    pub fn next(period: Period) -> Self {
        Self { period, allow_skipping_earlier: false }
    }
}

/// What protects the tables of a release, or says why it cannot.
pub(super) type Protector =
    fn(&Catalogue, &Rules, &[Cube], &Transcript) -> Result<Protected, DisclosureError>;

/// The gate of one national node.
pub struct Gate {
    shelf: Shelf,
    codes: Arc<Codes>,
    rules: Rules,
    member: MemberCode,
    clock: SharedClock,
    protector: Protector,
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
        let (shelf, protector) = (Shelf(store), protect as Protector);
        Self { shelf, codes, rules, member, clock, protector, step: Mutex::new(()) }
    }

    /// The same gate with another way to protect releases.
    #[cfg(test)]
    pub(super) fn with_protector(self, protector: Protector) -> Self {
        Self { protector, ..self }
    }

    /// Counts, protects and audits the tables of a closed quarter (and of the year with the
    /// fourth). Nothing is kept unless the audit passed.
    pub fn draft<S: RecordSource>(
        &self,
        actor: &str,
        wanted: Wanted,
        source: &Source<'_, S>,
    ) -> Result<ReleaseId, GateError> {
        let _step = self.step();
        let begun = self.begin(actor, wanted, source)?;
        let transcript = self.shelf.transcript()?;
        let catalogue = self.codes.catalogue();
        let protected = (self.protector)(catalogue, &self.rules, &begun.cubes, &transcript);
        let Protected { tables, report, frozen } =
            protected.map_err(|cause| not_protected(wanted.period, cause))?;
        let tables = tables.iter().map(|safe| safe.table().clone()).collect();
        let release = self.release(wanted.period, tables);
        // What the log would refuse is refused now.
        Admitted::release(&release, None)?;
        let card = begun.card(State::Audited, &frozen, report);
        self.shelf.add(card, &release, &frozen)
    }

    /// The body of a release.
    fn release(&self, period: Period, tables: Vec<Table>) -> Release {
        Release {
            member: self.member,
            area: self.member.as_str().into(),
            period,
            catalogue_version: self.codes.catalogue().version,
            plan_version: self.codes.plan().version,
            tables,
        }
    }

    /// An error while a release stands in the log that this store does not know: what it gave away
    /// is missing from the transcript, and nothing is published. Told before a draft, so that
    /// nobody works in vain.
    pub fn check_accounted<O: Outlet>(&self, outlet: &O) -> Result<(), PublishError<O::Error>> {
        let mut known = BTreeSet::new();
        for card in self.shelf.cards()?.into_iter().filter(|card| card.left) {
            known.extend(match was_interrupted(&card) {
                true => self.find(&card, outlet)?,
                false => entry_of(&card)?,
            });
        }
        let released = outlet.releases().map_err(PublishError::Outlet)?;
        match released.into_iter().find(|entry| !known.contains(entry)) {
            Some(entry) => Err(GateError::Unaccounted { entry }.into()),
            None => Ok(()),
        }
    }

    /// Drops a release that has not left the node.
    pub fn discard(&self, actor: &str, id: ReleaseId) -> Result<(), GateError> {
        let _step = self.step();
        check_actor(actor)?;
        let card = self.shelf.card(id)?;
        match card.state {
            State::Withheld => Err(GateError::Withheld { period: card.period, id }),
            State::Withholding if card.left => Err(GateError::AwaitsWithholding { id }),
            _ if card.left => Err(GateError::MayHaveLeft { id }),
            _ => self.shelf.remove(id),
        }
    }

    /// Approves an audited release that still is what the records say; refused to the one who
    /// drafted it. One that is to be withheld is withheld with this: nothing of it leaves.
    pub fn approve<S: RecordSource>(
        &self,
        actor: &str,
        id: ReleaseId,
        source: &Source<'_, S>,
    ) -> Result<(), GateError> {
        let _step = self.step();
        check_actor(actor)?;
        let mut card = self.shelf.card(id)?;
        if card.state != State::Withholding {
            expect_state(&card, State::Audited)?;
        }
        if card.drafted_by == actor {
            return Err(GateError::SamePerson { id });
        }
        // One that was to be published is withheld because it is not fresh.
        if !card.left {
            self.check_fresh(&card, source)?;
        }
        if card.state == State::Withholding {
            // Later releases must be able to be protected with it.
            self.shelf.frozen(&card)?;
            (card.state, card.left) = (State::Withheld, true);
        } else {
            card.state = State::Approved;
        }
        card.approved_by = Some(actor.into());
        self.shelf.replace(&card)
    }

    /// Publishes an approved release that still is what the records say, or goes on with one whose
    /// publication was interrupted: if the log holds that one, it has left as it is.
    pub fn publish<S: RecordSource, O: Outlet>(
        &self,
        actor: &str,
        id: ReleaseId,
        source: &Source<'_, S>,
        outlet: &O,
    ) -> Result<EntryId, PublishError<O::Error>> {
        let _step = self.step();
        check_actor(actor)?;
        let card = self.shelf.card(id)?;
        if card.state != State::Publishing {
            expect_state(&card, State::Approved)?;
        }
        let admitted = self.admit(&card)?;
        // What leaves must be in the transcript as it was audited.
        self.shelf.frozen(&card)?;
        outlet.check().map_err(PublishError::Outlet)?;
        // The draft may be older than what the log has got back since.
        self.check_accounted(outlet)?;
        let found = match card.state {
            State::Publishing => outlet.find(&admitted).map_err(PublishError::Outlet)?,
            _ => None,
        };
        if found.is_none() {
            self.check_fresh(&card, source)?;
        }
        let marked =
            Card { state: State::Publishing, left: true, published_by: Some(actor.into()), ..card };
        let entry = match found {
            Some(entry) => entry,
            None => {
                self.shelf.replace(&marked)?;
                outlet.append(admitted).map_err(PublishError::Outlet)?
            }
        };
        self.confirm(marked, entry)?;
        Ok(entry)
    }

    /// Looks for the entries of releases whose publication was interrupted. Returns them with
    /// their entries; `None` where there is none, or none yet, and the release waits to be
    /// published again. One that was withheld since is looked for, too: should the log get it back,
    /// it is published.
    pub fn recover<O: Outlet>(
        &self,
        outlet: &O,
    ) -> Result<Vec<(ReleaseId, Option<EntryId>)>, GateError> {
        let _step = self.step();
        let mut looked_for = Vec::new();
        for card in self.shelf.cards()? {
            if !was_interrupted(&card) {
                continue;
            }
            let (id, waits) = (card.id, card.state == State::Publishing);
            // A log that cannot be read yet may be whole again when the release is published.
            let found = outlet.find(&self.admit(&card)?).ok().flatten();
            if let Some(entry) = found {
                self.confirm(card, entry)?;
            }
            if waits || found.is_some() {
                looked_for.push((id, found));
            }
        }
        Ok(looked_for)
    }

    /// The release as kept, admitted only if it is the one that was audited.
    fn admit(&self, card: &Card) -> Result<Admitted, GateError> {
        Ok(Admitted::release(&self.shelf.release(card)?, None)?)
    }

    /// The entry of a release in the log.
    fn find<O: Outlet>(
        &self,
        card: &Card,
        outlet: &O,
    ) -> Result<Option<EntryId>, PublishError<O::Error>> {
        outlet.find(&self.admit(card)?).map_err(PublishError::Outlet)
    }

    fn confirm(&self, mut card: Card, entry: EntryId) -> Result<(), GateError> {
        card.state = State::Published;
        card.entry = Some(entry.to_string());
        card.withholding = None;
        self.shelf.replace(&card)
    }

    /// A step that panicked wrote its batch whole or not at all: the lock may be taken over.
    fn step(&self) -> MutexGuard<'_, ()> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether only the log knows if the release has left.
fn was_interrupted(card: &Card) -> bool {
    card.left && card.published_by.is_some() && card.entry.is_none()
}

/// What protection says, with the way out where there is one.
fn not_protected(period: Period, cause: DisclosureError) -> GateError {
    match cause.is_unprotectable() {
        true => GateError::Unprotectable { period, cause },
        false => cause.into(),
    }
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

fn entry_of(card: &Card) -> Result<Option<EntryId>, GateError> {
    let entry = card.entry.as_deref().map(str::parse::<EntryId>).transpose();
    entry.map_err(|error| GateError::Damaged { id: card.id, detail: error.to_string() })
}
