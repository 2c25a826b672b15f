//! The check that every receiver makes of the releases of a member: whether anything published lets
//! an outsider (A0), one who knows that zeros are published (A1), or one who kept all releases (A6,
//! as far as it is public) tell a hidden cell exactly.
//!
//! A receiver knows neither which cells are sensitive nor how far a value must stay from what can
//! be told of it. What can be checked is that **each measure of each hidden cell could be at least
//! two whole numbers**. Excepted are cells that hide nothing: where a group is hidden as a whole,
//! zeros with it, those whose every measure must be zero because a published margin is.
//!
//! The system is derived from the catalogue and the shapes of the tables; none is taken from
//! anybody. Only relations decide that hold for certain. Those over time (a year is the sum of its
//! quarters, a stock changes by its flows) hold unless records came late, were corrected, or a
//! consent was withdrawn between releases, which nobody but the member knows: to deduce with them
//! is to guess. The member, who knows where they are true, protects what is sensitive from that
//! guess, too, so that it leads astray or to what is not sensitive. Receivers are told what it
//! leads to; it fails nothing.
//!
//! Nothing is a matter of floating point: a cell that fails is proven to, and a release is verified
//! only if for each of its hidden measures exact points were found (`search`). Where there is
//! neither, the release is not checkable.

use std::collections::BTreeSet;

use crate::{
    codes::catalogue::Catalogue,
    disclosure::{
        error::{CellName, DisclosureError},
        public::{
            self,
            search::{Search, Task, Unsolved},
        },
        rows::{self, Component, Interval, Row},
        system::{Certainty, Relation, Shape, System, SystemCell},
    },
    publication::release::{Release, Table},
};

/// Entries that the solver looks at for the releases of one member, all together: some seconds. Ten
/// years of a national hub need a fiftieth of it.
const WORK_MAX: u64 = 1_000_000_000;
/// Times that relations that contradict each other are left out.
const ROUNDS_MAX: usize = 64;

/// What a release is checked by.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The catalogue.
    pub catalogue: &'a Catalogue,
    /// The version of the table plan.
    pub plan_version: u16,
}

/// What was found out about a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Whether hidden cells can be told.
    pub verdict: Verdict,
    /// Those that could be told, and cannot for certain, if figures added up over time.
    pub guessed: Vec<Told>,
}

impl Checked {
    fn not(reason: Reason) -> Self {
        Self { verdict: Verdict::NotCheckable(reason), guessed: Vec::new() }
    }
}

/// Whether hidden cells of a release can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every measure of every hidden cell could be several numbers.
    Verified,
    /// These can be told.
    Failed(Vec<Told>),
    /// It cannot be said.
    NotCheckable(Reason),
}

/// A measure of a hidden cell that can be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// The cell, as messages name it.
    pub cell: String,
    /// The measure.
    pub measure: String,
    /// What it can only be. Not for messages to others.
    pub value: i64,
}

/// Why a release is not checkable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Its body is not here.
    #[error("its body is not here: withdrawn, erased, or not fetched yet")]
    BodyMissing,
    /// It is checked by what this program does not have.
    #[error("it follows catalogue {catalogue} and table plan {plan}, which this program lacks")]
    Version {
        /// The catalogue it follows.
        catalogue: u16,
        /// The plan it follows.
        plan: u16,
    },
    /// Its tables are not what they declare.
    #[error("{0}")]
    Tables(String),
    /// Others of the member are not checkable: who has them may know more.
    #[error("nothing can be told, but {missing} other releases of the member cannot be read")]
    OthersMissing {
        /// How many.
        missing: usize,
    },
    /// Published figures contradict each other.
    #[error("what is published contradicts itself at {0}")]
    Contradiction(CellName),
    /// There is neither a proof that nothing can be told nor that something can.
    #[error("it is too large, or the limit on work was reached")]
    Limits,
}

/// Checks the releases of **one** member, in the order of its log, those that are superseded or
/// withdrawn among them; `None` for one whose body is not here. One outcome for each.
pub fn check(known: Known<'_>, releases: &[Option<&Release>]) -> Vec<Checked> {
    let readable: Vec<Result<&Release, Reason>> =
        releases.iter().map(|release| readable(known, *release)).collect();
    let held = readable.iter().filter_map(|one| one.as_ref().ok());
    let tables: Vec<Vec<&Table>> = held.map(|release| release.tables.iter().collect()).collect();
    let mut found = together(known.catalogue, &tables);
    let missing = releases.len() - tables.len();
    if missing > 0 {
        let verified = found.iter_mut().filter(|one| one.verdict == Verdict::Verified);
        verified.for_each(|one| {
            one.verdict = Verdict::NotCheckable(Reason::OthersMissing { missing });
        });
    }
    let mut found = found.into_iter();
    let outcome = |readable: Result<&Release, Reason>| match readable {
        // One was found for each that is held.
        Ok(_) => found.next().unwrap_or(Checked::not(Reason::Limits)),
        Err(reason) => Checked::not(reason),
    };
    readable.into_iter().map(outcome).collect()
}

