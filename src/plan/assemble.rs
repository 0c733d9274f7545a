//! From verdicts to the steps of a plan, in order, with its figures.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    Action, Pending, Plan, PlanSettings, Step, StepId, Summary, Target, Waived,
    estate::Estate,
    file::{FORMAT_VERSION, STORAGE_USD_PER_GB_MONTH},
    verdict::{Decision, Retirement, Verdict},
    warnings::warnings,
};
use crate::{
    graph::{Node, order},
    inventory::is_index,
    model::{
        Address, Bytes, Kind, Location, ReasonCode,
        quota::{Bucket, DEREGISTRATION_SETTLES_SECONDS, batch},
    },
};

/// What identifies a step before it has a number: actions in their order, then addresses.
type Key = (Action, Address);

/// Puts a plan together.
pub(super) fn assemble(estate: &Estate<'_>, decisions: Vec<Decision>) -> Plan {
    let mut deferred = Vec::new();
    let mut blocked = Vec::new();
    let mut kept_by_reason: BTreeMap<ReasonCode, u64> = BTreeMap::new();
    let mut retired: HashMap<Node, (Address, Retirement)> = HashMap::new();
    for Decision { node, address, verdict } in decisions {
        match verdict {
            Verdict::Keep(reasons) => {
                let code = reasons.first().map_or(ReasonCode::NoRule, |reason| reason.code);
                *kept_by_reason.entry(code).or_default() += 1;
            }
            Verdict::Defer { action, eligible_at, reasons } => {
                deferred.push(Pending { address, action, eligible_at: Some(eligible_at), reasons });
            }
            Verdict::Block { action, reasons } => {
                blocked.push(Pending { address, action, eligible_at: None, reasons });
            }
            Verdict::Retire(retirement) => {
                retired.insert(node, (address, retirement));
            }
        }
    }
    for pending in [&mut deferred, &mut blocked] {
        pending.sort_unstable_by(|left, right| left.address.cmp(&right.address));
    }
    let (steps, warnings, errored) = match steps(estate, &retired) {
        Ok(steps) => {
            let warnings = warnings(estate, &steps);
            (steps, warnings, false)
        }
        Err(cycle) => (Vec::new(), vec![format!("nothing can be applied: {cycle}")], true),
    };
    let summary = Summary {
        kept: kept_by_reason.values().sum(),
        deferred: count(deferred.len()),
        blocked: count(blocked.len()),
        ..summarise(estate, &steps)
    };
    plan(estate, steps, summary, Rest { deferred, blocked, kept_by_reason, warnings, errored })
}

struct Rest {
    deferred: Vec<Pending>,
    blocked: Vec<Pending>,
    kept_by_reason: BTreeMap<ReasonCode, u64>,
    warnings: Vec<String>,
    errored: bool,
}

fn plan(estate: &Estate<'_>, steps: Vec<Step>, summary: Summary, rest: Rest) -> Plan {
    let (question, settings) = (estate.question, estate.settings());
    let waived = estate.policy().waivers.iter().map(|waiver| Waived {
        source: waiver.source,
        reason: waiver.reason.clone(),
        at: waiver.at.to_string(),
    });
    let waived: Vec<Waived> = waived.collect();
    let (gaps, scopes) = (estate.gaps.clone(), estate.scopes());
    Plan {
        format_version: FORMAT_VERSION.to_owned(),
        tool_version: question.tool_version.to_owned(),
        plan_id: String::new(),
        integrity: String::new(),
        created_at: question.now,
        expires_at: settings.plan_expiry.after(question.now),
        as_of: question.now,
        policy_id: question.policy_id.clone(),
        inventory_id: question.inventory_id.clone(),
        applyable: !steps.is_empty() && !rest.errored,
        complete: gaps.is_empty(),
        errored: rest.errored,
        scopes,
        settings: PlanSettings {
            verify_within: settings.verify_within,
            opt_in_key: settings.opt_in_tag.key.clone(),
            opt_in_value: settings.opt_in_tag.value.clone(),
            protect_tag: settings.protect_tag.clone(),
        },
        waived,
        gaps,
        summary,
        steps,
        deferred: rest.deferred,
        blocked: rest.blocked,
        kept_by_reason: rest.kept_by_reason,
        warnings: rest.warnings,
    }
    .sealed()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The steps in an order in which each comes after all that it waits for (law L5).
fn steps(
    estate: &Estate<'_>,
    retired: &HashMap<Node, (Address, Retirement)>,
) -> Result<Vec<Step>, crate::graph::Cycle> {
    let mut makings: BTreeMap<Key, (&Node, &Retirement, usize)> = BTreeMap::new();
    for (node, (address, retirement)) in retired {
        for (index, (action, _)) in retirement.actions.iter().enumerate() {
            makings.insert((*action, address.clone()), (node, retirement, index));
        }
    }
    let befores = befores(estate, retired);
    let named = |key: &Key| Named(key.clone());
    let ordered = order(makings.keys().map(named), befores.iter().map(|(first, then)| (named(first), named(then))))?;
    let numbers: BTreeMap<&Key, StepId> = (1..).map(StepId).zip(&ordered).map(|(id, Named(key))| (key, id)).collect();
    let mut after: BTreeMap<&Key, BTreeSet<StepId>> = BTreeMap::new();
    for (first, then) in &befores {
        if let Some(id) = numbers.get(first) {
            after.entry(then).or_default().insert(*id);
        }
    }
    let mut steps = Vec::with_capacity(ordered.len());
    for Named(key) in &ordered {
        let (Some((node, retirement, index)), Some(id)) = (makings.get(key), numbers.get(key)) else { continue };
        let waits = after.get(key).into_iter().flatten().copied().collect();
        steps.extend(step(estate, *id, key, node, retirement, *index, waits));
    }
    Ok(steps)
}

/// A key that can be named in an error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Named(Key);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.0, self.0.1)
    }
}

