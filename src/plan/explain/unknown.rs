//! An object that is not there, and what it may have been meant to be.

use std::collections::BTreeSet;

use super::{
    ask::meant,
    wanted::{Wanted, WantedObject},
};
use crate::{
    graph::Node,
    model::{ImageTag, Location, Region, RepositoryName, Resource, cluster_name, service_name, suggest, task_set_id},
    plan::Question,
};

/// How many candidates are named.
const NAMED: usize = 3;

/// Why something cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unexplained {
    /// The policy has no such account.
    #[error("the policy has no account \"{label}\"; it has {known}")]
    NoSuchAccount {
        /// The label.
        label: String,
        /// Those that there are.
        known: String,
    },
    /// The policy does not have the Region in this account.
    #[error("account \"{label}\" of the policy does not have the Region {region}; it has {known}")]
    NoSuchRegion {
        /// The label of the account.
        label: String,
        /// The Region.
        region: String,
        /// Those that there are.
        known: String,
    },
    /// The inventory does not cover the place.
    #[error(
        "the inventory does not cover {scope}, so nothing is known of what is there; record it again with this policy"
    )]
    NotCovered {
        /// `ACCOUNT/REGION`.
        scope: String,
    },
    /// There is no such object.
    #[error("there is no {wanted}{}", did_you_mean(.suggestions))]
    NoSuchObject {
        /// What was asked for.
        wanted: String,
        /// Objects with similar names.
        suggestions: Vec<String>,
    },
}

fn did_you_mean(suggestions: &[String]) -> String {
    match suggestions {
        [] => String::new(),
        [one] => format!("; did you mean {one}?"),
        several => format!("; did you mean one of these?\n  {}", several.join("\n  ")),
    }
}

/// Where an object is and what it is called.
///
/// # Errors
/// The policy does not have the place, the inventory does not cover it, or no image has the tag.
pub fn locate(question: &Question<'_>, wanted: &Wanted) -> Result<(Location, Resource), Unexplained> {
    let accounts = &question.policy.accounts;
    let label = wanted.account.to_string();
    let Some(account) = accounts.iter().find(|account| account.label == wanted.account) else {
        let known = quoted(accounts.iter().map(|account| account.label.as_str()));
        return Err(Unexplained::NoSuchAccount { label, known });
    };
    let region = wanted.region.to_string();
    if !account.regions.contains(&wanted.region) {
        let known: Vec<&str> = account.regions.iter().map(Region::as_str).collect();
        return Err(Unexplained::NoSuchRegion { label, region, known: known.join(", ") });
    }
    let location = Location { account_id: account.id.clone(), region: wanted.region.clone() };
    if !question.inventory.scopes.iter().any(|scope| scope.location() == location) {
        return Err(Unexplained::NotCovered { scope: format!("{label}/{region}") });
    }
    match meant(question.inventory, wanted, &location) {
        Some(resource) => Ok((location, resource)),
        None => Err(no_such_object(question, wanted, &location)),
    }
}

fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// The error for what the inventory does not have.
#[must_use]
pub fn no_such_object(question: &Question<'_>, wanted: &Wanted, location: &Location) -> Unexplained {
    let rest = match &wanted.object {
        WantedObject::Tagged(repository, tag) => images(question, location, repository, Some(tag.as_str()), None),
        WantedObject::Resource(Resource::Image { repository, digest }) => {
            images(question, location, repository, None, Some(digest.as_str()))
        }
        WantedObject::Short(repository, digest) => images(question, location, repository, None, Some(digest)),
        WantedObject::Resource(Resource::TaskDefinition { family, revision }) => {
            definitions(question, location, family.as_str(), revision.0)
        }
        WantedObject::Resource(Resource::Service { cluster, service }) => {
            let there = services(question, location);
            near(&format!("ecs/service/{cluster}/{service}"), &there)
        }
        WantedObject::Resource(Resource::TaskSet { cluster, service, id }) => {
            let there = task_sets(question, location);
            near(&format!("ecs/task-set/{cluster}/{service}/{id}"), &there)
        }
    };
    let place = format!("{}/{}", wanted.account, wanted.region);
    let suggestions = rest.into_iter().take(NAMED).map(|rest| format!("{place}/{rest}")).collect();
    Unexplained::NoSuchObject { wanted: wanted.to_string(), suggestions }
}

