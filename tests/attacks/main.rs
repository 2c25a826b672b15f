//! Attacks on what the program publishes. Each takes what is published, and what its attacker knows
//! besides, and tries to recover what is hidden; it knows nothing of how the program works, and
//! shares no code with it: [`knowledge`], [`whole`] and [`reals`] are the attackers' own means.
//!
//! One file per family. Each shows that the attack fails on what is published, and that it succeeds
//! when the step that guards against it is left out: an attack that never succeeds proves nothing.
//!
//! Numbered as a gate that forgot none would be asked for them:
//!
//! 1. adding up and 2. the intervals that follow: [`sums`];
//! 3. knowing that zeros are published, and which cells are sensitive: [`status`];
//! 4. being the only contributor of a cell, alone or with others: [`insiders`];
//! 5. trying all tables of whole numbers: [`reconstruction`];
//! 6. tables and populations that overlap: [`populations`];
//! 7. subtracting releases from each other: [`time`];
//! 8. queries that close in on a figure one after the other: nothing to attack, a query is answered
//!    from what is published (the tidy test checks that modules that answer name nothing hidden);
//! 9. averaging noise, 10. exploiting it, 11. searching for ways to, 12. fitting noisy answers:
//!    nothing to attack, no noise is added;
//! 13. lengths, orders and digests of what is published: [`silence`];
//! 14. budgets of questions: nothing to attack, there is none;
//! 15. how noise is drawn: as 9;
//! 16. sums made in secret: nothing to attack, there are none;
//! 17. everything that is published about a cell, side by side: [`channels`];
//! 18. leaving out the steps that guard: in each file.
//!
//! Besides, who knows the program and its parameters is measured in [`program`], and the program's
//! own verdicts are held against those of all tables: [`brute_force`] for tables, [`verdicts`] for
//! releases. Group disclosure is looked at where its rules are, among the properties of disclosure
//! control.

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
