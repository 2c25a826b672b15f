//! Bytes → records of cells, streaming and bounded.
//!
//! The csv crate splits a record into cells; this file hands it one record at a time, so that a
//! quote that is never closed costs one line instead of the rest of the file, and no line takes
//! more memory than [`RECORD_BYTES_MAX`].

use std::io::Read;

use csv::ByteRecord;

/// Largest record, in bytes.
pub(super) const RECORD_BYTES_MAX: usize = 64 * 1024;
/// Most cells of a record.
pub(super) const CELLS_MAX: usize = 1_000;
/// Bytes read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What stands next in the file.
#[derive(Debug)]
pub(super) enum Piece {
    /// A record, split into cells.
    Record,
    /// A line whose quote is never closed.
    UnclosedQuote,
    /// A row with text after a closing quote: one of its quotes is stray, and what it encloses may
    /// be the rows that follow. It ends with the line on which that quote opens.
    StrayQuote {
        /// The place of the cell that the quote opens, from 0.
        cell: usize,
    },
    /// A line that is too long, or has too many cells.
    TooLong,
}

/// Splits a file into records.
pub(super) struct Splitter<R> {
    reader: R,
    window: Vec<u8>,
    /// Where the next record begins in the window.
    start: usize,
    /// Whether the file has been read to its end.
    ended: bool,
    /// Whether the last record ended with a carriage return, so that a line feed belongs to it.
    after_return: bool,
    delimiter: u8,
    /// Line on which the next record begins, from 1.
    next_line: u64,
    csv: csv::Reader<Feed>,
    /// Bytes taken from the file.
    pub bytes: u64,
    /// Line on which the current piece begins.
    pub line: u64,
    /// The current piece's bytes, without its line end.
    pub text: Vec<u8>,
    /// The current record's cells.
    pub record: ByteRecord,
}

impl<R: Read> Splitter<R> {
    pub fn new(reader: R, delimiter: u8) -> Self {
        Self {
            reader,
            window: Vec::new(),
            start: 0,
            ended: false,
            after_return: false,
            delimiter,
            next_line: 1,
            csv: cell_splitter(delimiter),
            bytes: 0,
            line: 0,
            text: Vec::new(),
            record: ByteRecord::new(),
        }
    }

