//! Verdicts on services.

use std::collections::HashMap;

use super::{
    Action, Expect,
    estate::{Estate, pairs},
    evidence::{Evident, LastUse},
    obstacles::{Obstacles, objection},
    verdict::{Decision, Elapsed, Retirement, Says, Verdict, hear, keep_for},
};
use crate::{
    graph::{Node, Rollouts, is_over},
    inventory::{Service, ServiceDeployment, Task},
    model::{Kind, Reason, ReasonCode, Scope, Timestamp, cluster_name, service_name},
    policy::{Rule, Selector, ServiceSelector, ServiceTerms},
};

pub(super) type ServiceRule = Rule<ServiceSelector, ServiceTerms>;

/// Decides on every service of the policy's scopes. Task sets come first, because a service goes only after all of its own.
pub(super) fn decide(
    estate: &Estate<'_>,
    obstacles: &Obstacles<'_>,
    task_sets: &HashMap<Node, Verdict>,
) -> Vec<Decision> {
    let decide_one = |seen: &crate::inventory::Seen<Service>| {
        let scope = estate.scope(&seen.location)?;
        let node = Node::service(&seen.location, &seen.value);
        let (_, resource) = node.resource()?;
        let verdict = verdict(estate, obstacles, task_sets, scope, &node, &seen.value);
        Some(Decision { address: Estate::address(scope, resource), node, verdict })
    };
    estate.question.inventory.services.iter().filter_map(decide_one).collect()
}

fn verdict(
    estate: &Estate<'_>,
    obstacles: &Obstacles<'_>,
    task_sets: &HashMap<Node, Verdict>,
    scope: &Scope,
    node: &Node,
    service: &Service,
) -> Verdict {
    match service.status.as_str() {
        "ACTIVE" => {}
        "INACTIVE" => return Verdict::keep(ReasonCode::AlreadyGone, "AWS shows it as INACTIVE: it is deleted"),
        "DRAINING" => return Verdict::keep(ReasonCode::DeletionUnderWay, "AWS is already deleting it (DRAINING)"),
        other => return Verdict::keep(ReasonCode::UnknownStatus, format!("its status is `{other}`")),
    }
    if let Some(reason) = protection(estate, scope, service) {
        return Verdict::Keep(vec![reason]);
    }
    let rules = estate.policy().services.iter().filter(|rule| selects(&rule.select, scope, service));
    let rules: Vec<&ServiceRule> = rules.filter(|rule| rule.terms.delete.is_some()).collect();
    if rules.is_empty() {
        return Verdict::keep(ReasonCode::NoRule, "no rule retires it");
    }
    if let Some(reason) = occupied(estate, service, task_sets, node) {
        return Verdict::Keep(vec![reason]);
    }
    let idle = idle_since(estate, node, service);
    match hear(rules.into_iter().map(|rule| (rule, says(estate, rule, idle)))) {
        Err(reason) => Verdict::Keep(vec![reason]),
        Ok(heard) => match heard.retiring.first() {
            Some((rule, _)) => retire(estate, obstacles, node, rule, idle),
            None => keep_for(heard.waiting),
        },
    }
}

/// What a rule that selects the service says of it.
fn says<'p>(estate: &Estate<'_>, rule: &'p ServiceRule, idle: LastUse) -> Says<'p> {
    let Some(idle_for) = &rule.terms.delete else { return Says::Nothing };
    match idle.lasted(idle_for.value, estate.now()) {
        Elapsed::Enough => Says::Retires(idle_for),
        Elapsed::Not { until } => {
            let text = format!("{rule} asks for {} without tasks", idle_for.value);
            Says::Waits(Reason::new(ReasonCode::TooRecent, text).at(&*idle_for.at).until(until))
        }
        Elapsed::Unknown => {
            let text = format!("{rule} asks for {} without tasks, and nothing dates its last task", idle_for.value);
            Says::Waits(Reason::new(ReasonCode::AgeUnknown, text).at(&*idle_for.at))
        }
    }
}

/// Every rule that selects a service, and what it says of it, whatever else keeps it.
pub(super) fn rules_on<'p>(
    estate: &Estate<'p>,
    scope: &Scope,
    node: &Node,
    service: &Service,
) -> Vec<(&'p ServiceRule, Says<'p>)> {
    let idle = idle_since(estate, node, service);
    let rules = estate.policy().services.iter().filter(|rule| selects(&rule.select, scope, service));
    rules.map(|rule| (rule, says(estate, rule, idle))).collect()
}

fn selects(select: &ServiceSelector, scope: &Scope, service: &Service) -> bool {
    select.matches(
        &scope.account,
        &scope.region,
        &cluster_name(&service.cluster_arn),
        &service_name(&service.service_arn),
        &pairs(&service.tags),
    )
}

