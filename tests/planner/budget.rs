//! Budgets: what counts, and that exceeding any refuses the whole plan.

use jettison::plan::{MeasuredLimit, Plan, RefusalCode};

use super::world::{CLEAN_EVERYTHING, HOST, INDEX, World, ago, digest};

/// The plan of everything that may go, under a budget.
fn plan(world: &World, budget: &str) -> Plan {
    world.plan(&format!("{CLEAN_EVERYTHING}budget {{\n{budget}\n}}\n")).plan
}

fn limit<'p>(plan: &'p Plan, name: &str) -> &'p MeasuredLimit {
    let found: Vec<_> = plan.budget.iter().filter(|one| one.limit == name).collect();
    assert_eq!(found.len(), 1, "{name}: {:?}", plan.budget);
    found[0]
}

/// What was found and allowed, and whether the plan is refused for it.
fn found(world: &World, budget: &str, name: &str) -> (u64, u64, bool) {
    let plan = plan(world, budget);
    let measured = limit(&plan, name);
    assert_eq!(measured.exceeded, !plan.refusals.is_empty(), "{plan:?}");
    assert_eq!(plan.applyable.is_yes(), plan.refusals.is_empty());
    (measured.found, measured.allowed, measured.exceeded)
}

/// `old` images that go and `young` ones that stay.
fn repository(world: &mut World, name: &str, old: i64, young: i64) {
    world.repository(name);
    for number in 0..old {
        world.image(name, &format!("{name}-old-{number}"), 200, &[]);
    }
    for number in 0..young {
        world.image(name, &format!("{name}-young-{number}"), 20, &[]);
    }
}

#[test]
fn exceeding_a_limit_refuses_the_whole_plan_and_trims_nothing() {
    let mut world = World::new();
    repository(&mut world, "team/web", 4, 6);
    let within = plan(&world, "max_actions = 4");
    assert!(within.applyable.is_yes() && within.refusals.is_empty());
    let over = plan(&world, "max_actions = 3");
    assert_eq!((over.steps.len(), over.applyable.is_yes(), over.errored), (4, false, false));
    assert_eq!(over.refusals.len(), 1);
    assert_eq!(over.refusals[0].code, RefusalCode::OverBudget);
    assert_eq!(
        over.refusals[0].text,
        "the plan has 4 steps; `max_actions` at policy.hcl:27 allows 3. Make the plan smaller, or raise the limit"
    );
    assert_eq!(over.plan_id, within.plan_id, "the effects are the same");
}

/// 3 of 10 are 30 percent; 31 of 100 are not 30, and neither are 301 of 1,000.
#[test]
fn a_share_lets_no_more_through_than_it_says() {
    let of = |old, young, percent: u32| {
        let mut world = World::new();
        repository(&mut world, "team/web", old, young);
        found(&world, &format!("image {{ max_percent = {percent} }}"), "image.max_percent")
    };
    assert_eq!(of(3, 7, 30), (30, 30, false));
    assert_eq!(of(31, 69, 30), (31, 30, true));
    assert_eq!(of(301, 699, 30), (31, 30, true), "30.1 percent");
    assert_eq!(of(1, 2, 33), (34, 33, true), "33.3 percent");
    assert_eq!(of(2, 0, 99), (100, 99, true), "a repository whose every image goes");
    assert_eq!(of(2, 0, 100), (100, 100, false));
    assert_eq!(of(1, 999, 0), (1, 0, true));
}

/// Of many repositories the worst is told, and all that are over.
#[test]
fn shares_are_of_each_repository_and_the_worst_is_told() {
    let mut world = World::new();
    repository(&mut world, "team/a", 1, 9);
    repository(&mut world, "team/b", 2, 8);
    repository(&mut world, "team/c", 0, 1);
    let within = plan(&world, "image { max_percent = 20 }");
    let worst = limit(&within, "image.max_percent");
    assert_eq!(worst.group.as_deref(), Some("demo/eu-central-1/team/b"));
    assert_eq!((worst.goes, worst.of, worst.exceeded), (Some(2), Some(10), false));
    let over = plan(&world, "image { max_percent = 5 }");
    let groups: Vec<_> = over.budget.iter().map(|one| one.group.clone().unwrap()).collect();
    assert_eq!(groups, ["demo/eu-central-1/team/b", "demo/eu-central-1/team/a"], "team/c loses nothing");
    assert_eq!(
        over.refusals[0].text,
        "repository demo/eu-central-1/team/b would lose 2 of its 10 images, 20 percent, and so would another one; \
         `image.max_percent` at policy.hcl:27 allows 5. Make the plan smaller, or raise the limit"
    );
    // Three of twenty-one in the account.
    let account = plan(&world, "image {\n account {\n max_percent = 15\n min_survivors = 18\n }\n }");
    let measured = limit(&account, "image.account.max_percent");
    assert_eq!((measured.group.as_deref(), measured.found, measured.exceeded), (Some("demo"), 15, false));
    let measured = limit(&account, "image.account.min_survivors");
    assert_eq!((measured.found, measured.exceeded), (18, false));
}

