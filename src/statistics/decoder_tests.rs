//! Whatever the store gives back for a block, a vintage or its key is read or refused, and what is
//! read can be used. Each case begins as what was written, so that it gets past the first bytes.

use jiff::civil::date;
use proptest::{collection::vec, prelude::*};

use crate::{
    base::id::{EntryId, MemberCode},
    publication::release::{Cell, Dimension, Table},
    statistics::{
        block::{BLOCK_VERSION, Block, BlockTable},
        keys::{Vintage, read_vintage, vintage},
    },
};

use damage::{damaged, damages};

#[path = "../../tests/properties/damage.rs"]
mod damage;

prop_compose! {
    fn block()(cells in vec(prop::option::of(0..1_000_i64), 6), measures in 1..3_usize,
               tables in 0..3_usize, seq in any::<u64>()) -> Block {
        let dimension = |id: &str, codes: &[&str]| Dimension {
            id: id.into(),
            list_version: 1,
            codes: codes.iter().map(|code| (*code).into()).collect(),
        };
        let table = Table {
            population: "requests_received".into(),
            period: "2026-Q1".parse().unwrap(),
            dimensions: vec![dimension("sex", &["_T", "F"]), dimension("size", &["_T", "A", "B"])],
            measures: ["requests", "score"][..measures].iter().map(|id| (*id).into()).collect(),
            cells: cells.iter().map(|cell| Cell(cell.map(|value| vec![value; measures]))).collect(),
        };
        let entry = EntryId { origin: "ML".parse().unwrap(), epoch: 1, seq };
        Block { entry, tables: vec![BlockTable::new(&table); tables] }
    }
}

/// How many numbers a list holds: most often as many as `whole`.
fn length(whole: usize) -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(whole), 1 => 0..=2 * whole + 1]
}

prop_compose! {
    /// Numbers of codes in each dimension and of measures, and how long the lists of a table are.
    fn shape()(codes in vec(0..4_usize, 0..3), measures in 0..3_usize)
              (lists in {
                  let cells = codes.iter().product::<usize>();
                  (length(cells * measures), length(cells * measures), length(cells))
              }, codes in Just(codes), measures in Just(measures))
              -> (Vec<usize>, usize, (usize, usize, usize)) {
        (codes, measures, lists)
    }
}

/// A block of one table with lists of these lengths, written field by field.
fn written(codes: &[usize], measures: usize, lists: (usize, usize, usize)) -> Vec<u8> {
    let dimension = |codes: &usize| Dimension {
        id: "sex".into(),
        list_version: 1,
        codes: vec!["_T".into(); *codes],
    };
    let dimensions: Vec<_> = codes.iter().map(dimension).collect();
    let (lower, upper, hidden) = (vec![1; lists.0], vec![2; lists.1], vec![true; lists.2]);
    let table = (dimensions, vec!["requests"; measures], lower, upper, hidden);
    let origin: MemberCode = "ML".parse().unwrap();
    minicbor::to_vec((BLOCK_VERSION, (origin, 1_u32, 7_u64), [table])).unwrap()
}

/// Everything a query does to the cells of a table.
fn use_all(block: &Block) {
    for table in &block.tables {
        assert_eq!(table.strides().len(), table.dimensions.len());
        for cell in 0..table.cells() {
            let _ = table.is_hidden(cell);
            (0..table.measures.len()).for_each(|measure| _ = table.known(cell, measure));
        }
    }
    let _ = (block.covering(&["sex"], "requests"), block.bytes());
}

proptest! {
    #[test]
    fn a_block_is_read_as_written(block in block()) {
        prop_assert_eq!(Block::from_bytes(&block.to_bytes()).unwrap(), block);
    }

    #[test]
    fn a_damaged_block_is_refused_or_can_be_used(block in block(), damages in damages()) {
        let Ok(block) = Block::from_bytes(&damaged(&block.to_bytes(), &damages)) else {
            return Ok(());
        };
        use_all(&block);
        prop_assert_eq!(Block::from_bytes(&block.to_bytes()).unwrap(), block);
    }

    #[test]
    fn a_block_is_taken_only_with_lists_as_long_as_its_dimensions_span(
        (codes, measures, lists) in shape(),
    ) {
        let cells: usize = codes.iter().product();
        let fits = cells > 0 && lists == (cells * measures, cells * measures, cells);
        let read = Block::from_bytes(&written(&codes, measures, lists));
        prop_assert_eq!(read.is_ok(), fits);
        read.iter().for_each(use_all);
    }

    #[test]
    fn a_damaged_vintage_is_refused_or_read(
        year in 1900..2200_i16, catalogue_version: u16, epoch: u32, seq: u64, damages in damages(),
    ) {
        let entry = EntryId { origin: "ML".parse().unwrap(), epoch, seq };
        let period = format!("{year}-Q3").parse().unwrap();
        let key = vintage(entry, period);
        prop_assert_eq!(read_vintage(&key).unwrap(), (entry, period));
        if let Ok((entry, period)) = read_vintage(&damaged(&key, &damages)) {
            prop_assert_eq!(read_vintage(&vintage(entry, period)).unwrap(), (entry, period));
        }
        let value = Vintage { released_on: date(year, 2, 28), catalogue_version };
        prop_assert_eq!(Vintage::from_bytes(&value.to_bytes()).unwrap(), value);
        if let Ok(value) = Vintage::from_bytes(&damaged(&value.to_bytes(), &damages)) {
            prop_assert_eq!(Vintage::from_bytes(&value.to_bytes()).unwrap(), value);
        }
    }
}
