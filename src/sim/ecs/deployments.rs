//! Service deployments and service revisions: listing and describing.

use serde_json::{Value, json};

use super::lookup::{missing, service};
use crate::{
    model::{
        Arn, Timestamp,
        quota::batch::{DESCRIBE_SERVICE_DEPLOYMENTS, DESCRIBE_SERVICE_REVISIONS},
    },
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid, refuse},
        page::Paging,
        state::{Map, copy, inner_text, set, text, time},
        world::{Key, ObjectKind},
    },
};

/// The statuses of the API model.
const STATUSES: [&str; 9] = [
    "PENDING",
    "SUCCESSFUL",
    "STOPPED",
    "STOP_REQUESTED",
    "IN_PROGRESS",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
];

/// ListServiceDeployments: twenty a page unless more are asked for.
///
/// What AWS answers for a service that is INACTIVE, or under another controller than ECS, is not documented: it is
/// refused here.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let key = service(call, "service")?;
    let owner = call.world.value(&key).cloned().unwrap_or_default();
    if text(&owner, "status") == "INACTIVE" {
        return Err(refuse("ServiceNotFoundException", "Service not found."));
    }
    if ["CODE_DEPLOY", "EXTERNAL"].contains(&inner_text(&owner, "deploymentController", "type")) {
        return Err(invalid("Service deployments exist only for services with an ECS deployment controller."));
    }
    let paging = Paging::read(call, 20, 100)?;
    let filter = Filter::read(call)?;
    let prefix = format!("{}/", key.id);
    let deployments = call.world.under(call.at, ObjectKind::ServiceDeployment, &prefix, paging.after.as_deref());
    let listed = deployments
        .filter(|(_, object)| filter.admits(&object.value))
        .map(|(key, object)| (key.id.clone(), brief(&object.value)));
    let page = paging.take(listed);
    Ok(json!({ "serviceDeployments": page.items, "nextToken": page.next_token }))
}

struct Filter<'a> {
    statuses: Vec<&'a str>,
    before: Option<Timestamp>,
    after: Option<Timestamp>,
}

impl<'a> Filter<'a> {
    fn read(call: &Call<'a>) -> Result<Self, Refusal> {
        let statuses = call.input.texts("status")?;
        if let Some(unknown) = statuses.iter().find(|status| !STATUSES.contains(status)) {
            return Err(invalid(format!("Invalid status: {unknown}")));
        }
        let created = call.input.object("createdAt")?;
        let instant = |member: &str| created.and_then(|created| seconds(created.get(member)?));
        Ok(Self { statuses, before: instant("before"), after: instant("after") })
    }

    fn admits(&self, deployment: &Map) -> bool {
        let created = time(deployment, "createdAt");
        (self.statuses.is_empty() || self.statuses.contains(&text(deployment, "status")))
            && self.before.is_none_or(|before| created.is_some_and(|created| created < before))
            && self.after.is_none_or(|after| created.is_some_and(|created| created > after))
    }
}

/// A time of a request, in seconds since 1970.
fn seconds(value: &Value) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "instants in milliseconds fit, and the conversion checks them")]
    let millis = (value.as_f64()? * 1_000.0).round() as i64;
    Timestamp::from_millisecond(millis).ok()
}

fn brief(deployment: &Map) -> Value {
    let mut brief = Map::new();
    let members = [
        "serviceDeploymentArn",
        "serviceArn",
        "clusterArn",
        "startedAt",
        "createdAt",
        "finishedAt",
        "status",
        "statusReason",
    ];
    copy(deployment, &mut brief, &members);
    let target = inner_text(deployment, "targetServiceRevision", "arn");
    if !target.is_empty() {
        set(&mut brief, "targetServiceRevisionArn", target);
    }
    Value::Object(brief)
}

/// DescribeServiceDeployments, of one service or of several.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let asked = call.input.batch("serviceDeploymentArns", DESCRIBE_SERVICE_DEPLOYMENTS)?;
    let (found, failures) = by_arn(call, &asked, ObjectKind::ServiceDeployment, "service-deployment/");
    Ok(json!({ "serviceDeployments": found, "failures": failures }))
}

/// DescribeServiceRevisions, of one service or of several.
pub(super) fn describe_revisions(call: &mut Call<'_>) -> Answer {
    let asked = call.input.batch("serviceRevisionArns", DESCRIBE_SERVICE_REVISIONS)?;
    let (found, failures) = by_arn(call, &asked, ObjectKind::ServiceRevision, "service-revision/");
    Ok(json!({ "serviceRevisions": found, "failures": failures }))
}

/// The objects with these ARNs, and a failure for each that is not there.
pub(super) fn by_arn(call: &Call<'_>, asked: &[&str], kind: ObjectKind, prefix: &str) -> (Vec<Value>, Vec<Value>) {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for named in asked {
        let id = Arn::parse(named).and_then(|arn| arn.resource.strip_prefix(prefix));
        let object = id.filter(|_| arn::is_here(call.at, named)).map(|id| Key::new(call.at, kind, id));
        match object.and_then(|key| call.world.value(&key)) {
            Some(object) => found.push(Value::Object(object.clone())),
            None => failures.push(missing(*named)),
        }
    }
    (found, failures)
}
