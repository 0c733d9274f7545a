//! Calls whose answer never came, or came as an error that says nothing.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};

use jettison::{
    apply::Close,
    journal::{Event, Found, Outcome},
    plan::{Action, StepId},
};

use super::{
    stage::{Blow, Line, Stage, clean_and_archive_at_once, fleet, is_mutation, outcome, world_of},
    story::{self, digest, image_address},
};

const MUTATIONS: [&str; 7] = [
    "UpdateTaskSet",
    "DeleteTaskSet",
    "DeleteService",
    "DeregisterTaskDefinition",
    "DeleteTaskDefinitions",
    "UpdateImageStorageClass",
    "BatchDeleteImage",
];

async fn stage() -> Stage {
    Stage::planned(&fleet().inventory, &clean_and_archive_at_once()).await
}

/// Strikes the first call of an operation, once.
fn once(operation: &'static str, blow: Blow) -> impl Fn(&super::stage::Asked<'_>) -> Option<Blow> + Send + Sync {
    let struck = AtomicBool::new(false);
    move |asked| (asked.operation == operation && !struck.swap(true, SeqCst)).then_some(blow)
}

async fn events_of(stage: &Stage, step: StepId) -> Vec<Event> {
    let events = stage.recording().await.events;
    events.into_iter().filter(|event| event.step() == Some(step)).collect()
}

