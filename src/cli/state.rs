//! The state directory of a policy: journals, ledger and cache behind the store's trait.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{error::CliError, policy_files::PolicyDir};
use crate::{
    collect::Cache,
    ledger::Ledger,
    model::Now,
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
        let cache = Arc::new(StoredCache::load(&*store).await?);
        Ok(Self { store, owner, cache })
    }

    /// What is known of what never changes.
    pub(super) fn cache(&self) -> Arc<dyn Cache> {
        self.cache.clone()
    }

    /// Saves what the cache has learnt.
    pub(super) async fn save_cache(&self) -> Result<(), CliError> {
        self.cache.save(&*self.store).await
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
    pub(super) async fn observe(&self, ledger: &mut Ledger, answer: &Answer, now: &Now) -> Result<(), CliError> {
        let at = now();
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

/// The cache, held in memory while a command runs and written back as one value: thousands of durable writes for what
/// can be read again would cost more than the reading.
struct StoredCache {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    values: BTreeMap<String, String>,
    has_news: bool,
}

impl StoredCache {
    async fn load(store: &dyn Store) -> Result<Self, CliError> {
        let stored = store.get(&key(CACHE)?).await?;
        // A cache that cannot be understood is an empty one.
        let values = stored.and_then(|entry| serde_json::from_slice(&entry.value).ok()).unwrap_or_default();
        Ok(Self { known: Mutex::new(Known { values, has_news: false }) })
    }

    async fn save(&self, store: &dyn Store) -> Result<(), CliError> {
        let bytes = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::take(&mut known.has_news) {
                return Ok(());
            }
            serde_json::to_vec(&known.values)
                .map_err(|error| CliError::Write { path: PathBuf::from("the cache"), source: error.into() })?
        };
        store.put(&key(CACHE)?, &bytes).await?;
        Ok(())
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
        if let Ok(value) = String::from_utf8(value) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.has_news |= known.values.get(key) != Some(&value);
            known.values.insert(key.to_owned(), value);
        }
    }
}