fn step(
    estate: &Estate<'_>,
    id: StepId,
    (action, address): &Key,
    node: &Node,
    retirement: &Retirement,
    index: usize,
    after: Vec<StepId>,
) -> Option<Step> {
    let (location, resource) = node.resource()?;
    let image = estate.images.get(node).map(|seen| &seen.value);
    let mut tags = image.map_or_else(Vec::new, |image| image.image_tags.clone());
    tags.sort_unstable();
    // ECR gives an index the size of its largest child: counting both would count that one twice.
    let bytes = image
        .filter(|image| !image.image_manifest_media_type.as_deref().is_some_and(is_index))
        .map_or(Bytes(0), |image| Bytes(image.image_size_in_bytes));
    Some(Step {
        id,
        action: *action,
        address: address.clone(),
        target: Target::new(location, &resource, &tags),
        rule: retirement.rule.clone(),
        at: retirement.at.clone(),
        reasons: retirement.reasons.clone(),
        after,
        expect: retirement.actions.get(index).map_or_else(Vec::new, |(_, expect)| expect.clone()),
        bytes,
        reversible: action.reversible(),
    })
}

/// Which step comes before which: the steps of one object in their order, and holders before what they hold.
fn befores(estate: &Estate<'_>, retired: &HashMap<Node, (Address, Retirement)>) -> Vec<(Key, Key)> {
    let first = |node: &Node| {
        let (address, retirement) = retired.get(node)?;
        Some((retirement.actions.first()?.0, address.clone()))
    };
    let last = |node: &Node| {
        let (address, retirement) = retired.get(node)?;
        Some((retirement.actions.last()?.0, address.clone()))
    };
    let mut befores = Vec::new();
    let mut task_sets: HashMap<Node, Vec<Key>> = HashMap::new();
    for node in retired.keys() {
        if let Node::TaskSet { location, cluster, service, .. } = node {
            let (location, cluster, service) = (location.clone(), cluster.clone(), service.clone());
            task_sets.entry(Node::Service { location, cluster, service }).or_default().extend(last(node));
        }
    }
    for (node, (address, retirement)) in retired {
        for pair in retirement.actions.windows(2) {
            if let [(one, _), (two, _)] = pair {
                befores.push(((*one, address.clone()), (*two, address.clone())));
            }
        }
        let Some(mine) = first(node) else { continue };
        for holder in retired_holders(estate, retired, node) {
            // A deregistered definition holds its images no longer, whether or not it is deleted as well.
            let release = if matches!(holder, Node::TaskDefinition(_)) { first(holder) } else { last(holder) };
            befores.extend(release.map(|release| (release, mine.clone())));
        }
        befores.extend(task_sets.get(node).into_iter().flatten().map(|release| (release.clone(), mine.clone())));
    }
    befores
}

/// The retired objects that hold a node directly, through a tag, or through a definition that stays: an INACTIVE one
/// releases its images only when what runs it is gone.
fn retired_holders<'g>(
    estate: &'g Estate<'_>,
    retired: &HashMap<Node, (Address, Retirement)>,
    node: &Node,
) -> BTreeSet<&'g Node> {
    let mut holders = BTreeSet::new();
    let mut queue: Vec<&Node> = estate.graph.holders(node).map(|(holder, _)| holder).collect();
    while let Some(holder) = queue.pop() {
        if retired.contains_key(holder) {
            holders.insert(holder);
            continue;
        }
        match holder {
            Node::Tag { .. } | Node::TaskDefinition(_) => {
                queue.extend(estate.graph.holders(holder).map(|(user, _)| user));
            }
            Node::Service { .. }
            | Node::TaskSet { .. }
            | Node::Task { .. }
            | Node::External { .. }
            | Node::Image(_) => {}
        }
    }
    holders
}

