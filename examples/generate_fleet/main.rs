//! Makes the inventory of a fleet of any size, the same for the same seed, byte for byte as `jettison inventory pull` would write it.
//!
//! ```text
//! cargo run --release --example generate_fleet -- --images 1000000 --seed 1 --out fleet.ndjson
//! ```
//!
//! `--definitions`, `--services` and `--repositories` say how many of those; without them there is a definition for every five
//! images, a service for every two hundred and a repository for every five hundred. Images are made repository by repository
//! and never held together.
#![expect(clippy::disallowed_methods, reason = "it is a program of its own and writes a file")]
#![expect(clippy::expect_used, reason = "what it makes is valid by construction")]

mod definitions;
mod fleet;
mod images;
mod random;
mod registry;
mod services;
mod whole;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use crate::{fleet::Fleet, whole::write_fleet};
use clap::Parser;

/// Makes the inventory of a fleet.
#[derive(Parser)]
struct Args {
    /// How many images.
    #[arg(long, default_value_t = 10_000)]
    images: usize,
    /// How many task definitions [default: images / 5].
    #[arg(long)]
    definitions: Option<usize>,
    /// How many services [default: images / 200].
    #[arg(long)]
    services: Option<usize>,
    /// How many repositories [default: images / 500].
    #[arg(long)]
    repositories: Option<usize>,
    /// Another seed, another fleet.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let fleet = Fleet::new(
        args.seed,
        args.images,
        args.definitions.unwrap_or(args.images / 5),
        args.services.unwrap_or(args.images / 200),
        args.repositories.unwrap_or(args.images / 500),
    )?;
    let mut out = BufWriter::with_capacity(1 << 20, File::create(args.out)?);
    write_fleet(&fleet, &mut out)?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jettison::inventory::{read, write};

    use super::*;

    fn made(seed: u64) -> Vec<u8> {
        let mut out = Vec::new();
        write_fleet(&Fleet::new(seed, 3_000, 600, 15, 20).unwrap(), &mut out).unwrap();
        out
    }

    #[test]
    fn what_is_made_is_as_it_would_be_written() {
        let made = made(1);
        let inventory = read(made.as_slice()).unwrap();
        assert_eq!(
            (inventory.images.len(), inventory.task_definitions.len(), inventory.services.len()),
            (3_000, 600, 15)
        );
        let mut written = Vec::new();
        write(&inventory, &mut written).unwrap();
        assert!(written == made, "reading and writing gives other bytes");
    }

    #[test]
    fn a_seed_makes_one_fleet() {
        assert!(made(7) == made(7));
        assert!(made(7) != made(8));
    }
}
