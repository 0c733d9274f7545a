//! ECS calls that change nothing. Page sizes and batch limits are those of the API model.

use aws_sdk_ecs::types::{
    ClusterField, DesiredStatus, ServiceField, TaskDefinitionField, TaskDefinitionStatus, TaskSetField,
};

use super::{
    super::{AwsError, Batch, ErrorKind, Operation, Session, call::Pages},
    convert::{self, collect},
};
use crate::{
    inventory::{Cluster, Service, Task, TaskDefinition, TaskSet},
    model::quota::batch,
};

/// The largest page of every ECS list.
pub(super) const PAGE: i32 = 100;

/// Which tasks to list. ECS never answers any for PENDING.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskFilter {
    /// Those that should run.
    Running,
    /// Those that should not, until about an hour after they stopped.
    Stopped,
}

/// Which definitions to list: one status a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefinitionStatus {
    /// New tasks and services may use it.
    Active,
    /// Deregistered.
    Inactive,
    /// Its deletion was asked for and waits for the last task and service.
    DeleteInProgress,
}

impl DefinitionStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Inactive, Self::DeleteInProgress];

    /// As ECS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
        }
    }
}

impl Session {
    /// The ARNs of all clusters.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_clusters(&self) -> Result<Vec<String>, AwsError> {
        let operation = Operation::ListClusters;
        let mut arns = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.ecs().list_clusters().max_results(PAGE).set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            arns.extend(answer.cluster_arns.unwrap_or_default());
            if !pages.turn(answer.next_token)? {
                return Ok(arns);
            }
        }
    }

    /// Clusters with their tags, by name or ARN.
    ///
    /// # Errors
    /// When a batch cannot be read; a single missing cluster is a failure within the answer.
    pub async fn describe_clusters(&self, clusters: &[String]) -> Result<Batch<Cluster>, AwsError> {
        let mut all = Batch::default();
        for asked in clusters.chunks(batch::DESCRIBE_CLUSTERS) {
            let request = self.ecs().describe_clusters().set_clusters(Some(asked.to_vec())).include(ClusterField::Tags);
            let answer = self.read(Operation::DescribeClusters, || request.clone().send()).await?;
            let mut part = collect(answer.clusters().iter().map(convert::cluster), answer.failures());
            part.account_for(asked, |cluster: &Cluster| &cluster.cluster_arn);
            all.append(part);
        }
        Ok(all)
    }

    /// The ARNs of the services of a cluster. DRAINING and INACTIVE ones are not listed by ECS.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_services(&self, cluster: &str) -> Result<Vec<String>, AwsError> {
        let operation = Operation::ListServices;
        let mut arns = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.ecs().list_services().cluster(cluster).max_results(PAGE).set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            arns.extend(answer.service_arns.unwrap_or_default());
            if !pages.turn(answer.next_token)? {
                return Ok(arns);
            }
        }
    }

    /// Services of a cluster with their deployments, task sets and tags, by name or ARN; at most ten, as ECS has it.
    ///
    /// # Errors
    /// When the batch cannot be read; a single missing service is a failure within the answer.
    pub async fn describe_services(&self, cluster: &str, services: &[String]) -> Result<Batch<Service>, AwsError> {
        let request = self
            .ecs()
            .describe_services()
            .cluster(cluster)
            .set_services(Some(services.to_vec()))
            .include(ServiceField::Tags);
        let answer = self.read(Operation::DescribeServices, || request.clone().send()).await?;
        let mut all = collect(answer.services().iter().map(convert::service), answer.failures());
        all.account_for(services, |service: &Service| &service.service_arn);
        Ok(all)
    }

    /// Task sets of a service with their tags, which DescribeServices leaves out. `ids` are ids or ARNs and not empty.
    ///
    /// # Errors
    /// When ECS refuses; a single missing task set is a failure within the answer.
    pub async fn describe_task_sets(
        &self,
        cluster: &str,
        service: &str,
        ids: &[String],
    ) -> Result<Batch<TaskSet>, AwsError> {
        let request = self
            .ecs()
            .describe_task_sets()
            .cluster(cluster)
            .service(service)
            .set_task_sets(Some(ids.to_vec()))
            .include(TaskSetField::Tags);
        let answer = self.read(Operation::DescribeTaskSets, || request.clone().send()).await?;
        let mut all = collect(answer.task_sets().iter().map(convert::task_set), answer.failures());
        all.account_for(ids, |task_set: &TaskSet| &task_set.task_set_arn);
        Ok(all)
    }

    /// The ARNs of the tasks of a cluster.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_tasks(&self, cluster: &str, filter: TaskFilter) -> Result<Vec<String>, AwsError> {
        let operation = Operation::ListTasks;
        let status = match filter {
            TaskFilter::Running => DesiredStatus::Running,
            TaskFilter::Stopped => DesiredStatus::Stopped,
        };
        let mut arns = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .ecs()
                .list_tasks()
                .cluster(cluster)
                .desired_status(status.clone())
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            arns.extend(answer.task_arns.unwrap_or_default());
            if !pages.turn(answer.next_token)? {
                return Ok(arns);
            }
        }
    }

    /// Tasks of a cluster, at most a hundred, as ECS has it, and at least one.
    ///
    /// # Errors
    /// When the batch cannot be read; a single missing task is a failure within the answer.
    pub async fn describe_tasks(&self, cluster: &str, tasks: &[String]) -> Result<Batch<Task>, AwsError> {
        let request = self.ecs().describe_tasks().cluster(cluster).set_tasks(Some(tasks.to_vec()));
        let answer = self.read(Operation::DescribeTasks, || request.clone().send()).await?;
        let mut all = collect(answer.tasks().iter().map(convert::task), answer.failures());
        all.account_for(tasks, |task: &Task| &task.task_arn);
        Ok(all)
    }

    /// The ARNs of all definitions in a status, handed out page by page, so that describing can begin before listing ends.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_task_definitions(
        &self,
        status: DefinitionStatus,
        mut page: impl FnMut(Vec<String>) + Send,
    ) -> Result<(), AwsError> {
        let operation = Operation::ListTaskDefinitions;
        let status = match status {
            DefinitionStatus::Active => TaskDefinitionStatus::Active,
            DefinitionStatus::Inactive => TaskDefinitionStatus::Inactive,
            DefinitionStatus::DeleteInProgress => TaskDefinitionStatus::DeleteInProgress,
        };
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .ecs()
                .list_task_definitions()
                .status(status.clone())
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            page(answer.task_definition_arns.unwrap_or_default());
            if !pages.turn(answer.next_token)? {
                return Ok(());
            }
        }
    }

    /// A definition with its tags, without the values of its environment.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when ECS is "unable to describe" it, which may mean that it never was, that its deletion
    /// is complete, or that ECS no longer shows an INACTIVE one.
    pub async fn describe_task_definition(&self, arn: &str) -> Result<TaskDefinition, AwsError> {
        let operation = Operation::DescribeTaskDefinition;
        let request = self.ecs().describe_task_definition().task_definition(arn).include(TaskDefinitionField::Tags);
        let answer = self.read(operation, || request.clone().send()).await?;
        let garbled = |message: String| AwsError::own(operation, self.scope(), ErrorKind::Garbled, message);
        let Some(definition) = answer.task_definition() else {
            return Err(garbled(format!("the answer holds no definition for {arn}")));
        };
        convert::task_definition(definition, answer.tags())
            .map_err(|failure| garbled(format!("{}: {}", failure.object, failure.reason)))
    }
}
