//! Placeholder of the module `sync`.