/// An index with its children and signatures is what people call an image.
#[test]
fn shares_of_images_count_units_and_amounts_count_as_the_plan_does() {
    let mut world = World::new();
    world.repository("team/web");
    for (name, age) in [("old", 200), ("young", 20)] {
        for child in ["arm", "amd", "sbom"] {
            world.image("team/web", &format!("{name}-{child}"), age, &[]);
        }
        world.index("team/web", name, age, &[name], &[&format!("{name}-arm"), &format!("{name}-amd")]);
        world.image("team/web", &format!("{name}-sig"), age, &[&format!("sha256-{}.sig", &digest(name).as_str()[7..])]);
        let sbom =
            world.inventory.images.iter_mut().find(|seen| seen.value.image_digest == digest(&format!("{name}-sbom")));
        sbom.unwrap().value.subject_manifest_digest = Some(digest(name));
    }
    let budget = "image {\n max_percent = 50\n min_survivors = 1\n max_count = 5\n max_bytes = \"4kB\"\n }";
    let plan = plan(&world, budget);
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert_eq!(plan.steps.len(), 5);
    let percent = limit(&plan, "image.max_percent");
    assert_eq!((percent.goes, percent.of, percent.found), (Some(1), Some(2), 50));
    assert_eq!(limit(&plan, "image.min_survivors").found, 1);
    assert_eq!(limit(&plan, "image.max_count").found, 5, "as many as there are steps");
    assert_eq!(limit(&plan, "image.max_bytes").found, 4_000, "the index weighs nothing of its own");
    let index =
        world.inventory.images.iter().filter(|seen| seen.value.image_manifest_media_type.as_deref() == Some(INDEX));
    assert_eq!(index.count(), 2);
}

/// Of what is archived nothing can be pulled.
#[test]
fn archived_images_do_not_survive() {
    let archive =
        "retention \"image\" \"cold\" {\n  match { repository = [\"*\"] }\n  archive { unused_for = \"30d\" }\n}\n";
    let mut world = World::new();
    repository(&mut world, "team/web", 0, 2);
    for number in 0..3 {
        let image = world.image("team/web", &format!("archived-{number}"), 60, &[]);
        image.image_status = Some("ARCHIVED".into());
    }
    world.image("team/web", "cold", 60, &[]);
    let budget = "budget {\n image {\n max_percent = 20\n min_survivors = 2\n max_bytes = \"1kB\"\n }\n}\n";
    let plan = |policy: String| world.plan(&(policy + archive)).plan;
    let within = plan(CLEAN_EVERYTHING.to_owned() + budget);
    assert_eq!(within.steps.len(), 1);
    assert!(within.refusals.is_empty(), "{:?}", within.refusals);
    let survivors = limit(&within, "image.min_survivors");
    assert_eq!((survivors.found, survivors.of, survivors.goes), (2, Some(3), Some(1)));
    assert_eq!(limit(&within, "image.max_percent").of, Some(6), "a share is of all that there are");
    assert_eq!(limit(&within, "image.max_bytes").found, 1_000, "what is archived counts");
    let over = plan(CLEAN_EVERYTHING.to_owned() + &budget.replace("survivors = 2", "survivors = 3"));
    assert_eq!(
        over.refusals[0].text,
        "repository demo/eu-central-1/team/web would keep 2 of its 3 usable images; `image.min_survivors` at policy.hcl:29 asks \
         for 3. Make the plan smaller, or raise the limit"
    );
}