/// What is found with all releases side by side; and where they contradict each other, or are too
/// much, at least what each alone gives away: a release cannot excuse another.
fn together(catalogue: &Catalogue, releases: &[Vec<&Table>]) -> Vec<Checked> {
    let mut work = WORK_MAX;
    let mut all = |releases: &[Vec<&Table>]| {
        Reader::new(catalogue, releases).and_then(|reader| reader.outcomes(releases, &mut work))
    };
    let reason = match all(releases) {
        Ok(found) => return found,
        Err(reason) => reason,
    };
    let alone = releases.iter().map(|one| {
        let found = all(std::slice::from_ref(one)).ok().and_then(|mut found| found.pop());
        let failed = found.filter(|found| matches!(found.verdict, Verdict::Failed(_)));
        failed.unwrap_or_else(|| Checked::not(reason.clone()))
    });
    alone.collect()
}

fn readable<'a>(known: Known<'_>, release: Option<&'a Release>) -> Result<&'a Release, Reason> {
    let release = release.ok_or(Reason::BodyMissing)?;
    let (catalogue, plan) = (release.catalogue_version, release.plan_version);
    // A plan of before says nothing that the tables do not; one to come may be of other dimensions.
    if catalogue != known.catalogue.version || plan > known.plan_version {
        return Err(Reason::Version { catalogue, plan });
    }
    // Alone, so that one that is not what it declares does not keep the others from being checked.
    Reader::new(known.catalogue, &[release.tables.iter().collect()]).map(|_| release)
}

/// What a measure of a hidden cell can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Several numbers.
    Open,
    /// One number only.
    Exact(i128),
    /// Neither is proven.
    Unproven,
}

/// Relations that contradict each other.
type Blamed = Vec<usize>;

/// Who has the releases.
struct Reader<'a> {
    catalogue: &'a Catalogue,
    system: System,
    published: Vec<Option<i128>>,
    /// The rows of the relations that hold for certain.
    certain: Vec<Row>,
    /// What follows from them for each variable, one by one.
    bounds: Vec<Interval>,
}

/// The measures of hidden cells that a receiver of these releases, each its tables, would find to
/// be one number only, as the variables of their system ([`System::of`]). None if the releases are
/// not checkable.
pub fn told(catalogue: &Catalogue, releases: &[Vec<&Table>]) -> BTreeSet<usize> {
    let found = Reader::new(catalogue, releases).and_then(|reader| {
        let mut work = WORK_MAX;
        let (answers, _) = reader.firm(&mut work)?;
        Ok(reader.told(releases, &answers))
    });
    found.unwrap_or_default()
}

impl<'a> Reader<'a> {
    fn new(catalogue: &'a Catalogue, releases: &[Vec<&Table>]) -> Result<Self, Reason> {
        let shapes: Vec<Vec<_>> = releases
            .iter()
            .map(|tables| tables.iter().map(|table| Shape::of(table)).collect())
            .collect();
        let system = System::of(catalogue, &shapes).map_err(Reason::of)?;
        let published = public::published(catalogue, &system, releases).map_err(Reason::of)?;
        let contradiction = |variable: usize| {
            Reason::Contradiction(system.name(catalogue, system.cell_of[variable]))
        };
        let broken = |relation: usize| contradiction(system.relations[relation].terms[0].0);
        let certain = rows::fill_in(public::certain(&system), |one| published[one]);
        let certain = certain.map_err(broken)?;
        let mut bounds = public::a_priori(catalogue, &system, &published);
        rows::propagate(&certain, &mut bounds).map_err(contradiction)?;
        Ok(Self { catalogue, system, published, certain, bounds })
    }

