//! Parts of services and daemons in a world file: their names, and what AWS always gives and a hand-made file may leave out.

use crate::{
    model::{Arn, Location},
    sim::{
        arn,
        state::{Map, count, fill, set, text},
        world::{Key, ObjectKind},
    },
};

/// What comes after `KIND/` in the ARN of a member.
fn tail<'a>(value: &'a Map, member: &str, kind: &str) -> Result<&'a str, String> {
    let named = text(value, member);
    let resource = Arn::parse(named).map_or("", |arn| arn.resource);
    let tail = resource.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')).filter(|tail| !tail.is_empty());
    tail.ok_or_else(|| format!("`{named}` is not the ARN of a {kind}"))
}

/// The part of a service that `member` names as `KIND/CLUSTER/SERVICE/ID`.
fn of_service(at: &Location, value: &mut Map, member: &str, kind: &str) -> Result<(Key, String), String> {
    let tail = tail(value, member, kind)?;
    let parts: Vec<&str> = tail.split('/').collect();
    let [cluster, service, id] = parts.as_slice() else {
        return Err(format!("`{tail}` in {member} is not CLUSTER/SERVICE/ID"));
    };
    let (key, id) = (Key::service(at, cluster, service), (*id).to_owned());
    let (cluster, service) =
        (arn::ecs(at, &format!("cluster/{cluster}")), arn::ecs(at, &format!("service/{}", key.id)));
    fill(value, "serviceArn", service);
    fill(value, "clusterArn", cluster);
    Ok((key, id))
}

pub(in crate::sim) fn service_deployment(at: &Location, value: &mut Map) -> Result<Key, String> {
    let (service, id) = of_service(at, value, "serviceDeploymentArn", "service-deployment")?;
    fill(value, "status", "SUCCESSFUL");
    Ok(Key::service_deployment(&service, &id))
}

pub(in crate::sim) fn service_revision(at: &Location, value: &mut Map) -> Result<Key, String> {
    let (service, id) = of_service(at, value, "serviceRevisionArn", "service-revision")?;
    Ok(Key::service_revision(&service, &id))
}

/// A daemon is named `daemon/CLUSTER/NAME` here; the API's pages show the form of no daemon's ARN.
pub(in crate::sim) fn daemon(at: &Location, value: &mut Map) -> Result<Key, String> {
    let id = tail(value, "daemonArn", "daemon")?.to_owned();
    let Some((cluster, _)) = id.split_once('/') else {
        return Err(format!("`{id}` in daemonArn is not CLUSTER/NAME"));
    };
    fill(value, "clusterArn", arn::ecs(at, &format!("cluster/{cluster}")));
    fill(value, "status", "ACTIVE");
    Ok(Key::new(at, ObjectKind::Daemon, id))
}

/// A daemon's revision is named `daemon-revision/CLUSTER/DAEMON/ID` here.
pub(in crate::sim) fn daemon_revision(at: &Location, value: &mut Map) -> Result<Key, String> {
    let id = tail(value, "daemonRevisionArn", "daemon-revision")?.to_owned();
    let parts: Vec<&str> = id.split('/').collect();
    let [cluster, daemon, _] = parts.as_slice() else {
        return Err(format!("`{id}` in daemonRevisionArn is not CLUSTER/DAEMON/ID"));
    };
    fill(value, "clusterArn", arn::ecs(at, &format!("cluster/{cluster}")));
    fill(value, "daemonArn", arn::ecs(at, &format!("daemon/{cluster}/{daemon}")));
    Ok(Key::new(at, ObjectKind::DaemonRevision, id))
}

pub(in crate::sim) fn daemon_task_definition(at: &Location, value: &mut Map) -> Result<Key, String> {
    let named = tail(value, "daemonTaskDefinitionArn", "daemon-task-definition")?.to_owned();
    let parts = named.rsplit_once(':').and_then(|(family, revision)| Some((family, revision.parse::<u32>().ok()?)));
    let Some((family, revision)) = parts else {
        return Err(format!("`{named}` in daemonTaskDefinitionArn is not FAMILY:REVISION"));
    };
    fill(value, "family", family);
    if count(value, "revision") == 0 {
        set(value, "revision", revision);
    }
    fill(value, "status", "ACTIVE");
    Ok(Key::daemon_task_definition(at, family, revision))
}
