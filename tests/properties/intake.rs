//! Properties of `intake`: whatever the bytes, no panic, and no row vanishes.

use std::sync::Arc;

use essaim::{
    base::clock::ManualClock,
    codes::embedded::Codes,
    intake::{
        error::IntakeError,
        import::Importer,
        mapping::Mapping,
        quarantine::{self, QuarantineId},
        report::Report,
    },
    records::repository::Repository,
    store::{Batch, SharedStore, Store, memory::MemoryStore, prefix},
};
use jiff::civil::Date;
use proptest::{
    collection::vec,
    prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest},
};

const MAPPING: &str = r#"
version = 1
source = "s"
as = "enterprises"
area = "ML"
key = ["id"]
[fields.region]
column = "region"
[fields.filiere]
column = "filiere"
otherwise = "AUTRE"
[fields.registered_on]
column = "day"
[fields.headcount]
column = "persons"
optional = true
[fields.turnover]
column = "turnover"
optional = true
[fields.name]
column = "name"
optional = true
[[consent]]
purpose = "anonymized_indicators"
text_version = "1"
"#;

struct Hub {
    store: SharedStore,
    codes: Arc<Codes>,
    repository: Repository,
}

impl Hub {
    fn new() -> Self {
        let store: SharedStore = Arc::new(MemoryStore::default());
        let codes = Arc::new(Codes::embedded());
        let clock = Arc::new(ManualClock::at_noon(Date::constant(2027, 1, 31)));
        let area = "ML".parse().expect("a member");
        let repository = Repository::new(store.clone(), clock, codes.clone(), area);
        Self { store, codes, repository }
    }

    fn import(&self, file: &[u8]) -> Result<Report, IntakeError> {
        let mapping = Mapping::from_toml(MAPPING).expect("a sound mapping");
        Importer::new(&self.repository, &self.store, &self.codes, &mapping, "test")?.run(
            file,
            false,
            &mut |_| {},
        )
    }
}

/// Imports twice: counts add up, and the second time nothing changes.
fn check(file: &[u8]) -> Result<(), proptest::test_runner::TestCaseError> {
    let hub = Hub::new();
    let Ok(first) = hub.import(file) else { return Ok(()) };
    let settled = first.created + first.updated + first.unchanged + first.quarantined_count;
    prop_assert_eq!(first.rows, settled);
    prop_assert_eq!(first.updated, 0);
    let before: Vec<_> = hub.store.scan_prefix(b"").map(Result::unwrap).collect();
    let second = hub.import(file).expect("readable once, readable twice");
    prop_assert_eq!((second.created, second.updated), (0, 0));
    prop_assert_eq!(second.quarantined_count, first.quarantined_count);
    let after: Vec<_> = hub.store.scan_prefix(b"").map(Result::unwrap).collect();
    prop_assert!(before == after);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_imported_or_refused(bytes in vec(any::<u8>(), 0..2000)) {
        check(&bytes)?;
    }

    #[test]
    fn any_bytes_under_a_heading_are_imported_or_quarantined(
        bytes in vec(any::<u8>(), 0..2000),
    ) {
        check(&[b"id;region;filiere;day\n", bytes.as_slice()].concat())?;
    }

    #[test]
    fn rows_as_people_type_them_are_imported_or_quarantined(
        rows in vec(
            "[1-5]?;(Sikasso|ML-4|Bamako|Mopti |Dakar);(LAIT|Miel|\"x;y\"|\"|);\
             [0-3]?[0-9]/[01][0-9]/20[0-9]{2};([0-9]{1,3}( [0-9]{3})?(,[0-9])?)?;\
             ([0-9 ]{1,9} ?F(CFA)?|[0-9]\\.[0-9]{3}|1,5E\\+0[0-9]|RAS);(é|’|\"a\"\"b\"|\u{a0})?",
            0..30,
        ),
    ) {
        let head = "id;region;filiere;day;persons;turnover;name\n";
        check(format!("{head}{}", rows.join("\r\n")).as_bytes())?;
    }

    #[test]
    fn any_text_is_a_mapping_or_faulty(text in any::<String>(), cut in 0..MAPPING.len()) {
        let _ = Mapping::from_toml(&text);
        let _ = Mapping::from_toml(&MAPPING[..cut]);
        let _ = Mapping::from_toml(&format!("{}{text}", &MAPPING[..cut]));
    }

    #[test]
    fn any_stored_bytes_are_listed_or_refused(
        key in vec(any::<u8>(), 0..40),
        value in vec(any::<u8>(), 0..200),
    ) {
        let store = MemoryStore::default();
        let mut batch = Batch::default();
        batch.put([&[prefix::INTAKE, b'q'], key.as_slice()].concat(), value);
        store.commit(&batch).expect("a small batch");
        let _ = quarantine::list(&store, 10, None);
    }

    #[test]
    fn only_the_shown_form_of_a_quarantine_name_is_read(text in "[a-z/-]{0,10}/[0-9a-fA-F-]{0,40}") {
        if let Ok(id) = text.parse::<QuarantineId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}
