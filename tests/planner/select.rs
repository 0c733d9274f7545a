//! Parts of plans: closed under what steps wait for, and never a unit of images taken apart.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    model::{Address, ReasonCode},
    plan::{
        Action, AddressPattern, Answer, Expect, NoSuchObject, Plan, Question, RefusalCode, Selection, Step, decide,
    },
    policy::{self, Policy},
};

use super::{
    laws::{ensure, holds, parse},
    world::{World, ago, clean_at_once, definition_arn, digest, image_address, now},
};

fn patterns(texts: &[&str]) -> Vec<AddressPattern> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn question<'a>(world: &'a World, policy: &'a Policy, selection: Option<&'a Selection>) -> Question<'a> {
    Question {
        policy,
        policy_id: "policy".to_owned(),
        inventory: &world.inventory,
        inventory_id: "inventory".to_owned(),
        ledger: &world.ledger,
        now: now(),
        made_at: now(),
        selection,
        tool_version: "0.0.0",
    }
}

fn read(text: &str) -> Policy {
    policy::parse([("policy.hcl".to_owned(), text.to_owned())]).unwrap().0
}

/// The plan of a world, in full and of what is asked for.
fn part(world: &World, policy: &str, targets: &[&str], excludes: &[&str]) -> (Plan, Plan) {
    let policy = read(policy);
    let selection = Selection::find(&patterns(targets), &patterns(excludes), &policy, &world.inventory).unwrap();
    let of = |selection: Option<&Selection>| decide(&question(world, &policy, selection)).plan;
    (of(None), of(Some(&selection)))
}

/// The actions of a plan with the last part of each address, or the name of an image.
fn words(plan: &Plan) -> Vec<String> {
    let names = ["index", "amd64", "arm64", "shared", "other", "signature", "single"];
    let word = |step: &Step| {
        let address = step.address.to_string();
        let named = names.iter().find(|name| address.ends_with(&digest(name).to_string()));
        let last = address.rsplit('/').next().unwrap().to_owned();
        format!("{} {}", step.action, named.map_or(last, |name| (*name).to_owned()))
    };
    let mut words: Vec<String> = plan.steps.iter().map(word).collect();
    words.sort_unstable();
    words
}

/// Two indexes that share a child, a signature, and an image by itself; nothing holds any of it.
fn images() -> World {
    let mut world = World::new();
    world.repository("web");
    for child in ["amd64", "arm64", "shared", "single"] {
        world.image("web", child, 300, &[]);
    }
    world.index("web", "index", 300, &["v1"], &["amd64", "shared"]);
    world.index("web", "other", 300, &["v2"], &["arm64", "shared"]);
    world.image("web", "signature", 300, &[]).subject_manifest_digest = Some(digest("index"));
    world
}

fn images_named(names: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = names.iter().map(|name| format!("delete_image {name}")).collect();
    words.sort_unstable();
    words
}

fn at(name: &str) -> String {
    format!("demo/eu-central-1/{}", image_address("web", name))
}

#[test]
fn a_target_takes_in_its_unit_and_leaves_to_others_what_they_hold() {
    let world = images();
    for (target, taken) in [
        ("index", vec!["index", "amd64", "signature"]),
        // Any part of a unit stands for it.
        ("amd64", vec!["index", "amd64", "signature"]),
        ("signature", vec!["index", "amd64", "signature"]),
        // A child of two goes with the last of them.
        ("shared", vec!["index", "amd64", "signature", "other", "arm64", "shared"]),
        ("single", vec!["single"]),
    ] {
        let (_, part) = part(&world, &clean_at_once(), &[&at(target)], &[]);
        assert_eq!(words(&part), images_named(&taken), "{target}");
    }
}

#[test]
fn who_excludes_an_image_keeps_its_unit_whole() {
    let world = images();
    for (excluded, left) in [
        ("index", vec!["other", "arm64", "single"]),
        ("amd64", vec!["other", "arm64", "single"]),
        ("signature", vec!["other", "arm64", "single"]),
        ("shared", vec!["single"]),
        ("single", vec!["index", "amd64", "signature", "other", "arm64", "shared"]),
    ] {
        let (_, part) = part(&world, &clean_at_once(), &[], &[&at(excluded)]);
        assert_eq!(words(&part), images_named(&left), "{excluded}");
    }
}

