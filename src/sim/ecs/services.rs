//! Services: listing and describing.

use serde_json::{Value, json};

use super::lookup::{cluster, missing, shown};
use crate::{
    model::{quota::batch, service_name},
    sim::{
        arn,
        call::{Answer, Call},
        page::Paging,
        state::{Map, objects, text},
        world::{Key, Object, ObjectKind, World},
    },
};

/// ListServices: neither DRAINING nor INACTIVE services are listed.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call)?;
    let paging = Paging::read(call, 10, 100)?;
    let mut filters = Vec::new();
    for (member, default) in
        [("launchType", ""), ("schedulingStrategy", "REPLICA"), ("resourceManagementType", "CUSTOMER")]
    {
        if let Some(wanted) = call.input.text(member)? {
            filters.push((member, default, wanted));
        }
    }
    let matches = |service: &Map| {
        let value = |member, default| match text(service, member) {
            "" => default,
            value => value,
        };
        filters.iter().all(|(member, default, wanted)| value(member, default) == *wanted)
    };
    let services = call.world.under(call.at, ObjectKind::Service, &format!("{cluster}/"), paging.after.as_deref());
    let listed = services
        .filter(|(_, object)| text(&object.value, "status") == "ACTIVE" && matches(&object.value))
        .map(|(key, object)| (key.id.clone(), text(&object.value, "serviceArn")));
    let page = paging.take(listed);
    Ok(json!({ "serviceArns": page.items, "nextToken": page.next_token }))
}

/// ListServicesByNamespace: over all clusters, services with a deployment whose Service Connect configuration names the
/// namespace. CreateService does not keep that configuration here, so only services of a world file can have one.
pub(super) fn list_by_namespace(call: &mut Call<'_>) -> Answer {
    let namespace = call.input.required("namespace")?;
    let paging = Paging::read(call, 10, 100)?;
    let names_it = |deployment: &Map| {
        let connect = deployment.get("serviceConnectConfiguration").and_then(Value::as_object);
        connect.is_some_and(|connect| text(connect, "namespace") == namespace)
    };
    let services = call.world.under(call.at, ObjectKind::Service, "", paging.after.as_deref());
    let listed = services
        .filter(|(_, object)| text(&object.value, "status") == "ACTIVE")
        .filter(|(_, object)| objects(&object.value, "deployments").any(names_it))
        .map(|(key, object)| (key.id.clone(), text(&object.value, "serviceArn")));
    let page = paging.take(listed);
    Ok(json!({ "serviceArns": page.items, "nextToken": page.next_token }))
}

/// DescribeServices: whatever the status.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call)?;
    let with_tags = call.input.includes("TAGS")?;
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for named in call.input.batch("services", batch::DESCRIBE_SERVICES)? {
        let name = service_name(named);
        let key = Key::service(call.at, &cluster, name.as_str());
        match call.world.get(&key).filter(|_| arn::is_here(call.at, named)) {
            Some(service) => services.push(view(call.world, &key, service, with_tags)),
            None if arn::is_here(call.at, named) => {
                failures.push(missing(arn::ecs(call.at, &format!("service/{cluster}/{name}"))));
            }
            None => failures.push(missing(named)),
        }
    }
    Ok(json!({ "services": services, "failures": failures }))
}

/// The service as ECS describes it, its task sets inside.
pub(super) fn view(world: &World, key: &Key, service: &Object, with_tags: bool) -> Value {
    let mut view = shown(&service.value, with_tags);
    world.put_task_sets_in(key, &mut view);
    Value::Object(view)
}
