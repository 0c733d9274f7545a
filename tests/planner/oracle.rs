//! What may go, decided a second time: straight from the laws, by brute force, sharing no code with the planner.
//!
//! Every object begins as one that goes. Whatever speaks against it is asked over and over, each time knowing what still
//! goes, until nothing changes. What is left is the most that the laws and the policy allow.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    inventory::{Image, Inventory, Seen, TaskDefinition, TaskSet},
    ledger::Ledger,
    model::{Digest, Family, Location, Revision, Timestamp},
    plan::Action,
    policy::Policy,
};

/// A definition: its account and Region as one text, family, revision.
pub(crate) type DefinitionName = (String, String, u32);
/// An image: its account and Region as one text, repository, digest.
pub(crate) type ImageName = (String, String, String);

/// What something says that it uses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uses {
    pub(crate) definitions: Vec<DefinitionName>,
    pub(crate) images: Vec<ImageName>,
    pub(crate) any_definition: bool,
    pub(crate) any_image: bool,
    pub(crate) anything: bool,
}

/// Who uses something: by which of the four kinds of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    Service(usize),
    TaskSet(usize),
    Definition(usize),
    Image(usize),
    /// A task, or a reference from elsewhere. They never go.
    Fixed,
}

pub(crate) struct Holder {
    pub(crate) thing: Thing,
    pub(crate) home: String,
    pub(crate) uses: Uses,
}

pub(crate) struct Oracle<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) policy: &'a Policy,
    pub(crate) ledger: &'a Ledger,
    pub(crate) now: Timestamp,
    /// Each task set with its service; one that two calls show is here once, with what the later one saw.
    pub(crate) task_sets: Vec<(usize, &'a TaskSet, &'a TaskSet)>,
    pub(crate) holders: Vec<Holder>,
    /// Takes what was not read, or is not settled, for nothing: to ask what would go but for that.
    pub(crate) is_trusting: bool,
    goes: BTreeSet<Thing>,
}

pub(crate) fn place(location: &Location) -> String {
    format!("{} {}", location.account_id, location.region)
}

pub(crate) fn last_part(text: &str) -> &str {
    text.rsplit('/').next().unwrap()
}

impl<'a> Oracle<'a> {
    pub(crate) fn new(inventory: &'a Inventory, policy: &'a Policy, ledger: &'a Ledger, now: Timestamp) -> Self {
        let mut oracle = Self {
            inventory,
            policy,
            ledger,
            now,
            task_sets: vec![],
            holders: vec![],
            is_trusting: false,
            goes: BTreeSet::new(),
        };
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

    /// One that holds nothing by what was not read.
    pub(crate) fn trusting(inventory: &'a Inventory, policy: &'a Policy, ledger: &'a Ledger, now: Timestamp) -> Self {
        let mut oracle = Self::new(inventory, policy, ledger, now);
        oracle.is_trusting = true;
        for holder in &mut oracle.holders {
            (holder.uses.any_definition, holder.uses.any_image, holder.uses.anything) = (false, false, false);
        }
        oracle
    }

    /// What may be done to what, by its address as plans write it.
    pub(crate) fn may_go(mut self) -> BTreeSet<(Action, String)> {
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
        let goes = self.goes.iter();
        goes.flat_map(|thing| self.actions(*thing).into_iter().map(|action| (action, self.address(*thing)))).collect()
    }

    /// What is done to an object that goes.
    fn actions(&self, thing: Thing) -> Vec<Action> {
        match thing {
            Thing::Service(_) => vec![Action::DeleteService],
            Thing::TaskSet(index) if self.is_empty(self.task_sets[index].1) => vec![Action::DeleteTaskSet],
            Thing::TaskSet(_) => vec![Action::ScaleTaskSet, Action::DeleteTaskSet],
            Thing::Definition(index) => self.definition_actions(&self.inventory.task_definitions[index]),
            Thing::Image(index) => self.image_action(index).into_iter().collect(),
            Thing::Fixed => unreachable!(),
        }
    }

    /// What is in use now, whatever becomes of it: `account/region resource`.
    pub(crate) fn in_use(&self) -> BTreeSet<String> {
        let inventory = self.inventory;
        let mut in_use = BTreeSet::new();
        for Seen { location, value: service } in &inventory.services {
            let deployed =
                service.deployments.iter().map(|one| one.desired_count.max(one.running_count).max(one.pending_count));
            let counts = [service.desired_count, service.running_count, service.pending_count];
            if counts.into_iter().chain(deployed).any(|count| count > 0) {
                let (cluster, name) = (last_part(&service.cluster_arn), last_part(&service.service_arn));
                in_use.insert(format!("{location} ecs/service/{cluster}/{name}"));
            }
        }
        for seen in &inventory.task_definitions {
            let name = definition_name(seen);
            if self.holders.iter().any(|holder| holder.uses.definitions.contains(&name)) {
                in_use.insert(format!("{} ecs/task-definition/{}:{}", seen.location, name.1, name.2));
            }
        }
        for (index, seen) in inventory.images.iter().enumerate() {
            let is_held = |image: usize| {
                let name = image_name(&inventory.images[image]);
                self.holders.iter().any(|holder| holder.uses.images.contains(&name) && self.holds_images(holder))
            };
            let mut above = (0..inventory.images.len()).filter(|other| self.below(*other).contains(&index));
            if is_held(index) || above.any(is_held) {
                let image = &seen.value;
                in_use.insert(format!("{} ecr/image/{}@{}", seen.location, image.repository_name, image.image_digest));
            }
        }
        in_use
    }

    /// Whether the object is of a place of the policy.
    pub(crate) fn is_ours(&self, thing: Thing) -> bool {
        self.label(self.location(thing)).is_some()
    }

    /// How many objects there are in the places of the policy.
    pub(crate) fn count(&self) -> usize {
        let places = |location: &Location| self.label(location).is_some();
        self.inventory.services.iter().filter(|seen| places(&seen.location)).count()
            + self.task_sets.iter().filter(|(owner, ..)| places(&self.inventory.services[*owner].location)).count()
            + self.inventory.task_definitions.iter().filter(|seen| places(&seen.location)).count()
            + self.inventory.images.iter().filter(|seen| places(&seen.location)).count()
    }

    pub(crate) fn location(&self, thing: Thing) -> &'a Location {
        match thing {
            Thing::Service(index) => &self.inventory.services[index].location,
            Thing::TaskSet(index) => &self.inventory.services[self.task_sets[index].0].location,
            Thing::Definition(index) => &self.inventory.task_definitions[index].location,
            Thing::Image(index) => &self.inventory.images[index].location,
            Thing::Fixed => unreachable!(),
        }
    }

