//! The state directory of a policy: journals, ledger and cache behind the store's trait.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{error::CliError, policy_files::PolicyDir};
use crate::{
    collect::Cache,
    ledger::Ledger,
    model::{Now, Timestamp},
    plan::Answer,
    policy::StateStore,
    store::{Holder, Key, SledStore, Store},
};

const LEDGER: &str = "ledger";
const CACHE: &str = "cache";

/// An open state.
pub(super) struct State {
    pub(super) store: Arc<dyn Store>,
    pub(super) owner: Holder,
    cache: Arc<StoredCache>,
}

/// Where the state of a policy is.
pub(super) fn directory(policy: &PolicyDir) -> PathBuf {
    let StateStore::Local { path } = &policy.policy.state;
    policy.resolve(path)
}

impl State {
    /// Opens the state for this process alone.
    pub(super) async fn open(policy: &PolicyDir, now: &Now) -> Result<Self, CliError> {
        let owner = owner(now);
        let store: Arc<dyn Store> = Arc::new(SledStore::open(&directory(policy), &owner)?);
        let cache = Arc::new(StoredCache::load(store.clone()).await?);
        Ok(Self { store, owner, cache })
    }

    /// What is known of what never changes.
    pub(super) fn cache(&self) -> Arc<dyn Cache> {
        self.cache.clone()
    }

    /// Saves what the cache has learnt.
    pub(super) async fn save_cache(&self) -> Result<(), CliError> {
        self.cache.save().await
    }

    /// What was seen in use before. A ledger that cannot be understood is an error: without it windows would seem to have passed.
    pub(super) async fn ledger(&self) -> Result<Ledger, CliError> {
        match self.store.get(&key(LEDGER)?).await? {
            Some(entry) => serde_json::from_slice(&entry.value).map_err(|error| CliError::Read {
                path: PathBuf::from("the ledger in the state"),
                source: error.into(),
            }),
            None => Ok(Ledger::default()),
        }
    }

    /// Records what is in use, and what was.
    pub(super) async fn observe(&self, ledger: &mut Ledger, answer: &Answer, at: Timestamp) -> Result<(), CliError> {
        for (location, resource) in &answer.in_use {
            ledger.observe(location, resource, at);
        }
        for (location, resource, ended) in &answer.ended {
            ledger.observe(location, resource, *ended);
        }
        let bytes = serde_json::to_vec(ledger)
            .map_err(|error| CliError::Write { path: PathBuf::from("the ledger"), source: error.into() })?;
        self.store.put(&key(LEDGER)?, &bytes).await?;
        Ok(())
    }
}

fn key(text: &str) -> Result<Key, CliError> {
    Key::new(text).map_err(|source| CliError::Write {
        path: PathBuf::from(text),
        source: std::io::Error::new(std::io::ErrorKind::InvalidInput, source),
    })
}

