//! Names of values.

use std::{fmt, str::FromStr, sync::Arc};

/// The longest key in bytes. S3 would allow 1,024; sled keeps up to 256 keys on one page, and a page of longer keys would
/// be moved out of its log (see `chunk`).
const MAX_BYTES: usize = 400;

/// The name of a value: parts of `A-Z a-z 0-9 . _ - = : @ + ~`, separated by `/`.
///
/// The alphabet is what a file system, an S3 key and a terminal all take as it is. Keys are ordered by their bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

/// A text that cannot name a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be a key: use parts of letters, digits and `._-=:@+~`, separated by single slashes, at most {MAX_BYTES} bytes"
)]
pub struct KeyError(pub String);

impl Key {
    /// The key that `text` spells.
    ///
    /// # Errors
    ///
    /// When a part is empty, `.` or `..`, when a character is outside the alphabet, or when it is too long.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, KeyError> {
        let text = text.into();
        if text.len() <= MAX_BYTES && text.split('/').all(is_part) {
            Ok(Self(text))
        } else {
            Err(KeyError(text.to_string()))
        }
    }

    /// The text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_part(part: &str) -> bool {
    let spells = |byte: u8| byte.is_ascii_alphanumeric() || b"._-=:@+~".contains(&byte);
    !matches!(part, "" | "." | "..") && part.bytes().all(spells)
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::new(text)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_plain_parts_between_slashes() {
        for right in ["a", "runs/20261121T094602Z-0a1b2c3d", "cache/sha256:abc", "a/b.c/d-e_f=g"] {
            assert_eq!(Key::new(right).unwrap().as_str(), right);
        }
        let long = "x".repeat(MAX_BYTES + 1);
        for wrong in ["", "/", "a/", "/a", "a//b", "a/../b", ".", "a b", "a\0", "é", long.as_str()] {
            assert!(Key::new(wrong).is_err(), "{wrong}");
        }
    }
}
