//! Properties of `publication`: bodies come from other members, and may be anything.

use std::collections::BTreeSet;

use essaim::{
    base::{limits::BODY_BYTES_MAX, period::Period},
    codes::list::TOTAL,
    publication::{
        note::Note,
        release::{Cell, Dimension, Release, Table},
        withdrawal::{Withdrawal, WithdrawalReason},
    },
};
use jiff::civil::date;
use proptest::prelude::*;

fn period() -> impl Strategy<Value = Period> {
    (1900..2200_i16, 1..=4_u8).prop_map(|(year, quarter)| Period::quarterly(year, quarter).unwrap())
}

fn code() -> impl Strategy<Value = String> {
    "[A-Z][A-Z0-9-]{0,6}"
}

fn table(period: Period) -> impl Strategy<Value = Table> {
    let codes = prop::collection::btree_set(code(), 0..4);
    let dimensions = prop::collection::btree_map("[a-z]{1,8}", codes, 0..3);
    let measures = prop::collection::btree_set("[a-z]{1,8}", 1..3);
    ("[a-z_]{1,20}", dimensions, measures, any::<u64>()).prop_map(
        move |(population, dimensions, measures, seed)| {
            let dimension = |(id, codes): (String, BTreeSet<String>)| {
                let codes = [TOTAL.to_owned()].into_iter().chain(codes).collect();
                Dimension { id, list_version: 1, codes }
            };
            let dimensions: Vec<_> = dimensions.into_iter().map(dimension).collect();
            let measures: Vec<_> = measures.into_iter().collect();
            let mut table = Table { population, period, dimensions, measures, cells: Vec::new() };
            let values = table.measures.len() as u64;
            let cell =
                |cell: usize| {
                    let mixed = seed.rotate_left(cell as u32 % 64);
                    let hidden = mixed % 3 == 0;
                    Cell((!hidden).then(|| {
                        (0..values).map(|at| (mixed >> 20 ^ at) as i64 % 1_000_000).collect()
                    }))
                };
            table.cells = (0..table.cells_expected()).map(cell).collect();
            table
        },
    )
}

fn release() -> impl Strategy<Value = Release> {
    period().prop_flat_map(|period| {
        prop::collection::vec(table(period), 0..4).prop_map(move |mut tables| {
            for (index, table) in tables.iter_mut().enumerate() {
                table.population = format!("{}{index}", table.population);
            }
            Release {
                member: "ML".parse().unwrap(),
                area: "ML".into(),
                period,
                catalogue_version: 1,
                plan_version: 1,
                tables,
            }
        })
    })
}

fn note() -> impl Strategy<Value = Note> {
    let list = || prop::collection::vec("[a-zé]{1,20}", 0..4);
    let texts = ("[A-Z][a-z é]{0,40}", "[a-z]{1,60}", "[A-Za-z#\n]{0,300}x");
    (texts, list(), list(), list(), 0..20_000_i32).prop_map(
        |((title, summary, text), authors, filieres, keywords, days)| Note {
            member: "CR".parse().unwrap(),
            language: "fr".into(),
            title,
            summary,
            text,
            authors,
            filieres,
            keywords,
            rights: "CC-BY-4.0".into(),
            published_on: essaim::base::date::from_days(days).unwrap(),
        },
    )
}

fn read_all(schema: u16, bytes: &[u8]) -> [bool; 3] {
    [
        Release::from_bytes(schema, bytes).is_ok(),
        Note::from_bytes(schema, bytes).is_ok(),
        Withdrawal::from_bytes(schema, bytes).is_ok(),
    ]
}

