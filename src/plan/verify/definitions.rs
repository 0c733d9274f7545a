//! Steps on task definitions.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{
    facts::{Facts, LastUse, covers_revision, ensure_expects, selects_definition},
    names::{DefinitionKey, place},
    objection::{Findings, Law},
    past::Run,
    steps::Pair,
    unread::Vaguest,
};
use crate::{
    inventory::{Seen, TaskDefinition},
    model::{AccountLabel, Age, Family, Kind, Resource, Revision, Timestamp, quota::DEREGISTRATION_SETTLES_SECONDS},
    plan::{Expect, Step},
    policy::{Rule, Said, TaskDefinitionSelector, TaskDefinitionTerms},
};

type DefinitionRule = Rule<TaskDefinitionSelector, TaskDefinitionTerms>;

/// Checks the steps on task definitions. `pulls` says when the images of those with steps were last pulled.
pub(super) fn check(
    facts: &Facts<'_>,
    vaguest: &Vaguest<'_>,
    pulls: &BTreeMap<usize, Timestamp>,
    findings: &mut Findings,
) {
    let steps: Vec<_> = facts.steps.definitions.iter().collect();
    let checked = steps.par_chunks(TOGETHER).map(|some| {
        let mut findings = Findings::default();
        some.iter().for_each(|(key, pair)| check_one(facts, vaguest, pulls, (**key, **pair), &mut findings));
        findings
    });
    checked.collect::<Vec<_>>().into_iter().for_each(|found| findings.append(found));
}

/// How many definitions are checked by one thread before it asks for more.
const TOGETHER: usize = 1 << 10;

