//! Service deployments: what a service goes to, comes from, and would go back to.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{
    Stream, StreamExt,
    future::{join, ready},
    stream::{BoxStream, iter},
};
use tokio::sync::mpsc;

use super::{
    batches::received,
    cache,
    patience::Patience,
    revisions::{Named, holding, is_forgotten, named_by, replaced_before},
    scope::{ScopeSweep, absorb},
};
use crate::{
    aws::{AwsError, Batch, ErrorKind},
    inventory::{Gap, Inventory, Service, ServiceDeployment},
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
    /// The deployments and revisions of services, as these are found: listing deployments, describing them and describing
    /// revisions draw from different quotas, and none has to wait for the end of another.
    pub(super) async fn deployments(&self, services: mpsc::UnboundedReceiver<Service>, extent: Extent) -> Inventory {
        let (name, named) = mpsc::unbounded_channel();
        let current = Mutex::new(BTreeSet::new());
        let note = |service: &Service| {
            let arns = service.current_service_revisions.iter().map(|revision| revision.arn.clone());
            current.lock().unwrap_or_else(PoisonError::into_inner).extend(arns);
        };
        let histories = self.histories(services, extent, name, &note);
        let (mut whole, mut revisions) = join(histories, self.revisions(named)).await;
        let current = current.into_inner().unwrap_or_else(PoisonError::into_inner);
        let replaced = replaced_before(&whole.service_deployments, &current);
        revisions
            .gaps
            .retain(|gap| !(is_forgotten(gap) && gap.object.as_deref().is_some_and(|arn| replaced.contains(arn))));
        absorb(&mut whole, revisions);
        whole
    }

    /// The deployments of services. Hands on the revisions that these and the services name.
    async fn histories(
        &self,
        services: mpsc::UnboundedReceiver<Service>,
        extent: Extent,
        name: mpsc::UnboundedSender<Named>,
        note: &(dyn Fn(&Service) + Send + Sync),
    ) -> Inventory {
        // Nobody listens where revisions are waived.
        let tell = |service: &str, revision: &str| drop(name.send((service.to_owned(), revision.to_owned())));
        let services = received(services).inspect(|service| {
            note(service);
            let current = service.current_service_revisions.iter();
            current.for_each(|revision| tell(&service.service_arn, &revision.arn));
        });
        if self.options.waives(Source::ServiceDeployments) {
            services.for_each(|_| ready(())).await;
            return Inventory::default();
        }
        self.started(Source::ServiceDeployments);
        let services = services.filter(|service| ready(has_deployments(service)));
        let (deployments, gaps) = match extent {
            Extent::Everything => {
                let tell_all = |deployment: &ServiceDeployment| {
                    named_by(deployment).into_iter().for_each(|revision| tell(&deployment.service_arn, revision));
                };
                self.read_histories(services.boxed(), &tell_all).await
            }
            Extent::WhatHolds => {
                let (deployments, gaps) = self.what_holds(services.collect().await).await;
                for (service, deployments) in &deployments {
                    holding(deployments).into_iter().for_each(|revision| tell(service, revision));
                }
                (deployments, gaps)
            }
        };
        self.finished(Source::ServiceDeployments);
        let service_deployments = deployments.into_values().flatten().map(|one| self.seen(one)).collect();
        Inventory { service_deployments, gaps, ..Inventory::default() }
    }

    async fn what_holds(&self, mut services: Vec<Service>) -> (ByService, Vec<Gap>) {
        let mut settled = match self.settled(&services).await {
            Ok(settled) => settled,
            // To list them would not help: describing is refused.
            Err(whole_source) => return (ByService::new(), vec![whole_source]),
        };
        services.retain(|service| !settled.contains_key(&service.service_arn));
        let (mut deployments, gaps) = self.read_histories(iter(services).boxed(), &|_| ()).await;
        deployments.append(&mut settled);
        (deployments, gaps)
    }

    /// Services at rest whose current deployment succeeded: nothing else of their history holds, so that it need not be
    /// listed. A service says what its current deployment is; whether it is at rest shows in its own `deployments`.
    /// A current deployment that cannot be described leaves its service to be listed; the error is the gap of the whole source.
    async fn settled(&self, services: &[Service]) -> Result<ByService, Gap> {
        let current: BTreeMap<&String, &Service> = services
            .iter()
            .filter(|service| is_at_rest(service))
            .filter_map(|service| Some((service.current_service_deployment.as_ref()?, service)))
            .collect();
        let arns: Vec<String> = current.keys().map(|arn| (*arn).clone()).collect();
        let (described, gaps) = self.described(iter(arns), &|_| ()).await;
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

    /// Lists the deployments of services, and describes the telling ones in the meantime. `tell` is told of each as listed, and
    /// again as described.
    async fn read_histories(
        &self,
        services: BoxStream<'_, Service>,
        tell: &(dyn Fn(&ServiceDeployment) + Send + Sync),
    ) -> (ByService, Vec<Gap>) {
        let (choose, chosen) = mpsc::unbounded_channel();
        let ((mut deployments, mut gaps), (described, more)) =
            join(self.listed_deployments(services, choose, tell), self.described(received(chosen), tell)).await;
        gaps.extend(more);
        for deployment in deployments.values_mut().flatten() {
            if let Some(described) = described.get(&deployment.service_deployment_arn) {
                *deployment = described.clone();
            }
        }
        (deployments, gaps)
    }

    async fn listed_deployments(
        &self,
        services: BoxStream<'_, Service>,
        choose: mpsc::UnboundedSender<String>,
        tell: &(dyn Fn(&ServiceDeployment) + Send + Sync),
    ) -> (ByService, Vec<Gap>) {
        let mut found = ByService::new();
        let mut gaps = Vec::new();
        let mut patience = Patience::new();
        // The stream goes on to its end all the same: what the services themselves name is told as they pass.
        let is_given_up = AtomicBool::new(false);
        let list = |service: Service| async {
            let answer = match is_given_up.load(Ordering::Relaxed) {
                false => Some(self.deployments_of(&service).await),
                true => None,
            };
            (answer, service.service_arn)
        };
        let mut answers = services.map(list).buffer_unordered(LISTED_AT_ONCE);
        while let Some((answer, service)) = answers.next().await {
            let Some(answer) = answer.filter(|_| !is_given_up.load(Ordering::Relaxed)) else { continue };
            match answer {
                Ok(batch) => {
                    self.found(Source::ServiceDeployments, batch.found.len());
                    self.read(Source::ServiceDeployments, batch.found.len());
                    let failures = batch.failures.iter();
                    gaps.extend(failures.map(|failure| self.gap_of(Source::ServiceDeployments, failure)));
                    batch.found.iter().for_each(tell);
                    // Nobody listens any more once describing was given up, and that is a gap already.
                    telling(&batch.found).for_each(|one| drop(choose.send(one.service_deployment_arn.clone())));
                    found.insert(service, batch.found);
                }
                Err(error) if patience.ends_with(error.kind) => {
                    gaps.push(self.gap_after(Source::ServiceDeployments, None, &error));
                    is_given_up.store(true, Ordering::Relaxed);
                }
                Err(error) => gaps.push(self.gap_after(Source::ServiceDeployments, Some(&service), &error)),
            }
        }
        (found, gaps)
    }

    /// The deployments of a service as a list tells them. One that was deleted since it was described has none.
    async fn deployments_of(&self, service: &Service) -> Result<Batch<ServiceDeployment>, AwsError> {
        if let Some(found) = self.remembered(service).await {
            return Ok(Batch { found, failures: Vec::new() });
        }
        let error = match self.session.list_service_deployments(&service.cluster_arn, &service.service_arn).await {
            Ok(batch) => {
                if batch.failures.is_empty() {
                    self.remember(service, &batch.found).await;
                }
                return Ok(batch);
            }
            Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
            Err(error) => error,
        };
        let again = [service.service_arn.clone()];
        let now = self.session.describe_services(&service.cluster_arn, &again).await;
        let is_gone = now.is_ok_and(|now| now.found.first().is_some_and(|service| service.status == "INACTIVE"));
        if is_gone { Ok(Batch::default()) } else { Err(error) }
    }

    /// Deployments as they are described, by ARN; what is over and known from before is not asked for.
    async fn described(
        &self,
        arns: impl Stream<Item = String>,
        tell: &(dyn Fn(&ServiceDeployment) + Send + Sync),
    ) -> (BTreeMap<String, ServiceDeployment>, Vec<Gap>) {
        let (send, unknown) = mpsc::unbounded_channel();
        let known = async move {
            let mut arns = pin!(arns);
            let mut known = Vec::new();
            while let Some(arn) = arns.next().await {
                if let Some(deployment) = cache::deployment(self.cache, &arn).await {
                    tell(&deployment);
                    known.push(deployment);
                } else if send.send(arn).is_ok() {
                    self.found(Source::ServiceDeployments, 1);
                }
            }
            known
        };
        let ask = |batch: Vec<String>| async move {
            let described = self.session.describe_service_deployments(&batch).await?;
            for deployment in &described.found {
                tell(deployment);
                cache::keep_deployment(self.cache, deployment).await;
            }
            Ok(described)
        };
        let asked = self.describe_all(Source::ServiceDeployments, received(unknown), DESCRIBE_SERVICE_DEPLOYMENTS, ask);
        let (known, asked) = join(known, asked).await;
        let found = known.into_iter().chain(asked.found);
        (found.map(|one| (one.service_deployment_arn.clone(), one)).collect(), asked.gaps)
    }
}

/// Service deployments are of services that ECS itself deploys. A controller never seen before may be one more of those.
fn has_deployments(service: &Service) -> bool {
    let controller = service.deployment_controller.as_ref().map_or("ECS", |controller| controller.kind.as_str());
    service.status != "INACTIVE" && !matches!(controller, "CODE_DEPLOY" | "EXTERNAL")
}

/// Whether a service shows one deployment only, and that one complete.
pub(super) fn is_at_rest(service: &Service) -> bool {
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
