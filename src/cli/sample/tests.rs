use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{ToSpan, civil::Date};

use crate::{
    base::{clock::ManualClock, language::Language, period::Period},
    cli::{
        args::local::{DEMO_FIRST_DAY, DEMO_LAST_DAY},
        demo,
        sample::{
            FileKind, MEMBERS, SampleHub,
            country::{self, RENAMED_ON, Region},
            hub, notes,
        },
    },
    codes::embedded::Codes,
    intake::{import::Importer, mapping::Mapping},
    records::repository::Repository,
    store::{SharedStore, memory::MemoryStore},
};

const LAST_YEAR: i16 = 2026;

fn rows(hub: &SampleHub, kind: FileKind) -> Vec<(usize, Vec<String>)> {
    let mut rows = Vec::new();
    for (quarter, files) in hub.quarters.iter().enumerate() {
        let file = files.files.iter().find(|file| file.kind == kind).unwrap();
        let (text, _, _) = if std::str::from_utf8(&file.bytes).is_ok() {
            encoding_rs::UTF_8.decode(&file.bytes)
        } else {
            encoding_rs::WINDOWS_1252.decode(&file.bytes)
        };
        let delimiter = if text.lines().next().unwrap().contains(';') { b';' } else { b',' };
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let read: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(read.len() as u64, file.rows);
        rows.extend(read.into_iter().map(|row| (quarter, row.iter().map(str::to_owned).collect())));
    }
    rows
}

fn distinct(rows: &[(usize, Vec<String>)]) -> usize {
    let keys = rows.iter().map(|(_, row)| row[0].as_str());
    keys.filter(|key| !key.starts_with("ERR")).collect::<BTreeSet<_>>().len()
}

#[test]
fn the_same_seed_gives_the_same_files_and_another_seed_others() {
    assert_eq!(hub(7, "ML", LAST_YEAR), hub(7, "ML", LAST_YEAR));
    assert_ne!(hub(7, "ML", LAST_YEAR), hub(8, "ML", LAST_YEAR));
    assert_eq!(hub(7, "FR", LAST_YEAR), None);
}

#[test]
fn each_hub_is_as_busy_as_the_pilot_or_less() {
    for member in MEMBERS {
        let hub = hub(1, member, LAST_YEAR).unwrap();
        let [enterprises, visits, requests] = FileKind::ALL.map(|kind| distinct(&rows(&hub, kind)));
        if member == "ML" {
            assert!(visits >= 240 && requests >= 300, "{visits} visits, {requests} requests");
        } else {
            let usual = 60..=250;
            assert!(usual.contains(&visits) && usual.contains(&requests), "{member}");
        }
        assert!((40..=120).contains(&enterprises), "{member}: {enterprises} enterprises");
        assert!(hub.quarters.iter().flat_map(|quarter| &quarter.files).any(|f| f.bad_rows > 0));
    }
}

#[test]
fn most_cells_of_a_year_rest_on_three_enterprises() {
    let (mut cells, mut large) = (0, 0);
    for member in MEMBERS {
        let hub = hub(1, member, LAST_YEAR).unwrap();
        let filieres: BTreeMap<_, _> = rows(&hub, FileKind::Enterprises)
            .into_iter()
            .map(|(_, row)| (row[0].clone(), row[9].clone()))
            .collect();
        let mut contributors: BTreeMap<(String, bool), BTreeSet<String>> = BTreeMap::new();
        for (quarter, row) in rows(&hub, FileKind::Requests) {
            if let Some(filiere) = filieres.get(&row[1]) {
                let cell = contributors.entry((filiere.clone(), quarter < 4)).or_default();
                cell.insert(row[1].clone());
            }
        }
        cells += contributors.len();
        large += contributors.values().filter(|enterprises| enterprises.len() >= 3).count();
    }
    assert!(large < cells, "nothing is rare");
    assert!(large * 100 >= cells * 80, "{large} of {cells} cells");
}

#[test]
fn ten_notes_have_what_a_note_needs() {
    let notes = notes();
    assert_eq!(notes.len(), 10);
    for note in notes {
        assert!(!note.title.is_empty() && !note.summary.is_empty() && note.text.len() > 300);
        assert!(note.filieres.iter().all(|code| code.len() >= 4), "{:?}", note.filieres);
        assert!(note.keywords.len() >= 3);
    }
}

#[test]
fn every_mapping_is_one_and_names_codes_that_exist() {
    let codes = Codes::embedded();
    for member in MEMBERS {
        for text in hub(1, member, LAST_YEAR).unwrap().mappings {
            let mapping = Mapping::from_toml(&text).unwrap_or_else(|faults| {
                panic!("{faults:?} in\n{text}");
            });
            assert_eq!(mapping.faults(&codes), [], "{text}");
        }
    }
}

/// Whether every region the hubs name is in force, under the code it then has, throughout the two
/// years of a demo that plays on `as_of`.
fn regions_cover(codes: &Codes, as_of: Date) -> bool {
    let last = demo::last_year(as_of).unwrap();
    let first = Period::annual(last.year() - 1).unwrap().first_day();
    let turns = [RENAMED_ON.yesterday().unwrap(), RENAMED_ON];
    let turns = turns.into_iter().filter(|day| (first..=last.last_day()).contains(day));
    let days: Vec<Date> = [first, last.last_day()].into_iter().chain(turns).collect();
    let list = codes.list("region").unwrap();
    let in_force = |region: &Region, day: Date| {
        let before = region.before.as_ref().filter(|_| day < RENAMED_ON);
        list.get(before.unwrap_or(&region.code)).is_some_and(|code| code.valid_on(day))
    };
    let hubs = country::all();
    let mut regions = hubs.iter().flat_map(|hub| &hub.regions);
    regions.all(|region| days.iter().all(|day| in_force(region, *day)))
}

#[test]
fn the_demo_plays_from_the_first_day_that_its_regions_cover_to_the_last() {
    let codes = Codes::embedded();
    for as_of in [DEMO_FIRST_DAY, Date::constant(2027, 1, 31), DEMO_LAST_DAY] {
        assert!(regions_cover(&codes, as_of), "{as_of}");
    }
    let sooner = DEMO_FIRST_DAY.saturating_sub(1.day());
    assert!(!regions_cover(&codes, sooner), "the bound is later than it need be");
}

#[test]
fn the_importer_takes_every_row_but_those_made_to_be_refused() {
    for member in MEMBERS {
        let hub = hub(1, member, LAST_YEAR).unwrap();
        let clock = Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)));
        let codes = Arc::new(Codes::embedded());
        let store: SharedStore = Arc::new(MemoryStore::default());
        let area = member.parse().unwrap();
        let repository = Repository::new(store.clone(), clock, codes.clone(), area);
        for quarter in &hub.quarters {
            for (file, mapping) in quarter.files.iter().zip(&hub.mappings) {
                let mapping = Mapping::from_toml(mapping).unwrap();
                let importer =
                    Importer::new(&repository, &store, &codes, &mapping, "tests").unwrap();
                let report = importer.run(&file.bytes[..], false, &mut |_| {}).unwrap();
                let told = report.render(Language::Fr);
                let counted = (report.rows, report.quarantined_count);
                assert_eq!(
                    counted,
                    (file.rows, file.bad_rows),
                    "{member} {}\n{told}",
                    quarter.period
                );
            }
        }
    }
}
