//! Why a file is not an inventory.

use std::io;

use crate::inventory::FORMAT_VERSION;

/// Why a file is not an inventory.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The bytes could not be read.
    #[error("cannot read it")]
    Io(#[source] io::Error),
    /// The file is compressed and incomplete.
    #[error("its compressed data ends in the middle: the file was cut")]
    CutCompressed,
    /// The first line is not a header.
    #[error(
        "line 1 is not an inventory header: {0}; it should read {{\"kind\":\"inventory\",\"format_version\":\"1.0\",\"taken_at\":…,\"scopes\":[…]}}"
    )]
    Header(String),
    /// Written by a newer jettison.
    #[error(
        "it has format version {0}, and this build reads {FORMAT_VERSION}; update jettison, or write the inventory again with this build"
    )]
    Version(String),
    /// A line that cannot be understood.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The file ends too early.
    #[error("it ends after line {lines} without its end line: the file was cut; make it again")]
    Cut {
        /// Lines found.
        lines: usize,
    },
    /// The end line counts differently.
    #[error("its end line counts {said} lines and there are {found}: lines were lost or added; make it again")]
    Count {
        /// What the end line says.
        said: usize,
        /// What was found.
        found: usize,
    },
}

impl From<io::Error> for InventoryError {
    /// Only a decoder can tell that there should be more; a plain file just ends.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::CutCompressed } else { Self::Io(error) }
    }
}
