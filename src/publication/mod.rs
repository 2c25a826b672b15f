//! What crosses a border: types and canonical codecs of log entry bodies.
//!
//! Rank 2: names nothing confidential. Bodies are CBOR (RFC 8949, definite lengths, integer keys)
//! with a kind and a schema version in the entry's header; the original bytes are what is stored,
//! signed and forwarded, so nothing here is ever re-encoded on the way.

pub mod admitted;
pub mod note;
pub mod release;
pub mod withdrawal;

use admitted::InvalidBody;

/// Decodes all of `bytes` as `T`; trailing bytes and unknown schemas are refused.
fn decode<'b, T: minicbor::Decode<'b, ()>>(
    what: &'static str,
    known: u16,
    schema: u16,
    bytes: &'b [u8],
) -> Result<T, InvalidBody> {
    if schema != known {
        return Err(InvalidBody::NewerSchema { what, schema });
    }
    let malformed = |detail: String| InvalidBody::Malformed { what, detail };
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().map_err(|error| malformed(error.to_string()))?;
    match decoder.position() == bytes.len() {
        true => Ok(value),
        false => Err(malformed(format!("{} bytes follow it", bytes.len() - decoder.position()))),
    }
}

fn field(field: &str, problem: String) -> InvalidBody {
    InvalidBody::Field { field: field.into(), problem }
}
