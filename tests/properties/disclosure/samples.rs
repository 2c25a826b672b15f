//! Real tables: those found under the folder that ESSAIM_SAMPLES names. Each becomes one cube of a
//! catalogue made up here.

use std::{collections::BTreeMap, path::PathBuf};

use essaim::{
    base::id::EnterpriseId,
    codes::{catalogue::Catalogue, list::TOTAL},
    disclosure::{protect::protect, rules::Rules, safe::Protected, transcript::Transcript},
    indicators::cube::{Contribution, Cube, CubeCell},
    publication::release::Dimension,
};

const CATALOGUE: &str = r#"
version = 1
dimension = []
subset_of = []
stock_of = []
bounds = []
distinct_over = []
slice_of = []
indicator = []

[currency]
code = "KES"
countries = []

[[population]]
id = "counted"
measures = [{ id = "number", kind = "count", additive_over_time = true }]
definition = { fr = "", en = "", pt = "" }

[[population]]
id = "turnover"
measures = [{ id = "amount", kind = "value", additive_over_time = true }]
definition = { fr = "", en = "", pt = "" }
"#;

fn sample(name: &str) -> Option<Vec<Vec<String>>> {
    let Ok(folder) = std::env::var("ESSAIM_SAMPLES") else {
        println!("skipped: ESSAIM_SAMPLES is not set");
        return None;
    };
    let path = PathBuf::from(folder).join("disclosure").join(name);
    let mut reader = csv::Reader::from_path(path).unwrap();
    Some(reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect())
}

/// An inner cell: row, column and contributions.
type Inner<'a> = (&'a str, &'a str, Vec<i64>);

/// A cube of two dimensions from inner cells with their contributions.
fn cube(population: &str, inner: &[Inner<'_>]) -> Cube {
    let codes = |of: &dyn Fn(&Inner<'_>) -> String| {
        let mut codes: Vec<String> = inner.iter().map(of).collect();
        codes.sort();
        codes.dedup();
        codes.insert(0, TOTAL.into());
        codes
    };
    let dimension = |id: &str, codes| Dimension { id: id.into(), list_version: 1, codes };
    let dimensions = vec![
        dimension("region", codes(&|cell| cell.0.into())),
        dimension("size", codes(&|cell| cell.1.into())),
    ];
    let (rows, columns) = (dimensions[0].codes.len(), dimensions[1].codes.len());
    let mut parts: BTreeMap<usize, Vec<Contribution>> = BTreeMap::new();
    let mut next = 0_u64;
    for (row, column, values) in inner {
        let at = |codes: &[String], code: &str| codes.iter().position(|one| one == code).unwrap();
        let (row, column) = (at(&dimensions[0].codes, row), at(&dimensions[1].codes, column));
        for value in values {
            next += 1;
            let mut id = [0; 16];
            id[8..].copy_from_slice(&next.to_be_bytes());
            let one = Contribution {
                enterprise: EnterpriseId::from_bytes(id),
                holding: None,
                values: vec![*value],
            };
            for place in [0, column, row * columns, row * columns + column] {
                parts.entry(place).or_default().push(one.clone());
            }
        }
    }
    let cells = (0..rows * columns).map(|place| {
        let contributors = parts.remove(&place).unwrap_or_default();
        CubeCell { values: vec![contributors.iter().map(|one| one.values[0]).sum()], contributors }
    });
    Cube {
        population: population.into(),
        period: "2025".parse().unwrap(),
        cells: cells.collect(),
        measures: vec![if population == "counted" { "number" } else { "amount" }.into()],
        dimensions,
    }
}

fn protected(cube: Cube, contributors_min: u32) -> (Protected, usize) {
    let catalogue: Catalogue = toml::from_str(CATALOGUE).unwrap();
    let rules = Rules::new(contributors_min, 15);
    let protected = protect(&catalogue, &rules, &[cube], &Transcript::default()).unwrap();
    let hidden = protected.tables[0].table().cells.iter().filter(|cell| cell.0.is_none()).count();
    (protected, hidden)
}

#[test]
fn a_published_frequency_table_needs_no_more_hidden_cells_than_its_published_result() {
    let Some(rows) = sample("z1.csv") else { return };
    let inner: Vec<_> = rows
        .iter()
        .map(|row| {
            let number = row[2].parse::<f64>().unwrap() as usize;
            (row[0].as_str(), row[1].as_str(), vec![1; number])
        })
        .collect();
    let (protected, hidden) = protected(cube("counted", &inner), 4);
    println!("z1: {:?}", protected.report);
    assert!(hidden <= 6, "{hidden} cells hidden where 6 suffice");
}

#[test]
fn a_turnover_table_of_regions_by_size_is_protected() {
    let Some(rows) = sample("turnover_nuts_size.csv") else { return };
    let inner: Vec<_> = rows
        .iter()
        .filter(|row| row[0].len() == 5 && row[1] != "Total")
        .map(|row| {
            let number: i64 = row[2].parse().unwrap();
            let tenths = |text: &str| (text.parse::<f64>().unwrap() * 10.0).round() as i64;
            let (total, largest) = (tenths(&row[3]), tenths(&row[4]));
            // The rest is spread evenly over few enterprises; more would change no decision.
            let others = (number - 1).clamp(0, 40);
            let mut parts = vec![largest];
            for index in 0..others {
                parts.push(((total - largest) / others).max(1) + i64::from(index == 0));
            }
            (row[0].as_str(), row[1].as_str(), parts)
        })
        .collect();
    let (protected, hidden) = protected(cube("turnover", &inner), 3);
    println!("turnover: {hidden} hidden, {:?}", protected.report);
    assert!(hidden as u64 <= 3 * protected.report.sensitive);
}
