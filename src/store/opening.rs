//! Getting sled open: what must be out of its way, and what has to be on the disk before the first write.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::StoreError;

/// sled's page cache; the default of 1 GiB is more than a journal needs.
const CACHE_BYTES: u64 = 64 << 20;

/// sled gives its own lock free only after the last of its threads: a store opened right after another was dropped in this
/// process waits for that.
const OPENING_TRIES: u32 = 200;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Removes what a kill during an earlier start may have left, and what sled would stumble over. None of it holds data.
pub(super) fn scrub(files: &Path) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "a store touches the disk")]
    let remove = |path: PathBuf| std::fs::remove_file(path);
    #[expect(clippy::disallowed_methods, reason = "a store touches the disk")]
    let found = std::fs::read_dir(files)?;
    for entry in found {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            remove(entry.path())?;
        }
    }
    let conf = files.join("conf");
    if !files.join("db").exists() && conf.exists() {
        remove(conf)?;
    }
    Ok(())
}

pub(super) fn open_patiently(files: &Path) -> sled::Result<sled::Db> {
    let mut tries = 0;
    loop {
        match sled::Config::new().path(files).cache_capacity(CACHE_BYTES).open() {
            Err(sled::Error::Io(error))
                if tries < OPENING_TRIES && error.to_string().contains("could not acquire lock") =>
            {
                tries += 1;
                #[expect(clippy::disallowed_methods, reason = "waits for threads of sled, not for simulated time")]
                std::thread::sleep(BETWEEN_TRIES);
            }
            opened => return opened,
        }
    }
}

pub(super) fn why_not_opened(place: &str, source: sled::Error) -> StoreError {
    let place = place.to_owned();
    match source {
        sled::Error::Io(source) => {
            StoreError::Unavailable { place, doing: "open the database".to_owned(), source: source.into() }
        }
        sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::Corruption { .. } => StoreError::Damaged { place, source: source.into() },
    }
}

/// Makes the files themselves durable, not only what is in them, and returns sled's log.
pub(super) fn sync_files(directory: &Path, files: &Path) -> io::Result<File> {
    #[expect(clippy::disallowed_methods, reason = "a store touches the disk")]
    let open = |path: &Path| File::open(path);
    for path in [&files.join("conf"), files, directory] {
        open(path)?.sync_all()?;
    }
    if let Some(parent) = directory.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        open(parent)?.sync_all()?;
    }
    open(&files.join("db"))
}
