//! A plan, a simulated AWS to carry it out on, and everything that can go wrong in between.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use jettison::{
    apply::{self, ApplyError, Event, Report, Run},
    aws::{self, Connection, Session, Transport},
    collect::{self, MemoryCache, Silent},
    inventory::{self, Inventory},
    journal::{self, Journal, NewRun, Outcome, Recording, RunId, Segment, Slot},
    ledger::Ledger,
    model::Now,
    plan::{Action, Plan, Step, StepId},
    sim::{self, Sim, World},
    store::{Conditional, Entry, Holder, Key, MemoryStore, Store, StoreError, Version},
};
use serde_json::json;
use tokio::sync::{Notify, watch};

use super::story;

/// What happens to a request instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    /// The process dies with the request not sent.
    DieBefore,
    /// The process dies with the request carried out.
    DieAfter,
    /// The request is not carried out and the connection is cut.
    CutBefore,
    /// The request is carried out and the connection is cut.
    CutAfter,
    /// HTTP 500 without an effect.
    ErrorBefore,
    /// HTTP 500 with an effect.
    ErrorAfter,
    /// A throttle.
    Throttle,
    /// Access denied.
    Deny,
    /// No answer, for ever.
    Hang,
}

/// A request as it arrived: the how-manieth, and what it asked for.
pub(crate) struct Asked<'a> {
    pub(crate) number: u64,
    pub(crate) operation: &'a str,
    pub(crate) body: &'a serde_json::Value,
}

impl Asked<'_> {
    /// Whether it changes something.
    pub(crate) fn mutates(&self) -> bool {
        is_mutation(self.operation)
    }
}

pub(crate) fn is_mutation(operation: &str) -> bool {
    matches!(
        operation,
        "UpdateTaskSet"
            | "DeleteTaskSet"
            | "DeleteService"
            | "DeregisterTaskDefinition"
            | "DeleteTaskDefinitions"
            | "UpdateImageStorageClass"
            | "BatchDeleteImage"
    )
}

type Hook = Arc<dyn Fn(&Asked<'_>) -> Option<Blow> + Send + Sync>;

/// What happened at the two walls of the applier, in one order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    /// A request arrived.
    Called { operation: String, body: serde_json::Value },
    /// A segment became durable.
    Wrote(Vec<journal::Event>),
}

/// What the wire and the store share with the test.
#[derive(Default)]
pub(crate) struct Wall {
    lines: Mutex<Vec<Line>>,
    calls: AtomicU64,
    writes: AtomicU64,
    /// Told when the process is to die.
    dead: Notify,
}

impl Wall {
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(SeqCst)
    }

    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(SeqCst)
    }

    /// The requests that change something, in order.
    pub(crate) fn mutations(&self) -> Vec<String> {
        let lines = self.lines();
        let called = lines.into_iter().filter_map(|line| match line {
            Line::Called { operation, .. } => Some(operation),
            Line::Wrote(_) => None,
        });
        called.filter(|operation| is_mutation(operation)).collect()
    }
}

/// How the store behaves at its `nth` write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// It fails and keeps nothing.
    FailBefore(u64),
    /// It keeps the value and says that it failed.
    FailAfter(u64),
    /// It keeps nothing, now and ever after.
    FailFrom(u64),
    /// The process dies before it is kept.
    DieBefore(u64),
    /// The process dies after it was kept.
    DieAfter(u64),
}

/// A memory store that slips, and tells what was written.
pub(crate) struct SlippingStore {
    inner: Arc<MemoryStore>,
    slip: Option<Slip>,
    wall: Arc<Wall>,
}

impl fmt::Debug for SlippingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SlippingStore")
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { place: "test".to_owned(), doing: "write".to_owned(), source: "it slipped".into() }
}

