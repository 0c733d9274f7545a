//! Application Auto Scaling (API 2016-02-06): scalable targets and scheduled actions.

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, invalid},
    elsewhere::Elsewhere,
    page::{Page, Paging},
    state::{Map, fill, set, text},
    world::ObjectKind,
};
use crate::sim::call::Refusal;

/// Answers an Application Auto Scaling operation; `None` if it is not simulated.
pub(super) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    let answer = match call.operation {
        "DescribeScalableTargets" => named(call, Elsewhere::ScalableTarget, "ScalableTargets"),
        "DescribeScheduledActions" => named(call, Elsewhere::ScheduledAction, "ScheduledActions"),
        _ => return None,
    };
    Some(answer)
}

fn named(call: &mut Call<'_>, kind: Elsewhere, member: &str) -> Answer {
    let page = page(call, kind)?;
    let mut answer = Map::new();
    set(&mut answer, member, page.items);
    set(&mut answer, "NextToken", page.next_token);
    Ok(Value::Object(answer))
}

/// Of one namespace: all, of a dimension, or of at most fifty resources.
fn page(call: &Call<'_>, kind: Elsewhere) -> Result<Page<Value>, Refusal> {
    let namespace = call.input.required("ServiceNamespace")?;
    let (ids, dimension) = (call.input.texts("ResourceIds")?, call.input.text("ScalableDimension")?);
    if ids.len() > 50 {
        return Err(invalid("ResourceIds can have at most 50 items."));
    }
    let resource = call.input.text("ResourceId")?;
    let paging = Paging::named(call, ["MaxResults", "NextToken"], 50, 50)?;
    let objects = call.world.under(call.at, ObjectKind::Elsewhere(kind), "", paging.after.as_deref());
    let objects = objects.map(|(key, object)| (key.id.clone(), &object.value)).filter(|(_, object)| {
        let id = text(object, "ResourceId");
        text(object, "ServiceNamespace") == namespace
            && dimension.is_none_or(|dimension| dimension == text(object, "ScalableDimension"))
            && (ids.is_empty() || ids.contains(&id))
            && resource.is_none_or(|resource| resource == id)
    });
    Ok(paging.take(objects.map(|(key, object)| (key, view(call, kind, object)))))
}

fn view(call: &Call<'_>, kind: Elsewhere, object: &Map) -> Value {
    let mut view = object.clone();
    fill(&mut view, "CreationTime", "2026-01-01T00:00:00Z");
    if kind == Elsewhere::ScalableTarget {
        let role = "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService";
        fill(&mut view, "RoleARN", format!("arn:aws:iam::{}:role/{role}", call.at.account_id));
    } else {
        let name = text(object, "ScheduledActionARN").rsplit_once("scheduledActionName/").map_or("", |(_, name)| name);
        fill(&mut view, "ScheduledActionName", name);
    }
    json!(view)
}
