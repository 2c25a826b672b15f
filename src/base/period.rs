//! Reference periods in SDMX notation: `2026`, `2026-Q3`, `2026-07`.
//!
//! The text form is stored and signed; it may never change.

use std::{fmt, str::FromStr};

use jiff::{ToSpan, civil::Date};
use minicbor::{Decoder, Encoder, decode, encode};

/// A calendar year, quarter or month. Ordered by first day, then the longer period first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    year: i16,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Year,
    Quarter(u8),
    Month(u8),
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// A year.
    Annual,
    /// A quarter.
    Quarterly,
    /// A month.
    Monthly,
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no period: write 2026, 2026-Q3 or 2026-07")]
pub struct InvalidPeriod(String);

impl Period {
    /// The year `year` (1900 to 2199), or `None`.
    pub fn annual(year: i16) -> Option<Self> {
        (1900..2200).contains(&year).then_some(Self { year, part: Part::Year })
    }

    /// Quarter `quarter` (1 to 4) of `year`, or `None`.
    pub fn quarterly(year: i16, quarter: u8) -> Option<Self> {
        let part = Part::Quarter(quarter);
        (1..=4).contains(&quarter).then_some(Self { year: Self::annual(year)?.year, part })
    }

    /// Month `month` (1 to 12) of `year`, or `None`.
    pub fn monthly(year: i16, month: u8) -> Option<Self> {
        let part = Part::Month(month);
        (1..=12).contains(&month).then_some(Self { year: Self::annual(year)?.year, part })
    }

    /// How long the period is.
    pub fn frequency(self) -> Frequency {
        match self.part {
            Part::Year => Frequency::Annual,
            Part::Quarter(_) => Frequency::Quarterly,
            Part::Month(_) => Frequency::Monthly,
        }
    }

    /// The calendar year the period lies in.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The first day.
    pub fn first_day(self) -> Date {
        let month = match self.part {
            Part::Year => 1,
            Part::Quarter(quarter) => (quarter as i8 - 1) * 3 + 1,
            Part::Month(month) => month as i8,
        };
        Date::constant(self.year, month, 1)
    }

    /// The last day, included.
    pub fn last_day(self) -> Date {
        self.next().first_day().saturating_sub(1.day())
    }

    /// Whether `date` lies in the period.
    pub fn contains(self, date: Date) -> bool {
        self.first_day() <= date && date <= self.last_day()
    }

    /// Whether every day of `other` lies in the period.
    pub fn covers(self, other: Self) -> bool {
        self.first_day() <= other.first_day() && other.last_day() <= self.last_day()
    }

    /// The following period of the same length.
    pub fn next(self) -> Self {
        let (year, part) = match self.part {
            Part::Year => (self.year + 1, Part::Year),
            Part::Quarter(4) => (self.year + 1, Part::Quarter(1)),
            Part::Quarter(quarter) => (self.year, Part::Quarter(quarter + 1)),
            Part::Month(12) => (self.year + 1, Part::Month(1)),
            Part::Month(month) => (self.year, Part::Month(month + 1)),
        };
        Self { year, part }
    }

    /// The four quarters of the year the period lies in, in order.
    pub fn quarters(self) -> [Self; 4] {
        [1, 2, 3, 4].map(|quarter| Self { year: self.year, part: Part::Quarter(quarter) })
    }

    /// The whole year the period lies in.
    pub fn whole_year(self) -> Self {
        Self { year: self.year, part: Part::Year }
    }

    /// Whether the period is the last of its length in its year (December, the fourth quarter,
    /// the year itself).
    pub fn ends_year(self) -> bool {
        self.next().year != self.year
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.first_day(), self.frequency()).cmp(&(other.first_day(), other.frequency()))
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Year => write!(f, "{:04}", self.year),
            Part::Quarter(quarter) => write!(f, "{:04}-Q{quarter}", self.year),
            Part::Month(month) => write!(f, "{:04}-{month:02}", self.year),
        }
    }
}

impl FromStr for Period {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidPeriod(text.chars().take(20).collect());
        let digits = |part: &str, length: usize| {
            (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<i16>().ok())
                .flatten()
                .ok_or_else(invalid)
        };
        let Some((year, rest)) = text.split_once('-') else {
            return Self::annual(digits(text, 4)?).ok_or_else(invalid);
        };
        let year = digits(year, 4)?;
        match rest.strip_prefix('Q') {
            Some(quarter) => Self::quarterly(year, digits(quarter, 1)? as u8),
            None => Self::monthly(year, digits(rest, 2)? as u8),
        }
        .ok_or_else(invalid)
    }
}

impl<C> minicbor::Encode<C> for Period {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.str(&self.to_string())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Period {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.str()?.parse().map_err(|_| decode::Error::message("no period"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_round_trip_and_nothing_else_is_read() {
        for text in ["2026", "2026-Q1", "2026-Q4", "2026-01", "2026-12"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in ["", "26", "2026-Q0", "2026-Q5", "2026-13", "2026-1", "+026", "2026-Q+", "é026"]
        {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_of_a_period_are_its_calendar_days() {
        let quarter: Period = "2024-Q1".parse().unwrap();
        assert_eq!(quarter.first_day(), Date::constant(2024, 1, 1));
        assert_eq!(quarter.last_day(), Date::constant(2024, 3, 31));
        let february: Period = "2024-02".parse().unwrap();
        assert_eq!(february.last_day(), Date::constant(2024, 2, 29));
        assert!(quarter.covers(february) && !february.covers(quarter));
        assert!(!quarter.ends_year() && "2024-Q4".parse::<Period>().unwrap().ends_year());
    }
}
