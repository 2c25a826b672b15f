//! Imports from end to end, on stores in memory.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use crate::{
    base::{clock::ManualClock, language::Language},
    codes::{embedded::Codes, messages},
    intake::{
        error::IntakeError,
        import::{Importer, Progress},
        mapping::Mapping,
        quarantine::{self, QuarantinedRow},
        report::Report,
    },
    records::{
        repository::{Page, Repository},
        source::RecordSource,
        types::{Answer, Enterprise, SizeRule},
    },
    store::{Batch, SharedStore, memory::MemoryStore},
};

mod cells;
mod files;
mod mappings;
mod shipped;

const ENTERPRISES: &str = include_str!("../../tests/fixtures/mali_enterprises.mapping.toml");
const VISITS: &str = include_str!("../../tests/fixtures/mali_visits.mapping.toml");
const REQUESTS: &str = include_str!("../../tests/fixtures/mali_requests.mapping.toml");

const ENTERPRISES_HEADING: &str = "N°;Raison sociale;Responsable;Téléphone;Sexe;Région;Filière;\
     CITI;Effectif;Chiffre d'affaires;RCCM;Date d'inscription;Accord statistiques\n";

struct Hub {
    store: SharedStore,
    codes: Arc<Codes>,
    repository: Repository,
}

impl Hub {
    fn new() -> Self {
        Self::with(Codes::embedded())
    }

    fn with(codes: Codes) -> Self {
        let store: SharedStore = Arc::new(MemoryStore::default());
        let codes = Arc::new(codes);
        let clock = Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)));
        let area = "ML".parse().unwrap();
        let repository = Repository::new(store.clone(), clock, codes.clone(), area);
        Self { store, codes, repository }
    }

    fn try_run(&self, mapping: &str, file: &[u8], dry: bool) -> Result<Report, IntakeError> {
        let mapping = Mapping::from_toml(mapping).expect("a sound mapping");
        let actor = "essaim://ML/steward/test";
        let importer = Importer::new(&self.repository, &self.store, &self.codes, &mapping, actor)?;
        importer.run(file, dry, &mut |_: Progress| {})
    }

    /// Imports, and checks that no row vanished.
    fn import(&self, mapping: &str, file: &[u8]) -> Report {
        let report = self.try_run(mapping, file, false).expect("a readable file");
        adds_up(&report);
        report
    }

    fn enterprises(&self) -> Vec<Enterprise> {
        let mut found = Vec::new();
        self.repository.for_each_enterprise(&mut |one| found.push(one)).unwrap();
        found
    }

    fn answers(&self) -> Vec<Answer> {
        let mut found = Vec::new();
        self.repository.for_each_answer(&mut |one| found.push(one)).unwrap();
        found
    }

    fn quarantine(&self) -> Vec<QuarantinedRow> {
        quarantine::list(self.store.as_ref(), 1000, None).unwrap()
    }
}

fn adds_up(report: &Report) {
    let settled = report.created + report.updated + report.unchanged + report.quarantined_count;
    assert_eq!(report.rows, settled, "{report:?}");
}

/// The counts of a report: created, updated, unchanged, quarantined.
fn counts(report: &Report) -> [u64; 4] {
    [report.created, report.updated, report.unchanged, report.quarantined_count]
}

/// The reasons of the first quarantined row.
fn reasons(report: &Report) -> Vec<(&str, &str)> {
    let faults = report.quarantined[0].faults.iter();
    faults.map(|fault| (fault.column.as_str(), fault.key.as_str())).collect()
}

fn enterprises(rows: &str) -> Vec<u8> {
    format!("{ENTERPRISES_HEADING}{rows}").into_bytes()
}

const GOOD: &str = "1;Unité Bè;Awa T.;76 00 00 00 / 66 00 00 00;F;Sikasso;Karité;1040 huiles;4;\
     12 500 000 FCFA;Oui;05/06/2026;Oui\n";

#[test]
fn a_row_as_spreadsheets_write_it_becomes_a_record() {
    let hub = Hub::new();
    let report = hub.import(ENTERPRISES, &enterprises(GOOD));
    assert_eq!(counts(&report), [1, 0, 0, 0], "{:?}", report.quarantined);
    assert_eq!((report.encoding, report.delimiter), ("UTF-8", ';'));
    let found = hub.enterprises().remove(0);
    assert_eq!((&*found.region, &*found.filiere, &*found.citi_group), ("ML-3", "CUEIL", "104"));
    assert_eq!((&*found.size, found.size_rule), ("MIC", SizeRule::Headcount));
    assert_eq!(found.turnover.unwrap().0, 12_500_000);
    assert_eq!(found.registered_on, Date::constant(2026, 6, 5));
    assert_eq!((&*found.sex, &*found.status), ("F", "FORMAL"));
    let whole = hub.repository.get_enterprise(found.id).unwrap().record;
    assert_eq!(whole.identity.telephones, ["76 00 00 00", "66 00 00 00"]);
    assert_eq!(whole.identity.name, "Unité Bè");
    let mut consents = 0;
    hub.repository.for_each_consent(&mut |_| consents += 1).unwrap();
    assert_eq!(consents, 1);
}

