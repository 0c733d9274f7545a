//! Verdicts on task definitions.

use std::collections::{BTreeMap, HashMap};

use super::{
    Action, Expect,
    estate::{Estate, newest, pairs},
    evidence::{EvidenceBook, LastUse},
    obstacles::{Obstacles, objection},
    verdict::{Decision, Elapsed, Retirement, Says, Verdict, hear, keep_for},
};
use crate::{
    graph::{Node, TaskDefinitionKey},
    inventory::{Seen, TaskDefinition},
    model::{Age, Family, Location, Reason, ReasonCode, Revision, Scope, Timestamp, quota::settled_after},
    policy::{Rule, Said, Selector, TaskDefinitionSelector, TaskDefinitionTerms},
};

type DefinitionRule = Rule<TaskDefinitionSelector, TaskDefinitionTerms>;

/// Decides on every task definition of the policy's scopes, given what becomes of services and task sets.
pub(super) fn decide(
    estate: &Estate<'_>,
    evidence: &EvidenceBook<'_, '_>,
    obstacles: &Obstacles<'_>,
    holders: &HashMap<Node, Verdict>,
) -> Vec<Decision> {
    let kept = KeptAsNewest::new(estate);
    let mut decisions = Vec::new();
    for seen in &estate.question.inventory.task_definitions {
        let Some(scope) = estate.scope(&seen.location) else { continue };
        let node = Node::task_definition(&seen.location, &seen.value);
        let (Node::TaskDefinition(key), Some((_, resource))) = (&node, node.resource()) else { continue };
        let case = Case { estate, obstacles, holders, kept: &kept, scope, node: &node, key, definition: &seen.value };
        let verdict = case.verdict(evidence.of_definition(&node, &seen.value));
        decisions.push(Decision { address: Estate::address(scope, resource), node, verdict });
    }
    decisions
}

/// One definition with what bears on it.
struct Case<'c, 'a> {
    estate: &'c Estate<'a>,
    obstacles: &'c Obstacles<'c>,
    holders: &'c HashMap<Node, Verdict>,
    kept: &'c KeptAsNewest<'c>,
    scope: &'c Scope,
    node: &'c Node,
    key: &'c TaskDefinitionKey,
    definition: &'c TaskDefinition,
}

