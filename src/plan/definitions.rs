//! Verdicts on task definitions, a family at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    Action, Expect,
    decide::Groundwork,
    estate::{Estate, newest, pairs},
    evidence::{EvidenceBook, LastUse},
    families::{FamilyRevisions, SeenRevision},
    obstacles::{Obstacles, objection},
    tally::{Object, Tally},
    verdict::{Elapsed, Retirement, Says, Telling, Verdict, hear, keep_for},
};
use crate::{
    graph::{NodeId, NodeMap},
    model::{Age, Family, Kind, Location, Reason, ReasonCode, Resource, Scope, Timestamp, quota::settled_after},
    policy::{Protect, Rule, Said, Selector, TaskDefinitionSelector, TaskDefinitionTerms},
};

/// How many variables with plain-text secrets a reason names.
const SECRETS_NAMED: usize = 5;

pub(super) type DefinitionRule = Rule<TaskDefinitionSelector, TaskDefinitionTerms>;

/// Decides on every task definition of the policy's scopes, given which services and task sets go.
pub(super) fn decide<'a>(
    estate: &Estate<'a>,
    evidence: &EvidenceBook<'_, 'a>,
    obstacles: &Obstacles<'_>,
    leaving: &NodeMap<()>,
    telling: Telling,
) -> Tally<'a> {
    let scopes = estate.scopes().into_iter().map(|scope| scope.location());
    let unread = scopes.map(|location| (obstacles.of(Kind::TaskDefinition, &location, None), location));
    let unread: BTreeMap<Location, Arc<[Reason]>> = unread.map(|(reasons, location)| (location, reasons)).collect();
    let decide_family = |family: &FamilyRevisions<'a>| {
        let mut tally = Tally::default();
        let places = estate.scope(family.location).zip(unread.get(family.location));
        let Some((scope, obstacles)) = places else { return tally };
        let rules = FamilyRules::new(estate, scope, family);
        for (position, revision) in family.revisions.iter().enumerate() {
            let case = Case { estate, obstacles, leaving, rules: &rules, family, position, revision, telling };
            let verdict = case.verdict(evidence.of_definition(family, revision));
            let object = Object { location: family.location, node: Some(revision.node), image: None };
            tally.enter(&object, || Estate::address(scope, family.resource(revision)), verdict);
        }
        tally
    };
    let families = estate.families.all().par_iter().map(decide_family);
    Tally::sum(families.collect())
}

/// One definition with the verdict on it in whole sentences, and every rule that selects it.
pub(super) struct DefinitionView<'e, 'a> {
    pub(super) revision: &'e SeenRevision<'a>,
    pub(super) verdict: Verdict,
    pub(super) last_use: LastUse,
    pub(super) rules: Vec<SaidOfDefinition<'a>>,
}

/// What a rule says of a definition.
pub(super) struct SaidOfDefinition<'a> {
    pub(super) rule: &'a DefinitionRule,
    pub(super) says: Says<'a>,
    /// The same once it does not keep it.
    pub(super) otherwise: Says<'a>,
    /// The place of the definition among the newest that the rule selects, counted from 1, and how many these are.
    pub(super) place: Option<(usize, usize)>,
}

