//! Properties of `publication`.