    pub(crate) fn address(&self, thing: Thing) -> String {
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
    pub(crate) fn label(&self, location: &Location) -> Option<&'a str> {
        let account = self
            .policy
            .accounts
            .iter()
            .find(|account| account.id == location.account_id && account.regions.contains(&location.region))?;
        self.inventory.scopes.iter().any(|scope| scope.location() == *location).then(|| account.label.as_str())
    }

    pub(crate) fn is_needed(&self, thing: Thing) -> bool {
        let has_window = !self.policy.settings.rollback_window.is_zero();
        match thing {
            Thing::Service(index) => (0..self.task_sets.len())
                .any(|one| self.task_sets[one].0 == index && !self.goes.contains(&Thing::TaskSet(one))),
            Thing::TaskSet(_) => {
                let home = place(self.location(thing));
                self.holders.iter().any(|holder| holder.uses.anything && holder.home == home)
            }
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

    /// Whether a holder holds its images: by itself, or because something runs it. Those that go hold for the window, and with a
    /// window of zero no longer: what a service's revision pinned goes after the service.
    pub(crate) fn holds_images(&self, holder: &Holder) -> bool {
        let has_window = !self.policy.settings.rollback_window.is_zero();
        let counts = |thing: Thing| has_window || !self.goes.contains(&thing);
        let Thing::Definition(index) = holder.thing else { return counts(holder.thing) };
        let definition = &self.inventory.task_definitions[index];
        let by_itself = !["INACTIVE", "DELETE_IN_PROGRESS"].contains(&definition.value.status.as_str())
            || self.is_protected_definition(definition);
        let name = definition_name(definition);
        let runs = |user: &&Holder| user.uses.definitions.contains(&name);
        (by_itself && counts(holder.thing)) || self.holders.iter().filter(runs).any(|user| counts(user.thing))
    }

    pub(crate) fn is_held_directly(&self, index: usize) -> bool {
        let name = image_name(&self.inventory.images[index]);
        self.holders.iter().any(|holder| {
            let may_mean_it = holder.uses.any_definition || holder.uses.any_image || holder.uses.images.contains(&name);
            may_mean_it && (holder.uses.any_definition || self.holds_images(holder))
        })
    }

    /// The images that an image holds within its repository, directly.
    pub(crate) fn parts(&self, index: usize) -> Vec<usize> {
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
    pub(crate) fn below(&self, index: usize) -> BTreeSet<usize> {
        let mut below = BTreeSet::new();
        let mut more = self.parts(index);
        while let Some(part) = more.pop() {
            if below.insert(part) {
                more.extend(self.parts(part));
            }
        }
        below
    }

    pub(crate) fn image_may_go(&self, index: usize) -> bool {
        self.image_action(index).is_some()
    }

    /// What is done to an image, if anything: the most careful of what its units say.
    pub(crate) fn image_action(&self, index: usize) -> Option<Action> {
        let below: BTreeMap<usize, BTreeSet<usize>> =
            (0..self.inventory.images.len()).map(|image| (image, self.below(image))).collect();
        let holds = |above: usize, part: usize| above == part || below[&above].contains(&part);
        let is_circular = |image: usize| below[&image].contains(&image);
        let is_root = |image: usize| !below.values().any(|held| held.contains(&image));
        let images = || 0..self.inventory.images.len();
        if images().any(|circle| is_circular(circle) && holds(circle, index)) {
            return None;
        }
        let mut is_archived = false;
        for root in images().filter(|root| is_root(*root) && holds(*root, index)) {
            let unit: Vec<usize> = images().filter(|image| holds(root, *image)).collect();
            if unit.iter().any(|image| is_circular(*image)) {
                return None;
            }
            is_archived |= self.unit_action(root, &unit, &below)? == Action::ArchiveImage;
        }
        match is_archived {
            false => Some(Action::DeleteImage),
            // Nothing is left to archive.
            true if self.inventory.images[index].value.image_status.as_deref() == Some("ARCHIVED") => None,
            true => Some(Action::ArchiveImage),
        }
    }
}

/// Whether a tag says that its image is about this one.
pub(crate) fn names(tag: &str, subject: &Digest) -> bool {
    let stem = subject.as_str().replace(':', "-");
    ["", ".sig", ".att", ".sbom"].iter().any(|ending| *tag == format!("{stem}{ending}"))
}

pub(crate) fn image_name(seen: &Seen<Image>) -> ImageName {
    (place(&seen.location), seen.value.repository_name.to_string(), seen.value.image_digest.to_string())
}

pub(crate) fn definition_name(seen: &Seen<TaskDefinition>) -> DefinitionName {
    (place(&seen.location), seen.value.family.clone(), seen.value.revision)
}

pub(crate) fn tag_pairs(tags: &[jettison::inventory::Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

pub(crate) fn selects_definition(
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
