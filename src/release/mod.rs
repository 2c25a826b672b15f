//! The gate: the only way from records to the log.
//!
//! ```text
//!  draft ─► protected ─► audited ─► approved ─► publishing ─► published
//!  └──── one call ───────────┘     (another     (in the      (the entry
//!    │                              person)   transcript)    is known)
//!    │                          ┌───────────────────┘
//!    │                          ▼ (not in the log, and outdated)
//!    └─► cannot be protected ─► withholding ─► withheld
//!                               └ one call ┘  (another person; in the
//!                                            transcript, and nowhere else)
//! ```
//!
//! - [`gate`]: the state machine.
//! - [`counted`]: what a release is counted from, and whether it still is.
//! - [`earlier`]: what a first release leaves behind.
//! - [`shelf`]: where releases and the transcript lie in the store.
//! - [`review`], [`cells`]: what the steward sees: [`totals`], [`changes`] since the last release,
//!   and what a [`coarser`] plan would give.
//! - [`figures`]: the figures with the reasons why they are hidden, for the steward who asks.
//!
//! Invariants: fails closed. What may have left the node stands in the transcript before it can
//! leave, and never comes out again; a period that may have left is published with the same bytes
//! or not at all. What leaves is what the records say when it leaves, audited under the rules of
//! that moment: a draft that differs is drafted again. No closed quarter after the first release is
//! left out: it is released or withheld. Who drafted does not approve.

pub mod cells;
pub mod changes;
pub mod coarser;
pub mod counted;
pub mod earlier;
pub mod error;
pub mod figures;
pub mod gate;
pub mod review;
mod shelf;
pub mod totals;

#[cfg(test)]
mod tests;
