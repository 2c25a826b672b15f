//! Keys: Ed25519 signers of logs, signed notes, and the roster that says whose key counts.
//!
//! Three kinds of key never mix: TLS keys of nodes and people, log-signing keys, and governance
//! keys, which never lie on a node.

pub mod certificate;
pub mod merge;
pub mod note;
pub mod person;
mod private_file;
pub mod roster;
pub mod roster_toml;
pub mod signer;

/// What is wrong with a key, a key file or a signed note. Carries no key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file could not be read or written.
    #[error("The key file {path} could not be used: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The key file exists already.
    #[error("The key file {path} exists already; a key is never overwritten. Move it away first")]
    Exists {
        /// The file.
        path: String,
    },
    /// Others than its owner may read or change the key file.
    #[error(
        "The key file {path} may be used by others than its owner (mode {mode:03o}): \
         `chmod 600 {path}`, and if anybody else was on the machine, make a new key"
    )]
    Exposed {
        /// The file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
    /// The file is no log key.
    #[error("The file {path} holds no log-signing key; restore it from its copy")]
    NoKey {
        /// The file.
        path: String,
    },
    /// The operating system gave no random bytes.
    #[error("The operating system gave no random bytes")]
    NoRandomness,
    /// The bytes are no Ed25519 public key.
    #[error("The bytes are no Ed25519 public key")]
    NoPublicKey,
    /// The bytes are no signed note.
    #[error("The bytes are no signed note: {problem}")]
    NoNote {
        /// What was expected.
        problem: &'static str,
    },
    /// The note bears no signature by the expected key.
    #[error("The note bears no signature by the key {name}")]
    NotSigned {
        /// The key's name.
        name: String,
    },
    /// A signature claims to be by the expected key and is not.
    #[error("The signature by {name} does not match the note")]
    BadSignature {
        /// The key's name.
        name: String,
    },
}
