//! The part of an inventory that can bear on one object.
//!
//! A plan decides on everything; a question about one object need not. A slice holds all that the verdict on the object can
//! depend on, and rather too much: the ordinary deciders then decide on it, so that an explanation cannot disagree with a
//! plan. `tests/planner/explain_slices.rs` holds the verdicts on slices to those on the whole.
//!
//! What bears on what:
//! - An image: its repository (units, the newest, its settings, copies of the same name), and every definition, task, revision,
//!   daemon and reference that names the repository, or that nobody can read.
//! - A definition: its family (the newest, its successor), the images that the family names (their pulls date it), and
//!   whatever runs any revision of it.
//! - A holder: its service, with its task sets, tasks, deployments, revisions and what may start it again.
//! - Whatever a holder in the slice names is in the slice too, lest it look like a reference to something unread.

use std::ops::Range;

use rayon::prelude::*;

use super::slice_names::{Named, Revised, definition, is_plain_digest, may_be_any_image};
use crate::{
    graph::{FastMap, FastSet},
    inventory::{
        Image, Inventory, Manifest, Reference, Seen, Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition,
        TaskSet,
    },
    model::{Digest, ImageRef, ImageTag, Location, RepositoryName, Resource},
};

/// The part of an inventory that can bear on an object, in the order of the whole.
///
/// One scan over each kind, without parsing what need not be: a fraction of the time that it takes to read the inventory.
#[must_use]
pub fn slice(inventory: &Inventory, location: &Location, resource: &Resource) -> Inventory {
    let runs = runs(&inventory.images);
    let subject = Subject::new(inventory, &runs, location, resource);
    let mut bearing = Bearing::new(inventory, subject, location, resource);
    bearing.find_revisions();
    bearing.find_services();
    let holders = bearing.holders();
    let images = bearing.images(&runs);
    Inventory {
        taken_at: inventory.taken_at,
        scopes: inventory.scopes.clone(),
        clusters: Vec::new(),
        task_definitions: cloned(bearing.definitions(&holders)),
        services: cloned(holders.services),
        task_sets: cloned(holders.task_sets),
        tasks: cloned(holders.tasks),
        service_deployments: cloned(holders.deployments),
        service_revisions: cloned(holders.revisions),
        daemons: inventory.daemons.clone(),
        daemon_revisions: inventory.daemon_revisions.clone(),
        daemon_task_definitions: inventory.daemon_task_definitions.clone(),
        registries: inventory.registries.clone(),
        pull_through_cache_rules: Vec::new(),
        repositories: cloned(picked(&inventory.repositories, |seen| {
            bearing.is_repository(&seen.value.repository_name)
        })),
        manifests: cloned(bearing.manifests(&images)),
        images: cloned(images),
        references: cloned(holders.references),
        gaps: inventory.gaps.clone(),
    }
}

/// Images of one repository, as they lie side by side.
struct Run<'i> {
    repository: &'i RepositoryName,
    range: Range<usize>,
}

/// The images by repository. An inventory lists them in order, so that there are about as many runs as repositories.
fn runs(images: &[Seen<Image>]) -> Vec<Run<'_>> {
    const PIECE: usize = 1 << 14;
    let pieces = images.par_chunks(PIECE).enumerate().map(|(piece, chunk)| {
        let mut runs: Vec<Run<'_>> = Vec::new();
        for (at, Seen { value: image, .. }) in (piece * PIECE..).zip(chunk) {
            let repository = &image.repository_name;
            match runs.last_mut() {
                Some(last) if is_same(last.repository, repository) => last.range.end = at + 1,
                Some(_) | None => runs.push(Run { repository, range: at..at + 1 }),
            }
        }
        runs
    });
    pieces.flatten_iter().collect()
}

/// Whether two names are equal; most are even the same text in memory.
fn is_same(one: &RepositoryName, two: &RepositoryName) -> bool {
    std::ptr::eq(one.as_str(), two.as_str()) || one == two
}

