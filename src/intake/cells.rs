//! Cells → values: the cells of one row, read field by field; what cannot be read is noted.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::{
    base::{limits::NAME_BYTES_MAX, money::Money},
    intake::{
        date::{self, DateFault},
        fault::Fault,
        fields::Content,
        fold::{as_typed, fold, fold_tidy, means_empty, tidy, yes_or_no},
        layout::{Column, ConsentSource, Layout, Source},
        number::{self, NumberFault},
        quarantine::ROW_FAULTS_MAX,
        spelling::Spelled,
    },
};

/// Parts a key that is made of several cells.
const KEY_SEPARATOR: char = '\u{1F}';

/// The cells of one row, and what is wrong with them.
pub(super) struct Cells<'a> {
    pub layout: &'a Layout<'a>,
    cells: &'a [Cow<'a, str>],
    /// At most [`ROW_FAULTS_MAX`].
    pub faults: Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// `cells` are as many as the heading has.
    pub fn new(layout: &'a Layout<'a>, cells: &'a [Cow<'a, str>]) -> Self {
        Self { layout, cells, faults: Vec::new() }
    }

    /// Notes a fault.
    pub fn refuse(&mut self, fault: Fault) {
        if self.faults.len() < ROW_FAULTS_MAX {
            self.faults.push(fault);
        }
    }

    fn cell(&self, column: &Column) -> &'a str {
        self.cells.get(column.place).map_or("", |cell| cell)
    }

    /// Refuses line breaks and control characters in cells of one line, and says whether there are
    /// any: a stray quote encloses what follows it, and may do so up to another cell's quote.
    pub fn refuse_hidden(&mut self) -> bool {
        let mut found = false;
        for column in &self.layout.of_one_line {
            let cell = self.cell(column).trim();
            if let Some(key) = hidden(cell) {
                self.refuse(Fault::of_column(&column.heading, key).quoting(cell));
                found = true;
            }
        }
        found
    }

    /// The cells of some columns as a key; a fault if one of them is empty.
    pub fn key(&mut self, columns: &[Column]) -> String {
        let mut key = String::new();
        for (index, column) in columns.iter().enumerate() {
            let cell = tidy(self.cell(column));
            if cell.is_empty() {
                self.refuse(Fault::of_column(&column.heading, "intake-key-empty"));
            } else if means_empty(&fold_tidy(&cell), &[]) {
                let fault = Fault::of_column(&column.heading, "intake-key-read-as-empty");
                self.refuse(fault.quoting(&cell));
            }
            if index > 0 {
                key.push(KEY_SEPARATOR);
            }
            key.push_str(&cell);
        }
        if key.len() > NAME_BYTES_MAX {
            let heading = columns.first().map_or("", |column| &column.heading);
            let fault = Fault::of_column(heading, "intake-too-long");
            self.refuse(fault.with("bytes_max", NAME_BYTES_MAX));
        }
        key
    }

    fn source(&self, field: &str) -> Option<&'a Source<'a>> {
        self.layout.sources.iter().find(|source| source.field.name == field)
    }

    /// The heading of a field's column, for faults.
    pub fn heading(&self, field: &str) -> &'a str {
        let column = self.source(field).and_then(|source| source.column.as_ref());
        column.map_or("", |column| column.heading.as_str())
    }

    /// The field's constant or cell.
    fn typed(&self, source: &'a Source<'a>) -> &'a str {
        match (&source.rule.value, &source.column) {
            (Some(value), _) => value.as_str(),
            (None, Some(column)) => self.cell(column),
            (None, None) => "",
        }
    }

    /// What the field's cell says, also folded, else what an empty one means.
    fn stated(&self, source: &'a Source<'a>) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        let typed = tidy(self.typed(source));
        let folded = folded(&typed);
        match means_empty(&folded, &self.layout.empty) {
            true => {
                let default = source.rule.default.as_deref()?;
                Some((Cow::Borrowed(default), fold(default).into()))
            }
            false => Some((typed, folded)),
        }
    }

    /// Whether the row itself says something of the field: not the mapping, of every row.
    pub fn states(&self, field: &str) -> bool {
        let column = self.source(field).and_then(|source| source.column.as_ref());
        column.is_some_and(|column| !means_empty(&fold(self.cell(column)), &self.layout.empty))
    }

    /// Reads a field with `read`, which says what is wrong with the folded text.
    fn read<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&'a Source<'a>, &str) -> Result<T, Fault>,
    ) -> Option<T> {
        let source = self.source(field)?;
        let (stated, folded) = self.stated(source)?;
        match read(source, &folded) {
            Ok(value) => Some(value),
            Err(fault) => {
                let heading = self.heading(field);
                let column = if heading.is_empty() { field.to_owned() } else { heading.to_owned() };
                self.refuse(Fault { column, ..fault }.quoting(&stated));
                None
            }
        }
    }

    /// A value that must be there; an empty cell is a fault, and one with a word for that.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && self.faults.is_empty() {
            let heading = self.heading(field);
            let column = if heading.is_empty() { field } else { heading };
            let word = tidy(self.source(field).map_or("", |source| self.typed(source)));
            self.refuse(match word.is_empty() {
                true => Fault::of_column(column, "intake-empty"),
                false => Fault::of_column(column, "intake-read-as-empty").quoting(&word),
            });
        }
        value
    }

    /// A code of the field's list.
    pub fn code(&mut self, field: &str) -> Option<String> {
        self.read(field, |source, folded| {
            let digits = source.rule.leading_digits.map(|count| {
                let digits = folded.bytes().take(count).take_while(u8::is_ascii_digit).count();
                &folded[..digits]
            });
            let spelled = digits.filter(|digits| !digits.is_empty()).unwrap_or(folded);
            match (source.spellings.find(spelled), &source.rule.otherwise) {
                (Spelled::Code(code), _) => Ok(code.into()),
                (Spelled::Nothing, Some(code)) => Ok(code.clone()),
                (Spelled::Nothing, None) => Err(Fault::of_row("intake-unknown-spelling")),
                (Spelled::Several, _) => Err(Fault::of_row("intake-several-codes")),
            }
        })
    }

    /// A day.
    pub fn day(&mut self, field: &str) -> Option<Date> {
        let order = self.layout.mapping.file.dates;
        self.read(field, |_, folded| date::read(folded, order).map_err(date_fault))
    }

    /// A whole number within what the field takes, not negative where that is any.
    pub fn number(&mut self, field: &str) -> Option<i64> {
        let mark = self.layout.mapping.file.decimal;
        self.read(field, |source, folded| {
            let count = |range| number::count(folded, mark, source.rule.times, range);
            let Content::Number(least, most) = source.field.content else {
                return count(0..=i64::MAX).map_err(number_fault);
            };
            count(least..=most).map_err(|fault| match fault {
                // In the words of the records, which take the same numbers.
                NumberFault::OutOfRange => Fault::of_row("intake-refused-out-of-range")
                    .with("least", least)
                    .with("most", most),
                fault => number_fault(fault),
            })
        })
    }

    /// An amount that is not negative.
    pub fn money(&mut self, field: &str) -> Option<Money> {
        self.number(field).map(Money)
    }

    /// Degrees × 10⁶.
    pub fn degrees(&mut self, field: &str) -> Option<i32> {
        let mark = self.layout.mapping.file.decimal;
        self.read(field, |_, folded| number::microdegrees(folded, mark).map_err(number_fault))
    }

    /// Yes or no, in words of three languages or the mapping's own.
    pub fn yes_or_no(&mut self, field: &str) -> Option<bool> {
        self.read(field, |source, folded| {
            let stated = match source.spellings.find(folded) {
                Spelled::Code(code) => Some(code == "yes"),
                _ => yes_or_no(folded),
            };
            let otherwise = source.rule.otherwise.as_ref().map(|code| code == "yes");
            stated.or(otherwise).ok_or_else(|| Fault::of_row("intake-neither-yes-nor-no"))
        })
    }

    /// A name or free text as typed; empty if there is none. Only words that the mapping itself
    /// declares mean an empty cell.
    pub fn text(&mut self, field: &str, bytes_max: usize) -> String {
        let Some(source) = self.source(field) else { return String::new() };
        let typed = as_typed(self.typed(source));
        let declared = !self.layout.empty.is_empty() && self.layout.empty.contains(&fold(&typed));
        let is_empty = typed.is_empty() || declared;
        let text = match is_empty {
            true => source.rule.default.clone().unwrap_or_default(),
            false => typed.into_owned(),
        };
        self.at_most(field, text, bytes_max)
    }

    /// A number of a register or telephone, or an address: typed once, the same in any spelling of
    /// its spaces; empty if there is none.
    pub fn word(&mut self, field: &str, bytes_max: usize) -> String {
        let Some(source) = self.source(field) else { return String::new() };
        let text = self.stated(source).map_or(Cow::Borrowed(""), |(text, _)| text);
        self.at_most(field, text.into_owned(), bytes_max)
    }

    fn at_most(&mut self, field: &str, text: String, bytes_max: usize) -> String {
        if text.len() > bytes_max {
            let fault = Fault::of_column(self.heading(field), "intake-too-long");
            self.refuse(fault.with("bytes_max", bytes_max));
            return String::new();
        }
        text
    }

    /// Whether a consent is given, and the day if the row says it.
    pub fn consent(&mut self, source: &'a ConsentSource<'a>) -> (bool, Option<Date>) {
        let given = source.column.as_ref().is_none_or(|column| {
            let folded = fold(self.cell(column));
            if means_empty(&folded, &self.layout.empty) {
                return false;
            }
            yes_or_no(&folded).unwrap_or_else(|| {
                let fault = Fault::of_column(&column.heading, "intake-neither-yes-nor-no");
                self.refuse(fault.quoting(self.cell(column)));
                false
            })
        });
        let order = self.layout.mapping.file.dates;
        let day = source.given_on.as_ref().filter(|_| given).and_then(|column| {
            let folded = fold(self.cell(column));
            if means_empty(&folded, &self.layout.empty) {
                return None;
            }
            date::read(&folded, order)
                .inspect_err(|fault| {
                    let fault = Fault { column: column.heading.clone(), ..date_fault(*fault) };
                    self.refuse(fault.quoting(self.cell(column)));
                })
                .ok()
        });
        let fixed = source.rule.given_on.as_ref().and_then(|day| day.parse().ok());
        (given, day.or(fixed))
    }

    /// Digest of the cells the mapping uses: two rows with the same digest say the same.
    pub fn digest(&self) -> [u8; 8] {
        let mut hasher = blake3::Hasher::new();
        for place in &self.layout.used {
            let cell = as_typed(self.cells.get(*place).map_or("", |cell| cell));
            hasher.update(&(cell.len() as u64).to_le_bytes());
            hasher.update(cell.as_bytes());
        }
        let mut digest = [0; 8];
        digest.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        digest
    }
}

