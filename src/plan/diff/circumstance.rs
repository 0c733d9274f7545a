//! What is different between two plans besides their steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Circumstance, CircumstanceCode};
use crate::{
    inventory::Gap,
    model::{AccountId, Age, Location, Region, Scope, Source},
    plan::Plan,
};

/// The names that are written out before the rest is only counted.
const NAMED: usize = 4;

/// What is different, in the order of the closed list. `differ` says whether the steps are.
pub(super) fn circumstances(from: &Plan, to: &Plan, differ: bool) -> Vec<Circumstance> {
    let all = [
        policy(from, to),
        inventory(from, to),
        time(from, to),
        version(from, to),
        forecast(from, to),
        selection(from, to),
        scopes(from, to),
        waivers(from, to),
        gaps(from, to),
        settings(from, to),
    ];
    let all: Vec<Circumstance> = all.into_iter().flatten().collect();
    let ledger = || {
        let text = "both were made from the same; only what earlier runs saw in use can have made the difference";
        Circumstance { code: CircumstanceCode::Ledger, text: text.to_owned() }
    };
    if all.is_empty() && differ { vec![ledger()] } else { all }
}

fn some(code: CircumstanceCode, text: String) -> Option<Circumstance> {
    Some(Circumstance { code, text })
}

fn policy(from: &Plan, to: &Plan) -> Option<Circumstance> {
    if from.policy_id == to.policy_id {
        return None;
    }
    some(CircumstanceCode::Policy, "the policies are not the same".to_owned())
}

fn inventory(from: &Plan, to: &Plan) -> Option<Circumstance> {
    if from.inventory_id == to.inventory_id {
        return None;
    }
    some(CircumstanceCode::Inventory, "the inventories are not the same: AWS was read again".to_owned())
}

fn time(from: &Plan, to: &Plan) -> Option<Circumstance> {
    let (word, age) = match from.as_of.cmp(&to.as_of) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Less => ("later", Age::of(from.as_of, to.as_of)),
        std::cmp::Ordering::Greater => ("earlier", Age::of(to.as_of, from.as_of)),
    };
    let age = if age.is_zero() { "less than a second".to_owned() } else { age.to_string() };
    some(CircumstanceCode::Time, format!("the new plan is for an instant {age} {word}"))
}

fn version(from: &Plan, to: &Plan) -> Option<Circumstance> {
    if from.tool_version == to.tool_version {
        return None;
    }
    let text = format!("jettison {} made the old plan, {} the new one", from.tool_version, to.tool_version);
    some(CircumstanceCode::Version, text)
}

fn forecast(from: &Plan, to: &Plan) -> Option<Circumstance> {
    let who = match (from.is_forecast(), to.is_forecast()) {
        (false, false) => return None,
        (true, false) => "the old plan is a forecast",
        (false, true) => "the new plan is a forecast",
        (true, true) => "both plans are forecasts",
    };
    some(CircumstanceCode::Forecast, who.to_owned())
}

fn selection(from: &Plan, to: &Plan) -> Option<Circumstance> {
    if (&from.targets, &from.excludes) == (&to.targets, &to.excludes) {
        return None;
    }
    let words = |plan: &Plan| {
        let targets = plan.targets.iter().map(|pattern| format!("--target {pattern}"));
        let all: Vec<String> =
            targets.chain(plan.excludes.iter().map(|pattern| format!("--exclude {pattern}"))).collect();
        if all.is_empty() { "whole".to_owned() } else { format!("a part ({})", all.join(" ")) }
    };
    let text = format!("the old plan is {}, the new one {}", words(from), words(to));
    some(CircumstanceCode::Selection, text)
}

