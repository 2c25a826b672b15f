//! The released tables of all members, and what they answer.
//!
//! ```text
//!  release ─► vintages (newest not withdrawn wins) ─► intervals of hidden cells ─► blocks ─► query
//! ```
//!
//! A projection: everything here can be rebuilt from the logs. A *block* is what one member
//! released on one population for one period, with bounds for every cell, so that a query reads a
//! handful of blocks by key and scans nothing.
//!
//! What may never change: a hidden cell is never counted as zero, and a missing member leaves a
//! figure open. Every bound is an integer rounded outward; no decision is made in floating point.

mod block;
mod cache;
pub mod checks;
#[cfg(test)]
mod decoder_tests;
pub mod error;
mod evaluate;
pub mod interval;
mod keys;
pub mod projection;
pub mod query;
mod resolve;
mod sheet;
#[cfg(test)]
mod tests;
mod tighten;
mod view;
