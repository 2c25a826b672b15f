//! What is read back from the shelf.

use std::sync::Arc;

use jiff::civil::date;

use super::*;
use crate::{
    disclosure::{attackers::AttackerReport, transcript::FrozenTable},
    publication::release::{Cell, Table},
    release::{counted::CountDays, review::MeasureReview},
    store::memory::MemoryStore,
};

fn card(drafted_by: &str) -> Card {
    Card {
        id: ReleaseId(0),
        period: period(),
        state: State::Audited,
        drafted_by: drafted_by.into(),
        approved_by: None,
        published_by: None,
        entry: None,
        left: false,
        tables: vec![],
        audit: AuditReport::default(),
        body_hash: [0; 32],
        drafted_on: None,
        frozen_hash: None,
        counted: None,
        skipped: vec![],
        withholding: None,
    }
}

fn period() -> Period {
    "2026-Q1".parse().unwrap()
}

fn release(tables: Vec<Table>) -> Release {
    Release {
        member: "ML".parse().unwrap(),
        area: "ML".into(),
        period: period(),
        catalogue_version: 1,
        plan_version: 1,
        tables,
    }
}

#[test]
fn a_card_without_the_digest_of_what_was_given_away_is_held_to_the_tables_in_its_body() {
    let shelf = Shelf(Arc::new(MemoryStore::default()));
    let table = Table {
        population: "requests_received".into(),
        period: period(),
        dimensions: vec![],
        measures: vec!["requests".into()],
        cells: vec![Cell(Some(vec![7]))],
    };
    let given_away = |table: &Table| FrozenRelease {
        tables: vec![FrozenTable { table: table.clone(), truth: vec![vec![7]], needs: vec![] }],
        ..FrozenRelease::default()
    };
    let id = shelf.add(card("awa"), &release(vec![table.clone()]), &given_away(&table));
    let id = id.unwrap();
    let older = Card { frozen_hash: None, ..shelf.card(id).unwrap() };
    shelf.replace(&older).unwrap();
    assert_eq!(shelf.frozen(&shelf.card(id).unwrap()).unwrap(), given_away(&table));
    let other = Table { cells: vec![Cell(None)], ..table };
    let mut batch = Batch::default();
    let bytes = given_away(&other).to_bytes();
    chunks::put(&*shelf.0, &mut batch, &key(FROZEN, id), &bytes).unwrap();
    shelf.0.commit(&batch).unwrap();
    let text = shelf.frozen(&older).unwrap_err().to_string();
    assert!(text.contains("Release 1 is damaged") && text.contains("its body"), "{text}");
}

#[test]
fn a_piece_of_a_release_that_is_gone_is_noticed() {
    let shelf = Shelf(Arc::new(MemoryStore::default()));
    let counter_examples = vec![vec![(7, 1); 4_000]];
    let frozen = FrozenRelease { counter_examples, ..FrozenRelease::default() };
    let id = shelf.add(card(&"awa".repeat(2_000)), &release(vec![]), &frozen).unwrap();
    for (kind, pieces_min) in [(CARD, 2), (BODY, 1), (FROZEN, 2)] {
        let keys = shelf.0.scan_prefix(&key(kind, id)).map(|pair| pair.unwrap().0);
        let keys: Vec<_> = keys.collect();
        assert!(keys.len() >= pieces_min, "{} pieces", keys.len());
        for key in keys {
            let good = shelf.0.get(&key).unwrap().unwrap();
            let mut batch = Batch::default();
            batch.remove(key.clone());
            shelf.0.commit(&batch).unwrap();
            assert!(matches!(read(&shelf, kind, id), Err(GateError::Damaged { .. })));
            batch.put(key, good);
            shelf.0.commit(&batch).unwrap();
        }
        read(&shelf, kind, id).unwrap();
    }
}

fn read(shelf: &Shelf, kind: u8, id: ReleaseId) -> Result<(), GateError> {
    match kind {
        CARD => shelf.cards()?.pop().map(drop).ok_or(missing(id)),
        BODY => shelf.release(&shelf.card(id)?).map(drop),
        _ => shelf.frozen(&shelf.card(id)?).map(drop),
    }
}

/// A card as the first layout kept it, in hexadecimal.
const CARD_1: &str = "01ad00070167323032362d513102030363617761046562696e7461056361776106674d4c2f312f313707f5\
     0881a600667669736974730167323032362d513102816766696c69657265030304030581a2006676697369\
     7473010009a90081624130010302000300040005000600070008000a582001010101010101010101010101\
     010101010101010101010101010101010101010b19505e0c58200202020202020202020202020202020202\
     020202020202020202020202020202";
/// A card of the second layout, with something in every field there was at first.
const CARD_2: &str = "02839ef73bfd895384994db971363b24bfaa5f053045d0e5fe593803a2333f9efab00007016732303236\
     2d513102050363617761046562696e7461056361776106674d4c2f312f313707f50881a6006676697369\
     74730167323032362d513102816766696c69657265030304030581a20066766973697473010009a90081\
     624130010302000300040005000600070008000a58200101010101010101010101010101010101010101\
     0101010101010101010101010b19505e0c58200202020202020202020202020202020202020202020202\
     0202020202020202020da200a20019505e0119505e015820030303030303030303030303030303030303\
     03030303030303030303030303030e8167323032362d51310fa4006b4e6f207061747465726e2e01704e\
     6f207061747465726e20666f756e6402816e76697369747320323032352d513403816e76697369747320\
     323032362d5131";

