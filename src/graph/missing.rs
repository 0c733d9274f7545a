//! What gaps say already that it is missing, so that it need not be said again.

use super::FastMap;
use crate::{
    inventory::{Gap, Inventory},
    model::{Location, Source},
};

/// The gaps of an inventory by the one object that each is about.
pub(super) struct SaidMissing<'i> {
    by_object: FastMap<&'i str, Vec<&'i Gap>>,
    /// Those that are about everything of a place.
    whole: Vec<&'i Gap>,
}

impl<'i> SaidMissing<'i> {
    pub(super) fn of(inventory: &'i Inventory) -> Self {
        let mut said = Self { by_object: FastMap::default(), whole: Vec::new() };
        for gap in &inventory.gaps {
            match &gap.object {
                Some(object) => said.by_object.entry(object).or_default().push(gap),
                None => said.whole.push(gap),
            }
        }
        said
    }

    /// Whether a gap says that this object could not be read.
    pub(super) fn says(&self, source: Source, location: &Location, arn: &str) -> bool {
        let about_it = self.by_object.get(arn).into_iter().flatten();
        about_it.chain(&self.whole).any(|gap| {
            gap.source == source
                && gap.account_id.as_ref().is_none_or(|account_id| *account_id == location.account_id)
                && gap.region.as_ref().is_none_or(|region| *region == location.region)
        })
    }
}
