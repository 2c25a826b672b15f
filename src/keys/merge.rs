//! Fragments of members put into a roster: what may change by that, and what changes.
//!
//! A fragment is what `init` prints, or that with changes. It replaces its member's name, kind,
//! address, node keys and roots of people: the keeper sees each change. Two things it cannot do:
//!
//! - A log key of an epoch that has one stays: with another key, what was signed could no longer be
//!   told from a forgery. A log goes on under a new key after a size at which the old one ends, or
//!   begins anew with the next epoch.
//! - Denials stand: whoever makes fragments anew does not know them. A denied key is not taken back
//!   among those of the node, either: that is a fault of every roster.

use sha2::{Digest, Sha256};

use crate::{
    base::id::MemberCode,
    keys::roster::{LogKey, Member, MemberFragment, Roster, RosterFault, fault},
};

/// A roster with fragments put into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The roster; its version counts up by one if anything changed.
    pub roster: Roster,
    /// What is otherwise, in order of members. Empty if nothing is.
    pub changes: Vec<MemberChange>,
    /// What fragments did not name and what stands all the same.
    pub kept: Vec<Kept>,
}

/// What became of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberChange {
    /// The member.
    pub member: MemberCode,
    /// Whether the roster did not have it before.
    pub is_new: bool,
    /// What is otherwise; of a new member, everything.
    pub fields: Vec<FieldChange>,
}

/// What became of one field, in the words of roster files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field, as in roster files.
    pub field: &'static str,
    /// What is no longer so.
    pub removed: Vec<String>,
    /// What is so now.
    pub added: Vec<String>,
}

/// What stands although a fragment of its member does not name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The member.
    pub member: MemberCode,
    /// `denied`, or `log_keys` of earlier epochs.
    pub field: &'static str,
    /// What stands.
    pub values: Vec<String>,
}

impl Roster {
    /// This roster with each fragment's member added, or put in place of the one with its code.
    /// All faults are reported at once: those of the result, and log keys that would be exchanged.
    pub fn merge(&self, fragments: &[MemberFragment]) -> Result<Merged, Vec<RosterFault>> {
        let mut roster = self.clone();
        let mut faults = Vec::new();
        let mut kept = Vec::new();
        for MemberFragment(member) in fragments {
            match roster.members.iter_mut().find(|other| other.code == member.code) {
                Some(other) => {
                    check_log_keys(other, member, &mut faults);
                    *other = joined(other, member, &mut kept);
                }
                None => roster.members.push(member.clone()),
            }
        }
        roster.members.sort_by_key(|member| member.code);
        faults.extend(roster.faults());
        if !faults.is_empty() {
            return Err(faults);
        }
        let changes = changes(self, &roster);
        if !changes.is_empty() {
            roster.version = roster.version.saturating_add(1);
        }
        Ok(Merged { roster, changes, kept })
    }
}

/// Refuses to exchange a log key that stands, or to move its end. That no other signs beside it is
/// a rule of every roster.
fn check_log_keys(old: &Member, new: &Member, faults: &mut Vec<RosterFault>) {
    for key in &old.log_keys {
        // A fragment that does not name the epoch leaves it as it is.
        if !new.log_keys.iter().any(|other| other.epoch == key.epoch) {
            continue;
        }
        let problem = match new.log_keys.iter().find(|other| is_same(key, other)) {
            None => exchanged(key),
            Some(same) if has_moved(key, same) => {
                format!("{key} ended there; that cannot be changed")
            }
            Some(_) => continue,
        };
        faults.push(fault(&format!("members.{}.log_keys", new.code), problem));
    }
}

/// Whether `new` is `old`, wherever it ends.
fn is_same(old: &LogKey, new: &LogKey) -> bool {
    (old.epoch, &old.key, old.from_size) == (new.epoch, &new.key, new.from_size)
}

/// Whether the key no longer ends where it had ended.
fn has_moved(old: &LogKey, new: &LogKey) -> bool {
    old.to_size.is_some() && old.to_size != new.to_size
}