#[test]
fn an_enterprise_in_two_groups_goes_into_quarantine_and_is_not_lost() {
    let hub = Hub::new();
    let mapping = format!("{ENTERPRISES}\n[fields.holding]\ncolumn = \"Groupe\"\n");
    let file = |groups: [&str; 3]| {
        let mut text = format!("{};Groupe\n", ENTERPRISES_HEADING.trim_end());
        for (number, group) in groups.iter().enumerate() {
            let row = GOOD.trim_end().replacen('1', &(number + 1).to_string(), 1);
            text += &format!("{row};{group}\n");
        }
        text.into_bytes()
    };
    let report = hub.import(&mapping, &file(["G1", "\"G1;G2\"", ""]));
    assert_eq!(counts(&report), [2, 0, 0, 1], "{:?}", report.quarantined);
    assert_eq!(report.quarantined[0].line, 3);
    assert_eq!(reasons(&report), [("Groupe", "intake-refused-no-holding")]);
    assert_eq!(hub.quarantine().len(), 1);
    let groups = || -> Vec<_> {
        let mut groups: Vec<_> = hub.enterprises().into_iter().map(|one| one.holding).collect();
        groups.sort();
        groups
    };
    assert_eq!(groups(), [None, Some("G1".into())]);
    // Once it is corrected, the row is taken.
    let report = hub.import(&mapping, &file(["G1", "G2", ""]));
    assert_eq!(counts(&report), [1, 0, 2, 0], "{:?}", report.quarantined);
    assert_eq!(groups(), [None, Some("G1".into()), Some("G2".into())]);
}

#[test]
fn the_same_file_twice_changes_nothing_and_another_row_changes_its_record() {
    let hub = Hub::new();
    let mut rows = GOOD.to_owned();
    rows += "2;X;;;H;Bko;Lait;;;;;2026-01-02;Non\n3;Y;;;?;Mars;Lait;;;;;02/01/2026;\n";
    assert_eq!(counts(&hub.import(ENTERPRISES, &enterprises(&rows))), [2, 0, 0, 1]);
    let before: Vec<_> = hub.store.scan_prefix(b"").map(Result::unwrap).collect();
    assert_eq!(counts(&hub.import(ENTERPRISES, &enterprises(&rows))), [0, 0, 2, 1]);
    let after: Vec<_> = hub.store.scan_prefix(b"").map(Result::unwrap).collect();
    assert!(before == after, "nothing was written");
    // The same in Windows-1252 and with other columns in another order is the same too.
    let changed = rows.replace(";4;", ";12;");
    assert_eq!(counts(&hub.import(ENTERPRISES, &enterprises(&changed))), [0, 1, 1, 1]);
    assert_eq!(hub.enterprises().iter().filter(|one| one.size == "PET").count(), 1);
}

#[test]
fn a_bad_row_waits_with_reasons_and_remedies_until_it_passes() {
    let hub = Hub::new();
    let bad = GOOD.replace("Sikasso", "Atlantis").replace("05/06/2026", "31/02/2026");
    let report = hub.import(ENTERPRISES, &enterprises(&bad));
    assert_eq!(counts(&report), [0, 0, 0, 1]);
    let expected =
        [("Région", "intake-unknown-spelling"), ("Date d'inscription", "intake-no-such-day")];
    assert_eq!(reasons(&report), expected);
    let kept = hub.quarantine();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].entry.line, kept[0].id.source()), (2, "hub-ml-enterprises"));
    assert!(kept[0].entry.text.contains("Atlantis"));
    assert_eq!(kept[0].id.to_string().parse(), Ok(kept[0].id.clone()));
    for language in Language::ALL {
        let fault = &kept[0].entry.faults[0];
        assert!(fault.reason(language).contains("Atlantis"), "{}", fault.reason(language));
        assert!(!fault.remedy(language).starts_with("intake-"));
    }
    assert!(report.render(Language::Fr).contains("Ligne 2, colonne Région : « Atlantis »"));
    assert_eq!(counts(&hub.import(ENTERPRISES, &enterprises(GOOD))), [1, 0, 0, 0]);
    assert!(hub.quarantine().is_empty());
}

