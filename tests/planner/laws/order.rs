//! Law L5: holders before what they hold; index before its children; subject before its referrers; deregister before delete.

use std::collections::{BTreeMap, BTreeSet};

use jettison::{
    model::Kind,
    plan::{Action, Expect, Plan, Step, StepId},
};

use super::{
    super::oracle::{Holder, Oracle, Thing, definition_name, image_name},
    ensure, holds, now,
};

/// "Every step names the steps it waits for", and what it waits for comes before it.
#[test]
fn law_5_steps_come_after_what_they_wait_for() {
    holds("law_5_steps_come_after_what_they_wait_for", 3, |case| {
        for (number, step) in (1..).zip(&case.plan.steps) {
            ensure(step.id == StepId(number), || format!("step {number} is called {}", step.id))?;
            ensure(step.after.iter().all(|id| *id < step.id), || format!("{} waits for later steps", step.address))?;
            ensure(step.after.is_sorted(), || format!("{} names what it waits for out of order", step.address))?;
        }
        Ok(())
    });
}

/// "Holders before what they hold; image index before its children; subject before its referrers; deregister before delete", by tag,
/// by digest or by a pin, directly or through a definition that stays.
#[test]
fn law_5_holders_go_before_what_they_hold() {
    holds("law_5_holders_go_before_what_they_hold", 1, |case| {
        let oracle = Oracle::new(case.inventory, case.policy, case.ledger, now());
        let waits = Waits::new(&oracle, case.plan);
        for (then, first) in waits.all() {
            ensure(comes_after(case.plan, then, first), || {
                format!("{} {} does not wait for {} {}", then.action, then.address, first.action, first.address)
            })?;
        }
        Ok(())
    });
}

/// The steps of a plan, found by what they are about.
struct Waits<'p, 'a> {
    oracle: &'p Oracle<'a>,
    steps: BTreeMap<String, Vec<&'p Step>>,
}

impl<'p, 'a> Waits<'p, 'a> {
    fn new(oracle: &'p Oracle<'a>, plan: &'p Plan) -> Self {
        let mut steps: BTreeMap<String, Vec<&Step>> = BTreeMap::new();
        for step in &plan.steps {
            steps.entry(step.address.to_string()).or_default().push(step);
        }
        Self { oracle, steps }
    }

    fn of(&self, thing: Thing) -> &[&'p Step] {
        if thing == Thing::Fixed || !self.oracle.is_ours(thing) {
            return &[];
        }
        self.steps.get(&self.oracle.address(thing)).map_or(&[], Vec::as_slice)
    }

    /// The step after which an object holds nothing any more. A deregistered definition can start no task.
    fn release(&self, thing: Thing) -> Option<&'p Step> {
        let steps = self.of(thing);
        if matches!(thing, Thing::Definition(_)) { steps.first().copied() } else { steps.last().copied() }
    }

    /// Pairs of steps of which the first must wait for the second.
    fn all(&self) -> Vec<(&'p Step, &'p Step)> {
        let inventory = self.oracle.inventory;
        let mut waits = Vec::new();
        for steps in self.steps.values() {
            waits.extend(steps.windows(2).map(|pair| (pair[1], pair[0])));
        }
        for holder in &self.oracle.holders {
            let Some(first) = self.release(holder.thing) else { continue };
            for (index, seen) in inventory.task_definitions.iter().enumerate() {
                if holder.uses.definitions.contains(&definition_name(seen)) {
                    waits.extend(self.of(Thing::Definition(index)).first().map(|then| (*then, first)));
                }
            }
            let images = self.images_of(holder);
            for (index, seen) in inventory.images.iter().enumerate() {
                if images.contains(&image_name(seen)) {
                    waits.extend(self.of(Thing::Image(index)).iter().map(|then| (*then, first)));
                }
            }
        }
        for (number, (owner, ..)) in self.oracle.task_sets.iter().enumerate() {
            let (then, first) = (self.of(Thing::Service(*owner)), self.release(Thing::TaskSet(number)));
            waits.extend(then.first().copied().zip(first));
        }
        for above in 0..inventory.images.len() {
            let Some(first) = self.release(Thing::Image(above)) else { continue };
            for part in self.oracle.parts(above) {
                waits.extend(self.of(Thing::Image(part)).iter().map(|then| (*then, first)));
            }
        }
        waits
    }

    /// The images that a holder names, and those that the definitions it runs name.
    fn images_of(&self, holder: &Holder) -> BTreeSet<(String, String, String)> {
        let run = self.oracle.holders.iter().filter(|other| {
            let Thing::Definition(index) = other.thing else { return false };
            holder.uses.definitions.contains(&definition_name(&self.oracle.inventory.task_definitions[index]))
        });
        holder.uses.images.iter().chain(run.flat_map(|definition| &definition.uses.images)).cloned().collect()
    }
}

