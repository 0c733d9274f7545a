//! Owners, one after the other and against each other, over a store that does things at chosen moments.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects; anything else is a failure or no matter"
)]

use std::sync::{Mutex, atomic::AtomicU32, atomic::Ordering};

use async_trait::async_trait;

use super::*;
use crate::{
    journal::{Found, IllegalTransition, Outcome, ReplayError, SegmentError, find_unfinished, list_runs, read_run},
    plan::StepId,
    store::{Conditional, Entry, Key, MemoryStore, StoreError},
};

fn now() -> Timestamp {
    "2026-11-21T09:46:02Z".parse().unwrap()
}

fn owner(pid: u32) -> Holder {
    Holder { host: "runner-7".to_owned(), pid, since: now(), command: "jettison apply".to_owned(), url: None }
}

const PLAN: NewRun<'static> =
    NewRun { plan_id: "sha256:0a1b2c3d4e5f", steps: 9, override_budget: None, plan: b"{\"the\":\"plan\"}" };

async fn begin(store: &Arc<dyn Store>) -> Journal {
    let run = RunId::new(now(), PLAN.plan_id).unwrap();
    Journal::create(Arc::clone(store), run, PLAN, owner(1), now()).await.unwrap()
}

async fn take_over(store: &Arc<dyn Store>, run: &RunId) -> Result<Journal, JournalError> {
    Journal::open_existing(Arc::clone(store), run, owner(2), now()).await
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn intend(step: u32) -> Event {
    Event::StepIntended {
        step: StepId(step),
        attempt: 1,
        at: now(),
        identity: format!("object {step}"),
        expect: vec![],
    }
}

fn done(step: u32) -> Event {
    Event::StepEnded { step: StepId(step), at: now(), outcome: Outcome::Done { evidence: None } }
}

fn fenced_by<T: std::fmt::Debug>(result: Result<T, JournalError>) -> Option<u32> {
    match result {
        Err(JournalError::Fenced { by, .. }) => by,
        other => panic!("expected to be fenced: {other:?}"),
    }
}

#[tokio::test]
async fn a_run_is_written_read_and_closed() {
    let store = memory();
    let mut journal = begin(&store).await;
    journal.append((1..=9).map(intend).collect()).await.unwrap();
    journal.append((1..=9).map(done).collect()).await.unwrap();
    assert!(journal.state().is_finished());
    assert_eq!(find_unfinished(&*store).await.unwrap().len(), 1);
    journal.close(Ending::Completed, now()).await.unwrap();
    assert!(find_unfinished(&*store).await.unwrap().is_empty());
    let recording = read_run(&*store, journal.run()).await.unwrap();
    assert_eq!(recording.events.len(), 20);
    assert_eq!(&recording.state, journal.state());
    assert_eq!(journal.plan().await.unwrap(), PLAN.plan);
}

#[tokio::test]
async fn a_second_run_in_the_same_second_gets_a_name_of_its_own() {
    let store = memory();
    let (first, second) = (begin(&store).await, begin(&store).await);
    assert_eq!(second.run(), &first.run().with_counter(2));
    let listed: Vec<RunId> = list_runs(&*store).await.unwrap().into_iter().map(|manifest| manifest.run).collect();
    assert_eq!(listed, [first.run().clone(), second.run().clone()]);
}

#[tokio::test]
async fn an_event_that_cannot_follow_is_not_written() {
    let store = memory();
    let mut journal = begin(&store).await;
    let refused = journal.append(vec![intend(1), done(1), done(2)]).await.unwrap_err();
    let JournalError::Replay(ReplayError::Illegal { source, .. }) = refused else { panic!("{refused}") };
    assert!(matches!(source, IllegalTransition::NotIntended { step: StepId(2), .. }));
    assert_eq!(read_run(&*store, journal.run()).await.unwrap().events.len(), 1);
    assert!(journal.close(Ending::Completed, now()).await.is_err());
    journal.append(vec![intend(1), done(1)]).await.unwrap();
}

#[tokio::test]
async fn the_old_owner_is_fenced_at_its_next_segment() {
    let store = memory();
    let mut old = begin(&store).await;
    old.append(vec![intend(1)]).await.unwrap();
    let mut new = take_over(&store, &old.run().clone()).await.unwrap();
    assert_eq!(new.epoch(), 2);
    assert_eq!(new.state().unsettled().map(|(step, _)| step).collect::<Vec<_>>(), [StepId(1)]);
    assert_eq!(fenced_by(old.append(vec![done(1)]).await), Some(2));
    assert_eq!(fenced_by(old.append(vec![intend(2)]).await), Some(2));
    assert_eq!(fenced_by(old.close(Ending::Interrupted, now()).await), Some(2));
    new.append(vec![Event::StepObserved { step: StepId(1), at: now(), found: Found::Done }, done(1)]).await.unwrap();
    assert_eq!(&read_run(&*store, new.run()).await.unwrap().state, new.state());
}

#[tokio::test]
async fn a_closed_run_can_be_resumed_and_owners_follow_one_another() {
    let store = memory();
    let mut journal = begin(&store).await;
    for step in 1..=9 {
        journal.append(vec![intend(step)]).await.unwrap();
        journal.append(vec![done(step)]).await.unwrap();
        if step % 2 == 0 {
            journal.close(Ending::Interrupted, now()).await.unwrap();
        }
        let run = journal.run().clone();
        journal = take_over(&store, &run).await.unwrap();
        assert_eq!(journal.epoch(), step + 1);
    }
    journal.close(Ending::Completed, now()).await.unwrap();
    assert!(read_run(&*store, journal.run()).await.unwrap().state.is_finished());
}

/// What another process does when a chosen write is about to reach the store.
type Act = Box<dyn FnOnce(Arc<dyn Store>) -> futures::future::BoxFuture<'static, ()> + Send>;

/// A store that lets something happen just before the n-th write, or loses its answer.
#[derive(Default)]
struct Staged {
    inner: Arc<MemoryStore>,
    writes: AtomicU32,
    before: Mutex<Option<(u32, Act)>>,
    lose_answer: Mutex<Option<u32>>,
    lose_request: Mutex<Option<u32>>,
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Staged")
    }
}

