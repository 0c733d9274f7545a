//! What was not read (law L2).

use std::collections::HashMap;

use super::{
    facts::Facts,
    names::Place,
    uses::{Any, User, Vague},
};
use crate::{
    inventory::Gap,
    model::{Kind, Location, RepositoryName, Source},
    plan::Question,
};

/// The gaps that no waiver covers, and the places of the policy that the inventory does not have.
pub(super) struct Unread(Vec<Gap>);

impl Unread {
    pub(super) fn new(question: &Question<'_>) -> Self {
        let (policy, inventory) = (question.policy, question.inventory);
        let is_waived = |gap: &&Gap| policy.waivers.iter().any(|waiver| waiver.source == gap.source);
        let mut gaps: Vec<Gap> = inventory.gaps.iter().filter(|gap| !is_waived(gap)).cloned().collect();
        for account in &policy.accounts {
            for region in &account.regions {
                if inventory.scopes.iter().all(|scope| scope.account_id != account.id || scope.region != *region) {
                    gaps.push(Gap {
                        source: Source::Account,
                        account_id: Some(account.id.clone()),
                        region: Some(region.clone()),
                        object: None,
                        error: "nobody looked there".to_owned(),
                    });
                }
            }
        }
        Self(gaps)
    }

    /// Something unread that may hold such an object.
    pub(super) fn may_hold(
        &self,
        kind: Kind,
        location: &Location,
        repository: Option<&RepositoryName>,
    ) -> Option<String> {
        let gap = self.0.iter().find(|gap| gap.may_hold(kind, location, repository))?;
        Some(format!("{} could not be read, and may hold it", gap.source))
    }
}

/// Who uses what cannot be followed, by what it may be.
#[derive(Default)]
pub(super) struct Vaguest<'a> {
    services: HashMap<Place<'a>, User<'a>>,
    anything: HashMap<Place<'a>, User<'a>>,
    definitions: HashMap<Place<'a>, User<'a>>,
    /// Somebody who may use any image, whatever this plan does.
    pub(super) image: Option<User<'a>>,
    /// The last step that deregisters a definition that may use any image.
    pub(super) release: Option<usize>,
}

impl<'a> Vaguest<'a> {
    pub(super) fn new(facts: &Facts<'a>) -> Self {
        let mut vaguest = Self::default();
        for Vague { user, home, may_be } in &facts.uses.vague {
            match may_be {
                Any::Service => drop(vaguest.services.insert(*home, *user)),
                Any::Thing => drop(vaguest.anything.insert(*home, *user)),
                Any::Definition => drop(vaguest.definitions.insert(*home, *user)),
                Any::Image => {}
            }
            match (may_be, user) {
                (Any::Service, _) => {}
                (Any::Image, User::Definition(definition)) if !facts.still_holds(*definition) => {
                    vaguest.release = vaguest.release.max(facts.release(*user));
                }
                (Any::Image | Any::Thing | Any::Definition, _) => vaguest.image = Some(*user),
            }
        }
        vaguest
    }

    pub(super) fn service(&self, home: Place<'_>) -> Option<User<'a>> {
        self.services.get(&home).or_else(|| self.anything.get(&home)).copied()
    }

    pub(super) fn task_set(&self, home: Place<'_>) -> Option<User<'a>> {
        self.anything.get(&home).copied()
    }

    pub(super) fn definition(&self, home: Place<'_>) -> Option<User<'a>> {
        self.definitions.get(&home).or_else(|| self.anything.get(&home)).copied()
    }

    pub(super) fn text(facts: &Facts<'_>, user: User<'_>) -> String {
        format!("what {} uses cannot be followed, and may be it", facts.name(user))
    }
}
