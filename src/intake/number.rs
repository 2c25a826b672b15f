//! Numbers as spreadsheets of the region write them: `12 500 000 FCFA`, `1.234,5`, `1,5E+07`.
//! Exact: no floating point.

use std::ops::RangeInclusive;

/// Units that may follow a number, folded, longest first.
const UNITS: &[&str] = &["f cfa", "fcfa", "f.cfa", "cfa", "xof", "f"];
/// Longest number, in bytes.
const BYTES_MAX: usize = 64;
/// Most decimal places and largest exponent taken.
const PLACES_MAX: i32 = 30;

/// Why a cell is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberFault {
    /// Not a number.
    Unreadable,
    /// It could be read in two ways (`1,234`).
    Ambiguous,
    /// A fraction where a whole number is needed.
    NotWhole,
    /// Too large, or negative where that makes no sense.
    OutOfRange,
}

/// A decimal number: `digits × 10^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    digits: i64,
    exponent: i32,
}

/// The cell (folded) as a whole number times `times`.
fn whole(cell: &str, mark: Option<char>, times: i64) -> Result<i64, NumberFault> {
    let number = read(cell, mark)?;
    let digits = number.digits.checked_mul(times).ok_or(NumberFault::OutOfRange)?;
    scale(Decimal { digits, ..number })
}

/// The cell (folded) as a whole number times `times`, within `range`.
pub(super) fn count(
    cell: &str,
    mark: Option<char>,
    times: Option<u32>,
    range: RangeInclusive<i64>,
) -> Result<i64, NumberFault> {
    let number = whole(cell, mark, i64::from(times.unwrap_or(1)))?;
    range.contains(&number).then_some(number).ok_or(NumberFault::OutOfRange)
}

/// The cell (folded), in degrees, as millionths.
pub(super) fn microdegrees(cell: &str, mark: Option<char>) -> Result<i32, NumberFault> {
    let number = read(cell, mark)?;
    let mut micro = Decimal { digits: number.digits, exponent: number.exponent + 6 };
    // A GPS receiver writes more places than a building is wide.
    while micro.exponent < 0 {
        micro = Decimal { digits: micro.digits / 10, exponent: micro.exponent + 1 };
    }
    i32::try_from(scale(micro)?).map_err(|_| NumberFault::OutOfRange)
}

fn scale(number: Decimal) -> Result<i64, NumberFault> {
    let Decimal { mut digits, mut exponent } = number;
    while exponent < 0 {
        if digits % 10 != 0 {
            return Err(NumberFault::NotWhole);
        }
        digits /= 10;
        exponent += 1;
    }
    while exponent > 0 && digits != 0 {
        digits = digits.checked_mul(10).ok_or(NumberFault::OutOfRange)?;
        exponent -= 1;
    }
    Ok(digits)
}

fn read(cell: &str, mark: Option<char>) -> Result<Decimal, NumberFault> {
    let cell = cell.trim();
    if cell.len() > BYTES_MAX {
        return Err(NumberFault::Unreadable);
    }
    let unit = UNITS.iter().find_map(|unit| cell.strip_suffix(unit));
    let (mantissa, exponent) = match unit.unwrap_or(cell).trim().split_once('e') {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.parse::<i32>().map_err(|_| NumberFault::Unreadable)?)
        }
        None => (unit.unwrap_or(cell).trim(), 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = parts(mantissa, mark)?;
    let places = i32::try_from(fraction.len()).map_err(|_| NumberFault::OutOfRange)?;
    let exponent = exponent.saturating_sub(places);
    if !(-PLACES_MAX..=PLACES_MAX).contains(&exponent) {
        return Err(NumberFault::OutOfRange);
    }
    let digits: i64 = format!("{whole}{fraction}").parse().map_err(|_| NumberFault::OutOfRange)?;
    Ok(Decimal { digits: if negative { -digits } else { digits }, exponent })
}

