//! Step Functions state machines.

use futures::{StreamExt, stream::iter};

use super::scope::ScopeSweep;
use crate::{inventory::Inventory, model::Source};

const MACHINES_AT_ONCE: usize = 32;

impl ScopeSweep<'_> {
    /// Every machine and every version of it: an alias may run any of them.
    pub(super) async fn step_functions(&self) -> Inventory {
        let source = Source::StepFunctions;
        let mut whole = Inventory::default();
        let mut machines = self.listed(&mut whole, source, None, self.session.list_state_machines().await);
        let lists: Vec<_> = machines
            .iter()
            .cloned()
            .map(|machine| async move {
                let versions = self.session.list_state_machine_versions(&machine).await;
                (machine, versions)
            })
            .collect();
        let mut lists = iter(lists).buffer_unordered(MACHINES_AT_ONCE);
        while let Some((machine, versions)) = lists.next().await {
            machines.extend(self.listed(&mut whole, source, Some(&machine), versions));
        }
        let reads = machines.into_iter().map(|machine| async move {
            let definition = self.session.describe_state_machine(&machine).await;
            (machine, definition)
        });
        self.references_of(&mut whole, source, reads.collect()).await;
        whole
    }
}
