//! All laws on what goes, at once and exactly: neither more nor less than a second decision procedure finds.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use jettison::plan::{Action, Plan};

use super::{super::oracle::Oracle, effects, ensure, holds, now, retired};

/// L1, L2, L3 and L4: what goes is exactly what the laws and the policy allow, decided a second time by other means, action
/// by action. And every object of the policy's places has one verdict.
#[test]
fn what_goes_is_what_the_laws_allow() {
    let went = RefCell::new(BTreeMap::<String, usize>::new());
    holds("what_goes_is_what_the_laws_allow", 1, |case| {
        let plan = case.plan;
        let oracle = Oracle::new(case.inventory, case.policy, case.ledger, now());
        let objects = oracle.count();
        let (goes, may_go) = (effects(plan), oracle.may_go());
        let too_much: Vec<_> = goes.difference(&may_go).collect();
        ensure(too_much.is_empty(), || format!("done against the laws: {too_much:#?}"))?;
        let too_little: Vec<_> = may_go.difference(&goes).collect();
        ensure(too_little.is_empty(), || format!("nothing speaks against, and yet it is not done: {too_little:#?}"))?;
        ensure(!plan.errored, || format!("{:?}", plan.refusals))?;
        verdicts_are_complete(plan, objects)?;
        for step in &plan.steps {
            *went.borrow_mut().entry(step.action.to_string()).or_default() += 1;
        }
        for (word, list) in [("deferred", &plan.deferred), ("blocked", &plan.blocked)] {
            *went.borrow_mut().entry(word.to_owned()).or_default() += list.len();
        }
        Ok(())
    });
    // A law that nothing puts to the test holds of anything.
    let went = went.into_inner();
    let words = Action::ALL.iter().map(ToString::to_string).chain(["deferred".to_owned(), "blocked".to_owned()]);
    for word in words {
        assert!(went.get(&word).is_some_and(|count| *count >= 1), "too few `{word}`: {went:?}");
    }
}

fn verdicts_are_complete(plan: &Plan, objects: usize) -> Result<(), String> {
    let goes = retired(plan);
    let kept: u64 = plan.kept_by_reason.values().sum();
    let said = (plan.summary.kept, plan.summary.deferred, plan.summary.blocked);
    let found = (kept, plan.deferred.len() as u64, plan.blocked.len() as u64);
    ensure(said == found, || format!("the summary says {said:?}, the plan has {found:?}"))?;
    let total = kept + found.1 + found.2 + goes.len() as u64;
    ensure(total == objects as u64, || format!("{objects} objects, {total} verdicts"))?;
    let mut pending: BTreeSet<String> = BTreeSet::new();
    for one in plan.deferred.iter().chain(&plan.blocked) {
        let address = one.address.to_string();
        ensure(!goes.contains(&address) && pending.insert(address), || format!("{} has two verdicts", one.address))?;
        ensure(!one.reasons.is_empty(), || format!("{} waits without a reason", one.address))?;
    }
    for one in &plan.deferred {
        ensure(one.eligible_at.is_some_and(|at| at > now()), || format!("{} waits for nothing", one.address))?;
    }
    ensure(plan.steps.iter().all(|step| !step.reasons.is_empty()), || "a step without a reason".to_owned())
}

/// What is in use is on record for the ledger: exactly what a second reading of the references finds.
#[test]
fn what_is_in_use_is_handed_to_the_ledger() {
    holds("what_is_in_use_is_handed_to_the_ledger", 3, |case| {
        let answer = super::answer_at(case.policy, case.inventory, case.ledger, now());
        let said = answer.in_use.iter().map(|(location, resource)| format!("{location} {resource}"));
        let said: BTreeSet<String> = said.collect();
        let found = Oracle::new(case.inventory, case.policy, case.ledger, now()).in_use();
        let missing: Vec<_> = found.difference(&said).collect();
        ensure(missing.is_empty(), || format!("in use, and not on record: {missing:#?}"))?;
        let more: Vec<_> = said.difference(&found).collect();
        ensure(more.is_empty(), || format!("on record, and not in use: {more:#?}"))
    });
}
