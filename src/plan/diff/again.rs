//! Comparisons, and the questions that are asked again for them.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    Circumstance, CircumstanceCode, Difference, Otherwise, Stand,
    circumstance::named,
    compare::{Evidence, compare},
    side::{Effect, Found, effect},
};
use crate::{
    model::{Location, Resource, Scope},
    plan::{
        Action, Answer, Plan, Question,
        decide::{Groundwork, decide},
        definitions,
        estate::Estate,
        images,
        verdict::{Decision, Telling, Verdict},
    },
    policy::Policy,
};

/// Compares two plans by what they say. What a plan only counts, such as what is kept, is not known of it.
#[must_use]
pub fn diff(from: &Plan, to: &Plan) -> Difference {
    compare(from, to, &Evidence::default())
}

/// Decides, and compares the plan with an older one. What the same question does at the old instant is not due to time, and
/// of what is no longer done it says why.
#[must_use]
pub fn diff_against(question: &Question<'_>, old: &Plan) -> (Answer, Difference) {
    let wanted: Vec<Effect> = old.steps.iter().filter_map(effect).collect();
    let (answer, now) = ask(question, &wanted);
    let is_later = old.as_of != answer.plan.as_of;
    let still = (is_later && answer.plan.has_changes()).then(|| {
        let then = Question { now: old.as_of, made_at: old.as_of, ..question.clone() };
        decide(&then).plan.steps.iter().filter_map(effect).collect()
    });
    let difference = compare(old, &answer.plan, &Evidence { still, now, before: Found::new() });
    (answer, difference)
}

/// Decides by two policies on one inventory, ledger and instant, and compares the plans: what the edit of the policy alone
/// changes.
#[must_use]
pub fn diff_policies(base: &Question<'_>, question: &Question<'_>) -> (Answer, Difference) {
    let old = decide(base).plan;
    let wanted: Vec<Effect> = old.steps.iter().filter_map(effect).collect();
    let (answer, now) = ask(question, &wanted);
    let known: HashSet<Effect> = wanted.into_iter().collect();
    let added: Vec<Effect> =
        answer.plan.steps.iter().filter_map(effect).filter(|effect| !known.contains(effect)).collect();
    let before = if added.is_empty() { Found::new() } else { ask(base, &added).1 };
    let mut difference = compare(&old, &answer.plan, &Evidence { still: None, before, now });
    difference.circumstances.extend(unread(base.policy, question.policy));
    (answer, difference)
}

/// The plan, and how the objects of `wanted` stand that it has no such steps for.
fn ask(question: &Question<'_>, wanted: &[Effect]) -> (Answer, Found) {
    let answer = decide(question);
    let done: HashSet<Effect> = answer.plan.steps.iter().filter_map(effect).collect();
    let open: Vec<&Effect> = wanted.iter().filter(|effect| !done.contains(*effect)).collect();
    if open.is_empty() {
        return (answer, Found::new());
    }
    let estate = Estate::new(question);
    let groundwork = Groundwork::new(&estate, Telling::Sentences);
    let case = Case { estate: &estate, groundwork: &groundwork, is_part: answer.plan.selected_from.is_some() };
    let found = open.into_iter().filter_map(|effect| Some((effect.clone(), case.stand(effect)?))).collect();
    (answer, found)
}

/// What the planner makes of everything, to be asked about single objects.
struct Case<'c, 'a> {
    estate: &'c Estate<'a>,
    groundwork: &'c Groundwork<'c, 'a>,
    /// Whether the plan is only a part.
    is_part: bool,
}

