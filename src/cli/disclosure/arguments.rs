//! What is asked: options that were checked against each other, and the hierarchies read.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};

use crate::{
    base::language::Language,
    cli::{
        args::disclosure::{Named, TableArgs},
        disclosure::{
            amount, csv_file,
            hierarchy_file::{self, HierarchyFile},
        },
    },
    disclosure::tabular::{
        protect::{Cost, Options},
        rules::{Attacker, Rules},
    },
};

/// Code of a total that no option names.
const TOTAL: &str = "Total";

/// What is asked of a table.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The columns that tell cells apart.
    pub keys: Vec<String>,
    /// The column of contributors.
    pub count: String,
    /// The column of values; none in a table of counts.
    pub value: Option<String>,
    /// The column of largest contributions.
    pub largest: Option<String>,
    /// Hierarchies by key.
    pub hierarchies: BTreeMap<String, HierarchyFile>,
    /// Codes of totals by key.
    pub totals: BTreeMap<String, String>,
    /// How the table is protected.
    pub options: Options,
    /// Decimals that numbers of the file are rounded to.
    pub decimals: u32,
    /// Units by which margins may differ from the sums of their parts, if it is said.
    pub tolerance: Option<i64>,
    /// The language of the report.
    pub language: Language,
}

impl Asked {
    /// Checks the options of a command, and reads the hierarchies that they name.
    pub fn new(args: &TableArgs, cost: Cost) -> anyhow::Result<Self> {
        let keys = args.keys.clone();
        for (place, key) in keys.iter().enumerate() {
            ensure!(!keys[..place].contains(key), "--keys names {key} twice");
        }
        let numbers = [Some(&args.count), args.value.as_ref(), args.largest.as_ref()];
        for number in numbers.into_iter().flatten() {
            ensure!(!keys.contains(number), "{number} cannot be a key and a number at once");
        }
        let totals = by_key("--total", &args.totals, &keys)?;
        let mut hierarchies = BTreeMap::new();
        for (key, path) in by_key("--hierarchy", &args.hierarchies, &keys)? {
            let file = csv_file::read(path.as_ref())?;
            hierarchies.insert(key, hierarchy_file::read(&file)?);
        }
        let tolerance = args.tolerance.as_deref().map(|text| {
            amount::parse(text, '.', args.decimals).with_context(|| format!("--tolerance {text}"))
        });
        Ok(Self {
            keys,
            count: args.count.clone(),
            value: args.value.clone(),
            largest: args.largest.clone(),
            hierarchies,
            totals,
            options: options(args, cost),
            decimals: args.decimals,
            tolerance: tolerance.transpose()?.map(|amount| amount.units),
            language: args.language,
        })
    }

    /// Decimals of what is published.
    pub fn decimals_published(&self) -> u32 {
        if self.value.is_some() { self.decimals } else { 0 }
    }

    /// The code of a key's total.
    pub fn total(&self, key: &str) -> &str {
        self.totals.get(key).map_or(TOTAL, String::as_str)
    }
}

fn options(args: &TableArgs, cost: Cost) -> Options {
    let knows =
        |attacker: &Attacker| *attacker == Attacker::A0 || args.attackers.contains(attacker);
    let counts = args.value.is_none();
    Options {
        rules: Rules {
            contributors_min: i64::from(args.min_contributors),
            dominance_percent: args.dominance.map(|dominance| dominance.percent),
            protection_percent: args.protection,
        },
        attackers: Attacker::ALL.into_iter().filter(knows).collect(),
        cost,
        seed: args.seed,
        counts,
        units_per_one: if counts { 1 } else { 10_i64.pow(args.decimals) },
    }
}

/// What an option gives for each key.
fn by_key(
    option: &str,
    all: &[Named],
    keys: &[String],
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for Named { key, given } in all {
        if !keys.contains(key) {
            bail!("{option} {key}={given}: {key} is none of the --keys {}", keys.join(","));
        }
        let before = found.insert(key.clone(), given.clone());
        ensure!(before.is_none(), "{option} is given twice for {key}");
    }
    Ok(found)
}