/// Those that are spelled alike, or else those in the same folder: cluster, service.
fn near(word: &str, there: &BTreeSet<String>) -> Vec<String> {
    if let Some(one) = suggest(word, there.iter().map(String::as_str)) {
        return vec![one.to_owned()];
    }
    let folder = word.rsplit_once('/').map_or("", |(folder, _)| folder);
    there.iter().filter(|one| one.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))).cloned().collect()
}

fn services(question: &Question<'_>, location: &Location) -> BTreeSet<String> {
    let here = question.inventory.services.iter().filter(|seen| seen.location == *location);
    let name = |service: &crate::inventory::Service| Resource::Service {
        cluster: cluster_name(&service.cluster_arn),
        service: service_name(&service.service_arn),
    };
    here.map(|seen| name(&seen.value).to_string()).collect()
}

fn task_sets(question: &Question<'_>, location: &Location) -> BTreeSet<String> {
    let here = question.inventory.services.iter().filter(|seen| seen.location == *location);
    let inside = here.flat_map(|seen| &seen.value.task_sets);
    let described = question.inventory.task_sets.iter().filter(|seen| seen.location == *location);
    let all = inside.chain(described.map(|seen| &seen.value));
    let name = |one: &crate::inventory::TaskSet| Resource::TaskSet {
        cluster: cluster_name(&one.cluster_arn),
        service: service_name(&one.service_arn),
        id: if one.id.is_empty() { task_set_id(&one.task_set_arn) } else { one.id.as_str().into() },
    };
    all.map(|one| name(one).to_string()).collect()
}

/// The nearest revisions of the family, or a family that is spelled alike.
fn definitions(question: &Question<'_>, location: &Location, family: &str, revision: u32) -> Vec<String> {
    let here = question.inventory.task_definitions.iter().filter(|seen| seen.location == *location);
    let names = here.filter_map(|seen| match Node::task_definition(&seen.location, &seen.value) {
        Node::TaskDefinition(key) => Some((key.family, key.revision)),
        Node::Service { .. }
        | Node::TaskSet { .. }
        | Node::Task { .. }
        | Node::External { .. }
        | Node::Tag { .. }
        | Node::Image(_) => None,
    });
    let names: BTreeSet<_> = names.collect();
    let families: BTreeSet<&str> = names.iter().map(|(family, _)| family.as_str()).collect();
    let Some(meant) = families.get(family).copied().or_else(|| suggest(family, families)) else { return Vec::new() };
    let mut revisions: Vec<_> = names.iter().filter(|(family, _)| family.as_str() == meant).collect();
    revisions.sort_by_key(|(_, one)| one.0.abs_diff(revision));
    let name = |(family, revision): &(crate::model::Family, crate::model::Revision)| {
        Resource::TaskDefinition { family: family.clone(), revision: *revision }.to_string()
    };
    revisions.into_iter().map(name).collect()
}

/// The images of the repository with a similar tag or digest, or those with the same one in a repository that is spelled alike.
fn images(
    question: &Question<'_>,
    location: &Location,
    repository: &RepositoryName,
    tag: Option<&str>,
    digest: Option<&str>,
) -> Vec<String> {
    let here = || question.inventory.images.iter().filter(|seen| seen.location == *location).map(|seen| &seen.value);
    let repositories: BTreeSet<&str> = here().map(|image| image.repository_name.as_str()).collect();
    let meant = repositories.get(repository.as_str()).copied();
    let Some(meant) = meant.or_else(|| suggest(repository.as_str(), repositories.iter().copied())) else {
        return Vec::new();
    };
    let own = || here().filter(|image| image.repository_name.as_str() == meant);
    if let Some(tag) = tag {
        let tags: BTreeSet<&str> = own().flat_map(|image| &image.image_tags).map(ImageTag::as_str).collect();
        let exact = tags.get(tag).copied().or_else(|| suggest(tag, tags.iter().copied()));
        return match exact {
            Some(tag) => vec![format!("ecr/image/{meant}:{tag}")],
            None => tags.iter().rev().take(NAMED).map(|tag| format!("ecr/image/{meant}:{tag}")).collect(),
        };
    }
    let wanted = digest.unwrap_or_default();
    let shared = |one: &str| one.bytes().zip(wanted.bytes()).take_while(|(left, right)| left == right).count();
    let mut digests: BTreeSet<_> =
        own().map(|image| (usize::MAX - shared(image.image_digest.as_str()), image.image_digest.as_str())).collect();
    let mut nearest = Vec::new();
    while let Some((_, digest)) = digests.pop_first().filter(|_| nearest.len() < NAMED) {
        nearest.push(format!("ecr/image/{meant}@{digest}"));
    }
    nearest
}
