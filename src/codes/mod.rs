//! Code lists, the indicator catalogue and the table plan: data files embedded in the program,
//! versioned, with labels in French, English and Portuguese.
//!
//! Rank 1. Countries are data: no `enum` of members exists anywhere.

pub mod catalogue;
pub mod cuts;
pub mod embedded;
pub mod list;
pub mod messages;
pub mod nearest;
pub mod plan;
pub mod regions;

#[cfg(test)]
mod tests;
