//! Small hand-made record sets with figures worked out by hand.

use jiff::civil::Date;

use crate::{
    base::{
        id::{AnswerId, ConsentId, EnterpriseId, RequestId, VisitId},
        money::Money,
        period::Frequency,
    },
    codes::{catalogue::Describes, embedded::Codes, plan::PlannedTable},
    indicators::{
        count::{CubeRequest, cubes},
        cube::Cube,
        facts::{Fact, Handled, Subject},
    },
    records::{
        source::RecordSource,
        types::{
            Answer, Consent, ConsentPurpose, Enterprise, FollowUp, RequestState, SizeRule,
            SupportRequest, Visit,
        },
    },
};

mod plan;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Records in memory.
#[derive(Default)]
struct Records {
    enterprises: Vec<Enterprise>,
    visits: Vec<Visit>,
    requests: Vec<SupportRequest>,
    answers: Vec<Answer>,
    consents: Vec<Consent>,
}

impl RecordSource for Records {
    type Error = std::convert::Infallible;

    fn for_each_enterprise(&self, visit: &mut dyn FnMut(Enterprise)) -> Result<(), Self::Error> {
        self.enterprises.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_visit(&self, visit: &mut dyn FnMut(Visit)) -> Result<(), Self::Error> {
        self.visits.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_request(&self, visit: &mut dyn FnMut(SupportRequest)) -> Result<(), Self::Error> {
        self.requests.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_answer(&self, visit: &mut dyn FnMut(Answer)) -> Result<(), Self::Error> {
        self.answers.iter().cloned().for_each(visit);
        Ok(())
    }

    fn for_each_consent(&self, visit: &mut dyn FnMut(Consent)) -> Result<(), Self::Error> {
        self.consents.iter().cloned().for_each(visit);
        Ok(())
    }
}

impl Records {
    /// An enterprise that agreed to be counted.
    fn enterprise(&mut self, number: u8, filiere: &str, sex: &str, registered_on: &str) {
        self.enterprises.push(Enterprise {
            id: enterprise_id(number),
            region: "ML-3".into(),
            filiere: filiere.into(),
            citi_group: "103".into(),
            size: "MIC".into(),
            size_rule: SizeRule::Declared,
            headcount: None,
            turnover: None,
            sex: sex.into(),
            status: "_U".into(),
            registered_on: day(registered_on),
            entered_on: None,
            holding: None,
        });
        self.consents.push(Consent {
            id: ConsentId::random(),
            enterprise: enterprise_id(number),
            purpose: ConsentPurpose::AnonymizedIndicators,
            text_version: "1".into(),
            medium: "PAPER".into(),
            given_on: day(registered_on),
            withdrawn_on: None,
            entered_on: None,
        });
    }

    fn visit(&mut self, enterprise: u8, visited_on: &str, purpose: &str) {
        self.visits.push(Visit {
            id: VisitId::random(),
            enterprise: enterprise_id(enterprise),
            visited_on: day(visited_on),
            purpose: purpose.into(),
            entered_on: None,
        });
    }

    /// A request, answered on each of `answered_on`.
    fn request(&mut self, enterprise: u8, received_on: &str, answered_on: &[&str]) {
        let id = RequestId::random();
        self.requests.push(SupportRequest {
            id,
            enterprise: enterprise_id(enterprise),
            received_on: day(received_on),
            channel: "PHONE".into(),
            theme: "EQUIP".into(),
            state: RequestState::Received,
            assigned_on: None,
            escalated_on: None,
            first_answered_on: answered_on.first().map(|on| day(on)),
            closed_on: None,
            entered_on: None,
            closing_entered_on: None,
        });
        for on in answered_on {
            self.answers.push(Answer {
                id: AnswerId::random(),
                request: id,
                enterprise: enterprise_id(enterprise),
                answered_on: day(on),
                kind: "SUPPLIER".into(),
                remote_expertise: None,
                satisfaction: None,
                follow_up: None,
                entered_on: None,
                score_entered_on: None,
                follow_up_entered_on: None,
            });
        }
    }
}

fn enterprise_id(number: u8) -> EnterpriseId {
    EnterpriseId::from_bytes([number; 16])
}

fn cube(
    records: &Records,
    population: &str,
    by: &[&str],
    frequency: Frequency,
    period: &str,
    closing_day: &str,
) -> Cube {
    let codes = Codes::embedded();
    let dimensions: Vec<String> = by.iter().map(|id| (*id).to_owned()).collect();
    let table = PlannedTable { frequency, population, dimensions: &dimensions };
    let request = CubeRequest {
        codes: &codes,
        area: "ML",
        tables: &[table],
        period: period.parse().unwrap(),
        closing_day: day(closing_day),
        entered_until: day(closing_day),
    };
    let Ok(mut cubes) = cubes(&request, records);
    cubes.remove(0)
}

/// The first quarter of 2026, closed on 15 April.
fn quarter(records: &Records, population: &str, by: &[&str]) -> Cube {
    cube(records, population, by, Frequency::Quarterly, "2026-Q1", "2026-04-15")
}

/// The values of the cell with these codes.
fn values(cube: &Cube, key: &[&str]) -> Vec<i64> {
    let mut index = 0;
    for (code, dimension) in key.iter().zip(&cube.dimensions) {
        let place = dimension.codes.iter().position(|known| known == code).expect("a code");
        index = index * dimension.codes.len() + place;
    }
    let cell = &cube.cells[index];
    for (measure, value) in cell.values.iter().enumerate() {
        let sum: i64 = cell.contributors.iter().map(|part| part.values[measure]).sum();
        assert_eq!(sum, *value, "contributors explain the value");
    }
    let order: Vec<_> = cell.contributors.iter().map(|part| part.enterprise).collect();
    assert!(order.is_sorted());
    cell.values.clone()
}

#[test]
fn followed_looks_back_over_twelve_months() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    records.enterprise(2, "LAIT", "M", "2020-01-01");
    records.enterprise(3, "CEREA", "F", "2025-04-01");
    records.enterprise(4, "CEREA", "F", "2025-03-31");
    records.enterprise(5, "CEREA", "_U", "2026-03-31");
    records.enterprise(6, "CEREA", "X", "2026-04-01");
    records.visit(1, "2025-04-01", "ADVICE");
    records.visit(2, "2026-04-01", "ADVICE");
    records.request(2, "2025-03-01", &["2025-05-01"]);
    let followed = quarter(&records, "enterprises_followed", &["filiere"]);
    // 1 by a visit, 2 by an answer, 3 and 5 by registration; 4 and 6 fall outside the window.
    assert_eq!(values(&followed, &["_T"]), [4]);
    assert_eq!(values(&followed, &["LAIT"]), [2]);
    assert_eq!(values(&followed, &["CEREA"]), [2]);
    assert_eq!(values(&quarter(&records, "enterprises_sex_known", &[]), &[]), [3]);
    assert_eq!(values(&quarter(&records, "enterprises_led_by_women", &[]), &[]), [2]);
    assert_eq!(values(&quarter(&records, "enterprises_registered", &[]), &[]), [1]);
}

#[test]
fn contributors_are_enterprises_with_the_groups_they_belong_to() {
    let mut records = Records::default();
    for number in 1..=3 {
        records.enterprise(number, "LAIT", "F", "2026-01-05");
        records.visit(number, "2026-02-03", "ADVICE");
    }
    records.enterprises[0].holding = Some("G1".into());
    records.enterprises[2].holding = Some("G1".into());
    let cube = quarter(&records, "visits", &["filiere"]);
    // Each enterprise of a group is counted by itself; only the rules see them as one.
    assert_eq!(cube.cells[0].values, [3, 3]);
    for cell in cube.cells.iter().filter(|cell| !cell.contributors.is_empty()) {
        let groups = cell.contributors.iter().map(|one| one.holding.as_deref());
        assert_eq!(groups.collect::<Vec<_>>(), [Some("G1"), None, Some("G1")]);
    }
}

#[test]
fn visits_are_counted_and_enterprises_once() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    records.enterprise(2, "MIEL", "M", "2020-01-01");
    for on in ["2025-12-31", "2026-01-01", "2026-02-01", "2026-03-31"] {
        records.visit(1, on, if on == "2026-02-01" { "TRIAL" } else { "ADVICE" });
    }
    records.visit(2, "2026-02-02", "ADVICE");
    let visits = quarter(&records, "visits", &["filiere"]);
    assert_eq!(visits.measures, ["visits", "enterprises"]);
    assert_eq!(values(&visits, &["_T"]), [4, 2]);
    assert_eq!(values(&visits, &["LAIT"]), [3, 1]);
    // Over purposes, distinct enterprises do not add up: 1 stands in two of them.
    let visits = quarter(&records, "visits", &["purpose"]);
    assert_eq!(values(&visits, &["ADVICE"]), [3, 2]);
    assert_eq!(values(&visits, &["TRIAL"]), [1, 1]);
    assert_eq!(values(&visits, &["_T"]), [4, 2]);
}

#[test]
fn requests_are_cohorts_flows_and_a_stock() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    // Received before, still open at the end.
    records.request(1, "2025-06-01", &[]);
    // Received before, answered in the quarter.
    records.request(1, "2025-12-01", &["2026-01-10"]);
    // Received and answered in it, on the thirtieth day; a second answer does not count again.
    records.request(1, "2026-01-01", &["2026-01-31", "2026-02-02"]);
    // Answered after its end but before it was closed: 31 days.
    records.request(1, "2026-03-10", &["2026-04-10"]);
    // Answered after it was closed: open more than thirty days, so due.
    records.request(1, "2026-03-15", &["2026-04-16"]);
    // Open for exactly thirty days on the closing day: not due yet.
    records.request(1, "2026-03-16", &[]);
    // Received after the end.
    records.request(1, "2026-04-01", &["2026-04-01"]);
    let total = |population| values(&quarter(&records, population, &[]), &[]);
    assert_eq!(total("requests_received"), [4]);
    assert_eq!(total("requests_answered"), [2]);
    assert_eq!(total("requests_received_answered"), [2]);
    assert_eq!(total("requests_timely"), [1]);
    assert_eq!(total("requests_due"), [3]);
    assert_eq!(total("requests_open"), [4]);
    assert_eq!(total("answers"), [3]);
    let delays = quarter(&records, "requests_answered", &["delay"]);
    assert_eq!(values(&delays, &["D16-30"]), [1]);
    assert_eq!(values(&delays, &["D31-60"]), [1]);
    assert_eq!(values(&delays, &["_T"]), [2]);
}