fn exchanged(key: &LogKey) -> String {
    format!(
        "the fragment has another key for epoch {} than the roster, where {} stands, and what that \
         one signed could no longer be verified. If it is lost or stolen, raise log_epoch in the \
         member's configuration and give the new key that epoch in the fragment; if the log goes \
         on, name the old key too, ended with to_size where the new one begins with from_size",
        key.epoch, key
    )
}

/// The member as the fragment has it, with what stands of the old one.
fn joined(old: &Member, fragment: &Member, kept: &mut Vec<Kept>) -> Member {
    let mut member = fragment.clone();
    let epochs: Vec<u32> = fragment.log_keys.iter().map(|key| key.epoch).collect();
    let earlier = old.log_keys.iter().filter(|key| !epochs.contains(&key.epoch));
    let earlier: Vec<LogKey> = earlier.cloned().collect();
    let denied = old.denied.iter().filter(|pin| !fragment.denied.contains(pin));
    let denied: Vec<_> = denied.copied().collect();
    let mut keep = |field, values: Vec<String>| {
        if !values.is_empty() {
            kept.push(Kept { member: fragment.code, field, values });
        }
    };
    keep("log_keys", earlier.iter().map(|key| key.to_string()).collect());
    keep("denied", denied.iter().map(ToString::to_string).collect());
    member.log_keys.extend(earlier);
    member.log_keys.sort_by_key(|key| (key.epoch, key.from_size));
    member.denied.extend(denied);
    member
}

/// What is otherwise in `new`, which has all members of `old`.
fn changes(old: &Roster, new: &Roster) -> Vec<MemberChange> {
    let change = |member: &Member| {
        let before = old.member(member.code);
        let then = before.map(texts).unwrap_or_default();
        let fields = texts(member).into_iter().enumerate().filter_map(|(index, (field, now))| {
            let then = then.get(index).map_or(&[][..], |(_, then)| then);
            let only_in = |some: &[String], others: &[String]| -> Vec<String> {
                some.iter().filter(|text| !others.contains(text)).cloned().collect()
            };
            let (removed, added) = (only_in(then, &now), only_in(&now, then));
            let is_same = removed.is_empty() && added.is_empty();
            (!is_same).then_some(FieldChange { field, removed, added })
        });
        MemberChange { member: member.code, is_new: before.is_none(), fields: fields.collect() }
    };
    new.members.iter().map(change).filter(|change| !change.fields.is_empty()).collect()
}

/// The fields of a member in the order of roster files, each as texts that say the whole of it.
fn texts(member: &Member) -> Vec<(&'static str, Vec<String>)> {
    fn all<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
        values.into_iter().map(|value| value.to_string()).collect()
    }
    let Member { code: _, kind, name, exchange_address, .. } = member;
    let Member { log_keys, node_keys, people_roots, denied, .. } = member;
    vec![
        ("kind", vec![kind.as_str().into()]),
        ("name", vec![name.clone()]),
        ("exchange_address", vec![exchange_address.clone()]),
        ("node_keys", all(node_keys)),
        ("people_roots", people_roots.iter().map(|root| fingerprint(root)).collect()),
        ("denied", all(denied)),
        ("log_keys", all(log_keys)),
    ]
}

