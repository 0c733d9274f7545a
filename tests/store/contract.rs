//! One suite, run over every store, against a map that does the same.

use std::{collections::BTreeMap, sync::Arc};

use jettison::store::{Conflict, Entry, Holder, Key, MemoryStore, SledStore, Store, Version};
use proptest::prelude::*;

/// The names that the operations fight over: prefixes of one another among them.
const KEYS: [&str; 5] = ["a", "a/b", "a/b/1", "ab", "b"];

#[derive(Debug, Clone)]
enum Operation {
    Get(usize),
    List(&'static str),
    PutIfAbsent(usize, Vec<u8>),
    /// With the version that the key had this many changes ago.
    PutIfMatch(usize, Vec<u8>, usize),
    DeleteIfMatch(usize, usize),
    Put(usize, Vec<u8>),
    Reopen,
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = 0..KEYS.len();
    // Small contents, to meet again; and contents of several chunks.
    let value = prop_oneof![
        4 => prop::collection::vec(0..3u8, 0..3),
        1 => (0..20_000usize, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
    ];
    prop_oneof![
        3 => key.clone().prop_map(Operation::Get),
        1 => prop::sample::select(vec!["", "a", "a/", "a/b", "b", "c"]).prop_map(Operation::List),
        3 => (key.clone(), value.clone()).prop_map(|(key, value)| Operation::PutIfAbsent(key, value)),
        3 => (key.clone(), value.clone(), 0..2usize).prop_map(|(key, value, ago)| Operation::PutIfMatch(key, value, ago)),
        2 => (key.clone(), 0..2usize).prop_map(|(key, ago)| Operation::DeleteIfMatch(key, ago)),
        1 => (key, value).prop_map(|(key, value)| Operation::Put(key, value)),
        1 => Just(Operation::Reopen),
    ]
}

/// A map beside the store, and the versions that the store gave out.
#[derive(Default)]
struct Model {
    values: BTreeMap<&'static str, Vec<u8>>,
    versions: BTreeMap<&'static str, Vec<(Version, Vec<u8>)>>,
}

impl Model {
    fn wrote(&mut self, key: &'static str, value: Vec<u8>, version: Version) {
        self.versions.entry(key).or_default().push((version, value.clone()));
        self.values.insert(key, value);
    }

    /// A version that the key once had, with its content; a made-up one if there is none so old.
    fn version(&self, key: &str, ago: usize) -> (Version, Option<Vec<u8>>) {
        let known = self.versions.get(key).and_then(|all| all.iter().rev().nth(ago)).cloned();
        known.map_or((Version::new("never given"), None), |(version, value)| (version, Some(value)))
    }

    /// Whether a write that expects that version finds it: a version stands for a content.
    fn matches(&self, key: &str, content: Option<&Vec<u8>>) -> bool {
        content.is_some() && self.values.get(key) == content
    }
}

async fn check(store: &dyn Store, model: &mut Model, operation: Operation) {
    match operation {
        Operation::Reopen => {}
        Operation::Get(key) => {
            let found = store.get(&name(key)).await.unwrap();
            assert_eq!(found.map(|entry| entry.value).as_ref(), model.values.get(KEYS[key]));
        }
        Operation::List(prefix) => {
            let found = store.list(prefix).await.unwrap();
            let found: Vec<&str> = found.iter().map(Key::as_str).collect();
            let expected: Vec<&str> = model.values.keys().copied().filter(|key| key.starts_with(prefix)).collect();
            assert_eq!(found, expected);
        }
        Operation::PutIfAbsent(key, value) => {
            let put = store.put_if_absent(&name(key), &value).await.unwrap();
            assert_eq!(put.is_ok(), !model.values.contains_key(KEYS[key]));
            match put {
                Ok(version) => model.wrote(KEYS[key], value, version),
                Err(conflict) => assert_eq!(conflict, Conflict::AlreadyExists),
            }
        }
        Operation::PutIfMatch(key, value, ago) => {
            let (version, content) = model.version(KEYS[key], ago);
            let put = store.put_if_match(&name(key), &value, &version).await.unwrap();
            assert_eq!(put.is_ok(), model.matches(KEYS[key], content.as_ref()));
            match put {
                Ok(version) => model.wrote(KEYS[key], value, version),
                Err(conflict) => assert_eq!(conflict, Conflict::Changed),
            }
        }
        Operation::DeleteIfMatch(key, ago) => {
            let (version, content) = model.version(KEYS[key], ago);
            let deleted = store.delete_if_match(&name(key), &version).await.unwrap();
            let expected = model.matches(KEYS[key], content.as_ref());
            assert_eq!(deleted, if expected { Ok(()) } else { Err(Conflict::Changed) });
            if expected {
                model.values.remove(KEYS[key]);
            }
        }
        Operation::Put(key, value) => {
            let version = store.put(&name(key), &value).await.unwrap();
            model.wrote(KEYS[key], value, version);
        }
    }
    for (key, value) in &model.values {
        let Entry { value: found, version } = store.get(&Key::new(*key).unwrap()).await.unwrap().unwrap();
        assert_eq!((&found, &version), (value, &model.version(key, 0).0), "{key}");
    }
}

fn name(key: usize) -> Key {
    Key::new(KEYS[key]).unwrap()
}

pub(crate) fn holder() -> Holder {
    Holder {
        host: "runner-7".to_owned(),
        pid: std::process::id(),
        since: "2026-11-21T09:46:02Z".parse().unwrap(),
        command: "jettison apply".to_owned(),
        url: None,
    }
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn memory_does_what_a_map_does(operations in prop::collection::vec(operation(), 1..60)) {
        run(async {
            let (store, mut model) = (MemoryStore::new(), Model::default());
            for operation in operations {
                check(&store, &mut model, operation).await;
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn sled_does_what_a_map_does(operations in prop::collection::vec(operation(), 1..60)) {
        run(async {
            let directory = tempfile::tempdir().unwrap();
            let mut store = SledStore::open(directory.path(), &holder()).unwrap();
            let mut model = Model::default();
            for operation in operations {
                if matches!(operation, Operation::Reopen) {
                    drop(store);
                    store = SledStore::open(directory.path(), &holder()).unwrap();
                }
                check(&store, &mut model, operation).await;
            }
        });
    }
}

/// Of many tasks that want the same name, one gets it.
async fn one_of_many_wins(store: Arc<dyn Store>) {
    let tasks = (0..32u8).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.put_if_absent(&name(0), &[number]).await.unwrap().is_ok().then_some(number) })
    });
    let mut winners = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        winners.extend(task.await.unwrap());
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(store.get(&name(0)).await.unwrap().unwrap().value, winners);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_one_wins() {
    one_of_many_wins(Arc::new(MemoryStore::new())).await;
    let directory = tempfile::tempdir().unwrap();
    one_of_many_wins(Arc::new(SledStore::open(directory.path(), &holder()).unwrap())).await;
}
