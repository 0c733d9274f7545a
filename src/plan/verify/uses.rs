//! Who uses what, read off the inventory: one pass over everything that holds.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::{
    families::Families,
    names::{Place, ServiceKey, TaskSetKey, cluster, owner, place, service, task_set},
    repositories::Repositories,
};
use crate::{
    inventory::{Inventory, Reference, Seen, Service, ServiceDeployment, ServiceRevision},
    model::{Digest, ImageRef, ImageTag, Location, Source, TaskDefinitionRef},
};

/// Who uses something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum User<'a> {
    Service(ServiceKey<'a>),
    TaskSet(TaskSetKey<'a>),
    /// By its place in the inventory.
    Definition(usize),
    /// A task, a daemon or a reference from elsewhere: no plan retires it.
    Fixed(&'a str),
}

/// An image that somebody names, within a repository.
pub(super) struct Naming<'a> {
    pub(super) user: User<'a>,
    pub(super) tag: Option<ImageTag>,
    pub(super) digests: [Option<Digest>; 2],
}

/// What a use that cannot be followed may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Any {
    /// Any definition of its home, and so any image.
    Definition,
    Image,
    /// Any service of its home.
    Service,
    /// Anything of its home, and any image.
    Thing,
}

/// A use that cannot be followed.
pub(super) struct Vague<'a> {
    pub(super) user: User<'a>,
    pub(super) home: Place<'a>,
    pub(super) may_be: Any,
}

/// What is read off a definition's containers.
enum Told<'a> {
    Names(usize, Naming<'a>),
    Vague(Vague<'a>),
}

/// Everything that is used.
#[derive(Default)]
pub(super) struct Uses<'a> {
    /// Who runs a definition, by the definition's place in the inventory.
    pub(super) runs: HashMap<usize, Vec<User<'a>>>,
    /// Services that something may start again.
    pub(super) starts: HashSet<ServiceKey<'a>>,
    /// By repository.
    pub(super) names: HashMap<usize, Vec<Naming<'a>>>,
    /// Digests that are used in whatever repository.
    pub(super) pins: HashMap<String, Vec<User<'a>>>,
    pub(super) vague: Vec<Vague<'a>>,
}

/// What reading uses needs.
pub(super) struct Reader<'r, 'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) families: &'r Families<'a>,
    pub(super) repositories: &'r Repositories<'a>,
    /// The repositories of which images go.
    pub(super) touched: &'r HashSet<usize>,
    /// The definitions that go, by their places in the inventory.
    pub(super) going: &'r HashSet<usize>,
    pub(super) waived: &'r (dyn Fn(Source) -> bool + Sync),
    uses: Uses<'a>,
}

impl<'r, 'a> Reader<'r, 'a> {
    pub(super) fn new(
        inventory: &'a Inventory,
        (families, repositories): (&'r Families<'a>, &'r Repositories<'a>),
        (touched, going): (&'r HashSet<usize>, &'r HashSet<usize>),
        waived: &'r (dyn Fn(Source) -> bool + Sync),
    ) -> Self {
        Self { inventory, families, repositories, touched, going, waived, uses: Uses::default() }
    }

