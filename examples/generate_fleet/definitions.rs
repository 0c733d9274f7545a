//! Families of task definitions and the images that their revisions name.

use std::sync::Arc;

use jettison::{
    inventory::{ContainerDefinition, Seen, TaskDefinition},
    model::{Location, Timestamp},
};

use crate::{
    fleet::Fleet,
    registry::{Push, Pushed, Style},
};

/// A family: its repository, and a push for each revision, oldest first.
pub(crate) struct Family<'a> {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) location: Arc<Location>,
    pub(crate) source: &'a Pushed,
    pub(crate) sidecar: Option<&'a Pushed>,
    pub(crate) pushes: Vec<Push>,
    /// How many of the newest revisions are ACTIVE.
    pub(crate) active: usize,
}

/// All families: one for each service where there are enough definitions, with forty revisions on average.
pub(crate) fn families<'a>(fleet: &Fleet, pushed: &'a [Pushed]) -> Vec<Family<'a>> {
    let by_commit: Vec<&Pushed> = pushed.iter().filter(|it| it.style == Style::Commits).collect();
    let bases: Vec<&Pushed> = pushed.iter().filter(|it| it.style == Style::Base).collect();
    let sources = if by_commit.is_empty() { pushed.iter().collect() } else { by_commit };
    let mut left = fleet.definitions;
    let mut families = Vec::new();
    while left > 0 && !sources.is_empty() {
        let number = families.len() as u64;
        let mut random = fleet.random([10, number]);
        let revisions = usize::min(left, 1 + random.index(79));
        left -= revisions;
        // Large repositories are deployed by many, small ones by somebody.
        let one = sources[random.index(sources.len())];
        let other = sources[random.index(sources.len())];
        let source = if one.pushes.len() < other.pushes.len() { other } else { one };
        let sidecar = Some(&bases).filter(|bases| !bases.is_empty() && random.chance(30));
        let never_cleaned = random.chance(25);
        families.push(Family {
            number,
            name: format!("{}-{number:04}", source.name.as_str().replace('/', "-")),
            location: Arc::clone(&fleet.clusters[random.index(fleet.clusters.len())]),
            source,
            sidecar: sidecar.map(|bases| bases[random.index(bases.len())]),
            pushes: chosen(source, revisions),
            active: if never_cleaned { revisions } else { 1 + random.index(revisions.min(30)) },
        });
    }
    families
}

/// The pushes of as many deployments, spread over the newer half of the repository's life.
fn chosen(source: &Pushed, revisions: usize) -> Vec<Push> {
    let pushes = &source.pushes[source.pushes.len() / 2..];
    (0..revisions).map(|revision| pushes[(revision + 1) * (pushes.len() - 1) / revisions]).collect()
}

impl Family<'_> {
    /// The ARN of a revision; the first is 1.
    pub(crate) fn arn(&self, revision: usize) -> String {
        let Location { account_id, region } = &*self.location;
        format!("arn:aws:ecs:{region}:{account_id}:task-definition/{}:{revision}", self.name)
    }

    /// Its newest revision.
    pub(crate) fn newest(&self) -> usize {
        self.pushes.len()
    }

    /// The image URI of its first container.
    pub(crate) fn image(&self, fleet: &Fleet, revision: usize) -> String {
        let push = self.push(revision);
        let is_pinned = fleet.random([11, self.number]).chance(10) || self.source.style != Style::Commits;
        if is_pinned {
            format!("{}@{}", self.source.uri(), self.source.root(fleet, push))
        } else {
            format!("{}:{}", self.source.uri(), self.source.commit(fleet, push))
        }
    }

    /// The digest that its first container runs.
    pub(crate) fn digest(&self, fleet: &Fleet, revision: usize) -> String {
        self.source.root(fleet, self.push(revision)).to_string()
    }

    /// When a revision was registered.
    pub(crate) fn registered(&self, fleet: &Fleet, revision: usize) -> Timestamp {
        fleet.after(self.push(revision).at, 600)
    }

    /// Its revisions as DescribeTaskDefinition tells them.
    pub(crate) fn definitions<'a>(&'a self, fleet: &'a Fleet) -> impl Iterator<Item = Seen<TaskDefinition>> + 'a {
        (1..=self.newest()).map(|revision| self.definition(fleet, revision))
    }

    fn push(&self, revision: usize) -> Push {
        self.pushes[revision - 1]
    }

    fn definition(&self, fleet: &Fleet, revision: usize) -> Seen<TaskDefinition> {
        let registered = self.registered(fleet, revision);
        let is_active = revision + self.active > self.newest();
        let app = ContainerDefinition { name: "app".into(), image: self.image(fleet, revision) };
        let sidecar = self
            .sidecar
            .map(|base| ContainerDefinition { name: "proxy".into(), image: format!("{}:stable", base.uri()) });
        let object = TaskDefinition {
            task_definition_arn: self.arn(revision),
            family: self.name.clone(),
            revision: u32::try_from(revision).unwrap_or(u32::MAX),
            status: if is_active { "ACTIVE" } else { "INACTIVE" }.into(),
            registered_at: Some(registered),
            deregistered_at: (!is_active).then(|| fleet.after(registered, 30 * 86_400)),
            delete_requested_at: None,
            registered_by: Some(format!("arn:aws:sts::{}:assumed-role/deploy/ci", self.location.account_id).into()),
            container_definitions: [Some(app), sidecar].into_iter().flatten().collect(),
            tags: Vec::new(),
            plaintext_secrets: Vec::new(),
        };
        Seen::new((*self.location).clone(), object)
    }
}
