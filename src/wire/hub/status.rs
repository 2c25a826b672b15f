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
        RecordError::WrongState { .. } => plain(Code::FailedPrecondition, "WRONG_STATE"),
        RecordError::IdempotencyConflict { .. } => {
            plain(Code::InvalidArgument, "REQUEST_ID_REUSED")
        }
        RecordError::TooManyRows { .. } => plain(Code::InvalidArgument, "TOO_MANY_ROWS"),
        RecordError::Undecodable { .. } | RecordError::JournalBroken { .. } => {
            status::internal(error)
        }
        RecordError::Store(error) => status::of_store(error),
    }
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
        GateError::DraftExists { .. } => refused("DRAFT_EXISTS"),
        GateError::NotFound { .. } => plain(Code::NotFound, "NOT_FOUND"),
        GateError::WrongState { .. } => refused("WRONG_STATE"),
        GateError::SamePerson { .. } => refused("SAME_PERSON"),
        GateError::MayHaveLeft { .. } => refused("MAY_HAVE_LEFT"),
        GateError::Unaccounted { .. } => refused("TRANSCRIPT_INCOMPLETE"),
        GateError::InvalidActor { .. } => plain(Code::InvalidArgument, "INVALID_ACTOR"),
        GateError::Disclosure(_) => refused("NOT_PROTECTED"),
        GateError::Admission(error) => status::of_admission(error),
        GateError::Records(_) | GateError::Damaged { .. } | GateError::Newer { .. } => {
            status::internal(error)
        }
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
