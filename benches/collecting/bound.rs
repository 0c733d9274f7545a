//! The least number of calls that reading an estate takes, and the least time that AWS's token buckets allow for them.
//! Counted from the estate alone, by pages and batches, without a look at how the collector goes about it.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    inventory::{Inventory, Seen, is_index},
    model::{Location, Source, quota::Bucket},
    sim::Recorded,
};

/// Calls by place, service and operation.
pub(crate) type Calls = BTreeMap<(Location, &'static str, String), usize>;

/// The least time for some calls.
pub(crate) struct Bound {
    pub(crate) seconds: f64,
    /// The bucket that sets it.
    pub(crate) bucket: Bucket,
}

impl Bound {
    /// Each bucket of each place gives its burst at once and then its rate; they empty side by side.
    pub(crate) fn of(calls: &Calls) -> Self {
        let mut drawn: BTreeMap<(&Location, Bucket), usize> = BTreeMap::new();
        for ((place, service, operation), number) in calls {
            let bucket = Bucket::of(service, operation).unwrap();
            *drawn.entry((place, bucket)).or_default() += number;
        }
        let times = drawn.into_iter().map(|((_, bucket), number)| {
            let rate = bucket.rate();
            let number = f64::from(u32::try_from(number).unwrap());
            Self { seconds: ((number - rate.burst) / rate.per_second).max(0.0), bucket }
        });
        times.max_by(|one, two| one.seconds.total_cmp(&two.seconds)).unwrap()
    }
}

/// Prints where the calls made are not the least possible, and says how often.
#[expect(clippy::print_stdout, reason = "a benchmark prints")]
pub(crate) fn report_differences(made: &[Recorded], least: &Calls) -> usize {
    let mut counted = Calls::new();
    for call in made {
        let place = Location { account_id: call.account_id.clone(), region: call.region.clone() };
        *counted.entry((place, call.service, call.operation.clone())).or_default() += 1;
    }
    let keys: BTreeSet<_> = counted.keys().chain(least.keys()).collect();
    let number = |calls: &Calls, key| calls.get(key).copied().unwrap_or_default();
    let differing: Vec<_> = keys.into_iter().filter(|key| number(&counted, key) != number(least, key)).collect();
    for key in differing.iter().take(12) {
        let (place, service, operation) = key;
        println!("  {place} {service}:{operation}: {} calls, {} possible", number(&counted, key), number(least, key));
    }
    differing.len()
}

const ECS_PAGE: usize = 100;
const ECR_PAGE: usize = 1_000;

/// A list takes a call even if it is empty.
fn pages(objects: usize, page: usize) -> usize {
    objects.div_ceil(page).max(1)
}

/// The least calls for reading `estate` when what is in `known` was read before.
pub(crate) fn least_calls(estate: &Inventory, known: &Inventory) -> Calls {
    let mut calls = Calls::new();
    for scope in &estate.scopes {
        let place = scope.location();
        let mut call = |service: &'static str, operation: &str, number: usize| {
            if number > 0 {
                calls.insert((place.clone(), service, operation.to_owned()), number);
            }
        };
        clusters(estate, &place, &mut call);
        deployments(estate, known, &place, &mut call);
        definitions(estate, known, &place, &mut call);
        registry(estate, known, &place, &mut call);
        elsewhere(&mut call);
    }
    calls
}

fn here<'a, T>(objects: &'a [Seen<T>], place: &Location) -> impl Iterator<Item = &'a T> {
    objects.iter().filter(move |seen| seen.location == *place).map(|seen| &seen.value)
}

