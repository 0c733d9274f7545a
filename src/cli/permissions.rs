//! The least that a policy needs to be allowed: IAM documents made from the operations that its sources and rules take.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    apply,
    aws::Operation,
    collect::{self, READ},
    model::{Patterns, Region, Source, partition},
    plan::Action,
    policy::{Account, Policy},
};

/// What the document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// `jettison plan`: nothing that changes anything.
    Plan,
    /// `jettison apply`, which looks again before it acts.
    Apply,
}

/// An identity-based policy of IAM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<String>,
    resource: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<BTreeMap<&'static str, BTreeMap<String, String>>>,
}

/// What an operation can be confined to ("Actions, resources, and condition keys for AWS services", service authorization
/// reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// IAM knows nothing narrower than everything.
    Everything,
    Aggregators,
    Repositories,
    /// Repositories with the policy's opt-in tag.
    OptedInRepositories,
    TaskDefinitions,
    TaskSets,
    Services,
}

/// The statement that an operation belongs to.
const fn statement(operation: Operation) -> (&'static str, Reach) {
    use Operation as Op;
    match operation {
        Op::GetCallerIdentity => ("Identity", Reach::Everything),
        Op::ListClusters
        | Op::DescribeClusters
        | Op::ListServices
        | Op::DescribeServices
        | Op::DescribeTaskSets
        | Op::ListTasks
        | Op::DescribeTasks
        | Op::ListTaskDefinitions
        | Op::DescribeTaskDefinition
        | Op::ListServiceDeployments
        | Op::DescribeServiceDeployments
        | Op::DescribeServiceRevisions
        | Op::ListDaemons
        | Op::DescribeDaemon
        | Op::DescribeDaemonDeployments
        | Op::DescribeDaemonRevisions
        | Op::ListDaemonTaskDefinitions
        | Op::DescribeDaemonTaskDefinition => ("ReadEcs", Reach::Everything),
        Op::DescribeRegistry | Op::DescribePullThroughCacheRules => ("ReadRegistry", Reach::Everything),
        Op::DescribeRepositories
        | Op::ListRepositoryTags
        | Op::DescribeImages
        | Op::BatchGetImage
        | Op::GetRepositoryPolicy
        | Op::GetLifecyclePolicy => ("ReadRepositories", Reach::Repositories),
        Op::ListEventBuses | Op::ListRules | Op::ListTargetsByRule => ("ReadEventBridge", Reach::Everything),
        Op::ListSchedules | Op::GetSchedule => ("ReadScheduler", Reach::Everything),
        Op::ListStateMachines | Op::ListStateMachineVersions | Op::DescribeStateMachine => {
            ("ReadStepFunctions", Reach::Everything)
        }
        Op::ListFunctions | Op::GetFunction => ("ReadLambda", Reach::Everything),
        Op::DescribeJobDefinitions => ("ReadBatch", Reach::Everything),
        Op::ListApplications
        | Op::BatchGetApplications
        | Op::ListDeploymentGroups
        | Op::BatchGetDeploymentGroups
        | Op::ListDeployments
        | Op::BatchGetDeployments => ("ReadCodeDeploy", Reach::Everything),
        Op::DescribeScalableTargets | Op::DescribeScheduledActions => ("ReadAutoScaling", Reach::Everything),
        Op::DescribeConfigurationAggregatorSourcesStatus | Op::SelectAggregateResourceConfig => {
            ("ReadAggregators", Reach::Aggregators)
        }
        Op::UpdateTaskSet | Op::DeleteTaskSet => ("RetireTaskSets", Reach::TaskSets),
        Op::DeleteService => ("RetireServices", Reach::Services),
        Op::DeregisterTaskDefinition => ("DeregisterTaskDefinitions", Reach::Everything),
        Op::DeleteTaskDefinitions => ("DeleteTaskDefinitions", Reach::TaskDefinitions),
        Op::UpdateImageStorageClass => ("ArchiveImages", Reach::OptedInRepositories),
        Op::BatchDeleteImage => ("DeleteImages", Reach::OptedInRepositories),
    }
}

