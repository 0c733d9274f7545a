//! Changes made to a plan by hand. Each leaves a plan that is well made otherwise: numbers, figures and digests are set right again,
//! so that only the second check can tell.

use jettison::{
    inventory::{Image, Seen},
    model::{Bytes, Digest, Location, Resource, Revision},
    plan::{Action, Expect, Plan, Step, StepId, Target},
};

use super::{oracle::Oracle, verify::Case, world::now};

/// A number to choose by.
pub(crate) struct Pick(pub(crate) u64);

impl Pick {
    pub(crate) fn below(&mut self, count: usize) -> Option<usize> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (count > 0).then(|| usize::try_from((self.0 >> 33) % count as u64).unwrap())
    }

    pub(crate) fn of<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        self.below(items.len()).map(|at| &items[at])
    }
}

/// A change: the plan that it makes; nothing where it cannot be made or would change nothing that matters.
pub(crate) type Change = fn(&Case, &mut Pick) -> Option<Plan>;

pub(crate) const CHANGES: [(&str, Change); 23] = [
    ("a kept object added", keep_added),
    ("an edge of order removed", edge_removed),
    ("two steps that wait for each other swapped", order_swapped),
    ("a step that others need removed", needed_step_removed),
    ("a step duplicated", step_duplicated),
    ("the target of another object", target_of_another),
    ("an object that is not there", object_not_there),
    ("another object that has a step", object_of_another_step),
    ("other tags", tags_changed),
    ("a fact removed", fact_removed),
    ("a fact changed", fact_changed),
    ("a fact added", fact_added),
    ("another rule", rule_changed),
    ("another line", line_changed),
    ("another action", action_changed),
    ("another account", account_changed),
    ("another number", number_changed),
    ("other figures", figures_changed),
    ("other bytes", bytes_changed),
    ("another word on undoing it", reversible_changed),
    ("no reason", reasons_removed),
    ("other settings", settings_changed),
    ("another instant", instant_changed),
];

/// Numbers and figures set right after steps were added, removed or changed. Ids that are gone are dropped from `after`.
pub(crate) fn put_right(plan: &mut Plan) {
    let old: Vec<StepId> = plan.steps.iter().map(|step| step.id).collect();
    let new_of =
        |id: &StepId| old.iter().position(|other| other == id).map(|at| StepId(u32::try_from(at).unwrap() + 1));
    for (number, step) in (1..).zip(&mut plan.steps) {
        step.id = StepId(number);
        step.after = step.after.iter().filter_map(new_of).collect();
        step.after.sort_unstable();
    }
    set_figures(plan);
}

fn set_figures(plan: &mut Plan) {
    plan.summary.actions = Action::ALL.map(|action| (action, 0)).into();
    for step in &plan.steps {
        *plan.summary.actions.entry(step.action).or_default() += 1;
    }
    let bytes = |action| plan.steps.iter().filter(|step| step.action == action).map(|step| step.bytes).sum();
    (plan.summary.bytes_reclaimed, plan.summary.bytes_archived) =
        (bytes(Action::DeleteImage), bytes(Action::ArchiveImage));
}

/// Whether a step waits for another, itself or through others.
fn waits(plan: &Plan, then: StepId, first: StepId) -> bool {
    let after = &plan.steps[then.0 as usize - 1].after;
    after.iter().any(|id| *id == first || waits(plan, *id, first))
}

/// Which step waits for which.
fn edges(plan: &Plan) -> Vec<(StepId, StepId)> {
    plan.steps.iter().flat_map(|step| step.after.iter().map(move |first| (step.id, *first))).collect()
}

/// Whether the laws ask for this edge. An INACTIVE revision holds nothing by itself: that its image waits for its deletion is good
/// order and no law.
fn is_needed(then: &Step, first: &Step) -> bool {
    !(then.action == Action::DeleteImage && first.action == Action::DeleteTaskDefinition)
}

fn edited(case: &Case, at: usize, edit: impl FnOnce(&mut Step)) -> Option<Plan> {
    let mut plan = case.plan.clone();
    edit(&mut plan.steps[at]);
    (plan.steps[at] != case.plan.steps[at]).then_some(plan)
}

