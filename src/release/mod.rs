//! Placeholder of the module `release`.
