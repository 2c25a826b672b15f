use std::path::Path;

use crate::{
    config::{
        Config, ConfigFault, DisclosureSettings,
        fresh::{EXAMPLE, FreshConfig},
        profile::{self, Listener, Profile},
    },
    disclosure::rules::{Largest, Limits},
    keys::roster::MemberKind,
};

fn faults(text: &str) -> Vec<ConfigFault> {
    Config::from_toml(text, Path::new("/etc/essaim")).unwrap_err()
}

/// All field names, from the reader's own list of what it knows.
fn known_fields(section: &str) -> Vec<String> {
    let head = match section {
        "" => String::new(),
        "disclosure.for" => format!("[[{section}]]\n"),
        _ => format!("[{section}]\n"),
    };
    let faults = faults(&format!("{head}no_such_field = 1\n"));
    let unknown = faults.iter().find(|fault| fault.field.ends_with("no_such_field")).unwrap();
    let known = unknown.problem.split("known here: ").nth(1).unwrap();
    known.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_shipped_example_is_read_and_names_every_knob() {
    let config = Config::from_toml(EXAMPLE, Path::new("/etc/essaim")).unwrap();
    assert_eq!(config.member.as_str(), "ML");
    assert_eq!(config.data_folder, Path::new("/etc/essaim/data"));
    assert_eq!(config.store_cache_bytes, 16 * 1024 * 1024);
    for field in known_fields("") {
        let section = format!("[{field}]");
        if EXAMPLE.lines().any(|line| line == section) {
            let part = EXAMPLE.split(&section).nth(1).unwrap();
            let part = part.split("\n[").next().unwrap();
            for knob in known_fields(&field) {
                let stands = part.contains(&format!("\n{knob} = "))
                    || part.contains(&format!("\n# {knob} = "))
                    || part.contains(&format!("\n# [[{field}.{knob}]]\n"));
                assert!(stands, "{field}.{knob} is not documented");
            }
        } else {
            let stands = EXAMPLE.contains(&format!("\n{field} = "))
                || EXAMPLE.contains(&format!("\n# {field} = "));
            assert!(stands, "{field} is not documented");
        }
    }
    let special = EXAMPLE.split("\n# [[disclosure.for]]\n").nth(1).unwrap();
    let special = format!("\n{}", special.split("\n\n").next().unwrap());
    for knob in known_fields("disclosure.for") {
        assert!(special.contains(&format!("\n# {knob} = ")), "disclosure.for.{knob}");
    }
}

#[test]
fn the_defaults_are_those_the_example_states() {
    let required = ["member", "kind", "name", "data_folder", "roster_file", "hub", "exchange"];
    let required: Vec<_> = required
        .into_iter()
        .chain(["node_certificate_file", "node_key_file", "log_key_file", "web"])
        .chain(["contributors_min", "dominance_percent"])
        .collect();
    let least: String = EXAMPLE
        .lines()
        .filter(|line| {
            let key = line.split(" = ").next().unwrap_or_default();
            line.starts_with('[') || required.contains(&key)
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let folder = Path::new("/etc/essaim");
    assert_eq!(Config::from_toml(&least, folder), Config::from_toml(EXAMPLE, folder));
}

#[test]
fn all_faults_are_told_at_once_with_line_and_field() {
    let text = "member = \"ml\"\nkind = 3\nname = \"\"\ncolour = \"red\"\n[listeners]\nhub = \
                \"here\"\n[store]\ncache_mebibytes = 1\n[log]\nformat = \"xml\"\n";
    let told: Vec<_> = faults(text).into_iter().map(|fault| (fault.line, fault.field)).collect();
    let with_line = [
        (Some(1), "member"),
        (Some(2), "kind"),
        (Some(3), "name"),
        (Some(4), "colour"),
        (Some(6), "listeners.hub"),
        (Some(8), "store.cache_mebibytes"),
        (Some(10), "log.format"),
    ];
    let missing = [
        "data_folder",
        "roster_file",
        "listeners.exchange",
        "keys.node_certificate_file",
        "keys.node_key_file",
        "keys.log_key_file",
    ];
    let expected: Vec<_> = with_line
        .into_iter()
        .chain(missing.map(|field| (None, field)))
        .map(|(line, field)| (line, field.to_owned()))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let told = faults(&EXAMPLE.replace("kind = \"national\"", "kind = national\""));
    assert!(told.iter().any(|fault| fault.problem.starts_with("No valid TOML")), "{told:?}");
    assert!(told.iter().all(|fault| fault.line.is_some()), "{told:?}");
}

#[test]
fn a_national_member_must_state_its_rules_and_others_must_not() {
    let without = EXAMPLE.replace("contributors_min = 3", "").replace("dominance_percent = 15", "");
    let told: Vec<_> = faults(&without).into_iter().map(|fault| fault.field).collect();
    assert_eq!(told, ["disclosure.contributors_min", "disclosure.dominance_percent"]);
    let coordinator = EXAMPLE.replace("\"national\"", "\"coordinator\"");
    assert_eq!(faults(&coordinator)[0].field, "disclosure");
    let too_few = EXAMPLE.replace("contributors_min = 3", "contributors_min = 1");
    assert_eq!(faults(&too_few)[0].field, "disclosure.contributors_min");
}

#[test]
fn two_listeners_cannot_share_an_address_unless_the_port_is_free() {
    let same = EXAMPLE.replace("127.0.0.1:7302", "127.0.0.1:7301");
    assert_eq!(faults(&same)[0].field, "listeners.exchange");
    let any = EXAMPLE.replace(":7301", ":0").replace(":7302", ":0");
    assert!(Config::from_toml(&any, Path::new("")).is_ok());
}

#[test]
fn a_fresh_file_carries_the_members_values_and_all_explanations() {
    let mut fresh = FreshConfig {
        member: "UEMOA".parse().unwrap(),
        kind: MemberKind::Coordinator,
        name: "Coordination \"régionale\"",
        roster_file: "../roster.toml",
        hub: "127.0.0.1:0".parse().unwrap(),
        exchange: "[::1]:0".parse().unwrap(),
        web: None,
        disclosure: None,
        sync_interval_seconds: 5,
    };
    let config = Config::from_toml(&fresh.to_toml(), Path::new("/n")).unwrap();
    assert_eq!(config.name, "Coordination \"régionale\"");
    assert_eq!(config.roster_file, Path::new("/n/../roster.toml"));
    assert_eq!((config.listeners.web, config.disclosure), (None, None));
    assert_eq!(config.sync.interval_seconds, 5);
    assert_eq!(fresh.to_toml().lines().count(), EXAMPLE.lines().count());

    fresh.kind = MemberKind::National;
    let told: Vec<_> = faults(&fresh.to_toml()).into_iter().map(|fault| fault.field).collect();
    assert_eq!(told, ["disclosure.contributors_min", "disclosure.dominance_percent"]);
    fresh.disclosure = Some(DisclosureSettings::new(5, 20));
    let config = Config::from_toml(&fresh.to_toml(), Path::new("/n")).unwrap();
    assert_eq!(config.disclosure, fresh.disclosure);
}

/// The example with these lines at the end of its section of disclosure control.
fn with_limits(lines: &str) -> String {
    EXAMPLE.replace("dominance_percent = 15", &format!("dominance_percent = 15\n{lines}"))
}

#[test]
fn limits_of_single_indicators_and_populations_are_read() {
    let text = with_limits(
        "largest_count = 2\nlargest_percent = 80\n\
         [[disclosure.for]]\nindicator = \"SAT01\"\ncontributors_min = 5\n\
         [[disclosure.for]]\npopulation = \"funding\"\nlargest_count = 1\nlargest_percent = 60\n\
         [[disclosure.for]]\nindicator = \"DEM03\"\ndominance_percent = 30\n\
         group_contributors_min = 10\n",
    );
    let config = Config::from_toml(&text, Path::new("/n")).unwrap();
    let rules = config.disclosure.unwrap().rules();
    let largest = |count, percent| Some(Largest { count, percent });
    let general = Limits { largest: largest(2, 80), ..Limits::new(3, 15) };
    assert_eq!(rules.general, general);
    let exceptions: Vec<_> =
        rules.exceptions.iter().map(|one| (one.population.as_str(), one.limits)).collect();
    let ratio = Limits { dominance_percent: 30, group_contributors_min: 10, ..general };
    assert_eq!(
        exceptions,
        [
            ("answers_rated", Limits { contributors_min: 5, ..general }),
            ("funding", Limits { largest: largest(1, 60), ..general }),
            // Both parts of the ratio.
            ("requests_received", ratio),
            ("requests_received_answered", ratio),
        ]
    );
}

#[test]
fn limits_that_are_for_nothing_or_say_half_are_refused() {
    let told = |lines: &str| -> Vec<_> {
        faults(&with_limits(lines)).into_iter().map(|fault| fault.field).collect()
    };
    assert_eq!(told("largest_count = 2\n"), ["disclosure.largest_percent"]);
    assert_eq!(told("largest_percent = 2\n"), ["disclosure.largest_count"]);
    let head = "[[disclosure.for]]\n";
    assert_eq!(told(head), ["disclosure.for"]);
    let both = format!("{head}indicator = \"IMP04\"\npopulation = \"funding\"\n");
    assert_eq!(told(&both), ["disclosure.for"]);
    let unknown = |line: &str| told(&format!("{head}{line}\n"));
    assert_eq!(unknown("population = \"fundings\""), ["disclosure.for.population"]);
    assert_eq!(unknown("indicator = \"IMP40\""), ["disclosure.for.indicator"]);
    let own = |line: &str| unknown(&format!("population = \"funding\"\n{line}"));
    assert_eq!(own("contributors_min = 2"), ["disclosure.for.contributors_min"]);
    assert_eq!(own("largest_count = 11\nlargest_percent = 60"), ["disclosure.for.largest_count"]);
    assert_eq!(own("colour = 1"), ["disclosure.for.colour"]);
    assert_eq!(told("for = 3\n"), ["disclosure.for"]);
    assert_eq!(told(&format!("{head}population = \"funding\"\n").repeat(101)), ["disclosure.for"]);
    // All faults at once, a coordinator's too.
    let coordinator = with_limits(&format!("{head}indicator = \"IMP40\"\n"))
        .replace("\"national\"", "\"coordinator\"");
    let told: Vec<_> = faults(&coordinator).into_iter().map(|fault| fault.field).collect();
    assert_eq!(told, ["disclosure.for.indicator", "disclosure"]);
}

#[test]
fn the_shipped_profile_is_read_and_a_fresh_one_carries_its_explanations() {
    let read = Profile::from_toml(profile::EXAMPLE, Path::new("/f")).unwrap();
    assert_eq!((read.member.as_str(), read.listener), ("ML", Listener::Hub));
    assert_eq!(read.key_file, Path::new("/f/steward-1.key"));
    let again = Profile::from_toml(profile::EXAMPLE, Path::new("")).unwrap().to_toml();
    assert_eq!(again, profile::EXAMPLE);
}

#[test]
fn a_profile_is_read_back_as_written() {
    let profile = Profile {
        member: "ML".parse().unwrap(),
        listener: Listener::Exchange,
        address: "ml.example:7302".into(),
        roster_file: "/f/roster.toml".into(),
        certificate_file: "/f/people/\"a\".pem".into(),
        key_file: "/f/people/a.key".into(),
    };
    let read = Profile::from_toml(&profile.to_toml(), Path::new("/elsewhere")).unwrap();
    assert_eq!(read, profile);
    let told = Profile::from_toml("listener = \"web\"\naddress = \"7302\"\nx = 1", Path::new(""));
    let told: Vec<_> = told.unwrap_err().into_iter().map(|fault| fault.field).collect();
    let expected =
        ["listener", "address", "x", "member", "roster_file", "certificate_file", "key_file"];
    assert_eq!(told, expected);
}
