//! A total order that respects every "before", the same one for the same input.

use std::collections::{BTreeMap, BTreeSet};

/// Things that wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these wait for each other: {}", .0.join(", "))]
pub struct Cycle(pub Vec<String>);

/// Orders `keys` so that for each pair in `befores` the first comes first; among those free to come next the smallest does.
///
/// Kahn's algorithm with an ordered ready set: petgraph's `toposort` breaks ties by insertion, which would let the order
/// of an inventory's lines show through. Pairs that name an unknown key are ignored.
///
/// # Errors
/// The members of the circles, if there are any.
pub fn order<K: Ord + Clone + ToString>(
    keys: impl IntoIterator<Item = K>,
    befores: impl IntoIterator<Item = (K, K)>,
) -> Result<Vec<K>, Cycle> {
    let mut waits: BTreeMap<K, usize> = keys.into_iter().map(|key| (key, 0)).collect();
    let mut followers: BTreeMap<K, BTreeSet<K>> = BTreeMap::new();
    for (first, then) in befores {
        if waits.contains_key(&first)
            && waits.contains_key(&then)
            && followers.entry(first).or_default().insert(then.clone())
            && let Some(count) = waits.get_mut(&then)
        {
            *count += 1;
        }
    }
    let mut ready: BTreeSet<K> = waits.iter().filter(|(_, count)| **count == 0).map(|(key, _)| key.clone()).collect();
    let mut ordered = Vec::with_capacity(waits.len());
    while let Some(key) = ready.pop_first() {
        waits.remove(&key);
        for follower in followers.remove(&key).unwrap_or_default() {
            if let Some(count) = waits.get_mut(&follower) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(follower);
                }
            }
        }
        ordered.push(key);
    }
    if waits.is_empty() { Ok(ordered) } else { Err(Cycle(waits.keys().map(ToString::to_string).collect())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_circle_names_its_members() {
        let cycle = order(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "b")]).unwrap_err();
        assert_eq!(cycle.0, ["b", "c"]);
    }

    proptest! {
        #[test]
        fn every_before_is_respected_and_input_order_does_not_show(
            pairs in prop::collection::vec((0..20u32, 0..20u32), 0..40), seed in any::<u64>(),
        ) {
            let befores: Vec<_> = pairs.iter().filter(|(a, b)| a < b).copied().collect();
            let ordered = order(0..20, befores.clone()).unwrap();
            let place = |key| ordered.iter().position(|other| *other == key).unwrap();
            for (first, then) in &befores {
                prop_assert!(place(*first) < place(*then));
            }
            let mut shuffled = befores;
            let turn = usize::try_from(seed % 7).unwrap().min(shuffled.len());
            shuffled.rotate_left(turn);
            prop_assert_eq!(order((0..20).rev(), shuffled).unwrap(), ordered);
        }
    }
}
