//! Protection: hides what the rules and the transcript require, then more cells until every
//! sensitive one is safe, then publishes again what turns out not to be needed. Nobody has to
//! believe it: [`crate::disclosure::audit`] judges the tables it makes.
//!
//! Order and costs depend on public facts only, and every step is deterministic.

use std::collections::BTreeSet;

use crate::{
    codes::catalogue::Catalogue,
    disclosure::{
        attack::Attack,
        audit,
        counter_example::{self, Demand, Deviation, Known},
        difference,
        error::{CellName, DisclosureError},
        planner::{self, Planner},
        rehearsal,
        rules::Rules,
        safe::{Protected, SafeTable},
        search::Search,
        system::Relation,
        transcript::{FrozenRelease, FrozenTable, Transcript},
    },
    indicators::cube::Cube,
    publication::release::{Cell, Table},
};

/// Searches that the clean-up may spend; a cell not tried stays hidden.
const CLEAN_UP_SEARCHES_MAX: usize = 3_000;
/// Groups that are tried one by one before the cheapest is hidden.
const DARKEN_TRIALS_MAX: usize = 12;
/// Rounds in which a pattern may grow. Each meets a demand or hides more, so they end anyway, but
/// only with the last cell; a release that needs more rounds than these is not waited for.
const ROUNDS_MAX: usize = 500;

/// Hides what the rules and the transcript require, audits the result, and returns what may leave
/// the node. `cubes` are all tables of one release.
pub fn protect(
    catalogue: &Catalogue,
    rules: &Rules,
    cubes: &[Cube],
    transcript: &Transcript,
) -> Result<Protected, DisclosureError> {
    rules.validate()?;
    let attack = Attack::new(catalogue, rules, cubes, transcript)?;
    let demands = attack.demands_in_reach(&attack.relations(catalogue)?);
    let rehearsed = rehearsal::rehearse(catalogue, &attack, cubes, transcript)
        .filter(|_| !demands.is_empty())
        .and_then(|enlarged| pattern(catalogue, &enlarged, &demands, transcript).ok());
    // A guess about the rest of the year must not keep the quarter from being released.
    let (hidden, pool) = match rehearsed {
        Some(found) => found,
        None => pattern(catalogue, &attack, &demands, transcript)?,
    };
    let tables = tables(&attack, cubes, &hidden);
    let report = audit::audit(catalogue, rules, cubes, &tables, transcript, &pool)?;
    let needs = attack.needs.iter();
    let frozen = tables.iter().zip(cubes).zip(needs).map(|((table, cube), needs)| FrozenTable {
        table: table.clone(),
        truth: cube.cells.iter().map(|cell| cell.values.clone()).collect(),
        needs: needs.clone(),
    });
    let frozen = FrozenRelease {
        tables: frozen.collect(),
        counter_examples: hints(&attack, &pool, transcript),
        contributions: Some(difference::contributions(catalogue, cubes)),
        differences: attack.differences,
        exposures: Vec::new(),
    };
    Ok(Protected { tables: tables.into_iter().map(SafeTable::audited).collect(), report, frozen })
}

/// The marks of the known cells, and counter-examples that show them to suffice.
fn pattern(
    catalogue: &Catalogue,
    attack: &Attack,
    demands: &[Demand],
    transcript: &Transcript,
) -> Result<(Vec<bool>, Vec<Deviation>), DisclosureError> {
    let relations = attack.relations(catalogue)?;
    let touching = counter_example::touching(&relations, attack.truth.len());
    let mut pattern = Pattern::new(attack, &relations, &touching, demands);
    pattern.remember(transcript);
    pattern.complete(catalogue, ROUNDS_MAX)?;
    pattern.clean_up();
    pattern.keep_used();
    let Pattern { mut hidden, pool, .. } = pattern;
    hidden.truncate(attack.known_cells);
    Ok((hidden, pool.iter().filter_map(|deviation| known_part(attack, deviation)).collect()))
}

/// What a deviation says about known cells.
fn known_part(attack: &Attack, deviation: &Deviation) -> Option<Deviation> {
    let changes = deviation.changes().iter();
    let known =
        changes.filter(|(variable, _)| attack.system.cell_of[*variable] < attack.known_cells);
    Deviation::new(known.copied().collect())
}

