//! One round: a run that is killed again and again until it is through, and what must hold then.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    killing::{Dice, Left, Moment, run},
    site::Site,
    world,
};

const APPLY: [&str; 4] = ["apply", "--auto-approve", "--json", "."];
const RESUME: [&str; 2] = ["resume", "--json"];

/// What `apply` does when nobody disturbs it.
pub(crate) struct Undisturbed {
    takes: Duration,
    lines: u32,
    steps: usize,
    end: BTreeMap<String, String>,
}

impl Undisturbed {
    pub(crate) fn of(site: &Site) -> Self {
        let needed = world::in_use(&site.path("world.ndjson"));
        let start = Instant::now();
        let left = run(&mut site.command(&APPLY), Moment::Never);
        let takes = start.elapsed();
        assert_eq!(left.code, Some(0), "{}", left.stderr);
        let steps = ended(&left.said).len();
        println!("undisturbed: {steps} steps, {} events, {takes:?}", left.said.len());
        assert!(steps > 20);
        let end = end(site);
        assert!(needed.iter().all(|object| end.contains_key(object)));
        Self { takes, lines: u32::try_from(left.said.len()).unwrap(), steps, end }
    }
}

/// The simulated world after everything was done, and nothing is left to do.
fn end(site: &Site) -> BTreeMap<String, String> {
    let plan = site.run(&["plan", "--detailed-exitcode", "."]).exits(0);
    assert!(plan.stdout.contains("Nothing to do"), "{}", plan.stdout);
    // The plan wrote a checkpoint: the copy is the whole world.
    assert_eq!(std::fs::metadata(site.path("state/simulated/world.changes.ndjson")).unwrap().len(), 0);
    world::objects(&site.path("state/simulated/world.world.ndjson"))
}

/// What was killed, by what it was doing.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    rounds: u64,
    /// The state had never been made.
    before_the_store: u64,
    /// The process had not yet said that the run began or went on.
    apply_starting: u64,
    apply_acting: u64,
    resume_starting: u64,
    resume_acting: u64,
    /// It had ended before the moment came, or was let through.
    ended_by_itself: u64,
    events_kept: usize,
}

impl Counts {
    pub(crate) fn kills(&self) -> u64 {
        self.before_the_store + self.apply_starting + self.apply_acting + self.resume_starting + self.resume_acting
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills in {} rounds: {} before there was a store, {} of apply while it started or planned, {} of apply \
             while it acted, {} of resume while it started, {} of resume while it acted; {} processes ended by themselves; \
             every state could be opened, none of {} events was lost, and every end was the same",
            self.kills(),
            self.rounds,
            self.before_the_store,
            self.apply_starting,
            self.apply_acting,
            self.resume_starting,
            self.resume_acting,
            self.ended_by_itself,
            self.events_kept,
        )
    }
}

/// Kills one run until it is through.
pub(crate) fn play(site: &Site, undisturbed: &Undisturbed, dice: &mut Dice, counts: &mut Counts) {
    let needed = world::in_use(&site.path("world.ndjson"));
    let mut told = Vec::new();
    // Enough to see many kills in one journal, few enough that the steps are not used up.
    let mut resumes_to_kill = dice.below(16);
    let mut is_begun = false;
    loop {
        let moment = match is_begun {
            true if resumes_to_kill == 0 => Moment::Never,
            true => dice.moment(undisturbed.takes / 2, undisturbed.lines / 6),
            false => dice.moment(undisturbed.takes, undisturbed.lines / 2),
        };
        resumes_to_kill = resumes_to_kill.saturating_sub(u64::from(is_begun));
        let left = run(&mut site.command(if is_begun { &RESUME } else { &APPLY }), moment);
        if is_begun && left.stderr.contains("no run is unfinished") {
            break; // The one before was killed after its last record.
        }
        count(site, is_begun, &left, counts);
        check_exit(&left);
        check_start(&left.said, &told);
        told.extend(ended(&left.said));
        if left.code == Some(0) {
            break;
        }
        is_begun = is_begun || !runs(site).is_empty();
    }
    counts.rounds += 1;
    check_journal(site, &told, undisturbed.steps);
    counts.events_kept += told.len();
    let end = end(site);
    let differing: Vec<_> = end.iter().filter(|(name, status)| undisturbed.end.get(*name) != Some(status)).collect();
    assert!(end == undisturbed.end, "another end: {} and {} objects; {differing:?}", end.len(), undisturbed.end.len());
    assert!(needed.iter().all(|object| end.contains_key(object)));
}

