//! Why a node does not start or stops.

use std::{io::ErrorKind, path::PathBuf};

use crate::{
    base::id::MemberCode,
    codes::regions::RegionsError,
    keys::{KeyError, certificate::CertificateError, roster::RosterFault},
    library::error::LibraryError,
    log::LogError,
    records::error::RecordError,
    release::error::GateError,
    rpc::{server::ServeError, tls::TlsError},
    statistics::error::StatisticsError,
    store::StoreError,
};

/// What keeps a node from running.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The roster cannot be read.
    #[error("Cannot read the roster {file}: {cause}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// There is no roster: a new member has none yet, another has lost it.
    #[error(
        "There is no roster at {file}, where `roster_file` of the configuration has it. A new \
         member hands the member.toml that `essaim init` made to whoever keeps the roster. Put the \
         roster.toml they return at {file}"
    )]
    NoRoster {
        /// Where it should be.
        file: PathBuf,
    },
    /// The roster has faults; all of them.
    #[error("The roster {file} has faults:{}", listed(faults))]
    Roster {
        /// The file.
        file: PathBuf,
        /// Every fault.
        faults: Vec<RosterFault>,
    },
    /// The roster and the configuration do not speak of the same node.
    #[error(
        "The roster {file} does not fit this node of {member}: {problem}. Hand the fragment that \
         `essaim init` printed to the roster's keeper"
    )]
    NotInRoster {
        /// The file.
        file: PathBuf,
        /// The node's member.
        member: MemberCode,
        /// What does not fit.
        problem: &'static str,
    },
    /// A roster that does not follow the one in force.
    #[error(
        "The roster {file} has version {version}, and version {current} is in force: a changed \
         roster counts up. Ask its keeper for the newest"
    )]
    OldRoster {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u64,
        /// The version in force.
        current: u64,
    },
    /// A listener's address cannot be had.
    #[error("Cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// The file of further regions is not usable.
    #[error(transparent)]
    Regions(#[from] RegionsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The logs failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A key file is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A certificate is not usable.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate and key do not fit together.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The records cannot be opened.
    #[error(transparent)]
    Records(#[from] RecordError),
    /// The gate cannot take up where it stopped.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The statistics cannot be opened.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    /// The library cannot be opened.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A listener failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A neighbour to pull from is nobody to pull from.
    #[error(
        "`sync.neighbours` names {neighbour}, which is this node's own member or not in the roster \
         {file}; correct it, or leave it out to pull from every member"
    )]
    NoNeighbour {
        /// The roster.
        file: PathBuf,
        /// Who was named.
        neighbour: MemberCode,
    },
    /// A thread of the start died.
    #[error("A step of the start died; its message stands above")]
    Panicked,
}

impl NodeError {
    /// Whether a file that the configuration names is missing or faulty, so that the next start
    /// ends in the same way until somebody has mended it. Others may pass: an address that is not
    /// there yet, a lock that another process still holds.
    pub fn is_of_configuration(&self) -> bool {
        match self {
            Self::NoRoster { .. }
            | Self::Roster { .. }
            | Self::NotInRoster { .. }
            | Self::NoNeighbour { .. }
            | Self::Regions(RegionsError::Missing { .. } | RegionsError::Faulty { .. })
            | Self::Key(_)
            | Self::Certificate(_)
            | Self::Store(StoreError::Missing { .. })
            | Self::Tls(_) => true,
            Self::Unreadable { cause, .. }
            | Self::Regions(RegionsError::Unreadable { cause, .. }) => matches!(
                cause.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidData | ErrorKind::FileTooLarge
            ),
            Self::OldRoster { .. }
            | Self::Listen { .. }
            | Self::Store(_)
            | Self::Log(_)
            | Self::Records(_)
            | Self::Gate(_)
            | Self::Statistics(_)
            | Self::Library(_)
            | Self::Serve(_)
            | Self::Panicked => false,
        }
    }
}

fn listed(faults: &[RosterFault]) -> String {
    faults.iter().map(|fault| format!("\n  {fault}")).collect()
}
