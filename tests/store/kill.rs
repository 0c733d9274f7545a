//! A process that journals to sled is killed at random moments, again and again. Afterwards the store opens, the chain of
//! segments verifies, and every segment that was acknowledged is there.
//!
//! `JETTISON_KILLS` says how often (default 40); `JETTISON_SEED` repeats the moments of a run, as far as a machine repeats
//! itself. Both are printed. The long run: `JETTISON_KILLS=1200 cargo test --test store killed -- --nocapture`.
//!
//! The writer is this very test binary, started again with `JETTISON_WRITER` naming the state directory.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use jettison::{
    journal::{Content, Event, Found, Journal, NewRun, Outcome, RunId, Segment, Slot, list_runs, read_run},
    model::Timestamp,
    plan::StepId,
    store::{SledStore, Store, StoreError},
};

use crate::contract::holder;

const PLAN_ID: &str = "sha256:0a1b2c3d4e5f";
const STEPS: u32 = 1_000_000;
const BEGUN: &str = "2026-11-21T09:46:02Z";
const SIGKILL: i32 = 9;
const ACKNOWLEDGED: &str = "ACKNOWLEDGED ";

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "how long to run is the caller's choice")]
    std::env::var(name).ok()
}

fn now() -> Timestamp {
    BEGUN.parse().unwrap()
}

/// A small generator, so that a printed seed repeats the moments of a run.
struct Dice(u64);

impl Dice {
    /// A number below `sides`, by splitmix64.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What the writer does until it is killed. Not a test of its own.
#[tokio::test]
async fn writer() {
    let Some(directory) = variable("JETTISON_WRITER") else { return };
    let cached = vec![7; variable("JETTISON_CACHED").unwrap().parse().unwrap()];
    println!("\nSTARTED");
    let store: Arc<dyn Store> = Arc::new(SledStore::open(Path::new(&directory), &holder()).unwrap());
    let mut journal = open_or_begin(&store).await;
    println!("OPENED");
    let from = u32::try_from(journal.state().ended().count()).unwrap();
    for step in (from + 1..=STEPS).map(StepId) {
        let identity = format!("team/service@sha256:{:064x}", step.0);
        journal
            .append(vec![Event::StepIntended { step, attempt: 1, at: now(), identity, expect: vec![] }])
            .await
            .unwrap();
        acknowledge(&journal);
        if !cached.is_empty() {
            // What lies beside a journal, written again and again: sled moves its pages about and reuses its log.
            let value = [&step.0.to_be_bytes(), &cached[..]].concat();
            store.put(&format!("cache/{}", step.0 % 200).parse().unwrap(), &value).await.unwrap();
        }
        journal.append(vec![Event::StepEnded { step, at: now(), outcome: Outcome::AlreadyGone }]).await.unwrap();
        acknowledge(&journal);
    }
}

/// The run, taken over from the process that was killed, with its unsettled step looked at and ended.
async fn open_or_begin(store: &Arc<dyn Store>) -> Journal {
    let Some(begun) = list_runs(&**store).await.unwrap().pop() else {
        let run = RunId::new(now(), PLAN_ID).unwrap();
        let new = NewRun { plan_id: PLAN_ID, steps: STEPS, override_budget: None, plan: &[b'p'; 30_000] };
        return Journal::create(Arc::clone(store), run, new, holder(), now()).await.unwrap();
    };
    let mut journal = Journal::open_existing(Arc::clone(store), &begun.run, holder(), now()).await.unwrap();
    acknowledge(&journal);
    let unsettled: Vec<StepId> = journal.state().unsettled().map(|(step, _)| step).collect();
    for step in unsettled {
        let looked = Event::StepObserved { step, at: now(), found: Found::Done };
        let ended = Event::StepEnded { step, at: now(), outcome: Outcome::AlreadyGone };
        journal.append(vec![looked, ended]).await.unwrap();
        acknowledge(&journal);
    }
    journal
}

/// Says that everything before the next slot is durable.
fn acknowledge(journal: &Journal) {
    let Slot { epoch, seq } = journal.next_slot();
    println!("{ACKNOWLEDGED}{epoch} {}", seq - 1);
}

/// A writer, and what it says.
struct Writer {
    child: Child,
    lines: mpsc::Receiver<String>,
    said: Vec<String>,
}

impl Writer {
    fn start(directory: &Path, cached: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::writer", "--nocapture", "--test-threads=1"])
            .env("JETTISON_WRITER", directory)
            .env("JETTISON_CACHED", cached.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits until it says `word`, until it is gone, or for a minute.
    fn wait_for(&mut self, word: &str) {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(60)) {
            self.said.push(line);
            if self.said.last().is_some_and(|line| line == word) {
                return;
            }
        }
    }

    /// Kills it and returns all that it said: also what is read after its death counts.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let output = self.child.wait_with_output().unwrap();
        self.said.extend(self.lines.iter());
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.signal(), Some(SIGKILL), "the writer ended by itself: {:?}\n{complaint}", self.said);
        self.said
    }
}

/// What was seen over many kills.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    while_opening: u64,
    /// Kills that left an unfinished snapshot: one that is cut off would be the end of the store, were it not removed.
    in_a_snapshot: u64,
    openings: u64,
    acknowledged: u64,
    largest_log: u64,
}

/// How a state directory is treated.
struct Campaign {
    name: &'static str,
    /// Bytes that lie in the store before the first kill, as 100 values.
    beside: usize,
    /// The size of the values that the writer overwrites between the steps; 0 for none.
    cached: usize,
    /// Kills until a new directory is taken: a small number kills many beginnings.
    kills_per_directory: u64,
    /// The latest moment of a kill, in milliseconds.
    latest: u64,
}