#[async_trait]
impl Store for SlippingStore {
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
        let number = self.wall.writes.fetch_add(1, SeqCst) + 1;
        let die = async || {
            self.wall.dead.notify_one();
            std::future::pending::<()>().await;
        };
        match self.slip {
            Some(Slip::FailBefore(nth)) if nth == number => return Err(unavailable()),
            Some(Slip::FailFrom(nth)) if nth <= number => return Err(unavailable()),
            Some(Slip::DieBefore(nth)) if nth == number => die().await,
            Some(_) | None => {}
        }
        let put = self.inner.put_if_absent(key, value).await?;
        if put.is_ok()
            && let Some(events) = events_of(key, value)
        {
            self.wall.lines.lock().unwrap().push(Line::Wrote(events));
        }
        match self.slip {
            Some(Slip::FailAfter(nth)) if nth == number => return Err(unavailable()),
            Some(Slip::DieAfter(nth)) if nth == number => die().await,
            Some(_) | None => {}
        }
        Ok(put)
    }

    async fn put_if_match(
        &self,
        key: &Key,
        value: &[u8],
        expected: &Version,
    ) -> Result<Conditional<Version>, StoreError> {
        self.inner.put_if_match(key, value, expected).await
    }

    async fn delete_if_match(&self, key: &Key, expected: &Version) -> Result<Conditional<()>, StoreError> {
        self.inner.delete_if_match(key, expected).await
    }

    async fn put(&self, key: &Key, value: &[u8]) -> Result<Version, StoreError> {
        self.inner.put(key, value).await
    }
}

/// The events of a segment, without those that open and close a run.
fn events_of(key: &Key, value: &[u8]) -> Option<Vec<journal::Event>> {
    let [_, run, epoch, seq] = key.as_str().split('/').collect::<Vec<_>>().try_into().ok()?;
    let slot = Slot { epoch: epoch.parse().unwrap(), seq: seq.parse().unwrap() };
    let run: RunId = run.parse().unwrap();
    match Segment::decode(&run, slot, value).unwrap().content {
        journal::Content::Events(events) => Some(events.into_iter().filter(|event| event.step().is_some()).collect()),
        journal::Content::Seal { .. } => None,
    }
}

/// Reads a simulated world.
pub(crate) fn world_of(sim: &Sim) -> Inventory {
    let mut text = Vec::new();
    sim.world().write(sim.now(), &mut text).unwrap();
    inventory::read(text.as_slice()).unwrap()
}

fn sim_of(world: &Inventory, options: sim::Options) -> Sim {
    let mut text = Vec::new();
    inventory::write(world, &mut text).unwrap();
    Sim::new(World::read(text.as_slice()).unwrap(), options)
}

fn connections(scopes: &[jettison::model::Scope]) -> BTreeMap<String, Connection> {
    let mut connections: BTreeMap<String, Connection> = BTreeMap::new();
    for scope in scopes {
        let connection = connections.entry(scope.account.to_string()).or_insert_with(|| Connection {
            label: scope.account.clone(),
            account_id: scope.account_id.clone(),
            regions: Vec::new(),
            profile: None,
            role_arn: None,
            external_id: None,
            quota_share: 1.0,
            transport: Transport::InProcess(Arc::new(|_| unreachable!("it is replaced before it is used"))),
        });
        connection.regions.push(scope.region.clone());
    }
    connections
}

/// One run, or one attempt at it.
pub(crate) struct Stage {
    pub(crate) plan: Plan,
    pub(crate) sim: Sim,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) run: RunId,
    pub(crate) wall: Arc<Wall>,
    pub(crate) wait: bool,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    hook: Hook,
    slip: Option<Slip>,
    is_begun: bool,
    omitted: Option<String>,
    /// Whether whoever could say stop is gone.
    pub(crate) is_orphaned: bool,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Reported(Report),
    Failed(ApplyError),
    Died,
}