#[test]
fn the_stock_is_the_one_before_plus_received_minus_answered() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    records.request(1, "2025-06-01", &[]);
    records.request(1, "2025-12-01", &["2026-01-10"]);
    records.request(1, "2026-01-01", &["2026-05-31"]);
    records.request(1, "2026-02-01", &["2026-02-01"]);
    records.request(1, "2026-01-01", &[]);
    records.requests[4].closed_on = Some(day("2026-03-31"));
    let open = |period| {
        let open = cube(&records, "requests_open", &[], Frequency::Quarterly, period, "2026-12-31");
        values(&open, &[])[0]
    };
    let total = |population| values(&quarter(&records, population, &[]), &[])[0];
    let (received, answered) = (total("requests_received"), total("requests_answered"));
    let closed = total("requests_closed_unanswered");
    assert_eq!((received, answered, closed), (3, 2, 1));
    assert_eq!((open("2025-Q4"), open("2026-Q1")), (2, 2));
    assert_eq!(open("2026-Q1"), open("2025-Q4") + received - answered - closed);
}

#[test]
fn a_request_closed_without_an_answer_waits_no_longer() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    let mut close = |received_on, answered_on: &[&str], closed_on: Option<&str>| {
        records.request(1, received_on, answered_on);
        records.requests.last_mut().unwrap().closed_on = closed_on.map(day);
    };
    // Closed before the quarter, in it after thirty and after thirty-one days, and after its end.
    close("2025-06-01", &[], Some("2025-12-31"));
    close("2026-01-01", &[], Some("2026-01-31"));
    close("2026-02-01", &[], Some("2026-03-04"));
    close("2026-03-01", &[], Some("2026-04-02"));
    // Answered, then closed.
    close("2026-01-05", &["2026-01-10"], Some("2026-01-20"));
    close("2026-03-20", &["2026-04-10"], Some("2026-04-12"));
    let total = |population| values(&quarter(&records, population, &[]), &[])[0];
    assert_eq!(total("requests_open"), 2);
    assert_eq!(total("requests_closed_unanswered"), 2);
    assert_eq!(total("requests_received"), 5);
    // Two answered in time; two closed after more than thirty days, late for ever.
    assert_eq!((total("requests_timely"), total("requests_due")), (2, 4));
}

