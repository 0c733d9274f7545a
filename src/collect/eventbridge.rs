//! EventBridge rules.

use futures::{StreamExt, stream::iter};

use super::scope::ScopeSweep;
use crate::{inventory::Inventory, model::Source};

const BUSES_AT_ONCE: usize = 8;

impl ScopeSweep<'_> {
    /// The targets of every rule on every bus. A disabled rule counts: it is enabled without anybody naming its definition.
    pub(super) async fn eventbridge(&self) -> Inventory {
        let source = Source::Eventbridge;
        let mut whole = Inventory::default();
        let buses = self.listed(&mut whole, source, None, self.session.list_event_buses().await);
        let lists: Vec<_> = buses
            .into_iter()
            .map(|bus| async move {
                let rules = self.session.list_rules(&bus).await;
                (bus, rules)
            })
            .collect();
        let mut lists = iter(lists).buffer_unordered(BUSES_AT_ONCE);
        let mut rules = Vec::new();
        while let Some((bus, list)) = lists.next().await {
            rules.extend(self.listed(&mut whole, source, Some(&bus.arn), list));
        }
        let reads = rules.into_iter().map(|rule| async move {
            let targets = self.session.list_targets(&rule).await;
            (rule.arn, targets)
        });
        self.references_of(&mut whole, source, reads.collect()).await;
        whole
    }
}
