//! Tables to attack: made up from a seed, typed in, or those found under the folder that
//! ESSAIM_SAMPLES names; what is published of each; and what an attacker makes of that.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use essaim::{
    base::dice::Dice,
    disclosure::tabular::{
        hierarchy::Hierarchy,
        protect::{Cost, Options, Protected, ProtectionError, protect},
        rules::{Attacker, Rules},
        table::{Row, Table},
    },
};

use crate::knowledge::Knowledge;

/// Few enterprises are fewer than three; a tenth of a value is hidden on either side.
pub const RULES: Rules =
    Rules { contributors_min: 3, dominance_percent: Some(85), protection_percent: 10 };
/// Insiders know nothing of others to within one part in so many.
pub const EXACT_PARTS: i64 = 10_000;

/// The codes of one key, the total first; the classification is public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: &'static str,
    pub codes: Vec<String>,
    pub parents: Vec<Option<usize>>,
}

impl Key {
    /// Codes below the total, none of them with parts.
    pub fn flat(name: &'static str, codes: usize) -> Self {
        Self::of(name, &vec![1; codes])
    }

    /// Codes below the total: a one stands for itself, more for a group with so many parts.
    pub fn of(name: &'static str, groups: &[usize]) -> Self {
        let mut key = Self { name, codes: vec!["Total".into()], parents: vec![None] };
        for (group, parts) in groups.iter().enumerate() {
            let own = key.add(format!("{name}{group}"), 0);
            (0..*parts).filter(|_| *parts > 1).for_each(|part| {
                key.add(format!("{name}{group}.{part}"), own);
            });
        }
        key
    }

    fn add(&mut self, code: String, parent: usize) -> usize {
        self.codes.push(code);
        self.parents.push(Some(parent));
        self.codes.len() - 1
    }

    pub fn children(&self, code: usize) -> Vec<usize> {
        (0..self.codes.len()).filter(|one| self.parents[*one] == Some(code)).collect()
    }

    fn is_within(&self, mut code: usize, margin: usize) -> bool {
        loop {
            match self.parents[code] {
                _ if code == margin => return true,
                Some(parent) => code = parent,
                None => return false,
            }
        }
    }

    /// From the total to each finest code, the total left out.
    fn paths(&self) -> Vec<Vec<String>> {
        let leaves = (0..self.codes.len()).filter(|code| self.children(*code).is_empty());
        let path = |leaf: usize| {
            let mut path = Vec::new();
            let mut at = leaf;
            while let Some(parent) = self.parents[at] {
                path.insert(0, self.codes[at].clone());
                at = parent;
            }
            path
        };
        leaves.map(path).collect()
    }
}

/// One cell: its contributors, their sum and the largest of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figure {
    pub count: i64,
    pub value: i64,
    pub largest: i64,
}

/// What a hub knows: a table with its margins.
#[derive(Debug, Clone)]
pub struct Survey {
    pub keys: Vec<Key>,
    /// By place: the last key runs fastest.
    pub figures: Vec<Figure>,
    /// Whether it counts its contributors.
    pub counts: bool,
    /// Units of values in one.
    pub units_per_one: i64,
}

/// The codes of a place.
pub fn codes(keys: &[Key], mut place: usize) -> Vec<usize> {
    let mut codes = vec![0; keys.len()];
    for (key, code) in keys.iter().zip(&mut codes).rev() {
        *code = place % key.codes.len();
        place /= key.codes.len();
    }
    codes
}

fn place(keys: &[Key], codes: &[usize]) -> usize {
    keys.iter().zip(codes).fold(0, |place, (key, code)| place * key.codes.len() + code)
}

fn size(keys: &[Key]) -> usize {
    keys.iter().map(|key| key.codes.len()).product()
}

fn is_inner(keys: &[Key], place: usize) -> bool {
    keys.iter().zip(codes(keys, place)).all(|(key, code)| key.children(code).is_empty())
}

impl Survey {
    /// Adds the margins to inner cells, given in the order of their places.
    pub fn new(keys: Vec<Key>, inner: &[Figure], counts: bool) -> Self {
        let places: Vec<usize> = (0..size(&keys)).filter(|one| is_inner(&keys, *one)).collect();
        assert_eq!(places.len(), inner.len(), "one figure for each inner cell");
        let mut figures = vec![Figure::default(); size(&keys)];
        for (margin, figure) in figures.iter_mut().enumerate() {
            let margin = codes(&keys, margin);
            for (one, part) in places.iter().zip(inner) {
                let own = codes(&keys, *one);
                if (0..keys.len()).all(|key| keys[key].is_within(own[key], margin[key])) {
                    figure.count += part.count;
                    figure.value += part.value;
                    figure.largest = figure.largest.max(part.largest);
                }
            }
        }
        Self { keys, figures, counts, units_per_one: 1 }
    }

    /// A table of counts with inner cells from 0 to `most`, small ones more often.
    pub fn random_counts(keys: Vec<Key>, dice: &mut Dice, most: i64) -> Self {
        let inner = (0..size(&keys)).filter(|one| is_inner(&keys, *one)).count();
        let inner: Vec<Figure> =
            (0..inner).map(|_| count(dice.between(0, most).min(dice.between(0, most)))).collect();
        Self::new(keys, &inner, true)
    }

