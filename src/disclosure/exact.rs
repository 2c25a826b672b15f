//! Arithmetic of the exact solver: integers over a common denominator, every step checked.

/// Why a solve was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SimplexError {
    /// Numbers outgrew their types.
    #[error("Numbers outgrew exact arithmetic")]
    Overflow,
    /// The tableau would be too large.
    #[error("The tableau would be too large")]
    TooLarge,
    /// Too many pivots.
    #[error("Too many pivots")]
    Stalled,
    /// No point satisfies all rows and bounds.
    #[error("No point satisfies all rows and bounds")]
    Infeasible,
}

pub fn checked(value: Option<i128>) -> Result<i128, SimplexError> {
    value.ok_or(SimplexError::Overflow)
}

/// `(value × new − factor × pivot) / old`.
pub fn mixed(
    value: i128,
    new: i128,
    factor: i128,
    pivot: i128,
    old: i128,
) -> Result<i128, SimplexError> {
    let scaled = checked(value.checked_mul(new))?;
    let part = checked(factor.checked_mul(pivot))?;
    Ok(checked(scaled.checked_sub(part))? / old)
}

/// One row of the tableau after a pivot.
pub fn combine(
    line: &mut [i64],
    pivot_row: &[(usize, i128)],
    factor: i128,
    new: i128,
    old: i128,
) -> Result<(), SimplexError> {
    if new == old {
        for (index, pivot) in pivot_row {
            let value = i128::from(line[*index]) - factor * pivot / old;
            line[*index] = i64::try_from(value).map_err(|_| SimplexError::Overflow)?;
        }
        return Ok(());
    }
    let mut pivots = pivot_row.iter().peekable();
    for (index, entry) in line.iter_mut().enumerate() {
        let pivot = pivots.next_if(|(at, _)| *at == index).map_or(0, |(_, value)| *value);
        if *entry != 0 || pivot != 0 {
            let value = mixed(i128::from(*entry), new, factor, pivot, old)?;
            *entry = i64::try_from(value).map_err(|_| SimplexError::Overflow)?;
        }
    }
    Ok(())
}
