//! What was not read, and so may hold what a rule would retire (law L2).

use super::estate::Estate;
use crate::{
    graph::{Node, UnresolvedKind},
    inventory::Gap,
    model::{Kind, Location, Reason, ReasonCode, Source},
};

/// Everything unread or unresolved, by what it may hold.
pub(super) struct Obstacles<'a> {
    gaps: Vec<&'a Gap>,
    /// References that could not be followed by holders that stay, and what each may mean.
    unresolved: Vec<(UnresolvedKind, Location, Reason)>,
}

impl<'a> Obstacles<'a> {
    /// `stays` tells whether a task definition goes on holding its images.
    pub(super) fn new(estate: &Estate<'a>, stays: impl Fn(&Node) -> bool) -> Self {
        let waived = |source: Source| estate.policy().waivers.iter().any(|waiver| waiver.source == source);
        let gaps = estate.question.inventory.gaps.iter().filter(|gap| !waived(gap.source)).collect();
        let unresolved = estate.graph.unresolved().iter().filter_map(|reference| {
            let location = home(&reference.holder)?.clone();
            if matches!(reference.holder, Node::TaskDefinition(_)) && !stays(&reference.holder) {
                return None;
            }
            let means = match reference.kind {
                UnresolvedKind::AnyDefinition => "which was not read, so it may name any image",
                UnresolvedKind::AnyImage => "which may be any image",
            };
            let text = format!("{} refers to `{}`, {means}", reference.holder, reference.text);
            Some((reference.kind, location, Reason::new(ReasonCode::Gap, text)))
        });
        Self { gaps, unresolved: unresolved.collect() }
    }

    /// Why an object may be held by something that was not read; nothing if it cannot be.
    pub(super) fn of(&self, node: &Node) -> Vec<Reason> {
        let Some((location, resource)) = node.resource() else { return Vec::new() };
        let kind = resource.kind();
        let mut reasons: Vec<Reason> =
            self.gaps.iter().filter(|gap| concerns(gap, node, location, kind)).map(|gap| describe(gap)).collect();
        let unresolved = self.unresolved.iter().filter(|(what, home, _)| match what {
            UnresolvedKind::AnyDefinition => kind == Kind::Image || (kind == Kind::TaskDefinition && home == location),
            UnresolvedKind::AnyImage => kind == Kind::Image,
        });
        reasons.extend(unresolved.map(|(_, _, reason)| reason.clone()));
        reasons.dedup();
        reasons
    }
}

fn home(node: &Node) -> Option<&Location> {
    match node {
        Node::Service { location, .. }
        | Node::TaskSet { location, .. }
        | Node::Task { location, .. }
        | Node::External { location, .. } => Some(location),
        Node::TaskDefinition(key) => Some(&key.location),
        Node::Tag { .. } | Node::Image(_) => None,
    }
}

/// Whether what the gap hides may hold the object.
fn concerns(gap: &Gap, node: &Node, location: &Location, kind: Kind) -> bool {
    if !gap.source.may_hold().contains(&kind) {
        return false;
    }
    let same_place = gap.account_id.as_ref().is_none_or(|account_id| *account_id == location.account_id)
        && gap.region.as_ref().is_none_or(|region| *region == location.region);
    match (kind, node) {
        // A registry is pulled from everywhere, so only what is missing of the registry itself stays within it.
        (Kind::Image, Node::Image(key)) if is_of_registry(gap.source) => {
            let repository = gap.object.as_deref().map(|object| object.split('@').next().unwrap_or(object));
            same_place && repository.is_none_or(|repository| repository == key.repository.as_str())
        }
        (Kind::Image, _) => true,
        (Kind::Service | Kind::TaskSet | Kind::TaskDefinition, _) => same_place,
    }
}

fn is_of_registry(source: Source) -> bool {
    match source {
        Source::Repositories | Source::Images | Source::Manifests | Source::Referrers | Source::Archived => true,
        Source::Services
        | Source::TaskSets
        | Source::Tasks
        | Source::TaskDefinitions
        | Source::ServiceDeployments
        | Source::ServiceRevisions
        | Source::Daemons
        | Source::Eventbridge
        | Source::Scheduler
        | Source::StepFunctions
        | Source::Lambda
        | Source::Batch
        | Source::Codedeploy
        | Source::ApplicationAutoscaling => false,
    }
}

fn describe(gap: &Gap) -> Reason {
    let place = match (&gap.account_id, &gap.region) {
        (Some(account_id), Some(region)) => format!(" of {account_id}/{region}"),
        (Some(account_id), None) => format!(" of {account_id}"),
        (None, Some(region)) => format!(" of {region}"),
        (None, None) => String::new(),
    };
    match &gap.object {
        Some(object) => {
            Reason::new(ReasonCode::Gap, format!("{}{place}: `{object}` could not be read: {}", gap.source, gap.error))
        }
        None => Reason::new(ReasonCode::SourceNotRead, format!("{}{place} were not read: {}", gap.source, gap.error)),
    }
}
