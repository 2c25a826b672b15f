//! Errors as they leave the node: a code, a message for people, and details for programs
//! (`ErrorInfo` with a reason and the domain `essaim`).
//!
//! The outward message is the error's own text, which by the rule of the modules carries no field
//! of a record and no value of a cell. What is the node's own affair (disk, damage, bugs) is
//! logged and told as "internal" only.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    time::Duration,
};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::{
    library::error::LibraryError,
    log::LogError,
    publication::admitted::{AdmissionError, InvalidBody},
    statistics::error::{Place, QueryError, StatisticsError},
    store::StoreError,
    wire::{parse::Invalid, statistics::StalePage},
};

/// The domain of all reasons.
pub const DOMAIN: &str = "essaim";

/// A status with a reason.
pub fn with_reason(
    code: Code,
    message: impl Into<String>,
    reason: &str,
    metadata: BTreeMap<String, String>,
) -> Status {
    let metadata: HashMap<_, _> = metadata.into_iter().collect();
    let details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
    Status::with_error_details(code, message, details)
}

/// The reason of a status, if it carries one.
pub fn reason(status: &Status) -> Option<String> {
    let info = status.get_details_error_info()?;
    (info.domain == DOMAIN).then_some(info.reason)
}

/// A field of the request is wrong.
pub fn invalid_field(field: &str, problem: &str) -> Status {
    invalid_fields(&[(field, problem)])
}

/// Fields of the request are wrong, each with its problem.
pub fn invalid_fields(faults: &[(&str, impl Display)]) -> Status {
    let mut details = ErrorDetails::with_error_info("INVALID_FIELD", DOMAIN, HashMap::new());
    let mut message = Vec::new();
    for (field, problem) in faults {
        details.add_bad_request_violation(*field, problem.to_string());
        message.push(format!("{field}: {problem}"));
    }
    Status::with_error_details(Code::InvalidArgument, message.join("; "), details)
}

/// The fields that a status says are wrong, each with its problem.
pub fn wrong_fields(status: &Status) -> Vec<(String, String)> {
    let details = status.get_details_bad_request();
    let violations = details.into_iter().flat_map(|details| details.field_violations);
    violations.map(|wrong| (wrong.field, wrong.description)).collect()
}

/// What was asked for does not exist.
pub fn not_found(what: &str, id: &str) -> Status {
    let metadata = BTreeMap::from([("name".to_owned(), id.to_owned())]);
    let message = format!("There is no {what} {id}");
    with_reason(Code::NotFound, message, "NOT_FOUND", metadata)
}

/// The call took too long.
pub fn timed_out(deadline: Duration) -> Status {
    let message = format!("The call took longer than {} s; ask for less", deadline.as_secs());
    with_reason(Code::DeadlineExceeded, message, "DEADLINE", BTreeMap::new())
}

/// Too much at once.
pub fn busy(what: &str) -> Status {
    let message = format!("The node serves enough {what} already; try again later");
    with_reason(Code::ResourceExhausted, message, "BUSY", BTreeMap::new())
}

/// The page asked for belongs to an answer that has changed.
pub fn of_stale_page(stale: &StalePage) -> Status {
    with_reason(Code::Aborted, stale.to_string(), "STALE_PAGE", BTreeMap::new())
}

/// The node's own affair: logged in full, told in one word.
pub fn internal(error: &dyn std::error::Error) -> Status {
    tracing::error!(error = %in_full(error), "a call failed");
    let message = "The node could not do it; its log says why";
    with_reason(Code::Internal, message, "INTERNAL", BTreeMap::new())
}

/// An error with all its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// A request that cannot be read.
pub fn of_invalid(invalid: &Invalid) -> Status {
    invalid_field(&invalid.field, &invalid.problem)
}

/// An error of the store.
pub fn of_store(error: &StoreError) -> Status {
    match error {
        StoreError::Closed => {
            let message = "The node is stopping; try again later";
            with_reason(Code::Unavailable, message, "STOPPING", BTreeMap::new())
        }
        StoreError::Io(_)
        | StoreError::Corrupt { .. }
        | StoreError::Missing { .. }
        | StoreError::Exists { .. }
        | StoreError::Unfinished { .. }
        | StoreError::Locked { .. }
        | StoreError::TooLarge { .. }
        | StoreError::Newer { .. } => internal(error),
    }
}