    /// Reads everything that holds.
    pub(super) fn read(mut self) -> Uses<'a> {
        self.read_services();
        for seen in &self.inventory.task_sets {
            self.runs_if_said(
                User::TaskSet(task_set(&seen.location, &seen.value)),
                &seen.location,
                seen.value.task_definition.as_deref(),
            );
        }
        for seen in &self.inventory.tasks {
            let user = User::Fixed(&seen.value.task_arn);
            // A task that does not say what it runs may run anything.
            self.runs(user, &seen.location, seen.value.task_definition_arn.as_deref().unwrap_or_default());
            for one in &seen.value.containers {
                self.names_container(user, &seen.location, one.image.as_deref(), one.image_digest.as_deref());
            }
        }
        self.read_daemons();
        for seen in &self.inventory.references {
            self.read_reference(&seen.location, &seen.value);
        }
        self.read_definitions();
        self.uses
    }

    fn read_services(&mut self) {
        let mut deployments: HashMap<ServiceKey<'a>, Vec<&'a ServiceDeployment>> = HashMap::new();
        for seen in &self.inventory.service_deployments {
            deployments.entry(owner(&seen.location, &seen.value)).or_default().push(&seen.value);
        }
        let revisions = self.inventory.service_revisions.iter();
        let revisions: HashMap<&str, &'a ServiceRevision> =
            revisions.map(|seen| (seen.value.service_revision_arn.as_str(), &seen.value)).collect();
        for Seen { location, value } in &self.inventory.services {
            // An INACTIVE service is deleted, and shown for a while.
            if value.status == "INACTIVE" {
                continue;
            }
            let key = (place(location), cluster(&value.cluster_arn), service(&value.service_arn));
            let user = User::Service(key);
            self.runs_if_said(user, location, value.task_definition.as_deref());
            for deployment in &value.deployments {
                self.runs_if_said(user, location, deployment.task_definition.as_deref());
            }
            for one in &value.task_sets {
                self.runs_if_said(User::TaskSet(task_set(location, one)), location, one.task_definition.as_deref());
            }
            let deployments = deployments.get(&key).map_or(&[][..], Vec::as_slice);
            for (arn, is_certain) in may_go_back_to(value, deployments) {
                match revisions.get(arn) {
                    Some(revision) => self.read_revision(user, location, revision),
                    None if is_certain && !(self.waived)(Source::ServiceRevisions) => {
                        self.is_vague(user, location, Any::Definition);
                    }
                    None => {}
                }
            }
        }
    }

    fn read_revision(&mut self, user: User<'a>, home: &'a Location, revision: &'a ServiceRevision) {
        // A revision that does not say what it runs may run anything.
        self.runs(user, home, revision.task_definition.as_deref().unwrap_or_default());
        for one in &revision.container_images {
            self.names_container(user, home, one.image.as_deref(), one.image_digest.as_deref());
        }
    }

    fn read_daemons(&mut self) {
        let inventory = self.inventory;
        let revisions: HashSet<&str> =
            inventory.daemon_revisions.iter().map(|seen| seen.value.daemon_revision_arn.as_str()).collect();
        let definitions = inventory.daemon_task_definitions.iter();
        let definitions: HashSet<&str> =
            definitions.map(|seen| seen.value.daemon_task_definition_arn.as_str()).collect();
        let is_read = !(self.waived)(Source::Daemons);
        for Seen { location, value } in &inventory.daemons {
            if is_read && value.current_revisions.iter().any(|one| !revisions.contains(one.arn.as_str())) {
                self.is_vague(User::Fixed(&value.daemon_arn), location, Any::Image);
            }
        }
        for Seen { location, value } in &inventory.daemon_revisions {
            let user = User::Fixed(&value.daemon_revision_arn);
            for one in &value.container_images {
                self.names_container(user, location, one.image.as_deref(), one.image_digest.as_deref());
            }
            let is_known = definitions.contains(value.daemon_task_definition_arn.as_deref().unwrap_or_default());
            if is_read && value.container_images.is_empty() && !is_known {
                self.is_vague(user, location, Any::Image);
            }
        }
        for Seen { location, value } in
            inventory.daemon_task_definitions.iter().filter(|seen| seen.value.status != "DELETED")
        {
            for one in &value.container_definitions {
                self.names_image(User::Fixed(&value.daemon_task_definition_arn), location, &one.image, None);
            }
        }
    }

    fn read_reference(&mut self, home: &'a Location, reference: &'a Reference) {
        let user = User::Fixed(&reference.holder);
        let Reference { task_definition, image, family, any_revision_of, service, .. } = reference;
        // What AWS itself names may be gone; a list that somebody keeps may misspell what it means.
        let is_of_aws = reference.source.parse::<Source>().is_ok();
        for text in task_definition.iter().chain(family) {
            if !(is_of_aws && self.leads_nowhere(home, text)) {
                self.runs(user, home, text);
            }
        }
        if let Some(image) = image {
            self.names_image(user, home, image, None);
        }
        if let Some(text) = any_revision_of {
            self.runs_any_revision(user, home, text);
        }
        match service.as_deref().map(|text| (text, text.split_once('/'))) {
            Some((_, Some((cluster, name)))) if !cluster.is_empty() && !name.is_empty() && !name.contains('/') => {
                self.uses.starts.insert((place(home), cluster, name));
            }
            Some(_) => self.is_vague(user, home, Any::Service),
            None if task_definition.is_none() && image.is_none() && family.is_none() && any_revision_of.is_none() => {
                self.is_vague(user, home, Any::Thing);
            }
            None => {}
        }
    }

    /// Whether a text names a definition that is not there, in a place of which all definitions were read.
    fn leads_nowhere(&self, home: &Location, text: &str) -> bool {
        let Some(named) = TaskDefinitionRef::parse(text) else { return false };
        let there = named.location.as_ref().unwrap_or(home);
        let hides = |gap: &crate::inventory::Gap| {
            matches!(gap.source, Source::TaskDefinitions | Source::Account)
                && gap.account_id.as_ref().is_none_or(|account_id| *account_id == there.account_id)
                && gap.region.as_ref().is_none_or(|region| *region == there.region)
        };
        let is_asked = self
            .inventory
            .scopes
            .iter()
            .any(|scope| scope.account_id == there.account_id && scope.region == there.region);
        is_asked && !self.inventory.gaps.iter().any(hides) && self.find(home, &named).is_none()
    }

    fn find(&self, home: &Location, named: &TaskDefinitionRef) -> Option<usize> {
        let there = place(named.location.as_ref().unwrap_or(home));
        let family = named.family.as_str();
        let newest = || self.families.family(there, family)?.newest_active;
        self.families.find(there, family, named.revision.map(|revision| revision.0).or_else(newest)?)
    }

    fn runs_if_said(&mut self, user: User<'a>, home: &'a Location, text: Option<&str>) {
        if let Some(text) = text {
            self.runs(user, home, text);
        }
    }

    fn runs(&mut self, user: User<'a>, home: &'a Location, text: &str) {
        let found = TaskDefinitionRef::parse(text).and_then(|named| self.find(home, &named));
        match found {
            Some(definition) => self.uses.runs.entry(definition).or_default().push(user),
            // A definition that is named and was not read may name any image.
            None => self.is_vague(user, home, Any::Definition),
        }
    }

    fn runs_any_revision(&mut self, user: User<'a>, home: &'a Location, text: &str) {
        let Some(named) = TaskDefinitionRef::parse(text) else {
            self.is_vague(user, home, Any::Definition);
            return;
        };
        let there = named.location.as_ref().unwrap_or(home);
        let mut asked = self.inventory.scopes.iter();
        if !asked.any(|scope| scope.account_id == there.account_id && scope.region == there.region) {
            self.is_vague(user, home, Any::Definition);
        }
        let family = self.families.family(place(there), named.family.as_str());
        for (_, definition) in family.map_or(&[][..], |family| family.revisions.as_slice()) {
            self.uses.runs.entry(*definition).or_default().push(user);
        }
    }

    fn names_container(&mut self, user: User<'a>, home: &'a Location, image: Option<&str>, digest: Option<&str>) {
        match (image, digest) {
            (Some(image), digest) => self.names_image(user, home, image, digest),
            (None, Some(digest)) if digest.parse::<Digest>().is_ok() => {
                self.uses.pins.entry(digest.to_owned()).or_default().push(user);
            }
            (None, Some(_)) => self.is_vague(user, home, Any::Image),
            (None, None) => {}
        }
    }

    fn names_image(&mut self, user: User<'a>, home: &'a Location, uri: &str, digest: Option<&str>) {
        let (told, is_broken) = self.image(user, home, uri, digest);
        if let Some(told) = told {
            self.note(told);
        }
        if is_broken {
            self.is_vague(user, home, Any::Image);
        }
    }

    fn note(&mut self, told: Told<'a>) {
        match told {
            Told::Names(repository, naming) => self.uses.names.entry(repository).or_default().push(naming),
            Told::Vague(vague) => self.uses.vague.push(vague),
        }
    }

    /// What an image URI with the digest that it was resolved to says, and whether that digest is none.
    fn image(&self, user: User<'a>, home: &'a Location, uri: &str, digest: Option<&str>) -> (Option<Told<'a>>, bool) {
        let image = match ImageRef::parse(uri) {
            ImageRef::Foreign => return (None, false),
            ImageRef::Unparsed => {
                return (Some(Told::Vague(Vague { user, home: place(home), may_be: Any::Image })), false);
            }
            ImageRef::Ecr(image) => image,
        };
        let pinned = digest.map(str::parse::<Digest>);
        let is_broken = matches!(pinned, Some(Err(_)));
        let told = self.repositories.find((place(&image.registry), image.repository.as_str())).filter(|repository| {
            let is_going = matches!(user, User::Definition(definition) if self.going.contains(&definition));
            is_going || self.touched.contains(repository)
        });
        let pinned = pinned.and_then(Result::ok);
        let naming = Naming { user, tag: image.tag, digests: [image.digest, pinned] };
        (told.map(|repository| Told::Names(repository, naming)), is_broken)
    }

    fn read_definitions(&mut self) {
        let reader = &*self;
        let all = reader.inventory.task_definitions.par_iter().enumerate();
        let told = all.flat_map_iter(|(at, seen)| {
            let images = seen.value.container_definitions.iter().map(|one| one.image.as_str());
            images.filter_map(move |image| reader.image(User::Definition(at), &seen.location, image, None).0)
        });
        for one in told.collect::<Vec<_>>() {
            self.note(one);
        }
    }

    fn is_vague(&mut self, user: User<'a>, home: &'a Location, may_be: Any) {
        self.uses.vague.push(Vague { user, home: place(home), may_be });
    }
}

