//! The simulated AWS itself: one request in, one answer out.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{Request, Response};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::{
    call::{Answer, Call, INVALID, Input, Refusal},
    clock::Clock,
    fault::{Fault, Faults},
    lifecycle,
    persist::{ChangeLog, PersistenceError},
    quota::Buckets,
    service::{Protocol, Service},
    wire::{self, Credential, Parsed},
    world::World,
};
use crate::model::{AccountId, Location, Now, Region, Timestamp, hex, quota::Bucket};

/// The connection was cut: the caller cannot know whether the call took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the simulated AWS cut the connection without an answer")]
pub struct Unanswered;

/// How a simulated AWS behaves.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether AWS's published request rates are enforced.
    pub quotas: bool,
    /// What goes wrong.
    pub faults: Faults,
    /// Regions that no account has enabled, as opt-in Regions are at first.
    pub disabled_regions: BTreeSet<Region>,
    /// The time at which the clock starts; the world's `taken_at` if absent. A time before that is ignored.
    pub starts_at: Option<Timestamp>,
}

/// A request that arrived, for tests and benchmarks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// IAM's word for the service, such as `states` for Step Functions.
    pub service: &'static str,
    /// The operation.
    pub operation: String,
    /// The account of the caller.
    pub account_id: AccountId,
    /// The Region that was asked.
    pub region: Region,
    /// When, by the world's clock.
    pub at: Timestamp,
    /// The error code that was answered; `None` for success or no answer.
    pub error: Option<&'static str>,
}

/// The simulated AWS. Clones share one world.
#[derive(Clone)]
pub struct Sim {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    quotas: bool,
    faults: Faults,
    disabled_regions: BTreeSet<Region>,
    state: Mutex<State>,
}

struct State {
    world: World,
    buckets: Buckets,
    calls: Vec<Recorded>,
    calls_by_operation: HashMap<String, u64>,
    log: Option<ChangeLog>,
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim")
            .field("now", &self.now())
            .field("calls", &self.state().calls.len())
            .finish_non_exhaustive()
    }
}

impl Sim {
    /// A simulated AWS that holds this world.
    #[must_use]
    pub fn new(world: World, options: Options) -> Self {
        Self::with_log(world, options, None)
    }

    pub(super) fn with_log(world: World, options: Options, log: Option<ChangeLog>) -> Self {
        let base = options.starts_at.map_or(world.taken_at(), |at| at.max(world.taken_at()));
        let state =
            State { world, buckets: Buckets::default(), calls: Vec::new(), calls_by_operation: HashMap::new(), log };
        Self {
            shared: Arc::new(Shared {
                clock: Clock::starting_at(base),
                quotas: options.quotas,
                faults: options.faults,
                disabled_regions: options.disabled_regions,
                state: Mutex::new(state),
            }),
        }
    }

    /// The time in the world.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The world's clock, for whoever must live on it.
    #[must_use]
    pub fn clock(&self) -> Now {
        let clock = self.shared.clock;
        Arc::new(move || clock.now())
    }

    /// The world as it is now.
    #[must_use]
    pub fn world(&self) -> World {
        let now = self.now();
        let mut state = self.state();
        lifecycle::settle(&mut state.world, now);
        let mut world = state.world.clone();
        world.taken_at = now;
        world
    }

    /// Writes everything to the state directory in one file, and empties the log. Nothing to do for a world in memory.
    ///
    /// # Errors
    /// When the disk refuses; the log then still holds everything.
    pub fn checkpoint(&self) -> Result<(), PersistenceError> {
        let now = self.now();
        let mut state = self.state();
        lifecycle::settle(&mut state.world, now);
        let State { world, log, .. } = &mut *state;
        if let Some(log) = log {
            log.checkpoint(world, now)?;
        }
        world.take_touched();
        Ok(())
    }

