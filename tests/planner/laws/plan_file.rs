//! What is reviewed is what is applied: a plan's file and its id.

use std::collections::BTreeMap;

use jettison::plan::{Answer, Plan, Question, decide};

use super::{effects, ensure, holds, now};

/// A plan file reads back as what was written, and no edit of it does.
#[test]
fn a_plan_file_is_what_was_written_or_refused() {
    holds("a_plan_file_is_what_was_written_or_refused", 8, |case| {
        let plan = case.plan;
        let text = plan.to_json().unwrap();
        let back = Plan::from_json(&text).map_err(|error| format!("its own file is refused: {error}"))?;
        ensure(back == *plan && back.to_json().unwrap() == text, || "it reads back as another plan".to_owned())?;
        let places: Vec<usize> =
            text.char_indices().filter(|(_, letter)| letter.is_ascii()).map(|(at, _)| at).collect();
        for turn in 0..24u64 {
            let mixed = case.salt.wrapping_add(turn).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            let at = places[usize::try_from(mixed % places.len() as u64).unwrap()];
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << (mixed >> 40 & 6);
            let Ok(edited) = String::from_utf8(bytes) else { continue };
            // Space between values is no part of a plan.
            let same = serde_json::from_str::<serde_json::Value>(&edited).ok() == serde_json::from_str(&text).ok();
            let is_read = Plan::from_json(&edited).is_ok();
            ensure(is_read == same, || format!("edited at byte {at}, read: {is_read}\n{edited}"))?;
        }
        Ok(())
    });
}

/// The id of a plan is that of its effects: no text, time, version or commit is in it.
#[test]
fn equal_effects_have_equal_ids_and_others_do_not() {
    let mut worlds = BTreeMap::new();
    let seen = std::cell::RefCell::new(&mut worlds);
    holds("equal_effects_have_equal_ids_and_others_do_not", 4, |case| {
        let one = case.plan;
        let Answer { plan: two, .. } = decide(&Question {
            policy: case.policy,
            policy_id: "of another commit".to_owned(),
            inventory: case.inventory,
            inventory_id: "of another day".to_owned(),
            ledger: case.ledger,
            now: now(),
            made_at: now(),
            selection: None,
            tool_version: "9.9.9",
        });
        ensure(one.plan_id == two.plan_id && *one != two, || "the id is not of effects".to_owned())?;
        let what = (one.scopes.clone(), effects(one));
        let mut seen = seen.borrow_mut();
        let known = seen.entry(one.plan_id.clone()).or_insert_with(|| what.clone());
        ensure(*known == what, || format!("one id for {known:?} and {what:?}"))
    });
}
