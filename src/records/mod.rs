//! The hub's private records: enterprises, visits, support requests, answers, consents.
//!
//! Nothing here leaves the node: code that talks to other members cannot name this module.
//! Every record has a *coded* part (what indicators count) and an *identifying* part (names,
//! telephones, coordinates, free text), stored under separate keys.
//!
//! | for | read |
//! |---|---|
//! | what is stored, and what may be stated of it | [`types`], [`fields`], `validate` |
//! | the keys and the bytes under them | `layout`, `cells` |
//! | one atomic, journaled, idempotent write | [`repository`], `draft`, `idempotency` |
//! | create, get, list, update | [`enterprise`], [`visit`], [`request`], [`answer`], [`consent`] |
//! | received → assigned → escalated → answered → closed | [`life_cycle`] |
//! | rows of hub files | [`import`] |
//! | the size class of what declares none | [`size`] |
//! | who did what | [`journal`] |
//! | whether all is as it was written | [`verify`] |
//! | reading everything once | [`source`] |

pub mod answer;
mod cells;
pub mod consent;
mod draft;
mod entered;
pub mod enterprise;
pub mod error;
pub mod fields;
mod idempotency;
pub mod import;
pub mod journal;
mod layout;
pub mod life_cycle;
pub mod repository;
pub mod request;
pub mod size;
pub mod source;
pub mod types;
mod validate;
pub mod verify;
pub mod visit;

#[cfg(test)]
mod sample_tests;
#[cfg(test)]
mod tests;
