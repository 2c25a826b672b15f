//! What this node found when it tried to tell what members hide: one badge for each.
//!
//! A check takes seconds for a member of many years, so that releases do not wait for it: who takes
//! them in asks for a check here, and somebody else makes it. Badges are kept in memory and made
//! anew with every start.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    base::{
        id::{EntryId, MemberCode},
        period::Period,
    },
    codes::embedded::Codes,
    disclosure::public::check::{self, Checked, Known, Verdict},
    publication::release::Release,
};

/// Most cells that a badge names.
pub const CELLS_NAMED_MAX: usize = 20;

/// What was found about one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseCheck {
    /// Its entry.
    pub entry: EntryId,
    /// Its period; `None` if its body cannot be read here.
    pub period: Option<Period>,
    /// The outcome.
    pub checked: Checked,
}

/// Checks the releases of one member, in the order of its log; `None` for a body that cannot be
/// read here.
pub fn check_member(codes: &Codes, releases: &[(EntryId, Option<Release>)]) -> Vec<ReleaseCheck> {
    let known = Known { catalogue: codes.catalogue(), plan_version: codes.plan().version };
    let bodies: Vec<Option<&Release>> = releases.iter().map(|(_, body)| body.as_ref()).collect();
    let outcomes = releases.iter().zip(check::check(known, &bodies));
    outcomes
        .map(|((entry, body), checked)| {
            let period = body.as_ref().map(|release| release.period);
            ReleaseCheck { entry: *entry, period, checked }
        })
        .collect()
}

/// Whether hidden cells of a member can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadgeState {
    /// Every release is verified.
    Verified,
    /// At least one failed.
    Failed,
    /// None failed, and at least one is not checkable.
    NotCheckable,
}

/// What was found about a member, in short. It names cells, and never says what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// In one word.
    pub state: BadgeState,
    /// Why it is not verified; empty if it is.
    pub reason: String,
    /// Releases that could be read.
    pub releases_checked: u32,
    /// Measures of cells that can be told, the first [`CELLS_NAMED_MAX`].
    pub cells: Vec<String>,
    /// Measures of hidden cells that could be told if figures added up over time.
    pub guessed: u32,
}

impl Badge {
    /// Nothing is known, for this reason.
    fn unknown(reason: &str) -> Self {
        let state = BadgeState::NotCheckable;
        Self { state, reason: reason.into(), releases_checked: 0, cells: Vec::new(), guessed: 0 }
    }

    /// The badge of a member with these releases; `None` if there are none.
    pub fn of(releases: &[ReleaseCheck]) -> Option<Self> {
        releases.first()?;
        let mut cells = Vec::new();
        let mut open = None;
        for ReleaseCheck { entry, checked, .. } in releases {
            match &checked.verdict {
                Verdict::Verified => {}
                Verdict::Failed(told) => {
                    cells.extend(told.iter().map(|one| format!("{} {}", one.cell, one.measure)));
                }
                Verdict::NotCheckable(reason) => {
                    open.get_or_insert_with(|| format!("{entry}: {reason}"));
                }
            }
        }
        let (state, reason) = match (cells.len(), open) {
            (0, None) => (BadgeState::Verified, String::new()),
            (0, Some(reason)) => (BadgeState::NotCheckable, reason),
            (told, _) => {
                (BadgeState::Failed, format!("{told} measures of hidden cells can be told"))
            }
        };
        cells.truncate(CELLS_NAMED_MAX);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(Self {
            state,
            reason,
            releases_checked: count(releases.iter().filter(|one| one.period.is_some()).count()),
            cells,
            guessed: count(releases.iter().map(|one| one.checked.guessed.len()).sum()),
        })
    }
}

/// The badges of all members, and whose are to be made anew.
#[derive(Default)]
pub struct Checks(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    badges: BTreeMap<MemberCode, Badge>,
    asked: BTreeSet<MemberCode>,
    /// Who is being checked.
    current: Option<MemberCode>,
    made: u64,
}