/// What `account` must allow whoever plans or applies this policy there.
pub(super) fn document(policy: &Policy, account: &Account, purpose: Purpose) -> Document {
    let mut regions: BTreeMap<Operation, BTreeSet<Region>> = BTreeMap::new();
    let mut allow = |operations: &[Operation], within: &[&Region]| {
        for operation in operations {
            regions.entry(*operation).or_default().extend(within.iter().copied().cloned());
        }
    };
    let everywhere: Vec<&Region> = account.regions.iter().collect();
    let waived = |source: Source| policy.waivers.iter().any(|waiver| waiver.source == source);
    for source in READ.iter().copied().filter(|source| !waived(*source) && *source != Source::Config) {
        allow(collect::operations(source), &everywhere);
    }
    for aggregator in policy.aggregators.iter().filter(|aggregator| aggregator.account == account.label) {
        allow(collect::operations(Source::Config), &[&aggregator.region]);
    }
    if purpose == Purpose::Apply {
        for (action, within) in actions(policy, account) {
            allow(apply::operations(action), &within);
        }
    }
    let mut statements: Vec<Statement> = Vec::new();
    for (operation, within) in regions {
        let (sid, reach) = statement(operation);
        let resource = resources(account, &within, reach);
        let condition = (reach == Reach::OptedInRepositories).then(|| opted_in(policy));
        match statements.iter_mut().find(|statement| statement.sid == sid) {
            Some(statement) => {
                statement.action.push(operation.to_string());
                statement.resource.extend(resource);
                statement.resource.sort_unstable();
                statement.resource.dedup();
            }
            None => {
                let action = vec![operation.to_string()];
                statements.push(Statement { sid, effect: "Allow", action, resource, condition });
            }
        }
    }
    Document { version: "2012-10-17", statement: statements }
}

/// What somebody needs who comes to the accounts by their roles; `None` if no account has one.
pub(super) fn caller(policy: &Policy) -> Option<Document> {
    let roles: BTreeSet<&String> = policy.accounts.iter().filter_map(|account| account.role_arn.as_ref()).collect();
    let statement = Statement {
        sid: "AssumeRoles",
        effect: "Allow",
        action: vec!["sts:AssumeRole".to_owned()],
        resource: roles.into_iter().cloned().collect(),
        condition: None,
    };
    (!statement.resource.is_empty()).then(|| Document { version: "2012-10-17", statement: vec![statement] })
}

/// What the policy's rules can come to in an account, and in which of its Regions.
fn actions<'a>(policy: &Policy, account: &'a Account) -> Vec<(Action, Vec<&'a Region>)> {
    let within = |label: &Option<Patterns>, region: &Option<Patterns>| -> Vec<&'a Region> {
        let fits = |patterns: &Option<Patterns>, text: &str| patterns.as_ref().is_none_or(|it| it.matches(text));
        let regions = account.regions.iter().filter(|it| fits(region, it.as_str()));
        regions.filter(|_| fits(label, account.label.as_str())).collect()
    };
    let mut found = Vec::new();
    let mut add = |is_meant: bool, action: Action, within: &[&'a Region]| {
        if is_meant && !within.is_empty() {
            found.push((action, within.to_vec()));
        }
    };
    for rule in &policy.services {
        let within = within(&rule.select.account, &rule.select.region);
        add(rule.terms.delete.is_some(), Action::DeleteService, &within);
    }
    for rule in &policy.task_sets {
        let within = within(&rule.select.account, &rule.select.region);
        add(rule.terms.delete.is_some(), Action::DeleteTaskSet, &within);
        add(rule.terms.delete.as_ref().is_some_and(|delete| delete.scale_down), Action::ScaleTaskSet, &within);
    }
    for rule in &policy.task_definitions {
        let within = within(&rule.select.account, &rule.select.region);
        let deregisters = rule.terms.deregister.is_some() || rule.terms.last_revision.is_some();
        add(deregisters, Action::DeregisterTaskDefinition, &within);
        add(rule.terms.delete.is_some(), Action::DeleteTaskDefinition, &within);
    }
    for rule in &policy.images {
        let within = within(&rule.select.account, &rule.select.region);
        add(rule.terms.archive.is_some(), Action::ArchiveImage, &within);
        add(rule.terms.delete.is_some(), Action::DeleteImage, &within);
    }
    found
}

/// IAM refuses to delete from a repository that did not opt in, whatever this program believes.
fn opted_in(policy: &Policy) -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let tag = &policy.settings.opt_in_tag;
    [("StringEquals", [(format!("aws:ResourceTag/{}", tag.key), tag.value.clone())].into())].into()
}

fn resources(account: &Account, regions: &BTreeSet<Region>, reach: Reach) -> Vec<String> {
    let (service, resource) = match reach {
        Reach::Everything => return vec!["*".to_owned()],
        Reach::Aggregators => ("config", "config-aggregator/*"),
        Reach::Repositories | Reach::OptedInRepositories => ("ecr", "repository/*"),
        Reach::TaskDefinitions => ("ecs", "task-definition/*"),
        Reach::TaskSets => ("ecs", "task-set/*"),
        Reach::Services => ("ecs", "service/*"),
    };
    let arn = |region: &Region| format!("arn:{}:{service}:{region}:{}:{resource}", partition(region), account.id);
    regions.iter().map(arn).collect()
}
