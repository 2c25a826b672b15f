//! From `init` to a roster and certificates: what is refused, warned of and told, without a node.

use std::{fs, path::Path};

use essaim::keys::roster::{Roster, SpkiPin};

use super::{Answer, run};

/// A folder in which members are founded.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// `essaim init`, as a centre, which states no rules.
    fn init(&self, folder: &str, member: &str, options: &[&str]) -> Answer {
        let folder = self.path(folder);
        let head = ["init", &folder, "--member", member, "--kind", "research", "--name", "Centre"];
        run(&[&head[..], options].concat())
    }

    fn merge(&self, node: &str) -> Answer {
        let (roster, fragment) = (self.path("roster.toml"), self.path(node) + "/member.toml");
        run(&["roster", "merge", "--roster", &roster, &fragment])
    }

    fn roster(&self) -> Roster {
        Roster::from_toml(&fs::read_to_string(self.path("roster.toml")).unwrap()).unwrap()
    }

    fn issue(&self, node: &str, member: &str, options: &[&str]) -> Answer {
        let (root, out) = (self.path(node) + "/people", self.path("author.pem"));
        let head = ["certificate", "issue", "--root", &root, "--member", member];
        let person = ["--role", "author", "--name", "desk", "--out", &out];
        run(&[&head[..], &person, options].concat())
    }
}

const REACHED: [&str; 4] = ["--address", "centre.example:7302", "--exchange", "0.0.0.0:7302"];

#[test]
fn a_merge_tells_what_changes_and_keeps_the_version_where_nothing_does() {
    let place = Place::new();
    place.init("one", "CIRT", &REACHED).done();
    let first = place.merge("one").done();
    let pin = place.roster().members[0].node_keys[0].to_string();
    let expected = ["CIRT is new\n", "  exchange_address + centre.example:7302\n"];
    for words in expected.into_iter().chain([&*pin, ": version 1, 1 members\n"]) {
        assert!(first.out.contains(words), "{words}: {first:?}");
    }
    let again = place.merge("one").done();
    assert!(again.out.ends_with(": nothing changes, still version 1, 1 members\n"), "{again:?}");
    assert_eq!(place.roster().version, 1);

    let fragment = place.path("one") + "/member.toml";
    let text = fs::read_to_string(&fragment).unwrap();
    fs::write(&fragment, text.replace("centre.example", "other.example")).unwrap();
    let roster = place.path("roster.toml");
    let told = run(&["roster", "merge", "--roster", &roster, &fragment, "--format", "json"]);
    let told = told.done().json();
    assert_eq!((&told["version"], &told["changes"][0]["member"]), (&2.into(), &"CIRT".into()));
    let fields = &told["changes"][0]["fields"];
    assert_eq!(fields.as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(fields[0]["removed"][0], "centre.example:7302");
    assert_eq!(fields[0]["added"][0], "other.example:7302");
}

#[test]
fn keys_made_anew_do_not_take_the_place_of_the_log_key_unseen() {
    let place = Place::new();
    place.init("one", "CIRT", &REACHED).done();
    place.init("two", "CIRT", &REACHED).done();
    place.merge("one").done();
    let before = place.roster();
    let refused =
        place.merge("two").ended(2, "members.CIRT.log_keys: the fragment has another key");
    assert!(refused.err.contains("epoch 1") && refused.err.contains("raise log_epoch"));
    assert_eq!(place.roster(), before);
    // As the remedy says.
    let fragment = place.path("two") + "/member.toml";
    let text = fs::read_to_string(&fragment).unwrap();
    fs::write(&fragment, text.replace("epoch = 1", "epoch = 2")).unwrap();
    let told = place.merge("two").done().out;
    assert!(told.contains("CIRT is changed\n") && told.contains("  node_keys - "), "{told}");
    let epochs = place.roster().members[0].log_keys.iter().map(|key| key.epoch).collect::<Vec<_>>();
    assert_eq!(epochs, [1, 2]);
}

#[test]
fn a_fragment_lifts_no_denial() {
    let place = Place::new();
    place.init("one", "CIRT", &REACHED).done();
    place.merge("one").done();
    let mut roster = place.roster();
    let denied = SpkiPin([7; 32]);
    roster.members[0].denied = vec![denied];
    fs::write(place.path("roster.toml"), roster.to_toml()).unwrap();
    let told = place.merge("one").done().out;
    let stands = format!("CIRT denied = {denied} stands, though the fragment does not name it\n");
    assert!(told.contains(&stands), "{told}");
    assert_eq!(place.roster(), roster);
}

#[test]
fn a_certificate_is_issued_under_its_own_members_root_only() {
    let place = Place::new();
    place.init("one", "CIRT", &REACHED).done();
    place.issue("one", "UEMOA", &[]).ended(2, "is of CIRT, and essaim://UEMOA/author/desk is of");
    assert!(!Path::new(&place.path("author.key")).exists());
    place.merge("one").done();
    let roster = place.path("roster.toml");
    let profile = ["--address", "centre.example:7302", "--roster", &roster];
    let issued = place.issue("one", "CIRT", &profile).done();
    assert!(!issued.err.contains("Warning"), "{issued:?}");
    // A root that the roster does not know yet.
    place.init("two", "CIRT", &REACHED).done();
    fs::remove_file(place.path("author.pem")).unwrap();
    fs::remove_file(place.path("author.key")).unwrap();
    fs::remove_file(place.path("author.toml")).unwrap();
    let issued = place.issue("two", "CIRT", &profile).done();
    assert!(issued.err.contains("does not hold this root for CIRT"), "{issued:?}");
}

#[test]
fn no_certificate_is_issued_beside_a_faulty_roster() {
    let place = Place::new();
    place.init("one", "CIRT", &REACHED).done();
    let roster = place.path("roster.toml");
    fs::write(&roster, "version = 1\nmembers = 3\n").unwrap();
    let profile = ["--address", "centre.example:7302", "--roster", &roster];
    place.issue("one", "CIRT", &profile).ended(2, "has 1 fault(s)");
    for made in ["author.pem", "author.key", "author.toml"] {
        assert!(!Path::new(&place.path(made)).exists(), "{made}");
    }
    // The same command, once that is mended.
    fs::remove_file(&roster).unwrap();
    place.merge("one").done();
    place.issue("one", "CIRT", &profile).done();
}

#[test]
fn a_node_that_others_cannot_reach_is_told_of() {
    let place = Place::new();
    let told = place.init("one", "CIRT", &["--address", "centre.example:7302"]).done().err;
    assert!(told.contains("Warning: other members"), "{told}");
    assert!(told.ends_with("exchange = \"0.0.0.0:7302\"\n"), "{told}");
    let told = place.init("two", "CIRT", &REACHED).done().err;
    assert!(!told.contains("reach"), "{told}");
    let told = place.init("three", "CIRT", &[]).done().err;
    assert!(told.contains("Only this machine reaches the node, at 127.0.0.1:7302"), "{told}");
    for options in [
        &["--exchange", "0.0.0.0:7302"][..],
        &["--exchange", "127.0.0.1:0"],
        &["--address", "centre.example"],
        &["--address", "[::]:7302"],
    ] {
        place.init("four", "CIRT", options).ended(2, "state with --address HOST:PORT");
    }
    assert!(!Path::new(&place.path("four")).exists(), "nothing is made");
}
