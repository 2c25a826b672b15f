//! Placeholder of the module `node`.
