//! How large the fleet is, where it lives, and when it was seen.

use std::sync::Arc;

use jettison::model::{AccountId, IdError, Location, Scope, Timestamp};

use crate::{random::Random, registry::Pushed};

/// What is asked for, and what everything else is derived from.
pub(crate) struct Fleet {
    pub(crate) seed: u64,
    pub(crate) images: usize,
    pub(crate) definitions: usize,
    pub(crate) services: usize,
    pub(crate) repositories: usize,
    pub(crate) taken_at: Timestamp,
    pub(crate) scopes: Vec<Scope>,
    /// Where there are repositories.
    pub(crate) registries: Vec<Arc<Location>>,
    /// Where there are services and definitions.
    pub(crate) clusters: Vec<Arc<Location>>,
}

/// 2026-11-01T00:00:00Z.
const TAKEN_AT: i64 = 1_793_491_200;

impl Fleet {
    /// A fleet of this size: images in one account, services in two, all in two Regions.
    pub(crate) fn new(
        seed: u64,
        images: usize,
        definitions: usize,
        services: usize,
        repositories: usize,
    ) -> Result<Self, IdError> {
        let accounts: [(&str, AccountId); 2] = [("tools", "000000000000".parse()?), ("prod", "111111111111".parse()?)];
        let scopes: Vec<Scope> = accounts
            .iter()
            .flat_map(|(account, id)| {
                let scope = |region| Scope { account: (*account).into(), account_id: id.clone(), region };
                ["eu-central-1", "us-east-1"].map(|region| scope(region.into()))
            })
            .collect();
        let places: Vec<Arc<Location>> = scopes.iter().map(|scope| Arc::new(scope.location())).collect();
        Ok(Self {
            seed,
            images,
            definitions,
            services,
            repositories: repositories.clamp(1, images.max(1)),
            taken_at: Timestamp::from_second(TAKEN_AT).unwrap_or_default(),
            scopes,
            registries: places.iter().take(2).cloned().collect(),
            clusters: places.into_iter().filter(|place| place.region.as_str() == "eu-central-1").collect(),
        })
    }

    /// Every repository, in the order of inventories: a few very large ones, many small ones.
    pub(crate) fn pushed(&self) -> Vec<Pushed> {
        let weights: Vec<f64> = (0..self.repositories).map(|rank| (rank as f64 + 3.0).powf(-0.95)).collect();
        let least = 10.min(self.images / self.repositories);
        let spread = (self.images - least * self.repositories) as f64 / weights.iter().sum::<f64>();
        let mut sizes: Vec<usize> = weights.iter().map(|weight| least + (weight * spread) as usize).collect();
        let given: usize = sizes.iter().sum();
        sizes[0] += self.images - given;
        let made = sizes.into_iter().enumerate().map(|(number, images)| Pushed::new(self, number as u64, images));
        let mut pushed: Vec<Pushed> = made.collect();
        pushed.sort_by(|a, b| (&a.location, &a.name).cmp(&(&b.location, &b.name)));
        pushed
    }

    /// A stream of numbers for one object.
    pub(crate) fn random(&self, words: [u64; 2]) -> Random {
        Random::of(&[self.seed, words[0], words[1]])
    }

    /// As many seconds before the fleet was seen.
    pub(crate) fn ago(&self, seconds: u64) -> Timestamp {
        self.before(self.taken_at, seconds)
    }

    /// As many seconds earlier.
    pub(crate) fn before(&self, then: Timestamp, seconds: u64) -> Timestamp {
        Timestamp::from_second(then.as_second() - seconds as i64).unwrap_or(then)
    }

    /// As many seconds later, but not after the fleet was seen.
    pub(crate) fn after(&self, then: Timestamp, seconds: u64) -> Timestamp {
        self.before(then, 0).min(self.taken_at).max(self.before(self.taken_at, self.age(then).saturating_sub(seconds)))
    }

    /// How many seconds ago this was.
    pub(crate) fn age(&self, then: Timestamp) -> u64 {
        self.taken_at.duration_since(then).as_secs().unsigned_abs()
    }
}
