//! The files of each quarter, in the form a hub sends them.
//!
//! A hub exports some days after the end of a quarter: what is new in the quarter, and again every
//! request that has come further since the last export.

use encoding_rs::WINDOWS_1252;
use jiff::{ToSpan, civil::Date};

use crate::{
    base::{dice::Dice, period::Period},
    cli::sample::{
        FileKind, SampleFile, SampleQuarter,
        country::{self, Country, Style},
        headings::columns,
        words::word,
        world::{Enterprise, Request, Visit, World},
    },
};

/// Days after the end of a quarter on which its files are exported.
const EXPORT_DAYS: i32 = 20;
/// Days after an answer on which a request is closed.
const CLOSING_DAYS: i32 = 12;

/// All files of all quarters.
pub(super) fn write(country: &Country, world: &World, quarters: &[Period]) -> Vec<SampleQuarter> {
    let mut dice = Dice::new(world.seed_of_faults, 0);
    let writer = Writer { country, filieres: country::filieres(), world };
    let files = |(index, period): (usize, &Period)| {
        let before = (index > 0).then(|| quarters[index - 1]);
        let files = FileKind::ALL.map(|kind| {
            let mut rows = match kind {
                FileKind::Enterprises => writer.enterprise_rows(before, *period),
                FileKind::Visits => writer.visit_rows(before, *period),
                FileKind::Requests => writer.request_rows(before, *period),
            };
            let bad_rows = spoil(kind, index, &mut rows, &mut dice);
            let rows_count = rows.len() as u64;
            SampleFile { kind, bytes: writer.bytes(kind, rows), bad_rows, rows: rows_count }
        });
        SampleQuarter { period: *period, files: files.to_vec() }
    };
    quarters.iter().enumerate().map(files).collect()
}

struct Writer<'a> {
    country: &'a Country,
    filieres: std::collections::BTreeMap<String, country::Filiere>,
    world: &'a World,
}

/// Adds a row that no importer should accept to about half of the files.
fn spoil(kind: FileKind, quarter: usize, rows: &mut Vec<Vec<String>>, dice: &mut Dice) -> u64 {
    let Some(mut bad) = rows.first().cloned().filter(|_| dice.percent(55)) else { return 0 };
    bad[0] = format!("ERR-{quarter}");
    let (column, text) = match kind {
        FileKind::Enterprises => *dice.pick(&[(9, "Quincaillerie"), (11, "douze"), (14, "")]),
        FileKind::Visits => *dice.pick(&[(1, "ZZ-9999"), (2, "le mois passé")]),
        FileKind::Requests => *dice.pick(&[(1, "ZZ-9999"), (2, ""), (2, "31/02/2026")]),
    };
    bad[column] = text.into();
    let at = dice.below(rows.len() + 1);
    rows.insert(at, bad);
    1
}

fn export_day(quarter: Period) -> Date {
    quarter.last_day().saturating_add(EXPORT_DAYS.days())
}

