//! Properties of `statistics`.