/// The image that is asked about, as holders may name it.
struct Subject<'i> {
    repository: String,
    /// `/REPOSITORY`, which every URI of it has.
    in_uri: String,
    account_id: &'i str,
    /// The digests of its repository, wherever there is one of that name.
    digests: FastSet<&'i str>,
}

impl<'i> Subject<'i> {
    fn new(inventory: &'i Inventory, runs: &[Run<'i>], location: &'i Location, resource: &Resource) -> Option<Self> {
        let Resource::Image { repository, .. } = resource else { return None };
        let own = runs.iter().filter(|run| is_same(run.repository, repository));
        let images = own.flat_map(|run| inventory.images.get(run.range.clone()).unwrap_or_default());
        Some(Self {
            repository: repository.to_string(),
            in_uri: format!("/{repository}"),
            account_id: location.account_id.as_str(),
            digests: images.map(|seen| seen.value.image_digest.as_str()).collect(),
        })
    }

    /// Whether an image URI may name an image of the repository, or any image at all.
    fn is_named_by(&self, uri: &str) -> bool {
        (uri.contains(&self.in_uri) && uri.contains(self.account_id)) || may_be_any_image(uri)
    }

    /// The same of a container that runs, with the digest that its URI was resolved to.
    fn is_run_by(&self, image: Option<&str>, digest: Option<&str>) -> bool {
        let is_broken = |digest: &str| !is_plain_digest(digest);
        match (image, digest) {
            (Some(image), digest) => self.is_named_by(image) || digest.is_some_and(is_broken),
            (None, Some(digest)) => self.digests.contains(digest) || is_broken(digest),
            (None, None) => false,
        }
    }
}

/// What bears on the object, as far as it has been found.
struct Bearing<'i> {
    inventory: &'i Inventory,
    image: Option<Subject<'i>>,
    /// The definitions as they are called, in their order.
    names: Vec<Revised<'i>>,
    /// What holders name and the inventory has; without a revision, families that have an ACTIVE one.
    there: FastSet<Revised<'i>>,
    /// Families on which a verdict is needed.
    families: FastSet<Named<'i>>,
    /// Revisions of services that run one of those families or hold the image.
    revisions: FastSet<&'i str>,
    /// All revisions of services that were described.
    described: FastSet<&'i str>,
    /// Services on which a verdict is needed, or that have run what matters.
    services: FastSet<Named<'i>>,
}