    /// The next piece that is not blank; `None` at the end.
    pub fn next_piece(&mut self) -> std::io::Result<Option<Piece>> {
        loop {
            self.skip_line_feed()?;
            let rest = &self.window[self.start..];
            let found = find_end(rest, self.delimiter, self.ended);
            let too_long = match found {
                Found::End(end) | Found::Stray { end, .. } => end > RECORD_BYTES_MAX,
                _ => rest.len() > RECORD_BYTES_MAX,
            };
            match found {
                Found::End(0) if self.ended && rest.is_empty() => return Ok(None),
                Found::End(end) if !too_long => {
                    self.take(end);
                    if self.text.iter().all(|byte| *byte == b' ' || *byte == b'\t') {
                        continue;
                    }
                    return self.split_cells().map(Some);
                }
                Found::Stray { end, cell } if !too_long => {
                    self.take(end);
                    return Ok(Some(Piece::StrayQuote { cell }));
                }
                Found::More if !too_long && !self.ended => self.fill()?,
                Found::Quoted if !too_long && !self.ended => self.fill()?,
                Found::Quoted => return self.take_line().map(|()| Some(Piece::UnclosedQuote)),
                Found::End(_) | Found::Stray { .. } | Found::More => {
                    return self.take_line().map(|()| Some(Piece::TooLong));
                }
            }
        }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        self.window.drain(..self.start);
        self.start = 0;
        let length = self.window.len();
        self.window.resize(length + CHUNK_BYTES, 0);
        let read = loop {
            match self.reader.read(&mut self.window[length..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let read = read.inspect_err(|_| self.window.truncate(length))?;
        self.window.truncate(length + read);
        self.ended = read == 0;
        self.bytes += read as u64;
        Ok(())
    }

    fn skip_line_feed(&mut self) -> std::io::Result<()> {
        if !self.after_return {
            return Ok(());
        }
        if self.start == self.window.len() && !self.ended {
            self.fill()?;
        }
        if self.window.get(self.start) == Some(&b'\n') {
            self.start += 1;
        }
        self.after_return = false;
        Ok(())
    }

    /// Makes the next `length` bytes the current piece, and goes past its line end.
    fn take(&mut self, length: usize) {
        let end = self.start + length;
        self.line = self.next_line;
        self.text.clear();
        self.text.extend_from_slice(&self.window[self.start..end]);
        self.next_line += line_ends(&self.text) + 1;
        self.after_return = self.window.get(end) == Some(&b'\r');
        self.start = (end + 1).min(self.window.len());
    }

    /// Makes the next line the current piece, cut to its limit, and goes past it.
    fn take_line(&mut self) -> std::io::Result<()> {
        if let Some(length) = self.window[self.start..].iter().position(is_line_end) {
            self.take(length);
            self.text.truncate(RECORD_BYTES_MAX);
            return Ok(());
        }
        let kept = self.window[self.start..].iter().copied().take(RECORD_BYTES_MAX).collect();
        self.line = self.next_line;
        self.next_line += 1;
        loop {
            self.start = self.window.len();
            if self.ended {
                break;
            }
            self.fill()?;
            if let Some(length) = self.window.iter().position(is_line_end) {
                self.after_return = self.window[length] == b'\r';
                self.start = length + 1;
                break;
            }
        }
        self.text = kept;
        Ok(())
    }

    fn split_cells(&mut self) -> std::io::Result<Piece> {
        let feed = self.csv.get_mut();
        feed.bytes.clear();
        feed.bytes.extend_from_slice(&self.text);
        feed.bytes.push(b'\n');
        feed.start = 0;
        feed.ran_dry = false;
        let read = self.csv.read_byte_record(&mut self.record);
        let whole = matches!(read, Ok(true)) && !self.csv.get_ref().ran_dry;
        if !whole {
            // It saw the record end elsewhere than this file does: it starts afresh, and the line
            // is refused rather than misread.
            self.csv = cell_splitter(self.delimiter);
            return Ok(Piece::UnclosedQuote);
        }
        match self.record.len() > CELLS_MAX {
            true => Ok(Piece::TooLong),
            false => Ok(Piece::Record),
        }
    }
}

fn cell_splitter(delimiter: u8) -> csv::Reader<Feed> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(RECORD_BYTES_MAX + 1)
        .from_reader(Feed::default())
}

/// One record's bytes, for the csv crate.
#[derive(Default)]
struct Feed {
    bytes: Vec<u8>,
    start: usize,
    /// Whether more was asked for than the record.
    ran_dry: bool,
}

impl Read for Feed {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.bytes[self.start..];
        let length = rest.len().min(into.len());
        into[..length].copy_from_slice(&rest[..length]);
        self.start += length;
        self.ran_dry |= length == 0;
        Ok(length)
    }
}

/// Where a record ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// After so many bytes, a line end or the end of the file follows.
    End(usize),
    /// Text follows a closing quote.
    Stray {
        /// The first line end after the quote that opens, or the end of the file.
        end: usize,
        /// The place of its cell, from 0.
        cell: usize,
    },
    /// Not in these bytes.
    More,
    /// Not in these bytes, which end inside quotes.
    Quoted,
}

/// Where in a cell a byte stands.
#[derive(Clone, Copy)]
enum At {
    Start,
    Plain,
    Quoted,
    /// After the closing quote, where only blanks may stand.
    Closed,
}

/// Where the record at the start of `bytes` ends. A quote opens only at the start of a cell, as for
/// the csv crate.
pub(super) fn find_end(bytes: &[u8], delimiter: u8, ended: bool) -> Found {
    let (mut at, mut cell, mut opened_at, mut place) = (At::Start, 0, 0, 0);
    while let Some(byte) = bytes.get(place) {
        at = match (at, *byte) {
            (At::Quoted, b'"') if bytes.get(place + 1) == Some(&b'"') => {
                place += 1;
                At::Quoted
            }
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) => At::Quoted,
            (_, b'\n' | b'\r') => return Found::End(place),
            (_, byte) if byte == delimiter => {
                cell += 1;
                At::Start
            }
            (At::Start, b'"') => {
                opened_at = place;
                At::Quoted
            }
            (At::Closed, b' ' | b'\t') => At::Closed,
            (At::Closed, _) => return find_end_of_stray(bytes, opened_at, cell, ended),
            _ => At::Plain,
        };
        place += 1;
    }
    match (at, ended) {
        (At::Quoted, _) => Found::Quoted,
        (_, true) => Found::End(bytes.len()),
        (_, false) => Found::More,
    }
}

