//! The hub's private records: enterprises, visits, support requests, answers, consents.
//!
//! Nothing here leaves the node: code that talks to other members cannot name this module.
//! Every record has a *coded* part (what indicators count) and an *identifying* part (names,
//! telephones, coordinates, free text), stored under separate keys.

pub mod source;
pub mod types;
