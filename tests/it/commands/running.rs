//! Making, running and stopping nodes; keys and rosters; health and reflection.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
};

use essaim::{
    config::profile::Profile,
    keys::{
        certificate::{Credentials, PairPaths},
        roster::Roster,
    },
    rpc::client::connect_person,
};
use serde_json::json;
use tonic::transport::Channel;

use super::{Federation, Process, free_ports, run};

/// Where `first` stands before `second` in `text`.
#[track_caller]
fn in_order(text: &str, lines: &[&str]) {
    let mut rest = text;
    for line in lines {
        let found = rest.find(line);
        let at = found.unwrap_or_else(|| panic!("{line:?} is missing or too early in\n{text}"));
        rest = &rest[at + line.len()..];
    }
}

/// A new node of ML in `folder`, with its roster; returns its exchange and web addresses.
fn init(folder: &Path) -> [String; 3] {
    let port = free_ports(3);
    let addresses = [0, 1, 2].map(|offset| format!("127.0.0.1:{}", port + offset));
    let node = folder.display().to_string();
    let [hub, exchange, web] = &addresses;
    let init = [
        &["init", &node, "--member", "ML", "--kind", "national", "--name", "HUB IIT Mali"][..],
        &["--hub", hub, "--exchange", exchange, "--web", web],
        &["--contributors-min", "3", "--dominance-percent", "15"],
    ]
    .concat();
    let made = run(&init).done();
    assert_eq!(made.out, fs::read_to_string(folder.join("member.toml")).unwrap());
    run(&init).ended(2, "nothing is overwritten");
    addresses
}

#[test]
fn a_node_is_made_run_and_stopped_in_order_though_a_call_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("hub-ml");
    let addresses = init(&node);
    let path = |name: &str| node.join(name).display().to_string();
    let config = node.join("essaim.toml");
    let serve = ["serve", "--config", &path("essaim.toml")];
    let merged = run(&["roster", "merge", "--roster", &path("roster.toml"), &path("member.toml")]);
    assert!(merged.done().out.contains("version 1, 1 members"));

    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("deadline_seconds = 20", "deadline_seconds = 1")).unwrap();
    let health = ["health", "--config", &path("essaim.toml")];
    run(&health).ended(1, "No node answers");
    let process = Process::serve(&config);
    assert_eq!(run(&health).done().out, "The node is serving\n");
    run(&serve).ended(2, "Cannot listen");
    assert!(get(&addresses[2], "/healthz").starts_with("HTTP/1.1 200"));
    // A connection that never says anything, to each listener.
    let _silent = addresses.each_ref().map(|address| TcpStream::connect(address).unwrap());
    let (status, log) = process.terminate();
    assert!(status.success(), "{status:?}");
    in_order(
        &log,
        &[
            "The node is running",
            "the node is stopping",
            "pulls have ended",
            "the listeners have stopped",
            "the store is synced; the node has stopped",
        ],
    );
    run(&health).ended(1, "No node answers");
    let again = Process::serve(&config);
    assert!(again.terminate().0.success());
}

#[test]
fn a_node_without_a_roster_says_where_to_get_it_and_where_to_put_it() {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("hub-ml");
    init(&node);
    let config = node.join("essaim.toml");
    let text = fs::read_to_string(&config).unwrap();
    let moved = text.replace("\"roster.toml\"", "\"shared/all.toml\"");
    assert_ne!(text, moved);
    fs::write(&config, moved).unwrap();
    let refused = run(&["serve", "--config", &config.display().to_string()]).ended(78, "Error: ");
    let place = node.join("shared/all.toml").display().to_string();
    in_order(&refused.err, &["no roster at ", &place, "`roster_file`", "member.toml", "roster"]);
    in_order(&refused.err, &["Put the roster.toml they return at ", &place]);
    assert_eq!((refused.err.lines().count(), refused.out.as_str()), (1, ""), "{refused:?}");

    // The remedy, followed.
    fs::create_dir(node.join("shared")).unwrap();
    let fragment = node.join("member.toml").display().to_string();
    run(&["roster", "merge", "--roster", &place, &fragment]).done();
    assert!(Process::serve(&config).terminate().0.success());
}

