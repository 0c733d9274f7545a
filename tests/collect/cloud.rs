//! The simulated AWS behind the real SDK, with an ear at the wire and a hand on the answers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use jettison::{
    aws::{self, Connection, Session, Transport},
    collect::{self, MemoryCache, Options, Silent},
    inventory::Inventory,
    model::Scope,
    sim::{self, Sim, World},
};
use serde_json::{Value, json};

use super::world::written;

/// A request as it went over the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) operation: String,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn text(&self, member: &str) -> &str {
        self.body[member].as_str().unwrap_or_default()
    }
}

type Intercept = Arc<dyn Fn(&Asked) -> Option<(u16, Value)> + Send + Sync>;

/// A simulated AWS, what it was asked, and what it is kept from answering.
pub(crate) struct Cloud {
    pub(crate) sim: Sim,
    scopes: Vec<Scope>,
    asked: Arc<Mutex<Vec<Asked>>>,
    intercept: Intercept,
    quota_share: f64,
}

impl Cloud {
    pub(crate) fn new(world: &Inventory) -> Self {
        Self::of_text(&written(world), world, sim::Options::default())
    }

    pub(crate) fn of_text(text: &str, world: &Inventory, options: sim::Options) -> Self {
        Self {
            sim: Sim::new(World::read(text.as_bytes()).unwrap(), options),
            scopes: world.scopes.clone(),
            asked: Arc::default(),
            intercept: Arc::new(|_| None),
            quota_share: 1.0,
        }
    }

    /// Uses a share of AWS's published rates.
    pub(crate) fn using(mut self, quota_share: f64) -> Self {
        self.quota_share = quota_share;
        self
    }

    /// Answers some requests itself.
    pub(crate) fn intercepting(
        mut self,
        intercept: impl Fn(&Asked) -> Option<(u16, Value)> + Send + Sync + 'static,
    ) -> Self {
        self.intercept = Arc::new(intercept);
        self
    }

    /// Denies an operation.
    pub(crate) fn denying(self, operation: &'static str) -> Self {
        self.intercepting(move |asked| {
            if asked.operation == operation { error("AccessDeniedException", "not authorized") } else { None }
        })
    }

    pub(crate) async fn sessions(&self) -> Vec<Session> {
        let mut sessions = Vec::new();
        for scope in &self.scopes {
            let (sim, asked, intercept) = (self.sim.clone(), Arc::clone(&self.asked), Arc::clone(&self.intercept));
            let connection = Connection {
                label: scope.account.clone(),
                account_id: scope.account_id.clone(),
                regions: vec![scope.region.clone()],
                profile: None,
                role_arn: None,
                external_id: None,
                quota_share: self.quota_share,
                transport: Transport::InProcess(Arc::new(move |request| {
                    let answer = answer(&sim, &asked, &intercept, request);
                    Box::pin(async move { answer })
                })),
            };
            sessions.extend(aws::connect(&connection, "test").await.unwrap());
        }
        sessions
    }

    /// Spawned, which also proves that the sweep may move between threads.
    pub(crate) async fn collect(&self, options: Options, cache: &Arc<MemoryCache>) -> Inventory {
        let (sessions, cache) = (self.sessions().await, Arc::clone(cache));
        tokio::spawn(async move { collect::collect(&sessions, &options, &*cache, &Silent).await }).await.unwrap()
    }

    /// Spawned as well.
    pub(crate) async fn reference_sweep(&self, options: Options, cache: &Arc<MemoryCache>) -> Inventory {
        let (sessions, cache) = (self.sessions().await, Arc::clone(cache));
        tokio::spawn(async move { collect::reference_sweep(&sessions, &options, &*cache).await }).await.unwrap()
    }

    pub(crate) fn asked(&self, operation: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.operation == operation).cloned().collect()
    }

    /// How often each operation was called.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        for asked in self.asked.lock().unwrap().iter() {
            *calls.entry(asked.operation.clone()).or_default() += 1;
        }
        calls
    }
}

fn answer(
    sim: &Sim,
    log: &Mutex<Vec<Asked>>,
    intercept: &Intercept,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, aws::Unanswered> {
    // REST has no name for the operation but its method and path.
    let target = request.headers().get("x-amz-target").map(|target| target.to_str().unwrap());
    let rest = Some(request.uri().path()).filter(|path| *path != "/");
    let rest = rest.map(|path| format!("{} {path}", request.method()));
    if let Some(operation) = target.map(|target| target.rsplit('.').next().unwrap().to_owned()).or(rest) {
        let body =
            if request.body().is_empty() { Value::Null } else { serde_json::from_slice(request.body()).unwrap() };
        let asked = Asked { operation, body };
        log.lock().unwrap().push(asked.clone());
        if let Some((status, body)) = intercept(&asked) {
            return Ok(http::Response::builder().status(status).body(body.to_string().into()).unwrap());
        }
    }
    sim.answer(request).map_err(|_| aws::Unanswered)
}

/// An error of AWS's.
#[expect(clippy::unnecessary_wraps, reason = "it is what an interception returns")]
pub(crate) fn error(code: &str, message: &str) -> Option<(u16, Value)> {
    Some((400, json!({ "__type": code, "message": message })))
}
