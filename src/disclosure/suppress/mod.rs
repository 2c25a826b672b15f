//! Secondary suppression of a linked system of cells, and the counter-examples that show it to
//! suffice.

pub mod basis;
pub mod deviation;
pub mod dual;
pub mod finder;
pub mod matrix;
pub mod pattern;
pub mod primal;
pub mod problem;
pub mod protect;
pub mod reach;
