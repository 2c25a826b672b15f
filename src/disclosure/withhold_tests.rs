//! What a withheld release means for those after it.

use std::collections::BTreeMap;

use super::*;
use crate::{
    base::{id::EnterpriseId, period::Period},
    codes::{embedded::Codes, list::TOTAL},
    disclosure::{
        error::AuditFault,
        protect::protect,
        safe::Protected,
        transcript::{FrozenNeed, Protection},
    },
    indicators::cube::{Contribution, CubeCell},
    publication::release::Dimension,
};

const RULES: Rules = Rules::new(3, 15);

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

/// A cell to which each of these enterprises adds `each`.
fn cell(enterprises: &[u8], each: i64) -> CubeCell {
    let one = |number: &u8| Contribution {
        enterprise: EnterpriseId::from_bytes([*number; 16]),
        holding: None,
        values: vec![each],
    };
    CubeCell {
        values: vec![each * enterprises.len() as i64],
        contributors: enterprises.iter().map(one).collect(),
    }
}

/// Requests received by filière: `each` from every enterprise.
fn requests(of: &str, cerea: &[u8], lait: &[u8], each: i64) -> Cube {
    let all = [cerea, lait].concat();
    Cube {
        population: "requests_received".into(),
        period: period(of),
        dimensions: vec![Dimension {
            id: "filiere".into(),
            list_version: 1,
            codes: [TOTAL, "CEREA", "LAIT"].map(String::from).into(),
        }],
        measures: vec!["requests".into()],
        cells: vec![cell(&all, each), cell(cerea, each), cell(lait, each)],
    }
}

/// The year that these quarters make.
fn year_of(year: &str, quarters: &[Cube]) -> Cube {
    let mut made = Cube { period: period(year), ..quarters[0].clone() };
    for (place, cell) in made.cells.iter_mut().enumerate() {
        let mut own: BTreeMap<EnterpriseId, i64> = BTreeMap::new();
        for one in quarters.iter().flat_map(|quarter| &quarter.cells[place].contributors) {
            *own.entry(one.enterprise).or_default() += one.values[0];
        }
        cell.values = vec![own.values().sum()];
        let parts = own.into_iter();
        let parts = parts.map(|(enterprise, value)| Contribution {
            enterprise,
            holding: None,
            values: vec![value],
        });
        cell.contributors = parts.collect();
    }
    made
}

fn protected(cubes: &[Cube], transcript: &Transcript) -> Result<Protected, DisclosureError> {
    protect(Codes::embedded().catalogue(), &RULES, cubes, transcript)
}

fn withheld(cubes: &[Cube], transcript: &Transcript) -> Withheld {
    withhold(Codes::embedded().catalogue(), &RULES, cubes, transcript).unwrap()
}

/// Whether the audit passes the cubes if nothing but these places is hidden.
fn audited(cubes: &[Cube], hidden: &[usize], transcript: &Transcript) -> Option<AuditFault> {
    let table = |cube: &Cube| Table {
        cells: (0..cube.cells.len())
            .map(|at| Cell((!hidden.contains(&at)).then(|| cube.cells[at].values.clone())))
            .collect(),
        ..all_hidden(cube)
    };
    let tables: Vec<Table> = cubes.iter().map(table).collect();
    let codes = Codes::embedded();
    match audit::audit(codes.catalogue(), &RULES, cubes, &tables, transcript, &[]) {
        Ok(_) => None,
        Err(DisclosureError::AuditFailed { fault, .. }) => Some(fault),
        Err(other) => panic!("{other}"),
    }
}

fn kept(transcript: &mut Transcript, frozen: FrozenRelease) {
    transcript.append(frozen);
    *transcript = Transcript::from_bytes(&transcript.to_bytes()).unwrap();
}

const CEREA: [u8; 6] = [10, 11, 12, 13, 14, 15];
const LAIT: [u8; 5] = [20, 21, 22, 23, 24];
/// Too few to be shown.
const FEW: [u8; 2] = [20, 21];

#[test]
fn of_a_withheld_quarter_nothing_is_given_away_by_those_around_it() {
    let mut history = Transcript::default();
    let lait = [("2025-Q1", &LAIT[..]), ("2025-Q2", &FEW), ("2025-Q3", &LAIT)];
    let quarters = lait.map(|(quarter, lait)| requests(quarter, &CEREA, lait, 1));
    let [first, second, third] = quarters.each_ref().map(std::slice::from_ref);
    let first = protected(first, &history).unwrap();
    kept(&mut history, first.frozen);
    let second = withheld(second, &history);
    assert!(second.tables[0].cells.iter().all(|cell| cell.0.is_none()));
    assert_eq!((second.report.cells, second.report.hidden), (3, 3));
    assert_eq!((second.exposed, second.unproven), (vec![], vec![]));
    kept(&mut history, second.frozen);
    let third = protected(third, &history).unwrap();
    assert_eq!(third.report.hidden, 0);
    kept(&mut history, third.frozen);

    // With all else published, the year less its quarters is the withheld one.
    let last = requests("2025-Q4", &CEREA, &LAIT, 1);
    let year = year_of("2025", &[&quarters[..], std::slice::from_ref(&last)].concat());
    let last = [last, year];
    assert_eq!(audited(&last, &[], &history), Some(AuditFault::CountPinned));
    let last = protected(&last, &history).unwrap();
    let is_shown = |table: usize| last.tables[table].table().cells[2].0.is_some();
    assert!(!is_shown(0) || !is_shown(1));
}

