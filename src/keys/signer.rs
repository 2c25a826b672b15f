//! The key that signs a member's log, and its public half.
//!
//! Key file: the line `essaim log key v1`, then the 32-byte Ed25519 seed in base64; mode 0600.
//! It may never be lost before a successor stands in the roster, and never lies in two places
//! that sign: two signers of one log fork it.

use std::{fmt, fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::keys::{
    KeyError,
    private_file::{self, Unfit},
};

const FILE_HEAD: &str = "essaim log key v1";
/// Largest key file read, in bytes; one that was written here has 63.
const FILE_BYTES_MAX: u64 = 1024;

/// Signs checkpoints of one log.
pub struct LogSigner(SigningKey);

/// The public half of a log-signing key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPublicKey([u8; 32]);

impl LogSigner {
    /// A new random key.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self::from_seed(seed))
    }

    /// The key with this seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// Reads a key file, which must be its owner's alone.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let no_key = || KeyError::NoKey { path: path.display().to_string() };
        let text = private_file::read(path, FILE_BYTES_MAX).map_err(|unfit| match unfit {
            Unfit::Unreadable(cause) => file_error(path, cause),
            Unfit::TooLong => no_key(),
            Unfit::Exposed { mode } => KeyError::Exposed { path: path.display().to_string(), mode },
        })?;
        let mut lines = text.lines();
        if lines.next() != Some(FILE_HEAD) {
            return Err(no_key());
        }
        let seed = STANDARD.decode(lines.next().unwrap_or_default()).map_err(|_| no_key())?;
        Ok(Self::from_seed(seed.try_into().map_err(|_| no_key())?))
    }

    /// Writes the key to a new file that only its owner may read, and syncs it to the disk.
    pub fn save_new(&self, path: &Path) -> Result<(), KeyError> {
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(path);
        let mut file = opened.map_err(|cause| match cause.kind() {
            std::io::ErrorKind::AlreadyExists => {
                KeyError::Exists { path: path.display().to_string() }
            }
            _ => file_error(path, cause),
        })?;
        let text = format!("{FILE_HEAD}\n{}\n", STANDARD.encode(self.0.to_bytes()));
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|cause| file_error(path, cause))
    }

    /// The public half.
    pub fn public(&self) -> LogPublicKey {
        LogPublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner({})", self.public())
    }
}

impl LogPublicKey {
    /// The key with these bytes, if they are a point of the curve that is safe to verify with.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NoPublicKey)?;
        match key.is_weak() {
            true => Err(KeyError::NoPublicKey),
            false => Ok(Self(bytes)),
        }
    }

    /// Reads the base64 text that [`fmt::Display`] writes.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| KeyError::NoPublicKey)?;
        Self::from_bytes(bytes.try_into().map_err(|_| KeyError::NoPublicKey)?)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `signature` is this key's over `message` (strictly: no malleable signatures).
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl fmt::Display for LogPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for LogPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogPublicKey({self})")
    }
}

fn file_error(path: &Path, cause: std::io::Error) -> KeyError {
    KeyError::File { path: path.display().to_string(), cause }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_saved_key_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        let signer = LogSigner::generate().unwrap();
        signer.save_new(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(LogSigner::load(&path).unwrap().public(), signer.public());
        assert!(matches!(signer.save_new(&path), Err(KeyError::Exists { .. })));
        assert!(!format!("{signer:?}").contains(&STANDARD.encode(signer.0.to_bytes())));
    }

    #[test]
    fn a_key_that_others_may_read_is_refused_with_a_remedy_that_works() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        LogSigner::generate().unwrap().save_new(&path).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let text = LogSigner::load(&path).unwrap_err().to_string();
            assert!(text.contains(&format!("`chmod 600 {}`", path.display())), "{text}");
        }
        for mode in [0o600, 0o400, 0o700] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            LogSigner::load(&path).unwrap();
        }
    }

    #[test]
    fn a_file_far_too_long_for_a_key_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        LogSigner::generate().unwrap().save_new(&path).unwrap();
        let key = fs::read_to_string(&path).unwrap();
        fs::write(&path, key + &"\n".repeat(100_000)).unwrap();
        assert!(matches!(LogSigner::load(&path), Err(KeyError::NoKey { .. })));
    }

    #[test]
    fn a_signature_holds_for_its_message_only() {
        let signer = LogSigner::from_seed([7; 32]);
        let signature = signer.sign(b"message");
        assert!(signer.public().verifies(b"message", &signature));
        assert!(!signer.public().verifies(b"another", &signature));
        assert!(LogPublicKey::from_bytes([0; 32]).is_err(), "a weak key is refused");
    }
}