const CAMPAIGNS: [Campaign; 3] = [
    Campaign { name: "small", beside: 0, cached: 0, kills_per_directory: 10, latest: 120 },
    Campaign { name: "medium", beside: 0, cached: 2_000, kills_per_directory: 100, latest: 120 },
    Campaign { name: "large", beside: 10_000_000, cached: 10_000, kills_per_directory: 100, latest: 250 },
];

/// The last slot of each epoch that was acknowledged.
type Acknowledged = BTreeMap<u32, u64>;

/// One state directory, killed `kills` times. Every third time or so it is verified from outside; otherwise the next writer has to
/// recover by itself, and may be killed while it does.
fn kill_again_and_again(dice: &mut Dice, kills: u64, campaign: &Campaign, tally: &mut Tally) {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path(), campaign.beside / 100);
    let mut acknowledged = Acknowledged::new();
    for kill in 1..=kills {
        let mut writer = Writer::start(directory.path(), campaign.cached);
        let moment = match dice.roll(3) {
            0 => 2 + dice.roll(campaign.latest - 1),
            1 => {
                writer.wait_for("STARTED");
                dice.roll(30)
            }
            _ => {
                writer.wait_for("OPENED");
                2 + dice.roll(campaign.latest - 1)
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the other process lives in real time")]
        thread::sleep(Duration::from_millis(moment));
        let said = writer.kill();
        tally.kills += 1;
        tally.while_opening += u64::from(!said.iter().any(|line| line == "OPENED"));
        tally.in_a_snapshot += u64::from(left_a_snapshot(directory.path()));
        for line in said.iter().filter_map(|line| line.strip_prefix(ACKNOWLEDGED)) {
            let (epoch, seq) = line.split_once(' ').unwrap();
            let (epoch, seq) = (epoch.parse().unwrap(), seq.parse().unwrap());
            acknowledged.insert(epoch, seq);
        }
        if kill == kills || dice.roll(3) == 0 {
            verify(directory.path(), &acknowledged);
            tally.openings += 1;
        }
    }
    tally.acknowledged += acknowledged.values().sum::<u64>();
    let log = std::fs::metadata(directory.path().join("sled/db")).unwrap().len();
    tally.largest_log = tally.largest_log.max(log);
}

fn left_a_snapshot(directory: &Path) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the test inspects the files")]
    let Ok(files) = std::fs::read_dir(directory.join("sled")) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().ends_with(".generating"))
}

#[tokio::main(flavor = "current_thread")]
async fn fill(directory: &Path, size: usize) {
    if size > 0 {
        let store = SledStore::open(directory, &holder()).unwrap();
        for number in 0..100u8 {
            store.put(&format!("beside/{number}").parse().unwrap(), &vec![number; size]).await.unwrap();
        }
    }
}

/// Opens what a killed process left, verifies the chain, and finds every acknowledged segment in it.
#[tokio::main(flavor = "current_thread")]
async fn verify(directory: &Path, acknowledged: &Acknowledged) {
    let store = SledStore::open(directory, &holder()).unwrap();
    let Some(begun) = list_runs(&store).await.unwrap().pop() else {
        assert!(acknowledged.is_empty(), "the run is gone");
        return;
    };
    read_run(&store, &begun.run).await.unwrap();
    for (&epoch, &seq) in acknowledged {
        // All before it are there too, or the chain would have a hole.
        let slot = Slot { epoch, seq };
        let entry = store.get(&slot.key(&begun.run).unwrap()).await.unwrap();
        let bytes = entry.unwrap_or_else(|| panic!("segment {slot} was acknowledged and is lost")).value;
        let segment = Segment::decode(&begun.run, slot, &bytes).unwrap();
        assert!(
            matches!(segment.content, Content::Events(_)),
            "a seal took the place of the acknowledged segment {slot}"
        );
    }
    #[expect(clippy::disallowed_methods, reason = "the test inspects the files")]
    let unsynced = std::fs::read_dir(directory.join("sled/blobs"));
    assert_eq!(unsynced.unwrap().count(), 0);
}

#[test]
fn a_second_process_is_refused_until_the_first_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = Writer::start(directory.path(), 0);
    writer.wait_for("OPENED");
    match SledStore::open(directory.path(), &holder()) {
        Err(StoreError::Locked { holder: Some(found), .. }) => assert_eq!(found.pid, writer.child.id()),
        opened => panic!("expected to be refused: {opened:?}"),
    }
    writer.kill();
    SledStore::open(directory.path(), &holder()).unwrap();
}

#[test]
fn killed_at_any_moment_the_store_opens_and_has_what_it_acknowledged() {
    let kills: u64 = variable("JETTISON_KILLS").map_or(40, |kills| kills.parse().unwrap());
    let seed = variable("JETTISON_SEED").map_or_else(|| u64::from(std::process::id()), |seed| seed.parse().unwrap());
    println!("JETTISON_KILLS={kills} JETTISON_SEED={seed}");
    let mut dice = Dice(seed);
    for campaign in &CAMPAIGNS {
        let mut tally = Tally::default();
        while tally.kills < kills.div_ceil(3) {
            let more = campaign.kills_per_directory.min(kills.div_ceil(3) - tally.kills);
            kill_again_and_again(&mut dice, more, campaign, &mut tally);
        }
        println!("{}: {tally:?}, failed openings 0, acknowledged segments lost 0", campaign.name);
    }
}
