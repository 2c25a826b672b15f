//! What the gate refuses. No error names a value of a cell.

use jiff::civil::Date;

use crate::{
    base::{id::EntryId, period::Period},
    disclosure::error::DisclosureError,
    publication::admitted::AdmissionError,
    release::{
        earlier::Quarters,
        review::{ReleaseId, State},
    },
    store::StoreError,
};

/// Why a step was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// Only quarters are released; the year goes with its fourth.
    #[error("{period} is no quarter; the year's tables go with its fourth quarter")]
    NotAQuarter {
        /// The period asked for.
        period: Period,
    },
    /// The period is still open.
    #[error("{period} closes at the end of {closing_day}; draft it after that day")]
    NotClosed {
        /// The period.
        period: Period,
        /// The last day that counts.
        closing_day: Date,
    },
    /// The period was released before.
    #[error("{period} is released already (release {id})")]
    AlreadyReleased {
        /// The period.
        period: Period,
        /// The release of it.
        id: ReleaseId,
    },
    /// Quarters are released one after the other.
    #[error("{period} is out of order: {expected} is next")]
    OutOfOrder {
        /// The period asked for.
        period: Period,
        /// The one to release first.
        expected: Period,
    },
    /// The first release would leave earlier quarters behind.
    #[error(
        "{period} would be the first release, and releases go quarter by quarter from there: the \
         records of {earlier} would never be released. Draft {first} first, or allow skipping \
         earlier periods (--skip-earlier) to give them up"
    )]
    EarlierRecords {
        /// The period asked for.
        period: Period,
        /// The earliest quarter with records.
        first: Period,
        /// All quarters with records before the period.
        earlier: Quarters,
    },
    /// There is a draft of the period.
    #[error("Release {id} of {period} is at the gate already; take it further or discard it")]
    DraftExists {
        /// The period.
        period: Period,
        /// Its draft.
        id: ReleaseId,
    },
    /// No release has this identifier.
    #[error("There is no release {id}")]
    NotFound {
        /// The identifier.
        id: ReleaseId,
    },
    /// The step does not fit the release's state.
    #[error("Release {id} is {state}; this step needs one that is {needed}")]
    WrongState {
        /// The release.
        id: ReleaseId,
        /// Its state.
        state: State,
        /// The state the step needs.
        needed: State,
    },
    /// The records, or what it would be audited under, changed since the draft.
    #[error(
        "Release {id} of {period} is outdated: the records, the rules or the catalogue are not \
         those it was drafted under (perhaps a consent was withdrawn or a record corrected; before \
         a hub's first release, what is entered later on the day of the draft counts, too). \
         Discard it and draft {period} again"
    )]
    Outdated {
        /// The release.
        id: ReleaseId,
        /// Its period.
        period: Period,
    },
    /// The same, of a release whose publication was interrupted before it stood in the log.
    #[error(
        "Release {id} of {period} was not published, and it is outdated by now: the records, the \
         rules or the catalogue are not those it was drafted under. As it was about to leave, it \
         stays what later releases are protected with. Withhold {period}, so that it never does \
         (`essaim release withhold {period} --reason TEXT`)"
    )]
    InterruptedOutdated {
        /// The release.
        id: ReleaseId,
        /// Its period.
        period: Period,
    },
    /// Who drafted a release cannot approve it.
    #[error("Release {id} was drafted by the same person; somebody else must approve it")]
    SamePerson {
        /// The release.
        id: ReleaseId,
    },
    /// The release may have left the node and cannot be taken back.
    #[error(
        "Release {id} may have left the node; it can be published, not discarded. If its \
         publication was interrupted, publish it again"
    )]
    MayHaveLeft {
        /// The release.
        id: ReleaseId,
    },
    /// The release was interrupted and is to be withheld.
    #[error(
        "Release {id} is to be withheld, after its publication was interrupted: somebody other \
         than who drafted it must approve that (`essaim release approve`)"
    )]
    AwaitsWithholding {
        /// The release.
        id: ReleaseId,
    },
    /// The caller's name is missing or too long.
    #[error("The actor must have a name of 1 to {bytes_max} bytes")]
    InvalidActor {
        /// The limit.
        bytes_max: usize,
    },
    /// No way was found to protect the period.
    #[error(
        "{period} was not protected: {cause}. If that does not help, withhold it, so that later \
         quarters need not wait for it (`essaim release withhold {period} --reason TEXT`)"
    )]
    Unprotectable {
        /// The period.
        period: Period,
        /// What protection says.
        #[source]
        cause: DisclosureError,
    },
    /// Only what cannot be protected is withheld.
    #[error("{period} can be protected: draft it (`essaim release draft {period}`)")]
    CanBeProtected {
        /// The period.
        period: Period,
    },
    /// The period is withheld, which is settled.
    #[error(
        "{period} is withheld (release {id}), and later releases are protected with that in view. \
         It can be neither released nor discarded"
    )]
    Withheld {
        /// The period.
        period: Period,
        /// The release that withholds it.
        id: ReleaseId,
    },
    /// To withhold takes a reason.
    #[error("The reason must be a text of 1 to {bytes_max} bytes")]
    InvalidReason {
        /// The limit.
        bytes_max: usize,
    },
    /// Disclosure control refused the tables.
    #[error("The release was not protected: {0}")]
    Disclosure(#[from] DisclosureError),
    /// The protected release breaks a rule of publications.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// The records could not be read.
    #[error("The records could not be read")]
    Records(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the store holds of a release is not what was written.
    #[error("Release {id} is damaged in the store: {detail}. Restore the store from a backup")]
    Damaged {
        /// The release.
        id: ReleaseId,
        /// What was found, without any value.
        detail: String,
    },
    /// The log holds a release that is not in the store: the store was restored, or is new.
    #[error(
        "The log holds {entry}, a release this store knows nothing of (or an entry that cannot be \
         read): without what it gave away nothing can be protected. Restore the newest copy of the \
         store that has it; `essaim log verify` tells whether the entry can be read"
    )]
    Unaccounted {
        /// The entry.
        entry: EntryId,
    },
    /// A newer program kept the release.
    #[error(
        "Release {id} is kept in layout {found}; this program reads up to {known}. Start the node \
         with the program that wrote it, or a newer one"
    )]
    Newer {
        /// The release.
        id: ReleaseId,
        /// The layout found.
        found: u8,
        /// Newest layout this program knows.
        known: u8,
    },
}

/// Why a release was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError<E> {
    /// The gate refused.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The log refused, or did not confirm the entry. It may stand there all the same; publishing
    /// again finds out.
    #[error("The log did not confirm the release")]
    Outlet(#[source] E),
}
