//! What a writer states of each record: its coded part without the identifiers, states and days of
//! entry that the repository computes.

use jiff::civil::Date;

use crate::{
    base::{
        id::{AnswerId, ConsentId, EnterpriseId, RequestId, VisitId},
        money::Money,
    },
    records::types::{
        Answer, Consent, ConsentPurpose, Enterprise, FollowUp, RequestState, SizeRule,
        SupportRequest, Visit,
    },
};

/// An enterprise as stated; see [`Enterprise`] for each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterpriseFields {
    /// Region code.
    pub region: String,
    /// Filière code.
    pub filiere: String,
    /// CITI rev. 4 group.
    pub citi_group: String,
    /// Size class code.
    pub size: String,
    /// The rule that gave the size class.
    pub size_rule: SizeRule,
    /// Persons working in the enterprise.
    pub headcount: Option<u32>,
    /// Yearly turnover without tax.
    pub turnover: Option<Money>,
    /// Sex of the head.
    pub sex: String,
    /// Formal status.
    pub status: String,
    /// Day of first registration with the hub.
    pub registered_on: Date,
    /// Code of the holding group it belongs to.
    pub holding: Option<String>,
}

impl EnterpriseFields {
    /// What `record` states.
    pub fn of(record: &Enterprise) -> Self {
        let Enterprise {
            id: _,
            region,
            filiere,
            citi_group,
            size,
            size_rule,
            headcount,
            turnover,
            sex,
            status,
            registered_on,
            entered_on: _,
            holding,
        } = record.clone();
        Self {
            region,
            filiere,
            citi_group,
            size,
            size_rule,
            headcount,
            turnover,
            sex,
            status,
            registered_on,
            holding,
        }
    }

    /// The record `id` with these fields.
    pub(crate) fn with_id(self, id: EnterpriseId) -> Enterprise {
        let Self {
            region,
            filiere,
            citi_group,
            size,
            size_rule,
            headcount,
            turnover,
            sex,
            status,
            registered_on,
            holding,
        } = self;
        Enterprise {
            id,
            region,
            filiere,
            citi_group,
            size,
            size_rule,
            headcount,
            turnover,
            sex,
            status,
            registered_on,
            entered_on: None,
            holding,
        }
    }
}

/// A visit as stated; see [`Visit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitFields {
    /// Day of the visit.
    pub visited_on: Date,
    /// Purpose code.
    pub purpose: String,
}

impl VisitFields {
    /// What `record` states.
    pub fn of(record: &Visit) -> Self {
        Self { visited_on: record.visited_on, purpose: record.purpose.clone() }
    }

    /// The record `id` with these fields.
    pub(crate) fn with_id(self, id: VisitId, enterprise: EnterpriseId) -> Visit {
        let Self { visited_on, purpose } = self;
        Visit { id, enterprise, visited_on, purpose, entered_on: None }
    }
}

/// A support request as stated; see [`SupportRequest`]. The days of steps are stated only when a
/// request is first entered (a register kept on paper, an import); afterwards the steps of the
/// life cycle set them. The state follows from the days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFields {
    /// Day of receipt.
    pub received_on: Date,
    /// Channel code.
    pub channel: String,
    /// Theme code.
    pub theme: String,
    /// Day of assignment.
    pub assigned_on: Option<Date>,
    /// Day it was passed to remote experts.
    pub escalated_on: Option<Date>,
    /// Day of closing.
    pub closed_on: Option<Date>,
}

impl RequestFields {
    /// A request just received, with no step behind it.
    pub fn received(received_on: Date, channel: &str, theme: &str) -> Self {
        Self {
            received_on,
            channel: channel.into(),
            theme: theme.into(),
            assigned_on: None,
            escalated_on: None,
            closed_on: None,
        }
    }

    /// What `record` states.
    pub fn of(record: &SupportRequest) -> Self {
        Self {
            received_on: record.received_on,
            channel: record.channel.clone(),
            theme: record.theme.clone(),
            assigned_on: record.assigned_on,
            escalated_on: record.escalated_on,
            closed_on: record.closed_on,
        }
    }

    /// The record `id` with these fields, first answered on a day if it was.
    pub(crate) fn with_id(
        self,
        id: RequestId,
        enterprise: EnterpriseId,
        first_answered_on: Option<Date>,
    ) -> SupportRequest {
        let Self { received_on, channel, theme, assigned_on, escalated_on, closed_on } = self;
        let state = match (closed_on, first_answered_on, escalated_on, assigned_on) {
            (Some(_), _, _, _) => RequestState::Closed,
            (None, Some(_), _, _) => RequestState::Answered,
            (None, None, Some(_), _) => RequestState::Escalated,
            (None, None, None, Some(_)) => RequestState::Assigned,
            (None, None, None, None) => RequestState::Received,
        };
        SupportRequest {
            id,
            enterprise,
            received_on,
            channel,
            theme,
            state,
            assigned_on,
            escalated_on,
            first_answered_on,
            closed_on,
            entered_on: None,
            closing_entered_on: None,
        }
    }
}

/// An answer as stated; see [`Answer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFields {
    /// Day of the answer.
    pub answered_on: Date,
    /// Kind code.
    pub kind: String,
    /// Where remote expertise came from; `None` if local only.
    pub remote_expertise: Option<String>,
    /// Score from 1 to 5 given by the enterprise.
    pub satisfaction: Option<u8>,
    /// What was found some months later.
    pub follow_up: Option<FollowUp>,
}

impl AnswerFields {
    /// What `record` states.
    pub fn of(record: &Answer) -> Self {
        Self {
            answered_on: record.answered_on,
            kind: record.kind.clone(),
            remote_expertise: record.remote_expertise.clone(),
            satisfaction: record.satisfaction,
            follow_up: record.follow_up.clone(),
        }
    }

    /// The record `id` with these fields.
    pub(crate) fn with_id(
        self,
        id: AnswerId,
        request: RequestId,
        enterprise: EnterpriseId,
    ) -> Answer {
        let Self { answered_on, kind, remote_expertise, satisfaction, follow_up } = self;
        Answer {
            id,
            request,
            enterprise,
            answered_on,
            kind,
            remote_expertise,
            satisfaction,
            follow_up,
            entered_on: None,
            score_entered_on: None,
            follow_up_entered_on: None,
        }
    }
}

/// A consent as stated; see [`Consent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentFields {
    /// What for.
    pub purpose: ConsentPurpose,
    /// Version of the text that was agreed to.
    pub text_version: String,
    /// How it was given.
    pub medium: String,
    /// Day it was given.
    pub given_on: Date,
}

impl ConsentFields {
    /// What `record` states.
    pub fn of(record: &Consent) -> Self {
        Self {
            purpose: record.purpose,
            text_version: record.text_version.clone(),
            medium: record.medium.clone(),
            given_on: record.given_on,
        }
    }

    /// The record `id` with these fields, withdrawn on a day if it was.
    pub(crate) fn with_id(
        self,
        id: ConsentId,
        enterprise: EnterpriseId,
        withdrawn_on: Option<Date>,
    ) -> Consent {
        let Self { purpose, text_version, medium, given_on } = self;
        let entered_on = None;
        Consent {
            id,
            enterprise,
            purpose,
            text_version,
            medium,
            given_on,
            withdrawn_on,
            entered_on,
        }
    }
}
