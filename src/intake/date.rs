//! Dates as people write them. One that can be read in two ways is never guessed.

use jiff::civil::Date;

use crate::intake::mapping::DateOrder;

/// Years taken as years; others are typing errors.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2100;
/// Two-digit years below this one are of this century.
const CENTURY_PIVOT: i16 = 70;

/// Names of months in French, English and Portuguese, folded, January first.
const MONTHS: [[&str; 3]; 12] = [
    ["janvier", "january", "janeiro"],
    ["fevrier", "february", "fevereiro"],
    ["mars", "march", "marco"],
    ["avril", "april", "abril"],
    ["mai", "may", "maio"],
    ["juin", "june", "junho"],
    ["juillet", "july", "julho"],
    ["aout", "august", "agosto"],
    ["septembre", "september", "setembro"],
    ["octobre", "october", "outubro"],
    ["novembre", "november", "novembro"],
    ["decembre", "december", "dezembro"],
];
/// Letters that an abbreviated name of a month has at least.
const MONTH_LETTERS_MIN: usize = 3;

/// Why a cell is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateFault {
    /// Not a date.
    Unreadable,
    /// It can be read in two ways, and the mapping declares no order.
    Ambiguous,
    /// A spreadsheet's day number.
    Serial,
    /// No such day in the calendar, or a year outside 1900 to 2100.
    NoSuchDay,
}

/// The cell (folded) as a day. A time of day after it is dropped.
pub(super) fn read(cell: &str, order: DateOrder) -> Result<Date, DateFault> {
    let cell = without_time(cell.trim());
    let parts: Vec<&str> =
        cell.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).collect();
    if let [serial] = parts[..] {
        let digits = serial.bytes().all(|byte| byte.is_ascii_digit());
        return match (digits, serial.len()) {
            (true, 5) => Err(DateFault::Serial),
            (true, 8) => iso(&serial[..4], &serial[4..6], &serial[6..]),
            _ => Err(DateFault::Unreadable),
        };
    }
    let parts: Vec<&str> = parts.into_iter().filter(|part| *part != "de").collect();
    let [first, second, third] = parts[..] else { return Err(DateFault::Unreadable) };
    if let Some(month) = month(second) {
        return with_named_month(first, month, third, order);
    }
    // Four digits first: ISO 8601, whatever the order declared.
    if first.len() == 4 {
        return iso(first, second, third);
    }
    let (first, second, third) = (number(first)?, number(second)?, third);
    match order {
        DateOrder::DayMonthYear => day(year(third)?, second, first),
        DateOrder::MonthDayYear => day(year(third)?, first, second),
        DateOrder::YearMonthDay => day(century(i16::from(first)), second, number(third)?),
        DateOrder::Auto => only_reading(first, second, third),
    }
}

/// A date with its month in words: the day stands on one side of it and the year on the other.
fn with_named_month(
    first: &str,
    month: i8,
    third: &str,
    order: DateOrder,
) -> Result<Date, DateFault> {
    let year_first = match (first.strip_suffix("er"), order) {
        (Some(first), _) => return day(year(third)?, month, number(first)?),
        _ if first.len() == 4 => true,
        _ if third.len() == 4 => false,
        (None, DateOrder::DayMonthYear | DateOrder::MonthDayYear) => false,
        (None, DateOrder::YearMonthDay) => true,
        (None, DateOrder::Auto) => match (could_be_day(first), could_be_day(third)) {
            // A year has two digits.
            _ if first.len() == 1 => false,
            _ if third.len() == 1 => true,
            (true, true) if first != third => return Err(DateFault::Ambiguous),
            (first_is_day, _) => !first_is_day,
        },
    };
    let (year_text, day_text) = if year_first { (first, third) } else { (third, first) };
    day(year(year_text)?, month, number(day_text)?)
}

fn could_be_day(text: &str) -> bool {
    number(text).is_ok_and(|day| (1..=31).contains(&day))
}

/// The one way to read a date without a declared order, if there is one.
fn only_reading(first: i8, second: i8, third: &str) -> Result<Date, DateFault> {
    if third.len() == 2 {
        // With two digits for the year, any part could be the year.
        return Err(DateFault::Ambiguous);
    }
    let year = year(third)?;
    match (day(year, second, first), day(year, first, second)) {
        (Ok(one), Ok(other)) if one != other => Err(DateFault::Ambiguous),
        (Ok(one), _) | (Err(_), Ok(one)) => Ok(one),
        (Err(fault), Err(_)) => Err(fault),
    }
}

/// Drops `T10:00:00Z`, ` 10:00` and the like.
fn without_time(cell: &str) -> &str {
    match cell.find(':') {
        Some(colon) => {
            let start = cell[..colon].rfind(['t', ' ']).unwrap_or(colon);
            cell[..start].trim_end()
        }
        None => cell,
    }
}

fn iso(first: &str, second: &str, third: &str) -> Result<Date, DateFault> {
    day(year(first)?, number(second)?, number(third)?)
}

fn day(year: i16, month: i8, day: i8) -> Result<Date, DateFault> {
    if !YEARS.contains(&year) {
        return Err(DateFault::NoSuchDay);
    }
    Date::new(year, month, day).map_err(|_| DateFault::NoSuchDay)
}

/// A day or month of one or two digits.
fn number(text: &str) -> Result<i8, DateFault> {
    let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten().ok_or(DateFault::Unreadable)
}

