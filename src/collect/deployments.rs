//! Service deployments: what a service goes to, comes from, and would go back to.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream::iter};

use super::{
    cache,
    patience::Patience,
    scope::{ScopeSweep, absorb},
};
use crate::{
    aws::{AwsError, Batch, ErrorKind},
    inventory::{Gap, Inventory, Seen, Service, ServiceDeployment},
    model::{Source, quota::batch::DESCRIBE_SERVICE_DEPLOYMENTS},
};

/// Services whose deployments are listed at the same time. The limiter sets the pace; this only bounds what waits for it.
const LISTED_AT_ONCE: usize = 32;

/// How much of a service's history is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it: older deployments date the end of what they replaced.
    Everything,
    /// What holds now.
    WhatHolds,
}

/// The deployments of each service, by the service's ARN.
type ByService = BTreeMap<String, Vec<ServiceDeployment>>;

impl ScopeSweep<'_> {
    /// The deployments and revisions of services.
    pub(super) async fn deployments(&self, services: &[Seen<Service>], extent: Extent) -> Inventory {
        let services: Vec<&Service> = services.iter().map(|seen| &seen.value).collect();
        let mut whole = Inventory::default();
        let mut deployments = ByService::new();
        if !self.options.waives(Source::ServiceDeployments) {
            self.started(Source::ServiceDeployments);
            let (found, gaps) = self.service_deployments(&services, extent).await;
            whole.gaps.extend(gaps);
            deployments = found;
            self.finished(Source::ServiceDeployments);
        }
        if !self.options.waives(Source::ServiceRevisions) {
            self.started(Source::ServiceRevisions);
            absorb(&mut whole, self.revisions(&services, &deployments, extent).await);
            self.finished(Source::ServiceRevisions);
        }
        whole.service_deployments = deployments.into_values().flatten().map(|one| self.seen(one)).collect();
        whole
    }

    async fn service_deployments(&self, services: &[&Service], extent: Extent) -> (ByService, Vec<Gap>) {
        let mut services: Vec<&Service> = services.iter().copied().filter(|service| has_deployments(service)).collect();
        let mut settled = ByService::new();
        if extent == Extent::WhatHolds {
            match self.settled(&services).await {
                Ok(found) => settled = found,
                // To list them would not help: describing is refused.
                Err(whole_source) => return (settled, vec![whole_source]),
            }
            services.retain(|service| !settled.contains_key(&service.service_arn));
        }
        let (mut listed, mut gaps) = self.listed_deployments(&services).await;
        let chosen =
            listed.values().flat_map(|deployments| telling(deployments)).map(|one| one.service_deployment_arn.clone());
        let (described, more) = self.described(chosen.collect()).await;
        gaps.extend(more);
        for deployment in listed.values_mut().flatten() {
            if let Some(described) = described.get(&deployment.service_deployment_arn) {
                *deployment = described.clone();
            }
        }
        listed.append(&mut settled);
        (listed, gaps)
    }

    /// Services at rest whose current deployment succeeded: nothing else of their history holds, so that it need not be
    /// listed. A service says what its current deployment is; whether it is at rest shows in its own `deployments`.
    /// A current deployment that cannot be described leaves its service to be listed; the error is the gap of the whole source.
    async fn settled(&self, services: &[&Service]) -> Result<ByService, Gap> {
        let current: BTreeMap<&String, &Service> = services
            .iter()
            .filter(|service| is_at_rest(service))
            .filter_map(|service| Some((service.current_service_deployment.as_ref()?, *service)))
            .collect();
        let (described, gaps) = self.described(current.keys().map(|arn| (*arn).clone()).collect()).await;
        if let Some(whole_source) = gaps.into_iter().find(|gap| gap.object.is_none()) {
            return Err(whole_source);
        }
        let succeeded = described.into_values().filter(|deployment| deployment.status == "SUCCESSFUL");
        let by_service = succeeded.filter_map(|deployment| {
            let service = current.get(&deployment.service_deployment_arn)?;
            Some((service.service_arn.clone(), vec![deployment]))
        });
        Ok(by_service.collect())
    }

    async fn listed_deployments(&self, services: &[&Service]) -> (ByService, Vec<Gap>) {
        let mut found = ByService::new();
        let mut gaps = Vec::new();
        let mut patience = Patience::new();
        let answers: Vec<_> =
            services.iter().map(|service| async move { (*service, self.deployments_of(service).await) }).collect();
        let mut answers = iter(answers).buffer_unordered(LISTED_AT_ONCE);
        while let Some((service, answer)) = answers.next().await {
            match answer {
                Ok(batch) => {
                    self.found(Source::ServiceDeployments, batch.found.len());
                    self.read(Source::ServiceDeployments, batch.found.len());
                    let failures = batch.failures.iter();
                    gaps.extend(failures.map(|failure| self.gap_of(Source::ServiceDeployments, failure)));
                    found.insert(service.service_arn.clone(), batch.found);
                }
                Err(error) if patience.ends_with(error.kind) => {
                    gaps.push(self.gap_after(Source::ServiceDeployments, None, &error));
                    break;
                }
                Err(error) => {
                    gaps.push(self.gap_after(Source::ServiceDeployments, Some(&service.service_arn), &error));
                }
            }
        }
        (found, gaps)
    }

    /// The deployments of a service as a list tells them. One that was deleted since it was described has none.
    async fn deployments_of(&self, service: &Service) -> Result<Batch<ServiceDeployment>, AwsError> {
        let answer = self.session.list_service_deployments(&service.cluster_arn, &service.service_arn).await;
        let Err(error) = answer else { return answer };
        if error.kind != ErrorKind::NotFound {
            return Err(error);
        }
        let again = [service.service_arn.clone()];
        let now = self.session.describe_services(&service.cluster_arn, &again).await;
        let is_gone = now.is_ok_and(|now| now.found.first().is_some_and(|service| service.status == "INACTIVE"));
        if is_gone { Ok(Batch::default()) } else { Err(error) }
    }

    /// Deployments as they are described, by ARN; what is over and known from before is not asked for.
    async fn described(&self, arns: BTreeSet<String>) -> (BTreeMap<String, ServiceDeployment>, Vec<Gap>) {
        let mut found = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for arn in arns {
            match cache::deployment(self.cache, &arn).await {
                Some(known) => {
                    found.insert(arn, known);
                }
                None => {
                    unknown.insert(arn);
                }
            }
        }
        self.found(Source::ServiceDeployments, unknown.len());
        let ask = |batch: Vec<String>| async move { self.session.describe_service_deployments(&batch).await };
        let answer = self.describe_all(Source::ServiceDeployments, unknown, DESCRIBE_SERVICE_DEPLOYMENTS, ask).await;
        for deployment in answer.found {
            cache::keep_deployment(self.cache, &deployment).await;
            found.insert(deployment.service_deployment_arn.clone(), deployment);
        }
        (found, answer.gaps)
    }
}

