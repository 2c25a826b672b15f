//! What is to be protected, as numbers: a linked system of cells, what each sensitive cell needs,
//! and what attackers know besides. Confidential.

use crate::disclosure::suppress::matrix::Matrix;

/// A system of cells with their true values.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// `Σ coefficient × cell = 0`, each true for the true values; no cell twice in a row.
    pub rows: Vec<Vec<(usize, i64)>>,
    /// How far attackers must think each cell may be above its true value; `None` if nothing
    /// bounds it.
    pub up: Vec<Option<i64>>,
    /// How far below.
    pub down: Vec<i64>,
    /// What hiding each cell costs; `None` if it is never hidden.
    pub price: Vec<Option<u32>>,
    /// The goals, in the order in which they are met.
    pub goals: Vec<Goal>,
    /// Whether cells count something, so that attackers think of whole numbers only.
    pub whole: bool,
    /// Cells that each attacker knows exactly, beside what is published.
    pub attackers: Vec<Vec<usize>>,
}

/// What must stay possible for a sensitive cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goal {
    /// The cell.
    pub cell: usize,
    /// At least this much more than the true value; 0 if nothing is asked for.
    pub above: i64,
    /// At least this much less.
    pub below: i64,
    /// For each attacker who does not know the cell: at least this much more or less, with the
    /// cells that he knows as they are.
    pub other: i64,
}

/// The problem with what is looked up in it.
#[derive(Debug)]
pub struct Index<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// Its rows for the solver.
    pub matrix: Matrix,
    /// The rows of each cell.
    pub rows_of: Vec<Vec<u32>>,
    /// The attackers who know each cell.
    pub attackers_of: Vec<Vec<u32>>,
    /// The goal of each cell, if it is sensitive.
    pub goal_of: Vec<Option<u32>>,
}

impl<'a> Index<'a> {
    /// Looks the problem through.
    pub fn new(problem: &'a Problem) -> Self {
        let cells = problem.price.len();
        let mut rows_of = vec![Vec::new(); cells];
        for (row, terms) in problem.rows.iter().enumerate() {
            terms.iter().for_each(|(cell, _)| rows_of[*cell].push(row as u32));
        }
        let mut attackers_of = vec![Vec::new(); cells];
        for (attacker, known) in problem.attackers.iter().enumerate() {
            known.iter().for_each(|cell| attackers_of[*cell].push(attacker as u32));
        }
        let mut goal_of = vec![None; cells];
        for (goal, Goal { cell, .. }) in problem.goals.iter().enumerate() {
            goal_of[*cell] = Some(goal as u32);
        }
        let matrix = Matrix::new(cells, &problem.rows);
        Self { problem, matrix, rows_of, attackers_of, goal_of }
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.problem.price.len()
    }
}
