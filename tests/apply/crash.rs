//! The process dies, or its journal does, at every point at which something happens.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

use jettison::{
    apply::Close,
    inventory::Inventory,
    journal::{Event, Outcome, Recording},
    plan::{Action, StepId},
};

use super::stage::{Asked, Blow, Ended, Line, Slip, Stage, clean_and_archive_at_once, fleet, world_of};

async fn stage() -> Stage {
    Stage::planned(&fleet().inventory, &clean_and_archive_at_once()).await
}

/// What stays at the end. What AWS only shows for a while longer does not count: how long depends on the run.
fn remains(world: &Inventory) -> BTreeSet<String> {
    let services = world.services.iter().filter(|seen| seen.value.status != "INACTIVE").map(|seen| {
        let sets: Vec<_> = seen.value.task_sets.iter().map(|set| (&set.id, &set.status)).collect();
        format!("service {} {} {sets:?}", seen.value.service_name, seen.value.status)
    });
    let definitions = world
        .task_definitions
        .iter()
        .filter(|seen| seen.value.status != "DELETE_IN_PROGRESS")
        .map(|seen| format!("definition {} {}", seen.value.task_definition_arn, seen.value.status));
    let images =
        world.images.iter().map(|seen| format!("image {} {:?}", seen.value.image_digest, seen.value.image_tags));
    services.chain(definitions).chain(images).collect()
}

/// A plan, and how it ends when nothing interrupts it.
struct Whole {
    stage: Stage,
    remains: BTreeSet<String>,
    mutations: u64,
    reads: u64,
    writes: u64,
}

async fn whole() -> Whole {
    let stage = stage().await;
    let mut run = stage.fresh();
    let report = run.go().await.report();
    assert_eq!(report.close, Close::Complete);
    let mutations = u64::try_from(run.wall.mutations().len()).unwrap();
    let (reads, writes) = (run.wall.calls() - mutations, run.wall.writes());
    Whole { stage, remains: remains(&world_of(&run.sim)), mutations, reads, writes }
}

/// Strikes the `nth` request that changes something, or that does not.
fn strike(mutates: bool, nth: u64, blow: Blow) -> impl Fn(&Asked<'_>) -> Option<Blow> + Send + Sync + 'static {
    let count = AtomicU64::new(0);
    move |asked| {
        let is_it = asked.mutates() == mutates && count.fetch_add(1, SeqCst) + 1 == nth;
        is_it.then_some(blow)
    }
}

impl Whole {
    /// Every request that changes something, and some of those that do not.
    fn calls(&self) -> impl Iterator<Item = (bool, u64)> + use<> {
        let reads = (1..=self.reads).step_by(7).map(|nth| (false, nth));
        (1..=self.mutations).map(|nth| (true, nth)).chain(reads)
    }
}

/// What a definite outcome says. Nothing may follow it.
fn assert_nothing_after_its_end(recording: &Recording) {
    let mut ended: BTreeMap<StepId, &Outcome> = BTreeMap::new();
    for event in &recording.events {
        let Some(step) = event.step() else { continue };
        if let Some(outcome) = ended.get(&step) {
            let is_retry = matches!(outcome, Outcome::Skipped { .. } | Outcome::Failed { .. });
            assert!(is_retry, "{step} had ended with {outcome:?}, then {event:?}");
        }
        if let Event::StepEnded { outcome, .. } = event
            && !matches!(outcome, Outcome::InDoubt { .. })
        {
            ended.insert(step, outcome);
        }
    }
}

/// Before each request that changes something stands a durable intent of the same attempt, and after an acknowledged
/// outcome there is none.
fn assert_intents_precede(lines: &[Line], stage: &Stage) {
    let mut open: BTreeSet<StepId> = BTreeSet::new();
    let mut over: BTreeSet<StepId> = BTreeSet::new();
    for line in lines {
        match line {
            Line::Wrote(events) => {
                for event in events {
                    match event {
                        Event::StepIntended { step, .. } => drop(open.insert(*step)),
                        Event::StepEnded { step, .. } => {
                            open.remove(step);
                            over.insert(*step);
                        }
                        Event::StepObserved { .. } | Event::RunOpened { .. } | Event::RunClosed { .. } => {}
                    }
                }
            }
            Line::Called { operation, body } => {
                for step in acted_on(stage, operation, body) {
                    assert!(open.contains(&step), "{operation} of step {step} without an intent");
                    over.remove(&step);
                }
            }
        }
    }
    assert!(open.iter().all(|step| !over.contains(step)));
}

/// The steps that a request carries out.
pub(crate) fn acted_on(stage: &Stage, operation: &str, body: &serde_json::Value) -> Vec<StepId> {
    let action = match operation {
        "UpdateTaskSet" => Action::ScaleTaskSet,
        "DeleteTaskSet" => Action::DeleteTaskSet,
        "DeleteService" => Action::DeleteService,
        "DeregisterTaskDefinition" => Action::DeregisterTaskDefinition,
        "DeleteTaskDefinitions" => Action::DeleteTaskDefinition,
        "UpdateImageStorageClass" => Action::ArchiveImage,
        "BatchDeleteImage" => Action::DeleteImage,
        _ => return Vec::new(),
    };
    let body = body.to_string();
    let steps = stage.plan.steps.iter().filter(|step| step.action == action);
    let named = steps.filter(|step| {
        let target = &step.target;
        let name = match (&target.task_set, &target.service, &target.family, &target.digest) {
            (Some(id), ..) => id.to_string(),
            (_, Some(service), ..) => service.to_string(),
            (_, _, Some(family), _) => format!("{family}:{}\"", target.revision.unwrap().0),
            (.., Some(digest)) => digest.to_string(),
            (None, None, None, None) => panic!("step {} names nothing", step.id),
        };
        body.contains(&name)
    });
    named.map(|step| step.id).collect()
}

/// Goes on after a crash and holds the end against that of the whole run.
async fn recovers(mut stage: Stage, whole: &Whole, at: &str) {
    assert_intents_precede(&stage.wall.lines(), &stage);
    let acknowledged: Vec<Event> = written(&stage.wall.lines());
    stage = stage.unhooked();
    let report = match stage.go().await {
        Ended::Reported(report) => report,
        other @ (Ended::Failed(_) | Ended::Died) => panic!("{at}: {other:?}"),
    };
    assert_eq!(report.close, Close::Complete, "{at}: {report:?}");
    for (step, outcome) in &report.outcomes {
        assert!(matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyGone), "{at}: {step} {outcome:?}");
    }
    assert_eq!(remains(&world_of(&stage.sim)), whole.remains, "{at}");
    assert_intents_precede(&stage.wall.lines(), &stage);
    let recording = stage.recording().await;
    assert_nothing_after_its_end(&recording);
    assert!(acknowledged.iter().all(|event| recording.events.contains(event)), "{at}: a record is lost");
}

