//! The catalogue, the plan and the code lists as a whole.

use super::*;

#[test]
fn an_annual_table_covers_the_year_of_the_quarter() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    records.enterprise(2, "MIEL", "F", "2020-01-01");
    records.enterprises[1].region = "x-ML-14".into();
    records.request(1, "2026-01-05", &["2026-02-05"]);
    records.request(1, "2026-11-05", &[]);
    records.request(2, "2026-12-31", &["2027-01-09"]);
    let year = |population, by: &[&str]| {
        cube(&records, population, by, Frequency::Annual, "2026-Q4", "2027-01-10")
    };
    let received = year("requests_received", &["filiere", "region"]);
    assert_eq!(received.period.to_string(), "2026");
    assert_eq!(values(&received, &["_T", "_T"]), [3]);
    assert_eq!(values(&received, &["LAIT", "_T"]), [2]);
    assert_eq!(values(&received, &["_T", "x-ML-14"]), [1]);
    assert_eq!(values(&received, &["LAIT", "x-ML-14"]), [0]);
    assert_eq!(values(&received, &["LAIT", "ML-3"]), [2]);
    assert_eq!(values(&year("requests_received_answered", &[]), &[]), [2]);
}

#[test]
fn a_code_that_is_not_in_force_falls_into_the_rest() {
    let mut records = Records::default();
    records.enterprise(1, "COTON", "F", "2026-01-01");
    records.enterprise(2, "LAIT", "?", "2026-01-01");
    records.enterprises[0].region = "SN-DK".into();
    records.enterprises[1].region = String::new();
    let by = |dimension: &str, code: &str| {
        let cube = quarter(&records, "enterprises_registered", &[dimension]);
        values(&cube, &[code])[0]
    };
    assert_eq!(by("filiere", "AUTRE"), 1);
    assert_eq!(by("region", "_U"), 2);
    assert_eq!(by("sex", "_U"), 1);
    assert_eq!(by("region", "_T"), 2);
}

#[test]
fn every_population_of_the_catalogue_is_counted_and_every_table_of_the_plan_tabulated() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2026-01-01");
    records.visit(1, "2026-02-01", "ADVICE");
    records.request(1, "2026-01-02", &[]);
    records.request(1, "2026-01-02", &["2026-01-05"]);
    records.request(1, "2026-01-02", &[]);
    records.requests[2].closed_on = Some(day("2026-03-02"));
    records.answers[0].remote_expertise = Some("PEER".into());
    records.answers[0].satisfaction = Some(5);
    let funding = Some(Money(1));
    records.answers[0].follow_up =
        Some(FollowUp { followed_up_on: day("2026-12-01"), adopted: true, funding });
    let codes = Codes::embedded();
    for population in &codes.catalogue().populations {
        let year = cube(&records, &population.id, &[], Frequency::Annual, "2026-Q4", "2027-01-15");
        let counted = year.cells[0].values.iter().all(|value| *value > 0);
        assert!(counted, "{}: {:?}", population.id, year.cells[0].values);
    }
    for frequency in [Frequency::Quarterly, Frequency::Annual] {
        let tables: Vec<_> = codes.plan().tables(frequency).collect();
        let request = CubeRequest {
            codes: &codes,
            area: "ML",
            tables: &tables,
            period: "2026-Q4".parse().unwrap(),
            closing_day: day("2027-01-15"),
            entered_until: day("2027-01-15"),
        };
        let Ok(cubes) = cubes(&request, &records);
        assert_eq!(cubes.len(), tables.len());
        for cube in cubes {
            let cells: usize = cube.dimensions.iter().map(|d| d.codes.len()).product();
            assert_eq!(cube.cells.len(), cells);
            for (value, measure) in cube.cells[0].values.iter().zip(&cube.measures) {
                let rest: i64 = match cube.dimensions.len() {
                    1 => cube.cells[1..].iter().map(|cell| cell.values[0]).sum(),
                    _ => cube.cells[0].values[0],
                };
                assert!(measure != &cube.measures[0] || rest == *value, "{}", cube.population);
            }
        }
    }
}

#[test]
fn the_catalogue_knows_which_dimensions_describe_the_enterprise() {
    let mut records = Records::default();
    records.enterprise(1, "LAIT", "F", "2020-01-01");
    records.visit(1, "2026-01-05", "ADVICE");
    records.request(1, "2026-01-06", &["2026-01-20"]);
    let answer = Answer { remote_expertise: Some("SATD".into()), ..records.answers[0].clone() };
    let request = &records.requests[0];
    let handled = Handled { request, first_answered_on: Some(answer.answered_on) };
    let events =
        [Subject::Visit(&records.visits[0]), Subject::Request(handled), Subject::Answer(&answer)];
    let enterprise = &records.enterprises[0];
    for dimension in &Codes::embedded().catalogue().dimensions {
        let code = |subject| Fact { enterprise, subject }.code(&dimension.id).map(str::to_owned);
        let own = code(Subject::Enterprise);
        match dimension.describes {
            Describes::Enterprise => {
                assert!(own.is_some() && events.iter().all(|event| code(*event) == own));
            }
            Describes::Event => {
                assert!(own.is_none() && events.iter().any(|event| code(*event).is_some()));
            }
        }
    }
}
