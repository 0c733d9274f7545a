//! Verdicts on task sets.

use super::{
    Action, Expect,
    estate::{Estate, newest, pairs},
    obstacles::{Obstacles, objection},
    verdict::{Decision, Elapsed, Retirement, Says, Verdict, hear, keep_for},
};
use crate::{
    graph::Node,
    inventory::{Seen, Service, TaskSet},
    model::{Kind, Reason, ReasonCode, Scope, Timestamp, cluster_name, service_name},
    policy::{Rule, Selector, TaskSetDelete, TaskSetSelector, TaskSetTerms},
};

pub(super) type TaskSetRule = Rule<TaskSetSelector, TaskSetTerms>;

/// A service with the task sets that are decided on together.
pub(super) struct Family<'s> {
    scope: &'s Scope,
    service: &'s Service,
    /// The task sets with their nodes, those that the service lists first.
    pub(super) members: Vec<(Node, &'s TaskSet)>,
}

impl<'s> Family<'s> {
    /// The task sets of a service.
    pub(super) fn of(estate: &Estate<'s>, scope: &'s Scope, seen: &'s Seen<Service>) -> Self {
        let task_sets = estate.task_sets(&Node::service(&seen.location, &seen.value), &seen.value).into_iter();
        let members = task_sets.map(|one| (Node::task_set(&seen.location, one), one)).collect();
        Self { scope, service: &seen.value, members }
    }
}

/// Decides on every task set of the policy's scopes.
pub(super) fn decide(estate: &Estate<'_>, obstacles: &Obstacles<'_>) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for seen in &estate.question.inventory.services {
        let Some(scope) = estate.scope(&seen.location) else { continue };
        let family = Family::of(estate, scope, seen);
        for (node, task_set) in &family.members {
            let Some((_, resource)) = node.resource() else { continue };
            let verdict = verdict(estate, obstacles, &family, node, task_set);
            decisions.push(Decision { node: node.clone(), address: Estate::address(scope, resource), verdict });
        }
    }
    decisions
}

fn verdict(
    estate: &Estate<'_>,
    obstacles: &Obstacles<'_>,
    family: &Family<'_>,
    node: &Node,
    task_set: &TaskSet,
) -> Verdict {
    let described = estate.described(&task_set.task_set_arn).unwrap_or(task_set);
    // Between the two calls that show it, it may have become PRIMARY.
    let untouchable = untouchable(family.service, task_set).or_else(|| untouchable(family.service, described));
    if let Some(reason) = untouchable.or_else(|| protection(estate, family, task_set)) {
        return Verdict::Keep(vec![reason]);
    }
    let rules: Vec<_> =
        estate.policy().task_sets.iter().filter(|rule| selects(estate, rule, family, task_set)).collect();
    match hear(rules.into_iter().map(|rule| (rule, says(estate, rule, family, node, task_set)))) {
        Err(reason) => Verdict::Keep(vec![reason]),
        Ok(heard) => match heard.retiring.first().and_then(|(rule, _)| Some((rule, rule.terms.delete.as_ref()?))) {
            Some((rule, delete)) => retire(estate, obstacles, family, node, task_set, rule, delete),
            None => keep_for(heard.waiting),
        },
    }
}

/// What a rule that selects the task set says of it.
fn says<'p>(
    estate: &Estate<'_>,
    rule: &'p TaskSetRule,
    family: &Family<'_>,
    node: &Node,
    task_set: &TaskSet,
) -> Says<'p> {
    kept_as_newest(estate, rule, family, node).map_or_else(|| retires(estate, rule, task_set), Says::Keeps)
}

