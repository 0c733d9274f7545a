//! What an inventory is called: a digest of what was seen, whenever and in whatever order it was written down.

use std::{
    fmt,
    io::{self, Write},
};

use sha2::{Digest as _, Sha256};

use super::{Inventory, write};
use crate::model::{Scope, hex};

/// Which world an inventory tells of: SHA-256 over its places and the sorted SHA-256 of its objects' lines. Lines are
/// taken as they stand in the file, without their ends; the first and the last line are not objects. When it was
/// taken does not count: the same world at another time is the same world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryId(String);

impl InventoryId {
    /// `sha256:` and 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of these places, and the lines with these digests.
    pub(super) fn of(scopes: &[Scope], mut lines: Vec<LineDigest>) -> Self {
        use rayon::slice::ParallelSliceMut as _;

        lines.par_sort_unstable();
        let mut scopes: Vec<&Scope> = scopes.iter().collect();
        scopes.sort_unstable();
        let mut whole = Sha256::new();
        for Scope { account, account_id, region } in scopes {
            whole.update(format!("{account}\n{account_id}\n{region}\n"));
        }
        whole.update("\n");
        lines.iter().for_each(|line| whole.update(line.0));
        Self(format!("sha256:{}", hex(&whole.finalize())))
    }
}

impl fmt::Display for InventoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<InventoryId> for String {
    fn from(id: InventoryId) -> Self {
        id.0
    }
}

/// The digest of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LineDigest([u8; 32]);

impl LineDigest {
    pub(super) fn of(line: &[u8]) -> Self {
        Self(Sha256::digest(line).into())
    }
}

/// Which world this is: what [`super::read_identified`] says of the file that [`write`] makes of it.
#[must_use]
pub fn identify(inventory: &Inventory) -> InventoryId {
    let mut lines = Lines::default();
    // Nothing that it writes to can fail.
    let _infallible = write(inventory, &mut lines);
    lines.digests.pop();
    InventoryId::of(&inventory.scopes, lines.digests.split_off(1.min(lines.digests.len())))
}

/// Digests what is written to it, line by line.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
    digests: Vec<LineDigest>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            match part.split_last() {
                Some((b'\n', rest)) => {
                    self.line.extend_from_slice(rest);
                    self.digests.push(LineDigest::of(&self.line));
                    self.line.clear();
                }
                _ => self.line.extend_from_slice(part),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
