//! Placeholder of the module `web`.
