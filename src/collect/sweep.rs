//! The two sweeps: everything, and who holds what right now.

use futures::future::{join, join_all, join3};
use tokio::time::Instant;

use super::{
    Cache, Options, Progress, Silent, UNREAD,
    aggregator::aggregators,
    deployments::Extent,
    scope::{ScopeSweep, absorb},
};
use crate::{
    aws::{DefinitionStatus, Session},
    inventory::{Gap, Inventory, Seen},
    model::Source,
};

/// Reads everything in every scope, side by side. What `cache` knows is not read again.
pub async fn collect(sessions: &[Session], options: &Options, cache: &dyn Cache, progress: &dyn Progress) -> Inventory {
    let began = Instant::now();
    let scopes = sessions.iter().map(|session| ScopeSweep { session, options, cache, progress, began });
    let parts = scopes.map(|scope| async move {
        let ecs = join(scope.holders(Extent::Everything), scope.definitions(&DefinitionStatus::ALL));
        let ecr = join(scope.registry(), scope.registry_settings());
        let ((mut whole, definitions), (registry, settings), elsewhere) = join3(ecs, ecr, scope.elsewhere()).await;
        absorb(&mut whole, definitions);
        absorb(&mut whole, registry);
        absorb(&mut whole, settings);
        absorb(&mut whole, elsewhere);
        whole
    });
    let (mut parts, aggregated) = join(join_all(parts), aggregators(sessions, options, cache, progress, began)).await;
    parts.push(aggregated);
    assemble(sessions, options, began, parts)
}

/// Reads who holds what, without what only tells what could be retired: services with their deployments and revisions, task sets,
/// tasks, daemons, ACTIVE definitions, what holds from outside ECS, whatever other definition one of those refers to, and where
/// deletions are replicated to. For the look right before a deletion.
/// Gaps mean the same as in `collect`; what the registry holds is neither read nor missing.
pub async fn reference_sweep(sessions: &[Session], options: &Options, cache: &dyn Cache) -> Inventory {
    let began = Instant::now();
    let scopes = sessions.iter().map(|session| ScopeSweep { session, options, cache, progress: &Silent, began });
    let parts = scopes.map(|scope| async move {
        let ecs = join(scope.holders(Extent::WhatHolds), scope.definitions(&[DefinitionStatus::Active]));
        let ((mut whole, definitions), replication, elsewhere) =
            join3(ecs, scope.replication(), scope.elsewhere()).await;
        absorb(&mut whole, definitions);
        absorb(&mut whole, replication);
        absorb(&mut whole, elsewhere);
        let referenced = scope.referenced_definitions(&whole).await;
        absorb(&mut whole, referenced);
        let from_elsewhere = scope.definitions_from_elsewhere(&whole).await;
        absorb(&mut whole, from_elsewhere);
        whole
    });
    let (mut parts, aggregated) = join(join_all(parts), aggregators(sessions, options, cache, &Silent, began)).await;
    parts.push(aggregated);
    assemble(sessions, options, began, parts)
}

fn assemble(sessions: &[Session], options: &Options, began: Instant, parts: Vec<Inventory>) -> Inventory {
    let entered = sessions.iter().map(|session| session.scope());
    let absent = options.absent.iter().map(|absent| &absent.scope);
    let mut whole = Inventory {
        taken_at: options.taken_at,
        scopes: entered.chain(absent).cloned().collect(),
        gaps: sessions.iter().flat_map(|session| unread(session, options)).collect(),
        ..Inventory::default()
    };
    whole.gaps.extend(options.absent.iter().map(|absent| Gap {
        source: Source::Account,
        account_id: Some(absent.scope.account_id.clone()),
        region: Some(absent.scope.region.clone()),
        object: None,
        error: absent.error.clone(),
    }));
    whole.gaps.extend(sessions.iter().filter_map(|session| wrong_clock(session, options, began)));
    for part in parts {
        absorb(&mut whole, part);
    }
    put_in_order(&mut whole);
    whole
}

/// How far apart our clock and AWS's may be: ages are days, but the settling of a deregistration is ten minutes.
const CLOCK_TOLERANCE_SECONDS: i64 = 120;

/// Nothing is old by a clock that is wrong.
fn wrong_clock(session: &Session, options: &Options, began: Instant) -> Option<Gap> {
    let ahead = session.clock_ahead(options.taken_at, began)?;
    let location = session.location();
    (ahead.abs() > CLOCK_TOLERANCE_SECONDS).then(|| Gap {
        source: Source::Account,
        account_id: Some(location.account_id.clone()),
        region: Some(location.region.clone()),
        object: None,
        error: format!(
            "the clock of this machine is {} s {} AWS's, so no age can be trusted; set it and try again",
            ahead.abs(),
            if ahead > 0 { "ahead of" } else { "behind" },
        ),
    })
}

/// What this build was made without is said in every scope, not hidden.
fn unread<'a>(session: &'a Session, options: &'a Options) -> impl Iterator<Item = Gap> + 'a {
    let location = session.location();
    UNREAD.iter().filter(|source| !options.waives(**source)).map(|source| Gap {
        source: *source,
        account_id: Some(location.account_id.clone()),
        region: Some(location.region.clone()),
        object: None,
        error: "this build was made without it".to_owned(),
    })
}

/// Sorts by identity, and keeps one of what was seen twice: a page may shift while a list is being read.
fn put_in_order(whole: &mut Inventory) {
    whole.scopes.sort_unstable();
    whole.scopes.dedup();
    unique(&mut whole.clusters, |cluster| cluster.cluster_arn.clone());
    unique(&mut whole.services, |service| service.service_arn.clone());
    unique(&mut whole.task_sets, |task_set| task_set.task_set_arn.clone());
    unique(&mut whole.tasks, |task| task.task_arn.clone());
    unique(&mut whole.task_definitions, |definition| definition.task_definition_arn.clone());
    unique(&mut whole.service_deployments, |deployment| deployment.service_deployment_arn.clone());
    unique(&mut whole.service_revisions, |revision| revision.service_revision_arn.clone());
    unique(&mut whole.daemons, |daemon| daemon.daemon_arn.clone());
    unique(&mut whole.daemon_revisions, |revision| revision.daemon_revision_arn.clone());
    unique(&mut whole.daemon_task_definitions, |definition| definition.daemon_task_definition_arn.clone());
    unique(&mut whole.registries, |registry| registry.registry_id.clone());
    unique(&mut whole.pull_through_cache_rules, |rule| rule.ecr_repository_prefix.clone());
    unique(&mut whole.references, Clone::clone);
    unique(&mut whole.repositories, |repository| repository.repository_name.clone());
    unique(&mut whole.images, |image| (image.repository_name.clone(), image.image_digest.clone()));
    unique(&mut whole.manifests, |manifest| (manifest.repository_name.clone(), manifest.image_digest.clone()));
    whole.gaps.sort_unstable();
    whole.gaps.dedup();
}

fn unique<T, K: Ord>(objects: &mut Vec<Seen<T>>, identity: impl Fn(&T) -> K) {
    objects.sort_by_cached_key(|seen| (seen.location.clone(), identity(&seen.value)));
    objects.dedup_by(|a, b| a.location == b.location && identity(&a.value) == identity(&b.value));
}
