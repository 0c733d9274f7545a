//! The oracle's part on deployments: which revisions a service may go back to, when the others ended, and which pulls and
//! copies count. Asked of one revision, one image, one deployment at a time.

use std::collections::BTreeSet;

use jettison::{
    inventory::{Image, RepositoryFilter, Seen, Service, ServiceDeployment, ServiceRevision},
    model::{Location, Source, Timestamp},
};

use super::oracle::{Oracle, Uses, last_part, place};

const OVER: [&str; 4] = ["STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "SUCCESSFUL"];

/// How a deployment names a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Source,
    Target,
    Rollback,
}

/// What the past tells of a thing: when it was last run, and whether that may have been later.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Past {
    pub(crate) at: Option<Timestamp>,
    pub(crate) is_vague: bool,
}

fn began(deployment: &ServiceDeployment) -> Option<Timestamp> {
    if deployment.created_at.is_some() { deployment.created_at } else { deployment.started_at }
}

fn roles(deployment: &ServiceDeployment, arn: &str) -> Vec<Role> {
    let mut roles = Vec::new();
    if deployment.source_service_revisions.iter().any(|one| one.arn == arn) {
        roles.push(Role::Source);
    }
    if deployment.target_service_revision.as_ref().is_some_and(|one| one.arn == arn) {
        roles.push(Role::Target);
    }
    if deployment.rollback.as_ref().is_some_and(|one| one.service_revision_arn == arn) {
        roles.push(Role::Rollback);
    }
    roles
}

impl<'a> Oracle<'a> {
    pub(crate) fn is_waived(&self, source: Source) -> bool {
        self.policy.waivers.iter().any(|one| one.source == source)
    }