/// A population's total for a quarter: one request from every enterprise.
fn total(population: &str, of: &str, enterprises: &[u8]) -> Cube {
    Cube {
        population: population.into(),
        dimensions: vec![],
        cells: vec![cell(enterprises, 1)],
        ..requests(of, &[], &[], 1)
    }
}

/// Requests received and answered in a quarter, none closed without an answer, and those open at
/// its end.
fn stocks(of: &str, received: &[u8], answered: &[u8], open: &[u8]) -> [Cube; 4] {
    [
        total("requests_received", of, received),
        total("requests_answered", of, answered),
        total("requests_closed_unanswered", of, &[]),
        total("requests_open", of, open),
    ]
}

#[test]
fn the_stock_of_a_withheld_quarter_is_not_had_from_the_stock_and_the_flows_after_it() {
    let mut history = Transcript::default();
    let first = protected(&stocks("2025-Q1", &LAIT, &LAIT, &[]), &history).unwrap();
    assert_eq!(first.report.hidden, 0);
    kept(&mut history, first.frozen);
    // Two enterprises wait for an answer: too few to be shown.
    let second = stocks("2025-Q2", &FEW, &[], &FEW);
    let third = stocks("2025-Q3", &CEREA, &[], &[&CEREA[..], &FEW].concat());
    // What is left out is not protected: eight are open, of which six came since.
    assert_eq!(protected(&third, &history).unwrap().report.hidden, 0);

    let second = withheld(&second, &history);
    kept(&mut history, second.frozen);
    assert_eq!(audited(&third, &[], &history), Some(AuditFault::CountPinned));
    let third = protected(&third, &history).unwrap();
    assert!(third.report.hidden > 0);
}

/// A history in which an older program released what must stay hidden.
fn exposed_history(needs: Vec<FrozenNeed>, hidden: &[usize]) -> Transcript {
    let mut history = Transcript::default();
    let mut first = protected(&[requests("2025-Q1", &CEREA, &LAIT, 1)], &history).unwrap().frozen;
    assert_eq!(first.tables[0].needs, []);
    first.tables[0].needs = needs;
    hidden.iter().for_each(|at| first.tables[0].table.cells[*at] = Cell(None));
    kept(&mut history, first);
    history
}

fn next_quarter(quarter: &str, history: &Transcript) -> Result<Protected, DisclosureError> {
    protected(&[requests(quarter, &CEREA, &FEW, 1)], history)
}

#[test]
fn what_earlier_releases_expose_is_named_and_does_not_stop_those_to_come() {
    let need = FrozenNeed { cell: 2, measure: 0, protection: Protection::NotExact };
    let mut history = exposed_history(vec![need], &[]);
    let incident = ["requests_received 2025-Q1 filiere=LAIT"];
    let beside = next_quarter("2025-Q2", &history).unwrap();
    assert_eq!(beside.report.exposed, incident, "what adds nothing to it is released");
    let second = withheld(&[requests("2025-Q2", &CEREA, &FEW, 1)], &history);
    let named: Vec<_> = second.exposed.iter().map(ToString::to_string).collect();
    assert_eq!(named, incident);
    assert!(second.unproven.is_empty() && second.report.proven > 0);
    kept(&mut history, second.frozen);

    let third = next_quarter("2025-Q3", &history).unwrap();
    assert!(third.tables[0].table().cells[2].0.is_none(), "its own few are protected");
    // What is sensitive in the withheld quarter is still demanded, what was lost is not.
    let cubes = [requests("2025-Q3", &CEREA, &FEW, 1)];
    let codes = Codes::embedded();
    let attack = Attack::new(codes.catalogue(), &RULES, &cubes, &history).unwrap();
    let cells: BTreeSet<_> =
        attack.demands.iter().map(|demand| attack.system.cell_of[demand.variable]).collect();
    let name = |cell: &usize| attack.system.name(codes.catalogue(), *cell).to_string();
    let names: Vec<_> = cells.iter().map(name).collect();
    let few = |quarter: &str| format!("requests_received {quarter} filiere=LAIT");
    assert_eq!(names, [few("2025-Q2"), few("2025-Q3")]);
    // Every cell of the withheld quarter is one that attackers do not know.
    let withheld = (0..attack.known_cells)
        .filter(|cell| attack.system.cells[*cell].period == period("2025-Q2"));
    let marks: Vec<_> = withheld.map(|cell| attack.earlier[cell]).collect();
    assert_eq!(marks, [Some(true); 3]);
}

