//! Arguments of `essaim journal`.

use std::str::FromStr;

use clap::{Args, Subcommand};

use crate::cli::args::CallArgs;

/// `essaim journal`.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// List entries, oldest first
    List(JournalListArgs),
    /// Check that no entry was changed, removed or added, and print the head to keep elsewhere
    Verify(JournalVerifyArgs),
}

/// `essaim journal list`.
#[derive(Debug, Args)]
pub struct JournalListArgs {
    /// Most entries to print
    #[arg(long, value_name = "COUNT", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rows: u32,
    /// Number of the first entry to print; without it, the newest ones are printed
    #[arg(long, value_name = "NUMBER")]
    pub from: Option<u64>,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// `essaim journal verify`.
#[derive(Debug, Args)]
pub struct JournalVerifyArgs {
    /// A head that an earlier verification printed; the answer is no if the journal was rewritten
    /// since
    #[arg(long, value_name = "ENTRIES:HASH")]
    pub kept: Option<KeptHead>,
    /// The node
    #[command(flatten)]
    pub call: CallArgs,
}

/// A head of the journal as it is printed and kept: `120:1f0c…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptHead {
    /// Number of entries.
    pub entries: u64,
    /// Hash of the last one.
    pub hash: [u8; 32],
}

impl FromStr for KeptHead {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (entries, hash) = text.split_once(':')?;
            let hash = blake3::Hash::from_hex(hash).ok()?;
            Some(Self { entries: entries.parse().ok()?, hash: hash.into() })
        };
        parse().ok_or("write it as `journal verify` prints it: a number, a colon, 64 digits")
    }
}

impl std::fmt::Display for KeptHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.entries, blake3::Hash::from_bytes(self.hash).to_hex())
    }
}