/// The digits before and after the decimal mark.
fn parts(mantissa: &str, mark: Option<char>) -> Result<(String, &str), NumberFault> {
    let mark = match mark {
        Some(mark) => Some(mark),
        None => find_mark(mantissa)?,
    };
    let (whole, fraction) =
        mark.and_then(|mark| mantissa.split_once(mark)).unwrap_or((mantissa, ""));
    let other = if mark == Some(',') { '.' } else { ',' };
    let groups: Vec<&str> = whole.split([' ', '\'', other]).collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = groups.len() == 1
        || (!groups[0].is_empty()
            && groups[0].len() <= 3
            && groups[1..].iter().all(|group| group.len() == 3));
    let empty = whole.is_empty() && fraction.is_empty();
    if empty || !grouped || !groups.iter().all(|group| digits(group)) || !digits(fraction) {
        return Err(NumberFault::Unreadable);
    }
    // An empty whole part as in ",5" is a zero.
    Ok((if whole.is_empty() { "0".into() } else { groups.concat() }, fraction))
}

/// The decimal mark, if the number itself shows which it is.
fn find_mark(mantissa: &str) -> Result<Option<char>, NumberFault> {
    let count = |mark: char| mantissa.matches(mark).count();
    let (commas, points) = (count(','), count('.'));
    let last = mantissa.rfind([',', '.']).map(|place| (place, &mantissa[place + 1..]));
    match (commas, points, last) {
        (0, 0, _) | (_, _, None) => Ok(None),
        // Both stand there: the last one is the decimal mark.
        (1.., 1.., Some((place, _))) => Ok(mantissa[place..].chars().next()),
        // One kind several times: it parts thousands, so that the other would be the mark.
        (2.., 0, _) => Ok(Some('.')),
        (0, 2.., _) => Ok(Some(',')),
        (_, _, Some((place, after))) => {
            let before = &mantissa[..place];
            let could_part_thousands =
                after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
            match could_part_thousands {
                true => Err(NumberFault::Ambiguous),
                false => Ok(mantissa[place..].chars().next()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NumberFault, microdegrees, whole};
    use crate::intake::fold::fold;

    fn number(cell: &str, mark: Option<char>) -> Result<i64, NumberFault> {
        whole(&fold(cell), mark, 1)
    }

    #[test]
    fn francs_are_read_as_they_are_written() {
        for cell in [
            "12 500 000",
            "12\u{a0}500\u{a0}000 FCFA",
            "12\u{202F}500\u{202F}000F",
            "12500000,00",
            "12.500.000,0 F CFA",
            "12,500,000.0",
            "1,25E+07",
            "12500000 XOF",
            "12'500'000",
        ] {
            assert_eq!(number(cell, None), Ok(12_500_000), "{cell}");
        }
        assert_eq!(number("50000,0", None), Ok(50_000));
        assert_eq!(whole("12,5", Some(','), 1000), Ok(12_500));
        assert_eq!(number("-3", None), Ok(-3));
    }

    #[test]
    fn a_number_with_two_readings_is_not_guessed() {
        for cell in ["1,234", "12.500", "999,999"] {
            assert_eq!(number(cell, None), Err(NumberFault::Ambiguous), "{cell}");
        }
        assert_eq!(number("12.500", Some(',')), Ok(12_500));
        assert_eq!(number("12.500", Some('.')), Err(NumberFault::NotWhole));
        assert_eq!(number("12,000", Some(',')), Ok(12));
        assert_eq!(number("0,500", None), Err(NumberFault::NotWhole));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for cell in ["", "douze", "1 2", "12 50", "1,2,3.4.5", ",", "e5", "1e", "--1", "1,2F,3"] {
            assert_eq!(number(cell, None), Err(NumberFault::Unreadable), "{cell}");
        }
        for cell in ["99999999999999999999", "1e30", "1e-40"] {
            assert_eq!(number(cell, None), Err(NumberFault::OutOfRange), "{cell}");
        }
        assert_eq!(number("1,5", Some(',')), Err(NumberFault::NotWhole));
    }

    #[test]
    fn degrees_are_cut_to_millionths() {
        assert_eq!(microdegrees("12,6391234567", Some(',')), Ok(12_639_123));
        assert_eq!(microdegrees("-8.0", None), Ok(-8_000_000));
        assert_eq!(microdegrees("9999", None), Err(NumberFault::OutOfRange));
    }
}
