//! Fields as stated: files, flags and printed JSON must mean the same.

use serde_json::{Map, Value, json};

use super::{Readable, Writable, field, stated};
use crate::{
    cli::args::records::{
        EnterpriseFlags, NewRequestFlags, NewVisitFlags, RequestFlags, SizeRule, VisitFlags,
    },
    wire::generated::hub::{Enterprise, RequestState, SupportRequest, Visit},
};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn printed<R: Readable>(record: R) -> Map<String, Value> {
    record.fields().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn enterprise() -> Map<String, Value> {
    object(json!({
        "region": "ML-3", "filiere": "LAIT", "citi_group": "105", "size": "MIC",
        "size_rule": "headcount", "headcount": 4, "turnover_minor": 12_000_000, "sex": "F",
        "status": "INFORMAL", "holding": "G7", "registered_on": "2026-03-05",
        "enterprise_name": "Danaya",
        "head_name": "Awa", "telephones": ["76 00 00 00", "66 00 00 00"], "email": "a@b.ml",
        "locality": "Ségou", "latitude_microdegrees": -1, "longitude_microdegrees": 2,
        "registration_number": "RC 1", "remarks": "x"
    }))
}

#[test]
fn what_is_stated_of_a_new_record_is_what_is_printed_of_it() {
    let mut made = Enterprise::blank();
    assert_eq!(field::fill(Enterprise::FIELDS, &mut made, &enterprise()), []);
    let mut shown = printed(made.clone());
    assert_eq!((shown.remove("id"), shown.remove("etag")), (Some(json!("")), Some(json!(""))));
    assert_eq!(shown, enterprise());
    // What is printed of one can be sent for another, once it is freed of what the node set.
    let mut other = Enterprise::blank();
    assert_eq!(field::fill(Enterprise::FIELDS, &mut other, &printed(made.clone())), []);
    assert_eq!(other, made);
}

#[test]
fn every_fault_is_told_with_its_field_and_without_its_value() {
    let wrong = object(json!({
        "headcount": "secret", "turnover_minor": 1.5, "telephones": "secret", "region": 3,
        "size_rule": "secret", "latitude_microdegrees": 3_000_000_000_i64, "colour": "secret",
        "id": "secret", "email": null, "etag": ""
    }));
    let faults = field::fill(Enterprise::FIELDS, &mut Enterprise::blank(), &wrong);
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    let expected = [
        "colour",
        "headcount",
        "id",
        "latitude_microdegrees",
        "region",
        "size_rule",
        "telephones",
        "turnover_minor",
    ];
    assert_eq!(fields, expected);
    let told: String = faults.iter().map(ToString::to_string).collect();
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn a_change_names_only_what_was_stated() {
    let mut record = Enterprise::blank();
    field::fill(Enterprise::FIELDS, &mut record, &enterprise());
    record.name = "enterprises/0195e0a2-0000-7000-8000-000000000001".into();
    let change = object(json!({ "filiere": "CEREA", "headcount": null, "email": "" }));
    let paths = field::change(Enterprise::FIELDS, &mut record, &change).unwrap();
    assert_eq!(paths, ["identity.email", "filiere", "headcount"]);
    assert_eq!((&*record.filiere, record.headcount, &*record.region), ("CEREA", None, "ML-3"));
    // A printed record that was edited: what the node set is there, and is as it was.
    let mut file = printed(record.clone());
    file.insert("region".into(), json!("ML-4"));
    file.remove("etag");
    let paths = field::change(Enterprise::FIELDS, &mut record, &file).unwrap();
    assert_eq!(paths.len(), Enterprise::FIELDS.len() - 2);
    assert_eq!(record.region, "ML-4");
}

#[test]
fn what_only_steps_change_cannot_be_edited() {
    let id = "0195e0a2-0000-7000-8000-000000000001";
    let mut record = SupportRequest::blank();
    record.name = format!("requests/{id}");
    record.enterprise = format!("enterprises/{id}");
    record.set_state(RequestState::Received);
    let file = object(json!({ "id": id, "enterprise": id, "state": "received", "theme": "X" }));
    let paths = field::change(SupportRequest::FIELDS, &mut record, &file).unwrap();
    assert_eq!(paths, ["theme"]);
    let other = "0195e0a2-0000-7000-8000-000000000002";
    let file = object(json!({
        "id": other, "enterprise": other, "state": "closed", "closed_on": "2026-03-05"
    }));
    let faults = field::change(SupportRequest::FIELDS, &mut record, &file).unwrap_err();
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["closed_on", "enterprise", "id", "state"]);
}

/// The names that flags can state, from one instance with every flag given.
fn names(flags: &impl serde::Serialize) -> Vec<String> {
    object(serde_json::to_value(flags).unwrap()).keys().cloned().collect()
}

fn changeable<R: Writable>(once: bool) -> Vec<String> {
    let wanted = |field: &&field::Field<R>| {
        field.stated == field::Stated::Always || once && field.stated == field::Stated::Once
    };
    let mut names: Vec<_> =
        R::FIELDS.iter().filter(wanted).map(|field| field.name.to_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn there_is_a_flag_for_every_field_that_can_be_stated() {
    let sorted = |mut names: Vec<String>| {
        names.sort_unstable();
        names
    };
    assert_eq!(sorted(names(&EnterpriseFlags::default())), changeable::<Enterprise>(true));
    assert_eq!(sorted(names(&VisitFlags::default())), changeable::<Visit>(false));
    assert_eq!(sorted(names(&NewVisitFlags::default())), changeable::<Visit>(true));
    assert_eq!(sorted(names(&RequestFlags::default())), changeable::<SupportRequest>(false));
    assert_eq!(sorted(names(&NewRequestFlags::default())), changeable::<SupportRequest>(true));
}

#[test]
fn flags_go_before_the_file_and_what_is_not_stated_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.json");
    std::fs::write(&file, r#"{ "region": "ML-3", "filiere": "LAIT" }"#).unwrap();
    let flags = EnterpriseFlags {
        region: Some("ML-4".into()),
        size_rule: Some(SizeRule::Declared),
        registered_on: Some("2026-03-05".parse().unwrap()),
        ..EnterpriseFlags::default()
    };
    let stated = stated(&flags, Some(&file)).unwrap();
    let expected = json!({
        "region": "ML-4", "filiere": "LAIT", "size_rule": "declared",
        "registered_on": "2026-03-05"
    });
    assert_eq!(Value::Object(stated), expected);
    for wrong in ["[]", "{", &format!("{{\"remarks\":\"{}\"}}", "x".repeat(70_000))] {
        std::fs::write(&file, wrong).unwrap();
        super::stated(&EnterpriseFlags::default(), Some(&file)).unwrap_err();
    }
}

/// Class, rule and mask of an enterprise of this class and rule once this is stated of it.
fn sized(before: (&str, &str), stated: Value) -> (String, String, Vec<&'static str>) {
    let mut record = Enterprise::blank();
    let before = json!({ "size": before.0, "size_rule": before.1, "turnover_minor": 40_000_000 });
    field::fill(Enterprise::FIELDS, &mut record, &object(before));
    let stated = object(stated);
    field::change(Enterprise::FIELDS, &mut record, &stated).unwrap();
    let set = record.complete(&stated).to_vec();
    let shown = printed(record);
    let text = |name: &str| shown[name].as_str().unwrap().to_owned();
    (text("size"), text("size_rule"), set)
}

#[test]
fn a_stated_size_class_without_a_rule_was_declared() {
    let made = |stated| sized(("NC", "none"), stated);
    let check = |stated, size: &str, rule: &str, set: &[&str]| {
        assert_eq!(made(stated), (size.into(), rule.into(), set.to_vec()));
    };
    check(json!({ "size": "MIC" }), "MIC", "declared", &["size_rule"]);
    check(json!({ "size": "MIC", "headcount": 60 }), "MIC", "declared", &["size_rule"]);
    check(json!({ "size": "NC" }), "NC", "none", &["size_rule"]);
    check(json!({ "size": "MIC", "size_rule": "headcount" }), "MIC", "headcount", &[]);
    check(json!({}), "NC", "none", &[]);
}

#[test]
fn a_size_class_that_nobody_declared_follows_from_headcount_and_turnover() {
    let both: &[&str] = &["size", "size_rule"];
    let check = |before, stated, size: &str, rule: &str, set: &[&str]| {
        assert_eq!(sized(before, stated), (size.into(), rule.into(), set.to_vec()));
    };
    check(("NC", "none"), json!({ "headcount": 4 }), "MIC", "headcount", both);
    check(("MIC", "headcount"), json!({ "headcount": 60 }), "MOY", "headcount", both);
    check(("MIC", "headcount"), json!({ "headcount": null }), "PET", "turnover", both);
    check(("PET", "turnover"), json!({ "turnover_minor": null }), "NC", "none", both);
    check(("MIC", "declared"), json!({ "headcount": 60 }), "MIC", "declared", &[]);
    check(("MIC", "headcount"), json!({ "sex": "F" }), "MIC", "headcount", &[]);
}

#[test]
fn what_the_node_calls_a_field_is_told_by_its_flag() {
    for (told, flag) in [
        ("region", "--region"),
        ("enterprise.registered_on", "--registered-on"),
        ("turnover", "--turnover-minor"),
        ("latitude", "--latitude-microdegrees"),
        ("name", "--enterprise-name"),
        ("telephones", "--telephone"),
        ("size", "--size"),
        ("enterprise.name", "--enterprise-name"),
        ("actor", "actor"),
    ] {
        assert_eq!(field::flag_of(Enterprise::FIELDS, told), flag, "{told}");
    }
    assert_eq!(field::flag_of(Visit::FIELDS, "visit.enterprise"), "--enterprise");
}

#[test]
fn the_fields_of_steps_are_told_by_their_flags() {
    for (told, flag) in [
        ("closed_on", "--on (closed_on)"),
        ("follow_up.followed_up_on", "--on (followed_up_on)"),
        ("funding", "--funding-minor"),
        ("remote_expertise", "--remote-expertise"),
        ("consent.enterprise", "--enterprise"),
        ("etag", "etag"),
    ] {
        assert_eq!(field::flag_of_step(told), flag, "{told}");
    }
    assert_eq!(field::flag_of_change("answer.answered_on"), "--answered-on");
}

#[test]
fn every_field_that_is_stated_has_its_flag() {
    use clap::CommandFactory;
    fn flags(kind: &str) -> Vec<String> {
        let all = crate::cli::args::Cli::command();
        let create = all.find_subcommand(kind).unwrap().find_subcommand("create").unwrap();
        create.get_arguments().filter_map(|one| Some(format!("--{}", one.get_long()?))).collect()
    }
    fn check<R: Writable>(kind: &str) {
        let flags = flags(kind);
        let fields = R::FIELDS.iter().filter(|field| field.stated != field::Stated::ByNode);
        let names: Vec<_> = fields.map(|field| field.name).collect();
        for name in &names {
            assert!(flags.contains(&field::flag(name)), "{kind}: {name}");
        }
        assert!(R::REQUIRED.iter().all(|name| names.contains(name)), "{kind}");
    }
    check::<Enterprise>("enterprise");
    check::<Visit>("visit");
    check::<SupportRequest>("request");
}

#[test]
fn all_required_fields_that_nobody_states_are_told_at_once() {
    let stated = object(json!({ "region": "ML-3", "filiere": "", "email": "a@b.ml" }));
    let faults = field::missing(Enterprise::REQUIRED, &stated);
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["--filiere: is missing", "--registered-on: is missing"]);
}