#[test]
fn what_is_entered_after_the_closing_day_waits_for_the_yearly_revision() {
    let mut records = Records::default();
    for number in 1..=3 {
        records.enterprise(number, "LAIT", "F", "2026-01-10");
        records.visit(number, "2026-02-01", "ADVICE");
        records.request(number, "2026-02-01", &["2026-02-03"]);
        records.request(number, "2025-02-01", &["2025-02-03"]);
        records.request(number, "2026-02-01", &[]);
    }
    let found =
        FollowUp { followed_up_on: day("2026-02-20"), adopted: true, funding: Some(Money(1_000)) };
    for (at, on) in [(0, "2026-04-15"), (4, "2026-04-16")] {
        records.answers[at].satisfaction = Some(5);
        records.answers[at].score_entered_on = Some(day(on));
    }
    for at in [1, 3] {
        records.answers[at].follow_up = Some(found.clone());
    }
    records.answers[1].follow_up_entered_on = Some(day("2026-04-15"));
    records.answers[3].follow_up_entered_on = Some(day("2026-04-16"));
    for (at, on) in [(2, "2026-04-15"), (5, "2026-04-16")] {
        records.requests[at].closed_on = Some(day("2026-03-01"));
        records.requests[at].closing_entered_on = Some(day(on));
    }
    records.answers[2].entered_on = Some(day("2026-04-16"));
    records.visits[0].entered_on = Some(day("2026-04-15"));
    records.visits[1].entered_on = Some(day("2026-04-16"));
    records.requests[6].entered_on = Some(day("2026-04-16"));
    let counted = |closing_day| {
        [
            "enterprises_registered",
            "visits",
            "requests_received",
            "requests_answered",
            "requests_closed_unanswered",
            "requests_open",
            "answers_rated",
            "answers_adopted",
            "funding",
        ]
        .map(|population| {
            let frequency = Frequency::Quarterly;
            let cube = cube(&records, population, &[], frequency, "2026-Q1", closing_day);
            values(&cube, &[])[0]
        })
    };
    assert_eq!(counted("2026-04-15"), [3, 2, 5, 1, 1, 3, 1, 1, 1]);
    assert_eq!(counted("2026-04-16"), [3, 3, 6, 3, 2, 1, 2, 2, 2]);
    // Who was entered late, or agreed late, is not there at all.
    records.enterprises[0].entered_on = Some(day("2026-04-16"));
    records.consents[1].entered_on = Some(day("2026-04-16"));
    let visits = quarter(&records, "visits", &[]);
    assert_eq!(values(&visits, &[]), [1, 1]);
    assert_eq!(visits.cells[0].contributors[0].enterprise, enterprise_id(3));
}

