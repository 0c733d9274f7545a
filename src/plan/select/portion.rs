//! From a plan's steps to those that are wanted. A selection follows what steps wait for, and never takes a unit of
//! images apart.

use std::collections::{BTreeMap, HashSet};

use super::Selection;
use crate::{
    model::{Digest, Kind, Location, ReasonCode, RepositoryName},
    plan::{Expect, Pending, SelectedFrom, Step, StepId},
};

/// What waits, of a plan.
pub(in crate::plan) struct Pendings<'p> {
    pub(in crate::plan) deferred: &'p mut Vec<Pending>,
    pub(in crate::plan) blocked: &'p mut Vec<Pending>,
}

/// Leaves what is wanted of a plan: its steps, numbered anew, and what waits. Tells what it was a part of, and of
/// patterns that name no step.
pub(in crate::plan) fn take(
    selection: &Selection,
    steps: &mut Vec<Step>,
    pending: Pendings<'_>,
) -> (SelectedFrom, Vec<String>) {
    let Pendings { deferred, blocked } = pending;
    let count = crate::plan::figures::count;
    let from =
        SelectedFrom { steps: count(steps.len()), deferred: count(deferred.len()), blocked: count(blocked.len()) };
    let addresses: Vec<String> = steps.iter().map(|step| step.address.to_string()).collect();
    let warnings = without_a_step(selection, &addresses);
    let chosen = Portion::new(selection, steps, &addresses).chosen();
    let is_holder = |step: &Step| step.action.kind() != Kind::Image;
    let holders_stay = steps.iter().zip(&chosen).any(|(step, chosen)| is_holder(step) && !chosen);
    number_anew(steps, &chosen);
    for list in [deferred, blocked] {
        // What holds it may stay now, and then it does not become possible by waiting.
        let may_be_held = |one: &Pending| one.reasons.iter().any(|reason| reason.code == ReasonCode::HolderRetired);
        list.retain(|one| selection.names(&one.address.to_string()) && !(holders_stay && may_be_held(one)));
    }
    (from, warnings)
}

fn without_a_step(selection: &Selection, addresses: &[String]) -> Vec<String> {
    let of = |option: &'static str, wanted: &'_ [super::selection::Wanted]| -> Vec<String> {
        let idle = wanted.iter().filter(|one| !addresses.iter().any(|address| one.pattern.matches(address)));
        let told = idle.filter_map(|one| {
            let first = one.first.as_ref()?;
            Some(format!(
                "nothing that {option} {} names has a step in this plan; `jettison explain {first}` tells why",
                one.pattern
            ))
        });
        told.collect()
    };
    [of("--target", &selection.targets), of("--exclude", &selection.excludes)].concat()
}

fn number_anew(steps: &mut Vec<Step>, chosen: &[bool]) {
    let mut numbers: BTreeMap<StepId, StepId> = BTreeMap::new();
    let mut chosen = chosen.iter();
    steps.retain(|_| chosen.next().copied().unwrap_or_default());
    for (step, number) in steps.iter_mut().zip(1..) {
        numbers.insert(step.id, StepId(number));
        step.id = StepId(number);
        for before in &mut step.after {
            // Everything that a chosen step waits for is chosen, and comes before it.
            *before = numbers.get(before).copied().unwrap_or(*before);
        }
    }
}

/// An image within all registries.
type ImageName<'p> = (Location, &'p RepositoryName, &'p Digest);

/// The steps of a plan by their places in it.
struct Portion<'p> {
    selection: &'p Selection,
    steps: &'p [Step],
    addresses: &'p [String],
    places: BTreeMap<StepId, usize>,
}

impl<'p> Portion<'p> {
    fn new(selection: &'p Selection, steps: &'p [Step], addresses: &'p [String]) -> Self {
        let places = steps.iter().enumerate().map(|(place, step)| (step.id, place)).collect();
        Self { selection, steps, addresses, places }
    }