/// The reason to refuse a cell of one line that has what is not seen. Tabs are spaces.
fn hidden(cell: &str) -> Option<&'static str> {
    let breaks = |one: &char| matches!(one, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let mut hidden = cell.chars().filter(|one| breaks(one) || (one.is_control() && *one != '\t'));
    let first = hidden.next()?;
    Some(if breaks(&first) { "intake-line-break" } else { "intake-control-character" })
}

/// A tidy text, folded.
fn folded<'t>(text: &Cow<'t, str>) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => fold_tidy(text),
        Cow::Owned(text) => Cow::Owned(fold_tidy(text).into_owned()),
    }
}

fn date_fault(fault: DateFault) -> Fault {
    Fault::of_row(match fault {
        DateFault::Unreadable => "intake-no-date",
        DateFault::Ambiguous => "intake-date-ambiguous",
        DateFault::Serial => "intake-date-serial",
        DateFault::NoSuchDay => "intake-no-such-day",
    })
}

fn number_fault(fault: NumberFault) -> Fault {
    Fault::of_row(match fault {
        NumberFault::Unreadable => "intake-no-number",
        NumberFault::Ambiguous => "intake-number-ambiguous",
        NumberFault::NotWhole => "intake-not-whole",
        NumberFault::OutOfRange => "intake-out-of-range",
    })
}
