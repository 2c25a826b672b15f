//! The scanner finds every form of a canary, and nothing in noise.
