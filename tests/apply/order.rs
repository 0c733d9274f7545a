//! What comes before what, what a stop leaves behind, and accounts side by side.

use std::time::Duration;

use jettison::{
    apply::{ApplyError, Close},
    inventory::Seen,
    journal::Outcome,
    model::{Location, Scope},
    plan::Action,
};
use tokio::time::Instant;

use super::{
    crash::acted_on,
    stage::{Blow, Ended, Line, Stage, clean_and_archive_at_once, fleet, is_mutation, outcome, world_of},
    story::{self, image_address},
};

async fn stage() -> Stage {
    Stage::planned(&fleet().inventory, &clean_and_archive_at_once()).await
}

#[tokio::test(start_paused = true)]
async fn nothing_is_acted_on_before_what_it_waits_for() {
    let mut stage = stage().await;
    let report = stage.go().await.report();
    assert_eq!(report.close, Close::Complete);
    let mut acted = Vec::new();
    for line in stage.wall.lines() {
        if let Line::Called { operation, body } = line {
            acted.extend(acted_on(&stage, &operation, &body));
        }
    }
    let position = |step| acted.iter().position(|other| *other == step).unwrap();
    assert_eq!(acted.len(), stage.plan.steps.len(), "each once");
    for step in &stage.plan.steps {
        for before in &step.after {
            assert!(position(*before) < position(step.id), "{before} before {}", step.id);
        }
    }
    // Ten minutes between a deregistration and whatever waits for it, by the simulated AWS's own clock.
    let calls = stage.sim.calls();
    let at = |name: &str| {
        let mut times: Vec<_> = calls.iter().filter(|call| call.operation == name).map(|call| call.at).collect();
        times.sort_unstable();
        times
    };
    let (deregistered, deleted) = (at("DeregisterTaskDefinition"), at("DeleteTaskDefinitions"));
    let waited = deleted.last().unwrap().duration_since(*deregistered.first().unwrap());
    assert!(waited.as_secs() >= 600, "{waited}");
}

