//! One account in one Region, with credentials that were checked.

use std::{fmt, sync::Arc};

use aws_config::SdkConfig;

use tokio::time::Instant;

use super::{clients::Clients, clock::Heard, pacing::Pacer};
use crate::model::{Location, Scope, Timestamp};

/// A way into one account and Region. Clones share connections, credentials and pacing.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    scope: Scope,
    location: Location,
    pacer: Arc<Pacer>,
    heard: Heard,
    sts: aws_sdk_sts::Client,
    ecs: aws_sdk_ecs::Client,
    ecr: aws_sdk_ecr::Client,
    clients: Clients,
}

impl Session {
    pub(super) fn new(scope: Scope, config: &SdkConfig, pacer: Pacer) -> Self {
        let heard = Heard::default();
        let ecs = aws_sdk_ecs::config::Builder::from(config).interceptor(heard.clone()).build();
        Self(Arc::new(Inner {
            location: scope.location(),
            scope,
            pacer: Arc::new(pacer),
            heard,
            sts: aws_sdk_sts::Client::new(config),
            ecs: aws_sdk_ecs::Client::from_conf(ecs),
            ecr: aws_sdk_ecr::Client::new(config),
            clients: Clients::new(config),
        }))
    }

    /// This way in at the pace of `before`, an earlier one to the same place: AWS's buckets do not fill up because somebody
    /// signs in again.
    #[must_use]
    pub fn paced_like(&self, before: &Self) -> Self {
        Self(Arc::new(Inner { pacer: Arc::clone(&before.0.pacer), ..(*self.0).clone() }))
    }

    /// The account and Region, as the policy names them.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// The account and Region, as AWS knows them.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// By how many seconds a clock that showed `then` at `began` is ahead of AWS's (negative: behind), as far as an answer of ECS
    /// since `began` tells.
    #[must_use]
    pub fn clock_ahead(&self, then: Timestamp, began: Instant) -> Option<i64> {
        self.0.heard.ahead(then, began)
    }

    pub(super) fn pacer(&self) -> &Pacer {
        &self.0.pacer
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.0.sts
    }

    pub(super) fn ecs(&self) -> &aws_sdk_ecs::Client {
        &self.0.ecs
    }

    pub(super) fn ecr(&self) -> &aws_sdk_ecr::Client {
        &self.0.ecr
    }

    #[cfg_attr(
        not(any(
            feature = "application-autoscaling",
            feature = "batch",
            feature = "codedeploy",
            feature = "config",
            feature = "eventbridge",
            feature = "lambda",
            feature = "scheduler",
            feature = "step-functions",
        )),
        expect(dead_code, reason = "no client to give")
    )]
    pub(super) fn clients(&self) -> &Clients {
        &self.0.clients
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.0.scope)
    }
}
