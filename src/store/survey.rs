//! A look at sled's main file before sled opens it.
//!
//! The file is a log in segments. At a start sled 0.34.7 reads what was written since its last
//! snapshot, and where it meets bytes that it cannot read it passes over the rest of the segment,
//! or zeroes all that follows. Both are right for what a crash left unfinished at the end of the
//! log, and wrong for damage before it. This file tells the two apart as far as the main file alone
//! allows, and changes nothing: segments say up to where the log was complete when they were begun,
//! and what lies before that must be readable.
//!
//! ```text
//! segment = checksum (4) ‖ number of its first byte in the log (8) ‖ log complete up to (8)
//!           ‖ message …, the last of them a cap, or less than 32 bytes of rest
//! message = checksum (4) ‖ kind (1) ‖ length of body ‖ number of the segment ‖ page ‖ body
//! ```
//!
//! Numbers are little-endian; those of a segment's head are stored with all bits but the sign
//! flipped, checksums with all bits flipped; the last three of a message's head take one to nine
//! bytes each. The layout is that of the one version of sled that `Cargo.toml` allows.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

/// Bytes of a segment, stated to sled too.
pub(super) const SEGMENT_BYTES: usize = 512 * 1024;
const SEGMENT_HEAD_BYTES: usize = 20;
/// No message begins in so short a rest of a segment.
const MESSAGE_HEAD_BYTES_MAX: usize = 32;
const FLIPPED_NUMBER: i64 = i64::MAX;
const KIND_CAP: u8 = 2;
const KIND_LAST: u8 = 11;

/// What the main file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Survey {
    /// Everything up to the end of the log can be read.
    Sound,
    /// The end of the log cannot be read from this byte of the file on, and more follows. A crash
    /// may have left it so, or damage: who knows what was acknowledged can tell.
    Torn(u64),
    /// A piece before the end of the log cannot be read at this byte of the file. That is damage,
    /// and a start would pass over it in silence.
    Damaged(u64),
}

/// Looks at the main file `main` of the store in `folder`.
pub(super) fn survey(folder: &Path, main: &Path) -> io::Result<Survey> {
    let segment_bytes = SEGMENT_BYTES as i64;
    // What sled reads begins with the segment in which its snapshot ends.
    let from = snapshot_end(folder)? / segment_bytes * segment_bytes;
    let file = File::open(main)?;
    let count = file.metadata()?.len().div_ceil(SEGMENT_BYTES as u64);
    let mut heads = Vec::new();
    for number in 0..count {
        let at = number * SEGMENT_BYTES as u64;
        heads.push((at, Head::read(&read(&file, at, SEGMENT_HEAD_BYTES)?)));
    }
    let known = || heads.iter().filter_map(|(_, head)| head.as_ref());
    let complete_to = known().map(|head| head.complete_to).max().unwrap_or(0);
    let last = known().map(|head| head.first).max().unwrap_or(0);
    let mut torn = Survey::Sound;
    for (at, head) in &heads {
        if head.as_ref().is_some_and(|head| head.first < from) {
            continue;
        }
        let segment = read(&file, *at, SEGMENT_BYTES)?;
        let Some(head) = head else {
            if headless(&segment, from, complete_to) {
                return Ok(Survey::Damaged(*at));
            }
            continue;
        };
        let Some(offset) = torn_at(&segment, head.first) else { continue };
        let place = at + offset as u64;
        if head.first.saturating_add(offset as i64) < complete_to {
            return Ok(Survey::Damaged(place));
        }
        if head.first < last || message_after(&segment, offset, head.first) {
            torn = Survey::Torn(place);
        }
    }
    Ok(torn)
}

/// Where in the log the newest snapshot ends; its name says so.
fn snapshot_end(folder: &Path) -> io::Result<i64> {
    let mut end = 0;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix("snap."));
        let found = digits.and_then(|digits| i64::from_str_radix(digits, 16).ok());
        end = end.max(found.unwrap_or(0));
    }
    Ok(end)
}

