//! What a mapping must say, and what it must not.

use super::*;

#[test]
fn a_mapping_reports_all_its_faults_at_once() {
    let faults = Mapping::from_toml(
        "version = 2\nsource = \"a b\"\nas = \"visits\"\narea = \"ML\"\nkey = []\n\
         [fields.colour]\ncolumn = \"x\"\n[fields.purpose]\n",
    )
    .unwrap_err();
    let places: Vec<_> = faults.iter().map(|fault| fault.place.as_str()).collect();
    let expected = [
        "version",
        "source",
        "key",
        "enterprise_source",
        "fields.colour",
        "fields.purpose",
        "fields.visited_on",
    ];
    assert_eq!(places, expected);
    assert!(Mapping::from_toml("colour = 1").is_err());
    let unknown = ENTERPRISES.replace("\"ML-BKO\"", "\"SN-DK\"");
    let faults = Mapping::from_toml(&unknown).unwrap().faults(&Codes::embedded());
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().starts_with("The mapping's fields.region names \"SN-DK\""));
    let unknown = ENTERPRISES.replace("default = \"_U\"", "default = \"rien\"");
    assert_eq!(Mapping::from_toml(&unknown).unwrap().faults(&Codes::embedded()).len(), 3);
}

#[test]
fn a_file_of_records_taken_for_a_mapping_is_refused_without_showing_a_record() {
    let text = "version = 1\nFICHE-7;Laiterie Danaya;76 00 00 00\n";
    let told = Mapping::from_toml(text).unwrap_err()[0].to_string();
    assert!(told.starts_with("The mapping's line 2 cannot be read: "), "{told}");
    assert!(!told.contains("Danaya") && !told.contains("76 00"), "{told}");
}

#[test]
fn a_mapping_for_another_country_is_refused_before_any_row() {
    let hub = Hub::new();
    let mapping = ENTERPRISES.replace("area = \"ML\"", "area = \"SN\"");
    let refused = hub.try_run(&mapping, &enterprises(GOOD), false).unwrap_err();
    let IntakeError::Mapping(faults) = refused else { panic!("{refused}") };
    assert!(faults.iter().any(|fault| fault.place == "area"), "{faults:?}");
}

#[test]
fn constants_that_no_row_could_take_are_faults_of_the_mapping() {
    let rule = |kind: &str, field: &str, rule: &str| {
        let (day, enterprise) = match kind {
            "visits" => ("visited_on", true),
            "requests" => ("received_on", true),
            _ => ("registered_on", false),
        };
        let mut text =
            format!("version = 1\nsource = \"s\"\nas = \"{kind}\"\narea = \"ML\"\nkey = [\"k\"]\n");
        if enterprise {
            text += "enterprise_source = \"e\"\nenterprise_key = [\"e\"]\n";
        } else {
            text += "[fields.region]\nvalue = \"ML-3\"\n[fields.filiere]\nvalue = \"LAIT\"\n";
        }
        text += &format!("[fields.{day}]\ncolumn = \"d\"\n[fields.{field}]\n{rule}\n");
        match Mapping::from_toml(&text) {
            Ok(_) => None,
            Err(faults) => Some(faults[0].place.clone()),
        }
    };
    for (kind, field, wrong, right) in [
        ("enterprises", "headcount", "value = \"viele\"", "value = \"12\""),
        ("enterprises", "headcount", "value = \"-1\"", "column = \"h\"\ndefault = \"0\""),
        ("enterprises", "turnover", "column = \"t\"\ndefault = \"?\"", "value = \"1 500 F\""),
        ("enterprises", "latitude", "value = \"nord\"", "value = \"12.5\""),
        ("enterprises", "name", "column = \"n\"\nleading_digits = 2", "column = \"n\""),
        ("requests", "satisfaction", "value = \"6\"", "value = \"5\""),
        ("requests", "satisfaction", "value = \"0\"", "value = \"1\""),
        ("requests", "adopted", "value = \"ja\"", "value = \"oui\""),
        ("requests", "adopted", "value = \"j\"", "value = \"j\"\ncodes = { \"J\" = \"yes\" }"),
    ] {
        assert_eq!(rule(kind, field, wrong), Some(format!("fields.{field}")), "{field} {wrong}");
        assert_eq!(rule(kind, field, right), None, "{field} {right}");
    }
}

#[test]
fn every_reason_has_a_message_and_a_remedy() {
    let sources = [
        include_str!("../cells.rs"),
        include_str!("../import.rs"),
        include_str!("../quarantine.rs"),
        include_str!("../record.rs"),
    ];
    let mut keys = Vec::new();
    for source in sources {
        for text in source.split("\"intake-").skip(1) {
            let key = text.split('"').next().unwrap();
            match key {
                "refused-{}" => keys.extend(
                    [
                        "unknown-code",
                        "foreign",
                        "not-in-force",
                        "too-long",
                        "empty",
                        "in-future",
                        "before",
                        "out-of-range",
                        "rule-mismatch",
                        "other-currency",
                        "only-by-step",
                    ]
                    .map(|problem| format!("intake-refused-{problem}")),
                ),
                key => keys.push(format!("intake-{key}")),
            }
        }
    }
    assert!(keys.len() > 25);
    for key in keys {
        for language in Language::ALL {
            for key in [key.clone(), format!("{key}-remedy")] {
                assert_ne!(messages::text(language, &key, &[]), key);
            }
        }
    }
}

#[test]
fn what_a_mapping_lacks_or_misspells_is_named_with_what_is_allowed() {
    let told = |text: &str| {
        let faults = Mapping::from_toml(text).unwrap_err();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let lacking = ENTERPRISES.replace("version = 1\n", "").replace("key = [", "# [");
    let faults = told(&lacking);
    assert!(faults.starts_with("The mapping's version is missing: write version = 1;"), "{faults}");
    assert!(faults.contains("; The mapping's key is missing: write key = ["), "{faults}");
    for wrong in ["\"comma\"", "\";\"", "1"] {
        let text = ENTERPRISES.replace("decimal = \",\"", &format!("decimal = {wrong}"));
        let faults = told(&text);
        assert!(faults.ends_with("file.decimal must be \",\" or \".\""), "{faults}");
    }
    let faults = told(&ENTERPRISES.replace("[file]", "[file]\ndelimiter = \":\""));
    assert!(faults.contains("file.delimiter must be one of \";\", \",\", \"|\""), "{faults}");
}
