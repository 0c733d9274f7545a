//! AWS Batch job definitions.

use super::scope::ScopeSweep;
use crate::{inventory::Inventory, model::Source};

impl ScopeSweep<'_> {
    /// The images of every ACTIVE job definition.
    pub(super) async fn batch(&self) -> Inventory {
        let source = Source::Batch;
        let mut whole = Inventory::default();
        let references = self.listed(&mut whole, source, None, self.session.job_definition_images().await);
        self.found(source, references.len());
        self.read(source, references.len());
        whole.references.extend(references.into_iter().map(|found| self.seen(found)));
        whole
    }
}
