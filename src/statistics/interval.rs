//! Bounds of whole numbers, and what follows from them for sums, quotients and medians. Every
//! result holds for all values within the bounds it is made from: rounding goes outward.

/// All values a count or a sum can have, given what is published. Never below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Least possible value.
    pub lower: i64,
    /// Largest possible value; `None` where it is open.
    pub upper: Option<i64>,
}

impl Interval {
    /// Nothing is known.
    pub const OPEN: Self = Self { lower: 0, upper: None };
    /// Certainly nothing.
    pub const ZERO: Self = Self { lower: 0, upper: Some(0) };

    /// One certain value.
    pub fn exact(value: i64) -> Self {
        Self { lower: value, upper: Some(value) }
    }

    /// Whether only one value is possible.
    pub fn is_exact(self) -> bool {
        self.upper == Some(self.lower)
    }

    /// Bounds of the sum. An overflow opens them.
    pub fn plus(self, other: Self) -> Self {
        let upper = self.upper.zip(other.upper).and_then(|(one, two)| one.checked_add(two));
        Self { lower: self.lower.saturating_add(other.lower), upper }
    }

    /// Bounds of what is left of `self` without `part`, which is one of its summands.
    pub fn without(self, part: Self) -> Self {
        let lower = part.upper.map_or(0, |most| self.lower.saturating_sub(most).max(0));
        Self { lower, upper: self.upper.map(|most| most.saturating_sub(part.lower).max(0)) }
    }

    /// Values possible under both; `None` if the two contradict each other.
    pub fn meet(self, other: Self) -> Option<Self> {
        let lower = self.lower.max(other.lower);
        let upper = match (self.upper, other.upper) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        upper.is_none_or(|most| lower <= most).then_some(Self { lower, upper })
    }
}

/// Bounds of a quotient, in units of 10^-decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotient {
    /// The quotient, rounded half up, if both parts are certain and the denominator is not zero.
    pub value: Option<i64>,
    /// Least possible quotient, rounded down.
    pub lower: i64,
    /// Largest possible quotient, rounded up.
    pub upper: Option<i64>,
}

/// Bounds of `numerator / denominator`, for every denominator but zero, within `least` and `most`
/// where the catalogue promises them.
pub fn quotient(
    numerator: Interval,
    denominator: Interval,
    decimals: u8,
    (least, most): (Option<i64>, Option<i64>),
) -> Quotient {
    let scale = 10_i128.pow(u32::from(decimals));
    let scaled = |value: i64| i128::from(value) * scale;
    if denominator.upper == Some(0) {
        return Quotient { value: None, lower: 0, upper: None };
    }
    // Where a quotient exists at all, its denominator is at least one.
    let divisor_least = i128::from(denominator.lower.max(1));
    let mut lower = denominator.upper.map_or(0, |d| scaled(numerator.lower) / i128::from(d));
    let mut upper = numerator.upper.map(|most| div_ceil(scaled(most), divisor_least));
    // A promise that published figures break is not relied on.
    if let Some(least) = least.map(scaled).filter(|least| upper.is_none_or(|most| *least <= most)) {
        lower = lower.max(least);
    }
    if let Some(most) = most.map(scaled).filter(|most| lower <= *most) {
        upper = Some(upper.map_or(most, |upper| upper.min(most)));
    }
    let certain = numerator.is_exact() && denominator.is_exact();
    let half_up = (2 * scaled(numerator.lower) + divisor_least) / (2 * divisor_least);
    Quotient {
        value: certain.then(|| i64::try_from(half_up).ok()).flatten(),
        lower: i64::try_from(lower).unwrap_or(i64::MAX),
        upper: upper.and_then(|upper| i64::try_from(upper).ok()),
    }
}

fn div_ceil(dividend: i128, divisor: i128) -> i128 {
    // Both are at least zero and far below the ends of the type: no overflow.
    (dividend + divisor - 1) / divisor
}

/// The first and the last class that can hold the median: the class of the item that half of all
/// items, rounded up, do not exceed. `None` if there is certainly no item.
pub fn median_classes(classes: &[Interval]) -> Option<(usize, usize)> {
    let lower =
        |range: &[Interval]| -> i128 { range.iter().map(|one| i128::from(one.lower)).sum() };
    // `None` is open: larger than any number.
    let upper = |range: &[Interval]| -> Option<i128> {
        range.iter().map(|one| one.upper.map(i128::from)).sum()
    };
    // As many as possible up to the class, as few as possible above it.
    let reached = |class: &usize| {
        let (up_to, above) = classes.split_at(class + 1);
        upper(up_to).is_none_or(|most| most > 0 && most >= lower(above))
    };
    // As few as possible below the class, as many as possible from it on.
    let not_passed = |class: &usize| {
        let (below, from) = classes.split_at(*class);
        upper(from).is_none_or(|most| lower(below) < most)
    };
    let first = (0..classes.len()).find(reached)?;
    let last = (0..classes.len()).rev().find(not_passed)?;
    Some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: (Option<i64>, Option<i64>) = (Some(0), Some(1));

    fn between(lower: i64, upper: i64) -> Interval {
        Interval { lower, upper: Some(upper) }
    }

    #[test]
    fn an_open_summand_opens_the_sum_but_keeps_its_lower_bound() {
        assert_eq!(between(2, 3).plus(Interval::OPEN), Interval { lower: 2, upper: None });
        assert_eq!(between(2, 3).plus(between(1, 4)), between(3, 7));
        assert_eq!(between(9, 9).without(between(2, 3)), between(6, 7));
        assert_eq!(between(1, 2).meet(between(3, 4)), None);
    }

    #[test]
    fn a_quotient_is_rounded_outward_and_half_up() {
        let third = quotient(Interval::exact(1), Interval::exact(3), 4, SHARE);
        assert_eq!(third, Quotient { value: Some(3333), lower: 3333, upper: Some(3334) });
        let two_thirds = quotient(Interval::exact(2), Interval::exact(3), 4, SHARE);
        assert_eq!(two_thirds.value, Some(6667));
        let hidden = quotient(between(1, 2), between(4, 8), 4, SHARE);
        assert_eq!(hidden, Quotient { value: None, lower: 1250, upper: Some(5000) });
    }

    #[test]
    fn a_share_stays_below_one_even_where_its_parts_are_open() {
        let open = quotient(Interval::OPEN, Interval::OPEN, 4, SHARE);
        assert_eq!(open, Quotient { value: None, lower: 0, upper: Some(10_000) });
        let mean = quotient(between(3, 9), between(0, 2), 2, (Some(1), Some(5)));
        assert_eq!(mean, Quotient { value: None, lower: 150, upper: Some(500) });
    }

    #[test]
    fn a_quotient_over_nothing_has_no_value() {
        let nothing = quotient(Interval::ZERO, Interval::ZERO, 4, SHARE);
        assert_eq!((nothing.value, nothing.upper), (None, None));
    }

    #[test]
    fn the_median_class_is_a_range_where_hidden_cells_leave_it_open() {
        let exact = |counts: &[i64]| {
            median_classes(&counts.iter().map(|count| Interval::exact(*count)).collect::<Vec<_>>())
        };
        assert_eq!(exact(&[1, 0, 1, 3]), Some((3, 3)));
        assert_eq!(exact(&[2, 0, 1, 1]), Some((0, 0)));
        assert_eq!(exact(&[0, 0]), None);
        let hidden = [between(1, 4), Interval::exact(2), between(0, 3)];
        assert_eq!(median_classes(&hidden), Some((0, 1)));
        assert_eq!(median_classes(&[Interval::exact(5), Interval::OPEN]), Some((0, 1)));
    }
}