impl<'a> Case<'_, 'a> {
    fn verdict(&self, last_use: LastUse) -> Verdict {
        let is_active = match self.definition.status.as_str() {
            "ACTIVE" => true,
            "INACTIVE" => false,
            "DELETE_IN_PROGRESS" => {
                return Verdict::keep(ReasonCode::DeletionUnderWay, "AWS is already deleting it");
            }
            other => return Verdict::keep(ReasonCode::UnknownStatus, format!("its status is `{other}`")),
        };
        if let Some(reason) = self.protection().or_else(|| self.staying_holder()) {
            return Verdict::Keep(vec![reason]);
        }
        let heard = match hear(self.rules().map(|rule| (rule, self.says(rule, is_active, last_use)))) {
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
    fn says<'p>(&self, rule: &'p DefinitionRule, is_active: bool, last_use: LastUse) -> Says<'p> {
        match self.kept_by(rule) {
            Some(reason) => Says::Keeps(reason),
            None if is_active => self.deregistration(rule, last_use),
            None => self.deletion(rule),
        }
    }

    fn selects(&self, select: &TaskDefinitionSelector) -> bool {
        selects(select, self.scope, self.key, self.definition)
    }

    fn rules(&self) -> impl Iterator<Item = &'a DefinitionRule> {
        self.estate.policy().task_definitions.iter().filter(|rule| self.selects(&rule.select))
    }

    fn protection(&self) -> Option<Reason> {
        protection(self.estate, self.scope, self.key, self.definition)
    }

    /// A holder that this plan does not retire.
    fn staying_holder(&self) -> Option<Reason> {
        let holders = self.estate.graph.holders(self.node).map(|(holder, _)| holder);
        let staying = holders.filter(|holder| !self.holders.get(*holder).is_some_and(Verdict::is_retired)).min()?;
        Some(Reason::new(ReasonCode::InUse, format!("{staying} runs it")))
    }

    fn has_retired_holders(&self) -> bool {
        self.estate.graph.holders(self.node).next().is_some()
    }

    fn kept_by(&self, rule: &DefinitionRule) -> Option<Reason> {
        let keep = &rule.terms.keep;
        if let Some(said) = &keep.newest
            && self.kept.contains(rule, self.node)
        {
            let text = format!("{rule} keeps the newest {} ACTIVE revisions of a family", said.value);
            return Some(Reason::new(ReasonCode::KeepNewest, text).at(&*said.at));
        }
        let said = keep.newer_than.as_ref()?;
        let text = format!("{rule} keeps revisions registered within {}", said.value);
        match Elapsed::since(self.definition.registered_at, said.value, self.estate.now()) {
            Elapsed::Enough => None,
            Elapsed::Not { until } => Some(Reason::new(ReasonCode::KeepNewerThan, text).at(&*said.at).until(until)),
            Elapsed::Unknown => {
                Some(Reason::new(ReasonCode::AgeUnknown, format!("{text}, and AWS does not date it")).at(&*said.at))
            }
        }
    }

    fn is_newest_active(&self) -> bool {
        self.estate.graph.newest_active(&self.key.location, &self.key.family) == Some(self.key.revision)
    }

    /// ACTIVE: whether a rule deregisters it.
    fn deregistration<'p>(&self, rule: &'p DefinitionRule, last_use: LastUse) -> Says<'p> {
        let Some(unused_for) = &rule.terms.deregister else { return Says::Nothing };
        let asked = match (self.is_newest_active(), &rule.terms.last_revision) {
            (false, _) => unused_for,
            (true, Some(last)) => longer(unused_for, last),
            (true, None) => {
                let text = "it is the newest ACTIVE revision: whoever names only the family runs it";
                return Says::Waits(Reason::new(ReasonCode::NewestActive, text));
            }
        };
        match last_use.lasted(asked.value, self.estate.now()) {
            Elapsed::Enough => Says::Retires(asked),
            Elapsed::Not { until } => {
                let text = format!("{rule} asks for {} without use", asked.value);
                Says::Waits(Reason::new(ReasonCode::TooRecent, text).at(&*asked.at).until(until))
            }
            Elapsed::Unknown => {
                let text = format!("{rule} asks for {} without use, and nothing dates its last use", asked.value);
                Says::Waits(Reason::new(ReasonCode::AgeUnknown, text).at(&*asked.at))
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
        let deletes = self.rules().filter_map(|rule| rule.terms.delete.as_ref()).any(|said| said.value.is_zero());
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
                rule: format!("task_definition.{rule}"),
                at: asked.at.to_string(),
                reasons: vec![Reason::new(ReasonCode::Unused, text)],
            },
        )
    }

    /// INACTIVE: whether a rule deletes it.
    fn deletion<'p>(&self, rule: &'p DefinitionRule) -> Says<'p> {
        let Some(said) = &rule.terms.delete else { return Says::Nothing };
        match Elapsed::since(self.definition.deregistered_at, said.value, self.estate.now()) {
            Elapsed::Enough => Says::Retires(said),
            Elapsed::Not { until } => {
                let text = format!("{rule} asks for {} of being INACTIVE", said.value);
                Says::Waits(Reason::new(ReasonCode::TooRecent, text).at(&*said.at).until(until))
            }
            Elapsed::Unknown => {
                let text = format!("{rule} asks for {} of being INACTIVE, and AWS does not date it", said.value);
                Says::Waits(Reason::new(ReasonCode::AgeUnknown, text).at(&*said.at))
            }
        }
    }

    fn delete(&self, rule: &DefinitionRule, said: &Said<Age>, last_use: LastUse) -> Verdict {
        let since = self.definition.deregistered_at;
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
                rule: format!("task_definition.{rule}"),
                at: said.at.to_string(),
                reasons: vec![Reason::new(ReasonCode::Inactive, text)],
            },
        )
    }

    /// Retires unless the rollback window or something unread forbids it (laws L4 and L2).
    fn after_window(&self, window_passed: Elapsed, asked: Age, action: Action, retirement: Retirement) -> Verdict {
        let window = self.estate.settings().rollback_window;
        if self.has_retired_holders() && !window.is_zero() {
            // It is in use until then, and the rule counts from its last use.
            let eligible_at = window.max(asked).after(self.estate.now());
            let text = "what runs it, which this plan retires, counts as its last use";
            let reasons = vec![Reason::new(ReasonCode::HolderRetired, text).until(eligible_at)];
            return Verdict::Defer { action, eligible_at, reasons };
        }
        let settled =
            self.definition.deregistered_at.filter(|_| self.definition.status == "INACTIVE").map(settled_after);
        if let Some(until) = settled.filter(|settled| *settled > self.estate.now()) {
            let reasons = vec![Reason::new(ReasonCode::Settling, "it was deregistered just now").until(until)];
            return Verdict::Defer { action, eligible_at: until, reasons };
        }
        let lost = (window_passed, "it may have been in use");
        objection(self.estate, self.obstacles, self.node, action, lost).unwrap_or(Verdict::Retire(retirement))
    }
}

