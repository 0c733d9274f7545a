//! Pacing by AWS's token buckets, one limiter per account, Region and bucket.
//!
//! AWS shares a bucket between everybody in the account: the buckets that this tool draws from are the ones that
//! deployments draw from. So it takes only its share of each, and less after a throttled answer.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::model::quota::{Bucket, Rate};

/// The lowest share of its own rate that throttling can push a limiter to.
const SLOWEST: f64 = 1.0 / 32.0;
/// What a slowed limiter regains of its own rate per second: from half to all of it in 50 seconds.
const RECOVERY_PER_SECOND: f64 = 0.01;
/// Requests in flight together are throttled together; they count once.
const ONE_THROTTLING: Duration = Duration::from_secs(1);

/// The limiters of one account and Region.
#[derive(Debug)]
pub(super) struct Pacer {
    limiters: BTreeMap<Bucket, Limiter>,
}

impl Pacer {
    /// Limiters that take `share` of AWS's published rates, full at first.
    pub(super) fn new(share: f64) -> Self {
        let limiter = |bucket: Bucket| (bucket, Limiter::new(bucket.rate(), share));
        Self { limiters: Bucket::ALL.into_iter().map(limiter).collect() }
    }

    pub(super) fn limiter(&self, bucket: Bucket) -> Option<&Limiter> {
        self.limiters.get(&bucket)
    }
}

/// A token bucket on tokio's clock. Who asks first is served first.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Held while waiting: tokio's mutex hands itself on in the order of asking.
    turn: tokio::sync::Mutex<()>,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    burst: f64,
    per_second: f64,
    tokens: f64,
    /// The share of `per_second` that throttling has left, from `SLOWEST` to 1.
    pace: f64,
    at: Instant,
    throttled_at: Option<Instant>,
}

impl Limiter {
    pub(super) fn new(rate: Rate, share: f64) -> Self {
        let share = share.clamp(0.001, 1.0);
        // Less than one whole token would never let a request pass.
        let burst = (rate.burst * share).max(1.0);
        let level = Level {
            burst,
            per_second: rate.per_second * share,
            tokens: burst,
            pace: 1.0,
            at: Instant::now(),
            throttled_at: None,
        };
        Self { turn: tokio::sync::Mutex::new(()), level: Mutex::new(level) }
    }

    /// Waits for a token and takes it. A caller that gives up waiting takes none.
    pub(super) async fn take(&self) {
        let _turn = self.turn.lock().await;
        loop {
            let taken = self.level().take(Instant::now());
            let Err(wait) = taken else { return };
            sleep(wait).await;
        }
    }

    /// AWS throttled a request: somebody else draws from the bucket too. What is saved up is gone, and the rate halves.
    pub(super) fn slow_down(&self) {
        self.level().slow_down(Instant::now());
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        // A panic between two assignments of numbers leaves numbers.
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Level {
    /// Takes a token, or says how long until there may be one.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let seconds = (1.0 - self.tokens) / (self.per_second * self.pace);
        Err(Duration::from_secs_f64(seconds.clamp(0.001, 3_600.0)))
    }

    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + seconds * self.per_second * self.pace).min(self.burst);
        self.pace = (self.pace + seconds * RECOVERY_PER_SECOND).min(1.0);
        self.at = now;
    }

    fn slow_down(&mut self, now: Instant) {
        self.refill(now);
        self.tokens = 0.0;
        let is_new = self.throttled_at.is_none_or(|then| now.saturating_duration_since(then) >= ONE_THROTTLING);
        if is_new {
            self.pace = (self.pace / 2.0).max(SLOWEST);
            self.throttled_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn rate(burst: f64, per_second: f64) -> Rate {
        Rate { burst, per_second, published: true }
    }

    /// How long `requests` take, in seconds.
    async fn time(limiter: &Limiter, requests: usize) -> f64 {
        let start = Instant::now();
        for _ in 0..requests {
            limiter.take().await;
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn the_burst_is_free_and_then_the_rate_holds() {
        let limiter = Limiter::new(rate(50.0, 20.0), 1.0);
        assert!(time(&limiter, 50).await < 0.001);
        let seconds = time(&limiter, 200).await;
        assert!((10.0..10.3).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_takes_that_part_of_burst_and_rate() {
        let limiter = Limiter::new(rate(50.0, 20.0), 0.5);
        assert!(time(&limiter, 25).await < 0.001);
        let seconds = time(&limiter, 100).await;
        assert!((10.0..10.2).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn however_small_the_share_a_request_passes_sometime() {
        let limiter = Limiter::new(rate(5.0, 1.0), 0.01);
        assert!(time(&limiter, 1).await < 0.001);
        let seconds = time(&limiter, 1).await;
        assert!((100.0..100.1).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_first_is_served_first() {
        let limiter = Arc::new(Limiter::new(rate(1.0, 10.0), 1.0));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for number in 0..20 {
            let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                limiter.take().await;
                order.lock().unwrap().push(number);
            }));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_halves_the_rate_once_and_time_brings_it_back() {
        let limiter = Limiter::new(rate(10.0, 10.0), 1.0);
        for _ in 0..5 {
            limiter.slow_down();
        }
        let seconds = time(&limiter, 10).await;
        assert!((1.9..2.1).contains(&seconds), "half the rate, and no burst: {seconds}");
        sleep(Duration::from_secs(60)).await;
        time(&limiter, 10).await;
        let seconds = time(&limiter, 100).await;
        assert!((9.9..10.3).contains(&seconds), "the whole rate again: {seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_again_and_again_never_stops_it() {
        let limiter = Limiter::new(rate(10.0, 32.0), 1.0);
        for _ in 0..20 {
            limiter.slow_down();
            sleep(ONE_THROTTLING).await;
        }
        limiter.slow_down();
        assert!(time(&limiter, 1).await < 1.5);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_takes_nothing() {
        let limiter = Limiter::new(rate(1.0, 1.0), 1.0);
        limiter.take().await;
        for _ in 0..3 {
            assert!(tokio::time::timeout(Duration::from_millis(100), limiter.take()).await.is_err());
        }
        let seconds = time(&limiter, 1).await;
        assert!(seconds < 0.8, "{seconds}");
    }
}
