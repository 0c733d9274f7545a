//! A world that survives its process, killed at any moment.
//!
//! Beside the world file that the user wrote, which is never changed, a state directory holds a newer *copy* and a
//! *log* of what changed since. Every request that changed something is one line of the log, written before it is
//! answered: absolute puts and removals and the time, so that reading it twice does no harm. A last line that was cut
//! is a request that was never answered, and does not count. A checkpoint writes a new copy beside the old one, renames
//! it over, and only then empties the log.
//!
//! Both name the digest of the world file they belong to. When the user changed that file, they are stale: the world
//! starts over, and [`Opened::StartedOver`] says so.
#![expect(clippy::disallowed_methods, reason = "this file is the simulated AWS's store")]

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    answer::{Options, Sim},
    file::{Counters, ObjectLine, WorldError, write_line},
    page::hex,
    world::{Key, ObjectKind, World},
};
use crate::model::{AccountId, Location, Region, Timestamp};

/// Where a simulated AWS lives on disk. Two worlds of the same file name need two directories.
#[derive(Debug, Clone)]
pub struct Persistence {
    base: PathBuf,
    directory: PathBuf,
}

/// What was found when a world was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// Nothing newer than the world file.
    Fresh,
    /// A newer copy or a log: the world goes on where it stopped.
    Resumed,
    /// They belong to another version of the world file: the world starts over from the file as it is now.
    StartedOver,
}

/// Why a world cannot be opened or saved.
#[derive(Debug, thiserror::Error)]
pub enum PersistenceError {
    /// The disk refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not a world.
    #[error("{} cannot be served by the simulated AWS", path.display())]
    World {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: WorldError,
    },
    /// The log is damaged before its end, which no kill can do.
    #[error("line {line} of {} is damaged: {problem}; remove the file to go back to the last checkpoint", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// Another process serves the same world.
    #[error("another process has this simulated world open ({} is locked); wait for it to end", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PersistenceError {
    let path = path.to_owned();
    move |source| PersistenceError::Io { action, path, source }
}

/// The first line of a copy and of a log.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Origin {
    kind: String,
    /// The digest of the world file.
    base: String,
}

const COPY: &str = "simulated copy";
const LOG: &str = "simulated changes";

/// What one request changed.
#[derive(Debug, Serialize, Deserialize)]
struct Change {
    clock: Timestamp,
    #[serde(default)]
    issued: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    put: Vec<ObjectLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<Removed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Removed {
    kind: String,
    account_id: AccountId,
    region: Region,
    id: String,
}

impl Persistence {
    /// The world in `base`, whose changes live in `directory`.
    #[must_use]
    pub fn new(base: impl Into<PathBuf>, directory: impl Into<PathBuf>) -> Self {
        Self { base: base.into(), directory: directory.into() }
    }

    fn file(&self, suffix: &str) -> PathBuf {
        let name = self.base.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.trim_end_matches(".zst").trim_end_matches(".ndjson");
        self.directory.join(format!("{stem}.{suffix}"))
    }

    /// Opens the world where it stopped. Its clock goes on from the last time that anybody saw.
    ///
    /// # Errors
    /// When a file cannot be read or is not what it should be, or another process has the world open.
    pub fn open(&self, options: Options) -> Result<(Sim, Opened), PersistenceError> {
        fs::create_dir_all(&self.directory).map_err(io_error("make", &self.directory))?;
        let lock = lock(&self.file("lock"))?;
        let bytes = fs::read(&self.base).map_err(io_error("read", &self.base))?;
        let origin = format!("sha256:{}", hex(&Sha256::digest(&bytes)));
        let (copy, log) = (self.file("world.ndjson"), self.file("changes.ndjson"));
        let (mut newer, mut stale) = (false, false);
        let mut world = match read_copy(&copy, &origin)? {
            Found::Ours(world) => {
                newer = true;
                *world
            }
            Found::Nothing => read_base(&self.base, &bytes)?,
            Found::Stale => {
                let world = read_base(&self.base, &bytes)?;
                stale = true;
                remove(&copy)?;
                world
            }
        };
        let length = match replay(&log, &origin, &mut world)? {
            Replayed::Whole { length, changes } => {
                newer |= changes > 0;
                length
            }
            Replayed::Stale => {
                stale = true;
                0
            }
        };
        let opened = match (newer, stale) {
            (true, _) => Opened::Resumed,
            (false, true) => Opened::StartedOver,
            (false, false) => Opened::Fresh,
        };
        let file = OpenOptions::new().append(true).create(true).open(&log).map_err(io_error("open", &log))?;
        // What follows the last whole line was never answered, and must not run into the next one.
        file.set_len(length).map_err(io_error("cut", &log))?;
        world.take_touched();
        let log = ChangeLog {
            file,
            path: log,
            copy,
            origin,
            last: world.taken_at(),
            is_empty: length == 0,
            lock: Some(lock),
        };
        Ok((Sim::with_log(world, options, Some(log)), opened))
    }
}

fn lock(path: &Path) -> Result<File, PersistenceError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    let file = file.map_err(io_error("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PersistenceError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io_error("lock", path)(source)),
    }
}

fn remove(path: &Path) -> Result<(), PersistenceError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read_base(path: &Path, bytes: &[u8]) -> Result<World, PersistenceError> {
    let world_error = |source| PersistenceError::World { path: path.to_owned(), source };
    if path.extension().is_some_and(|extension| extension == "zst") {
        let decoder = zstd::Decoder::new(bytes).map_err(io_error("decompress", path))?;
        return World::read(BufReader::new(decoder)).map_err(world_error);
    }
    World::read(bytes).map_err(world_error)
}

enum Found {
    Nothing,
    Stale,
    Ours(Box<World>),
}

fn read_copy(path: &Path, base: &str) -> Result<Found, PersistenceError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(io_error("read", path)(error)),
    };
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (first, rest) = bytes.split_at(end);
    let origin: Origin = serde_json::from_slice(first).map_err(|error| PersistenceError::Damaged {
        path: path.to_owned(),
        line: 1,
        problem: error.to_string(),
    })?;
    if origin.base != base {
        return Ok(Found::Stale);
    }
    let world = World::read(rest.get(1..).unwrap_or_default());
    let world = world.map_err(|source| PersistenceError::World { path: path.to_owned(), source })?;
    Ok(Found::Ours(Box::new(world)))
}

