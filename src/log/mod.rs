//! Placeholder of the module `log`.
