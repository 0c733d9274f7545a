//! The laws over generated worlds and policies. A failure prints the world and the policy, ready to be put into files.
//!
//! `JETTISON_CASES` sets how many worlds the ordinary run tries.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    inventory::{Inventory, Manifest, read, write},
    ledger::Ledger,
    model::{Location, ReasonCode, RepositoryName, Timestamp},
    plan::{Action, Answer, Plan, Question, Step, StepId, decide},
    policy::{self, Policy},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::{
    generate::{Seeds, seeds},
    oracle::Oracle,
    rules::{Block, Rules, keeps, matches, protect, rules},
    world::now,
};

const CASES: u32 = 1_500;

pub(crate) fn cases(share: u32) -> Config {
    let wanted = option_env_at_run("JETTISON_CASES").and_then(|text| text.parse().ok()).unwrap_or(CASES);
    Config { cases: (wanted / share).max(1), failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long")]
fn option_env_at_run(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(crate) fn parse(text: &str) -> Policy {
    parse_files(vec![("policy.hcl".to_owned(), text.to_owned())])
}

fn parse_files(files: Vec<(String, String)>) -> Policy {
    let (policy, _) = policy::parse(files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    policy
}

fn plan(policy: &Policy, inventory: &Inventory, ledger: &Ledger) -> Plan {
    plan_at(policy, inventory, ledger, now())
}

pub(crate) fn plan_at(policy: &Policy, inventory: &Inventory, ledger: &Ledger, now: Timestamp) -> Plan {
    let Answer { plan, .. } = decide(&Question {
        policy,
        policy_id: String::new(),
        inventory,
        inventory_id: String::new(),
        ledger,
        now,
        made_at: now,
        selection: None,
        tool_version: "0.0.0",
    });
    plan
}

pub(crate) fn ndjson(inventory: &Inventory) -> String {
    let mut text = Vec::new();
    write(inventory, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Runs a law over generated worlds; what breaks it is printed whole.
pub(crate) fn holds(share: u32, law: impl Fn(&Seeds, &Rules, &Block, u64) -> Result<(), String>) {
    let inputs = (seeds(), rules(), protect(), any::<u64>());
    let result = TestRunner::new(cases(share)).run(&inputs, |(seeds, rules, protect, salt)| {
        law(&seeds, &rules, &protect, salt).map_err(|problem| {
            let (inventory, ledger) = seeds.world();
            let ledger = serde_json::to_string(&ledger).unwrap();
            let now = now();
            let (world, policy) = (ndjson(&inventory), rules.text());
            TestCaseError::fail(format!(
                "{problem}\n--- now: {now}\n--- world.ndjson\n{world}--- policy.hcl\n{policy}--- ledger\n{ledger}\n"
            ))
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

pub(crate) fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

fn retired(plan: &Plan) -> BTreeSet<String> {
    plan.steps.iter().map(|step| step.address.to_string()).collect()
}

fn effects(plan: &Plan) -> BTreeSet<(Action, String)> {
    plan.steps.iter().map(|step| (step.action, step.address.to_string())).collect()
}

/// L1, L2, L3 and L4: what goes is exactly what the laws and the policy allow, decided a second time by other means. And
/// every object of the policy's places has one verdict.
#[test]
fn what_goes_is_what_the_laws_allow() {
    let went = std::cell::RefCell::new(BTreeMap::<String, usize>::new());
    holds(1, |seeds, rules, _, _| {
        let (inventory, ledger) = seeds.world();
        let policy = parse(&rules.text());
        let plan = plan(&policy, &inventory, &ledger);
        let oracle = Oracle::new(&inventory, &policy, &ledger, now());
        let objects = oracle.count();
        let (goes, may_go) = (retired(&plan), oracle.may_go());
        let too_much: Vec<_> = goes.difference(&may_go).collect();
        ensure(too_much.is_empty(), || format!("retired against the laws: {too_much:#?}"))?;
        let too_little: Vec<_> = may_go.difference(&goes).collect();
        ensure(too_little.is_empty(), || format!("nothing speaks against, and yet it stays: {too_little:#?}"))?;
        ensure(!plan.errored, || format!("{:?}", plan.warnings))?;
        verdicts_are_complete(&plan, &goes, objects)?;
        for step in &plan.steps {
            *went.borrow_mut().entry(step.action.to_string()).or_default() += 1;
        }
        for (word, list) in [("deferred", &plan.deferred), ("blocked", &plan.blocked)] {
            *went.borrow_mut().entry(word.to_owned()).or_default() += list.len();
        }
        Ok(())
    });
    // A law that nothing puts to the test holds of anything.
    let went = went.into_inner();
    let words = Action::ALL.iter().map(ToString::to_string).chain(["deferred".to_owned(), "blocked".to_owned()]);
    for word in words {
        assert!(went.get(&word).is_some_and(|count| *count >= 1), "too few `{word}`: {went:?}");
    }
}

fn verdicts_are_complete(plan: &Plan, goes: &BTreeSet<String>, objects: usize) -> Result<(), String> {
    let kept: u64 = plan.kept_by_reason.values().sum();
    let said = (plan.summary.kept, plan.summary.deferred, plan.summary.blocked);
    let found = (kept, plan.deferred.len() as u64, plan.blocked.len() as u64);
    ensure(said == found, || format!("the summary says {said:?}, the plan has {found:?}"))?;
    let total = kept + found.1 + found.2 + goes.len() as u64;
    ensure(total == objects as u64, || format!("{objects} objects, {total} verdicts"))?;
    let mut pending: BTreeSet<String> = BTreeSet::new();
    for one in plan.deferred.iter().chain(&plan.blocked) {
        let address = one.address.to_string();
        ensure(!goes.contains(&address) && pending.insert(address), || format!("{} has two verdicts", one.address))?;
        ensure(!one.reasons.is_empty(), || format!("{} waits without a reason", one.address))?;
    }
    for one in &plan.deferred {
        ensure(one.eligible_at.is_some_and(|at| at > now()), || format!("{} waits for nothing", one.address))?;
    }
    let reasoned = plan.steps.iter().all(|step| !step.reasons.is_empty() && !step.expect.is_empty());
    ensure(reasoned, || "a step without a reason or without anything to look at again".to_owned())
}

/// L3: adding a protection, a rule that only keeps, a `keep` to a rule or a restriction to a rule without one never adds
/// a deletion.
#[test]
fn asking_for_more_to_stay_never_makes_more_go() {
    holds(5, |seeds, rules, protect, salt| {
        let (inventory, ledger) = seeds.world();
        let before = effects(&plan(&parse(&rules.text()), &inventory, &ledger));
        if before.is_empty() {
            return Ok(());
        }
        for stricter in stricter(rules, protect, salt) {
            let text = stricter.text();
            let after = effects(&plan(&parse(&text), &inventory, &ledger));
            let more: Vec<_> = after.difference(&before).collect();
            ensure(more.is_empty(), || format!("added by the stricter policy: {more:#?}\n--- stricter.hcl\n{text}"))?;
        }
        Ok(())
    });
}

/// Policies that ask for more to stay than `rules` does.
fn stricter(rules: &Rules, protect: &Block, salt: u64) -> Vec<Rules> {
    let salt = usize::try_from(salt % 1_000).unwrap();
    let mut all = vec![Rules { blocks: [rules.blocks.clone(), vec![protect.clone()]].concat(), ..rules.clone() }];
    if let Some(keep) = keeps(protect.kind).get(salt % keeps(protect.kind).len().max(1)) {
        let keeper = Block { is_protect: false, keep: vec![keep], ..protect.clone() };
        all.push(Rules { blocks: [rules.blocks.clone(), vec![keeper]].concat(), ..rules.clone() });
    }
    for (index, block) in rules.blocks.iter().enumerate().filter(|(_, block)| !block.is_protect) {
        let mut more_kept = rules.clone();
        let mut narrower = rules.clone();
        if let Some(keep) = keeps(block.kind).get(salt % keeps(block.kind).len().max(1))
            && Rules::lacks(&block.keep, keep)
        {
            more_kept.blocks[index].keep.push(keep);
            all.push(more_kept);
        }
        let restriction = matches(block.kind)[salt % matches(block.kind).len()];
        // `untagged = true` means only those, and with `tags` those and the tagged: that pair restricts nothing.
        let widens = block.matching.contains(&"untagged = true") && restriction.starts_with("tags");
        if block.keep.is_empty() && Rules::lacks(&block.matching, restriction) && !widens {
            narrower.blocks[index].matching.push(restriction);
            all.push(narrower);
        }
    }
    all
}

/// L4: what waits for the rollback window does not go a second earlier than the plan says, and no longer waits then.
#[test]
fn what_is_deferred_goes_when_the_plan_says() {
    holds(4, |seeds, rules, _, _| {
        let rules = Rules { window: "24h", ..rules.clone() };
        let (inventory, ledger) = seeds.world();
        let policy = parse(&rules.text());
        let first = plan(&policy, &inventory, &ledger);
        for waiting in first.deferred.iter().filter(|one| one.reasons[0].code == ReasonCode::RollbackWindow) {
            let at = waiting.eligible_at.unwrap();
            let early = plan_at(&policy, &inventory, &ledger, at - jiff::SignedDuration::from_secs(1));
            let goes = retired(&early).contains(&waiting.address.to_string());
            ensure(!goes, || format!("{} goes before {at}", waiting.address))?;
            let due = plan_at(&policy, &inventory, &ledger, at);
            let still = due.deferred.iter().find(|one| one.address == waiting.address);
            let waits = still.is_some_and(|one| one.reasons[0].code == ReasonCode::RollbackWindow);
            ensure(!waits, || format!("{} still waits at {at}", waiting.address))?;
        }
        Ok(())
    });
}

/// L5: what a step waits for comes before it, and it waits for everything that holds its object.
#[test]
fn steps_wait_for_what_holds_their_objects() {
    holds(2, |seeds, rules, _, _| {
        let (inventory, ledger) = seeds.world();
        let plan = plan(&parse(&rules.text()), &inventory, &ledger);
        for (number, step) in (1..).zip(&plan.steps) {
            ensure(step.id == StepId(number), || format!("step {number} is called {}", step.id))?;
            ensure(step.after.iter().all(|id| *id < step.id), || format!("{} waits for later steps", step.address))?;
        }
        for (then, first) in waits(&plan, &inventory) {
            ensure(comes_after(&plan, then, first), || {
                format!("{} {} does not wait for {} {}", then.action, then.address, first.action, first.address)
            })?;
        }
        Ok(())
    });
}

/// Pairs of steps of which the first must wait for the second.
fn waits<'p>(plan: &'p Plan, inventory: &Inventory) -> Vec<(&'p Step, &'p Step)> {
    use Action::{
        DeleteImage, DeleteService, DeleteTaskDefinition, DeleteTaskSet, DeregisterTaskDefinition, ScaleTaskSet,
    };
    let mut waits = Vec::new();
    for then in &plan.steps {
        for first in plan.steps.iter().filter(|first| first.target.location() == then.target.location()) {
            let same = |one: &Step, two: &Step| one.address == two.address;
            let of_service = first.target.service == then.target.service && first.target.cluster == then.target.cluster;
            let must = match (then.action, first.action) {
                (DeleteTaskSet, ScaleTaskSet) | (DeleteTaskDefinition, DeregisterTaskDefinition) => same(then, first),
                (DeleteService, DeleteTaskSet) => of_service,
                (DeregisterTaskDefinition | DeleteTaskDefinition, DeleteService | DeleteTaskSet) => {
                    let wanted = (then.target.family.clone().unwrap(), then.target.revision.unwrap().0);
                    uses(inventory, first)
                        .iter()
                        .any(|(family, revision)| (family.as_str(), *revision) == (wanted.0.as_str(), wanted.1))
                }
                (DeleteImage, DeleteImage) => {
                    first.target.repository == then.target.repository && is_part(inventory, then, first)
                }
                _ => false,
            };
            if must {
                waits.push((then, first));
            }
        }
        if then.action == DeleteImage {
            waits.extend(users_of_image(plan, inventory, then).into_iter().map(|first| (then, first)));
        }
    }
    waits
}

/// The definitions that the service or task set of a step names in full.
fn uses(inventory: &Inventory, step: &Step) -> Vec<(String, u32)> {
    let mut texts: Vec<String> = Vec::new();
    let services = inventory.services.iter().filter(|seen| {
        seen.location == step.target.location()
            && seen.value.cluster_arn.ends_with(&format!("/{}", step.target.cluster.as_ref().unwrap()))
            && seen.value.service_name == step.target.service.as_ref().unwrap().as_str()
    });
    for seen in services {
        if step.action == Action::DeleteService {
            texts.extend(seen.value.task_definition.clone());
            texts.extend(seen.value.deployments.iter().filter_map(|deployment| deployment.task_definition.clone()));
        } else {
            let own =
                seen.value.task_sets.iter().filter(|one| one.id == step.target.task_set.as_ref().unwrap().as_str());
            texts.extend(own.filter_map(|one| one.task_definition.clone()));
        }
    }
    let home = format!(":{}:{}:task-definition/", step.target.region, step.target.account_id);
    let named = texts.iter().filter(|text| !text.starts_with("arn:") || text.contains(&home));
    let named = named.filter_map(|text| text.rsplit('/').next()?.split_once(':'));
    named.filter_map(|(family, revision)| Some((family.to_owned(), revision.parse().ok()?))).collect()
}

/// The steps on what names an image by digest, or holds a definition that does, at the one place where generated
/// references always resolve: the standard host.
fn users_of_image<'p>(plan: &'p Plan, inventory: &Inventory, image: &Step) -> Vec<&'p Step> {
    let digest = image.target.digest.as_ref().unwrap();
    let host = format!("{}.dkr.ecr.{}.amazonaws.com/", image.target.account_id, image.target.region);
    let mut names = vec![format!("{host}{}@{digest}", image.target.repository.as_ref().unwrap())];
    names.extend(
        image.target.tags.iter().map(|tag| format!("{host}{}:{tag}", image.target.repository.as_ref().unwrap())),
    );
    let mut users = Vec::new();
    for seen in &inventory.task_definitions {
        let definition = &seen.value;
        if !definition.container_definitions.iter().any(|container| names.contains(&container.image)) {
            continue;
        }
        for step in plan.steps.iter().filter(|step| step.target.location() == seen.location) {
            let wanted = (definition.family.clone(), definition.revision);
            users.extend(match step.action {
                Action::DeleteService | Action::DeleteTaskSet => {
                    uses(inventory, step).contains(&wanted).then_some(step)
                }
                Action::DeregisterTaskDefinition => {
                    let target = (step.target.family.clone().unwrap().to_string(), step.target.revision.unwrap().0);
                    (target == wanted).then_some(step)
                }
                Action::ScaleTaskSet | Action::DeleteTaskDefinition | Action::DeleteImage => None,
            });
        }
    }
    users
}

/// Whether the image of `part` is a child or a referrer of that of `whole`.
fn is_part(inventory: &Inventory, part: &Step, whole: &Step) -> bool {
    let (Some(part_digest), Some(whole_digest)) = (&part.target.digest, &whole.target.digest) else { return false };
    let here = |location: &Location, repository: &RepositoryName| {
        *location == part.target.location() && Some(repository) == part.target.repository.as_ref()
    };
    let lists = |manifest: &Manifest| manifest.image_digest == *whole_digest && manifest.children.contains(part_digest);
    let is_child =
        inventory.manifests.iter().any(|seen| here(&seen.location, &seen.value.repository_name) && lists(&seen.value));
    let stem = whole_digest.as_str().replace(':', "-");
    let is_referrer = inventory.images.iter().any(|seen| {
        let image = &seen.value;
        let by_tag = image.image_tags.iter().any(|tag| tag.as_str() == stem || tag.as_str() == format!("{stem}.sig"));
        here(&seen.location, &image.repository_name)
            && image.image_digest == *part_digest
            && (by_tag || image.subject_manifest_digest.as_ref() == Some(whole_digest))
    });
    part_digest != whole_digest && (is_child || is_referrer)
}

fn comes_after(plan: &Plan, then: &Step, first: &Step) -> bool {
    let mut queue = then.after.clone();
    while let Some(id) = queue.pop() {
        if id == first.id {
            return true;
        }
        queue.extend(plan.steps.iter().find(|step| step.id == id).unwrap().after.iter().copied());
    }
    false
}

/// L6: neither the order of an inventory's lines, nor that of the policy's files, nor the run shows in the plan.
#[test]
fn order_does_not_show() {
    holds(5, |seeds, rules, _, salt| {
        let (inventory, ledger) = seeds.world();
        let one = plan(&parse(&rules.text()), &inventory, &ledger);
        let shuffled = shuffled(&inventory, salt);
        let two = plan(&parse(&rules.text()), &shuffled, &ledger);
        let (left, right) = (one.to_json().unwrap(), two.to_json().unwrap());
        ensure(left == right, || format!("shuffled, the same world gives\n{right}instead of\n{left}"))?;
        let through_a_file = read(ndjson(&shuffled).as_bytes()).unwrap();
        let three = plan(&parse(&rules.text()), &through_a_file, &ledger).to_json().unwrap();
        ensure(left == three, || format!("written and read back, the same world gives\n{three}instead of\n{left}"))?;
        let files = |rotation: usize| -> Vec<(String, String)> {
            let mut texts = rules.texts();
            let turn = rotation % texts.len();
            texts.rotate_left(turn);
            texts.into_iter().enumerate().map(|(number, text)| (format!("{number:02}.hcl"), text)).collect()
        };
        let turned = plan(&parse_files(files(usize::try_from(salt % 97).unwrap())), &inventory, &ledger);
        ensure(effects(&turned) == effects(&one), || {
            format!(
                "with the rules in another order, other steps: {:#?} instead of {:#?}",
                effects(&turned),
                effects(&one)
            )
        })?;
        ensure(turned.plan_id == one.plan_id, || "equal effects, and another plan id".to_owned())?;
        let mut given_otherwise = files(0);
        given_otherwise.reverse();
        let bytes = |files| plan(&parse_files(files), &inventory, &ledger).to_json().unwrap();
        ensure(bytes(files(0)) == bytes(given_otherwise), || "the order in which files are given shows".to_owned())
    });
}

/// The same inventory with its lines in another order.
fn shuffled(inventory: &Inventory, salt: u64) -> Inventory {
    fn mix<T>(items: &mut [T], salt: u64) {
        let mut state = salt | 1;
        for last in (1..items.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            items.swap(last, usize::try_from((state >> 33) % (last as u64 + 1)).unwrap());
        }
    }
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

/// L12, said once more in the plainest words, without an oracle.
#[test]
fn nothing_is_forced() {
    holds(2, |seeds, rules, _, _| {
        let (inventory, ledger) = seeds.world();
        let plan = plan(&parse(&rules.text()), &inventory, &ledger);
        for step in &plan.steps {
            let target = &step.target;
            let Some(service) = &target.service else { continue };
            let seen = inventory.services.iter().find(|seen| {
                seen.location == target.location()
                    && seen.value.service_name == service.as_str()
                    && seen.value.cluster_arn.ends_with(&format!("/{}", target.cluster.as_ref().unwrap()))
            });
            let service = &seen.unwrap().value;
            let controller = service.deployment_controller.as_ref().map_or("", |controller| controller.kind.as_str());
            if let Some(id) = &target.task_set {
                let described = inventory.task_sets.iter().map(|seen| &seen.value);
                let mut shown =
                    service.task_sets.iter().chain(described.filter(|one| one.service_arn == service.service_arn));
                let bad = shown.find(|one| {
                    let is_owned = one.started_by.as_deref() == Some("CODE_DEPLOY") || controller == "CODE_DEPLOY";
                    one.id == id.as_str() && (one.status == "PRIMARY" || is_owned)
                });
                ensure(bad.is_none(), || format!("{} {}: {bad:?}", step.action, step.address))?;
            } else {
                let counts = [service.desired_count, service.running_count, service.pending_count];
                ensure(counts == [0, 0, 0], || format!("{} {} has tasks: {counts:?}", step.action, step.address))?;
            }
        }
        Ok(())
    });
}

/// A plan file reads back as what was written, and no edit of it does.
#[test]
fn a_plan_file_is_what_was_written_or_refused() {
    holds(8, |seeds, rules, _, salt| {
        let (inventory, ledger) = seeds.world();
        let plan = plan(&parse(&rules.text()), &inventory, &ledger);
        let text = plan.to_json().unwrap();
        let back = Plan::from_json(&text).map_err(|error| format!("its own file is refused: {error}"))?;
        ensure(back == plan && back.to_json().unwrap() == text, || "it reads back as another plan".to_owned())?;
        let places: Vec<usize> =
            text.char_indices().filter(|(_, letter)| letter.is_ascii()).map(|(at, _)| at).collect();
        for turn in 0..24u64 {
            let mixed = salt.wrapping_add(turn).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            let at = places[usize::try_from(mixed % places.len() as u64).unwrap()];
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << (mixed >> 40 & 6);
            let Ok(edited) = String::from_utf8(bytes) else { continue };
            // Space between values is no part of a plan.
            let same = serde_json::from_str::<serde_json::Value>(&edited).ok() == serde_json::from_str(&text).ok();
            let is_read = Plan::from_json(&edited).is_ok();
            ensure(is_read == same, || format!("edited at byte {at}, read: {is_read}\n{edited}"))?;
        }
        Ok(())
    });
}

/// The id of a plan is that of its effects: no text, time, version or commit is in it.
#[test]
fn equal_effects_have_equal_ids_and_others_do_not() {
    let mut worlds = BTreeMap::new();
    let seen = std::cell::RefCell::new(&mut worlds);
    holds(4, |seeds, rules, _, _| {
        let (inventory, ledger) = seeds.world();
        let policy = parse(&rules.text());
        let one = plan(&policy, &inventory, &ledger);
        let Answer { plan: two, .. } = decide(&Question {
            policy: &policy,
            policy_id: "of another commit".to_owned(),
            inventory: &inventory,
            inventory_id: "of another day".to_owned(),
            ledger: &ledger,
            now: now(),
            made_at: now(),
            selection: None,
            tool_version: "9.9.9",
        });
        ensure(one.plan_id == two.plan_id && one != two, || "the id is not of effects".to_owned())?;
        let what = (one.scopes.clone(), effects(&one));
        let mut seen = seen.borrow_mut();
        let known = seen.entry(one.plan_id.clone()).or_insert_with(|| what.clone());
        ensure(*known == what, || format!("one id for {known:?} and {what:?}"))
    });
}
