//! An import from end to end: bytes → records of cells → rows → the repository or quarantine.
//!
//! Streaming: memory holds three batches of rows and the beginning of the file, and does not grow
//! with the file; repetitions within it are told with the help of a temporary file (`seen`). While
//! some batches are being committed (`commit`), the next is read.

use std::{
    borrow::Cow,
    collections::VecDeque,
    io::{Cursor, Read},
    sync::Arc,
};

use crate::{
    base::clock::ManualClock,
    codes::embedded::Codes,
    intake::{
        cells::Cells,
        commit::{Commits, UNDER_WAY_MAX},
        discarding::Discarding,
        error::IntakeError,
        fault::{Fault, printable},
        layout::{Layout, columns_needed},
        mapping::Mapping,
        quarantine::{QuarantineEntry, ROW_TEXT_BYTES_MAX, Session},
        record,
        report::{REPORT_ROWS_MAX, Report},
        seen::{Met, Seen},
        sniff::{self, Decoder},
        split::{CELLS_MAX, Piece, RECORD_BYTES_MAX, Splitter},
    },
    records::{
        error::Problem,
        import::{IMPORT_ROWS_MAX, ImportRefusal, ImportRow, Outcome},
        repository::Repository,
    },
    store::{SharedStore, StoreError},
};

/// Most rows of one file.
pub const ROWS_MAX: u64 = 1_000_000;
/// Most lines with unclosed or stray quotes or over the limit; a file with more is not what it
/// seems.
pub const BROKEN_LINES_MAX: u64 = 1_000;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file read.
    pub bytes: u64,
    /// Rows settled.
    pub rows: u64,
}

/// Imports files with one mapping.
pub struct Importer<'a> {
    repository: &'a Repository,
    store: &'a SharedStore,
    codes: &'a Arc<Codes>,
    mapping: &'a Mapping,
    actor: &'a str,
}

impl<'a> Importer<'a> {
    /// Checks the mapping against the code lists. `store` is the one under `repository`; quarantine
    /// is kept there. `actor` is whom the journal names.
    pub fn new(
        repository: &'a Repository,
        store: &'a SharedStore,
        codes: &'a Arc<Codes>,
        mapping: &'a Mapping,
        actor: &'a str,
    ) -> Result<Self, IntakeError> {
        let mut faults = mapping.faults(codes);
        faults.extend(mapping.area_fault(repository.area()));
        if !faults.is_empty() {
            return Err(IntakeError::Mapping(faults));
        }
        Ok(Self { repository, store, codes, mapping, actor })
    }

    /// Imports the file. With `dry_run` nothing is written, and the report says what would be.
    /// `progress` is called after every batch of rows.
    pub fn run(
        &self,
        reader: impl Read,
        dry_run: bool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Report, IntakeError> {
        if !dry_run {
            return self.run_on(self.repository, self.store, reader, progress);
        }
        let store: SharedStore = Arc::new(Discarding(self.store.clone()));
        let clock = Arc::new(ManualClock::at_noon(self.repository.today()));
        let area = self.repository.area();
        let repository = Repository::new(store.clone(), clock, self.codes.clone(), area);
        let report = self.run_on(&repository, &store, reader, progress)?;
        Ok(Report { dry_run: true, ..report })
    }

    fn run_on(
        &self,
        repository: &Repository,
        store: &SharedStore,
        mut reader: impl Read,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Report, IntakeError> {
        let mut head = Vec::new();
        (&mut reader).take(sniff::HEAD_BYTES as u64).read_to_end(&mut head)?;
        sniff::refuse_other_formats(&head)?;
        let decoder = Decoder::new(self.mapping.file.encoding, &head)?;
        let head = sniff::without_mark(&head);
        let needed = columns_needed(self.mapping);
        let heading = sniff::find_heading(&self.mapping.file, head, decoder, &needed)?;
        let layout = Layout::new(self.mapping, self.codes, &heading.columns)?;
        let mut splitter = Splitter::new(Cursor::new(head).chain(reader), heading.delimiter);
        for _ in 0..=heading.pieces_above {
            splitter.next_piece()?;
        }
        let session = Session::open(store.as_ref(), &self.mapping.source)?;
        let seen = Seen::new().map_err(IntakeError::Temporary)?;
        std::thread::scope(|scope| {
            let commits = Commits::start(scope, repository, self.actor).map_err(StoreError::Io)?;
            let mut run = Run {
                layout: &layout,
                decoder,
                session,
                seen,
                pending: Vec::new(),
                under_way: VecDeque::new(),
                commits,
                broken: 0,
                report: Report {
                    columns_unused: layout.unused.clone(),
                    delimiter: char::from(heading.delimiter),
                    ..Report::default()
                },
            };
            run.read(&mut splitter, progress)?;
            run.report.encoding = run.decoder.name();
            Ok(run.report)
        })
    }
}

/// A row that waits for its batch.
struct Pending {
    line: u64,
    key: String,
    text: String,
    /// What to import; `None` for a repetition of an earlier row.
    row: Option<ImportRow>,
}

/// One import under way.
struct Run<'a> {
    layout: &'a Layout<'a>,
    decoder: Decoder,
    session: Session<'a>,
    /// Rows met so far, those that could be read.
    seen: Seen,
    /// The batch being read.
    pending: Vec<Pending>,
    /// The batches being committed: their rows, and whether each is the first with its key.
    under_way: VecDeque<Vec<(Pending, bool)>>,
    commits: Commits,
    broken: u64,
    report: Report,
}

impl Run<'_> {
    fn read<R: Read>(
        &mut self,
        splitter: &mut Splitter<R>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), IntakeError> {
        let read = self.read_batches(splitter, progress);
        // Also when the file broke off: what was handed over is kept, and its refusals told.
        self.settle_down_to(0)?;
        if let Err(error) = read {
            let rows = self.report.rows - self.pending.len() as u64;
            progress(Progress { bytes: splitter.bytes, rows });
            return Err(error);
        }
        self.hand_over()?;
        self.settle_down_to(0)?;
        progress(Progress { bytes: splitter.bytes, rows: self.report.rows });
        Ok(())
    }