fn any_step(case: &Case, pick: &mut Pick) -> Option<usize> {
    pick.below(case.plan.steps.len())
}

/// An action, and the facts that it needs.
type Taken = (Action, Vec<Expect>);

/// Every object of the world, with the actions that would retire it.
fn objects(case: &Case) -> Vec<(Location, Resource, Vec<Taken>)> {
    let (inventory, oracle) = (&case.inventory, Oracle::new(&case.inventory, &case.policy, &case.ledger, now()));
    let name = |text: &str| text.rsplit('/').next().unwrap().to_owned();
    let mut objects = Vec::new();
    for Seen { location, value } in &inventory.services {
        let resource =
            Resource::Service { cluster: name(&value.cluster_arn).into(), service: name(&value.service_arn).into() };
        let facts = vec![Expect::NoTasks, Expect::NoTaskSets, Expect::NotProtected, Expect::Unreferenced];
        objects.push((location.clone(), resource, vec![(Action::DeleteService, facts)]));
    }
    for (owner, one, _) in &oracle.task_sets {
        let resource = Resource::TaskSet {
            cluster: name(&one.cluster_arn).into(),
            service: name(&one.service_arn).into(),
            id: one.id.as_str().into(),
        };
        let runs = Expect::Runs { definition: one.task_definition.clone() };
        let facts = vec![Expect::NotPrimary, runs, Expect::NotProtected];
        let delete = (Action::DeleteTaskSet, [facts.clone(), vec![Expect::NoTasks]].concat());
        let is_empty =
            one.scale.as_ref().is_some_and(|scale| scale.value <= 0.0) && one.running_count + one.pending_count == 0;
        let actions = if is_empty { vec![delete] } else { vec![(Action::ScaleTaskSet, facts), delete] };
        objects.push((inventory.services[*owner].location.clone(), resource, actions));
    }
    for Seen { location, value } in &inventory.task_definitions {
        let resource =
            Resource::TaskDefinition { family: value.family.as_str().into(), revision: Revision(value.revision) };
        let is = |status: &str| Expect::Status { is: status.to_owned() };
        let place = super::oracle::place(location);
        let mut deregister = vec![is("ACTIVE"), Expect::Unreferenced, Expect::NotProtected];
        if oracle.newest_active(&place, &value.family) != Some(value.revision) {
            deregister.push(Expect::NotNewestActive);
        }
        let delete = vec![is("INACTIVE"), Expect::Unreferenced, Expect::NotProtected];
        let actions = if value.status == "ACTIVE" {
            (Action::DeregisterTaskDefinition, deregister)
        } else {
            (Action::DeleteTaskDefinition, delete)
        };
        objects.push((location.clone(), resource, vec![actions]));
    }
    for (index, seen) in inventory.images.iter().enumerate() {
        let facts = image_facts(case, &oracle, index, seen);
        let Image { repository_name: repository, image_digest: digest, .. } = seen.value.clone();
        objects.push((
            seen.location.clone(),
            Resource::Image { repository, digest },
            vec![(Action::DeleteImage, facts)],
        ));
    }
    objects
}

fn image_facts(case: &Case, oracle: &Oracle<'_>, index: usize, seen: &Seen<Image>) -> Vec<Expect> {
    let all = 0..case.inventory.images.len();
    let root = all.clone().find(|root| {
        oracle.below(*root).contains(&index) && !all.clone().any(|above| oracle.below(above).contains(root))
    });
    let root = root.unwrap_or(index);
    let mut unit = oracle.below(root);
    unit.insert(root);
    let mut members: Vec<Digest> =
        unit.iter().map(|index| case.inventory.images[*index].value.image_digest.clone()).collect();
    members.sort_unstable();
    let mut facts = vec![Expect::OptedIn, Expect::UnitUnreferenced { members: members.into() }];
    let registries = case.inventory.registries.iter().filter(|registry| registry.location == seen.location);
    let there = registries.flat_map(|registry| registry.value.deletes_at(seen.value.repository_name.as_str()));
    let mut at: Vec<String> = there.map(|there| format!("{}/{}", there.registry_id, there.region)).collect();
    at.sort_unstable();
    at.dedup();
    facts.extend((!at.is_empty()).then_some(Expect::NoCopies { at }));
    let mut tags = seen.value.image_tags.clone();
    tags.sort_unstable();
    facts.extend([Expect::Tags { are: tags }, Expect::PushedAt { is: seen.value.image_pushed_at }]);
    facts
}

