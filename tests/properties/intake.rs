//! Properties of `intake`.
