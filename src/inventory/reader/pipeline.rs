//! The whole of a reading: while some blocks are parsed, the next are read and the last put together.

use std::io::Read;

use rayon::prelude::*;

use super::{
    blocks::{Block, Blocks, Uncut},
    columns::Columns,
    fault::InventoryError,
    lines::{NOT_UTF8, Parsed, Stop, Wanted, describe, parse},
};
use crate::inventory::{FORMAT_VERSION, Header, Inventory, InventoryId, identify::LineDigest};

/// How many blocks are parsed at once: enough for every thread to find another when it is done with one.
const BLOCKS_AT_ONCE: usize = 8;

/// Reads an inventory.
///
/// # Errors
/// Whatever makes the file less than certain: a broken or cut line, an unknown kind, the same object twice, a newer format.
/// A hole in an inventory could hide a reference, so nothing is skipped. The first bad line is told.
pub fn read(input: impl Read + Send) -> Result<Inventory, InventoryError> {
    Ok(Whole::read(input, Wanted { is_world: false, digests: false })?.inventory)
}

/// Reads an inventory and says which it is (see [`InventoryId`]).
///
/// # Errors
/// As [`read`].
pub fn read_identified(input: impl Read + Send) -> Result<(Inventory, InventoryId), InventoryError> {
    let whole = Whole::read(input, Wanted { is_world: false, digests: true })?;
    let id = InventoryId::of(&whole.inventory.scopes, whole.digests);
    Ok((whole.inventory, id))
}

/// Reads the world of a simulated AWS as an inventory: what a world alone may hold ([`super::super::record_kind::SIMULATED`]) is
/// passed over.
///
/// # Errors
/// As [`read`], for every other line.
pub fn read_world(input: impl Read + Send) -> Result<Inventory, InventoryError> {
    Ok(Whole::read(input, Wanted { is_world: true, digests: false })?.inventory)
}

/// What a file came to.
pub(super) struct Whole {
    pub(super) inventory: Inventory,
    digests: Vec<LineDigest>,
}

impl Whole {
    fn read(input: impl Read + Send, wanted: Wanted) -> Result<Self, InventoryError> {
        Self::read_blocks(Blocks::new(input), wanted)
    }

    pub(super) fn read_blocks<R: Read + Send>(mut blocks: Blocks<R>, wanted: Wanted) -> Result<Self, InventoryError> {
        let mut current = Batch::default();
        current.fill(&mut blocks);
        let (header, length) = current.header()?;
        let mut merged = Merged::default();
        let mut skip = length;
        let mut parsed = Vec::new();
        let mut next = Batch::default();
        loop {
            let (ready, ()) = rayon::join(
                || current.parse(skip, wanted),
                || {
                    merged.add_all(std::mem::take(&mut parsed));
                    next.fill(&mut blocks);
                },
            );
            skip = 0;
            let is_over = current.is_over() || merged.stop.is_some();
            parsed = ready;
            if is_over {
                merged.add_all(parsed);
                merged.note(current.fault.take());
                return merged.finish(&header);
            }
            std::mem::swap(&mut current, &mut next);
        }
    }
}

/// Blocks that are parsed side by side.
#[derive(Default)]
struct Batch {
    blocks: Vec<Block>,
    /// How many of them hold lines. The rest keep their memory for later.
    filled: usize,
    /// What ended the reading.
    fault: Option<Uncut>,
}

impl Batch {
    fn fill<R: Read>(&mut self, blocks: &mut Blocks<R>) {
        self.blocks.resize_with(BLOCKS_AT_ONCE, Block::default);
        self.filled = 0;
        self.fault = None;
        for block in &mut self.blocks {
            self.fault = blocks.fill(block).err();
            if self.fault.is_some() || block.bytes().is_empty() {
                return;
            }
            self.filled += 1;
        }
    }

    /// Whether nothing comes after it.
    fn is_over(&self) -> bool {
        self.filled < self.blocks.len()
    }

    fn parse(&self, skip: usize, wanted: Wanted) -> Vec<Parsed> {
        let filled = self.blocks.get(..self.filled).unwrap_or_default();
        let bytes = |(number, block): (usize, &Block)| {
            let skipped = if number == 0 { skip } else { 0 };
            parse(block.bytes().get(skipped..).unwrap_or_default(), wanted)
        };
        filled.par_iter().enumerate().map(bytes).collect()
    }

