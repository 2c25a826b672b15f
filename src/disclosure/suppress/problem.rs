//! What is to be protected, as numbers: a linked system of variables, the marks that hide them,
//! what each sensitive variable needs, and what attackers know besides. Confidential.

use crate::disclosure::suppress::matrix::Matrix;

/// A system of variables with their true values.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// `Σ coefficient × variable = 0`, each true for the true values; no variable twice in a row.
    pub rows: Vec<Vec<(usize, i64)>>,
    /// The variables.
    pub variables: Vec<Variable>,
    /// The marks that hide variables.
    pub marks: Vec<Mark>,
    /// The goals, in the order in which they are met.
    pub goals: Vec<Goal>,
    /// Whether variables count something, so that attackers think of whole numbers only.
    pub whole: bool,
    /// What some attackers know, beside what is published.
    pub insiders: Vec<Insider>,
    /// Goals with insiders for whom they need not be met.
    pub excused: Vec<(u32, u32)>,
}

/// A variable, around its true value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Variable {
    /// How far attackers must think it may be above its true value; `None` if nothing bounds it.
    pub up: Option<i64>,
    /// How far below.
    pub down: i64,
    /// The mark that hides it; `None` for one that nothing publishes, as the difference between
    /// the sides of an inequality.
    pub mark: Option<u32>,
}

/// A mark: hides all its variables, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What hiding costs; `None` if it is not possible.
    pub price: Option<u32>,
    /// Whether it must hide.
    pub is_set: bool,
}

/// What must stay possible for a sensitive variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goal {
    /// The variable.
    pub variable: usize,
    /// At least this much more than the true value; 0 if nothing is asked for.
    pub above: i64,
    /// At least this much less.
    pub below: i64,
    /// At least this much more or less, also with everything as it is that an insider knows who
    /// does not know the variable; 0 if nothing is asked for.
    pub other: i64,
}

/// What one attacker, or a coalition, knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Insider {
    /// Variables whose values he knows.
    pub known: Vec<usize>,
    /// Variables that he knows to be no further below their true values than this.
    pub down: Vec<(usize, i64)>,
    /// Variables that he knows to be no further above.
    pub up: Vec<(usize, i64)>,
}

/// The problem with what is looked up in it.
#[derive(Debug)]
pub struct Index<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// Its rows for the solver.
    pub matrix: Matrix,
    /// The rows of each variable.
    pub rows_of: Vec<Vec<u32>>,
    /// The variables of each mark.
    pub variables_of: Vec<Vec<u32>>,
    /// The insiders who know each variable, ascending.
    pub insiders_of: Vec<Vec<u32>>,
    /// The insiders who know each variable to be no further below its true value than so much.
    pub downs_of: Vec<Vec<(u32, i64)>>,
    /// And no further above.
    pub ups_of: Vec<Vec<(u32, i64)>>,
    /// The goals of each variable.
    pub goals_of: Vec<Vec<u32>>,
    /// The insiders for whom each goal need not be met, ascending.
    pub excused_of: Vec<Vec<u32>>,
}

impl<'a> Index<'a> {
    /// Looks the problem through.
    pub fn new(problem: &'a Problem) -> Self {
        let variables = problem.variables.len();
        let mut rows_of = vec![Vec::new(); variables];
        for (row, terms) in problem.rows.iter().enumerate() {
            terms.iter().for_each(|(variable, _)| rows_of[*variable].push(row as u32));
        }
        let mut variables_of = vec![Vec::new(); problem.marks.len()];
        for (variable, one) in problem.variables.iter().enumerate() {
            one.mark.iter().for_each(|mark| variables_of[*mark as usize].push(variable as u32));
        }
        let mut insiders_of = vec![Vec::new(); variables];
        let (mut downs_of, mut ups_of) = (vec![Vec::new(); variables], vec![Vec::new(); variables]);
        for (insider, Insider { known, down, up }) in problem.insiders.iter().enumerate() {
            let insider = insider as u32;
            known.iter().for_each(|variable| insiders_of[*variable].push(insider));
            down.iter().for_each(|(variable, down)| downs_of[*variable].push((insider, *down)));
            up.iter().for_each(|(variable, up)| ups_of[*variable].push((insider, *up)));
        }
        let mut goals_of = vec![Vec::new(); variables];
        for (goal, one) in problem.goals.iter().enumerate() {
            goals_of[one.variable].push(goal as u32);
        }
        let mut excused_of = vec![Vec::new(); problem.goals.len()];
        for (goal, insider) in &problem.excused {
            excused_of[*goal as usize].push(*insider);
        }
        excused_of.iter_mut().for_each(|excused| excused.sort_unstable());
        Self {
            matrix: Matrix::new(variables, &problem.rows),
            problem,
            rows_of,
            variables_of,
            insiders_of,
            downs_of,
            ups_of,
            goals_of,
            excused_of,
        }
    }

    /// Whether a variable is not published under these marks.
    pub fn is_hidden(&self, hidden: &[bool], variable: usize) -> bool {
        self.problem.variables[variable].mark.is_none_or(|mark| hidden[mark as usize])
    }
}
