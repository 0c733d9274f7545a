//! An inventory in one screen: what was found where, who refers from elsewhere, and what could not be read.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use super::{
    gaps::{GapSummary, Names, grouped_gaps, tell},
    paint::{Canvas, counted, grouped},
};
use crate::{
    inventory::{Inventory, Seen, record_kind},
    model::{Location, Timestamp},
};

/// What an inventory comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InventorySummary {
    /// The version of this document.
    pub format_version: &'static str,
    /// When the collection began.
    pub taken_at: Timestamp,
    /// Every account and Region that was asked, or has an object.
    pub scopes: Vec<ScopeSummary>,
    /// References from outside ECS and ECR, by where they were read.
    pub references: BTreeMap<String, usize>,
    /// What could not be read, by source and reason.
    pub gaps: Vec<GapSummary>,
}

/// What was found in an account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeSummary {
    /// `ACCOUNT/REGION`, the account by its label, or by its id if it has none.
    pub scope: String,
    /// Objects by their kind in the inventory.
    pub objects: BTreeMap<&'static str, usize>,
}

impl InventorySummary {
    /// Sums an inventory up.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let names = Names::of(&inventory.scopes);
        let mut scopes: BTreeMap<String, BTreeMap<&'static str, usize>> =
            inventory.scopes.iter().map(|scope| (scope.to_string(), BTreeMap::new())).collect();
        for (kind, locations) in places(inventory) {
            for location in locations {
                *scopes.entry(names.place(location)).or_default().entry(kind).or_default() += 1;
            }
        }
        let mut references = BTreeMap::new();
        for seen in &inventory.references {
            *references.entry(seen.value.source.clone()).or_default() += 1;
        }
        Self {
            format_version: "1.0",
            taken_at: inventory.taken_at,
            scopes: scopes.into_iter().map(|(scope, objects)| ScopeSummary { scope, objects }).collect(),
            references,
            gaps: grouped_gaps(&inventory.gaps, &names),
        }
    }
}

