//! Which marks to set: the system of a release with what hiding each cell costs.
//!
//! Costs follow from public facts only: the level of a cell, its period, and whether it stands on
//! its table's leading dimension. Margins cost more than what they sum.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::{
    base::{dice::Dice, period::Frequency},
    disclosure::{
        attack::{Asked, Attack, Lost},
        counter_example::{self, Bounds, Demand, Deviation, Known, Open},
        linked::{self, Moves, SEED},
        suppress::{
            finder::Effort,
            problem::{Index, Mark, Problem},
            protect::{self, SearchLimit},
        },
        system::Relation,
    },
};

/// How long a pattern is improved.
const SEARCH: SearchLimit = SearchLimit { work: 500_000, percent: 50 };
/// Iterations of one solve.
const ITERATIONS_MAX: usize = 5_000;
/// Groups that are tried one by one before the cheapest is hidden.
const DARKEN_TRIALS_MAX: usize = 12;

/// What hiding a cell costs. What is only expected may turn out otherwise: half.
fn cost(attack: &Attack, cell: usize) -> u32 {
    let expected = cell >= attack.known_cells;
    let cell = &attack.system.cells[cell];
    let annual = cell.period.frequency() == Frequency::Annual;
    let cost = match (cell.key.len(), annual, cell.leading) {
        (0, true, _) => 20_000,
        (0, false, _) => 3_000,
        (1, true, true) => 400,
        (1, true, false) => 120,
        (1, false, true) => 30,
        (1, false, false) => 20,
        _ => 2,
    };
    if expected { cost / 2 } else { cost }
}

/// The system with what is to be shown.
pub struct Marking<'a> {
    attack: &'a Attack,
    relations: &'a [&'a Relation],
    asked: &'a Asked,
    /// What is to be shown, in the order in which it is tried: margins first.
    demands: Vec<Demand>,
    touching: Vec<Vec<usize>>,
    /// Groups hidden as a whole, zeros included.
    dark: Vec<bool>,
    /// The mark of each cell so far.
    hidden: Vec<bool>,
    /// Insiders to whom demands are lost.
    lost_to: BTreeMap<Demand, BTreeSet<u32>>,
}

/// How setting marks ended.
pub enum Marked {
    /// All demands are met.
    Safe {
        /// The mark of each cell.
        hidden: Vec<bool>,
        /// Counter-examples that show the marks to suffice.
        shown: Vec<Deviation>,
    },
    /// One is not, whatever is hidden.
    Open {
        /// Which.
        demand: Demand,
        /// The counter-examples until then.
        shown: Vec<Deviation>,
    },
}

