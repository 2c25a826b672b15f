//! Properties of `records`.
