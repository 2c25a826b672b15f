//! The demo's nodes, running, and channels to them as the people of their members.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tonic::transport::Channel;

use crate::{
    base::{clock::SharedClock, id::MemberCode, period::Period},
    cli::{
        call,
        demo::{heading, steps::Steps},
        federation::{self, COORDINATOR, TestMember},
        output::{self, Listing},
    },
    config::Config,
    node::{Node, Running},
};

/// All nodes.
pub(super) struct Stage {
    folder: PathBuf,
    nodes: Vec<(TestMember, Running)>,
}

impl Stage {
    /// Starts a node for each member.
    pub(super) async fn start(
        folder: &Path,
        members: Vec<TestMember>,
        clock: SharedClock,
        steps: &Steps,
    ) -> anyhow::Result<Self> {
        let mut nodes = Vec::new();
        for member in members {
            let file = federation::node_folder(folder, member.code).join("essaim.toml");
            let running = Node::start(Config::load(&file)?, clock.clone())
                .await
                .with_context(|| format!("The node of {} does not start", member.code))?;
            nodes.push((member, running));
            steps.done();
        }
        Ok(Self { folder: folder.into(), nodes })
    }

    /// The members.
    pub(super) fn members(&self) -> impl Iterator<Item = &TestMember> {
        self.nodes.iter().map(|(member, _)| member)
    }

    /// A channel to the node of `member`, as its person `name`.
    pub(super) async fn channel(&self, member: MemberCode, name: &str) -> anyhow::Result<Channel> {
        let profile = federation::profile_file(&self.folder, member, name);
        let connected = call::connect_with(&profile, call::LONG).await;
        connected.with_context(|| format!("{name} of {member} does not reach the node"))
    }

    /// Lets every node pull from the others now.
    pub(super) fn sync_now(&self) {
        for (_, running) in &self.nodes {
            running.sync_now();
        }
    }

    /// Stops all nodes, the last started first.
    pub(super) async fn shutdown(self) {
        for (_, running) in self.nodes.into_iter().rev() {
            running.shutdown().await;
        }
    }

    /// Prints where everything listens, and a command to try.
    pub(super) fn print_addresses(&self, year: Period) -> anyhow::Result<()> {
        heading("Addresses")?;
        let mut listing = Listing::new(&["member", "hub", "exchange", "web"]);
        for (member, running) in &self.nodes {
            listing.row([
                member.code.to_string(),
                running.hub.to_string(),
                running.exchange.to_string(),
                running.web.map(|address| address.to_string()).unwrap_or_default(),
            ]);
        }
        listing.print()?;
        let program = std::env::current_exe()?;
        let profiles = self.folder.join("profiles");
        let analyst = profiles.join(format!("{}-analyst-1.toml", COORDINATOR.to_lowercase()));
        output::line("\nTry in another terminal (Ctrl-C here ends the demo):\n")?;
        output::line(&format!(
            "{} query --indicator DEM01 --by country,filiere --period {year} --profile {}",
            quoted(&program),
            quoted(&analyst),
        ))
    }
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |one: char| one.is_alphanumeric() || "/._-+,@%=".contains(one);
    match path.chars().all(plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        for path in ["/srv/demo", "/srv/two words", "/srv/l'été $HOME/`a`\"b\"", "/srv/a;b&c"] {
            let echo = format!("printf %s {}", quoted(Path::new(path)));
            let told = std::process::Command::new("sh").args(["-c", &echo]).output().unwrap();
            assert_eq!(String::from_utf8(told.stdout).unwrap(), path, "{echo}");
        }
        assert_eq!(quoted(Path::new("/srv/demo-1")), "/srv/demo-1");
    }
}
