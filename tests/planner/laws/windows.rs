//! Law L4: windows.

use std::collections::BTreeSet;

use jettison::model::ReasonCode;

use super::{
    super::{oracle::Oracle, rules::Rules},
    Case, answer_at,
    carried_out::carry_out,
    ensure, holds_under, now, parse, plan_at, retired,
};

fn windowed(rules: &Rules) -> Rules {
    Rules { window: "24h", ..rules.clone() }
}

/// "Nothing that lost its last reference within the rollback window is retired." A plan is carried out whole; what was in use when it
/// was made does not go in any later plan before the window has passed, although nothing but the ledger may tell of it any more.
#[test]
fn law_4_what_was_in_use_stays_for_the_window() {
    holds_under("law_4_what_was_in_use_stays_for_the_window", 3, windowed, |case| {
        let answer = answer_at(case.policy, case.inventory, case.ledger, now());
        let (inventory, ledger) = carry_out(case.inventory, case.ledger, &answer, now());
        let label = |location: &jettison::model::Location| {
            let scope = answer.plan.scopes.iter().find(|scope| scope.location() == *location)?;
            Some(format!("{}/{}", scope.account, scope.region))
        };
        let in_use =
            answer.in_use.iter().filter_map(|(location, resource)| Some(format!("{}/{resource}", label(location)?)));
        let in_use: BTreeSet<String> = in_use.collect();
        for hours in [1, 12, 24] {
            let later = now() + jiff::SignedDuration::from_secs(hours * 3_600 - 1);
            let goes = retired(&plan_at(case.policy, &inventory, &ledger, later));
            let early = goes.intersection(&in_use).next();
            ensure(early.is_none(), || format!("{early:?} was in use at {}, and goes at {later}", now()))?;
        }
        Ok(())
    });
}

/// At most one rule of each kind that retires: of several, a later plan may go by another one than this plan names.
fn one_rule_of_a_kind(rules: &Rules) -> Rules {
    let mut rules = windowed(rules);
    let mut kinds = BTreeSet::new();
    rules.blocks.retain(|block| block.is_protect || kinds.insert(block.kind));
    rules
}

/// What a plan promises is not too early either: right before the instant that it names for what waits for a holder, that does not
/// go, once the plan is carried out.
#[test]
fn law_4_what_waits_for_a_retired_holder_does_not_go_before_the_instant_named() {
    let law = "law_4_what_waits_for_a_retired_holder_does_not_go_before_the_instant_named";
    holds_under(law, 3, one_rule_of_a_kind, |case| {
        let answer = answer_at(case.policy, case.inventory, case.ledger, now());
        let (inventory, ledger) = carry_out(case.inventory, case.ledger, &answer, now());
        for waiting in answer.plan.deferred.iter().filter(|one| one.reasons[0].code == ReasonCode::HolderRetired) {
            let at = waiting.eligible_at.unwrap();
            let early = plan_at(case.policy, &inventory, &ledger, at - jiff::SignedDuration::from_secs(1));
            let goes = retired(&early).contains(&waiting.address.to_string());
            ensure(!goes, || format!("{} goes before {at}", waiting.address))?;
        }
        Ok(())
    });
}

/// "It is *deferred*, with the instant at which it becomes eligible": it does not go a second earlier, and no longer waits then.
#[test]
fn law_4_what_is_deferred_goes_when_the_plan_says() {
    holds_under("law_4_what_is_deferred_goes_when_the_plan_says", 3, windowed, |case| {
        for waiting in case.plan.deferred.iter().filter(|one| is_timed(one.reasons[0].code)) {
            let at = waiting.eligible_at.unwrap();
            let early = plan_at(case.policy, case.inventory, case.ledger, at - jiff::SignedDuration::from_secs(1));
            let goes = retired(&early).contains(&waiting.address.to_string());
            ensure(!goes, || format!("{} goes before {at}", waiting.address))?;
            let due = plan_at(case.policy, case.inventory, case.ledger, at);
            let still = due.deferred.iter().find(|one| one.address == waiting.address);
            let waits = still.is_some_and(|one| one.reasons[0].code == waiting.reasons[0].code);
            ensure(!waits, || format!("{} still waits at {at}", waiting.address))?;
        }
        Ok(())
    });
}

fn is_timed(code: ReasonCode) -> bool {
    code == ReasonCode::RollbackWindow || code == ReasonCode::Settling
}

/// What waits or is blocked is what would go but for the window and for what was not read, and for nothing else.
#[test]
fn law_4_what_waits_would_go_but_for_the_window_and_what_was_not_read() {
    let law = "law_4_what_waits_would_go_but_for_the_window_and_what_was_not_read";
    holds_under(law, 2, Rules::clone, |case| {
        let would_go = |case: &Case<'_>| {
            let policy = parse(&Rules { window: "0s", ..case.rules.clone() }.text());
            Oracle::trusting(case.inventory, &policy, case.ledger, now()).may_go()
        };
        let waiting = case.plan.deferred.iter().chain(&case.plan.blocked);
        // Which of two actions it comes to may change while it waits.
        let waiting: BTreeSet<String> = waiting.map(|one| one.address.to_string()).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let would_go: BTreeSet<String> = would_go(case).into_iter().map(|(_, address)| address).collect();
        let never: Vec<_> = waiting.difference(&would_go).collect();
        ensure(never.is_empty(), || format!("these wait, and would never go: {never:#?}"))
    });
}
