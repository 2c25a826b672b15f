//! The records as typed data, and their stored layouts.
//!
//! The CBOR indexes are the stored format; fields are only ever added. Code fields hold codes of
//! the lists in `codes` (`region`, `filiere`, `citi`, `size`, `sex`, `status`, `channel`, …);
//! [`crate::codes::list::UNKNOWN`] stands for "not known".
//!
//! Each fact that indicators count carries the day it was *entered* at the node, which decides in
//! which release it counts. `entered` alone sets these days. Where one is absent, the value was
//! written before there were such days; it counts as entered in time.

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use crate::base::{
    id::{AnswerId, ConsentId, EnterpriseId, RequestId, VisitId},
    money::Money,
};

/// An enterprise: what indicators count.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enterprise {
    /// Identifier, stable for ever.
    #[n(0)]
    pub id: EnterpriseId,
    /// Region code (`ML-3`).
    #[n(1)]
    pub region: String,
    /// Filière code (`LAIT`).
    #[n(2)]
    pub filiere: String,
    /// CITI rev. 4 group (`105`), or `_U`.
    #[n(3)]
    pub citi_group: String,
    /// Size class code (`MIC`, `PET`, `MOY`, `GRA`, `NC`).
    #[n(4)]
    pub size: String,
    /// The rule that gave the size class.
    #[n(5)]
    pub size_rule: SizeRule,
    /// Persons working in the enterprise, its head included.
    #[n(6)]
    pub headcount: Option<u32>,
    /// Yearly turnover without tax; most informal enterprises have none on record.
    #[n(7)]
    pub turnover: Option<Money>,
    /// Sex of the head: code `F`, `M`, `X` (mixed) or `_U`.
    #[n(8)]
    pub sex: String,
    /// Formal status: code `FORMAL`, `INFORMAL` or `_U`.
    #[n(9)]
    pub status: String,
    /// Day of first registration with the hub.
    #[cbor(n(10), with = "crate::base::date::cbor")]
    pub registered_on: Date,
    /// Day it was entered.
    #[cbor(n(11), with = "crate::base::date::cbor_option")]
    pub entered_on: Option<Date>,
    /// Code of the holding group it belongs to, as the hub numbers them; an enterprise without one
    /// is its own. Disclosure control counts groups, for the heads of a group know all its figures.
    #[n(12)]
    pub holding: Option<String>,
}

/// The rule that gave a size class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SizeRule {
    /// No headcount, turnover or declaration: class `NC`.
    #[n(0)]
    None,
    /// As declared in the source.
    #[n(1)]
    Declared,
    /// From the headcount.
    #[n(2)]
    Headcount,
    /// From the turnover.
    #[n(3)]
    Turnover,
}

/// An enterprise: who it is. Encrypted and erasable in a later version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnterpriseIdentity {
    /// Name of the enterprise.
    #[n(0)]
    pub name: String,
    /// Name of its head.
    #[n(1)]
    pub head_name: String,
    /// Telephone numbers, as typed.
    #[n(2)]
    pub telephones: Vec<String>,
    /// E-mail address.
    #[n(3)]
    pub email: String,
    /// Where it is, in words.
    #[n(4)]
    pub locality: String,
    /// Latitude in degrees × 10⁶ (WGS 84).
    #[n(5)]
    pub latitude_microdegrees: Option<i32>,
    /// Longitude in degrees × 10⁶ (WGS 84).
    #[n(6)]
    pub longitude_microdegrees: Option<i32>,
    /// Trade register or tax number.
    #[n(7)]
    pub registration_number: String,
    /// Free text.
    #[n(8)]
    pub remarks: String,
}

/// A visit to a production site.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Visit {
    /// Identifier.
    #[n(0)]
    pub id: VisitId,
    /// The enterprise visited.
    #[n(1)]
    pub enterprise: EnterpriseId,
    /// Day of the visit.
    #[cbor(n(2), with = "crate::base::date::cbor")]
    pub visited_on: Date,
    /// Purpose code (`purpose` list), or `_U`.
    #[n(3)]
    pub purpose: String,
    /// Day it was entered.
    #[cbor(n(4), with = "crate::base::date::cbor_option")]
    pub entered_on: Option<Date>,
}

/// A visit: who and what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VisitIdentity {
    /// The adviser (référent technologique).
    #[n(0)]
    pub referent: String,
    /// Free text.
    #[n(1)]
    pub remarks: String,
}

/// A support request and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SupportRequest {
    /// Identifier.
    #[n(0)]
    pub id: RequestId,
    /// The enterprise that asked.
    #[n(1)]
    pub enterprise: EnterpriseId,
    /// Day of receipt.
    #[cbor(n(2), with = "crate::base::date::cbor")]
    pub received_on: Date,
    /// Channel code (`channel` list), or `_U`.
    #[n(3)]
    pub channel: String,
    /// Theme code (`theme` list), or `_U`.
    #[n(4)]
    pub theme: String,
    /// State of the life cycle.
    #[n(5)]
    pub state: RequestState,
    /// Day of assignment to an adviser.
    #[cbor(n(6), with = "crate::base::date::cbor_option")]
    pub assigned_on: Option<Date>,
    /// Day it was passed to remote experts.
    #[cbor(n(7), with = "crate::base::date::cbor_option")]
    pub escalated_on: Option<Date>,
    /// Day of the first answer.
    #[cbor(n(8), with = "crate::base::date::cbor_option")]
    pub first_answered_on: Option<Date>,
    /// Day of closing.
    #[cbor(n(9), with = "crate::base::date::cbor_option")]
    pub closed_on: Option<Date>,
    /// Day it was entered.
    #[cbor(n(10), with = "crate::base::date::cbor_option")]
    pub entered_on: Option<Date>,
    /// Day its closing was entered.
    #[cbor(n(11), with = "crate::base::date::cbor_option")]
    pub closing_entered_on: Option<Date>,
}

