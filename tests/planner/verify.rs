//! The second check of plans over generated worlds: it accepts what the planner makes, and nothing that was changed by hand.

use std::fmt::Write as _;

use jettison::{
    inventory::{Inventory, write},
    ledger::Ledger,
    plan::{Answer, Objection, Plan, Question, decide, verify},
    policy::{self, Policy},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{generate::seeds, rules::rules, world::now};

const CASES: u32 = 1_000;

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
        verify(&self.question(), &plan.clone().sealed())
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

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how many")]
fn wanted_cases() -> Option<u32> {
    std::env::var("JETTISON_CASES").ok()?.parse().ok()
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
