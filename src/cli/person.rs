//! People who call a node: each gets a certificate, and a profile that uses it.

use std::path::{Path, PathBuf};

use anyhow::bail;
use jiff::civil::Date;

use crate::{
    cli::folder::{self, Pair},
    config::profile::{Listener, Profile},
    keys::{certificate, person::Person, roster::SpkiPin},
};

/// A person to be let in.
pub(super) struct NewPerson<'a> {
    /// Who.
    pub(super) person: &'a Person,
    /// Folder of the root that issues the certificate.
    pub(super) root_folder: &'a Path,
    /// Folder of the certificate and its key.
    pub(super) folder: &'a Path,
    /// Name of both files, without ending.
    pub(super) file_name: &'a str,
    /// Days the certificate is valid.
    pub(super) days: u32,
    /// The profile, if one is wanted.
    pub(super) profile: Option<NewProfile>,
}

/// What a profile says besides who calls.
pub(super) struct NewProfile {
    /// The file to write.
    pub(super) file: PathBuf,
    /// Where the person reaches the listener for its role.
    pub(super) address: String,
    /// The roster, as it shall stand in the profile.
    pub(super) roster_file: PathBuf,
    /// Folder of the certificate, as it shall stand in the profile.
    pub(super) folder: PathBuf,
}

/// Issues the certificate and writes the profile; returns the pin of the key, for a later denial.
/// Nothing is issued if the profile could not be written as asked.
pub(super) fn make(new: &NewPerson<'_>, today: Date) -> anyhow::Result<SpkiPin> {
    let text = new.profile.as_ref().map(|profile| profile_text(new, profile)).transpose()?;
    let root = Pair::new(new.root_folder, "root");
    let pair = Pair::new(new.folder, new.file_name);
    let pin = certificate::issue_person(root.paths(), new.person, today, new.days, pair.paths())?;
    if let Some((profile, text)) = new.profile.as_ref().zip(text) {
        folder::write_new(&profile.file, &text)?;
    }
    Ok(pin)
}

fn profile_text(new: &NewPerson<'_>, profile: &NewProfile) -> anyhow::Result<String> {
    let shown = profile.file.display();
    if profile.file.exists() {
        bail!("The file {shown} exists already and is not overwritten. Move it away first");
    }
    let text = Profile {
        member: new.person.member,
        listener: if new.person.role.is_staff() { Listener::Hub } else { Listener::Exchange },
        address: profile.address.clone(),
        roster_file: profile.roster_file.clone(),
        certificate_file: profile.folder.join(format!("{}.pem", new.file_name)),
        key_file: profile.folder.join(format!("{}.key", new.file_name)),
    }
    .to_toml();
    // By the reader that every command reads it with.
    match Profile::from_toml(&text, Path::new("")) {
        Ok(_) => Ok(text),
        Err(faults) => bail!("The profile {shown} cannot be written: {}", faults[0]),
    }
}
