//! A total order that respects every "before", the same one for the same input.

use std::{cmp::Reverse, collections::BinaryHeap};

/// Things that wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these wait for each other: {}", .0.join(", "))]
pub struct Cycle(pub Vec<String>);

/// Orders `keys` so that for each pair in `befores` the first comes first; among those free to come next the smallest does.
/// Pairs that name an unknown key are ignored.
///
/// # Errors
/// The members of the circles, if there are any.
pub fn order<K: Ord + Clone + ToString>(
    keys: impl IntoIterator<Item = K>,
    befores: impl IntoIterator<Item = (K, K)>,
) -> Result<Vec<K>, Cycle> {
    let mut keys: Vec<K> = keys.into_iter().collect();
    keys.sort_unstable();
    keys.dedup();
    let befores = befores
        .into_iter()
        .filter_map(|(first, then)| Some((keys.binary_search(&first).ok()?, keys.binary_search(&then).ok()?)));
    let named = |numbers: Vec<usize>| numbers.into_iter().filter_map(|number| keys.get(number).cloned());
    match order_numbers(keys.len(), befores.collect()) {
        Ok(ordered) => Ok(named(ordered).collect()),
        Err(circles) => Err(Cycle(named(circles).map(|key| key.to_string()).collect())),
    }
}

/// Orders the numbers below `count` so that for each pair in `befores` the first comes first; among those free to come next the
/// smallest does.
///
/// Kahn's algorithm with an ordered ready set: petgraph's `toposort` breaks ties by insertion, which would let the order
/// of an inventory's lines show through.
///
/// # Errors
/// The members of the circles and what waits for them, in order, if there are any.
pub fn order_numbers(count: usize, mut befores: Vec<(usize, usize)>) -> Result<Vec<usize>, Vec<usize>> {
    befores.retain(|(first, then)| *first < count && *then < count);
    befores.sort_unstable();
    befores.dedup();
    let mut waits = vec![0_usize; count];
    for (_, then) in &befores {
        waits[*then] += 1;
    }
    // Most wait for nothing: they stay a sorted list, and only what becomes free on the way is kept in a heap.
    let free: Vec<usize> = (0..count).filter(|number| waits[*number] == 0).collect();
    let mut free = free.into_iter().peekable();
    let mut freed: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut ordered = Vec::with_capacity(count);
    loop {
        let is_freed_next = match (freed.peek(), free.peek()) {
            (Some(Reverse(freed)), Some(free)) => freed < free,
            (freed, _) => freed.is_some(),
        };
        let next = if is_freed_next { freed.pop().map(|Reverse(number)| number) } else { free.next() };
        let Some(number) = next else { break };
        ordered.push(number);
        let followers = befores.partition_point(|(first, _)| *first < number);
        for (_, then) in befores[followers..].iter().take_while(|(first, _)| *first == number) {
            waits[*then] -= 1;
            if waits[*then] == 0 {
                freed.push(Reverse(*then));
            }
        }
    }
    if ordered.len() == count { Ok(ordered) } else { Err((0..count).filter(|number| waits[*number] > 0).collect()) }
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
