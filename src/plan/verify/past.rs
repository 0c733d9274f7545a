//! What deployments tell of the past: until when definitions and images were run.

use std::collections::HashMap;

use super::{
    families::Families,
    names::{ServiceKey, cluster, owner, place, service},
    repositories::Repositories,
    uses::is_over,
};
use crate::{
    inventory::{ContainerImage, Inventory, ServiceDeployment, ServiceRevision},
    model::{Digest, ImageRef, ImageTag, Location, TaskDefinitionRef, Timestamp},
};

/// Until when something was run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// The latest instant that is known.
    pub(super) latest: Option<Timestamp>,
    /// Whether it may have been later.
    pub(super) may_be_later: bool,
}

impl Run {
    pub(super) fn and(self, other: Self) -> Self {
        Self { latest: self.latest.max(other.latest), may_be_later: self.may_be_later || other.may_be_later }
    }
}

/// An image that was run, as a revision names it.
pub(super) struct Ran {
    pub(super) tag: Option<ImageTag>,
    pub(super) digests: [Option<Digest>; 2],
    pub(super) run: Run,
}

/// The past of definitions and images.
#[derive(Default)]
pub(super) struct Past {
    /// By the definition's place in the inventory.
    pub(super) definitions: HashMap<usize, Run>,
    /// By repository.
    pub(super) images: HashMap<usize, Vec<Ran>>,
    /// By digest, in whatever repository.
    pub(super) digests: HashMap<String, Run>,
}

impl Past {
    pub(super) fn read(
        inventory: &Inventory,
        families: &Families<'_>,
        repositories: &Repositories<'_>,
        now: Timestamp,
    ) -> Self {
        let mut past = Self::default();
        let runs = runs_of_revisions(inventory, now);
        for seen in &inventory.service_revisions {
            if let Some(run) = runs.get(seen.value.service_revision_arn.as_str()) {
                past.note(families, repositories, &seen.location, &seen.value, *run);
            }
        }
        past
    }

    fn note(
        &mut self,
        families: &Families<'_>,
        repositories: &Repositories<'_>,
        home: &Location,
        revision: &ServiceRevision,
        run: Run,
    ) {
        let named = revision.task_definition.as_deref().and_then(TaskDefinitionRef::parse);
        let definition = named.and_then(|named| {
            let there = place(named.location.as_ref().unwrap_or(home));
            families.find(there, named.family.as_str(), named.revision?.0)
        });
        if let Some(definition) = definition {
            let known = self.definitions.entry(definition).or_default();
            *known = known.and(run);
        }
        for ContainerImage { image, image_digest, .. } in &revision.container_images {
            let pinned = image_digest.as_deref().and_then(|digest| digest.parse::<Digest>().ok());
            match (image.as_deref().map(ImageRef::parse), pinned) {
                (Some(ImageRef::Ecr(image)), pinned) => {
                    let Some(at) = repositories.find((place(&image.registry), image.repository.as_str())) else {
                        continue;
                    };
                    // Once resolved, the tag tells nothing: it may have moved since.
                    let tag = if pinned.is_some() { None } else { image.tag };
                    let ran = Ran { tag, digests: [image.digest, pinned], run };
                    self.images.entry(at).or_default().push(ran);
                }
                (None, Some(digest)) => {
                    let known = self.digests.entry(digest.as_str().to_owned()).or_default();
                    *known = known.and(run);
                }
                (Some(ImageRef::Foreign | ImageRef::Unparsed), _) | (None, None) => {}
            }
        }
    }
}

/// Some deployments of a service, one after the other.
#[derive(Clone, Copy)]
struct Stretch {
    latest: Option<Timestamp>,
    /// When the last of them was over.
    ended: Option<Timestamp>,
    /// Whether one of them is not over.
    is_open: bool,
}

impl Stretch {
    fn of(one: &ServiceDeployment) -> Self {
        let latest = one.created_at.max(one.started_at).max(one.finished_at);
        Self { latest, ended: one.finished_at, is_open: !is_over(one) }
    }

    /// The same and what came after it.
    fn then(self, later: Option<Self>) -> Self {
        let Some(later) = later else { return self };
        let latest = self.latest.max(later.latest);
        Self { latest, ended: later.ended, is_open: self.is_open || later.is_open }
    }

    /// Until when it lasted. What is not over lasts until now, if its service is still there.
    fn run(self, is_there: bool, now: Timestamp) -> Run {
        if self.is_open && is_there {
            return Run { latest: Some(now), may_be_later: false };
        }
        Run { latest: self.latest, may_be_later: self.ended.is_none() }
    }
}

/// Until when revisions were run, by ARN. A revision is run until a later deployment has succeeded: one that failed replaces
/// nothing. What a deployment replaces is run until it has succeeded itself; what it brought and was rolled back ended with it.
fn runs_of_revisions(inventory: &Inventory, now: Timestamp) -> HashMap<&str, Run> {
    let mut by_service: HashMap<ServiceKey<'_>, Vec<&ServiceDeployment>> = HashMap::new();
    for seen in &inventory.service_deployments {
        by_service.entry(owner(&seen.location, &seen.value)).or_default().push(&seen.value);
    }
    if by_service.is_empty() {
        return HashMap::new();
    }
    let services = inventory.services.iter().filter(|seen| seen.value.status != "INACTIVE");
    let there: std::collections::HashSet<ServiceKey<'_>> = services
        .map(|seen| (place(&seen.location), cluster(&seen.value.cluster_arn), service(&seen.value.service_arn)))
        .collect();
    let mut runs: HashMap<&str, Run> = HashMap::new();
    for (service, mut deployments) in by_service {
        deployments
            .sort_unstable_by_key(|one| (one.created_at.or(one.started_at), one.service_deployment_arn.as_str()));
        let is_there = there.contains(&service);
        // From the newest back: what comes after, up to the next success.
        let mut until_success: Option<Stretch> = None;
        for one in deployments.into_iter().rev() {
            let alone = Stretch::of(one);
            let brought = if one.status == "ROLLBACK_SUCCESSFUL" { alone } else { alone.then(until_success) };
            let fallen_back_on = alone.then(until_success);
            let replaced = if one.status == "SUCCESSFUL" { alone } else { alone.then(until_success) };
            let mut note = |arn, stretch: Stretch| {
                let known: &mut Run = runs.entry(arn).or_default();
                *known = known.and(stretch.run(is_there, now));
            };
            one.target_service_revision.iter().for_each(|it| note(it.arn.as_str(), brought));
            one.rollback.iter().for_each(|it| note(it.service_revision_arn.as_str(), fallen_back_on));
            one.source_service_revisions.iter().for_each(|it| note(it.arn.as_str(), replaced));
            until_success = Some(replaced);
        }
    }
    runs
}