impl Staged {
    /// Of the writes from now on, before the `nth` (from 1).
    fn before(&self, nth: u32, act: Act) {
        *self.before.lock().unwrap() = Some((self.writes.load(Ordering::SeqCst) + nth, act));
    }

    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let act = self.before.lock().unwrap().take_if(|(nth, _)| *nth == number);
        if let Some((_, act)) = act {
            act(Arc::clone(&self.inner) as Arc<dyn Store>).await;
        }
        let lost = || StoreError::Unavailable {
            place: "memory".to_owned(),
            doing: "write".to_owned(),
            source: "the answer was lost".into(),
        };
        if self.lose_request.lock().unwrap().take_if(|nth| *nth == number).is_some() {
            return Err(lost());
        }
        let written = write.await?;
        if self.lose_answer.lock().unwrap().take_if(|nth| *nth == number).is_some() { Err(lost()) } else { Ok(written) }
    }
}

#[async_trait]
impl Store for Staged {
    fn place(&self) -> String {
        self.inner.place()
    }
    async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key).await
    }
    async fn list(&self, prefix: &str) -> Result<Vec<Key>, StoreError> {
        self.inner.list(prefix).await
    }
    async fn put_if_absent(&self, key: &Key, value: &[u8]) -> Result<Conditional<Version>, StoreError> {
        self.write(self.inner.put_if_absent(key, value)).await
    }
    async fn put_if_match(&self, key: &Key, value: &[u8], seen: &Version) -> Result<Conditional<Version>, StoreError> {
        self.write(self.inner.put_if_match(key, value, seen)).await
    }
    async fn delete_if_match(&self, key: &Key, seen: &Version) -> Result<Conditional<()>, StoreError> {
        self.write(self.inner.delete_if_match(key, seen)).await
    }
    async fn put(&self, key: &Key, value: &[u8]) -> Result<Version, StoreError> {
        self.write(self.inner.put(key, value)).await
    }
}

