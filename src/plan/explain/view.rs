//! One object with what the deciders say of it.

use crate::{
    graph::{Node, NodeId},
    inventory::{Service, TaskSet},
    model::{ImageTag, Location, Resource},
    plan::{
        decide::Groundwork,
        definitions::{self, DefinitionView},
        estate::Estate,
        images::{self, ImageView},
        task_sets::Family,
        verdict::Verdict,
    },
};

/// An object with the verdict on it, as its own decider has it.
pub(super) enum View<'e, 'a> {
    /// A service.
    Service { node: Node, service: &'e Service, verdict: &'e Verdict },
    /// A task set.
    TaskSet { node: Node, family: Family<'e>, task_set: &'e TaskSet, verdict: &'e Verdict },
    /// A task definition.
    Definition(DefinitionView<'e, 'a>),
    /// An image.
    Image(ImageView<'a>),
}

impl<'e, 'a> View<'e, 'a> {
    /// Looks an object up; nothing if it is not there.
    pub(super) fn of(
        estate: &'e Estate<'a>,
        groundwork: &'e Groundwork<'e, 'a>,
        location: &Location,
        resource: &Resource,
    ) -> Option<Self> {
        match resource {
            Resource::Service { cluster, service } => {
                let (cluster, service) = (cluster.clone(), service.clone());
                Self::service(estate, groundwork, Node::Service { location: location.clone(), cluster, service })
            }
            Resource::TaskSet { cluster, service, id } => {
                let (cluster, service, id) = (cluster.clone(), service.clone(), id.clone());
                Self::task_set(estate, groundwork, &Node::TaskSet { location: location.clone(), cluster, service, id })
            }
            Resource::TaskDefinition { .. } => {
                definitions::view(estate, groundwork, location, resource).map(Self::Definition)
            }
            Resource::Image { repository, digest } => {
                images::view(estate, groundwork, location, (repository, digest)).map(Self::Image)
            }
        }
    }

    fn service(estate: &'e Estate<'a>, groundwork: &'e Groundwork<'e, 'a>, node: Node) -> Option<Self> {
        let mut services = estate.question.inventory.services.iter();
        let seen = services.find(|seen| Node::service(&seen.location, &seen.value) == node)?;
        let verdict = verdict_on(groundwork, &node)?;
        Some(Self::Service { node, service: &seen.value, verdict })
    }

    fn task_set(estate: &'e Estate<'a>, groundwork: &'e Groundwork<'e, 'a>, node: &Node) -> Option<Self> {
        let verdict = verdict_on(groundwork, node)?;
        let services = estate.question.inventory.services.iter().filter(|seen| seen.location == *node.location());
        let mut families = services.filter_map(|seen| Some(Family::of(estate, estate.scope(&seen.location)?, seen)));
        families.find_map(|family| {
            let (_, task_set) = family.members.iter().find(|(one, _)| one == node)?;
            Some(Self::TaskSet { node: node.clone(), task_set, family, verdict })
        })
    }

    pub(super) fn verdict(&self) -> &Verdict {
        match self {
            Self::Service { verdict, .. } | Self::TaskSet { verdict, .. } => verdict,
            Self::Definition(definition) => &definition.verdict,
            Self::Image(image) => &image.verdict,
        }
    }

    /// The nodes by which holders name it: of an image those of its unit that anything names.
    pub(super) fn nodes(&self, estate: &Estate<'_>) -> Vec<NodeId> {
        match self {
            Self::Service { node, .. } | Self::TaskSet { node, .. } => estate.graph.find(node).into_iter().collect(),
            Self::Definition(definition) => vec![definition.revision.node],
            Self::Image(image) => image.members.iter().filter_map(|member| member.dated.node).collect(),
        }
    }

    /// The tags of an image.
    pub(super) fn tags(&self, resource: &Resource) -> Vec<ImageTag> {
        let Self::Image(image) = self else { return Vec::new() };
        let own = image.members.iter().find(|member| member.resource == *resource);
        own.map(|own| own.dated.image.image_tags.clone()).unwrap_or_default()
    }
}

fn verdict_on<'g>(groundwork: &'g Groundwork<'_, '_>, node: &Node) -> Option<&'g Verdict> {
    groundwork.holders.iter().find(|decision| decision.node == *node).map(|decision| &decision.verdict)
}
