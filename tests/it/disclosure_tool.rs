//! `essaim disclosure` over real tables, where ESSAIM_SAMPLES names their folder: what it writes is
//! consistent, the same twice, and the audit agrees with it; and is not content with less.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use crate::process::essaim;

/// One of the tables.
struct Sample {
    file: &'static str,
    keys: usize,
    /// The options, with the folder of samples in place of `{}`.
    options: &'static str,
    /// The column of its values.
    value: &'static str,
    primary: usize,
    /// Primary cells by the rule, from the texts.
    is_primary: fn(&BTreeMap<String, f64>) -> bool,
}

const ACTIVITY_SIZE: Sample = Sample {
    file: "turnover_act_size.csv",
    keys: 2,
    options: "--keys ACTIVITY,SIZE --count N_OBS --value TOT --largest MAX --hierarchy \
              ACTIVITY={}/hierarchy_activity.csv --min-contributors 3 --dominance 1:85",
    value: "TOT",
    primary: 77,
    is_primary: few_or_dominated,
};

const NUTS_SIZE: Sample = Sample {
    file: "turnover_nuts_size.csv",
    keys: 2,
    options: "--keys NUTS,SIZE --count N_OBS --value TOT --largest MAX --hierarchy \
              NUTS={}/hierarchy_nuts.csv --min-contributors 3 --dominance 1:85",
    value: "TOT",
    primary: 72,
    is_primary: few_or_dominated,
};

const Z1: Sample = Sample {
    file: "z1.csv",
    keys: 2,
    options: "--keys region,hovedint --count ant --min-contributors 4",
    value: "ant",
    primary: 3,
    is_primary: |row| row["ant"] > 0.0 && row["ant"] < 4.0,
};

fn few_or_dominated(row: &BTreeMap<String, f64>) -> bool {
    row["N_OBS"] > 0.0 && (row["N_OBS"] < 3.0 || row["MAX"] > 0.85 * row["TOT"])
}

/// The folder of tables, or a word on why the test is skipped.
fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("ESSAIM_SAMPLES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ESSAIM_SAMPLES does not name the folder of samples");
    }
    folder.map(|folder| folder.join("disclosure"))
}

/// The rows of a file, by the names of its columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(String::from));
    let heading: Vec<String> = lines.next().unwrap().collect();
    lines.map(|cells| heading.iter().cloned().zip(cells).collect()).collect()
}

fn numbers(row: &BTreeMap<String, String>) -> BTreeMap<String, f64> {
    row.iter().filter_map(|(column, text)| Some((column.clone(), text.parse().ok()?))).collect()
}

struct Tool {
    samples: PathBuf,
    folder: tempfile::TempDir,
}

