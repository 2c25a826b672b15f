//! Properties of `wire`.
