//! Generated from `proto/`; `tests/generated.rs` keeps it so. Nothing but `wire` and `rpc` (and
//! the clients in `cli`) names these types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

/// `essaim.exchange.v1`: what other members call.
pub mod exchange {
    include!("essaim.exchange.v1.rs");
}

/// `essaim.hub.v1`: what the hub's own staff calls.
pub mod hub {
    include!("essaim.hub.v1.rs");
}

/// `essaim.sync.v1`: what other nodes call.
pub mod sync {
    include!("essaim.sync.v1.rs");
}

/// The encoded descriptors of all three packages, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!("descriptors.bin");
