//! What every rule that selects an object says of it.

use std::fmt::Display;

use super::explanation::{Rank, RuleWord, Word};
use crate::{
    graph::Node,
    model::Scope,
    plan::{
        decide::Verdicts,
        definitions,
        estate::Estate,
        images::UnitView,
        services,
        task_sets::{self, Family, TaskSetRule},
        verdict::Says,
    },
    policy::Rule,
};

/// What all rules say of an object.
#[derive(Default)]
pub(super) struct Words {
    /// In the order of the policy.
    pub(super) words: Vec<RuleWord>,
    /// Whether one of them has a term by which such an object goes.
    pub(super) can_retire: bool,
}

impl FromIterator<(RuleWord, bool)> for Words {
    fn from_iter<I: IntoIterator<Item = (RuleWord, bool)>>(said: I) -> Self {
        let mut words = Self::default();
        for (word, can_retire) in said {
            words.words.push(word);
            words.can_retire |= can_retire;
        }
        words
    }
}

/// The words of all rules on an object.
pub(super) fn words(
    estate: &Estate<'_>,
    verdicts: &Verdicts<'_, '_>,
    scope: &Scope,
    node: &Node,
    unit: Option<&UnitView<'_>>,
) -> Words {
    match node {
        Node::Service { .. } => of_service(estate, scope, node),
        Node::TaskSet { .. } => of_task_set(estate, scope, node),
        Node::TaskDefinition(_) => of_definition(estate, verdicts, scope, node),
        Node::Image(_) => unit.map(of_unit).unwrap_or_default(),
        Node::Task { .. } | Node::External { .. } | Node::Tag { .. } => Words::default(),
    }
}

fn word<S, T>(kind: &str, rule: &Rule<S, T>, says: &Says<'_>) -> RuleWord {
    let (word, reason, term, at) = match says {
        Says::Nothing => (Word::Nothing, None, None, None),
        Says::Keeps(reason) => (Word::Keeps, Some(reason.clone()), None, reason.at.clone()),
        Says::Waits(reason) => (Word::Waits, Some(reason.clone()), None, reason.at.clone()),
        Says::Retires(term) => (Word::Retires, None, Some(term.value.to_string()), Some(term.at.to_string())),
    };
    let at = at.unwrap_or_else(|| rule.at.to_string());
    RuleWord { rule: named(kind, rule), at, says: word, reason, term, covers: Vec::new(), rank: None }
}

fn named(kind: &str, rule: &impl Display) -> String {
    format!("{kind}.{rule}")
}

fn of_service(estate: &Estate<'_>, scope: &Scope, node: &Node) -> Words {
    let services = estate.question.inventory.services.iter();
    let mut seen = services.filter(|seen| Node::service(&seen.location, &seen.value) == *node);
    let Some(seen) = seen.next() else { return Words::default() };
    let said = services::rules_on(estate, scope, node, &seen.value);
    said.iter().map(|(rule, says)| (word("service", rule, says), rule.terms.delete.is_some())).collect()
}

fn of_task_set(estate: &Estate<'_>, scope: &Scope, node: &Node) -> Words {
    for seen in estate.question.inventory.services.iter().filter(|seen| seen.location == *node.location()) {
        let family = Family::of(estate, scope, seen);
        if let Some((_, task_set)) = family.members.iter().find(|(one, _)| one == node) {
            let said = task_sets::rules_on(estate, &family, node, task_set);
            let can_retire = |rule: &TaskSetRule| rule.terms.delete.is_some();
            return said.iter().map(|(rule, says)| (word("task_set", rule, says), can_retire(rule))).collect();
        }
    }
    Words::default()
}

fn of_definition(estate: &Estate<'_>, verdicts: &Verdicts<'_, '_>, scope: &Scope, node: &Node) -> Words {
    let Some(seen) = estate.definitions.get(node) else { return Words::default() };
    let is_active = seen.value.status == "ACTIVE";
    let said = definitions::rules_on(estate, verdicts, scope, (node, &seen.value));
    let with_rank = said.iter().map(|(rule, says)| {
        let rank = rule.terms.keep.newest.as_ref().and_then(|kept| {
            let (place, of) = definitions::place_among_newest(estate, rule, node)?;
            Some(Rank { place, of, kept: kept.value })
        });
        let terms = &rule.terms;
        let can_retire = if is_active { terms.deregister.is_some() } else { terms.delete.is_some() };
        (RuleWord { rank, ..word("task_definition", rule, says) }, can_retire)
    });
    with_rank.collect()
}

fn of_unit(unit: &UnitView<'_>) -> Words {
    let words = unit.rules.iter().map(|(rule, covers, says)| {
        let rank = rule.terms.keep.newest.as_ref().and_then(|kept| {
            let (_, place, of) = unit.ranks.iter().find(|(ranked, _, _)| std::ptr::eq(*ranked, *rule))?;
            Some(Rank { place: *place, of: *of, kept: kept.value })
        });
        let covers = covers.iter().map(|tag| tag.as_str().into()).collect();
        (RuleWord { covers, rank, ..word("image", rule, says) }, rule.terms.delete.is_some())
    });
    words.collect()
}