#[test]
fn a_file_of_regions_is_faulty_to_a_node_as_it_is_to_the_command_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("hub-ml");
    init(&node);
    let path = |name: &str| node.join(name).display().to_string();
    let (config, regions) = (path("essaim.toml"), path("regions.csv"));
    let roster = ["roster", "merge", "--roster", &path("roster.toml"), &path("member.toml")];
    run(&roster).done();
    let fresh = fs::read_to_string(&config).unwrap();
    let named = fresh.replace("# regions_file = ", "regions_file = ");
    assert_ne!(fresh, named);
    fs::write(&config, named).unwrap();
    let both = |words: &str| {
        run(&["codes", "region", "--regions", &regions]).ended(2, words);
        run(&["serve", "--config", &config]).ended(78, words);
    };
    both(&format!("There is no file of regions at {regions}: put it there"));
    fs::write(&regions, b"code,country,fr,en,pt\nXK-1,XK,\xE9,e,e\n").unwrap();
    both("regions.csv: it is no text in UTF-8");
    fs::write(&regions, "code,country,fr,en,pt\nXK-1,,Un,One,Um\n").unwrap();
    both("regions.csv cannot be used: Code XK-1 of the list region: names no country");
    fs::File::options().write(true).open(&regions).unwrap().set_len(16 << 20 | 1).unwrap();
    both("regions.csv: it has more than 16777216 bytes");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn answer_once(listener: &TcpListener, answer: &str) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        request.push(byte[0]);
    }
    assert!(request.starts_with(b"GET /healthz HTTP/1.1\r\n"), "{request:?}");
    stream.write_all(answer.as_bytes()).unwrap();
}

#[test]
fn health_is_denied_by_what_does_not_serve_and_needs_a_place_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("hub-ml");
    let [.., web] = init(&node);
    let config = node.join("essaim.toml");
    let text = fs::read_to_string(&config).unwrap();
    let health = ["health", "--config", &config.display().to_string()];
    for (answer, code, told) in [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", 1, "is not serving"),
        ("HTTP/1.1", 1, "No node answers"),
        ("HTTP/1.1 200 OK\r\n\r\nok, but\x1b[2J behind\n", 0, "It says: ok, but [2J behind\n"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        fs::write(&config, text.replace(&web, &address.to_string())).unwrap();
        let asked = std::thread::scope(|scope| {
            scope.spawn(|| answer_once(&listener, answer));
            let asked = run(&health);
            // Lets the thread go if nobody has asked.
            drop(TcpStream::connect(address));
            asked
        });
        asked.ended(code, told);
    }
    for without in ["# web", "web = \"127.0.0.1:0\" #"] {
        let line = format!("web = \"{web}\"");
        assert!(text.contains(&line));
        fs::write(&config, text.replace(&line, without)).unwrap();
        run(&health).ended(2, "`listeners.web` must state where to ask");
    }
    run(&["health", "--config", "no-such-config.toml"]).ended(78, "no-such-config.toml");
}

#[test]
fn all_faults_of_a_configuration_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("hub-ml");
    init(&node);
    let config = node.join("essaim.toml");
    let text = fs::read_to_string(&config).unwrap();
    let faulty = text
        .replace("member = \"ML\"", "member = \"mali\"")
        .replace("contributors_min = 3", "contributors_min = 2")
        .replace("[log]", "[log]\ncolour = true");
    fs::write(&config, faulty).unwrap();
    let told = run(&["serve", "--config", &config.display().to_string()]).ended(78, "3 fault(s)");
    in_order(&told.err, &["member: ", "disclosure.contributors_min: ", "log.colour: "]);
}

#[test]
fn a_roster_is_merged_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    init(&folder.path().join("one"));
    let roster = path("roster.toml");
    let merge = ["roster", "merge", "--roster", &roster, &path("one/member.toml")];
    run(&merge).done();
    let shown = run(&["roster", "show", &roster, "--format", "json"]).done().json();
    assert_eq!((&shown["version"], &shown["members"][0]["member"]), (&json!(1), &json!("ML")));
    assert!(run(&["roster", "show", &roster]).done().out.contains("HUB IIT Mali"));
    let before = fs::read_to_string(&roster).unwrap();
    fs::write(path("wrong.toml"), "version = 1\n[[member]]\ncode = \"ML\"\n").unwrap();
    run(&["roster", "merge", "--roster", &roster, &path("wrong.toml")]).ended(2, "fault");
    assert_eq!(fs::read_to_string(&roster).unwrap(), before);
}

