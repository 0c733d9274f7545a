//! Law L3: silence keeps, and asking for more to stay never makes more go.

use super::{
    super::rules::{Block, Rules, keeps, matches},
    Case, effects, ensure, ensure_no_more, holds, parse, parse_files, plan,
};
use jettison::plan::Plan;

fn plan_under(case: &Case<'_>, rules: &Rules) -> Plan {
    plan(&parse(&rules.text()), case.inventory, case.ledger)
}

fn with(rules: &Rules, blocks: Vec<Block>) -> Rules {
    Rules { blocks, ..rules.clone() }
}

/// "No rule matched: kept." Rules that only keep do nothing, and a rule less never makes more go, unless it kept something.
#[test]
fn law_3_no_rule_is_kept() {
    holds("law_3_no_rule_is_kept", 6, |case| {
        let without_terms =
            |block: &Block| Block { deregister: vec![], archive: vec![], delete: vec![], ..block.clone() };
        let only_keeping = case.rules.blocks.iter().filter(|block| block.is_protect || !block.keep.is_empty());
        let silent = with(case.rules, only_keeping.map(without_terms).collect());
        let after = plan_under(case, &silent);
        ensure(after.steps.is_empty(), || format!("without a rule that retires: {:#?}", effects(&after)))?;
        for index in 0..case.rules.blocks.len() {
            if case.rules.blocks[index].is_protect || !case.rules.blocks[index].keep.is_empty() {
                continue;
            }
            let mut blocks = case.rules.blocks.clone();
            blocks.remove(index);
            let after = plan_under(case, &with(case.rules, blocks));
            ensure_no_more(case.plan, &after, || format!("without the rule r{index}"))?;
        }
        Ok(())
    });
}

/// "Adding a keep, a protect or a rule's `match` restriction never adds a deletion": a protection, a rule that only keeps, a `keep` to
/// a rule, a restriction to a rule that keeps nothing.
#[test]
fn law_3_asking_for_more_to_stay_never_makes_more_go() {
    holds("law_3_asking_for_more_to_stay_never_makes_more_go", 6, |case| {
        for stricter in stricter(case) {
            let after = plan_under(case, &stricter);
            ensure_no_more(case.plan, &after, || format!("under this stricter policy\n{}", stricter.text()))?;
        }
        Ok(())
    });
}

/// Policies that ask for more to stay.
fn stricter(case: &Case<'_>) -> Vec<Rules> {
    let Case { rules, protect, .. } = case;
    let salt = usize::try_from(case.salt % 1_000).unwrap();
    let mut all = vec![with(rules, [rules.blocks.clone(), vec![(*protect).clone()]].concat())];
    if let Some(keep) = keeps(protect.kind).get(salt % keeps(protect.kind).len().max(1)) {
        let keeper = Block { is_protect: false, keep: vec![keep], ..(*protect).clone() };
        all.push(with(rules, [rules.blocks.clone(), vec![keeper]].concat()));
    }
    for (index, block) in rules.blocks.iter().enumerate().filter(|(_, block)| !block.is_protect) {
        if let Some(keep) = keeps(block.kind).get(salt % keeps(block.kind).len().max(1))
            && Rules::lacks(&block.keep, keep)
        {
            let mut more_kept = rules.blocks.clone();
            more_kept[index].keep.push(keep);
            all.push(with(rules, more_kept));
        }
        if block.keep.is_empty()
            && let Some(narrower) = narrowed(block, salt)
        {
            let mut blocks = rules.blocks.clone();
            blocks[index] = narrower;
            all.push(with(rules, blocks));
        }
    }
    all
}

/// The same rule with one more restriction, if it may have one.
fn narrowed(block: &Block, salt: usize) -> Option<Block> {
    let restriction = matches(block.kind)[salt % matches(block.kind).len()];
    if !Rules::lacks(&block.matching, restriction) || !Rules::fits(&block.matching, restriction) {
        return None;
    }
    let mut narrower = block.clone();
    narrower.matching.push(restriction);
    Some(narrower)
}

/// Where a rule keeps, narrowing its `match` frees what the rule alone kept: those are no longer its affair. What it frees is bounded:
/// nothing goes that would not go if the rule kept nothing at all.
#[test]
fn law_3_narrowing_a_rule_frees_at_most_what_its_own_keep_kept() {
    holds("law_3_narrowing_a_rule_frees_at_most_what_its_own_keep_kept", 6, |case| {
        let salt = usize::try_from(case.salt % 1_000).unwrap();
        for (index, block) in case.rules.blocks.iter().enumerate().filter(|(_, block)| !block.keep.is_empty()) {
            let Some(narrower) = narrowed(block, salt) else { continue };
            let mut blocks = case.rules.blocks.clone();
            blocks[index].keep.clear();
            if [&blocks[index].delete, &blocks[index].archive, &blocks[index].deregister].iter().all(|it| it.is_empty())
            {
                blocks.remove(index);
            }
            let without_keep = plan_under(case, &with(case.rules, blocks));
            let mut blocks = case.rules.blocks.clone();
            blocks[index] = narrower;
            let narrow = with(case.rules, blocks);
            ensure_no_more(&without_keep, &plan_under(case, &narrow), || {
                format!("than without the `keep` of r{index}, under this narrower policy\n{}", narrow.text())
            })?;
        }
        Ok(())
    });
}

/// "A rule's `keep` and every `protect` win over every `delete`, whatever the order of rules and files": in any order of blocks, in
/// one file or many, the same goes, waits and stays.
#[test]
fn law_3_the_order_of_rules_and_files_is_irrelevant() {
    holds("law_3_the_order_of_rules_and_files_is_irrelevant", 6, |case| {
        let mut texts = case.rules.texts();
        super::determinism::mix(&mut texts, case.salt);
        let files = texts.iter().enumerate().map(|(number, text)| (format!("{number:02}.hcl"), text.clone()));
        for policy in [parse_files(files.collect()), parse(&texts.concat())] {
            let turned = plan(&policy, case.inventory, case.ledger);
            let (one, two) = (verdicts(case.plan), verdicts(&turned));
            ensure(one == two, || {
                format!("with the blocks in another order: {two:#?} instead of {one:#?}\n{}", texts.concat())
            })?;
            ensure(turned.plan_id == case.plan.plan_id, || "equal effects, and another plan id".to_owned())?;
        }
        Ok(())
    });
}

/// What a plan says of every object, without the words: which rule is named first may depend on the order.
fn verdicts(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().map(|step| format!("{} {}", step.action, step.address));
    let deferred = plan.deferred.iter().map(|one| format!("deferred: {} {}", one.action, one.address));
    let blocked = plan.blocked.iter().map(|one| format!("blocked: {} {}", one.action, one.address));
    steps.chain(deferred).chain(blocked).chain([format!("kept: {}", plan.summary.kept)]).collect()
}
