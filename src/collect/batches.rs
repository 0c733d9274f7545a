//! Describing many objects of a scope in full batches, wherever in the scope they are, while they are still being found.

use std::{future::Future, pin::pin};

use futures::{
    Stream, StreamExt,
    stream::{FuturesUnordered, poll_fn},
};
use tokio::sync::mpsc;

use super::{patience::Patience, scope::ScopeSweep};
use crate::{
    aws::{AwsError, Batch, ErrorKind},
    inventory::Gap,
    model::Source,
};

/// Batches asked for at the same time. The limiter sets the pace; this only bounds what waits for it.
const BATCHES_AT_ONCE: usize = 16;

/// What was described, and what could not be.
pub(super) struct Described<T> {
    pub(super) found: Vec<T>,
    pub(super) gaps: Vec<Gap>,
}

/// What is sent through a channel.
pub(super) fn received<T>(mut channel: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> {
    poll_fn(move |context| channel.poll_recv(context))
}

impl ScopeSweep<'_> {
    /// Describes objects by ARN, `size` at a time; only the last batch has fewer. Every ARN is found, or a gap of `source`, or within
    /// a gap of the whole source.
    ///
    /// One object that is gone can spoil a batch that names others too ("ServiceNotFoundException" on a list of deployments):
    /// such a batch is asked for again in halves, until the gap is the one object.
    pub(super) async fn describe_all<T, F>(
        &self,
        source: Source,
        arns: impl Stream<Item = String>,
        size: usize,
        ask: impl Fn(Vec<String>) -> F,
    ) -> Described<T>
    where
        F: Future<Output = Result<Batch<T>, AwsError>>,
    {
        let put = |batch: Vec<String>| {
            let answer = ask(batch.clone());
            async move { (batch, answer.await) }
        };
        let mut batches = pin!(arns.chunks(size));
        let mut is_last = false;
        let mut answers = FuturesUnordered::new();
        let mut patience = Patience::new();
        let mut described = Described { found: Vec::new(), gaps: Vec::new() };
        loop {
            let (asked, answer) = tokio::select! {
                biased;
                Some(answered) = answers.next(), if !answers.is_empty() => answered,
                batch = batches.next(), if !is_last && answers.len() < BATCHES_AT_ONCE => {
                    match batch {
                        Some(batch) => answers.push(put(batch)),
                        None => is_last = true,
                    }
                    continue;
                }
                else => return described,
            };
            match answer {
                Ok(batch) => {
                    self.read(source, asked.len());
                    described.found.extend(batch.found);
                    described.gaps.extend(batch.failures.iter().map(|failure| self.gap_of(source, failure)));
                }
                Err(error) if error.kind == ErrorKind::NotFound && asked.len() > 1 => {
                    let (first, second) = asked.split_at(asked.len() / 2);
                    answers.extend([put(first.to_vec()), put(second.to_vec())]);
                }
                Err(error) if patience.ends_with(error.kind) => {
                    described.gaps.push(self.gap_after(source, None, &error));
                    return described;
                }
                Err(error) => {
                    self.read(source, asked.len());
                    described.gaps.extend(asked.iter().map(|arn| self.gap_after(source, Some(arn), &error)));
                }
            }
        }
    }
}
