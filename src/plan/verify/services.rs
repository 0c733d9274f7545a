//! Steps on services and their task sets.

use std::collections::{HashMap, HashSet};

use super::{
    facts::{Facts, LastUse, ensure_expects, pairs, protects},
    names::{ServiceKey, TaskSetKey, cluster, owner, place, service, task_set},
    objection::{Findings, Law},
    past::Run,
    task_sets,
    unread::Vaguest,
    uses::is_over,
};
use crate::{
    inventory::{Seen, Service, ServiceDeployment, Task, TaskSet},
    model::{AccountLabel, ClusterName, Kind, Resource, ServiceName},
    plan::Expect,
    policy::{Selector, ServiceSelector},
};

/// What belongs to services, by service.
pub(super) struct Belongings<'a> {
    described: HashMap<&'a str, &'a TaskSet>,
    task_sets: HashMap<ServiceKey<'a>, Vec<(TaskSetKey<'a>, &'a TaskSet)>>,
    tasks: HashMap<ServiceKey<'a>, Vec<&'a Task>>,
    deployments: HashMap<ServiceKey<'a>, Vec<&'a ServiceDeployment>>,
}

impl<'a> Belongings<'a> {
    fn new(facts: &Facts<'a>) -> Self {
        let inventory = facts.question.inventory;
        let mut all = Self {
            described: inventory.task_sets.iter().map(|seen| (seen.value.task_set_arn.as_str(), &seen.value)).collect(),
            task_sets: HashMap::new(),
            tasks: HashMap::new(),
            deployments: HashMap::new(),
        };
        for seen in &inventory.task_sets {
            let key = task_set(&seen.location, &seen.value);
            all.task_sets.entry((key.0, key.1, key.2)).or_default().push((key, &seen.value));
        }
        for seen in &inventory.tasks {
            // ECS gives the tasks of a service the group `service:NAME`.
            let Some(name) = seen.value.group.as_deref().and_then(|group| group.strip_prefix("service:")) else {
                continue;
            };
            let key = (place(&seen.location), cluster(&seen.value.cluster_arn), name);
            all.tasks.entry(key).or_default().push(&seen.value);
        }
        for seen in &inventory.service_deployments {
            all.deployments.entry(owner(&seen.location, &seen.value)).or_default().push(&seen.value);
        }
        all
    }

    /// The task sets of a service: those that it lists, and those that only show when they are asked for by themselves.
    fn task_sets(&self, key: ServiceKey<'a>, seen: &'a Seen<Service>) -> Vec<Shown<'a>> {
        let listed = seen.value.task_sets.iter().map(|one| {
            let described = self.described.get(one.task_set_arn.as_str()).copied().unwrap_or(one);
            Shown { key: task_set(&seen.location, one), listed: one, described }
        });
        let mut shown: Vec<Shown<'a>> = listed.collect();
        for (key, one) in self.task_sets.get(&key).into_iter().flatten() {
            if seen.value.task_sets.iter().all(|other| other.task_set_arn != one.task_set_arn) {
                shown.push(Shown { key: *key, listed: one, described: one });
            }
        }
        shown
    }
}

/// A task set, as its service lists it and as it is described a moment later.
pub(super) struct Shown<'a> {
    pub(super) key: TaskSetKey<'a>,
    pub(super) listed: &'a TaskSet,
    pub(super) described: &'a TaskSet,
}

/// A service that has steps, or whose task sets have.
pub(super) struct Owner<'c, 'a> {
    pub(super) facts: &'c Facts<'a>,
    pub(super) label: &'c AccountLabel,
    pub(super) key: ServiceKey<'a>,
    pub(super) seen: &'a Seen<Service>,
    pub(super) task_sets: Vec<Shown<'a>>,
}

/// Checks the steps on services and task sets.
pub(super) fn check(facts: &Facts<'_>, vaguest: &Vaguest<'_>, findings: &mut Findings) {
    let steps = &facts.steps;
    let mut owners: HashSet<ServiceKey<'_>> = steps.services.keys().copied().collect();
    owners.extend(steps.task_sets.keys().map(|(place, cluster, service, _)| (*place, *cluster, *service)));
    if owners.is_empty() {
        return;
    }
    let belongings = Belongings::new(facts);
    let mut found: HashSet<usize> = HashSet::new();
    for seen in &facts.question.inventory.services {
        let key = (place(&seen.location), cluster(&seen.value.cluster_arn), service(&seen.value.service_arn));
        if !owners.contains(&key) {
            continue;
        }
        let Some(label) = facts.label(&seen.location) else { continue };
        let owner = Owner { facts, label, key, seen, task_sets: belongings.task_sets(key, seen) };
        if let Some(step) = steps.services.get(&key) {
            found.insert(*step);
            owner.check(&belongings, vaguest, *step, findings);
        }
        found.extend(task_sets::check(&owner, vaguest, findings));
    }
    let of_task_sets = steps.task_sets.values().flat_map(|pair| [pair.first, pair.delete]).flatten();
    for step in steps.services.values().copied().chain(of_task_sets).filter(|step| !found.contains(step)) {
        findings.object(step, Law::Review, "there is no such object in the accounts and Regions of the policy");
    }
}