impl Ended {
    pub(crate) fn report(self) -> Report {
        match self {
            Self::Reported(report) => report,
            Self::Failed(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
            Self::Died => panic!("it died"),
        }
    }
}

impl Stage {
    /// Plans on a world, with a policy.
    pub(crate) async fn planned(world: &Inventory, policy: &str) -> Self {
        let sim = sim_of(world, sim::Options::default());
        let files = [("policy.hcl".to_owned(), policy.to_owned())];
        let (policy, _) = jettison::policy::parse(files).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let mut stage = Self {
            plan: empty_plan(world, &policy),
            sim,
            store: Arc::default(),
            run: "20261101T060000Z-00000000".parse().unwrap(),
            wall: Arc::default(),
            wait: true,
            stop: watch::channel(false).0,
            events: Arc::default(),
            hook: Arc::new(|_| None),
            slip: None,
            is_begun: false,
            omitted: None,
            is_orphaned: false,
        };
        let options = collect::Options {
            waived: policy.waivers.iter().map(|waiver| waiver.source).collect(),
            ..collect::Options::new(stage.sim.now())
        };
        let sessions = stage.sessions().await;
        let inventory = collect::collect(&sessions, &options, &MemoryCache::default(), &Silent).await;
        stage.plan = decide(&inventory, &policy, stage.sim.now());
        assert!(stage.plan.complete, "{:?}", stage.plan.gaps);
        assert!(stage.plan.has_changes());
        stage.run = RunId::new(stage.sim.now(), &stage.plan.plan_id).unwrap();
        stage.wall = Arc::default();
        stage
    }

    /// The same plan on a copy of the world as it was planned on.
    pub(crate) fn fresh(&self) -> Self {
        Self {
            plan: self.plan.clone(),
            sim: sim_of(&world_of(&self.sim), sim::Options::default()),
            store: Arc::default(),
            run: self.run.clone(),
            wall: Arc::default(),
            wait: true,
            stop: watch::channel(false).0,
            events: Arc::default(),
            hook: Arc::new(|_| None),
            slip: None,
            is_begun: false,
            omitted: None,
            is_orphaned: false,
        }
    }

    /// Someone changes the world behind the plan's back.
    pub(crate) fn drift(&mut self, change: impl FnOnce(&mut Inventory)) {
        let mut world = world_of(&self.sim);
        change(&mut world);
        self.sim = sim_of(&world, sim::Options::default());
    }