/// Every rule of the policy for an action, with each line on which it says so.
fn rules_for(case: &Case, action: Action) -> Vec<(String, String)> {
    let policy = &case.policy;
    let mut rules = Vec::new();
    match action {
        Action::DeleteService => {
            rules.extend(policy.services.iter().map(|rule| (format!("service.{rule}"), rule.at.to_string())));
        }
        Action::ScaleTaskSet | Action::DeleteTaskSet => {
            rules.extend(policy.task_sets.iter().map(|rule| (format!("task_set.{rule}"), rule.at.to_string())));
        }
        Action::DeregisterTaskDefinition | Action::DeleteTaskDefinition => {
            for rule in &policy.task_definitions {
                let terms = &rule.terms;
                let said = terms.deregister.iter().chain(&terms.last_revision).chain(&terms.delete);
                rules.extend(said.map(|said| (format!("task_definition.{rule}"), said.at.to_string())));
            }
        }
        Action::ArchiveImage | Action::DeleteImage => {
            for rule in &policy.images {
                rules.extend(
                    rule.terms
                        .delete
                        .iter()
                        .chain(&rule.terms.archive)
                        .map(|said| (format!("image.{rule}"), said.at.to_string())),
                );
            }
        }
    }
    rules
}

/// A step as the planner would have made it, at the end of the plan and waiting for everything before.
fn well_made(
    case: &Case,
    plan: &Plan,
    (location, resource): (&Location, &Resource),
    action: Action,
    expect: Vec<Expect>,
) -> Step {
    let scope = case.inventory.scopes.iter().find(|scope| scope.location() == *location);
    let account = scope.map_or_else(|| "elsewhere".into(), |scope| scope.account.clone());
    let image = case.inventory.images.iter().find(|seen| {
        let Resource::Image { repository, digest } = resource else { return false };
        seen.location == *location && seen.value.repository_name == *repository && seen.value.image_digest == *digest
    });
    let mut tags = image.map_or_else(Vec::new, |seen| seen.value.image_tags.clone());
    tags.sort_unstable();
    let is_index = |image: &Image| image.image_manifest_media_type.as_deref() == Some(super::world::INDEX);
    let bytes = image.map_or(0, |seen| if is_index(&seen.value) { 0 } else { seen.value.image_size_in_bytes });
    Step {
        id: StepId(u32::try_from(plan.steps.len()).unwrap() + 1),
        action,
        address: jettison::model::Address { account, region: location.region.clone(), resource: resource.clone() },
        target: Target::new(location, resource, tags),
        rule: "".into(),
        at: "".into(),
        reasons: vec![jettison::model::Reason::new(jettison::model::ReasonCode::Unused, "unused")].into(),
        after: plan.steps.iter().map(|step| step.id).collect(),
        expect,
        bytes: Bytes(bytes),
        reversible: action.reversible(),
    }
}

/// Any object without a step, with the step that it would have.
fn keep_added(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let has_step = |location: &Location, resource: &Resource| {
        case.plan.steps.iter().any(|step| step.target.location() == *location && step.address.resource == *resource)
    };
    let mut kept = objects(case);
    kept.retain(|(location, resource, _)| !has_step(location, resource));
    let (location, resource, actions) = pick.of(&kept)?;
    let mut plan = case.plan.clone();
    for (action, expect) in actions {
        let mut step = well_made(case, &plan, (location, resource), *action, expect.clone());
        let rules = rules_for(case, *action);
        if let Some((rule, at)) = pick.of(&rules) {
            (step.rule, step.at) = (rule.as_str().into(), at.as_str().into());
        }
        plan.steps.push(step);
    }
    put_right(&mut plan);
    Some(plan)
}

