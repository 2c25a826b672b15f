//! Damage to bytes that were whole, so that what reads them gets past the first ones.

use proptest::{collection::vec, prelude::*, sample::Index};

/// A place, and what happens there.
#[derive(Debug, Clone)]
pub enum Damage {
    Flip(Index, u8),
    Insert(Index, u8),
    Delete(Index),
    Truncate(Index),
}

/// Some damage; often little, for much is seldom read as anything.
pub fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<Index>;
    let one = prop_oneof![
        4 => (place(), 1..=u8::MAX).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        2 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        2 => place().prop_map(Damage::Delete),
        1 => place().prop_map(Damage::Truncate),
    ];
    vec(one, 1..4)
}

/// The bytes, damaged. They may be what they were: a byte may be flipped twice.
pub fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in damages {
        match damage {
            Damage::Insert(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
            _ if bytes.is_empty() => {}
            Damage::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Damage::Delete(at) => _ = bytes.remove(at.index(bytes.len())),
            Damage::Truncate(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}
