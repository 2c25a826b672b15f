//! Lists whose declared length is checked before anything is allocated: a few hostile bytes must
//! not be able to ask for gigabytes.

use minicbor::{Decode, Decoder, decode::Error};

/// Reads an array of at most `MAX` items, of definite length.
pub(super) fn list<'b, C, T, const MAX: usize>(
    d: &mut Decoder<'b>,
    context: &mut C,
) -> Result<Vec<T>, Error>
where
    T: Decode<'b, C>,
{
    let length = d.array()?.ok_or_else(|| Error::message("a list of indefinite length"))?;
    let left = d.input().len().saturating_sub(d.position());
    // Every item takes at least one byte, so a longer list cannot be there.
    if length > MAX as u64 || length > left as u64 {
        return Err(Error::message(format!("a list of {length} items; the limit is {MAX}")));
    }
    (0..length).map(|_| T::decode(d, context)).collect()
}

/// Reads one cell: null, or at most `MAX` numbers.
pub(super) fn cell<'b, C, const MAX: usize>(
    d: &mut Decoder<'b>,
    context: &mut C,
) -> Result<Option<Vec<i64>>, Error> {
    if d.datatype()? == minicbor::data::Type::Null {
        d.null()?;
        return Ok(None);
    }
    list::<C, i64, MAX>(d, context).map(Some)
}
