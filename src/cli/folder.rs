//! The folder of a new node: configuration, keys, people's root and an empty store.
//!
//! ```text
//! essaim.toml        the configuration
//! member.toml        what to hand over for the roster: public keys and the address
//! keys/node.{pem,key}, keys/log.key
//! people/root.{pem,key}   issues certificates to the member's people; move root.key off the node
//! data/              store and logs
//! ```
//! Creation is explicit and refuses to overwrite: whatever exists already stops it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use jiff::civil::Date;

use crate::{
    base::id::MemberCode,
    config::{Config, DisclosureSettings, fresh::FreshConfig},
    keys::{
        certificate::{self, PairPaths},
        roster::{LogKey, Member, MemberFragment, MemberKind},
        signer::LogSigner,
    },
    store::sled::{SledOptions, SledStore},
};

/// The incarnation every log begins with.
const FIRST_EPOCH: u32 = 1;

/// What a new node is to be.
#[derive(Debug, Clone)]
pub(super) struct NewNode<'a> {
    /// Folder to make.
    pub(super) folder: &'a Path,
    /// Its member.
    pub(super) member: MemberCode,
    /// What the member is.
    pub(super) kind: MemberKind,
    /// The member's name.
    pub(super) name: &'a str,
    /// Where other members reach it.
    pub(super) address: String,
    /// Path of the roster as it shall stand in the configuration.
    pub(super) roster_file: &'a str,
    /// Listeners: hub, exchange, web.
    pub(super) listeners: [SocketAddr; 3],
    /// Rules of disclosure control, if they have been stated.
    pub(super) disclosure: Option<DisclosureSettings>,
    /// Seconds between two rounds of synchronization.
    pub(super) sync_interval_seconds: u32,
}

/// A pair of PEM files in one folder.
pub(super) struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

impl Pair {
    /// `NAME.pem` and `NAME.key` in `folder`.
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        }
    }

    /// The pair as `keys` wants it.
    pub(super) fn paths(&self) -> PairPaths<'_> {
        PairPaths { certificate: &self.certificate, key: &self.key }
    }
}

/// Makes everything and returns what goes into the roster.
pub(super) fn make(new: &NewNode<'_>, today: Date) -> anyhow::Result<MemberFragment> {
    claim(new.folder)?;
    let keys = new.folder.join("keys");
    let people = new.folder.join("people");
    make_private(&keys)?;
    make_private(&people)?;
    let node_key = certificate::create_node(new.member, today, Pair::new(&keys, "node").paths())?;
    let root =
        certificate::create_people_root(new.member, today, Pair::new(&people, "root").paths())?;
    let signer = LogSigner::generate()?;
    signer.save_new(&keys.join("log.key"))?;
    let [hub, exchange, web] = new.listeners;
    let text = FreshConfig {
        member: new.member,
        kind: new.kind,
        name: new.name,
        roster_file: new.roster_file,
        hub,
        exchange,
        web: Some(web),
        disclosure: new.disclosure.clone(),
        sync_interval_seconds: new.sync_interval_seconds,
    }
    .to_toml();
    write_new(&new.folder.join("essaim.toml"), &text)?;
    make_data(&text, new)?;
    let fragment = MemberFragment(Member {
        code: new.member,
        kind: new.kind,
        name: new.name.into(),
        exchange_address: new.address.clone(),
        log_keys: vec![LogKey {
            epoch: FIRST_EPOCH,
            key: signer.public(),
            from_size: 0,
            to_size: None,
        }],
        node_keys: vec![node_key],
        people_roots: vec![root],
        denied: Vec::new(),
    });
    write_new(&new.folder.join("member.toml"), &fragment.to_toml())?;
    Ok(fragment)
}

/// Makes the empty store where the configuration says.
fn make_data(text: &str, new: &NewNode<'_>) -> anyhow::Result<()> {
    // A national member that has not stated its rules yet gets a file that is not complete; where
    // its data lie is known all the same.
    let folders = match Config::from_toml(text, new.folder) {
        Ok(config) => (config.store_folder(), config.log_folder()),
        Err(faults) if new.disclosure.is_none() && only_rules_are_missing(&faults) => {
            (new.folder.join("data/store"), new.folder.join("data/logs"))
        }
        Err(faults) => bail!("The new configuration has faults: {}", faults[0]),
    };
    make_private(&new.folder.join("data"))?;
    make_private(&folders.1)?;
    SledStore::create(&SledOptions::in_folder(&folders.0))?;
    Ok(())
}

fn only_rules_are_missing(faults: &[crate::config::ConfigFault]) -> bool {
    faults.iter().all(|fault| fault.field.starts_with("disclosure."))
}

/// Makes `folder`, or takes an empty one.
pub(super) fn claim(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    if folder.exists() {
        let mut entries = fs::read_dir(folder).with_context(|| format!("Cannot read {shown}"))?;
        if entries.next().is_some() {
            bail!("{shown} is not empty; nothing is overwritten. Name another folder");
        }
        return Ok(());
    }
    make_private(folder)
}

/// Makes a folder for its owner alone.
pub(super) fn make_private(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("Cannot make the folder {}", folder.display()))
}

/// Writes a file that must not exist.
pub(super) fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let context = || format!("Cannot write {}", file.display());
    let mut opened = fs::File::create_new(file).with_context(context)?;
    opened.write_all(text.as_bytes()).with_context(context)
}
