//! A store that lives as long as the process.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{Conditional, Conflict, Entry, Key, Store, StoreError, Version};

/// Values in memory: for tests, and for rehearsals that leave nothing behind.
#[derive(Debug, Default)]
pub struct MemoryStore {
    values: Mutex<BTreeMap<Key, Vec<u8>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic elsewhere cannot leave a map half changed: every change is one insert or one remove.
    fn values(&self) -> MutexGuard<'_, BTreeMap<Key, Vec<u8>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        Ok(self.values().get(key).map(|value| Entry { version: Version::of(value), value: value.clone() }))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, StoreError> {
        Ok(self.values().keys().filter(|key| key.as_str().starts_with(prefix)).cloned().collect())
    }

    async fn put_if_absent(&self, key: &Key, value: &[u8]) -> Result<Conditional<Version>, StoreError> {
        let mut values = self.values();
        if values.contains_key(key) {
            return Ok(Err(Conflict::AlreadyExists));
        }
        values.insert(key.clone(), value.to_vec());
        Ok(Ok(Version::of(value)))
    }

    async fn put_if_match(
        &self,
        key: &Key,
        value: &[u8],
        expected: &Version,
    ) -> Result<Conditional<Version>, StoreError> {
        let mut values = self.values();
        match values.get_mut(key) {
            Some(held) if Version::of(held) == *expected => *held = value.to_vec(),
            Some(_) | None => return Ok(Err(Conflict::Changed)),
        }
        Ok(Ok(Version::of(value)))
    }

    async fn delete_if_match(&self, key: &Key, expected: &Version) -> Result<Conditional<()>, StoreError> {
        let mut values = self.values();
        if values.get(key).is_none_or(|held| Version::of(held) != *expected) {
            return Ok(Err(Conflict::Changed));
        }
        values.remove(key);
        Ok(Ok(()))
    }

    async fn put(&self, key: &Key, value: &[u8]) -> Result<Version, StoreError> {
        self.values().insert(key.clone(), value.to_vec());
        Ok(Version::of(value))
    }
}
