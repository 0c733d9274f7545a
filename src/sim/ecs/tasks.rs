//! Tasks.

use serde_json::{Value, json};

use super::lookup::{cluster, missing, service, shown};
use crate::{
    model::{TaskDefinitionRef, quota::batch, service_name},
    sim::{
        arn,
        call::{Answer, Call, Refusal, invalid},
        page::Paging,
        state::{Map, text},
        world::{Key, ObjectKind},
    },
};

/// ListTasks: tasks whose desired status is RUNNING unless STOPPED is asked for. PENDING is accepted and finds nothing,
/// since ECS never sets it as a desired status.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call)?;
    let paging = Paging::read(call, 100, 100)?;
    let filter = Filter::read(call)?;
    let tasks = call.world.under(call.at, ObjectKind::Task, &format!("{cluster}/"), paging.after.as_deref());
    let listed = tasks
        .filter(|(_, object)| filter.admits(&object.value))
        .map(|(key, object)| (key.id.clone(), text(&object.value, "taskArn")));
    let page = paging.take(listed);
    Ok(json!({ "taskArns": page.items, "nextToken": page.next_token }))
}

struct Filter<'a> {
    desired_status: &'a str,
    family: Option<&'a str>,
    group: Option<String>,
    started_by: Option<&'a str>,
    launch_type: Option<&'a str>,
    container_instance: Option<&'a str>,
    /// Tasks of daemons are not simulated: asking for one's tasks finds none.
    daemon: bool,
}

impl<'a> Filter<'a> {
    fn read(call: &Call<'a>) -> Result<Self, Refusal> {
        let input = call.input;
        let desired_status = input.text("desiredStatus")?.unwrap_or("RUNNING");
        if !["RUNNING", "PENDING", "STOPPED"].contains(&desired_status) {
            return Err(invalid(format!("Invalid desiredStatus: {desired_status}")));
        }
        let group = match input.text("serviceName")? {
            Some(named) => {
                service(call, "serviceName")?;
                Some(format!("service:{}", service_name(named)))
            }
            None => None,
        };
        let filter = Self {
            desired_status,
            family: input.text("family")?,
            group,
            started_by: input.text("startedBy")?,
            launch_type: input.text("launchType")?,
            container_instance: input.text("containerInstance")?,
            daemon: input.text("daemonName")?.is_some(),
        };
        if filter.started_by.is_some() && (filter.family.is_some() || filter.group.is_some()) {
            return Err(invalid("startedBy cannot be combined with family or serviceName."));
        }
        Ok(filter)
    }

    fn admits(&self, task: &Map) -> bool {
        let definition = || TaskDefinitionRef::parse(text(task, "taskDefinitionArn"));
        let is = |wanted: Option<&str>, member| wanted.is_none_or(|wanted| text(task, member) == wanted);
        text(task, "desiredStatus") == self.desired_status
            && !self.daemon
            && is(self.group.as_deref(), "group")
            && is(self.started_by, "startedBy")
            && is(self.launch_type, "launchType")
            && is(self.container_instance, "containerInstanceArn")
            && self.family.is_none_or(|family| definition().is_some_and(|found| found.family.as_str() == family))
    }
}

/// DescribeTasks.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call)?;
    let with_tags = call.input.includes("TAGS")?;
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for named in call.input.batch("tasks", batch::DESCRIBE_TASKS)? {
        let id = named.rsplit('/').next().unwrap_or(named);
        match call.world.value(&Key::task(call.at, &cluster, id)).filter(|_| arn::is_here(call.at, named)) {
            Some(task) => tasks.push(Value::Object(shown(task, with_tags))),
            None if arn::is_here(call.at, named) => {
                failures.push(missing(arn::ecs(call.at, &format!("task/{cluster}/{id}"))));
            }
            None => failures.push(missing(named)),
        }
    }
    Ok(json!({ "tasks": tasks, "failures": failures }))
}
