//! What changed between two plans, and the causes that can be told for certain.

use std::collections::BTreeSet;

use jettison::{
    inventory::Inventory,
    ledger::Ledger,
    model::{ReasonCode, Source, Timestamp},
    plan::{
        Action, Cause, Change, CircumstanceCode, Difference, Plan, Question, Selection, Stand, What, decide, diff,
        diff_against, diff_policies,
    },
    policy::Policy,
};

use super::{
    laws::{ensure, holds, parse},
    world::{CLEAN_EVERYTHING, World, ago, digest, hours_ago, image_address, now},
};

const HOST: &str = "000000000000.dkr.ecr.eu-central-1.amazonaws.com";

/// A question whose ids follow from a name: another name, another id.
fn question<'a>(policy: (&'a Policy, &str), world: (&'a World, &str), at: Timestamp) -> Question<'a> {
    Question {
        policy: policy.0,
        policy_id: policy.1.to_owned(),
        inventory: &world.0.inventory,
        inventory_id: world.1.to_owned(),
        ledger: &world.0.ledger,
        now: at,
        made_at: at,
        selection: None,
        tool_version: "0.0.0",
    }
}

fn in_days(days: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_hours(24 * days)
}

/// Images of one repository, each with the days since its push.
fn images(pushed: &[(&str, i64)]) -> World {
    let mut world = World::new();
    world.repository("web");
    for (name, days) in pushed {
        world.image("web", name, *days, &[]);
    }
    world
}

fn change<'d>(changes: &'d [Change], name: &str) -> &'d Change {
    let address = image_address("web", name);
    let found = changes.iter().find(|change| change.address.to_string().ends_with(&address));
    found.unwrap_or_else(|| panic!("{name} is not in {changes:#?}"))
}

fn codes(difference: &Difference) -> Vec<CircumstanceCode> {
    difference.circumstances.iter().map(|one| one.code).collect()
}

#[test]
fn with_one_thing_changed_the_cause_is_certain() {
    let (world, bare) = (images(&[("old", 100), ("young", 80)]), images(&[("old", 100)]));
    let (policy, strict) = (parse(CLEAN_EVERYTHING), parse(&CLEAN_EVERYTHING.replace("90d", "70d")));
    let first = decide(&question((&policy, "p"), (&world, "w"), now())).plan;
    for (then, cause, code) in [
        (question((&policy, "p"), (&world, "w"), in_days(20)), Cause::Time, CircumstanceCode::Time),
        (question((&strict, "q"), (&world, "w"), now()), Cause::Policy, CircumstanceCode::Policy),
    ] {
        let difference = diff(&first, &decide(&then).plan);
        assert_eq!(change(&difference.added, "young").causes, [cause]);
        assert_eq!((difference.added.len(), difference.dropped.len(), difference.same), (1, 0, 1));
        assert_eq!(codes(&difference), [code]);
        let back = diff(&decide(&then).plan, &first);
        assert_eq!(change(&back.dropped, "young").causes, [cause]);
    }
    let gone = decide(&question((&policy, "p"), (&bare, "v"), in_days(0))).plan;
    let more = decide(&question((&policy, "p"), (&images(&[("old", 100), ("young", 95)]), "w"), in_days(0))).plan;
    let difference = diff(&gone, &more);
    assert_eq!(change(&difference.added, "young").causes, [Cause::World]);
    assert_eq!(codes(&difference), [CircumstanceCode::Inventory]);
}

