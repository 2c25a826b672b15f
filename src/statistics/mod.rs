//! Placeholder of the module `statistics`.