    /// Which steps are wanted. What is excluded wins: it neither goes nor takes anything in.
    fn chosen(&self) -> Vec<bool> {
        let dropped = self.dropped();
        let named = self.addresses.iter().zip(&dropped);
        let mut wanted: Vec<bool> =
            named.map(|(address, dropped)| self.selection.is_target(address) && !dropped).collect();
        // What a step that is not dropped waits for is not dropped either.
        loop {
            self.take_in_befores(&mut wanted);
            if !self.take_in_units(&mut wanted, &dropped) {
                return wanted;
            }
        }
    }

    /// The places of the steps that a step waits for, which all come before it.
    fn befores(&self, step: &Step) -> impl Iterator<Item = usize> {
        step.after.iter().filter_map(|id| self.places.get(id).copied())
    }

    fn is_image(&self, place: usize) -> bool {
        self.steps.get(place).is_some_and(|step| step.action.kind() == Kind::Image)
    }

    /// What is excluded, and everything that waits for it. Who excludes an image of a unit means the unit: an index without
    /// one of its children is broken.
    fn dropped(&self) -> Vec<bool> {
        let mut dropped = vec![false; self.steps.len()];
        if self.selection.excludes.is_empty() {
            return dropped;
        }
        let mut kept_images: HashSet<ImageName<'_>> = HashSet::new();
        for (place, (step, address)) in self.steps.iter().zip(self.addresses).enumerate() {
            let waits = self.befores(step).any(|before| is_set(&dropped, before) && !self.is_image(before));
            if self.selection.is_excluded(address) || waits {
                set(&mut dropped, place);
                kept_images.extend(image(step));
            }
        }
        for (place, step) in self.steps.iter().enumerate() {
            let is_of_kept_unit = unit(step).any(|member| kept_images.contains(&member));
            if is_of_kept_unit || self.befores(step).any(|before| is_set(&dropped, before)) {
                set(&mut dropped, place);
            }
        }
        dropped
    }

    fn take_in_befores(&self, wanted: &mut [bool]) {
        for (place, step) in self.steps.iter().enumerate().rev() {
            if is_set(wanted, place) {
                self.befores(step).for_each(|before| set(wanted, before));
            }
        }
    }

    /// Takes in the units of wanted images, as far as no other image keeps a part of them. Whether there was something.
    fn take_in_units(&self, wanted: &mut [bool], dropped: &[bool]) -> bool {
        let chosen = self.steps.iter().zip(wanted.iter()).filter(|(_, wanted)| **wanted);
        let members: HashSet<ImageName<'_>> = chosen.flat_map(|(step, _)| unit(step)).collect();
        let mut taken = false;
        for (place, step) in self.steps.iter().enumerate() {
            // A child of two indexes goes with the last of them.
            let is_free = || self.befores(step).all(|before| is_set(wanted, before) || !self.is_image(before));
            let is_open = !is_set(wanted, place) && !is_set(dropped, place);
            if is_open && image(step).is_some_and(|image| members.contains(&image)) && is_free() {
                set(wanted, place);
                taken = true;
            }
        }
        taken
    }
}

/// The image that a step acts on.
fn image(step: &Step) -> Option<ImageName<'_>> {
    Some((step.target.location(), step.target.repository.as_ref()?, step.target.digest.as_ref()?))
}

/// The images that go together with that of a step.
fn unit(step: &Step) -> impl Iterator<Item = ImageName<'_>> {
    let members = step
        .expect
        .iter()
        .find_map(|fact| if let Expect::UnitUnreferenced { members } = fact { Some(members.iter()) } else { None });
    let repository = step.target.repository.as_ref();
    members.into_iter().flatten().filter_map(move |digest| Some((step.target.location(), repository?, digest)))
}

fn is_set(flags: &[bool], place: usize) -> bool {
    flags.get(place).copied().unwrap_or_default()
}

fn set(flags: &mut [bool], place: usize) {
    if let Some(flag) = flags.get_mut(place) {
        *flag = true;
    }
}
