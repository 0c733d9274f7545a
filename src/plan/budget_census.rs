//! How many objects a repository, a family or a cluster has, how many of them can be used, and how many go.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
    ops::Add,
};

use rayon::prelude::*;

use super::{Expect, Step, estate::Estate};
use crate::{
    graph::RepositoryImages,
    inventory::Seen,
    model::{AccountId, Digest, Kind, Location, Region, RepositoryName, Scope, cluster_name, service_name},
};

/// The objects of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Census {
    /// All that there are: units of images, archived ones too; revisions that AWS is not deleting; services and task sets.
    pub(super) all: u64,
    /// Those that steps concern.
    pub(super) goes: u64,
    /// Those that can be used: an image that can be pulled, an ACTIVE definition or service, a task set that is not draining.
    pub(super) usable: u64,
    /// Those of them that steps concern.
    pub(super) usable_goes: u64,
}

impl Census {
    fn count(&mut self, is_usable: bool, goes: bool) {
        self.all += 1;
        self.goes += u64::from(goes);
        self.usable += u64::from(is_usable);
        self.usable_goes += u64::from(is_usable && goes);
    }
}

impl Add for Census {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            goes: self.goes + other.goes,
            usable: self.usable + other.usable,
            usable_goes: self.usable_goes + other.usable_goes,
        }
    }
}

/// A repository, a family, or a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group<'e> {
    pub(super) scope: &'e Scope,
    container: String,
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scope { account, region, .. } = self.scope;
        write!(f, "{account}/{region}/{}", self.container)
    }
}

/// Counts the objects of a kind in the policy's scopes. `steps` are those on objects of that kind.
pub(super) fn census<'e>(estate: &'e Estate<'_>, kind: Kind, steps: &[&Step]) -> BTreeMap<Group<'e>, Census> {
    match kind {
        Kind::Service => services(estate, steps),
        Kind::TaskSet => task_sets(estate, steps),
        Kind::TaskDefinition => task_definitions(estate, steps),
        Kind::Image => images(estate, steps),
    }
}

/// An account and a Region.
type Place<'i> = (&'i AccountId, &'i Region);

const fn place(location: &Location) -> Place<'_> {
    (&location.account_id, &location.region)
}

const fn home(step: &Step) -> Place<'_> {
    (&step.target.account_id, &step.target.region)
}

/// An object: where it is, in which container, whether it can be used, and whether it goes.
struct Counted<'i> {
    location: &'i Location,
    container: &'i str,
    is_usable: bool,
    goes: bool,
}

