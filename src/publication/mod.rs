//! What crosses a border: types and canonical codecs of log entry bodies.
//!
//! Rank 2: names nothing confidential. Bodies are CBOR (RFC 8949, definite lengths, integer keys)
//! with a kind and a schema version in the entry's header; the original bytes are what is stored,
//! signed and forwarded, so nothing here is ever re-encoded on the way.
//!
//! Reading is strict: only the canonical bytes are accepted. A second spelling, an unknown field or
//! a repeated key would be room for something that no reader sees and no leak test looks for.

pub mod admitted;
mod limited;
pub mod note;
pub mod passed;
pub mod release;
pub mod withdrawal;

use crate::base::limits::BODY_BYTES_MAX;
use admitted::InvalidBody;

/// Decodes all of `bytes` as `T`. Refused are bytes over the limit of a body, unknown schemas,
/// trailing bytes and anything but the canonical bytes of the value.
fn decode<'b, T>(
    what: &'static str,
    known: u16,
    schema: u16,
    bytes: &'b [u8],
) -> Result<T, InvalidBody>
where
    T: minicbor::Decode<'b, ()> + minicbor::Encode<()>,
{
    if schema != known {
        return Err(InvalidBody::NewerSchema { what, schema });
    }
    let malformed = |detail: String| InvalidBody::Malformed { what, detail };
    if bytes.len() > BODY_BYTES_MAX {
        let detail = format!("{} bytes; the limit is {BODY_BYTES_MAX}", bytes.len());
        return Err(malformed(detail));
    }
    let value: T = minicbor::decode(bytes).map_err(|error| malformed(error.to_string()))?;
    match minicbor::to_vec(&value) {
        Ok(canonical) if canonical == bytes => Ok(value),
        _ => Err(malformed("the encoding is not the canonical one".into())),
    }
}

fn field(field: &str, problem: String) -> InvalidBody {
    InvalidBody::Field { field: field.into(), problem }
}
