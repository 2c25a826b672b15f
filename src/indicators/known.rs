//! Records as they are known on a day, mostly the closing day: what was entered later is left out.
//!
//! What this means for a figure:
//! - a registration, visit, request, answer or consent that was entered after the closing day does
//!   not count, whenever it happened; nor do a closing, a score, a follow-up of a record that was
//!   entered in time. They wait for the yearly revision, whose closing day is the fourth quarter's;
//! - a *correction* counts at once, since earlier versions of a fact are not kept;
//! - a *withdrawal* of consent counts at once: nothing is counted of who does not agree (any more),
//!   even where it was entered after the closing day. It ends every consent for the same purpose
//!   that was given until that day, in whatever way each was recorded.
//!
//! What a hub entered by the day it drafted its first release is its backlog, and was in time: of
//! nothing released before can it tell anything. Without that, a hub that begins with the files of
//! past years would release zeros for them.
//!
//! So a period counted again gives the same figures, but for corrections and withdrawals.

use jiff::civil::Date;

use crate::records::types::{Answer, Consent, ConsentPurpose, Enterprise, SupportRequest, Visit};

/// The day up to which things are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The last day on which something could be entered to count.
    pub until: Date,
}

/// What the consents of an enterprise say about its being counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Agreement {
    /// The newest day of a consent that was not withdrawn itself.
    given_on: Option<Date>,
    /// The newest day of a withdrawal.
    withdrawn_on: Option<Date>,
}

impl Agreement {
    /// With what another consent says.
    pub fn and(self, other: Self) -> Self {
        Self {
            given_on: self.given_on.max(other.given_on),
            withdrawn_on: self.withdrawn_on.max(other.withdrawn_on),
        }
    }

    /// Whether the enterprise may be counted. Who withdraws a consent does not have to know how
    /// often it was recorded: a withdrawal ends all that were given until that day.
    pub fn lets_count(self) -> bool {
        self.given_on.is_some() && self.given_on > self.withdrawn_on
    }
}

impl Known {
    fn in_time(self, entered_on: Option<Date>) -> bool {
        entered_on.is_none_or(|day| day <= self.until)
    }

    /// The enterprise, if it is known.
    pub fn enterprise(self, enterprise: Enterprise) -> Option<Enterprise> {
        self.in_time(enterprise.entered_on).then_some(enterprise)
    }

    /// The visit, if it is known.
    pub fn visit(self, visit: Visit) -> Option<Visit> {
        self.in_time(visit.entered_on).then_some(visit)
    }

    /// The request as far as it is known.
    pub fn request(self, mut request: SupportRequest) -> Option<SupportRequest> {
        if !self.in_time(request.closing_entered_on) {
            request.closed_on = None;
        }
        self.in_time(request.entered_on).then_some(request)
    }

    /// The answer as far as it is known.
    pub fn answer(self, mut answer: Answer) -> Option<Answer> {
        if !self.in_time(answer.score_entered_on) {
            answer.satisfaction = None;
        }
        if !self.in_time(answer.follow_up_entered_on) {
            answer.follow_up = None;
        }
        self.in_time(answer.entered_on).then_some(answer)
    }

    /// What `consent` says about being counted, if anything.
    pub fn agreement(self, consent: &Consent) -> Option<Agreement> {
        if consent.purpose != ConsentPurpose::AnonymizedIndicators {
            return None;
        }
        if let Some(day) = consent.withdrawn_on {
            return Some(Agreement { given_on: None, withdrawn_on: Some(day) });
        }
        let known = consent.given_on <= self.until && self.in_time(consent.entered_on);
        known.then_some(Agreement { given_on: Some(consent.given_on), withdrawn_on: None })
    }
}