/// An error of a query.
pub fn of_query(error: &QueryError) -> Status {
    match error {
        QueryError::UnknownIndicator { .. } => invalid_field("indicator", &error.to_string()),
        QueryError::UnknownDimension { place, .. } | QueryError::ClassesOfMedian { place, .. } => {
            let field = match place {
                Place::Rows => "by",
                Place::Filter => "filters",
            };
            invalid_field(field, &error.to_string())
        }
        QueryError::RepeatedDimension(_) => invalid_field("by", &error.to_string()),
        QueryError::RepeatedFilter(_)
        | QueryError::UnknownCode { .. }
        | QueryError::FilterOnTotal(_)
        | QueryError::EmptyFilter(_) => invalid_field("filters", &error.to_string()),
        QueryError::NoPeriod | QueryError::BackwardRange { .. } | QueryError::MixedPeriods => {
            invalid_field("periods", &error.to_string())
        }
        QueryError::TooLarge { .. } => {
            let message = error.to_string();
            with_reason(Code::InvalidArgument, message, "TOO_LARGE", BTreeMap::new())
        }
        QueryError::Statistics(StatisticsError::Store(error)) => of_store(error),
        QueryError::Statistics(error) => internal(error),
    }
}

/// An error of the library.
pub fn of_library(error: &LibraryError) -> Status {
    match error {
        LibraryError::Store(error) => of_store(error),
        LibraryError::NumberReused { .. } => {
            let message = error.to_string();
            with_reason(Code::InvalidArgument, message, "REQUEST_ID_REUSED", BTreeMap::new())
        }
        LibraryError::Invalid(_)
        | LibraryError::DamagedNumber { .. }
        | LibraryError::Damaged { .. }
        | LibraryError::DamagedKey
        | LibraryError::ForeignMember { .. }
        | LibraryError::LaterFirst { .. } => internal(error),
    }
}

/// A publication that was not admitted.
pub fn of_admission(error: &AdmissionError) -> Status {
    match error {
        AdmissionError::TooLarge { .. } => {
            with_reason(Code::InvalidArgument, error.to_string(), "TOO_LARGE", BTreeMap::new())
        }
        AdmissionError::Invalid(InvalidBody::Field { field, problem }) => {
            invalid_field(field, problem)
        }
        AdmissionError::Invalid(error) => internal(error),
    }
}

/// An error of the logs.
pub fn of_log(error: &LogError) -> Status {
    let plain = |code, reason| with_reason(code, error.to_string(), reason, BTreeMap::new());
    match error {
        LogError::Behind { .. } => plain(Code::FailedPrecondition, "OWN_LOG_BEHIND"),
        LogError::Unconfirmed { .. } => plain(Code::Unavailable, "OWN_LOG_UNCONFIRMED"),
        LogError::Frozen { .. } => plain(Code::FailedPrecondition, "LOG_FROZEN"),
        LogError::NoSuchRevision { .. } => plain(Code::FailedPrecondition, "NO_SUCH_REVISION"),
        LogError::Store(error) => of_store(error),
        LogError::File { .. }
        | LogError::Key(_)
        | LogError::Damaged { .. }
        | LogError::DamagedBody { .. }
        | LogError::Unreadable { .. }
        | LogError::NoRandomness
        | LogError::Refused(_) => internal(error),
    }
}

/// Lets services use `?` on the errors of their modules.
macro_rules! into_status {
    ($($error:ty => $of:path),* $(,)?) => {
        $(impl From<$error> for Status {
            fn from(error: $error) -> Self {
                $of(&error)
            }
        })*
    };
}

into_status!(
    Invalid => of_invalid,
    StoreError => of_store,
    QueryError => of_query,
    LibraryError => of_library,
    AdmissionError => of_admission,
    LogError => of_log,
);
