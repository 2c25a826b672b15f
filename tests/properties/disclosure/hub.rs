//! A small hub made up from a seed: enterprises, visits, requests and answers over two years, and
//! the cubes of its planned releases. Counts on its own, apart from `indicators`.

use std::collections::BTreeMap;

use essaim::{
    base::{
        id::EnterpriseId,
        period::{Frequency, Period},
    },
    codes::{
        catalogue::{Catalogue, MeasureKind},
        list::TOTAL,
        plan::{PlannedTable, TablePlan},
    },
    indicators::cube::{Contribution, Cube, CubeCell},
    publication::release::Dimension,
};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Size of the hub.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub enterprises: usize,
    pub requests: usize,
    pub filieres: usize,
    pub regions: usize,
    /// Of 100 records, how many arrive after their quarter was closed.
    pub late_percent: u64,
}

/// One thing counted by a population.
struct Fact {
    population: &'static str,
    enterprise: usize,
    /// Quarter by number from the first.
    quarter: usize,
    /// The release it is first known in.
    known: usize,
    extra: Option<(&'static str, String)>,
    value: i64,
}

pub struct Hub {
    scale: Scale,
    attributes: Vec<BTreeMap<&'static str, String>>,
    facts: Vec<Fact>,
}

pub fn catalogue() -> Catalogue {
    toml::from_str(include_str!("../../../src/codes/catalogue.toml")).unwrap()
}

pub fn plan() -> TablePlan {
    toml::from_str(include_str!("../../../src/codes/table_plan.toml")).unwrap()
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        (self.0.next_u64() % limit.max(1) as u64) as usize
    }

    /// Small numbers more often, as capitals have more enterprises than provinces.
    fn skewed(&mut self, limit: usize) -> usize {
        self.below(limit).min(self.below(limit))
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.0.next_u64() % 100 < chance
    }
}

impl Hub {
    pub fn new(seed: u64, scale: Scale) -> Self {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
        let attributes = (0..scale.enterprises)
            .map(|_| {
                BTreeMap::from([
                    ("region", format!("R{}", dice.skewed(scale.regions))),
                    ("filiere", format!("F{}", dice.skewed(scale.filieres))),
                    ("size", format!("S{}", dice.skewed(4))),
                    ("sex", ["F", "M", "X", "_U"][dice.below(4)].into()),
                ])
            })
            .collect();
        let mut hub = Self { scale, attributes, facts: Vec::new() };
        for _ in 0..scale.requests {
            hub.request(&mut dice);
        }
        for _ in 0..scale.requests * 4 / 5 {
            let enterprise = dice.below(scale.enterprises);
            let quarter = dice.below(8);
            let known = quarter + usize::from(dice.percent(scale.late_percent));
            hub.add("visits", enterprise, quarter, known, None, 1);
        }
        hub.enterprises();
        hub
    }