/// A service with two task sets, the definitions that they run, and their images: with no window all goes in one plan.
fn chain() -> World {
    let mut world = World::new();
    world.repository("web");
    for (name, tag) in [("index", "one"), ("other", "two")] {
        world.image("web", name, 300, &[tag]);
    }
    let host = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/web";
    world.definition("web:1", 300, &format!("{host}:one"));
    world.definition("web:2", 299, &format!("{host}:two"));
    world.definition("web:3", 298, "nginx");
    let task_sets = [("ts-1", "ACTIVE", 0, 200, "web:1"), ("ts-2", "ACTIVE", 0, 200, "web:2")];
    world.external("shop", &task_sets).created_at = ago(365);
    world
}

#[test]
fn a_target_takes_in_what_must_go_before_it() {
    let (whole, part) = part(&chain(), &clean_at_once(), &["*/ecr/image/web@*"], &["*web:2"]);
    assert!(words(&whole).contains(&"delete_task_set ts-2".to_owned()), "{:?}", words(&whole));
    assert_eq!(
        words(&part),
        ["delete_image index", "delete_task_set ts-1", "deregister_task_definition web:1"],
        "the image of web:2 waits for what is excluded, and takes nothing in; of the whole {:?}",
        words(&whole)
    );
    assert_eq!(part.steps.iter().map(|step| step.id.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(part.steps[2].after.iter().map(|id| id.0).max(), Some(2));
}

#[test]
fn what_waits_for_the_excluded_goes_with_it() {
    let (_, part) = part(&chain(), &clean_at_once(), &[], &["demo/eu-central-1/ecs/task-set/main/shop/ts-2"]);
    let left = ["delete_image index", "delete_task_definition web:1", "delete_task_set ts-1"];
    assert_eq!(words(&part), [&left[..], &["deregister_task_definition web:1"]].concat());
}

#[test]
fn a_part_says_that_it_is_one() {
    let (whole, part) = part(&images(), &clean_at_once(), &["*web@*"], &[&at("single")]);
    assert!(whole.complete && !part.complete && part.applyable.is_yes());
    assert_eq!((part.targets.as_slice(), part.excludes.as_slice()), (&["*web@*".to_owned()][..], &[at("single")][..]));
    assert_eq!(part.selected_from.unwrap().steps, whole.steps.len() as u64);
    assert!(whole.selected_from.is_none() && whole.targets.is_empty());
    assert_eq!(part.summary.actions[&Action::DeleteImage], part.steps.len() as u64);
    assert!(part.summary.bytes_reclaimed < whole.summary.bytes_reclaimed);
    assert_ne!(part.plan_id, whole.plan_id);
    assert_eq!(Plan::from_json(&part.to_json().unwrap()).unwrap(), part);
}

/// A selection of everything is the plan itself, but for saying so: the same effects, the same id.
#[test]
fn all_of_a_plan_has_its_id() {
    let (whole, part) = part(&images(), &clean_at_once(), &["*"], &[]);
    assert_eq!(part.plan_id, whole.plan_id);
    assert_eq!((part.steps, part.complete), (whole.steps, false));
}

#[test]
fn a_definition_that_stays_does_not_release_its_image_later() {
    let mut world = chain();
    world.inventory.services.clear();
    let policy = super::world::CLEAN_EVERYTHING;
    let (whole, no_definitions) = part(&world, policy, &[], &["*/ecs/task-definition/*"]);
    let released = |plan: &Plan| {
        plan.deferred.iter().filter(|one| one.reasons.iter().any(|it| it.code == ReasonCode::HolderRetired)).count()
    };
    assert_eq!((released(&whole), released(&no_definitions)), (2, 0), "{:?}", whole.deferred);
    assert_eq!(no_definitions.selected_from.unwrap().deferred, 2);
}

#[test]
fn a_pattern_without_an_object_is_an_error_and_one_without_a_step_a_warning() {
    let mut world = images();
    world.service("busy", 2, "busy:1");
    world.definition("busy:1", 10, "nginx");
    let policy = read(&clean_at_once());
    let find = |targets: &[&str], excludes: &[&str]| {
        Selection::find(&patterns(targets), &patterns(excludes), &policy, &world.inventory)
    };
    for (text, hint) in [
        ("web@", "`*web@*`"),
        ("demo/eu-central-1/ecr/image/wbe@*", "did you mean `demo/eu-central-1/ecr/image/web*`?"),
        ("buzy", "did you mean `*busy*`?"),
        (
            "demo/eu-central-1/ecs/task-definition/busy:7",
            "it has others: `demo/eu-central-1/ecs/task-definition/busy*`",
        ),
        ("nothing/like/it", "write ACCOUNT/REGION"),
    ] {
        let NoSuchObject { option, pattern, hint: said } = find(&["*"], &[text]).unwrap_err();
        assert_eq!((option, pattern.as_str()), ("--exclude", text));
        assert!(said.contains(hint), "{text}: {said}");
    }
    let selection = find(&["*/ecs/service/main/busy", "*web@*"], &[]).unwrap();
    let Answer { plan, .. } = decide(&question(&world, &policy, Some(&selection)));
    let warning = "nothing that --target */ecs/service/main/busy names has a step in this plan; `jettison explain \
                   demo/eu-central-1/ecs/service/main/busy` tells why";
    assert_eq!(plan.warnings, [warning]);
}

#[test]
fn a_pattern_with_a_negation_is_refused_with_advice() {
    let error = "!demo/*".parse::<AddressPattern>().unwrap_err().to_string();
    assert!(error.contains("--exclude"), "{error}");
    assert!("a[".parse::<AddressPattern>().is_err());
}

/// What a selection leaves of a generated plan is a plan of its own: closed, ordered, with the same facts, without anything
/// that is excluded, and no unit of images in part.
#[test]
fn every_part_of_a_plan_is_closed_and_tells_the_same() {
    let tried = std::cell::Cell::new(0);
    holds("every_part_of_a_plan_is_closed_and_tells_the_same", 2, |case| {
        let (inventory, ledger, rules, salt) = (case.inventory, case.ledger, case.rules, case.salt);
        // Most generated policies leave little to be selected from.
        let policy = parse(&if salt % 4 == 0 { rules.text() } else { clean_at_once() });
        let ask = |selection: Option<&Selection>| {
            let question = Question {
                policy: &policy,
                policy_id: String::new(),
                inventory,
                inventory_id: String::new(),
                ledger,
                now: now(),
                made_at: now(),
                selection,
                tool_version: "0.0.0",
            };
            decide(&question).plan
        };
        let whole = ask(None);
        if whole.steps.is_empty() {
            return Ok(());
        }
        let pick = |salt: u64| whole.steps[usize::try_from(salt).unwrap() % whole.steps.len()].address.to_string();
        let (one, two) = (pick(salt % 1_009), pick(salt % 2_003));
        for (targets, excludes) in [(vec![&one], vec![]), (vec![], vec![&two]), (vec![&one], vec![&two])] {
            let of = |texts: &[&String]| patterns(&texts.iter().map(|text| text.as_str()).collect::<Vec<_>>());
            let selection = Selection::find(&of(&targets), &of(&excludes), &policy, inventory).unwrap();
            let part = ask(Some(&selection));
            tried.set(tried.get() + usize::from(part.steps.len() > 1 && part.steps.len() < whole.steps.len()));
            is_part(&part, &whole)?;
            let has = |address: &str| part.steps.iter().any(|step| step.address.to_string() == address);
            ensure(excludes.iter().all(|address| !has(address)), || format!("{excludes:?} is excluded and goes"))?;
            let all_in = excludes.is_empty() && !targets.iter().all(|address| has(address));
            ensure(!all_in, || format!("{targets:?} is wanted and does not go"))?;
        }
        Ok(())
    });
    assert!(tried.get() > 20, "too few parts with more than a step: {}", tried.get());
}

fn is_part(part: &Plan, whole: &Plan) -> Result<(), String> {
    let key = |step: &Step| (step.action, step.address.to_string());
    let of_whole: BTreeMap<_, &Step> = whole.steps.iter().map(|step| (key(step), step)).collect();
    let mine: BTreeSet<_> = part.steps.iter().map(key).collect();
    for (number, step) in (1..).zip(&part.steps) {
        ensure(step.id.0 == number, || format!("step {number} is called {}", step.id))?;
        let Some(there) = of_whole.get(&key(step)) else { return Err(format!("{} is new", step.address)) };
        let names = |plan: &Plan, step: &Step| -> BTreeSet<_> {
            step.after.iter().map(|id| key(plan.steps.iter().find(|one| one.id == *id).unwrap())).collect()
        };
        ensure(names(part, step) == names(whole, there), || format!("{} waits for something else", step.address))?;
        ensure(step.after.iter().all(|id| *id < step.id), || format!("{} waits for later steps", step.address))?;
        let same = Step { id: there.id, after: there.after.clone(), ..step.clone() };
        ensure(same == **there, || format!("{} tells something else", step.address))?;
    }
    units_are_whole(part, whole, &mine)?;
    ensure(!part.complete && part.selected_from.is_some(), || "it does not say that it is a part".to_owned())
}

/// What is missing of a unit is a part of another one that stays, or of what that holds.
fn units_are_whole(part: &Plan, whole: &Plan, mine: &BTreeSet<(Action, String)>) -> Result<(), String> {
    for step in &part.steps {
        let members = step
            .expect
            .iter()
            .find_map(|fact| if let Expect::UnitUnreferenced { members } = fact { Some(members.iter()) } else { None });
        for member in members.into_iter().flatten() {
            let sibling = whole.steps.iter().find(|one| {
                one.action == Action::DeleteImage
                    && one.target.digest.as_ref() == Some(member)
                    && (one.target.location(), &one.target.repository)
                        == (step.target.location(), &step.target.repository)
            });
            let Some(sibling) = sibling.filter(|one| !mine.contains(&(one.action, one.address.to_string()))) else {
                continue;
            };
            let held = sibling.after.iter().any(|id| {
                let before = whole.steps.iter().find(|one| one.id == *id).unwrap();
                before.action == Action::DeleteImage && !mine.contains(&(before.action, before.address.to_string()))
            });
            ensure(held, || format!("{} goes without {}", step.address, sibling.address))?;
        }
    }
    Ok(())
}

/// A forecast can be read and never applied, and what it saw in use is what any plan of that world sees.
#[test]
fn a_forecast_is_of_another_instant_and_never_applied() {
    holds("a_forecast_is_of_another_instant_and_never_applied", 6, |case| {
        let (inventory, ledger, policy) = (case.inventory, case.ledger, case.policy);
        let later = now() + jiff::SignedDuration::from_hours(24 * 120);
        let ask = |at| {
            decide(&Question {
                policy,
                policy_id: String::new(),
                inventory,
                inventory_id: String::new(),
                ledger,
                now: at,
                made_at: now(),
                selection: None,
                tool_version: "0.0.0",
            })
        };
        let (today, then) = (ask(now()), ask(later));
        let plan = &then.plan;
        ensure(plan.as_of == later && plan.created_at == now() && !plan.applyable.is_yes(), || {
            "it is not for then".to_owned()
        })?;
        ensure(plan.refusals.iter().any(|it| it.code == RefusalCode::Forecast), || "it is not refused".to_owned())?;
        ensure(plan.expires_at == today.plan.expires_at, || "it lasts as long as it was made".to_owned())?;
        ensure(today.plan.refusals.is_empty(), || format!("{:?}", today.plan.refusals))?;
        // For the ledger: nothing is seen at a time that has not come.
        ensure(then.in_use == today.in_use, || "another instant sees other uses".to_owned())?;
        ensure(then.ended == today.ended, || "another instant ends other uses".to_owned())
    });
}

/// Time alone takes nothing out of a plan, but that what would be archived is deleted: comparisons of plans build on that.
#[test]
fn waiting_only_ever_adds() {
    holds("waiting_only_ever_adds", 6, |case| {
        let (inventory, ledger, policy) = (case.inventory, case.ledger, case.policy);
        let days = i64::try_from(case.salt % 200).unwrap();
        let later = now() + jiff::SignedDuration::from_hours(24 * days);
        let effects = |at| {
            let plan = super::laws::plan_at(policy, inventory, ledger, at);
            plan.steps.into_iter().map(|step| (step.action, step.address)).collect::<BTreeSet<_>>()
        };
        let (today, then) = (effects(now()), effects(later));
        let is_deleted = |(action, address): &&(Action, Address)| {
            *action == Action::ArchiveImage && then.contains(&(Action::DeleteImage, address.clone()))
        };
        let lost: Vec<_> = today.difference(&then).filter(|effect| !is_deleted(effect)).collect();
        ensure(lost.is_empty(), || format!("{days} days later these are gone: {lost:?}"))
    });
}

#[test]
fn the_definition_of_a_running_service_is_not_in_any_part() {
    let mut world = chain();
    world.service("busy", 2, "web:1").task_definition = Some(definition_arn("web:1"));
    let (_, part) = part(&world, &clean_at_once(), &["*web*"], &[]);
    assert!(!words(&part).iter().any(|word| word.contains("web:1")), "{:?}", words(&part));
}
