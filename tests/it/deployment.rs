//! `deploy/compose.yaml` against the federation that its head says to make, and a node of such a
//! federation as it is reached from outside its container. No container is started.

use std::{collections::BTreeSet, fs, path::Path};

use essaim::config::{Config, profile::Profile};

use crate::commands::{Process, free_ports, run};

/// A service of the compose file: its name and its own lines.
struct Service<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

impl Service<'_> {
    /// A list, written on one line: that is JSON, too.
    #[track_caller]
    fn list(&self, field: &str) -> Vec<String> {
        let start = format!("{field}: ");
        let mut found = self.lines.iter().filter_map(|line| line.trim().strip_prefix(&start));
        let list = found.next().unwrap_or_else(|| panic!("{} has no {field}", self.name));
        assert_eq!(found.next(), None, "{} has two {field}", self.name);
        serde_json::from_str(list).unwrap()
    }
}

fn compose() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/compose.yaml");
    fs::read_to_string(file).unwrap()
}

/// The services: a name at the first indentation, and what is further in.
fn services(compose: &str) -> Vec<Service<'_>> {
    let (_, text) = compose.split_once("\nservices:\n").unwrap();
    let mut services: Vec<Service<'_>> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
            Some(head) => {
                let name = head.strip_suffix(':').unwrap_or_else(|| panic!("no service: {line}"));
                services.push(Service { name, lines: Vec::new() });
            }
            None => services.last_mut().unwrap().lines.push(line),
        }
    }
    services
}

/// Makes the federation as the head of the compose file says, in `folder`; the configurations.
fn made_as_the_head_says(compose: &str, folder: &str) -> Vec<String> {
    let lines = compose.lines().filter_map(|line| line.strip_prefix("#   essaim federation new "));
    let [command] = lines.collect::<Vec<_>>()[..] else { panic!("one command makes the folders") };
    let arguments = command.strip_prefix("deploy/federation ").unwrap().split(' ');
    let arguments: Vec<_> = ["federation", "new", folder].into_iter().chain(arguments).collect();
    let printed = run(&arguments).done().out;
    let serve = "essaim serve --config ";
    printed.lines().map(|line| line.strip_prefix(serve).unwrap().to_owned()).collect()
}

#[test]
fn the_compose_file_runs_and_asks_every_member_of_the_federation_it_says_to_make() {
    let compose = compose();
    assert!(compose.contains("volumes: [\"./federation:/federation\"]"));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("federation").display().to_string();
    let configs = made_as_the_head_says(&compose, &folder);
    let services = services(&compose);
    let mounted = |config: &str| config.replace(&folder, "/federation");
    let commands: Vec<_> = services.iter().map(|one| one.list("command")).collect();
    let expected: Vec<_> = configs
        .iter()
        .map(|config| ["serve", "--config", &mounted(config)].map(str::to_owned).to_vec())
        .collect();
    assert_eq!(commands, expected);

    let mut outside = BTreeSet::new();
    for (service, file) in services.iter().zip(&configs) {
        let Service { name, .. } = service;
        let config = Config::load(Path::new(file)).unwrap();
        assert_eq!(*name, format!("essaim-{}", config.member.as_str().to_lowercase()));
        let check = service.list("test");
        assert_eq!(check, ["CMD", "essaim", "health", "--config", &mounted(file)], "{name}");
        // The program knows the command, and where to ask: the answer is yes or no, not an error.
        // (Somebody else's node may listen on that port of this machine.)
        let asked = run(&["health", "--config", file]);
        assert!(matches!(asked.code, 0 | 1), "{asked:?}");
        let published = service.list("ports").into_iter().map(|port| {
            let [address, outer, inner] = port.split(':').collect::<Vec<_>>()[..] else {
                panic!("{name}: {port}")
            };
            assert_eq!(address, "127.0.0.1", "{name}");
            assert!(outside.insert(outer.to_owned()), "{outer} is published twice");
            inner.parse::<u16>().unwrap()
        });
        let listeners = [config.listeners.hub, config.listeners.exchange];
        assert!(published.eq(listeners.map(|listener| listener.port())), "{name}");
    }
    every_profile_names_a_service(Path::new(&folder), &services);
}

fn every_profile_names_a_service(folder: &Path, services: &[Service<'_>]) {
    let mut members = BTreeSet::new();
    for file in fs::read_dir(folder.join("profiles")).unwrap() {
        let profile = Profile::load(&file.unwrap().path()).unwrap();
        let (host, port) = profile.address.split_once(':').unwrap();
        let service = services.iter().find(|service| service.name == host).unwrap();
        let inner = format!(":{port}");
        assert!(service.list("ports").iter().any(|published| published.ends_with(&inner)));
        members.insert(profile.member);
    }
    assert_eq!(members.len(), services.len());
}

#[test]
fn a_node_made_for_a_container_is_healthy_and_answers_from_outside_under_another_address() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join("federation").join(name);
    let port = free_ports(3);
    let (root, first) = (path("").display().to_string(), port.to_string());
    run(&[
        &["federation", "new", &root, "--hosts", "--nodes", "1", "--port", &first][..],
        &["--contributors-min", "3", "--dominance-percent", "15"],
    ]
    .concat())
    .done();
    let config = path("nodes/UEMOA/essaim.toml");
    let _coordinator = Process::serve(&config);
    run(&["health", "--config", &config.display().to_string()]).done();

    let profile = fs::read_to_string(path("profiles/uemoa-analyst-1.toml")).unwrap();
    let exchange = port + 1;
    let inside = format!("\"essaim-uemoa:{exchange}\"");
    assert!(profile.contains(&inside), "{profile}");
    let outside = path("profiles/outside.toml");
    let address = format!("\"127.0.0.1:{exchange}\"");
    fs::write(&outside, profile.replace(&inside, &address)).unwrap();
    let profile = outside.display().to_string();
    // The node answered that there are no notes yet, which is a no.
    let notes = run(&["notes", "list", "--format", "json", "--profile", &profile]);
    assert_eq!((notes.code, &*notes.out, &*notes.err), (1, "[]\n", ""));
}