fn count(site: &Site, is_begun: bool, left: &Left, counts: &mut Counts) {
    let counter = match (left.code, is_begun, left.said.is_empty()) {
        (Some(_), ..) => &mut counts.ended_by_itself,
        (None, false, true) if !site.path("state/sled/db").exists() => &mut counts.before_the_store,
        (None, false, true) => &mut counts.apply_starting,
        (None, false, false) => &mut counts.apply_acting,
        (None, true, true) => &mut counts.resume_starting,
        (None, true, false) => &mut counts.resume_acting,
    };
    *counter += 1;
}

/// Whoever was not killed succeeded: in particular, opening never fails.
fn check_exit(left: &Left) {
    assert!(matches!(left.code, None | Some(0)), "exit {:?}: {}", left.code, left.stderr);
    assert!(!left.stderr.contains("panicked") && !left.stderr.contains("error"), "{}", left.stderr);
}

/// A process that goes on knows of every end that was told before.
fn check_start(said: &[String], told: &[(u64, Value)]) {
    let Some(first) = said.first() else { return };
    let first: Value = serde_json::from_str(first).unwrap();
    let definite = told.iter().filter(|(_, outcome)| outcome["result"] != "in_doubt");
    let known: BTreeSet<u64> = definite.map(|(step, _)| *step).collect();
    assert_eq!(first["body"]["event"], "started");
    assert!(
        first["body"]["ended_before"].as_u64().unwrap() >= known.len() as u64,
        "it forgot what was told: {first}, {known:?}"
    );
}

/// The list of runs; reading it opens the state once more.
fn runs(site: &Site) -> String {
    site.run(&["journal", "list"]).exits(0).stdout
}

/// The steps that were said to have ended, and how.
fn ended(said: &[String]) -> Vec<(u64, Value)> {
    let lines = said.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ended = lines.filter(|line| line["body"]["event"] == "ended");
    ended.map(|line| (line["body"]["step"].as_u64().unwrap(), line["body"]["outcome"].clone())).collect()
}

/// What was told is in the journal as it was told; no step has two definite outcomes; every step was done.
fn check_journal(site: &Site, told: &[(u64, Value)], steps: usize) {
    let list = runs(site);
    assert_eq!(list.lines().count(), 1, "{list}");
    let id = list.split_whitespace().next().unwrap();
    let export = site.run(&["journal", "export", id]).exits(0).stdout;
    let events: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let recorded = events.iter().filter(|event| event["event"] == "step_ended");
    let recorded: Vec<(u64, Value)> =
        recorded.map(|event| (event["step"].as_u64().unwrap(), event["outcome"].clone())).collect();
    for told in told {
        assert!(recorded.contains(told), "told and not in the journal: {told:?}");
    }
    let definite: Vec<&(u64, Value)> = recorded.iter().filter(|(_, outcome)| outcome["result"] != "in_doubt").collect();
    let distinct: BTreeSet<u64> = definite.iter().map(|(step, _)| *step).collect();
    assert_eq!(distinct.len(), definite.len(), "a step ended twice: {export}");
    assert_eq!(distinct.len(), steps);
    for (step, outcome) in definite {
        assert!(["done", "already_gone"].iter().any(|good| outcome["result"] == *good), "step {step}: {outcome}");
    }
}
