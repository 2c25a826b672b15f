//! Placeholder of the module `disclosure`.
