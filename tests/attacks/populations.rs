//! Populations and tables that overlap (attack 6): a total is the same in the table by region and in
//! the one by filière; who answers was asked; what is open was received and not answered. Guarded
//! against by one system for all tables of a release.

use essaim::{
    disclosure::{protect::protect, transcript::Transcript},
    indicators::cube::Cube,
    publication::release::Table,
};

use crate::{
    hub,
    releases::{Name, Reading, truth},
    time::{FEW, RULES, small},
};

fn recovered(cubes: &[Cube], tables: Vec<Table>) -> Vec<Name> {
    let truth = truth(&[cubes.to_vec()]);
    let reading = Reading::new(&hub::catalogue(), &[tables]);
    reading.recovered(&truth, FEW)
}

/// The tables of a release, protected together as far as they are given together.
fn protected<'a>(parts: impl Iterator<Item = &'a [Cube]>) -> Vec<Table> {
    let protect = |cubes| {
        let protected = protect(&hub::catalogue(), &RULES, cubes, &Transcript::default()).unwrap();
        protected.tables.into_iter().map(|safe| safe.table().clone()).collect::<Vec<_>>()
    };
    parts.flat_map(protect).collect()
}

#[test]
fn nothing_is_had_from_tables_that_overlap() {
    let (mut apart, mut each_population) = (0, 0);
    for seed in 10..18 {
        let mut cubes = small(seed).release(&hub::catalogue(), &hub::plan(), 3);
        assert_eq!(recovered(&cubes, protected([&cubes[..]].into_iter())), [], "hub {seed}");
        apart += recovered(&cubes, protected(cubes.chunks(1))).len();
        cubes.sort_by(|one, other| one.population.cmp(&other.population));
        let populations = cubes.chunk_by(|one, other| one.population == other.population);
        each_population += recovered(&cubes, protected(populations)).len();
    }
    println!("{apart} recovered where each table, {each_population} where each population");
    println!("was protected by itself");
    assert!(apart > 0 && each_population > 0);
}

/// Nothing was open, nine were received, eight answered: one is open, though that is hidden.
#[test]
fn a_stock_is_not_had_from_its_flows() {
    let catalogue = hub::catalogue();
    let mut transcript = Transcript::default();
    let (mut cubes, mut tables, mut apart) = (Vec::new(), Vec::new(), Vec::new());
    for (quarter, [open, received, answered]) in [[4, 9, 5], [1, 6, 9]].into_iter().enumerate() {
        let release: Vec<Cube> = [
            ("requests_open", open),
            ("requests_received", received),
            ("requests_answered", answered),
            ("requests_closed_unanswered", 0),
        ]
        .map(|(population, number)| total(population, quarter, number))
        .into();
        let protected = protect(&catalogue, &RULES, &release, &transcript).unwrap();
        tables.push(protected.tables.iter().map(|safe| safe.table().clone()).collect());
        transcript.append(protected.frozen);
        let alone = |cube: &Cube| {
            let nothing = Transcript::default();
            let one = protect(&catalogue, &RULES, std::slice::from_ref(cube), &nothing).unwrap();
            one.tables[0].table().clone()
        };
        apart.push(release.iter().map(alone).collect());
        cubes.push(release);
    }
    let truth = truth(&cubes);
    let recovered = |tables: &[Vec<Table>]| Reading::new(&catalogue, tables).recovered(&truth, FEW);
    assert_eq!(recovered(&tables), []);
    let had = recovered(&apart);
    assert_eq!(had.len(), 1, "{had:?}");
    assert_eq!(had[0].population, "requests_open");
}

/// A country's total: one record from each of so many enterprises.
fn total(population: &str, quarter: usize, number: u8) -> Cube {
    use essaim::{
        base::{id::EnterpriseId, period::Frequency},
        indicators::cube::{Contribution, CubeCell},
    };
    let contributor = |enterprise| Contribution {
        enterprise: EnterpriseId::from_bytes([enterprise; 16]),
        holding: None,
        values: vec![1],
    };
    Cube {
        population: population.into(),
        period: hub::period(Frequency::Quarterly, quarter),
        dimensions: Vec::new(),
        measures: vec!["requests".into()],
        cells: vec![CubeCell {
            values: vec![number.into()],
            contributors: (1..=number).map(contributor).collect(),
        }],
    }
}
