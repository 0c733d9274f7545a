//! Two generated worlds in one, so that there is something to leave out of a slice.

use jettison::{
    inventory::{Identified, Inventory, Seen, read, write},
    ledger::Ledger,
};

use super::generate::Seeds;

/// What things are called in the second world. Those that are not renamed are shared with the first.
const RENAMED: [&[(&str, &str)]; 4] = [
    &[
        ("/f:", "/other-f:"),
        ("\"f:", "\"other-f:"),
        ("\"f\"", "\"other-f\""),
        ("/f\"", "/other-f\""),
        ("/g:", "/other-g:"),
        ("\"g:", "\"other-g:"),
        ("\"g\"", "\"other-g\""),
    ],
    &[
        ("/a:", "/other-a:"),
        ("/a@", "/other-a@"),
        ("/a\"", "/other-a\""),
        ("\"a\"", "\"other-a\""),
        ("\"a@", "\"other-a@"),
    ],
    &[("/b:", "/a/b:"), ("/b@", "/a/b@"), ("/b\"", "/a/b\""), ("\"b\"", "\"a/b\""), ("\"b@", "\"a/b@")],
    &[
        ("/s1", "/other-s1"),
        ("\"s1\"", "\"other-s1\""),
        ("service:s1", "service:other-s1"),
        ("/s2", "/other-s2"),
        ("\"s2\"", "\"other-s2\""),
    ],
];

/// The first world with the second beside it. `salt` says what the two share.
pub(crate) fn world(first: &Seeds, second: &Seeds, salt: u64) -> (Inventory, Ledger) {
    let (mut inventory, ledger) = first.world();
    let (other, _) = second.world();
    let other = renamed(&other, salt);
    add(&mut inventory.services, other.services);
    add(&mut inventory.task_sets, other.task_sets);
    add(&mut inventory.tasks, other.tasks);
    add(&mut inventory.task_definitions, other.task_definitions);
    add(&mut inventory.service_deployments, other.service_deployments);
    add(&mut inventory.service_revisions, other.service_revisions);
    add(&mut inventory.daemons, other.daemons);
    add(&mut inventory.daemon_revisions, other.daemon_revisions);
    add(&mut inventory.daemon_task_definitions, other.daemon_task_definitions);
    add(&mut inventory.registries, other.registries);
    add(&mut inventory.repositories, other.repositories);
    add(&mut inventory.images, other.images);
    add(&mut inventory.manifests, other.manifests);
    inventory.references.extend(other.references);
    inventory.gaps.extend(other.gaps);
    (inventory, ledger)
}

fn renamed(inventory: &Inventory, salt: u64) -> Inventory {
    let mut text = Vec::new();
    write(inventory, &mut text).unwrap();
    let mut text = String::from_utf8(text).unwrap();
    for (bit, names) in RENAMED.iter().enumerate() {
        // Mostly the two have little in common.
        if (salt >> (2 * bit)) & 3 != 0 {
            for (from, to) in *names {
                text = text.replace(from, to);
            }
        }
    }
    for (from, to) in [(":task/c1/", ":task/c1/z"), (":task/c2/", ":task/c2/z"), ("/c1/d0", "/c1/d9")] {
        text = text.replace(from, to);
    }
    read(text.as_bytes()).unwrap()
}

fn add<T: Identified>(all: &mut Vec<Seen<T>>, others: Vec<Seen<T>>) {
    for other in others {
        if !all.iter().any(|one| one.place() == other.place()) {
            all.push(other);
        }
    }
}
