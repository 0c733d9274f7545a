//! Labels: the names that blocks are given, and the words that they choose from.

use std::{collections::BTreeMap, fmt::Display};

use crate::{
    model::{Kind, Span},
    policy::{
        body::{Reading, did_you_mean},
        value::{Name, listed},
    },
};

/// Checks that a label can stand in addresses and on one line.
pub(super) fn check_name(label: &Name, reading: &mut Reading) {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if label.text.is_empty() || !label.text.chars().all(fits) {
        let detail = "A name consists of ASCII letters, digits, `-`, `_` and `.`.";
        reading.error(&label.span, format!("`{}` cannot be a name", label.text), detail);
    }
}

/// The kind that a label names.
pub(super) fn kind(label: &Name, reading: &mut Reading) -> Option<Kind> {
    let found = Kind::ALL.into_iter().find(|kind| kind.as_str() == label.text);
    if found.is_none() {
        let words = Kind::ALL.map(Kind::as_str);
        let near = if label.text.ends_with('s') { label.text.trim_end_matches('s') } else { &label.text };
        let detail = format!("{}The kinds are {}.", did_you_mean(near, words.into_iter()), listed(words, "and"));
        reading.error(&label.span, format!("unknown kind `{}`", label.text), detail);
    }
    found
}

/// The blocks seen so far, to report those that come twice.
pub(super) struct Seen<K> {
    first: BTreeMap<K, String>,
    remedy: &'static str,
}

impl<K: Ord> Seen<K> {
    /// None so far; `remedy` says what to do about the second of a kind.
    pub(super) const fn new(remedy: &'static str) -> Self {
        Self { first: BTreeMap::new(), remedy }
    }

    /// Notes the block `key` at `label`, called `what` in the report if it was there before.
    pub(super) fn note(&mut self, key: K, label: &Span, what: impl Display, reading: &mut Reading) {
        if let Some(first) = self.first.get(&key) {
            let detail = format!("The first is at {first}. {}", self.remedy);
            reading.error(label, format!("{what} is there twice"), detail);
        } else {
            self.first.insert(key, label.at());
        }
    }
}