/// The writes of a takeover: the manifest, the seal, `RunOpened`. The old owner writes before each of them in turn.
#[tokio::test]
async fn whatever_the_old_owner_gets_in_first_is_in_the_run_and_the_rest_is_fenced() {
    for nth in 1..=3 {
        let staged = Arc::new(Staged::default());
        let store: Arc<dyn Store> = Arc::<Staged>::clone(&staged);
        // The old owner talks to the store directly: its writes are not the ones that are counted.
        let mut old = begin(&(Arc::clone(&staged.inner) as Arc<dyn Store>)).await;
        old.append(vec![intend(1)]).await.unwrap();
        let run = old.run().clone();
        let (send, receive) = tokio::sync::oneshot::channel();
        let act: Act = Box::new(move |_| {
            Box::pin(async move {
                let result = old.append(vec![done(1)]).await;
                send.send((old, result)).unwrap();
            })
        });
        staged.before(nth, act);
        let new = take_over(&store, &run).await.unwrap();
        let (mut old, result) = receive.await.unwrap();
        let is_in = new.state().counts().done == 1;
        assert_eq!(result.is_ok(), is_in, "before write {nth}");
        // Up to the seal the old owner is the owner; after it, not for one segment more.
        assert_eq!(is_in, nth <= 2, "before write {nth}");
        assert_eq!(fenced_by(old.append(vec![intend(2)]).await), Some(2));
        assert_eq!(&read_run(&*store, &run).await.unwrap().state, new.state());
    }
}

/// Two processes take over at once: the second one before each write of the first.
#[tokio::test]
async fn of_two_that_take_over_one_becomes_the_owner() {
    for nth in 1..=3 {
        let staged = Arc::new(Staged::default());
        let store: Arc<dyn Store> = Arc::<Staged>::clone(&staged);
        let run = begin(&store).await.run().clone();
        let (send, receive) = tokio::sync::oneshot::channel();
        let name = run.clone();
        let act: Act = Box::new(move |store| {
            Box::pin(async move {
                send.send(take_over(&store, &name).await.unwrap()).unwrap();
            })
        });
        staged.before(nth, act);
        let slow = take_over(&store, &run).await;
        let mut quick = receive.await.unwrap();
        match (nth, slow) {
            (1, Err(JournalError::Contended { .. })) => {}
            (2 | 3, Err(JournalError::Fenced { by: Some(3), .. })) => {}
            (nth, other) => panic!("before write {nth}: {other:?}"),
        }
        quick.append(vec![intend(1), done(1)]).await.unwrap();
        assert_eq!(&read_run(&*store, &run).await.unwrap().state, quick.state());
    }
}

#[tokio::test]
async fn an_owner_that_died_between_its_writes_is_followed_by_the_next() {
    // The writes of a beginning: the plan, the manifest, `RunOpened`. Of a takeover: the manifest, the seal, `RunOpened`.
    for (begin_dies, take_over_dies) in [(3, 0), (0, 2), (0, 3), (3, 2), (3, 3)] {
        let staged = Arc::new(Staged::default());
        let store: Arc<dyn Store> = Arc::<Staged>::clone(&staged);
        let run = RunId::new(now(), PLAN.plan_id).unwrap();
        *staged.lose_request.lock().unwrap() = (begin_dies > 0).then_some(begin_dies);
        let began = Journal::create(Arc::clone(&store), run.clone(), PLAN, owner(1), now()).await;
        assert_eq!(began.is_err(), begin_dies > 0);
        if take_over_dies > 0 {
            let writes = staged.writes.load(Ordering::SeqCst);
            *staged.lose_request.lock().unwrap() = Some(writes + take_over_dies);
            take_over(&store, &run).await.unwrap_err();
        }
        let mut journal = take_over(&store, &run).await.unwrap();
        journal.append(vec![intend(1), done(1)]).await.unwrap();
        assert_eq!(&read_run(&*store, &run).await.unwrap().state, journal.state());
        if let Ok(mut first) = began {
            fenced_by(first.append(vec![intend(2)]).await);
        }
    }
}

#[tokio::test]
async fn a_write_in_doubt_is_settled_by_writing_again() {
    for (reached, again_the_same) in [(true, true), (false, true), (true, false), (false, false)] {
        let staged = Arc::new(Staged::default());
        let store: Arc<dyn Store> = Arc::<Staged>::clone(&staged);
        let mut journal = begin(&store).await;
        let lose = if reached { &staged.lose_answer } else { &staged.lose_request };
        *lose.lock().unwrap() = Some(staged.writes.load(Ordering::SeqCst) + 1);
        assert!(matches!(journal.append(vec![intend(1)]).await, Err(JournalError::Store(_))));
        assert_eq!(journal.state().counts().intended, 0, "what is not known to be durable is not told");
        let next = if again_the_same { vec![intend(1)] } else { vec![done(1)] };
        journal.append(next).await.unwrap();
        let counts = journal.state().counts();
        assert_eq!((counts.intended, counts.done), if again_the_same { (1, 0) } else { (0, 1) });
        assert_eq!(&read_run(&*store, journal.run()).await.unwrap().state, journal.state());
    }
}

