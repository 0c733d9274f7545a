//! What every rule that selects an object says of it.

use std::fmt::Display;

use super::{
    explanation::{Rank, RuleWord, Word},
    view::View,
};
use crate::{
    model::{Reason, Scope},
    plan::{
        definitions::{DefinitionView, SaidOfDefinition},
        estate::Estate,
        images::ImageView,
        services, task_sets,
        unit::SaidOfUnit,
        verdict::Says,
    },
    policy::Rule,
};

/// What all rules say of an object.
#[derive(Default)]
pub(super) struct Words {
    /// In the order of the policy.
    pub(super) words: Vec<RuleWord>,
    /// What those wait for that would retire it, also of those that keep it for now.
    pub(super) waiting: Vec<Reason>,
    /// Whether one would retire it if none kept it.
    pub(super) retires: bool,
}

/// A word, and what the rule says once it does not keep the object.
impl<'p> FromIterator<(RuleWord, Says<'p>)> for Words {
    fn from_iter<I: IntoIterator<Item = (RuleWord, Says<'p>)>>(said: I) -> Self {
        let mut words = Self::default();
        for (word, otherwise) in said {
            words.words.push(word);
            match otherwise {
                Says::Waits(reason) => words.waiting.push(reason),
                Says::Archives(_) | Says::Retires(_) => words.retires = true,
                Says::Nothing | Says::Keeps(_) => {}
            }
        }
        words
    }
}

/// The words of all rules on an object.
pub(super) fn words(estate: &Estate<'_>, scope: &Scope, view: &View<'_, '_>) -> Words {
    match view {
        View::Service { node, service, .. } => {
            let said = services::rules_on(estate, scope, node, service);
            said.into_iter().map(|(rule, says)| (word("service", rule, &says), says)).collect()
        }
        View::TaskSet { node, family, task_set, .. } => {
            let said = task_sets::rules_on(estate, family, node, task_set);
            said.into_iter().map(|(rule, says, otherwise)| (word("task_set", rule, &says), otherwise)).collect()
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
        Says::Archives(term) => (Word::Archives, None, Some(term.value.to_string()), Some(term.at.to_string())),
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
    let words = view.rules.iter().map(|SaidOfDefinition { rule, says, otherwise, place }| {
        let rank = rank(*place, rule.terms.keep.newest.as_ref().map(|said| said.value));
        (RuleWord { rank, ..word("task_definition", rule, says) }, otherwise.clone())
    });
    words.collect()
}

fn of_image(view: &ImageView<'_>) -> Words {
    let words = view.rules.iter().map(|SaidOfUnit { rule, covers, says, otherwise, place }| {
        let rank = rank(*place, rule.terms.keep.newest.as_ref().map(|said| said.value));
        let covers = covers.iter().map(|tag| (*tag).into()).collect();
        (RuleWord { covers, rank, ..word("image", rule, says) }, otherwise.clone())
    });
    words.collect()
}
