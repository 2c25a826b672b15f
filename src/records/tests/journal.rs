//! The journal: who did what.

use super::*;
use crate::records::journal::JournalHead;

#[test]
fn the_journal_tells_who_did_what_and_no_field() {
    let hub = Hub::new();
    let id = hub.request();
    hub.repository.assign(&by("essaim://ML/steward/awa"), id, None, "Moussa", None).unwrap();
    let entries = hub.repository.journal(&Page::first()).unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (&*entry.actor, &*entry.action, entry.touched[0].kind.name(), entry.day))
        .collect();
    assert_eq!(
        told,
        [
            ("awa", "create", "enterprise", TODAY),
            ("awa", "create", "request", TODAY),
            ("essaim://ML/steward/awa", "assign", "request", TODAY),
        ]
    );
    assert_eq!(entries[2].touched[0].id, *id.as_bytes());
    assert_eq!(entries[2].touched[0].revision, 2);
    assert_eq!(hub.repository.verify_journal().unwrap().entries, 3);
    let (head, since) =
        (hub.repository.journal_head().unwrap(), |kept| hub.repository.verify_journal_since(kept));
    assert_eq!(since(head).unwrap(), head);
    let page = Page { size: 1, after: Some(0) };
    assert_eq!(hub.repository.journal(&page).unwrap(), entries[1..2]);
}

#[test]
fn a_journal_goes_on_from_its_earlier_heads_and_from_no_others() {
    let hub = Hub::new();
    let mut heads = vec![hub.repository.journal_head().unwrap()];
    for _ in 0..3 {
        hub.enterprise();
        heads.push(hub.repository.journal_head().unwrap());
    }
    for kept in &heads {
        assert_eq!(hub.repository.verify_journal_since(*kept).unwrap(), heads[3]);
        let other = JournalHead { hash: [7; 32], ..*kept };
        let longer = JournalHead { entries: 4, ..*kept };
        for kept in [other, longer] {
            let refused = hub.repository.verify_journal_since(kept).unwrap_err();
            let entries_kept = kept.entries;
            let rewritten = matches!(refused, RecordError::JournalRewritten { entries } if entries == entries_kept);
            assert!(rewritten, "{refused:?}");
        }
    }
}

#[test]
fn a_changed_removed_or_added_journal_entry_is_found() {
    let journal_key = |number: u64| [b"rj".as_slice(), &number.to_be_bytes()].concat();
    let check = |name: &str, at: u64, tamper: &dyn Fn(&mut Batch, &MemoryStore)| {
        let hub = Hub::new();
        let _: Vec<_> = (0..4).map(|_| hub.enterprise()).collect();
        hub.repository.verify_journal().unwrap();
        let mut batch = Batch::default();
        tamper(&mut batch, &hub.store);
        hub.store.commit(&batch).unwrap();
        match hub.repository.verify_journal() {
            Err(RecordError::JournalBroken { entry }) => assert_eq!(entry, at, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    };
    let renamed = |number: u64, store: &MemoryStore| {
        let mut bytes = store.get(&journal_key(number)).unwrap().unwrap();
        let at = bytes.windows(3).position(|window| window == b"awa").unwrap();
        bytes[at..at + 3].copy_from_slice(b"ben");
        bytes
    };
    // A change shows where the next entry does not follow, and in the head for the last entry.
    check("changed", 2, &|batch, store| batch.put(journal_key(1), renamed(1, store)));
    check("last changed", 3, &|batch, store| batch.put(journal_key(3), renamed(3, store)));
    check("removed", 1, &|batch, _| batch.remove(journal_key(1)));
    check("last removed", 3, &|batch, _| batch.remove(journal_key(3)));
    check("added", 4, &|batch, store| batch.put(journal_key(4), renamed(3, store)));
    check("head removed", 0, &|batch, _| batch.remove(*b"rh"));
}
