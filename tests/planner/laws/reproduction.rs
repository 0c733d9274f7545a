//! A broken law, as files from which the binary makes the same plan again.

use std::path::{Path, PathBuf};

use jettison::{
    inventory::{Inventory, read},
    ledger::Ledger,
    plan::Plan,
    store::{Holder, Key, SledStore, Store},
};

use super::{
    super::{
        generate::{Seeds, seeds},
        rules::{Rules, rules},
        world::now,
    },
    determinism::ndjson,
    parse, plan,
};

/// Writes what a law was broken by, and says where and how to look at it. The files are printed too: those of a pipeline are gone
/// when somebody reads its log.
pub(super) fn of(law: &str, seeds: &Seeds, rules: &Rules) -> String {
    let (inventory, ledger) = seeds.world();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken-laws").join(law);
    let _old = std::fs::remove_dir_all(&directory);
    write(&directory, &inventory, &ledger, &rules.text());
    let world = directory.join("world.ndjson");
    format!(
        "--- {}\n{}--- {}\n{}--- {}\n{}\n--- as of {}, by\njettison plan {} --inventory {}\n",
        world.display(),
        ndjson(&inventory),
        directory.join("policy.hcl").display(),
        rules.text(),
        directory.join("ledger.json").display(),
        serde_json::to_string(&ledger).unwrap(),
        now(),
        directory.display(),
        world.display(),
    )
}

/// A policy's directory with a world beside it and what earlier runs saw in its state.
#[expect(clippy::disallowed_methods, reason = "whoever looks into a failure finds files")]
fn write(directory: &Path, inventory: &Inventory, ledger: &Ledger, policy: &str) {
    let ledger = serde_json::to_vec(ledger).unwrap();
    std::fs::create_dir_all(directory).unwrap();
    std::fs::write(directory.join("world.ndjson"), ndjson(inventory)).unwrap();
    std::fs::write(directory.join("policy.hcl"), policy).unwrap();
    std::fs::write(directory.join("ledger.json"), &ledger).unwrap();
    let holder =
        Holder { host: "tests".to_owned(), pid: std::process::id(), since: now(), command: String::new(), url: None };
    let store = SledStore::open(&directory.join("state"), &holder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.put(&Key::new("ledger").unwrap(), &ledger)).unwrap();
}

/// What the binary makes of those files.
#[expect(clippy::disallowed_methods, reason = "the plan is what the binary wrote")]
fn plan_again(directory: &Path) -> Plan {
    let out: PathBuf = directory.join("plan.json");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_jettison"))
        .arg("plan")
        .arg(directory)
        .arg("--inventory")
        .arg(directory.join("world.ndjson"))
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Plan::from_json(&std::fs::read_to_string(out).unwrap()).unwrap()
}

/// The files of a failure are worth their name: the binary decides on them as the failing test did, sightings included.
#[test]
fn what_a_failure_leaves_makes_the_same_plan_again() {
    use proptest::{
        strategy::{Strategy, ValueTree},
        test_runner::TestRunner,
    };
    let mut runner = TestRunner::deterministic();
    let worlds = (seeds(), rules());
    let mut tried = 0;
    while tried < 4 {
        let (one, its_rules) = worlds.new_tree(&mut runner).unwrap().current();
        let (inventory, ledger) = one.world();
        let expected = plan(&parse(&its_rules.text()), &inventory, &ledger);
        let blind = plan(&parse(&its_rules.text()), &inventory, &Ledger::default());
        // One whose plan depends on the ledger, and has something of everything to show.
        if expected.steps.is_empty() || super::effects(&expected) == super::effects(&blind) {
            continue;
        }
        tried += 1;
        let text = of("an_example", &one, &its_rules);
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken-laws/an_example");
        assert!(
            text.ends_with(&format!("jettison plan {0} --inventory {0}/world.ndjson\n", directory.display())),
            "{text}"
        );
        let again = plan_again(&directory);
        assert_eq!(again.plan_id, expected.plan_id);
        assert_eq!(again.steps, expected.steps);
        assert_eq!((again.deferred, again.blocked), (expected.deferred, expected.blocked));
        assert_eq!(again.kept_by_reason, expected.kept_by_reason);
        assert_eq!(ndjson(&read(ndjson(&inventory).as_bytes()).unwrap()), ndjson(&inventory));
    }
}
