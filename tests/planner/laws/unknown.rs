//! Law L2: unknown means in use.

use jettison::{
    inventory::{Gap, Inventory},
    model::{Kind, Source},
    plan::{Action, Plan},
};

use super::{ensure, ensure_no_more, holds, plan};
use crate::generate::place;

/// "An unreadable source holds everything that it could mean." One more thing unread never makes anything go, and takes away
/// what it may hold.
#[test]
fn law_2_what_was_not_read_holds_what_it_could_mean() {
    holds("law_2_what_was_not_read_holds_what_it_could_mean", 3, |case| {
        let salt = usize::try_from(case.salt % 100_000).unwrap();
        let source = Source::ALL[salt % Source::ALL.len()];
        let location = place(salt / 100 % 4);
        let mut inventory = case.inventory.clone();
        inventory.gaps.push(Gap {
            source,
            account_id: (salt / 1_000 % 4 > 0).then(|| location.account_id.clone()),
            region: (salt / 1_000 % 4 > 0).then(|| location.region.clone()),
            object: None,
            error: "AccessDenied".to_owned(),
        });
        let after = plan(case.policy, &inventory, case.ledger);
        ensure_no_more(case.plan, &after, || format!("without {source} of {location}"))?;
        if case.policy.waivers.iter().any(|waiver| waiver.source == source) {
            return ensure(after.steps == case.plan.steps, || {
                format!("{source} is waived, and its gap changes the plan")
            });
        }
        for step in &after.steps {
            let here = salt / 1_000 % 4 == 0 || step.target.location() == location;
            let kind = step.action.kind();
            let bad = hides(source, kind) && (here || (kind == Kind::Image && is_of_users(source)));
            ensure(!bad, || format!("{} {} without {source} of {location}", step.action, step.address))?;
        }
        Ok(())
    });
}

/// What hides which kind of object: read off AWS, not off the planner.
fn hides(source: Source, kind: Kind) -> bool {
    use Source as S;
    match source {
        S::Account => true,
        S::Services | S::Codedeploy | S::TaskSets => true,
        S::ApplicationAutoscaling => kind == Kind::Service,
        S::Daemons
        | S::Lambda
        | S::Batch
        | S::Repositories
        | S::Images
        | S::Manifests
        | S::Referrers
        | S::Archived
        | S::Replication
        | S::Config => kind == Kind::Image,
        S::Reference
        | S::Tasks
        | S::TaskDefinitions
        | S::ServiceDeployments
        | S::ServiceRevisions
        | S::Eventbridge
        | S::Scheduler
        | S::StepFunctions => matches!(kind, Kind::TaskDefinition | Kind::Image),
        S::RepositoryPolicies | S::LifecyclePolicies | S::PullThroughCache => false,
    }
}

/// Whoever uses an image may be anywhere; what a registry did not tell is about that registry.
fn is_of_users(source: Source) -> bool {
    use Source as S;
    !matches!(
        source,
        S::Repositories
            | S::Images
            | S::Manifests
            | S::Referrers
            | S::Archived
            | S::Replication
            | S::RepositoryPolicies
            | S::LifecyclePolicies
            | S::PullThroughCache
            | S::ApplicationAutoscaling
    )
}

/// "An unrecognised status holds." A status that AWS invents tomorrow makes nothing go, whatever has it, and keeps what has it.
#[test]
fn law_2_a_status_never_seen_before_holds() {
    holds("law_2_a_status_never_seen_before_holds", 2, |case| {
        let mut inventory = case.inventory.clone();
        let Some(what) = estrange(&mut inventory, usize::try_from(case.salt % 100_000).unwrap()) else { return Ok(()) };
        let after = plan(case.policy, &inventory, case.ledger);
        ensure_no_more(case.plan, &after, || format!("with the status of {} unknown", what.name))?;
        ensure(!is_touched(&after, &what), || format!("the status of {} is unknown, and it goes", what.name))
    });
}

/// An object whose status was changed.
struct Stranger {
    name: String,
    kind: Option<Kind>,
    /// How its address ends.
    ending: String,
}

fn is_touched(plan: &Plan, what: &Stranger) -> bool {
    let Some(kind) = what.kind else { return false };
    let of_kind = |action: Action| action.kind() == kind;
    plan.steps.iter().any(|step| {
        let address = format!("{}/{}", step.target.location(), step.address.resource);
        of_kind(step.action) && address == what.ending
    })
}

/// Gives one object a status that no build knows.
fn estrange(inventory: &mut Inventory, salt: usize) -> Option<Stranger> {
    const NEVER_SEEN: &str = "NEVER_SEEN";
    fn choose<T>(items: &mut [T], salt: usize) -> Option<&mut T> {
        let length = items.len();
        if length == 0 { None } else { items.get_mut(salt % length) }
    }
    let stranger = |name: &str, kind, ending: String| Some(Stranger { name: name.to_owned(), kind, ending });
    let which = salt / 8;
    let last = |arn: &str| arn.rsplit('/').next().unwrap().to_owned();
    match salt % 7 {
        0 => {
            let seen = choose(&mut inventory.services, which)?;
            seen.value.status = NEVER_SEEN.to_owned();
            let ending =
                format!("{}/ecs/service/{}/{}", seen.location, last(&seen.value.cluster_arn), seen.value.service_name);
            stranger("a service", Some(Kind::Service), ending)
        }
        1 => {
            let seen = choose(&mut inventory.task_definitions, which)?;
            seen.value.status = NEVER_SEEN.to_owned();
            let ending = format!("{}/ecs/task-definition/{}:{}", seen.location, seen.value.family, seen.value.revision);
            stranger("a definition", Some(Kind::TaskDefinition), ending)
        }
        2 => {
            let seen = choose(&mut inventory.images, which)?;
            seen.value.image_status = Some(NEVER_SEEN.into());
            let ending =
                format!("{}/ecr/image/{}@{}", seen.location, seen.value.repository_name, seen.value.image_digest);
            stranger("an image", Some(Kind::Image), ending)
        }
        3 => {
            choose(&mut inventory.tasks, which)?.value.last_status = NEVER_SEEN.to_owned();
            stranger("a task", None, String::new())
        }
        4 => {
            choose(&mut inventory.service_deployments, which)?.value.status = NEVER_SEEN.to_owned();
            stranger("a deployment", None, String::new())
        }
        5 => {
            choose(&mut inventory.daemon_task_definitions, which)?.value.status = NEVER_SEEN.to_owned();
            stranger("a daemon's definition", None, String::new())
        }
        _ => {
            let service = choose(&mut inventory.services, which)?;
            let location = service.location.clone();
            let one = choose(&mut service.value.task_sets, which)?;
            one.status = NEVER_SEEN.to_owned();
            let (cluster, owner) = (last(&one.cluster_arn), last(&one.service_arn));
            let ending = format!("{location}/ecs/task-set/{cluster}/{owner}/{}", one.id);
            let arn = one.task_set_arn.clone();
            for other in inventory.task_sets.iter_mut().filter(|other| other.value.task_set_arn == arn) {
                other.value.status = NEVER_SEEN.to_owned();
            }
            stranger("a task set", Some(Kind::TaskSet), ending)
        }
    }
}
