//! Disclosure control: what it hides of real tables, and how long it takes; and what one more
//! quarter costs a hub that has released for ten years.
//!
//! Tables: those of the folder that `ESSAIM_SAMPLES` names, against outsiders and against all
//! attackers, at unit and at log cost; see `tables`. A table that cannot be protected against all
//! is said to be refused, with the cell, and is measured without A2 besides. History: `history`.
//!
//! Requirements are those of a cloud machine with two cores that does nothing besides; the load is
//! told with the machine.

mod common;
#[path = "disclosure/history.rs"]
mod history;
#[path = "disclosure/hub.rs"]
mod hub;
#[path = "disclosure/tables.rs"]
mod tables;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some((role, arguments)) = common::child_role() {
        assert_eq!(role, history::ROLE, "a child of this bench");
        history::child(&arguments);
        return ExitCode::SUCCESS;
    }
    if !common::is_wanted() {
        return ExitCode::SUCCESS;
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load before: {}", load.split(' ').next().unwrap_or_default());
    let are_met = tables::measure();
    let history = common::conclude("a hub's history", history::measure());
    if are_met { history } else { ExitCode::FAILURE }
}
