//! The second check of plans over generated worlds: it accepts what the planner makes, and nothing that was changed by hand.

use std::{collections::BTreeSet, fmt::Write as _};

use jettison::{
    inventory::{Inventory, write},
    ledger::Ledger,
    plan::{Answer, Objection, Plan, Question, StepId, decide, verify},
    policy::{self, Policy},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{
    generate::seeds,
    laws::wanted_cases,
    rules::rules,
    verify_changes::{CHANGES, Pick, put_right},
    world::now,
};

const CASES: u32 = 600;

/// A world, a policy and the plan of the two.
pub(crate) struct Case {
    pub(crate) inventory: Inventory,
    pub(crate) ledger: Ledger,
    pub(crate) policy: Policy,
    pub(crate) plan: Plan,
}

impl Case {
    pub(crate) fn new(inventory: Inventory, ledger: Ledger, policy: &str) -> Self {
        let files = [("policy.hcl".to_owned(), policy.to_owned())];
        let (policy, _) = policy::parse(files).unwrap_or_else(|problems| panic!("{problems:#?}\n{policy}"));
        let Answer { plan, .. } = decide(&question(&policy, &inventory, &ledger));
        Self { inventory, ledger, policy, plan }
    }

    pub(crate) fn question(&self) -> Question<'_> {
        question(&self.policy, &self.inventory, &self.ledger)
    }

    /// What the second check says of another plan of the same world. Whoever changed it by hand also set its digests right.
    pub(crate) fn objections(&self, plan: &Plan) -> Vec<Objection> {
        verify(&self.question(), &plan.clone().identified())
    }
}

fn question<'q>(policy: &'q Policy, inventory: &'q Inventory, ledger: &'q Ledger) -> Question<'q> {
    Question {
        policy,
        policy_id: "policy".to_owned(),
        inventory,
        inventory_id: "inventory".to_owned(),
        ledger,
        now: now(),
        made_at: now(),
        selection: None,
        tool_version: "0.0.0",
    }
}

