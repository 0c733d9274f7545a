//! Service deployments and service revisions. Page sizes and batch limits are those of the API model; the SDK has no paginator for the
//! list.

use aws_sdk_ecs::types;

use super::{
    super::{AwsError, Batch, Failure, Operation, Session, call::Pages, time::optional},
    convert::{arn, collect, some, text},
    read::PAGE,
};
use crate::inventory::{ContainerImage, RevisionSummary, Rollback, ServiceDeployment, ServiceRevision};

impl Session {
    /// The deployments of a service in every status. A list tells neither the sources of a deployment nor its rollback.
    ///
    /// # Errors
    /// When a page cannot be read; `ErrorKind::NotFound` when the service is not there any more. A deployment without an ARN is a
    /// failure within the answer, under the ARN of its service.
    pub async fn list_service_deployments(
        &self,
        cluster: &str,
        service: &str,
    ) -> Result<Batch<ServiceDeployment>, AwsError> {
        let operation = Operation::ListServiceDeployments;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .ecs()
                .list_service_deployments()
                .cluster(cluster)
                .service(service)
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            all.append(collect(answer.service_deployments().iter().map(|brief| listed(brief, service)), &[]));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// Service deployments of whatever services, by ARN; at most twenty, as ECS has it, and at least one.
    ///
    /// # Errors
    /// When the batch cannot be read; a single missing deployment is a failure within the answer.
    pub async fn describe_service_deployments(&self, arns: &[String]) -> Result<Batch<ServiceDeployment>, AwsError> {
        let request = self.ecs().describe_service_deployments().set_service_deployment_arns(Some(arns.to_vec()));
        let answer = self.read(Operation::DescribeServiceDeployments, || request.clone().send()).await?;
        let mut all = collect(answer.service_deployments().iter().map(deployment), answer.failures());
        all.account_for(arns, |deployment: &ServiceDeployment| &deployment.service_deployment_arn);
        Ok(all)
    }

    /// Service revisions of whatever services, by ARN; at most twenty, as ECS has it, and at least one.
    ///
    /// # Errors
    /// When the batch cannot be read; a single missing revision is a failure within the answer.
    pub async fn describe_service_revisions(&self, arns: &[String]) -> Result<Batch<ServiceRevision>, AwsError> {
        let request = self.ecs().describe_service_revisions().set_service_revision_arns(Some(arns.to_vec()));
        let answer = self.read(Operation::DescribeServiceRevisions, || request.clone().send()).await?;
        let mut all = collect(answer.service_revisions().iter().map(revision), answer.failures());
        all.account_for(arns, |revision: &ServiceRevision| &revision.service_revision_arn);
        Ok(all)
    }
}

fn listed(brief: &types::ServiceDeploymentBrief, service: &str) -> Result<ServiceDeployment, Failure> {
    let target = brief.target_service_revision_arn();
    Ok(ServiceDeployment {
        service_deployment_arn: arn(brief.service_deployment_arn(), Some(service))?,
        service_arn: text(brief.service_arn()),
        cluster_arn: text(brief.cluster_arn()),
        status: brief.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        created_at: optional(brief.created_at()),
        started_at: optional(brief.started_at()),
        finished_at: optional(brief.finished_at()),
        source_service_revisions: Vec::new(),
        target_service_revision: target
            .map(|arn| RevisionSummary { arn: arn.to_owned(), ..RevisionSummary::default() }),
        rollback: None,
    })
}

fn revision_summary(revision: &types::ServiceRevisionSummary) -> RevisionSummary {
    RevisionSummary {
        arn: text(revision.arn()),
        requested_task_count: revision.requested_task_count(),
        running_task_count: revision.running_task_count(),
        pending_task_count: revision.pending_task_count(),
    }
}

fn deployment(deployment: &types::ServiceDeployment) -> Result<ServiceDeployment, Failure> {
    Ok(ServiceDeployment {
        service_deployment_arn: arn(deployment.service_deployment_arn(), deployment.service_arn())?,
        service_arn: text(deployment.service_arn()),
        cluster_arn: text(deployment.cluster_arn()),
        status: deployment.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        created_at: optional(deployment.created_at()),
        started_at: optional(deployment.started_at()),
        finished_at: optional(deployment.finished_at()),
        source_service_revisions: deployment.source_service_revisions().iter().map(revision_summary).collect(),
        target_service_revision: deployment.target_service_revision().map(revision_summary),
        rollback: deployment.rollback().map(|rollback| Rollback {
            service_revision_arn: text(rollback.service_revision_arn()),
            started_at: optional(rollback.started_at()),
            reason: some(rollback.reason()),
        }),
    })
}

fn revision(revision: &types::ServiceRevision) -> Result<ServiceRevision, Failure> {
    Ok(ServiceRevision {
        service_revision_arn: arn(revision.service_revision_arn(), revision.service_arn())?,
        service_arn: text(revision.service_arn()),
        cluster_arn: text(revision.cluster_arn()),
        task_definition: some(revision.task_definition()),
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