/// Looks at one definition. What the rules say is told whatever else keeps it.
pub(super) fn view<'e, 'a>(
    estate: &'e Estate<'a>,
    groundwork: &Groundwork<'_, 'a>,
    location: &Location,
    resource: &Resource,
) -> Option<DefinitionView<'e, 'a>> {
    let is_of = |name: &Family| matches!(resource, Resource::TaskDefinition { family, .. } if family == name);
    let named = |family: &&FamilyRevisions<'_>| family.location == location && is_of(&family.family);
    let mut found = estate.families.all().iter().filter(named).flat_map(|family| {
        family.revisions.iter().enumerate().map(move |(position, revision)| (family, position, revision))
    });
    let (family, position, revision) = found.find(|(family, _, revision)| family.resource(revision) == *resource)?;
    let scope = estate.scope(location)?;
    let rules = FamilyRules::new(estate, scope, family);
    let obstacles = groundwork.no_images_yet.of(Kind::TaskDefinition, location, None);
    let (obstacles, leaving) = (&obstacles, &groundwork.retired);
    let telling = Telling::Sentences;
    let case = Case { estate, obstacles, leaving, rules: &rules, family, position, revision, telling };
    let last_use = groundwork.evidence.of_definition(family, revision);
    let is_active = revision.definition.status == "ACTIVE";
    let said = case.rules().map(|(at, rule)| SaidOfDefinition {
        rule,
        says: case.says(at, rule, is_active, last_use),
        otherwise: case.retires(rule, is_active, last_use),
        place: case.place_among(rule),
    });
    Some(DefinitionView { revision, verdict: case.verdict(last_use), last_use, rules: said.collect() })
}

/// The definitions that hold images without anything holding them, in order: an INACTIVE one that nothing runs does not, unless
/// it is protected.
pub(super) fn holding(estate: &Estate<'_>) -> Vec<NodeId> {
    let of_family = |family: &FamilyRevisions<'_>| {
        let rules = estate.scope(family.location).map(|scope| FamilyRules::new(estate, scope, family));
        let is_protected = |revision: &SeenRevision<'_>| {
            rules.as_ref().is_some_and(|rules| rules.protection(estate, revision, Telling::Codes).is_some())
        };
        let holds = |revision: &&SeenRevision<'_>| {
            !matches!(revision.definition.status.as_str(), "INACTIVE" | "DELETE_IN_PROGRESS") || is_protected(revision)
        };
        family.revisions.iter().filter(holds).map(|revision| revision.node).collect::<Vec<_>>()
    };
    estate.families.all().par_iter().flat_map_iter(of_family).collect()
}

/// What the policy says of a family: most patterns need not be asked again for each revision.
struct FamilyRules<'a> {
    rules: Vec<&'a DefinitionRule>,
    protects: Vec<(&'a Protect, &'a TaskDefinitionSelector)>,
    /// The revisions that rules keep as the newest, by position; the rules as in `rules`.
    newest: Vec<BTreeSet<usize>>,
}

impl<'a> FamilyRules<'a> {
    fn new(estate: &Estate<'a>, scope: &Scope, family: &FamilyRevisions<'_>) -> Self {
        let covers =
            |select: &TaskDefinitionSelector| select.family_matches(&scope.account, &scope.region, &family.family);
        let rules: Vec<_> = estate.policy().task_definitions.iter().filter(|rule| covers(&rule.select)).collect();
        let protects = estate.policy().protects.iter().filter_map(|protect| match &protect.select {
            Selector::TaskDefinition(select) => Some((protect, select)),
            Selector::Service(_) | Selector::TaskSet(_) | Selector::Image(_) => None,
        });
        let newest = rules.iter().map(|rule| kept_as_newest(rule, family)).collect();
        Self { newest, protects: protects.filter(|(_, select)| covers(select)).collect(), rules }
    }

    fn protection(&self, estate: &Estate<'_>, revision: &SeenRevision<'_>, telling: Telling) -> Option<Reason> {
        if estate.has_protect_tag(&revision.definition.tags) {
            return Some(telling.reason(ReasonCode::ProtectTag, || "it carries the protect tag".to_owned()));
        }
        let (protect, _) = self.protects.iter().find(|(_, select)| selects(select, revision))?;
        let text = || format!("protected: {}", protect.reason);
        Some(telling.reason(ReasonCode::Protected, text).at(&*protect.at))
    }
}

/// Whether a selector that covers the family covers the revision.
fn selects(select: &TaskDefinitionSelector, revision: &SeenRevision<'_>) -> bool {
    let definition = revision.definition;
    select.revision_matches(revision.revision, &pairs(&definition.tags), !definition.plaintext_secrets.is_empty())
}

