//! Segments, one after the other, back into a state.

use super::{Content, Event, IllegalTransition, RunId, RunState, Segment, SegmentError, Slot, state::Staged};
use crate::store::{Key, KeyError};

/// A run as far as its segments were read: its state, and where the next segment belongs.
#[derive(Debug, Clone)]
pub struct Replay {
    run: RunId,
    state: RunState,
    next: Slot,
    last: Option<String>,
}

/// Why the segments of a run cannot be trusted. Every one of them is named by its key.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A segment is missing: a later one exists.
    #[error(
        "the journal of run {run} has a hole: `{expected}` is missing, but `{found}` exists; restore it from a copy"
    )]
    Hole {
        /// The run.
        run: RunId,
        /// The key that should have come.
        expected: Key,
        /// The key that came.
        found: Key,
    },
    /// The last segments are missing: the manifest knows of them.
    #[error(
        "the journal of run {run} ends at `{key}`, before the segment that closed it; restore the missing ones from a copy"
    )]
    LostTail {
        /// The run.
        run: RunId,
        /// Where the next segment should have been.
        key: Key,
    },
    /// The bytes under a key are not the segment that was written there.
    #[error("segment `{key}` cannot be used; restore it from a copy")]
    Segment {
        /// Its key.
        key: Key,
        /// What is wrong with it.
        source: SegmentError,
    },
    /// A segment does not continue the one before.
    #[error(
        "segment `{key}` does not continue the one before it: one of the two was replaced; restore them from a copy"
    )]
    BrokenChain {
        /// The key of the later one.
        key: Key,
    },
    /// An epoch does not begin with its owner.
    #[error("segment `{key}` does not begin with the `run_opened` of its epoch")]
    NoOwner {
        /// Its key.
        key: Key,
    },
    /// A seal of an epoch by one that is not later.
    #[error("segment `{key}` seals its epoch for epoch {by}, which is not a later one")]
    WrongSeal {
        /// Its key.
        key: Key,
        /// The epoch in the seal.
        by: u32,
    },
    /// An event cannot follow the ones before it.
    #[error("segment `{key}` holds an event that cannot follow the ones before it")]
    Illegal {
        /// Its key.
        key: Key,
        /// Which, and why not.
        source: IllegalTransition,
    },
    /// A segment has no place.
    #[error("a segment of run {run} has no key")]
    Key {
        /// The run.
        run: RunId,
        /// Why not.
        source: KeyError,
    },
}

/// A segment that may follow what was replayed, and what it changes.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) key: Key,
    pub(super) bytes: Vec<u8>,
    segment: Segment,
    staged: Staged,
}

impl Replay {
    /// Nothing read yet.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self { run, state: RunState::default(), next: Slot::FIRST, last: None }
    }

    /// The run.
    #[must_use]
    pub const fn run(&self) -> &RunId {
        &self.run
    }

    /// The state after the segments so far.
    #[must_use]
    pub const fn state(&self) -> &RunState {
        &self.state
    }

    /// Where the next segment belongs.
    #[must_use]
    pub const fn next(&self) -> Slot {
        self.next
    }

    /// The sum of the last segment.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// The key of the next segment.
    ///
    /// # Errors
    ///
    /// Never for a run that has a name.
    pub fn next_key(&self) -> Result<Key, ReplayError> {
        self.next.key(&self.run).map_err(|source| ReplayError::Key { run: self.run.clone(), source })
    }

    /// Takes in the segment that was read under `key`, and gives back what it holds.
    ///
    /// # Errors
    ///
    /// When it is not exactly the next one; nothing is taken in then.
    pub fn push(&mut self, key: &Key, bytes: &[u8]) -> Result<Content, ReplayError> {
        let expected = self.next_key()?;
        if *key != expected {
            return Err(ReplayError::Hole { run: self.run.clone(), expected, found: key.clone() });
        }
        let segment = Segment::decode(&self.run, self.next, bytes)
            .map_err(|source| ReplayError::Segment { key: key.clone(), source })?;
        if segment.previous != self.last {
            return Err(ReplayError::BrokenChain { key: key.clone() });
        }
        let staged = self.stage(key, &segment.content)?;
        let content = segment.content.clone();
        self.advance(segment, staged);
        Ok(content)
    }

    /// The segment that would hold `content` next.
    pub(super) fn prepare(&self, content: Content) -> Result<Next, ReplayError> {
        let key = self.next_key()?;
        let staged = self.stage(&key, &content)?;
        let (segment, bytes) = Segment::encode(&self.run, self.next, self.last(), content).map_err(|source| {
            let source = SegmentError::Unreadable { line: 0, source };
            ReplayError::Segment { key: key.clone(), source }
        })?;
        Ok(Next { key, bytes, segment, staged })
    }

    /// Takes in a segment that was prepared from this very state and is durable now.
    pub(super) fn commit(&mut self, next: Next) {
        self.advance(next.segment, next.staged);
    }

    /// What a segment with this content would change, if it may come next.
    fn stage(&self, key: &Key, content: &Content) -> Result<Staged, ReplayError> {
        let events = match content {
            Content::Seal { by } if *by > self.next.epoch => return Ok(Staged::default()),
            Content::Seal { by } => return Err(ReplayError::WrongSeal { key: key.clone(), by: *by }),
            Content::Events(events) => events,
        };
        let owners = events.iter().enumerate().filter_map(|(at, event)| match event {
            Event::RunOpened { run, epoch, .. } => Some((at, *epoch, run == &self.run)),
            Event::StepIntended { .. }
            | Event::StepEnded { .. }
            | Event::StepObserved { .. }
            | Event::RunClosed { .. } => None,
        });
        let first_of_epoch = if self.next.seq == 1 { &[(0, self.next.epoch, true)][..] } else { &[] };
        if !owners.eq(first_of_epoch.iter().copied()) {
            return Err(ReplayError::NoOwner { key: key.clone() });
        }
        self.state.stage(events).map_err(|source| ReplayError::Illegal { key: key.clone(), source })
    }

    fn advance(&mut self, segment: Segment, staged: Staged) {
        let Slot { epoch, seq } = self.next;
        self.next = match segment.content {
            Content::Events(_) => Slot { epoch, seq: seq + 1 },
            Content::Seal { .. } => Slot { epoch: epoch + 1, seq: 1 },
        };
        self.last = Some(segment.sum);
        self.state.commit(staged);
    }
}
