//! The two sweeps: everything, and who holds what right now.

use futures::future::{join, join_all, join3, try_join, try_join_all, try_join3};
use tokio::time::Instant;

use super::{
    Cache, Options, Progress, Silent, Sink, UNREAD,
    aggregator::aggregators,
    deployments::Extent,
    entries::Listed,
    lists::read_lists,
    scope::{ScopeSweep, absorb},
    sink::Kept,
};
use crate::{
    aws::{DefinitionStatus, Session},
    inventory::{Gap, Identified, Inventory, Seen},
    model::Source,
};

/// Reads everything in every scope, side by side. What `cache` knows is not read again.
pub async fn collect(sessions: &[Session], options: &Options, cache: &dyn Cache, progress: &dyn Progress) -> Inventory {
    let kept = Kept::default();
    let Ok(mut whole) = collect_into(sessions, options, cache, progress, &kept).await;
    kept.put_into(&mut whole);
    unique(&mut whole.images);
    unique(&mut whole.manifests);
    whole
}

/// The same, with the images and manifests given to `sink` instead of put into the inventory.
///
/// # Errors
/// What `sink` answers; nothing else ends a sweep.
pub async fn collect_into<S: Sink>(
    sessions: &[Session],
    options: &Options,
    cache: &dyn Cache,
    progress: &dyn Progress,
    sink: &S,
) -> Result<Inventory, S::Error> {
    let began = Instant::now();
    let scopes: Vec<_> =
        sessions.iter().map(|session| ScopeSweep { session, options, cache, progress, began }).collect();
    let parts = scopes.iter().map(|scope| async move {
        let elsewhere = join(scope.registry_settings(), scope.elsewhere());
        let ecs =
            async { Ok(join(scope.holders(Extent::Everything), scope.definitions(&DefinitionStatus::ALL)).await) };
        let elsewhere = async { Ok(elsewhere.await) };
        let ((mut whole, definitions), registry, (settings, elsewhere)) =
            try_join3(ecs, scope.registry(sink), elsewhere).await?;
        absorb(&mut whole, definitions);
        absorb(&mut whole, registry);
        absorb(&mut whole, settings);
        absorb(&mut whole, elsewhere);
        Ok(whole)
    });
    let outside = join(aggregators(sessions, options, cache, progress, began), read_lists(&options.lists));
    let outside = async { Ok(outside.await) };
    let (mut parts, (aggregated, lists)) = try_join(try_join_all(parts), outside).await?;
    parts.extend(referred_to(&scopes, &parts).await);
    parts.push(aggregated);
    Ok(assemble(sessions, options, began, parts, lists))
}

/// Reads who holds what, without what only tells what could be retired: services with their deployments and revisions, task sets,
/// tasks, daemons, ACTIVE definitions, what holds from outside ECS, whatever other definition one of those refers to, and where
/// deletions are replicated to. For the look right before a deletion.
/// Gaps mean the same as in `collect`; what the registry holds is neither read nor missing.
pub async fn reference_sweep(sessions: &[Session], options: &Options, cache: &dyn Cache) -> Inventory {
    let began = Instant::now();
    let scopes: Vec<_> =
        sessions.iter().map(|session| ScopeSweep { session, options, cache, progress: &Silent, began }).collect();
    let parts = scopes.iter().map(|scope| async move {
        let ecs = join(scope.holders(Extent::WhatHolds), scope.definitions(&[DefinitionStatus::Active]));
        let ((mut whole, definitions), replication, elsewhere) =
            join3(ecs, scope.replication(), scope.elsewhere()).await;
        absorb(&mut whole, definitions);
        absorb(&mut whole, replication);
        absorb(&mut whole, elsewhere);
        let referenced = scope.referenced_definitions(&whole).await;
        absorb(&mut whole, referenced);
        whole
    });
    let aggregated = aggregators(sessions, options, cache, &Silent, began);
    let (mut parts, aggregated, lists) = join3(join_all(parts), aggregated, read_lists(&options.lists)).await;
    parts.extend(referred_to(&scopes, &parts).await);
    parts.push(lists.describe(&scopes, &parts).await);
    parts.push(aggregated);
    assemble(sessions, options, began, parts, lists)
}

/// What is referred to from elsewhere and was not listed: the graph takes for gone what a sweep without gaps does not show.
async fn referred_to(scopes: &[ScopeSweep<'_>], parts: &[Inventory]) -> Vec<Inventory> {
    join_all(scopes.iter().map(|scope| scope.definitions_from_elsewhere(parts))).await
}

fn assemble(
    sessions: &[Session],
    options: &Options,
    began: Instant,
    parts: Vec<Inventory>,
    lists: Listed,
) -> Inventory {
    let entered = sessions.iter().map(Session::scope);
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
    lists.put_into(&mut whole);
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
            "the clock of this machine is {} {} AWS's, so no age can be trusted; set it and try again",
            coarse(ahead.abs()),
            if ahead > 0 { "ahead of" } else { "behind" },
        ),
    })
}

/// Minutes, hours or days: every account has the same gap then, and the next collection too, though seconds differ.
fn coarse(seconds: i64) -> String {
    let (number, unit) = match seconds {
        0..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{number} {unit}")
}

/// What this build was made without is said in every scope, not hidden.
fn unread<'a>(session: &'a Session, options: &'a Options) -> impl Iterator<Item = Gap> + 'a {
    let location = session.location();
    UNREAD.iter().filter(|source| !options.waives(**source)).map(|source| Gap {
        source: *source,
        account_id: Some(location.account_id.clone()),
        region: Some(location.region.clone()),
        object: None,
        error: "this build was made without it; use one with its cargo feature, or waive it".to_owned(),
    })
}

/// Sorts by identity, and keeps one of what was seen twice: a page may shift while a list is being read.
fn put_in_order(whole: &mut Inventory) {
    whole.scopes.sort_unstable();
    whole.scopes.dedup();
    unique(&mut whole.clusters);
    unique(&mut whole.services);
    unique(&mut whole.task_sets);
    unique(&mut whole.tasks);
    unique(&mut whole.task_definitions);
    unique(&mut whole.service_deployments);
    unique(&mut whole.service_revisions);
    unique(&mut whole.daemons);
    unique(&mut whole.daemon_revisions);
    unique(&mut whole.daemon_task_definitions);
    unique(&mut whole.registries);
    unique(&mut whole.pull_through_cache_rules);
    unique(&mut whole.repositories);
    whole.references.sort_unstable_by(|a, b| (&a.location, &a.value).cmp(&(&b.location, &b.value)));
    whole.references.dedup();
    whole.gaps.sort_unstable();
    whole.gaps.dedup();
}

/// In place: a million images must not be needed twice.
fn unique<T: Identified>(objects: &mut Vec<Seen<T>>) {
    objects.sort_unstable_by(|a, b| a.place().cmp(&b.place()));
    objects.dedup_by(|a, b| a.place() == b.place());
}