impl Checks {
    /// A lock is only poisoned by a panic between two changes that are each complete.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a check of the member: something about its releases changed. What was found before
    /// stays until then.
    pub fn ask(&self, member: MemberCode) {
        self.lock().asked.insert(member);
    }

    /// The next member to check, which is no longer asked for.
    pub fn next(&self) -> Option<MemberCode> {
        let mut inner = self.lock();
        inner.current = inner.asked.pop_first();
        inner.current
    }

    /// Takes back what was found before about the member that is being checked: the check came to
    /// no end, and something about its releases has changed.
    pub fn give_up(&self, reason: &str) {
        let mut inner = self.lock();
        if let Some(member) = inner.current.take() {
            inner.badges.insert(member, Badge::unknown(reason));
        }
    }

    /// Keeps what was found about a member; `None` if it releases nothing.
    pub fn keep(&self, member: MemberCode, badge: Option<Badge>) {
        let mut inner = self.lock();
        inner.current = None;
        match badge {
            Some(badge) => {
                inner.made += 1;
                inner.badges.insert(member, badge);
            }
            None => drop(inner.badges.remove(&member)),
        }
    }

    /// What was found about a member; `None` until it was checked, or if it releases nothing.
    pub fn of(&self, member: MemberCode) -> Option<Badge> {
        self.lock().badges.get(&member).cloned()
    }

    /// Checks made since the start, and members that are in this state.
    pub fn count(&self, state: BadgeState) -> u64 {
        self.lock().badges.values().filter(|badge| badge.state == state).count() as u64
    }

    /// Checks made since the start.
    pub fn made(&self) -> u64 {
        self.lock().made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::public::check::{Reason, Told};

    fn release(seq: u64, verdict: Verdict) -> ReleaseCheck {
        let entry = EntryId { origin: "ML".parse().unwrap(), epoch: 1, seq };
        let period = Period::quarterly(2026, 1);
        ReleaseCheck { entry, period, checked: Checked { verdict, guessed: Vec::new() } }
    }

    #[test]
    fn a_badge_says_the_worst_of_all_releases_and_no_value() {
        let told = Told { cell: "visits 2026-Q1".into(), measure: "visits".into(), value: 4711 };
        let failed = || release(2, Verdict::Failed(vec![told.clone()]));
        let open = || release(1, Verdict::NotCheckable(Reason::BodyMissing));
        let good = || release(0, Verdict::Verified);
        let state = |releases: &[ReleaseCheck]| Badge::of(releases).unwrap().state;
        assert_eq!(Badge::of(&[]), None);
        assert_eq!(state(&[good()]), BadgeState::Verified);
        assert_eq!(state(&[good(), open()]), BadgeState::NotCheckable);
        assert_eq!(state(&[open(), failed(), good()]), BadgeState::Failed);
        let badge = Badge::of(&[failed()]).unwrap();
        assert_eq!(badge.cells, ["visits 2026-Q1 visits"]);
        assert!(!format!("{badge:?}").contains("4711"));
        assert!(Badge::of(&[open()]).unwrap().reason.starts_with("ML/1/1: "));
    }

    #[test]
    fn who_is_asked_for_is_checked_once_until_asked_for_again() {
        let checks = Checks::default();
        let ml: MemberCode = "ML".parse().unwrap();
        checks.ask(ml);
        checks.ask(ml);
        assert_eq!((checks.next(), checks.next()), (Some(ml), None));
        checks.keep(ml, Badge::of(&[release(0, Verdict::Verified)]));
        assert_eq!((checks.made(), checks.count(BadgeState::Verified)), (1, 1));
        checks.ask(ml);
        assert!(checks.of(ml).is_some(), "it stays until it is made anew");
        assert_eq!(checks.next(), Some(ml));
        checks.give_up("broken off");
        let badge = checks.of(ml).unwrap();
        assert_eq!((badge.state, &*badge.reason), (BadgeState::NotCheckable, "broken off"));
        checks.keep(ml, None);
        assert!(checks.of(ml).is_none());
    }
}
