//! How many findings of which severity.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::words::Word;

/// Counts by severity, in the order of their words. A map in the file; here a list as long as it needs to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeverityCounts(Box<[(Arc<str>, u64)]>);

impl SeverityCounts {
    /// Each severity and its count.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(severity, count)| (&**severity, *count))
    }
}

impl FromIterator<(Arc<str>, u64)> for SeverityCounts {
    /// Of counts for one severity the last stays.
    fn from_iter<I: IntoIterator<Item = (Arc<str>, u64)>>(counts: I) -> Self {
        let mut list: Vec<(Arc<str>, u64)> = counts.into_iter().collect();
        list.reverse();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list.dedup_by(|later, kept| later.0 == kept.0);
        Self(list.into())
    }
}

impl Serialize for SeverityCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for SeverityCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counts;

        impl<'de> de::Visitor<'de> for Counts {
            type Value = SeverityCounts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from severities to counts")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<SeverityCounts, A::Error> {
                let entries = std::iter::from_fn(|| map.next_entry::<Word, u64>().transpose());
                entries.map(|entry| entry.map(|(word, count)| (word.0, count))).collect()
            }
        }

        deserializer.deserialize_map(Counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_comes_and_goes_in_the_order_of_its_words() {
        let counts: SeverityCounts = serde_json::from_str(r#"{"LOW":1,"HIGH":2,"LOW":3,"CRITICAL":0}"#).unwrap();
        assert_eq!(counts.iter().collect::<Vec<_>>(), [("CRITICAL", 0), ("HIGH", 2), ("LOW", 3)]);
        assert_eq!(serde_json::to_string(&counts).unwrap(), r#"{"CRITICAL":0,"HIGH":2,"LOW":3}"#);
        assert!(serde_json::from_str::<SeverityCounts>(r#"{"LOW":-1}"#).is_err());
        assert!(serde_json::from_str::<SeverityCounts>("[]").is_err());
    }
}
