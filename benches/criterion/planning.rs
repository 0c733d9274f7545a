//! Reading an inventory, and reading and deciding on it, at two sizes of the fleets that `examples/generate_fleet` makes.
//!
//! `cargo bench --manifest-path benches/criterion/Cargo.toml [-- read]`. `benches/planning.py` measures the whole program, up to a million images.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

#[path = "../../examples/generate_fleet/definitions.rs"]
mod definitions;
#[path = "../../examples/generate_fleet/fleet.rs"]
mod fleet;
#[path = "../../examples/generate_fleet/images.rs"]
mod images;
#[path = "../../examples/generate_fleet/random.rs"]
mod random;
#[path = "../../examples/generate_fleet/registry.rs"]
mod registry;
#[path = "../../examples/generate_fleet/services.rs"]
mod services;
#[path = "../../examples/generate_fleet/whole.rs"]
mod whole;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jettison::{
    inventory::{read, read_identified},
    ledger::Ledger,
    plan::{Question, decide},
    policy::{Policy, parse},
};

const POLICY: &str = include_str!("../../examples/fleet/policy.hcl");
const SIZES: [(&str, usize); 2] = [("10k", 10_000), ("100k", 100_000)];

/// The file of a fleet of as many images.
fn file(images: usize) -> Vec<u8> {
    let fleet = fleet::Fleet::new(1, images, images / 5, images / 200, images / 500).unwrap();
    let mut out = Vec::new();
    whole::write_fleet(&fleet, &mut out).unwrap();
    out
}

/// How many steps a plan for the file has.
fn steps(policy: &Policy, file: &[u8]) -> usize {
    let (inventory, id) = read_identified(file).unwrap();
    let question = Question {
        policy,
        policy_id: String::new(),
        inventory: &inventory,
        inventory_id: id.into(),
        ledger: &Ledger::default(),
        now: inventory.taken_at,
        tool_version: "0",
    };
    decide(&question).plan.steps.len()
}

fn measure(criterion: &mut Criterion) {
    let (policy, _) = parse([("policy.hcl".to_owned(), POLICY.to_owned())]).unwrap();
    for (size, images) in SIZES {
        let file = file(images);
        let mut group = criterion.benchmark_group("planning");
        group.sample_size(10).throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(BenchmarkId::new("read", size), |bench| {
            bench.iter(|| read(black_box(file.as_slice())).unwrap())
        });
        group.throughput(Throughput::Elements(images as u64));
        group.bench_function(BenchmarkId::new("read and decide", size), |bench| {
            bench.iter(|| steps(&policy, black_box(&file)));
        });
        group.finish();
    }
}

criterion_group!(benches, measure);
criterion_main!(benches);