/// A certificate's fingerprint, as `openssl x509 -noout -fingerprint -sha256` shows it.
fn fingerprint(der: &[u8]) -> String {
    let bytes = Sha256::digest(der);
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("SHA-256 {}", digits.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{
        roster::{MemberKind, SpkiPin},
        signer::{LogPublicKey, LogSigner},
    };

    fn public(seed: u8) -> LogPublicKey {
        LogSigner::from_seed([seed; 32]).public()
    }

    fn log_key(epoch: u32, seed: u8, from_size: u64, to_size: Option<u64>) -> LogKey {
        LogKey { epoch, key: public(seed), from_size, to_size }
    }

    fn member(code: &str) -> Member {
        let seed = code.as_bytes()[0];
        Member {
            code: code.parse().unwrap(),
            kind: MemberKind::National,
            name: format!("HUB {code}"),
            exchange_address: "192.0.2.1:7302".into(),
            log_keys: vec![log_key(1, seed, 0, None)],
            node_keys: vec![SpkiPin([seed; 32])],
            people_roots: vec![vec![seed]],
            denied: vec![SpkiPin([99; 32])],
        }
    }

    fn roster() -> Roster {
        Roster { version: 7, members: vec![member("BJ"), member("ML")] }
    }

    /// ML with these log keys, merged into the roster.
    fn with_log_keys(log_keys: Vec<LogKey>) -> Result<Merged, Vec<RosterFault>> {
        roster().merge(&[MemberFragment(Member { log_keys, ..member("ML") })])
    }

    const ML: u8 = b'M';

    #[test]
    fn what_changes_nothing_keeps_the_version() {
        let mut same = member("ML");
        // As a fragment by `init` has it.
        same.denied.clear();
        let merged = roster().merge(&[MemberFragment(same)]).unwrap();
        assert_eq!((merged.roster, merged.changes), (roster(), vec![]));
    }

    #[test]
    fn denials_stand_and_new_ones_join_them() {
        let mut fragment = member("ML");
        fragment.denied = vec![SpkiPin([98; 32])];
        let merged = roster().merge(&[MemberFragment(fragment)]).unwrap();
        let denied = &merged.roster.members[1].denied;
        assert_eq!(denied[..], [SpkiPin([98; 32]), SpkiPin([99; 32])]);
        let kept = Kept {
            member: "ML".parse().unwrap(),
            field: "denied",
            values: vec![SpkiPin([99; 32]).to_string()],
        };
        assert_eq!(merged.kept, [kept]);
        let added = vec![SpkiPin([98; 32]).to_string()];
        let change = FieldChange { field: "denied", removed: vec![], added };
        assert_eq!(merged.changes[0].fields, [change]);
    }

    #[test]
    fn each_change_is_told_with_what_was_and_what_is() {
        let mut fragment = member("ML");
        fragment.exchange_address = "hub.example.ml:7302".into();
        fragment.node_keys = vec![SpkiPin([1; 32])];
        fragment.people_roots = vec![vec![2]];
        let new = member("TG");
        let fragments = [fragment, new].map(MemberFragment);
        let Merged { roster, changes, .. } = roster().merge(&fragments).unwrap();
        assert_eq!((roster.version, roster.members.len()), (8, 3));
        let told: Vec<_> = changes.iter().map(|one| (one.member.as_str(), one.is_new)).collect();
        assert_eq!(told, [("ML", false), ("TG", true)]);
        let fields = |change: &MemberChange| -> Vec<_> {
            change.fields.iter().map(|field| field.field).collect()
        };
        assert_eq!(fields(&changes[0]), ["exchange_address", "node_keys", "people_roots"]);
        let address = &changes[0].fields[0];
        assert_eq!(
            (&*address.removed[0], &*address.added[0]),
            ("192.0.2.1:7302", "hub.example.ml:7302")
        );
        let pins = [&changes[0].fields[1].removed[0], &changes[0].fields[1].added[0]];
        assert_eq!(pins, [&SpkiPin([ML; 32]).to_string(), &SpkiPin([1; 32]).to_string()]);
        assert_eq!(fields(&changes[1]).len(), 7, "of a new member, everything");
    }

    #[test]
    fn a_log_key_is_not_exchanged_within_its_epoch() {
        for (log_keys, words) in [
            (vec![log_key(1, 5, 0, None)], "another key for epoch 1"),
            // The old key is there no more, though the new one begins later.
            (vec![log_key(1, 5, 10, None)], "another key for epoch 1"),
            // Both could sign.
            (vec![log_key(1, ML, 0, None), log_key(1, 5, 0, None)], "would sign sizes"),
            (vec![log_key(1, ML, 0, Some(10)), log_key(1, 5, 9, None)], "would sign sizes"),
            (vec![log_key(1, ML, 0, Some(10)), log_key(1, ML, 3, None)], "would sign sizes"),
        ] {
            let faults = with_log_keys(log_keys.clone()).unwrap_err();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert_eq!(faults[0].place, "members.ML.log_keys");
            assert!(faults[0].problem.contains(words), "{log_keys:?}: {}", faults[0]);
        }
        let told = with_log_keys(vec![log_key(1, 5, 0, None)]).unwrap_err()[0].to_string();
        assert!(told.contains("raise log_epoch") && told.contains(&public(ML).to_string()));
    }

    #[test]
    fn a_log_has_one_key_for_each_size_from_the_beginning() {
        let merge = |log_keys| {
            Roster::default().merge(&[MemberFragment(Member { log_keys, ..member("ML") })])
        };
        // Nothing stands yet that they could be held against, in whatever order they come.
        for log_keys in [
            vec![log_key(1, 5, 0, None), log_key(1, 6, 0, None)],
            vec![log_key(1, 5, 10, None), log_key(2, 6, 0, None), log_key(1, 6, 3, Some(11))],
        ] {
            let faults = merge(log_keys).unwrap_err();
            assert_eq!((faults.len(), &*faults[0].place), (1, "members.ML.log_keys"));
            assert!(faults[0].problem.contains("would sign sizes"), "{}", faults[0]);
        }
        assert!(merge(vec![log_key(1, 5, 10, None), log_key(1, 6, 3, Some(10))]).is_ok());
    }

    #[test]
    fn a_denied_key_is_not_taken_back_as_the_nodes() {
        let mut fragment = member("ML");
        fragment.node_keys.push(SpkiPin([99; 32]));
        fragment.denied.clear();
        let faults = roster().merge(&[MemberFragment(fragment)]).unwrap_err();
        assert_eq!((faults.len(), &*faults[0].place), (1, "members.ML.node_keys"));
        assert!(faults[0].problem.contains("is denied, too"), "{}", faults[0]);
    }

    #[test]
    fn a_log_goes_on_under_a_new_key_or_begins_a_new_epoch() {
        let succession = [log_key(1, ML, 0, Some(10)), log_key(1, 5, 10, None)];
        let merged = with_log_keys(succession.to_vec()).unwrap();
        assert_eq!(merged.roster.members[1].log_keys, succession);
        // The next key, where the first one's end is settled.
        let third =
            vec![succession[0].clone(), log_key(1, 5, 10, Some(20)), log_key(1, 6, 20, None)];
        let fragment = |log_keys| [MemberFragment(Member { log_keys, ..member("ML") })];
        assert!(merged.roster.merge(&fragment(third)).is_ok());
        let moved = vec![log_key(1, ML, 0, Some(11)), log_key(1, 5, 10, None)];
        let faults = merged.roster.merge(&fragment(moved)).unwrap_err();
        assert!(faults[0].problem.contains("cannot be changed"), "{faults:?}");
        // A new epoch leaves the old one as it is, named or not.
        let merged = with_log_keys(vec![log_key(2, 5, 0, None)]).unwrap();
        let both = [log_key(1, ML, 0, None), log_key(2, 5, 0, None)];
        assert_eq!(merged.roster.members[1].log_keys, both);
        assert_eq!((merged.kept.len(), merged.kept[0].field), (1, "log_keys"));
        assert_eq!(with_log_keys(both.to_vec()).unwrap().roster, merged.roster);
    }

    #[test]
    fn two_fragments_of_one_member_are_held_against_each_other() {
        let other = Member { log_keys: vec![log_key(1, 5, 0, None)], ..member("TG") };
        let faults = roster().merge(&[member("TG"), other].map(MemberFragment)).unwrap_err();
        assert_eq!(faults[0].place, "members.TG.log_keys");
    }
}
