//! Properties of `disclosure`.
