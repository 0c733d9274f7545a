//! Law L6: same policy, inventory, ledger and `now`: same bytes out.

use jettison::{
    inventory::{Inventory, read, write},
    ledger::Ledger,
    plan::Plan,
};

use super::{Case, ensure, holds, parse_files, plan};

pub(crate) fn ndjson(inventory: &Inventory) -> String {
    let mut text = Vec::new();
    write(inventory, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// "Same policy, inventory, ledger and `now`: same bytes out." The order of an inventory's lines, of the policy's files and of the
/// ledger's entries does not show, nor does a way through a file, nor the number of threads.
#[test]
fn law_6_the_same_question_has_the_same_bytes_for_an_answer() {
    let pools = [1, 4].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    holds("law_6_the_same_question_has_the_same_bytes_for_an_answer", 3, |case| {
        let bytes = |plan: &Plan| plan.to_json().unwrap();
        let expected = bytes(case.plan);
        let same = |plan: Plan, what: &str| {
            let found = bytes(&plan);
            ensure(found == expected, || format!("{what}: {}", first_difference(&expected, &found)))
        };
        same(plan(case.policy, case.inventory, case.ledger), "asked again")?;
        let shuffled = shuffled(case.inventory, case.salt);
        same(plan(case.policy, &shuffled, case.ledger), "with the lines of the inventory in another order")?;
        let through_a_file = read(ndjson(&shuffled).as_bytes()).unwrap();
        same(plan(case.policy, &through_a_file, case.ledger), "written and read back")?;
        let turned = turned(case.ledger);
        same(plan(case.policy, case.inventory, &turned), "with the ledger in another order")?;
        for pool in &pools {
            let plan = pool.install(|| plan(case.policy, &shuffled, case.ledger));
            same(plan, &format!("on {} threads", pool.current_num_threads()))?;
        }
        files_in_any_order(case)
    });
}

/// The files of a policy are read in the order of their names, however they are given.
fn files_in_any_order(case: &Case<'_>) -> Result<(), String> {
    let texts = case.rules.texts().into_iter().enumerate();
    let files: Vec<_> = texts.map(|(number, text)| (format!("{number:02}.hcl"), text)).collect();
    let mut given_otherwise = files.clone();
    mix(&mut given_otherwise, case.salt);
    let bytes = |files| plan(&parse_files(files), case.inventory, case.ledger).to_json().unwrap();
    ensure(bytes(files) == bytes(given_otherwise), || "the order in which files are given shows".to_owned())
}

fn first_difference(expected: &str, found: &str) -> String {
    let lines = expected.lines().zip(found.lines()).enumerate().find(|(_, (one, two))| one != two);
    lines.map_or_else(
        || format!("{} bytes instead of {}", found.len(), expected.len()),
        |(number, (one, two))| format!("line {} is `{two}` instead of `{one}`", number + 1),
    )
}

/// An object's members from the last to the first, each written as `write` does; anything else as it is.
fn reversed(value: &serde_json::Value, write: &dyn Fn(&serde_json::Value) -> String) -> String {
    let Some(members) = value.as_object() else { return value.to_string() };
    let members = members.iter().rev().map(|(key, value)| format!("{}:{}", serde_json::json!(key), write(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The same sightings, put down in another order.
fn turned(ledger: &Ledger) -> Ledger {
    let text = serde_json::to_value(ledger).unwrap();
    let turned = reversed(&text, &|value| reversed(value, &ToString::to_string));
    let turned: Ledger = serde_json::from_str(&turned).unwrap();
    assert_eq!(serde_json::to_value(&turned).unwrap(), text, "the same ledger");
    turned
}

/// Puts items into an order that the salt tells.
pub(super) fn mix<T>(items: &mut [T], salt: u64) {
    let mut state = salt | 1;
    for last in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, usize::try_from((state >> 33) % (last as u64 + 1)).unwrap());
    }
}

/// The same inventory with its lines in another order.
fn shuffled(inventory: &Inventory, salt: u64) -> Inventory {
    let mut inventory = inventory.clone();
    mix(&mut inventory.scopes, salt);
    mix(&mut inventory.services, salt);
    mix(&mut inventory.task_sets, salt);
    mix(&mut inventory.tasks, salt);
    mix(&mut inventory.task_definitions, salt);
    mix(&mut inventory.repositories, salt);
    mix(&mut inventory.images, salt);
    mix(&mut inventory.manifests, salt);
    mix(&mut inventory.references, salt);
    mix(&mut inventory.gaps, salt);
    mix(&mut inventory.service_deployments, salt);
    mix(&mut inventory.service_revisions, salt);
    mix(&mut inventory.daemons, salt);
    mix(&mut inventory.daemon_revisions, salt);
    mix(&mut inventory.daemon_task_definitions, salt);
    mix(&mut inventory.registries, salt);
    inventory
}