/// Where a row ends that has text after the quote which closes what `opened_at` opens.
fn find_end_of_stray(bytes: &[u8], opened_at: usize, cell: usize, ended: bool) -> Found {
    match bytes[opened_at..].iter().position(is_line_end) {
        Some(length) => Found::Stray { end: opened_at + length, cell },
        None if ended => Found::Stray { end: bytes.len(), cell },
        None => Found::More,
    }
}

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn line_ends(text: &[u8]) -> u64 {
    let feeds = text.iter().filter(|byte| **byte == b'\n').count();
    let lone = |place: &usize| text[*place] == b'\r' && text.get(place + 1) != Some(&b'\n');
    (feeds + (0..text.len()).filter(lone).count()) as u64
}

#[cfg(test)]
mod tests {
    use super::{Piece, RECORD_BYTES_MAX, Splitter};

    /// Gives few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl std::io::Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let length = self.0.len().min(into.len()).min(self.1);
            into[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn pieces(text: &[u8], bytes_at_once: usize) -> Vec<(u64, String)> {
        let mut splitter = Splitter::new(Slow(text, bytes_at_once), b';');
        let mut found = Vec::new();
        while let Some(piece) = splitter.next_piece().unwrap() {
            let shown = match piece {
                Piece::Record => {
                    let cells = splitter.record.iter().map(String::from_utf8_lossy);
                    cells.collect::<Vec<_>>().join("|")
                }
                Piece::UnclosedQuote => "unclosed".into(),
                Piece::StrayQuote { cell } => {
                    format!("stray {cell}: {}", String::from_utf8_lossy(&splitter.text))
                }
                Piece::TooLong => "too long".into(),
            };
            found.push((splitter.line, shown));
        }
        found
    }

    fn shown(text: &str) -> Vec<(u64, String)> {
        pieces(text.as_bytes(), 3)
    }

    #[test]
    fn records_end_at_any_kind_of_line_end_and_lines_are_counted() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a;b", "1;\"x", "y\"", "", "2;\"q\"\"q\"", "3;4"].join(end);
            let cell = format!("1|x{end}y");
            let expected = [(1, "a|b"), (2, &cell), (5, "2|q\"q"), (6, "3|4")];
            let expected: Vec<_> = expected.map(|(line, text)| (line, text.to_owned())).to_vec();
            assert_eq!(shown(&text), expected, "{end:?}");
        }
        assert_eq!(shown(""), []);
        assert_eq!(shown("\n \n\r\n"), []);
    }

    #[test]
    fn an_unclosed_quote_costs_one_line() {
        let found = shown("a;b\n1;\"oops\n2;x\n3;y\n");
        let expected = [(1, "a|b"), (2, "unclosed"), (3, "2|x"), (4, "3|y")];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn a_quote_inside_a_cell_is_a_character() {
        assert_eq!(shown("5\" pipe;x\n")[0].1, "5\" pipe|x");
        assert_eq!(shown("\"a\" ;x\n")[0].1, "a |x");
    }

    #[test]
    fn text_after_a_closing_quote_costs_the_row_up_to_the_line_of_the_quote() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["1;\"a\"b;x", "2;\"p", "q\";\"oops", "3;\"y\"", "4;\"z\"!"].join(end);
            let two = format!("stray 2: 2;\"p{end}q\";\"oops");
            let expected =
                [(1, "stray 1: 1;\"a\"b;x"), (2, &two), (4, "3|y"), (5, "stray 1: 4;\"z\"!")];
            let expected: Vec<_> = expected.map(|(line, text)| (line, text.to_owned())).to_vec();
            assert_eq!(shown(&text), expected, "{end:?}");
            assert_eq!(pieces(text.as_bytes(), 50_000), expected, "{end:?}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_passed_over() {
        let long = "x".repeat(3 * RECORD_BYTES_MAX);
        let text = format!("a;b\n{long}\n1;2\n\"{long}\n3;4");
        let found = pieces(text.as_bytes(), 50_000);
        let texts: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(texts, [(1, "a|b"), (2, "too long"), (3, "1|2"), (4, "unclosed"), (5, "3|4")]);
    }
}
