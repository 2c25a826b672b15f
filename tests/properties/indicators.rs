//! Properties of `indicators`.
