//! Managed daemons, their revisions and their task definitions. The SDK has no paginator for the lists.

use aws_sdk_ecs::types::{self, DaemonTaskDefinitionStatusFilter};

use super::{
    super::{AwsError, Batch, ErrorKind, Failure, Operation, Session, call::Pages, time::optional},
    convert::{arn, collect, some, text},
    read::PAGE,
};
use crate::inventory::{
    ContainerDefinition, ContainerImage, Daemon, DaemonRevision, DaemonRevisionSummary, DaemonTaskDefinition,
};

/// Which revisions a daemon's deployment comes from, goes to, or went back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonDeployment {
    /// Its ARN.
    pub arn: String,
    /// The ARNs of the revisions.
    pub revisions: Vec<String>,
}

/// A daemon task definition as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedDaemonDefinition {
    /// Its ARN.
    pub arn: String,
    /// ACTIVE, DELETE_IN_PROGRESS or DELETED.
    pub status: String,
}

impl Session {
    /// The ARNs of the daemons of a cluster.
    ///
    /// # Errors
    /// When a page cannot be read. A daemon without an ARN is a failure within the answer, under the ARN of its cluster.
    pub async fn list_daemons(&self, cluster: &str) -> Result<Batch<String>, AwsError> {
        let operation = Operation::ListDaemons;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request =
                self.ecs().list_daemons().cluster_arn(cluster).max_results(PAGE).set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            let summaries = answer.daemon_summaries_list().iter();
            all.append(collect(summaries.map(|summary| arn(summary.daemon_arn(), Some(cluster))), &[]));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// A daemon.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when it is not there any more.
    pub async fn describe_daemon(&self, arn: &str) -> Result<Daemon, AwsError> {
        let operation = Operation::DescribeDaemon;
        let request = self.ecs().describe_daemon().daemon_arn(arn);
        let answer = self.read(operation, || request.clone().send()).await?;
        let described = answer.daemon().ok_or_else(|| Failure::new(arn, "the answer holds no daemon"));
        described.and_then(daemon).map_err(|failure| self.garbled(operation, &failure))
    }

    /// Deployments of daemons, by ARN; at most twenty, as ECS has it, and at least one.
    ///
    /// # Errors
    /// When the batch cannot be read; a single missing deployment is a failure within the answer.
    pub async fn describe_daemon_deployments(&self, arns: &[String]) -> Result<Batch<DaemonDeployment>, AwsError> {
        let request = self.ecs().describe_daemon_deployments().set_daemon_deployment_arns(Some(arns.to_vec()));
        let answer = self.read(Operation::DescribeDaemonDeployments, || request.clone().send()).await?;
        let mut all = collect(answer.daemon_deployments().iter().map(deployment), answer.failures());
        all.account_for(arns, |deployment: &DaemonDeployment| &deployment.arn);
        Ok(all)
    }

    /// Revisions of daemons, by ARN; at most twenty, as ECS has it, and at least one.
    ///
    /// # Errors
    /// When the batch cannot be read; a single missing revision is a failure within the answer.
    pub async fn describe_daemon_revisions(&self, arns: &[String]) -> Result<Batch<DaemonRevision>, AwsError> {
        let request = self.ecs().describe_daemon_revisions().set_daemon_revision_arns(Some(arns.to_vec()));
        let answer = self.read(Operation::DescribeDaemonRevisions, || request.clone().send()).await?;
        let mut all = collect(answer.daemon_revisions().iter().map(revision), answer.failures());
        all.account_for(arns, |revision: &DaemonRevision| &revision.daemon_revision_arn);
        Ok(all)
    }

    /// Daemon task definitions in every status.
    ///
    /// # Errors
    /// When a page cannot be read. A definition without an ARN is a failure within the answer.
    pub async fn list_daemon_task_definitions(&self) -> Result<Batch<ListedDaemonDefinition>, AwsError> {
        let operation = Operation::ListDaemonTaskDefinitions;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .ecs()
                .list_daemon_task_definitions()
                .status(DaemonTaskDefinitionStatusFilter::All)
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            all.append(collect(answer.daemon_task_definitions().iter().map(listed_definition), &[]));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// A daemon task definition, without its environment.
    ///
    /// # Errors
    /// When ECS cannot describe it; which error says that it does not exist is not documented.
    pub async fn describe_daemon_task_definition(&self, arn: &str) -> Result<DaemonTaskDefinition, AwsError> {
        let operation = Operation::DescribeDaemonTaskDefinition;
        let request = self.ecs().describe_daemon_task_definition().daemon_task_definition(arn);
        let answer = self.read(operation, || request.clone().send()).await?;
        let described = answer.daemon_task_definition();
        let described = described.ok_or_else(|| Failure::new(arn, "the answer holds no daemon task definition"));
        described.and_then(definition).map_err(|failure| self.garbled(operation, &failure))
    }

    fn garbled(&self, operation: Operation, failure: &Failure) -> AwsError {
        let message = format!("{}: {}", failure.object, failure.reason);
        AwsError::own(operation, self.scope(), ErrorKind::Garbled, message)
    }
}

fn daemon(daemon: &types::DaemonDetail) -> Result<Daemon, Failure> {
    let revisions: Result<Vec<_>, _> = daemon
        .current_revisions()
        .iter()
        .map(|revision| Ok(DaemonRevisionSummary { arn: arn(revision.arn(), daemon.daemon_arn())? }))
        .collect();
    Ok(Daemon {
        daemon_arn: arn(daemon.daemon_arn(), None)?,
        cluster_arn: text(daemon.cluster_arn()),
        status: daemon.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        current_revisions: revisions?,
        deployment_arn: some(daemon.deployment_arn()),
        created_at: optional(daemon.created_at()),
        updated_at: optional(daemon.updated_at()),
    })
}

fn deployment(deployment: &types::DaemonDeployment) -> Result<DaemonDeployment, Failure> {
    let own = arn(deployment.daemon_deployment_arn(), None)?;
    let target = deployment.target_daemon_revision().into_iter();
    let parts = target.chain(deployment.source_daemon_revisions()).map(|part| arn(part.arn(), Some(&own)));
    let mut revisions = parts.collect::<Result<Vec<_>, _>>()?;
    let rollback = deployment.rollback().and_then(|rollback| rollback.rollback_target_daemon_revision_arn());
    revisions.extend(rollback.map(str::to_owned));
    Ok(DaemonDeployment { arn: own, revisions })
}

fn revision(revision: &types::DaemonRevision) -> Result<DaemonRevision, Failure> {
    Ok(DaemonRevision {
        daemon_revision_arn: arn(revision.daemon_revision_arn(), revision.daemon_arn())?,
        daemon_arn: text(revision.daemon_arn()),
        cluster_arn: text(revision.cluster_arn()),
        daemon_task_definition_arn: some(revision.daemon_task_definition_arn()),
        container_images: revision
            .container_images()
            .iter()
            .map(|container| ContainerImage {
                container_name: text(container.container_name()),
                image: some(container.image()),
                image_digest: some(container.image_digest()),
            })
            .collect(),
        created_at: optional(revision.created_at()),
    })
}

fn listed_definition(summary: &types::DaemonTaskDefinitionSummary) -> Result<ListedDaemonDefinition, Failure> {
    Ok(ListedDaemonDefinition {
        arn: arn(summary.arn(), None)?,
        status: summary.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
    })
}

fn definition(definition: &types::DaemonTaskDefinition) -> Result<DaemonTaskDefinition, Failure> {
    Ok(DaemonTaskDefinition {
        daemon_task_definition_arn: arn(definition.daemon_task_definition_arn(), definition.family())?,
        family: text(definition.family()),
        revision: u32::try_from(definition.revision()).unwrap_or_default(),
        status: definition.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        registered_at: optional(definition.registered_at()),
        delete_requested_at: optional(definition.delete_requested_at()),
        container_definitions: definition
            .container_definitions()
            .iter()
            .map(|container| ContainerDefinition { name: text(container.name()), image: text(Some(container.image())) })
            .collect(),
    })
}
