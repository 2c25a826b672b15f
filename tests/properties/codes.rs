//! Properties of `codes`.
