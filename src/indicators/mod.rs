//! Cubes from records: pure functions, no store, no clock.
//!
//! `known` leaves out what was entered after the period was closed, and says what that means for
//! figures; `facts` says which record counts in which population, when, and with what values;
//! [`count`] sorts these facts into cells and adds the margins up.

pub mod count;
pub mod cube;
mod facts;
mod known;
mod tabulation;

#[cfg(test)]
mod tests;