    /// The places of hidden measures in a release's tables, those left out that hide nothing.
    fn hidden<'b>(
        &'b self,
        tables: &'b [&Table],
        places: &'b [Vec<usize>],
        answers: &'b [Answer],
    ) -> impl Iterator<Item = (usize, usize)> + 'b {
        let cells = tables.iter().zip(places).flat_map(|(table, cells)| {
            let hidden = table.cells.iter().zip(cells).filter(|(cell, _)| cell.0.is_none());
            hidden.map(|(_, cell)| *cell)
        });
        let telling = cells.filter(|cell| !self.hides_nothing(*cell, answers));
        telling.flat_map(|cell| {
            let SystemCell { first_variable, measures, .. } = self.system.cells[cell];
            (first_variable..first_variable + measures).map(move |variable| (cell, variable))
        })
    }

    fn told(&self, releases: &[Vec<&Table>], answers: &[Answer]) -> BTreeSet<usize> {
        let releases = releases.iter().zip(&self.system.places);
        let hidden = releases.flat_map(|(tables, places)| self.hidden(tables, places, answers));
        let exact = hidden.filter(|(_, one)| matches!(answers[*one], Answer::Exact(_)));
        exact.map(|(_, variable)| variable).collect()
    }

    /// One outcome for each of the releases.
    fn outcomes(&self, releases: &[Vec<&Table>], work: &mut u64) -> Result<Vec<Checked>, Reason> {
        let (firm, broken) = self.firm(work)?;
        let guess = if broken.is_some() { None } else { self.guess(work) };
        let guess = guess.as_ref().unwrap_or(&firm);
        let places = releases.iter().zip(&self.system.places);
        let outcome = |(tables, places): (&Vec<&Table>, &Vec<Vec<usize>>)| {
            let mut checked = self.outcome(tables, places, (&firm, guess));
            if let (Some(broken), false) = (&broken, matches!(checked.verdict, Verdict::Failed(_)))
            {
                checked.verdict = Verdict::NotCheckable(broken.clone());
            }
            checked
        };
        Ok(places.map(outcome).collect())
    }

    fn outcome(
        &self,
        tables: &[&Table],
        places: &[Vec<usize>],
        (firm, guess): (&[Answer], &[Answer]),
    ) -> Checked {
        let (mut told, mut guessed) = (BTreeSet::new(), BTreeSet::new());
        let mut is_proven = true;
        for (cell, variable) in self.hidden(tables, places, firm) {
            match (firm[variable], guess[variable]) {
                (Answer::Exact(value), _) => drop(told.insert(self.name(cell, variable, value))),
                (Answer::Unproven, _) => is_proven = false,
                (Answer::Open, Answer::Exact(value)) => {
                    guessed.insert(self.name(cell, variable, value));
                }
                (Answer::Open, Answer::Open | Answer::Unproven) => {}
            }
        }
        let verdict = match (told.is_empty(), is_proven) {
            (false, _) => Verdict::Failed(told.into_iter().collect()),
            (true, true) => Verdict::Verified,
            (true, false) => Verdict::NotCheckable(Reason::Limits),
        };
        Checked { verdict, guessed: guessed.into_iter().collect() }
    }

    fn name(&self, cell: usize, variable: usize, value: i128) -> Told {
        let SystemCell { population, first_variable, .. } = self.system.cells[cell];
        let measure = &self.catalogue.populations[population].measures[variable - first_variable];
        Told {
            cell: self.system.name(self.catalogue, cell).to_string(),
            measure: measure.id.clone(),
            value: i64::try_from(value).unwrap_or(i64::MAX),
        }
    }

    /// Whether the cell is among those of a group that is hidden as a whole, and nothing but zero.
    fn hides_nothing(&self, cell: usize, answers: &[Answer]) -> bool {
        let cell = &self.system.cells[cell];
        let mut variables = cell.first_variable..cell.first_variable + cell.measures;
        variables.all(|variable| {
            self.published[variable].is_none() && answers[variable] == Answer::Exact(0)
        })
    }

    /// What every variable can be, for certain, and the first contradiction: what is told elsewhere
    /// is told all the same.
    fn firm(&self, work: &mut u64) -> Result<(Vec<Answer>, Option<Reason>), Reason> {
        let contradiction = |blamed: Blamed| {
            let place = blamed.first().map_or(0, |place| self.system.relations[*place].terms[0].0);
            Reason::Contradiction(self.system.name(self.catalogue, self.system.cell_of[place]))
        };
        let (answers, blamed) =
            self.answers(&self.certain, &self.bounds, work).map_err(contradiction)?;
        Ok((answers, blamed.map(contradiction)))
    }

    /// What every variable can be if figures add up over time, as far as that is not contradicted:
    /// relations over time that what is published breaks mislead whoever assumes them, and so do
    /// those that contradict each other. `None` if that came to no end.
    fn guess(&self, work: &mut u64) -> Option<Vec<Answer>> {
        let relations = &self.system.relations;
        let mut uses: Vec<bool> =
            relations.iter().map(|relation| !self.is_broken(relation)).collect();
        for _ in 0..ROUNDS_MAX {
            let blamed = match self.guess_with(&uses, work) {
                Ok(answers) => return Some(answers),
                Err(blamed) => blamed,
            };
            let is_guess = |place: &usize| relations[*place].certainty == Certainty::Assumed;
            let mut wrong = blamed.into_iter().filter(is_guess).peekable();
            wrong.peek()?;
            wrong.for_each(|place| uses[place] = false);
        }
        None
    }

    /// Whether what is published breaks a relation over time.
    fn is_broken(&self, relation: &Relation) -> bool {
        relation.certainty == Certainty::Assumed
            && rows::fill_in([(0, relation)], |one| self.published[one]).is_err()
    }

    /// The error is relations that contradict each other.
    fn guess_with(&self, uses: &[bool], work: &mut u64) -> Result<Vec<Answer>, Blamed> {
        let relations = self.system.relations.iter().enumerate();
        let used = relations.filter(|(place, _)| uses[*place]);
        let rows = rows::fill_in(used, |one| self.published[one]).map_err(|one| vec![one])?;
        let mut narrowed = self.bounds.clone();
        if rows::propagate(&rows, &mut narrowed).is_ok()
            && let Ok((answers, None)) = self.answers(&rows, &narrowed, work)
        {
            return Ok(answers);
        }
        // Only without what was narrowed by other guesses the solver can say which are to blame.
        match self.answers(&rows, &self.bounds, work)? {
            (answers, None) => Ok(answers),
            (_, Some(blamed)) => Err(blamed),
        }
    }

    /// What every variable can be by these rows, with the first relations that contradict each
    /// other; what they bind is unproven. An error if they do already without being solved.
    fn answers(
        &self,
        rows: &[Row],
        intervals: &[Interval],
        work: &mut u64,
    ) -> Result<(Vec<Answer>, Option<Blamed>), Blamed> {
        let open = rows::unsettled(rows, intervals).map_err(|one| vec![one])?;
        let alone = |Interval { lower, upper }: &Interval| match upper {
            Some(upper) if upper == lower => Answer::Exact(*lower),
            _ => Answer::Open,
        };
        let mut answers: Vec<Answer> = intervals.iter().map(alone).collect();
        let mut contradiction = None;
        for component in rows::components(&open, intervals.len()) {
            match tell(&component, intervals, work) {
                Ok(found) => {
                    let variables = component.variables.iter().zip(found);
                    variables.for_each(|(variable, found)| answers[*variable] = found);
                }
                Err(why) => {
                    let variables = component.variables.iter();
                    variables.for_each(|variable| answers[*variable] = Answer::Unproven);
                    if let Unsolved::Contradiction(blamed) = why {
                        contradiction.get_or_insert(blamed);
                    }
                }
            }
        }
        Ok((answers, contradiction))
    }
}

