//! The history of a service that has not been deployed since it was last listed: it can only have grown by a deployment,
//! which the service itself would name.
//!
//! It is taken from the cache while the service is at rest, still names the same current deployment, and that was the newest
//! of all, every one of them over. Whatever does not fit is listed again. What AWS has forgotten by now is left out, so
//! that nobody asks for its revisions, except for the current deployment: its revision still holds.

use serde::{Deserialize, Serialize};

use super::{
    cache,
    deployments::{is_at_rest, is_over},
    scope::ScopeSweep,
};
use crate::{
    inventory::{Service, ServiceDeployment},
    model::Age,
};

/// How long AWS keeps service deployments ("View service history using Amazon ECS service deployments", ECS developer guide).
const KEPT: Age = Age::from_seconds(90 * 24 * 60 * 60);

/// The deployments of a service as they were listed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct History {
    /// What the service named as its current deployment then.
    current: String,
    deployments: Vec<ServiceDeployment>,
}

impl ScopeSweep<'_> {
    /// The deployments of a service, if they are what they were when they were last listed.
    pub(super) async fn remembered(&self, service: &Service) -> Option<Vec<ServiceDeployment>> {
        let current = service.current_service_deployment.as_ref().filter(|_| is_at_rest(service))?;
        let mut known = cache::history(self.cache, &service.service_arn).await?;
        if known.current != *current {
            return None;
        }
        let now = self.options.taken_at;
        let mut kept = Vec::new();
        for one in known.deployments.drain(..) {
            let is_shown = one.created_at.is_some_and(|created| Age::of(created, now) <= KEPT);
            if is_shown || (one.service_deployment_arn == known.current && self.knows_target(&one).await) {
                kept.push(one);
            }
        }
        Some(kept)
    }

    /// Whether what a deployment brought is in the cache: a service at zero starts its next task from the digest that was pinned then,
    /// however long ago that was.
    async fn knows_target(&self, deployment: &ServiceDeployment) -> bool {
        let Some(target) = &deployment.target_service_revision else { return false };
        cache::revision(self.cache, &target.arn).await.is_some()
    }

    /// Keeps the deployments of a service, if only another deployment can change them.
    pub(super) async fn remember(&self, service: &Service, deployments: &[ServiceDeployment]) {
        let Some(current) = service.current_service_deployment.as_ref().filter(|_| is_at_rest(service)) else { return };
        let newest = deployments.iter().max_by_key(|one| one.created_at);
        let is_current = newest.is_some_and(|one| one.service_deployment_arn == *current);
        if is_current && deployments.iter().all(|one| is_over(&one.status)) {
            let history = History { current: current.clone(), deployments: deployments.to_vec() };
            cache::keep_history(self.cache, &service.service_arn, &history).await;
        }
    }
}