/// Deleting what cannot be used anyway takes no survivor.
#[test]
fn survivors_are_asked_for_only_where_usable_ones_go() {
    let mut world = World::new();
    world.repository("team/web");
    world.image("team/web", "archived", 200, &[]).image_status = Some("ARCHIVED".into());
    world.inactive("web:1", 300, 200, "elsewhere/x:1");
    let plan = plan(&world, "image { min_survivors = 5 }\ntask_definition { min_survivors = 5 }");
    assert_eq!((plan.steps.len(), plan.budget.len(), plan.refusals.len()), (2, 0, 0), "{:?}", plan.budget);
}

/// A revision that is deregistered and deleted in one plan counts once, and an INACTIVE one is no survivor.
#[test]
fn definitions_count_once_and_by_family() {
    let mut world = World::new();
    for revision in 1..=3 {
        world.inactive(&format!("web:{revision}"), 300, 200, "elsewhere/x:1");
    }
    for revision in 4..=6 {
        world.definition(&format!("web:{revision}"), 300 - i64::from(revision), "elsewhere/x:1");
    }
    world.definition("api:1", 300, "elsewhere/x:1");
    let rules = CLEAN_EVERYTHING.replace("inactive_for = \"90d\"", "inactive_for = \"0s\"");
    let budget = "task_definition {\n max_count = 5\n max_percent = 84\n min_survivors = 1\n }";
    let plan = world
        .plan(&format!("{rules}settings {{ rollback_window = \"0s\" }}\nbudget {{\n max_actions = 7\n{budget}\n}}\n"))
        .plan;
    assert_eq!(plan.steps.len(), 7, "two are deregistered and deleted");
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert_eq!(limit(&plan, "max_actions").found, 7);
    assert_eq!(limit(&plan, "task_definition.max_count").found, 5);
    let percent = limit(&plan, "task_definition.max_percent");
    assert_eq!((percent.group.as_deref(), percent.goes, percent.of), (Some("demo/eu-central-1/web"), Some(5), Some(6)));
    let survivors = limit(&plan, "task_definition.min_survivors");
    assert_eq!((survivors.found, survivors.of, survivors.goes), (1, Some(3), Some(2)));
}

#[test]
fn services_and_task_sets_count_by_cluster() {
    let mut world = World::new();
    world.service("idle", 0, "web:9");
    world.service("gone", 0, "web:9").status = "INACTIVE".to_owned();
    world.external("shop", &[("a", "ACTIVE", 1, 200, "web:9"), ("b", "PRIMARY", 1, 100, "web:9")]);
    world.inventory.services[0].value.created_at = ago(400);
    let budget =
        "service {\n max_percent = 50\n min_survivors = 1\n }\ntask_set {\n max_percent = 50\n max_count = 1\n }";
    let plan = plan(&world, budget);
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    let services = limit(&plan, "service.max_percent");
    assert_eq!(
        (services.group.as_deref(), services.goes, services.of),
        (Some("demo/eu-central-1/main"), Some(1), Some(2))
    );
    let task_sets = limit(&plan, "task_set.max_percent");
    assert_eq!((task_sets.goes, task_sets.of), (Some(1), Some(2)), "scaled down and deleted, and counted once");
    assert_eq!(limit(&plan, "task_set.max_count").found, 1);
}

/// Of an empty plan, and of kinds that the plan leaves alone, there is nothing to measure.
#[test]
fn nothing_to_do_exceeds_nothing() {
    let mut world = World::new();
    repository(&mut world, "team/web", 0, 3);
    world.definition("web:1", 300, &format!("{HOST}/team/web:x"));
    let budget = "max_actions = 0\nimage {\n max_count = 0\n max_percent = 0\n min_survivors = 100\n }";
    let plan = plan(&world, budget);
    assert!(plan.steps.is_empty() && plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert_eq!((plan.budget.len(), limit(&plan, "max_actions").found), (1, 0));
}

/// Each account has its own.
#[test]
fn accounts_are_counted_apart() {
    let mut world = World::new();
    repository(&mut world, "team/web", 3, 0);
    let plan = plan(&world, "image {\n max_count = 3\n account {\n max_count = 2\n max_bytes = \"2kB\"\n }\n }");
    let texts: Vec<&str> = plan.refusals.iter().map(|refusal| refusal.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "the plan takes 3 images of account demo; `image.account.max_count` at policy.hcl:30 allows 2. Make the plan \
             smaller, or raise the limit",
            "the plan takes 2.9 KiB of images of account demo; `image.account.max_bytes` at policy.hcl:31 allows 1.9 KiB. Make \
             the plan smaller, or raise the limit",
        ]
    );
}