/// What each variable of a component can be. Each search shows several numbers to be possible for
/// many, so that few are needed.
fn tell(
    component: &Component,
    intervals: &[Interval],
    work: &mut u64,
) -> Result<Vec<Answer>, Unsolved> {
    let task = Task::new(component, intervals).ok_or(Unsolved::GivenUp)?;
    let mut search = Search::new(&task, work)?;
    let mut bounds: Vec<Interval> =
        component.variables.iter().map(|variable| intervals[*variable]).collect();
    for (place, Interval { lower, upper }) in bounds.iter_mut().enumerate() {
        for up in [true, false] {
            if search.reached(place).is_open() {
                break;
            }
            match search.end(place, up, work) {
                Some(most) if up => *upper = Some(upper.map_or(most, |upper| upper.min(most))),
                Some(least) => *lower = least.max(*lower),
                None => {}
            }
        }
    }
    let answer = |(place, Interval { lower, upper }): (usize, Interval)| match upper {
        _ if search.reached(place).is_open() => Answer::Open,
        Some(upper) if upper == lower => Answer::Exact(lower),
        _ => Answer::Unproven,
    };
    Ok(bounds.into_iter().enumerate().map(answer).collect())
}

impl Reason {
    fn of(error: DisclosureError) -> Self {
        match error {
            DisclosureError::TooManyCells { .. } => Self::Limits,
            DisclosureError::PublishedContradiction { cell } => Self::Contradiction(cell),
            other => Self::Tables(other.to_string()),
        }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod check_tests;
