//! Clusters.

use serde_json::{Value, json};

use super::lookup::{missing, shown};
use crate::{
    model::{cluster_name, quota::batch},
    sim::{
        arn,
        call::{Answer, Call, invalid, refuse},
        lifecycle::is_live,
        page::Paging,
        state::{Map, copy, count, fill, set, text},
        world::{Key, ObjectKind},
    },
};

/// ListClusters.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let paging = Paging::read(call, 100, 100)?;
    let clusters = call.world.under(call.at, ObjectKind::Cluster, "", paging.after.as_deref());
    let listed = clusters
        .filter(|(_, object)| text(&object.value, "status") != "INACTIVE")
        .map(|(key, object)| (key.id.clone(), text(&object.value, "clusterArn")));
    let page = paging.take(listed);
    Ok(json!({ "clusterArns": page.items, "nextToken": page.next_token }))
}

/// DescribeClusters.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let with_tags = call.input.includes("TAGS")?;
    let mut named = call.input.texts("clusters")?;
    if named.is_empty() {
        named.push("default");
    }
    if named.len() > batch::DESCRIBE_CLUSTERS {
        return Err(invalid(format!("Clusters can have at most {} items.", batch::DESCRIBE_CLUSTERS)));
    }
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for named in named {
        let name = cluster_name(named);
        match call.world.value(&Key::cluster(call.at, name.as_str())).filter(|_| arn::is_here(call.at, named)) {
            Some(cluster) => clusters.push(Value::Object(with_counts(call, cluster, with_tags))),
            None if arn::is_here(call.at, named) => {
                failures.push(missing(arn::ecs(call.at, &format!("cluster/{name}"))));
            }
            None => failures.push(missing(named)),
        }
    }
    Ok(json!({ "clusters": clusters, "failures": failures }))
}

/// The cluster with what AWS counts in it.
pub(super) fn with_counts(call: &Call<'_>, cluster: &Map, with_tags: bool) -> Map {
    let mut shown = shown(cluster, with_tags);
    let prefix = format!("{}/", text(cluster, "clusterName"));
    let (mut running, mut pending) = (0, 0);
    for (_, task) in call.world.under(call.at, ObjectKind::Task, &prefix, None) {
        match text(&task.value, "lastStatus") {
            "RUNNING" => running += 1,
            "PROVISIONING" | "PENDING" | "ACTIVATING" => pending += 1,
            _ => {}
        }
    }
    let services = call.world.under(call.at, ObjectKind::Service, &prefix, None);
    let active = services.filter(|(_, service)| text(&service.value, "status") == "ACTIVE").count();
    set(&mut shown, "runningTasksCount", running);
    set(&mut shown, "pendingTasksCount", pending);
    set(&mut shown, "activeServicesCount", active);
    let instances = count(cluster, "registeredContainerInstancesCount");
    set(&mut shown, "registeredContainerInstancesCount", instances);
    shown
}

/// CreateCluster. Creating one that is there gives back the one that is there.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.input.text("clusterName")?.unwrap_or("default");
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if name.is_empty() || name.len() > 255 || !is_name {
        return Err(invalid("Identifiers must be 1 to 255 letters, numbers, hyphens and underscores."));
    }
    let key = Key::cluster(call.at, name);
    if call.world.value(&key).is_none_or(|there| text(there, "status") == "INACTIVE") {
        let mut value = Map::new();
        copy(call.input.0, &mut value, &["settings", "configuration", "capacityProviders", "tags"]);
        copy(call.input.0, &mut value, &["defaultCapacityProviderStrategy"]);
        for member in ["settings", "capacityProviders", "defaultCapacityProviderStrategy", "statistics"] {
            fill(&mut value, member, Vec::<Value>::new());
        }
        set(&mut value, "clusterArn", arn::ecs(call.at, &format!("cluster/{name}")));
        set(&mut value, "clusterName", name);
        set(&mut value, "status", "ACTIVE");
        call.world.put(key.clone(), value.into());
    }
    Ok(json!({ "cluster": call.world.value(&key).map(|cluster| with_counts(call, cluster, true)) }))
}

/// DeleteCluster: refused while anything is in it; afterwards INACTIVE, not listed, still described.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    call.input.required("cluster")?;
    let name = super::lookup::cluster(call)?;
    let prefix = format!("{name}/");
    let is_there = |service: &Map| text(service, "status") != "INACTIVE";
    let has_services =
        call.world.under(call.at, ObjectKind::Service, &prefix, None).any(|(_, service)| is_there(&service.value));
    if has_services {
        let message = "The Cluster cannot be deleted while Services are active.";
        return Err(refuse("ClusterContainsServicesException", message));
    }
    let has_tasks = call.world.under(call.at, ObjectKind::Task, &prefix, None).any(|(_, task)| is_live(&task.value));
    if has_tasks {
        let message = "The Cluster cannot be deleted while Tasks are active.";
        return Err(refuse("ClusterContainsTasksException", message));
    }
    let key = Key::cluster(call.at, &name);
    call.world.change(&key, |cluster| set(&mut cluster.value, "status", "INACTIVE"));
    Ok(json!({ "cluster": call.world.value(&key).map(|cluster| with_counts(call, cluster, false)) }))
}
