//! The two sweeps: everything, and who holds what right now.

use futures::future::{join, join_all};

use super::{
    Cache, Options, Progress, Silent, UNREAD,
    entries::Listed,
    lists::read_lists,
    scope::{ScopeSweep, absorb},
};
use crate::{
    aws::{DefinitionStatus, Session},
    inventory::{Gap, Inventory, Seen},
    model::Source,
};

/// Reads everything in every scope, side by side. What `cache` knows is not read again.
pub async fn collect(sessions: &[Session], options: &Options, cache: &dyn Cache, progress: &dyn Progress) -> Inventory {
    let scopes = sessions.iter().map(|session| ScopeSweep { session, options, cache, progress });
    let parts = scopes.map(|scope| async move {
        let ecs = join(scope.fleet(), scope.definitions(&DefinitionStatus::ALL));
        let ((mut whole, definitions), registry) = join(ecs, scope.registry()).await;
        absorb(&mut whole, definitions);
        absorb(&mut whole, registry);
        whole
    });
    let (parts, lists) = join(join_all(parts), read_lists(&options.lists)).await;
    assemble(sessions, options, parts, lists)
}

/// Reads who holds what, without what only tells what could be retired: services, task sets, tasks, ACTIVE definitions, and
/// whatever other definition one of those refers to. For the look right before a deletion.
/// Gaps mean the same as in `collect`; the registry is neither read nor missing.
pub async fn reference_sweep(sessions: &[Session], options: &Options, cache: &dyn Cache) -> Inventory {
    let scopes: Vec<_> =
        sessions.iter().map(|session| ScopeSweep { session, options, cache, progress: &Silent }).collect();
    let parts = scopes.iter().map(|scope| async move {
        let (mut whole, definitions) = join(scope.fleet(), scope.definitions(&[DefinitionStatus::Active])).await;
        absorb(&mut whole, definitions);
        let referenced = scope.referenced_definitions(&whole).await;
        absorb(&mut whole, referenced);
        whole
    });
    let (mut parts, lists) = join(join_all(parts), read_lists(&options.lists)).await;
    parts.push(lists.describe(&scopes, &parts).await);
    assemble(sessions, options, parts, lists)
}

fn assemble(sessions: &[Session], options: &Options, parts: Vec<Inventory>, lists: Listed) -> Inventory {
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
    lists.put_into(&mut whole);
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