fn protection(estate: &Estate<'_>, scope: &Scope, service: &Service) -> Option<Reason> {
    if estate.has_protect_tag(&service.tags) {
        return Some(Reason::new(ReasonCode::ProtectTag, "it carries the protect tag"));
    }
    estate.policy().protects.iter().find_map(|protect| match &protect.select {
        Selector::Service(select) if selects(select, scope, service) => {
            Some(Reason::new(ReasonCode::Protected, format!("protected: {}", protect.reason)).at(&*protect.at))
        }
        Selector::Service(_) | Selector::TaskSet(_) | Selector::TaskDefinition(_) | Selector::Image(_) => None,
    })
}

/// Why a service cannot be deleted whatever the rules say (law L12).
fn occupied(estate: &Estate<'_>, service: &Service, task_sets: &HashMap<Node, Verdict>, node: &Node) -> Option<Reason> {
    if service.resource_management_type.as_deref().is_some_and(|kind| kind != "CUSTOMER") {
        return Some(Reason::new(ReasonCode::ExpressManaged, "Amazon ECS Express Mode manages it"));
    }
    if has_tasks(service) {
        let text = format!(
            "it has tasks: {} desired, {} running, {} pending",
            service.desired_count, service.running_count, service.pending_count
        );
        return Some(Reason::new(ReasonCode::InUse, text));
    }
    if let Some(task) = estate.tasks(node).iter().find(|task| !has_ended(task)) {
        return Some(Reason::new(ReasonCode::InUse, format!("its task {} is listed", task.task_arn)));
    }
    let unfinished = deployments(estate, node).iter().find(|deployment| !is_over(deployment));
    if let Some(ServiceDeployment { status, service_deployment_arn: arn, .. }) = unfinished {
        return Some(Reason::new(ReasonCode::InUse, format!("its deployment {arn} is not over: {status}")));
    }
    if let Some((holder, _)) = estate.graph.holders(node).min() {
        return Some(Reason::new(ReasonCode::ScalingTarget, format!("{holder} may start it again")));
    }
    let Node::Service { location, .. } = node else { return None };
    let all = estate.task_sets(node, service);
    let staying = all.into_iter().find(|task_set| {
        let node = Node::task_set(location, task_set);
        !task_sets.get(&node).is_some_and(Verdict::is_retired)
    })?;
    Some(Reason::new(ReasonCode::HasTaskSets, format!("its task set {} stays", staying.id)))
}

fn deployments<'e>(estate: &'e Estate<'_>, node: &Node) -> &'e [&'e ServiceDeployment] {
    estate.rollouts.get(node).map_or(&[], Rollouts::deployments)
}

/// Whether it has tasks, or wants any, by its own counts and those of its deployments.
pub(super) fn has_tasks(service: &Service) -> bool {
    let own = [service.desired_count, service.running_count, service.pending_count];
    let deployed = service.deployments.iter().flat_map(|one| [one.desired_count, one.running_count, one.pending_count]);
    own.into_iter().chain(deployed).any(|count| count > 0)
}

/// Whether a task has ended. One in a status that this build does not know has not.
fn has_ended(task: &Task) -> bool {
    matches!(task.last_status.as_str(), "STOPPED" | "DELETED")
}

/// The latest of its deployments, events and tasks.
pub(super) fn changed_at(estate: &Estate<'_>, node: &Node, service: &Service) -> Option<Timestamp> {
    let tasks = estate.tasks(node).iter().flat_map(|task| [task.created_at, task.stopped_at]);
    let deployments = service.deployments.iter().flat_map(|deployment| [deployment.created_at, deployment.updated_at]);
    let events = service.events.iter().map(|event| event.created_at);
    let rollouts = self::deployments(estate, node).iter();
    let rollouts = rollouts.flat_map(|one| [one.created_at, one.started_at, one.finished_at]);
    deployments.chain(rollouts).chain(events).chain(tasks).flatten().max()
}

/// Since when the service has had no task: no earlier than anything that happened to it.
pub(super) fn idle_since(estate: &Estate<'_>, node: &Node, service: &Service) -> LastUse {
    let seen = estate.last_seen(node);
    let latest = changed_at(estate, node, service).max(seen).max(service.created_at);
    LastUse::of(estate.settings().evidence, seen, Evident { latest, ..Evident::default() })
}

fn retire(estate: &Estate<'_>, obstacles: &Obstacles<'_>, node: &Node, rule: &ServiceRule, idle: LastUse) -> Verdict {
    let action = Action::DeleteService;
    let window_passed = idle.lasted_by_any(estate.settings().rollback_window, estate.now());
    let obstacles = obstacles.of(Kind::Service, node.location(), None);
    if let Some(verdict) = objection(estate, &obstacles, action, (window_passed, "it changed")) {
        return verdict;
    }
    let since = idle.known().map_or_else(String::new, |since| format!(" since {}", since.strftime("%Y-%m-%d")));
    Verdict::Retire(Retirement {
        actions: vec![(action, vec![Expect::NoTasks, Expect::NoTaskSets, Expect::NotProtected, Expect::Unreferenced])],
        rule: format!("service.{rule}").into(),
        at: rule.at.clone(),
        reasons: [Reason::new(ReasonCode::Idle, format!("no task wanted, running or starting{since}"))].into(),
    })
}
