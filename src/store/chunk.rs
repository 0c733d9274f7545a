//! How a value is laid out in sled: a head, and chunks for what does not fit into it.
//!
//! sled writes a page larger than a quarter of its log segment (128 KiB) not into its log but into a file of its own under
//! `blobs/`, which it never syncs. A leaf page holds up to 16 entries before it is split, so that entries of a few KiB
//! keep every page in the log, and one sync of the log makes everything durable.

use sha2::{Digest, Sha256};

use super::Version;

/// The most bytes of a value in one sled entry: 16 entries, the few that may join them before a split, and their keys stay
/// well below 128 KiB.
pub(super) const CHUNK_BYTES: usize = 4096;

const LAYOUT: u8 = 1;
const HEAD_BYTES: usize = 1 + 8 + 32;

/// What is stored under the key itself: the layout, the length and SHA-256 of the value, and the value's first chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    length: u64,
    hash: [u8; 32],
    first: Vec<u8>,
}

impl Head {
    /// The head of `value`, and the chunks that follow it.
    pub(super) fn split(value: &[u8]) -> (Self, impl Iterator<Item = (u32, &[u8])>) {
        let (first, rest) = value.split_at(value.len().min(CHUNK_BYTES));
        let head = Self { length: value.len() as u64, hash: Sha256::digest(value).into(), first: first.to_vec() };
        (head, (0..).zip(rest.chunks(CHUNK_BYTES)))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.first.len());
        bytes.push(LAYOUT);
        bytes.extend_from_slice(&self.length.to_be_bytes());
        bytes.extend_from_slice(&self.hash);
        bytes.extend_from_slice(&self.first);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let (layout, rest) = bytes.split_first().ok_or("it has no head")?;
        if *layout != LAYOUT {
            return Err("its layout is not known to this version of jettison");
        }
        let (length, rest) = rest.split_first_chunk::<8>().ok_or("its head is too short")?;
        let (hash, first) = rest.split_first_chunk::<32>().ok_or("its head is too short")?;
        Ok(Self { length: u64::from_be_bytes(*length), hash: *hash, first: first.to_vec() })
    }

    /// The value, joined from its chunks.
    pub(super) fn join(self, chunks: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<Vec<u8>, &'static str> {
        let mut value = self.first;
        for chunk in chunks {
            value.extend_from_slice(chunk.as_ref());
        }
        if value.len() as u64 != self.length {
            return Err("its length is not the one that was written");
        }
        if <[u8; 32]>::from(Sha256::digest(&value)) != self.hash {
            return Err("its checksum is not the one that was written");
        }
        Ok(value)
    }

    pub(super) fn version(&self) -> Version {
        Version::from_hash(&self.hash)
    }

    pub(super) fn has_chunks(&self) -> bool {
        self.length > self.first.len() as u64
    }

    /// What the keys of its chunks begin with. It contains the hash: the chunks of an earlier value of the same key, or those of
    /// a write that was cut off, are never taken for these.
    pub(super) fn chunk_prefix(&self, key: &str) -> Vec<u8> {
        let mut prefix = chunks_of(key);
        prefix.extend_from_slice(&self.hash);
        prefix
    }
}

/// What the keys of all chunks of all values of a key begin with. No key contains the NUL.
pub(super) fn chunks_of(key: &str) -> Vec<u8> {
    let mut prefix = key.as_bytes().to_vec();
    prefix.push(0);
    prefix
}

/// The key of one chunk; chunks sort by their number.
pub(super) fn chunk_key(prefix: &[u8], number: u32) -> Vec<u8> {
    let mut key = prefix.to_vec();
    key.extend_from_slice(&number.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(length: usize) -> (Vec<u8>, Vec<u8>, Vec<Vec<u8>>) {
        let value: Vec<u8> = (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect();
        let (head, chunks) = Head::split(&value);
        let chunks = chunks.map(|(_, chunk)| chunk.to_vec()).collect();
        (value, head.to_bytes(), chunks)
    }

    #[test]
    fn what_is_split_joins_again() {
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5] {
            let (value, head, chunks) = laid_out(length);
            let head = Head::from_bytes(&head).unwrap();
            assert_eq!(head.version(), Version::of(&value));
            assert_eq!(head.has_chunks(), !chunks.is_empty());
            assert_eq!(head.join(&chunks).unwrap(), value);
        }
    }

    #[test]
    fn a_changed_byte_or_a_lost_chunk_is_noticed() {
        let (_, head, chunks) = laid_out(2 * CHUNK_BYTES + 9);
        for at in 0..head.len() {
            let mut broken = head.clone();
            broken[at] ^= 1;
            assert!(Head::from_bytes(&broken).and_then(|head| head.join(&chunks)).is_err(), "byte {at}");
        }
        assert!(Head::from_bytes(&head).unwrap().join(&chunks[1..]).is_err());
        for cut in 0..head.len() {
            assert!(Head::from_bytes(&head[..cut]).and_then(|head| head.join(&chunks)).is_err(), "cut at {cut}");
        }
    }
}