fn clusters(estate: &Inventory, place: &Location, call: &mut impl FnMut(&'static str, &str, usize)) {
    let clusters: Vec<_> = here(&estate.clusters, place).collect();
    call("ecs", "ListClusters", pages(clusters.len(), ECS_PAGE));
    call("ecs", "DescribeClusters", clusters.len().div_ceil(100));
    let (mut services, mut described, mut tasks, mut tasks_described) = (0, 0, 0, 0);
    for cluster in &clusters {
        let number = here(&estate.services, place).filter(|service| service.cluster_arn == cluster.cluster_arn).count();
        services += pages(number, ECS_PAGE);
        described += number.div_ceil(10);
        let number = here(&estate.tasks, place).filter(|task| task.cluster_arn == cluster.cluster_arn).count();
        // Running and stopped ones are two lists; this estate has no stopped ones.
        tasks += pages(number, ECS_PAGE) + 1;
        tasks_described += number.div_ceil(100);
    }
    call("ecs", "ListServices", services);
    call("ecs", "DescribeServices", described);
    call("ecs", "ListTasks", tasks);
    call("ecs", "DescribeTasks", tasks_described);
    if is_read(Source::Daemons) {
        call("ecs", "ListDaemons", clusters.len());
        call("ecs", "ListDaemonTaskDefinitions", 1);
    }
}

fn deployments(
    estate: &Inventory,
    known: &Inventory,
    place: &Location,
    call: &mut impl FnMut(&'static str, &str, usize),
) {
    if !is_read(Source::ServiceDeployments) {
        return;
    }
    let services: Vec<_> = here(&estate.services, place).collect();
    // Nothing can have changed the history of a service at rest that names the same deployment as before.
    let seen_before = here(&known.services, place).count();
    call("ecs", "ListServiceDeployments", services.len() - seen_before);
    // The newest of each service tells what it would go back to.
    let new = services.iter().skip(seen_before);
    let newest: BTreeSet<_> = new.filter_map(|service| service.current_service_deployment.as_ref()).collect();
    call("ecs", "DescribeServiceDeployments", newest.len().div_ceil(20));
    let unknown = here(&estate.service_revisions, place).count() - here(&known.service_revisions, place).count();
    call("ecs", "DescribeServiceRevisions", unknown.div_ceil(20));
}

fn definitions(
    estate: &Inventory,
    known: &Inventory,
    place: &Location,
    call: &mut impl FnMut(&'static str, &str, usize),
) {
    let lists = ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"].map(|status| {
        pages(here(&estate.task_definitions, place).filter(|definition| definition.status == status).count(), ECS_PAGE)
    });
    call("ecs", "ListTaskDefinitions", lists.into_iter().sum());
    let unknown = here(&estate.task_definitions, place).count() - here(&known.task_definitions, place).count();
    call("ecs", "DescribeTaskDefinition", unknown);
}

fn registry(estate: &Inventory, known: &Inventory, place: &Location, call: &mut impl FnMut(&'static str, &str, usize)) {
    let repositories: Vec<_> =
        here(&estate.repositories, place).map(|repository| &repository.repository_name).collect();
    call("ecr", "DescribeRepositories", pages(repositories.len(), ECR_PAGE));
    call("ecr", "ListTagsForResource", repositories.len());
    let mut images: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    for image in here(&estate.images, place) {
        let (all, indexes) = images.entry(&image.repository_name).or_default();
        *all += 1;
        *indexes += usize::from(image.image_manifest_media_type.as_deref().is_some_and(is_index));
    }
    let of = |name| images.get(name).copied().unwrap_or_default();
    call("ecr", "DescribeImages", repositories.iter().map(|name| pages(of(*name).0, ECR_PAGE)).sum());
    if here(&known.manifests, place).next().is_none() {
        call("ecr", "BatchGetImage", repositories.iter().map(|name| of(*name).1.div_ceil(100)).sum());
    }
    for (source, operation) in
        [(Source::RepositoryPolicies, "GetRepositoryPolicy"), (Source::LifecyclePolicies, "GetLifecyclePolicy")]
    {
        if is_read(source) {
            call("ecr", operation, repositories.len());
        }
    }
    for (source, operation) in
        [(Source::Replication, "DescribeRegistry"), (Source::PullThroughCache, "DescribePullThroughCacheRules")]
    {
        if is_read(source) {
            call("ecr", operation, 1);
        }
    }
}

/// The first page of each list outside ECS and ECR: this estate has nothing there.
fn elsewhere(call: &mut impl FnMut(&'static str, &str, usize)) {
    for (source, service, operation, number) in [
        (Source::Eventbridge, "events", "ListEventBuses", 1),
        // Of the default bus, which every account has.
        (Source::Eventbridge, "events", "ListRules", 1),
        (Source::Scheduler, "scheduler", "ListSchedules", 1),
        (Source::StepFunctions, "states", "ListStateMachines", 1),
        (Source::Lambda, "lambda", "ListFunctions", 1),
        (Source::Batch, "batch", "DescribeJobDefinitions", 1),
        (Source::Codedeploy, "codedeploy", "ListApplications", 1),
        (Source::Codedeploy, "codedeploy", "ListDeployments", 1),
        (Source::ApplicationAutoscaling, "application-autoscaling", "DescribeScalableTargets", 1),
        (Source::ApplicationAutoscaling, "application-autoscaling", "DescribeScheduledActions", 1),
    ] {
        if is_read(source) {
            call(service, operation, number);
        }
    }
}

fn is_read(source: Source) -> bool {
    jettison::collect::READ.contains(&source)
}
