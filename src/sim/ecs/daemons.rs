//! Managed daemons: listing and describing. None of the calls that change them is simulated, so that only a world file
//! can have one. It holds no deployments of daemons either: the one that a daemon names is made up of its revisions.

use serde_json::{Value, json};

use super::{deployments::by_arn, lookup::missing};
use crate::{
    model::{Arn, Location, TaskDefinitionRef, cluster_name, quota::batch::DESCRIBE_DAEMON_PARTS},
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid, refuse},
        page::Paging,
        state::{Map, copy, objects, set, text},
        world::{Key, Object, ObjectKind, World},
    },
};

/// ListDaemons: those of a cluster, `default` if none is named.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let named = call.input.text("clusterArn")?.unwrap_or("default");
    let cluster = cluster_name(named);
    let is_there = call.world.value(&Key::cluster(call.at, cluster.as_str())).is_some_and(is_not_inactive);
    if !is_there || !arn::is_here(call.at, named) {
        return Err(refuse("ClusterNotFoundException", "Cluster not found."));
    }
    let paging = Paging::read(call, 100, 100)?;
    let prefix = format!("{cluster}/");
    let daemons = call.world.under(call.at, ObjectKind::Daemon, &prefix, paging.after.as_deref());
    let listed = daemons.map(|(key, object)| {
        let mut summary = Map::new();
        copy(&object.value, &mut summary, &["daemonArn", "status", "createdAt", "updatedAt"]);
        (key.id.clone(), Value::Object(summary))
    });
    let page = paging.take(listed);
    Ok(json!({ "daemonSummariesList": page.items, "nextToken": page.next_token }))
}

fn is_not_inactive(cluster: &Map) -> bool {
    text(cluster, "status") != "INACTIVE"
}

/// DescribeDaemon.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let named = call.input.required("daemonArn")?;
    let (mut found, _) = by_arn(call, &[named], ObjectKind::Daemon, "daemon/");
    let daemon = found.pop().ok_or_else(|| refuse("DaemonNotFoundException", "Daemon not found."))?;
    Ok(json!({ "daemon": daemon }))
}

/// DescribeDaemonDeployments.
pub(super) fn describe_deployments(call: &mut Call<'_>) -> Answer {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for named in call.input.batch("daemonDeploymentArns", DESCRIBE_DAEMON_PARTS)? {
        let mut daemons = call.world.under(call.at, ObjectKind::Daemon, "", None);
        match daemons.find(|(_, daemon)| text(&daemon.value, "deploymentArn") == named) {
            Some((key, daemon)) => found.push(deployment(call.world, key, &daemon.value)),
            None => failures.push(missing(named)),
        }
    }
    Ok(json!({ "daemonDeployments": found, "failures": failures }))
}

/// The deployment that a daemon names: to its first current revision, from every other that the world has.
fn deployment(world: &World, key: &Key, daemon: &Map) -> Value {
    let target = objects(daemon, "currentRevisions").next().map(|revision| text(revision, "arn"));
    let revisions = world.under(&key.location, ObjectKind::DaemonRevision, &format!("{}/", key.id), None);
    let arns = revisions.map(|(_, revision)| text(&revision.value, "daemonRevisionArn"));
    let sources: Vec<Value> = arns.filter(|arn| Some(*arn) != target).map(|arn| json!({ "arn": arn })).collect();
    let is_over = objects(daemon, "currentRevisions").count() <= 1;
    let mut deployment = Map::new();
    set(&mut deployment, "daemonDeploymentArn", text(daemon, "deploymentArn"));
    set(&mut deployment, "status", if is_over { "SUCCESSFUL" } else { "IN_PROGRESS" });
    set(&mut deployment, "sourceDaemonRevisions", sources);
    set(&mut deployment, "targetDaemonRevision", target.map_or(Value::Null, |arn| json!({ "arn": arn })));
    copy(daemon, &mut deployment, &["clusterArn", "createdAt"]);
    Value::Object(deployment)
}

