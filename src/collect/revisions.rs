//! Service revisions: the definitions that services run, ran or would go back to, and the digests that were pinned.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    cache,
    deployments::{Extent, is_over, telling},
    scope::ScopeSweep,
};
use crate::{
    inventory::{Inventory, Service, ServiceDeployment},
    model::{Source, quota::batch::DESCRIBE_SERVICE_REVISIONS},
};

impl ScopeSweep<'_> {
    /// The revisions that services and their deployments name. `deployments` are by the ARN of their service.
    pub(super) async fn revisions(
        &self,
        services: &[&Service],
        deployments: &BTreeMap<String, Vec<ServiceDeployment>>,
        extent: Extent,
    ) -> Inventory {
        let mut whole = Inventory::default();
        let of_services = services.iter().flat_map(|service| {
            service
                .current_service_revisions
                .iter()
                .map(|revision| (service.service_arn.as_str(), revision.arn.as_str()))
        });
        let of_deployments = deployments.iter().flat_map(|(service, deployments)| {
            let named = match extent {
                Extent::Everything => deployments.iter().flat_map(named_by).collect(),
                Extent::WhatHolds => holding(deployments),
            };
            named.into_iter().map(|revision| (service.as_str(), revision))
        });
        let mut unknown = BTreeSet::new();
        let named: BTreeMap<&str, &str> =
            of_services.chain(of_deployments).map(|(service, arn)| (arn, service)).collect();
        self.found(Source::ServiceRevisions, named.len());
        for (arn, service) in named {
            if arn.is_empty() {
                self.read(Source::ServiceRevisions, 1);
                let text = "AWS names a revision of it without an ARN";
                whole.gaps.push(self.gap(Source::ServiceRevisions, Some(service), text));
            } else if let Some(known) = cache::revision(self.cache, arn).await {
                self.read(Source::ServiceRevisions, 1);
                whole.service_revisions.push(self.seen(known));
            } else {
                unknown.insert(arn.to_owned());
            }
        }
        let ask = |batch: Vec<String>| async move { self.session.describe_service_revisions(&batch).await };
        let answer = self.describe_all(Source::ServiceRevisions, unknown, DESCRIBE_SERVICE_REVISIONS, ask).await;
        whole.gaps.extend(answer.gaps);
        for revision in answer.found {
            cache::keep_revision(self.cache, &revision).await;
            whole.service_revisions.push(self.seen(revision));
        }
        whole
    }
}

/// Every revision that a deployment names.
fn named_by(deployment: &ServiceDeployment) -> Vec<&str> {
    let sources = deployment.source_service_revisions.iter().map(|revision| revision.arn.as_str());
    let target = deployment.target_service_revision.iter().map(|revision| revision.arn.as_str());
    let rollback = deployment.rollback.iter().map(|rollback| rollback.service_revision_arn.as_str());
    sources.chain(target).chain(rollback).collect()
}

/// The revisions that a service's deployments hold: all that one names which is not over, the target of the newest that
/// succeeded, and what the newest went back to. The sources of one that is over were let go of.
fn holding(deployments: &[ServiceDeployment]) -> Vec<&str> {
    telling(deployments)
        .flat_map(|deployment| {
            if !is_over(&deployment.status) {
                return named_by(deployment);
            }
            let target = deployment.target_service_revision.iter().filter(|_| deployment.status == "SUCCESSFUL");
            let target = target.map(|revision| revision.arn.as_str());
            target.chain(deployment.rollback.iter().map(|rollback| rollback.service_revision_arn.as_str())).collect()
        })
        .collect()
}
