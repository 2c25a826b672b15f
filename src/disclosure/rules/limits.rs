//! The limits of the rules, and the arithmetic of dominance: exact, in whole units.

use crate::disclosure::error::DisclosureError;

/// Most contributors that (n,k)-dominance may look at together.
pub const LARGEST_COUNT_MAX: u32 = 10;

/// The limits that one population's cells are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A cell with fewer distinct contributors is sensitive. At least 2.
    pub contributors_min: u32,
    /// p of the p%-rule: a value is sensitive if what the others contribute, without the two
    /// largest, is less than p % of the largest. 1 to 100.
    pub dominance_percent: u32,
    /// (n,k)-dominance, for members whose law asks for it beside the p%-rule.
    pub largest: Option<Largest>,
    /// A figure that says the same of all it is about must be about at least so many contributors
    /// (group disclosure); 0 if members do not ask for that.
    pub group_contributors_min: u32,
}

/// (n,k)-dominance: a value is sensitive if its n largest contributors have more than k % of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Largest {
    /// n: 1 to [`LARGEST_COUNT_MAX`].
    pub count: u32,
    /// k: 1 to 99.
    pub percent: u32,
}

impl Limits {
    /// A least number of contributors and a p%-rule.
    pub const fn new(contributors_min: u32, dominance_percent: u32) -> Self {
        Self { contributors_min, dominance_percent, largest: None, group_contributors_min: 0 }
    }

    /// Checks that the limits protect somebody.
    pub fn validate(&self) -> Result<(), DisclosureError> {
        let invalid = |problem| Err(DisclosureError::InvalidRules(problem));
        if self.contributors_min < 2 {
            return invalid(
                "contributors_min must be at least 2, or single enterprises are published",
            );
        }
        if !(1..=100).contains(&self.dominance_percent) {
            return invalid("dominance_percent must be 1 to 100");
        }
        match self.largest {
            Some(one) if !(1..=LARGEST_COUNT_MAX).contains(&one.count) => {
                invalid("largest_count must be 1 to 10")
            }
            Some(one) if !(1..=99).contains(&one.percent) => {
                invalid("largest_percent must be 1 to 99")
            }
            _ => Ok(()),
        }
    }

    /// Whether so many contributors are too few.
    pub fn are_few(&self, contributors: usize) -> bool {
        contributors < self.contributors_min as usize
    }

    /// The upper protection level of a value to which contributors add `parts`, none negative: how
    /// far above the true value an estimate must stay possible. Zero or less where both dominance
    /// rules hold, so that it decides, too, whether the value is sensitive.
    pub fn level(&self, parts: &[i128]) -> i64 {
        let by_ratio = self.level_by_ratio(parts);
        self.level_by_share(parts).map_or(by_ratio, |by_share| by_share.max(by_ratio))
    }

    /// The level that the p%-rule asks for.
    pub fn level_by_ratio(&self, parts: &[i128]) -> i64 {
        let sorted = descending(parts);
        let sum: i128 = sorted.iter().sum();
        // U = p/100 · x1 − (X − x1 − x2).
        let shortage =
            top(&sorted, 1) * i128::from(self.dominance_percent) - 100 * (sum - top(&sorted, 2));
        level(divided_up(shortage, 100))
    }

    /// The level that (n,k)-dominance asks for; `None` where it does not hold.
    pub fn level_by_share(&self, parts: &[i128]) -> Option<i64> {
        let Largest { count, percent } = self.largest?;
        let sorted = descending(parts);
        let percent = i128::from(percent);
        // U = 100/k · (x1 + … + xn) − X.
        let excess = 100 * top(&sorted, count) - percent * sorted.iter().sum::<i128>();
        Some(level(divided_up(excess, percent)))
    }
}

fn descending(parts: &[i128]) -> Vec<i128> {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    sorted
}

/// The sum of the first `count`.
fn top(sorted: &[i128], count: u32) -> i128 {
    sorted.iter().take(count as usize).sum()
}

fn level(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// `number / divisor`, rounded up; `divisor` is positive.
fn divided_up(number: i128, divisor: i128) -> i128 {
    -(-number).div_euclid(divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: Limits = Limits::new(3, 15);

    fn with_largest(count: u32, percent: u32) -> Limits {
        Limits { largest: Some(Largest { count, percent }), ..P }
    }

    #[test]
    fn the_levels_are_those_of_the_handbook() {
        // p%: 15 % of 1000 less what the third and fourth have.
        assert_eq!(P.level(&[1000, 600, 100, 20]), 30);
        assert_eq!(P.level(&[20, 600, 1000, 130]), 0);
        // (2,80): the two largest have 1600 of 1720: 1600 / 0.8 = 2000.
        assert_eq!(with_largest(2, 80).level(&[1000, 600, 100, 20]), 280);
        // (1,60): 1000 of 1720 is 58 %, so that only the p%-rule speaks.
        assert_eq!(with_largest(1, 60).level(&[1000, 600, 100, 20]), 30);
        // (1,58): 100/58 · 1000 = 1724.1, 4.1 above 1720; the p%-rule asks for more.
        assert_eq!(with_largest(1, 58).level(&[1000, 600, 100, 20]), 30);
        // Exactly k % is not more than k %.
        assert!(with_largest(2, 80).level(&[400, 400, 100, 100]) <= 0);
        assert_eq!(with_largest(2, 79).level(&[400, 400, 100, 100]), 13);
    }

    #[test]
    fn levels_of_the_largest_numbers_do_not_overflow() {
        let most = i128::from(i64::MAX);
        assert_eq!(with_largest(1, 1).level(&[most, most, most]), i64::MAX);
        assert!(P.level(&[most]) > 0);
    }

    #[test]
    fn limits_that_protect_nobody_are_refused() {
        for (contributors_min, dominance_percent) in [(0, 15), (1, 15), (3, 0), (3, 101)] {
            assert!(Limits { contributors_min, dominance_percent, ..P }.validate().is_err());
        }
        for (count, percent) in [(0, 80), (11, 80), (1, 0), (1, 100)] {
            assert!(with_largest(count, percent).validate().is_err());
        }
        assert!(with_largest(10, 99).validate().is_ok());
    }
}