fn tally<'e, 'i>(estate: &'e Estate<'_>, objects: impl Iterator<Item = Counted<'i>>) -> BTreeMap<Group<'e>, Census> {
    // By borrowed names first: an estate has many more objects than groups.
    let mut found: BTreeMap<(&Location, &str), Census> = BTreeMap::new();
    for Counted { location, container, is_usable, goes } in objects {
        found.entry((location, container)).or_default().count(is_usable, goes);
    }
    let group = |((location, container), census): ((&Location, &str), Census)| {
        Some((Group { scope: estate.scope(location)?, container: container.to_owned() }, census))
    };
    found.into_iter().filter_map(group).collect()
}

fn services<'e>(estate: &'e Estate<'_>, steps: &[&Step]) -> BTreeMap<Group<'e>, Census> {
    let going: HashSet<_> = steps
        .iter()
        .filter_map(|step| Some((home(step), step.target.cluster.as_ref()?, step.target.service.as_ref()?.as_str())))
        .collect();
    let services = estate.question.inventory.services.iter().filter(|seen| seen.value.status != "INACTIVE");
    let clusters: Vec<_> = services.map(|seen| (seen, cluster_name(&seen.value.cluster_arn))).collect();
    tally(
        estate,
        clusters.iter().map(|(seen, cluster)| Counted {
            location: &seen.location,
            container: cluster.as_str(),
            is_usable: seen.value.status == "ACTIVE",
            goes: going.contains(&(place(&seen.location), cluster, seen.value.service_name.as_str())),
        }),
    )
}

fn task_sets<'e>(estate: &'e Estate<'_>, steps: &[&Step]) -> BTreeMap<Group<'e>, Census> {
    let going: HashSet<_> = steps
        .iter()
        .filter_map(|step| {
            let target = &step.target;
            Some((home(step), target.cluster.as_ref()?, target.service.clone()?, target.task_set.as_ref()?.as_str()))
        })
        .collect();
    let inventory = estate.question.inventory;
    let listed =
        inventory.services.iter().flat_map(|seen| seen.value.task_sets.iter().map(|one| (&seen.location, one)));
    let described = inventory.task_sets.iter().map(|seen| (&seen.location, &seen.value));
    let mut known = BTreeSet::new();
    let all = listed.chain(described).filter(|(_, one)| known.insert(one.task_set_arn.as_str()));
    let clusters: Vec<_> = all.map(|(location, one)| (location, one, cluster_name(&one.cluster_arn))).collect();
    tally(
        estate,
        clusters.iter().map(|(location, one, cluster)| Counted {
            location,
            container: cluster.as_str(),
            is_usable: one.status != "DRAINING",
            goes: going.contains(&(place(location), cluster, service_name(&one.service_arn), one.id.as_str())),
        }),
    )
}

fn task_definitions<'e>(estate: &'e Estate<'_>, steps: &[&Step]) -> BTreeMap<Group<'e>, Census> {
    // A revision that is deregistered and deleted counts once.
    let going: HashSet<_> = steps
        .iter()
        .filter_map(|step| Some((home(step), step.target.family.as_ref()?.as_str(), step.target.revision?.0)))
        .collect();
    let definitions = estate.question.inventory.task_definitions.iter();
    let here = definitions.filter(|seen| seen.value.status != "DELETE_IN_PROGRESS");
    tally(
        estate,
        here.map(|Seen { location, value }| Counted {
            location,
            container: value.family.as_str(),
            is_usable: value.status == "ACTIVE",
            goes: going.contains(&(place(location), value.family.as_str(), value.revision)),
        }),
    )
}

/// The digests of images of one repository.
type Named<'s> = HashMap<(Place<'s>, &'s RepositoryName), HashSet<&'s Digest>>;

/// Units, by their roots: what no other image of the repository lists or is the subject of. Images in a circle have none, and
/// always stay: not to count them lets less through.
fn images<'e>(estate: &'e Estate<'_>, steps: &[&Step]) -> BTreeMap<Group<'e>, Census> {
    let going = going(steps);
    let of_repository = |repository: &RepositoryImages<'_>| {
        let scope = estate.scope(repository.registry)?;
        let going = going.get(&(place(repository.registry), repository.name));
        let mut is_part = vec![false; repository.images.len()];
        repository.ties().iter().for_each(|(_, held, _)| is_part[*held] = true);
        let mut census = Census::default();
        for (image, _) in repository.images.iter().zip(&is_part).filter(|(_, is_part)| !**is_part) {
            let is_usable = matches!(image.image_status.as_deref(), None | Some("ACTIVE"));
            census.count(is_usable, going.is_some_and(|going| going.contains(&image.image_digest)));
        }
        Some((Group { scope, container: repository.name.to_string() }, census))
    };
    estate.repositories.par_iter().filter_map(of_repository).collect()
}

/// The images of units of which any image goes.
fn going<'s>(steps: &[&'s Step]) -> Named<'s> {
    let mut going = Named::new();
    for step in steps.iter().copied() {
        let Some(repository) = &step.target.repository else { continue };
        let members = step.expect.iter().find_map(unit).unwrap_or_default();
        going.entry((home(step), repository)).or_default().extend(members.iter().chain(&step.target.digest));
    }
    going
}

fn unit(expect: &Expect) -> Option<&[Digest]> {
    if let Expect::UnitUnreferenced { members } = expect { Some(members) } else { None }
}