/// Counter-examples for the transcript, those left out that it has already.
pub(super) fn hints(
    attack: &Attack,
    pool: &[Deviation],
    transcript: &Transcript,
) -> Vec<Vec<(u32, i64)>> {
    let known: BTreeSet<Deviation> = remembered(transcript).collect();
    let number = |(variable, change): &(usize, i64)| (*variable as u32, *change);
    let pool = pool.iter().filter_map(|deviation| attack.without_sums(deviation));
    let new = pool.filter(|deviation| !known.contains(deviation));
    new.map(|deviation| deviation.changes().iter().map(number).collect()).collect()
}

/// The counter-examples of earlier releases.
pub(super) fn remembered(transcript: &Transcript) -> impl Iterator<Item = Deviation> {
    let hints = transcript.releases().iter().flat_map(|release| &release.counter_examples);
    hints.filter_map(|hint| {
        let changes = hint.iter().map(|(variable, change)| (*variable as usize, *change));
        Deviation::new(changes.collect())
    })
}

/// The cubes as tables with the marks of `hidden` cells.
fn tables(attack: &Attack, cubes: &[Cube], hidden: &[bool]) -> Vec<Table> {
    let places = attack.system.places.last().map_or(&[][..], Vec::as_slice);
    let table = |(cube, places): (&Cube, &Vec<usize>)| Table {
        population: cube.population.clone(),
        period: cube.period,
        dimensions: cube.dimensions.clone(),
        measures: cube.measures.clone(),
        cells: cube
            .cells
            .iter()
            .zip(places)
            .map(|(cell, place)| Cell((!hidden[*place]).then(|| cell.values.clone())))
            .collect(),
    };
    cubes.iter().zip(places).map(table).collect()
}

/// A pattern in the making.
struct Pattern<'a> {
    attack: &'a Attack,
    relations: &'a [&'a Relation],
    touching: &'a [Vec<usize>],
    demands: &'a [Demand],
    /// The mark of each cell.
    hidden: Vec<bool>,
    /// Groups hidden as a whole, zeros included.
    dark: Vec<bool>,
    /// Counter-examples found so far; each was possible under the marks of its time.
    pool: Vec<Deviation>,
    /// For each demand, the place in the pool of what meets it.
    met: Vec<Option<usize>>,
}

