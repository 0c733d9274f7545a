//! Everything that a step is held against.

use std::collections::{HashMap, HashSet};

use super::{
    families::Families,
    names::{Place, definition},
    objection::{Findings, Law},
    past::{Past, Run},
    repositories::Repositories,
    steps::{Pair, Steps},
    unread::Unread,
    uses::{Reader, User, Uses},
};
use crate::{
    inventory::{Seen, Tag, TaskDefinition},
    model::{AccountLabel, Age, Location, Revision, Source, Timestamp},
    plan::{Expect, Question, Step},
    policy::{Evidence, Policy, Protect, Selector, Settings, TaskDefinitionSelector},
};

/// A question and the steps of a plan, and what the inventory says as far as these steps need it.
pub(super) struct Facts<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) steps: Steps<'a>,
    pub(super) families: Families<'a>,
    pub(super) repositories: Repositories<'a>,
    pub(super) uses: Uses<'a>,
    pub(super) past: Past,
    pub(super) unread: Unread,
    /// The steps on definitions, by the definition's place in the inventory.
    pub(super) definition_steps: HashMap<usize, Pair>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(question: &'a Question<'a>, steps: Steps<'a>) -> Self {
        let inventory = question.inventory;
        let families = Families::new(inventory);
        let repositories = Repositories::new(inventory);
        let of_definition = |(key, pair): (&_, &Pair)| {
            let (place, family, revision): &(Place<'_>, &str, u32) = key;
            Some((families.find(*place, family, *revision)?, *pair))
        };
        let definition_steps: HashMap<usize, Pair> = steps.definitions.iter().filter_map(of_definition).collect();
        let touched: HashSet<usize> = steps.repositories.keys().filter_map(|key| repositories.find(*key)).collect();
        let going: HashSet<usize> = definition_steps.keys().copied().collect();
        let is_waived = |source: Source| question.policy.waivers.iter().any(|waiver| waiver.source == source);
        let reader = Reader::new(inventory, (&families, &repositories), (&touched, &going), &is_waived);
        let uses = reader.read();
        let past = Past::read(inventory, &families, &repositories, question.now);
        let unread = Unread::new(question);
        Self { question, steps, families, repositories, uses, past, unread, definition_steps }
    }

    pub(super) fn policy(&self) -> &'a Policy {
        self.question.policy
    }

    pub(super) fn settings(&self) -> &'a Settings {
        &self.question.policy.settings
    }

    pub(super) fn has_window(&self) -> bool {
        !self.settings().rollback_window.is_zero()
    }

    /// Whether so much time has passed. No age asked for has always passed; what nothing dates has not.
    pub(super) fn passed(&self, since: Option<Timestamp>, age: Age) -> bool {
        age.is_zero() || since.is_some_and(|since| age.after(since) <= self.question.now)
    }

    /// What the policy calls an account, if it has this Region of it and the inventory covers it.
    pub(super) fn label(&self, location: &Location) -> Option<&'a AccountLabel> {
        let is_covered =
            |scope: &crate::model::Scope| scope.account_id == location.account_id && scope.region == location.region;
        let accounts = self.policy().accounts.iter().rev();
        let mut accounts =
            accounts.filter(|account| account.id == location.account_id && account.regions.contains(&location.region));
        accounts.next().filter(|_| self.question.inventory.scopes.iter().any(is_covered)).map(|account| &account.label)
    }

    pub(super) fn has_protect_tag(&self, tags: &[Tag]) -> bool {
        tags.iter().any(|tag| tag.key == self.settings().protect_tag)
    }

    /// The step after which somebody no longer uses what it uses. Nothing if it stays.
    pub(super) fn release(&self, user: User<'_>) -> Option<usize> {
        match user {
            User::Service(key) => self.steps.services.get(&key).copied(),
            User::TaskSet(key) => self.steps.task_sets.get(&key)?.delete,
            User::Definition(at) => self.definition_steps.get(&at)?.first,
            User::Fixed(_) => None,
        }
    }

    /// Whether a definition holds images once the plan is done, or for the rollback window: while it is neither INACTIVE nor being
    /// deleted, or protected, by itself, and otherwise through what runs it.
    pub(super) fn still_holds(&self, definition: usize) -> bool {
        let holds = self.holds_by_itself(definition) || self.runs(definition).next().is_some();
        let is_released = self.definition_steps.contains_key(&definition)
            || (!self.holds_by_itself(definition) && self.runs(definition).all(|user| self.release(user).is_some()));
        holds && (self.has_window() || !is_released)
    }

    pub(super) fn holds_by_itself(&self, definition: usize) -> bool {
        let Some(seen) = self.families.definitions.get(definition) else { return true };
        let is_retired = ["INACTIVE", "DELETE_IN_PROGRESS"].contains(&seen.value.status.as_str());
        !is_retired || self.protection_of_definition(seen).is_some()
    }

    /// Who runs a definition.
    pub(super) fn runs(&self, definition: usize) -> impl Iterator<Item = User<'a>> {
        self.uses.runs.get(&definition).into_iter().flatten().copied()
    }

    /// Why a definition is protected, if it is.
    pub(super) fn protection_of_definition(&self, seen: &Seen<TaskDefinition>) -> Option<String> {
        let label = self.label(&seen.location)?;
        if self.has_protect_tag(&seen.value.tags) {
            return Some("it carries the protect tag".to_owned());
        }
        self.policy().protects.iter().find_map(|protect| match &protect.select {
            Selector::TaskDefinition(select) if selects_definition(select, label, seen) => Some(protects(protect)),
            Selector::TaskDefinition(_) | Selector::Service(_) | Selector::TaskSet(_) | Selector::Image(_) => None,
        })
    }

    /// Objects to a step on something that `user` uses, unless the plan retires the user before and no rollback window has to
    /// pass first.
    pub(super) fn ensure_released(&self, findings: &mut Findings, step: usize, user: User<'_>) {
        match self.release(user) {
            None => findings.object(step, Law::Reachable, format!("{} uses it and stays", self.name(user))),
            Some(_) if self.has_window() => {
                let window = self.settings().rollback_window;
                let text =
                    format!("{} uses it until this plan retires that, and {window} have to pass", self.name(user));
                findings.object(step, Law::Window, text);
            }
            Some(release) => self.steps.ensure_waits(findings, step, release),
        }
    }

    pub(super) fn name(&self, user: User<'_>) -> String {
        match user {
            User::Service((_, cluster, service)) => format!("service {cluster}/{service}"),
            User::TaskSet((_, cluster, service, id)) => format!("task set {cluster}/{service}/{id}"),
            User::Definition(at) => {
                let name = self.families.definitions.get(at).map(|seen| definition(&seen.value));
                name.map_or_else(String::new, |(family, revision)| format!("task definition {family}:{revision}"))
            }
            User::Fixed(name) => name.to_owned(),
        }
    }
}

