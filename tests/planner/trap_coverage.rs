//! Whether generated worlds contain the traps of `traps`, and whether they snap.
//!
//! Each trap is a blindness: what a tool without the defence would see of the same world, or what it would be told. A trap matters in a
//! world if the planner, made blind in that way, does something there that it does not do with open eyes. So the count is of verdicts
//! that the defence changes, and not of worlds in which something merely occurs.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    inventory::{ContainerImage, Image, Inventory, Seen},
    ledger::Ledger,
    plan::{Action, Plan},
    policy::Policy,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::{
    generate::{PLACES, seeds},
    laws::{effects, parse, plan},
    rules::{Rules, rules},
    world::tag,
};

/// What a tool without the defence sees, and by what rules it goes.
type Blindness = fn(&mut Inventory, &mut Rules);

/// How often each trap must matter at least. The worlds are the same in every run.
const AT_LEAST: usize = 3;
const WORLDS: u32 = 1_500;

const TRAPS: &[(&str, Blindness)] = &[
    ("01 age rule, quiet service", |world, _| {
        world.services.clear();
        world.service_deployments.clear();
    }),
    ("02 moved tag, pinned digest: tasks", |world, _| {
        for task in &mut world.tasks {
            task.value.containers.iter_mut().for_each(|container| container.image_digest = None);
        }
    }),
    ("02 moved tag, pinned digest: revisions", |world, _| {
        world.service_revisions.iter_mut().for_each(|seen| unpin(&mut seen.value.container_images));
    }),
    ("03 Lambda", |world, _| world.references.retain(|seen| seen.value.source != "lambda")),
    ("04 children of an index", |world, _| {
        world.manifests.clear();
        world.images.iter_mut().for_each(|seen| seen.value.image_manifest_media_type = None);
    }),
    ("06 referrers: .sig", |world, _| retag(world, ".sig")),
    ("06 referrers: .att", |world, _| retag(world, ".att")),
    ("06 referrers: .sbom", |world, _| retag(world, ".sbom")),
    ("06 referrers: tag without ending", |world, _| retag(world, "")),
    ("06 referrers: subject", |world, _| {
        world.images.iter_mut().for_each(|seen| seen.value.subject_manifest_digest = None);
    }),
    ("07 one tag of several", |world, _| {
        world.images.iter_mut().for_each(|seen| seen.value.image_tags.truncate(1));
    }),
    ("08 promoted by another tag", |world, _| {
        let is_promoted = |image: &Image| image.image_tags.iter().any(|tag| tag.as_str() == "pr-1");
        for seen in world.images.iter_mut().filter(|seen| is_promoted(&seen.value)) {
            seen.value.image_tags.retain(|tag| tag.as_str() == "pr-1");
        }
    }),
    ("09 pulls by others", |world, _| {
        world.images.iter_mut().for_each(|seen| seen.value.last_recorded_pull_time = None);
        world.manifests.iter_mut().for_each(|seen| seen.value.pulled_before = None);
    }),
    ("10 deployments and rollbacks", |world, _| {
        world.services.iter_mut().for_each(|seen| seen.value.deployments.clear());
        world.service_deployments.clear();
    }),
    ("10 the rollback window", |_, rules| rules.window = "0s"),
    ("11 schedules", |world, _| world.references.retain(|seen| seen.value.source != "scheduler")),
    ("11 run on demand", |_, rules| {
        for block in rules.blocks.iter_mut().filter(|block| !block.deregister.is_empty()) {
            block.deregister.retain(|line| !line.starts_with("last_revision"));
            let is_zero = block.deregister[0].contains("0s");
            block.deregister.push(match is_zero {
                true => "last_revision_unused_for = \"0s\"",
                false => "last_revision_unused_for = \"30d\"",
            });
        }
    }),
    ("12 definitions over clusters", |world, _| {
        world.services.retain(|seen| seen.value.cluster_arn.ends_with("/c1"));
        world.tasks.retain(|seen| seen.value.cluster_arn.ends_with("/c1"));
        world.task_sets.retain(|seen| seen.value.cluster_arn.ends_with("/c1"));
    }),
    ("13 definition in deletion", |world, _| {
        let in_deletion = |status: &str| status == "DELETE_IN_PROGRESS";
        for seen in world.task_definitions.iter_mut().filter(|seen| in_deletion(&seen.value.status)) {
            seen.value.container_definitions.clear();
        }
    }),
    ("15 consumers on a list", |world, _| {
        world.references.retain(|seen| !seen.value.source.starts_with("reference."));
    }),
    ("15 the protect tag", |world, _| {
        world.repositories.iter_mut().for_each(|seen| seen.value.tags.retain(|tag| tag.key != "jettison:protect"));
        world.services.iter_mut().for_each(|seen| seen.value.tags.retain(|tag| tag.key != "jettison:protect"));
        world.task_definitions.iter_mut().for_each(|seen| seen.value.tags.retain(|tag| tag.key != "jettison:protect"));
    }),
    ("16 opt-out scope", |world, _| {
        for seen in &mut world.repositories {
            seen.value.tags.retain(|tag| tag.key != "jettison");
            seen.value.tags.push(tag("jettison", "enabled"));
        }
    }),
    ("17 throttling", |world, _| world.gaps.clear()),
    ("18 one page only", |world, _| one_page_only(world)),
    ("19 host names", |world, _| {
        let is_usual = |uri: &str| {
            let hosts = PLACES.map(|(_, account, region)| format!("{account}.dkr.ecr.{region}.amazonaws.com/"));
            hosts.iter().any(|host| uri.starts_with(host))
        };
        each_uri(world, |uri| {
            if !is_usual(uri) {
                *uri = "nginx".to_owned();
            }
        });
    }),
    ("19 no tag means latest", |world, _| {
        each_uri(world, |uri| {
            let name = uri.rsplit('/').next().unwrap();
            if !name.contains(':') && !name.contains('@') {
                *uri = "nginx".to_owned();
            }
        });
    }),
    ("19 tag and digest", |world, _| {
        each_uri(world, |uri| {
            if uri.rsplit('/').next().unwrap().split_once(':').is_some_and(|(name, _)| !name.contains('@')) {
                *uri = uri.split('@').next().unwrap().to_owned();
            }
        });
    }),
    ("19 replicated copies", |world, _| world.registries.clear()),
    ("20 archive states", |world, _| world.images.iter_mut().for_each(|seen| seen.value.image_status = None)),
    ("20 restored from the archive", |world, _| {
        world.images.iter_mut().for_each(|seen| seen.value.last_activated_at = None);
    }),
];

