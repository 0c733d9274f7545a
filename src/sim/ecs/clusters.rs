//! Clusters.

use serde_json::{Value, json};

use super::lookup::{missing, shown};
use crate::{
    model::{cluster_name, quota::batch},
    sim::{
        arn,
        call::{Answer, Call, invalid},
        page::Paging,
        state::{Map, count, set, text},
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