impl<'a> Pattern<'a> {
    /// Sensitive cells, and what was hidden before.
    fn new(
        attack: &'a Attack,
        relations: &'a [&'a Relation],
        touching: &'a [Vec<usize>],
        demands: &'a [Demand],
    ) -> Self {
        let hidden = (0..attack.system.cells.len())
            .map(|cell| attack.earlier[cell].unwrap_or(attack.sensitive.contains(&cell)))
            .collect();
        let met = vec![None; demands.len()];
        // What was dark stays dark: its zeros are hidden already.
        let dark = attack.dark_groups(|cell| attack.earlier[cell] == Some(true));
        Self { attack, relations, touching, demands, hidden, dark, pool: Vec::new(), met }
    }

    /// Marks and floors of all variables. Groups that happen to be hidden as a whole count as dark
    /// only for the audit: the clean-up may still publish part of them.
    fn facts(&self) -> (Vec<bool>, Vec<i64>) {
        (self.attack.hidden_variables(&self.hidden), self.attack.floors(&self.dark))
    }

    fn known<'b>(&self, hidden: &'b [bool], floors: &'b [i64]) -> Known<'b>
    where
        'a: 'b,
    {
        let truth = &self.attack.truth;
        let (relations, touching) = (self.relations, self.touching);
        Known { relations, truth, floors, hidden, touching }
    }

    /// Takes over earlier counter-examples that are still possible.
    fn remember(&mut self, transcript: &Transcript) {
        let (hidden, floors) = self.facts();
        let known = self.known(&hidden, &floors);
        let all = remembered(transcript).filter_map(|deviation| self.attack.with_sums(&deviation));
        let still = all.filter(|deviation| known.allows(deviation)).collect();
        self.pool = still;
    }

    /// Hides cells until every demand is met, in at most so many rounds.
    fn complete(
        &mut self,
        catalogue: &Catalogue,
        rounds_max: usize,
    ) -> Result<(), DisclosureError> {
        let mut planner_now: Option<Planner<'_>> = None;
        for _ in 0..rounds_max {
            self.search_all();
            let Some(first) = self.met.iter().position(Option::is_none) else { return Ok(()) };
            let planner = planner_now
                .get_or_insert_with(|| Planner::new(self.attack, self.relations, &self.dark));
            let mut grown = false;
            for index in first..self.met.len() {
                if self.met[index].is_none() && !self.meet_from_pool(index) {
                    grown |= self.extend(planner, index);
                }
            }
            if grown || !self.met.contains(&None) || self.widen() {
                continue;
            }
            let open = self.met.iter().position(Option::is_none).unwrap_or(first);
            let demand = self.demands[open];
            if !self.darken(planner, &demand) {
                return Err(DisclosureError::CannotProtect { cell: self.name(catalogue, open) });
            }
            planner_now = None;
        }
        // The last round may have met the last demand.
        match self.met.iter().position(Option::is_none) {
            None => Ok(()),
            Some(open) => {
                let cell = self.name(catalogue, open);
                Err(DisclosureError::TooManyRounds { cell, rounds_max })
            }
        }
    }

    /// The cell that a demand is about.
    fn name(&self, catalogue: &Catalogue, demand: usize) -> CellName {
        let system = &self.attack.system;
        system.name(catalogue, system.cell_of[self.demands[demand].variable])
    }

    /// Meets what can be met with the cells hidden so far.
    fn search_all(&mut self) {
        let (hidden, floors) = self.facts();
        let known = self.known(&hidden, &floors);
        let mut search = Search::new(known);
        for index in 0..self.met.len() {
            if self.met[index].is_some() || self.meet_from_pool(index) {
                continue;
            }
            if let Some(found) = search.find(&self.demands[index], &[]) {
                self.met[index] = Some(self.pool.len());
                add_to_pool(&mut self.pool, &known, found);
            }
        }
    }

    fn meet_from_pool(&mut self, index: usize) -> bool {
        let demand = &self.demands[index];
        let place = self.pool.iter().position(|deviation| demand.met_by(deviation));
        self.met[index] = place;
        place.is_some()
    }

    /// Hides what the planner proposes for a demand; whether the pattern grew.
    fn extend(&mut self, planner: &mut Planner<'_>, index: usize) -> bool {
        let demand = self.demands[index];
        let Some(proposal) = planner.propose(&demand, &self.hidden) else { return false };
        for cell in &proposal.cells {
            self.hidden[*cell] = true;
        }
        if let Some(deviation) = proposal.deviation {
            let (hidden, floors) = self.facts();
            let known = self.known(&hidden, &floors);
            if demand.met_by(&deviation) && known.allows(&deviation) {
                self.met[index] = Some(self.pool.len());
                add_to_pool(&mut self.pool, &known, deviation);
                return true;
            }
        }
        !proposal.cells.is_empty()
    }

    /// Where no integral counter-example was found: hides all published cells that share a
    /// relation with hidden ones, cheapest class first. Whether the pattern grew.
    fn widen(&mut self) -> bool {
        let attack = self.attack;
        let system = &attack.system;
        let cell_of = |term: &(usize, i64)| system.cell_of[term.0];
        let mut near = Vec::new();
        for relation in self.relations {
            if relation.terms.iter().any(|term| self.hidden[cell_of(term)]) {
                near.extend(relation.terms.iter().map(cell_of).filter(|cell| {
                    !self.hidden[*cell]
                        && self.attack.earlier[*cell].is_none()
                        && !self.attack.is_zero(*cell)
                }));
            }
        }
        let class = |cell: &usize| planner::cost(attack, *cell);
        let Some(cheapest) = near.iter().map(class).min() else { return false };
        near.retain(|cell| class(cell) == cheapest);
        near.iter().for_each(|cell| self.hidden[*cell] = true);
        true
    }

    /// The last resort, where zeros alone give a cell away: hides a group as a whole. Takes the
    /// cheapest that lets the demand be met, or the cheapest if none does by itself. Whether one
    /// was left.
    fn darken(&mut self, planner: &Planner<'_>, demand: &Demand) -> bool {
        let attack = self.attack;
        let system = &attack.system;
        let mut near = vec![false; self.dark.len()];
        for relation in self.relations {
            let touches =
                |(variable, _): &(usize, i64)| planner.connected(demand.variable, *variable);
            if relation.terms.iter().any(touches) {
                for (variable, _) in &relation.terms {
                    near[system.cells[system.cell_of[*variable]].group] = true;
                }
            }
        }
        let useful = |group: &usize| {
            let cells = &system.groups[*group];
            near[*group]
                && !self.dark[*group]
                && cells.iter().all(|cell| attack.earlier[*cell].is_none())
                && cells.iter().all(|cell| *cell < attack.known_cells)
                && cells.iter().any(|cell| attack.is_zero(*cell))
        };
        let population = system.cells[system.cell_of[demand.variable]].population;
        let mut groups: Vec<usize> = (0..self.dark.len()).filter(useful).collect();
        groups.sort_by_key(|group| {
            let first = system.groups[*group][0];
            let elsewhere = system.cells[first].population != population;
            (elsewhere, planner::cost(attack, first), *group)
        });
        let suffices = |group: &&usize| {
            let mut dark = self.dark.clone();
            dark[**group] = true;
            let mut hidden = self.hidden.clone();
            system.groups[**group].iter().for_each(|cell| hidden[*cell] = true);
            let mut trial = Planner::new(attack, self.relations, &dark);
            trial.propose(demand, &hidden).is_some()
        };
        let chosen = groups.iter().take(DARKEN_TRIALS_MAX).find(suffices).or(groups.first());
        let Some(group) = chosen.copied() else { return false };
        self.dark[group] = true;
        system.groups[group].iter().for_each(|cell| self.hidden[*cell] = true);
        true
    }

    /// Publishes again what no demand needs, the dearest cells first.
    fn clean_up(&mut self) {
        let attack = self.attack;
        let (all_hidden, floors) = self.facts();
        let mut search = Search::new(self.known(&all_hidden, &floors));
        let mut spare: Vec<usize> = (0..self.hidden.len())
            .filter(|cell| {
                self.hidden[*cell]
                    && attack.earlier[*cell].is_none()
                    && !attack.sensitive.contains(cell)
                    && !self.dark[attack.system.cells[*cell].group]
            })
            .collect();
        spare.sort_by_key(|cell| (-planner::cost(attack, *cell), *cell));
        let mut published: Vec<usize> = Vec::new();
        let mut searches_left = CLEAN_UP_SEARCHES_MAX;
        for cell in spare {
            let kept = published.len();
            published.extend(attack.variables(cell));
            match self.without(&published, &mut search, &mut searches_left) {
                Some(met) => {
                    self.met = met;
                    self.hidden[cell] = false;
                }
                None => published.truncate(kept),
            }
        }
    }

    /// How every demand is met if the `published` variables are not hidden.
    fn without(
        &mut self,
        published: &[usize],
        search: &mut Search<'_>,
        searches_left: &mut usize,
    ) -> Option<Vec<Option<usize>>> {
        let free =
            |deviation: &Deviation| published.iter().all(|variable| deviation.at(*variable) == 0);
        let usable: Vec<bool> = self.pool.iter().map(free).collect();
        let mut met = self.met.clone();
        for (index, place) in met.iter_mut().enumerate() {
            if place.is_some_and(|place| usable[place]) {
                continue;
            }
            let demand: &Demand = &self.demands[index];
            let fits = |at: &usize| {
                usable.get(*at).copied().unwrap_or(true) && demand.met_by(&self.pool[*at])
            };
            *place = (0..self.pool.len()).find(fits);
            if place.is_some() {
                continue;
            }
            *searches_left = searches_left.checked_sub(1)?;
            *place = Some(self.pool.len());
            self.pool.push(search.find(demand, published)?);
        }
        Some(met)
    }

    /// Leaves in the pool only what meets a demand.
    fn keep_used(&mut self) {
        let mut used: Vec<usize> = self.met.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        self.pool = used.into_iter().map(|place| self.pool[place].clone()).collect();
    }
}

/// Adds a counter-example and, where that is possible too, its opposite.
fn add_to_pool(pool: &mut Vec<Deviation>, known: &Known<'_>, found: Deviation) {
    let opposite = found.times(-1).filter(|opposite| known.allows(opposite));
    pool.push(found);
    pool.extend(opposite);
}

#[cfg(test)]
#[path = "protect_tests.rs"]
mod protect_tests;
