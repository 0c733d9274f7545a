//! Clusters, services, task sets and tasks; and the order in which what belongs to them is read.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, future::join3, stream::iter};

use tokio::sync::mpsc;

use super::{
    deployments::Extent,
    scope::{ScopeSweep, absorb},
};
use crate::{
    aws::{AwsError, ErrorKind, TaskFilter},
    inventory::{Inventory, Service, TaskSet},
    model::{
        Source,
        quota::batch::{DESCRIBE_SERVICES, DESCRIBE_TASKS},
    },
};

/// Clusters read at the same time. The limiter sets the pace; this only bounds what waits for it.
const CLUSTERS_AT_ONCE: usize = 16;
/// Batches of one cluster read at the same time.
const BATCHES_AT_ONCE: usize = 8;

impl ScopeSweep<'_> {
    /// Everything that holds definitions and images by running them, or by being about to.
    pub(super) async fn holders(&self, extent: Extent) -> Inventory {
        let daemons = [Source::Daemons].into_iter().filter(|source| !self.options.waives(*source));
        daemons.clone().for_each(|source| self.started(source));
        let (found, services) = mpsc::unbounded_channel();
        let fleet = async {
            let mut fleet = self.fleet(found).await;
            let revisions = self.daemon_revisions(&fleet.daemons).await;
            absorb(&mut fleet, revisions);
            fleet
        };
        let (mut whole, deployments, definitions) =
            join3(fleet, self.deployments(services, extent), self.daemon_definitions()).await;
        [deployments, definitions].into_iter().for_each(|part| absorb(&mut whole, part));
        daemons.for_each(|source| self.finished(source));
        whole
    }

    /// Everything that runs, or could at any moment. Hands on services as soon as they are described.
    async fn fleet(&self, found: mpsc::UnboundedSender<Service>) -> Inventory {
        let sources = [Source::Services, Source::TaskSets, Source::Tasks];
        let sources = sources.into_iter().filter(|source| !self.options.waives(*source));
        sources.clone().for_each(|source| self.started(source));
        let mut whole = Inventory::default();
        match self.session.list_clusters().await {
            Ok(arns) => {
                let inactive = self.clusters(&arns, &mut whole).await;
                let clusters: Vec<_> =
                    arns.iter().map(|arn| self.cluster(arn, inactive.contains(arn), &found)).collect();
                let mut parts = iter(clusters).buffer_unordered(CLUSTERS_AT_ONCE);
                while let Some(part) = parts.next().await {
                    absorb(&mut whole, part);
                }
            }
            Err(error) => {
                // Without the clusters their tasks and daemons cannot be read either.
                let unread = [Source::Services, Source::Tasks, Source::Daemons];
                let unread = unread.into_iter().filter(|source| !self.options.waives(*source));
                whole.gaps.extend(unread.map(|source| self.gap_after(source, None, &error)));
            }
        }
        sources.for_each(|source| self.finished(source));
        whole
    }

    /// Describes the clusters, and returns which of them are deleted and merely still shown.
    async fn clusters(&self, arns: &[String], whole: &mut Inventory) -> BTreeSet<String> {
        let described = match self.session.describe_clusters(arns).await {
            Ok(described) => described,
            Err(error) => {
                whole.gaps.push(self.gap_after(Source::Services, None, &error));
                return BTreeSet::new();
            }
        };
        whole.gaps.extend(described.failures.iter().map(|failure| self.gap_of(Source::Services, failure)));
        let inactive = described.found.iter().filter(|cluster| cluster.status == "INACTIVE");
        let inactive = inactive.map(|cluster| cluster.cluster_arn.clone()).collect();
        whole.clusters.extend(described.found.into_iter().map(|cluster| self.seen(cluster)));
        inactive
    }

    async fn cluster(&self, arn: &str, is_inactive: bool, found: &mpsc::UnboundedSender<Service>) -> Inventory {
        let tasks = async {
            if self.options.waives(Source::Tasks) { Inventory::default() } else { self.tasks(arn, is_inactive).await }
        };
        let (mut whole, tasks, daemons) =
            join3(self.services(arn, is_inactive, found), tasks, self.daemons(arn, is_inactive)).await;
        absorb(&mut whole, tasks);
        absorb(&mut whole, daemons);
        whole
    }

    async fn services(&self, cluster: &str, is_inactive: bool, found: &mpsc::UnboundedSender<Service>) -> Inventory {
        let mut whole = Inventory::default();
        let arns = match self.session.list_services(cluster).await {
            Ok(arns) => arns,
            Err(error) if is_inactive && error.kind == ErrorKind::NotFound => return whole,
            Err(error) => {
                whole.gaps.push(self.gap_after(Source::Services, Some(cluster), &error));
                return whole;
            }
        };
        self.found(Source::Services, arns.len());
        let batches: Vec<_> = arns
            .chunks(DESCRIBE_SERVICES)
            .map(|batch| async move { (batch.len(), self.session.describe_services(cluster, batch).await) })
            .collect();
        let mut batches = iter(batches).buffer_unordered(BATCHES_AT_ONCE);
        let mut services = Vec::new();
        while let Some((asked, answer)) = batches.next().await {
            self.read(Source::Services, asked);
            match answer {
                Ok(described) => {
                    whole.gaps.extend(described.failures.iter().map(|failure| self.gap_of(Source::Services, failure)));
                    described.found.iter().for_each(|service| drop(found.send(service.clone())));
                    services.extend(described.found);
                }
                Err(error) => {
                    // The gap is the cluster: more calls would not make it smaller.
                    whole.gaps.push(self.gap_after(Source::Services, Some(cluster), &error));
                    break;
                }
            }
        }
        drop(batches);
        absorb(&mut whole, self.task_sets(&services).await);
        whole.services.extend(services.into_iter().map(|service| self.seen(service)));
        whole
    }

    /// The tags of task sets, which DescribeServices leaves out.
    async fn task_sets(&self, services: &[Service]) -> Inventory {
        let mut whole = Inventory::default();
        if self.options.waives(Source::TaskSets) {
            return whole;
        }
        let services = services.iter().filter(|service| !service.task_sets.is_empty());
        let answers: Vec<_> =
            services.map(|service| async move { (service, self.described_task_sets(service).await) }).collect();
        let mut answers = iter(answers).buffer_unordered(BATCHES_AT_ONCE);
        while let Some((service, answer)) = answers.next().await {
            match answer {
                Ok((found, failures)) => {
                    whole.task_sets.extend(found.into_iter().map(|task_set| self.seen(task_set)));
                    whole.gaps.extend(failures.iter().map(|failure| self.gap_of(Source::TaskSets, failure)));
                }
                Err(error) => whole.gaps.push(self.gap_after(Source::TaskSets, Some(&service.service_arn), &error)),
            }
        }
        whole
    }

    async fn described_task_sets(
        &self,
        service: &Service,
    ) -> Result<(Vec<TaskSet>, Vec<crate::aws::Failure>), AwsError> {
        let ids: Vec<String> = service.task_sets.iter().map(|task_set| task_set.task_set_arn.clone()).collect();
        self.found(Source::TaskSets, ids.len());
        let answer = self.session.describe_task_sets(&service.cluster_arn, &service.service_arn, &ids).await;
        self.read(Source::TaskSets, ids.len());
        answer.map(|batch| (batch.found, batch.failures))
    }

    async fn tasks(&self, cluster: &str, is_inactive: bool) -> Inventory {
        let mut whole = Inventory::default();
        // RUNNING first: a task that stops in between is then listed twice instead of never.
        let mut listed: BTreeMap<String, TaskFilter> = BTreeMap::new();
        for filter in [TaskFilter::Running, TaskFilter::Stopped] {
            match self.session.list_tasks(cluster, filter).await {
                Ok(arns) => {
                    for arn in arns {
                        listed.insert(arn, filter);
                    }
                }
                Err(error) if is_inactive && error.kind == ErrorKind::NotFound => return whole,
                Err(error) => whole.gaps.push(self.gap_after(Source::Tasks, Some(cluster), &error)),
            }
        }
        self.found(Source::Tasks, listed.len());
        let arns: Vec<String> = listed.keys().cloned().collect();
        let answers: Vec<_> = arns
            .chunks(DESCRIBE_TASKS)
            .map(|batch| async move { (batch.len(), self.session.describe_tasks(cluster, batch).await) })
            .collect();
        let mut answers = iter(answers).buffer_unordered(BATCHES_AT_ONCE);
        while let Some((asked, answer)) = answers.next().await {
            self.read(Source::Tasks, asked);
            match answer {
                Ok(described) => {
                    whole.tasks.extend(described.found.into_iter().map(|task| self.seen(task)));
                    // ECS forgets a stopped task after an hour or so; that may happen between the two calls.
                    let forgotten = |object: &str| listed.get(object) == Some(&TaskFilter::Stopped);
                    let failures = described.failures.iter();
                    let failures = failures.filter(|failure| !(failure.is_missing() && forgotten(&failure.object)));
                    whole.gaps.extend(failures.map(|failure| self.gap_of(Source::Tasks, failure)));
                }
                Err(error) => {
                    whole.gaps.push(self.gap_after(Source::Tasks, Some(cluster), &error));
                    break;
                }
            }
        }
        whole
    }
}
