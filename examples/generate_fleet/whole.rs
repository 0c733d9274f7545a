//! The whole inventory, line by line.

use std::io::{self, Write};

use jettison::inventory::{Inventory, Registry, Seen, write_around, write_object};

use crate::{
    definitions::families,
    fleet::Fleet,
    registry::Pushed,
    services::{add_references, add_services},
};

/// Writes a fleet as `jettison inventory pull` would.
pub(crate) fn write_fleet(fleet: &Fleet, out: &mut impl Write) -> io::Result<()> {
    let pushed = fleet.pushed();
    let inventory = all_but_images(fleet, &pushed);
    write_around(
        &inventory,
        out,
        |out| {
            pushed.iter().try_fold(0, |lines, one| {
                let images = one.images(fleet);
                images.iter().try_for_each(|image| write_object(&one.location, image, out))?;
                Ok(lines + images.len())
            })
        },
        |out| {
            pushed.iter().try_fold(0, |lines, one| {
                let manifests = one.manifests(fleet);
                manifests.iter().try_for_each(|manifest| write_object(&one.location, manifest, out))?;
                Ok(lines + manifests.len())
            })
        },
    )
}

fn all_but_images(fleet: &Fleet, pushed: &[Pushed]) -> Inventory {
    let mut inventory = Inventory { taken_at: fleet.taken_at, scopes: fleet.scopes.clone(), ..Inventory::default() };
    for place in &fleet.registries {
        let registry = Registry { registry_id: place.account_id.to_string(), ..Registry::default() };
        inventory.registries.push(Seen::new((**place).clone(), registry));
    }
    inventory.repositories.extend(pushed.iter().map(|one| one.repository(fleet)));
    let families = families(fleet, pushed);
    inventory.task_definitions.extend(families.iter().flat_map(|family| family.definitions(fleet)));
    add_services(fleet, &families, &mut inventory);
    add_references(&families, &mut inventory);
    inventory
}
