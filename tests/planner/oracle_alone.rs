//! The oracle's second part: what speaks against an object whatever becomes of the others.

use jettison::{
    inventory::{Image, Seen, Service, Tag, Task, TaskDefinition, TaskSet},
    model::{Age, Family, Location, RepositoryName, Resource, Revision, Source, Timestamp},
    plan::Action,
    policy::{Evidence, Selector, TaskSetSelector},
};

use super::oracle::{
    Oracle, Thing, Uses, definition_name, image_name, last_part, place, selects_definition, tag_pairs,
};

impl<'a> Oracle<'a> {
    pub(crate) fn may_go_by_itself(&self, thing: Thing) -> bool {
        let location = self.location(thing);
        let Some(label) = self.label(location) else { return false };
        let is_allowed = match thing {
            Thing::Service(index) => self.service_may_go(label, &self.inventory.services[index]),
            Thing::TaskSet(index) => self.task_set_may_go(label, index),
            Thing::Definition(index) => self.definition_may_go(label, &self.inventory.task_definitions[index]),
            Thing::Image(index) => self.repository_allows(&self.inventory.images[index]),
            Thing::Fixed => false,
        };
        is_allowed && !self.may_be_hidden(thing)
    }

    /// Whether so much time has passed. No age asked for has always passed; what nothing dates has not.
    pub(crate) fn passed(&self, since: Option<Timestamp>, age: Age) -> bool {
        age.is_zero() || since.is_some_and(|since| since.as_second() + age.as_seconds() <= self.now.as_second())
    }

    /// For ten minutes after a deregistration a task may still start from the revision.
    pub(crate) fn has_settled(&self, deregistered_at: Option<Timestamp>) -> bool {
        self.is_trusting || deregistered_at.is_none_or(|at| self.now.as_second() - at.as_second() >= 600)
    }

    pub(crate) fn window_passed(&self, latest: Option<Timestamp>, seen: Option<Timestamp>) -> bool {
        let window = self.policy.settings.rollback_window;
        if self.is_observed() && seen.is_none() { window.is_zero() } else { self.passed(latest.max(seen), window) }
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.policy.settings.evidence == Evidence::Observed
    }

    pub(crate) fn has_protect_tag(&self, tags: &[Tag]) -> bool {
        tags.iter().any(|tag| tag.key == self.policy.settings.protect_tag)
    }

    pub(crate) fn service_may_go(&self, label: &str, seen_service: &Seen<Service>) -> bool {
        let Seen { location, value: service } = seen_service;
        let (cluster, name) = (last_part(&service.cluster_arn), last_part(&service.service_arn));
        let tags = tag_pairs(&service.tags);
        let (label, region, cluster_name, service_name) = (label.into(), &location.region, cluster.into(), name.into());
        let own_tasks: Vec<&Task> = self
            .inventory
            .tasks
            .iter()
            .filter(|task| task.location == *location && last_part(&task.value.cluster_arn) == cluster)
            .map(|task| &task.value)
            .filter(|task| task.group.as_deref() == Some(&format!("service:{name}")))
            .collect();
        let counts =
            service.deployments.iter().map(|one| one.desired_count.max(one.running_count).max(one.pending_count));
        let most = counts.chain([service.desired_count, service.running_count, service.pending_count]).max();
        let is_busy = most > Some(0) || own_tasks.iter().any(|task| task.last_status != "STOPPED");
        let rolled_out = self.deployments(location, &service.service_arn);
        let is_busy = is_busy
            || rolled_out.iter().any(|one| {
                !["STOPPED", "SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"].contains(&one.status.as_str())
            });
        let is_protected = self.has_protect_tag(&service.tags)
            || self.policy.protects.iter().any(|protect| {
                matches!(&protect.select, Selector::Service(select)
                    if select.matches(&label, region, &cluster_name, &service_name, &tags))
            });
        let is_ours = service.resource_management_type.as_deref().is_none_or(|kind| kind == "CUSTOMER");
        let resource = Resource::Service { cluster: cluster_name.clone(), service: service_name.clone() };
        let seen = self.ledger.last_seen(location, &resource);
        let deployed = service.deployments.iter().map(|one| one.created_at.max(one.updated_at));
        let happened = service.events.iter().map(|event| event.created_at);
        let ran = own_tasks.iter().map(|task| task.created_at.max(task.stopped_at));
        let rolled_out = rolled_out.iter().map(|one| one.created_at.max(one.started_at).max(one.finished_at));
        let latest = deployed.chain(happened).chain(ran).chain(rolled_out).max().flatten().max(service.created_at);
        let since = if self.is_observed() { seen } else { latest.max(seen) };
        let has_rule = self.policy.services.iter().any(|rule| {
            rule.select.matches(&label, region, &cluster_name, &service_name, &tags)
                && rule.terms.delete.as_ref().is_some_and(|idle_for| self.passed(since, idle_for.value))
        });
        service.status == "ACTIVE"
            && !is_busy
            && !is_protected
            && is_ours
            && has_rule
            && !self.may_be_started(seen_service)
            && self.window_passed(latest, seen)
    }