/// A year of two or four digits.
fn year(text: &str) -> Result<i16, DateFault> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DateFault::Unreadable);
    }
    let year: i16 = text.parse().map_err(|_| DateFault::Unreadable)?;
    match text.len() {
        4 => Ok(year),
        2 => Ok(century(year)),
        _ => Err(DateFault::Unreadable),
    }
}

fn century(year: i16) -> i16 {
    if year < CENTURY_PIVOT { 2000 + year } else { 1900 + year }
}

/// The one month that a name or its beginning stands for (`jui` is two).
fn month(text: &str) -> Option<i8> {
    if text.len() < MONTH_LETTERS_MIN {
        return None;
    }
    let named = |names: &[&str; 3]| names.iter().any(|name| name.starts_with(text));
    let mut found = (1..).zip(&MONTHS).filter(|(_, names)| named(names)).map(|(month, _)| month);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::{DateFault, read};
    use crate::intake::{fold::fold, mapping::DateOrder};

    fn date(cell: &str, order: DateOrder) -> Result<String, DateFault> {
        read(&fold(cell), order).map(|date| date.to_string())
    }

    #[test]
    fn dates_that_read_in_one_way_need_no_declaration() {
        for cell in [
            "2026-06-13",
            "13/06/2026",
            "06/13/2026",
            "13.6.2026",
            "13 juin 2026",
            "13 de junho de 2026",
            "13 June 2026",
            "2026-06-13T23:59:00Z",
            "2026-06-13 08:00",
            "20260613",
        ] {
            assert_eq!(date(cell, DateOrder::Auto).as_deref(), Ok("2026-06-13"), "{cell}");
        }
        assert_eq!(date("1er août 2026", DateOrder::Auto).as_deref(), Ok("2026-08-01"));
        assert_eq!(date("5/5/2026", DateOrder::Auto).as_deref(), Ok("2026-05-05"));
        assert_eq!(date("3 févr. 2026", DateOrder::Auto).as_deref(), Ok("2026-02-03"));
    }

    #[test]
    fn an_ambiguous_date_is_never_guessed() {
        for cell in ["05/06/2026", "5-6-26", "13-06-26", "05.06.2026 10:00"] {
            assert_eq!(date(cell, DateOrder::Auto), Err(DateFault::Ambiguous), "{cell}");
        }
        let declared = |cell, order| date(cell, order).unwrap();
        assert_eq!(declared("05/06/2026", DateOrder::DayMonthYear), "2026-06-05");
        assert_eq!(declared("05/06/2026", DateOrder::MonthDayYear), "2026-05-06");
        assert_eq!(declared("5-6-26", DateOrder::DayMonthYear), "2026-06-05");
        assert_eq!(declared("26-06-05", DateOrder::YearMonthDay), "2026-06-05");
        assert_eq!(declared("2026-06-05", DateOrder::DayMonthYear), "2026-06-05");
        assert_eq!(declared("5-6-98", DateOrder::DayMonthYear), "1998-06-05");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let auto = |cell| date(cell, DateOrder::Auto).unwrap_err();
        for cell in [
            "",
            "hier",
            "juin 2026",
            "13/06",
            "1/2/3/4",
            "13/06/026",
            "a/b/2026",
            "é:",
            "3 mardi 2026",
        ] {
            assert_eq!(auto(cell), DateFault::Unreadable, "{cell}");
        }
        assert_eq!(auto("3 jui 2026"), DateFault::Unreadable);
        assert_eq!(auto("46186"), DateFault::Serial);
        for cell in ["31/02/2026", "2026-13-01", "13/06/1026", "2026-02-30"] {
            assert_eq!(auto(cell), DateFault::NoSuchDay, "{cell}");
        }
        assert_eq!(date("13/31/2026", DateOrder::DayMonthYear), Err(DateFault::NoSuchDay));
    }

    #[test]
    fn the_declared_order_holds_with_a_named_month_too() {
        let declared = |cell, order| date(cell, order).map_err(|fault| format!("{fault:?}"));
        let ok = |day: &str| Ok(day.to_owned());
        for (cell, order, day) in [
            ("26-juin-13", DateOrder::YearMonthDay, "2026-06-13"),
            ("26-juin-13", DateOrder::DayMonthYear, "2013-06-26"),
            ("26-juin-13", DateOrder::MonthDayYear, "2013-06-26"),
            ("2026-juin-13", DateOrder::DayMonthYear, "2026-06-13"),
            ("13-juin-2026", DateOrder::YearMonthDay, "2026-06-13"),
        ] {
            assert_eq!(declared(cell, order), ok(day), "{cell} {order:?}");
        }
        assert_eq!(date("31-juin-26", DateOrder::DayMonthYear), Err(DateFault::NoSuchDay));
        for cell in ["26-juin-13", "13-juin-26", "31-juin-26"] {
            assert_eq!(date(cell, DateOrder::Auto), Err(DateFault::Ambiguous), "{cell}");
        }
        // Only one of the two numbers can be a day.
        for (cell, day) in [
            ("1er juin 26", "2026-06-01"),
            ("3 juin 26", "2026-06-03"),
            ("26 juin 3", "2026-06-03"),
            ("13-juin-45", "2045-06-13"),
            ("98 juin 13", "1998-06-13"),
            ("13-juin-13", "2013-06-13"),
        ] {
            assert_eq!(declared(cell, DateOrder::Auto), ok(day), "{cell}");
        }
    }
}