fn scopes(from: &Plan, to: &Plan) -> Option<Circumstance> {
    let by_location = |plan: &Plan| -> BTreeMap<Location, Scope> {
        plan.scopes.iter().map(|scope| (scope.location(), scope.clone())).collect()
    };
    let (old, new) = (by_location(from), by_location(to));
    let only = |one: &BTreeMap<Location, Scope>, other: &BTreeMap<Location, Scope>| -> Vec<String> {
        let own = one.iter().filter(|(location, _)| !other.contains_key(*location));
        own.map(|(_, scope)| scope.to_string()).collect()
    };
    let renamed = old.iter().filter_map(|(location, scope)| {
        let now = new.get(location).filter(|now| now.account != scope.account)?;
        Some(format!("{scope} is called {now} now"))
    });
    let mut parts: Vec<String> = renamed.collect();
    for (which, places) in [("old", only(&old, &new)), ("new", only(&new, &old))] {
        if !places.is_empty() {
            parts.push(format!("only the {which} plan has {}", named(&places)));
        }
    }
    if parts.is_empty() { None } else { some(CircumstanceCode::Scopes, parts.join("; ")) }
}

fn waivers(from: &Plan, to: &Plan) -> Option<Circumstance> {
    let sources = |plan: &Plan| -> BTreeSet<Source> { plan.waived.iter().map(|waived| waived.source).collect() };
    let (old, new) = (sources(from), sources(to));
    let names = |sources: Vec<&Source>| named(&sources.iter().map(ToString::to_string).collect::<Vec<_>>());
    let (no_longer, newly): (Vec<_>, Vec<_>) = (old.difference(&new).collect(), new.difference(&old).collect());
    let mut parts = Vec::new();
    if !newly.is_empty() {
        parts.push(format!("waived now and not before: {}", names(newly)));
    }
    if !no_longer.is_empty() {
        parts.push(format!("no longer waived: {}", names(no_longer)));
    }
    if parts.is_empty() { None } else { some(CircumstanceCode::Waivers, parts.join("; ")) }
}

type GapKey<'g> = (Source, Option<&'g AccountId>, Option<&'g Region>, Option<&'g String>);

fn gaps(from: &Plan, to: &Plan) -> Option<Circumstance> {
    let keys = |plan: &'_ Plan| -> BTreeSet<String> { plan.gaps.iter().map(|gap| told(key(gap))).collect() };
    let (old, new) = (keys(from), keys(to));
    let (closed, opened): (Vec<_>, Vec<_>) =
        (old.difference(&new).cloned().collect(), new.difference(&old).cloned().collect());
    let mut parts = Vec::new();
    if !opened.is_empty() {
        parts.push(format!("could not be read now and could before: {}", named(&opened)));
    }
    if !closed.is_empty() {
        parts.push(format!("could be read now and not before: {}", named(&closed)));
    }
    if parts.is_empty() { None } else { some(CircumstanceCode::Gaps, parts.join("; ")) }
}

fn key(gap: &Gap) -> GapKey<'_> {
    (gap.source, gap.account_id.as_ref(), gap.region.as_ref(), gap.object.as_ref())
}

fn told((source, account_id, region, object): GapKey<'_>) -> String {
    let place = account_id.map(ToString::to_string).into_iter().chain(region.map(ToString::to_string));
    let place: Vec<String> = place.chain(object.cloned()).collect();
    if place.is_empty() { source.to_string() } else { format!("{source} of {}", place.join("/")) }
}

fn settings(from: &Plan, to: &Plan) -> Option<Circumstance> {
    let (old, new) = (&from.settings, &to.settings);
    let members = [
        ("verify_within", old.verify_within.to_string(), new.verify_within.to_string()),
        (
            "opt_in_tag",
            format!("{}={}", old.opt_in_key, old.opt_in_value),
            format!("{}={}", new.opt_in_key, new.opt_in_value),
        ),
        ("protect_tag", old.protect_tag.clone(), new.protect_tag.clone()),
    ];
    let changed = members.into_iter().filter(|(_, old, new)| old != new);
    let parts: Vec<String> = changed.map(|(name, old, new)| format!("{name} was {old} and is {new}")).collect();
    if parts.is_empty() { None } else { some(CircumstanceCode::Settings, parts.join("; ")) }
}

/// The first few, and how many more there are.
pub(super) fn named(names: &[String]) -> String {
    let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
