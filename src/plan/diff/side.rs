//! One of the two plans, looked up by object.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Otherwise, Stand};
use crate::{
    model::{Address, Location, Resource, Scope},
    plan::{Action, AddressPattern, Pending, Plan, Step},
};

/// An object, whatever a policy calls its account.
pub(super) type Object = (Location, Resource);

/// What a step does to which object, in the order of output.
pub(super) type Effect = (Location, Action, Resource);

/// The effect of a step. `None` of a step that lacks the names of its object, which no plan of ours has.
pub(super) fn effect(step: &Step) -> Option<Effect> {
    Some((step.target.location(), step.action, step.target.resource(step.action.kind())?))
}

/// What was found out about objects beside what the plan file says.
pub(super) type Found = HashMap<Effect, Otherwise>;

/// A plan with its objects at hand.
pub(super) struct Side<'p> {
    pub(super) plan: &'p Plan,
    pub(super) steps: BTreeMap<Effect, &'p Step>,
    actions: HashMap<Object, BTreeSet<Action>>,
    pending: HashMap<Object, (Stand, &'p Pending)>,
    scopes: HashMap<Location, &'p Scope>,
    targets: Vec<AddressPattern>,
    excludes: Vec<AddressPattern>,
}

impl<'p> Side<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let steps: BTreeMap<Effect, &Step> = plan.steps.iter().filter_map(|step| Some((effect(step)?, step))).collect();
        let mut actions: HashMap<Object, BTreeSet<Action>> = HashMap::new();
        for (location, action, resource) in steps.keys() {
            actions.entry((location.clone(), resource.clone())).or_default().insert(*action);
        }
        let by_label: HashMap<_, &Scope> =
            plan.scopes.iter().map(|scope| ((&scope.account, &scope.region), scope)).collect();
        let object = |address: &Address| {
            let scope = by_label.get(&(&address.account, &address.region))?;
            Some((scope.location(), address.resource.clone()))
        };
        let deferred = plan.deferred.iter().map(|one| (Stand::Deferred, one));
        let pending = deferred.chain(plan.blocked.iter().map(|one| (Stand::Blocked, one)));
        let patterns = |texts: &[String]| texts.iter().filter_map(|text| text.parse().ok()).collect();
        Self {
            plan,
            actions,
            pending: pending.filter_map(|(stand, one)| Some((object(&one.address)?, (stand, one)))).collect(),
            steps,
            scopes: plan.scopes.iter().map(|scope| (scope.location(), scope)).collect(),
            targets: patterns(&plan.targets),
            excludes: patterns(&plan.excludes),
        }
    }

    /// How the object of a step that this plan does not have stands in it.
    pub(super) fn stand(&self, effect: &Effect, found: &Found) -> Otherwise {
        let (location, _, resource) = effect;
        let Some(scope) = self.scopes.get(location) else { return Stand::OutOfScope.into() };
        let object = (location.clone(), resource.clone());
        if let Some(found) = found.get(effect) {
            return found.clone();
        }
        if let Some(actions) = self.actions.get(&object) {
            return Otherwise { actions: actions.iter().copied().collect(), ..Stand::OtherStep.into() };
        }
        if let Some((stand, pending)) = self.pending.get(&object) {
            return Otherwise { eligible_at: pending.eligible_at, reasons: pending.reasons.clone(), ..(*stand).into() };
        }
        if self.leaves_out(scope, resource) { Stand::LeftOut.into() } else { Stand::Unsaid.into() }
    }

    fn leaves_out(&self, scope: &Scope, resource: &Resource) -> bool {
        if self.plan.selected_from.is_none() {
            return false;
        }
        let address = format!("{scope}/{resource}");
        let covers = |patterns: &[AddressPattern]| patterns.iter().any(|pattern| pattern.matches(&address));
        covers(&self.excludes) || (!self.targets.is_empty() && !covers(&self.targets))
    }
}
