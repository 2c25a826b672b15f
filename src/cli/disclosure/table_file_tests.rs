//! Tables as people have them, and what is refused of them.

use clap::Parser;

use super::*;
use crate::{
    cli::{
        args::{Cli, Command, disclosure::DisclosureCommand},
        disclosure::{amount::written, csv_file, hierarchy_file},
    },
    disclosure::tabular::protect::Cost,
};

const NAMES: &str = "--keys R,S --count N --value V --largest M";

/// The options as typed.
fn asked(options: &str) -> Asked {
    let line =
        format!("essaim disclosure protect t.csv --out o.csv --min-contributors 3 {options}");
    let Command::Disclosure(command) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
        panic!("another command");
    };
    let DisclosureCommand::Protect(args) = *command else { panic!("another command") };
    Asked::new(&args.table, Cost::Unit).unwrap()
}

fn table_of(text: &str, asked: &Asked) -> anyhow::Result<Table> {
    read(&csv_file::parse("t.csv".as_ref(), text)?, asked)?.table(asked)
}

/// The value of a cell, as it is written.
fn value(text: &str, options: &str, codes: [&str; 2]) -> String {
    let asked = asked(options);
    let table = table_of(text, &asked).unwrap();
    let place = table.place(&codes.map(String::from)).unwrap();
    written(table.cells[table.names[place]].value, asked.decimals_published())
}

fn refusal(text: &str, options: &str) -> String {
    format!("{:#}", table_of(text, &asked(options)).unwrap_err())
}

/// Reads a table of which one row has these numbers.
fn refused_row(numbers: &str) -> String {
    let text = format!("R,S,N,V,M\nn,a,3,30.5,12\nn,b,{numbers}\n");
    refusal(&text, NAMES)
}

#[test]
fn numbers_are_rounded_and_margins_are_added_again() {
    let text = "R,S,N,V,M\nn,a,3,3168.4300000000003,2.0E+3\nn,b,1.0,0.005,0.005\n\
                n,Total,4,3168.435,2000\n";
    assert_eq!(value(text, NAMES, ["n", "b"]), "0.01");
    assert_eq!(value(text, NAMES, ["n", "Total"]), "3168.44");
    assert_eq!(value(text, NAMES, ["Total", "Total"]), "3168.44");
    assert_eq!(value(text, &format!("{NAMES} --decimals 3"), ["n", "Total"]), "3168.435");
    let counts = "R,S,N\nn,a,3.0\nn,b,2.9999999999\n";
    assert_eq!(value(counts, "--keys R,S --count N", ["n", "Total"]), "6");
}

#[test]
fn decimal_commas_are_read_where_no_comma_parts_cells() {
    let text = "R;S;N;V;M\nn;a;3;12,5;6,25\nn;b;4;7;2\n";
    assert_eq!(value(text, NAMES, ["n", "Total"]), "19.50");
    let mixed = "R;S;N;V;M\nn;a;3;12,5;6,25\nn;b;4;1.234;2\n";
    let refused = refusal(mixed, NAMES);
    assert!(refused.starts_with("t.csv, line 3, column V: this is no number"), "{refused}");
}

#[test]
fn a_faulty_number_is_named_by_line_and_column_and_not_told() {
    for (numbers, told) in [
        ("2,nan,1", "t.csv, line 3, column V: this is no number"),
        ("2,inf,1", "t.csv, line 3, column V: this is no number"),
        ("2,secret,1", "t.csv, line 3, column V: this is no number"),
        ("2,,1", "t.csv, line 3, column V: the cell is empty"),
        ("2,4,", "t.csv, line 3, column M: the cell is empty"),
        ("2,-4,1", "t.csv, line 3, column V: the number is negative"),
        ("-2,4,1", "t.csv, line 3, column N: the number is negative"),
        ("2.5,4,1", "t.csv, line 3, column N: a count is a whole number"),
        ("2,1e17,1", "t.csv, line 3, column V: the number is too large"),
        ("2,1e14,1", "t.csv, line 3: The value of n/b is too large"),
        ("0,4,1", "t.csv, line 3: The cell n/b has a value and no contributor"),
        ("2,4,5", "t.csv, line 3: The cell n/b has a largest contribution above its value"),
    ] {
        let refused = refused_row(numbers);
        assert!(refused.starts_with(told), "{numbers}: {refused}");
        assert!(!refused.contains("secret"), "{refused}");
    }
}

#[test]
fn noise_of_a_largest_contribution_is_no_contradiction() {
    let text = "R,S,N,V,M\nn,a,1,2.0049999999,2.005\nn,b,3,9,4\n";
    assert_eq!(value(text, NAMES, ["n", "a"]), "2.00");
}

