//! Properties of `library`: its state follows from the entries, in whatever order they arrive.

use std::sync::Arc;

use essaim::{
    base::id::EntryId,
    library::{
        fold::fold,
        notes::{Library, NoteCursor, NoteFilter, NotePage},
        numbered::Numbered,
    },
    publication::note::Note,
    store::{Batch, SharedStore, memory::MemoryStore},
};
use jiff::civil::date;
use proptest::prelude::*;

fn note(title: &str, day: i8) -> Note {
    Note {
        member: "CR".parse().unwrap(),
        language: "fr".into(),
        title: title.into(),
        summary: "Résumé".into(),
        text: "Texte".into(),
        authors: Vec::new(),
        filieres: vec!["CEREA".into()],
        keywords: vec!["séchage".into()],
        rights: "CC-BY-4.0".into(),
        published_on: date(2026, 5, day),
    }
}

fn entry(seq: u64) -> EntryId {
    EntryId { origin: "CR".parse().unwrap(), epoch: 1, seq }
}

fn library() -> (SharedStore, Library) {
    let store: SharedStore = Arc::new(MemoryStore::default());
    (store.clone(), Library::new(store))
}

fn titles(library: &Library, filter: &NoteFilter) -> Vec<String> {
    let list = library.list(&NotePage::default(), filter).unwrap();
    list.notes.into_iter().map(|found| found.note.title).collect()
}

/// Versions of three resources: the entry's number, its resource and its day.
const VERSIONS: [(u64, u64, i8); 6] =
    [(0, 0, 1), (1, 1, 5), (2, 0, 9), (3, 3, 3), (4, 1, 2), (5, 0, 4)];

#[derive(Debug, Clone, Copy)]
enum Step {
    Apply(usize),
    Withdraw(usize),
}

