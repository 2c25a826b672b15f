//! What may be stored: codes of the lists in force, days in their order, texts within limits.

use jiff::civil::Date;

use crate::{
    base::{
        id::MemberCode,
        limits::{NAME_BYTES_MAX, STORE_VALUE_BYTES_MAX, TEXT_BYTES_MAX},
        money::Money,
    },
    codes::embedded::Codes,
    records::{
        error::{Problem, RecordError},
        fields::{AnswerFields, ConsentFields, EnterpriseFields, RequestFields, VisitFields},
        layout::seal,
        size::NOT_CLASSIFIED,
        types::{
            AnswerIdentity, EnterpriseIdentity, FollowUp, RequestIdentity, SizeRule, VisitIdentity,
        },
    },
};

/// Most telephone numbers of an enterprise.
const TELEPHONES_MAX: usize = 8;

/// Largest amount, in minor units: sums of some thousands of such amounts fit an `i64`.
const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// Most persons working in one enterprise.
const HEADCOUNT_MAX: i64 = 1_000_000;

/// Longest code of a holding group.
const HOLDING_BYTES_MAX: usize = 16;

type Checked = Result<(), RecordError>;

fn refuse<T>(field: &'static str, problem: Problem) -> Result<T, RecordError> {
    Err(RecordError::InvalidField { field, problem })
}

/// Checks against one set of code lists, for one country, on one day.
pub(crate) struct Check<'a> {
    pub codes: &'a Codes,
    pub area: MemberCode,
    pub today: Date,
}

impl Check<'_> {
    fn code(&self, field: &'static str, list: &'static str, code: &str) -> Checked {
        match self.codes.list(list).and_then(|list| list.get(code)) {
            Some(_) => Ok(()),
            None if code.is_empty() => refuse(field, Problem::Empty),
            None => refuse(field, Problem::UnknownCode { list }),
        }
    }

    /// A region of the own country. It may be one that was made after the enterprise registered,
    /// for it says where the enterprise is now; but not one that was gone by then.
    fn region(&self, code: &str, registered_on: Date) -> Checked {
        self.code("region", "region", code)?;
        let Some(region) = self.codes.list("region").and_then(|list| list.get(code)) else {
            return Ok(());
        };
        if region.country.as_deref().is_some_and(|country| country != self.area.as_str()) {
            return refuse("region", Problem::Foreign);
        }
        let gone = region.valid_to.is_some_and(|last| last < registered_on);
        let to_come = region.valid_from.is_some_and(|first| first > self.today);
        if gone || to_come { refuse("region", Problem::NotInForce) } else { Ok(()) }
    }

    /// A day that has come.
    fn past(&self, field: &'static str, day: Date) -> Checked {
        if day > self.today { refuse(field, Problem::InFuture) } else { Ok(()) }
    }

    /// A day that has come, and not before another.
    pub fn follows(
        &self,
        field: &'static str,
        day: Option<Date>,
        other: &'static str,
        other_day: Option<Date>,
    ) -> Checked {
        let Some(day) = day else { return Ok(()) };
        if other_day.is_some_and(|other_day| day < other_day) {
            return refuse(field, Problem::Before { other });
        }
        self.past(field, day)
    }

    pub fn enterprise(&self, coded: &EnterpriseFields, who: &EnterpriseIdentity) -> Checked {
        all([
            self.region(&coded.region, coded.registered_on),
            self.code("filiere", "filiere", &coded.filiere),
            self.code("citi_group", "citi_group", &coded.citi_group),
            self.code("size", "size", &coded.size),
            self.code("sex", "sex", &coded.sex),
            self.code("status", "status", &coded.status),
            self.past("registered_on", coded.registered_on),
            within("headcount", coded.headcount.map(i64::from), 0, HEADCOUNT_MAX),
            amount("turnover", coded.turnover),
            self.size_rule(coded),
            coded.holding.as_deref().map_or(Ok(()), holding),
            enterprise_identity(who),
        ])
    }

    fn size_rule(&self, coded: &EnterpriseFields) -> Checked {
        let fits = match coded.size_rule {
            SizeRule::None => coded.size == NOT_CLASSIFIED,
            SizeRule::Declared => true,
            SizeRule::Headcount => coded.headcount.is_some(),
            SizeRule::Turnover => coded.turnover.is_some(),
        };
        if !fits {
            return refuse("size_rule", Problem::RuleMismatch);
        }
        if coded.size_rule == SizeRule::Turnover { self.reckoned("size_rule") } else { Ok(()) }
    }

    /// A field that rests on an amount, where the country has the currency that amounts are added
    /// up and compared in: an amount does not say its own, so that another would pass for it.
    fn reckoned(&self, field: &'static str) -> Checked {
        match self.codes.catalogue().currency.is_used_in(self.area.as_str()) {
            true => Ok(()),
            false => refuse(field, Problem::OtherCurrency),
        }
    }

    pub fn visit(&self, coded: &VisitFields, who: &VisitIdentity) -> Checked {
        all([
            self.code("purpose", "purpose", &coded.purpose),
            self.past("visited_on", coded.visited_on),
            name("referent", &who.referent),
            text("remarks", &who.remarks),
        ])
    }

    /// `first_answered_on` is what the answers to the request say.
    pub fn request(
        &self,
        coded: &RequestFields,
        who: &RequestIdentity,
        first_answered_on: Option<Date>,
    ) -> Checked {
        let received = Some(coded.received_on);
        let assigned = coded.assigned_on.or(received);
        all([
            self.code("channel", "channel", &coded.channel),
            self.code("theme", "theme", &coded.theme),
            self.past("received_on", coded.received_on),
            self.follows("assigned_on", coded.assigned_on, "received_on", received),
            self.follows("escalated_on", coded.escalated_on, "assigned_on", assigned),
            self.follows("first_answered_on", first_answered_on, "received_on", received),
            self.closes_last(coded, first_answered_on),
            name("referent", &who.referent),
            text("question", &who.question),
        ])
    }

    /// A request is closed no earlier than anything was done for it.
    pub fn closes_last(&self, coded: &RequestFields, first_answered_on: Option<Date>) -> Checked {
        let done = [
            ("received_on", Some(coded.received_on)),
            ("assigned_on", coded.assigned_on),
            ("escalated_on", coded.escalated_on),
            ("first_answered_on", first_answered_on),
        ];
        done.into_iter()
            .try_for_each(|(other, day)| self.follows("closed_on", coded.closed_on, other, day))
    }

    pub fn answer(&self, coded: &AnswerFields, who: &AnswerIdentity, received_on: Date) -> Checked {
        let source = coded.remote_expertise.as_deref();
        let source = source.map(|source| self.code("remote_expertise", "expertise", source));
        let received = Some(received_on);
        all([
            self.code("kind", "answer_kind", &coded.kind),
            source.unwrap_or(Ok(())),
            self.follows("answered_on", Some(coded.answered_on), "received_on", received),
            within("satisfaction", coded.satisfaction.map(i64::from), 1, 5),
            coded.follow_up.as_ref().map_or(Ok(()), |found| self.follow_up(coded, found)),
            text("text", &who.text),
        ])
    }

    fn follow_up(&self, coded: &AnswerFields, found: &FollowUp) -> Checked {
        let FollowUp { followed_up_on, adopted: _, funding } = found;
        let answered = Some(coded.answered_on);
        all([
            self.follows("followed_up_on", Some(*followed_up_on), "answered_on", answered),
            amount("funding", *funding),
        ])
    }

    pub fn consent(&self, coded: &ConsentFields) -> Checked {
        let version = match coded.text_version.is_empty() {
            true => refuse("text_version", Problem::Empty),
            false => name("text_version", &coded.text_version),
        };
        let medium = self.code("medium", "medium", &coded.medium);
        all([medium, self.past("given_on", coded.given_on), version])
    }
}