impl<'i> Bearing<'i> {
    fn new(
        inventory: &'i Inventory,
        image: Option<Subject<'i>>,
        location: &'i Location,
        resource: &'i Resource,
    ) -> Self {
        let asked = Holders::all(inventory);
        let asked: FastSet<Revised<'i>> = asked.names().filter_map(|(text, home)| Revised::parse(text, home)).collect();
        let look = |seen: &'i Seen<TaskDefinition>| {
            let name = definition(seen);
            let newest = Revised { revision: None, ..name };
            Look {
                name,
                is_named: asked.contains(&name),
                is_family_named: seen.value.status == "ACTIVE" && asked.contains(&newest),
                bears: image.as_ref().is_some_and(|image| {
                    seen.value.container_definitions.iter().any(|container| image.is_named_by(&container.image))
                }),
            }
        };
        let looks: Vec<Look<'i>> = inventory.task_definitions.par_iter().map(look).collect();
        let (mut there, mut families, mut services) = (FastSet::default(), FastSet::default(), FastSet::default());
        for Look { name, is_named, is_family_named, bears } in &looks {
            there.extend(is_named.then_some(*name));
            there.extend(is_family_named.then_some(Revised { revision: None, ..*name }));
            families.extend(bears.then_some(name.family));
        }
        match resource {
            Resource::Service { service, .. } | Resource::TaskSet { service, .. } => {
                services.insert(Named::service(location, service.as_str()));
            }
            Resource::TaskDefinition { family, .. } => {
                families.insert(Named::at(location, family.as_str()));
            }
            Resource::Image { .. } => {}
        }
        let described = inventory.service_revisions.iter();
        Self {
            inventory,
            image,
            names: looks.into_iter().map(|look| look.name).collect(),
            there,
            families,
            revisions: FastSet::default(),
            described: described.map(|seen| seen.value.service_revision_arn.as_str()).collect(),
            services,
        }
    }

    /// Whether a definition that something names matters: it is of a family that does, or there is no such definition.
    fn matters(&self, text: &str, home: &Location) -> bool {
        Revised::parse(text, home)
            .is_none_or(|named| self.families.contains(&named.family) || !self.there.contains(&named))
    }

    fn runs_image(&self, image: Option<&str>, digest: Option<&str>) -> bool {
        self.image.as_ref().is_some_and(|subject| subject.is_run_by(image, digest))
    }

    fn find_revisions(&mut self) {
        let bears = |Seen { location, value: it }: &&Seen<ServiceRevision>| {
            self.matters(it.task_definition.as_deref().unwrap_or_default(), location)
                || it
                    .container_images
                    .iter()
                    .any(|one| self.runs_image(one.image.as_deref(), one.image_digest.as_deref()))
        };
        let found = self.inventory.service_revisions.iter().filter(bears);
        self.revisions = found.map(|seen| seen.value.service_revision_arn.as_str()).collect();
    }

    fn find_services(&mut self) {
        let arn_matters = |arn: &str| self.revisions.contains(arn) || !self.described.contains(arn);
        let service_matters = |seen: &&Seen<Service>| {
            let mut current = seen.value.current_service_revisions.iter();
            of_service(&seen.value).any(|text| self.matters(text, &seen.location))
                || current.any(|it| arn_matters(&it.arn))
        };
        let task_set_matters = |seen: &&Seen<TaskSet>| {
            let definition = seen.value.task_definition.as_deref();
            definition.is_some_and(|text| self.matters(text, &seen.location))
        };
        let deployment_matters = |seen: &&Seen<ServiceDeployment>| of_deployment(&seen.value).any(arn_matters);
        let all = self.inventory;
        let services = all.services.iter().filter(service_matters).map(|seen| service(seen));
        let task_sets = all.task_sets.iter().filter(task_set_matters).map(|seen| owner_of_task_set(seen));
        let deployments = all.service_deployments.iter().filter(deployment_matters).map(|seen| owner(seen));
        let found: Vec<Named<'i>> = services.chain(task_sets).chain(deployments).collect();
        self.services.extend(found);
    }

    fn task_bears(&self, Seen { location, value: task }: &Seen<Task>) -> bool {
        let group = task.group.as_deref().and_then(|group| group.strip_prefix("service:"));
        group.is_some_and(|name| self.services.contains(&Named::service(location, name)))
            || self.matters(task.task_definition_arn.as_deref().unwrap_or_default(), location)
            || task.containers.iter().any(|one| self.runs_image(one.image.as_deref(), one.image_digest.as_deref()))
    }

    fn reference_bears(&self, Seen { location, value }: &Seen<Reference>) -> bool {
        let Reference { task_definition, image, family, any_revision_of, service, source: _, holder: _ } = value;
        let mut definitions = task_definition.iter().chain(family);
        let family_bears = |text: &str| {
            let Some(Revised { family, .. }) = Revised::parse(text, location) else { return true };
            let is_looked_at = self.inventory.scopes.iter().any(|scope| family.is_in(&scope.location()));
            self.families.contains(&family) || !is_looked_at
        };
        let service_bears =
            |text: &str| !names_service(text) || self.services.contains(&Named::service(location, text));
        definitions.any(|text| self.matters(text, location))
            || any_revision_of.as_deref().is_some_and(family_bears)
            || image.as_deref().is_some_and(|uri| self.image.as_ref().is_some_and(|subject| subject.is_named_by(uri)))
            || service.as_deref().is_some_and(service_bears)
            || [task_definition, image, family, any_revision_of, service].into_iter().all(Option::is_none)
    }

    /// Everything that holds and bears on the object.
    fn holders(&self) -> Holders<'i> {
        let all = self.inventory;
        let is_wanted = |named: Named<'_>| self.services.contains(&named);
        let mut holders = Holders {
            services: picked(&all.services, |seen| is_wanted(service(seen))),
            task_sets: picked(&all.task_sets, |seen| is_wanted(owner_of_task_set(seen))),
            tasks: picked(&all.tasks, |seen| self.task_bears(seen)),
            deployments: picked(&all.service_deployments, |seen| is_wanted(owner(seen))),
            references: picked(&all.references, |seen| self.reference_bears(seen)),
            revisions: Vec::new(),
        };
        let current = holders.services.iter().flat_map(|seen| &seen.value.current_service_revisions);
        let mut mentioned: FastSet<&str> = current.map(|it| it.arn.as_str()).collect();
        mentioned.extend(holders.deployments.iter().flat_map(|seen| of_deployment(&seen.value)));
        holders.revisions = picked(&all.service_revisions, |seen| {
            let arn = seen.value.service_revision_arn.as_str();
            self.revisions.contains(arn) || mentioned.contains(arn)
        });
        holders
    }

    /// The definitions of the families that matter, and those that only need to be there for what names them.
    fn definitions(&self, holders: &Holders<'i>) -> Vec<&'i Seen<TaskDefinition>> {
        let named: FastSet<Revised<'_>> =
            holders.names().filter_map(|(text, home)| Revised::parse(text, home)).collect();
        let is_wanted = |name: &Revised<'_>| {
            let newest = Revised { revision: None, ..*name };
            self.families.contains(&name.family) || named.contains(name) || named.contains(&newest)
        };
        let all = self.inventory.task_definitions.iter().zip(&self.names);
        all.filter(|(_, name)| is_wanted(name)).map(|(seen, _)| seen).collect()
    }

    /// The images of the repository, and those whose pulls date a definition of a family that matters.
    fn images(&self, runs: &[Run<'i>]) -> Vec<&'i Seen<Image>> {
        let named = self.named_images();
        let mut images = Vec::new();
        for run in runs {
            let in_run = self.inventory.images.get(run.range.clone()).unwrap_or_default();
            if self.is_repository(run.repository) {
                images.extend(in_run);
            } else if let Some(named) = named.get(run.repository) {
                images.extend(in_run.iter().filter(|seen| named.contain(seen)));
            }
        }
        images
    }

    fn named_images(&self) -> FastMap<RepositoryName, NamedImages> {
        let mut named: FastMap<RepositoryName, NamedImages> = FastMap::default();
        let definitions = self.inventory.task_definitions.iter().zip(&self.names);
        for (seen, _) in definitions.filter(|(_, name)| self.families.contains(&name.family)) {
            for container in &seen.value.container_definitions {
                let ImageRef::Ecr(image) = ImageRef::parse(&container.image) else { continue };
                let known = named.entry(image.repository).or_default();
                known.tags.extend(image.tag.map(|tag| (image.registry.clone(), tag)));
                known.digests.extend(image.digest.map(|digest| (image.registry, digest)));
            }
        }
        named
    }

    fn manifests(&self, images: &[&'i Seen<Image>]) -> Vec<&'i Seen<Manifest>> {
        let digests: FastSet<&str> = images.iter().map(|seen| seen.value.image_digest.as_str()).collect();
        let all = self.inventory.manifests.par_iter();
        all.filter(|seen| digests.contains(seen.value.image_digest.as_str())).collect()
    }

    fn is_repository(&self, name: &RepositoryName) -> bool {
        self.image.as_ref().is_some_and(|subject| subject.repository == name.as_str())
    }
}

/// What is found out about each definition in the one scan.
struct Look<'i> {
    name: Revised<'i>,
    /// Something names this revision.
    is_named: bool,
    /// It is ACTIVE, and something names its family alone.
    is_family_named: bool,
    /// It names the image's repository, or an image that nobody can read.
    bears: bool,
}

/// Images of a repository that definitions name.
#[derive(Default)]
struct NamedImages {
    tags: FastSet<(Location, ImageTag)>,
    digests: FastSet<(Location, Digest)>,
}

impl NamedImages {
    fn contain(&self, Seen { location, value: image }: &Seen<Image>) -> bool {
        self.digests.contains(&(location.clone(), image.image_digest.clone()))
            || image.image_tags.iter().any(|tag| self.tags.contains(&(location.clone(), tag.clone())))
    }
}

/// What holds definitions.
struct Holders<'i> {
    services: Vec<&'i Seen<Service>>,
    task_sets: Vec<&'i Seen<TaskSet>>,
    tasks: Vec<&'i Seen<Task>>,
    deployments: Vec<&'i Seen<ServiceDeployment>>,
    revisions: Vec<&'i Seen<ServiceRevision>>,
    references: Vec<&'i Seen<Reference>>,
}

impl<'i> Holders<'i> {
    fn all(inventory: &'i Inventory) -> Self {
        Self {
            services: inventory.services.iter().collect(),
            task_sets: inventory.task_sets.iter().collect(),
            tasks: inventory.tasks.iter().collect(),
            deployments: Vec::new(),
            revisions: inventory.service_revisions.iter().collect(),
            references: inventory.references.iter().collect(),
        }
    }

    /// Definitions as they are named, each with the place from which.
    fn names(&self) -> impl Iterator<Item = (&'i str, &'i Location)> {
        let services = self.services.iter().flat_map(|seen| of_service(&seen.value).map(|text| (text, &seen.location)));
        let task_sets =
            self.task_sets.iter().filter_map(|seen| Some((seen.value.task_definition.as_deref()?, &seen.location)));
        let tasks =
            self.tasks.iter().filter_map(|seen| Some((seen.value.task_definition_arn.as_deref()?, &seen.location)));
        let revisions =
            self.revisions.iter().filter_map(|seen| Some((seen.value.task_definition.as_deref()?, &seen.location)));
        let references = self.references.iter().flat_map(|seen| {
            let named = seen.value.task_definition.iter().chain(&seen.value.family);
            named.map(|text| (text.as_str(), &seen.location))
        });
        services.chain(task_sets).chain(tasks).chain(revisions).chain(references)
    }
}

/// The definitions that a service and its task sets name.
fn of_service(service: &Service) -> impl Iterator<Item = &str> {
    let deployed = service.deployments.iter().filter_map(|deployment| deployment.task_definition.as_deref());
    let task_sets = service.task_sets.iter().filter_map(|task_set| task_set.task_definition.as_deref());
    service.task_definition.as_deref().into_iter().chain(deployed).chain(task_sets)
}

/// The revisions that a deployment names.
fn of_deployment(deployment: &ServiceDeployment) -> impl Iterator<Item = &str> {
    let moved = deployment.source_service_revisions.iter().chain(&deployment.target_service_revision);
    let rollback = deployment.rollback.iter().map(|rollback| rollback.service_revision_arn.as_str());
    moved.map(|it| it.arn.as_str()).chain(rollback)
}

fn service(seen: &Seen<Service>) -> Named<'_> {
    Named::service(&seen.location, &seen.value.service_arn)
}

fn owner_of_task_set(seen: &Seen<TaskSet>) -> Named<'_> {
    Named::service(&seen.location, &seen.value.service_arn)
}

fn owner(seen: &Seen<ServiceDeployment>) -> Named<'_> {
    Named::owner(&seen.location, &seen.value.service_deployment_arn, &seen.value.service_arn)
}

/// Whether a reference says which service as `cluster/service`.
fn names_service(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(cluster, service)| !cluster.is_empty() && !service.is_empty() && !service.contains('/'))
}

fn picked<T>(all: &[Seen<T>], is_wanted: impl Fn(&Seen<T>) -> bool) -> Vec<&Seen<T>> {
    all.iter().filter(|seen| is_wanted(seen)).collect()
}

fn cloned<T: Clone>(picked: Vec<&Seen<T>>) -> Vec<Seen<T>> {
    picked.into_iter().cloned().collect()
}
