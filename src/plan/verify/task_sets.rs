//! Steps on the task sets of a service.

use super::{
    facts::{ensure_expects, pairs, protects},
    objection::{Findings, Law},
    services::{Owner, Shown},
    steps::Pair,
    unread::Vaguest,
};
use crate::{
    inventory::TaskSet,
    model::{ClusterName, Kind, ServiceName},
    plan::Expect,
    policy::{Selector, TaskSetSelector},
};

/// Checks the steps on the task sets of a service, and tells which steps these are.
pub(super) fn check(owner: &Owner<'_, '_>, vaguest: &Vaguest<'_>, findings: &mut Findings) -> Vec<usize> {
    let mut found = Vec::new();
    for one in &owner.task_sets {
        let Some(pair) = owner.facts.steps.task_sets.get(&one.key) else { continue };
        found.extend([pair.first, pair.delete].into_iter().flatten());
        let Some(at) = pair.first.or(pair.delete) else { continue };
        let case = Case { owner, one, at };
        case.check_what_forbids(vaguest, findings);
        case.check_keeps(findings);
        case.check_window(findings);
        case.check_steps(*pair, findings);
    }
    found
}

struct Case<'c, 'a> {
    owner: &'c Owner<'c, 'a>,
    one: &'c Shown<'a>,
    at: usize,
}

impl<'a> Case<'_, 'a> {
    fn check_what_forbids(&self, vaguest: &Vaguest<'_>, findings: &mut Findings) {
        let (facts, at, Shown { listed, described, .. }) = (self.owner.facts, self.at, self.one);
        let service = &self.owner.seen.value;
        let controller = service.deployment_controller.as_ref().map_or("", |controller| controller.kind.as_str());
        findings.ensure(["", "ECS", "EXTERNAL"].contains(&controller), at, Law::NoForce, || {
            format!("the deployment controller of its service is `{controller}`")
        });
        findings.ensure(service.status == "ACTIVE", at, Law::Unknown, || {
            format!("the status of its service is `{}`", service.status)
        });
        for version in [listed, described] {
            let is_codedeploys = version.started_by.as_deref() == Some("CODE_DEPLOY");
            findings.ensure(!is_codedeploys, at, Law::NoForce, || "CodeDeploy owns it".to_owned());
            findings
                .ensure(version.status == "ACTIVE", at, Law::NoForce, || format!("its status is `{}`", version.status));
        }
        let is_tagged = facts.has_protect_tag(&described.tags) || facts.has_protect_tag(&service.tags);
        findings.ensure(!is_tagged, at, Law::Silence, || "it or its service carries the protect tag".to_owned());
        for protect in &facts.policy().protects {
            if let Selector::TaskSet(select) = &protect.select
                && self.selects(select, self.one)
            {
                findings.object(at, Law::Silence, protects(protect));
            }
        }
        let location = &self.owner.seen.location;
        let unread = facts.unread.may_hold(Kind::TaskSet, location, None);
        let vague = vaguest.task_set(self.one.key.0).map(|user| Vaguest::text(facts, user));
        for text in unread.into_iter().chain(vague) {
            findings.object(at, Law::Unknown, text);
        }
    }

    fn selects(&self, select: &TaskSetSelector, one: &Shown<'a>) -> bool {
        let (_, cluster, service) = self.owner.key;
        let (cluster, service) = (ClusterName::from(cluster), ServiceName::from(service));
        let region = &self.owner.seen.location.region;
        select.matches(self.owner.label, region, &cluster, &service, &pairs(&one.described.tags))
    }

    fn check_keeps(&self, findings: &mut Findings) {
        let age = |one: &Shown<'a>| (one.listed.created_at, one.key.3);
        for rule in self.owner.facts.policy().task_sets.iter().filter(|rule| self.selects(&rule.select, self.one)) {
            let Some(newest) = &rule.terms.keep_newest else { continue };
            let newer = self.owner.task_sets.iter().filter(|other| {
                other.listed.created_at.is_some() && age(other) > age(self.one) && self.selects(&rule.select, other)
            });
            let is_outdone = usize::try_from(newest.value).is_ok_and(|wanted| newer.count() >= wanted);
            // One that nothing dates may be the newest.
            let is_kept = newest.value > 0 && (self.one.listed.created_at.is_none() || !is_outdone);
            findings.ensure(!is_kept, self.at, Law::Silence, || {
                format!("{rule} keeps the newest {} of its service, and it is one", newest.value)
            });
        }
    }

    /// It may have been in use until it last changed, and until the PRIMARY took over.
    fn check_window(&self, findings: &mut Findings) {
        let facts = self.owner.facts;
        let primaries = self.owner.task_sets.iter().filter(|other| other.listed.status == "PRIMARY");
        let took_over = primaries.filter_map(|other| other.listed.created_at).max();
        let latest = self.one.listed.created_at.max(self.one.listed.updated_at).max(took_over);
        let window = facts.settings().rollback_window;
        findings.ensure(facts.passed(latest, window), self.at, Law::Window, || {
            format!("it changed, or its PRIMARY took over, within the rollback window of {window}")
        });
    }

    fn check_steps(&self, pair: Pair, findings: &mut Findings) {
        let facts = self.owner.facts;
        match (pair.first, pair.delete, is_occupied(self.one.listed)) {
            (Some(scale), Some(delete), true) => facts.steps.ensure_waits(findings, delete, scale),
            (Some(scale), None, true) => {
                findings.object(scale, Law::Silence, "it is scaled to zero and then not deleted, as no rule asks");
            }
            (None, Some(delete), true) => {
                findings.object(delete, Law::NoForce, "it is scaled above zero and nothing scales it down before");
            }
            (Some(scale), _, false) => findings.object(scale, Law::Silence, "there is nothing to scale down"),
            (None, _, _) => {}
        }
        for at in [pair.first, pair.delete].into_iter().flatten() {
            self.check_rule(at, findings);
            let Some(step) = facts.steps.all.get(at) else { continue };
            let definition = self.one.listed.task_definition.clone();
            let mut wanted = vec![Expect::NotPrimary, Expect::Runs { definition }, Expect::NotProtected];
            wanted.extend((pair.delete == Some(at)).then_some(Expect::NoTasks));
            ensure_expects(findings, at, step, &wanted);
        }
    }

    fn check_rule(&self, at: usize, findings: &mut Findings) {
        let facts = self.owner.facts;
        let Some(step) = facts.steps.all.get(at) else { return };
        let retires = facts.policy().task_sets.iter().any(|rule| {
            let is_named = step.rule.strip_prefix("task_set.") == Some(rule.name.as_str()) && *step.at == *rule.at;
            let is_met = rule.terms.delete.as_ref().is_some_and(|delete| {
                facts.passed(self.one.listed.created_at, delete.older_than.value)
                    && (delete.scale_down || !is_occupied(self.one.listed))
            });
            is_named && is_met && self.selects(&rule.select, self.one)
        });
        findings.ensure(retires, at, Law::Silence, || format!("{} at {} does not retire it", step.rule, step.at));
    }
}

/// Whether ECS would refuse to delete it: a scale above zero is enough, and one that is not told may be.
fn is_occupied(one: &TaskSet) -> bool {
    let is_empty = one.scale.as_ref().is_some_and(|scale| scale.value <= 0.0);
    !is_empty || one.running_count > 0 || one.pending_count > 0
}