/// The same, before it was kept what was tried against each attacker.
const CARD_3: &str = "02485d334d448caa5f403e9e83d544a884a363156427d6e0eca065d2c27a70ce5db00007016732303236\
     2d513102050363617761046562696e7461056361776106674d4c2f312f313707f50881a6006676697369\
     74730167323032362d513102816766696c69657265030304030581a20066766973697473010009ac0081\
     6241300103020003000400050006000700080009816e76697369747320323032352d51330a040b020a58\
     2001010101010101010101010101010101010101010101010101010101010101010b19505e0c58200202\
     0202020202020202020202020202020202020202020202020202020202020da200a20019505e0119505e\
     01582003030303030303030303030303030303030303030303030303030303030303030e816732303236\
     2d51310fa4006b4e6f207061747465726e2e01704e6f207061747465726e20666f756e6402816e766973\
     69747320323032352d513403816e76697369747320323032362d5131";

/// A card as it is kept now, with something in every field.
const CARD_NOW: &str = "028efbd3f5aedfd3d16f5d499dfbe93dcf8f227eddd04abbb629ea5871456ef3f2b000070167\
     323032362d513102050363617761046562696e7461056361776106674d4c2f312f313707f50881a60066\
     7669736974730167323032362d513102816766696c69657265030304030581a200667669736974730100\
     09ad00816241300103020003000400050006000700080009816e76697369747320323032352d51330a04\
     0b020c81a6006241330119012c0203030104199c40050c0a582001010101010101010101010101010101\
     010101010101010101010101010101010b19505e0c582002020202020202020202020202020202020202\
     020202020202020202020202020da200a20019505e0119505e0158200303030303030303030303030303\
     0303030303030303030303030303030303030e8167323032362d51310fa4006b4e6f207061747465726e\
     2e01704e6f207061747465726e20666f756e6402816e76697369747320323032352d513403816e766973\
     69747320323032362d5131";

fn full() -> Card {
    let day = date(2026, 5, 1);
    let text = |text: &str| Some(text.to_owned());
    Card {
        id: ReleaseId(7),
        state: State::Withheld,
        approved_by: text("binta"),
        published_by: text("awa"),
        entry: text("ML/1/17"),
        left: true,
        tables: vec![TableReview {
            population: "visits".into(),
            period: period(),
            dimensions: vec!["filiere".into()],
            cells: 3,
            hidden: 3,
            measures: vec![MeasureReview { measure: "visits".into(), kept_percent: 0 }],
        }],
        audit: AuditReport {
            attackers: vec!["A0".into()],
            cells: 3,
            exposed: vec!["visits 2025-Q3".into()],
            insiders: 4,
            told_by_status: 2,
            by_attacker: vec![AttackerReport {
                name: "A3".into(),
                tried: 300,
                cells: 3,
                narrowest_count: Some(1),
                narrowest_value: Some(40_000),
                narrowest_basis_points: Some(12),
            }],
            ..AuditReport::default()
        },
        body_hash: [1; 32],
        drafted_on: Some(day),
        frozen_hash: Some([2; 32].into()),
        counted: Some(Counted {
            days: CountDays { closing_day: day, entered_until: day },
            hash: [3; 32].into(),
        }),
        skipped: vec![period()],
        withholding: Some(Withholding {
            reason: "No pattern.".into(),
            cause: "No pattern found".into(),
            exposed_cells: vec!["visits 2025-Q4".into()],
            unproven_cells: vec!["visits 2026-Q1".into()],
        }),
        ..card("awa")
    }
}

#[test]
fn cards_of_every_layout_are_read() {
    let unhex = |text: &str| -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(byte).collect()
    };
    let hex: String = encode(&full()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, CARD_NOW, "fields are added; any other change of what is written is a layout");
    assert_eq!(decode(ReleaseId(7), &unhex(CARD_NOW)).unwrap(), full());
    let audit = AuditReport { by_attacker: vec![], ..full().audit };
    let third = Card { audit: audit.clone(), ..full() };
    assert_eq!(decode(ReleaseId(7), &unhex(CARD_3)).unwrap(), third);
    let audit = AuditReport { exposed: vec![], insiders: 0, told_by_status: 0, ..audit };
    let second = Card { audit, ..full() };
    assert_eq!(decode(ReleaseId(7), &unhex(CARD_2)).unwrap(), second);
    let first = Card {
        state: State::Published,
        counted: None,
        skipped: vec![],
        withholding: None,
        ..second
    };
    assert_eq!(decode(ReleaseId(7), &unhex(CARD_1)).unwrap(), first);
}

#[test]
fn a_card_of_which_one_bit_changed_is_refused() {
    let good = encode(&full());
    for bit in 8..8 * good.len() {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(decode(ReleaseId(7), &bytes), Err(GateError::Damaged { .. })), "{bit}");
    }
}
