//! Signed notes as C2SP `signed-note` lays them down: text, an empty line, signature lines.
//!
//! ```text
//! essaim/ML/1
//! 17
//! <root, base64>
//!
//! — essaim/ML/1 <base64 of 4 bytes key identifier and 64 bytes signature>
//! ```
//!
//! The signature covers the text with its final newline. The key identifier is the start of
//! SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). Lines by unknown keys are kept and passed over.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::keys::{
    KeyError,
    signer::{LogPublicKey, LogSigner},
};

/// Largest signed note, in bytes.
pub const NOTE_BYTES_MAX: usize = 16 * 1024;
/// Most signature lines.
pub const NOTE_SIGNATURES_MAX: usize = 16;
/// Longest signature with its key identifier, in bytes (room for other algorithms).
const SIGNATURE_BYTES_MAX: usize = 4 * 1024;
/// How C2SP numbers Ed25519.
const ED25519: u8 = 1;
const LINE_START: &str = "\u{2014} ";

/// A text with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

impl SignedNote {
    /// Signs `text` with `signer` under the key name `name`.
    pub fn sign(text: String, name: &str, signer: &LogSigner) -> Result<Self, KeyError> {
        check_text(&text)?;
        check_name(name)?;
        let signature = NoteSignature {
            name: name.into(),
            key_id: key_id(name, &signer.public()),
            signature: signer.sign(text.as_bytes()).to_vec(),
        };
        Ok(Self { text, signatures: vec![signature] })
    }

    /// Reads a note; verifies no signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(no_note("it is too long"));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| no_note("it is not UTF-8"))?;
        let split = note.rfind("\n\n").ok_or_else(|| no_note("it has no empty line"))?;
        let (text, lines) = (&note[..split + 1], &note[split + 2..]);
        check_text(text)?;
        let lines = lines.strip_suffix('\n').ok_or_else(|| no_note("its last line is open"))?;
        let signatures: Result<Vec<_>, _> =
            lines.split('\n').take(NOTE_SIGNATURES_MAX + 1).map(parse_line).collect();
        let signatures = signatures?;
        match signatures.len() > NOTE_SIGNATURES_MAX {
            true => Err(no_note("it has too many signatures")),
            false => Ok(Self { text: text.into(), signatures }),
        }
    }

    /// The note's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut note = format!("{}\n", self.text);
        for line in &self.signatures {
            let mut bytes = line.key_id.to_vec();
            bytes.extend_from_slice(&line.signature);
            let line = format!("{LINE_START}{} {}\n", line.name, STANDARD.encode(bytes));
            note.push_str(&line);
        }
        note.into_bytes()
    }

    /// The signed text, final newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks that the note bears `key`'s signature under the name `name`.
    pub fn verify(&self, name: &str, key: &LogPublicKey) -> Result<(), KeyError> {
        let key_id = key_id(name, key);
        let mut lines =
            self.signatures.iter().filter(|line| line.name == name && line.key_id == key_id);
        let line = lines.next().ok_or_else(|| KeyError::NotSigned { name: name.into() })?;
        let signature: Option<[u8; 64]> = line.signature.as_slice().try_into().ok();
        match signature.is_some_and(|signature| key.verifies(self.text.as_bytes(), &signature)) {
            true => Ok(()),
            false => Err(KeyError::BadSignature { name: name.into() }),
        }
    }
}

/// The first 4 bytes of the hash of a key and its name.
pub fn key_id(name: &str, key: &LogPublicKey) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', ED25519]);
    hasher.update(key.as_bytes());
    let hash = hasher.finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn parse_line(line: &str) -> Result<NoteSignature, KeyError> {
    let line =
        line.strip_prefix(LINE_START).ok_or_else(|| no_note("a signature line has no dash"))?;
    let (name, text) =
        line.split_once(' ').ok_or_else(|| no_note("a signature line has no signature"))?;
    check_name(name)?;
    let bytes = STANDARD.decode(text).map_err(|_| no_note("a signature is not base64"))?;
    let (key_id, signature) =
        bytes.split_first_chunk().ok_or_else(|| no_note("a signature is too short"))?;
    if signature.is_empty() || bytes.len() > SIGNATURE_BYTES_MAX {
        return Err(no_note("a signature has a wrong length"));
    }
    Ok(NoteSignature { name: name.into(), key_id: *key_id, signature: signature.to_vec() })
}

fn check_text(text: &str) -> Result<(), KeyError> {
    if !text.ends_with('\n') {
        return Err(no_note("the text has no final newline"));
    }
    match text.chars().any(|character| character < ' ' && character != '\n') {
        true => Err(no_note("the text has control characters")),
        false => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), KeyError> {
    let bad =
        |character: char| character.is_whitespace() || character.is_control() || character == '+';
    match name.is_empty() || name.contains(bad) {
        true => Err(no_note("a key name is empty or has spaces")),
        false => Ok(()),
    }
}

fn no_note(problem: &'static str) -> KeyError {
    KeyError::NoNote { problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the C2SP signed-note specification (and of Go's `sumdb/note`).
    const PETER: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKv\
        qfqdngotpRZb6KE6RyyBwJnAM=\n";
    const PETER_KEY: &str = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn the_published_example_verifies() {
        let bytes = STANDARD.decode(PETER_KEY).unwrap();
        let key = LogPublicKey::from_bytes(bytes[1..].try_into().unwrap()).unwrap();
        let note = SignedNote::parse(PETER.as_bytes()).unwrap();
        note.verify("PeterNeumann", &key).unwrap();
        assert_eq!(note.to_bytes(), PETER.as_bytes());
    }

    #[test]
    fn a_note_verifies_under_its_key_and_name_only() {
        let signer = LogSigner::from_seed([1; 32]);
        let note = SignedNote::sign("a\nb\n".into(), "essaim/ML/1", &signer).unwrap();
        let read = SignedNote::parse(&note.to_bytes()).unwrap();
        assert_eq!(read, note);
        read.verify("essaim/ML/1", &signer.public()).unwrap();
        assert!(read.verify("essaim/ML/2", &signer.public()).is_err());
        let other = LogSigner::from_seed([2; 32]).public();
        assert!(read.verify("essaim/ML/1", &other).is_err());
    }

    #[test]
    fn a_flipped_byte_anywhere_is_noticed() {
        let signer = LogSigner::from_seed([1; 32]);
        let bytes = SignedNote::sign("text\n".into(), "name", &signer).unwrap().to_bytes();
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            let verified =
                SignedNote::parse(&damaged).and_then(|note| note.verify("name", &signer.public()));
            assert!(verified.is_err(), "byte {position}");
        }
    }
}