impl<'a> Marking<'a> {
    /// With only those cells hidden that are sensitive or were hidden before.
    pub fn new(attack: &'a Attack, relations: &'a [&'a Relation], asked: &'a Asked) -> Self {
        let hidden = (0..attack.system.cells.len())
            .map(|cell| attack.earlier[cell].unwrap_or(attack.sensitive.contains(&cell)))
            .collect();
        let mut demands = asked.demands.clone();
        let system = &attack.system;
        demands.sort_by_key(|demand| {
            (system.cells[system.cell_of[demand.variable]].key.len(), *demand)
        });
        Self {
            attack,
            relations,
            asked,
            demands,
            touching: counter_example::touching(relations, attack.truth.len()),
            // What was dark stays dark: its zeros are hidden already.
            dark: attack.dark_groups(|cell| attack.earlier[cell] == Some(true)),
            hidden,
            lost_to: BTreeMap::new(),
        }
    }

    /// The engine's problem, with these groups dark.
    fn problem(&self, dark: &[bool], demands: &[Demand]) -> Problem {
        let attack = self.attack;
        let system = &attack.system;
        let mark = |cell: usize| {
            let is_dark = dark[system.cells[cell].group];
            let is_new = attack.earlier[cell].is_none();
            let may_hide = is_new && (is_dark || !attack.is_zero(cell));
            let must = attack.earlier[cell].unwrap_or(is_dark || attack.sensitive.contains(&cell));
            Mark { price: may_hide.then(|| cost(attack, cell)), is_set: must }
        };
        let marks = (0..system.cells.len()).map(mark).collect();
        let moves = |variable: usize| Moves::Marked(system.cell_of[variable] as u32);
        let bounds = attack.bounds(dark);
        let mut problem = linked::problem(self.relations, &attack.truth, &bounds, moves, marks);
        problem.goals = demands.iter().map(linked::goal).collect();
        problem.insiders = self.asked.insiders(attack, dark);
        problem.excused = self.excused(demands);
        problem
    }

    /// Sets marks until all demands are met.
    pub fn protect(&mut self, pool: &[Deviation]) -> Marked {
        let problem = self.problem(&self.dark, &self.demands);
        let index = Index::new(&problem);
        let mut dice = Dice::new(SEED, 0);
        let mut pattern = protect::start(&index, &mut dice);
        let cells_end = self.attack.truth.len();
        pattern.hide((0..self.hidden.len()).filter(|cell| self.hidden[*cell]));
        let goals: Vec<u32> = (0..problem.goals.len() as u32).collect();
        let hidden = self.attack.hidden_variables(pattern.hidden());
        let bounds = self.attack.bounds(&self.dark);
        let known = self.known(&hidden, &bounds);
        for one in pool.iter().filter(|one| known.allows(one)) {
            if let Some(deviation) = linked::with_rooms(&index, one, cells_end) {
                pattern.offer(&Rc::new(deviation), &goals);
            }
        }
        let completed = protect::complete(&mut pattern, &index);
        if completed.is_ok() {
            protect::improve(&mut pattern, &index, SEARCH, &mut dice);
        }
        self.hidden = pattern.hidden().to_vec();
        let shown = linked::counter_examples(&pattern, problem.goals.len(), cells_end);
        match completed {
            Ok(()) => Marked::Safe { hidden: self.hidden.clone(), shown },
            Err(goal) => Marked::Open { demand: self.demands[goal as usize], shown },
        }
    }

    fn known<'b>(&'b self, hidden: &'b [bool], bounds: &'b Bounds) -> Known<'b> {
        let truth = &self.attack.truth;
        Known { relations: self.relations, truth, bounds, hidden, touching: &self.touching }
    }

    /// Those of the demands, by their places, that are lost to insiders.
    fn excused(&self, demands: &[Demand]) -> Vec<(u32, u32)> {
        let all = demands.iter().enumerate();
        all.filter_map(|(place, demand)| Some((place as u32, self.lost_to.get(demand)?)))
            .flat_map(|(place, lost_to)| lost_to.iter().map(move |insider| (place, *insider)))
            .collect()
    }

    /// Leaves a demand out; whether it was there.
    pub fn leave_out(&mut self, demand: &Demand) -> bool {
        let before = self.demands.len();
        self.demands.retain(|one| one != demand);
        self.demands.len() < before
    }

    /// Leaves out what earlier releases alone leave open of a demand: as much of it as is lost to
    /// everybody, or what it asks for against some insiders. Whether there was any.
    pub fn give_up(&mut self, demand: &Demand) -> bool {
        let lost = self.attack.open_before(self.relations, self.asked, &[*demand]);
        let Some(Lost { open: Open { insiders, .. }, left, .. }) = lost.first() else {
            return false;
        };
        if insiders.is_empty() {
            let place = self.demands.iter().position(|one| one == demand);
            place.map(|place| self.demands.splice(place..=place, *left).count());
            return place.is_some();
        }
        let lost_to = self.lost_to.entry(*demand).or_default();
        let before = lost_to.len();
        lost_to.extend(insiders);
        lost_to.len() > before
    }

    /// The last resort, where zeros alone give a cell away: hides a group as a whole. Takes the
    /// cheapest that lets the demand be met, or the cheapest if none does by itself. Whether one
    /// was left.
    pub fn darken(&mut self, demand: &Demand) -> bool {
        let system = &self.attack.system;
        let population = system.cells[system.cell_of[demand.variable]].population;
        let mut groups = self.groups_near(demand);
        groups.sort_by_key(|group| {
            let first = system.groups[*group][0];
            let elsewhere = system.cells[first].population != population;
            (elsewhere, cost(self.attack, first), *group)
        });
        let tried = groups.iter().take(DARKEN_TRIALS_MAX);
        let chosen = tried.copied().find(|group| self.suffices(*group, demand));
        let Some(group) = chosen.or(groups.first().copied()) else { return false };
        self.dark[group] = true;
        system.groups[group].iter().for_each(|cell| self.hidden[*cell] = true);
        true
    }

    /// Whether the demand can be met with the group hidden as a whole.
    fn suffices(&self, group: usize, demand: &Demand) -> bool {
        let mut dark = self.dark.clone();
        dark[group] = true;
        let problem = self.problem(&dark, std::slice::from_ref(demand));
        let index = Index::new(&problem);
        let mut pattern = protect::start(&index, &mut Dice::new(SEED, 0));
        pattern.hide((0..self.hidden.len()).filter(|cell| self.hidden[*cell]));
        let effort =
            Effort { may_hide: true, iterations_max: ITERATIONS_MAX, hidden_max: usize::MAX };
        pattern.meet(&[0], effort).is_none()
    }

    /// New groups with zeros that are bound to what a demand's variable can move.
    fn groups_near(&self, demand: &Demand) -> Vec<usize> {
        let attack = self.attack;
        let system = &attack.system;
        let near = self.near(demand.variable);
        let is_useful = |group: &usize| {
            let cells = &system.groups[*group];
            near[*group]
                && !self.dark[*group]
                && cells.iter().all(|cell| attack.earlier[*cell].is_none())
                && cells.iter().all(|cell| *cell < attack.known_cells)
                && cells.iter().any(|cell| attack.is_zero(*cell))
        };
        (0..self.dark.len()).filter(is_useful).collect()
    }

    /// The groups of what shares a relation with whatever moving the variable can move.
    fn near(&self, variable: usize) -> Vec<bool> {
        let attack = self.attack;
        let system = &attack.system;
        let can_move = |variable: usize| {
            let cell = system.cell_of[variable];
            let dark = self.dark[system.cells[cell].group];
            attack.earlier[cell] != Some(false) && (dark || !attack.is_zero(cell))
        };
        let mut near = vec![false; self.dark.len()];
        let mut is_met = vec![false; attack.truth.len()];
        let mut waiting = vec![variable];
        is_met[variable] = true;
        while let Some(variable) = waiting.pop() {
            for relation in &self.touching[variable] {
                for (other, _) in &self.relations[*relation].terms {
                    near[system.cells[system.cell_of[*other]].group] = true;
                    if can_move(*other) && !std::mem::replace(&mut is_met[*other], true) {
                        waiting.push(*other);
                    }
                }
            }
        }
        near
    }
}
