//! Properties of `config`.
