//! Checks, in the background, what members' releases give away: those whose releases changed, and
//! after a start all. Everything that is held counts, superseded and withdrawn releases included:
//! whoever wants to know more has kept them, too.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    base::id::{EntryId, MemberCode},
    codes::embedded::Codes,
    log::{
        LogError,
        logs::{Body, Entry, Log},
    },
    publication::{admitted::EntryKind, release::Release},
    statistics::{
        checks::{Badge, BadgeState, check_member},
        projection::Statistics,
    },
};

/// How often it is looked whether a check is asked for.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// What is needed to check members.
pub(super) struct Checker {
    pub(super) log: Arc<Log>,
    pub(super) statistics: Arc<Statistics>,
    pub(super) codes: Arc<Codes>,
}

/// The releases of each member, in the order of its log; `None` for those whose body is not here or
/// cannot be read.
pub type Held = BTreeMap<MemberCode, Vec<(EntryId, Option<Release>)>>;

/// Adds an entry if it is a release.
pub fn hold(held: &mut Held, entry: Entry) {
    let Entry { id, header, body } = entry;
    if header.kind != EntryKind::RELEASE {
        return;
    }
    let release = match body {
        Body::Present(bytes) => Release::from_bytes(header.schema, &bytes).ok(),
        Body::Absent => None,
    };
    let own = release.filter(|release| release.member == id.origin);
    held.entry(id.origin).or_default().push((id, own));
}

/// Adds an entry that cannot be read, and may be a release.
pub fn hold_unread(held: &mut Held, id: EntryId) {
    held.entry(id.origin).or_default().push((id, None));
}

impl Checker {
    /// Asks for a check of everybody who has a log here.
    pub(super) fn ask_for_all(&self) {
        self.log.heads().iter().for_each(|head| self.statistics.checks().ask(head.origin));
    }

    /// Makes all checks that are asked for. Blocks.
    pub(super) fn run(&self) {
        while let Some(member) = self.statistics.checks().next() {
            match self.releases(member) {
                Ok(releases) => self.check(member, &releases),
                Err(error) => {
                    tracing::warn!(%member, %error, "its releases cannot be checked");
                    self.give_up("its releases cannot be read here");
                }
            }
        }
    }

    /// Takes back what was found before about the member whose check came to no end.
    pub(super) fn give_up(&self, reason: &str) {
        self.statistics.checks().give_up(reason);
    }

    fn check(&self, member: MemberCode, releases: &[(EntryId, Option<Release>)]) {
        let badge = Badge::of(&check_member(&self.codes, releases));
        if let Some(badge) = &badge
            && badge.state == BadgeState::Failed
        {
            let cells = badge.cells.join(", ");
            tracing::warn!(%member, reason = badge.reason, cells, "a disclosure check failed");
        }
        self.statistics.checks().keep(member, badge);
    }

    fn releases(&self, member: MemberCode) -> Result<Vec<(EntryId, Option<Release>)>, LogError> {
        let mut held = Held::new();
        for head in self.log.heads().iter().filter(|head| head.origin == member) {
            for entry in self.log.entries(member, head.epoch, 0) {
                match entry {
                    Ok(entry) => hold(&mut held, entry),
                    // It may be a release: whoever can read it may know more.
                    Err(LogError::DamagedBody { id } | LogError::Unreadable { id, .. }) => {
                        hold_unread(&mut held, id);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(held.remove(&member).unwrap_or_default())
    }
}
