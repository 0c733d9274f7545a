//! The simulated AWS, answered on the far side of the real SDK: ECS, ECR and STS, and what services that hold definitions or
//! images from elsewhere have to say. `service.rs` lists them.
//!
//! A [`World`] is loaded from an inventory file and served by a [`Sim`], in-process through [`Sim::answer`] or over a
//! port with [`serve`]. The rules are those AWS documents: page sizes, batch limits, per-item failures, status
//! machines, what blocks what, asynchronous deletion, request rates. Where AWS's behaviour is undocumented, the code
//! says so and picks the answer that gives a client the least to rely on.
//!
//! A loaded world stands still until a request sets something in motion: a deployment that the file shows half way
//! stays half way. Two of AWS's own habits are the exception: a stopped task is forgotten an hour after it stopped,
//! and a definition in DELETE_IN_PROGRESS goes once nothing refers to it.
//!
//! Time is the world's own: it begins at `taken_at` and passes with tokio's clock, so that with a paused clock a run
//! is exactly repeatable and waits cost nothing.

mod answer;
mod arn;
mod autoscaling;
mod batch;
mod call;
mod clock;
mod codedeploy;
mod config;
mod ecr;
mod ecs;
mod elsewhere;
mod events;
mod fault;
mod file;
mod lambda;
mod lifecycle;
mod page;
mod persist;
mod quota;
mod scheduler;
mod server;
mod service;
mod state;
mod states;
mod sts;
mod wire;
mod world;

pub use answer::{Options, Recorded, Sim, Unanswered};
pub use clock::Clock;
pub use fault::{Fault, Faults, When};
pub use file::WorldError;
pub use persist::{Opened, Persistence, PersistenceError};
pub use server::serve;
pub use world::World;
