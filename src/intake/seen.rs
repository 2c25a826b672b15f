//! The rows met so far in a file, so that a key that comes again is noticed.
//!
//! Memory does not grow with the file. The newest rows stand in memory, at most
//! [`RECENT_ROWS_MAX`] and those of the batches not settled; the others in a hash table in a
//! temporary file without a name, which the system removes when the import ends, however it ends.
//! Most files never need it.
//!
//! ```text
//! file = page …, as many as a power of two     page = slot × 128, filled from the front
//! slot = digest of the key (16 bytes) ‖ digest of what the row says (8) ‖ line and refusal (8)
//! ```
//!
//! A row stands on the page that the first bits of its key's digest number, so that one page is
//! read to find it, and a table twice as large splits each page in two. A line is never 0: a slot
//! of zeros is free. Digests are keyed with a random secret that dies with the import: nobody
//! learns anything from the file's bytes, or can choose keys that crowd one page.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
};

/// Rows in memory from which they go into the file when a batch is settled.
const RECENT_ROWS_MAX: usize = 16_384;

const SLOT_BYTES: usize = 32;
const PAGE_BYTES: usize = 4_096;
const SLOTS: usize = PAGE_BYTES / SLOT_BYTES;

/// Rows per page, on average, from which the table is made larger: with twice as many slots, that a
/// page overflows is as good as impossible; if one does, the table is made larger, too.
const PAGE_ROWS_MEAN_MAX: usize = SLOTS / 2;

/// The table has `1 << PAGE_BITS_MIN` pages at least, and `1 << PAGE_BITS_MAX` (64 MiB) at most:
/// half full with all rows that a file may have.
const PAGE_BITS_MIN: u32 = 9;
const PAGE_BITS_MAX: u32 = 14;

/// Where the refusal stands beside the line.
const REFUSED_BIT: u64 = 1 << 63;

/// Digest of a row's key.
type Digest = [u8; 16];

/// A row met before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Met {
    /// Its line.
    pub line: u64,
    /// Digest of what it says.
    pub says: [u8; 8],
    /// Whether the repository refused it.
    pub refused: bool,
}

/// All rows met so far.
pub(super) struct Seen {
    secret: [u8; 32],
    recent: HashMap<Digest, Met>,
    table: Option<Table>,
    recent_rows_max: usize,
}

impl Seen {
    /// None yet.
    pub fn new() -> io::Result<Self> {
        Self::with_recent(RECENT_ROWS_MAX)
    }

    fn with_recent(recent_rows_max: usize) -> io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|_| io::Error::other("the system gives no random numbers"))?;
        Ok(Self { secret, recent: HashMap::new(), table: None, recent_rows_max })
    }

    fn digest(&self, key: &str) -> Digest {
        let hash = blake3::keyed_hash(&self.secret, key.as_bytes());
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.as_bytes()[..16]);
        digest
    }

    /// The row with this key, if there was one.
    pub fn find(&self, key: &str) -> io::Result<Option<Met>> {
        let digest = self.digest(key);
        match (self.recent.get(&digest), &self.table) {
            (Some(met), _) => Ok(Some(*met)),
            (None, Some(table)) => table.find(&digest),
            (None, None) => Ok(None),
        }
    }

    /// Notes a row whose key is new.
    pub fn insert(&mut self, key: &str, met: Met) {
        self.recent.insert(self.digest(key), met);
    }

    /// Notes that the repository refused a row.
    pub fn refuse(&mut self, key: &str) -> io::Result<()> {
        let digest = self.digest(key);
        match (self.recent.get_mut(&digest), &self.table) {
            (Some(met), _) => met.refused = true,
            (None, Some(table)) => table.refuse(&digest)?,
            (None, None) => {}
        }
        Ok(())
    }

    /// A batch is over: if there are many rows in memory, they go into the file.
    pub fn settle(&mut self) -> io::Result<()> {
        if self.recent.len() < self.recent_rows_max {
            return Ok(());
        }
        let mut rows: Vec<_> = self.recent.drain().collect();
        rows.sort_unstable_by_key(|(digest, _)| *digest);
        let table = match self.table.take() {
            Some(table) => table,
            None => Table::new(PAGE_BITS_MIN)?,
        };
        self.table = Some(table.with(&rows)?);
        Ok(())
    }
}

/// The rows in the file.
struct Table {
    file: File,
    page_bits: u32,
    rows: usize,
}

/// A page as it stands in the file.
type Page = [u8; PAGE_BYTES];

