//! Collecting against AWS's published quotas, in simulated time: calls made against the least possible, and time against the
//! bound of the token buckets.
//!
//! `cargo bench --profile dev --bench collecting`, with `-- quick` for the smaller estates. Simulated seconds do not depend on
//! the machine; the wall clock does, and is shown apart. The run fails if a target is missed.

#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark shows the wall clock too")]

mod bound;
mod estate;

use std::{process::ExitCode, sync::Arc, time::Instant};

use bound::{Bound, least_calls};
use estate::Size;
use jettison::{
    aws::{self, Connection, Session, Transport},
    collect::{self, MemoryCache, Options, Silent, UNREAD},
    inventory::{self, Inventory},
    sim::{self, Sim, World},
};

/// Of the bound that the token buckets allow.
const TARGET: f64 = 0.95;

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "quick");
    let (all, few): (&[usize], &[usize]) = (&[1, 5, 20], &[1, 5]);
    let mut sizes = Vec::new();
    for accounts in if quick { few } else { all } {
        for definitions in if quick { vec![10_000] } else { vec![10_000, 100_000] } {
            let images = if quick { 10_000 } else { 100_000 };
            sizes.push(Size { accounts: *accounts, definitions, images, repositories: 200 });
        }
    }
    println!(
        "| accounts | definitions | images | calls made | least possible | bound, s | time, s | of the bound | throttles | second time: calls, least | wall, s |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let met: Vec<bool> = sizes.iter().map(measure).collect();
    if met.into_iter().all(|met| met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(size: &Size) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(measure_on_paused_clock(size))
}

async fn measure_on_paused_clock(size: &Size) -> bool {
    let wall = Instant::now();
    let estate = estate::build(size);
    let sim = simulated(&estate);
    let sessions = sessions(&sim, &estate).await;
    let cache = MemoryCache::default();
    let options = Options { waived: UNREAD.iter().copied().collect(), ..Options::new(estate.taken_at) };

    let (connected, start) = (sim.calls().len(), tokio::time::Instant::now());
    let first = collect::collect(&sessions, &options, &cache, &Silent).await;
    let taken = start.elapsed().as_secs_f64();
    assert!(first.gaps.is_empty(), "{:?}", &first.gaps[..1]);
    assert_eq!(first.task_definitions.len(), estate.task_definitions.len());
    assert_eq!(first.images.len(), estate.images.len());
    let made = sim.calls().split_off(connected);
    let least = least_calls(&estate, &inventory::Inventory::default());
    let bound = Bound::of(&least);

    // The buckets are full again.
    tokio::time::sleep(std::time::Duration::from_secs(3_600)).await;
    let before = sim.calls().len();
    collect::collect(&sessions, &options, &cache, &Silent).await;
    let again = sim.calls().split_off(before);
    let least_again = least_calls(&estate, &estate);

    let throttles = made.iter().chain(&again).filter(|call| call.error == Some("ThrottlingException")).count();
    let share = bound.seconds / taken;
    println!(
        "| {} | {} | {} | {} | {} | {:.1} | {:.1} | {:.1} % | {throttles} | {}, {} | {:.0} |",
        size.accounts,
        size.definitions,
        size.images,
        made.len(),
        least.values().sum::<usize>(),
        bound.seconds,
        taken,
        share * 100.0,
        again.len(),
        least_again.values().sum::<usize>(),
        wall.elapsed().as_secs_f64(),
    );
    let differs = bound::report_differences(&made, &least) + bound::report_differences(&again, &least_again);
    if share < TARGET {
        println!("  slower than {} % of the bound, which {} sets", TARGET * 100.0, bound.bucket);
    }
    differs == 0 && share >= TARGET && throttles == 0
}

fn simulated(estate: &Inventory) -> Sim {
    let mut text = Vec::new();
    inventory::write(estate, &mut text).unwrap();
    let options = sim::Options { quotas: true, ..sim::Options::default() };
    Sim::new(World::read(text.as_slice()).unwrap(), options)
}

async fn sessions(sim: &Sim, estate: &Inventory) -> Vec<Session> {
    let mut sessions = Vec::new();
    for scope in &estate.scopes {
        let sim = sim.clone();
        let connection = Connection {
            label: scope.account.clone(),
            account_id: scope.account_id.clone(),
            regions: vec![scope.region.clone()],
            profile: None,
            role_arn: None,
            external_id: None,
            quota_share: 1.0,
            transport: Transport::InProcess(Arc::new(move |request| {
                let answer = sim.answer(request).map_err(|_cut| aws::Unanswered);
                Box::pin(async move { answer })
            })),
        };
        sessions.extend(aws::connect(&connection, "bench").await.unwrap());
    }
    sessions
}
