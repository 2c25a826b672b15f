//! Why figures of a release are hidden, from what was frozen of it: for the hub's own eyes.
//!
//! Reasons are not kept with a release but found again, from the frozen truth, the contributors
//! that were frozen with it and the rules: what is kept for later audits says it all, and a second
//! copy of such things could only be lost. So they are the reasons under the rules of *now*; where
//! those that it was drafted under were others, a figure may be sensitive for none of them.

use std::collections::BTreeMap;

use crate::{
    codes::catalogue::Catalogue,
    disclosure::{
        difference,
        error::{CellName, DisclosureError},
        rules::{Reason, Rules},
        system::{Shape, System},
        transcript::{FrozenContributions, FrozenDifference, FrozenRelease, Transcript},
    },
    indicators::cube::{Contribution, CubeCell, Owner},
};

/// The contributors that were frozen, by table and cell. Those of hidden cells are all there unless
/// an old program froze the release; of published ones, those that later figures may be subtracted
/// from.
pub struct Contributors<'a>(BTreeMap<(u32, u32), Vec<Contribution>>, &'a FrozenRelease);

/// How many stand behind a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// Enterprises that add something.
    pub enterprises: u64,
    /// The same, the enterprises of a holding group being one.
    pub owners: u64,
}

impl<'a> Contributors<'a> {
    /// Of a release.
    pub fn of(release: &'a FrozenRelease) -> Result<Self, DisclosureError> {
        let mut by_cell: BTreeMap<(u32, u32), Vec<Contribution>> = BTreeMap::new();
        let Some(FrozenContributions { enterprises, contributions, holdings }) =
            &release.contributions
        else {
            return Ok(Self(by_cell, release));
        };
        let groups: BTreeMap<u32, &String> =
            holdings.iter().map(|one| (one.enterprise, &one.holding)).collect();
        for one in contributions {
            let Some(enterprise) = enterprises.get(one.enterprise as usize) else {
                let problem = "a contribution names no enterprise";
                return Err(DisclosureError::Transcript(problem.into()));
            };
            by_cell.entry((one.table, one.cell)).or_default().push(Contribution {
                enterprise: *enterprise,
                holding: groups.get(&one.enterprise).map(|group| (*group).clone()),
                values: one.values.clone(),
            });
        }
        Ok(Self(by_cell, release))
    }

    /// A cell of a table as it was counted; `None` where its contributors were not kept.
    pub fn cell(&self, table: usize, place: usize) -> Option<CubeCell> {
        let values = self.1.tables.get(table)?.truth.get(place)?.clone();
        let key = (u32::try_from(table).ok()?, u32::try_from(place).ok()?);
        let contributors = self.0.get(&key).cloned().unwrap_or_default();
        let sum = |measure: usize| -> i128 {
            let own = contributors.iter().filter_map(|one| one.values.get(measure));
            own.map(|value| i128::from(*value)).sum()
        };
        let complete = values.iter().enumerate().all(|(measure, value)| {
            sum(measure) == i128::from(*value)
                && contributors.iter().all(|one| one.values.len() == values.len())
        });
        complete.then_some(CubeCell { values, contributors })
    }
}

impl Behind {
    /// Of a cell.
    pub fn of(cell: &CubeCell) -> Self {
        let adds = |one: &&Contribution| one.values.iter().any(|value| *value != 0);
        let adding: Vec<&Contribution> = cell.contributors.iter().filter(adds).collect();
        let mut owners: Vec<Owner<'_>> = adding.iter().map(|one| one.owner()).collect();
        owners.sort_unstable();
        owners.dedup();
        Self { enterprises: adding.len() as u64, owners: owners.len() as u64 }
    }
}

/// The rules of now that make a cell sensitive.
pub fn reasons(
    catalogue: &Catalogue,
    rules: &Rules,
    population: &str,
    cell: &CubeCell,
) -> Vec<Reason> {
    let population = catalogue.population(population);
    population.map_or(Vec::new(), |population| rules.reasons(population, cell))
}

/// A figure that no table shows, and that readers make of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The measures that it is made of, each with its factor.
    pub terms: Vec<Term>,
    /// What it is.
    pub kind: DifferenceKind,
    /// Its true value.
    pub value: i64,
    /// Who stands behind it; `None` where that was not kept.
    pub behind: Option<Behind>,
}

/// A measure of a cell in a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The cell.
    pub cell: CellName,
    /// Its measure.
    pub measure: String,
    /// What it is multiplied by.
    pub factor: i64,
}

/// What a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// What a ratio leaves over: its denominator less its numerator.
    Complement,
    /// What changed since earlier releases: a year less its quarters, a stock less the one before
    /// and the flows between.
    Revision,
    /// What says the same of a whole group that is small.
    SameOfAll,
}

