//! Placeholder of the module `wire`.
