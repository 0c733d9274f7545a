//! Lists of references that somebody else keeps: a file, or what a program prints. A list that cannot be had is a gap.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::mpsc::{RecvTimeoutError, channel},
    time::Duration,
};

use futures::future::join_all;
use serde_json::Value;
use tokio::{io::AsyncReadExt as _, process::Command, task::spawn_blocking};

use super::{List, ListFrom, entries::Listed};
use crate::{inventory::Gap, model::Source};

/// The largest list that is read: a million references, and an end to a program that prints without one.
const LARGEST: u64 = 64 << 20;

/// Reads the lists side by side.
pub(super) async fn read_lists(lists: &[List]) -> Listed {
    let mut listed = Listed::default();
    for (list, outcome) in lists.iter().zip(join_all(lists.iter().map(read)).await) {
        let source = format!("{}.{}", Source::Reference, list.label);
        match outcome {
            Ok(entries) => listed.add(&source, &holder(&list.from), &entries),
            Err(error) => listed.gaps.push(Gap {
                source: Source::Reference,
                account_id: None,
                region: None,
                object: Some(source),
                error,
            }),
        }
    }
    listed
}

/// Who refers, where an entry does not say: the same on every machine.
fn holder(from: &ListFrom) -> String {
    match from {
        ListFrom::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        ListFrom::Command { program, .. } => program.join(" "),
        ListFrom::Forbidden => String::new(),
    }
}

/// The entries of a list, or why there are none.
async fn read(list: &List) -> Result<Vec<Value>, String> {
    let (what, bytes) = match &list.from {
        ListFrom::File(path) => (path.display().to_string(), read_file(path.clone()).await?),
        ListFrom::Command { program, directory, timeout } => {
            (format!("what `{}` prints", program.join(" ")), run(program, directory, *timeout).await?)
        }
        ListFrom::Forbidden => return Err("its program was not run; pass --allow-commands to run it".to_owned()),
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("{what} is not a JSON array of images and task definitions: {error}; mend the list"))
}

async fn read_file(path: PathBuf) -> Result<Vec<u8>, String> {
    let name = path.display().to_string();
    match spawn_blocking(move || read_bytes(&path)).await {
        Ok(Ok(bytes)) if bytes.len() as u64 > LARGEST => Err(format!("{name} is larger than 64 MiB; shorten the list")),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(format!("{name}: {error}; check `path`")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// One byte more than allowed tells that there are too many.
#[expect(clippy::disallowed_methods, reason = "the file is a source of references, as AWS is")]
fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    // Opening a pipe would wait for whoever writes to it.
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Runs a program to its end and gives what it printed. Dropping the future kills it.
async fn run(program: &[String], directory: &Path, timeout: Duration) -> Result<Vec<u8>, String> {
    let name = program.join(" ");
    let not_started = |error: std::io::Error| format!("`{name}` cannot be started: {error}; check `program`");
    let Some((first, arguments)) = program.split_first() else {
        return Err("it names no program; check `program`".to_owned());
    };
    // The system would look for a relative path in one directory or the other, and does not say which.
    let directory = std::path::absolute(directory).map_err(not_started)?;
    let path = if first.contains('/') { directory.join(first) } else { PathBuf::from(first) };
    let mut command = Command::new(path);
    command.args(arguments).current_dir(&directory).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(not_started)?;
    let mut bytes = Vec::new();
    let ended = {
        let stdout = child.stdout.take();
        let to_its_end = async {
            if let Some(stdout) = stdout {
                stdout.take(LARGEST + 1).read_to_end(&mut bytes).await?;
            }
            if bytes.len() as u64 > LARGEST { Ok(None) } else { child.wait().await.map(Some) }
        };
        tokio::select! {
            ended = to_its_end => ended,
            () = real_time(timeout) => {
                return Err(format!("`{name}` took longer than {timeout:?} and was stopped; make it faster or raise `timeout`"));
            }
        }
    };
    match ended {
        Ok(Some(status)) if status.success() => Ok(bytes),
        Ok(Some(status)) => Err(format!("`{name}` failed ({}); run it by hand to see why", outcome(status))),
        Ok(None) => Err(format!("`{name}` printed more than 64 MiB and was stopped; shorten the list")),
        Err(error) => Err(format!("`{name}` could not be followed to its end: {error}")),
    }
}

fn outcome(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

/// Waits in real time, whatever the clock of the run: a program does not live in simulated time. A paused clock stands still
/// as long as a blocking task runs, so that it does not leap over the program either. Dropping the future ends the task.
async fn real_time(duration: Duration) {
    let (_alive, gone) = channel::<()>();
    let _ended = spawn_blocking(move || match gone.recv_timeout(duration) {
        Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
    })
    .await;
}