/// The steps that were in doubt at some time.
async fn doubted(stage: &Stage) -> Vec<StepId> {
    let events = stage.recording().await.events;
    let is_doubt = |event: &&Event| matches!(event, Event::StepEnded { outcome: Outcome::InDoubt { .. }, .. });
    events.iter().filter(is_doubt).filter_map(Event::step).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_is_read_back_and_never_failed() {
    for operation in MUTATIONS {
        for blow in [Blow::CutAfter, Blow::CutBefore, Blow::ErrorAfter, Blow::ErrorBefore, Blow::Hang] {
            let mut stage = stage().await.with_hook(once(operation, blow));
            let report = stage.go().await.report();
            let at = format!("{operation} {blow:?}");
            assert_eq!(report.close, Close::Complete, "{at}");
            let is_good = |outcome: &Outcome| matches!(outcome, Outcome::Done { .. });
            assert!(report.outcomes.iter().all(|(_, outcome)| is_good(outcome)), "{at}: {report:?}");
            assert_eq!(report.outcomes.len(), stage.plan.steps.len(), "{at}");
            let doubted = doubted(&stage).await;
            assert!(!doubted.is_empty(), "{at}");
            let has_effect = matches!(blow, Blow::CutAfter | Blow::ErrorAfter);
            for step in doubted {
                let events = events_of(&stage, step).await;
                let observed = events
                    .iter()
                    .find_map(|event| if let Event::StepObserved { found, .. } = event { Some(found) } else { None });
                assert_eq!(observed, Some(if has_effect { &Found::Done } else { &Found::NotDone }), "{at}");
                let intents = events.iter().filter(|event| matches!(event, Event::StepIntended { .. })).count();
                assert_eq!(intents, if has_effect { 1 } else { 2 }, "{at}: {events:#?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_repeated_after_another_look() {
    for operation in MUTATIONS {
        let mut stage = stage().await.with_hook(once(operation, Blow::Throttle));
        let report = stage.go().await.report();
        assert_eq!(report.close, Close::Complete, "{operation}");
        let is_done = |outcome: &Outcome| matches!(outcome, Outcome::Done { .. });
        assert!(report.outcomes.iter().all(|(_, outcome)| is_done(outcome)), "{operation}: {report:?}");
        assert_eq!(doubted(&stage).await, [], "{operation}: a throttle is no doubt");
        // Between two equal requests that change something there is a look at the same object.
        let lines = stage.wall.lines();
        let calls: Vec<_> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Called { operation, body } => Some((operation.as_str(), body)),
                Line::Wrote(_) => None,
            })
            .collect();
        let first = calls.iter().position(|(called, _)| *called == operation).unwrap();
        let again = calls[first + 1..].iter().position(|call| *call == calls[first]).unwrap() + first + 1;
        assert!(calls[first..again].iter().any(|(called, _)| called.starts_with("Describe")), "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_batch_waits_once_and_not_once_for_each() {
    let mut world = fleet();
    for number in 0..80 {
        world.image("team/tools", &format!("spare-{number}"), 200, &[]);
    }
    // Images only: nothing waits for a deregistration.
    let policy = clean_and_archive_at_once();
    let (before, after) = policy.split_once("retention \"service\"").unwrap();
    let policy = format!("{before}retention{}", after.rsplit_once("retention").unwrap().1);
    let stage = Stage::planned(&world.inventory, &policy).await;
    let mut stage = stage.with_hook(once("BatchDeleteImage", Blow::Throttle));
    let began = tokio::time::Instant::now();
    let report = stage.go().await.report();
    assert_eq!(report.close, Close::Complete);
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_doubt_is_not_hidden_behind_a_wait() {
    let blind = AtomicBool::new(false);
    let stage = stage().await.without_wait();
    let mut stage = stage.with_hook(move |asked| {
        if asked.operation == "DeleteService" {
            blind.store(true, SeqCst);
            return Some(Blow::CutAfter);
        }
        // Only when it is asked for alone: the references can still be read.
        let is_idle = asked.operation == "DescribeServices" && asked.body["services"] == serde_json::json!(["idle"]);
        (blind.load(SeqCst) && is_idle).then_some(Blow::Deny)
    });
    let report = stage.go().await.report();
    assert_eq!(report.close, Close::InDoubt, "{report:?}");
    assert!(!report.pending.is_empty());
}

#[tokio::test(start_paused = true)]
async fn throttled_for_ever_is_a_failure_in_the_end_and_the_others_go_on() {
    let mut stage = stage().await.with_hook(|asked| (asked.operation == "DeleteService").then_some(Blow::Throttle));
    let report = stage.go().await.report();
    let step = stage.step(Action::DeleteService, "main/idle").id;
    assert!(matches!(outcome(&report, step), Some(Outcome::Failed { error }) if error.contains("10 attempts")));
    let done = report.outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Done { .. })).count();
    assert_eq!(done, stage.plan.steps.len() - 1);
    // A resume is as patient as the run was.
    let left = AtomicU64::new(5);
    stage = stage.unhooked().with_hook(move |asked| {
        let is_throttled =
            asked.operation == "DeleteService" && left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        is_throttled.then_some(Blow::Throttle)
    });
    let report = stage.go().await.report();
    assert!(matches!(outcome(&report, step), Some(Outcome::Done { .. })), "{:?}", outcome(&report, step));
}

/// While the applier waits between two tries, someone else does the work.
#[tokio::test(start_paused = true)]
async fn gone_at_the_second_look_is_success() {
    for (operation, blow) in [("BatchDeleteImage", Blow::Throttle), ("BatchDeleteImage", Blow::CutBefore)] {
        let mut stage = stage().await;
        let sim = stage.sim.clone();
        let looks = Mutex::new((false, 0));
        let tools = image_address("team/tools", "tool");
        stage = stage.with_hook(move |asked| {
            let is_tools = asked.body["repositoryName"] == "team/tools";
            let (struck, looked) = &mut *looks.lock().unwrap();
            if asked.operation == operation && is_tools && !*struck {
                *struck = true;
                return Some(blow);
            }
            if *struck && asked.operation == "DescribeImages" && is_tools {
                *looked += 1;
                // The first look after a doubt shows it still there.
                let until = if blow == Blow::Throttle { 1 } else { 2 };
                if *looked == until {
                    delete_behind_its_back(&sim);
                }
            }
            None
        });
        let report = stage.go().await.report();
        let step = stage.step(Action::DeleteImage, &tools).id;
        assert_eq!(outcome(&report, step), Some(&Outcome::AlreadyGone), "{blow:?}");
        assert_eq!(report.close, Close::Complete);
    }
}

/// BatchDeleteImage of the tool image, by someone else.
fn delete_behind_its_back(sim: &jettison::sim::Sim) {
    let body = serde_json::json!({
        "registryId": story::ACCOUNT,
        "repositoryName": "team/tools",
        "imageIds": [{ "imageDigest": digest("tool").to_string() }],
    });
    let answer =
        sim.answer(super::stage::signed("ecr", "AmazonEC2ContainerRegistry_V20150921.BatchDeleteImage", &body));
    assert_eq!(answer.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn pushed_again_after_a_lost_reply_is_superseded_and_not_deleted() {
    let mut stage = stage().await;
    let image = world_of(&stage.sim).images.into_iter().find(|seen| seen.value.image_digest == digest("tool")).unwrap();
    // The process dies after the effect; before the resume a pipeline pushes the same bytes again.
    stage = stage.with_hook(|asked| {
        let is_tools = asked.body["repositoryName"] == "team/tools";
        (asked.operation == "BatchDeleteImage" && is_tools).then_some(Blow::DieAfter)
    });
    assert!(matches!(stage.go().await, super::stage::Ended::Died));
    assert!(world_of(&stage.sim).images.iter().all(|seen| seen.value.image_digest != digest("tool")));
    let now = stage.sim.now();
    stage.drift(|world| {
        let mut again = image;
        again.value.image_pushed_at = Some(now);
        world.images.push(again);
    });
    stage = stage.unhooked();
    let report = stage.go().await.report();
    let step = stage.step(Action::DeleteImage, &image_address("team/tools", "tool")).id;
    assert!(matches!(outcome(&report, step), Some(Outcome::Superseded { .. })), "{:?}", outcome(&report, step));
    assert!(world_of(&stage.sim).images.iter().any(|seen| seen.value.image_digest == digest("tool")));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_back_stays_in_doubt_until_a_resume() {
    for operation in MUTATIONS {
        let blind = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&blind);
        let mut stage = stage().await.with_hook(move |asked| {
            if asked.operation == operation && !seen.swap(true, SeqCst) {
                return Some(Blow::CutAfter);
            }
            let is_read = !is_mutation(asked.operation);
            (seen.load(SeqCst) && is_read).then_some(Blow::Deny)
        });
        let report = stage.go().await.report();
        assert_eq!(report.close, Close::InDoubt, "{operation}");
        assert!(!report.in_doubt.is_empty(), "{operation}");
        let doubted = report.in_doubt.clone();
        stage = stage.unhooked();
        let report = stage.go().await.report();
        assert_eq!(report.close, Close::Complete, "{operation}: {report:?}");
        for step in doubted {
            assert!(matches!(outcome(&report, step), Some(Outcome::Done { .. })), "{operation}");
            let again = events_of(&stage, step).await;
            let intents = again.iter().filter(|event| matches!(event, Event::StepIntended { .. })).count();
            assert_eq!(intents, 1, "{operation}: it was done twice");
        }
    }
}
