//! The oracle's first part: who uses what, read off the inventory by taking texts apart.

use jettison::{
    inventory::{Reference, Seen},
    model::{Location, Source},
};

use super::oracle::{DefinitionName, Holder, Oracle, Thing, Uses, definition_name, image_name, place};

impl Oracle<'_> {
    pub(crate) fn find_holders(&mut self) {
        let inventory = self.inventory;
        for (index, Seen { location, value: service }) in inventory.services.iter().enumerate() {
            if service.status == "INACTIVE" {
                continue;
            }
            let mut uses = Uses::default();
            let deployed = service.deployments.iter().filter_map(|deployment| deployment.task_definition.as_deref());
            for text in service.task_definition.as_deref().into_iter().chain(deployed) {
                self.add_definition(&mut uses, location, text);
            }
            self.add_revisions(&mut uses, &inventory.services[index]);
            self.holders.push(Holder { thing: Thing::Service(index), home: place(location), uses });
        }
        for index in 0..self.task_sets.len() {
            let (owner, one, other) = self.task_sets[index];
            let service = &inventory.services[owner];
            let mut uses = Uses::default();
            for text in one.task_definition.iter().chain(&other.task_definition) {
                self.add_definition(&mut uses, &service.location, text);
            }
            let is_described = inventory.task_sets.iter().any(|seen| seen.value.task_set_arn == one.task_set_arn);
            if service.value.status != "INACTIVE" || is_described {
                self.holders.push(Holder { thing: Thing::TaskSet(index), home: place(&service.location), uses });
            }
        }
        for Seen { location, value: task } in &inventory.tasks {
            let mut uses = Uses::default();
            self.add_definition(&mut uses, location, task.task_definition_arn.as_deref().unwrap_or(""));
            for container in &task.containers {
                self.add_container(&mut uses, container.image.as_deref(), container.image_digest.as_deref());
            }
            self.holders.push(Holder { thing: Thing::Fixed, home: place(location), uses });
        }
        for Seen { location, value: reference } in &inventory.references {
            let mut uses = Uses::default();
            for text in reference.task_definition.iter().chain(&reference.family) {
                let mut leads_to = Uses::default();
                self.add_definition(&mut leads_to, location, text);
                // Of what AWS says, what names a definition that is not there leads nowhere.
                let is_dead = leads_to.any_definition
                    && !reference.source.starts_with("reference")
                    && is_a_name(text)
                    && self.knows_all_definitions_of(&named_place(location, text));
                if !is_dead {
                    uses.any_definition |= leads_to.any_definition;
                    uses.definitions.extend(leads_to.definitions);
                }
            }
            if let Some(image) = &reference.image {
                self.add_image(&mut uses, image);
            }
            if let Some(text) = &reference.any_revision_of {
                let (mut home, mut family) = (place(location), text.as_str());
                if text.starts_with("arn:") {
                    let parts: Vec<&str> = text.split(':').collect();
                    home = format!("{} {}", parts[4], parts[3]);
                    family = parts[5].trim_start_matches("task-definition/");
                }
                // Which revision it says does not matter.
                family = family.split_once(':').map_or(family, |(family, _)| family);
                uses.any_definition |= family.contains('$') || family.contains('/');
                uses.any_definition |= !inventory.scopes.iter().any(|scope| place(&scope.location()) == home);
                let all = inventory.task_definitions.iter().map(definition_name);
                uses.definitions.extend(all.filter(|name| name.0 == home && name.1 == family));
            }
            let Reference { task_definition, image, family, any_revision_of, service, .. } = reference;
            uses.anything = [task_definition, image, family, any_revision_of, service].iter().all(|one| one.is_none());
            uses.any_definition |= uses.anything;
            self.holders.push(Holder { thing: Thing::Fixed, home: place(location), uses });
        }
        self.find_daemons();
        for (index, Seen { location, value: definition }) in inventory.task_definitions.iter().enumerate() {
            let mut uses = Uses::default();
            for container in &definition.container_definitions {
                self.add_image(&mut uses, &container.image);
            }
            self.holders.push(Holder { thing: Thing::Definition(index), home: place(location), uses });
        }
    }

    fn find_daemons(&mut self) {
        let inventory = self.inventory;
        let is_read = !self.is_waived(Source::Daemons);
        for Seen { location, value: daemon } in &inventory.daemons {
            let is_there =
                |arn: &str| inventory.daemon_revisions.iter().any(|seen| seen.value.daemon_revision_arn == arn);
            let any_image = is_read && !daemon.current_revisions.iter().all(|one| is_there(&one.arn));
            let uses = Uses { any_image, ..Uses::default() };
            self.holders.push(Holder { thing: Thing::Fixed, home: place(location), uses });
        }
        for Seen { location, value: revision } in &inventory.daemon_revisions {
            let mut uses = Uses::default();
            for container in &revision.container_images {
                self.add_container(&mut uses, container.image.as_deref(), container.image_digest.as_deref());
            }
            let mut definitions = inventory.daemon_task_definitions.iter();
            let is_defined = definitions.any(|seen| {
                Some(&seen.value.daemon_task_definition_arn) == revision.daemon_task_definition_arn.as_ref()
            });
            uses.any_image |= is_read && revision.container_images.is_empty() && !is_defined;
            self.holders.push(Holder { thing: Thing::Fixed, home: place(location), uses });
        }
        for Seen { location, value: definition } in &inventory.daemon_task_definitions {
            let mut uses = Uses::default();
            for container in definition.container_definitions.iter().filter(|_| definition.status != "DELETED") {
                self.add_image(&mut uses, &container.image);
            }
            self.holders.push(Holder { thing: Thing::Fixed, home: place(location), uses });
        }
    }

    /// What a container ran: its image by name, by digest, or both.
    pub(crate) fn add_container(&self, uses: &mut Uses, image: Option<&str>, digest: Option<&str>) {
        if let Some(image) = image {
            let ours = self.add_image(uses, image);
            match (digest, ours) {
                (Some(digest), Some((registry, repository))) if digest.starts_with("sha256:") => {
                    uses.images.push((registry, repository, digest.to_owned()));
                }
                (Some(_), Some(_)) => uses.any_image = true,
                (_, None) | (None, _) => {}
            }
        } else if let Some(digest) = digest {
            uses.any_image |= !digest.starts_with("sha256:");
            let same = self.inventory.images.iter().filter(|image| image.value.image_digest.as_str() == digest);
            uses.images.extend(same.map(image_name));
        }
    }

    /// `family`, `family:revision` or an ARN that ends in either.
    pub(crate) fn add_definition(&self, uses: &mut Uses, home: &Location, text: &str) {
        let named = || -> Option<DefinitionName> {
            let mut home = place(home);
            let mut name = text;
            if text.starts_with("arn:") {
                let parts: Vec<&str> = text.split(':').collect();
                home = format!("{} {}", parts[4], parts[3]);
                let start = text.find(":task-definition/")? + ":task-definition/".len();
                name = &text[start..];
            }
            let (family, revision) = match name.split_once(':') {
                Some((family, revision)) => (family, revision.parse().ok()?),
                None => (name, self.newest_active(&home, name)?),
            };
            Some((home, family.to_owned(), revision))
        };
        let exists = |name: &DefinitionName| {
            self.inventory.task_definitions.iter().any(|definition| definition_name(definition) == *name)
        };
        match named().filter(exists) {
            Some(name) => uses.definitions.push(name),
            None => uses.any_definition = true,
        }
    }

    fn knows_all_definitions_of(&self, there: &str) -> bool {
        let is_asked = self.inventory.scopes.iter().any(|scope| place(&scope.location()) == there);
        let misses_some = self.inventory.gaps.iter().any(|gap| {
            let account = gap.account_id.as_ref().is_none_or(|account| there.starts_with(account.as_str()));
            let region = gap.region.as_ref().is_none_or(|region| there.ends_with(&format!(" {region}")));
            account && region && ["task_definitions", "account"].contains(&gap.source.as_str())
        });
        is_asked && !misses_some
    }

    pub(crate) fn newest_active(&self, home: &str, family: &str) -> Option<u32> {
        let all = self.inventory.task_definitions.iter();
        let of_family = all.filter(|seen| place(&seen.location) == home && seen.value.family == family);
        of_family.filter(|seen| seen.value.status == "ACTIVE").map(|seen| seen.value.revision).max()
    }

    /// Adds what an image URI names, and says of which registry and repository it is, if it is of ECR.
    pub(crate) fn add_image(&self, uses: &mut Uses, uri: &str) -> Option<(String, String)> {
        let (host, rest) = uri.split_once('/')?;
        let host = host.to_lowercase();
        if !host.contains(".dkr.ecr") && !host.contains(".dkr-ecr") {
            return None;
        }
        let labels: Vec<&str> = host.split('.').collect();
        let region = if labels[1].starts_with("dkr-ecr") { labels[2] } else { labels[3] };
        let (name, digest) = rest.split_once('@').map_or((rest, None), |(name, digest)| (name, Some(digest)));
        let (repository, tag) = name.split_once(':').map_or((name, None), |(name, tag)| (name, Some(tag)));
        if labels[0].len() != 12 || tag == Some("") {
            uses.any_image = true;
            return None;
        }
        let registry = format!("{} {region}", labels[0]);
        let tag = tag.or(if digest.is_none() { Some("latest") } else { None });
        for seen in &self.inventory.images {
            let image = &seen.value;
            let is_named = Some(image.image_digest.as_str()) == digest
                || tag.is_some_and(|tag| image.image_tags.iter().any(|other| other.as_str() == tag));
            if place(&seen.location) == registry && image.repository_name.as_str() == repository && is_named {
                uses.images.push(image_name(seen));
            }
        }
        Some((registry, repository.to_owned()))
    }
}

/// Where a definition lives: where its ARN says, or at home.
fn named_place(home: &Location, text: &str) -> String {
    let parts: Vec<&str> = text.split(':').collect();
    if text.starts_with("arn:") { format!("{} {}", parts[4], parts[3]) } else { place(home) }
}

/// Whether a text is a definition's name at all, and not an expression.
fn is_a_name(text: &str) -> bool {
    let name = if text.starts_with("arn:") { text.split(":task-definition/").nth(1).unwrap_or("") } else { text };
    let (family, revision) = name.split_once(':').unwrap_or((name, "1"));
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    !family.is_empty() && family.chars().all(fits) && revision.parse::<u32>().is_ok()
}
