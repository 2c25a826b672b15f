//! Words every other module uses: identifiers, periods, the clock, limits and money.
//!
//! Rank 0: names nothing else of the crate.

pub mod clock;
pub mod date;
pub mod dice;
pub mod file;
pub mod folder;
pub mod id;
pub mod language;
pub mod limits;
pub mod money;
pub mod period;
