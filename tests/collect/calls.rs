//! What every call has in common: it ends, and it waits for its turn.

use std::{sync::Arc, time::Duration};

use jettison::{
    aws::{self, Connection, ErrorKind, Transport},
    sim,
};
use tokio::time::Instant;

use crate::{
    cloud::Cloud,
    world::{fleet, scope, written},
};

/// Also an answer that would never come from inside the process is given up on, after the attempts that a read has.
#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_ends_in_time() {
    let silent = Connection {
        label: scope().account,
        account_id: scope().account_id,
        regions: vec![scope().region],
        profile: None,
        role_arn: None,
        external_id: None,
        quota_share: 1.0,
        transport: Transport::InProcess(Arc::new(|_| Box::pin(std::future::pending()))),
    };
    let start = Instant::now();
    let error = aws::connect(&silent, "test").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unanswered);
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
}

/// Signing in again, as apply does under the run's name, does not make the quota twice as large.
#[tokio::test(start_paused = true)]
async fn a_second_way_in_keeps_the_pace_of_the_first() {
    for keeps_pace in [true, false] {
        let enforced = sim::Options { quotas: true, ..sim::Options::default() };
        let cloud = Cloud::of_text(&written(&fleet()), &fleet(), enforced);
        let first = cloud.sessions().await.remove(0);
        let second = cloud.sessions().await.remove(0);
        let second = if keeps_pace { second.paced_like(&first) } else { second };
        for session in [first, second] {
            for _ in 0..60 {
                session.list_clusters().await.unwrap();
            }
        }
        let throttled = cloud.sim.calls().iter().filter(|call| call.error.is_some()).count();
        assert_eq!(throttled == 0, keeps_pace, "{throttled} throttled");
    }
}