impl Case<'_, '_> {
    /// Nothing where the plan itself says it: of other steps on the object, and of places that it does not have.
    fn stand(&self, (location, action, resource): &Effect) -> Option<Otherwise> {
        self.estate.scope(location)?;
        let verdict = match resource {
            Resource::Service { .. } | Resource::TaskSet { .. } => self.of_holder(location, resource),
            Resource::TaskDefinition { .. } => {
                let view = definitions::view(self.estate, self.groundwork, location, resource);
                if view.as_ref().is_some_and(|view| is_done(*action, &view.revision.definition.status)) {
                    return Some(Stand::Done.into());
                }
                view.map(|view| view.verdict)
            }
            Resource::Image { repository, digest } => {
                let view = images::view(self.estate, self.groundwork, location, (repository, digest));
                view.map(|view| view.verdict)
            }
        };
        let Some(verdict) = verdict else { return Some(Stand::Gone.into()) };
        match verdict {
            Verdict::Keep(reasons) => Some(Otherwise { reasons: reasons.into(), ..Stand::Kept.into() }),
            Verdict::Defer { eligible_at, reasons, .. } => {
                let (eligible_at, reasons) = (Some(eligible_at), reasons);
                Some(Otherwise { eligible_at, reasons, ..Stand::Deferred.into() })
            }
            Verdict::Block { reasons, .. } => Some(Otherwise { reasons, ..Stand::Blocked.into() }),
            // It would go, and the selection says no; or it goes in another way.
            Verdict::Retire(retirement) => {
                let has_action = retirement.actions.iter().any(|(one, _)| one == action);
                (self.is_part && has_action).then(|| Stand::LeftOut.into())
            }
        }
    }

    fn of_holder(&self, location: &Location, resource: &Resource) -> Option<Verdict> {
        let is_it = |decision: &&Decision| decision.node.resource() == Some((location, resource.clone()));
        self.groundwork.holders.iter().find(is_it).map(|decision| decision.verdict.clone())
    }
}

/// Whether AWS shows a definition as it is after the action.
fn is_done(action: Action, status: &str) -> bool {
    (action == Action::DeregisterTaskDefinition && matches!(status, "INACTIVE" | "DELETE_IN_PROGRESS"))
        || (action == Action::DeleteTaskDefinition && status == "DELETE_IN_PROGRESS")
}

fn places(policy: &Policy) -> HashMap<Location, Scope> {
    let places = policy.accounts.iter().flat_map(|account| {
        account.regions.iter().map(|region| Scope {
            account: account.label.clone(),
            account_id: account.id.clone(),
            region: region.clone(),
        })
    });
    places.map(|scope| (scope.location(), scope)).collect()
}

/// What the base policy has that was not read, because AWS was read once and by the new policy.
fn unread(base: &Policy, new: &Policy) -> Vec<Circumstance> {
    let only =
        |base: BTreeSet<String>, new: &BTreeSet<String>| -> Vec<String> { base.difference(new).cloned().collect() };
    let places_of = |policy: &Policy| -> BTreeSet<String> { places(policy).keys().map(ToString::to_string).collect() };
    let lists = |policy: &Policy| -> BTreeSet<String> {
        let lists = policy.references.iter().map(|list| format!("reference \"{}\"", list.label));
        lists.chain(policy.aggregators.iter().map(|one| format!("aggregator \"{}\"", one.label))).collect()
    };
    let waived = |policy: &Policy| -> BTreeSet<String> {
        policy.waivers.iter().map(|waiver| waiver.source.to_string()).collect()
    };
    let mut found = Vec::new();
    let mut say = |text: String| found.push(Circumstance { code: CircumstanceCode::Unread, text });
    let gone = only(places_of(base), &places_of(new));
    if !gone.is_empty() {
        say(format!(
            "the base also has {}, which was not read: what may be in use there is blocked in the base, and what the base \
             would remove there is not shown",
            named(&gone)
        ));
    }
    let more = only(places_of(new), &places_of(base));
    if !more.is_empty() {
        say(format!(
            "the base does not have {}; what is in use there holds images by both policies here, and without it the base \
             would not have known",
            named(&more)
        ));
    }
    let gone = only(lists(base), &lists(new));
    if !gone.is_empty() {
        say(format!(
            "the base also has {}, which was not read: what only that holds may go unnoticed here",
            named(&gone)
        ));
    }
    let newly = only(waived(new), &waived(base));
    if !newly.is_empty() {
        say(format!(
            "the edit waives {}, so it was not read for the base either: what only that holds is not shown as released",
            named(&newly)
        ));
    }
    found
}
