//! Disclosure control of any table of counts or values, without a node: what
//! `essaim disclosure protect` does between reading a table and writing a pattern.
//!
//! ```text
//!  hierarchies, rows ─► table ─► rules ─► suppress::protect ─► check ─► pattern, report
//!                         └──── a pattern of any tool ─► audit ─► check ─► report
//! ```

pub mod audit;
pub mod check;
pub mod error;
pub mod hierarchy;
pub mod protect;
pub mod rules;
pub mod table;
