//! Attacks on what the program publishes. Each takes what is published, and what its attacker knows
//! besides, and tries to recover what is hidden; it knows nothing of how the program works, and
//! shares no code with it: [`knowledge`], [`whole`] and [`reals`] are the attackers' own means.
//!
//! One file per family. Each shows that the attack fails on what is published, and that it succeeds
//! when the step that guards against it is left out: an attack that never succeeds proves nothing.
//!
//! - [`sums`]: adding up, and the intervals that follow from it.
//! - [`status`]: knowing that zeros are published, and which cells are sensitive.
//! - [`insiders`]: being the only contributor of a cell.
//! - [`reconstruction`]: all tables of whole numbers.
//! - [`time`]: subtracting releases from each other.
//! - [`populations`]: tables and populations that overlap.
//! - [`channels`]: everything that is published about a cell, side by side.
//! - [`silence`]: lengths, orders and digests of what is published.
//! - [`program`]: who knows the program and its parameters, measured.
//! - [`verdicts`]: the audit of releases against all tables.
//! - [`brute_force`]: the program's verdicts against those of all tables.

mod brute_force;
mod channels;
#[path = "../properties/disclosure/hub.rs"]
mod hub;
mod insiders;
mod knowledge;
mod populations;
mod program;
mod reals;
mod reconstruction;
mod releases;
mod silence;
mod status;
mod sums;
mod survey;
mod time;
mod verdicts;
mod whole;