/// The same of a rule that does not keep it.
fn retires<'p>(estate: &Estate<'_>, rule: &'p TaskSetRule, task_set: &TaskSet) -> Says<'p> {
    let Some(delete) = &rule.terms.delete else { return Says::Nothing };
    match Elapsed::since(task_set.created_at, delete.older_than.value, estate.now()) {
        Elapsed::Enough if is_scaled_or_running(task_set) && !delete.scale_down => {
            let text = format!(
                "it is scaled above zero ({} tasks running) and {rule} does not say `scale_down`",
                task_set.running_count
            );
            Says::Waits(Reason::new(ReasonCode::HasTasks, text).at(&*delete.older_than.at))
        }
        Elapsed::Enough => Says::Retires(&delete.older_than),
        Elapsed::Not { until } => {
            let text = format!("{rule} asks for an age of {}", delete.older_than.value);
            Says::Waits(Reason::new(ReasonCode::TooRecent, text).at(&*delete.older_than.at).until(until))
        }
        Elapsed::Unknown => {
            let text = format!("{rule} asks for an age of {}, and AWS does not date it", delete.older_than.value);
            Says::Waits(Reason::new(ReasonCode::AgeUnknown, text).at(&*delete.older_than.at))
        }
    }
}

/// Every rule that selects a task set, what it says of it, whatever else keeps it, and what it says once it does not keep it itself.
pub(super) fn rules_on<'p>(
    estate: &Estate<'p>,
    family: &Family<'_>,
    node: &Node,
    task_set: &TaskSet,
) -> Vec<(&'p TaskSetRule, Says<'p>, Says<'p>)> {
    let rules = estate.policy().task_sets.iter().filter(|rule| selects(estate, rule, family, task_set));
    let said = rules.map(|rule| (rule, says(estate, rule, family, node, task_set), retires(estate, rule, task_set)));
    said.collect()
}

/// What no rule may retire (law L12), and what this build does not understand (law L2).
fn untouchable(service: &Service, task_set: &TaskSet) -> Option<Reason> {
    let controller = service.deployment_controller.as_ref().map_or("", |controller| controller.kind.as_str());
    if task_set.started_by.as_deref() == Some("CODE_DEPLOY") || controller == "CODE_DEPLOY" {
        return Some(Reason::new(ReasonCode::CodeDeployOwned, "CodeDeploy owns it"));
    }
    if !matches!(controller, "" | "ECS" | "EXTERNAL") {
        let text = format!("the deployment controller of its service is `{controller}`");
        return Some(Reason::new(ReasonCode::UnknownStatus, text));
    }
    match (task_set.status.as_str(), service.status.as_str()) {
        ("ACTIVE", "ACTIVE") => None,
        ("PRIMARY", _) => Some(Reason::new(ReasonCode::PrimaryTaskSet, "it is the PRIMARY task set")),
        ("DRAINING", _) => Some(Reason::new(ReasonCode::DeletionUnderWay, "AWS is already deleting it (DRAINING)")),
        ("ACTIVE", other) => {
            Some(Reason::new(ReasonCode::UnknownStatus, format!("the status of its service is `{other}`")))
        }
        (other, _) => Some(Reason::new(ReasonCode::UnknownStatus, format!("its status is `{other}`"))),
    }
}

fn protection(estate: &Estate<'_>, family: &Family<'_>, task_set: &TaskSet) -> Option<Reason> {
    let tags = estate.task_set_tags(&task_set.task_set_arn);
    if estate.has_protect_tag(tags) || estate.has_protect_tag(&family.service.tags) {
        return Some(Reason::new(ReasonCode::ProtectTag, "it or its service carries the protect tag"));
    }
    estate.policy().protects.iter().find_map(|protect| match &protect.select {
        Selector::TaskSet(select) if select_matches(estate, select, family, task_set) => {
            Some(Reason::new(ReasonCode::Protected, format!("protected: {}", protect.reason)).at(&*protect.at))
        }
        Selector::Service(_) | Selector::TaskSet(_) | Selector::TaskDefinition(_) | Selector::Image(_) => None,
    })
}