impl Tool {
    fn run(&self, command: &str, sample: &Sample, more: &[&str]) -> std::process::Output {
        let folder = self.samples.display().to_string();
        let table = self.samples.join(sample.file).display().to_string();
        let options = sample.options.replace("{}", &folder);
        let mut arguments = vec!["disclosure", command, &table];
        arguments.extend(options.split_whitespace());
        arguments.extend(["--format", "json"]);
        arguments.extend(more);
        essaim(arguments)
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Protects; the pattern and the report.
    fn protect(&self, sample: &Sample, name: &str) -> (String, Value) {
        let out = self.file(name);
        let output = self.run("protect", sample, &["--out", &out]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {told}", sample.file);
        (fs::read_to_string(out).unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Audits; the exit code and the report.
    fn audit(&self, sample: &Sample, pattern: &str) -> (i32, Value) {
        let file = self.file("audited.csv");
        fs::write(&file, pattern).unwrap();
        let output = self.run("audit", sample, &["--pattern", &file]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_slice(&output.stdout);
        (output.status.code().unwrap(), report.unwrap_or_else(|_| panic!("{told}")))
    }
}

/// Looks at every row of a pattern beside that of the table.
fn check_rows(sample: &Sample, table: &str, pattern: &str) {
    let (table, pattern) = (rows(table), rows(pattern));
    let mut primary = 0;
    for (place, (row, marked)) in table.iter().zip(&pattern).enumerate() {
        let keys = pattern[0].keys().filter(|column| row.contains_key(*column));
        assert_eq!(keys.clone().count(), sample.keys);
        keys.for_each(|key| assert_eq!(row[key], marked[key], "row {place}"));
        let (row, is_hidden) = (numbers(row), marked["status"] == "suppressed");
        let is_primary = (sample.is_primary)(&row);
        primary += usize::from(is_primary);
        assert!(is_hidden || !is_primary, "row {place} is primary");
        let (value, bounds) = (row[sample.value], numbers(marked));
        if is_hidden {
            assert!(bounds["lower"] <= value + 0.02, "row {place}");
            assert!(bounds.get("upper").is_none_or(|upper| *upper >= value - 0.02), "row {place}");
            let is_point = bounds.get("upper") == Some(&bounds["lower"]);
            assert!(!is_primary || !is_point, "row {place} can be told exactly");
        } else {
            assert_eq!(marked["status"], "published");
            assert_eq!(marked["lower"], marked["upper"], "row {place}");
            assert!((bounds["lower"] - value).abs() < 1.0, "row {place}");
        }
    }
    assert!(pattern.len() >= table.len());
    assert_eq!(primary, sample.primary);
}

/// Protects a table, and audits the pattern whole and with one cell less.
fn check(sample: &Sample) {
    let Some(samples) = samples() else { return };
    let tool = Tool { samples, folder: tempfile::tempdir().unwrap() };
    let (pattern, report) = tool.protect(sample, "pattern.csv");
    let table = fs::read_to_string(tool.samples.join(sample.file)).unwrap();
    check_rows(sample, &table, &pattern);
    let hidden = pattern.matches(",suppressed,").count();
    let of_report = |field: &str| report[field].as_u64().unwrap() as usize;
    assert_eq!(of_report("sensitive") + of_report("secondary"), hidden);
    assert_eq!(of_report("sensitive"), sample.primary);

    let (code, audited) = tool.audit(sample, &pattern);
    assert_eq!((code, &audited), (0, &report), "what the protector says is what the audit finds");

    let bare: String = pattern
        .lines()
        .enumerate()
        .map(|(place, line)| match (place, rows(&table).get(place.wrapping_sub(1))) {
            (1.., Some(row)) if !(sample.is_primary)(&numbers(row)) => {
                line.replace(",suppressed,", ",published,") + "\n"
            }
            (1.., None) => line.replace(",suppressed,", ",published,") + "\n",
            _ => line.to_owned() + "\n",
        })
        .collect();
    let (code, audited) = tool.audit(sample, &bare);
    assert_eq!(code, 1, "the primary cells alone do not suffice");
    for attacker in audited["attackers"].as_array().unwrap() {
        assert!(!attacker["open"].as_array().unwrap().is_empty(), "{attacker}");
    }
}

#[test]
fn turnover_by_activity_and_size_is_protected_and_the_audit_agrees() {
    check(&ACTIVITY_SIZE);
}

#[test]
fn turnover_by_region_and_size_is_protected_and_the_audit_agrees() {
    check(&NUTS_SIZE);
}

#[test]
fn a_frequency_table_hides_as_many_cells_as_are_published_for_it_and_twice_the_same() {
    let Some(samples) = samples() else { return };
    check(&Z1);
    let tool = Tool { samples, folder: tempfile::tempdir().unwrap() };
    let (first, report) = tool.protect(&Z1, "first.csv");
    let (second, _) = tool.protect(&Z1, "second.csv");
    assert_eq!(first, second);
    assert_eq!(first.matches(",suppressed,").count(), 6);
    assert_eq!((report["sensitive"].as_u64(), report["secondary"].as_u64()), (Some(3), Some(3)));
}
