//! Properties of `store`.