proptest! {
    #[test]
    fn what_a_number_stands_for_is_read_as_written_and_damage_is_refused_or_read(
        fingerprint: [u8; 32], held: u64, epoch: u32, seq: Option<u64>,
        at in any::<prop::sample::Index>(),
        removed in 0_usize..3,
        bytes in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let (store, library) = library();
        let number = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
        let published_on = date(2026, 5, 1);
        let numbered = Numbered { fingerprint, published_on, epoch, held, seq };
        library.number(number, &numbered).unwrap();
        prop_assert_eq!(library.numbered(number, &fingerprint).unwrap(), Some(numbered));
        let (key, mut value) = store.scan_prefix(&[]).next().unwrap().unwrap();
        let at = at.index(value.len());
        value.splice(at..(at + removed).min(value.len()), bytes);
        let mut batch = Batch::default();
        batch.put(key, value);
        store.apply(&batch).unwrap();
        if let Ok(read) = library.numbered(number, &fingerprint) {
            // What is shown can be written again.
            library.number(number, &read.unwrap()).unwrap();
            prop_assert_eq!(library.numbered(number, &fingerprint).unwrap(), read);
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        withdrawn in prop::collection::vec(0..6_usize, 0..4),
        at in prop::collection::vec(any::<prop::sample::Index>(), 4),
    ) {
        let mut steps: Vec<Step> = order.into_iter().map(Step::Apply).collect();
        for (version, at) in withdrawn.iter().zip(at) {
            steps.insert(at.index(steps.len() + 1), Step::Withdraw(*version));
        }
        let (_, library) = library();
        for step in steps {
            match step {
                Step::Apply(version) => {
                    let (seq, first, day) = VERSIONS[version];
                    library.apply(entry(seq), first, &note(&format!("v{seq}"), day)).unwrap();
                }
                Step::Withdraw(version) => {
                    library.withdraw(entry(VERSIONS[version].0)).unwrap();
                }
            }
        }
        let left = |first: u64| {
            let versions = VERSIONS.iter().enumerate().rev();
            versions
                .filter(|(index, (_, resource, _))| *resource == first && !withdrawn.contains(index))
                .map(|(_, (seq, _, day))| (*seq, *day))
                .next()
        };
        let mut expected: Vec<_> = [0, 1, 3].into_iter().filter_map(left).collect();
        for first in [0, 1, 3] {
            let shown = library.get(entry(first)).unwrap().map(|found| found.entry.seq);
            prop_assert_eq!(shown, left(first).map(|(seq, _)| seq));
        }
        expected.sort_by_key(|(_, day)| -i32::from(*day));
        let expected: Vec<_> = expected.into_iter().map(|(seq, _)| format!("v{seq}")).collect();
        prop_assert_eq!(titles(&library, &NoteFilter::default()), expected);
    }

    #[test]
    fn pages_of_any_size_show_every_note_once(size in 1..7_usize, notes in 0..20_u64) {
        let (_, library) = library();
        for seq in 0..notes {
            let day = (seq % 5) as i8 + 1;
            library.apply(entry(seq), seq, &note(&format!("n{seq}"), day)).unwrap();
        }
        let mut page = NotePage { size, after: None };
        let mut seen = Vec::new();
        loop {
            let list = library.list(&page, &NoteFilter::default()).unwrap();
            prop_assert!(list.notes.len() <= size);
            seen.extend(list.notes.into_iter().map(|found| (found.note.published_on, found.entry)));
            match list.next {
                // A cursor survives its text form.
                Some(cursor) => page.after = Some(cursor.to_string().parse().unwrap()),
                None => break,
            }
        }
        prop_assert_eq!(seen.len() as u64, notes);
        prop_assert!(seen.windows(2).all(|two| two[0].0 >= two[1].0 && two[0] != two[1]));
    }

    #[test]
    fn folding_never_panics_and_is_stable(text in any::<String>()) {
        let folded = fold(&text);
        prop_assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn page_tokens_are_read_or_refused(text in any::<String>()) {
        let _ = text.parse::<NoteCursor>();
    }
}

#[test]
fn filters_narrow_and_text_is_found_without_accents() {
    let (_, library) = library();
    let mut other = note("Conservation du lait", 2);
    other.language = "en".into();
    other.filieres = vec!["LAIT".into()];
    library.apply(entry(0), 0, &note("Séchoir à fonio", 1)).unwrap();
    library.apply(entry(1), 1, &other).unwrap();

    let all = NoteFilter::default();
    let text = |text: &str| NoteFilter { text: Some(text.into()), ..NoteFilter::default() };
    assert_eq!(titles(&library, &all), ["Conservation du lait", "Séchoir à fonio"]);
    assert_eq!(titles(&library, &text("FONIO sechoir")), ["Séchoir à fonio"]);
    assert_eq!(titles(&library, &text("sechage")).len(), 2);
    assert!(titles(&library, &text("fonio lait")).is_empty());
    let english = NoteFilter { language: Some("en".into()), ..all.clone() };
    assert_eq!(titles(&library, &english), ["Conservation du lait"]);
    let cereals = NoteFilter { filiere: Some("CEREA".into()), ..all.clone() };
    assert_eq!(titles(&library, &cereals), ["Séchoir à fonio"]);
    let foreign = NoteFilter { member: Some("ML".parse().unwrap()), ..all };
    assert!(titles(&library, &foreign).is_empty());
}

#[test]
fn applying_twice_changes_nothing_and_a_rebuild_gives_the_same_bytes() {
    let (store, library) = library();
    let pairs = || store.scan_prefix(&[]).map(|pair| pair.unwrap()).collect::<Vec<_>>();
    let notes: Vec<_> = VERSIONS
        .into_iter()
        .map(|(seq, first, day)| (entry(seq), first, note(&format!("v{seq}"), day)))
        .collect();
    for (id, first, note) in &notes {
        library.apply(*id, *first, note).unwrap();
    }
    let before = pairs();
    library.apply(notes[0].0, notes[0].1, &notes[0].2).unwrap();
    assert_eq!(pairs(), before);
    library.rebuild(notes).unwrap();
    assert_eq!(pairs(), before);
}

#[test]
fn a_note_of_another_member_or_with_a_later_first_version_is_refused() {
    let (_, library) = library();
    let foreign = EntryId { origin: "ML".parse().unwrap(), ..entry(3) };
    assert!(library.apply(foreign, 3, &note("Titre", 1)).is_err());
    assert!(library.apply(entry(3), 4, &note("Titre", 1)).is_err());
    let admitted = Library::admit(&note("Titre", 1), Some(2)).unwrap();
    assert_eq!(admitted.revises(), Some(2));
}