#[test]
fn what_was_deferred_until_then_came_by_time_and_the_rest_is_not_told_apart() {
    let mut world = images(&[("waits", 300), ("young", 80)]);
    world.seen(&jettison::model::Resource::Image { repository: "web".into(), digest: digest("waits") }, 5);
    let policy = parse(&CLEAN_EVERYTHING.replace("90d", "0s"));
    let young = parse(CLEAN_EVERYTHING);
    let first = decide(&question((&policy, "p"), (&world, "w"), now())).plan;
    assert!(first.deferred.iter().any(|one| one.eligible_at == hours_ago(-19)), "{:#?}", first.deferred);
    let second = decide(&question((&policy, "p"), (&world, "v"), in_days(2))).plan;
    let difference = diff(&first, &second);
    let waited = change(&difference.added, "waits");
    assert_eq!((waited.causes.as_slice(), waited.other.stand), (&[Cause::Time][..], Stand::Deferred));
    // Of what the old plan only counts, nobody knows.
    let (first, second) = (
        decide(&question((&young, "p"), (&world, "w"), now())).plan,
        decide(&question((&young, "p"), (&world, "v"), in_days(20))).plan,
    );
    let difference = diff(&first, &second);
    let open = change(&difference.added, "young");
    assert_eq!((open.causes.as_slice(), open.other.stand), (&[Cause::Time, Cause::World][..], Stand::Unsaid));
    // With the question at hand it is asked for the old instant again.
    let (_, told) = diff_against(&question((&young, "p"), (&world, "v"), in_days(20)), &first);
    assert_eq!(change(&told.added, "young").causes, [Cause::Time]);
}

#[test]
fn what_is_no_longer_done_has_its_new_reason() {
    let policy = parse(CLEAN_EVERYTHING);
    let mut world = images(&[("gone", 300), ("used", 299), ("unread", 298), ("same", 297)]);
    world.definition("idle:1", 300, "nginx").status = "INACTIVE".to_owned();
    let first = decide(&question((&policy, "p"), (&world, "w"), now())).plan;
    assert_eq!(first.steps.len(), 4, "{:#?}", first.steps);
    world.inventory.images.retain(|seen| seen.value.image_digest != digest("gone"));
    world.service("web", 2, "web:1");
    world.definition("web:1", 1, &format!("{HOST}/web@{}", digest("used")));
    let second = question((&policy, "p"), (&world, "v"), in_days(1));
    let (answer, difference) = diff_against(&second, &first);
    assert_eq!(difference.to.plan_id, answer.plan.plan_id);
    assert_eq!((difference.added.len(), difference.dropped.len(), difference.same), (0, 2, 2));
    let gone = change(&difference.dropped, "gone");
    assert_eq!((gone.other.stand, gone.causes.as_slice()), (Stand::Gone, &[Cause::World][..]));
    let used = change(&difference.dropped, "used");
    assert_eq!((used.other.stand, used.causes.as_slice()), (Stand::Kept, &[Cause::World][..]));
    assert_eq!(used.other.reasons[0].code, ReasonCode::InUse);
    assert!(used.other.reasons[0].text.contains("task definition web:1"), "{}", used.other.reasons[0].text);
    // The files alone do not say so much.
    let blind = diff(&first, &answer.plan);
    assert_eq!(change(&blind.dropped, "gone").other.stand, Stand::Unsaid);
    // A source that cannot be read any more blocks the rest.
    world.gap(Source::Tasks, None);
    let (_, difference) = diff_against(&question((&policy, "p"), (&world, "u"), in_days(1)), &first);
    let blocked = change(&difference.dropped, "unread");
    assert_eq!((blocked.other.stand, blocked.causes.as_slice()), (Stand::Blocked, &[Cause::World][..]));
    assert!(codes(&difference).contains(&CircumstanceCode::Gaps));
}

#[test]
fn what_is_done_meanwhile_is_told_so() {
    let policy = parse(CLEAN_EVERYTHING);
    let mut world = World::new();
    world.definition("web:1", 300, "nginx");
    world.definition("web:2", 299, "nginx");
    let first = decide(&question((&policy, "p"), (&world, "w"), now())).plan;
    assert_eq!(first.steps.len(), 1, "{:#?}", first.steps);
    let definition = &mut world.inventory.task_definitions[0].value;
    (definition.status, definition.deregistered_at) = ("INACTIVE".to_owned(), ago(0));
    let (_, difference) = diff_against(&question((&policy, "p"), (&world, "v"), in_days(1)), &first);
    assert_eq!(
        (difference.dropped[0].other.stand, difference.dropped[0].causes.as_slice()),
        (Stand::Done, &[Cause::World][..])
    );
}

