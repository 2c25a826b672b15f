//! Properties of `log`.
