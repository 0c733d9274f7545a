//! How long planning takes once an inventory is read, and how much memory it needs on top.
//!
//! `cargo bench --bench planning -- POLICY-DIRECTORY INVENTORY…`. `cargo run --release --example generate_fleet` makes
//! inventories of any size.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "it reads files, its own memory and the clock")]

use std::{fs, io::BufReader, path::Path, time::Instant};

use jettison::{
    inventory,
    ledger::Ledger,
    plan::{Question, decide},
    policy,
    render::{self, Canvas, Detail},
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let Some((directory, inventories)) = arguments.split_first() else { return };
    for inventory in inventories {
        measure(Path::new(directory), inventory);
    }
}

fn measure(directory: &Path, path: &str) {
    let name = directory.join("policy.hcl");
    let text = fs::read_to_string(&name).unwrap();
    let (policy, _) = policy::parse([("policy.hcl".to_owned(), text)]).unwrap();
    let start = Instant::now();
    let inventory = inventory::read(BufReader::new(fs::File::open(path).unwrap())).unwrap();
    let (read, held) = (start.elapsed(), resident_mib());
    let start = Instant::now();
    let ledger = Ledger::default();
    let answer = decide(&Question {
        policy: &policy,
        policy_id: String::new(),
        inventory: &inventory,
        inventory_id: String::new(),
        ledger: &ledger,
        now: inventory.taken_at,
        made_at: inventory.taken_at,
        selection: None,
        tool_version: "0.0.0",
    });
    let decided = start.elapsed();
    let start = Instant::now();
    let text = render::plan(&answer.plan, Canvas { color: false, width: 100 }, Detail::Brief, None);
    let printed = start.elapsed();
    let peak = peak_mib();
    println!(
        "{path}: {} images, {} definitions, {} services, {} steps: read {:.2} s and {held:.0} MiB, decide {:.3} s, print {:.3} s \
         ({} lines), peak {peak:.0} MiB, {:.0} more than the inventory",
        inventory.images.len(),
        inventory.task_definitions.len(),
        inventory.services.len(),
        answer.plan.steps.len(),
        read.as_secs_f64(),
        decided.as_secs_f64(),
        printed.as_secs_f64(),
        text.lines().count(),
        peak - held,
    );
}

fn resident_mib() -> f64 {
    status_mib("VmRSS:")
}

fn peak_mib() -> f64 {
    status_mib("VmHWM:")
}

fn status_mib(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1024.0
}