fn summarise(estate: &Estate<'_>, steps: &[Step]) -> Summary {
    let mut summary = Summary { actions: Action::ALL.map(|action| (action, 0)).into(), ..Summary::default() };
    for step in steps {
        *summary.actions.entry(step.action).or_default() += 1;
        summary.bytes_reclaimed = summary.bytes_reclaimed + step.bytes;
        if step.action.kind() == Kind::Image
            && let Some(resource) = step.target.resource(Kind::Image)
            && let crate::model::Resource::Image { repository, digest } = resource
        {
            let registry = step.target.location();
            let node = Node::Image(crate::graph::ImageKey { registry, repository, digest });
            let findings = estate.images.get(&node).and_then(|seen| seen.value.image_scan_findings_summary.as_ref());
            for (severity, number) in findings.into_iter().flat_map(|summary| &summary.finding_severity_counts) {
                *summary.findings_removed.entry(severity.clone()).or_default() += number;
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate in cents")]
    let gigabytes = summary.bytes_reclaimed.0 as f64 / 1e9;
    summary.monthly_savings_usd = (gigabytes * STORAGE_USD_PER_GB_MONTH * 100.0).round() / 100.0;
    let (calls, eta) = calls_and_eta(estate, steps);
    summary.api_calls = calls;
    summary.eta_seconds = eta;
    summary
}

/// The mutating calls and roughly how long they take: per account, Region and bucket at the account's share, side by side.
fn calls_and_eta(estate: &Estate<'_>, steps: &[Step]) -> (BTreeMap<String, u64>, u64) {
    let mut batches: BTreeMap<(Location, Action, String), usize> = BTreeMap::new();
    for step in steps {
        let container = step.target.repository.as_ref().map_or_else(String::new, ToString::to_string);
        *batches.entry((step.target.location(), step.action, container)).or_default() += 1;
    }
    let mut calls: BTreeMap<String, u64> = BTreeMap::new();
    let mut seconds: BTreeMap<(Location, Bucket), f64> = BTreeMap::new();
    for ((location, action, _), steps) in batches {
        let (operation, bucket, size) = call(action);
        let number = count(steps.div_ceil(size));
        *calls.entry(operation.to_owned()).or_default() += number;
        let share = estate
            .scope(&location)
            .and_then(|scope| estate.policy().accounts.iter().find(|account| account.label == scope.account))
            .map_or(0.5, |account| account.quota_share);
        #[expect(clippy::cast_precision_loss, reason = "an estimate in seconds")]
        let number = number as f64;
        let rate = bucket.rate();
        let paced = (number - rate.burst * share).max(0.0) / (rate.per_second * share);
        *seconds.entry((location, bucket)).or_default() += paced;
    }
    let longest = seconds.values().copied().fold(0.0, f64::max);
    let settles = steps.iter().any(|step| step.action == Action::DeregisterTaskDefinition)
        && steps.iter().any(|step| step.action == Action::DeleteTaskDefinition && !step.after.is_empty());
    let settling = if settles { DEREGISTRATION_SETTLES_SECONDS } else { 0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, an estimate")]
    let eta = longest.ceil() as u64 + settling.unsigned_abs();
    (calls, eta)
}

/// The call that carries an action out, the bucket it draws from and how many objects it takes.
fn call(action: Action) -> (&'static str, Bucket, usize) {
    match action {
        Action::ScaleTaskSet => ("ecs:UpdateTaskSet", Bucket::EcsTaskSetModify, 1),
        Action::DeleteTaskSet => ("ecs:DeleteTaskSet", Bucket::EcsTaskSetModify, 1),
        Action::DeleteService => ("ecs:DeleteService", Bucket::EcsServiceModify, 1),
        Action::DeregisterTaskDefinition => ("ecs:DeregisterTaskDefinition", Bucket::EcsTaskDefinitionModify, 1),
        Action::DeleteTaskDefinition => {
            ("ecs:DeleteTaskDefinitions", Bucket::EcsTaskDefinitionDeletion, batch::DELETE_TASK_DEFINITIONS)
        }
        Action::DeleteImage => ("ecr:BatchDeleteImage", Bucket::EcrModify, batch::IMAGES),
    }
}