/// Whether the policy or a tag protects a definition, and so what it needs.
pub(super) fn is_protected(estate: &Estate<'_>, node: &Node) -> bool {
    let (Node::TaskDefinition(key), Some(seen)) = (node, estate.definitions.get(node)) else { return false };
    estate.scope(&seen.location).is_some_and(|scope| protection(estate, scope, key, &seen.value).is_some())
}

fn protection(
    estate: &Estate<'_>,
    scope: &Scope,
    key: &TaskDefinitionKey,
    definition: &TaskDefinition,
) -> Option<Reason> {
    if estate.has_protect_tag(&definition.tags) {
        return Some(Reason::new(ReasonCode::ProtectTag, "it carries the protect tag"));
    }
    estate.policy().protects.iter().find_map(|protect| match &protect.select {
        Selector::TaskDefinition(select) if selects(select, scope, key, definition) => {
            Some(Reason::new(ReasonCode::Protected, format!("protected: {}", protect.reason)).at(&*protect.at))
        }
        Selector::Service(_) | Selector::TaskSet(_) | Selector::TaskDefinition(_) | Selector::Image(_) => None,
    })
}

fn selects(
    select: &TaskDefinitionSelector,
    scope: &Scope,
    key: &TaskDefinitionKey,
    definition: &TaskDefinition,
) -> bool {
    select.matches(
        &scope.account,
        &scope.region,
        &key.family,
        key.revision,
        &pairs(&definition.tags),
        !definition.plaintext_secrets.is_empty(),
    )
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

/// The newest ACTIVE revisions that each rule keeps per family.
struct KeptAsNewest<'e>(HashMap<(&'e str, &'e Node), ()>);

impl<'e> KeptAsNewest<'e> {
    fn new(estate: &'e Estate<'_>) -> Self {
        let mut kept = HashMap::new();
        for rule in &estate.policy().task_definitions {
            let Some(said) = &rule.terms.keep.newest else { continue };
            for members in selected_by_family(estate, rule).values() {
                let members = members.iter().map(|(revision, node)| (Some(*revision), *node));
                kept.extend(newest(said.value, members).into_iter().map(|node| ((rule.name.as_str(), node), ())));
            }
        }
        Self(kept)
    }

    fn contains(&self, rule: &DefinitionRule, node: &Node) -> bool {
        self.0.contains_key(&(rule.name.as_str(), node))
    }
}

/// The ACTIVE revisions that a rule selects, by family.
fn selected_by_family<'e>(
    estate: &'e Estate<'_>,
    rule: &DefinitionRule,
) -> BTreeMap<(&'e Location, &'e Family), Vec<(Revision, &'e Node)>> {
    let mut families: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (node, Seen { location, value: definition }) in &estate.definitions {
        let (Node::TaskDefinition(key), Some(scope)) = (node, estate.scope(location)) else { continue };
        if definition.status == "ACTIVE" && selects(&rule.select, scope, key, definition) {
            families.entry((&key.location, &key.family)).or_default().push((key.revision, node));
        }
    }
    families
}
