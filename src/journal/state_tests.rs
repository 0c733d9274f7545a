//! The fold, against a table that is written differently.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects; anything else is a failure or no matter"
)]

use proptest::prelude::*;

use super::*;
use crate::journal::{Found, Outcome};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_254_362 + second).unwrap()
}

fn owner() -> Holder {
    Holder { host: "runner-7".to_owned(), pid: 4_711, since: at(0), command: "jettison apply".to_owned(), url: None }
}

fn run_id() -> RunId {
    "20261121T094602Z-0a1b2c3d".parse().unwrap()
}

fn opened(epoch: u32) -> Event {
    Event::RunOpened {
        run: run_id(),
        plan_id: "sha256:0a1b2c3d".to_owned(),
        steps: STEPS,
        epoch,
        owner: owner(),
        override_budget: None,
        at: at(0),
    }
}

fn closed(how: Ending) -> Event {
    Event::RunClosed { at: at(9), how }
}

fn intended(step: u32, attempt: u32) -> Event {
    Event::StepIntended { step: StepId(step), attempt, at: at(1), identity: format!("object {step}"), expect: vec![] }
}

fn ended(step: u32, outcome: Outcome) -> Event {
    Event::StepEnded { step: StepId(step), at: at(2), outcome }
}

fn observed(step: u32, found: Found) -> Event {
    Event::StepObserved { step: StepId(step), at: at(3), found }
}

const STEPS: u32 = 3;

fn outcomes() -> [Outcome; 7] {
    let text = || "because".to_owned();
    [
        Outcome::Done { evidence: None },
        Outcome::AlreadyGone,
        Outcome::Refused { drift: text() },
        Outcome::Failed { error: text() },
        Outcome::InDoubt { error: text() },
        Outcome::Skipped { because: text() },
        Outcome::Superseded { why: text() },
    ]
}

fn findings() -> [Found; 4] {
    let text = || "because".to_owned();
    [Found::Done, Found::NotDone, Found::Changed { what: text() }, Found::Unclear { why: text() }]
}

/// What an event says about its step, in one word.
fn word(event: &Event) -> String {
    match event {
        Event::RunOpened { .. } | Event::RunClosed { .. } => event.name().to_owned(),
        Event::StepIntended { .. } => "intended".to_owned(),
        Event::StepEnded { outcome, .. } => outcome.name().to_owned(),
        Event::StepObserved { found, .. } => format!("saw {}", found.name()),
    }
}

/// Which words may follow a word about the same step; `*` begins, and `failed+` is a failure under an earlier owner.
const MAY_FOLLOW: [(&str, &[&str]); 15] = [
    ("*", &["intended", "already_gone", "refused", "skipped"]),
    (
        "intended",
        &[
            "done",
            "already_gone",
            "refused",
            "failed",
            "in_doubt",
            "skipped",
            "superseded",
            "saw done",
            "saw not_done",
            "saw changed",
            "saw unclear",
        ],
    ),
    ("in_doubt", &["saw done", "saw not_done", "saw changed", "saw unclear"]),
    ("saw done", &["done", "already_gone", "saw done", "saw not_done", "saw changed", "saw unclear"]),
    (
        "saw not_done",
        &["intended", "failed", "refused", "skipped", "saw done", "saw not_done", "saw changed", "saw unclear"],
    ),
    ("saw changed", &["superseded", "refused", "saw done", "saw not_done", "saw changed", "saw unclear"]),
    ("saw unclear", &["in_doubt", "saw done", "saw not_done", "saw changed", "saw unclear"]),
    ("done", &[]),
    ("already_gone", &[]),
    ("refused", &[]),
    ("superseded", &[]),
    ("failed", &[]),
    ("skipped", &[]),
    ("failed+", &["intended", "already_gone", "refused", "skipped"]),
    ("skipped+", &["intended", "already_gone", "refused", "skipped"]),
];

/// The naive judge: looks through the whole accepted history for every question.
fn is_legal(history: &[Event], event: &Event) -> bool {
    let epoch_of = |events: &[Event]| {
        let mut epochs = events.iter().filter_map(|event| match event {
            Event::RunOpened { epoch, .. } => Some(*epoch),
            _ => None,
        });
        epochs.next_back().unwrap_or(0)
    };
    if let Event::RunOpened { epoch, .. } = event {
        return *epoch > epoch_of(history);
    }
    let is_open = history.iter().rev().find_map(|event| match event {
        Event::RunOpened { .. } => Some(true),
        Event::RunClosed { .. } => Some(false),
        _ => None,
    });
    if is_open != Some(true) {
        return false;
    }
    let last_word = |step: StepId| {
        let last = history.iter().rposition(|event| event.step() == Some(step));
        last.map_or_else(
            || "*".to_owned(),
            |last| {
                let plain = word(&history[last]);
                let is_earlier = epoch_of(&history[..last]) < epoch_of(history);
                if is_earlier && ["failed", "skipped"].contains(&plain.as_str()) { plain + "+" } else { plain }
            },
        )
    };
    let settled = |word: &str| !(word == "*" || word == "intended" || word == "in_doubt" || word.starts_with("saw"));
    let Some(step) = event.step() else {
        let Event::RunClosed { how, .. } = event else { unreachable!() };
        return *how != Ending::Completed || (1..=STEPS).all(|step| settled(&last_word(StepId(step))));
    };
    if !(1..=STEPS).contains(&step.0) {
        return false;
    }
    if let Event::StepIntended { attempt, .. } = event {
        let earlier = history.iter().any(|event| {
            matches!(event, Event::StepIntended { step: other, attempt: before, .. } if *other == step && before >= attempt)
        });
        if earlier || *attempt == 0 {
            return false;
        }
    }
    let (_, followers) = MAY_FOLLOW.iter().find(|(word, _)| *word == last_word(step)).unwrap();
    followers.contains(&word(event).as_str())
}