/// Who this process is.
#[expect(clippy::disallowed_methods, reason = "the composition root reads the environment")]
fn owner(now: &Now) -> Holder {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned());
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    // The page of the run, as the common pipelines give it.
    let github = || {
        let (server, repository, run) =
            (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    Holder {
        host: host.ok().or_else(|| variable("HOSTNAME")).unwrap_or_else(|| "this machine".to_owned()),
        pid: std::process::id(),
        since: now(),
        command: std::env::args().collect::<Vec<_>>().join(" "),
        url: github().or_else(|| variable("CI_JOB_URL")).or_else(|| variable("BUILD_URL")),
    }
}

/// The cache: read whole when a command starts, and what the command learnt written as one more value at its end. A durable
/// write for everything that can be read again would cost more than the reading.
struct StoredCache {
    store: Arc<dyn Store>,
    known: Mutex<Known>,
    /// Held while news is written: who comes second finds none left, or its own.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    values: BTreeMap<String, String>,
    /// Keys of `values` that no part in the store has like this.
    news: BTreeSet<String>,
    /// The parts in the store, oldest first: `cache/1`, `cache/2`, …
    parts: Vec<u64>,
}

/// What is to be written, as which part, and the parts that it makes superfluous.
struct News {
    bytes: Vec<u8>,
    part: u64,
    superseded: Vec<u64>,
}

/// Parts that are left side by side before they become one.
const PARTS: usize = 12;

fn part_key(part: u64) -> Result<Key, CliError> {
    key(&format!("{CACHE}/{part}"))
}

impl StoredCache {
    async fn load(store: Arc<dyn Store>) -> Result<Self, CliError> {
        let prefix = format!("{CACHE}/");
        let keys = store.list(&prefix).await?;
        let part = |key: &Key| key.as_str().strip_prefix(&prefix)?.parse::<u64>().ok();
        let mut known = Known { parts: keys.iter().filter_map(part).collect(), ..Known::default() };
        known.parts.sort_unstable();
        for part in &known.parts {
            // A part that cannot be understood is an empty one.
            if let Some(entry) = store.get(&part_key(*part)?).await?
                && let Ok(values) = serde_json::from_slice::<BTreeMap<String, String>>(&entry.value)
            {
                known.values.extend(values);
            }
        }
        Ok(Self { store, known: Mutex::new(known), writing: tokio::sync::Mutex::default() })
    }

    async fn save(&self) -> Result<(), CliError> {
        let _writing = self.writing.lock().await;
        let Some(News { bytes, part, superseded }) = self.take_news()? else { return Ok(()) };
        let store = &self.store;
        store.put(&part_key(part)?, &bytes).await?;
        for part in superseded {
            let old = part_key(part)?;
            if let Some(entry) = store.get(&old).await? {
                // Whoever changed it meanwhile has newer news.
                let _conflict = store.delete_if_match(&old, &entry.version).await?;
            }
        }
        Ok(())
    }

    fn take_news(&self) -> Result<Option<News>, CliError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let news = std::mem::take(&mut known.news);
        if news.is_empty() {
            return Ok(None);
        }
        let part = known.parts.last().map_or(1, |last| last + 1);
        let merges = known.parts.len() >= PARTS;
        let bytes = if merges {
            serde_json::to_vec(&known.values)
        } else {
            let news: BTreeMap<_, _> = known.values.iter().filter(|(key, _)| news.contains(*key)).collect();
            serde_json::to_vec(&news)
        };
        let bytes =
            bytes.map_err(|error| CliError::Write { path: PathBuf::from("the cache"), source: error.into() })?;
        let superseded = if merges { std::mem::take(&mut known.parts) } else { Vec::new() };
        known.parts.push(part);
        Ok(Some(News { bytes, part, superseded }))
    }
}

#[async_trait]
impl Cache for StoredCache {
    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values.get(key).map(|value| value.clone().into_bytes())
    }

    async fn put(&self, key: &str, value: Vec<u8>) {
        // Values are JSON; anything else is not worth keeping.
        let Ok(value) = String::from_utf8(value) else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.values.get(key) != Some(&value) {
            known.news.insert(key.to_owned());
            known.values.insert(key.to_owned(), value);
        }
    }

    async fn secure(&self) {
        if let Err(error) = self.save().await {
            tracing::warn!(%error, "the cache could not be written; what it forgets is read again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    async fn learn(store: &Arc<dyn Store>, from: usize, to: usize) {
        let cache = StoredCache::load(store.clone()).await.unwrap();
        for number in from..to {
            cache.put(&format!("definition/{number}"), number.to_string().into_bytes()).await;
        }
        cache.save().await.unwrap();
    }

    async fn parts(store: &Arc<dyn Store>) -> Vec<usize> {
        let mut sizes = Vec::new();
        for key in store.list("cache/").await.unwrap() {
            sizes.push(store.get(&key).await.unwrap().unwrap().value.len());
        }
        sizes
    }

    #[tokio::test]
    async fn only_news_is_written_and_all_of_it_is_there_again() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        learn(&store, 0, 1_000).await;
        learn(&store, 990, 1_001).await;
        learn(&store, 0, 1_001).await;
        let sizes = parts(&store).await;
        assert!(sizes.len() == 2 && sizes[1] < 40, "{sizes:?}");
        let again = StoredCache::load(store.clone()).await.unwrap();
        for number in [0, 995, 1_000] {
            assert_eq!(again.get(&format!("definition/{number}")).await, Some(number.to_string().into_bytes()));
        }
        assert_eq!(again.get("definition/1001").await, None);
    }

    #[tokio::test]
    async fn many_parts_become_one() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        for number in 0..PARTS + 5 {
            learn(&store, number, number + 1).await;
            assert!(parts(&store).await.len() <= PARTS, "after {number}");
        }
        let again = StoredCache::load(store.clone()).await.unwrap();
        for number in 0..PARTS + 5 {
            assert!(again.get(&format!("definition/{number}")).await.is_some(), "{number}");
        }
    }
}