    /// A table of values: up to four contributors in each inner cell, each from 1 to `most`.
    pub fn random_values(keys: Vec<Key>, dice: &mut Dice, most: i64) -> Self {
        let inner = (0..size(&keys)).filter(|one| is_inner(&keys, *one)).count();
        let mut figure = || {
            let parts: Vec<i64> = (0..dice.below(5))
                .map(|_| dice.between(1, most).min(dice.between(1, most)))
                .collect();
            Figure {
                count: parts.len() as i64,
                value: parts.iter().sum(),
                largest: parts.iter().copied().max().unwrap_or(0),
            }
        };
        let inner: Vec<Figure> = (0..inner).map(|_| figure()).collect();
        Self::new(keys, &inner, false)
    }

    /// The same figures with another number in inner cells, as counts.
    pub fn with_counts(&self, values: &[i64]) -> Self {
        let inner = (0..values.len()).filter(|place| is_inner(&self.keys, *place));
        let inner: Vec<Figure> = inner.map(|place| count(values[place])).collect();
        Self::new(self.keys.clone(), &inner, true)
    }

    /// The same table with other values, and as many contributors to each cell if they are values;
    /// none of them dominates.
    pub fn like(&self, values: &[i64]) -> Self {
        if self.counts {
            return self.with_counts(values);
        }
        let mut like = self.clone();
        for (figure, value) in like.figures.iter_mut().zip(values) {
            *figure = Figure { value: *value, largest: 0, ..*figure };
        }
        like
    }

    pub fn name(&self, place: usize) -> String {
        let codes = codes(&self.keys, place);
        let code = |(key, code): (&Key, usize)| key.codes[code].clone();
        self.keys.iter().zip(codes).map(code).collect::<Vec<_>>().join("/")
    }

    pub fn is_sensitive(&self, place: usize) -> bool {
        let Figure { count, value, largest } = self.figures[place];
        let few = count < RULES.contributors_min;
        count > 0 && (few || (!self.counts && largest * 100 > value * 85))
    }

    pub fn sensitive(&self) -> Vec<usize> {
        (0..self.figures.len()).filter(|place| self.is_sensitive(*place)).collect()
    }

    /// The table as the program reads it.
    pub fn table(&self) -> Table {
        let keys = self.keys.iter().map(|key| {
            let used: BTreeSet<String> = key.codes.iter().cloned().collect();
            Hierarchy::new(key.name, &key.codes[0], Some(&key.paths()), &used).unwrap()
        });
        let row = |place: usize| {
            let codes = codes(&self.keys, place);
            let Figure { count, value, largest } = self.figures[place];
            Row {
                codes: self
                    .keys
                    .iter()
                    .zip(codes)
                    .map(|(key, one)| key.codes[one].clone())
                    .collect(),
                count,
                value,
                largest: (!self.counts).then_some(largest),
            }
        };
        let rows: Vec<Row> = (0..self.figures.len()).map(row).collect();
        Table::new(keys.collect(), &rows, 0).unwrap()
    }

    /// The program's cell of each place.
    pub fn cells(&self, table: &Table) -> Vec<usize> {
        let cell = |place: usize| {
            let codes = codes(&self.keys, place);
            let at = table.keys.iter().enumerate().fold(0, |at, (number, key)| {
                let code = &self.keys[number].codes[codes[number]];
                at * key.codes.len() + key.place(code).unwrap()
            });
            table.names[at]
        };
        (0..self.figures.len()).map(cell).collect()
    }

    pub fn options(&self, attackers: &[Attacker]) -> Options {
        Options {
            rules: if self.counts { Rules { dominance_percent: None, ..RULES } } else { RULES },
            attackers: attackers.to_vec(),
            cost: Cost::Unit,
            seed: 1,
            counts: self.counts,
            units_per_one: self.units_per_one,
        }
    }

    /// What the program would hide.
    pub fn protect(&self, attackers: &[Attacker]) -> Result<(Sheet, Protected), ProtectionError> {
        let table = self.table();
        let protected = protect(&table, &self.options(attackers))?;
        let cells = self.cells(&table);
        Ok((self.sheet(|place| protected.hidden[cells[place]]), protected))
    }

    /// What is published if these places are hidden.
    pub fn sheet(&self, is_hidden: impl Fn(usize) -> bool) -> Sheet {
        let value = |place: usize| (!is_hidden(place)).then_some(self.figures[place].value);
        Sheet { keys: self.keys.clone(), values: (0..self.figures.len()).map(value).collect() }
    }

    /// What is published if only sensitive cells are hidden: the mutation of all mutations.
    pub fn sheet_without_secondary(&self) -> Sheet {
        self.sheet(|place| self.is_sensitive(place))
    }

