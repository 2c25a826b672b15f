//! Properties of `sync`.
