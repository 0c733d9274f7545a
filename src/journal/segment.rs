//! The units in which events become durable.
//!
//! A segment is text. The first line says what it is, then comes one event per line, and the last line is the SHA-256 of every
//! byte before it:
//!
//! ```text
//! {"format_version":"1.0","run":"20261121T094602Z-0a1b2c3d","epoch":1,"seq":2,"previous":"sha256:…"}
//! {"event":"step_intended","step":1,"attempt":1,"at":"2026-11-21T09:46:03Z","identity":"…"}
//! sha256:…
//! ```
//!
//! The sum is also what the next segment gives as `previous`. First line and last line keep this meaning in every later
//! format, so that any version can tell a newer segment from a damaged one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Event, RunId};
use crate::{
    model::sha256,
    store::{Key, KeyError},
};

const FORMAT_VERSION: &str = "1.0";
const FORMAT_MAJOR: u32 = 1;

/// The place of a segment in its run. Both numbers begin at 1 and have no holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Whose owner's.
    pub epoch: u32,
    /// The how-manieth of that owner.
    pub seq: u64,
}

impl Slot {
    /// The first slot of a run.
    pub const FIRST: Self = Self { epoch: 1, seq: 1 };

    /// What the keys of all segments of a run begin with.
    #[must_use]
    pub fn prefix(run: &RunId) -> String {
        format!("segments/{run}/")
    }

    /// The key of the segment here. Keys sort as slots do.
    ///
    /// # Errors
    ///
    /// Never for a run that has a name: the alphabet of runs is part of that of keys.
    pub fn key(self, run: &RunId) -> Result<Key, KeyError> {
        Key::new(format!("{}{:08}/{:010}", Self::prefix(run), self.epoch, self.seq))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.epoch, self.seq)
    }
}

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Events of one durable point.
    Events(Vec<Event>),
    /// The end of an epoch: its owner was replaced by that of the epoch `by`.
    Seal {
        /// The later epoch.
        by: u32,
    },
}

/// A segment as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its run.
    pub run: RunId,
    /// Its place.
    pub slot: Slot,
    /// The sum of the segment before; nothing for the first of a run.
    pub previous: Option<String>,
    /// What it holds.
    pub content: Content,
    /// Its own sum.
    pub sum: String,
}

/// Why the bytes under a key are not the segment that was written there.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The end is missing.
    #[error("it is cut off")]
    CutOff,
    /// Some byte is not what was written.
    #[error("its checksum is {actual}, but {expected} was written")]
    Checksum {
        /// As written in its last line.
        expected: String,
        /// As computed.
        actual: String,
    },
    /// It is intact, but of a later format.
    #[error("it has format {found}, and this version of jettison reads up to {FORMAT_MAJOR}.x; use a newer jettison")]
    Newer {
        /// Its format.
        found: String,
    },
    /// It is intact, but does not say what a segment says.
    #[error("line {line} cannot be read")]
    Unreadable {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It is intact, but belongs elsewhere.
    #[error("it was written as {slot} of run {run}")]
    Misplaced {
        /// Where it belongs.
        run: RunId,
        /// And at which place.
        slot: Slot,
    },
}

#[derive(Serialize, Deserialize)]
struct Header {
    format_version: String,
    run: RunId,
    epoch: u32,
    seq: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_by: Option<u32>,
}

/// The part of the first line that every format has.
#[derive(Deserialize)]
struct Envelope {
    format_version: String,
}

impl Segment {
    /// A segment and its bytes.
    ///
    /// # Errors
    ///
    /// When an event cannot be written as JSON.
    pub fn encode(
        run: &RunId,
        slot: Slot,
        previous: Option<&str>,
        content: Content,
    ) -> Result<(Self, Vec<u8>), serde_json::Error> {
        let (events, sealed_by): (&[Event], _) = match &content {
            Content::Events(events) => (events, None),
            Content::Seal { by } => (&[], Some(*by)),
        };
        let header = Header {
            format_version: FORMAT_VERSION.to_owned(),
            run: run.clone(),
            epoch: slot.epoch,
            seq: slot.seq,
            previous: previous.map(str::to_owned),
            sealed_by,
        };
        let mut bytes = serde_json::to_vec(&header)?;
        bytes.push(b'\n');
        for event in events {
            serde_json::to_writer(&mut bytes, event)?;
            bytes.push(b'\n');
        }
        let sum = sha256(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        bytes.push(b'\n');
        Ok((Self { run: run.clone(), slot, previous: header.previous, content, sum }, bytes))
    }

    /// The segment that `bytes` are.
    ///
    /// # Errors
    ///
    /// When they are not exactly what [`Segment::encode`] made for that place, or are of a later format.
    pub fn decode(run: &RunId, slot: Slot, bytes: &[u8]) -> Result<Self, SegmentError> {
        let (body, sum) = split_sum(bytes)?;
        let mut lines = (1..).zip(body.split(|byte| *byte == b'\n'));
        let first = lines.next().map_or(&[][..], |(_, first)| first);
        let unreadable = |line| move |source| SegmentError::Unreadable { line, source };
        let Envelope { format_version } = serde_json::from_slice(first).map_err(unreadable(1))?;
        let major = format_version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major != Some(FORMAT_MAJOR) {
            return Err(SegmentError::Newer { found: format_version });
        }
        let header: Header = serde_json::from_slice(first).map_err(unreadable(1))?;
        let written = Slot { epoch: header.epoch, seq: header.seq };
        if (&header.run, written) != (run, slot) {
            return Err(SegmentError::Misplaced { run: header.run, slot: written });
        }
        let mut events = Vec::new();
        for (number, line) in lines {
            events.push(serde_json::from_slice(line).map_err(unreadable(number))?);
        }
        let content = header.sealed_by.map_or(Content::Events(events), |by| Content::Seal { by });
        Ok(Self { run: header.run, slot, previous: header.previous, content, sum })
    }
}

/// The lines before the last one, without the final line feed, and the sum in the last one, after it was found right.
fn split_sum(bytes: &[u8]) -> Result<(&[u8], String), SegmentError> {
    let lines = bytes.strip_suffix(b"\n").ok_or(SegmentError::CutOff)?;
    let last = lines.iter().rposition(|byte| *byte == b'\n').ok_or(SegmentError::CutOff)?;
    let (body, sum) = lines.split_at(last);
    let expected = String::from_utf8_lossy(sum.get(1..).unwrap_or_default()).into_owned();
    let actual = sha256(bytes.get(..=last).unwrap_or_default());
    if expected == actual { Ok((body, actual)) } else { Err(SegmentError::Checksum { expected, actual }) }
}

#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