#[test]
fn a_quarantined_row_can_be_discarded() {
    let hub = Hub::new();
    hub.import(ENTERPRISES, &enterprises(";Total;;;;;;;;;;;\n9;x;;;;Kita;Lait;;;;;hier;\n"));
    let rows = hub.quarantine();
    assert_eq!(rows.len(), 2);
    let page = quarantine::list(hub.store.as_ref(), 1, Some(&rows[0].id)).unwrap();
    assert_eq!(page, rows[1..]);
    let discard = |ids: &[&QuarantinedRow]| {
        let ids = ids.iter().map(|row| row.id.clone()).collect();
        quarantine::discard(hub.store.as_ref(), &ids).unwrap()
    };
    assert_eq!((discard(&[&rows[0]]), discard(&[&rows[0]])), (1, 0));
    assert_eq!(hub.quarantine(), rows[1..]);
    // One that cannot be read is listed too, or nobody could tell which to discard.
    for (key, _) in hub.store.scan_prefix(b"iq").map(Result::unwrap).collect::<Vec<_>>() {
        let mut batch = Batch::default();
        batch.put(key, b"?");
        hub.store.commit(&batch).unwrap();
    }
    let damaged = hub.quarantine().remove(0);
    assert_eq!(damaged.id, rows[1].id);
    assert_eq!(damaged.entry.faults[0].key, "intake-row-damaged");
    assert_eq!(discard(&[&damaged, &rows[0]]), 1, "of several, those that are there");
    assert!(hub.quarantine().is_empty());
}

#[test]
fn a_dry_run_writes_nothing_and_tells_what_would_be() {
    let hub = Hub::new();
    let rows = format!("{GOOD}7;;;;;;;;;;;;\n");
    let report = hub.try_run(ENTERPRISES, &enterprises(&rows), true).unwrap();
    assert_eq!((report.dry_run, counts(&report)), (true, [1, 0, 0, 1]));
    assert_eq!(hub.store.scan_prefix(b"").count(), 0);
    hub.import(ENTERPRISES, &enterprises(&rows));
    let report = hub.try_run(ENTERPRISES, &enterprises(&rows), true).unwrap();
    assert_eq!(counts(&report), [0, 0, 1, 1]);
}

#[test]
fn a_key_that_comes_again_is_a_repetition_or_a_contradiction() {
    let hub = Hub::new();
    let other = GOOD.replace(";4;", ";5;");
    let rows = format!("{GOOD}{GOOD}{other}");
    for expected in [[1, 0, 1, 1], [0, 0, 2, 1]] {
        let report = hub.import(ENTERPRISES, &enterprises(&rows));
        assert_eq!(counts(&report), expected);
        let fault = &report.quarantined[0].faults[0];
        assert_eq!((&*fault.key, report.quarantined[0].line), ("intake-contradicts", 4));
        assert!(fault.reason(Language::En).contains("Line 2"));
        assert_eq!(hub.quarantine().len(), 1);
    }
    // A repetition of a row that the repository refuses is refused too.
    let future = GOOD.replace("1;Unité", "8;Unité").replace("2026;Oui", "2030;Oui");
    let report = hub.import(ENTERPRISES, &enterprises(&format!("{future}{future}")));
    assert_eq!(counts(&report), [0, 0, 0, 2]);
    assert_eq!(reasons(&report), [("Date d'inscription", "intake-refused-in-future")]);
    assert_eq!(report.quarantined[1].faults[0].key, "intake-repeats-refused");
}

#[test]
fn repetitions_are_told_from_rows_of_earlier_batches() {
    let hub = Hub::new();
    let row = |key: usize| GOOD.replacen('1', &key.to_string(), 1);
    let refused = row(8).replace("2026;Oui", "2030;Oui");
    let many = |keys: std::ops::Range<usize>| keys.map(row).collect::<String>();
    // The batch of the first rows is still being committed while those of the second are read.
    let (first, second) = (many(1_000..2_000), many(2_000..3_000));
    let other = row(1_500).replace(";4;", ";5;");
    let again = row(1_500);
    let rows = [&refused, &first, &refused, &again, &second, &other, &refused];
    let rows: String = rows.into_iter().map(String::as_str).collect();
    let report = hub.import(ENTERPRISES, &enterprises(&rows));
    assert_eq!(counts(&report), [2_000, 0, 1, 4], "{:?}", report.quarantined);
    let found = report.quarantined.iter().map(|entry| (entry.line, &*entry.faults[0].key));
    let expected = [
        (2, "intake-refused-in-future"),
        (1_003, "intake-repeats-refused"),
        (2_005, "intake-contradicts"),
        (2_006, "intake-repeats-refused"),
    ];
    assert_eq!(found.collect::<BTreeSet<_>>(), BTreeSet::from(expected));
}

