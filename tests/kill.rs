//! SIGKILL at any moment: no state that cannot be opened, no lost record, and the same end as if nothing had happened.
//!
//! Each round takes a fresh copy of a policy directory, kills `apply` and then `resume` again and again at random
//! moments, and lets the last one go through. `JETTISON_KILLS` says how many processes to kill (default 30),
//! `JETTISON_SEED` repeats the moments that were drawn. The long one, some minutes:
//!
//! ```text
//! JETTISON_KILLS=1000 cargo test --test kill -- --nocapture
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, tells its numbers, and plays the person at the keyboard"
)]

#[path = "kill/killing.rs"]
mod killing;
#[path = "kill/round.rs"]
mod round;
#[path = "cli/site.rs"]
mod site;
#[path = "kill/world.rs"]
mod world;

use std::{collections::hash_map::RandomState, env, hash::BuildHasher as _, time::Instant};

use killing::Dice;
use round::{Counts, Undisturbed};
use site::Site;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

/// `share` tenths of the kills: fewer go into the large world, whose rounds take longest.
fn kill_again_and_again(what: &str, share: u64, site: fn() -> Site) {
    let kills = number("JETTISON_KILLS").unwrap_or(30) * share / 10;
    let seed = number("JETTISON_SEED").unwrap_or_else(|| RandomState::new().hash_one(what));
    println!("{what}: JETTISON_SEED={seed}");
    let start = Instant::now();
    let undisturbed = Undisturbed::of(&site());
    let mut dice = Dice(seed);
    let mut counts = Counts::default();
    while counts.kills() < kills {
        round::play(&site(), &undisturbed, &mut dice, &mut counts);
    }
    println!("{what}: {counts} in {:.0} s", start.elapsed().as_secs_f64());
}

#[test]
fn the_quickstart_survives_being_killed() {
    kill_again_and_again("quickstart", 7, Site::quickstart);
}

#[test]
fn a_long_run_survives_being_killed() {
    kill_again_and_again("large", 3, || {
        let site = Site::quickstart();
        std::fs::write(site.path("world.ndjson"), world::large()).unwrap();
        site
    });
}