    /// Reads to the end of the file; the last rows still wait for their batch then.
    fn read_batches<R: Read>(
        &mut self,
        splitter: &mut Splitter<R>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), IntakeError> {
        while let Some(piece) = splitter.next_piece()? {
            self.take(splitter, &piece)?;
            if self.pending.len() == IMPORT_ROWS_MAX {
                self.settle_down_to(UNDER_WAY_MAX - 1)?;
                self.hand_over()?;
                let waiting = self.under_way.iter().map(Vec::len).sum::<usize>() as u64;
                progress(Progress { bytes: splitter.bytes, rows: self.report.rows - waiting });
            }
        }
        Ok(())
    }

    fn take<R: Read>(&mut self, splitter: &Splitter<R>, piece: &Piece) -> Result<(), IntakeError> {
        let cells = match piece {
            Piece::Record => {
                self.decoder.look_at(&splitter.text);
                self.cells(splitter)
            }
            Piece::UnclosedQuote => Err(Fault::of_row("intake-unclosed-quote")),
            Piece::StrayQuote { cell } => {
                Err(Fault::of_column(self.layout.heading(*cell), "intake-stray-quote"))
            }
            Piece::TooLong => Err(Fault::of_row("intake-line-too-long")
                .with("bytes_max", RECORD_BYTES_MAX)
                .with("cells_max", CELLS_MAX)),
        };
        if !matches!(piece, Piece::Record) {
            self.broken += 1;
            if self.broken > BROKEN_LINES_MAX {
                let lines_max = BROKEN_LINES_MAX;
                return Err(IntakeError::TooManyBrokenLines { lines_max });
            }
        }
        let line = splitter.line;
        if cells.as_ref().is_ok_and(|cells| cells.iter().all(|cell| is_blank(cell))) {
            return Ok(()); // A line of delimiters only is as blank as a blank line.
        }
        if self.report.rows == ROWS_MAX {
            return Err(IntakeError::TooManyRows { rows_max: ROWS_MAX });
        }
        self.report.rows += 1;
        let text = self.shown(&splitter.text);
        let cells = match cells {
            Ok(cells) => cells,
            Err(fault) => {
                return self.refuse("", QuarantineEntry::new(line, text, vec![fault]));
            }
        };
        let layout = self.layout;
        let mut cells = Cells::new(layout, &cells);
        let key = cells.key(&layout.key);
        let row = record::read(&mut cells, &key);
        let Some(row) = row else {
            let faults = std::mem::take(&mut cells.faults);
            return self.refuse(&key, QuarantineEntry::new(line, text, faults));
        };
        let says = cells.digest();
        self.admit(Pending { line, key, text, row: Some(row) }, says)
    }

