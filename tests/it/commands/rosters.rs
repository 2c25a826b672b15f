//! Rosters and keys exchanged under a node that runs.

use std::{collections::BTreeSet, fs, path::Path};

use essaim::{
    base::id::MemberCode,
    keys::{
        certificate::{Credentials, PairPaths},
        roster::{Roster, SpkiPin},
    },
    rpc::client::connect_person,
    wire::{
        generated::exchange::{ListNotesRequest, library_service_client::LibraryServiceClient},
        status::reason,
    },
};

use super::{Federation, Process, run};

const OPERATOR: &str = "ml-operator-1";

fn code(text: &str) -> MemberCode {
    text.parse().unwrap()
}

impl Federation {
    fn roster(&self) -> Roster {
        Roster::from_toml(&fs::read_to_string(self.path("roster.toml")).unwrap()).unwrap()
    }

    /// Puts a changed roster in the place of the old one, as its keeper hands it out.
    fn change_roster(&self, change: impl FnOnce(&mut Roster)) {
        let mut roster = self.roster();
        change(&mut roster);
        roster.version += 1;
        fs::write(self.path("roster.toml"), roster.to_toml()).unwrap();
    }

    fn peers(&self) -> Vec<String> {
        let peers = self.run(OPERATOR, &["peers"]).json();
        let codes = peers.as_array().unwrap().iter();
        codes.map(|peer| peer["member"].as_str().unwrap().to_owned()).collect()
    }
}

impl Process {
    /// Asks the node to look for what is new, and waits until it has told `words`. It may have
    /// looked by itself in between.
    fn reload(&self, words: &str) {
        self.signal("HUP");
        self.hear(words);
    }
}

#[test]
fn a_renewed_key_is_taken_up_once_the_roster_holds_it() {
    let federation = Federation::new();
    let hub = federation.serve("ML");
    let keys = federation.path("nodes/ML/keys");
    let new = federation.path("new");
    let made = run(&["certificate", "node", &new.display().to_string(), "--member", "ML"]).done();
    let pin: SpkiPin = SpkiPin::from_text(made.out.lines().last().unwrap()).unwrap();
    let put = |name: &str| {
        fs::copy(new.join(name), keys.join(name)).unwrap();
    };

    // Half of it: the old key does not belong to the new certificate.
    put("node.pem");
    hub.reload("is not taken up");
    federation.run(OPERATOR, &["peers"]).ended(1, "");
    // All of it, and a roster that does not know it.
    put("node.key");
    hub.reload("does not pin the node's TLS key");
    assert_eq!(federation.peers(), ["CIRT", "UEMOA"]);
    // Now the roster knows it, and no longer the old one: clients expect the new key.
    federation.change_roster(|roster| {
        let own = roster.members.iter_mut().find(|member| member.code == code("ML")).unwrap();
        own.node_keys = vec![pin];
    });
    federation.run(OPERATOR, &["peers"]).ended(2, "does not hold the key");
    hub.reload("a new node certificate is in force");
    assert_eq!(federation.peers(), ["CIRT", "UEMOA"]);
    // And the node starts with what it took up.
    drop(hub);
    let _again = federation.serve("ML");
    assert_eq!(federation.peers(), ["CIRT", "UEMOA"]);
}

#[test]
fn a_roster_that_is_faulty_or_older_changes_nothing() {
    let federation = Federation::new();
    let hub = federation.serve("ML");
    let text = fs::read_to_string(federation.path("roster.toml")).unwrap();
    let other = |text: &str| fs::write(federation.path("roster.toml"), text).unwrap();
    other("version = 9\nmembers = 3\n");
    hub.reload("has faults");
    let mut older = Roster::from_toml(&text).unwrap();
    older.members.retain(|member| member.code != code("CIRT"));
    other(&older.to_toml());
    hub.reload("a changed roster counts up");
    other(&text.replace("kind = \"national\"", "kind = \"research\"").replace(
        &format!("version = {}\n", older.version),
        &format!("version = {}\n", older.version + 1),
    ));
    hub.reload("it gives the member another kind");
    other(&text);
    assert_eq!(federation.peers(), ["CIRT", "UEMOA"]);
    assert!(!hub.log().contains("a new roster is in force"), "{}", hub.log());
}

/// Why the hub's exchange turns the centre's node away; `None` if it does not.
async fn refusal(federation: &Federation) -> Option<String> {
    let roster = federation.roster();
    let hub = roster.member(code("ML")).unwrap();
    let pins: BTreeSet<_> = hub.node_keys.iter().copied().collect();
    let keys = federation.path("nodes/CIRT/keys");
    let file = |name: &str| keys.join(name);
    let paths: [&Path; 2] = [&file("node.pem"), &file("node.key")];
    let credentials = Credentials::load(PairPaths { certificate: paths[0], key: paths[1] });
    let channel = connect_person(&hub.exchange_address, pins, &credentials.unwrap()).await;
    let mut client = LibraryServiceClient::new(channel.unwrap());
    let called = client.list_notes(ListNotesRequest::default()).await;
    called.err().map(|status| reason(&status).unwrap_or_else(|| panic!("{status:?}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_is_told_so_also_after_a_restart_until_it_is_back() {
    let federation = Federation::new();
    let hub = federation.serve("ML");
    let taken = "a new roster is in force";
    let removed = || Some("REMOVED_MEMBER".to_owned());
    let centre = federation.roster().member(code("CIRT")).unwrap().clone();
    let without = |roster: &mut Roster| roster.members.retain(|it| it.code != code("CIRT"));
    federation.change_roster(without);
    hub.reload(taken);
    assert_eq!(federation.peers(), ["UEMOA"]);
    assert_eq!(refusal(&federation).await, removed());

    drop(hub);
    let hub = federation.serve("ML");
    assert_eq!(refusal(&federation).await, removed());
    federation.change_roster(|roster| roster.members.insert(0, centre));
    hub.reload(taken);
    assert_eq!(federation.peers(), ["CIRT", "UEMOA"]);
    assert_ne!(refusal(&federation).await, removed());

    // Removed while the node is down.
    drop(hub);
    federation.change_roster(without);
    let _hub = federation.serve("ML");
    assert_eq!(refusal(&federation).await, removed());
}
