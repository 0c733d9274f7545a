//! Application Auto Scaling of ECS services.

use futures::future::join;

use super::scope::ScopeSweep;
use crate::{inventory::Inventory, model::Source};

impl ScopeSweep<'_> {
    /// The services that a target or a scheduled action may start again.
    pub(super) async fn application_autoscaling(&self) -> Inventory {
        let source = Source::ApplicationAutoscaling;
        let mut whole = Inventory::default();
        let (targets, actions) = join(self.session.scaled_services(), self.session.scheduled_services()).await;
        for answer in [targets, actions] {
            let references = self.listed(&mut whole, source, None, answer);
            self.found(source, references.len());
            self.read(source, references.len());
            whole.references.extend(references.into_iter().map(|found| self.seen(found)));
        }
        whole
    }
}
