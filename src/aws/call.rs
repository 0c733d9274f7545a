//! The one way in which every request is made: paced, bounded in time, retried where that is harmless.

use std::{collections::HashSet, error::Error, future::Future, time::Duration};

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::{Instant, sleep};

use super::{AwsError, ErrorKind, Mutation, Operation, Session, fault::Fault};

/// How often a throttled request is sent in all. With the waits below that is more than two minutes of patience.
const THROTTLED_ATTEMPTS: u32 = 10;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(20);

impl Session {
    /// Makes a call that changes nothing, again after whatever may pass.
    pub(super) async fn read<T, E, F>(&self, operation: Operation, send: impl Fn() -> F) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(operation, attempt, &send).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault.error,
            };
            if attempt >= read_attempts(error.kind) {
                return Err(error);
            }
            sleep(wait_after(attempt)).await;
            attempt += 1;
        }
    }

    /// Makes a call that changes something, once. Also a throttled one is not repeated here: whoever repeats it has to look
    /// again first, because what made it safe may have moved while it waited.
    pub(super) async fn mutate<T, E, F>(&self, operation: Operation, send: impl Fn() -> F) -> Result<T, Mutation>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.attempt(operation, 1, send).await.map_err(|fault| match fault.definite {
            true => Mutation::Definite(fault.error),
            false => Mutation::InDoubt(fault.error),
        })
    }

    async fn attempt<T, E, F>(&self, operation: Operation, attempt: u32, send: impl Fn() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let limiter = operation.bucket().and_then(|bucket| self.pacer().limiter(bucket));
        if let Some(limiter) = limiter {
            limiter.take().await;
        }
        let start = Instant::now();
        let answered = send().await;
        let took = start.elapsed().as_millis();
        let source = match answered {
            Ok(answer) => {
                tracing::debug!(%operation, scope = %self.scope(), attempt, outcome = "ok", took_ms = took, "called AWS");
                return Ok(answer);
            }
            Err(source) => source,
        };
        let fault = Fault::new(operation, &self.scope().to_string(), &source);
        if fault.error.kind == ErrorKind::Throttled
            && let Some(limiter) = limiter
        {
            limiter.slow_down();
        }
        let outcome = fault.error.summary();
        tracing::debug!(%operation, scope = %self.scope(), attempt, outcome, took_ms = took, "called AWS");
        Err(fault)
    }
}

/// How often a read that fails like this is sent in all.
const fn read_attempts(kind: ErrorKind) -> u32 {
    match kind {
        ErrorKind::Throttled => THROTTLED_ATTEMPTS,
        ErrorKind::ServerFault | ErrorKind::Unanswered => 3,
        // Whoever mistyped an endpoint wants to hear of it.
        ErrorKind::Unreachable => 2,
        ErrorKind::NoCredentials
        | ErrorKind::ExpiredCredentials
        | ErrorKind::RejectedCredentials
        | ErrorKind::RoleRefused
        | ErrorKind::WrongAccount
        | ErrorKind::RegionNotEnabled
        | ErrorKind::AccessDenied
        | ErrorKind::NotFound
        | ErrorKind::Refused
        | ErrorKind::Garbled => 1,
    }
}

/// Doubling, without randomness: the limiter already spreads requests that were throttled together.
fn wait_after(attempt: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST_WAIT)
}

/// Walks the pages of a list, and stops when a page leads back to one that was read.
pub(super) struct Pages {
    operation: Operation,
    scope: String,
    next: Option<String>,
    seen: HashSet<String>,
}

impl Pages {
    pub(super) fn new(session: &Session, operation: Operation) -> Self {
        Self { operation, scope: session.scope().to_string(), next: None, seen: HashSet::new() }
    }

    /// The token of the page to ask for; `None` for the first.
    pub(super) fn token(&self) -> Option<String> {
        self.next.clone()
    }

    /// Whether there is another page after the one whose answer held `next`.
    pub(super) fn turn(&mut self, next: Option<String>) -> Result<bool, AwsError> {
        self.next = next.filter(|token| !token.is_empty());
        let Some(token) = &self.next else { return Ok(false) };
        if self.seen.insert(token.clone()) {
            return Ok(true);
        }
        let message = "a page leads back to a page before it, so the list never ends".to_owned();
        Err(AwsError::own(self.operation, &self.scope, ErrorKind::Garbled, message))
    }
}