#[test]
fn accounts_are_matched_by_their_ids() {
    let world = images(&[("old", 100)]);
    let (policy, renamed) = (parse(CLEAN_EVERYTHING), parse(&CLEAN_EVERYTHING.replace("\"demo\"", "\"other\"")));
    let ask = |policy: &Policy, id| decide(&question((policy, id), (&world, "w"), now())).plan;
    let difference = diff(&ask(&policy, "p"), &ask(&renamed, "q"));
    assert_eq!((difference.added.len(), difference.dropped.len(), difference.same), (0, 0, 1));
    assert_eq!(codes(&difference), [CircumstanceCode::Policy, CircumstanceCode::Scopes]);
    assert!(difference.circumstances[1].text.contains("demo/eu-central-1 is called other/eu-central-1 now"));
}

#[test]
fn a_selection_is_a_cause_of_its_own() {
    let world = images(&[("one", 100), ("two", 101)]);
    let policy = parse(CLEAN_EVERYTHING);
    let whole = question((&policy, "p"), (&world, "w"), now());
    let patterns = [format!("demo/eu-central-1/{}", image_address("web", "one")).parse().unwrap()];
    let selection = Selection::find(&patterns, &[], &policy, &world.inventory).unwrap();
    let part = Question { selection: Some(&selection), inventory_id: "v".to_owned(), ..whole.clone() };
    let (all, some) = (decide(&whole).plan, decide(&part).plan);
    for (difference, changes) in [(diff(&all, &some), 1), (diff(&some, &all), 1), (diff_against(&part, &all).1, 1)] {
        let changed: Vec<&Change> = difference.added.iter().chain(&difference.dropped).collect();
        assert_eq!((changed.len(), changed[0].causes.as_slice()), (changes, &[Cause::Selection][..]));
        assert_eq!(changed[0].other.stand, Stand::LeftOut);
        assert!(codes(&difference).contains(&CircumstanceCode::Selection));
    }
}

#[test]
fn the_edit_of_a_policy_is_shown_with_the_lines_of_both_sides() {
    let world = images(&[("a", 200), ("b", 150), ("c", 100), ("d", 80)]);
    let keep = |newest: u32| {
        CLEAN_EVERYTHING
            .replace("repository = [\"*\"] }", &format!("repository = [\"*\"] }}\n  keep {{ newest = {newest} }}"))
    };
    let (base, edited) = (parse(&keep(3)), parse(&keep(1).replace("90d", "120d")));
    let ask = |policy, id| question((policy, id), (&world, "w"), now());
    let (answer, difference) = diff_policies(&ask(&base, "p"), &ask(&edited, "q"));
    assert_eq!(difference.to.plan_id, answer.plan.plan_id);
    assert_eq!(difference.from.plan_id, decide(&ask(&base, "p")).plan.plan_id);
    let added = change(&difference.added, "b");
    assert_eq!((added.causes.as_slice(), added.other.stand), (&[Cause::Policy][..], Stand::Kept));
    let reason = &added.other.reasons[0];
    assert_eq!((reason.code, reason.at.is_some()), (ReasonCode::KeepNewest, true));
    assert!(difference.dropped.is_empty() && difference.same == 1);
    let restated = &difference.restated[0];
    assert_eq!(restated.what, [What::Reasons], "unused for 90d is unused for 120d now");
    // And back: what the base removes and the edit keeps.
    let (_, back) = diff_policies(&ask(&edited, "q"), &ask(&base, "p"));
    assert_eq!(change(&back.dropped, "b").other.reasons[0].code, ReasonCode::KeepNewest);
}

#[test]
fn what_the_base_has_and_nobody_read_is_named() {
    let world = images(&[("a", 200)]);
    let more = CLEAN_EVERYTHING.replace("[\"eu-central-1\"]", "[\"eu-central-1\", \"us-east-1\"]")
        + "reference \"file\" \"eks\" { path = \"eks.json\" }\n";
    let less = format!("{CLEAN_EVERYTHING}waive \"lambda\" {{ reason = \"none\" }}\n");
    let (base, edited) = (parse(&more), parse(&less));
    let ask = |policy, id| question((policy, id), (&world, "w"), now());
    let (_, difference) = diff_policies(&ask(&base, "p"), &ask(&edited, "q"));
    let unread: Vec<&str> = difference
        .circumstances
        .iter()
        .filter(|one| one.code == CircumstanceCode::Unread)
        .map(|one| one.text.as_str())
        .collect();
    for (text, word) in unread.iter().zip(["us-east-1", "reference \"eks\"", "lambda"]) {
        assert!(text.contains(word), "{text}");
    }
    assert_eq!(unread.len(), 3, "{unread:?}");
}

