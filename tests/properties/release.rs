//! Properties of `release`.