fn selects(estate: &Estate<'_>, rule: &TaskSetRule, family: &Family<'_>, task_set: &TaskSet) -> bool {
    select_matches(estate, &rule.select, family, task_set)
}

fn select_matches(estate: &Estate<'_>, select: &TaskSetSelector, family: &Family<'_>, task_set: &TaskSet) -> bool {
    select.matches(
        &family.scope.account,
        &family.scope.region,
        &cluster_name(&family.service.cluster_arn),
        &service_name(&family.service.service_arn),
        &pairs(estate.task_set_tags(&task_set.task_set_arn)),
    )
}

fn kept_as_newest(estate: &Estate<'_>, rule: &TaskSetRule, family: &Family<'_>, node: &Node) -> Option<Reason> {
    let keep = rule.terms.keep_newest.as_ref()?;
    let selected = family.members.iter().filter(|(_, one)| selects(estate, rule, family, one));
    let kept = newest(keep.value, selected.map(|(node, one)| (one.created_at, node)));
    kept.contains(node).then(|| {
        Reason::new(ReasonCode::KeepNewest, format!("{rule} keeps the newest {} of its service", keep.value))
            .at(&*keep.at)
    })
}

/// Whether ECS would refuse to delete it: a scale above zero counts, even when it computes to no task.
fn is_scaled_or_running(task_set: &TaskSet) -> bool {
    let scaled = task_set.scale.as_ref().is_none_or(|scale| scale.value > 0.0);
    scaled || task_set.running_count > 0 || task_set.pending_count > 0
}

/// The latest instant at which the task set can have stopped being the one in use: its own last change, and the creation
/// of the PRIMARY that took over.
pub(super) fn lost_its_role_at(family: &Family<'_>, task_set: &TaskSet) -> Option<Timestamp> {
    let primary = family.members.iter().filter(|(_, one)| one.status == "PRIMARY");
    let took_over = primary.filter_map(|(_, one)| one.created_at).max();
    task_set.created_at.max(task_set.updated_at).max(took_over)
}

fn retire(
    estate: &Estate<'_>,
    obstacles: &Obstacles<'_>,
    family: &Family<'_>,
    node: &Node,
    task_set: &TaskSet,
    rule: &TaskSetRule,
    delete: &TaskSetDelete,
) -> Verdict {
    let occupied = is_scaled_or_running(task_set);
    let action = if occupied { Action::ScaleTaskSet } else { Action::DeleteTaskSet };
    let window = estate.settings().rollback_window;
    let window_passed = Elapsed::since(lost_its_role_at(family, task_set), window, estate.now());
    let lost = (window_passed, "it changed, or its PRIMARY took over,");
    let obstacles = obstacles.of(Kind::TaskSet, node.location(), None);
    if let Some(verdict) = objection(estate, &obstacles, action, lost) {
        return verdict;
    }
    let expect = || {
        let definition = task_set.task_definition.clone();
        vec![Expect::NotPrimary, Expect::Runs { definition }, Expect::NotProtected]
    };
    let mut actions = Vec::new();
    let mut reasons = vec![older(task_set, delete)];
    if occupied {
        actions.push((Action::ScaleTaskSet, expect()));
        reasons.push(Reason::new(ReasonCode::ScaleDown, format!("{} tasks are stopped first", task_set.running_count)));
    }
    actions.push((Action::DeleteTaskSet, [expect(), vec![Expect::NoTasks]].concat()));
    let (rule, at, reasons) = (format!("task_set.{rule}").into(), rule.at.clone(), reasons.into());
    Verdict::Retire(Retirement { actions, rule, at, reasons })
}

fn older(task_set: &TaskSet, delete: &TaskSetDelete) -> Reason {
    let created = task_set.created_at.map_or_else(String::new, |at| format!(", created {}", at.strftime("%Y-%m-%d")));
    Reason::new(ReasonCode::OlderThan, format!("older than {}{created}", delete.older_than.value))
}
