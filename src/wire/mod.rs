//! Generated prost types and the only conversions to and from them.
//!
//! Rank 8. A message is taken apart by full destructuring, so that a new field cannot be
//! forgotten, and becomes a domain type or a [`parse::Invalid`] that names the field. Errors of all
//! modules become a `tonic::Status` here and nowhere else. What holds records stands in [`hub`],
//! apart from everything that other members see.

pub mod answer;
pub mod generated;
pub mod hub;
pub mod library;
pub mod node;
pub mod page;
pub mod parse;
pub mod statistics;
pub mod status;
pub mod sync;