    /// The deployments of a service, the oldest first.
    pub(crate) fn deployments(&self, location: &Location, service_arn: &str) -> Vec<&'a ServiceDeployment> {
        let all = self.inventory.service_deployments.iter();
        let of_service = all.filter(|seen| seen.location == *location && seen.value.service_arn == service_arn);
        let mut deployments: Vec<_> = of_service.map(|seen| &seen.value).collect();
        deployments.sort_by(|one, two| {
            began(one).cmp(&began(two)).then(one.service_deployment_arn.cmp(&two.service_deployment_arn))
        });
        deployments
    }

    /// Adds what a service holds by its revisions.
    pub(crate) fn add_revisions(&self, uses: &mut Uses, Seen { location, value: service }: &Seen<Service>) {
        let deployments = self.deployments(location, &service.service_arn);
        let mut named: Vec<&str> = service.current_service_revisions.iter().map(|one| one.arn.as_str()).collect();
        for one in &deployments {
            named.extend(one.source_service_revisions.iter().map(|one| one.arn.as_str()));
            named.extend(one.target_service_revision.iter().map(|one| one.arn.as_str()));
            named.extend(one.rollback.iter().map(|one| one.service_revision_arn.as_str()));
        }
        for arn in named {
            let is_current = service.current_service_revisions.iter().any(|one| one.arn == arn);
            let is_certain = is_current || self.may_go_back_to(&deployments, arn);
            let nothing_succeeded = deployments.iter().all(|other| other.status != "SUCCESSFUL");
            let was_source = deployments.iter().any(|one| roles(one, arn).contains(&Role::Source));
            let was_the_last = nothing_succeeded && was_source;
            if !is_certain && !was_the_last {
                continue;
            }
            let found = self.inventory.service_revisions.iter().find(|seen| seen.value.service_revision_arn == arn);
            match found {
                Some(seen) => self.add_revision(uses, location, &seen.value),
                None => uses.any_definition |= is_certain && !self.is_waived(Source::ServiceRevisions),
            }
        }
    }

    fn add_revision(&self, uses: &mut Uses, location: &Location, revision: &ServiceRevision) {
        self.add_definition(uses, location, revision.task_definition.as_deref().unwrap_or(""));
        for container in &revision.container_images {
            self.add_container(uses, container.image.as_deref(), container.image_digest.as_deref());
        }
    }

    fn may_go_back_to(&self, deployments: &[&ServiceDeployment], arn: &str) -> bool {
        deployments.iter().any(|one| {
            let roles = roles(one, arn);
            let is_outdone = deployments
                .iter()
                .any(|other| other.status == "SUCCESSFUL" && began(one).is_some() && began(other) > began(one));
            let is_moving = !roles.is_empty() && !OVER.contains(&one.status.as_str());
            let was_the_last_success = one.status == "SUCCESSFUL" && !is_outdone && roles.contains(&Role::Target);
            let was_gone_back_to = !is_outdone && roles.contains(&Role::Rollback);
            is_moving || was_the_last_success || was_gone_back_to
        })
    }

    /// When something that revisions name was last run by a deployment that is known.
    pub(crate) fn past(&self, names_it: impl Fn(&Location, &ServiceRevision) -> bool) -> Past {
        let mut past = Past::default();
        for revision in self.inventory.service_revisions.iter().filter(|seen| names_it(&seen.location, &seen.value)) {
            let arn = revision.value.service_revision_arn.as_str();
            let mut owners: Vec<_> = self
                .inventory
                .service_deployments
                .iter()
                .map(|seen| (&seen.location, &seen.value.service_arn))
                .collect();
            owners.sort();
            owners.dedup();
            for (location, service) in owners {
                let deployments = self.deployments(location, service);
                let is_there = self.inventory.services.iter().any(|seen| {
                    seen.location == *location && seen.value.service_arn == *service && seen.value.status != "INACTIVE"
                });
                for (index, one) in deployments.iter().enumerate() {
                    for role in roles(one, arn) {
                        self.walk(&mut past, &deployments[index..], role, is_there);
                    }
                }
            }
        }
        past
    }

    /// Follows deployments until one has taken over.
    fn walk(&self, past: &mut Past, from: &[&ServiceDeployment], role: Role, is_there: bool) {
        let mut last = from[0];
        let mut lasts = false;
        for (step, one) in from.iter().enumerate() {
            last = one;
            lasts |= is_there && !OVER.contains(&one.status.as_str());
            past.at = past.at.max(one.created_at).max(one.started_at).max(one.finished_at);
            let took_over = one.status == "SUCCESSFUL" && (step > 0 || role == Role::Source);
            let was_undone = step == 0 && role == Role::Target && one.status == "ROLLBACK_SUCCESSFUL";
            if took_over || was_undone {
                break;
            }
        }
        if lasts {
            past.at = past.at.max(Some(self.now));
        } else {
            past.is_vague |= last.finished_at.is_none();
        }
    }

    /// The last use of an image by a deployment.
    pub(crate) fn past_of_image(&self, seen: &Seen<Image>) -> Past {
        let image = &seen.value;
        self.past(|_, revision| {
            revision.container_images.iter().any(|container| {
                let pinned = container.image_digest.as_deref().filter(|digest| digest.starts_with("sha256:"));
                let Some(uri) = &container.image else { return pinned == Some(image.image_digest.as_str()) };
                let mut uses = Uses::default();
                let ours = self.add_image(&mut uses, uri);
                let by_name = uses.images.contains(&super::oracle::image_name(seen));
                let by_digest_of_uri = uri.ends_with(image.image_digest.as_str());
                match (ours, pinned) {
                    (None, _) => false,
                    (Some(_), None) => by_name,
                    (Some((registry, repository)), Some(pinned)) => {
                        let here = registry == place(&seen.location) && repository == image.repository_name.as_str();
                        here && (pinned == image.image_digest.as_str() || by_digest_of_uri)
                    }
                }
            })
        })
    }

    /// The last pull that is not our own read of an index.
    pub(crate) fn pulled(&self, seen: &Seen<Image>) -> Option<Timestamp> {
        let pulled = seen.value.last_recorded_pull_time?;
        let manifest = self.inventory.manifests.iter().find(|manifest| {
            manifest.location == seen.location
                && manifest.value.repository_name == seen.value.repository_name
                && manifest.value.image_digest == seen.value.image_digest
        });
        let Some(manifest) = manifest else { return Some(pulled) };
        let since_read = manifest.value.read_at.map(|read_at| pulled.as_second() - read_at.as_second());
        match since_read {
            Some(-300..=300) => manifest.value.pulled_before,
            Some(_) | None => Some(pulled),
        }
    }

    /// Where deleting an image deletes its copies: `account/region`.
    pub(crate) fn deleted_with(&self, index: usize) -> BTreeSet<String> {
        let Seen { location, value: image } = &self.inventory.images[index];
        let repository = image.repository_name.as_str();
        let rules = self.inventory.registries.iter().filter(|seen| seen.location == *location);
        let rules = rules.flat_map(|seen| &seen.value.replication_configuration.rules);
        let deleting = rules.filter(|rule| {
            let filters = &rule.repository_filters;
            let fits =
                |one: &RepositoryFilter| one.filter_type != "PREFIX_MATCH" || repository.starts_with(&one.filter);
            rule.delete_replication.as_ref().is_some_and(|it| it.enabled)
                && (filters.is_empty() || filters.iter().any(fits))
        });
        let places = deleting.flat_map(|rule| &rule.destinations);
        places.map(|there| format!("{}/{}", there.registry_id, there.region)).collect()
    }

    /// Whether deleting an image deletes a copy of which not enough is known, or which is there.
    pub(crate) fn takes_a_copy_along(&self, index: usize) -> bool {
        let image = &self.inventory.images[index].value;
        let repository = image.repository_name.as_str();
        self.deleted_with(index).iter().any(|name| {
            let (registry_id, region) = name.split_once('/').unwrap();
            let is_scanned = self.inventory.scopes.iter().any(|scope| scope.location().to_string() == *name);
            let same = |seen: &&Seen<Image>| {
                seen.location.to_string() == *name && seen.value.repository_name.as_str() == repository
            };
            let has_copy =
                self.inventory.images.iter().filter(same).any(|seen| seen.value.image_digest == image.image_digest);
            // Who uses the copy may be anywhere; only of the registry itself it matters which one was not read.
            let is_unread = self.inventory.gaps.iter().filter(|gap| !self.is_waived(gap.source)).any(|gap| {
                use Source as S;
                gap.account_id.as_ref().is_none_or(|id| id.as_str() == registry_id)
                    && gap.region.as_ref().is_none_or(|own| own.as_str() == region)
                    && gap.object.as_deref().is_none_or(|object| object.split('@').next() == Some(repository))
                    && [S::Repositories, S::Images, S::Manifests, S::Referrers, S::Archived, S::Replication]
                        .contains(&gap.source)
            });
            let has_unread_index = (0..self.inventory.images.len()).any(|other| {
                same(&&self.inventory.images[other]) && self.has_unread_index(super::oracle::Thing::Image(other))
            });
            // A trusting oracle would not block for it either, but the plan says so of copies and gaps in one word.
            !self.is_trusting && (!is_scanned || has_copy || is_unread || has_unread_index)
        })
    }

    /// Whether a service is named as one that something may start again.
    pub(crate) fn may_be_started(&self, seen: &Seen<Service>) -> bool {
        let name = format!("{}/{}", last_part(&seen.value.cluster_arn), last_part(&seen.value.service_arn));
        let mut here = self.inventory.references.iter().filter(|reference| reference.location == seen.location);
        here.any(|reference| {
            let one = &reference.value;
            let says_nothing = one.task_definition.is_none() && one.image.is_none() && one.family.is_none();
            let says_nothing = says_nothing && one.any_revision_of.is_none();
            match &one.service {
                Some(text) => *text == name || (!self.is_trusting && text.matches('/').count() != 1),
                None => says_nothing && !self.is_trusting,
            }
        })
    }
}