/// Service deployments are of services that ECS itself deploys. A controller never seen before may be one more of those.
fn has_deployments(service: &Service) -> bool {
    let controller = service.deployment_controller.as_ref().map_or("ECS", |controller| controller.kind.as_str());
    service.status != "INACTIVE" && !matches!(controller, "CODE_DEPLOY" | "EXTERNAL")
}

fn is_at_rest(service: &Service) -> bool {
    match service.deployments.as_slice() {
        [only] => only.rollout_state.as_deref() == Some("COMPLETED"),
        _ => false,
    }
}

/// Whether a service deployment has ended, one way or the other. One in a status never seen before has not.
pub(super) fn is_over(status: &str) -> bool {
    matches!(status, "SUCCESSFUL" | "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED")
}

/// The deployments of one service that tell what it may run next: those that are not over, the newest, and the newest that
/// succeeded. What was created in the same instant counts alike.
pub(super) fn telling(deployments: &[ServiceDeployment]) -> impl Iterator<Item = &ServiceDeployment> {
    let newest = deployments.iter().map(|one| one.created_at).max().flatten();
    let succeeded = deployments.iter().filter(|one| one.status == "SUCCESSFUL");
    let newest_success = succeeded.map(|one| one.created_at).max().flatten();
    deployments.iter().filter(move |one| {
        !is_over(&one.status)
            || one.created_at == newest
            || (one.status == "SUCCESSFUL" && one.created_at == newest_success)
    })
}