/// Two traps are not about what goes: in these worlds a step comes late for another reason than its name, and an own read makes
/// something stay.
const ORDER: &str = "05 child before its index";
const OWN_READS: &str = "09 own reads";
const SHOWN: &str = "14 a plan that is written and read";

fn unpin(containers: &mut [ContainerImage]) {
    containers.iter_mut().for_each(|container| container.image_digest = None);
}

/// Takes the tags by which referrers name their subject for tags like any other.
fn retag(world: &mut Inventory, ending: &str) {
    for Seen { value: image, .. } in &mut world.images {
        for tag in &mut image.image_tags {
            let named = tag.as_str().strip_prefix("sha256-").and_then(|rest| rest.get(64..));
            if named == Some(ending) {
                *tag = "v1".into();
            }
        }
    }
}

fn each_uri(world: &mut Inventory, mut change: impl FnMut(&mut String)) {
    for seen in &mut world.task_definitions {
        seen.value.container_definitions.iter_mut().for_each(|container| change(&mut container.image));
    }
    for seen in &mut world.tasks {
        seen.value.containers.iter_mut().filter_map(|container| container.image.as_mut()).for_each(&mut change);
    }
    for seen in &mut world.service_revisions {
        seen.value.container_images.iter_mut().filter_map(|container| container.image.as_mut()).for_each(&mut change);
    }
    world.references.iter_mut().filter_map(|seen| seen.value.image.as_mut()).for_each(&mut change);
}

/// What a caller gets who asks for the first page alone, with a page of one.
pub(crate) fn one_page_only(world: &mut Inventory) {
    world.services.truncate(1);
    world.tasks.truncate(1);
    world.task_sets.truncate(1);
    world.references.truncate(1);
}

/// Whether somebody who takes steps by their addresses would take a child or a referrer before what holds it.
fn order_matters(plan: &Plan) -> bool {
    plan.steps.iter().filter(|step| step.action == Action::DeleteImage).any(|step| {
        let holders =
            plan.steps.iter().filter(|other| other.action == Action::DeleteImage && step.after.contains(&other.id));
        holders.into_iter().any(|holder| holder.address > step.address)
    })
}

/// Whether something is done with this blindness that is not done without it.
fn blinded(
    blindness: &Blindness,
    (world, ledger): (&Inventory, &Ledger),
    (rules, policy): (&Rules, &Policy),
    done: &BTreeSet<(Action, String)>,
) -> bool {
    let (mut world, mut told) = (world.clone(), rules.clone());
    blindness(&mut world, &mut told);
    let blind = if told == *rules { plan(policy, &world, ledger) } else { plan(&parse(&told.text()), &world, ledger) };
    !effects(&blind).is_subset(done)
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long")]
fn counts_on() -> bool {
    std::env::var_os("JETTISON_COUNT_TRAPS").is_some()
}

/// Every trap snaps in some of the worlds that the laws are tried on. With `JETTISON_COUNT_TRAPS` set it does not stop at
/// enough, and `--nocapture` shows the counts to who tunes the generator.
#[test]
#[expect(clippy::print_stdout, reason = "how often is worth reading")]
fn every_trap_occurs_and_matters() {
    let mut runner = TestRunner::deterministic();
    let questions = (seeds(), rules());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut tried = 0;
    let enough = if counts_on() { usize::MAX } else { AT_LEAST };
    let names = || TRAPS.iter().map(|(name, _)| *name).chain([ORDER, OWN_READS, SHOWN]);
    while tried < WORLDS && names().any(|name| counts.get(name).copied().unwrap_or(0) < enough) {
        tried += 1;
        let (seeds, rules) = questions.new_tree(&mut runner).unwrap().current();
        let (world, ledger) = seeds.world();
        let policy = parse(&rules.text());
        let seeing = plan(&policy, &world, &ledger);
        let done = effects(&seeing);
        for (name, blindness) in TRAPS {
            if counts.get(name).copied().unwrap_or(0) < enough {
                let matters = blinded(blindness, (&world, &ledger), (&rules, &policy), &done);
                *counts.entry(name).or_default() += usize::from(matters);
            }
        }
        *counts.entry(ORDER).or_default() += usize::from(order_matters(&seeing));
        let mut unaware = world.clone();
        unaware.manifests.iter_mut().for_each(|seen| seen.value.read_at = None);
        let blind = plan(&policy, &unaware, &ledger);
        *counts.entry(OWN_READS).or_default() += usize::from(!done.is_subset(&effects(&blind)));
        *counts.entry(SHOWN).or_default() += usize::from(!seeing.steps.is_empty());
    }
    counts.iter().for_each(|(name, count)| println!("{name:<45} {count:>6} of {tried}"));
    let never: Vec<_> = names().filter(|name| counts.get(name).copied().unwrap_or(0) < AT_LEAST).collect();
    assert!(never.is_empty(), "in {tried} worlds these traps hardly ever matter: {never:?}\n{counts:#?}");
}
