//! The record of sightings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Location, Resource, Timestamp};

/// The last sighting of each object that was ever seen in use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    format_version: LedgerVersion,
    /// By `account-id/region/resource`.
    last_seen: BTreeMap<String, Timestamp>,
}

/// The version of the stored ledger. A newer one fails to parse rather than be misread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum LedgerVersion {
    #[default]
    #[serde(rename = "1.0")]
    V1,
}

impl Ledger {
    /// When an object was last seen in use; `None` if it never was.
    #[must_use]
    pub fn last_seen(&self, location: &Location, resource: &Resource) -> Option<Timestamp> {
        self.last_seen.get(&key(location, resource)).copied()
    }

    /// Records that an object is in use at `now`. An older instant than the one on record changes nothing.
    pub fn observe(&mut self, location: &Location, resource: &Resource, now: Timestamp) {
        let seen = self.last_seen.entry(key(location, resource)).or_insert(now);
        *seen = (*seen).max(now);
    }

    /// Forgets objects that no longer exist, so that the ledger does not grow for ever. Identities are not issued again,
    /// except an image's digest, whose new push is evidence of its own.
    pub fn retain(&mut self, exists: impl Fn(&str) -> bool) {
        self.last_seen.retain(|key, _| exists(key));
    }

    /// How many objects are on record.
    #[must_use]
    pub fn len(&self) -> usize {
        self.last_seen.len()
    }

    /// Whether nothing was ever recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last_seen.is_empty()
    }
}

fn key(location: &Location, resource: &Resource) -> String {
    format!("{location}/{resource}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Revision;

    #[test]
    fn the_newest_sighting_counts_whatever_the_order() {
        let location = Location { account_id: "000000000000".parse().unwrap(), region: "eu-central-1".into() };
        let web = Resource::TaskDefinition { family: "web".into(), revision: Revision(1) };
        let (early, late) = (Timestamp::from_second(1).unwrap(), Timestamp::from_second(2).unwrap());
        let mut ledger = Ledger::default();
        assert_eq!(ledger.last_seen(&location, &web), None);
        ledger.observe(&location, &web, late);
        ledger.observe(&location, &web, early);
        assert_eq!(ledger.last_seen(&location, &web), Some(late));
        let stored = serde_json::to_string(&ledger).unwrap();
        assert_eq!(serde_json::from_str::<Ledger>(&stored).unwrap(), ledger);
        assert!(serde_json::from_str::<Ledger>(&stored.replace("1.0", "2.0")).is_err());
    }
}
