//! When things were last seen in use.