impl Table {
    fn new(page_bits: u32) -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        file.set_len((PAGE_BYTES as u64) << page_bits)?;
        Ok(Self { file, page_bits, rows: 0 })
    }

    /// The page on which a row stands.
    fn page_of(&self, digest: &Digest) -> u64 {
        let [a, b, c, d, ..] = *digest;
        (u32::from_be_bytes([a, b, c, d]) >> (u32::BITS - self.page_bits)).into()
    }

    fn read(&self, page: u64) -> io::Result<Page> {
        let mut bytes = [0; PAGE_BYTES];
        self.file.read_exact_at(&mut bytes, page * PAGE_BYTES as u64)?;
        Ok(bytes)
    }

    fn find(&self, digest: &Digest) -> io::Result<Option<Met>> {
        let page = self.read(self.page_of(digest))?;
        Ok(slots(&page).find(|(found, _)| found == digest).map(|(_, met)| met))
    }

    fn refuse(&self, digest: &Digest) -> io::Result<()> {
        let number = self.page_of(digest);
        let mut page = self.read(number)?;
        let rows: Vec<_> = slots(&page)
            .map(|(found, met)| (found, Met { refused: met.refused || found == *digest, ..met }))
            .collect();
        fill(&mut page, 0, &rows);
        self.file.write_all_at(&page, number * PAGE_BYTES as u64)
    }

    /// The table with further rows, in the order of their digests.
    fn with(self, rows: &[(Digest, Met)]) -> io::Result<Self> {
        let mut table = self;
        while table.rows + rows.len() > PAGE_ROWS_MEAN_MAX << table.page_bits {
            table = table.doubled()?;
        }
        let mut rest = rows;
        while let Some((first, _)) = rest.first() {
            let number = table.page_of(first);
            let count = rest.partition_point(|(digest, _)| table.page_of(digest) <= number);
            let mut page = table.read(number)?;
            let used = slots(&page).count();
            if used + count > SLOTS {
                table = table.doubled()?;
                continue;
            }
            let (here, further) = rest.split_at(count);
            fill(&mut page, used, here);
            table.file.write_all_at(&page, number * PAGE_BYTES as u64)?;
            (table.rows, rest) = (table.rows + count, further);
        }
        Ok(table)
    }

    /// The same rows in a table of twice as many pages.
    fn doubled(self) -> io::Result<Self> {
        if self.page_bits == PAGE_BITS_MAX {
            return Err(io::Error::other("more rows than a file may have"));
        }
        let mut table = Self::new(self.page_bits + 1)?;
        for number in 0..1 << self.page_bits {
            let rows: Vec<_> = slots(&self.read(number)?).collect();
            let is_low = |(digest, _): &(Digest, Met)| table.page_of(digest) == 2 * number;
            let (low, high): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_low);
            for half in [low, high] {
                let mut page = [0; PAGE_BYTES];
                fill(&mut page, 0, &half);
                table.file.write_all(&page)?;
            }
        }
        table.rows = self.rows;
        Ok(table)
    }
}

/// The rows on a page.
fn slots(page: &Page) -> impl Iterator<Item = (Digest, Met)> {
    page.chunks_exact(SLOT_BYTES).map_while(|slot| {
        let (digest, rest) = slot.split_first_chunk()?;
        let (says, place) = rest.split_first_chunk()?;
        let place = u64::from_be_bytes(place.try_into().ok()?);
        let (line, refused) = (place & !REFUSED_BIT, place & REFUSED_BIT != 0);
        (line > 0).then_some((*digest, Met { line, says: *says, refused }))
    })
}

/// Puts rows behind the `used` slots of a page that has room for them.
fn fill(page: &mut Page, used: usize, rows: &[(Digest, Met)]) {
    let free = page.chunks_exact_mut(SLOT_BYTES).skip(used);
    for (slot, (digest, Met { line, says, refused })) in free.zip(rows) {
        let place = line | if *refused { REFUSED_BIT } else { 0 };
        slot[..16].copy_from_slice(digest);
        slot[16..24].copy_from_slice(says);
        slot[24..].copy_from_slice(&place.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64) -> Met {
        Met { line: number + 1, says: number.to_le_bytes(), refused: number.is_multiple_of(3) }
    }

    #[test]
    fn rows_are_found_again_however_many_came_since() {
        let mut seen = Seen::with_recent(1_000).unwrap();
        // More than the smallest table holds.
        let count = 40_000_u64;
        for number in 0..count {
            let key = number.to_string();
            assert_eq!(seen.find(&key).unwrap(), None);
            seen.insert(&key, Met { refused: false, ..row(number) });
            // Some rows are refused while they stand in memory, others after that.
            let late = number.checked_sub(700).filter(|late| late % 2 == 0);
            for refused in late.into_iter().chain(Some(number).filter(|now| now % 2 == 1)) {
                if row(refused).refused {
                    seen.refuse(&refused.to_string()).unwrap();
                }
            }
            if number % 300 == 0 {
                seen.settle().unwrap();
            }
        }
        let table = seen.table.as_ref().unwrap();
        assert!(table.page_bits > PAGE_BITS_MIN && table.rows + seen.recent.len() == 40_000);
        for number in 0..count - 700 {
            assert_eq!(seen.find(&number.to_string()).unwrap(), Some(row(number)));
        }
    }

    #[test]
    fn a_page_that_overflows_makes_the_table_larger() {
        // All on the first page of the smallest table, on two pages of the next.
        let digest = |number: u64| {
            let half =
                if number.is_multiple_of(2) { 0 } else { 1 << (u32::BITS - PAGE_BITS_MIN - 1) };
            let mut digest = [0; 16];
            digest[..4].copy_from_slice(&u32::to_be_bytes(half));
            digest[8..].copy_from_slice(&number.to_be_bytes());
            digest
        };
        let mut rows: Vec<_> = (0..200).map(|number| (digest(number), row(number))).collect();
        rows.sort_unstable_by_key(|(digest, _)| *digest);
        let table = Table::new(PAGE_BITS_MIN).unwrap();
        let table = table.with(&rows[..90]).unwrap().with(&rows[90..]).unwrap();
        assert_eq!(table.page_bits, PAGE_BITS_MIN + 1);
        for (digest, met) in &rows {
            assert_eq!(table.find(digest).unwrap().as_ref(), Some(met));
        }
        // More on one page than any table has room for is an error, and no endless loop.
        let crowd: Vec<_> = (0..200).map(|number| (digest(2 * number), row(number))).collect();
        assert!(table.with(&crowd).is_err());
    }
}