    pub(crate) fn task_set_may_go(&self, label: &str, index: usize) -> bool {
        let (owner, one, described) = self.task_sets[index];
        let Seen { location, value: service } = &self.inventory.services[owner];
        let siblings: Vec<_> = self.task_sets.iter().filter(|(other, ..)| *other == owner).collect();
        let tags_of =
            |one: &'a TaskSet, other: &'a TaskSet| if std::ptr::eq(one, other) { &one.tags } else { &other.tags };
        let selected = |select: &TaskSetSelector, tags: &[Tag]| {
            let (cluster, name) = (last_part(&service.cluster_arn).into(), last_part(&service.service_arn).into());
            select.matches(&label.into(), &location.region, &cluster, &name, &tag_pairs(tags))
        };
        let tags = tags_of(one, described);
        let controller = service.deployment_controller.as_ref().map_or("ECS", |controller| controller.kind.as_str());
        let is_free = one.status == "ACTIVE"
            && described.status == "ACTIVE"
            && service.status == "ACTIVE"
            && one.started_by.as_deref() != Some("CODE_DEPLOY")
            && ["ECS", "EXTERNAL"].contains(&controller);
        let is_protected = self.has_protect_tag(tags)
            || self.has_protect_tag(&service.tags)
            || self
                .policy
                .protects
                .iter()
                .any(|protect| matches!(&protect.select, Selector::TaskSet(select) if selected(select, tags)));
        let is_kept = self.policy.task_sets.iter().any(|rule| {
            let Some(newest) = &rule.terms.keep_newest else { return false };
            // As many as the rule keeps, or more, are surely newer.
            let newer = siblings.iter().filter(|(_, other, twin)| {
                let is_newer = (other.created_at, &other.id) > (one.created_at, &one.id);
                selected(&rule.select, tags_of(other, twin)) && other.created_at.is_some() && is_newer
            });
            selected(&rule.select, tags)
                && newest.value > 0
                && (one.created_at.is_none() || newer.count() < usize::try_from(newest.value).unwrap())
        });
        let is_empty = self.is_empty(one);
        let has_rule = self.policy.task_sets.iter().any(|rule| {
            selected(&rule.select, tags)
                && rule.terms.delete.as_ref().is_some_and(|delete| {
                    self.passed(one.created_at, delete.older_than.value) && (is_empty || delete.scale_down)
                })
        });
        let primaries = siblings.iter().filter(|(_, other, _)| other.status == "PRIMARY");
        let took_over = primaries.map(|(_, other, _)| other.created_at).max().flatten();
        let latest = one.created_at.max(one.updated_at).max(took_over);
        is_free && !is_protected && !is_kept && has_rule && self.passed(latest, self.policy.settings.rollback_window)
    }

    /// Whether ECS would delete it as it is.
    pub(crate) fn is_empty(&self, one: &TaskSet) -> bool {
        one.scale.as_ref().is_some_and(|scale| scale.value <= 0.0) && one.running_count <= 0 && one.pending_count <= 0
    }

    /// What is done to a definition that goes: both at once only where a rule asks for no time in between.
    pub(crate) fn definition_actions(
        &self,
        Seen { location, value: definition }: &Seen<TaskDefinition>,
    ) -> Vec<Action> {
        if definition.status != "ACTIVE" {
            return vec![Action::DeleteTaskDefinition];
        }
        let label = self.label(location).unwrap();
        let mut rules = self.policy.task_definitions.iter();
        let at_once = rules.any(|rule| {
            selects_definition(&rule.select, label, location, definition)
                && rule.terms.delete.as_ref().is_some_and(|age| age.value.is_zero())
        });
        let delete = at_once.then_some(Action::DeleteTaskDefinition);
        [Action::DeregisterTaskDefinition].into_iter().chain(delete).collect()
    }

