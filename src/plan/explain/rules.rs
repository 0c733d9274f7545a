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
        task_sets::{self, Family},
        verdict::Says,
    },
    policy::Rule,
};

/// The words of all rules on an object, in the order of the policy.
pub(super) fn words(
    estate: &Estate<'_>,
    verdicts: &Verdicts<'_, '_>,
    scope: &Scope,
    node: &Node,
    unit: Option<&UnitView<'_>>,
) -> Vec<RuleWord> {
    match node {
        Node::Service { .. } => of_service(estate, scope, node),
        Node::TaskSet { .. } => of_task_set(estate, scope, node),
        Node::TaskDefinition(_) => of_definition(estate, verdicts, scope, node),
        Node::Image(_) => unit.map(of_unit).unwrap_or_default(),
        Node::Task { .. } | Node::External { .. } | Node::Tag { .. } => Vec::new(),
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

fn of_service(estate: &Estate<'_>, scope: &Scope, node: &Node) -> Vec<RuleWord> {
    let services = estate.question.inventory.services.iter();
    let mut seen = services.filter(|seen| Node::service(&seen.location, &seen.value) == *node);
    let Some(seen) = seen.next() else { return Vec::new() };
    let said = services::rules_on(estate, scope, node, &seen.value);
    said.iter().map(|(rule, says)| word("service", rule, says)).collect()
}

fn of_task_set(estate: &Estate<'_>, scope: &Scope, node: &Node) -> Vec<RuleWord> {
    for seen in estate.question.inventory.services.iter().filter(|seen| seen.location == *node.location()) {
        let family = Family::of(estate, scope, seen);
        if let Some((_, task_set)) = family.members.iter().find(|(one, _)| one == node) {
            let said = task_sets::rules_on(estate, &family, node, task_set);
            return said.iter().map(|(rule, says)| word("task_set", rule, says)).collect();
        }
    }
    Vec::new()
}

fn of_definition(estate: &Estate<'_>, verdicts: &Verdicts<'_, '_>, scope: &Scope, node: &Node) -> Vec<RuleWord> {
    let Some(seen) = estate.definitions.get(node) else { return Vec::new() };
    let said = definitions::rules_on(estate, verdicts, scope, (node, &seen.value));
    let with_rank = said.iter().map(|(rule, says)| {
        let rank = rule.terms.keep.newest.as_ref().and_then(|kept| {
            let (place, of) = definitions::place_among_newest(estate, rule, node)?;
            Some(Rank { place, of, kept: kept.value })
        });
        RuleWord { rank, ..word("task_definition", rule, says) }
    });
    with_rank.collect()
}

fn of_unit(unit: &UnitView<'_>) -> Vec<RuleWord> {
    let words = unit.rules.iter().map(|(rule, covers, says)| {
        let rank = rule.terms.keep.newest.as_ref().and_then(|kept| {
            let (_, place, of) = unit.ranks.iter().find(|(ranked, _, _)| std::ptr::eq(*ranked, *rule))?;
            Some(Rank { place: *place, of: *of, kept: kept.value })
        });
        let covers = covers.iter().map(|tag| tag.as_str().into()).collect();
        RuleWord { covers, rank, ..word("image", rule, says) }
    });
    words.collect()
}
