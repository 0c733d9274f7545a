//! Every object of an inventory, by the address that the policy gives it.

use std::collections::HashMap;

use crate::{
    graph::Node,
    inventory::Inventory,
    model::{Address, Location, Scope},
    policy::Policy,
};

/// The addresses of the objects in the policy's places, some perhaps twice.
pub(super) fn objects(policy: &Policy, inventory: &Inventory) -> impl Iterator<Item = Address> {
    let labels = labels(policy);
    let services = inventory.services.iter().map(|seen| Node::service(&seen.location, &seen.value));
    let listed = inventory
        .services
        .iter()
        .flat_map(|seen| seen.value.task_sets.iter().map(|task_set| Node::task_set(&seen.location, task_set)));
    let described = inventory.task_sets.iter().map(|seen| Node::task_set(&seen.location, &seen.value));
    let definitions = inventory.task_definitions.iter().map(|seen| Node::task_definition(&seen.location, &seen.value));
    let images = inventory.images.iter().map(|seen| Node::image(&seen.location, &seen.value));
    let nodes = services.chain(listed).chain(described).chain(definitions).chain(images);
    nodes.filter_map(move |node| {
        let (location, resource) = node.resource()?;
        let scope = labels.get(location)?;
        Some(Address { account: scope.account.clone(), region: scope.region.clone(), resource })
    })
}

/// The policy's places.
fn labels(policy: &Policy) -> HashMap<Location, Scope> {
    let places = policy.accounts.iter().flat_map(|account| {
        account.regions.iter().map(|region| Scope {
            account: account.label.clone(),
            account_id: account.id.clone(),
            region: region.clone(),
        })
    });
    places.map(|scope| (scope.location(), scope)).collect()
}