    pub(crate) fn is_protected_definition(&self, Seen { location, value: definition }: &Seen<TaskDefinition>) -> bool {
        let Some(label) = self.label(location) else { return false };
        self.has_protect_tag(&definition.tags)
            || self.policy.protects.iter().any(|protect| {
                matches!(&protect.select, Selector::TaskDefinition(select)
                    if selects_definition(select, label, location, definition))
            })
    }

    pub(crate) fn definition_may_go(&self, label: &str, seen_definition: &Seen<TaskDefinition>) -> bool {
        let Seen { location, value: definition } = seen_definition;
        let rules = || {
            self.policy
                .task_definitions
                .iter()
                .filter(|rule| selects_definition(&rule.select, label, location, definition))
        };
        let is_active = definition.status == "ACTIVE";
        if !(is_active || definition.status == "INACTIVE") || self.is_protected_definition(seen_definition) {
            return false;
        }
        let family = || {
            let all = self.inventory.task_definitions.iter();
            all.filter(|other| other.location == *location && other.value.family == definition.family)
        };
        let is_kept = rules().any(|rule| {
            let newer = family().filter(|other| {
                other.value.status == "ACTIVE"
                    && other.value.revision > definition.revision
                    && selects_definition(&rule.select, label, location, &other.value)
            });
            let newer = u32::try_from(newer.count()).unwrap();
            let keep = &rule.terms.keep;
            (is_active && keep.newest.as_ref().is_some_and(|newest| newer < newest.value))
                || keep.newer_than.as_ref().is_some_and(|age| !self.passed(definition.registered_at, age.value))
        });
        let resource = Resource::TaskDefinition {
            family: Family::from(definition.family.as_str()),
            revision: Revision(definition.revision),
        };
        let seen = self.ledger.last_seen(location, &resource);
        let successor = family().filter(|other| other.value.revision > definition.revision);
        let succeeded = successor.min_by_key(|other| other.value.revision).and_then(|other| other.value.registered_at);
        let mut uses = Uses::default();
        for container in &definition.container_definitions {
            self.add_image(&mut uses, &container.image);
        }
        let images = self.inventory.images.iter().filter(|image| uses.images.contains(&image_name(image)));
        let pulled = images.map(|image| self.pulled(image)).max().flatten();
        let past = self.past(|home, revision| {
            let mut uses = Uses::default();
            self.add_definition(&mut uses, home, revision.task_definition.as_deref().unwrap_or(""));
            let in_full = revision.task_definition.as_deref().is_some_and(|text| last_part(text).contains(':'));
            in_full && uses.definitions.contains(&definition_name(seen_definition))
        });
        let latest = definition.registered_at.max(succeeded).max(pulled).max(past.at);
        let is_dated = definition.registered_at.is_some() && !past.is_vague;
        let since = match (self.is_observed(), is_dated) {
            (true, _) => seen,
            (false, true) => latest.max(seen),
            (false, false) => None,
        };
        if is_kept {
            return false;
        }
        if !is_active {
            let has_rule = rules().any(|rule| {
                rule.terms.delete.as_ref().is_some_and(|age| self.passed(definition.deregistered_at, age.value))
            });
            let lost = definition.deregistered_at.filter(|_| !past.is_vague);
            let lost = lost.and_then(|at| Some(at).max(seen).max(past.at));
            return has_rule
                && self.passed(lost, self.policy.settings.rollback_window)
                && self.has_settled(definition.deregistered_at);
        }
        let is_newest = self.newest_active(&place(location), &definition.family) == Some(definition.revision);
        let has_rule = rules().any(|rule| {
            let Some(unused_for) = &rule.terms.deregister else { return false };
            let last = rule.terms.last_revision.as_ref();
            let unused = |age: Age| self.passed(since, age);
            unused(unused_for.value) && (!is_newest || last.is_some_and(|last| unused(last.value)))
        });
        let latest = if is_dated { latest } else { None };
        has_rule
            && if is_dated { self.window_passed(latest, seen) } else { self.policy.settings.rollback_window.is_zero() }
    }

