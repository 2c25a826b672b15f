//! Placeholder of the module `library`.
