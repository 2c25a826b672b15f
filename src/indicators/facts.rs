//! Which record counts in which population of the catalogue: the definitions, as code.
//!
//! A fact is one record's part of one population. Its meaning is the catalogue's definition; a
//! change here that moves a figure is a new version of the catalogue.

use jiff::{ToSpan, civil::Date};

use crate::{
    base::period::Period,
    records::types::{Answer, Enterprise, FollowUp, SupportRequest, Visit},
};

/// Months that "followed" looks back over.
const FOLLOWED_MONTHS: i32 = 12;
/// Least months between an answer and a follow-up that can tell of adoption.
const FOLLOW_UP_MONTHS_MIN: i32 = 3;
/// Days in which an answer is timely.
const TIMELY_DAYS_MAX: i32 = 30;

/// The time a table looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// The table's period.
    pub period: Period,
    /// The day on which the period was closed.
    pub closing_day: Date,
}

/// A request with its first answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handled<'a> {
    /// The request.
    pub request: &'a SupportRequest,
    /// Day of the earliest answer.
    pub first_answered_on: Option<Date>,
}

/// What a fact is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// The enterprise itself.
    Enterprise,
    /// A visit to it.
    Visit(&'a Visit),
    /// A request of it.
    Request(Handled<'a>),
    /// An answer given to it.
    Answer(&'a Answer),
}

/// One record, the enterprise it belongs to, and what it may count as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact<'a> {
    /// The enterprise.
    pub enterprise: &'a Enterprise,
    /// The record.
    pub subject: Subject<'a>,
}

impl Fact<'_> {
    /// The fact's value of each measure of `population`, or `None` if it does not count there.
    pub fn values(&self, population: &str, window: Window) -> Option<Vec<(&'static str, i64)>> {
        let ones = |counts: bool, measures: &[&'static str]| {
            counts.then(|| measures.iter().map(|measure| (*measure, 1)).collect())
        };
        match (population, self.subject) {
            ("enterprises_followed", _) => ones(self.is_contact(window), &["enterprises"]),
            ("enterprises_sex_known", _) => {
                let known = ["F", "M", "X"].contains(&self.enterprise.sex.as_str());
                ones(known && self.is_contact(window), &["enterprises"])
            }
            ("enterprises_led_by_women", _) => {
                ones(self.enterprise.sex == "F" && self.is_contact(window), &["enterprises"])
            }
            ("enterprises_registered", Subject::Enterprise) => {
                ones(window.period.contains(self.enterprise.registered_on), &["enterprises"])
            }
            ("visits", Subject::Visit(visit)) => {
                ones(window.period.contains(visit.visited_on), &["visits", "enterprises"])
            }
            (_, Subject::Request(handled)) => {
                ones(handled.counts_in(population, window), &["requests"])
            }
            (_, Subject::Answer(answer)) => answer_values(answer, population, window.period),
            _ => None,
        }
    }

    /// Whether the record is a contact in the twelve months that end with the period.
    fn is_contact(&self, window: Window) -> bool {
        let day = match self.subject {
            Subject::Enterprise => self.enterprise.registered_on,
            Subject::Visit(visit) => visit.visited_on,
            Subject::Request(handled) => handled.request.received_on,
            Subject::Answer(answer) => answer.answered_on,
        };
        let last = window.period.last_day();
        // The day after the period is the first of a month, so that no month is too short.
        let first = window.period.next().first_day().saturating_sub(FOLLOWED_MONTHS.months());
        first <= day && day <= last
    }

    /// The code of the fact in a dimension; `None` if it has none there.
    pub fn code(&self, dimension: &str) -> Option<&str> {
        let enterprise = self.enterprise;
        match (dimension, self.subject) {
            ("region", _) => Some(&enterprise.region),
            ("filiere", _) => Some(&enterprise.filiere),
            ("citi_group", _) => Some(&enterprise.citi_group),
            ("size", _) => Some(&enterprise.size),
            ("sex", _) => Some(&enterprise.sex),
            ("status", _) => Some(&enterprise.status),
            ("purpose", Subject::Visit(visit)) => Some(&visit.purpose),
            ("channel", Subject::Request(handled)) => Some(&handled.request.channel),
            ("theme", Subject::Request(handled)) => Some(&handled.request.theme),
            ("delay", Subject::Request(handled)) => handled.days().map(delay_class),
            ("answer_kind", Subject::Answer(answer)) => Some(&answer.kind),
            ("expertise", Subject::Answer(answer)) => answer.remote_expertise.as_deref(),
            _ => None,
        }
    }
}

