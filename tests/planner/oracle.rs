//! What may go, decided a second time: straight from the laws, by brute force, sharing no code with the planner.
//!
//! Every object begins as one that goes. Whatever speaks against it is asked over and over, each time knowing what still
//! goes, until nothing changes. What is left is the most that the laws and the policy allow.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    inventory::{Image, Inventory, Seen, Service, Task, TaskDefinition, TaskSet},
    ledger::Ledger,
    model::{Age, Digest, Family, Location, Patterns, Resource, Revision, Source, Timestamp},
    policy::{Evidence, ImageSelector, Policy, Selector},
};

/// A definition: its account and Region as one text, family, revision.
type DefinitionName = (String, String, u32);
/// An image: its account and Region as one text, repository, digest.
type ImageName = (String, String, String);

/// What something says that it uses.
#[derive(Debug, Clone, Default)]
struct Uses {
    definitions: Vec<DefinitionName>,
    images: Vec<ImageName>,
    any_definition: bool,
    any_image: bool,
}

/// Who uses something: by which of the four kinds of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Service(usize),
    TaskSet(usize),
    Definition(usize),
    Image(usize),
    /// A task, or a reference from elsewhere. They never go.
    Fixed,
}

struct Holder {
    thing: Thing,
    home: String,
    uses: Uses,
}

pub(crate) struct Oracle<'a> {
    inventory: &'a Inventory,
    policy: &'a Policy,
    ledger: &'a Ledger,
    now: Timestamp,
    /// Each task set with its service; one that two calls show is here once, with what the later one saw.
    task_sets: Vec<(usize, &'a TaskSet, &'a TaskSet)>,
    holders: Vec<Holder>,
    goes: BTreeSet<Thing>,
}

fn place(location: &Location) -> String {
    format!("{} {}", location.account_id, location.region)
}

fn last_part(text: &str) -> &str {
    text.rsplit('/').next().unwrap()
}

impl<'a> Oracle<'a> {
    pub(crate) fn new(inventory: &'a Inventory, policy: &'a Policy, ledger: &'a Ledger, now: Timestamp) -> Self {
        let mut oracle =
            Self { inventory, policy, ledger, now, task_sets: vec![], holders: vec![], goes: BTreeSet::new() };
        for (index, service) in inventory.services.iter().enumerate() {
            let described = |arn: &str| inventory.task_sets.iter().find(|one| one.value.task_set_arn == arn);
            for one in &service.value.task_sets {
                let other = described(&one.task_set_arn).map_or(one, |seen| &seen.value);
                oracle.task_sets.push((index, one, other));
            }
            for Seen { location, value: one } in &inventory.task_sets {
                let listed = service.value.task_sets.iter().any(|other| other.task_set_arn == one.task_set_arn);
                if !listed && *location == service.location && one.service_arn == service.value.service_arn {
                    oracle.task_sets.push((index, one, one));
                }
            }
        }
        oracle.find_holders();
        oracle
    }

    /// Addresses, as plans write them, of everything that may go.
    pub(crate) fn may_go(mut self) -> BTreeSet<String> {
        let inventory = self.inventory;
        self.goes.extend((0..inventory.services.len()).map(Thing::Service));
        self.goes.extend((0..self.task_sets.len()).map(Thing::TaskSet));
        self.goes.extend((0..inventory.task_definitions.len()).map(Thing::Definition));
        self.goes.extend((0..inventory.images.len()).map(Thing::Image));
        let everything: Vec<Thing> = self.goes.iter().copied().collect();
        // What depends on nothing else is asked once.
        let alone: Vec<Thing> = everything.iter().copied().filter(|thing| !self.may_go_by_itself(*thing)).collect();
        for thing in alone {
            self.goes.remove(&thing);
        }
        loop {
            let stays: Vec<Thing> = self.goes.iter().copied().filter(|thing| self.is_needed(*thing)).collect();
            if stays.is_empty() {
                break;
            }
            for thing in stays {
                self.goes.remove(&thing);
            }
        }
        self.goes.iter().map(|thing| self.address(*thing)).collect()
    }

