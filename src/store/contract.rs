//! What every store promises.

use std::fmt;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{Key, StoreError};
use crate::model::hex;

/// Which content a key had: a token to compare and to give back, like an ETag. What it consists of is the store's affair.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Version(String);

impl Version {
    /// A version that a store made up.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The version of a content, for stores that have no token of their own: its SHA-256.
    #[must_use]
    pub fn of(value: &[u8]) -> Self {
        Self::from_hash(&Sha256::digest(value).into())
    }

    /// The same, from a SHA-256 that is known already.
    pub(super) fn from_hash(hash: &[u8; 32]) -> Self {
        Self(hex(hash))
    }

    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.0)
    }
}

/// A value and the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bytes.
    pub value: Vec<u8>,
    /// What to give to a conditional write that builds on them.
    pub version: Version,
}

/// Why a conditional write did not happen. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The key has a value, and none was expected.
    AlreadyExists,
    /// The key has another version than the expected one, or no value any more.
    Changed,
}

/// What became of a conditional write.
pub type Conditional<T> = Result<T, Conflict>;

/// Values under keys, changed only under conditions.
///
/// A write that returned `Ok(Ok(_))` is durable: it survives the process being killed and, where the store says so, the
/// machine losing power. A write that returned an **error** may or may not have happened; the caller reads back or repeats
/// it. A future that is dropped half way is such a write too.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// Where the values are, for messages: `the state directory ./state`.
    fn place(&self) -> String;

    /// The value of a key, if it has one.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached or the value is damaged.
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError>;

    /// The keys that begin with `prefix`, in order. A prefix is any text; it need not end at a slash.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn list(&self, prefix: &str) -> Result<Vec<Key>, StoreError>;

    /// Gives a value to a key that has none; of several callers exactly one succeeds.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached: the write is in doubt.
    async fn put_if_absent(&self, key: &Key, value: &[u8]) -> Result<Conditional<Version>, StoreError>;

    /// Replaces the value of a key that still has the version `expected`.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached: the write is in doubt.
    async fn put_if_match(
        &self,
        key: &Key,
        value: &[u8],
        expected: &Version,
    ) -> Result<Conditional<Version>, StoreError>;

    /// Takes away a key that still has the version `expected`.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached: the write is in doubt.
    async fn delete_if_match(&self, key: &Key, expected: &Version) -> Result<Conditional<()>, StoreError>;

    /// Gives a value to a key, whatever it had. Only for caches and sightings, where the last writer may win.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached: the write is in doubt.
    async fn put(&self, key: &Key, value: &[u8]) -> Result<Version, StoreError>;
}