fn effects(plan: &Plan) -> BTreeSet<(Action, String)> {
    plan.steps.iter().map(|step| (step.action, step.address.to_string())).collect()
}

/// A comparison loses nothing: what the old plan has is dropped or the same, what the new one has is added or the same. And a
/// cause that is told alone is so: what comes by time is not done at the old instant, whatever else has changed.
#[test]
fn every_step_of_both_plans_is_accounted_for_and_certain_causes_are_certain() {
    let seen = std::cell::RefCell::new((0usize, 0usize));
    holds("every_step_of_both_plans_is_accounted_for", 4, |case| {
        let (inventory, ledger, rules, protect, salt) =
            (case.inventory, case.ledger, case.rules, case.protect, case.salt);
        let stricter =
            super::rules::Rules { blocks: [rules.blocks.clone(), vec![protect.clone()]].concat(), ..rules.clone() };
        let (old_policy, new_policy) = (parse(&stricter.text()), parse(&rules.text()));
        let days = i64::try_from(salt % 150).unwrap();
        let ask = |policy: &Policy, id: &str, inventory: &Inventory, ledger: &Ledger, at| {
            decide(&Question {
                policy,
                policy_id: id.to_owned(),
                inventory,
                inventory_id: "w".to_owned(),
                ledger,
                now: at,
                made_at: at,
                selection: None,
                tool_version: "0.0.0",
            })
            .plan
        };
        let old = ask(&old_policy, "old", inventory, ledger, now());
        let then = Question {
            policy: &new_policy,
            policy_id: "new".to_owned(),
            inventory,
            inventory_id: "w".to_owned(),
            ledger,
            now: in_days(days),
            made_at: in_days(days),
            selection: None,
            tool_version: "0.0.0",
        };
        let (answer, told) = diff_against(&then, &old);
        let of = |changes: &[Change]| -> BTreeSet<_> {
            changes.iter().map(|change| (change.action, change.address.to_string())).collect()
        };
        for difference in [&told, &diff(&old, &answer.plan)] {
            let (added, dropped) = (of(&difference.added), of(&difference.dropped));
            let (before, after) = (effects(&old), effects(&answer.plan));
            ensure(added == &after - &before, || format!("added is {added:?}"))?;
            ensure(dropped == &before - &after, || format!("dropped is {dropped:?}"))?;
            ensure(difference.same as usize == before.intersection(&after).count(), || "same".to_owned())?;
            let reasoned = difference.added.iter().chain(&difference.dropped).all(|change| !change.causes.is_empty());
            ensure(reasoned, || "a change without a cause".to_owned())?;
        }
        for change in &told.dropped {
            ensure(change.other.stand != Stand::Unsaid, || format!("nobody says why {} stays", change.address))?;
        }
        let at_once = effects(&ask(&new_policy, "new", inventory, ledger, now()));
        for change in &told.added {
            let by_time = change.causes == [Cause::Time];
            let waits = !at_once.contains(&(change.action, change.address.to_string()));
            ensure(by_time == waits || days == 0, || format!("{}: {:?}", change.address, change.causes))?;
            let mut seen = seen.borrow_mut();
            if by_time { seen.0 += 1 } else { seen.1 += 1 }
        }
        let itself = diff(&answer.plan, &answer.plan);
        ensure(
            itself.added.is_empty()
                && itself.dropped.is_empty()
                && itself.restated.is_empty()
                && itself.circumstances.is_empty(),
            || "a plan differs from itself".to_owned(),
        )
    });
    let (by_time, otherwise) = seen.into_inner();
    assert!(by_time > 5 && otherwise > 5, "{by_time} by time, {otherwise} otherwise");
}
