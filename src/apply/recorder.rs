//! The journal as the batches share it.

use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::ApplyError;
use crate::{
    journal::{Event, Journal, Progress},
    plan::StepId,
};

type Job = Box<dyn for<'j> FnOnce(&'j mut Journal) -> BoxFuture<'j, ()> + Send>;

/// Writes to the journal one after the other, whoever asks.
///
/// The journal lives in a task of its own. The batches are futures of one other task: if they shared it behind a lock, one
/// that was given the lock while another is being polled would never be polled to give it back. A write that was begun
/// goes to its end also when whoever asked for it is gone.
#[derive(Clone)]
pub(super) struct Recorder(mpsc::UnboundedSender<Job>);

impl Recorder {
    pub(super) fn new(mut journal: Journal) -> Self {
        let (sender, mut jobs) = mpsc::unbounded_channel::<Job>();
        tokio::spawn(async move {
            while let Some(job) = jobs.recv().await {
                job(&mut journal).await;
            }
        });
        Self(sender)
    }

    /// Makes events durable.
    pub(super) async fn append(&self, events: Vec<Event>) -> Result<(), ApplyError> {
        Ok(self.run(|journal| Box::pin(async move { journal.append(events).await })).await??)
    }

    /// How far a step has come.
    pub(super) async fn progress(&self, step: StepId) -> Result<Option<Progress>, ApplyError> {
        self.run(move |journal| Box::pin(async move { journal.state().progress(step).cloned() })).await
    }

    /// Does something with the journal, alone.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl for<'j> FnOnce(&'j mut Journal) -> BoxFuture<'j, T> + Send + 'static,
    ) -> Result<T, ApplyError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |journal| {
            let work = work(journal);
            Box::pin(async move {
                let _asker_is_gone = reply.send(work.await);
            })
        });
        self.0.send(job).map_err(|_| ApplyError::RecorderGone)?;
        answer.await.map_err(|_| ApplyError::RecorderGone)
    }
}
