//! EventBridge Scheduler schedules.

use super::scope::ScopeSweep;
use crate::{aws::Schedule, inventory::Inventory, model::Source};

impl ScopeSweep<'_> {
    /// The schedules that may run something on ECS; the list tells which.
    pub(super) async fn scheduler(&self) -> Inventory {
        let source = Source::Scheduler;
        let mut whole = Inventory::default();
        let schedules = self.listed(&mut whole, source, None, self.session.list_schedules().await);
        let reads = schedules.into_iter().filter(Schedule::is_of_ecs).map(|schedule| async move {
            let target = self.session.get_schedule(&schedule).await;
            (schedule.arn, target)
        });
        self.references_of(&mut whole, source, reads.collect()).await;
        whole
    }
}
