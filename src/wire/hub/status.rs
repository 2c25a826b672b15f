//! Errors of the modules that hold records. The messages are the errors' own: they carry names of
//! fields and identifiers, never a value.

use std::collections::BTreeMap;

use tonic::{Code, Status};

use crate::{
    base::language::Language,
    intake::error::IntakeError,
    log::LogError,
    records::error::RecordError,
    release::error::{GateError, PublishError},
    wire::{hub::import::mapping_faults, status},
};

/// An error of the repository.
pub fn of_records(error: &RecordError) -> Status {
    let plain =
        |code, reason| status::with_reason(code, error.to_string(), reason, BTreeMap::new());
    match error {
        RecordError::NotFound { .. } => plain(Code::NotFound, "NOT_FOUND"),
        RecordError::EtagMismatch { .. } => plain(Code::Aborted, "ETAG_MISMATCH"),
        RecordError::InvalidField { field, problem } => {
            status::invalid_field(field, &problem.to_string())
        }
        RecordError::InvalidFields { faults } => status::invalid_fields(faults),
        RecordError::WrongState { .. } => plain(Code::FailedPrecondition, "WRONG_STATE"),
        RecordError::IdempotencyConflict { .. } => {
            plain(Code::InvalidArgument, "REQUEST_ID_REUSED")
        }
        RecordError::TooManyRows { .. } => plain(Code::InvalidArgument, "TOO_MANY_ROWS"),
        RecordError::Undecodable { what, .. } => undecodable(what),
        RecordError::JournalBroken { .. } | RecordError::JournalRewritten { .. } => {
            status::internal(error)
        }
        RecordError::Store(error) => status::of_store(error),
    }
}

/// A stored record that cannot be read. The log is read by more people than the records are, so
/// that it tells the kind only; `store verify` names the record to who may open the store.
fn undecodable(what: &'static str) -> Status {
    #[derive(Debug, thiserror::Error)]
    #[error(
        "A stored {0} cannot be read: it is damaged or was written by newer software. Stop the \
         node; `essaim store verify` names it"
    )]
    struct Undecodable(&'static str);
    status::internal(&Undecodable(what))
}

/// An error of an import, in `language`. What the file itself showed may be quoted to its sender.
pub fn of_intake(error: &IntakeError, language: Language) -> Status {
    let with =
        |code, reason| status::with_reason(code, error.text(language), reason, BTreeMap::new());
    let refused = |reason| with(Code::InvalidArgument, reason);
    match error {
        IntakeError::Mapping(faults) => {
            let fault = mapping_faults(faults);
            status::invalid_field(&fault.field, &fault.problem)
        }
        IntakeError::Io(_) => with(Code::Aborted, "FILE_BROKE_OFF"),
        IntakeError::Empty => refused("FILE_EMPTY"),
        IntakeError::Temporary(_) => status::internal(error),
        IntakeError::TooManyBrokenLines { .. } => refused("BROKEN_LINES"),
        IntakeError::MixedEncodings { .. } => refused("MIXED_ENCODINGS"),
        IntakeError::Utf16 | IntakeError::Workbook => refused("NOT_CSV"),
        IntakeError::NoHeading { .. } => refused("NO_HEADING"),
        IntakeError::ColumnTwice { .. } => refused("COLUMN_TWICE"),
        IntakeError::TooManyRows { .. } => refused("TOO_MANY_ROWS"),
        IntakeError::QuarantineFull { .. } => refused("QUARANTINE_FULL"),
        IntakeError::Records(error) => of_records(error),
        IntakeError::Store(error) => status::of_store(error),
    }
}

impl From<RecordError> for Status {
    fn from(error: RecordError) -> Self {
        of_records(&error)
    }
}

/// An error of the gate. It goes to the hub's own steward, and names cells but no values.
pub fn of_gate(error: &GateError) -> Status {
    let plain =
        |code, reason| status::with_reason(code, error.to_string(), reason, BTreeMap::new());
    let refused = |reason| plain(Code::FailedPrecondition, reason);
    match error {
        GateError::NotAQuarter { .. } => status::invalid_field("period", &error.to_string()),
        GateError::NotClosed { .. } => refused("PERIOD_NOT_CLOSED"),
        GateError::AlreadyReleased { .. } => refused("ALREADY_RELEASED"),
        GateError::OutOfOrder { .. } => refused("OUT_OF_ORDER"),
        GateError::EarlierRecords { .. } => refused("EARLIER_RECORDS"),
        GateError::DraftExists { .. } => refused("DRAFT_EXISTS"),
        GateError::NotFound { .. } => plain(Code::NotFound, "NOT_FOUND"),
        GateError::WrongState { .. } => refused("WRONG_STATE"),
        GateError::Outdated { .. } | GateError::InterruptedOutdated { .. } => refused("OUTDATED"),
        GateError::SamePerson { .. } => refused("SAME_PERSON"),
        GateError::MayHaveLeft { .. } => refused("MAY_HAVE_LEFT"),
        GateError::AwaitsWithholding { .. } => refused("AWAITS_WITHHOLDING"),
        GateError::Unaccounted { .. } => refused("TRANSCRIPT_INCOMPLETE"),
        GateError::InvalidActor { .. } => plain(Code::InvalidArgument, "INVALID_ACTOR"),
        GateError::Disclosure(_) | GateError::Unprotectable { .. } => refused("NOT_PROTECTED"),
        GateError::CanBeProtected { .. } => refused("CAN_BE_PROTECTED"),
        GateError::Withheld { .. } => refused("WITHHELD"),
        GateError::InvalidReason { .. } => status::invalid_field("reason", &error.to_string()),
        GateError::Admission(error) => status::of_admission(error),
        GateError::Records(cause) => match cause.downcast_ref() {
            Some(RecordError::Undecodable { what, .. }) => undecodable(what),
            _ => status::internal(error),
        },
        GateError::Damaged { .. } | GateError::Newer { .. } => status::internal(error),
        GateError::Store(error) => status::of_store(error),
    }
}

impl From<GateError> for Status {
    fn from(error: GateError) -> Self {
        of_gate(&error)
    }
}

impl From<PublishError<LogError>> for Status {
    fn from(error: PublishError<LogError>) -> Self {
        match error {
            PublishError::Gate(error) => of_gate(&error),
            PublishError::Outlet(error) => status::of_log(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use super::*;

    #[test]
    fn the_identifier_of_a_damaged_record_reaches_neither_log_nor_caller() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = Arc::new(file.reopen().unwrap());
        let log = tracing_subscriber::fmt().with_writer(log).finish();
        let id = "0190163d-8694-739b-aea5-966c26f8ad91";
        let error = || RecordError::Undecodable { what: "enterprise", id: id.into() };
        let told = tracing::subscriber::with_default(log, || {
            [of_records(&error()), of_gate(&GateError::Records(Box::new(error())))]
        });
        let logged = fs::read_to_string(file.path()).unwrap();
        assert_eq!(logged.matches("enterprise").count(), 2, "{logged}");
        assert_eq!(logged.matches("essaim store verify").count(), 2, "{logged}");
        assert!(!logged.contains(id), "{logged}");
        assert!(told.iter().all(|status| status.code() == Code::Internal));
        assert!(told.iter().all(|status| !status.message().contains(id)));
    }
}
