//! `essaim certificate`: roots of members, certificates of their people, new ones of nodes.

use std::path::Path;

use anyhow::{Context, bail};

use crate::{
    base::clock::{Clock, SystemClock},
    cli::{
        Done,
        args::local::{CertificateCommand, IssueArgs, RenewArgs, Role, RootArgs},
        folder::{self, Pair},
        output,
        person::{self as new_person, NewPerson, NewProfile},
        roster,
    },
    keys::{certificate, person},
};

impl From<Role> for person::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Referent => Self::Referent,
            Role::Steward => Self::Steward,
            Role::Operator => Self::Operator,
            Role::Analyst => Self::Analyst,
            Role::Author => Self::Author,
        }
    }
}

/// Runs one of the commands.
pub(super) fn run(command: &CertificateCommand) -> anyhow::Result<Done> {
    match command {
        CertificateCommand::Root(args) => root(args),
        CertificateCommand::Issue(args) => issue(args),
        CertificateCommand::Node(args) => node(args),
    }
}

fn root(args: &RootArgs) -> anyhow::Result<Done> {
    folder::make_private(&args.folder)?;
    let pair = Pair::new(&args.folder, "root");
    certificate::create_people_root(args.member, SystemClock.today(), pair.paths())?;
    output::line(&format!("Made root.pem and root.key in {}", args.folder.display()))?;
    Ok(Done::Yes)
}

fn node(args: &RenewArgs) -> anyhow::Result<Done> {
    folder::make_private(&args.folder)?;
    let pair = Pair::new(&args.folder, "node");
    let pin = certificate::create_node(args.member, SystemClock.today(), pair.paths())?;
    let shown = args.folder.display();
    output::line(&format!("Made node.pem and node.key in {shown}; for the roster's node_keys:"))?;
    output::line(&pin.to_string())?;
    eprintln!("Once a roster holds the new key beside the old one on all nodes, put both files in");
    eprintln!(
        "the place of the old ones; the running node takes them up. Then the old key may go."
    );
    Ok(Done::Yes)
}

fn issue(args: &IssueArgs) -> anyhow::Result<Done> {
    // Names are checked by the same reader that checks them in a TLS handshake.
    let uri = format!("essaim://{}/{}/{}", args.member, args.role.word(), args.name);
    let person: person::Person = uri.parse()?;
    let (folder, name) = place(&args.out)?;
    // Before anything is issued: a roster with faults ends the command.
    let warning = roster_warning(args)?;
    let new = NewPerson {
        person: &person,
        root_folder: &args.root,
        folder,
        file_name: name,
        days: args.days.into(),
        profile: profile(args)?,
    };
    let pin = new_person::make(&new, SystemClock.today())?;
    output::line(&format!("Issued {person} for {} days; to deny it later: {pin}", args.days))?;
    match &new.profile {
        Some(made) => {
            eprintln!("Commands take it with --profile {}", made.file.display());
            if args.roster.is_none() {
                eprintln!("Put the roster, or a copy of it, beside that file as roster.toml.");
            }
        }
        None => eprintln!("No profile was written; with --address HOST:PORT there is one."),
    }
    if let Some(warning) = warning {
        eprintln!("{warning}");
    }
    Ok(Done::Yes)
}

/// A root that the roster does not hold yet lets nobody in; the certificate is good all the same.
fn roster_warning(args: &IssueArgs) -> anyhow::Result<Option<String>> {
    let Some(file) = &args.roster else { return Ok(None) };
    let (shown, member) = (file.display(), args.member);
    if !file.exists() {
        return Ok(Some(format!("There is no {shown} yet; commands need it.")));
    }
    let held = roster::load(file)?;
    let root = certificate::load_certificate(&args.root.join("root.pem"))?;
    let is_of_root = |held: &Vec<u8>| **held == *root;
    let holds = held.member(member).is_some_and(|it| it.people_roots.iter().any(is_of_root));
    Ok((!holds).then(|| {
        format!(
            "Warning: {shown} does not hold this root for {member};\n\
             until it does, nodes turn the certificate away."
        )
    }))
}

/// The profile that was asked for, beside the certificate.
fn profile(args: &IssueArgs) -> anyhow::Result<Option<NewProfile>> {
    let Some(address) = &args.address else { return Ok(None) };
    let roster_file = match &args.roster {
        // Typed from the working folder, read from the profile's.
        Some(file) => std::path::absolute(file)
            .with_context(|| format!("Cannot name the roster {}", file.display()))?,
        None => "roster.toml".into(),
    };
    let file = args.out.with_extension("toml");
    Ok(Some(NewProfile { file, address: address.clone(), roster_file, folder: "".into() }))
}

/// Folder and name of `…/NAME.pem`.
fn place(file: &Path) -> anyhow::Result<(&Path, &str)> {
    if file.extension().is_none_or(|ending| ending != "pem") {
        bail!("{} must end in .pem", file.display());
    }
    let name = file.file_stem().and_then(|name| name.to_str()).context("No file name")?;
    Ok((file.parent().unwrap_or(Path::new("")), name))
}