fn comes_after(plan: &Plan, then: &Step, first: &Step) -> bool {
    let mut queue = then.after.clone();
    while let Some(id) = queue.pop() {
        if id == first.id {
            return true;
        }
        queue.extend(plan.steps.iter().find(|step| step.id == id).unwrap().after.iter().copied());
    }
    false
}

/// What apply must look at again before each step is in the plan: law L8 can look at nothing else.
#[test]
fn every_step_says_what_has_to_be_looked_at_again() {
    holds("every_step_says_what_has_to_be_looked_at_again", 3, |case| {
        let oracle = Oracle::new(case.inventory, case.policy, case.ledger, now());
        for step in &case.plan.steps {
            let missing = wanted(&oracle, step).into_iter().find(|wanted| !step.expect.contains(wanted));
            ensure(missing.is_none(), || {
                format!("{} {} does not expect {missing:?}: {:?}", step.action, step.address, step.expect)
            })?;
            let is_whole =
                step.action.kind() != Kind::Image || step.expect.iter().any(|it| is_whole_unit(&oracle, step, it));
            ensure(is_whole, || format!("{} does not look at its whole unit: {:?}", step.address, step.expect))?;
        }
        Ok(())
    });
}

fn wanted(oracle: &Oracle<'_>, step: &Step) -> Vec<Expect> {
    let status = |is: &str| Expect::Status { is: is.to_owned() };
    match step.action {
        Action::ScaleTaskSet => vec![Expect::NotPrimary, Expect::NotProtected],
        Action::DeleteTaskSet => vec![Expect::NotPrimary, Expect::NotProtected, Expect::NoTasks],
        Action::DeleteService => {
            vec![Expect::NoTasks, Expect::NoTaskSets, Expect::NotProtected, Expect::Unreferenced]
        }
        Action::DeregisterTaskDefinition => {
            let family = step.target.family.as_ref().unwrap();
            let home = super::super::oracle::place(&step.target.location());
            let is_newest =
                oracle.newest_active(&home, family.as_str()) == step.target.revision.map(|revision| revision.0);
            let newest = (!is_newest).then_some(Expect::NotNewestActive);
            [status("ACTIVE"), Expect::Unreferenced, Expect::NotProtected].into_iter().chain(newest).collect()
        }
        Action::DeleteTaskDefinition => vec![status("INACTIVE"), Expect::Unreferenced, Expect::NotProtected],
        Action::ArchiveImage | Action::DeleteImage => {
            let index = index_of(oracle, step);
            let is = oracle.inventory.images[index].value.image_pushed_at;
            let at: Vec<String> = oracle.deleted_with(index).into_iter().collect();
            let own = if step.action == Action::ArchiveImage {
                Some(status("ACTIVE"))
            } else {
                (!at.is_empty()).then_some(Expect::NoCopies { at })
            };
            let tags = Expect::Tags { are: step.target.tags.clone() };
            [Expect::OptedIn, tags, Expect::PushedAt { is }].into_iter().chain(own).collect()
        }
    }
}

/// Whether a fact to look at again covers an image with everything below it.
fn is_whole_unit(oracle: &Oracle<'_>, step: &Step, expect: &Expect) -> bool {
    let Expect::UnitUnreferenced { members } = expect else { return false };
    let index = index_of(oracle, step);
    let below = oracle.below(index).into_iter().chain([index]);
    below.into_iter().all(|part| members.contains(&oracle.inventory.images[part].value.image_digest))
}

fn index_of(oracle: &Oracle<'_>, step: &Step) -> usize {
    let images = oracle.inventory.images.iter();
    let index = images.enumerate().find(|(_, seen)| {
        seen.location == step.target.location()
            && Some(&seen.value.repository_name) == step.target.repository.as_ref()
            && Some(&seen.value.image_digest) == step.target.digest.as_ref()
    });
    index.unwrap().0
}
