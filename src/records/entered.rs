//! The day each fact was entered at the node, by the node's own clock.
//!
//! A release counts what was entered by its period's closing day, and leaves the rest to the
//! yearly revision. So that a figure does not depend on the hour a steward asks for it, the day is
//! kept with the fact: of a record, of a request's closing, of an answer's score and follow-up. A
//! *correction* of a fact keeps its day, because earlier versions are not kept: what counts is the
//! fact as it stands, if there was one in time. Only a follow-up on a later day is another fact
//! than the one whose place it takes.

use jiff::civil::Date;

use crate::records::types::{Answer, Consent, Enterprise, SupportRequest, Visit};

/// A coded part whose facts know the day they were entered.
pub(crate) trait Entered {
    /// Sets these days for what is written today in the place of `old`.
    fn enter(&mut self, old: Option<&Self>, today: Date);
}

/// Days of a record as a whole.
macro_rules! entered_once {
    ($($name:ident),*) => {
        $(impl Entered for $name {
            fn enter(&mut self, old: Option<&Self>, today: Date) {
                self.entered_on = old.map_or(Some(today), |old| old.entered_on);
            }
        })*
    };
}

entered_once!(Enterprise, Visit, Consent);

impl Entered for SupportRequest {
    fn enter(&mut self, old: Option<&Self>, today: Date) {
        self.entered_on = old.map_or(Some(today), |old| old.entered_on);
        let closed = old.filter(|old| old.closed_on.is_some());
        let closing_entered_on = closed.map_or(Some(today), |old| old.closing_entered_on);
        self.closing_entered_on = self.closed_on.and(closing_entered_on);
    }
}

impl Entered for Answer {
    fn enter(&mut self, old: Option<&Self>, today: Date) {
        self.entered_on = old.map_or(Some(today), |old| old.entered_on);
        let rated = old.filter(|old| old.satisfaction.is_some());
        let score_entered_on = rated.map_or(Some(today), |old| old.score_entered_on);
        self.score_entered_on = self.satisfaction.and(score_entered_on);
        self.follow_up_entered_on = self.follow_up.as_ref().and_then(|found| {
            let same = old.filter(|old| {
                let before = old.follow_up.as_ref();
                before.is_some_and(|before| found.followed_up_on <= before.followed_up_on)
            });
            same.map_or(Some(today), |old| old.follow_up_entered_on)
        });
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::Entered;
    use crate::{
        base::id::{AnswerId, EnterpriseId, RequestId},
        records::types::{Answer, FollowUp, RequestState, SupportRequest},
    };

    const FIRST: Date = date(2026, 4, 1);
    const SECOND: Date = date(2026, 5, 1);
    const THIRD: Date = date(2026, 6, 1);

    fn answer() -> Answer {
        Answer {
            id: AnswerId::from_bytes([1; 16]),
            request: RequestId::from_bytes([2; 16]),
            enterprise: EnterpriseId::from_bytes([3; 16]),
            answered_on: date(2026, 1, 2),
            kind: "_U".into(),
            remote_expertise: None,
            satisfaction: None,
            follow_up: None,
            entered_on: None,
            score_entered_on: None,
            follow_up_entered_on: None,
        }
    }

    fn request(closed_on: Option<Date>) -> SupportRequest {
        SupportRequest {
            id: RequestId::from_bytes([2; 16]),
            enterprise: EnterpriseId::from_bytes([3; 16]),
            received_on: date(2026, 1, 1),
            channel: "_U".into(),
            theme: "_U".into(),
            state: RequestState::Received,
            assigned_on: None,
            escalated_on: None,
            first_answered_on: None,
            closed_on,
            entered_on: None,
            closing_entered_on: None,
        }
    }

    fn found(followed_up_on: Date) -> Option<FollowUp> {
        Some(FollowUp { followed_up_on, adopted: true, funding: None })
    }

    /// `now` entered on `today` in the place of `old`: the days of answer, score and follow-up.
    fn entered(old: &Answer, mut now: Answer, today: Date) -> (Answer, [Option<Date>; 3]) {
        now.enter(Some(old), today);
        let days = [now.entered_on, now.score_entered_on, now.follow_up_entered_on];
        (now, days)
    }

    #[test]
    fn a_correction_keeps_the_day_and_what_is_added_gets_its_own() {
        let mut first = answer();
        first.enter(None, FIRST);
        assert_eq!(first.entered_on, Some(FIRST));
        let rated = Answer { satisfaction: Some(4), ..answer() };
        let (rated, days) = entered(&first, rated, SECOND);
        assert_eq!(days, [Some(FIRST), Some(SECOND), None]);
        let followed = Answer { satisfaction: Some(5), follow_up: found(SECOND), ..answer() };
        let (followed, days) = entered(&rated, followed, THIRD);
        assert_eq!(days, [Some(FIRST), Some(SECOND), Some(THIRD)]);
        // A score taken back leaves no day; a follow-up corrected to an earlier day keeps its own.
        let corrected = Answer { follow_up: found(FIRST), ..answer() };
        let (_, days) = entered(&followed, corrected, date(2026, 7, 1));
        assert_eq!(days, [Some(FIRST), None, Some(THIRD)]);
        // On a later day it is another one.
        let later = Answer { follow_up: found(THIRD), ..answer() };
        let (_, days) = entered(&followed, later, date(2026, 7, 1));
        assert_eq!(days, [Some(FIRST), None, Some(date(2026, 7, 1))]);
    }

    #[test]
    fn a_closing_has_a_day_of_its_own() {
        let (mut open, mut closed) = (request(None), request(Some(date(2026, 1, 9))));
        open.enter(None, FIRST);
        assert_eq!((open.entered_on, open.closing_entered_on), (Some(FIRST), None));
        closed.enter(Some(&open), SECOND);
        assert_eq!((closed.entered_on, closed.closing_entered_on), (Some(FIRST), Some(SECOND)));
        let mut corrected = request(Some(date(2026, 1, 8)));
        corrected.enter(Some(&closed), THIRD);
        assert_eq!(corrected.closing_entered_on, Some(SECOND));
    }

    #[test]
    fn what_was_written_before_there_were_such_days_stays_without() {
        let before = Answer { satisfaction: Some(4), follow_up: found(FIRST), ..answer() };
        let (_, days) = entered(&before, before.clone(), SECOND);
        assert_eq!(days, [None; 3]);
    }
}
