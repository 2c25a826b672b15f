//! Amounts as decimal texts, read into whole units of the last decimal without floating point, and
//! written back.

/// Longest amount, in bytes.
const BYTES_MAX: usize = 64;
/// Most digits of a number of units.
const DIGITS_MAX: usize = 18;
/// Largest exponent, positive or negative.
const EXPONENT_MAX: i64 = 400;

/// An amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Units of the last decimal, halves rounded away from zero.
    pub units: i64,
    /// Whether more decimals stood there than are kept.
    pub rounded: bool,
}

/// Why a text is no amount. The words follow the place, and a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountFault {
    /// Nothing stands there.
    #[error("the cell is empty; write the number, 0 included, or leave the row out if it is zero")]
    Empty,
    /// It is no number.
    #[error("this is no number; write digits alone, as in 1234.56, nothing between the thousands")]
    Unreadable,
    /// It is below zero.
    #[error("the number is negative; only tables of counts and amounts from zero are protected")]
    Negative,
    /// It is too large.
    #[error("the number is too large; use fewer --decimals, or a larger unit such as thousands")]
    TooLarge,
    /// It is no whole number.
    #[error("a count is a whole number")]
    NotWhole,
}

/// Reads an amount to so many decimals, with this decimal mark.
pub fn parse(text: &str, mark: char, decimals: u32) -> Result<Amount, AmountFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AmountFault::Empty);
    }
    let (negative, unsigned) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.parse::<i64>().map_err(|_| AmountFault::Unreadable)?)
        }
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once(mark).unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || text.len() > BYTES_MAX || exponent.abs() > EXPONENT_MAX {
        return Err(AmountFault::Unreadable);
    }
    let shift = exponent + i64::from(decimals) - fraction.len() as i64;
    let amount = shifted(digits.trim_start_matches('0'), shift)?;
    if negative && amount.units > 0 { Err(AmountFault::Negative) } else { Ok(amount) }
}

/// Digits without zeros before them, times ten to the power of `shift`.
fn shifted(digits: &str, shift: i64) -> Result<Amount, AmountFault> {
    if digits.is_empty() {
        return Ok(Amount { units: 0, rounded: false });
    }
    let length = digits.len() as i64 + shift;
    if length > DIGITS_MAX as i64 {
        return Err(AmountFault::TooLarge);
    }
    let kept = usize::try_from(length).unwrap_or(0).min(digits.len());
    let dropped = &digits[kept..];
    let mut units: i64 = if kept == 0 { 0 } else { whole(&digits[..kept])? };
    if shift > 0 {
        let times = u32::try_from(shift).ok().and_then(|shift| 10_i64.checked_pow(shift));
        units = times.and_then(|times| units.checked_mul(times)).ok_or(AmountFault::TooLarge)?;
    }
    // What begins further right than the first dropped place is less than a half.
    let up = length >= 0 && dropped.bytes().next().is_some_and(|digit| digit >= b'5');
    Ok(Amount { units: units + i64::from(up), rounded: dropped.bytes().any(|digit| digit != b'0') })
}

fn whole(digits: &str) -> Result<i64, AmountFault> {
    digits.parse().map_err(|_| AmountFault::TooLarge)
}

/// Reads a count: whole after noise beyond `decimals` was rounded away.
pub fn parse_count(text: &str, mark: char, decimals: u32) -> Result<i64, AmountFault> {
    let Amount { units, .. } = parse(text, mark, decimals)?;
    let one = 10_i64.pow(decimals);
    if units % one == 0 { Ok(units / one) } else { Err(AmountFault::NotWhole) }
}

/// Writes units with their decimals.
pub fn written(units: i64, decimals: u32) -> String {
    let one = 10_u64.pow(decimals);
    let (sign, size) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    match decimals {
        0 => format!("{sign}{size}"),
        _ => format!("{sign}{}.{:0width$}", size / one, size % one, width = decimals as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str, decimals: u32) -> Result<i64, AmountFault> {
        parse(text, '.', decimals).map(|amount| amount.units)
    }

    #[test]
    fn decimals_are_read_exactly_and_halves_are_rounded_away_from_zero() {
        for (text, decimals, expected) in [
            ("3168.4300000000003", 2, 316_843),
            ("1.0E+3", 2, 100_000),
            ("1.5e-2", 2, 2),
            ("0.005", 2, 1),
            ("0.0049999999999999999999", 2, 0),
            ("2.5", 0, 3),
            (".5", 0, 1),
            ("0.5e-1", 0, 0),
            ("0.05", 0, 0),
            ("9.999", 2, 1000),
            ("007", 0, 7),
            ("12.", 1, 120),
            ("0", 6, 0),
            ("1e2", 0, 100),
            ("0.1", 1, 1),
            ("90071992547409.93", 2, 9_007_199_254_740_993),
            ("-0.0000001", 2, 0),
            ("+5", 0, 5),
            ("1e-400", 2, 0),
        ] {
            assert_eq!(units(text, decimals), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_was_rounded_is_known() {
        for (text, rounded) in [("1.25", false), ("1.250", false), ("1.2501", true), ("3", false)] {
            assert_eq!(parse(text, '.', 2).unwrap().rounded, rounded, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        use AmountFault::{Empty, Negative, NotWhole, TooLarge, Unreadable};
        for (text, fault) in [
            ("", Empty),
            (" ", Empty),
            ("NaN", Unreadable),
            ("inf", Unreadable),
            ("1,5", Unreadable),
            ("1 000", Unreadable),
            ("1.2.3", Unreadable),
            (".", Unreadable),
            ("e5", Unreadable),
            ("1e", Unreadable),
            ("1e999", Unreadable),
            ("0x10", Unreadable),
            ("١", Unreadable),
            ("-1", Negative),
            ("-0.005", Negative),
            ("1e17", TooLarge),
            ("99999999999999999999", TooLarge),
        ] {
            assert_eq!(units(text, 2), Err(fault), "{text}");
        }
        assert_eq!(units(&"1".repeat(65), 0), Err(Unreadable));
        assert_eq!(parse_count("3.5", '.', 2), Err(NotWhole));
        assert_eq!(parse_count("2.9999999999", '.', 2), Ok(3));
    }

    #[test]
    fn a_comma_is_the_mark_where_it_is_said_to_be() {
        assert_eq!(parse("1,25", ',', 2).unwrap().units, 125);
        assert_eq!(parse("1.25", ',', 2), Err(AmountFault::Unreadable));
    }

    #[test]
    fn amounts_are_written_with_all_their_decimals() {
        assert_eq!(written(316_843, 2), "3168.43");
        assert_eq!(written(5, 2), "0.05");
        assert_eq!(written(0, 1), "0.0");
        assert_eq!(written(7, 0), "7");
        assert_eq!(written(-5, 2), "-0.05");
    }
}