impl Writer<'_> {
    fn enterprise_key(&self, index: usize) -> String {
        format!("{}-{:04}", self.country.code, index + 1)
    }

    /// Enterprises registered since the last export; all once more when their regions got new
    /// names.
    fn enterprise_rows(&self, before: Option<Period>, quarter: Period) -> Vec<Vec<String>> {
        let last = quarter.last_day();
        let all = before.is_none_or(|before| self.country.renamed_between(before.last_day(), last));
        let rows = self.world.enterprises.iter().enumerate().filter(|(_, enterprise)| {
            enterprise.registered_on <= last && (all || quarter.contains(enterprise.registered_on))
        });
        rows.map(|(index, enterprise)| self.enterprise_row(index, enterprise, last)).collect()
    }

    fn enterprise_row(&self, index: usize, enterprise: &Enterprise, day: Date) -> Vec<String> {
        let region = &self.country.regions[enterprise.region];
        let (town, latitude, longitude) = &region.towns[enterprise.town];
        let degrees = |centre: &f64, offset: i64| self.decimal(centre + offset as f64 / 1000.0);
        let filiere = &self.filieres[&enterprise.filiere].name;
        let consent = enterprise.consent;
        vec![
            self.enterprise_key(index),
            enterprise.name.clone(),
            enterprise.head_name.clone(),
            self.word("sex", enterprise.sex),
            enterprise.telephone.clone(),
            town.clone(),
            region.name_on(day).into(),
            degrees(latitude, enterprise.offset.0),
            degrees(longitude, enterprise.offset.1),
            if self.country.is_portuguese() { filiere.pt.clone() } else { filiere.fr.clone() },
            enterprise.citi.clone(),
            enterprise.headcount.map(|count| count.to_string()).unwrap_or_default(),
            self.amount(enterprise.turnover),
            self.word("status", enterprise.status),
            self.day(enterprise.registered_on),
            self.word("yes_no", if consent.is_some() { "true" } else { "false" }),
            consent.map(|_| self.day(enterprise.registered_on)).unwrap_or_default(),
            consent.map(|medium| self.word("medium", medium)).unwrap_or_default(),
        ]
    }

    /// Visits of the quarter, and the late ones of the quarter before.
    fn visit_rows(&self, before: Option<Period>, quarter: Period) -> Vec<Vec<String>> {
        let visits = self.world.visits.iter().enumerate().filter(|(_, visit)| {
            let due = if visit.is_late { before } else { Some(quarter) };
            due.is_some_and(|due| due.contains(visit.visited_on))
        });
        visits.map(|(index, visit)| self.visit_row(index, visit)).collect()
    }

    fn visit_row(&self, index: usize, visit: &Visit) -> Vec<String> {
        vec![
            format!("{}-V{:04}", self.country.code, index + 1),
            self.enterprise_key(visit.enterprise),
            self.day(visit.visited_on),
            self.word("purpose", visit.purpose),
            visit.referent.clone(),
            visit.remarks.clone(),
        ]
    }

    /// Requests of the quarter, and earlier ones that have come further since the last export.
    fn request_rows(&self, before: Option<Period>, quarter: Period) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for (index, request) in self.world.requests.iter().enumerate() {
            if request.received_on > quarter.last_day() {
                continue;
            }
            let row = self.request_row(index, request, export_day(quarter));
            let sent = before
                .filter(|before| request.received_on <= before.last_day())
                .map(|before| self.request_row(index, request, export_day(before)));
            if sent.as_ref() != Some(&row) {
                rows.push(row);
            }
        }
        rows
    }

    /// The request as it stood on `day`.
    fn request_row(&self, index: usize, request: &Request, day: Date) -> Vec<String> {
        let answer = request.answer.as_ref().filter(|answer| answer.answered_on <= day);
        let follow_up = answer
            .and_then(|answer| answer.follow_up.as_ref())
            .filter(|follow_up| follow_up.followed_up_on <= day);
        let remote = answer.and_then(|answer| answer.remote);
        let closed_on = answer
            .map(|answer| answer.answered_on.saturating_add(CLOSING_DAYS.days()))
            .filter(|closed_on| *closed_on <= day);
        let day_of = |day: Option<Date>| day.map(|day| self.day(day)).unwrap_or_default();
        let word = |list, code: Option<&str>| code.map(|code| self.word(list, code));
        let satisfaction = answer.and_then(|answer| answer.satisfaction);
        vec![
            format!("{}-D{:04}", self.country.code, index + 1),
            self.enterprise_key(request.enterprise),
            self.day(request.received_on),
            self.word("channel", request.channel),
            self.word("theme", request.theme),
            request.referent.clone(),
            request.question.clone(),
            self.day(request.assigned_on),
            day_of(remote.map(|_| request.assigned_on)),
            day_of(answer.map(|answer| answer.answered_on)),
            word("answer_kind", answer.map(|answer| answer.kind)).unwrap_or_default(),
            word("expertise", remote).unwrap_or_default(),
            satisfaction.map(|score| score.to_string()).unwrap_or_default(),
            day_of(follow_up.map(|follow_up| follow_up.followed_up_on)),
            word("yes_no", follow_up.map(|one| if one.adopted { "true" } else { "false" }))
                .unwrap_or_default(),
            self.amount(follow_up.and_then(|follow_up| follow_up.funding)),
            day_of(closed_on),
        ]
    }

    fn word(&self, list: &str, code: &str) -> String {
        word(list, code, self.country.is_portuguese()).into()
    }

    fn day(&self, day: Date) -> String {
        match self.country.style {
            Style::Excel | Style::Portuguese => {
                format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
            }
            Style::Kobo | Style::Plain => day.to_string(),
        }
    }

    fn decimal(&self, degrees: f64) -> String {
        let text = format!("{degrees:.3}");
        match self.country.style {
            Style::Excel | Style::Portuguese => text.replace('.', ","),
            Style::Kobo | Style::Plain => text,
        }
    }

    /// An amount in francs; Excel puts spaces between thousands.
    fn amount(&self, amount: Option<i64>) -> String {
        let Some(amount) = amount else { return String::new() };
        let digits = amount.to_string();
        if matches!(self.country.style, Style::Kobo | Style::Plain) {
            return digits;
        }
        let mut spaced = String::new();
        for (index, digit) in digits.char_indices() {
            if index > 0 && (digits.len() - index) % 3 == 0 {
                spaced.push(' ');
            }
            spaced.push(digit);
        }
        spaced
    }

    /// The file: heading and rows in the hub's delimiter and encoding.
    fn bytes(&self, kind: FileKind, rows: Vec<Vec<String>>) -> Vec<u8> {
        let style = self.country.style;
        let quote =
            if style == Style::Kobo { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(if style == Style::Plain { b',' } else { b';' })
            .quote_style(quote)
            .from_writer(Vec::new());
        let heading = columns(kind).iter().map(|column| column.heading(style).to_owned());
        for row in std::iter::once(heading.collect()).chain(rows) {
            // Writing to a Vec cannot fail, and all rows are as long as the heading.
            let _ = writer.write_record(&row);
        }
        let bytes = writer.into_inner().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        match style {
            Style::Excel => WINDOWS_1252.encode(&text).0.into_owned(),
            Style::Kobo => format!("\u{feff}{text}").into_bytes(),
            Style::Plain | Style::Portuguese => bytes,
        }
    }
}
