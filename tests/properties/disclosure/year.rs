//! What is hidden in a quarter, and the year it belongs to.

use essaim::{
    base::{id::EnterpriseId, period::Frequency},
    disclosure::{protect::protect, rules::Rules, transcript::Transcript},
    indicators::cube::{Contribution, Cube, CubeCell},
};

use super::hub;

/// A country's total: one record from each of `number` enterprises.
fn total(population: &str, frequency: Frequency, quarter: usize, number: u64) -> Cube {
    let catalogue = hub::catalogue();
    let measures = &catalogue.population(population).unwrap().measures;
    let contributors = (0..number).map(|enterprise| {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&enterprise.to_be_bytes());
        Contribution { enterprise: EnterpriseId::from_bytes(id), holding: None, values: vec![1] }
    });
    Cube {
        population: population.into(),
        period: hub::period(frequency, quarter),
        dimensions: Vec::new(),
        measures: measures.iter().map(|measure| measure.id.clone()).collect(),
        cells: vec![CubeCell { values: vec![number as i64], contributors: contributors.collect() }],
    }
}

/// The totals of a release: received, answered and open in each quarter so far. Each request has
/// at most one answer, as is usual, so that answers are as many as requests answered.
fn totals(quarters: &[[u64; 3]]) -> Vec<Cube> {
    let quarter = quarters.len() - 1;
    let [received, answered, open] = quarters[quarter];
    let at_hand = |population, number| total(population, Frequency::Quarterly, quarter, number);
    let mut cubes = vec![
        at_hand("requests_received", received),
        at_hand("requests_due", received),
        at_hand("requests_answered", answered),
        at_hand("answers", answered),
        at_hand("requests_open", open),
        at_hand("requests_closed_unanswered", 0),
    ];
    if quarter == 3 {
        let sum = |index: usize| quarters.iter().map(|one| one[index]).sum();
        let year = |population, number| total(population, Frequency::Annual, quarter, number);
        cubes.push(year("requests_received", sum(0)));
        cubes.push(year("requests_due", sum(0)));
        cubes.push(year("requests_answered", sum(1)));
        cubes.push(year("answers", sum(1)));
    }
    cubes
}

/// One request open at the end of a quarter, between published stocks, gives itself away by what
/// came in and what was answered: one of these must be hidden, too. If that is what was answered,
/// and the number of answers, which it cannot exceed, is published, then the year must follow.
#[test]
fn a_hidden_quarter_leaves_the_year_to_be_published() {
    let rules = Rules::new(3, 15);
    for rare in 0..3 {
        let mut transcript = Transcript::default();
        let (mut quarters, mut before) = (Vec::new(), 5);
        for quarter in 0..4 {
            let open = if quarter == rare { 1 } else { 6 + quarter as u64 };
            let received = 19;
            quarters.push([received, received + before - open, open]);
            before = open;
            let cubes = totals(&quarters);
            let protected = protect(&hub::catalogue(), &rules, &cubes, &transcript).unwrap();
            for (cube, safe) in cubes.iter().zip(&protected.tables) {
                let published = safe.table().cells[0].0.is_some();
                let annual = cube.period.frequency() == Frequency::Annual;
                let rare = cube.population == "requests_open" && quarter == rare;
                assert!(published || !annual, "{} {} is hidden", cube.population, cube.period);
                assert!(!published || !rare, "{} {} is open", cube.population, cube.period);
            }
            transcript.append(protected.frozen);
        }
    }
}