fn edge_removed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let (then, first) = *pick.of(&edges(&case.plan))?;
    let mut plan = case.plan.clone();
    let step = &mut plan.steps[then.0 as usize - 1];
    step.after.retain(|id| *id != first);
    let is_needed = is_needed(step, &case.plan.steps[first.0 as usize - 1]);
    (is_needed && !waits(&plan, then, first)).then_some(plan)
}

/// Of two steps of which one waits for the other, each in the other's place.
fn order_swapped(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let (then, first) = *pick.of(&edges(&case.plan))?;
    let mut plan = case.plan.clone();
    plan.steps.swap(first.0 as usize - 1, then.0 as usize - 1);
    put_right(&mut plan);
    Some(plan)
}

fn needed_step_removed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let steps = &case.plan.steps;
    let mut edges = edges(&case.plan);
    edges.retain(|(then, first)| is_needed(&steps[then.0 as usize - 1], &steps[first.0 as usize - 1]));
    let (_, first) = *pick.of(&edges)?;
    let mut plan = case.plan.clone();
    plan.steps.remove(first.0 as usize - 1);
    put_right(&mut plan);
    Some(plan)
}

fn step_duplicated(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let mut plan = case.plan.clone();
    let mut twin = plan.steps.get(any_step(case, pick)?)?.clone();
    twin.id = StepId(u32::try_from(plan.steps.len()).unwrap() + 1);
    plan.steps.push(twin);
    put_right(&mut plan);
    Some(plan)
}

/// The address stays, and AWS is asked for another object.
fn target_of_another(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    let kind = case.plan.steps[at].action.kind();
    let others: Vec<_> = objects(case).into_iter().filter(|(_, resource, _)| resource.kind() == kind).collect();
    let (location, resource, _) = pick.of(&others)?;
    edited(case, at, |step| step.target = Target::new(location, resource, step.target.tags.clone()))
}

fn object_not_there(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    edited(case, at, |step| {
        match &mut step.address.resource {
            Resource::Service { service, .. } => *service = "nobody".into(),
            Resource::TaskSet { id, .. } => *id = "ecs-svc/nobody".into(),
            Resource::TaskDefinition { revision, .. } => *revision = Revision(revision.0 + 1_000),
            Resource::Image { digest, .. } => *digest = super::world::digest("nobody"),
        }
        step.target = Target::new(&step.target.location(), &step.address.resource, step.target.tags.clone());
    })
}

fn object_of_another_step(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    let other = &case.plan.steps[any_step(case, pick)?];
    if other.action.kind() != case.plan.steps[at].action.kind() {
        return None;
    }
    edited(case, at, |step| {
        step.address = other.address.clone();
        step.target = other.target.clone();
    })
}

fn tags_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let (at, which) = (any_step(case, pick)?, pick.below(3)?);
    edited(case, at, |step| {
        if which != 1 {
            step.target.tags.push("zzz".into());
        }
        for fact in &mut step.expect {
            if let Expect::Tags { are } = fact
                && which != 0
            {
                are.push("zzz".into());
            }
        }
    })
}

fn fact_removed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    let which = pick.below(case.plan.steps[at].expect.len())?;
    edited(case, at, |step| drop(step.expect.remove(which)))
}

fn fact_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    let which = pick.below(case.plan.steps[at].expect.len())?;
    edited(case, at, |step| {
        let fact = &mut step.expect[which];
        *fact = match fact.clone() {
            Expect::Status { is } => {
                Expect::Status { is: if is == "ACTIVE" { "INACTIVE" } else { "ACTIVE" }.to_owned() }
            }
            Expect::Runs { .. } => Expect::Runs { definition: Some("other:1".to_owned()) },
            Expect::Tags { .. } => Expect::Tags { are: vec!["other".into()] },
            Expect::PushedAt { .. } => Expect::PushedAt { is: Some(now()) },
            Expect::UnitUnreferenced { members } => Expect::UnitUnreferenced { members: members[1..].into() },
            Expect::NoCopies { at } => {
                Expect::NoCopies { at: [at, vec!["222222222222/eu-central-1".to_owned()]].concat() }
            }
            Expect::Unreferenced
            | Expect::NotNewestActive
            | Expect::NotPrimary
            | Expect::NoTasks
            | Expect::NoTaskSets
            | Expect::NotProtected
            | Expect::OptedIn => Expect::PushedAt { is: None },
        };
    })
}

