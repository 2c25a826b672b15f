//! Days as they are stored: a count of days since 1970-01-01, so that order is byte order.

use jiff::{Span, civil::Date};

const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days from 1970-01-01 to `date`; negative before it.
pub fn to_days(date: Date) -> i32 {
    // A civil date spans -9999..=9999, so its distance in days always fits.
    EPOCH.until(date).map_or(0, |span| span.get_days())
}

/// The date `days` after 1970-01-01, or `None` outside the years -9999 to 9999.
pub fn from_days(days: i32) -> Option<Date> {
    EPOCH.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// minicbor codec for [`Date`]: `#[cbor(with = "crate::base::date::cbor")]`.
pub mod cbor {
    use jiff::civil::Date;
    use minicbor::{
        Decoder, Encoder,
        decode::Error as DecodeError,
        encode::{Error as EncodeError, Write},
    };

    /// Writes the day number.
    pub fn encode<C, W: Write>(
        date: &Date,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.i32(super::to_days(*date))?.ok()
    }

    /// Reads a day number.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Date, DecodeError> {
        super::from_days(d.i32()?).ok_or_else(|| DecodeError::message("day out of range"))
    }
}

/// minicbor codec for `Option<Date>`: `#[cbor(with = "crate::base::date::cbor_option")]`.
pub mod cbor_option {
    use jiff::civil::Date;
    use minicbor::{
        Decoder, Encoder,
        decode::Error as DecodeError,
        encode::{Error as EncodeError, Write},
    };

    /// Writes the day number or null.
    pub fn encode<C, W: Write>(
        date: &Option<Date>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.encode(date.map(super::to_days))?.ok()
    }

    /// Reads a day number or null.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Option<Date>, DecodeError> {
        d.decode::<Option<i32>>()?
            .map(|days| {
                super::from_days(days).ok_or_else(|| DecodeError::message("day out of range"))
            })
            .transpose()
    }

    /// What an absent field means.
    pub fn nil() -> Option<Option<Date>> {
        Some(None)
    }

    /// Whether the field may be left out.
    pub fn is_nil(date: &Option<Date>) -> bool {
        date.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in [-719_162, -1, 0, 1, 20_000, 20_848] {
            assert_eq!(to_days(from_days(days).unwrap()), days);
        }
        assert_eq!(from_days(i32::MAX), None);
        assert_eq!(to_days(Date::constant(2027, 1, 31)), 20_849);
    }
}
