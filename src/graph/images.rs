//! Images: tags that something points at, children of indexes, referrers of subjects.

use rayon::prelude::*;

use super::{FastMap, Link, Node, NodeId, RepositoryImages, draft::Draft, identity::image_node};
use crate::model::{Digest, ImageTag, Location, RepositoryName};

/// What holders name in one repository.
#[derive(Default)]
struct Named {
    tags: FastMap<ImageTag, NodeId>,
    digests: FastMap<Digest, NodeId>,
}

/// How holders name an image.
#[derive(Default)]
struct Mentions {
    /// The node of its digest.
    own: Option<NodeId>,
    tags: Vec<NodeId>,
    /// Who names its digest without a repository, which holds it in every one that has it.
    pinners: Vec<NodeId>,
}

impl Mentions {
    fn is_empty(&self) -> bool {
        self.own.is_none() && self.tags.is_empty() && self.pinners.is_empty()
    }
}

impl Draft {
    /// Every image, with what it holds and what names it.
    pub(super) fn add_images(&mut self, repositories: &[RepositoryImages<'_>]) {
        let named = self.add_named_images(repositories);
        for (repository, named) in repositories.iter().zip(named) {
            let named: FastMap<usize, NodeId> = named.into_iter().collect();
            let nodes = repository.images.iter().enumerate().map(|(position, image)| {
                let node = || image_node(repository.registry, repository.name, &image.image_digest);
                named.get(&position).copied().unwrap_or_else(|| self.node(node()))
            });
            let nodes: Vec<NodeId> = nodes.collect();
            for (holder, held, link) in repository.ties() {
                if let (Some(holder), Some(held)) = (nodes.get(*holder), nodes.get(*held)) {
                    self.link(*holder, *held, *link);
                }
            }
        }
    }

    /// The images that a holder names, by tag or digest: by the position of their repository and then by their own.
    pub(super) fn add_named_images(&mut self, repositories: &[RepositoryImages<'_>]) -> Vec<Vec<(usize, NodeId)>> {
        let (named, pinners) = (self.named(), self.pinners());
        let mentioned = repositories.par_iter().map(|repository| {
            let named = named.get(&repository.key());
            if named.is_none() && pinners.is_empty() { Vec::new() } else { mentioned(repository, named, &pinners) }
        });
        let mentioned: Vec<Vec<(usize, Mentions)>> = mentioned.collect();
        let mut nodes = Vec::with_capacity(repositories.len());
        for (repository, mentioned) in repositories.iter().zip(mentioned) {
            nodes.push(
                mentioned
                    .into_iter()
                    .map(|(position, by)| (position, self.add_named(repository, position, by)))
                    .collect(),
            );
        }
        nodes
    }

    fn add_named(&mut self, repository: &RepositoryImages<'_>, position: usize, by: Mentions) -> NodeId {
        let digest = &repository.images[position].image_digest;
        let image = by.own.unwrap_or_else(|| self.node(image_node(repository.registry, repository.name, digest)));
        for tag in by.tags {
            self.link(tag, image, Link::Resolves);
        }
        for holder in by.pinners {
            self.link(holder, image, Link::Uses);
        }
        image
    }

    fn named(&self) -> FastMap<(&Location, &RepositoryName), Named> {
        let mut named: FastMap<_, Named> = FastMap::default();
        for (id, node) in self.nodes() {
            match node {
                Node::Tag { registry, repository, tag } => {
                    named.entry((registry, repository)).or_default().tags.insert(tag.clone(), id);
                }
                Node::Image(key) => {
                    let named = named.entry((&key.registry, &key.repository)).or_default();
                    named.digests.insert(key.digest.clone(), id);
                }
                Node::Service { .. }
                | Node::TaskSet { .. }
                | Node::Task { .. }
                | Node::External { .. }
                | Node::TaskDefinition(_) => {}
            }
        }
        named
    }

    fn pinners(&self) -> FastMap<Digest, Vec<NodeId>> {
        let mut pinners: FastMap<Digest, Vec<NodeId>> = FastMap::default();
        for (holder, digest) in &self.pinned_anywhere {
            pinners.entry(digest.clone()).or_default().push(*holder);
        }
        pinners
    }
}

fn mentioned(
    repository: &RepositoryImages<'_>,
    named: Option<&Named>,
    pinners: &FastMap<Digest, Vec<NodeId>>,
) -> Vec<(usize, Mentions)> {
    let of = |(position, image): (usize, &&crate::inventory::Image)| {
        let mentions = Mentions {
            own: named.and_then(|named| named.digests.get(&image.image_digest)).copied(),
            tags: image.image_tags.iter().filter_map(|tag| named?.tags.get(tag)).copied().collect(),
            pinners: pinners.get(&image.image_digest).cloned().unwrap_or_default(),
        };
        (!mentions.is_empty()).then_some((position, mentions))
    };
    repository.images.iter().enumerate().filter_map(of).collect()
}