/// Where the objects of each kind are.
fn places(inventory: &Inventory) -> [(&'static str, Vec<&Location>); 15] {
    fn of<T>(objects: &[Seen<T>]) -> Vec<&Location> {
        objects.iter().map(|seen| &seen.location).collect()
    }
    [
        (record_kind::CLUSTER, of(&inventory.clusters)),
        (record_kind::SERVICE, of(&inventory.services)),
        (record_kind::TASK_SET, of(&inventory.task_sets)),
        (record_kind::TASK, of(&inventory.tasks)),
        (record_kind::TASK_DEFINITION, of(&inventory.task_definitions)),
        (record_kind::SERVICE_DEPLOYMENT, of(&inventory.service_deployments)),
        (record_kind::SERVICE_REVISION, of(&inventory.service_revisions)),
        (record_kind::DAEMON, of(&inventory.daemons)),
        (record_kind::DAEMON_REVISION, of(&inventory.daemon_revisions)),
        (record_kind::DAEMON_TASK_DEFINITION, of(&inventory.daemon_task_definitions)),
        (record_kind::REGISTRY, of(&inventory.registries)),
        (record_kind::PULL_THROUGH_CACHE_RULE, of(&inventory.pull_through_cache_rules)),
        (record_kind::REPOSITORY, of(&inventory.repositories)),
        (record_kind::IMAGE, of(&inventory.images)),
        (record_kind::MANIFEST, of(&inventory.manifests)),
    ]
}

/// The summary for people.
#[must_use]
pub fn inventory(summary: &InventorySummary, canvas: Canvas) -> String {
    let mut out = String::new();
    let taken = summary.taken_at.strftime("%Y-%m-%d %H:%M UTC");
    let places = counted(summary.scopes.len() as u64, "account and Region");
    let places = places.replace("account and Regions", "accounts and Regions");
    let _ = writeln!(out, "{}\n", canvas.bold(&format!("Taken {taken}, {places}")));
    table(&mut out, summary, canvas);
    if !summary.references.is_empty() {
        let _ = writeln!(out, "\n{}", canvas.bold("References from elsewhere"));
        let width = summary.references.keys().map(String::len).max().unwrap_or_default();
        for (source, count) in &summary.references {
            let _ = writeln!(out, "  {source:width$}  {count:>9}");
        }
    }
    if summary.gaps.is_empty() {
        let _ = writeln!(out, "\nEverything that was asked for was read.");
    } else {
        let count = summary.gaps.iter().map(|gap| gap.count).sum::<usize>();
        let _ = writeln!(out, "\n{}", canvas.yellow(&format!("Not read: {}", counted(count as u64, "part"))));
        summary.gaps.iter().for_each(|gap| tell(&mut out, gap, canvas));
    }
    out
}

/// Kinds by scope, as many scopes beside each other as fit; the last column counts them all.
fn table(out: &mut String, summary: &InventorySummary, canvas: Canvas) {
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    for (kind, count) in summary.scopes.iter().flat_map(|scope| &scope.objects) {
        *all.entry(kind).or_default() += count;
    }
    if all.is_empty() {
        let _ = writeln!(out, "Nothing was found.");
        return;
    }
    let mut columns: Vec<(&str, &BTreeMap<&str, usize>)> =
        summary.scopes.iter().map(|scope| (scope.scope.as_str(), &scope.objects)).collect();
    if summary.scopes.len() > 1 {
        columns.push(("all", &all));
    }
    let first = all.keys().map(|kind| kind.len()).max().unwrap_or_default();
    let mut rest = columns.as_slice();
    while !rest.is_empty() {
        let mut used = first;
        let fits = rest.iter().take_while(|(name, _)| {
            used += column_width(name) + 2;
            used <= canvas.width
        });
        let (block, next) = rest.split_at(fits.count().max(1));
        let heads: String =
            block.iter().map(|(name, _)| format!("  {name:>width$}", width = column_width(name))).collect();
        let _ = writeln!(out, "{}", canvas.dim(&format!("{:first$}{heads}", "")));
        for kind in all.keys() {
            let cells: String = block
                .iter()
                .map(|(name, counts)| {
                    format!("  {:>width$}", grouped(count_of(counts, kind)), width = column_width(name))
                })
                .collect();
            let _ = writeln!(out, "{kind:first$}{cells}");
        }
        rest = next;
        if !rest.is_empty() {
            out.push('\n');
        }
    }
}

fn count_of(counts: &BTreeMap<&str, usize>, kind: &str) -> usize {
    counts.get(kind).copied().unwrap_or_default()
}

fn column_width(name: &str) -> usize {
    // Room for a million.
    name.chars().count().max("1,000,000".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        inventory::{Cluster, Gap, Reference},
        model::{AccountId, Scope, Source},
    };

    fn scope(label: &str, id: &str) -> Scope {
        Scope { account: label.into(), account_id: id.parse().unwrap(), region: "eu-central-1".into() }
    }

    fn gap(source: Source, account: Option<&str>, error: &str) -> Gap {
        let account_id: Option<AccountId> = account.map(|id| id.parse().unwrap());
        let region = account.map(|_| "eu-central-1".into());
        Gap { source, account_id, region, object: None, error: error.to_owned() }
    }

    fn fleet() -> Inventory {
        let (demo, other) = (scope("demo", "000000000000"), scope("other", "111111111111"));
        let cluster = |scope: &Scope| Seen::new(scope.location(), Cluster::default());
        let reference = Reference { source: "reference.eks".to_owned(), ..Reference::default() };
        Inventory {
            taken_at: "2026-11-01T06:00:00Z".parse().unwrap(),
            clusters: vec![cluster(&demo), cluster(&demo), cluster(&other)],
            references: vec![Seen::new(demo.location(), reference)],
            gaps: vec![
                gap(Source::Lambda, Some("000000000000"), "access denied"),
                gap(Source::Lambda, Some("111111111111"), "access denied"),
                gap(Source::Reference, None, "eks.json is not there"),
                gap(Source::LifecyclePolicies, Some("000000000000"), "throttled"),
            ],
            scopes: vec![demo, other],
            ..Inventory::default()
        }
    }

    #[test]
    fn a_summary_counts_by_scope_and_groups_what_is_missing() {
        let text = inventory(&InventorySummary::of(&fleet()), Canvas { color: false, width: 80 });
        let expected = "\
Taken 2026-11-01 06:00 UTC, 2 accounts and Regions

             demo/eu-central-1  other/eu-central-1        all
ecs.cluster                  2                   1          3

References from elsewhere
  reference.eks          1

Not read: 4 parts
  · lambda (2): access denied
    in demo/eu-central-1 and other/eu-central-1
    what it may hold stays: images
  · lifecycle_policies: throttled
    in demo/eu-central-1
    it holds nothing back: it is read to warn
  · reference: eks.json is not there
    what it may hold stays: task definitions and images
";
        assert_eq!(text, expected);
    }

    #[test]
    fn many_scopes_make_several_blocks_within_the_width() {
        let mut world = fleet();
        world.scopes = (0..30).map(|number| scope(&format!("account-{number:02}"), &format!("{number:012}"))).collect();
        world.clusters = world.scopes.iter().map(|scope| Seen::new(scope.location(), Cluster::default())).collect();
        let text = inventory(&InventorySummary::of(&world), Canvas { color: false, width: 80 });
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let ones = text.lines().filter(|line| line.starts_with("ecs.cluster"));
        let sum: usize = ones.flat_map(str::split_whitespace).filter_map(|word| word.parse::<usize>().ok()).sum();
        assert_eq!(sum, 30 + 30, "each scope once, and all of them once");
    }
}
