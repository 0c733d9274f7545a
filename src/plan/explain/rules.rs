//! What every rule that selects an object says of it.

use std::fmt::Display;

use super::{
    explanation::{Rank, RuleWord, Word},
    view::View,
};
use crate::{
    model::Scope,
    plan::{
        definitions::DefinitionView,
        estate::Estate,
        images::{ImageView, SaidOfUnit},
        services,
        task_sets::{self, TaskSetRule},
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
pub(super) fn words(estate: &Estate<'_>, scope: &Scope, view: &View<'_, '_>) -> Words {
    match view {
        View::Service { node, service, .. } => {
            let said = services::rules_on(estate, scope, node, service);
            said.iter().map(|(rule, says)| (word("service", rule, says), rule.terms.delete.is_some())).collect()
        }
        View::TaskSet { node, family, task_set, .. } => {
            let said = task_sets::rules_on(estate, family, node, task_set);
            let can_retire = |rule: &TaskSetRule| rule.terms.delete.is_some();
            said.iter().map(|(rule, says)| (word("task_set", rule, says), can_retire(rule))).collect()
        }
        View::Definition(definition) => of_definition(definition),
        View::Image(image) => of_image(image),
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

fn rank(place: Option<(usize, usize)>, kept: Option<u32>) -> Option<Rank> {
    let ((place, of), kept) = place.zip(kept)?;
    Some(Rank { place, of, kept })
}

fn of_definition(view: &DefinitionView<'_, '_>) -> Words {
    let is_active = view.revision.definition.status == "ACTIVE";
    let words = view.rules.iter().map(|(rule, says, place)| {
        let terms = &rule.terms;
        let rank = rank(*place, terms.keep.newest.as_ref().map(|said| said.value));
        let can_retire = if is_active { terms.deregister.is_some() } else { terms.delete.is_some() };
        (RuleWord { rank, ..word("task_definition", rule, says) }, can_retire)
    });
    words.collect()
}

fn of_image(view: &ImageView<'_>) -> Words {
    let words = view.rules.iter().map(|SaidOfUnit { rule, covers, says, place }| {
        let rank = rank(*place, rule.terms.keep.newest.as_ref().map(|said| said.value));
        let covers = covers.iter().map(|tag| (*tag).into()).collect();
        (RuleWord { covers, rank, ..word("image", rule, says) }, rule.terms.delete.is_some())
    });
    words.collect()
}