/// DescribeDaemonRevisions.
pub(super) fn describe_revisions(call: &mut Call<'_>) -> Answer {
    let asked = call.input.batch("daemonRevisionArns", DESCRIBE_DAEMON_PARTS)?;
    let (found, failures) = by_arn(call, &asked, ObjectKind::DaemonRevision, "daemon-revision/");
    Ok(json!({ "daemonRevisions": found, "failures": failures }))
}

/// ListDaemonTaskDefinitions. `family` is the whole family, `familyPrefix` a prefix.
pub(super) fn list_definitions(call: &mut Call<'_>) -> Answer {
    let paging = Paging::read(call, 100, 100)?;
    let status = call.input.text("status")?.unwrap_or("ACTIVE");
    if !["ACTIVE", "DELETE_IN_PROGRESS", "ALL"].contains(&status) {
        return Err(invalid(format!("Invalid status: {status}")));
    }
    let newest_only = match call.input.text("revision")? {
        None => false,
        Some("LAST_REGISTERED") => true,
        Some(other) => return Err(invalid(format!("Invalid revision: {other}"))),
    };
    let prefix = match (call.input.text("family")?, call.input.text("familyPrefix")?) {
        (Some(_), Some(_)) => return Err(invalid("family and familyPrefix cannot be used together.")),
        (Some(family), None) => format!("{family} "),
        (None, prefix) => prefix.unwrap_or_default().to_owned(),
    };
    let found: Vec<(&Key, &Object)> = call
        .world
        .under(call.at, ObjectKind::DaemonTaskDefinition, &prefix, None)
        .filter(|(_, object)| status == "ALL" || text(&object.value, "status") == status)
        .collect();
    let family = |key: &Key| key.id.split(' ').next().map(str::to_owned);
    let is_newest = |index: usize| {
        let next = found.get(index + 1).and_then(|(key, _)| family(key));
        found.get(index).and_then(|(key, _)| family(key)) != next
    };
    let listed = found.iter().enumerate().filter(|(index, _)| !newest_only || is_newest(*index));
    let mut listed: Vec<(String, Value)> =
        listed.map(|(_, (key, object))| (key.id.clone(), summary(&object.value))).collect();
    let is_seen: fn(&str, &str) -> bool = match call.input.text("sort")?.unwrap_or("ASC") {
        "ASC" => |id, after| id <= after,
        "DESC" => {
            listed.reverse();
            |id, after| id >= after
        }
        sort => return Err(invalid(format!("Invalid sort: {sort}"))),
    };
    let after = paging.after.clone();
    let page =
        paging.take(listed.into_iter().filter(|(id, _)| !after.as_deref().is_some_and(|after| is_seen(id, after))));
    Ok(json!({ "daemonTaskDefinitions": page.items, "nextToken": page.next_token }))
}

fn summary(definition: &Map) -> Value {
    let mut summary = Map::new();
    copy(definition, &mut summary, &["registeredAt", "registeredBy", "deleteRequestedAt", "status"]);
    set(&mut summary, "arn", text(definition, "daemonTaskDefinitionArn"));
    Value::Object(summary)
}

/// DescribeDaemonTaskDefinition: a family alone means its newest ACTIVE revision. Which error says that there is none is
/// not documented.
pub(super) fn describe_definition(call: &mut Call<'_>) -> Answer {
    let named = call.input.required("daemonTaskDefinition")?;
    let found = definition(call.world, call.at, named).ok_or_else(unknown)?;
    Ok(json!({ "daemonTaskDefinition": found }))
}

fn unknown() -> Refusal {
    refuse("ClientException", "Unable to describe daemon task definition.")
}

fn definition<'a>(world: &'a World, at: &Location, named: &str) -> Option<&'a Map> {
    let name = match Arn::parse(named) {
        Some(arn) if arn::is_here(at, named) => arn.resource.strip_prefix("daemon-task-definition/")?,
        Some(_) => return None,
        None => named,
    };
    let reference = TaskDefinitionRef::parse(name)?;
    let family = reference.family.as_str();
    if let Some(revision) = reference.revision {
        return world.value(&Key::daemon_task_definition(at, family, revision.0));
    }
    let newest_first = world.under(at, ObjectKind::DaemonTaskDefinition, &format!("{family} "), None).rev();
    newest_first.map(|(_, object)| &object.value).find(|value| text(value, "status") == "ACTIVE")
}