    fn add(
        &mut self,
        population: &'static str,
        enterprise: usize,
        quarter: usize,
        known: usize,
        extra: Option<(&'static str, String)>,
        value: i64,
    ) {
        self.facts.push(Fact { population, enterprise, quarter, known, extra, value });
    }

    fn request(&mut self, dice: &mut Dice) {
        let enterprise = dice.below(self.scale.enterprises);
        let quarter = dice.below(8);
        let known = quarter + usize::from(dice.percent(self.scale.late_percent));
        let channel = Some(("channel", format!("C{}", dice.skewed(5))));
        self.add("requests_received", enterprise, quarter, known, channel, 1);
        if !dice.percent(70) {
            self.add("requests_due", enterprise, quarter, known, None, 1);
            // Some are closed without an answer.
            let closed = if dice.percent(30) { quarter + dice.below(3) } else { 8 };
            for at in quarter..closed.min(8) {
                self.add("requests_open", enterprise, at, known, None, 1);
            }
            let known = known.max(closed);
            self.add("requests_closed_unanswered", enterprise, closed, known, None, 1);
            return;
        }
        let wait = usize::from(dice.percent(30));
        let answered = quarter + wait;
        let delay = Some(("delay", format!("D{}", dice.skewed(5))));
        self.add("requests_answered", enterprise, answered, known.max(answered), delay, 1);
        self.add("answers", enterprise, answered, known.max(answered), None, 1);
        if wait == 0 {
            self.add("requests_due", enterprise, quarter, known, None, 1);
            self.add("requests_received_answered", enterprise, quarter, known, None, 1);
            if dice.percent(60) {
                self.add("requests_timely", enterprise, quarter, known, None, 1);
            }
        } else {
            self.add("requests_open", enterprise, quarter, known, None, 1);
        }
        if dice.percent(40) {
            self.add("answers_remote", enterprise, answered, known.max(answered), None, 1);
        }
        if dice.percent(50) {
            let score = 1 + dice.below(5) as i64;
            self.add("answers_rated", enterprise, answered, known.max(answered), None, score);
        }
        if dice.percent(40) {
            self.add("answers_followed_up", enterprise, answered + 1, answered + 1, None, 1);
            if dice.percent(60) {
                self.add("answers_adopted", enterprise, answered + 1, answered + 1, None, 1);
                let francs = 50_000 * (1 + dice.skewed(60) as i64);
                self.add("funding", enterprise, answered + 1, answered + 1, None, francs);
            }
        }
    }

    fn enterprises(&mut self) {
        let contacts: Vec<_> = self
            .facts
            .iter()
            .filter(|fact| ["requests_received", "visits"].contains(&fact.population))
            .map(|fact| (fact.enterprise, fact.quarter))
            .collect();
        for quarter in 0..8 {
            for enterprise in 0..self.scale.enterprises {
                let recent = |at: usize| at <= quarter && at + 4 > quarter;
                if !contacts.iter().any(|(who, at)| *who == enterprise && recent(*at)) {
                    continue;
                }
                self.add("enterprises_followed", enterprise, quarter, quarter, None, 1);
                let sex = self.attributes[enterprise]["sex"].clone();
                if sex != "_U" {
                    self.add("enterprises_sex_known", enterprise, quarter, quarter, None, 1);
                }
                if sex == "F" {
                    self.add("enterprises_led_by_women", enterprise, quarter, quarter, None, 1);
                }
            }
        }
        for enterprise in 0..self.scale.enterprises {
            let first = contacts.iter().filter(|(who, _)| *who == enterprise).map(|(_, at)| *at);
            if let Some(first) = first.min() {
                self.add("enterprises_registered", enterprise, first, first, None, 1);
            }
        }
    }

    fn codes(&self, dimension: &str) -> Vec<String> {
        if dimension == "sex" {
            return [TOTAL, "F", "M", "X", "_U"].map(String::from).into();
        }
        let (letter, number) = match dimension {
            "region" => ('R', self.scale.regions),
            "filiere" => ('F', self.scale.filieres),
            "size" => ('S', 4),
            "channel" => ('C', 5),
            _ => ('D', 5),
        };
        let codes = (0..number).map(|code| format!("{letter}{code}"));
        std::iter::once(TOTAL.into()).chain(codes).collect()
    }

    /// The cubes of the release of quarter `quarter` (0 to 7).
    pub fn release(&self, catalogue: &Catalogue, plan: &TablePlan, quarter: usize) -> Vec<Cube> {
        let mut cubes: Vec<Cube> = plan
            .tables(Frequency::Quarterly)
            .map(|table| self.cube(catalogue, &table, quarter, quarter))
            .collect();
        if quarter % 4 == 3 {
            let annual = plan.tables(Frequency::Annual);
            cubes.extend(annual.map(|table| self.cube(catalogue, &table, quarter - 3, quarter)));
        }
        cubes
    }

    fn cube(
        &self,
        catalogue: &Catalogue,
        table: &PlannedTable<'_>,
        first: usize,
        last: usize,
    ) -> Cube {
        let population = catalogue.population(table.population).unwrap();
        let dimensions: Vec<Dimension> = table
            .dimensions
            .iter()
            .map(|id| Dimension { id: id.clone(), list_version: 1, codes: self.codes(id) })
            .collect();
        let count = dimensions.iter().map(|dimension| dimension.codes.len()).product();
        let measures = population.measures.len();
        let mut parts: Vec<BTreeMap<usize, Vec<i64>>> = vec![BTreeMap::new(); count];
        // Levels are taken at the end of the period.
        let level = table.population.starts_with("enterprises_")
            && table.population != "enterprises_registered"
            || table.population == "requests_open";
        let from = if level { last } else { first };
        for fact in self.facts.iter().filter(|fact| {
            fact.population == table.population
                && (from..=last).contains(&fact.quarter)
                && fact.known <= last
        }) {
            for place in self.places(fact, &dimensions) {
                let part = parts[place].entry(fact.enterprise).or_insert_with(|| vec![0; measures]);
                for (value, measure) in part.iter_mut().zip(&population.measures) {
                    match measure.kind {
                        MeasureKind::Count => *value += 1,
                        MeasureKind::Distinct => *value = 1,
                        MeasureKind::Value => *value += fact.value,
                    }
                }
            }
        }
        Cube {
            population: table.population.into(),
            period: period(table.frequency, last),
            dimensions,
            measures: population.measures.iter().map(|measure| measure.id.clone()).collect(),
            cells: parts.into_iter().map(|parts| cell(parts, measures)).collect(),
        }
    }

    /// The cells of a table that a fact counts in: its own and all margins.
    fn places(&self, fact: &Fact, dimensions: &[Dimension]) -> Vec<usize> {
        let mut places = vec![0];
        for dimension in dimensions {
            let code = match &fact.extra {
                Some((id, code)) if *id == dimension.id => code,
                _ => &self.attributes[fact.enterprise][dimension.id.as_str()],
            };
            let at = dimension.codes.iter().position(|one| one == code).unwrap();
            let extent = dimension.codes.len();
            places =
                places.iter().flat_map(|place| [place * extent, place * extent + at]).collect();
        }
        places
    }
}

fn cell(parts: BTreeMap<usize, Vec<i64>>, measures: usize) -> CubeCell {
    let mut values = vec![0; measures];
    let contributors = parts
        .into_iter()
        .map(|(enterprise, own)| {
            values.iter_mut().zip(&own).for_each(|(value, own)| *value += own);
            let mut id = [0; 16];
            id[8..].copy_from_slice(&(enterprise as u64).to_be_bytes());
            Contribution { enterprise: EnterpriseId::from_bytes(id), holding: None, values: own }
        })
        .collect();
    CubeCell { values, contributors }
}

pub fn period(frequency: Frequency, quarter: usize) -> Period {
    let quarterly = Period::quarterly(2025 + (quarter / 4) as i16, (quarter % 4) as u8 + 1);
    match frequency {
        Frequency::Annual => quarterly.unwrap().whole_year(),
        _ => quarterly.unwrap(),
    }
}
