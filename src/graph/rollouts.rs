//! Deployments of services: which revisions a service may go back to, and in which order it had them.

use std::collections::BTreeMap;

use super::{Node, identity::owner_node};
use crate::{
    inventory::{Inventory, Service, ServiceDeployment},
    model::Timestamp,
};

/// The deployments of a service that AWS remembers, oldest first; those without a date before all others.
#[derive(Debug, Default)]
pub struct Rollouts<'a>(Vec<&'a ServiceDeployment>);

impl<'a> Rollouts<'a> {
    /// The deployments of an inventory by service. The service may be gone.
    #[must_use]
    pub fn by_service(inventory: &'a Inventory) -> BTreeMap<Node, Self> {
        let mut all: BTreeMap<Node, Self> = BTreeMap::new();
        for seen in &inventory.service_deployments {
            let it = &seen.value;
            let owner = owner_node(&seen.location, &it.service_deployment_arn, &it.cluster_arn, &it.service_arn);
            all.entry(owner).or_default().0.push(it);
        }
        for rollouts in all.values_mut() {
            rollouts.0.sort_unstable_by_key(|it| (began_at(it), it.service_deployment_arn.as_str()));
        }
        all
    }

    /// The deployments, oldest first.
    #[must_use]
    pub fn deployments(&self) -> &[&'a ServiceDeployment] {
        &self.0
    }

    /// The revisions that a service holds: what it runs, what a deployment that is not over moves from and to, and what the next
    /// rollback goes back to. That is the last revision that was deployed with success; a rollback makes no new one
    /// ("Amazon ECS service revisions", "How the Amazon ECS deployment circuit breaker detects failures").
    #[must_use]
    pub fn held<'s>(&'s self, service: &'s Service) -> BTreeMap<&'s str, Hold> {
        let mut held = BTreeMap::new();
        let mut hold = |arn: &'s str, how: Hold| {
            let known = held.entry(arn).or_insert(how);
            *known = (*known).max(how);
        };
        for current in &service.current_service_revisions {
            hold(&current.arn, Hold::Certain);
        }
        let succeeded = self.0.iter().filter(|it| it.status == "SUCCESSFUL").map(|it| began_at(it)).max();
        for it in &self.0 {
            let is_moving = !is_over(it);
            // One without a date may be the newest.
            let is_latest = succeeded.is_none_or(|succeeded| began_at(it).is_none_or(|began| Some(began) >= succeeded));
            if let Some(target) = it.target_service_revision.as_ref()
                && (is_moving || (is_latest && it.status == "SUCCESSFUL"))
            {
                hold(&target.arn, Hold::Certain);
            }
            if let Some(rollback) = it.rollback.as_ref().filter(|_| is_moving || is_latest) {
                hold(&rollback.service_revision_arn, Hold::Certain);
            }
            for source in it.source_service_revisions.iter().filter(|_| is_moving) {
                hold(&source.arn, Hold::Certain);
            }
            // AWS has forgotten the success before it, if there was one.
            for source in it.source_service_revisions.iter().filter(|_| !is_moving && succeeded.is_none()) {
                hold(&source.arn, Hold::Likely);
            }
        }
        held.remove("");
        held
    }
}

/// How a service holds a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// As far as it is known: the sweep right before a deletion does not describe it, and one that cannot be described is a
    /// gap already.
    Likely,
    /// Whether or not it is known: without it, nobody knows what is held.
    Certain,
}

/// Whether a deployment is over. One in a status that this build does not know is not.
#[must_use]
pub fn is_over(deployment: &ServiceDeployment) -> bool {
    matches!(deployment.status.as_str(), "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED" | "SUCCESSFUL")
}

/// When a deployment was asked for, or began.
fn began_at(deployment: &ServiceDeployment) -> Option<Timestamp> {
    deployment.created_at.or(deployment.started_at)
}
