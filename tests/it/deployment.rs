//! What `deploy/` ships, held together: `compose.yaml` against the federation that its head says to
//! make, a node of such a federation as it is reached from outside its container, the image and the
//! systemd unit against the shipped configuration. No container and no unit is started.

use std::{collections::BTreeSet, fs, path::Path};

use essaim::{
    cli::{EXIT_CONFIG, EXIT_USAGE},
    config::{Config, SHUTDOWN_DEADLINE_SECONDS_MAX, fresh::EXAMPLE, profile::Profile},
};

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

/// Most that a node takes to end after the deadline for calls in progress: cut connections, the last
/// sync of the store and the threads have 13 s.
const END_SECONDS_MAX: u32 = 15;

/// A file of `deploy/`.
fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

fn compose() -> String {
    shipped("compose.yaml")
}

/// The value of the only line of `text` that gives `key` one.
#[track_caller]
fn value<'t>(text: &'t str, key: &str) -> &'t str {
    let mut found = text.lines().filter_map(|line| line.trim().strip_prefix(key));
    let value = found.next().unwrap_or_else(|| panic!("no {key}"));
    assert_eq!(found.next(), None, "two {key}");
    value
}

fn example() -> Config {
    Config::from_toml(EXAMPLE, Path::new("/var/lib/essaim/node")).unwrap()
}

#[test]
fn the_unit_fits_the_program_and_its_configuration() {
    let unit = shipped("essaim.service");
    assert_eq!(
        value(&unit, "ExecStart="),
        "/usr/local/bin/essaim serve --config /var/lib/essaim/node/essaim.toml"
    );
    // Whatever deadline a configuration states, the node ends by itself before it is killed.
    let stop: u32 = value(&unit, "TimeoutStopSec=").parse().unwrap();
    assert!(stop >= SHUTDOWN_DEADLINE_SECONDS_MAX + END_SECONDS_MAX, "{stop}");
    let longest = |seconds: u32| {
        let stated = format!("deadline_seconds = {seconds}\n");
        let text = EXAMPLE.replace("deadline_seconds = 20\n", &stated);
        Config::from_toml(&text, Path::new("")).map(|config| config.shutdown_deadline_seconds)
    };
    assert_eq!(longest(SHUTDOWN_DEADLINE_SECONDS_MAX), Ok(SHUTDOWN_DEADLINE_SECONDS_MAX));
    assert!(longest(SHUTDOWN_DEADLINE_SECONDS_MAX + 1).is_err());
    // What no restart mends is not restarted; the rest is, as long as the unit says.
    let codes = value(&unit, "RestartPreventExitStatus=").split(' ');
    let codes: Vec<u8> = codes.map(|code| code.parse().unwrap()).collect();
    assert_eq!(codes, [EXIT_CONFIG, EXIT_USAGE]);
    let number = |key| value(&unit, key).parse::<u32>().unwrap();
    let tries = number("RestartSec=") * number("StartLimitBurst=");
    assert!(tries < number("StartLimitIntervalSec="), "the limit is never reached");
    // Its data lie where the unit lets it write.
    let state = format!("/var/lib/{}", value(&unit, "StateDirectory="));
    assert!(example().data_folder.starts_with(state));
    assert_eq!(value(&unit, "ProtectSystem="), "strict");
}

#[test]
fn image_and_compose_file_agree_with_the_configuration() {
    let image = shipped("Containerfile");
    let ports =
        |text: &str| text.split(' ').map(|port| port.parse().unwrap()).collect::<Vec<u16>>();
    let listeners = example().listeners;
    let exposed = ports(value(&image, "EXPOSE "));
    assert_eq!(exposed, [listeners.hub.port(), listeners.exchange.port()]);
    assert!(listeners.web.is_some_and(|web| web.ip().is_loopback()));
    assert_eq!(value(&image, "STOPSIGNAL "), "SIGTERM");
    let compose = compose();
    let grace = value(&compose, "stop_grace_period: ").strip_suffix('s').unwrap();
    let deadline = example().shutdown_deadline_seconds;
    assert!(grace.parse::<u32>().unwrap() >= deadline + END_SECONDS_MAX, "{grace}");
    for service in services(&compose) {
        let inner = |port: &String| port.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
        let inner: Vec<u16> = service.list("ports").iter().map(inner).collect();
        assert_eq!(inner, exposed, "{}", service.name);
    }
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
        let web = config.listeners.web.unwrap();
        assert!(web.ip().is_loopback(), "{name}: {web} has no access control");
        let listeners = [config.listeners.hub, config.listeners.exchange];
        assert!(listeners.iter().all(|listener| listener.ip().is_unspecified()), "{name}");
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
