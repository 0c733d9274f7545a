//! Arguments, the composition root, and words for every error.