    /// How many objects there are in the places of the policy.
    pub(crate) fn count(&self) -> usize {
        let places = |location: &Location| self.label(location).is_some();
        self.inventory.services.iter().filter(|seen| places(&seen.location)).count()
            + self.task_sets.iter().filter(|(owner, ..)| places(&self.inventory.services[*owner].location)).count()
            + self.inventory.task_definitions.iter().filter(|seen| places(&seen.location)).count()
            + self.inventory.images.iter().filter(|seen| places(&seen.location)).count()
    }

    fn location(&self, thing: Thing) -> &'a Location {
        match thing {
            Thing::Service(index) => &self.inventory.services[index].location,
            Thing::TaskSet(index) => &self.inventory.services[self.task_sets[index].0].location,
            Thing::Definition(index) => &self.inventory.task_definitions[index].location,
            Thing::Image(index) => &self.inventory.images[index].location,
            Thing::Fixed => unreachable!(),
        }
    }

    fn address(&self, thing: Thing) -> String {
        let location = self.location(thing);
        let label = self.label(location).unwrap();
        let resource = match thing {
            Thing::Service(index) => {
                let service = &self.inventory.services[index].value;
                format!("ecs/service/{}/{}", last_part(&service.cluster_arn), last_part(&service.service_arn))
            }
            Thing::TaskSet(index) => {
                let one = self.task_sets[index].1;
                format!("ecs/task-set/{}/{}/{}", last_part(&one.cluster_arn), last_part(&one.service_arn), one.id)
            }
            Thing::Definition(index) => {
                let definition = &self.inventory.task_definitions[index].value;
                format!("ecs/task-definition/{}:{}", definition.family, definition.revision)
            }
            Thing::Image(index) => {
                let image = &self.inventory.images[index].value;
                format!("ecr/image/{}@{}", image.repository_name, image.image_digest)
            }
            Thing::Fixed => unreachable!(),
        };
        format!("{label}/{}/{resource}", location.region)
    }

    /// The policy's label of a place, if the policy names it and the inventory covers it.
    fn label(&self, location: &Location) -> Option<&'a str> {
        let account = self
            .policy
            .accounts
            .iter()
            .find(|account| account.id == location.account_id && account.regions.contains(&location.region))?;
        self.inventory.scopes.iter().any(|scope| scope.location() == *location).then(|| account.label.as_str())
    }

    // --- who uses what -------------------------------------------------------------------------------------------

    fn find_holders(&mut self) {
        let inventory = self.inventory;
        for (index, Seen { location, value: service }) in inventory.services.iter().enumerate() {
            if service.status == "INACTIVE" {
                continue;
            }
            let mut uses = Uses::default();
            let deployed = service.deployments.iter().filter_map(|deployment| deployment.task_definition.as_deref());
            for text in service.task_definition.as_deref().into_iter().chain(deployed) {
                self.add_definition(&mut uses, location, text);
            }
            self.holders.push(Holder { thing: Thing::Service(index), home: place(location), uses });
        }
        for index in 0..self.task_sets.len() {
            let (owner, one, other) = self.task_sets[index];
            let service = &inventory.services[owner];
            let mut uses = Uses::default();
            for text in one.task_definition.iter().chain(&other.task_definition) {
                self.add_definition(&mut uses, &service.location, text);
            }
            let is_described = inventory.task_sets.iter().any(|seen| seen.value.task_set_arn == one.task_set_arn);
            if service.value.status != "INACTIVE" || is_described {
                self.holders.push(Holder { thing: Thing::TaskSet(index), home: place(&service.location), uses });
            }
        }
        for Seen { location, value: task } in &inventory.tasks {
            let mut uses = Uses::default();
            self.add_definition(&mut uses, location, task.task_definition_arn.as_deref().unwrap_or(""));
            for container in &task.containers {
                if let Some(image) = &container.image {
                    let ours = self.add_image(&mut uses, image);
                    match (container.image_digest.as_deref(), ours) {
                        (Some(digest), Some((registry, repository))) if digest.starts_with("sha256:") => {
                            uses.images.push((registry, repository, digest.to_owned()));
                        }
                        (Some(_), Some(_)) => uses.any_image = true,
                        (_, None) | (None, _) => {}
                    }
                } else if let Some(digest) = &container.image_digest {
                    uses.any_image |= !digest.starts_with("sha256:");
                    let same = inventory.images.iter().filter(|image| image.value.image_digest.as_str() == digest);
                    uses.images.extend(same.map(image_name));
                }
            }
            self.holders.push(Holder { thing: Thing::Fixed, home: place(location), uses });
        }
        for Seen { location, value: reference } in &inventory.references {
            let mut uses = Uses::default();
            for text in reference.task_definition.iter().chain(&reference.family) {
                self.add_definition(&mut uses, location, text);
            }
            if let Some(image) = &reference.image {
                self.add_image(&mut uses, image);
            }
            self.holders.push(Holder { thing: Thing::Fixed, home: place(location), uses });
        }
        for (index, Seen { location, value: definition }) in inventory.task_definitions.iter().enumerate() {
            let mut uses = Uses::default();
            for container in &definition.container_definitions {
                self.add_image(&mut uses, &container.image);
            }
            self.holders.push(Holder { thing: Thing::Definition(index), home: place(location), uses });
        }
    }

    /// `family`, `family:revision` or an ARN that ends in either.
    fn add_definition(&self, uses: &mut Uses, home: &Location, text: &str) {
        let named = || -> Option<DefinitionName> {
            let mut home = place(home);
            let mut name = text;
            if text.starts_with("arn:") {
                let parts: Vec<&str> = text.split(':').collect();
                home = format!("{} {}", parts[4], parts[3]);
                let start = text.find(":task-definition/")? + ":task-definition/".len();
                name = &text[start..];
            }
            let (family, revision) = match name.split_once(':') {
                Some((family, revision)) => (family, revision.parse().ok()?),
                None => (name, self.newest_active(&home, name)?),
            };
            Some((home, family.to_owned(), revision))
        };
        let exists = |name: &DefinitionName| {
            self.inventory.task_definitions.iter().any(|definition| definition_name(definition) == *name)
        };
        match named().filter(exists) {
            Some(name) => uses.definitions.push(name),
            None => uses.any_definition = true,
        }
    }

    fn newest_active(&self, home: &str, family: &str) -> Option<u32> {
        let all = self.inventory.task_definitions.iter();
        let of_family = all.filter(|seen| place(&seen.location) == home && seen.value.family == family);
        of_family.filter(|seen| seen.value.status == "ACTIVE").map(|seen| seen.value.revision).max()
    }

    /// Adds what an image URI names, and says of which registry and repository it is, if it is of ECR.
    fn add_image(&self, uses: &mut Uses, uri: &str) -> Option<(String, String)> {
        let (host, rest) = uri.split_once('/')?;
        let host = host.to_lowercase();
        if !host.contains(".dkr.ecr") && !host.contains(".dkr-ecr") {
            return None;
        }
        let labels: Vec<&str> = host.split('.').collect();
        let region = if labels[1].starts_with("dkr-ecr") { labels[2] } else { labels[3] };
        let (name, digest) = rest.split_once('@').map_or((rest, None), |(name, digest)| (name, Some(digest)));
        let (repository, tag) = name.split_once(':').map_or((name, None), |(name, tag)| (name, Some(tag)));
        if labels[0].len() != 12 || tag == Some("") {
            uses.any_image = true;
            return None;
        }
        let registry = format!("{} {region}", labels[0]);
        let tag = tag.or(if digest.is_none() { Some("latest") } else { None });
        for seen in &self.inventory.images {
            let image = &seen.value;
            let is_named = Some(image.image_digest.as_str()) == digest
                || tag.is_some_and(|tag| image.image_tags.iter().any(|other| other.as_str() == tag));
            if place(&seen.location) == registry && image.repository_name.as_str() == repository && is_named {
                uses.images.push(image_name(seen));
            }
        }
        Some((registry, repository.to_owned()))
    }

    // --- what speaks against it, whatever becomes of the others --------------------------------------------------

    fn may_go_by_itself(&self, thing: Thing) -> bool {
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
    fn passed(&self, since: Option<Timestamp>, age: Age) -> bool {
        age.is_zero() || since.is_some_and(|since| since.as_second() + age.as_seconds() <= self.now.as_second())
    }

    fn window_passed(&self, latest: Option<Timestamp>, seen: Option<Timestamp>) -> bool {
        let window = self.policy.settings.rollback_window;
        if self.is_observed() && seen.is_none() { window.is_zero() } else { self.passed(latest.max(seen), window) }
    }

    fn is_observed(&self) -> bool {
        self.policy.settings.evidence == Evidence::Observed
    }

    fn has_protect_tag(&self, tags: &[jettison::inventory::Tag]) -> bool {
        tags.iter().any(|tag| tag.key == self.policy.settings.protect_tag)
    }

    fn service_may_go(&self, label: &str, Seen { location, value: service }: &Seen<Service>) -> bool {
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
        let latest = deployed.chain(happened).chain(ran).max().flatten().max(service.created_at);
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
            && self.window_passed(latest, seen)
    }

    fn task_set_may_go(&self, label: &str, index: usize) -> bool {
        let (owner, one, described) = self.task_sets[index];
        let Seen { location, value: service } = &self.inventory.services[owner];
        let siblings: Vec<_> = self.task_sets.iter().filter(|(other, ..)| *other == owner).collect();
        let tags_of =
            |one: &'a TaskSet, other: &'a TaskSet| if std::ptr::eq(one, other) { &one.tags } else { &other.tags };
        let selected = |select: &jettison::policy::TaskSetSelector, tags: &[jettison::inventory::Tag]| {
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
        let is_empty = one.scale.as_ref().is_some_and(|scale| scale.value <= 0.0)
            && one.running_count <= 0
            && one.pending_count <= 0;
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

    fn is_protected_definition(&self, Seen { location, value: definition }: &Seen<TaskDefinition>) -> bool {
        let Some(label) = self.label(location) else { return false };
        self.has_protect_tag(&definition.tags)
            || self.policy.protects.iter().any(|protect| {
                matches!(&protect.select, Selector::TaskDefinition(select)
                    if selects_definition(select, label, location, definition))
            })
    }

    fn definition_may_go(&self, label: &str, seen_definition: &Seen<TaskDefinition>) -> bool {
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
        let pulled = images.map(|image| image.value.last_recorded_pull_time).max().flatten();
        let latest = definition.registered_at.max(succeeded).max(pulled);
        let is_dated = definition.registered_at.is_some();
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
            // What else is known of its use counts where it is known well.
            let known = is_dated && (seen.is_some() || !self.is_observed());
            let last = if known { latest.max(seen) } else { None };
            let lost = definition.deregistered_at.map(|at| last.map_or(at, |last| last.max(at)));
            return has_rule && self.passed(lost, self.policy.settings.rollback_window);
        }
        let is_newest = self.newest_active(&place(location), &definition.family) == Some(definition.revision);
        let has_rule = rules().any(|rule| {
            let Some(unused_for) = &rule.terms.deregister else { return false };
            let last = rule.terms.last_revision.as_ref();
            self.passed(since, unused_for.value)
                && (!is_newest || last.is_some_and(|last| self.passed(since, last.value)))
        });
        let latest = if is_dated { latest } else { None };
        has_rule
            && if is_dated { self.window_passed(latest, seen) } else { self.policy.settings.rollback_window.is_zero() }
    }

    fn repository_allows(&self, image: &Seen<Image>) -> bool {
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
    fn may_be_hidden(&self, thing: Thing) -> bool {
        let location = self.location(thing);
        let gaps =
            self.inventory.gaps.iter().filter(|gap| !self.policy.waivers.iter().any(|one| one.source == gap.source));
        let hides = |gap: &jettison::inventory::Gap| {
            let here = gap.account_id.as_ref().is_none_or(|id| *id == location.account_id)
                && gap.region.as_ref().is_none_or(|region| *region == location.region);
            use Source as S;
            match thing {
                Thing::Service(_) => {
                    here && [S::Services, S::TaskSets, S::Codedeploy, S::ApplicationAutoscaling].contains(&gap.source)
                }
                Thing::TaskSet(_) => here && [S::Services, S::TaskSets, S::Codedeploy].contains(&gap.source),
                Thing::Definition(_) => {
                    here && ![S::Daemons, S::Lambda, S::Batch, S::ApplicationAutoscaling].contains(&gap.source)
                        && ![S::Repositories, S::Images, S::Manifests, S::Referrers, S::Archived].contains(&gap.source)
                }
                Thing::Image(index) => {
                    let repository = self.inventory.images[index].value.repository_name.as_str();
                    match gap.source {
                        S::Repositories | S::Images | S::Manifests | S::Referrers | S::Archived => {
                            let object = gap.object.as_deref().unwrap_or(repository);
                            here && object.split('@').next() == Some(repository)
                        }
                        S::ApplicationAutoscaling => false,
                        S::Services
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
    fn has_unread_index(&self, thing: Thing) -> bool {
        let Thing::Image(index) = thing else { return false };
        let image = &self.inventory.images[index];
        let same = |location: &Location, repository: &jettison::model::RepositoryName| {
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

    // --- what speaks against it, given what still goes -----------------------------------------------------------

    fn is_needed(&self, thing: Thing) -> bool {
        let has_window = !self.policy.settings.rollback_window.is_zero();
        match thing {
            Thing::Service(index) => (0..self.task_sets.len())
                .any(|one| self.task_sets[one].0 == index && !self.goes.contains(&Thing::TaskSet(one))),
            Thing::TaskSet(_) => false,
            Thing::Definition(index) => {
                let name = definition_name(&self.inventory.task_definitions[index]);
                let mut users = self.holders.iter().filter(|holder| holder.uses.definitions.contains(&name));
                let may_mean_it = self.holders.iter().any(|holder| holder.uses.any_definition && holder.home == name.0);
                may_mean_it || users.any(|holder| has_window || !self.goes.contains(&holder.thing))
            }
            Thing::Image(index) => !self.image_may_go(index),
            Thing::Fixed => true,
        }
    }

    /// Whether a holder holds its images: by itself, or because something runs it. Those that go hold for the window.
    fn holds_images(&self, holder: &Holder) -> bool {
        let has_window = !self.policy.settings.rollback_window.is_zero();
        let counts = |thing: Thing| has_window || !self.goes.contains(&thing);
        let Thing::Definition(index) = holder.thing else { return true };
        let definition = &self.inventory.task_definitions[index];
        let by_itself = !["INACTIVE", "DELETE_IN_PROGRESS"].contains(&definition.value.status.as_str())
            || self.is_protected_definition(definition);
        let name = definition_name(definition);
        let runs = |user: &&Holder| user.uses.definitions.contains(&name);
        (by_itself && counts(holder.thing)) || self.holders.iter().filter(runs).any(|user| counts(user.thing))
    }

    fn is_held_directly(&self, index: usize) -> bool {
        let name = image_name(&self.inventory.images[index]);
        self.holders.iter().any(|holder| {
            let may_mean_it = holder.uses.any_definition || holder.uses.any_image || holder.uses.images.contains(&name);
            may_mean_it && (holder.uses.any_definition || self.holds_images(holder))
        })
    }

    /// The images that an image holds within its repository, directly.
    fn parts(&self, index: usize) -> Vec<usize> {
        let Seen { location, value: image } = &self.inventory.images[index];
        let is_here =
            |other: &Seen<Image>| other.location == *location && other.value.repository_name == image.repository_name;
        let children: Vec<&Digest> = self
            .inventory
            .manifests
            .iter()
            .filter(|manifest| {
                manifest.location == *location && manifest.value.repository_name == image.repository_name
            })
            .filter(|manifest| manifest.value.image_digest == image.image_digest)
            .flat_map(|manifest| &manifest.value.children)
            .collect();
        let is_part = |other: &Image| {
            children.contains(&&other.image_digest)
                || other.subject_manifest_digest.as_ref() == Some(&image.image_digest)
                || other.image_tags.iter().any(|tag| names(tag.as_str(), &image.image_digest))
        };
        let all = self.inventory.images.iter().enumerate();
        let parts = all.filter(|(other, seen)| *other != index && is_here(seen) && is_part(&seen.value));
        parts.map(|(other, _)| other).collect()
    }

    /// Everything that an image holds, directly or not. The image itself is in it only if it holds itself.
    fn below(&self, index: usize) -> BTreeSet<usize> {
        let mut below = BTreeSet::new();
        let mut more = self.parts(index);
        while let Some(part) = more.pop() {
            if below.insert(part) {
                more.extend(self.parts(part));
            }
        }
        below
    }

    fn image_may_go(&self, index: usize) -> bool {
        let below: BTreeMap<usize, BTreeSet<usize>> =
            (0..self.inventory.images.len()).map(|image| (image, self.below(image))).collect();
        let holds = |above: usize, part: usize| above == part || below[&above].contains(&part);
        let is_circular = |image: usize| below[&image].contains(&image);
        let is_root = |image: usize| !below.values().any(|held| held.contains(&image));
        let images = || 0..self.inventory.images.len();
        if images().any(|circle| is_circular(circle) && holds(circle, index)) {
            return false;
        }
        // Every unit that it belongs to must be one that may go.
        images().filter(|root| is_root(*root) && holds(*root, index)).all(|root| {
            let unit: Vec<usize> = images().filter(|image| holds(root, *image)).collect();
            !unit.iter().any(|image| is_circular(*image)) && self.unit_may_go(root, &unit, &below)
        })
    }

    /// The tags of a unit, without those that only name another image of it.
    fn given_tags(&self, unit: &[usize]) -> Vec<&'a str> {
        let image = |index: usize| &self.inventory.images[index].value;
        let mut tags = Vec::new();
        for own in unit {
            for tag in &image(*own).image_tags {
                let names_other =
                    unit.iter().any(|other| other != own && names(tag.as_str(), &image(*other).image_digest));
                if !names_other {
                    tags.push(tag.as_str());
                }
            }
        }
        tags
    }

    fn unit_may_go(&self, root: usize, unit: &[usize], below: &BTreeMap<usize, BTreeSet<usize>>) -> bool {
        let first = &self.inventory.images[root];
        let location = &first.location;
        let repository = &first.value.repository_name;
        let Some(label) = self.label(location) else { return false };
        let images: Vec<&Image> = unit.iter().map(|index| &self.inventory.images[*index].value).collect();
        let tags = self.given_tags(unit);
        let here = |select: &ImageSelector| select.repository_matches(&label.into(), &location.region, repository);
        let covered = |select: &ImageSelector, tag: &str| match (&select.tags, select.untagged) {
            (Some(patterns), _) => patterns.matches(tag),
            (None, untagged) => untagged != Some(true),
        };
        let selects = |select: &ImageSelector, tags: &[&str]| {
            here(select)
                && (tags.iter().any(|tag| covered(select, tag)) || (tags.is_empty() && select.untagged != Some(false)))
        };
        let odd = |image: &&Image| !matches!(image.image_status.as_deref(), None | Some("ACTIVE" | "ARCHIVED"));
        let is_protected = self.policy.protects.iter().any(|protect| {
            let Selector::Image(select) = &protect.select else { return false };
            let mut every_tag = images.iter().flat_map(|image| &image.image_tags);
            selects(select, &tags) || (here(select) && every_tag.any(|tag| covered(select, tag.as_str())))
        });
        if images.iter().any(odd) || is_protected || unit.iter().any(|image| self.is_held_directly(*image)) {
            return false;
        }
        let pushed = |image: &&Image| image.image_pushed_at;
        let is_root = |image: usize| !below.values().any(|held| held.contains(&image));
        let is_kept = self.policy.images.iter().filter(|rule| selects(&rule.select, &tags)).any(|rule| {
            let keep = &rule.terms.keep;
            let is_newest = keep.newest.as_ref().is_some_and(|newest| {
                let newer = (0..self.inventory.images.len()).filter(|other| {
                    let seen = &self.inventory.images[*other];
                    let is_newer = seen.value.image_pushed_at.is_some()
                        && (seen.value.image_pushed_at, &seen.value.image_digest)
                            > (first.value.image_pushed_at, &first.value.image_digest);
                    let same_repository = seen.location == *location && seen.value.repository_name == *repository;
                    same_repository && is_newer && is_root(*other) && {
                        let held = |image: &usize| image == other || below[other].contains(image);
                        let unit: Vec<usize> = (0..self.inventory.images.len()).filter(held).collect();
                        let is_circular = unit.iter().any(|image| below[image].contains(image));
                        !is_circular && selects(&rule.select, &self.given_tags(&unit))
                    }
                });
                newest.value > 0
                    && (first.value.image_pushed_at.is_none() || newer.count() < usize::try_from(newest.value).unwrap())
            });
            let kept_tag = |patterns: &Patterns| tags.iter().any(|tag| patterns.matches(tag));
            let last_pushed = if images.iter().all(|image| pushed(image).is_some()) {
                images.iter().map(pushed).max().flatten()
            } else {
                None
            };
            let last_pulled = images.iter().filter_map(|image| image.last_recorded_pull_time).max();
            is_newest
                || keep.tags.as_ref().is_some_and(|said| kept_tag(&said.value))
                || keep.pushed_within.as_ref().is_some_and(|said| !self.passed(last_pushed, said.value))
                || keep
                    .pulled_within
                    .as_ref()
                    .is_some_and(|said| last_pulled.is_some_and(|at| !self.passed(Some(at), said.value)))
        });
        if is_kept {
            return false;
        }
        let (since, latest) = self.unit_last_use(unit);
        let retiring = |rule: &&jettison::policy::Rule<ImageSelector, jettison::policy::ImageTerms>| {
            rule.terms.delete.as_ref().is_some_and(|age| self.passed(since, age.value)) && selects(&rule.select, &tags)
        };
        let rules: Vec<_> = self.policy.images.iter().filter(retiring).collect();
        let every_tag_has_a_rule = tags.iter().all(|tag| rules.iter().any(|rule| covered(&rule.select, tag)));
        !rules.is_empty() && every_tag_has_a_rule && self.passed(latest, self.policy.settings.rollback_window)
    }

    /// The last use of a unit as the policy counts it, and as the window does.
    fn unit_last_use(&self, unit: &[usize]) -> (Option<Timestamp>, Option<Timestamp>) {
        let (mut seen, mut latest, mut is_dated) = (None, None, true);
        for index in unit {
            let Seen { location, value: image } = &self.inventory.images[*index];
            let resource =
                Resource::Image { repository: image.repository_name.clone(), digest: image.image_digest.clone() };
            seen = self.ledger.last_seen(location, &resource).max(seen);
            latest = latest.max(image.image_pushed_at).max(image.last_recorded_pull_time).max(image.last_activated_at);
            is_dated &= image.image_pushed_at.is_some();
            let name = image_name(&self.inventory.images[*index]);
            for holder in &self.holders {
                let Thing::Definition(definition) = holder.thing else { continue };
                let definition = &self.inventory.task_definitions[definition].value;
                if holder.uses.images.contains(&name) && definition.status != "ACTIVE" {
                    let ended = definition.deregistered_at.max(definition.delete_requested_at);
                    latest = latest.max(ended);
                    is_dated &= ended.is_some();
                }
            }
        }
        match (is_dated, self.is_observed()) {
            (true, true) => (seen, seen.and(latest.max(seen))),
            (true, false) => (latest.max(seen), latest.max(seen)),
            (false, true) => (seen, None),
            (false, false) => (None, None),
        }
    }
}

/// Whether a tag says that its image is about this one.
fn names(tag: &str, subject: &Digest) -> bool {
    let stem = subject.as_str().replace(':', "-");
    ["", ".sig", ".att", ".sbom"].iter().any(|ending| *tag == format!("{stem}{ending}"))
}

fn image_name(seen: &Seen<Image>) -> ImageName {
    (place(&seen.location), seen.value.repository_name.to_string(), seen.value.image_digest.to_string())
}

fn definition_name(seen: &Seen<TaskDefinition>) -> DefinitionName {
    (place(&seen.location), seen.value.family.clone(), seen.value.revision)
}

fn tag_pairs(tags: &[jettison::inventory::Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

fn selects_definition(
    select: &jettison::policy::TaskDefinitionSelector,
    label: &str,
    location: &Location,
    definition: &TaskDefinition,
) -> bool {
    let family = Family::from(definition.family.as_str());
    let has_secrets = !definition.plaintext_secrets.is_empty();
    let tags = tag_pairs(&definition.tags);
    select.matches(&label.into(), &location.region, &family, Revision(definition.revision), &tags, has_secrets)
}
