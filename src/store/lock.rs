//! One process per state directory.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::model::Timestamp;

/// Who holds a state directory, or who owns a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The name of the machine.
    pub host: String,
    /// The process id on it.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
    /// What it does, as the user typed it.
    pub command: String,
    /// The page of the pipeline run it belongs to, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (process {} on {} since {})", self.command, self.pid, self.host, self.since)?;
        self.url.iter().try_for_each(|url| write!(f, ", {url}"))
    }
}

impl Holder {
    pub(super) fn describe(holder: Option<&Self>) -> String {
        holder.map_or_else(|| "another process".to_owned(), Self::to_string)
    }
}

/// How often, and how long in between, to look for the name of the holder: it locks first and writes its name after.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// An advisory lock on the file `lock`, held until dropped or until the process ends, however it ends. What the file says
/// is only for people: a name without a lock is a process that is gone.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Takes the lock of `directory`, or says who has it.
    pub(super) fn take(directory: &Path, place: &str, holder: &Holder) -> Result<Self, StoreError> {
        let path = directory.join("lock");
        let unavailable = |source: io::Error| StoreError::Unavailable {
            place: place.to_owned(),
            doing: format!("lock {}", path.display()),
            source: source.into(),
        };
        #[expect(clippy::disallowed_methods, reason = "a store touches the disk")]
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked {
                    place: place.to_owned(),
                    holder: name_of_holder(&path).map(Box::new),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unavailable(source)),
        }
        sign(&mut file, holder).map_err(unavailable)?;
        Ok(Self { file })
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // A name that cannot be wiped harms nobody: see above.
        let _ = self.file.set_len(0);
        // Closing the file is not enough: a child process that is just being started has the same open file until it
        // runs its program. Unlocking ends the lock for all who share it.
        let _ = self.file.unlock();
    }
}

fn sign(file: &mut File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    let mut line = serde_json::to_vec(holder)?;
    line.push(b'\n');
    file.write_all(&line)
}

fn name_of_holder(path: &PathBuf) -> Option<Holder> {
    for look in 0..LOOKS {
        if look > 0 {
            #[expect(clippy::disallowed_methods, reason = "waits for another process, not for simulated time")]
            std::thread::sleep(BETWEEN_LOOKS);
        }
        let mut text = String::new();
        #[expect(clippy::disallowed_methods, reason = "a store touches the disk")]
        let read = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
        if let (Ok(_), Ok(holder)) = (read, serde_json::from_str(&text)) {
            return Some(holder);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(command: &str) -> Holder {
        let since = "2026-11-21T09:46:02Z".parse().unwrap();
        Holder { host: "runner-7".to_owned(), pid: 4_711, since, command: command.to_owned(), url: None }
    }

    #[test]
    fn the_second_is_refused_with_the_name_of_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let first = DirectoryLock::take(directory.path(), "the state", &holder("jettison apply")).unwrap();
        let refused = DirectoryLock::take(directory.path(), "the state", &holder("jettison resume")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the state is in use by `jettison apply` (process 4711 on runner-7 since 2026-11-21T09:46:02Z); \
             wait until it ends or stop it, then try again"
        );
        drop(first);
        DirectoryLock::take(directory.path(), "the state", &holder("jettison resume")).unwrap();
    }

    #[test]
    fn a_lock_ends_although_a_child_has_inherited_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let first = DirectoryLock::take(directory.path(), "the state", &holder("jettison apply")).unwrap();
        let inherited = first.file.try_clone().unwrap();
        drop(first);
        DirectoryLock::take(directory.path(), "the state", &holder("jettison resume")).unwrap();
        drop(inherited);
    }

    #[test]
    fn a_name_without_a_lock_is_taken_over() {
        let directory = tempfile::tempdir().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the test plays a process that died")]
        std::fs::write(
            directory.path().join("lock"),
            serde_json::to_vec(&holder("a much longer command line")).unwrap(),
        )
        .unwrap();
        let _lock = DirectoryLock::take(directory.path(), "the state", &holder("jettison apply")).unwrap();
        let refused = DirectoryLock::take(directory.path(), "the state", &holder("jettison resume")).unwrap_err();
        assert!(
            matches!(refused, StoreError::Locked { holder: Some(found), .. } if *found == holder("jettison apply"))
        );
    }

    #[test]
    fn a_holder_that_has_not_signed_yet_is_another_process() {
        let directory = tempfile::tempdir().unwrap();
        let lock = DirectoryLock::take(directory.path(), "the state", &holder("jettison apply")).unwrap();
        lock.file.set_len(3).unwrap();
        let refused = DirectoryLock::take(directory.path(), "the state", &holder("jettison resume")).unwrap_err();
        assert!(refused.to_string().starts_with("the state is in use by another process;"), "{refused}");
    }
}