enum Replayed {
    /// How many bytes of the log are whole lines, and how many changes they hold.
    Whole {
        length: u64,
        changes: usize,
    },
    Stale,
}

fn replay(path: &Path, base: &str, world: &mut World) -> Result<Replayed, PersistenceError> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => file.read_to_end(&mut bytes).map_err(io_error("read", path))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(io_error("read", path)(error)),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let mut lines = bytes.get(..whole).unwrap_or_default().split_inclusive(|byte| *byte == b'\n');
    let damaged = |line: usize, problem: String| PersistenceError::Damaged { path: path.to_owned(), line, problem };
    let Some(first) = lines.next() else { return Ok(Replayed::Whole { length: 0, changes: 0 }) };
    let origin: Origin = serde_json::from_slice(first).map_err(|error| damaged(1, error.to_string()))?;
    if origin.base != base {
        return Ok(Replayed::Stale);
    }
    let mut changes = 0;
    for line in lines {
        changes += 1;
        let change: Change = serde_json::from_slice(line).map_err(|error| damaged(changes + 1, error.to_string()))?;
        apply(world, change).map_err(|problem| damaged(changes + 1, problem))?;
    }
    Ok(Replayed::Whole { length: whole as u64, changes })
}

fn apply(world: &mut World, change: Change) -> Result<(), String> {
    let kind_of = |word: &str| ObjectKind::of_word(word).ok_or_else(|| format!("`{word}` is not a kind"));
    for line in change.put {
        let kind = kind_of(&line.kind)?;
        let (key, object) = line.into_object(kind)?;
        world.put(key, object);
    }
    for removed in change.removed {
        let location = Location { account_id: removed.account_id, region: removed.region };
        world.remove(&Key::new(&location, kind_of(&removed.kind)?, removed.id));
    }
    world.remember(Counters { issued: change.issued, ..Counters::default() });
    world.taken_at = world.taken_at.max(change.clock);
    Ok(())
}

/// The log of a world that is being served.
#[derive(Debug)]
pub(super) struct ChangeLog {
    file: File,
    path: PathBuf,
    copy: PathBuf,
    origin: String,
    /// The last time on record.
    last: Timestamp,
    is_empty: bool,
    /// Held for as long as the world is served; the system lets go of it when the process ends, however it ends.
    #[expect(dead_code, reason = "held, not read")]
    lock: Option<File>,
}

/// A request that changed nothing still leaves the time behind, once it has moved this far: whoever saw a time must
/// not see an earlier one after a restart.
const CLOCK_STEP: SignedDuration = SignedDuration::from_secs(1);

impl ChangeLog {
    /// Records what the world's objects touched since the last record have become.
    pub(super) fn append(&mut self, world: &mut World, now: Timestamp) -> io::Result<()> {
        let touched = world.take_touched();
        if touched.is_empty() && now.duration_since(self.last) < CLOCK_STEP {
            return Ok(());
        }
        let result = self.write(world, &touched, now);
        if result.is_err() {
            world.touch_again(touched);
        }
        result
    }

    fn write(&mut self, world: &World, touched: &BTreeSet<Key>, now: Timestamp) -> io::Result<()> {
        let mut change = Change { clock: now, issued: world.issued, put: Vec::new(), removed: Vec::new() };
        for key in touched {
            match world.get(key) {
                Some(object) => change.put.push(ObjectLine::new(key, object)),
                None => change.removed.push(Removed {
                    kind: key.kind.word().to_owned(),
                    account_id: key.location.account_id.clone(),
                    region: key.location.region.clone(),
                    id: key.id.clone(),
                }),
            }
        }
        let mut line = Vec::new();
        if self.is_empty {
            write_line(&mut line, &Origin { kind: LOG.to_owned(), base: self.origin.clone() })?;
        }
        write_line(&mut line, &change)?;
        let before = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(&line) {
            // Half a line in the middle would make the log unreadable.
            self.file.set_len(before)?;
            return Err(error);
        }
        self.is_empty = false;
        self.last = now;
        Ok(())
    }

    /// Writes a new copy, then empties the log.
    pub(super) fn checkpoint(&mut self, world: &World, now: Timestamp) -> Result<(), PersistenceError> {
        let partial = self.copy.with_extension("partial");
        let file = File::create(&partial).map_err(io_error("write", &partial))?;
        let mut out = io::BufWriter::new(file);
        let origin = Origin { kind: COPY.to_owned(), base: self.origin.clone() };
        write_line(&mut out, &origin)
            .and_then(|()| world.write(now, &mut out))
            .and_then(|()| out.flush())
            .and_then(|()| out.get_ref().sync_all())
            .map_err(io_error("write", &partial))?;
        fs::rename(&partial, &self.copy).map_err(io_error("replace", &self.copy))?;
        self.file.set_len(0).map_err(io_error("empty", &self.path))?;
        self.is_empty = true;
        self.last = now;
        Ok(())
    }
}
