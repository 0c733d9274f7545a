//! AWS's token buckets: one per account, Region and row of the published table.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::model::{Location, quota::Bucket};

/// How full every bucket is. A bucket never drawn from is full.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    levels: HashMap<(Location, Bucket), Level>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

/// Sums of fractions of a token come out a hair below a whole one.
const HAIR: f64 = 1e-6;

impl Buckets {
    /// Takes a token; `false` if there is none, in which case nothing is taken.
    pub(super) fn take(&mut self, at: &Location, bucket: Bucket, now: Instant) -> bool {
        let rate = bucket.rate();
        let full = Level { tokens: rate.burst, at: now };
        let level = self.levels.entry((at.clone(), bucket)).or_insert(full);
        let refilled = now.duration_since(level.at).as_secs_f64() * rate.per_second;
        level.tokens = (level.tokens + refilled).min(rate.burst);
        level.at = now;
        let enough = level.tokens + HAIR >= 1.0;
        if enough {
            level.tokens -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let at = Location { account_id: "000000000000".parse().unwrap(), region: "eu-central-1".into() };
        let elsewhere = Location { region: "us-east-1".into(), ..at.clone() };
        let mut buckets = Buckets::default();
        let start = Instant::now();
        let bucket = Bucket::EcsTaskDefinitionModify;
        let taken = (0..100).filter(|_| buckets.take(&at, bucket, start)).count();
        assert_eq!(taken, 20);
        assert!(buckets.take(&elsewhere, bucket, start));
        assert!(!buckets.take(&at, bucket, start + Duration::from_millis(999)));
        assert!(buckets.take(&at, bucket, start + Duration::from_secs(1)));
        assert!(!buckets.take(&at, bucket, start + Duration::from_millis(1_500)));
    }
}