/// received → assigned → [escalated] → answered → closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum RequestState {
    /// Received, nobody assigned.
    #[n(0)]
    Received,
    /// An adviser works on it.
    #[n(1)]
    Assigned,
    /// Remote experts or a peer hub were asked.
    #[n(2)]
    Escalated,
    /// At least one answer was given.
    #[n(3)]
    Answered,
    /// Closed, answered or not.
    #[n(4)]
    Closed,
}

/// A support request: who and what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RequestIdentity {
    /// The adviser (référent technologique).
    #[n(0)]
    pub referent: String,
    /// The question as asked.
    #[n(1)]
    pub question: String,
}

/// An answer given to an enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// Identifier.
    #[n(0)]
    pub id: AnswerId,
    /// The request it answers.
    #[n(1)]
    pub request: RequestId,
    /// The enterprise that asked (copied from the request).
    #[n(2)]
    pub enterprise: EnterpriseId,
    /// Day of the answer.
    #[cbor(n(3), with = "crate::base::date::cbor")]
    pub answered_on: Date,
    /// Kind code (`answer_kind` list), or `_U`.
    #[n(4)]
    pub kind: String,
    /// Where remote expertise came from (`expertise` list: `SATD`, `PEER`); `None` if local only.
    #[n(5)]
    pub remote_expertise: Option<String>,
    /// Score from 1 to 5 given by the enterprise.
    #[n(6)]
    pub satisfaction: Option<u8>,
    /// What was found some months later.
    #[n(7)]
    pub follow_up: Option<FollowUp>,
    /// Day it was entered.
    #[cbor(n(8), with = "crate::base::date::cbor_option")]
    pub entered_on: Option<Date>,
    /// Day its score was entered.
    #[cbor(n(9), with = "crate::base::date::cbor_option")]
    pub score_entered_on: Option<Date>,
    /// Day its follow-up was entered.
    #[cbor(n(10), with = "crate::base::date::cbor_option")]
    pub follow_up_entered_on: Option<Date>,
}

/// A follow-up of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FollowUp {
    /// Day of the follow-up.
    #[cbor(n(0), with = "crate::base::date::cbor")]
    pub followed_up_on: Date,
    /// Whether the solution is in use.
    #[n(1)]
    pub adopted: bool,
    /// Investment or funding mobilized, in the country's currency.
    #[n(2)]
    pub funding: Option<Money>,
}

/// An answer: its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnswerIdentity {
    /// The answer as given.
    #[n(0)]
    pub text: String,
}

/// A consent of an enterprise for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Consent {
    /// Identifier.
    #[n(0)]
    pub id: ConsentId,
    /// Who gave it.
    #[n(1)]
    pub enterprise: EnterpriseId,
    /// What for.
    #[n(2)]
    pub purpose: ConsentPurpose,
    /// Version of the text that was agreed to.
    #[n(3)]
    pub text_version: String,
    /// How it was given: code `PAPER`, `ORAL`, `DIGITAL` or `_U`.
    #[n(4)]
    pub medium: String,
    /// Day it was given.
    #[cbor(n(5), with = "crate::base::date::cbor")]
    pub given_on: Date,
    /// Day it was withdrawn.
    #[cbor(n(6), with = "crate::base::date::cbor_option")]
    pub withdrawn_on: Option<Date>,
    /// Day it was entered. A withdrawal has none: it holds from the moment it is entered, whatever
    /// release is next.
    #[cbor(n(7), with = "crate::base::date::cbor_option")]
    pub entered_on: Option<Date>,
}

/// What a consent allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ConsentPurpose {
    /// Being visited and advised.
    #[n(0)]
    FollowUp,
    /// Being counted in anonymized indicators.
    #[n(1)]
    AnonymizedIndicators,
    /// Being described in a published case.
    #[n(2)]
    CasePublication,
}

/// The kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum RecordKind {
    /// An enterprise.
    #[n(0)]
    Enterprise,
    /// A visit.
    #[n(1)]
    Visit,
    /// A support request.
    #[n(2)]
    Request,
    /// An answer.
    #[n(3)]
    Answer,
    /// A consent.
    #[n(4)]
    Consent,
}

impl RecordKind {
    /// The kind in lower-case English.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Visit => "visit",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Consent => "consent",
        }
    }
}

impl std::fmt::Display for RecordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl RequestState {
    /// The state in lower-case English.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Assigned => "assigned",
            Self::Escalated => "escalated",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }
}

/// The two parts of a record together, as handed to the hub's own staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole<C, I> {
    /// What indicators count.
    pub coded: C,
    /// Who and what it is about.
    pub identity: I,
}

/// An enterprise, both parts.
pub type EnterpriseRecord = Whole<Enterprise, EnterpriseIdentity>;
/// A visit, both parts.
pub type VisitRecord = Whole<Visit, VisitIdentity>;
/// A support request, both parts.
pub type RequestRecord = Whole<SupportRequest, RequestIdentity>;
/// An answer, both parts.
pub type AnswerRecord = Whole<Answer, AnswerIdentity>;

impl ConsentPurpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::FollowUp, Self::AnonymizedIndicators, Self::CasePublication];
}

/// A stored record with its revision. The revision is also the etag of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised<T> {
    /// 1 for a new record, one more at each change.
    pub revision: u64,
    /// The record.
    pub record: T,
}
