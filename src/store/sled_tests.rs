//! What the hardening is for, one test each.
#![expect(clippy::disallowed_methods, reason = "tests prepare and inspect the files")]

use std::fs;

use super::*;

fn holder() -> Holder {
    Holder {
        host: "runner-7".to_owned(),
        pid: std::process::id(),
        since: "2026-11-21T09:46:02Z".parse().unwrap(),
        command: "jettison apply".to_owned(),
        url: None,
    }
}

fn open(directory: &Path) -> Result<SledStore, StoreError> {
    SledStore::open(directory, &holder())
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

/// A directory with one value in it, closed.
async fn written() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    open(directory.path()).unwrap().put(&key("a"), b"kept").await.unwrap();
    directory
}

async fn read_a(directory: &Path) -> Vec<u8> {
    open(directory).unwrap().get(&key("a")).await.unwrap().unwrap().value
}

#[tokio::test]
async fn a_snapshot_cut_off_by_a_kill_does_not_prevent_opening() {
    let directory = written().await;
    let files = directory.path().join("sled");
    let left_behind = files.join("snap.00000000000FFFFF.generating");
    fs::write(&left_behind, b"half a snapshot").unwrap();
    let bare = sled::open(&files);
    assert!(matches!(bare, Err(sled::Error::Corruption { .. })), "sled alone is expected to stumble: {bare:?}");
    assert_eq!(read_a(directory.path()).await, b"kept");
    assert!(!left_behind.exists());
}

#[tokio::test]
async fn a_configuration_cut_off_before_there_was_data_does_not_prevent_opening() {
    let whole = written().await;
    let conf = fs::read(whole.path().join("sled/conf")).unwrap();
    for cut in 0..conf.len() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("sled/blobs")).unwrap();
        fs::write(directory.path().join("sled/conf"), &conf[..cut]).unwrap();
        open(directory.path()).unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_reported_and_left_alone() {
    let directory = written().await;
    let files = directory.path().join("sled");
    fs::write(files.join("snap.00000000000FFFFF"), b"not a snapshot at all").unwrap();
    let log = fs::read(files.join("db")).unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused:?}");
    assert!(refused.to_string().contains("nothing in it was removed"), "{refused}");
    assert_eq!(fs::read(files.join("db")).unwrap(), log);
    assert!(files.join("snap.00000000000FFFFF").exists());
}

#[tokio::test]
async fn no_page_ever_leaves_the_log_for_an_unsynced_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let large = vec![7; 1 << 20];
    for number in 0..40 {
        let long = format!("{}/{number:04}", "k".repeat(390));
        store.put(&key(&long), &large[..(number * 997) % large.len()]).await.unwrap();
        store.put(&key(&format!("large/{}", number % 3)), &large[number..]).await.unwrap();
    }
    // Larger than sled's limit for a page in one entry, if it were not split.
    assert_eq!(fs::read_dir(directory.path().join("sled/blobs")).unwrap().count(), 0);
    drop(store);
    let store = open(directory.path()).unwrap();
    assert_eq!(store.get(&key("large/0")).await.unwrap().unwrap().value, large[39..]);
}

#[tokio::test]
async fn chunks_go_with_their_value() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let first = store.put(&key("a"), &[1; 50_000]).await.unwrap();
    let neighbour = store.put(&key("a/b"), &[9; 50_000]).await.unwrap();
    let chunks = store.database.chunks.len();
    let second = store.put_if_match(&key("a"), &[2; 50_000], &first).await.unwrap().unwrap();
    assert_eq!(store.database.chunks.len(), chunks);
    assert_eq!(store.delete_if_match(&key("a"), &second).await.unwrap(), Ok(()));
    assert_eq!(store.delete_if_match(&key("a/b"), &neighbour).await.unwrap(), Ok(()));
    assert_eq!(store.database.chunks.len(), 0);
}

#[tokio::test]
async fn a_lost_chunk_is_damage_with_a_name() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    store.put(&key("runs/a"), &[1; 50_000]).await.unwrap();
    let chunk = store.database.chunks.iter().keys().next().unwrap().unwrap();
    store.database.chunks.remove(chunk).unwrap();
    let damage = store.get(&key("runs/a")).await.unwrap_err();
    assert!(damage.to_string().starts_with("the value of `runs/a`"), "{damage}");
}

#[tokio::test]
async fn one_process_holds_a_directory_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).unwrap();
    assert!(matches!(open(directory.path()), Err(StoreError::Locked { .. })));
    drop(first);
    for _ in 0..20 {
        open(directory.path()).unwrap();
    }
}

/// Simulated runs live on a paused clock, which jumps ahead whenever nothing is left to do: waiting for the disk is not idle.
#[tokio::test(start_paused = true)]
async fn a_write_takes_no_simulated_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let begin = tokio::time::Instant::now();
    for number in 0..20u8 {
        let (key, value) = (key("a"), [number]);
        let write = store.put(&key, &value);
        tokio::time::timeout(std::time::Duration::from_millis(1), write).await.unwrap().unwrap();
    }
    assert_eq!(begin.elapsed(), std::time::Duration::ZERO);
}
