//! The two sweeps: everything, and who holds what right now.

use futures::future::{join, join_all, try_join_all, try_join3};
use tokio::time::Instant;

use super::{
    Cache, Options, Progress, Silent, Sink, UNREAD,
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
    let scopes = sessions.iter().map(|session| ScopeSweep { session, options, cache, progress, began });
    let parts = scopes.map(|scope| async move {
        let ecs = async { Ok(join(scope.fleet(), scope.definitions(&DefinitionStatus::ALL)).await) };
        let settings = async { Ok(scope.registry_settings().await) };
        let ((mut whole, definitions), registry, settings) = try_join3(ecs, scope.registry(sink), settings).await?;
        absorb(&mut whole, definitions);
        absorb(&mut whole, registry);
        absorb(&mut whole, settings);
        Ok(whole)
    });
    Ok(assemble(sessions, options, try_join_all(parts).await?))
}

/// Reads who holds what, without what only tells what could be retired: services, task sets, tasks, ACTIVE definitions, and
/// whatever other definition one of those refers to; and where deletions are replicated to. For the look right before a
/// deletion. Gaps mean the same as in `collect`; what the registry holds is neither read nor missing.
pub async fn reference_sweep(sessions: &[Session], options: &Options, cache: &dyn Cache) -> Inventory {
    let began = Instant::now();
    let scopes = sessions.iter().map(|session| ScopeSweep { session, options, cache, progress: &Silent, began });
    let parts = scopes.map(|scope| async move {
        let ecs = join(scope.fleet(), scope.definitions(&[DefinitionStatus::Active]));
        let ((mut whole, definitions), replication) = join(ecs, scope.replication()).await;
        absorb(&mut whole, definitions);
        absorb(&mut whole, replication);
        let referenced = scope.referenced_definitions(&whole).await;
        absorb(&mut whole, referenced);
        whole
    });
    assemble(sessions, options, join_all(parts).await)
}

fn assemble(sessions: &[Session], options: &Options, parts: Vec<Inventory>) -> Inventory {
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
    for part in parts {
        absorb(&mut whole, part);
    }
    put_in_order(&mut whole);
    whole
}

/// What this build does not read is said in every scope, not hidden.
fn unread<'a>(session: &'a Session, options: &'a Options) -> impl Iterator<Item = Gap> + 'a {
    let location = session.location();
    UNREAD.iter().filter(|source| !options.waives(**source)).map(|source| Gap {
        source: *source,
        account_id: Some(location.account_id.clone()),
        region: Some(location.region.clone()),
        object: None,
        error: "this build does not read it yet".to_owned(),
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
