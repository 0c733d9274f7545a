//! Conditional storage: one trait, and the stores behind it.
//!
//! Keys are `/`-separated texts, values are bytes, and every value has a [`Version`]. A write says what it expects to
//! find; when it finds something else nothing changes and the caller gets a [`Conflict`], as a value. That is all that
//! a journal with several possible writers needs, and it is what S3 offers (`If-None-Match: *`, `If-Match`).
//!
//! | store | for | a write has happened when |
//! |---|---|---|
//! | [`MemoryStore`] | tests, rehearsals | it returns |
//! | [`SledStore`] | a state directory on this machine | it returns: flushed and fsynced |
//!
//! No store interprets a value, and sled's types never leave this room.

mod chunk;
mod contract;
mod error;
mod key;
mod lock;
mod memory;
mod opening;
mod sled;

pub use self::sled::SledStore;
pub use contract::{Conditional, Conflict, Entry, Store, Version};
pub use error::StoreError;
pub use key::{Key, KeyError};
pub use lock::Holder;
pub use memory::MemoryStore;
