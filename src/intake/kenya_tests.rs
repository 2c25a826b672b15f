//! A real survey file, as it was typed in. It is not part of the project: `ESSAIM_SAMPLES` names
//! the folder with `enterprises/kenya_msme_5016.csv`; without it these tests say so and pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use jiff::civil::Date;

use crate::{
    base::clock::ManualClock,
    codes::embedded::Codes,
    intake::{
        import::{Importer, Progress},
        mapping::Mapping,
        quarantine,
        report::Report,
    },
    records::{repository::Repository, source::RecordSource},
    store::{SharedStore, memory::MemoryStore},
};

const MAPPING: &str = include_str!("../../tests/fixtures/kenya.mapping.toml");

fn sample() -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("ESSAIM_SAMPLES") else {
        eprintln!("skipped: ESSAIM_SAMPLES is not set");
        return None;
    };
    let path = Path::new(&folder).join("enterprises/kenya_msme_5016.csv");
    Some(std::fs::read(path).expect("the sample"))
}

/// A region of the test country per code of the mapping, named by its first spelling.
fn regions(mapping: &Mapping) -> String {
    let mut labels: BTreeMap<&str, &str> = BTreeMap::new();
    for (spelling, code) in &mapping.fields["region"].codes {
        labels.entry(code).or_insert(spelling);
    }
    let row = |(code, label): (&&str, &&str)| format!("{code},XK,{label},{label},{label},,,\n");
    let rows: String = labels.iter().map(row).collect();
    format!("code,country,fr,en,pt,valid_from,valid_to,predecessors\n{rows}")
}

#[test]
fn every_row_of_a_real_survey_is_imported_or_quarantined_with_a_reason() {
    let Some(file) = sample() else { return };
    let mapping = Mapping::from_toml(MAPPING).expect("a sound mapping");
    let codes = Arc::new(Codes::embedded().with_regions(&regions(&mapping)).expect("regions"));
    let store: SharedStore = Arc::new(MemoryStore::default());
    let clock = Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)));
    let repository = Repository::new(store.clone(), clock, codes.clone(), mapping.area);
    let importer = Importer::new(&repository, &store, &codes, &mapping, "test").expect("sound");
    let run = |dry: bool| -> Report {
        importer.run(&file[..], dry, &mut |_: Progress| {}).expect("a readable file")
    };
    let dry = run(true);
    let report = run(false);
    assert_eq!(Report { dry_run: true, ..report.clone() }, dry);
    assert_eq!((report.encoding, report.delimiter), ("Windows-1252", ';'));
    assert_eq!(report.columns_unused, ["Training"]);
    assert_eq!(report.rows, 5016);
    assert_eq!(report.rows, report.created + report.unchanged + report.quarantined_count);
    // 4,497 distinct numbers, two of whose first rows have half a franc. Of the 519 further rows
    // one says the same as the first with its number.
    assert_eq!((report.created, report.unchanged, report.quarantined_count), (4495, 1, 520));
    let kept = quarantine::list(store.as_ref(), 1000, None).expect("quarantine");
    assert_eq!(kept.len() as u64, report.quarantined_count);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &kept {
        *reasons.entry(&row.entry.faults[0].key).or_default() += 1;
    }
    let expected = [("intake-contradicts", 518), ("intake-not-whole", 2)];
    assert_eq!(reasons, BTreeMap::from(expected));
    let mut counties = BTreeSet::new();
    repository
        .for_each_enterprise(&mut |one| {
            counties.insert(one.region);
        })
        .expect("records");
    assert_eq!(counties.len(), 27);
    let again = run(false);
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 4496));
    assert_eq!(again.quarantined_count, report.quarantined_count);
}