    /// For each contributor who is alone in a cell: the places of which he knows the figure, for he
    /// is all there is.
    pub fn insiders(&self) -> Vec<Vec<usize>> {
        let keys = &self.keys;
        let alone = |place: &usize| self.figures[*place].count == 1;
        let inner = (0..self.figures.len()).filter(|place| is_inner(keys, *place)).filter(alone);
        let above = |inner: usize| {
            let own = codes(keys, inner);
            let holds = move |margin: &usize| {
                let margin = codes(keys, *margin);
                (0..keys.len()).all(|key| keys[key].is_within(own[key], margin[key]))
            };
            (0..self.figures.len()).filter(alone).filter(holds).collect()
        };
        inner.map(above).collect()
    }

    /// How far the value of a place must be hidden on either side, a hidden value being at least
    /// `least`.
    pub fn protection(&self, place: usize, least: i64) -> (i64, i64) {
        let value = self.figures[place].value;
        let level = ((value * 10 + 99) / 100).max(1);
        (level.min((value - least).max(0)), level)
    }
}

/// An inner cell that so many count in.
pub fn count(number: i64) -> Figure {
    Figure { count: number, value: number, largest: i64::from(number > 0) }
}

/// What is published of a table: its codes, and the values that are not hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub keys: Vec<Key>,
    pub values: Vec<Option<i64>>,
}

/// What an attacker knows besides what is published.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// What a hidden figure is at least, because zeros are published.
    pub least: i64,
    /// Of counts: the places that are sensitive, because fewer than so many count there.
    pub sensitive: Option<(Vec<usize>, i64)>,
    /// Places with their figures.
    pub own: Vec<(usize, i64)>,
}

impl Sheet {
    pub fn hidden(&self) -> Vec<usize> {
        (0..self.values.len()).filter(|place| self.values[*place].is_none()).collect()
    }

    /// What follows: one number for each place; margins are the sums of their parts, over each key.
    pub fn knowledge(&self, beside: &Beside) -> Knowledge {
        let mut knowledge = Knowledge::default();
        for (place, value) in self.values.iter().enumerate() {
            let (least, most) = match (value, &beside.sensitive) {
                (Some(value), _) => (*value, Some(*value)),
                (None, Some((sensitive, few))) if sensitive.contains(&place) => (1, Some(few - 1)),
                (None, Some((_, few))) => (*few, None),
                (None, None) => (beside.least, None),
            };
            knowledge.add(least, most);
        }
        beside.own.iter().for_each(|(place, value)| knowledge.learn(*place, *value));
        for margin in 0..self.values.len() {
            let at = codes(&self.keys, margin);
            for (number, key) in self.keys.iter().enumerate() {
                let part = |child: usize| {
                    let mut at = at.clone();
                    at[number] = child;
                    (place(&self.keys, &at), -1)
                };
                let parts: Vec<_> = key.children(at[number]).into_iter().map(part).collect();
                if !parts.is_empty() {
                    knowledge.equation([vec![(margin, 1)], parts].concat());
                }
            }
        }
        knowledge
    }
}

/// The rows of a sample; `None`, and a word about it, if samples are not at hand.
pub fn sample(name: &str) -> Option<Vec<Vec<String>>> {
    let Ok(folder) = std::env::var("ESSAIM_SAMPLES") else {
        println!("skipped: ESSAIM_SAMPLES is not set");
        return None;
    };
    let path = PathBuf::from(folder).join("disclosure").join(name);
    let mut reader = csv::Reader::from_path(path).unwrap();
    Some(reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect())
}

/// A real table of turnover by a key with a classification and by size, in hundredths.
pub fn turnover(name: &str, hierarchy: &str, key: &'static str) -> Option<Survey> {
    let (rows, paths) = (sample(name)?, sample(hierarchy)?);
    let used = |column: usize| -> BTreeSet<&str> {
        rows.iter().map(|row| row[column].as_str()).filter(|code| *code != "Total").collect()
    };
    let first = used(0);
    let mut classified = Key::flat(key, 0);
    for path in &paths {
        let mut above = 0;
        for code in path.iter().filter(|code| first.contains(code.as_str())) {
            above = match classified.codes.iter().position(|known| known == code) {
                Some(known) => known,
                None => classified.add(code.clone(), above),
            };
        }
    }
    let mut sizes = Key::flat("SIZE", 0);
    used(1).into_iter().for_each(|code| _ = sizes.add(code.into(), 0));
    let keys = vec![classified, sizes];
    let mut stated = BTreeMap::new();
    for row in &rows {
        let hundredths = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round() as i64;
        let at =
            [0, 1].map(|key| keys[key].codes.iter().position(|code| *code == row[key]).unwrap());
        let value = hundredths(&row[3]);
        let largest = hundredths(&row[4]).min(value);
        stated.insert(place(&keys, &at), Figure { count: row[2].parse().unwrap(), value, largest });
    }
    let inner: Vec<Figure> = (0..size(&keys))
        .filter(|one| is_inner(&keys, *one))
        .map(|one| stated.get(&one).copied().unwrap_or_default())
        .collect();
    let mut survey = Survey { units_per_one: 100, ..Survey::new(keys, &inner, false) };
    for (place, figure) in stated {
        // The largest enterprise may contribute to several parts of a margin.
        survey.figures[place].largest = figure.largest;
    }
    Some(survey)
}
