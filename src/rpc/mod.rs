//! Placeholder of the module `rpc`.
