//! Days on the command line: one form, and what to write for others.

use jiff::civil::Date;

/// Reads a day, `2026-10-01`. Of a day written the French way it says how to write it here.
pub fn day(text: &str) -> Result<Date, String> {
    // Only the one form: jiff also reads others.
    let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| match read_otherwise(text) {
        Some(date) => format!("write {date}"),
        None => "write a day of the calendar, year first, as in 2026-10-01".into(),
    })
}

/// The day that was meant, if that is plain: day, month, year, or a year first without two digits
/// each, or without hyphens.
fn read_otherwise(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse::<Date>() {
        return Some(date);
    }
    let parts: Vec<&str> = text.split(['/', '.', '-', ' ']).collect();
    let [first, month, last] = parts[..] else { return None };
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    if year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn a_day_written_another_way_is_told_as_it_is_written_here() {
        assert_eq!(day("2026-10-01").unwrap().to_string(), "2026-10-01");
        for (written, date) in [
            ("01/10/2026", "2026-10-01"),
            ("1.10.2026", "2026-10-01"),
            ("31-01-2027", "2027-01-31"),
            ("2026/10/1", "2026-10-01"),
            ("20261001", "2026-10-01"),
        ] {
            assert_eq!(day(written).unwrap_err(), format!("write {date}"), "{written}");
        }
        for written in ["", "2026-02-30", "10/2026", "13/13/2026", "01/10/26", "demain"] {
            let told = day(written).unwrap_err();
            assert!(told.starts_with("write a day of the calendar"), "{written}: {told}");
        }
    }
}