/// The faults of all checks at once; of a field, the first.
fn all(checks: impl IntoIterator<Item = Checked>) -> Checked {
    let mut faults: Vec<(&'static str, Problem)> = Vec::new();
    for check in checks {
        let found = match check {
            Ok(()) => continue,
            Err(RecordError::InvalidField { field, problem }) => vec![(field, problem)],
            Err(RecordError::InvalidFields { faults }) => faults,
            Err(other) => return Err(other),
        };
        for (field, problem) in found {
            if faults.iter().all(|(known, _)| *known != field) {
                faults.push((field, problem));
            }
        }
    }
    match faults[..] {
        [] => Ok(()),
        [(field, problem)] => refuse(field, problem),
        _ => Err(RecordError::InvalidFields { faults }),
    }
}

fn enterprise_identity(who: &EnterpriseIdentity) -> Checked {
    let degrees = |degrees: Option<i32>| degrees.map(i64::from);
    let count = i64::try_from(who.telephones.len()).ok();
    all([
        name("name", &who.name),
        name("head_name", &who.head_name),
        within("telephones", count, 0, TELEPHONES_MAX as i64),
        who.telephones.iter().try_for_each(|telephone| name("telephones", telephone)),
        name("email", &who.email),
        name("locality", &who.locality),
        within("latitude", degrees(who.latitude_microdegrees), -90_000_000, 90_000_000),
        within("longitude", degrees(who.longitude_microdegrees), -180_000_000, 180_000_000),
        name("registration_number", &who.registration_number),
        text("remarks", &who.remarks),
    ])?;
    // Each text may be within its limit and all of them together still be too long for one value.
    let bytes = seal(who).len();
    match bytes <= STORE_VALUE_BYTES_MAX {
        true => Ok(()),
        false => refuse("remarks", Problem::TooLong { bytes, bytes_max: STORE_VALUE_BYTES_MAX }),
    }
}

/// One code of one group: a cell that names several is refused here, too.
fn holding(code: &str) -> Checked {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let is_code = code.starts_with(|first: char| first.is_ascii_uppercase())
        && code.len() <= HOLDING_BYTES_MAX
        && code.bytes().all(fits);
    match is_code {
        true => Ok(()),
        false => refuse("holding", Problem::NoHolding { bytes_max: HOLDING_BYTES_MAX }),
    }
}

fn name(field: &'static str, value: &str) -> Checked {
    at_most(field, value, NAME_BYTES_MAX)
}

fn text(field: &'static str, value: &str) -> Checked {
    at_most(field, value, TEXT_BYTES_MAX)
}

fn at_most(field: &'static str, value: &str, bytes_max: usize) -> Checked {
    match value.len() {
        bytes if bytes > bytes_max => refuse(field, Problem::TooLong { bytes, bytes_max }),
        _ => Ok(()),
    }
}

fn amount(field: &'static str, amount: Option<Money>) -> Checked {
    within(field, amount.map(|Money(amount)| amount), 0, AMOUNT_MAX)
}

fn within(field: &'static str, value: Option<i64>, least: i64, most: i64) -> Checked {
    match value {
        Some(value) if value < least || value > most => {
            refuse(field, Problem::OutOfRange { least, most })
        }
        _ => Ok(()),
    }
}
