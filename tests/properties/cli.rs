//! Properties of `cli`: what people type, or paste from where they kept it, and the files they give
//! to tools that need no node.

use std::path::Path;

use clap::Parser;
use essaim::{
    cli::{
        args::{
            Cli, Command,
            disclosure::{DisclosureCommand, TableArgs},
            journal::KeptHead,
        },
        disclosure::{
            amount,
            arguments::Asked,
            csv_file::{self, CsvFile},
            hierarchy_file, pattern_file, table_file,
        },
    },
    disclosure::tabular::protect::{Cost, Protected},
};
use proptest::{
    collection::vec,
    prelude::{TestCaseError, any, prop_assert, prop_assert_eq, proptest},
};

use crate::damage::{damaged, damages};

/// What is read as a head has the hash that was typed, and is read again as it is printed.
fn check_head(text: &str) -> Result<(), TestCaseError> {
    if let Ok(head) = text.parse::<KeptHead>() {
        let printed = head.to_string();
        prop_assert_eq!(printed.parse(), Ok(head));
        let hash = |text: &str| text.split_once(':').map(|(_, hash)| hash.to_ascii_lowercase());
        prop_assert_eq!(hash(&printed), hash(text));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_head_of_the_journal_or_refused(
        text in ".{0,100}",
        like in "[+-]?[0-9]{0,22}:{0,2}[0-9A-Fa-f]{62,64}é?",
    ) {
        check_head(&text)?;
        check_head(&like)?;
    }

    #[test]
    fn a_head_of_the_journal_is_read_as_printed_and_a_damaged_one_as_what_it_says(
        entries in any::<u64>(),
        hash in any::<[u8; 32]>(),
        damages in damages(),
    ) {
        let head = KeptHead { entries, hash };
        let text = head.to_string();
        prop_assert_eq!(text.parse(), Ok(head));
        check_head(&String::from_utf8_lossy(&damaged(text.as_bytes(), &damages)))?;
    }
}

/// The options of a table of values by R and S, whose hierarchy is read from elsewhere.
fn asked() -> Asked {
    let line = "essaim disclosure audit t.csv --pattern p.csv --keys R,S --count N --value V \
                --largest M --min-contributors 3 --dominance 1:85";
    let cli = Cli::try_parse_from(line.split_whitespace()).expect("a sound command line");
    let Command::Disclosure(command) = cli.command else { unreachable!("it is of disclosure") };
    let DisclosureCommand::Audit(args) = *command else { unreachable!("it is an audit") };
    let table: TableArgs = args.table.unwrap();
    Asked::new(&table, Cost::Unit).expect("sound options")
}

/// A file of these bytes, as far as they are text.
fn file(bytes: &[u8]) -> Option<CsvFile> {
    csv_file::parse(Path::new("f.csv"), &String::from_utf8_lossy(bytes)).ok()
}

/// Reads three files as the tool does; what is read is consistent.
fn check_files(table: &[u8], hierarchy: &[u8], pattern: &[u8]) -> Result<(), TestCaseError> {
    let mut asked = asked();
    if let Some(hierarchy) = file(hierarchy).and_then(|file| hierarchy_file::read(&file).ok()) {
        asked.hierarchies.insert("R".into(), hierarchy);
    }
    let rows = file(table).and_then(|file| table_file::read(&file, &asked).ok());
    let Some((rows, table)) =
        rows.and_then(|rows| rows.table(&asked).ok().map(|table| (rows, table)))
    else {
        return Ok(());
    };
    for equation in &table.equations {
        let sum: i64 = equation.iter().map(|(cell, one)| one * table.cells[*cell].value).sum();
        prop_assert_eq!(sum, 0);
    }
    let places = pattern_file::places(&table, &rows);
    prop_assert!(places.len() >= rows.rows.len());
    if let Some(pattern) = file(pattern)
        && let Ok(hidden) = pattern_file::hidden(&pattern, &asked.keys, &table, &rows)
    {
        prop_assert_eq!(hidden.len(), table.cells.len());
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_a_table_a_hierarchy_and_a_pattern_or_refused(
        table in vec(any::<u8>(), 0..300),
        hierarchy in vec(any::<u8>(), 0..100),
        pattern in vec(any::<u8>(), 0..100),
    ) {
        let with = |heading: &str, bytes: &[u8]| [heading.as_bytes(), bytes].concat();
        check_files(&table, &hierarchy, &pattern)?;
        check_files(
            &with("R,S,N,V,M\n", &table),
            &with("L1,L2\n", &hierarchy),
            &with("R,S,status\n", &pattern),
        )?;
    }

    #[test]
    fn rows_as_people_type_them_are_a_table_or_refused(
        rows in vec(
            "(a|b|c|Total)[;](x|y|\"x\"|Total|)[;][0-9]{1,2}(\\.0)?[;]\
             ([0-9]{1,16}([,.][0-9]{1,9})?(E[+-]?[0-9]{1,3})?|-1|NaN|)[;]([0-9]{1,3}|)",
            0..20,
        ),
        paths in vec("(a|b|c|g|Total|)[,](a|b|c|g|)", 0..6),
        marks in vec("(a|b|c|Total),(x|y|Total),(published|suppressed|u|s|x)", 0..20),
    ) {
        check_files(
            format!("R;S;N;V;M\r\n{}", rows.join("\r\n")).as_bytes(),
            format!("L1,L2\n{}", paths.join("\n")).as_bytes(),
            format!("R,S,status\n{}", marks.join("\n")).as_bytes(),
        )?;
    }

    #[test]
    fn a_pattern_is_read_as_it_was_written(
        cells in vec((1..99_i64, 0..9_999_999_u32, any::<bool>()), 6),
        made_are_hidden in any::<bool>(),
    ) {
        let asked = asked();
        let row = |(place, (count, value, _)): (usize, &(i64, u32, bool))| {
            let (code, size) = (["a", "b, c", "\"d\""][place / 2], ["x", "y"][place % 2]);
            let code = code.replace('"', "\"\"");
            format!("\"{code}\",{size},{count},{value}e-2,{value}e-2\n")
        };
        let rows: String = cells.iter().enumerate().map(row).collect();
        let read = file(format!("R,S,N,V,M\n{rows}").as_bytes()).expect("a sound file");
        let rows = table_file::read(&read, &asked).expect("sound rows");
        let table = rows.table(&asked).expect("a sound table");
        let mut hidden = vec![made_are_hidden; table.cells.len()];
        for (row, (_, _, is_hidden)) in rows.rows.iter().zip(&cells) {
            hidden[table.names[table.place(&row.codes).expect("its own row")]] = *is_hidden;
        }
        let intervals = table.cells.iter().map(|cell| (cell.value, None)).collect();
        let sensitive = vec![false; hidden.len()];
        let protected = Protected { hidden, sensitive, intervals, verdicts: Vec::new() };
        let places = pattern_file::places(&table, &rows);
        let text = pattern_file::text(&table, &protected, &places, &asked);
        let pattern = file(text.as_bytes()).expect("a pattern");
        let again = pattern_file::hidden(&pattern, &asked.keys, &table, &rows).expect("all rows");
        prop_assert_eq!(again, protected.hidden);
    }

    #[test]
    fn an_amount_is_read_again_as_it_is_written(
        units in 0..=999_999_999_999_999_999_i64,
        decimals in 0..=6_u32,
        text in ".{0,70}",
        like in "[-+]?[0-9]{0,20}[.]?[0-9]{0,20}([eE][-+]?[0-9]{0,5})?",
    ) {
        let written = amount::written(units, decimals);
        let read = amount::parse(&written, '.', decimals);
        prop_assert_eq!(read.map(|amount| (amount.units, amount.rounded)), Ok((units, false)));
        for text in [text, like] {
            // Floating point agrees as far as it can tell.
            if let Ok(amount) = amount::parse(&text, '.', decimals) {
                let float: f64 = text.trim().replace('−', "-").parse().expect("a number");
                let units = float * 10_f64.powi(decimals as i32);
                prop_assert!((units - amount.units as f64).abs() <= 0.5 + units.abs() * 1e-12);
            }
            let _ = amount::parse_count(&text, ',', decimals);
        }
    }
}
