//! Properties of `keys`.