    pub(crate) fn repository_allows(&self, image: &Seen<Image>) -> bool {
        let wanted = &self.policy.settings.opt_in_tag;
        self.inventory.repositories.iter().any(|repository| {
            let tags = &repository.value.tags;
            repository.location == image.location
                && repository.value.repository_name == image.value.repository_name
                && tags.iter().any(|tag| tag.key == wanted.key && tag.value == wanted.value)
                && !self.has_protect_tag(tags)
        })
    }

    /// Whether something unread may hold it (law L2).
    pub(crate) fn may_be_hidden(&self, thing: Thing) -> bool {
        if self.is_trusting {
            return false;
        }
        let location = self.location(thing);
        let gaps =
            self.inventory.gaps.iter().filter(|gap| !self.policy.waivers.iter().any(|one| one.source == gap.source));
        let hides = |gap: &jettison::inventory::Gap| {
            let here = gap.account_id.as_ref().is_none_or(|id| *id == location.account_id)
                && gap.region.as_ref().is_none_or(|region| *region == location.region);
            use Source as S;
            match thing {
                Thing::Service(_) => {
                    here && [S::Account, S::Services, S::TaskSets, S::Codedeploy, S::ApplicationAutoscaling]
                        .contains(&gap.source)
                }
                Thing::TaskSet(_) => {
                    here && [S::Account, S::Services, S::TaskSets, S::Codedeploy].contains(&gap.source)
                }
                Thing::Definition(_) => {
                    here && ![S::Daemons, S::Lambda, S::Batch, S::ApplicationAutoscaling].contains(&gap.source)
                        && ![S::Repositories, S::Images, S::Manifests, S::Referrers, S::Archived].contains(&gap.source)
                        && ![
                            S::Replication,
                            S::RepositoryPolicies,
                            S::LifecyclePolicies,
                            S::PullThroughCache,
                            S::Config,
                        ]
                        .contains(&gap.source)
                }
                Thing::Image(index) => {
                    let repository = self.inventory.images[index].value.repository_name.as_str();
                    match gap.source {
                        S::RepositoryPolicies | S::LifecyclePolicies | S::PullThroughCache => false,
                        S::Repositories | S::Images | S::Manifests | S::Referrers | S::Archived | S::Replication => {
                            let object = gap.object.as_deref().unwrap_or(repository);
                            here && object.split('@').next() == Some(repository)
                        }
                        S::ApplicationAutoscaling => false,
                        S::Account
                        | S::Config
                        | S::Reference
                        | S::Services
                        | S::TaskSets
                        | S::Tasks
                        | S::TaskDefinitions
                        | S::ServiceDeployments
                        | S::ServiceRevisions
                        | S::Daemons
                        | S::Eventbridge
                        | S::Scheduler
                        | S::StepFunctions
                        | S::Lambda
                        | S::Batch
                        | S::Codedeploy => true,
                    }
                }
                Thing::Fixed => unreachable!(),
            }
        };
        let mut gaps = gaps;
        if gaps.any(hides) {
            return true;
        }
        let places = self.policy.accounts.iter().flat_map(|account| {
            account.regions.iter().map(|region| Location { account_id: account.id.clone(), region: region.clone() })
        });
        let mut uncovered = places.filter(|place| self.label(place).is_none());
        matches!(thing, Thing::Image(_)) && (uncovered.next().is_some() || self.has_unread_index(thing))
    }

    /// Whether an index of its repository could list anything.
    pub(crate) fn has_unread_index(&self, thing: Thing) -> bool {
        let Thing::Image(index) = thing else { return false };
        let image = &self.inventory.images[index];
        let same = |location: &Location, repository: &RepositoryName| {
            *location == image.location && *repository == image.value.repository_name
        };
        self.inventory.images.iter().any(|other| {
            let media_type = other.value.image_manifest_media_type.as_deref().unwrap_or("");
            let is_index = media_type.contains("image.index") || media_type.contains("manifest.list");
            let is_read = self.inventory.manifests.iter().any(|manifest| {
                same(&manifest.location, &manifest.value.repository_name)
                    && manifest.value.image_digest == other.value.image_digest
            });
            same(&other.location, &other.value.repository_name) && is_index && !is_read
        })
    }
}
