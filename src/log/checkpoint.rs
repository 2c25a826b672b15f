//! Checkpoints: what an origin signs about its log. C2SP `tlog-checkpoint` texts in signed notes,
//! with the origin line (and key name) `essaim/ML/1`. The text may never change.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    base::id::MemberCode,
    keys::{KeyError, note::SignedNote, signer::LogSigner},
    log::merkle::Hash,
};

/// Size and root of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log.
    pub origin: MemberCode,
    /// Which incarnation of it.
    pub epoch: u32,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over their headers.
    pub root: Hash,
}

/// The first line of checkpoints of a log, and the name of its key.
pub fn origin_line(origin: MemberCode, epoch: u32) -> String {
    format!("essaim/{origin}/{epoch}")
}

impl Checkpoint {
    /// The signed text.
    pub fn to_text(&self) -> String {
        let origin = origin_line(self.origin, self.epoch);
        format!("{origin}\n{}\n{}\n", self.size, STANDARD.encode(self.root))
    }

    /// Reads a checkpoint's text. Lines after the third are extensions and passed over.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let mut names = lines.next()?.strip_prefix("essaim/")?.split('/');
        let origin = names.next()?.parse().ok()?;
        let epoch = canonical(names.next()?)?.try_into().ok()?;
        let size = canonical(lines.next()?)?;
        let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let extensions_filled = lines.all(|line| !line.is_empty());
        let read = Self { origin, epoch, size, root };
        (names.next().is_none() && extensions_filled).then_some(read)
    }

    /// Signs it.
    pub fn sign(&self, signer: &LogSigner) -> Result<SignedNote, KeyError> {
        SignedNote::sign(self.to_text(), &origin_line(self.origin, self.epoch), signer)
    }
}

/// A decimal number without sign or leading zeros.
fn canonical(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}
