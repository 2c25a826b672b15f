//! Placeholder of the module `intake`.
