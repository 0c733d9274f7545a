//! The store in a state directory: sled 0.34.7, hardened as measured.
//!
//! - Our own lock comes first; sled's is silent about who holds it.
//! - sled writes a snapshot to `snap.*.generating` while it opens. Its loader takes a half-written one, left by a kill at that
//!   moment, for the newest snapshot and never opens again. Such a file holds nothing that the log does not: it is removed
//!   before opening. So is a `conf` without a `db`: it may have been cut off, and there is no data yet.
//! - `flush` waits for `sync_file_range`, which promises nothing for newly allocated blocks after a power loss: every write is
//!   followed by `sync_all` on the log file, through a descriptor of our own.
//! - Values are split so that no page leaves the log (see `chunk`).
//! - Nothing else is ever removed: a database that does not open is reported and left as it is.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{
    Conditional, Conflict, Entry, Holder, Key, Store, StoreError, Version,
    chunk::{Head, chunk_key, chunks_of},
    lock::DirectoryLock,
    opening::{open_patiently, scrub, sync_files, why_not_opened},
};

/// Values in a directory of this machine, for one process at a time. A write that returned has reached the disk.
#[derive(Debug, Clone)]
pub struct SledStore {
    database: Arc<Database>,
}

/// Fields are dropped in this order: sled closes its files before the directory is given free.
#[derive(Debug)]
struct Database {
    /// Heads by key: see `chunk`.
    heads: sled::Tree,
    /// What did not fit into the heads.
    chunks: sled::Tree,
    /// sled itself: its last handle ends its flusher thread.
    sled: sled::Db,
    /// sled's log, through a descriptor of our own.
    log: File,
    /// A condition and the write it guards are one step.
    writing: Mutex<()>,
    place: String,
    _lock: DirectoryLock,
}

impl SledStore {
    /// Opens the store in `directory`, which is made if it does not exist, for `holder` alone.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] when another process has it, [`StoreError::Damaged`] when sled cannot read its files, and
    /// [`StoreError::Unavailable`] when the directory cannot be used.
    pub fn open(directory: &Path, holder: &Holder) -> Result<Self, StoreError> {
        let place = format!("the state directory {}", directory.display());
        let files = directory.join("sled");
        let unavailable = |doing: &str| {
            let (place, doing) = (place.clone(), doing.to_owned());
            move |source: io::Error| StoreError::Unavailable { place, doing, source: source.into() }
        };
        #[expect(clippy::disallowed_methods, reason = "a store touches the disk")]
        std::fs::create_dir_all(&files).map_err(unavailable("make the directory"))?;
        let lock = DirectoryLock::take(directory, &place, holder)?;
        scrub(&files).map_err(unavailable("remove what an interrupted start left behind"))?;
        let sled = open_patiently(&files).map_err(|source| why_not_opened(&place, source))?;
        let [heads, chunks] = ["heads", "chunks"].map(|name| sled.open_tree(name));
        let heads = heads.map_err(|source| why_not_opened(&place, source))?;
        let chunks = chunks.map_err(|source| why_not_opened(&place, source))?;
        let log = sync_files(directory, &files).map_err(unavailable("sync the files"))?;
        let database = Database { heads, chunks, sled, log, writing: Mutex::new(()), place, _lock: lock };
        database.make_durable("open the database")?;
        Ok(Self { database: Arc::new(database) })
    }

    /// Runs a write where it may wait for the disk without holding up other work.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.database);
        match tokio::task::spawn_blocking(move || write(&database)).await {
            Ok(written) => written,
            Err(source) => Err(StoreError::Unavailable {
                place: self.place(),
                doing: "finish a write".to_owned(),
                source: source.into(),
            }),
        }
    }
}

#[async_trait]
impl Store for SledStore {
    fn place(&self) -> String {
        self.database.place.clone()
    }

    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        self.database.read(key)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, StoreError> {
        self.database.list(prefix)
    }

    async fn put_if_absent(&self, key: &Key, value: &[u8]) -> Result<Conditional<Version>, StoreError> {
        let (key, value) = (key.clone(), value.to_vec());
        let expect_none = |held: Option<&Version>| held.map_or(Ok(()), |_| Err(Conflict::AlreadyExists));
        self.write(move |database| database.put(&key, &value, expect_none)).await
    }

    async fn put_if_match(
        &self,
        key: &Key,
        value: &[u8],
        expected: &Version,
    ) -> Result<Conditional<Version>, StoreError> {
        let (key, value, expected) = (key.clone(), value.to_vec(), expected.clone());
        self.write(move |database| database.put(&key, &value, |held| unchanged(held, &expected))).await
    }

    async fn delete_if_match(&self, key: &Key, expected: &Version) -> Result<Conditional<()>, StoreError> {
        let (key, expected) = (key.clone(), expected.clone());
        self.write(move |database| database.delete(&key, |held| unchanged(held, &expected))).await
    }

    async fn put(&self, key: &Key, value: &[u8]) -> Result<Version, StoreError> {
        let (key, value) = (key.clone(), value.to_vec());
        let written = self.write(move |database| database.put(&key, &value, |_| Ok(()))).await?;
        written.map_err(|_| StoreError::Unavailable {
            place: self.place(),
            doing: "write without a condition".to_owned(),
            source: "the store reported a conflict".into(),
        })
    }
}