/// That CEREA could be so much more in the first quarter, where both filières are hidden, and
/// together they are 11: CEREA is 10 at most, 4 more than it is.
fn hidden_filieres(above: i64) -> Transcript {
    let protection = Protection::Interval { below: 0, above };
    exposed_history(vec![FrozenNeed { cell: 1, measure: 0, protection }], &[1, 2])
}

#[test]
fn of_an_interval_that_is_lost_as_much_is_still_demanded_as_is_left() {
    let mut history = hidden_filieres(5);
    let incident = ["requests_received 2025-Q1 filiere=CEREA"];
    let beside = next_quarter("2025-Q2", &history).unwrap();
    assert_eq!(beside.report.exposed, incident);
    let second = withheld(&[requests("2025-Q2", &CEREA, &FEW, 1)], &history);
    assert_eq!(second.exposed.len(), 1);
    let [exposure] = &*second.frozen.exposures else { panic!("{:?}", second.frozen.exposures) };
    assert_eq!(exposure.impossible, Protection::Interval { below: 0, above: 5 });
    let variable = exposure.terms[0].0 as usize;
    kept(&mut history, second.frozen);
    let third = [requests("2025-Q3", &CEREA, &FEW, 1)];
    let attack = Attack::new(Codes::embedded().catalogue(), &RULES, &third, &history).unwrap();
    let about_it = attack.demands.iter().filter(|demand| demand.variable == variable);
    assert!(about_it.map(|demand| demand.what).any(|what| what == Possible::Above(5)));
    assert_eq!(next_quarter("2025-Q3", &history).unwrap().report.exposed, incident);
}

#[test]
fn a_release_takes_nothing_of_what_earlier_ones_left() {
    for above in [2, 4, 5, 500] {
        let mut history = hidden_filieres(above);
        let mut quarters = vec![requests("2025-Q1", &CEREA, &LAIT, 1)];
        for (quarter, cerea) in [("2025-Q2", &CEREA[..2]), ("2025-Q3", &CEREA)] {
            let cubes = [requests(quarter, cerea, &LAIT, 1)];
            let frozen = protected(&cubes, &history).unwrap().frozen;
            kept(&mut history, frozen);
            quarters.extend(cubes);
        }
        quarters.push(requests("2025-Q4", &CEREA, &LAIT, 1));
        let last = [quarters[3].clone(), year_of("2025", &quarters)];
        // With the year, CEREA could be one more.
        assert_eq!(audited(&last, &[], &history), Some(AuditFault::ValueBounded), "{above}");
        let found = protected(&last, &history).unwrap();
        assert!(found.report.hidden > 0, "{above}");
        assert_eq!(found.report.exposed.len(), usize::from(above > 4), "{above}");
    }
}

#[test]
fn a_large_value_that_is_bounded_too_closely_is_still_protected() {
    let mut first = requests("2025-Q1", &CEREA, &LAIT, 1);
    first.cells[1] = cell(&CEREA, 1_000_000);
    let contributors = first.cells[1..].iter().flat_map(|cell| cell.contributors.clone());
    first.cells[0] = CubeCell { values: vec![6_000_005], contributors: contributors.collect() };
    let mut history = Transcript::default();
    let mut frozen = protected(&[first], &history).unwrap().frozen;
    let protection = Protection::Interval { below: 0, above: 5 };
    frozen.tables[0].needs = vec![FrozenNeed { cell: 1, measure: 0, protection }];
    [1, 2].into_iter().for_each(|at| frozen.tables[0].table.cells[at] = Cell(None));
    kept(&mut history, frozen);
    // To one part in 10,000 it is known, too.
    let second = withheld(&[requests("2025-Q2", &CEREA, &FEW, 1)], &history);
    kept(&mut history, second.frozen);
    let third = [requests("2025-Q3", &CEREA, &FEW, 1)];
    let attack = Attack::new(Codes::embedded().catalogue(), &RULES, &third, &history).unwrap();
    let cerea = attack.system.places[0][0][1];
    assert!(attack.demands.iter().any(|one| attack.system.cell_of[one.variable] == cerea));
}

#[test]
fn an_exposure_that_names_nothing_is_damage() {
    let mut history = exposed_history(vec![], &[]);
    let mut second = withheld(&[requests("2025-Q2", &CEREA, &FEW, 1)], &history).frozen;
    let terms = vec![(9_999, 1)];
    let impossible = Protection::NotExact;
    second.exposures = vec![crate::disclosure::transcript::FrozenExposure { terms, impossible }];
    kept(&mut history, second);
    let refused = next_quarter("2025-Q3", &history).unwrap_err();
    assert!(matches!(refused, DisclosureError::Transcript(_)), "{refused}");
}
