//! Explanations over generated worlds: each says what the plan says, and what it foretells comes true to the second.

use std::{cell::RefCell, collections::BTreeMap};

use jettison::{
    inventory::Inventory,
    ledger::Ledger,
    model::{Address, ReasonCode, Timestamp},
    plan::{Answer, Explanation, Fate, Plan, Question, Wanted, Word, decide, explain},
    policy::{self, Policy},
};
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};

use super::{
    explain_slices::addresses,
    explain_worlds::world,
    generate::seeds,
    laws::{cases, ndjson},
    rules::rules,
    world::now,
};

struct Case {
    policy: Policy,
    inventory: Inventory,
    ledger: Ledger,
}

impl Case {
    fn question(&self, now: Timestamp) -> Question<'_> {
        Question {
            policy: &self.policy,
            policy_id: String::new(),
            inventory: &self.inventory,
            inventory_id: String::new(),
            ledger: &self.ledger,
            now,
            made_at: now,
            selection: None,
            tool_version: "0.0.0",
        }
    }

    fn plan(&self, now: Timestamp) -> Plan {
        let Answer { plan, .. } = decide(&self.question(now));
        plan
    }

    fn explain(&self, address: &Address) -> Explanation {
        let wanted: Wanted = address.to_string().parse().unwrap();
        explain(&self.question(now()), &wanted).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

/// Runs a check over worlds; what breaks it is printed whole.
fn holds(share: u32, check: impl Fn(&Case) -> Result<(), String>) {
    let inputs = (seeds(), seeds(), rules(), any::<u64>());
    let result = TestRunner::new(cases(share)).run(&inputs, |(first, second, rules, salt)| {
        let (inventory, ledger) = world(&first, &second, salt);
        let (policy, _) = policy::parse([("policy.hcl".to_owned(), rules.text())]).unwrap();
        let case = Case { policy, inventory, ledger };
        check(&case).map_err(|problem| {
            let (world, policy) = (ndjson(&case.inventory), rules.text());
            let ledger = serde_json::to_string(&case.ledger).unwrap();
            TestCaseError::fail(format!(
                "{problem}\n--- world.ndjson\n{world}--- policy.hcl\n{policy}--- ledger\n{ledger}\n"
            ))
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn explanations_agree_with_the_plan() {
    let seen = RefCell::new(BTreeMap::<Fate, usize>::new());
    holds(4, |case| {
        let plan = case.plan(now());
        let mut kept: BTreeMap<ReasonCode, u64> = BTreeMap::new();
        let all = addresses(&case.policy, &case.inventory);
        for address in all.iter().filter(|address| {
            plan.scopes.iter().any(|scope| scope.account == address.account && scope.region == address.region)
        }) {
            // A task set whose service is not there is nobody's.
            let wanted: Wanted = address.to_string().parse().unwrap();
            let Ok(told) = explain(&case.question(now()), &wanted) else { continue };
            agrees(&plan, &told)?;
            *seen.borrow_mut().entry(told.verdict).or_default() += 1;
            if told.verdict == Fate::Keep {
                *kept.entry(told.reasons[0].code).or_default() += 1;
            }
        }
        ensure(kept == plan.kept_by_reason, || format!("kept by {kept:?}, the plan by {:?}", plan.kept_by_reason))
    });
    let seen = seen.into_inner();
    assert!(seen.len() == 4, "not every verdict was met: {seen:?}");
}

fn agrees(plan: &Plan, told: &Explanation) -> Result<(), String> {
    let address = &told.address;
    let steps: Vec<_> = plan.steps.iter().filter(|step| step.address == *address).collect();
    let deferred = plan.deferred.iter().find(|pending| pending.address == *address);
    let blocked = plan.blocked.iter().find(|pending| pending.address == *address);
    let fate = match (steps.first(), deferred, blocked) {
        (Some(_), _, _) => Fate::Retire,
        (None, Some(_), _) => Fate::Defer,
        (None, None, Some(_)) => Fate::Block,
        (None, None, None) => Fate::Keep,
    };
    ensure(told.verdict == fate, || format!("{address}: {fate} by the plan, explained as {told:#?}"))?;
    match (steps.first(), deferred.or(blocked)) {
        (Some(step), _) => {
            let actions: Vec<_> = steps.iter().map(|step| step.action).collect();
            ensure(told.actions == actions, || format!("{address}: {actions:?}, explained as {:?}", told.actions))?;
            let same = (&told.reasons[..], told.rule.as_deref(), told.at.as_deref())
                == (&step.reasons[..], Some(&*step.rule), Some(&*step.at));
            ensure(same, || format!("{address}: {step:#?}\nexplained as {told:#?}"))?;
            ensure(told.conditions.is_empty(), || format!("{address} goes, and has conditions: {told:#?}"))
        }
        (None, Some(pending)) => {
            let same = (&told.reasons[..], told.eligible_at, &told.actions)
                == (&pending.reasons[..], pending.eligible_at, &vec![pending.action]);
            ensure(same, || format!("{address}: {pending:#?}\nexplained as {told:#?}"))?;
            ensure(!told.conditions.is_empty(), || format!("{address} is {fate}, and nothing has to change: {told:#?}"))
        }
        (None, None) => {
            ensure(!told.reasons.is_empty(), || format!("{address} is kept without a reason"))?;
            ensure(!told.conditions.is_empty(), || format!("{address} is kept, and nothing has to change: {told:#?}"))
        }
    }
}

/// What is foretold for the passing of time alone happens then, and not a second before.
#[test]
fn what_time_alone_brings_comes_to_the_second() {
    let found = RefCell::new(0usize);
    holds(8, |case| {
        let mut plans: BTreeMap<Timestamp, Plan> = BTreeMap::new();
        for address in addresses(&case.policy, &case.inventory) {
            let wanted: Wanted = address.to_string().parse().unwrap();
            let Ok(told) = explain(&case.question(now()), &wanted) else { continue };
            let is_alone = told.verdict == Fate::Keep
                || (told.verdict == Fate::Defer && told.reasons.iter().all(|it| it.code != ReasonCode::HolderRetired));
            let Some(at) = told.eligible_at.filter(|_| is_alone) else { continue };
            let goes = |plan: &Plan| plan.steps.iter().any(|step| step.address == address);
            let before = at - jiff::SignedDuration::from_secs(1);
            let early = goes(plans.entry(before).or_insert_with(|| case.plan(before)));
            ensure(!early, || format!("{address} goes before {at}: {told:#?}"))?;
            if told.verdict == Fate::Keep {
                let goes_then = goes(plans.entry(at).or_insert_with(|| case.plan(at)));
                ensure(goes_then, || format!("{address} does not go at {at}: {told:#?}"))?;
                *found.borrow_mut() += 1;
            }
        }
        Ok(())
    });
    assert!(found.into_inner() > 0, "nothing was a matter of time alone");
}

/// What an explanation tells beside the verdict fits with it.
#[test]
fn the_rest_of_an_explanation_fits_the_verdict() {
    holds(8, |case| {
        for address in addresses(&case.policy, &case.inventory) {
            let wanted: Wanted = address.to_string().parse().unwrap();
            let Ok(told) = explain(&case.question(now()), &wanted) else { continue };
            let says = |word: Word| told.rules.iter().any(|rule| rule.says == word);
            let problem = |what: &str| format!("{address}: {what}: {told:#?}");
            let goes = says(Word::Retires) || says(Word::Archives);
            ensure(told.verdict != Fate::Retire || goes, || problem("no rule retires it"))?;
            ensure(told.verdict == Fate::Keep || !says(Word::Keeps), || problem("a rule keeps it"))?;
            let in_use = told.reasons[0].code == ReasonCode::InUse && !address.to_string().contains("/service/");
            ensure(!in_use || !told.held_by.is_empty(), || problem("nobody holds it"))?;
            for path in &told.held_by {
                let last = path.hops.last().unwrap();
                let is_own = last.address.as_ref() == Some(&address);
                let parts = told.unit.iter().flat_map(|unit| &unit.parts);
                let is_part = parts.map(|part| Some(&part.address)).any(|part| part == last.address.as_ref());
                ensure(is_own || is_part, || problem("a path ends elsewhere"))?;
                let linked = path.hops.iter().rev().skip(1).all(|hop| hop.how.is_some()) && last.how.is_none();
                ensure(linked, || problem("a path has a gap"))?;
            }
            let counted = told.evidence.iter().filter(|witness| witness.counts).count();
            ensure(counted == usize::from(told.last_use.is_some()), || problem("what dates its last use is not told"))?;
            for condition in told.conditions.iter().filter_map(|condition| condition.address.as_ref()) {
                case.explain(condition);
            }
            let text = serde_json::to_string(&told).unwrap();
            ensure(serde_json::from_str::<Explanation>(&text).unwrap() == told, || problem("it does not read back"))?;
        }
        Ok(())
    });
}
