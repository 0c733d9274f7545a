//! Task definitions by family.

use std::collections::HashMap;

use rayon::prelude::*;

use super::names::{Place, definition, place};
use crate::inventory::{Inventory, Seen, TaskDefinition};

/// A family: its revisions in order, by number and place in the inventory.
#[derive(Default)]
pub(super) struct Family {
    pub(super) revisions: Vec<(u32, usize)>,
    /// What a caller that names only the family runs.
    pub(super) newest_active: Option<u32>,
}

/// All families.
pub(super) struct Families<'a> {
    pub(super) definitions: &'a [Seen<TaskDefinition>],
    by_name: HashMap<(Place<'a>, &'a str), Family>,
}

impl<'a> Families<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let definitions = inventory.task_definitions.as_slice();
        let names: Vec<_> =
            definitions.par_iter().map(|seen| (place(&seen.location), definition(&seen.value))).collect();
        let mut by_name: HashMap<_, Family> = HashMap::new();
        let numbered: Vec<_> = names.iter().enumerate().collect();
        // The revisions of a family mostly stand together: one look-up for all of them.
        for together in numbered.chunk_by(|(_, (p, (f, _))), (_, (q, (g, _)))| (p, f) == (q, g)) {
            let Some((_, (place, (name, _)))) = together.first() else { continue };
            let family = by_name.entry((*place, *name)).or_default();
            for (at, (_, (_, revision))) in together {
                family.revisions.push((*revision, *at));
                if definitions.get(*at).is_some_and(|seen| seen.value.status == "ACTIVE") {
                    family.newest_active = family.newest_active.max(Some(*revision));
                }
            }
        }
        by_name.values_mut().for_each(|family| family.revisions.sort_unstable());
        Self { definitions, by_name }
    }

    pub(super) fn family<'s>(&'s self, place: Place<'s>, name: &'s str) -> Option<&'s Family> {
        self.by_name.get(&(place, name))
    }

    /// The place of a revision in the inventory.
    pub(super) fn find(&self, place: Place<'_>, name: &str, revision: u32) -> Option<usize> {
        let revisions = &self.family(place, name)?.revisions;
        let at = revisions.binary_search_by_key(&revision, |(revision, _)| *revision).ok()?;
        revisions.get(at).map(|(_, index)| *index)
    }
}