/// When something was last used, as far as anything tells.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LastUse {
    /// The ledger's last sighting.
    pub(super) seen: Option<Timestamp>,
    /// The latest of everything else that dates a use.
    pub(super) dated: Option<Timestamp>,
    /// What deployments tell.
    pub(super) run: Run,
    /// Whether something that would date it is missing.
    pub(super) is_undated: bool,
}

impl LastUse {
    fn latest(self) -> Option<Timestamp> {
        let is_known = !self.is_undated && !self.run.may_be_later;
        if is_known { self.dated.max(self.run.latest).max(self.seen) } else { None }
    }

    /// The instant that a rule's ages are counted from.
    pub(super) fn for_rules(self, evidence: Evidence) -> Option<Timestamp> {
        match evidence {
            Evidence::Observed => self.seen,
            Evidence::Inferred => self.latest(),
        }
    }

    /// The instant that the rollback window is counted from: `observed` asks for a sighting as well.
    pub(super) fn for_window(self, evidence: Evidence) -> Option<Timestamp> {
        match evidence {
            Evidence::Observed => self.seen.and(self.latest()),
            Evidence::Inferred => self.latest(),
        }
    }
}

/// Whether a selector covers a definition.
pub(super) fn selects_definition(
    select: &TaskDefinitionSelector,
    label: &AccountLabel,
    Seen { location, value }: &Seen<TaskDefinition>,
) -> bool {
    let (family, _) = definition(value);
    select.family_matches(label, &location.region, &family.into()) && covers_revision(select, value)
}

/// Whether a selector that covers a definition's family covers the definition.
pub(super) fn covers_revision(select: &TaskDefinitionSelector, value: &TaskDefinition) -> bool {
    let (_, revision) = definition(value);
    select.revision_matches(Revision(revision), &pairs(&value.tags), !value.plaintext_secrets.is_empty())
}

/// How an objection tells of a protection.
pub(super) fn protects(protect: &Protect) -> String {
    format!("protect \"{}\" at {} covers it", protect.name, protect.at)
}

/// The pairs of AWS tags, as selectors take them.
pub(super) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

/// Objects unless the step expects exactly these facts.
pub(super) fn ensure_expects(findings: &mut Findings, at: usize, step: &Step, wanted: &[Expect]) {
    let is_same = wanted.len() == step.expect.len() && wanted.iter().all(|fact| step.expect.contains(fact));
    findings.ensure(is_same, at, Law::LookAgain, || {
        "the facts to look at again before it are not those that it needs".to_owned()
    });
}