#[tokio::test(start_paused = true)]
async fn access_denied_on_one_operation_fails_it_skips_what_waits_and_lets_the_rest_go_on() {
    let denials = [
        ("UpdateTaskSet", Action::ScaleTaskSet),
        ("DeleteTaskSet", Action::DeleteTaskSet),
        ("DeleteService", Action::DeleteService),
        ("DeregisterTaskDefinition", Action::DeregisterTaskDefinition),
        ("DeleteTaskDefinitions", Action::DeleteTaskDefinition),
        ("UpdateImageStorageClass", Action::ArchiveImage),
        ("BatchDeleteImage", Action::DeleteImage),
    ];
    let planned = stage().await;
    for (operation, action) in denials {
        let mut stage = planned.fresh().with_hook(move |asked| (asked.operation == operation).then_some(Blow::Deny));
        let report = stage.go().await.report();
        assert_eq!(report.close, Close::Complete);
        let mut not_done = Vec::new();
        for step in &stage.plan.steps {
            let found = outcome(&report, step.id);
            let waits_for_it = step.after.iter().any(|before| not_done.contains(before));
            let fits = match found {
                Some(Outcome::Skipped { because }) => waits_for_it && because.contains("was not done"),
                Some(Outcome::Failed { error }) => {
                    !waits_for_it && step.action == action && error.contains("AccessDenied")
                }
                Some(Outcome::Done { .. }) => !waits_for_it && step.action != action,
                _ => false,
            };
            assert!(fits, "{operation}: {} {}: {found:?}", step.action, step.address);
            if !matches!(found, Some(Outcome::Done { .. })) {
                not_done.push(step.id);
            }
        }
        assert!(!not_done.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn without_waiting_the_rest_is_left_for_later() {
    let mut stage = stage().await.without_wait();
    let began = Instant::now();
    let report = stage.go().await.report();
    let Close::NotBefore(at) = report.close else { panic!("{:?}", report.close) };
    assert!(began.elapsed() < Duration::from_secs(300), "{:?}", began.elapsed());
    assert!(at > stage.sim.now() && report.in_doubt.is_empty() && !report.pending.is_empty());
    tokio::time::sleep(Duration::from_secs(700)).await;
    let before = stage.wall.mutations().len();
    let report = stage.go().await.report();
    assert_eq!(report.close, Close::Complete);
    assert!(report.outcomes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Done { .. })), "{report:?}");
    assert!(stage.wall.mutations().len() > before);
    // Once more: there is nothing left, and nothing is touched.
    let before = stage.wall.mutations().len();
    assert_eq!(stage.go().await.report().close, Close::Complete);
    assert_eq!(stage.wall.mutations().len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_finished_plan_applied_again_finds_everything_gone() {
    let mut first = stage().await;
    let mut second = first.fresh();
    assert_eq!(first.go().await.report().close, Close::Complete);
    tokio::time::sleep(Duration::from_secs(7_200)).await;
    second.sim = first.sim.clone();
    let before = world_of(&first.sim).images.len();
    let report = second.go().await.report();
    assert!(report.outcomes.iter().all(|(_, outcome)| *outcome == Outcome::AlreadyGone), "{report:?}");
    assert_eq!(second.wall.mutations(), Vec::<String>::new());
    assert_eq!(world_of(&first.sim).images.len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_stop_at_any_moment_ends_the_run_within_five_seconds_and_a_resume_finishes() {
    let planned = stage().await;
    for hangs in [false, true] {
        for moment in [0, 1, 50, 200, 500, 900, 1_500, 3_000, 6_000, 11_000, 16_000, 100_000, 599_000, 601_000] {
            let mut stage = planned.fresh();
            if hangs {
                // AWS answers nothing that changes something any more, but the first.
                stage = stage.with_hook(|asked| (asked.mutates() && asked.number > 60).then_some(Blow::Hang));
            }
            let stop = stage.stop.clone();
            let began = Instant::now();
            let signal = tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(moment)).await;
                stop.send_replace(true);
            });
            let report = stage.go().await.report();
            let took = began.elapsed();
            signal.abort();
            assert!(took <= Duration::from_millis(moment + 5_000), "{moment}: {took:?}");
            assert!(matches!(report.close, Close::Interrupted | Close::Complete), "{moment}: {:?}", report.close);
            stage.stop.send_replace(false);
            stage = stage.unhooked();
            let report = stage.go().await.report();
            assert_eq!(report.close, Close::Complete, "{moment}: {report:?}");
            let is_good = |outcome: &Outcome| matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyGone);
            assert!(report.outcomes.iter().all(|(_, outcome)| is_good(outcome)), "{moment} {hangs}: {report:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_a_resume_reads_back_from_a_silent_aws_ends_it_too() {
    let mut stage = stage().await.with_hook(|asked| asked.mutates().then_some(Blow::DieAfter));
    assert!(matches!(stage.go().await, Ended::Died));
    let stop = stage.stop.clone();
    stage = stage.unhooked().with_hook(|asked| (!is_mutation(asked.operation)).then_some(Blow::Hang));
    let signal = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send_replace(true);
    });
    let began = Instant::now();
    let report = stage.go().await.report();
    signal.abort();
    assert!(began.elapsed() <= Duration::from_secs(6), "{:?}", began.elapsed());
    assert_eq!(report.close, Close::Interrupted);
    assert!(!report.in_doubt.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nobody_left_to_say_stop_is_not_a_stop() {
    let mut stage = stage().await;
    stage.is_orphaned = true;
    assert_eq!(stage.go().await.report().close, Close::Complete);
}

/// A second account with two spare images.
async fn two_accounts() -> Stage {
    let mut world = fleet();
    let other =
        Scope { account: "other".into(), account_id: "111111111111".parse().unwrap(), region: "us-east-1".into() };
    let place = Location { account_id: other.account_id.clone(), region: other.region.clone() };
    world.inventory.scopes.push(other);
    let moved = |text: &str| text.replace(story::ACCOUNT, "111111111111").replace(story::REGION, "us-east-1");
    let mut repository = world.inventory.repositories[1].clone();
    repository.location = place.clone();
    repository.value.repository_arn = moved(&repository.value.repository_arn);
    let images: Vec<_> = world
        .inventory
        .images
        .iter()
        .filter(|seen| seen.value.repository_name.as_str() == "team/tools")
        .map(|seen| Seen::new(place.clone(), seen.value.clone()))
        .collect();
    world.inventory.repositories.push(repository);
    world.inventory.images.extend(images);
    let mut definition = world.inventory.task_definitions[0].clone();
    definition.location = place;
    definition.value.task_definition_arn = moved(&definition.value.task_definition_arn);
    world.inventory.task_definitions.push(definition);
    let policy = clean_and_archive_at_once()
        + "account \"other\" {\n  id      = \"111111111111\"\n  regions = [\"us-east-1\"]\n}\n";
    Stage::planned(&world.inventory, &policy).await
}

#[tokio::test(start_paused = true)]
async fn accounts_are_worked_on_side_by_side() {
    let mut stage = two_accounts().await;
    let in_other = |step: &&jettison::plan::Step| step.target.account_id.as_str() == "111111111111";
    let others: Vec<_> = stage.plan.steps.iter().filter(in_other).map(|step| step.id).collect();
    assert_eq!(others.len(), 2, "{}", stage.told());
    let report = stage.go().await.report();
    assert_eq!(report.close, Close::Complete);
    for step in &stage.plan.steps {
        assert!(matches!(outcome(&report, step.id), Some(Outcome::Done { .. })), "{}", step.address);
    }
    let calls = stage.sim.calls();
    let first = |account: &str| {
        let mut all = calls.iter().filter(|call| call.account_id.as_str() == account && is_mutation(&call.operation));
        all.next().unwrap().at
    };
    let apart = first("000000000000").duration_since(first("111111111111")).abs();
    assert!(apart.as_secs() < 10, "{apart}");
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_session_is_an_error_before_anything_is_changed() {
    for account in ["demo", "other"] {
        let mut stage = two_accounts().await.omitting(account);
        let ended = stage.go().await;
        assert!(matches!(ended, Ended::Failed(ApplyError::NoSession(_))), "{ended:?}");
        assert_eq!(stage.wall.mutations(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn an_index_goes_before_its_children_and_keeps_them_when_it_stays() {
    let mut stage = stage().await;
    let index = image_address("team/web", "index");
    // ECR refuses a child as long as an index lists it: here someone else's index does.
    stage.drift(|world| {
        let mut newer =
            world.images.iter().find(|seen| index.ends_with(seen.value.image_digest.as_str())).unwrap().clone();
        let mut manifest =
            world.manifests.iter().find(|seen| seen.value.image_digest == newer.value.image_digest).unwrap().clone();
        newer.value.image_digest = story::digest("newer");
        newer.value.image_tags = vec!["newer".into()];
        manifest.value.image_digest = newer.value.image_digest.clone();
        manifest.value.children.truncate(1);
        world.images.push(newer);
        world.manifests.push(manifest);
    });
    let report = stage.go().await.report();
    let of = |name: &str| outcome(&report, stage.step(Action::DeleteImage, &image_address("team/web", name)).id);
    assert!(matches!(of("index"), Some(Outcome::Done { .. })), "{:?}", of("index"));
    assert!(
        matches!(of("child-a"), Some(Outcome::Refused { drift }) if drift.contains("index")),
        "{:?}",
        of("child-a")
    );
    assert!(matches!(of("child-b"), Some(Outcome::Done { .. })), "{:?}", of("child-b"));
}

/// What AWS did at once is not read back, least of all image by image.
#[tokio::test(start_paused = true)]
async fn a_batch_of_images_costs_one_look_and_one_call() {
    let mut world = fleet();
    for number in 0..80 {
        world.image("team/tools", &format!("spare-{number}"), 200, &[]);
    }
    let mut stage = Stage::planned(&world.inventory, &clean_and_archive_at_once()).await;
    assert_eq!(stage.go().await.report().close, Close::Complete);
    let of_tools = |line: &Line| match line {
        Line::Called { operation, body } if body["repositoryName"] == "team/tools" => Some(operation.clone()),
        Line::Called { .. } | Line::Wrote(_) => None,
    };
    let calls: Vec<String> = stage.wall.lines().iter().filter_map(of_tools).collect();
    assert_eq!(calls, ["DescribeImages", "BatchDeleteImage"]);
}

/// A task set that someone else is deleting still holds its definition for a while.
#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_out_is_waited_for() {
    let mut stage = stage().await;
    let body = serde_json::json!({ "cluster": "main", "service": "shop", "taskSet": "ecs-svc-1" });
    let request = super::stage::signed("ecs", "AmazonEC2ContainerServiceV20141113.DeleteTaskSet", &body);
    assert_eq!(stage.sim.answer(request).unwrap().status(), 200);
    let report = stage.go().await.report();
    let of = |action, object| outcome(&report, stage.step(action, object).id);
    assert_eq!(of(Action::DeleteTaskSet, "shop/ecs-svc-1"), Some(&Outcome::AlreadyGone));
    assert!(matches!(of(Action::DeregisterTaskDefinition, "ext:1"), Some(Outcome::Done { .. })));
}

/// For ten minutes after a deregistration a task can still start from the revision.
#[tokio::test(start_paused = true)]
async fn what_starts_from_a_revision_while_its_deregistration_settles_keeps_it_and_its_image() {
    let mut stage = stage().await.without_wait();
    assert!(matches!(stage.go().await.report().close, Close::NotBefore(_)));
    let mut late = story::World::new();
    late.task("late", "web:2", &format!("{}/team/web:v2", story::HOST), "leaving");
    stage.drift(|world| world.tasks.append(&mut late.inventory.tasks));
    tokio::time::sleep(Duration::from_secs(601)).await;
    let report = stage.go().await.report();
    let of = |action, object: &str| outcome(&report, stage.step(action, object).id);
    let definition = of(Action::DeleteTaskDefinition, "web:2");
    assert!(
        matches!(definition, Some(Outcome::Refused { drift }) if drift.contains("task main/late")),
        "{definition:?}"
    );
    let image = of(Action::DeleteImage, &image_address("team/web", "leaving"));
    assert!(matches!(image, Some(Outcome::Refused { .. })), "{image:?}");
    assert!(matches!(of(Action::DeleteTaskDefinition, "web:3"), Some(Outcome::Done { .. })));
}

/// Law L11: whoever was replaced makes no further call that changes something.
#[tokio::test(start_paused = true)]
async fn a_run_that_was_taken_over_stops_before_its_next_change() {
    let planned = stage().await;
    for after in 1..6 {
        let mut stage = planned.fresh();
        let (store, run, wall, now) = (stage.store.clone(), stage.run.clone(), stage.wall.clone(), stage.sim.now());
        let taker = tokio::spawn(async move {
            while wall.mutations().len() < after {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let owner = jettison::store::Holder {
                host: "other".to_owned(),
                pid: 2,
                since: now,
                command: "resume".to_owned(),
                url: None,
            };
            let journal = jettison::journal::Journal::open_existing(store, &run, owner, now).await.unwrap();
            (wall.mutations().len(), journal.state().unsettled().count())
        });
        let ended = stage.go().await;
        let (before, intended) = taker.await.unwrap();
        assert!(matches!(ended, Ended::Failed(ApplyError::Journal(_))), "{after}: {ended:?}");
        let since = stage.wall.mutations().len() - before;
        assert!(since <= intended, "{since} calls after the takeover, {intended} of them intended before it");
    }
}