    /// The first line, and how many bytes it has.
    fn header(&mut self) -> Result<(Header, usize), InventoryError> {
        let first = match (self.blocks.first(), self.fault.take_if(|_| self.filled == 0)) {
            (_, Some(Uncut::Io(error))) => return Err(error.into()),
            (_, Some(Uncut::Endless(beginning))) => beginning,
            (None, None) => Vec::new(),
            (Some(block), None) => block.bytes().split_inclusive(|byte| *byte == b'\n').next().unwrap_or(&[]).to_vec(),
        };
        Ok((read_header(&first)?, first.len()))
    }
}

/// What was put together so far.
#[derive(Default)]
struct Merged {
    columns: Columns,
    /// Good lines, the header and the end line not counted.
    lines: usize,
    digests: Vec<LineDigest>,
    /// What ends the reading: the end line, or the first line that cannot be understood.
    stop: Option<Stopped>,
}

/// Where the reading ended.
enum Stopped {
    /// With the end line.
    Ended,
    /// With an error about the line after the good ones, or the whole file.
    Failed(InventoryError),
}

impl Merged {
    fn add_all(&mut self, parsed: Vec<Parsed>) {
        parsed.into_iter().for_each(|parsed| self.add(parsed));
    }

    fn add(&mut self, parsed: Parsed) {
        match &self.stop {
            None => {}
            Some(Stopped::Ended) => {
                self.stop = Some(Stopped::Failed(self.fault(1, "there is more after the end line; remove it")));
                return;
            }
            Some(Stopped::Failed(_)) => return,
        }
        self.columns.append(parsed.columns, self.lines);
        self.digests.extend(parsed.digests);
        self.lines += parsed.lines;
        self.stop = parsed.stop.map(|stop| match stop {
            Stop::Fault(problem) => Stopped::Failed(self.fault(0, &problem)),
            Stop::End { said, .. } if said != self.lines => {
                Stopped::Failed(InventoryError::Count { said, found: self.lines })
            }
            Stop::End { is_last: true, .. } => Stopped::Ended,
            Stop::End { is_last: false, .. } => {
                Stopped::Failed(self.fault(1, "there is more after the end line; remove it"))
            }
        });
    }

    /// A fault of the line that is `further` after the next.
    fn fault(&self, further: usize, problem: &str) -> InventoryError {
        InventoryError::Line { line: self.lines + 2 + further, problem: problem.to_owned() }
    }

    /// Takes note of why no more could be read.
    fn note(&mut self, fault: Option<Uncut>) {
        let error = match fault {
            None => return,
            Some(Uncut::Io(error)) => error.into(),
            Some(Uncut::Endless(_)) => self.fault(0, "it has more than 64 MiB; write one object a line"),
        };
        if !matches!(self.stop, Some(Stopped::Failed(_))) {
            self.stop = Some(Stopped::Failed(error));
        }
    }

    fn finish(self, header: &Header) -> Result<Whole, InventoryError> {
        // A line that says something twice comes before the one at which the reading stopped.
        if let Some(twice) = self.columns.first_twice() {
            let problem = format!("{} stands in the file twice; keep the newer line", twice.name);
            return Err(InventoryError::Line { line: twice.line + 2, problem });
        }
        match self.stop {
            Some(Stopped::Failed(error)) => return Err(error),
            None if header.trailer => return Err(InventoryError::Cut { lines: self.lines + 1 }),
            Some(Stopped::Ended) | None => {}
        }
        let empty = Inventory { taken_at: header.taken_at, scopes: header.scopes.clone(), ..Inventory::default() };
        Ok(Whole { inventory: self.columns.into_inventory(empty), digests: self.digests })
    }
}

fn read_header(line: &[u8]) -> Result<Header, InventoryError> {
    let wrong = |problem: &str| InventoryError::Header(problem.to_owned());
    if line.is_empty() {
        return Err(wrong("the file is empty"));
    }
    if line.starts_with(b"\xef\xbb\xbf") {
        return Err(wrong("the file begins with a byte order mark; save it as UTF-8 without one"));
    }
    if line.starts_with(b"\x28\xb5\x2f\xfd") {
        return Err(wrong("the file is compressed; give it a name that ends in .zst"));
    }
    let line = std::str::from_utf8(line).map_err(|_| wrong(NOT_UTF8))?;
    let header: Header = serde_json::from_str(line).map_err(|error| wrong(&describe(&error)))?;
    if header.kind != "inventory" {
        return Err(wrong(&format!("its kind is `{}`", header.kind)));
    }
    let major = |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match (major(&header.format_version), major(FORMAT_VERSION)) {
        (Some(theirs), Some(ours)) if theirs <= ours => Ok(header),
        (_, _) => Err(InventoryError::Version(header.format_version)),
    }
}
