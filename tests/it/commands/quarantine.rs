//! Rows in quarantine, discarded one by one, by source and all at once.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Answer, Federation};

const STEWARD: &str = "ml-steward-1";
/// Bad rows of the first source: more than one call of the node lists or discards.
const FIRST_ROWS: usize = 503;
/// Bad rows of the second.
const SECOND_ROWS: usize = 2;

/// Imports a file whose every row names a region that nobody knows.
fn import_bad(federation: &Federation, source: &str, rows: usize) {
    let mut file = "Code;Lieu;Jour\n".to_owned();
    for row in 0..rows {
        writeln!(file, "{row};Atlantide;2026-01-05").unwrap();
    }
    let mapping = format!(
        "version = 1\nsource = \"{source}\"\nas = \"enterprises\"\narea = \"ML\"\nkey = [\"Code\"]\n\
         [fields.region]\ncolumn = \"Lieu\"\n[fields.filiere]\nvalue = \"LAIT\"\n\
         [fields.registered_on]\ncolumn = \"Jour\"\n"
    );
    let file = federation.write(&format!("{source}.csv"), &file);
    let mapping = federation.write(&format!("{source}.toml"), &mapping);
    let import = ["import", &file, "--as", "enterprises", "--mapping", &mapping];
    let report = federation.run(STEWARD, &import).ended(1, "").json();
    assert_eq!(report["quarantined"], json!(rows));
}

fn discard(federation: &Federation, options: &[&str]) -> Answer {
    federation.run(STEWARD, &[&["quarantine", "discard"], options].concat())
}

fn waiting(federation: &Federation) -> Vec<Value> {
    let list = ["quarantine", "list", "--rows", "1000"];
    federation.run(STEWARD, &list).json().as_array().unwrap().clone()
}

#[test]
fn rows_are_discarded_singly_by_source_or_all_and_many_only_on_request() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    import_bad(&federation, "first", FIRST_ROWS);
    import_bad(&federation, "second", SECOND_ROWS);
    let rows = waiting(&federation);
    assert_eq!(rows.len(), FIRST_ROWS + SECOND_ROWS);

    let name = rows[0]["name"].as_str().unwrap();
    discard(&federation, &[name]).done();
    discard(&federation, &[name]).ended(1, "");
    let left = FIRST_ROWS - 1;
    let both = json!([
        { "source": "first", "rows": left, "discarded": false },
        { "source": "second", "rows": SECOND_ROWS, "discarded": false },
    ]);
    let counted = discard(&federation, &["--all"]).ended(1, "add --yes");
    assert_eq!(counted.json(), both);
    assert!(counted.err.contains(&format!("discard {} row(s)", left + SECOND_ROWS)), "{counted:?}");
    discard(&federation, &["--source", "first"]).ended(1, &format!("discard {left} row(s)"));
    assert_eq!(waiting(&federation).len(), left + SECOND_ROWS, "counting removes nothing");

    let gone = discard(&federation, &["--source", "first", "--yes"]).done().json();
    assert_eq!(gone, json!([{ "source": "first", "rows": left, "discarded": true }]));
    assert_eq!(waiting(&federation), rows[FIRST_ROWS..]);
    discard(&federation, &["--source", "first", "--yes"]).ended(1, "No row of the source first");
    let gone = discard(&federation, &["--all", "--yes"]).done().json();
    assert_eq!(gone, json!([{ "source": "second", "rows": SECOND_ROWS, "discarded": true }]));
    assert!(waiting(&federation).is_empty());
    discard(&federation, &["--all", name]).ended(64, "cannot be used with");
    discard(&federation, &[]).ended(64, "--source");
}