/// The sensitive differences that the newest release of `transcript` made.
pub fn differences(
    catalogue: &Catalogue,
    transcript: &Transcript,
) -> Result<Vec<Difference>, DisclosureError> {
    let Some(release) = transcript.releases().last() else { return Ok(Vec::new()) };
    if release.differences.is_empty() {
        return Ok(Vec::new());
    }
    let releases = transcript.releases().iter();
    let shapes: Vec<Vec<Shape<'_>>> = releases
        .map(|release| release.tables.iter().map(|one| Shape::of(&one.table)).collect())
        .collect();
    let system = System::of(catalogue, &shapes)?;
    let seen = Seen {
        catalogue,
        truth: truth(&system, transcript)?,
        parts: difference::all_parts(&[], transcript, &system)?,
        holdings: difference::holdings(&[], transcript)?,
        system: &system,
    };
    let all = release.differences.iter();
    all.map(|one| seen.difference(one)).collect()
}

/// The true value of each variable.
fn truth(system: &System, transcript: &Transcript) -> Result<Vec<i64>, DisclosureError> {
    let mut truth = vec![0; system.cell_of.len()];
    for (release, places) in transcript.releases().iter().zip(&system.places) {
        for (table, places) in release.tables.iter().zip(places) {
            for (cell, values) in places.iter().zip(&table.truth) {
                let cell = &system.cells[*cell];
                if values.len() != cell.measures {
                    let problem = "a frozen cell has more or fewer measures than its shape";
                    return Err(DisclosureError::Transcript(problem.into()));
                }
                truth[cell.first_variable..][..cell.measures].copy_from_slice(values);
            }
        }
    }
    Ok(truth)
}

/// What differences are made of.
struct Seen<'a> {
    catalogue: &'a Catalogue,
    system: &'a System,
    truth: Vec<i64>,
    parts: difference::Parts<'a>,
    holdings: difference::Holdings<'a>,
}

impl Seen<'_> {
    fn difference(&self, one: &FrozenDifference) -> Result<Difference, DisclosureError> {
        let system = self.system;
        let mut terms = Vec::with_capacity(one.terms.len());
        let mut value: i128 = 0;
        for (variable, factor) in &one.terms {
            let variable = *variable as usize;
            let Some(cell) = system.cell_of.get(variable) else {
                let problem = "a difference names no cell";
                return Err(DisclosureError::Transcript(problem.into()));
            };
            value += i128::from(self.truth[variable]) * i128::from(*factor);
            let place = &system.cells[*cell];
            let measures = &self.catalogue.populations[place.population].measures;
            terms.push(Term {
                cell: system.name(self.catalogue, *cell),
                measure: measures[variable - place.first_variable].id.clone(),
                factor: *factor,
            });
        }
        // What is added comes first, as it is written.
        terms.sort_by_key(|term| std::cmp::Reverse(term.factor));
        let same_period = terms.windows(2).all(|pair| pair[0].cell.period == pair[1].cell.period);
        let kind = match same_period {
            _ if one.about.is_some() => DifferenceKind::SameOfAll,
            true => DifferenceKind::Complement,
            false => DifferenceKind::Revision,
        };
        // Of what says the same of a group, the group.
        let about = one.about.map(|about| vec![(about, 1)]);
        let behind = self.behind(about.as_ref().unwrap_or(&one.terms));
        let value = i64::try_from(value)
            .map_err(|_| DisclosureError::Transcript("a difference does not fit 64 bits".into()))?;
        Ok(Difference { terms, kind, value, behind })
    }

    /// Who stands behind a difference, groups being as they are now; `None` if that was not kept.
    fn behind(&self, terms: &[(u32, i64)]) -> Option<Behind> {
        let mut enterprises: BTreeMap<_, i128> = BTreeMap::new();
        let mut owners: BTreeMap<Owner<'_>, i128> = BTreeMap::new();
        for (variable, factor) in terms {
            let variable = *variable as usize;
            let cell = *self.system.cell_of.get(variable)?;
            let measure = variable - self.system.cells[cell].first_variable;
            let mut sum = 0;
            for (enterprise, values) in self.parts.get(&cell).map_or(&[][..], Vec::as_slice) {
                let value = i128::from(*values.get(measure)?);
                sum += value;
                let part = value * i128::from(*factor);
                *enterprises.entry(*enterprise).or_default() += part;
                let group = self.holdings.get(enterprise);
                let owner = group.map_or(Owner::Alone(*enterprise), |group| Owner::Group(group));
                *owners.entry(owner).or_default() += part;
            }
            if sum != i128::from(self.truth[variable]) {
                return None;
            }
        }
        let enterprises = enterprises.into_values().filter(|part| *part != 0).count() as u64;
        let owners = owners.into_values().filter(|part| *part != 0).count() as u64;
        Some(Behind { enterprises, owners })
    }
}
