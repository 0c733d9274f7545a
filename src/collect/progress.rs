//! How far a sweep is, for whoever draws it.

use crate::model::{Scope, Source};

/// Something that happened during a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A source of a scope is being read.
    Started {
        /// The scope.
        scope: Scope,
        /// The source.
        source: Source,
    },
    /// More of a source was found or read.
    Count {
        /// The scope.
        scope: Scope,
        /// The source.
        source: Source,
        /// Objects that are now known to exist, beyond those of earlier events.
        found: usize,
        /// Objects that are now read, or given up on, beyond those of earlier events.
        read: usize,
    },
    /// A source of a scope is read, or as much of it as could be.
    Finished {
        /// The scope.
        scope: Scope,
        /// The source.
        source: Source,
    },
}

/// Whoever is told. Called from within the sweep: it must not wait.
pub trait Progress: Send + Sync {
    /// Takes note of an event.
    fn on(&self, event: Event);
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn on(&self, _event: Event) {}
}

impl<F: Fn(Event) + Send + Sync> Progress for F {
    fn on(&self, event: Event) {
        self(event);
    }
}
