//! Conditional storage: one trait, and the stores behind it.