#[test]
fn a_person_with_a_newly_issued_certificate_gets_in_and_one_of_another_root_does_not() {
    let federation = Federation::new();
    let _hub = federation.serve("ML");
    let path = |name: &str| federation.path(name).display().to_string();
    let people = path("nodes/ML/people");
    let strangers = path("strangers");
    run(&["certificate", "root", &strangers, "--member", "ML"]).done();
    run(&["certificate", "root", &strangers, "--member", "ML"]).ended(2, "root");
    let hub = Profile::load(Path::new(&federation.profile("ml-operator-1"))).unwrap().address;
    let roster = path("roster.toml");
    let reached = ["--address", &hub, "--roster", &roster];
    let issue = |root: &str, name: &str, reached: &[&str]| {
        let out = path(&format!("profiles/{name}.pem"));
        run(&[
            &["certificate", "issue", "--root", root, "--member", "ML", "--role", "operator"][..],
            &["--name", name, "--out", &out],
            reached,
        ]
        .concat())
    };
    let issued = issue(&people, "new", &reached).done();
    assert!(issued.out.contains("essaim://ML/operator/new"));
    assert!(issued.err.contains(&format!("--profile {}", federation.profile("new"))));
    issue(&people, "new", &reached).ended(2, "new.toml exists already");
    issue(&people, "no way", &reached).ended(2, "no way");
    issue(&people, "nowhere", &["--address", "7301"]).ended(2, "address: Must be HOST:PORT");
    assert!(!Path::new(&path("profiles/nowhere.pem")).exists(), "nothing is left of a refusal");
    issue(&strangers, "stranger", &reached).done();
    let called = federation.run("new", &["peers"]);
    assert_eq!(called.json().as_array().unwrap().len(), 2, "{called:?}");
    federation.run("stranger", &["peers"]).ended(2, "unknown_ca");
    // Handed to somebody elsewhere: three files, and the roster put beside them.
    issue(&people, "away", &["--address", &hub]).done();
    federation.run("away", &["peers"]).ended(2, "profiles/roster.toml");
    fs::copy(&roster, path("profiles/roster.toml")).unwrap();
    let called = federation.run("away", &["peers"]);
    assert_eq!(called.json().as_array().unwrap().len(), 2, "{called:?}");
    // Without an address there is nothing to write into a profile.
    issue(&people, "bare", &[]).done();
    assert!(!Path::new(&federation.profile("bare")).exists());
}

async fn connect(federation: &Federation, person: &str) -> Channel {
    let profile = Profile::load(Path::new(&federation.profile(person))).unwrap();
    let roster = fs::read_to_string(&profile.roster_file).unwrap();
    let roster = Roster::from_toml(&roster).unwrap();
    let pins: BTreeSet<_> =
        roster.member(profile.member).unwrap().node_keys.iter().copied().collect();
    let paths = PairPaths { certificate: &profile.certificate_file, key: &profile.key_file };
    let credentials = Credentials::load(paths).unwrap();
    connect_person(&profile.address, pins, &credentials).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_tells_its_health_and_its_services_on_its_listeners() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let federation = Federation::new();
    let coordinator = tokio::task::block_in_place(|| federation.serve("UEMOA"));
    for (person, service) in [
        ("uemoa-operator-1", "essaim.hub.v1.NodeService"),
        ("uemoa-analyst-1", "essaim.exchange.v1.StatisticsService"),
    ] {
        let channel = connect(&federation, person).await;
        let request = HealthCheckRequest { service: service.into() };
        let health = HealthClient::new(channel.clone()).check(request).await.unwrap();
        assert_eq!(health.into_inner().status, 1);
        let ask = MessageRequest::FileContainingSymbol(service.into());
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
        let mut client = ServerReflectionClient::new(channel);
        let asked = client.server_reflection_info(tokio_stream::iter([request])).await.unwrap();
        let answer = asked.into_inner().message().await.unwrap().unwrap().message_response;
        let Some(MessageResponse::FileDescriptorResponse(files)) = answer else {
            panic!("{answer:?}")
        };
        assert!(!files.file_descriptor_proto.is_empty());
    }
    drop(coordinator);
}
