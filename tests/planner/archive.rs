//! Archiving: what goes to the archive, what is deleted instead, and what it costs.

use jettison::{
    model::{Bytes, ReasonCode, Source},
    plan::Action::{ArchiveImage, DeleteImage, DeregisterTaskDefinition},
};

use super::world::{Fate, HOST, Outcome, World, ago, deleted, image_address, now};

const POLICY: &str = r#"
account "demo" {
  id      = "000000000000"
  regions = ["eu-central-1"]
}
retention "image" "all" {
  match { repository = ["*"] }
  archive { unused_for = "30d" }
  delete { unused_for = "90d" }
}
"#;

fn archived() -> Fate {
    Fate::Retired(vec![ArchiveImage])
}

fn with_rule(rule: &str) -> String {
    format!("{POLICY}{rule}")
}

fn world() -> World {
    let mut world = World::new();
    world.repository("team/web");
    world
}

fn reason_of(plan: &Outcome, code: ReasonCode) -> u64 {
    plan.plan.kept_by_reason.get(&code).copied().unwrap_or_default()
}

/// The archive is a stage on the way to deletion, not a toll on it.
#[test]
fn what_is_due_for_both_is_deleted() {
    let mut world = world();
    for (name, age) in [("young", 29), ("cold", 30), ("colder", 89), ("old", 90)] {
        world.image("team/web", name, age, &[name]);
    }
    let plan = world.plan(POLICY);
    assert_eq!(plan.fate_of_image("team/web", "young"), Fate::Kept);
    assert_eq!(plan.fate_of_image("team/web", "cold"), archived());
    assert_eq!(plan.fate_of_image("team/web", "colder"), archived());
    assert_eq!(plan.fate_of_image("team/web", "old"), deleted());
    let step = plan.plan.steps.iter().find(|step| step.action == ArchiveImage).unwrap();
    assert_eq!((&*step.at, &*step.rule), ("policy.hcl:8", "image.all"));
    let facts = serde_json::to_string(&step.expect).unwrap();
    assert!(facts.contains(r#"{"fact":"status","is":"ACTIVE"}"#), "{facts}");
    assert_eq!(serde_json::to_value(step.reversible).unwrap(), "yes");
}

#[test]
fn what_is_archived_stays_until_deleting_it_is_due() {
    let mut world = world();
    for (name, age) in [("waiting", 40), ("due", 90)] {
        let image = world.image("team/web", name, age, &[name]);
        (image.image_status, image.last_archived_at) = (Some("ARCHIVED".into()), ago(1));
    }
    let plan = world.plan(POLICY);
    assert_eq!(plan.fate_of_image("team/web", "waiting"), Fate::Kept);
    assert_eq!(reason_of(&plan, ReasonCode::Archived), 1, "{:?}", plan.plan.kept_by_reason);
    assert_eq!(plan.fate_of_image("team/web", "due"), deleted());
    let only_archive = POLICY.replace("  delete { unused_for = \"90d\" }\n", "");
    let plan = world.plan(&only_archive);
    assert_eq!((plan.plan.steps.len(), reason_of(&plan, ReasonCode::Archived)), (0, 2));
}

/// What is archived cannot be pulled: to whatever uses it, that is an outage like any other.
#[test]
fn what_forbids_to_delete_forbids_to_archive() {
    let archives = |change: &dyn Fn(&mut World), more: &str| {
        let mut world = world();
        world.image("team/web", "cold", 40, &["v1"]);
        change(&mut world);
        world.plan(&with_rule(more)).fate_of_image("team/web", "cold")
    };
    let protect = "protect \"image\" \"web\" {\n  reason = \"asked\"\n  match { tags = [\"v*\"] }\n}\n";
    let keep = "retention \"image\" \"kept\" {\n  match { repository = [\"team/*\"] }\n  keep { newest = 1 }\n}\n";
    assert_eq!(archives(&|_| {}, ""), archived());
    assert_eq!(archives(&|_| {}, protect), Fate::Kept);
    assert_eq!(archives(&|_| {}, keep), Fate::Kept);
    let used = |world: &mut World| drop(world.definition("web:1", 400, &format!("{HOST}/team/web:v1")).clone());
    assert_eq!(archives(&used, ""), Fate::Kept);
    assert_eq!(archives(&|world| world.inventory.repositories[0].value.tags.clear(), ""), Fate::Kept);
    let pulled = |world: &mut World| world.inventory.images[0].value.last_recorded_pull_time = ago(29);
    assert_eq!(archives(&pulled, ""), Fate::Kept);
    assert_eq!(archives(&|world| world.gap(Source::Lambda, None), ""), Fate::Blocked);
    let coming_back = |world: &mut World| world.inventory.images[0].value.image_status = Some("ACTIVATING".into());
    assert_eq!(archives(&coming_back, ""), Fate::Kept);
    let window = "settings { rollback_window = \"31d\" }\n";
    let recent = |world: &mut World| world.inventory.images[0].value.image_pushed_at = ago(30);
    assert_eq!(archives(&recent, window), Fate::Deferred(now() + jiff::SignedDuration::from_hours(24)));
}

/// The order in which ECR's own lifecycle policies archive: an index first, then what it lists.
#[test]
fn a_unit_is_archived_whole_and_from_the_top() {
    let mut world = world();
    world.image("team/web", "child", 40, &[]);
    let cold = world.image("team/web", "cold-child", 40, &[]);
    cold.image_status = Some("ARCHIVED".into());
    world.index("team/web", "index", 40, &["v1"], &["child", "cold-child"]);
    world.image("team/web", "signature", 40, &[]).subject_manifest_digest = Some(super::world::digest("index"));
    let plan = world.plan(POLICY);
    let address = |name: &str| image_address("team/web", name);
    for name in ["index", "child", "signature"] {
        assert_eq!(plan.fate_of_image("team/web", name), archived(), "{name}");
    }
    assert_eq!(plan.fate_of_image("team/web", "cold-child"), Fate::Kept, "nothing is left to archive");
    for name in ["child", "signature"] {
        assert!(plan.waits((ArchiveImage, &address(name)), (ArchiveImage, &address("index"))), "{name}");
    }
    world.inventory.images[0].value.last_recorded_pull_time = ago(1);
    assert_eq!(world.plan(POLICY).plan.steps.len(), 0, "one of them was pulled yesterday");
}

/// A child goes with the most careful of the indexes that list it.
#[test]
fn a_child_of_an_archived_and_of_a_deleted_index_is_archived_after_both() {
    let mut world = world();
    world.image("team/web", "shared", 100, &[]);
    world.index("team/web", "old", 100, &["v1"], &["shared"]);
    world.index("team/web", "cold", 100, &["v2"], &["shared"]);
    world.inventory.images[2].value.last_recorded_pull_time = ago(40);
    let plan = world.plan(POLICY);
    assert_eq!(plan.fate_of_image("team/web", "old"), deleted());
    assert_eq!(plan.fate_of_image("team/web", "cold"), archived());
    assert_eq!(plan.fate_of_image("team/web", "shared"), archived());
    let address = |name: &str| image_address("team/web", name);
    assert!(plan.waits((ArchiveImage, &address("shared")), (ArchiveImage, &address("cold"))));
    assert!(plan.waits((ArchiveImage, &address("shared")), (DeleteImage, &address("old"))));
}

/// Every tag needs a rule that retires it. One that would delete counts where another only archives.
#[test]
fn every_tag_counts_for_the_archive_too() {
    let rules = |first: &str, second: &str| {
        let head = POLICY.split("retention").next().unwrap();
        format!(
            "{head}retention \"image\" \"a\" {{\n  match {{ tags = [\"a\"] }}\n  {first}\n}}\nretention \"image\" \"b\" {{\n  \
             match {{ tags = [\"b\"] }}\n  {second}\n}}\n"
        )
    };
    let (archive, delete) = ("archive { unused_for = \"30d\" }", "delete { unused_for = \"30d\" }");
    let mut world = world();
    world.image("team/web", "both", 40, &["a", "b"]);
    world.image("team/web", "other", 40, &["a", "c"]);
    for (first, second, fate) in
        [(archive, archive, archived()), (archive, delete, archived()), (delete, delete, deleted())]
    {
        let plan = world.plan(&rules(first, second));
        assert_eq!(plan.fate_of_image("team/web", "both"), fate, "{first} {second}");
        assert_eq!(plan.fate_of_image("team/web", "other"), Fate::Kept, "{first} {second}");
        assert_eq!(reason_of(&plan, ReasonCode::TagNotMatched), 1);
    }
}

/// From today on nothing uses it, and from then the archive's time counts first.
#[test]
fn an_image_that_loses_its_holder_now_will_be_archived_before_it_is_deleted() {
    let mut world = world();
    world.image("team/web", "old", 400, &["v1"]);
    world.definition("web:1", 400, &format!("{HOST}/team/web:v1"));
    world.definition("web:2", 400, "elsewhere/x:1");
    let rule = "retention \"task_definition\" \"all\" {\n  match { family = [\"*\"] }\n  deregister { unused_for = \"90d\" }\n}\n";
    let plan = world.plan(&with_rule(rule));
    assert_eq!(plan.fate("ecs/task-definition/web:1"), Fate::Retired(vec![DeregisterTaskDefinition]));
    let pending = plan.plan.deferred.iter().find(|one| one.address.to_string().contains("ecr/image")).unwrap();
    let in_thirty_days = now() + jiff::SignedDuration::from_hours(30 * 24);
    assert_eq!((pending.action, pending.eligible_at), (ArchiveImage, Some(in_thirty_days)));
}

#[test]
fn the_plan_is_honest_about_what_archiving_costs() {
    let mut world = world();
    world.image("team/web", "cold", 40, &["v1"]).image_size_in_bytes = 100_000_000_000;
    let gone = world.image("team/web", "gone", 100, &["v2"]);
    gone.image_size_in_bytes = 30_000_000_000;
    (gone.image_status, gone.last_archived_at) = (Some("ARCHIVED".into()), ago(60));
    let plan = world.plan(POLICY).plan;
    let summary = &plan.summary;
    assert_eq!((summary.bytes_archived, summary.bytes_reclaimed), (Bytes(100_000_000_000), Bytes(30_000_000_000)));
    assert!(summary.monthly_savings_by_archiving_usd.abs() < 1e-9, "as much as standard storage");
    assert!((summary.monthly_savings_usd - 3.0).abs() < 1e-9);
    let warned = plan.warnings.join("\n");
    assert!(
        warned.contains("at least 90 days (about $30.00 for 93.1 GiB)") && warned.contains("about $3.00"),
        "{warned}"
    );
    // Thirty of ninety days are left, a month of thirty gigabytes.
    assert!(warned.contains("1 image would be deleted less than 90 days after it was archived"), "{warned}");
    assert!(warned.contains("charged all the same, about $3.00"), "{warned}");
    assert_eq!((plan.summary.actions[&ArchiveImage], plan.summary.actions[&DeleteImage]), (1, 1));
    assert_eq!(plan.summary.api_calls["ecr:UpdateImageStorageClass"], 1);
}

/// Above 150 TB of one account and Region the archive is cheaper: what lies above that saves thirty percent.
#[test]
fn beyond_150_terabytes_archiving_saves_something() {
    let mut world = world();
    let before = world.image("team/web", "before", 60, &["v1"]);
    before.image_size_in_bytes = 149_000_000_000_000;
    before.image_status = Some("ARCHIVED".into());
    world.image("team/web", "cold", 40, &["v2"]).image_size_in_bytes = 3_000_000_000_000;
    let plan = world.plan(POLICY).plan;
    assert!((plan.summary.monthly_savings_by_archiving_usd - 60.0).abs() < 1e-6, "2,000 GB at $0.03");
}
