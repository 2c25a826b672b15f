//! Cubes from records: pure functions, no store, no clock.
//!
//! [`facts`] says which record counts in which population, when, and with what values; [`count`]
//! sorts these facts into cells and adds the margins up.

pub mod count;
pub mod cube;
mod facts;
mod tabulation;

#[cfg(test)]
mod tests;