fn unchanged(held: Option<&Version>, expected: &Version) -> Conditional<()> {
    if held == Some(expected) { Ok(()) } else { Err(Conflict::Changed) }
}

impl Database {
    fn read(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let doing = || format!("read `{key}`");
        loop {
            let Some(bytes) = self.heads.get(key.as_str()).map_err(|source| self.unavailable(doing(), source))? else {
                return Ok(None);
            };
            match self.join(key, &bytes) {
                Ok(entry) => return Ok(Some(entry)),
                // Replaced between its head and its chunks: the new value is there to be read.
                Err(_) if self.heads.get(key.as_str()).is_ok_and(|now| now.as_ref() != Some(&bytes)) => {}
                Err(problem) => return Err(problem),
            }
        }
    }

    fn join(&self, key: &Key, head: &[u8]) -> Result<Entry, StoreError> {
        let corrupt = |problem| StoreError::Corrupt { place: self.place.clone(), key: key.clone(), problem };
        let head = Head::from_bytes(head).map_err(corrupt)?;
        let version = head.version();
        let mut chunks = Vec::new();
        if head.has_chunks() {
            for chunk in self.chunks.scan_prefix(head.chunk_prefix(key.as_str())).values() {
                chunks.push(chunk.map_err(|source| self.unavailable(format!("read `{key}`"), source))?);
            }
        }
        Ok(Entry { value: head.join(chunks).map_err(corrupt)?, version })
    }

    fn list(&self, prefix: &str) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for found in self.heads.scan_prefix(prefix).keys() {
            let bytes = found.map_err(|source| self.unavailable(format!("list `{prefix}`"), source))?;
            let key = Key::new(String::from_utf8_lossy(&bytes))
                .map_err(|source| StoreError::ForeignKey { place: self.place.clone(), source })?;
            keys.push(key);
        }
        Ok(keys)
    }

    /// Writes a value if `condition` agrees with what is there. The chunks go first: the head makes them the value.
    fn put(
        &self,
        key: &Key,
        value: &[u8],
        condition: impl FnOnce(Option<&Version>) -> Conditional<()>,
    ) -> Result<Conditional<Version>, StoreError> {
        let (head, chunks) = Head::split(value);
        let prefix = head.chunk_prefix(key.as_str());
        let write = || -> sled::Result<()> {
            for (number, chunk) in chunks {
                self.chunks.insert(chunk_key(&prefix, number), chunk)?;
            }
            self.heads.insert(key.as_str(), head.to_bytes())?;
            self.remove_chunks(key, Some(&prefix))
        };
        self.change(key, condition, write).map(|changed| changed.map(|()| head.version()))
    }

    fn delete(
        &self,
        key: &Key,
        condition: impl FnOnce(Option<&Version>) -> Conditional<()>,
    ) -> Result<Conditional<()>, StoreError> {
        let write = || {
            self.heads.remove(key.as_str())?;
            self.remove_chunks(key, None)
        };
        self.change(key, condition, write)
    }

    /// One condition, one change, one durable point. Waiting for the disk is left to after the lock, so that the
    /// writes of others can ride on the same sync.
    fn change(
        &self,
        key: &Key,
        condition: impl FnOnce(Option<&Version>) -> Conditional<()>,
        write: impl FnOnce() -> sled::Result<()>,
    ) -> Result<Conditional<()>, StoreError> {
        let doing = || format!("write `{key}`");
        {
            let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            let held = self.heads.get(key.as_str()).map_err(|source| self.unavailable(doing(), source))?;
            let held = held.map(|head| Head::from_bytes(&head).map(|head| head.version())).transpose();
            let corrupt = |problem| StoreError::Corrupt { place: self.place.clone(), key: key.clone(), problem };
            if let Err(conflict) = condition(held.map_err(corrupt)?.as_ref()) {
                return Ok(Err(conflict));
            }
            write().map_err(|source| self.unavailable(doing(), source))?;
        }
        self.make_durable(&doing())?;
        Ok(Ok(()))
    }

    /// Removes the chunks of a key, except those under `current`.
    fn remove_chunks(&self, key: &Key, current: Option<&[u8]>) -> sled::Result<()> {
        for found in self.chunks.scan_prefix(chunks_of(key.as_str())).keys() {
            let chunk = found?;
            if current.is_none_or(|prefix| !chunk.starts_with(prefix)) {
                self.chunks.remove(chunk)?;
            }
        }
        Ok(())
    }

    fn make_durable(&self, doing: &str) -> Result<(), StoreError> {
        self.sled.flush().map_err(|source| self.unavailable(doing.to_owned(), source))?;
        self.log.sync_all().map_err(|source| self.unavailable(doing.to_owned(), source))
    }

    fn unavailable(&self, doing: String, source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
        StoreError::Unavailable { place: self.place.clone(), doing, source: source.into() }
    }
}

#[cfg(test)]
#[path = "sled_tests.rs"]
mod tests;
