//! Comparisons, and the questions that are asked again for them.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    Circumstance, CircumstanceCode, Difference, Otherwise, Stand,
    circumstance::named,
    compare::{Evidence, compare},
    side::{Effect, Found, effect},
};
use crate::{
    model::{Address, Location, Scope},
    plan::{
        Action, Answer, Plan, Question,
        assemble::Kept,
        decide::{decide, decide_watching},
        select::objects,
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
    let places = places(question.policy);
    let address = |(location, _, resource): &Effect| {
        let scope = places.get(location)?;
        Some(Address { account: scope.account.clone(), region: scope.region.clone(), resource: resource.clone() })
    };
    let watched: HashSet<Address> = wanted.iter().filter_map(address).collect();
    let (answer, kept) = decide_watching(question, &watched);
    let done: HashSet<Effect> = answer.plan.steps.iter().filter_map(effect).collect();
    let there = statuses(question, &watched);
    let case = Case { answer: &answer, kept: &kept, there: &there };
    let open = wanted.iter().filter(|effect| !done.contains(*effect));
    let found = open.filter_map(|effect| Some((effect.clone(), case.stand(effect, &address(effect)?)?)));
    let found = found.collect();
    (answer, found)
}

/// The watched objects that are there, with the status of those that have one.
fn statuses<'q>(question: &Question<'q>, watched: &HashSet<Address>) -> HashMap<Address, Option<&'q str>> {
    let objects = objects(question.policy, question.inventory).filter(|object| watched.contains(&object.address));
    objects.map(|object| (object.address, object.status)).collect()
}

/// What the planner said of everything, for what has no step.
struct Case<'c> {
    answer: &'c Answer,
    kept: &'c Kept,
    there: &'c HashMap<Address, Option<&'c str>>,
}

impl Case<'_> {
    /// Nothing where the plan itself says it: of what waits, of other steps, of places that it does not have.
    fn stand(&self, (location, action, _): &Effect, address: &Address) -> Option<Otherwise> {
        let plan = &self.answer.plan;
        if !plan.scopes.iter().any(|scope| scope.location() == *location) {
            return None;
        }
        let Some(status) = self.there.get(address) else { return Some(Stand::Gone.into()) };
        if is_done(*action, *status) {
            return Some(Stand::Done.into());
        }
        if let Some(reasons) = self.kept.get(address) {
            return Some(Otherwise { reasons: reasons.clone(), ..Stand::Kept.into() });
        }
        let waits = plan.deferred.iter().chain(&plan.blocked).any(|one| one.address == *address);
        let has_steps = || plan.steps.iter().any(|step| step.address == *address);
        // It would go, and the selection says no.
        (plan.selected_from.is_some() && !waits && !has_steps()).then(|| Stand::LeftOut.into())
    }
}

/// Whether AWS shows a definition as it is after the action.
fn is_done(action: Action, status: Option<&str>) -> bool {
    let is = |words: &[&str]| status.is_some_and(|status| words.contains(&status));
    (action == Action::DeregisterTaskDefinition && is(&["INACTIVE", "DELETE_IN_PROGRESS"]))
        || (action == Action::DeleteTaskDefinition && is(&["DELETE_IN_PROGRESS"]))
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