/// The newest ACTIVE revisions of a family that a rule keeps, by position.
fn kept_as_newest(rule: &DefinitionRule, family: &FamilyRevisions<'_>) -> BTreeSet<usize> {
    let Some(said) = &rule.terms.keep.newest else { return BTreeSet::new() };
    let selected = family
        .revisions
        .iter()
        .enumerate()
        .filter(|(_, revision)| revision.definition.status == "ACTIVE" && selects(&rule.select, revision));
    newest(said.value, selected.map(|(position, revision)| (Some(revision.revision), position)))
}

/// One definition with what bears on it.
struct Case<'c, 'a> {
    estate: &'c Estate<'a>,
    /// What was not read and may hold it.
    obstacles: &'c Arc<[Reason]>,
    /// The services and task sets that this plan retires.
    leaving: &'c NodeMap<()>,
    rules: &'c FamilyRules<'a>,
    family: &'c FamilyRevisions<'a>,
    position: usize,
    revision: &'c SeenRevision<'a>,
    telling: Telling,
}

impl<'a> Case<'_, 'a> {
    fn verdict(&self, last_use: LastUse) -> Verdict {
        let is_active = match self.revision.definition.status.as_str() {
            "ACTIVE" => true,
            "INACTIVE" => false,
            "DELETE_IN_PROGRESS" => {
                return Verdict::keep(ReasonCode::DeletionUnderWay, "AWS is already deleting it");
            }
            other => return Verdict::keep(ReasonCode::UnknownStatus, format!("its status is `{other}`")),
        };
        let protection = self.rules.protection(self.estate, self.revision, self.telling);
        if let Some(reason) = protection.or_else(|| self.staying_holder()) {
            return Verdict::Keep(vec![reason]);
        }
        let said = self.rules().map(|(position, rule)| (rule, self.says(position, rule, is_active, last_use)));
        let heard = match hear(said) {
            Ok(heard) => heard,
            Err(reason) => return Verdict::Keep(vec![reason]),
        };
        match heard.retiring.first() {
            None => keep_for(heard.waiting),
            Some((rule, asked)) if is_active => self.deregister(rule, asked, last_use),
            Some((rule, asked)) => self.delete(rule, asked, last_use),
        }
    }

    /// What a rule that selects it says of it.
    fn says<'p>(&self, position: usize, rule: &'p DefinitionRule, is_active: bool, last_use: LastUse) -> Says<'p> {
        match self.kept_by(position, rule) {
            Some(reason) => Says::Keeps(reason),
            None => self.retires(rule, is_active, last_use),
        }
    }

    /// The same of a rule that does not keep it.
    fn retires<'p>(&self, rule: &'p DefinitionRule, is_active: bool, last_use: LastUse) -> Says<'p> {
        if is_active { self.deregistration(rule, last_use) } else { self.deletion(rule) }
    }

    /// The rules that select it, with their positions among those of the family.
    fn rules(&self) -> impl Iterator<Item = (usize, &'a DefinitionRule)> {
        let rules = self.rules.rules.iter().copied().enumerate();
        rules.filter(|(_, rule)| selects(&rule.select, self.revision))
    }

    /// A holder that this plan does not retire.
    fn staying_holder(&self) -> Option<Reason> {
        let graph = &self.estate.graph;
        let holders = graph.holders_of(self.revision.node).map(|(holder, _)| holder);
        let staying = holders.filter(|holder| !self.leaving.contains(*holder)).filter_map(|holder| graph.node(holder));
        let staying = staying.min()?;
        Some(self.telling.reason(ReasonCode::InUse, || format!("{staying} runs it")))
    }

    fn has_retired_holders(&self) -> bool {
        self.estate.graph.holders_of(self.revision.node).next().is_some()
    }

    fn kept_by(&self, position: usize, rule: &DefinitionRule) -> Option<Reason> {
        let keep = &rule.terms.keep;
        if let Some(said) = &keep.newest
            && self.rules.newest.get(position).is_some_and(|newest| newest.contains(&self.position))
        {
            let text = || format!("{rule} keeps the newest {} ACTIVE revisions of a family", said.value);
            return Some(self.telling.reason(ReasonCode::KeepNewest, text).at(&*said.at));
        }
        let said = keep.newer_than.as_ref()?;
        let text = || format!("{rule} keeps revisions registered within {}", said.value);
        match Elapsed::since(self.revision.definition.registered_at, said.value, self.estate.now()) {
            Elapsed::Enough => None,
            Elapsed::Not { until } => {
                Some(self.telling.reason(ReasonCode::KeepNewerThan, text).at(&*said.at).until(until))
            }
            Elapsed::Unknown => {
                let text = || format!("{}, and AWS does not date it", text());
                Some(self.telling.reason(ReasonCode::AgeUnknown, text).at(&*said.at))
            }
        }
    }

    /// Its place among the ACTIVE revisions that a rule selects, counted from 1, and how many these are.
    fn place_among(&self, rule: &DefinitionRule) -> Option<(usize, usize)> {
        let active = self.family.revisions.iter().filter(|one| one.definition.status == "ACTIVE");
        let selected: Vec<_> = active.filter(|one| selects(&rule.select, one)).collect();
        let newer = selected.iter().filter(|one| one.revision > self.revision.revision).count();
        selected.iter().any(|one| one.revision == self.revision.revision).then_some((newer + 1, selected.len()))
    }

    fn is_newest_active(&self) -> bool {
        self.family.newest_active == Some(self.revision.revision)
    }

    /// ACTIVE: whether a rule deregisters it.
    fn deregistration<'p>(&self, rule: &'p DefinitionRule, last_use: LastUse) -> Says<'p> {
        let Some(unused_for) = &rule.terms.deregister else { return Says::Nothing };
        let asked = match (self.is_newest_active(), &rule.terms.last_revision) {
            (false, _) => unused_for,
            (true, Some(last)) => longer(unused_for, last),
            (true, None) => {
                let text = || "it is the newest ACTIVE revision: whoever names only the family runs it".to_owned();
                return Says::Waits(self.telling.reason(ReasonCode::NewestActive, text));
            }
        };
        match last_use.lasted(asked.value, self.estate.now()) {
            Elapsed::Enough => Says::Retires(asked),
            Elapsed::Not { until } => {
                let text = || format!("{rule} asks for {} without use", asked.value);
                Says::Waits(self.telling.reason(ReasonCode::TooRecent, text).at(&*asked.at).until(until))
            }
            Elapsed::Unknown => {
                let text = || format!("{rule} asks for {} without use, and nothing dates its last use", asked.value);
                Says::Waits(self.telling.reason(ReasonCode::AgeUnknown, text).at(&*asked.at))
            }
        }
    }

    fn deregister(&self, rule: &DefinitionRule, asked: &Said<Age>, last_use: LastUse) -> Verdict {
        let action = Action::DeregisterTaskDefinition;
        let mut expect = vec![Expect::Status { is: "ACTIVE".to_owned() }, Expect::Unreferenced, Expect::NotProtected];
        if !self.is_newest_active() {
            expect.push(Expect::NotNewestActive);
        }
        let mut actions = vec![(action, expect)];
        // With no time asked for between the two, both are done in one plan, ten minutes apart.
        let deletes = self.rules().filter_map(|(_, rule)| rule.terms.delete.as_ref()).any(|said| said.value.is_zero());
        if deletes {
            actions.push((Action::DeleteTaskDefinition, deletion_expects()));
        }
        let text =
            format!("unused for {}{}", asked.value, last_use.known().map_or_else(String::new, describe_last_use));
        self.after_window(
            last_use.lasted_by_any(self.estate.settings().rollback_window, self.estate.now()),
            asked.value,
            action,
            Retirement {
                actions,
                rule: format!("task_definition.{rule}").into(),
                at: asked.at.clone(),
                reasons: self.why(rule, Reason::new(ReasonCode::Unused, text)),
            },
        )
    }

    /// INACTIVE: whether a rule deletes it.
    fn deletion<'p>(&self, rule: &'p DefinitionRule) -> Says<'p> {
        let Some(said) = &rule.terms.delete else { return Says::Nothing };
        match Elapsed::since(self.revision.definition.deregistered_at, said.value, self.estate.now()) {
            Elapsed::Enough => Says::Retires(said),
            Elapsed::Not { until } => {
                let text = || format!("{rule} asks for {} of being INACTIVE", said.value);
                Says::Waits(self.telling.reason(ReasonCode::TooRecent, text).at(&*said.at).until(until))
            }
            Elapsed::Unknown => {
                let text = || format!("{rule} asks for {} of being INACTIVE, and AWS does not date it", said.value);
                Says::Waits(self.telling.reason(ReasonCode::AgeUnknown, text).at(&*said.at))
            }
        }
    }

    fn delete(&self, rule: &DefinitionRule, said: &Said<Age>, last_use: LastUse) -> Verdict {
        let since = self.revision.definition.deregistered_at;
        let since_text = since.map_or_else(String::new, |at| format!(", since {}", at.strftime("%Y-%m-%d")));
        let text = format!("INACTIVE for {}{since_text}", said.value);
        // What runs an INACTIVE revision goes on running it: that may have ended long after. Pulls do not count:
        // the revision that took over may name the same tag.
        let window = self.estate.settings().rollback_window;
        self.after_window(
            last_use.over_since(since, window, self.estate.now()),
            Age::ZERO,
            Action::DeleteTaskDefinition,
            Retirement {
                actions: vec![(Action::DeleteTaskDefinition, deletion_expects())],
                rule: format!("task_definition.{rule}").into(),
                at: said.at.clone(),
                reasons: self.why(rule, Reason::new(ReasonCode::Inactive, text)),
            },
        )
    }

    /// Why it goes; of a rule about plain-text secrets also which these are, by the names of their variables (law L13).
    fn why(&self, rule: &DefinitionRule, reason: Reason) -> Arc<[Reason]> {
        let names = &self.revision.definition.plaintext_secrets;
        if rule.select.plaintext_secrets != Some(true) || names.is_empty() {
            return [reason].into();
        }
        let named = names.iter().take(SECRETS_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(SECRETS_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!("plain-text secrets in {named}{more}");
        [reason, Reason::new(ReasonCode::PlaintextSecrets, text).at(&*rule.at)].into()
    }

    /// Retires unless the rollback window or something unread forbids it (laws L4 and L2).
    fn after_window(&self, window_passed: Elapsed, asked: Age, action: Action, retirement: Retirement) -> Verdict {
        let window = self.estate.settings().rollback_window;
        if self.has_retired_holders() && !window.is_zero() {
            // It is in use until then, and the rule counts from its last use.
            let eligible_at = window.max(asked).after(self.estate.now());
            let text = "what runs it, which this plan retires, counts as its last use";
            let reasons = [Reason::new(ReasonCode::HolderRetired, text).until(eligible_at)].into();
            return Verdict::Defer { action, eligible_at, reasons };
        }
        let settled = self
            .revision
            .definition
            .deregistered_at
            .filter(|_| self.revision.definition.status == "INACTIVE")
            .map(settled_after);
        if let Some(until) = settled.filter(|settled| *settled > self.estate.now()) {
            let reasons = [Reason::new(ReasonCode::Settling, "it was deregistered just now").until(until)].into();
            return Verdict::Defer { action, eligible_at: until, reasons };
        }
        let lost = (window_passed, "it may have been in use");
        objection(self.estate, self.obstacles, action, lost).unwrap_or(Verdict::Retire(retirement))
    }
}

fn deletion_expects() -> Vec<Expect> {
    vec![Expect::Status { is: "INACTIVE".to_owned() }, Expect::Unreferenced, Expect::NotProtected]
}

fn longer<'s>(one: &'s Said<Age>, two: &'s Said<Age>) -> &'s Said<Age> {
    if one.value > two.value { one } else { two }
}

fn describe_last_use(at: Timestamp) -> String {
    format!(", last use {}", at.strftime("%Y-%m-%d"))
}
