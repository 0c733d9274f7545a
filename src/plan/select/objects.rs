//! Every object of an inventory, by the address that the policy gives it.

use std::collections::HashMap;

use crate::{
    graph::Node,
    inventory::Inventory,
    model::{Address, Location, Scope},
    policy::Policy,
};

/// An object that a plan could name.
pub(in crate::plan) struct Object<'a> {
    /// Its address.
    pub(in crate::plan) address: Address,
    /// A definition's status as AWS shows it.
    pub(in crate::plan) status: Option<&'a str>,
}

/// The objects of the policy's places, some perhaps twice.
pub(in crate::plan) fn objects<'a>(policy: &Policy, inventory: &'a Inventory) -> impl Iterator<Item = Object<'a>> {
    let labels = labels(policy);
    let services = inventory.services.iter().map(|seen| (Node::service(&seen.location, &seen.value), None));
    let listed = inventory
        .services
        .iter()
        .flat_map(|seen| seen.value.task_sets.iter().map(|task_set| (Node::task_set(&seen.location, task_set), None)));
    let described = inventory.task_sets.iter().map(|seen| (Node::task_set(&seen.location, &seen.value), None));
    let definitions = inventory
        .task_definitions
        .iter()
        .map(|seen| (Node::task_definition(&seen.location, &seen.value), Some(seen.value.status.as_str())));
    let images = inventory.images.iter().map(|seen| (Node::image(&seen.location, &seen.value), None));
    let nodes = services.chain(listed).chain(described).chain(definitions).chain(images);
    nodes.filter_map(move |(node, status)| {
        let (location, resource) = node.resource()?;
        let scope = labels.get(location)?;
        let address = Address { account: scope.account.clone(), region: scope.region.clone(), resource };
        Some(Object { address, status })
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
