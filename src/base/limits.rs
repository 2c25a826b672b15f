//! Every limit that more than one module must agree on, with its unit last in the name.
//!
//! Limits of a running node that an operator may change stand in its configuration instead.

/// Largest value put into the store as one piece, in bytes. sled 0.34 moves large values into
/// side files that are never fsynced; see `store`.
pub const STORE_VALUE_BYTES_MAX: usize = 4 * 1024;
/// Largest key in the store, in bytes.
pub const STORE_KEY_BYTES_MAX: usize = 512;
/// Largest body of a log entry, in bytes, before padding.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Largest uncompressed batch of headers and bodies sent between nodes, in bytes, unless one body
/// alone is larger.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Most headers in one batch.
pub const BATCH_HEADERS_MAX: usize = 1024;
/// Most logs (members times their epochs) of a roster: a pull names them all.
pub const LOGS_MAX: usize = 1024;
/// Most hashes in a Merkle proof: a tree of 2^63 leaves needs no more.
pub const PROOF_HASHES_MAX: usize = 64;
/// Largest gRPC message accepted, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most rows of a page of a list method; larger requests are coerced (AIP-158).
pub const PAGE_SIZE_MAX: usize = 1000;
/// Rows of a page when the caller names none.
pub const PAGE_SIZE_DEFAULT: usize = 50;
/// Longest free text of a record, in bytes (a page of typing).
pub const TEXT_BYTES_MAX: usize = 3_000;
/// Longest name, telephone, or other short text, in bytes.
pub const NAME_BYTES_MAX: usize = 200;
/// Most cells in one released table, margins included.
pub const TABLE_CELLS_MAX: usize = 20_000;
/// Most tables in one release.
pub const RELEASE_TABLES_MAX: usize = 256;
/// Most codes in one dimension of a table, the total included.
pub const DIMENSION_CODES_MAX: usize = 2_000;
