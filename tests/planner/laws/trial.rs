//! How a law is tried.

use std::collections::BTreeSet;

use jettison::{
    inventory::Inventory,
    ledger::Ledger,
    model::Timestamp,
    plan::{Action, Answer, Plan, Question, decide},
    policy::{self, Policy},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};

use super::{
    super::{
        generate::seeds,
        rules::{Block, Rules, protect, rules},
        world::now,
    },
    reproduction,
};

const CASES: u32 = 1_500;

pub(crate) fn cases(share: u32) -> Config {
    let wanted = wanted_cases().unwrap_or(CASES);
    Config { cases: (wanted / share).max(1), failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() }
}

/// How many worlds `JETTISON_CASES` asks for.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long")]
pub(crate) fn wanted_cases() -> Option<u32> {
    std::env::var("JETTISON_CASES").ok()?.parse().ok()
}

pub(crate) fn parse(text: &str) -> Policy {
    parse_files(vec![("policy.hcl".to_owned(), text.to_owned())])
}

pub(super) fn parse_files(files: Vec<(String, String)>) -> Policy {
    let (policy, _) = policy::parse(files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    policy
}

pub(crate) fn plan(policy: &Policy, inventory: &Inventory, ledger: &Ledger) -> Plan {
    plan_at(policy, inventory, ledger, now())
}

pub(crate) fn plan_at(policy: &Policy, inventory: &Inventory, ledger: &Ledger, now: Timestamp) -> Plan {
    answer_at(policy, inventory, ledger, now).plan
}

pub(super) fn answer_at(policy: &Policy, inventory: &Inventory, ledger: &Ledger, now: Timestamp) -> Answer {
    decide(&Question {
        policy,
        policy_id: String::new(),
        inventory,
        inventory_id: String::new(),
        ledger,
        now,
        made_at: now,
        selection: None,
        tool_version: "0.0.0",
    })
}

/// One generated question: a world, rules for it, a protection that they do not have, and a number to choose by.
pub(crate) struct Case<'c> {
    pub(crate) inventory: &'c Inventory,
    pub(crate) ledger: &'c Ledger,
    pub(crate) rules: &'c Rules,
    pub(crate) protect: &'c Block,
    pub(crate) salt: u64,
    pub(crate) policy: &'c Policy,
    /// The plan that the world has under the policy.
    pub(crate) plan: &'c Plan,
}

/// Runs a law over generated worlds. What breaks it is shrunk, written to files and named.
pub(crate) fn holds(law: &'static str, share: u32, check: impl Fn(&Case<'_>) -> Result<(), String>) {
    holds_under(law, share, Rules::clone, check);
}

/// The same, under policies that are all changed in some way.
pub(super) fn holds_under(
    law: &'static str,
    share: u32,
    change: impl Fn(&Rules) -> Rules,
    check: impl Fn(&Case<'_>) -> Result<(), String>,
) {
    let inputs = (seeds(), rules(), protect(), any::<u64>());
    let result = TestRunner::new(cases(share)).run(&inputs, |(seeds, rules, protect, salt)| {
        let rules = change(&rules);
        let (inventory, ledger) = seeds.world();
        let policy = parse(&rules.text());
        let plan = plan(&policy, &inventory, &ledger);
        let case = Case {
            inventory: &inventory,
            ledger: &ledger,
            rules: &rules,
            protect: &protect,
            salt,
            plan: &plan,
            policy: &policy,
        };
        check(&case).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => {}
        Err(TestError::Abort(why)) => panic!("{law}: {why}"),
        Err(TestError::Fail(problem, (seeds, rules, _, _))) => {
            panic!("{law}: {problem}\n{}", reproduction::of(law, &seeds, &change(&rules)));
        }
    }
}

pub(crate) fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

/// Addresses of everything that goes.
pub(crate) fn retired(plan: &Plan) -> BTreeSet<String> {
    plan.steps.iter().map(|step| step.address.to_string()).collect()
}

/// What is done, to what.
pub(crate) fn effects(plan: &Plan) -> BTreeSet<(Action, String)> {
    plan.steps.iter().map(|step| (step.action, step.address.to_string())).collect()
}

/// Nothing may be done under the second plan that is not done under the first.
pub(super) fn ensure_no_more(before: &Plan, after: &Plan, what: impl FnOnce() -> String) -> Result<(), String> {
    let (before, after) = (effects(before), effects(after));
    // What is archived in place of being deleted is no more.
    let is_less = |(action, address): &(Action, String)| {
        *action == Action::ArchiveImage && before.contains(&(Action::DeleteImage, address.clone()))
    };
    let more: Vec<_> = after.difference(&before).filter(|effect| !is_less(effect)).collect();
    ensure(more.is_empty(), || format!("{}: this is done besides: {more:#?}", what()))
}
