//! The steps of a plan, by what they are done to, and which of them wait for which.

use std::collections::{HashMap, HashSet};

use super::{
    names::{DefinitionKey, RepositoryKey, ServiceKey, TaskSetKey, place_of},
    objection::{Findings, Law},
};
use crate::plan::{Action, Step, StepId};

/// The steps on an object that may have two, by their places in the plan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair {
    /// Scaling or deregistering it.
    pub(super) first: Option<usize>,
    /// Deleting it.
    pub(super) delete: Option<usize>,
}

/// The steps of a plan. Their ids are their places plus one: `form` has seen to that.
pub(super) struct Steps<'a> {
    pub(super) all: &'a [Step],
    pub(super) services: HashMap<ServiceKey<'a>, usize>,
    pub(super) task_sets: HashMap<TaskSetKey<'a>, Pair>,
    pub(super) definitions: HashMap<DefinitionKey<'a>, Pair>,
    pub(super) repositories: HashMap<RepositoryKey<'a>, Vec<usize>>,
}

impl<'a> Steps<'a> {
    /// Sorts the steps. One without the fields that its action needs, or on an object that has one already, is objected to.
    pub(super) fn new(all: &'a [Step], findings: &mut Findings) -> Self {
        let mut steps = Self {
            all,
            services: HashMap::new(),
            task_sets: HashMap::new(),
            definitions: HashMap::new(),
            repositories: HashMap::new(),
        };
        let mut images = Vec::new();
        for (at, step) in all.iter().enumerate() {
            match steps.add(at, step, &mut images) {
                Some(false) => findings.object(at, Law::Review, format!("another step is {} as well", step.action)),
                None => findings.object(at, Law::Review, "its target lacks what its action needs"),
                Some(true) => {}
            }
        }
        // The steps of a repository mostly stand together: one look-up for all of them.
        for together in images.chunk_by(|(one, _), (two, _)| one == two) {
            let Some((repository, _)) = together.first() else { continue };
            steps.repositories.entry(*repository).or_default().extend(together.iter().map(|(_, at)| *at));
        }
        steps
    }

    /// Whether a step is the only one of its kind on its object; nothing if it has none.
    fn add(&mut self, at: usize, step: &'a Step, images: &mut Vec<(RepositoryKey<'a>, usize)>) -> Option<bool> {
        let target = &step.target;
        let place = place_of(target);
        let service = || Some((place, target.cluster.as_ref()?.as_str(), target.service.as_ref()?.as_str()));
        let definition = || Some((place, target.family.as_ref()?.as_str(), target.revision?.0));
        let free = match step.action {
            Action::ScaleTaskSet | Action::DeleteTaskSet => {
                let (place, cluster, service) = service()?;
                let pair = self.task_sets.entry((place, cluster, service, target.task_set.as_ref()?.as_str()));
                slot(pair.or_default(), step.action).replace(at).is_none()
            }
            Action::DeleteService => self.services.insert(service()?, at).is_none(),
            Action::DeregisterTaskDefinition | Action::DeleteTaskDefinition => {
                slot(self.definitions.entry(definition()?).or_default(), step.action).replace(at).is_none()
            }
            Action::ArchiveImage | Action::DeleteImage => {
                target.digest.as_ref()?;
                images.push(((place, target.repository.as_ref()?.as_str()), at));
                true
            }
        };
        Some(free)
    }

    pub(super) fn id(&self, at: usize) -> StepId {
        self.all.get(at).map_or(StepId(0), |step| step.id)
    }

    /// Whether a step waits for another, itself or through others.
    pub(super) fn waits(&self, then: usize, first: usize) -> bool {
        let wanted = self.id(first);
        let mut seen = HashSet::new();
        let mut queue = vec![then];
        while let Some(at) = queue.pop() {
            let after = self.all.get(at).map_or(&[][..], |step| step.after.as_slice());
            if after.binary_search(&wanted).is_ok() {
                return true;
            }
            // What comes before the wanted step does not wait for it.
            let later = after.iter().rev().take_while(|id| **id > wanted);
            queue.extend(later.filter_map(|id| place_in_plan(*id)).filter(|at| seen.insert(*at)));
        }
        false
    }

    /// Objects unless a step waits for another.
    pub(super) fn ensure_waits(&self, findings: &mut Findings, then: usize, first: usize) {
        findings.ensure(self.waits(then, first), then, Law::Order, || {
            let first_step = self.all.get(first);
            let what = first_step.map_or_else(String::new, |step| format!(", {} {}", step.action, step.address));
            format!("it does not wait for step {}{what}", self.id(first))
        });
    }
}

fn slot(pair: &mut Pair, action: Action) -> &mut Option<usize> {
    match action {
        Action::ScaleTaskSet | Action::DeregisterTaskDefinition => &mut pair.first,
        Action::DeleteTaskSet
        | Action::DeleteService
        | Action::DeleteTaskDefinition
        | Action::ArchiveImage
        | Action::DeleteImage => &mut pair.delete,
    }
}

/// The place of a step in its plan, by its id.
pub(super) fn place_in_plan(id: StepId) -> Option<usize> {
    usize::try_from(id.0).ok()?.checked_sub(1)
}