#[test]
fn a_quarantined_row_fits_the_store_however_long_its_cells_and_headings() {
    let hub = Hub::new();
    let long = "é".repeat(1_000);
    let column = |name: &str| format!("{name}{long}");
    let mut mapping = ENTERPRISES.to_owned();
    let mut heading = ENTERPRISES_HEADING.to_owned();
    for name in ["Sexe", "Région", "Filière", "Effectif", "RCCM"] {
        mapping = mapping.replace(&format!("\"{name}\""), &format!("\"{}\"", column(name)));
        heading = heading.replace(name, &column(name));
    }
    let cell = "\u{1b}€".repeat(2_000);
    let row = format!("1;x;;;{cell};{cell};{cell};;{cell};;{cell};01/02/2026;\n");
    let report = hub.import(&mapping, format!("{heading}{row}").as_bytes());
    assert_eq!(counts(&report), [0, 0, 0, 1]);
    assert!(!hub.quarantine()[0].entry.text.contains('\u{1b}'), "no terminal obeys it");
}

#[test]
fn visits_and_requests_name_their_enterprise() {
    let hub = Hub::new();
    let visits = "N° visite;N° entreprise;Date;Motif;Référent\n\
                  V1;1;7-1-26;Essai;Mme D.\nV2;99;8-1-26;néant;\n";
    let early = hub.import(VISITS, visits.as_bytes());
    assert_eq!(counts(&early), [0, 0, 0, 2]);
    assert_eq!(reasons(&early), [("N° entreprise", "intake-unknown-enterprise")]);
    hub.import(ENTERPRISES, &enterprises(GOOD));
    assert_eq!(counts(&hub.import(VISITS, visits.as_bytes())), [1, 0, 0, 1]);
    assert_eq!(hub.quarantine().len(), 1);
    let requests = "N° demande;N° entreprise;Reçue le;Canal;Thème;Question;Répondue le;\
        Type de réponse;Appui à distance;Note;Suivi le;Adoptée;Financement\n\
        D1;1;10/01/2026;WhatsApp;Équipements;Séchoir ?;20/01/2026;Fournisseur;SATD;4;\
        30/06/2026;oui;1 500 000 F\n\
        D2;1;11/01/2026;Tél.;Autre chose;RAS;;;;;;;\n\
        D3;1;11/01/2026;Tél.;;;;;;5;;;\n\
        D4;1;11/01/2026;Tél.;;;12/01/2026;;;9;;;\n\
        D5;1;11/01/2026;Tél.;;;12/01/2025;;;;;;\n\
        D6;1;11/01/2026;Tél.;;;12/01/2026;;;0;;;\n";
    let report = hub.import(REQUESTS, requests.as_bytes());
    assert_eq!(counts(&report), [2, 0, 0, 4], "{:?}", report.quarantined);
    let keys: Vec<_> = report.quarantined.iter().map(|entry| &*entry.faults[0].key).collect();
    let range = "intake-refused-out-of-range";
    assert_eq!(keys, ["intake-answer-undated", range, "intake-refused-before", range]);
    // Seen in the cell, not only by the records.
    let told = [("least", "1"), ("most", "5"), ("cell", "0")];
    let told = told.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(report.quarantined[3].faults[0].arguments, told);
    let answer = hub.answers().remove(0);
    assert_eq!((&*answer.kind, answer.satisfaction), ("SUPPLIER", Some(4)));
    assert_eq!(answer.remote_expertise.as_deref(), Some("SATD"));
    let found = answer.follow_up.unwrap();
    assert_eq!((found.adopted, found.funding.unwrap().0), (true, 1_500_000));
}

#[test]
fn a_refused_row_that_comes_again_does_not_hide_the_reason() {
    let hub = Hub::new();
    let future = GOOD.replace("1;Unité", "8;Unité").replace("2026;Oui", "2030;Oui");
    let report = hub.import(ENTERPRISES, &enterprises(&format!("{future}{future}{future}")));
    assert_eq!(counts(&report), [0, 0, 0, 3]);
    let kept = hub.quarantine();
    assert_eq!(kept.len(), 1, "rows with the same text are one");
    let entry = &kept[0].entry;
    assert_eq!((entry.line, &*entry.faults[0].key), (2, "intake-refused-in-future"));
    assert_eq!(entry.repetitions, 2);
    hub.import(ENTERPRISES, &enterprises(&future));
    assert_eq!(hub.quarantine()[0].entry.repetitions, 0, "as the file was last imported");
}