#[test]
fn a_margin_that_does_not_add_up_is_refused_with_both_figures_and_the_remedy() {
    let text = "R,S,N,V,M\nn,a,3,30.5,12\nn,b,4,10,5\nn,Total,7,41,12\n";
    assert_eq!(
        refusal(text, NAMES),
        "t.csv, line 4: the value of n/Total is 41.00, and its parts add up to 40.50: correct the \
         row, leave it out so that the margin is made, or allow the difference with --tolerance"
    );
    assert_eq!(value(text, &format!("{NAMES} --tolerance 0.5"), ["n", "Total"]), "40.50");
    let refused = refusal(text, &format!("{NAMES} --tolerance 0.49"));
    assert!(refused.contains("line 4"), "{refused}");
    // No tolerance is for counts.
    let counts = text.replace("n,Total,7", "n,Total,8").replace("41", "40.5");
    let refused = refusal(&counts, &format!("{NAMES} --tolerance 9"));
    assert!(refused.contains("the count of n/Total is 8") && !refused.contains("--tolerance"));
    let alone = "R,S,N,V,M\nn,a,3,30.5,12\nTotal,b,4,10,5\n";
    let refused = refusal(alone, &format!("{NAMES} --tolerance 99"));
    let told = "t.csv, line 3: The margin Total/b has a count, and the table has none of its parts";
    assert!(refused.starts_with(told), "{refused}");
}

#[test]
fn rows_of_one_cell_are_refused_with_both_lines_and_the_remedies() {
    let text = "R,S,T,N,V,M\nn,a,x,3,3,1\nn,b,x,3,3,1\nn,a,y,4,4,1\n";
    assert_eq!(
        refusal(text, NAMES),
        "t.csv, lines 2 and 4: both rows are of the cell n/a. If another column tells them apart, \
         add it to --keys; if rows are single records, sum them up first"
    );
    assert!(table_of(text, &asked("--keys R,S,T --count N --value V")).is_ok());
}

#[test]
fn a_total_under_another_name_is_not_taken_for_a_part() {
    let text = "R,S,N,V,M\nTotal_EAST,a,3,3,2\nn,a,3,3,2\n";
    let refused = refusal(text, NAMES);
    assert!(refused.ends_with("name it with --total R=Total_EAST"), "{refused}");
    let options = format!("{NAMES} --total R=Total_EAST");
    assert_eq!(value(text, &options, ["Total_EAST", "Total"]), "3.00");
    let mistyped = refusal(text, &format!("{NAMES} --total R=Total_EST"));
    assert!(mistyped.contains("no row has Total_EST for R"), "{mistyped}");
    let word = "R,S,N,V,M\nTotally,a,3,3,2\nn,a,3,3,2\n";
    assert_eq!(value(word, NAMES, ["Total", "a"]), "6.00");
}

/// A table whose second key has a hierarchy.
fn with_hierarchy(hierarchy: &str) -> anyhow::Result<Table> {
    let mut asked = asked(NAMES);
    let file = csv_file::parse("h.csv".as_ref(), hierarchy)?;
    asked.hierarchies.insert("S".into(), hierarchy_file::read(&file)?);
    table_of("R,S,N,V,M\nn,A,3,30,12\nn,a1,1,10,10\nn,a2,2,20,12\nn,B,5,5,1\n", &asked)
}

#[test]
fn a_hierarchy_is_read_with_its_repeated_and_missing_names() {
    for hierarchy in ["L1;L2\nA;a1\nA;a2\nB;B\n", "L1,L2\r\nA,a1\r\nA,a2\r\nB,\r\n"] {
        let table = with_hierarchy(hierarchy).unwrap();
        assert_eq!(table.keys[1].codes, ["Total", "A", "B", "a1", "a2"]);
    }
}

#[test]
fn a_faulty_hierarchy_is_refused_with_its_file_and_lines() {
    for (hierarchy, told) in [
        (
            "L1,L2\nA,a1\nA,a2\nB,a1\n",
            "h.csv, lines 2 and 4: The hierarchy of S puts a1 under A and under B",
        ),
        ("L1,L2\nA,a1\na1,A\nB,B\n", "h.csv, line 3: The hierarchy of S puts a1 above itself"),
        ("L1,L2,L3\nA,a1,A\n", "h.csv, line 2: The hierarchy of S puts A above itself"),
        ("L1,L2\nA,a1\n,a2\nB,B\n", "h.csv, line 3: a code has no parent"),
        (
            "L1,L2\nA,a1\nB,B\n",
            "t.csv, line 4: a2 of S stands in the table and not in its hierarchy; add it to h.csv, \
             or name it with --total S=a2",
        ),
    ] {
        let refused = format!("{:#}", with_hierarchy(hierarchy).unwrap_err());
        assert!(refused.starts_with(told), "{refused}");
    }
}