#[test]
fn answers_count_by_their_day_and_follow_ups_by_theirs() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    records.enterprise(2, "LAIT", "F", "2020-01-01");
    records.request(1, "2025-09-01", &["2025-10-01", "2026-01-15", "2026-02-15"]);
    records.request(2, "2025-09-01", &["2025-12-31", "2026-03-31"]);
    let found = |on, adopted, funding: Option<i64>| {
        Some(FollowUp { followed_up_on: day(on), adopted, funding: funding.map(Money) })
    };
    records.answers[0].follow_up = found("2026-01-01", true, Some(250_000));
    records.answers[1].remote_expertise = Some("SATD".into());
    records.answers[1].satisfaction = Some(4);
    records.answers[2].satisfaction = Some(1);
    // Too early to tell of adoption; its funding counts all the same.
    records.answers[3].follow_up = found("2026-03-30", true, Some(100_000));
    records.answers[4].satisfaction = Some(9);
    let total = |population| values(&quarter(&records, population, &[]), &[]);
    assert_eq!(total("answers"), [3]);
    assert_eq!(total("answers_remote"), [1]);
    assert_eq!(total("answers_rated"), [2, 5]);
    assert_eq!(total("answers_followed_up"), [1]);
    assert_eq!(total("answers_adopted"), [1]);
    assert_eq!(total("funding"), [2, 350_000]);
    let funding = quarter(&records, "funding", &[]);
    let parts: Vec<_> = funding.cells[0].contributors.iter().map(|p| p.values.clone()).collect();
    assert_eq!(parts, [vec![1, 250_000], vec![1, 100_000]]);
}