proptest! {
    #[test]
    fn a_release_is_read_back_as_it_was(release in release()) {
        release.validate().unwrap();
        prop_assert_eq!(Release::from_bytes(1, &release.to_bytes()).unwrap(), release);
    }

    #[test]
    fn a_note_is_read_back_as_it_was(note in note()) {
        prop_assert_eq!(Note::from_bytes(1, &note.to_bytes()).unwrap(), note);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(1, &bytes);
    }

    #[test]
    fn a_changed_body_is_refused_or_is_another_canonical_body(
        release in release(), at in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let mut bytes = release.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(other) = Release::from_bytes(1, &bytes) {
            prop_assert_eq!(other.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_truncated_or_longer_body_is_refused(release in release(), cut in any::<prop::sample::Index>()) {
        let mut bytes = release.to_bytes();
        prop_assert!(Release::from_bytes(1, &bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert!(Release::from_bytes(1, &bytes).is_err());
    }
}

/// A release whose list of tables claims `length` items.
fn claiming(length: u64) -> Vec<u8> {
    let mut encoder = minicbor::Encoder::new(Vec::new());
    encoder.map(6).unwrap();
    for (index, text) in ["ML", "ML", "2026-Q1"].into_iter().enumerate() {
        encoder.u8(index as u8).unwrap().str(text).unwrap();
    }
    encoder.u8(3).unwrap().u16(1).unwrap().u8(4).unwrap().u16(1).unwrap();
    encoder.u8(5).unwrap().array(length).unwrap();
    encoder.into_writer()
}

#[test]
fn huge_declared_lengths_are_refused_before_anything_is_allocated() {
    assert!(Release::from_bytes(1, &claiming(0)).is_ok());
    for length in [1, 257, u64::from(u32::MAX), u64::MAX] {
        assert!(Release::from_bytes(1, &claiming(length)).is_err());
    }
    // Lists, maps, texts and byte strings that claim 2^64 - 1 items.
    for head in [0x9b_u8, 0xbb, 0x7b, 0x5b] {
        let bytes = [&[head][..], &[0xff; 8]].concat();
        assert_eq!(read_all(1, &bytes), [false; 3]);
    }
}

#[test]
fn deep_nesting_is_refused_without_deep_recursion() {
    for byte in [0x81_u8, 0xa1, 0xc1, 0x9f, 0xbf] {
        assert_eq!(read_all(1, &vec![byte; 500_000]), [false; 3]);
        // In the place of a field that no schema has.
        let nested = [&[0xa1, 0x18, 0x63][..], &vec![byte; 500_000]].concat();
        assert_eq!(read_all(1, &nested), [false; 3]);
    }
}

#[test]
fn a_body_over_its_limit_or_of_a_newer_schema_is_refused() {
    assert_eq!(read_all(1, &vec![0xf6; BODY_BYTES_MAX + 1]), [false; 3]);
    assert!(Release::from_bytes(2, &claiming(0)).unwrap_err().to_string().contains("newer"));
}

#[test]
fn a_second_spelling_an_unknown_or_a_repeated_field_is_refused() {
    let withdrawal = Withdrawal { epoch: 1, seq: 7, reason: WithdrawalReason::Error, erase: false };
    let bytes = withdrawal.to_bytes();
    assert_eq!(Withdrawal::from_bytes(1, &bytes).unwrap(), withdrawal);
    assert_eq!(bytes, [0xa4, 0, 1, 1, 7, 2, 0, 3, 0xf4]);
    let spellings: [&[u8]; 4] = [
        &[0xa4, 0, 0x18, 1, 1, 7, 2, 0, 3, 0xf4],
        &[0xa5, 0, 1, 1, 7, 2, 0, 3, 0xf4, 9, 0],
        &[0xa5, 0, 1, 0, 1, 1, 7, 2, 0, 3, 0xf4],
        &[0xbf, 0, 1, 1, 7, 2, 0, 3, 0xf4, 0xff],
    ];
    for spelling in spellings {
        assert!(Withdrawal::from_bytes(1, spelling).is_err(), "{spelling:x?}");
    }
}

#[test]
fn a_release_carries_its_quarter_and_only_a_fourth_quarter_its_year() {
    let release = |quarter: &str, table: &str| {
        let table = Table {
            population: "visits".into(),
            period: table.parse().unwrap(),
            dimensions: Vec::new(),
            measures: vec!["visits".into()],
            cells: vec![Cell(Some(vec![1]))],
        };
        Release {
            member: "ML".parse().unwrap(),
            area: "ML".into(),
            period: quarter.parse().unwrap(),
            catalogue_version: 1,
            plan_version: 1,
            tables: vec![table],
        }
    };
    assert!(release("2026-Q1", "2026-Q1").validate().is_ok());
    assert!(release("2026-Q4", "2026").validate().is_ok());
    for (quarter, table) in
        [("2026-Q1", "2026-Q2"), ("2026-Q3", "2026"), ("2026-Q4", "2025"), ("2026", "2026")]
    {
        assert!(release(quarter, table).validate().is_err(), "{quarter} {table}");
    }
    let mut twice = release("2026-Q1", "2026-Q1");
    twice.tables.push(twice.tables[0].clone());
    assert!(twice.validate().is_err());
    let mut foreign = release("2026-Q1", "2026-Q1");
    foreign.area = "SN".into();
    assert!(foreign.validate().is_err());
}

#[test]
fn a_note_with_control_characters_is_refused() {
    let note = |title: &str, text: &str| Note {
        member: "CR".parse().unwrap(),
        language: "fr".into(),
        title: title.into(),
        summary: "Séchage".into(),
        text: text.into(),
        authors: Vec::new(),
        filieres: Vec::new(),
        keywords: Vec::new(),
        rights: "CC-BY-4.0".into(),
        published_on: date(2026, 5, 1),
    };
    assert!(note("Séchoir", "Une ligne\nune autre").validate().is_ok());
    assert!(note("Séch\u{1b}[31moir", "x").validate().is_err());
    assert!(note("Séchoir", "\u{202e}x").validate().is_err());
    assert!(note("Deux\nlignes", "x").validate().is_err());
}