fn any_event() -> impl Strategy<Value = Event> {
    let step = 0..=STEPS + 1;
    prop_oneof![
        6 => (step.clone(), 0..5u32).prop_map(|(step, attempt)| intended(step, attempt)),
        6 => (step.clone(), prop::sample::select(outcomes().to_vec())).prop_map(|(step, outcome)| ended(step, outcome)),
        4 => (step, prop::sample::select(findings().to_vec())).prop_map(|(step, found)| observed(step, found)),
        2 => (0..8u32).prop_map(opened),
        1 => prop::sample::select(vec![Ending::Completed, Ending::Interrupted]).prop_map(closed),
    ]
}

fn recount(state: &RunState) -> Counts {
    let mut counts = Counts::default();
    for step in 1..=state.steps() {
        *counts.of(state.progress(StepId(step))) += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Accepts what the table accepts and refuses the rest; a refusal changes nothing; what was accepted is never forgotten.
    #[test]
    fn the_fold_agrees_with_the_table(events in prop::collection::vec(any_event(), 0..80)) {
        let mut state = RunState::default();
        let mut history = Vec::new();
        for event in std::iter::once(opened(1)).chain(events) {
            let before = state.clone();
            let applied = state.apply(&event);
            prop_assert_eq!(applied.is_ok(), is_legal(&history, &event), "{:?} after {:?}: {:?}", event, history, applied);
            if applied.is_err() {
                prop_assert_eq!(&state, &before);
                continue;
            }
            history.push(event);
            prop_assert_eq!(state.counts(), recount(&state));
            for step in (1..=STEPS).map(StepId) {
                let last = history.iter().rfind(|event| event.step() == Some(step));
                let told = match (last, state.progress(step)) {
                    (None, None) => state.pending().any(|pending| pending == step),
                    (Some(Event::StepIntended { attempt, .. }), Some(Progress::Intended { attempt: now, .. })) => attempt == now,
                    (Some(Event::StepObserved { found, .. }), Some(Progress::Observed { found: now, .. })) => found == now,
                    (Some(Event::StepEnded { outcome: Outcome::InDoubt { error }, .. }), Some(Progress::InDoubt { error: now, .. })) => error == now,
                    (Some(Event::StepEnded { outcome, at, .. }), Some(Progress::Ended { outcome: now, at: ended, .. })) => (outcome, at) == (now, ended),
                    _ => false,
                };
                prop_assert!(told, "step {}: {:?} is told as {:?}", step, last, state.progress(step));
            }
        }
        let all_at_once = RunState::default().stage(&history).map(|staged| {
            let mut state = RunState::default();
            state.commit(staged);
            state
        });
        prop_assert_eq!(all_at_once, Ok(state));
    }
}

/// Every pair of words about a step, legal or not: nothing is left to chance.
#[test]
fn every_pair_is_judged_as_in_the_table() {
    let candidates = || {
        let ends = outcomes().map(|outcome| ended(1, outcome));
        let looks = findings().map(|found| observed(1, found));
        std::iter::once(intended(1, 9)).chain(ends).chain(looks)
    };
    let mut judged = 0;
    for (before, followers) in MAY_FOLLOW {
        let plain = before.trim_end_matches('+');
        let mut history = vec![opened(1)];
        if before != "*" {
            history.push(intended(1, 1));
        }
        if let Some(event) = candidates().find(|event| word(event) == plain && plain != "intended") {
            history.push(event);
        }
        if before.ends_with('+') {
            history.push(opened(2));
        }
        let mut state = RunState::default();
        history.iter().for_each(|event| state.apply(event).unwrap());
        for event in candidates() {
            let applied = state.clone().apply(&event);
            assert_eq!(applied.is_ok(), followers.contains(&word(&event).as_str()), "{before} then {}", word(&event));
            judged += 1;
        }
    }
    assert_eq!(judged, 15 * 12);
}

#[test]
fn another_run_or_another_plan_is_not_this_one() {
    let mut state = RunState::default();
    state.apply(&opened(1)).unwrap();
    let change = |change: fn(&mut RunId, &mut String, &mut u32)| {
        let mut event = opened(2);
        if let Event::RunOpened { run, plan_id, steps, .. } = &mut event {
            change(run, plan_id, steps);
        }
        event
    };
    let other_run = change(|run, _, _| *run = run.with_counter(2));
    assert!(matches!(state.apply(&other_run), Err(IllegalTransition::OtherRun { .. })));
    let other_plan = change(|_, plan, _| plan.push('0'));
    assert!(matches!(state.apply(&other_plan), Err(IllegalTransition::OtherPlan { .. })));
    let longer = change(|_, _, steps| *steps += 1);
    assert!(matches!(state.apply(&longer), Err(IllegalTransition::OtherPlan { .. })));
}

#[test]
fn a_run_is_finished_when_every_step_has_a_definite_outcome() {
    let mut state = RunState::default();
    assert!(!state.is_finished());
    for event in [opened(1), intended(1, 1), ended(1, Outcome::Done { evidence: None }), ended(2, Outcome::AlreadyGone)]
    {
        state.apply(&event).unwrap();
    }
    assert_eq!(state.apply(&closed(Ending::Completed)), Err(IllegalTransition::Unfinished { open: 1 }));
    state.apply(&ended(3, Outcome::Skipped { because: "step 1 failed".to_owned() })).unwrap();
    assert!(state.is_finished());
    state.apply(&closed(Ending::Completed)).unwrap();
    assert!(!state.is_resumable());
    state.apply(&opened(2)).unwrap();
    assert_eq!(state.retryable().collect::<Vec<_>>(), [StepId(3)]);
}
