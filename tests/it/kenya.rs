//! A real file goes the whole way: a survey of 5,016 small manufacturers, as it was typed in, is
//! imported on one node as enterprises of a test country; three quarters are released as they
//! close; some enterprises withdraw their consent; ENT01 to ENT03 of the year are released by
//! county and size past a gate that refuses every step out of turn; and another node answers from
//! what it synchronized. Every cell is held against a count made outside Essaim ([`count`]).
//!
//! The file is not part of the project: `ESSAIM_SAMPLES` names the folder with
//! `enterprises/kenya_msme_5016.csv`; without it the test says so and passes.

mod answers;
mod count;
mod gate;
mod nodes;
mod records;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use answers::{compare_quarters, compare_year, wait_for_news};
use count::{cells, check_frozen, enterprises, plain};
use essaim::wire::status::reason;
use gate::{pass_the_gate, release_earlier};
use jiff::civil::Date;
use nodes::{COORDINATOR, HUB, Nodes, REGIONS, done};
use records::{check_journal, import_again, import_twice, withdraw};
use tonic::{Code, Status};

/// Quarters released before the withdrawal, each with the day after it closes: thirty days after
/// its end, by default.
const EARLIER: [(&str, Date); 3] = [
    ("2024-Q1", Date::constant(2024, 5, 1)),
    ("2024-Q2", Date::constant(2024, 7, 31)),
    ("2024-Q3", Date::constant(2024, 10, 31)),
];
/// The last quarter; the year's tables go with it.
const QUARTER: &str = "2024-Q4";
/// The year.
const YEAR: &str = "2024";
/// The last day on which records of the year count.
const CLOSING_DAY: Date = Date::constant(2025, 1, 30);
/// The day after it.
const RELEASE_DAY: Date = Date::constant(2025, 1, 31);

/// Longest wait for a node to hear from the other.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause before a node is asked once more.
const PAUSE: Duration = Duration::from_millis(50);
/// Rows of a page.
const PAGE_ROWS: i32 = 500;

/// Codes of the size classes, and what the file calls them.
const SIZES: [(&str, &str); 6] = [
    ("MIC", "Micro"),
    ("PET", "Small"),
    ("MOY", "Medium"),
    ("GRA", "(large: nobody)"),
    ("NC", "(not classified: nobody)"),
    ("_T", ""),
];

fn sample() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("ESSAIM_SAMPLES") else {
        eprintln!("skipped: ESSAIM_SAMPLES is not set");
        return None;
    };
    Some(Path::new(&folder).join("enterprises/kenya_msme_5016.csv"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_survey_goes_from_one_nodes_file_to_another_nodes_answer() {
    let Some(file) = sample() else { return };
    let bytes = std::fs::read(&file).expect("the sample");
    let counted = enterprises(&bytes);
    check_frozen(&counted);
    // The last day that counts for the first quarter: the day before its release.
    let nodes = Nodes::start(EARLIER[0].1.yesterday().unwrap()).await;

    import_twice(&nodes, &file, &bytes).await;
    release_earlier(&nodes).await;
    let still_counted = withdraw(&nodes, &counted).await;
    // Who withdrew their consent has not given it again by standing in an old file.
    import_again(&nodes, &bytes).await;
    pass_the_gate(&nodes).await;
    wait_for_news(&nodes).await;
    compare_year(&nodes, &cells(&still_counted)).await;
    compare_quarters(&nodes, &cells(&counted), &cells(&still_counted)).await;

    let folder = nodes.stop().await;
    check_journal(&folder.path().join(HUB), counted.len());
    for member in [HUB, COORDINATOR] {
        done("log verify", &[("", &folder.path().join(member))]);
    }
}

/// Counties by code, written plainly; nobody stands in the region that is not stated, and the
/// empty text is all of them.
fn regions() -> BTreeMap<String, String> {
    let rows = REGIONS.lines().filter_map(|line| line.strip_prefix("XK-"));
    let mut regions: BTreeMap<String, String> = rows
        .map(|row| {
            let mut cells = row.split(',');
            let (number, county) = (cells.next().unwrap(), cells.nth(1).unwrap());
            (format!("XK-{number}"), plain(county))
        })
        .collect();
    regions.insert("_U".into(), "(not stated: nobody)".into());
    regions.insert("_T".into(), String::new());
    regions
}

/// The code and reason of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T, Status>) -> (Code, String) {
    let status = result.expect_err("a refusal");
    (status.code(), reason(&status).expect("a reason"))
}

/// The entry of the year's release.
fn entry() -> String {
    format!("{HUB}/1/{}", EARLIER.len())
}