impl<'a> Owner<'_, 'a> {
    fn check(&self, belongings: &Belongings<'a>, vaguest: &Vaguest<'_>, at: usize, findings: &mut Findings) {
        self.check_status(at, findings);
        self.check_tasks(belongings, at, findings);
        self.check_what_forbids(vaguest, at, findings);
        self.check_rule(belongings, at, findings);
        for one in &self.task_sets {
            match self.facts.steps.task_sets.get(&one.key).and_then(|pair| pair.delete) {
                Some(delete) => self.facts.steps.ensure_waits(findings, at, delete),
                None => findings.object(at, Law::Reachable, format!("its task set {} stays", one.key.3)),
            }
        }
        if let Some(step) = self.facts.steps.all.get(at) {
            let wanted = [Expect::NoTasks, Expect::NoTaskSets, Expect::NotProtected, Expect::Unreferenced];
            ensure_expects(findings, at, step, &wanted);
        }
    }

    fn check_status(&self, at: usize, findings: &mut Findings) {
        let service = &self.seen.value;
        findings.ensure(service.status == "ACTIVE", at, Law::Unknown, || format!("its status is `{}`", service.status));
        let manager = service.resource_management_type.as_deref();
        findings.ensure(matches!(manager, None | Some("CUSTOMER")), at, Law::NoForce, || {
            "Amazon ECS Express Mode manages it".to_owned()
        });
    }

    fn check_tasks(&self, belongings: &Belongings<'a>, at: usize, findings: &mut Findings) {
        let service = &self.seen.value;
        let own = [service.desired_count, service.running_count, service.pending_count];
        let deployed = service.deployments.iter();
        let deployed = deployed.flat_map(|one| [one.desired_count, one.running_count, one.pending_count]);
        findings.ensure(own.into_iter().chain(deployed).all(|count| count <= 0), at, Law::NoForce, || {
            "it has tasks or wants some".to_owned()
        });
        let has_ended = |task: &&&Task| ["STOPPED", "DELETED"].contains(&task.last_status.as_str());
        let mut tasks = belongings.tasks.get(&self.key).into_iter().flatten();
        if let Some(task) = tasks.find(|task| !has_ended(task)) {
            findings.object(at, Law::NoForce, format!("its task {} is listed", task.task_arn));
        }
        let mut deployments = belongings.deployments.get(&self.key).into_iter().flatten();
        if let Some(deployment) = deployments.find(|one| !is_over(one)) {
            findings.object(
                at,
                Law::Reachable,
                format!("its deployment {} is not over", deployment.service_deployment_arn),
            );
        }
    }

    fn check_what_forbids(&self, vaguest: &Vaguest<'_>, at: usize, findings: &mut Findings) {
        let facts = self.facts;
        findings.ensure(!facts.uses.starts.contains(&self.key), at, Law::Reachable, || {
            "something may start it again".to_owned()
        });
        findings.ensure(!facts.has_protect_tag(&self.seen.value.tags), at, Law::Silence, || {
            "it carries the protect tag".to_owned()
        });
        for protect in &facts.policy().protects {
            if let Selector::Service(select) = &protect.select
                && self.selects(select)
            {
                findings.object(at, Law::Silence, protects(protect));
            }
        }
        let unread = facts.unread.may_hold(Kind::Service, &self.seen.location, None);
        let vague = vaguest.service(self.key.0).map(|user| Vaguest::text(facts, user));
        for text in unread.into_iter().chain(vague) {
            findings.object(at, Law::Unknown, text);
        }
    }

    fn selects(&self, select: &ServiceSelector) -> bool {
        let (_, cluster, service) = self.key;
        let (cluster, service) = (ClusterName::from(cluster), ServiceName::from(service));
        select.matches(self.label, &self.seen.location.region, &cluster, &service, &pairs(&self.seen.value.tags))
    }

    fn check_rule(&self, belongings: &Belongings<'a>, at: usize, findings: &mut Findings) {
        let facts = self.facts;
        let Some(step) = facts.steps.all.get(at) else { return };
        let (evidence, window) = (facts.settings().evidence, facts.settings().rollback_window);
        let idle = self.idle(belongings);
        let retires = facts.policy().services.iter().any(|rule| {
            step.rule.strip_prefix("service.") == Some(rule.name.as_str())
                && *step.at == *rule.at
                && self.selects(&rule.select)
                && rule.terms.delete.as_ref().is_some_and(|said| facts.passed(idle.for_rules(evidence), said.value))
        });
        findings.ensure(retires, at, Law::Silence, || format!("{} at {} does not retire it", step.rule, step.at));
        findings.ensure(facts.passed(idle.for_window(evidence), window), at, Law::Window, || {
            format!("it changed within the rollback window of {window}")
        });
    }

    /// Since when it has had no task: no earlier than anything that happened to it.
    fn idle(&self, belongings: &Belongings<'a>) -> LastUse {
        let service = &self.seen.value;
        let mut dates = vec![service.created_at];
        dates.extend(service.deployments.iter().flat_map(|one| [one.created_at, one.updated_at]));
        dates.extend(service.events.iter().map(|event| event.created_at));
        let tasks = belongings.tasks.get(&self.key).into_iter().flatten();
        dates.extend(tasks.flat_map(|task| [task.created_at, task.stopped_at]));
        let deployments = belongings.deployments.get(&self.key).into_iter().flatten();
        dates.extend(deployments.flat_map(|one| [one.created_at, one.started_at, one.finished_at]));
        let (_, cluster, name) = self.key;
        let resource = Resource::Service { cluster: cluster.into(), service: name.into() };
        LastUse {
            seen: self.facts.question.ledger.last_seen(&self.seen.location, &resource),
            dated: dates.into_iter().max().flatten(),
            run: Run::default(),
            is_undated: false,
        }
    }
}
