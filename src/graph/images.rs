//! Images: tags that something points at, children of indexes, referrers of subjects.

use std::collections::{HashMap, HashSet};

use petgraph::stable_graph::NodeIndex;

use super::{
    Graph, Link, Node,
    identity::{image_node, subjects},
};
use crate::{
    inventory::{Image, Inventory},
    model::{Digest, Location},
};

impl Graph {
    pub(super) fn add_images(&mut self, inventory: &Inventory) {
        let listed = inventory.images.iter().map(|seen| self.add_image(&seen.location, &seen.value));
        let listed: HashSet<NodeIndex> = listed.collect();
        let is_listed = |graph: &Self, image: &Node| graph.index.get(image).is_some_and(|index| listed.contains(index));
        self.link_pinned_anywhere(inventory);
        for seen in &inventory.manifests {
            let manifest = &seen.value;
            let of = |digest: &Digest| image_node(&seen.location, &manifest.repository_name, digest);
            let index = of(&manifest.image_digest);
            for child in &manifest.children {
                let child = of(child);
                // A child that is not in the repository (a sparse index) holds and is held by nothing, even if it is used.
                if is_listed(self, &child) && is_listed(self, &index) && child != index {
                    self.link(&index, &child, Link::Child);
                }
            }
        }
        for seen in &inventory.images {
            let referrer = image_node(&seen.location, &seen.value.repository_name, &seen.value.image_digest);
            for subject in subjects(&seen.value) {
                let subject = image_node(&seen.location, &seen.value.repository_name, &subject);
                if is_listed(self, &subject) && subject != referrer {
                    self.link(&subject, &referrer, Link::Referrer);
                }
            }
        }
    }

    /// A digest without a repository holds the image in every one that has it.
    fn link_pinned_anywhere(&mut self, inventory: &Inventory) {
        if self.pinned_anywhere.is_empty() {
            return;
        }
        let mut holders: HashMap<Digest, Vec<Node>> = HashMap::new();
        for (holder, digest) in &self.pinned_anywhere {
            holders.entry(digest.clone()).or_default().push(holder.clone());
        }
        for seen in &inventory.images {
            let image = image_node(&seen.location, &seen.value.repository_name, &seen.value.image_digest);
            for holder in holders.get(&seen.value.image_digest).into_iter().flatten() {
                self.link(holder, &image, Link::Uses);
            }
        }
    }

    fn add_image(&mut self, registry: &Location, image: &Image) -> NodeIndex {
        let node = image_node(registry, &image.repository_name, &image.image_digest);
        let index = self.node(&node);
        for tag in &image.image_tags {
            let tag =
                Node::Tag { registry: registry.clone(), repository: image.repository_name.clone(), tag: tag.clone() };
            // Only tags that something points at matter; the others would double the graph.
            if self.index.contains_key(&tag) {
                self.link(&tag, &node, Link::Resolves);
            }
        }
        index
    }
}