    /// Every request that arrived so far and could be read, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Recorded> {
        self.state().calls.clone()
    }

    /// Answers a request.
    ///
    /// # Errors
    /// [`Unanswered`] when a fault cuts the connection, or when the change could not be made durable.
    #[expect(clippy::needless_pass_by_value, reason = "a connector hands the request over")]
    pub fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unanswered> {
        let now = self.now();
        let mut state = self.state();
        let id = request_id(state.calls.len());
        let parsed = match wire::read(&request) {
            Ok(parsed) => parsed,
            Err(refusal) => return Ok(wire::error(None, &refusal, &id)),
        };
        let service = parsed.service;
        let outcome = match wire::authenticate(&request, &state.world) {
            Ok(credential) if self.shared.disabled_regions.contains(&credential.location.region) => {
                Err(wire::not_enabled(service))
            }
            Ok(credential) => self.perform(&mut state, &parsed, &credential, now)?,
            Err(refusal) => Err(refusal),
        };
        let response = match outcome {
            Ok(value) => wire::answer(service, &parsed.operation, value, &id),
            Err(refusal) => wire::error(Some(service), &refusal, &id),
        };
        Ok(wire::dated(response, now))
    }

    fn perform(
        &self,
        state: &mut State,
        parsed: &Parsed,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Answer, Unanswered> {
        let fault = self.record(state, parsed, &credential.location, now);
        let outcome = match fault {
            Some(Fault::CutBefore) => return Err(Unanswered),
            Some(Fault::Throttle) => Err(throttled(parsed.service)),
            Some(Fault::ServerError) => Err(server_error(parsed.service)),
            Some(Fault::AccessDenied) => Err(access_denied(parsed, credential)),
            None if self.is_over_quota(state, parsed, &credential.location) => Err(throttled(parsed.service)),
            None | Some(Fault::LostReply | Fault::ServerErrorAfterEffect) => {
                lifecycle::settle(&mut state.world, now);
                let outcome = run(&mut state.world, parsed, credential, now);
                lifecycle::settle(&mut state.world, now);
                state.save(now)?;
                outcome
            }
        };
        let outcome = match fault {
            Some(Fault::LostReply) => return Err(Unanswered),
            Some(Fault::ServerErrorAfterEffect) => Err(server_error(parsed.service)),
            Some(Fault::Throttle | Fault::ServerError | Fault::CutBefore | Fault::AccessDenied) | None => outcome,
        };
        if let (Err(refusal), Some(call)) = (&outcome, state.calls.last_mut()) {
            call.error = Some(refusal.code);
        }
        Ok(outcome)
    }

    /// Notes the call and says what is to go wrong with it.
    fn record(&self, state: &mut State, parsed: &Parsed, at: &Location, now: Timestamp) -> Option<Fault> {
        state.calls.push(Recorded {
            service: parsed.service.word,
            operation: parsed.operation.clone(),
            account_id: at.account_id.clone(),
            region: at.region.clone(),
            at: now,
            error: None,
        });
        let nth = state.calls_by_operation.entry(parsed.operation.clone()).or_default();
        *nth += 1;
        self.shared.faults.strike(state.calls.len() as u64, &parsed.operation, *nth)
    }

    fn is_over_quota(&self, state: &mut State, parsed: &Parsed, at: &Location) -> bool {
        let bucket = Bucket::of(parsed.service.word, &parsed.operation).filter(|_| self.shared.quotas);
        bucket.is_some_and(|bucket| !state.buckets.take(at, bucket, Instant::now()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes what the request changed durable.
    fn save(&mut self, now: Timestamp) -> Result<(), Unanswered> {
        let Some(log) = &mut self.log else {
            self.world.take_touched();
            return Ok(());
        };
        log.append(&mut self.world, now).map_err(|error| {
            tracing::error!(%error, "the simulated world could not be saved");
            Unanswered
        })
    }
}

fn run(world: &mut World, parsed: &Parsed, credential: &Credential, now: Timestamp) -> Answer {
    let mut call = Call {
        world,
        at: &credential.location,
        now,
        input: Input(&parsed.input),
        operation: &parsed.operation,
        caller: credential.arn.clone(),
    };
    let answer = (parsed.service.dispatch)(&mut call);
    let unknown = || wire::unknown_operation(&format!("{}:{}", parsed.service.word, parsed.operation));
    answer.unwrap_or_else(|| Err(unknown())).map_err(|refusal| match refusal.code {
        INVALID => Refusal { code: parsed.service.invalid, ..refusal },
        _ => refusal,
    })
}

/// The message and status of every throttle ("Request throttling for the Amazon ECS API", ECS developer guide); REST services
/// answer with HTTP 429.
fn throttled(service: &Service) -> Refusal {
    let status = if matches!(service.protocol, Protocol::Rest(_)) { 429 } else { 400 };
    Refusal { status, code: "ThrottlingException", message: "Rate exceeded".to_owned() }
}

fn server_error(service: &Service) -> Refusal {
    let message = "Service Unavailable. Please try again later.".to_owned();
    Refusal { status: 500, code: service.failure, message }
}

fn access_denied(parsed: &Parsed, credential: &Credential) -> Refusal {
    let action = format!("{}:{}", parsed.service.word, parsed.operation);
    let message = format!("User: {} is not authorized to perform: {action}", credential.arn);
    let (status, code) = match parsed.service.protocol {
        Protocol::Json10(_) | Protocol::Json11(_) => (400, "AccessDeniedException"),
        Protocol::Rest(_) => (403, "AccessDeniedException"),
        Protocol::Query => (403, "AccessDenied"),
    };
    Refusal { status, code, message }
}

/// An id in the shape of AWS's, the same in every run.
fn request_id(call: usize) -> String {
    let hex = hex(&Sha256::digest(format!("request {call}")));
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
