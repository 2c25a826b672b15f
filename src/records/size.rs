//! The size class of an enterprise that declares none.
//!
//! The rule is recorded with the class, because the two measures disagree for many enterprises and
//! most informal ones have no turnover on record. Limits of turnover are those of the UEMOA's
//! scheme for small and medium enterprises, before tax; the headcounts are those in usual use.

use crate::{base::money::Money, records::types::SizeRule};

/// Class of what cannot be classed.
pub const NOT_CLASSIFIED: &str = "NC";

/// Largest headcount of each class.
const HEADCOUNTS_MAX: [(u32, &str); 3] = [(9, "MIC"), (49, "PET"), (199, "MOY")];
/// Largest yearly turnover of each class, in francs.
const TURNOVERS_MAX: [(i64, &str); 3] =
    [(30_000_000, "MIC"), (100_000_000, "PET"), (1_000_000_000, "MOY")];
/// Class of what is larger.
const LARGE: &str = "GRA";

/// The class from what is known, and the rule that gave it. A turnover over the largest limit makes
/// an enterprise large whatever its headcount; else the headcount decides, if there is one.
pub fn class(headcount: Option<u32>, turnover: Option<Money>) -> (&'static str, SizeRule) {
    let by_turnover = turnover.map(|turnover| below(&TURNOVERS_MAX, turnover.0));
    let by_headcount = headcount.map(|headcount| below(&HEADCOUNTS_MAX, headcount));
    match (by_headcount, by_turnover) {
        (_, Some(LARGE)) => (LARGE, SizeRule::Turnover),
        (Some(class), _) => (class, SizeRule::Headcount),
        (None, Some(class)) => (class, SizeRule::Turnover),
        (None, None) => (NOT_CLASSIFIED, SizeRule::None),
    }
}

fn below<N: PartialOrd + Copy>(limits: &[(N, &'static str)], number: N) -> &'static str {
    limits.iter().find(|(most, _)| number <= *most).map_or(LARGE, |(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::class;
    use crate::{base::money::Money, records::types::SizeRule};

    #[test]
    fn the_class_follows_from_headcount_or_turnover_and_names_its_rule() {
        let by_headcount = |persons| class(Some(persons), None).0;
        assert_eq!([1, 9, 10, 49].map(by_headcount), ["MIC", "MIC", "PET", "PET"]);
        assert_eq!([50, 199, 200].map(by_headcount), ["MOY", "MOY", "GRA"]);
        let by_turnover = |francs| class(None, Some(Money(francs))).0;
        assert_eq!([30_000_000, 30_000_001, 100_000_000].map(by_turnover), ["MIC", "PET", "PET"]);
        assert_eq!([1_000_000_000, 1_000_000_001].map(by_turnover), ["MOY", "GRA"]);
        assert_eq!(class(Some(3), Some(Money(40_000_000))), ("MIC", SizeRule::Headcount));
        assert_eq!(class(Some(3), Some(Money(2_000_000_000))), ("GRA", SizeRule::Turnover));
        assert_eq!(class(None, None), ("NC", SizeRule::None));
    }
}
