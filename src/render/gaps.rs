//! What could not be read, as people and programs are told it: together by source and answer, with what to do about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Serialize;

use super::paint::{Canvas, listed};
use crate::{
    inventory::Gap,
    model::{Kind, Location, Scope, Source},
};

/// What could not be read for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapSummary {
    /// What was being read.
    pub source: Source,
    /// The answer.
    pub error: String,
    /// How many gaps there are of this source and answer.
    pub count: usize,
    /// The first of the objects that it is about, if it is about objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Where, as `ACCOUNT/REGION`; empty for what is confined to no place.
    pub scopes: Vec<String>,
    /// The kinds of object that may not be retired because of it.
    pub holds: Vec<Kind>,
}

/// What the policy calls the places.
pub(super) struct Names(BTreeMap<Location, String>);

impl Names {
    pub(super) fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().map(|scope| (scope.location(), scope.to_string())).collect())
    }

    pub(super) fn place(&self, location: &Location) -> String {
        self.0.get(location).cloned().unwrap_or_else(|| location.to_string())
    }
}

/// The gaps by source and answer, in that order.
pub(super) fn grouped_gaps(gaps: &[Gap], names: &Names) -> Vec<GapSummary> {
    let mut groups: BTreeMap<(Source, &str), (GapSummary, BTreeSet<String>)> = BTreeMap::new();
    for gap in gaps {
        let (group, places) = groups.entry((gap.source, &gap.error)).or_insert_with(|| (first(gap), BTreeSet::new()));
        group.count += 1;
        if let (Some(account_id), Some(region)) = (&gap.account_id, &gap.region) {
            places.insert(names.place(&Location { account_id: account_id.clone(), region: region.clone() }));
        }
    }
    groups.into_values().map(|(group, places)| GapSummary { scopes: places.into_iter().collect(), ..group }).collect()
}

fn first(gap: &Gap) -> GapSummary {
    GapSummary {
        source: gap.source,
        error: gap.error.clone(),
        count: 0,
        object: gap.object.clone(),
        scopes: Vec::new(),
        holds: gap.source.may_hold().to_vec(),
    }
}

/// Places named of one group before the rest is only counted.
const PLACES: usize = 4;

/// One group: what, where, and what stays because of it.
pub(super) fn tell(out: &mut String, gap: &GapSummary, canvas: Canvas) {
    let which = match (&gap.object, gap.count) {
        (None, 1) => String::new(),
        (None, count) => format!(" ({count})"),
        (Some(object), 1) => format!(" `{object}`"),
        (Some(object), count) => format!(" `{object}` and {} more", count - 1),
    };
    let text = format!("{}{which}: {}", gap.source, gap.error);
    let _infallible = writeln!(out, "  · {}", canvas.wrap(&text, 4).trim_start());
    if !gap.scopes.is_empty() {
        let mut places: Vec<String> = gap.scopes.iter().take(PLACES).cloned().collect();
        if gap.scopes.len() > PLACES {
            places.push(format!("{} more", gap.scopes.len() - PLACES));
        }
        let _infallible = writeln!(out, "{}", canvas.wrap(&format!("in {}", listed(&places, "and")), 4));
    }
    let kinds: Vec<String> = gap.holds.iter().map(|kind| format!("{}s", kind.as_str().replace('_', " "))).collect();
    let holds = match kinds.as_slice() {
        [] => "it holds nothing back: it is read to warn".to_owned(),
        kinds => format!("what it may hold stays: {}", listed(kinds, "and")),
    };
    let _infallible = writeln!(out, "{}", canvas.wrap(&holds, 4));
}

/// What to do about these sources, each piece of advice once.
pub(super) fn advice(sources: impl Iterator<Item = Source>) -> Vec<&'static str> {
    let sources: BTreeSet<Source> = sources.collect();
    let mut told = Vec::new();
    if sources.contains(&Source::Account) {
        told.push("Mend the way into the account, or remove its block if nothing there uses what the others have.");
    }
    if sources.contains(&Source::Config) {
        told.push("Mend the aggregator, or remove its `aggregator` block.");
    }
    if sources.contains(&Source::Reference) {
        told.push("Mend the list, or remove its `reference` block; an empty list is [].");
    }
    if sources.iter().any(|source| source.can_be_waived()) {
        told.push(
            "Grant the reads (`jettison iam-policy plan` prints them), or say in the policy why a source does not matter: \
             waive \"SOURCE\" { reason = \"…\" }",
        );
    } else if sources.len() > told.len() {
        told.push("Grant the reads: `jettison iam-policy plan` prints them.");
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_waived_is_not_advised_to_be() {
        let waivers = |sources: &[Source]| advice(sources.iter().copied()).join(" ").matches("waive").count();
        assert_eq!(waivers(&[Source::Account, Source::Config, Source::Reference, Source::Images]), 0);
        assert_eq!(waivers(&[Source::Lambda, Source::Tasks, Source::Images]), 1);
        assert!(Source::ALL.into_iter().all(|source| advice([source].into_iter()).len() == 1));
    }

    #[test]
    fn the_same_answer_in_many_places_is_told_once() {
        let gap = |number: usize| Gap {
            source: Source::Lambda,
            account_id: Some(format!("{number:012}").parse().unwrap()),
            region: Some("eu-central-1".into()),
            object: Some(format!("function-{number}")),
            error: "access denied".to_owned(),
        };
        let gaps: Vec<Gap> = (0..10).map(gap).collect();
        let groups = grouped_gaps(&gaps, &Names::of(&[]));
        assert_eq!((groups.len(), groups[0].scopes.len()), (1, 10));
        let mut text = String::new();
        tell(&mut text, &groups[0], Canvas::PLAIN);
        assert!(text.starts_with("  · lambda `function-0` and 9 more: access denied\n    in 000000000000/"), "{text}");
        assert!(text.contains(" and 6 more\n"), "{text}");
    }
}