fn fact_added(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    edited(case, at, |step| step.expect.push(Expect::Status { is: "FROZEN".to_owned() }))
}

fn rule_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    let names = ["service.r0", "task_set.r1", "task_definition.r2", "image.r3", "image.r0", "image.", "r1", ""];
    let name = *pick.of(&names)?;
    edited(case, at, |step| step.rule = name.into())
}

/// Another line. The two lines by which the newest ACTIVE revision of a family goes stand side by side and may ask for the same age:
/// then both are right, and so lines beside the one that is named are left out.
fn line_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let at = any_step(case, pick)?;
    let number = |line: &str| line.rsplit(':').next().unwrap().parse::<usize>().unwrap();
    let (own, other) = (number(&case.plan.steps[at].at), pick.below(80)?);
    if own.abs_diff(other) <= 1 {
        return None;
    }
    edited(case, at, |step| step.at = format!("policy.hcl:{other}").into())
}

fn action_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let (at, action) = (any_step(case, pick)?, *pick.of(&Action::ALL)?);
    let mut plan = edited(case, at, |step| {
        step.action = action;
        step.reversible = action.reversible();
    })?;
    set_figures(&mut plan);
    Some(plan)
}

fn account_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let mut plan = case.plan.clone();
    let which = pick.below(plan.scopes.len())?;
    match pick.below(4)? {
        0 => plan.scopes[which].account_id = "222222222222".parse().unwrap(),
        1 => plan.scopes[which].account = "elsewhere".into(),
        2 => drop(plan.scopes.remove(which)),
        _ => {
            let at = any_step(case, pick)?;
            plan.steps[at].target.account_id = "222222222222".parse().unwrap();
        }
    }
    Some(plan)
}

/// Another number, or waiting for itself or for a later step.
fn number_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let (at, by) = (any_step(case, pick)?, u32::try_from(pick.below(9)?).unwrap());
    edited(case, at, |step| if by > 4 { step.after.push(StepId(step.id.0 + by - 5)) } else { step.id = StepId(by) })
}

fn figures_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let mut plan = case.plan.clone();
    let summary = &mut plan.summary;
    match pick.below(6)? {
        0 => *summary.actions.get_mut(pick.of(&Action::ALL)?)? += 1,
        1 => summary.bytes_reclaimed = Bytes(summary.bytes_reclaimed.0 + 1),
        2 => summary.kept += 1,
        3 => summary.deferred += 1,
        4 => summary.blocked += 1,
        _ => drop(summary.actions.remove(pick.of(&Action::ALL)?)),
    }
    Some(plan)
}

fn bytes_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let mut plan = edited(case, any_step(case, pick)?, |step| step.bytes = Bytes(step.bytes.0 + 1))?;
    set_figures(&mut plan);
    Some(plan)
}

fn reversible_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let action = *pick.of(&Action::ALL)?;
    edited(case, any_step(case, pick)?, |step| step.reversible = action.reversible())
}

fn reasons_removed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    edited(case, any_step(case, pick)?, |step| step.reasons = [].into())
}

fn settings_changed(case: &Case, pick: &mut Pick) -> Option<Plan> {
    let mut plan = case.plan.clone();
    match pick.below(6)? {
        0 => plan.settings.verify_within = "7d".parse().unwrap(),
        1 => plan.settings.opt_in_key = "other".to_owned(),
        2 => plan.settings.opt_in_value = "other".to_owned(),
        3 => plan.settings.protect_tag = "other".to_owned(),
        4 => plan.waived.push(jettison::plan::Waived {
            source: jettison::model::Source::Tasks,
            reason: "none".to_owned(),
            at: "policy.hcl:1".to_owned(),
        }),
        _ if !plan.gaps.is_empty() => plan.complete = true,
        _ => return None,
    }
    Some(plan)
}

fn instant_changed(case: &Case, _: &mut Pick) -> Option<Plan> {
    let mut plan = case.plan.clone();
    plan.as_of += jiff::SignedDuration::from_secs(1);
    Some(plan)
}
