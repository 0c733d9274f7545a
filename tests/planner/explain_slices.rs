//! A slice has all that can bear on its object: the verdict on it is the one on the whole.

use std::collections::BTreeSet;

use jettison::{
    graph::Node,
    inventory::Inventory,
    ledger::Ledger,
    model::{Address, Resource},
    plan::{Answer, Plan, Question, decide, slice},
    policy::{self, Policy},
};
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};

use super::{
    explain_worlds::world,
    generate::seeds,
    laws::{cases, ndjson},
    rules::rules,
    world::now,
};

fn plan(policy: &Policy, inventory: &Inventory, ledger: &Ledger) -> Plan {
    let Answer { plan, .. } = decide(&Question {
        policy,
        policy_id: String::new(),
        inventory,
        inventory_id: String::new(),
        ledger,
        now: now(),
        made_at: now(),
        selection: None,
        tool_version: "0.0.0",
    });
    plan
}

/// Everything that a plan says of one object, apart from the numbers of its steps.
fn said(plan: &Plan, address: &Address) -> String {
    let steps = plan.steps.iter().filter(|step| step.address == *address);
    let steps: Vec<_> = steps.map(|it| (it.action, &it.rule, &it.at, &it.reasons, &it.expect, &it.target)).collect();
    let pending = plan.deferred.iter().chain(&plan.blocked).filter(|pending| pending.address == *address);
    format!("{steps:#?} {:#?}", pending.collect::<Vec<_>>())
}

/// Every object that the policy can speak of.
pub(crate) fn addresses(policy: &Policy, inventory: &Inventory) -> BTreeSet<Address> {
    let mut nodes: Vec<Node> = Vec::new();
    for seen in &inventory.services {
        nodes.push(Node::service(&seen.location, &seen.value));
        nodes.extend(seen.value.task_sets.iter().map(|one| Node::task_set(&seen.location, one)));
    }
    nodes.extend(inventory.task_sets.iter().map(|seen| Node::task_set(&seen.location, &seen.value)));
    nodes.extend(inventory.task_definitions.iter().map(|seen| Node::task_definition(&seen.location, &seen.value)));
    nodes.extend(inventory.images.iter().map(|seen| Node::image(&seen.location, &seen.value)));
    let address = |node: &Node| {
        let (location, resource): (_, Resource) = node.resource()?;
        let account = policy.accounts.iter().find(|account| account.id == location.account_id)?;
        let region = location.region.clone();
        account.regions.contains(&region).then(|| Address { account: account.label.clone(), region, resource })
    };
    nodes.iter().filter_map(address).collect()
}

#[test]
fn a_slice_decides_as_the_whole_does() {
    let sizes = std::cell::RefCell::new((0usize, 0usize));
    let inputs = (seeds(), seeds(), rules(), any::<u64>());
    let result = TestRunner::new(cases(2)).run(&inputs, |(first, second, rules, salt)| {
        let (inventory, ledger) = world(&first, &second, salt);
        let (policy, _) = policy::parse([("policy.hcl".to_owned(), rules.text())]).unwrap();
        let whole = plan(&policy, &inventory, &ledger);
        for address in addresses(&policy, &inventory) {
            let account = policy.accounts.iter().find(|account| account.label == address.account).unwrap();
            let location = jettison::model::Location { account_id: account.id.clone(), region: address.region.clone() };
            let part = slice(&inventory, &location, &address.resource);
            let (on_whole, on_part) = (said(&whole, &address), said(&plan(&policy, &part, &ledger), &address));
            let mut sizes = sizes.borrow_mut();
            *sizes = (sizes.0 + objects(&inventory), sizes.1 + objects(&part));
            if on_whole != on_part {
                let (world, part, policy) = (ndjson(&inventory), ndjson(&part), rules.text());
                return Err(TestCaseError::fail(format!(
                    "{address}\n--- on the whole\n{on_whole}\n--- on the slice\n{on_part}\n--- world.ndjson\n{world}--- slice\n{part}--- policy.hcl\n{policy}"
                )));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (whole, part) = sizes.into_inner();
    assert!(part * 3 < whole * 2, "slices leave hardly anything out: {part} of {whole} objects");
}

fn objects(inventory: &Inventory) -> usize {
    inventory.services.len()
        + inventory.task_sets.len()
        + inventory.tasks.len()
        + inventory.task_definitions.len()
        + inventory.service_deployments.len()
        + inventory.service_revisions.len()
        + inventory.images.len()
        + inventory.references.len()
}