/// Runs a law over generated worlds that have something to do; what breaks it is printed whole.
pub(crate) fn over_plans(share: u32, law: impl Fn(&Case, u64) -> Result<(), String>) {
    let cases = wanted_cases().unwrap_or(CASES) / share;
    let config =
        Config { cases: cases.max(1), failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let result = TestRunner::new(config).run(&(seeds(), rules(), any::<u64>()), |(seeds, rules, salt)| {
        let (inventory, ledger) = seeds.world();
        let case = Case::new(inventory, ledger, &rules.text());
        law(&case, salt).map_err(|problem| {
            let mut world = Vec::new();
            write(&case.inventory, &mut world).unwrap();
            let mut text = format!("{problem}\n--- now: {}\n--- world.ndjson\n", now());
            text += &String::from_utf8(world).unwrap();
            write!(text, "--- policy.hcl\n{}", rules.text()).unwrap();
            write!(text, "--- ledger\n{}\n", serde_json::to_string(&case.ledger).unwrap()).unwrap();
            TestCaseError::fail(text)
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn every_plan_of_the_planner_is_accepted() {
    over_plans(1, |case, _| {
        let objections = verify(&case.question(), &case.plan);
        if objections.is_empty() && case.plan.refusals.is_empty() {
            return Ok(());
        }
        Err(format!("{:#?}\n{objections:#?}\n{:#?}", case.plan.refusals, case.plan.steps))
    });
}

/// A plan with a change that matters is refused, whatever the change.
fn is_refused(name: &str) {
    let (_, change) = CHANGES.into_iter().find(|(known, _)| *known == name).unwrap();
    let made = std::cell::Cell::new(0);
    over_plans(8, |case, salt| {
        let mut pick = Pick(salt);
        for _ in 0..8 {
            let Some(plan) = change(case, &mut pick) else { continue };
            made.set(made.get() + 1);
            if case.objections(&plan).is_empty() {
                return Err(format!(
                    "{name}, and nobody objects:\n{:#?}\ninstead of\n{:#?}",
                    plan.steps, case.plan.steps
                ));
            }
        }
        Ok(())
    });
    assert!(made.get() >= 3, "{name}: made {} times", made.get());
}

#[test]
fn no_plan_that_was_changed_by_hand_is_accepted() {
    over_plans(1, |case, salt| {
        let mut pick = Pick(salt);
        for _ in 0..12 {
            let (name, change) = *pick.of(&CHANGES).unwrap();
            let Some(plan) = change(case, &mut pick) else { continue };
            if case.objections(&plan).is_empty() {
                return Err(format!(
                    "{name}, and nobody objects:\n{:#?}\ninstead of\n{:#?}",
                    plan.steps, case.plan.steps
                ));
            }
        }
        Ok(())
    });
}

/// Parts of a plan that leave nothing waiting for what is left out are as safe as the whole.
#[test]
fn a_part_of_a_plan_that_is_closed_is_accepted() {
    let parts = std::cell::Cell::new(0);
    over_plans(1, |case, salt| {
        let mut pick = Pick(salt);
        for part in [without(case, &mut pick), only(case, &mut pick)].into_iter().flatten() {
            parts.set(parts.get() + 1);
            let objections = case.objections(&part);
            if !objections.is_empty() {
                return Err(format!("{objections:#?}\nof\n{:#?}\nout of\n{:#?}", part.steps, case.plan.steps));
            }
        }
        Ok(())
    });
    assert!(parts.get() >= 50, "{} parts", parts.get());
}

/// The plan without an object, and without everything that waits for it.
fn without(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let address = pick.of(&case.plan.steps)?.address.clone();
    let mut dropped: BTreeSet<StepId> = BTreeSet::new();
    let mut addresses = BTreeSet::from([address]);
    for _ in &case.plan.steps {
        for step in &case.plan.steps {
            if addresses.contains(&step.address) || step.after.iter().any(|id| dropped.contains(id)) {
                dropped.insert(step.id);
                addresses.insert(step.address.clone());
            }
        }
    }
    let mut plan = case.plan.clone();
    plan.steps.retain(|step| !dropped.contains(&step.id));
    put_right(&mut plan);
    Some(plan)
}

/// The steps on one object, and everything that they wait for.
fn only(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let mut addresses = BTreeSet::from([pick.of(&case.plan.steps)?.address.clone()]);
    let mut taken: BTreeSet<StepId> = BTreeSet::new();
    for _ in &case.plan.steps {
        for step in &case.plan.steps {
            if addresses.contains(&step.address) || taken.contains(&step.id) {
                addresses.insert(step.address.clone());
                taken.insert(step.id);
                taken.extend(step.after.iter().copied());
            }
        }
    }
    let mut plan = case.plan.clone();
    plan.steps.retain(|step| taken.contains(&step.id));
    put_right(&mut plan);
    Some(plan)
}

#[test]
fn a_kept_object_that_is_added_is_refused() {
    is_refused("a kept object added");
}

#[test]
fn an_edge_of_order_that_is_removed_is_refused() {
    is_refused("an edge of order removed");
}

#[test]
fn steps_in_the_wrong_order_are_refused() {
    is_refused("two steps that wait for each other swapped");
}

#[test]
fn a_plan_without_a_step_that_others_need_is_refused() {
    is_refused("a step that others need removed");
}

#[test]
fn a_step_twice_is_refused() {
    is_refused("a step duplicated");
}

#[test]
fn a_target_that_is_not_the_address_is_refused() {
    is_refused("the target of another object");
}

#[test]
fn an_object_that_is_not_there_is_refused() {
    is_refused("an object that is not there");
}

#[test]
fn a_step_on_the_object_of_another_is_refused() {
    is_refused("another object that has a step");
}

#[test]
fn other_tags_are_refused() {
    is_refused("other tags");
}

#[test]
fn a_missing_fact_is_refused() {
    is_refused("a fact removed");
}

#[test]
fn another_fact_is_refused() {
    is_refused("a fact changed");
}

#[test]
fn a_fact_too_many_is_refused() {
    is_refused("a fact added");
}

#[test]
fn a_rule_that_does_not_retire_it_is_refused() {
    is_refused("another rule");
}

#[test]
fn a_line_that_does_not_say_so_is_refused() {
    is_refused("another line");
}

#[test]
fn another_action_is_refused() {
    is_refused("another action");
}

#[test]
fn another_account_is_refused() {
    is_refused("another account");
}

#[test]
fn another_number_is_refused() {
    is_refused("another number");
}

#[test]
fn figures_that_do_not_add_up_are_refused() {
    is_refused("other figures");
}

#[test]
fn another_size_is_refused() {
    is_refused("other bytes");
}

#[test]
fn another_word_on_undoing_it_is_refused() {
    is_refused("another word on undoing it");
}

#[test]
fn a_step_without_a_reason_is_refused() {
    is_refused("no reason");
}

#[test]
fn other_settings_are_refused() {
    is_refused("other settings");
}

#[test]
fn another_instant_is_refused() {
    is_refused("another instant");
}

#[test]
fn every_change_has_a_test_of_its_own() {
    let tests = include_str!("verify.rs");
    for (name, _) in CHANGES {
        assert!(tests.contains(&format!("is_refused(\"{name}\");")), "{name}");
    }
}
