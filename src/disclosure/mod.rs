//! Disclosure control: from cubes to tables that may leave the node.
//!
//! ```text
//!  cubes ─► rules ─► protect ─► audit ─► SafeTable, AuditReport, FrozenRelease
//!                       └──── system ────┘   (also what every reader derives intervals from)
//! ```
//!
//! - [`rules`]: which cells are sensitive, and how far each must stay from its true value.
//! - [`system`]: the equations and inequalities that the shapes of published tables and the
//!   catalogue imply. [`public`] uses it on what others published, [`audit`] on what we are about
//!   to publish; neither trusts a system sent along.
//! - [`public::check`]: what every receiver finds about the releases of a member.
//! - [`protect`]: hides more cells until every sensitive one is safe, and, as far as that can be
//!   had, until receivers can tell no hidden one. A heuristic; nobody has to believe it.
//! - [`audit`]: proves it again from the published shapes, with [`counter_example`]s that are
//!   checked by exact integer arithmetic alone.
//! - [`attackers`]: what was tried against each attacker; [`review`]: why figures are hidden. For
//!   the hub's own eyes.
//! - [`withhold`]: hides a release as a whole that could not be protected.
//! - `difference`: what anyone learns who subtracts figures of one release from another's, or a
//!   ratio's numerator from its denominator; `group`: figures that say the same of everybody.
//! - [`transcript`]: what earlier releases gave away.
//!
//! - [`suppress`]: the engine behind protection and audit: a solver in floating point that
//!   proposes, deviations that are exact, a search that is the same on all machines. `linked` and
//!   `marking` give it a release, [`tabular`] any table from a file.
//! - `insiders`: what those know who contribute.
//!
//! Invariants: every decision is made in integers: what a solver proposes is checked, and a bound
//! is believed only if exact arithmetic proves it. The same input gives the same bytes. [`system`]
//! and [`public`] name only published types. Zeros are published unless their whole group is
//! hidden, which everybody sees; one mark hides all measures of a population cell. Only
//! [`protect`] makes a [`safe::SafeTable`], and only after the audit passed.
//!
//! # A long history
//!
//! `cargo bench --bench disclosure` releases ten years of invented hubs, all tables of the plan
//! (18 populations behind the catalogue's 16 indicators, 22,594 cells, one record in a hundred
//! late), and then another year. On 2 cores of a cloud machine with other work on it:
//!
//! | enterprises | demands | year 2 | year 6 | year 11 | with its year | full pass | memory |
//! |---|---|---|---|---|---|---|---|
//! | 160 | 6,613 | 0.07 s | 0.5 s | 1.0 s | 1.4 s | 3.5 s | 75 MiB |
//! | 640 | 6,038 | 0.06 s | 0.4 s | 1.0 s | 2.0 s | 3.5 s | 78 MiB |
//! | 6,400 | 2,160 | 0.07 s | 0.5 s | 1.0 s | 1.5 s | 1.0 s | 238 MiB |
//!
//! Years are those of one more quarter (at most 30 s): in the eleventh the slowest of three, and
//! the fourth, which its year is released with. A full pass (at most 10 min) is an audit of all
//! releases without a counter-example to begin with. A quarter costs little more than reading the
//! history: counter-examples of earlier releases are checked and not sought again, and what cannot
//! be shown is proven in its own part of the system (`linked::reach`).

mod attack;
pub mod attackers;
pub mod audit;
pub mod counter_example;
mod difference;
pub mod error;
mod group;
mod insiders;
mod linked;
mod marking;
pub mod protect;
pub mod public;
mod rehearsal;
pub mod review;
mod rows;
pub mod rules;
pub mod safe;
pub mod suppress;
pub mod system;
pub mod tabular;
pub mod transcript;
pub mod withhold;
