//! Any bytes as an inventory: they are refused, or read, written and read again as the same, and planned on without a panic.
#![no_main]

use std::sync::LazyLock;

use jettison::{
    inventory::{identify, read, read_identified, write},
    ledger::Ledger,
    plan::{Question, decide},
    policy::{Policy, parse},
};
use libfuzzer_sys::fuzz_target;

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let (policy, _) = parse([("policy.hcl".to_owned(), include_str!("../policy.hcl").to_owned())]).unwrap();
    policy
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(inventory) = read(bytes) else { return };
    let mut written = Vec::new();
    write(&inventory, &mut written).unwrap();
    let (again, id) = read_identified(written.as_slice()).unwrap();
    let mut rewritten = Vec::new();
    write(&again, &mut rewritten).unwrap();
    assert!(rewritten == written, "what is written does not read back as it was");
    assert_eq!(identify(&inventory), id);
    let question = Question {
        policy: &POLICY,
        policy_id: String::new(),
        inventory: &inventory,
        inventory_id: id.into(),
        ledger: &Ledger::default(),
        now: inventory.taken_at,
        tool_version: "0",
    };
    let _any_plan = decide(&question).plan;
});
