//! Sweeps AWS into an inventory.
