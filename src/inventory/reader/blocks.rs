//! Cutting the input into blocks of whole lines.

use std::io::{self, ErrorKind, Read};

/// How much is asked for at once: large enough to be worth a thread's while, small enough to stay in its cache.
const BLOCK: usize = 512 << 10;

/// No line of an inventory comes near this: ECS and ECR bound every object. A larger one means another kind of file.
const LONGEST_LINE: usize = 64 << 20;

/// Bytes that end where a line ends, or where the input does. The memory is used again for the next block.
#[derive(Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    length: usize,
}

impl Block {
    /// The lines.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// What could not be cut.
pub(super) enum Uncut {
    /// The input failed.
    Io(io::Error),
    /// A line is longer than any object; its beginning.
    Endless(Vec<u8>),
}

/// An input that is cut into blocks.
pub(super) struct Blocks<R> {
    input: R,
    block: usize,
    longest: usize,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(input: R) -> Self {
        Self::of(input, BLOCK, LONGEST_LINE)
    }

    pub(super) fn of(input: R, block: usize, longest: usize) -> Self {
        Self { input, block, longest, rest: Vec::new() }
    }

    /// Fills `block` with the next lines. Empty at the end of the input.
    pub(super) fn fill(&mut self, block: &mut Block) -> Result<(), Uncut> {
        block.length = 0;
        let rest = std::mem::take(&mut self.rest);
        block.make_room(rest.len());
        block.bytes.get_mut(..rest.len()).unwrap_or_default().copy_from_slice(&rest);
        block.length = rest.len();
        loop {
            let before = block.length;
            self.read_on(block).map_err(Uncut::Io)?;
            let fresh = block.bytes().get(before..).unwrap_or_default();
            let Some(end) = fresh.iter().rposition(|byte| *byte == b'\n') else {
                if fresh.is_empty() {
                    return Ok(());
                }
                if block.length > self.longest {
                    return Err(Uncut::Endless(block.bytes().to_vec()));
                }
                continue;
            };
            let end = before + end + 1;
            self.rest = block.bytes().get(end..).unwrap_or_default().to_vec();
            block.length = end;
            return Ok(());
        }
    }

    /// Reads up to a block more: less only at the end of the input.
    fn read_on(&mut self, block: &mut Block) -> io::Result<()> {
        let full = block.length + self.block;
        block.make_room(full);
        while block.length < full {
            let room = block.bytes.get_mut(block.length..full).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => break,
                Ok(read) => block.length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Block {
    fn make_room(&mut self, length: usize) {
        if self.bytes.len() < length {
            self.bytes.resize(length, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, block: usize) -> Vec<String> {
        let mut blocks = Blocks::of(text.as_bytes(), block, 100);
        let mut block = Block::default();
        let mut found = Vec::new();
        loop {
            assert!(blocks.fill(&mut block).is_ok());
            if block.bytes().is_empty() {
                return found;
            }
            found.push(String::from_utf8(block.bytes().to_vec()).unwrap());
        }
    }

    #[test]
    fn blocks_are_whole_lines_and_nothing_is_lost() {
        for text in ["", "\n", "a\nbb\nccc\n", "a\nbb\nccc", "\n\n\nx", "no end at all"] {
            for size in 1..12 {
                let blocks = cut(text, size);
                assert_eq!(blocks.concat(), text, "in blocks of {size}");
                assert!(blocks.iter().rev().skip(1).all(|block| block.ends_with('\n')), "{blocks:?}");
            }
        }
    }

    #[test]
    fn an_endless_line_is_given_up() {
        let text = "x".repeat(200);
        let mut blocks = Blocks::of(text.as_bytes(), 10, 100);
        assert!(matches!(blocks.fill(&mut Block::default()), Err(Uncut::Endless(_))));
    }
}