fn written(lines: &[Line]) -> Vec<Event> {
    let events = lines.iter().filter_map(|line| match line {
        Line::Wrote(events) => Some(events.clone()),
        Line::Called { .. } => None,
    });
    events.flatten().collect()
}

#[tokio::test(start_paused = true)]
async fn dying_at_any_call_before_or_after_its_effect() {
    let whole = whole().await;
    for (mutates, nth) in whole.calls() {
        for blow in [Blow::DieBefore, Blow::DieAfter] {
            let at = format!("{blow:?} at {nth}, mutates: {mutates}");
            let mut stage = whole.stage.fresh().with_hook(strike(mutates, nth, blow));
            match stage.go().await {
                Ended::Died => recovers(stage, &whole, &at).await,
                // How often references are read again depends on the order of the lanes.
                Ended::Reported(_) => assert!(!mutates && nth + 40 > whole.reads, "{at}"),
                Ended::Failed(error) => panic!("{at}: {error}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_at_any_call() {
    let whole = whole().await;
    for (mutates, nth) in whole.calls() {
        for blow in [Blow::CutAfter, Blow::CutBefore] {
            let at = format!("{blow:?} at {nth}, mutates: {mutates}");
            let mut stage = whole.stage.fresh().with_hook(strike(mutates, nth, blow));
            let report = stage.go().await.report();
            assert_eq!(report.close, Close::Complete, "{at}");
            assert_eq!(remains(&world_of(&stage.sim)), whole.remains, "{at}");
            assert_intents_precede(&stage.wall.lines(), &stage);
            assert_nothing_after_its_end(&stage.recording().await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dying_or_failing_at_any_write() {
    let whole = whole().await;
    let slips: [fn(u64) -> Slip; 4] = [Slip::DieBefore, Slip::DieAfter, Slip::FailBefore, Slip::FailAfter];
    for write in 1..=whole.writes {
        for slip in slips {
            let slip = slip(write);
            let mut stage = whole.stage.fresh().slipping(slip);
            match stage.go().await {
                Ended::Died | Ended::Failed(_) => recovers(stage, &whole, &format!("{slip:?}")).await,
                Ended::Reported(_) => assert!(write + 10 > whole.writes, "{slip:?}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_keeps_nothing_stops_every_change() {
    let whole = whole().await;
    for write in 1..=whole.writes - 5 {
        let mut stage = whole.stage.fresh().slipping(Slip::FailFrom(write));
        let ended = stage.go().await;
        assert!(matches!(ended, Ended::Failed(_)), "{write}: {ended:?}");
        assert_intents_precede(&stage.wall.lines(), &stage);
        // Nothing is told that is not durable.
        let recorded = written(&stage.wall.lines());
        let told = stage.events.lock().unwrap().clone();
        for event in told {
            if let jettison::apply::Event::Ended { step, outcome, .. } = event {
                let is_it = |event: &Event| matches!(event, Event::StepEnded { step: other, outcome: kept, .. } if *other == step && *kept == outcome);
                assert!(recorded.iter().any(is_it), "{write}: {step} was told before it was durable");
            }
        }
        recovers(stage, &whole, &format!("nothing kept from {write}")).await;
    }
}

/// SplitMix64.
fn random(state: &AtomicU64) -> u64 {
    let mut mixed = state.fetch_add(0x9e37_79b9_7f4a_7c15, SeqCst);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Everything goes wrong again and again, also during resumes.
#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_and_however_often_the_end_is_the_same() {
    let whole = whole().await;
    let blows = [
        Blow::DieBefore,
        Blow::DieAfter,
        Blow::CutBefore,
        Blow::CutAfter,
        Blow::ErrorBefore,
        Blow::ErrorAfter,
        Blow::Throttle,
        Blow::Deny,
        Blow::Hang,
    ];
    for seed in 0..25 {
        let state = AtomicU64::new(seed);
        let mut stage = whole.stage.fresh().with_hook(move |_| {
            let drawn = random(&state);
            drawn.is_multiple_of(12).then(|| blows[usize::try_from((drawn >> 32) % 9).unwrap()])
        });
        for _ in 0..6 {
            match stage.go().await {
                Ended::Died | Ended::Reported(_) => {}
                Ended::Failed(error) => panic!("seed {seed}: {error}"),
            }
        }
        recovers(stage, &whole, &format!("seed {seed}")).await;
    }
}
