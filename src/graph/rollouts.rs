//! Deployments of services: which revisions a service may go back to, and in which order it had them.

use std::collections::{BTreeMap, BTreeSet};

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

    /// The ARNs of the revisions that a service holds: what it runs, what a deployment that is not over moves from and to, and what
    /// the next rollback goes back to. That is the last revision that was deployed with success; a rollback makes no new
    /// one ("Amazon ECS service revisions", "How the Amazon ECS deployment circuit breaker detects failures").
    #[must_use]
    pub fn held<'s>(&'s self, service: &'s Service) -> BTreeSet<&'s str> {
        let mut held: BTreeSet<&str> = service.current_service_revisions.iter().map(|it| it.arn.as_str()).collect();
        let succeeded = self.0.iter().filter(|it| is_successful(it)).map(|it| began_at(it)).max();
        for it in &self.0 {
            let is_moving = !is_over(it);
            // One without a date may be the newest.
            let is_latest = succeeded.is_none_or(|succeeded| began_at(it).is_none_or(|began| Some(began) >= succeeded));
            if is_moving || (is_latest && is_successful(it)) {
                held.extend(it.target_service_revision.iter().map(|target| target.arn.as_str()));
            }
            if is_moving || is_latest {
                held.extend(it.rollback.iter().map(|rollback| rollback.service_revision_arn.as_str()));
            }
            // AWS has forgotten the success before it, if there was one.
            if is_moving || succeeded.is_none() {
                held.extend(it.source_service_revisions.iter().map(|source| source.arn.as_str()));
            }
        }
        held.remove("");
        held
    }
}

/// Whether a deployment is over. One in a status that this build does not know is not.
#[must_use]
pub fn is_over(deployment: &ServiceDeployment) -> bool {
    matches!(deployment.status.as_str(), "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED" | "SUCCESSFUL")
}

pub(super) fn is_successful(deployment: &ServiceDeployment) -> bool {
    deployment.status == "SUCCESSFUL"
}

/// When a deployment began, or was asked for.
fn began_at(deployment: &ServiceDeployment) -> Option<Timestamp> {
    deployment.started_at.or(deployment.created_at)
}
