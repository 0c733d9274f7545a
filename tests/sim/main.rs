//! The simulated AWS, driven by the real SDK: one scenario for each rule of AWS that matters to a cleanup.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod archive;
mod client;
mod definitions;
mod deployments;
mod elsewhere;
mod faults;
mod images;
mod persistence;
mod random;
mod reading;
mod registry;
mod server;
mod services;
mod worlds;