/// The revisions that a service runs or may go back to, and whether that is so even if nobody described them: what it runs; what a
/// deployment that is not over comes from, goes to and falls back on; of the others the newest success, and what one that no success
/// outdid went back to. Without any success, what the deployments replaced may be it.
fn may_go_back_to<'d>(service: &'d Service, deployments: &[&'d ServiceDeployment]) -> BTreeMap<&'d str, bool> {
    let mut certain: BTreeMap<&str, bool> = BTreeMap::new();
    let mut add = |arn: &'d str, is_certain: bool| *certain.entry(arn).or_default() |= is_certain;
    service.current_service_revisions.iter().for_each(|one| add(&one.arn, true));
    let began = |one: &ServiceDeployment| one.created_at.or(one.started_at);
    let succeeded = |one: &&&ServiceDeployment| one.status == "SUCCESSFUL";
    let none_succeeded = deployments.iter().filter(succeeded).count() == 0;
    let newest_success = deployments.iter().filter(succeeded).filter_map(|one| began(one)).max();
    for one in deployments {
        // One without a date may be the newest.
        let is_outdone = began(one).is_some() && newest_success > began(one);
        let moves = !is_over(one);
        if let Some(target) = &one.target_service_revision
            && (moves || (one.status == "SUCCESSFUL" && !is_outdone))
        {
            add(&target.arn, true);
        }
        if let Some(rollback) = &one.rollback
            && (moves || !is_outdone)
        {
            add(&rollback.service_revision_arn, true);
        }
        if moves || none_succeeded {
            one.source_service_revisions.iter().for_each(|source| add(&source.arn, moves));
        }
    }
    certain.remove("");
    certain
}

/// Whether a deployment is over; one in a status never seen is not.
pub(super) fn is_over(deployment: &ServiceDeployment) -> bool {
    ["SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"].contains(&deployment.status.as_str())
}
