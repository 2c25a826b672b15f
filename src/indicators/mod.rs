//! Cubes from records: pure functions, no store, no clock.

pub mod cube;