impl Handled<'_> {
    fn counts_in(&self, population: &str, window: Window) -> bool {
        let Window { period, closing_day } = window;
        let received = period.contains(self.request.received_on);
        let answered = self.first_answered_on.is_some_and(|day| day <= closing_day);
        match population {
            "requests_received" => received,
            "requests_answered" => self.first_answered_on.is_some_and(|day| period.contains(day)),
            "requests_received_answered" => received && answered,
            "requests_timely" => {
                received && answered && self.days().is_some_and(|days| days <= TIMELY_DAYS_MAX)
            }
            "requests_due" => {
                // Closing a request late does not make it one that was never late.
                let until = self.request.closed_on.map_or(closing_day, |day| day.min(closing_day));
                let waited = days_between(self.request.received_on, until);
                received && (answered || waited > TIMELY_DAYS_MAX)
            }
            "requests_open" => {
                let last = period.last_day();
                let end = [self.first_answered_on, self.request.closed_on];
                self.request.received_on <= last
                    && end.into_iter().flatten().min().is_none_or(|day| day > last)
            }
            "requests_closed_unanswered" => self.request.closed_on.is_some_and(|day| {
                period.contains(day) && self.first_answered_on.is_none_or(|answer| answer > day)
            }),
            _ => false,
        }
    }

    /// Days from receipt to the first answer. An answer dated before its request is one of the
    /// same day.
    fn days(&self) -> Option<i32> {
        let answered = self.first_answered_on?;
        Some(days_between(self.request.received_on, answered).max(0))
    }
}

fn answer_values(
    answer: &Answer,
    population: &str,
    period: Period,
) -> Option<Vec<(&'static str, i64)>> {
    let given = period.contains(answer.answered_on);
    let follow_up = answer.follow_up.as_ref().filter(|found| period.contains(found.followed_up_on));
    let tells = |found: &&FollowUp| {
        let earliest = answer.answered_on.saturating_add(FOLLOW_UP_MONTHS_MIN.months());
        found.followed_up_on >= earliest
    };
    let one = |counts: bool| counts.then(|| vec![("answers", 1)]);
    match population {
        "answers" => one(given),
        "answers_remote" => one(given && answer.remote_expertise.is_some()),
        "answers_rated" => {
            let score = answer.satisfaction.filter(|score| given && (1..=5).contains(score))?;
            Some(vec![("answers", 1), ("score", i64::from(score))])
        }
        "answers_followed_up" => one(follow_up.filter(tells).is_some()),
        "answers_adopted" => one(follow_up.filter(tells).is_some_and(|found| found.adopted)),
        "funding" => {
            let amount = follow_up?.funding.filter(|amount| amount.0 > 0)?;
            Some(vec![("fundings", 1), ("amount", amount.0)])
        }
        _ => None,
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    crate::base::date::to_days(to) - crate::base::date::to_days(from)
}

/// The class of a number of days, of the list `delay`.
fn delay_class(days: i32) -> &'static str {
    match days {
        ..=2 => "D0-2",
        3..=7 => "D3-7",
        8..=15 => "D8-15",
        16..=30 => "D16-30",
        31..=60 => "D31-60",
        61.. => "D61",
    }
}

#[cfg(test)]
mod tests {
    use super::{days_between, delay_class};
    use crate::codes::embedded::Codes;

    #[test]
    fn delay_classes_are_those_of_the_list_in_its_order() {
        let list: Vec<_> =
            Codes::embedded().list("delay").unwrap().codes.iter().map(|c| c.code.clone()).collect();
        let mut classes: Vec<_> = (0..100).map(delay_class).collect();
        classes.dedup();
        assert_eq!(classes, list);
        for (days, class) in [(2, "D0-2"), (3, "D3-7"), (7, "D3-7"), (8, "D8-15"), (15, "D8-15")] {
            assert_eq!(delay_class(days), class);
        }
        for (days, class) in [(16, "D16-30"), (30, "D16-30"), (31, "D31-60"), (60, "D31-60")] {
            assert_eq!(delay_class(days), class);
        }
        assert_eq!(delay_class(61), "D61");
    }

    #[test]
    fn days_count_midnights() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(days_between(day("2026-02-27"), day("2026-03-01")), 2);
    }
}