#[tokio::test]
async fn closing_can_be_repeated_whichever_of_its_writes_was_lost() {
    // The writes of closing: `RunClosed` and the manifest.
    for (nth, reached) in [(1, true), (1, false), (2, true), (2, false)] {
        let staged = Arc::new(Staged::default());
        let store: Arc<dyn Store> = Arc::<Staged>::clone(&staged);
        let mut journal = begin(&store).await;
        let lose = if reached { &staged.lose_answer } else { &staged.lose_request };
        *lose.lock().unwrap() = Some(staged.writes.load(Ordering::SeqCst) + nth);
        assert!(matches!(journal.close(Ending::Interrupted, now()).await, Err(JournalError::Store(_))));
        let later = now() + std::time::Duration::from_secs(1);
        journal.close(Ending::Interrupted, later).await.unwrap();
        let recording = read_run(&*store, journal.run()).await.unwrap();
        assert_eq!(recording.events.len(), 2);
        assert!(matches!(recording.manifest.status, Status::Closed { .. }), "write {nth}, reached: {reached}");
        journal = take_over(&store, &journal.run().clone()).await.unwrap();
        journal.append(vec![intend(1)]).await.unwrap();
    }
}

/// A journal of three owners, and its segments by key.
async fn three_owners() -> (Arc<dyn Store>, RunId, Vec<Key>) {
    let store = memory();
    let mut journal = begin(&store).await;
    for step in 1..=3 {
        journal.append(vec![intend(step), done(step)]).await.unwrap();
        let run = journal.run().clone();
        journal = take_over(&store, &run).await.unwrap();
    }
    journal.close(Ending::Interrupted, now()).await.unwrap();
    let run = journal.run().clone();
    let keys = store.list(&format!("segments/{run}/")).await.unwrap();
    assert_eq!(keys.len(), 3 * 3 + 2);
    (store, run, keys)
}

#[tokio::test]
async fn a_missing_segment_is_noticed_wherever_it_was() {
    for number in 0..11 {
        let (store, run, keys) = three_owners().await;
        let segment = store.get(&keys[number]).await.unwrap().unwrap();
        store.delete_if_match(&keys[number], &segment.version).await.unwrap().unwrap();
        let error = read_run(&*store, &run).await.unwrap_err();
        match error {
            JournalError::Replay(ReplayError::Hole { expected, .. }) if number < 10 => {
                assert_eq!(expected, keys[number]);
            }
            JournalError::Replay(ReplayError::LostTail { key, .. }) if number == 10 => assert_eq!(key, keys[number]),
            other => panic!("{number}: {other}"),
        }
        assert!(take_over(&store, &run).await.is_err());
    }
}

#[tokio::test]
async fn a_damaged_or_replaced_segment_is_noticed_and_named() {
    let (store, run, keys) = three_owners().await;
    for key in &keys {
        let whole = store.get(key).await.unwrap().unwrap().value;
        for at in (0..whole.len()).step_by(7) {
            let mut broken = whole.clone();
            broken[at] ^= 4;
            store.put(key, &broken).await.unwrap();
            match read_run(&*store, &run).await.unwrap_err() {
                JournalError::Replay(ReplayError::Segment {
                    key: named,
                    source: SegmentError::Checksum { .. } | SegmentError::CutOff,
                }) => {
                    assert_eq!(named, *key);
                }
                other => panic!("{key} at {at}: {other}"),
            }
        }
        store.put(key, &whole).await.unwrap();
    }
    // An intact segment of the same place, from a journal that went another way.
    let (other, _, _) = three_owners().await;
    let (_, forged) = crate::journal::Segment::encode(
        &run,
        crate::journal::Slot { epoch: 1, seq: 2 },
        read_sum(&*other, &keys[0]).await.as_deref(),
        Content::Events(vec![intend(7)]),
    )
    .unwrap();
    store.put(&keys[1], &forged).await.unwrap();
    let error = read_run(&*store, &run).await.unwrap_err();
    assert!(matches!(error, JournalError::Replay(ReplayError::BrokenChain { key }) if key == keys[2]));
}

async fn read_sum(store: &dyn Store, key: &Key) -> Option<String> {
    let text = String::from_utf8(store.get(key).await.unwrap().unwrap().value).unwrap();
    text.lines().last().map(str::to_owned)
}