    /// The cells of a record, as many as the heading has.
    fn cells<'s, R: Read>(&self, splitter: &'s Splitter<R>) -> Result<Vec<Cow<'s, str>>, Fault> {
        if self.decoder.misreads(&splitter.text) {
            return Err(Fault::of_row("intake-not-windows-1252"));
        }
        let mut cells = Vec::with_capacity(self.layout.width);
        for bytes in &splitter.record {
            let cell = self.decoder.decode(bytes);
            cells.push(cell.ok_or_else(|| Fault::of_row("intake-not-utf-8"))?);
        }
        let (found, width) = (cells.len(), self.layout.width);
        let surplus = cells.get(width..).unwrap_or_default();
        let fault = if !surplus.iter().all(|cell| is_blank(cell)) {
            "intake-too-many-cells"
        } else if found < width {
            "intake-too-few-cells"
        } else {
            cells.truncate(width);
            return Ok(cells);
        };
        match cells.iter().all(|cell| is_blank(cell)) {
            true => Ok(cells),
            false => Err(Fault::of_row(fault).with("found", found).with("expected", width)),
        }
    }

    /// The row as typed, cut to what quarantine keeps.
    fn shown(&self, bytes: &[u8]) -> String {
        let text = self.decoder.decode(bytes);
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(bytes));
        // A control character may become a longer one.
        let mut text = printable(&text[..text.floor_char_boundary(ROW_TEXT_BYTES_MAX)]);
        text.truncate(text.floor_char_boundary(ROW_TEXT_BYTES_MAX));
        text
    }

    /// Tells a new row from a repetition and from a contradiction of an earlier one.
    fn admit(&mut self, row: Pending, says: [u8; 8]) -> Result<(), IntakeError> {
        match self.seen.find(&row.key).map_err(IntakeError::Temporary)? {
            None => {
                self.seen.insert(&row.key, Met { line: row.line, says, refused: false });
                self.pending.push(row);
                Ok(())
            }
            Some(first) if first.says == says => {
                self.pending.push(Pending { row: None, ..row });
                Ok(())
            }
            Some(first) => {
                let fault = self.of_key("intake-contradicts").with("first_line", first.line);
                let entry = QuarantineEntry::new(row.line, row.text, vec![fault]);
                self.refuse(&row.key, entry)
            }
        }
    }

    fn of_key(&self, key: &str) -> Fault {
        let heading = self.layout.key.first().map_or("", |column| &column.heading);
        Fault::of_column(heading, key)
    }

    /// Has the rows that wait committed, all at once, while reading goes on.
    fn hand_over(&mut self) -> Result<(), IntakeError> {
        let mut rows = Vec::with_capacity(self.pending.len());
        let mut under_way = Vec::with_capacity(self.pending.len());
        for mut one in self.pending.drain(..) {
            let row = one.row.take();
            under_way.push((one, row.is_some()));
            rows.extend(row);
        }
        self.under_way.push_back(under_way);
        Ok(self.commits.hand_over(rows)?)
    }

    /// Waits until only `most` batches are being committed, and counts the rows of the others.
    fn settle_down_to(&mut self, most: usize) -> Result<(), IntakeError> {
        while self.under_way.len() > most {
            let mut outcomes = self.commits.settle()??.into_iter();
            for (row, is_first) in self.under_way.pop_front().unwrap_or_default() {
                let outcome = if is_first { outcomes.next() } else { None };
                self.count(row, outcome)?;
            }
            self.seen.settle().map_err(IntakeError::Temporary)?;
            self.session.flush()?;
        }
        Ok(())
    }

    /// Counts one row; `outcome` is `None` for a repetition of an earlier one.
    fn count(&mut self, row: Pending, outcome: Option<Outcome>) -> Result<(), IntakeError> {
        let Pending { line, key, text, row: _ } = row;
        let first = match outcome {
            None => self.seen.find(&key).map_err(IntakeError::Temporary)?,
            Some(_) => None,
        };
        let fault = match (outcome, first) {
            (Some(Outcome::Refused(refusal)), _) => {
                self.seen.refuse(&key).map_err(IntakeError::Temporary)?;
                self.refusal(refusal)
            }
            (None, Some(Met { refused: true, line: first_line, .. })) => {
                self.of_key("intake-repeats-refused").with("first_line", first_line)
            }
            (passed, _) => {
                match passed {
                    Some(Outcome::Created) => self.report.created += 1,
                    Some(Outcome::Updated) => self.report.updated += 1,
                    _ => self.report.unchanged += 1,
                }
                self.session.passed(&key);
                return Ok(());
            }
        };
        self.refuse(&key, QuarantineEntry::new(line, text, vec![fault]))
    }

    fn refuse(&mut self, key: &str, entry: QuarantineEntry) -> Result<(), IntakeError> {
        self.report.quarantined_count += 1;
        self.session.put(key, &entry)?;
        // Those that the repository refuses come later than those that cannot be read.
        let rows = &mut self.report.quarantined;
        let place = rows.partition_point(|other| other.line <= entry.line);
        rows.insert(place, entry);
        rows.truncate(REPORT_ROWS_MAX);
        Ok(())
    }

    /// What the repository refused, in words.
    fn refusal(&self, refusal: ImportRefusal) -> Fault {
        let (field, problem) = match refusal {
            ImportRefusal::UnknownEnterprise => {
                let heading = self.layout.enterprise_key.first();
                let heading = heading.map_or("", |column| &column.heading);
                return Fault::of_column(heading, "intake-unknown-enterprise");
            }
            ImportRefusal::InvalidField { field, problem } => (field, problem),
        };
        let source = self.layout.sources.iter().find(|source| source.field.name == field);
        let column = source.and_then(|source| source.column.as_ref());
        let heading = column.map_or(field, |column| &column.heading);
        let fault = Fault::of_column(heading, &format!("intake-refused-{}", problem.key()));
        match problem {
            Problem::UnknownCode { list } => fault.with("list", list),
            Problem::TooLong { bytes: _, bytes_max } => fault.with("bytes_max", bytes_max),
            Problem::Before { other } => fault.with("other", other),
            Problem::OutOfRange { least, most } => fault.with("least", least).with("most", most),
            _ => fault,
        }
    }
}

fn is_blank(cell: &str) -> bool {
    cell.trim().is_empty()
}