    pub(crate) fn with_hook(mut self, hook: impl Fn(&Asked<'_>) -> Option<Blow> + Send + Sync + 'static) -> Self {
        self.hook = Arc::new(hook);
        self
    }

    pub(crate) fn unhooked(mut self) -> Self {
        self.hook = Arc::new(|_| None);
        self.slip = None;
        self.wall = Arc::default();
        self
    }

    pub(crate) fn slipping(mut self, slip: Slip) -> Self {
        self.slip = Some(slip);
        self
    }

    pub(crate) fn without_wait(mut self) -> Self {
        self.wait = false;
        self
    }

    /// Forgets to open a session for an account.
    pub(crate) fn omitting(mut self, account: &str) -> Self {
        self.omitted = Some(account.to_owned());
        self
    }

    pub(crate) async fn sessions(&self) -> Vec<Session> {
        let mut sessions = Vec::new();
        for (label, mut connection) in connections(&self.plan.scopes) {
            if self.omitted.as_deref() == Some(label.as_str()) {
                continue;
            }
            let (sim, wall, hook) = (self.sim.clone(), Arc::clone(&self.wall), Arc::clone(&self.hook));
            connection.transport = Transport::InProcess(Arc::new(move |request| {
                let (sim, wall, hook) = (sim.clone(), Arc::clone(&wall), Arc::clone(&hook));
                Box::pin(async move { answer(&sim, &wall, &hook, request).await })
            }));
            sessions.extend(aws::connect(&connection, "test").await.unwrap());
        }
        sessions
    }

    fn owner(&self) -> Holder {
        Holder { host: "test".to_owned(), pid: 1, since: self.sim.now(), command: "apply".to_owned(), url: None }
    }

    /// Begins the run or, once it was begun, goes on with it.
    pub(crate) async fn go(&mut self) -> Ended {
        let now: Now = self.sim.clock();
        if !self.is_begun {
            let steps = u32::try_from(self.plan.steps.len()).unwrap();
            let new = NewRun { plan_id: &self.plan.plan_id, steps, override_budget: None, plan: b"plan" };
            let _left = Journal::create(self.store.clone(), self.run.clone(), new, self.owner(), now()).await.unwrap();
            self.is_begun = true;
        }
        let dead = Arc::clone(&self.wall);
        tokio::select! {
            biased;
            () = dead.dead.notified() => Ended::Died,
            ended = self.carry_out(now) => match ended {
                Ok(report) => Ended::Reported(report),
                Err(error) => Ended::Failed(error),
            },
        }
    }

    async fn carry_out(&self, now: Now) -> Result<Report, ApplyError> {
        let store = Arc::new(SlippingStore { inner: self.store.clone(), slip: self.slip, wall: self.wall.clone() });
        let journal = Journal::open_existing(store, &self.run, self.owner(), now()).await?;
        let events = Arc::clone(&self.events);
        let tell = move |event: Event| events.lock().unwrap().push(event);
        let run = Run {
            plan: &self.plan,
            journal,
            sessions: self.sessions().await,
            collect: collect::Options::new(now()),
            cache: Arc::new(MemoryCache::default()),
            now,
            wait: self.wait,
            events: &tell,
            stop: if self.is_orphaned { watch::channel(false).1 } else { self.stop.subscribe() },
        };
        apply::carry_out(run).await
    }

    pub(crate) async fn recording(&self) -> Recording {
        journal::read_run(&*self.store, &self.run).await.unwrap()
    }

    /// The step that does something to an object, such as `ecs/task-definition/web:1`.
    pub(crate) fn step(&self, action: Action, object: &str) -> &Step {
        let ends = |step: &&Step| step.action == action && step.address.to_string().ends_with(object);
        self.plan.steps.iter().find(ends).unwrap_or_else(|| panic!("no {action} {object} in {}", self.told()))
    }

    /// The steps, for messages.
    pub(crate) fn told(&self) -> String {
        let told = self.plan.steps.iter().map(|step| {
            let after: Vec<u32> = step.after.iter().map(|step| step.0).collect();
            format!("{} {} {} after {after:?}\n", step.id, step.action, step.address)
        });
        told.collect()
    }
}

/// How a step ended, by a report.
pub(crate) fn outcome(report: &Report, step: StepId) -> Option<&Outcome> {
    report.outcomes.iter().find(|(id, _)| *id == step).map(|(_, outcome)| outcome)
}

fn empty_plan(world: &Inventory, policy: &jettison::policy::Policy) -> Plan {
    let scopes = world.scopes.clone();
    decide(&Inventory { taken_at: world.taken_at, scopes, ..Inventory::default() }, policy, world.taken_at)
}

fn decide(inventory: &Inventory, policy: &jettison::policy::Policy, now: jettison::model::Timestamp) -> Plan {
    let question = jettison::plan::Question {
        policy,
        policy_id: "policy".to_owned(),
        inventory,
        inventory_id: "inventory".to_owned(),
        ledger: &Ledger::default(),
        now,
        made_at: now,
        selection: None,
        tool_version: "0.0.0",
    };
    jettison::plan::decide(&question).plan
}

async fn answer(
    sim: &Sim,
    wall: &Wall,
    hook: &Hook,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, aws::Unanswered> {
    let mut blow = None;
    if let Some(target) = request.headers().get("x-amz-target") {
        let operation = target.to_str().unwrap().rsplit('.').next().unwrap().to_owned();
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let number = wall.calls.fetch_add(1, SeqCst) + 1;
        blow = hook(&Asked { number, operation: &operation, body: &body });
        wall.lines.lock().unwrap().push(Line::Called { operation, body });
    }
    let refusal = |status: u16, code: &str| {
        let body = json!({ "__type": code, "message": "because the test says so" }).to_string();
        Ok(http::Response::builder().status(status).body(body.into()).unwrap())
    };
    let die = async || -> Result<http::Response<Bytes>, aws::Unanswered> {
        wall.dead.notify_one();
        std::future::pending().await
    };
    let act = |request| sim.answer(request).map_err(|_| aws::Unanswered);
    match blow {
        None => act(request),
        Some(Blow::DieBefore) => die().await,
        Some(Blow::DieAfter) => {
            let _lost = act(request);
            die().await
        }
        Some(Blow::CutBefore) => Err(aws::Unanswered),
        Some(Blow::CutAfter) => {
            let _lost = act(request);
            Err(aws::Unanswered)
        }
        Some(Blow::ErrorBefore) => refusal(500, "ServerException"),
        Some(Blow::ErrorAfter) => {
            let _lost = act(request);
            refusal(500, "ServerException")
        }
        Some(Blow::Throttle) => refusal(400, "ThrottlingException"),
        Some(Blow::Deny) => refusal(400, "AccessDeniedException"),
        Some(Blow::Hang) => std::future::pending().await,
    }
}

/// A world with something to do of every kind, and things in use beside it.
pub(crate) fn fleet() -> story::World {
    let uri = |tag: &str| format!("{}/team/web:{tag}", story::HOST);
    let mut world = story::World::new();
    let cluster = jettison::inventory::Cluster {
        cluster_arn: format!("arn:aws:ecs:{}:{}:cluster/main", story::REGION, story::ACCOUNT),
        cluster_name: "main".to_owned(),
        status: "ACTIVE".to_owned(),
        tags: Vec::new(),
    };
    world.inventory.clusters.push(jettison::inventory::Seen::new(story::home(), cluster));
    world.repository("team/web");
    world.image("team/web", "in-use", 200, &["v5"]);
    world.image("team/web", "leaving", 200, &["v2"]);
    world.image("team/web", "lonely", 200, &[]);
    world.image("team/web", "child-a", 200, &[]);
    world.image("team/web", "child-b", 200, &[]);
    world.index("team/web", "index", 200, &["old"], &["child-a", "child-b"]);
    world.repository("team/tools");
    world.image("team/tools", "tool", 200, &["t1"]);
    world.repository("cold/base");
    world.image("cold/base", "old", 200, &["b1"]);
    world.image("cold/base", "cold-child", 200, &[]);
    world.index("cold/base", "cold-index", 200, &["b2"], &["cold-child"]);
    world.inactive("web:1", 300, 200, &uri("gone"));
    world.definition("web:2", 300, &uri("v2"));
    world.definition("web:3", 300, &uri("gone"));
    world.definition("web:5", 300, &uri("v5"));
    world.definition("ext:1", 300, &uri("v5"));
    world.definition("ext:2", 300, &uri("v5"));
    world.service("web", 1, "web:5");
    world.service("idle", 0, "web:5");
    world.task("one", "web:5", &uri("v5"), "in-use");
    world.external(
        "shop",
        &[
            ("ecs-svc-0", "ACTIVE", 2, 300, "ext:2"),
            ("ecs-svc-1", "ACTIVE", 0, 200, "ext:1"),
            ("ecs-svc-2", "PRIMARY", 1, 100, "ext:2"),
        ],
    );
    world
}

/// The rules of a story in which everything goes at once, but that images of `cold/*` are archived.
pub(crate) fn clean_and_archive_at_once() -> String {
    let rules = story::clean_at_once().replace("repository = [\"*\"]", "repository = [\"*\", \"!cold/*\"]");
    let terms = "  match { repository = [\"cold/*\"] }\n  archive { unused_for = \"0s\" }\n";
    format!("{rules}retention \"image\" \"cold\" {{\n{terms}}}\n")
}

/// A request of someone else's, as an SDK would sign it.
pub(crate) fn signed(service: &str, target: &str, body: &serde_json::Value) -> http::Request<Bytes> {
    let credential = format!("AKIA{}DEMO/20261101/{}/{service}/aws4_request", story::ACCOUNT, story::REGION);
    http::Request::builder()
        .method("POST")
        .uri("https://simulated/")
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"))
        .body(body.to_string().into())
        .unwrap()
}
