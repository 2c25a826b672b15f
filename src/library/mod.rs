//! Technology notes of all members: the state that follows from their entries.
//!
//! A projection: everything here can be rebuilt from the logs. A note is a *resource*, named by
//! the entry of its first version; what is shown is its newest version that is not withdrawn.

pub mod error;
pub mod fold;
mod keys;
pub mod notes;
pub mod numbered;