#[test]
fn amounts_are_counted_only_where_they_are_of_the_currency_they_are_added_up_in() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    records.request(1, "2025-09-01", &["2025-10-01"]);
    records.answers[0].follow_up = Some(FollowUp {
        followed_up_on: day("2026-02-01"),
        adopted: true,
        funding: Some(Money(9)),
    });
    let codes = Codes::embedded();
    let planned = |population| {
        let frequency = Frequency::Quarterly;
        PlannedTable { frequency, population, dimensions: &[] }
    };
    let tables = ["answers_rated", "funding", "answers_adopted"].map(planned);
    let counted = |area| {
        let (closing_day, entered_until) = (day("2026-04-15"), day("2026-04-15"));
        let period = "2026-Q1".parse().unwrap();
        let tables = &tables;
        let request =
            CubeRequest { codes: &codes, area, tables, period, closing_day, entered_until };
        let Ok(cubes) = cubes(&request, &records);
        cubes.into_iter().map(|cube| cube.population).collect::<Vec<_>>()
    };
    assert_eq!(counted("ML"), ["answers_rated", "funding", "answers_adopted"]);
    // Neither as a sum of francs nor as a zero.
    assert_eq!(counted("TD"), ["answers_rated", "answers_adopted"]);
}

#[test]
fn only_enterprises_with_a_consent_in_force_count() {
    let mut records = Records::default();
    for number in 1..=5 {
        records.enterprise(number, "LAIT", "F", "2026-01-10");
        records.visit(number, "2026-02-01", "ADVICE");
    }
    records.consents[0].given_on = day("2026-04-15");
    records.consents[1].given_on = day("2026-04-16");
    records.consents[2].withdrawn_on = Some(day("2026-05-01"));
    records.consents[3].purpose = ConsentPurpose::FollowUp;
    let visits = quarter(&records, "visits", &[]);
    let counted: Vec<_> = visits.cells[0].contributors.iter().map(|p| p.enterprise).collect();
    assert_eq!(counted, [enterprise_id(1), enterprise_id(5)]);
}

/// Recorded twice, by an import and by hand, and withdrawn once.
#[test]
fn a_withdrawal_ends_every_consent_given_until_then() {
    for (given_on, withdrawn_on, counts) in [
        ("2026-02-03", "2026-02-10", false),
        ("2026-02-10", "2026-02-10", false),
        ("2026-02-11", "2026-02-10", true),
    ] {
        let mut records = Records::default();
        records.enterprise(1, "LAIT", "F", "2026-01-10");
        records.visit(1, "2026-02-01", "ADVICE");
        let again = Consent { given_on: day(given_on), ..records.consents[0].clone() };
        records.consents[0].withdrawn_on = Some(day(withdrawn_on));
        records.consents.insert(usize::from(counts), again);
        let visits = quarter(&records, "visits", &[]);
        assert_eq!(!visits.cells[0].contributors.is_empty(), counts, "{given_on}");
    }
}
