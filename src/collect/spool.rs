//! The contents of repositories, put aside as lines until the rest of their inventory is known.

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Contents, Sink};
use crate::{
    inventory::{Inventory, write_around, write_object},
    model::{Location, RepositoryName},
};

/// Writes the contents of repositories to two files as they come, images apart from manifests, and remembers where each
/// repository's lines are: the inventory lists repositories by name, whichever was read first. In memory there is a few dozen
/// bytes for each repository.
#[derive(Debug)]
pub struct Spool<F: Write>(Mutex<Parts<F>>);

#[derive(Debug)]
struct Parts<F: Write> {
    images: Part<F>,
    manifests: Part<F>,
}

/// One file, and where in it the lines of each repository are.
#[derive(Debug)]
struct Part<F: Write> {
    file: BufWriter<F>,
    end: u64,
    runs: BTreeMap<(Location, RepositoryName), Run>,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    start: u64,
    length: u64,
    lines: usize,
}

impl<F: Read + Write + Seek> Spool<F> {
    /// A spool over two empty files, which nobody else uses.
    #[must_use]
    pub fn new(images: F, manifests: F) -> Self {
        Self(Mutex::new(Parts { images: Part::new(images), manifests: Part::new(manifests) }))
    }

    /// How many images were put aside.
    #[must_use]
    pub fn images(&self) -> usize {
        self.parts().images.lines()
    }

    /// Writes the inventory to which the contents belong: the same bytes as if it had held them itself.
    ///
    /// # Errors
    /// What the files or the writer answer.
    pub fn write(self, inventory: &Inventory, out: &mut impl Write) -> io::Result<()> {
        let Parts { images, manifests } = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        write_around(inventory, out, |out| images.copy_to(out), |out| manifests.copy_to(out))
    }

    fn parts(&self) -> MutexGuard<'_, Parts<F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Read + Write + Seek + Send> Sink for Spool<F> {
    type Error = io::Error;

    fn take(&self, contents: Contents) -> io::Result<()> {
        let Contents { location, repository, images, manifests } = contents;
        let key = (location, repository);
        let Parts { images: all_images, manifests: all_manifests } = &mut *self.parts();
        all_images
            .put(&key, images.len(), |out| images.iter().try_for_each(|image| write_object(&key.0, image, out)))?;
        all_manifests.put(&key, manifests.len(), |out| {
            manifests.iter().try_for_each(|manifest| write_object(&key.0, manifest, out))
        })
    }
}

impl<F: Read + Write + Seek> Part<F> {
    fn new(file: F) -> Self {
        Self { file: BufWriter::new(file), end: 0, runs: BTreeMap::new() }
    }

    /// Adds the lines of a repository. A repository that comes twice stands in the inventory as it came last.
    fn put(
        &mut self,
        key: &(Location, RepositoryName),
        lines: usize,
        write: impl FnOnce(&mut Counting<'_, BufWriter<F>>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut counting = Counting { out: &mut self.file, written: 0 };
        write(&mut counting)?;
        let run = Run { start: self.end, length: counting.written, lines };
        self.end += run.length;
        self.runs.insert(key.clone(), run);
        Ok(())
    }

    fn lines(&self) -> usize {
        self.runs.values().map(|run| run.lines).sum()
    }

    /// Copies all lines in the order of places and names.
    fn copy_to(self, out: &mut impl Write) -> io::Result<usize> {
        let lines = self.lines();
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        for run in self.runs.into_values() {
            file.seek(SeekFrom::Start(run.start))?;
            let copied = io::copy(&mut Read::take(&mut file, run.length), out)?;
            if copied < run.length {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "what was put aside is not there any more"));
            }
        }
        Ok(lines)
    }
}

/// Counts what is written.
struct Counting<'a, W> {
    out: &'a mut W,
    written: u64,
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
