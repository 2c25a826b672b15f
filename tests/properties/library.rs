//! Properties of `library`.