fn check_one(
    facts: &Facts<'_>,
    vaguest: &Vaguest<'_>,
    pulls: &BTreeMap<usize, Timestamp>,
    ((there, family, revision), pair): (DefinitionKey<'_>, Pair),
    findings: &mut Findings,
) {
    let Some(step) = pair.first.or(pair.delete) else { return };
    let found = facts.families.find(there, family, revision);
    let seen = found.and_then(|index| Some((index, facts.families.definitions.get(index)?)));
    let Some((index, seen)) = seen else {
        findings.object(step, Law::Review, "there is no such task definition");
        return;
    };
    let Some(label) = facts.label(&seen.location) else {
        findings.object(step, Law::Review, "the policy does not have its account and Region");
        return;
    };
    let pulled = pulls.get(&index).copied();
    let case = Case { facts, label, index, seen, step, family_name: family, revision, pulled };
    case.check_what_forbids(vaguest, findings);
    case.check_keeps(findings);
    match (pair.first, pair.delete, seen.value.status.as_str()) {
        (Some(deregister), delete, "ACTIVE") => case.check_deregistration(deregister, delete, findings),
        (None, Some(delete), "INACTIVE") => case.check_deletion(delete, findings),
        (_, _, status) => {
            findings.object(step, Law::Silence, format!("its status is `{status}`, and this is not what is done then"));
        }
    }
}

struct Case<'c, 'a> {
    facts: &'c Facts<'a>,
    label: &'c AccountLabel,
    index: usize,
    seen: &'c Seen<TaskDefinition>,
    /// The first step on it.
    step: usize,
    family_name: &'c str,
    revision: u32,
    pulled: Option<Timestamp>,
}

impl<'c> Case<'c, '_> {
    fn check_what_forbids(&self, vaguest: &Vaguest<'_>, findings: &mut Findings) {
        let (facts, step) = (self.facts, self.step);
        if let Some(text) = facts.protection_of_definition(self.seen) {
            findings.object(step, Law::Silence, text);
        }
        for user in facts.runs(self.index) {
            facts.ensure_released(findings, step, user);
        }
        let unread = facts.unread.may_hold(Kind::TaskDefinition, &self.seen.location, None);
        let vague = vaguest.definition(place(&self.seen.location)).map(|user| Vaguest::text(facts, user));
        for text in unread.into_iter().chain(vague) {
            findings.object(step, Law::Unknown, text);
        }
    }

    fn rules(&self) -> impl Iterator<Item = &'c DefinitionRule> {
        let (label, seen) = (self.label, self.seen);
        let rules = self.facts.question.policy.task_definitions.iter();
        rules.filter(move |rule| selects_definition(&rule.select, label, seen))
    }

    fn check_keeps(&self, findings: &mut Findings) {
        let (facts, definition) = (self.facts, &self.seen.value);
        for rule in self.rules() {
            let keep = &rule.terms.keep;
            if let Some(newest) = &keep.newest
                && definition.status == "ACTIVE"
                && !self.has_newer(rule, newest.value)
            {
                let text = format!("{rule} keeps the newest {} ACTIVE revisions, and it is one", newest.value);
                findings.object(self.step, Law::Silence, text);
            }
            if let Some(age) = &keep.newer_than
                && !facts.passed(definition.registered_at, age.value)
            {
                let text = format!("{rule} keeps what was registered within {}", age.value);
                findings.object(self.step, Law::Silence, text);
            }
        }
    }

    /// Whether a rule covers so many newer ACTIVE revisions of the family.
    fn has_newer(&self, rule: &DefinitionRule, wanted: u32) -> bool {
        let family = self.facts.families.family(place(&self.seen.location), self.family_name);
        let revisions = family.map_or(&[][..], |family| family.revisions.as_slice());
        let newer = revisions.iter().rev().take_while(|(revision, _)| *revision > self.revision);
        let newer = newer.filter_map(|(_, index)| self.facts.families.definitions.get(*index));
        // The rule covers the family: it covers one of its revisions.
        let covered = newer.filter(|seen| seen.value.status == "ACTIVE" && covers_revision(&rule.select, &seen.value));
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        covered.take(wanted).count() == wanted
    }

    fn is_newest_active(&self) -> bool {
        let family = self.facts.families.family(place(&self.seen.location), self.family_name);
        family.is_some_and(|family| family.newest_active == Some(self.revision))
    }

    fn last_use(&self) -> LastUse {
        let definition = &self.seen.value;
        let family = self.facts.families.family(place(&self.seen.location), self.family_name);
        let revisions = family.map_or(&[][..], |family| family.revisions.as_slice());
        let after = revisions.partition_point(|(revision, _)| *revision <= self.revision);
        let successor = revisions.get(after).and_then(|(_, index)| self.facts.families.definitions.get(*index));
        let succeeded_at = successor.and_then(|seen| seen.value.registered_at);
        LastUse {
            seen: self.seen_in_ledger(),
            dated: definition.registered_at.max(succeeded_at).max(self.pulled),
            run: self.run(),
            is_undated: definition.registered_at.is_none(),
        }
    }

    fn seen_in_ledger(&self) -> Option<Timestamp> {
        let ledger = self.facts.question.ledger;
        if ledger.is_empty() {
            return None;
        }
        let resource =
            Resource::TaskDefinition { family: Family::from(self.family_name), revision: Revision(self.revision) };
        ledger.last_seen(&self.seen.location, &resource)
    }

    fn run(&self) -> Run {
        self.facts.past.definitions.get(&self.index).copied().unwrap_or_default()
    }

    fn check_deregistration(&self, deregister: usize, delete: Option<usize>, findings: &mut Findings) {
        let (facts, last_use) = (self.facts, self.last_use());
        let evidence = facts.settings().evidence;
        let since = last_use.for_rules(evidence);
        let is_newest = self.is_newest_active();
        let terms = |rule: &'c DefinitionRule| {
            let unused_for = rule.terms.deregister.as_ref()?;
            let last = rule.terms.last_revision.as_ref();
            if is_newest { last.map(|last| vec![unused_for, last]) } else { Some(vec![unused_for]) }
        };
        self.check_rule(deregister, findings, |rule| {
            let terms = terms(rule).unwrap_or_default();
            let longest = terms.iter().map(|said| said.value).max()?;
            let is_met = facts.passed(since, longest);
            is_met.then(|| terms.into_iter().filter(|said| said.value == longest).collect())
        });
        let window = facts.settings().rollback_window;
        findings.ensure(facts.passed(last_use.for_window(evidence), window), deregister, Law::Window, || {
            format!("it may have been in use within the rollback window of {window}")
        });
        let Some(step) = facts.steps.all.get(deregister) else { return };
        let mut wanted = vec![Expect::Status { is: "ACTIVE".to_owned() }, Expect::Unreferenced, Expect::NotProtected];
        wanted.extend((!is_newest).then_some(Expect::NotNewestActive));
        ensure_expects(findings, deregister, step, &wanted);
        if let Some(delete) = delete {
            self.check_deletion_at_once(step, deregister, delete, findings);
        }
    }

    /// A definition that is deregistered and deleted by one plan.
    fn check_deletion_at_once(&self, deregistration: &Step, deregister: usize, delete: usize, findings: &mut Findings) {
        let mut ages = self.rules().filter_map(|rule| rule.terms.delete.as_ref());
        findings.ensure(ages.any(|said| said.value.is_zero()), delete, Law::Silence, || {
            "no rule deletes it as soon as it is deregistered".to_owned()
        });
        self.facts.steps.ensure_waits(findings, delete, deregister);
        let Some(step) = self.facts.steps.all.get(delete) else { return };
        let is_same = (&step.rule, &step.at) == (&deregistration.rule, &deregistration.at);
        findings.ensure(is_same, delete, Law::Review, || "it names another rule than its deregistration".to_owned());
        ensure_expects(findings, delete, step, &deletion_expects());
    }

    fn check_deletion(&self, delete: usize, findings: &mut Findings) {
        let facts = self.facts;
        let since = self.seen.value.deregistered_at;
        self.check_rule(delete, findings, |rule| {
            let said = rule.terms.delete.as_ref()?;
            facts.passed(since, said.value).then(|| vec![said])
        });
        // What runs an INACTIVE revision goes on running it, and may have ended long after.
        let run = self.run();
        let ended = since.filter(|_| !run.may_be_later).map(|at| Some(at).max(self.seen_in_ledger()).max(run.latest));
        let window = facts.settings().rollback_window;
        findings.ensure(facts.passed(ended.flatten(), window), delete, Law::Window, || {
            format!("it may have been in use within the rollback window of {window}")
        });
        let settles = Age::from_seconds(DEREGISTRATION_SETTLES_SECONDS);
        findings.ensure(since.is_none() || facts.passed(since, settles), delete, Law::Window, || {
            "it was deregistered just now, and a task may still start from it".to_owned()
        });
        if let Some(step) = facts.steps.all.get(delete) {
            ensure_expects(findings, delete, step, &deletion_expects());
        }
    }

    /// Objects unless the rule that a step names covers the definition, and says so in the line that it names: one of those that
    /// `met` finds to be met.
    fn check_rule(
        &self,
        at: usize,
        findings: &mut Findings,
        met: impl Fn(&'c DefinitionRule) -> Option<Vec<&'c Said<Age>>>,
    ) {
        let Some(step) = self.facts.steps.all.get(at) else { return };
        let is_named = |rule: &&DefinitionRule| step.rule.strip_prefix("task_definition.") == Some(rule.name.as_str());
        let mut lines = self.rules().filter(is_named).filter_map(met).flatten();
        findings.ensure(lines.any(|said| *said.at == *step.at), at, Law::Silence, || {
            format!("{} at {} does not retire it", step.rule, step.at)
        });
    }
}

fn deletion_expects() -> [Expect; 3] {
    [Expect::Status { is: "INACTIVE".to_owned() }, Expect::Unreferenced, Expect::NotProtected]
}