/// Up to `count` bytes at `at`; fewer at the end of the file.
fn read(file: &File, at: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match file.read_at(&mut bytes[filled..], at + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// The head of a segment.
struct Head {
    /// Number of the segment's first byte in the log.
    first: i64,
    /// Up to where the log was complete when the segment was begun.
    complete_to: i64,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (checksum, rest) = bytes.get(..SEGMENT_HEAD_BYTES)?.split_first_chunk()?;
        let (first, complete_to) = rest.split_first_chunk()?;
        let number = |bytes: [u8; 8]| i64::from_le_bytes(bytes) ^ FLIPPED_NUMBER;
        let fits = !crc32fast::hash(rest) == u32::from_le_bytes(*checksum);
        let head =
            Self { first: number(*first), complete_to: number(complete_to.try_into().ok()?) };
        (fits && head.first >= 0).then_some(head)
    }
}

/// The head of a message.
struct Message {
    checksum: u32,
    kind: u8,
    segment: u64,
    head_bytes: usize,
    bytes: usize,
}

impl Message {
    /// The head at the start of `bytes`, if the whole message is there.
    fn head(bytes: &[u8]) -> Option<Self> {
        let (checksum, mut rest) = bytes.split_first_chunk()?;
        let checksum = u32::from_le_bytes(*checksum);
        let kind = *rest.split_off_first()?;
        let length = usize::try_from(number(&mut rest)?).ok()?;
        let segment = number(&mut rest)?;
        number(&mut rest)?;
        let whole = (1..=KIND_LAST).contains(&kind) && length <= rest.len();
        let head_bytes = bytes.len() - rest.len();
        let bytes = head_bytes.saturating_add(length);
        let message = Self { checksum, kind, segment, head_bytes, bytes };
        whole.then_some(message)
    }

    /// The message at the start of `bytes`, if its checksum fits.
    fn read(bytes: &[u8]) -> Option<Self> {
        Self::head(bytes).filter(|message| message.fits(bytes))
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&bytes[self.head_bytes..self.bytes]);
        hasher.update(&bytes[4..self.head_bytes]);
        !hasher.finalize() == self.checksum
    }
}

/// Takes a number of one to nine bytes off the front of `bytes`.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let first = u64::from(*bytes.split_off_first()?);
    match first {
        0..=240 => Some(first),
        241..=248 => Some(240 + 256 * (first - 241) + u64::from(*bytes.split_off_first()?)),
        249 => {
            let two = bytes.split_off(..2)?;
            Some(2288 + 256 * u64::from(two[0]) + u64::from(two[1]))
        }
        _ => {
            let count = usize::try_from(first - 247).ok()?;
            let mut number = [0; 8];
            number[..count].copy_from_slice(bytes.split_off(..count)?);
            Some(u64::from_le_bytes(number))
        }
    }
}

/// Where a segment cannot be read on, if that is before its end.
fn torn_at(segment: &[u8], first: i64) -> Option<usize> {
    let number = u64::try_from(first).ok()? / SEGMENT_BYTES as u64;
    let mut at = SEGMENT_HEAD_BYTES;
    while at + MESSAGE_HEAD_BYTES_MAX <= SEGMENT_BYTES {
        let message = Message::read(segment.get(at..).unwrap_or_default());
        let Some(message) = message else { return Some(at) };
        if message.kind == KIND_CAP || message.segment != number {
            // The end; or the segment was about to be used again when the node was killed.
            return None;
        }
        at += message.bytes;
    }
    None
}

/// Whether the segment holds a message of its own somewhere after `from`.
fn message_after(segment: &[u8], from: usize, first: i64) -> bool {
    let number = u64::try_from(first).unwrap_or(0) / SEGMENT_BYTES as u64;
    let is_message = |bytes: &[u8]| {
        Message::head(bytes).is_some_and(|it| it.segment == number && it.fits(bytes))
    };
    (from..segment.len()).any(|at| is_message(&segment[at..]))
}

/// Whether a segment whose head cannot be read holds messages of the complete part of the log.
fn headless(segment: &[u8], from: i64, complete_to: i64) -> bool {
    let message = segment.get(SEGMENT_HEAD_BYTES..).and_then(Message::read);
    let first = message
        .and_then(|message| i64::try_from(message.segment).ok()?.checked_mul(SEGMENT_BYTES as i64));
    first.is_some_and(|first| (from..complete_to).contains(&first))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Head::read(&bytes);
            if let Some(message) = Message::read(&bytes) {
                assert!(message.bytes <= bytes.len());
            }
            assert!(torn_at(&bytes, 0).is_some());
            // Numbers of nine bytes, as chance seldom makes them.
            let long = [&[0, 0, 0, 0, 2, 255, 255, 255, 255, 255], bytes.as_slice()].concat();
            assert!(!message_after(&long, 0, 0));
        }
    }
}
