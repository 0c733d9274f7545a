//! Data to text.
