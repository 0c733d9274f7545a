//! Task sets.

use serde_json::{Value, json};

use super::lookup::{active_service, missing, shown, task_set_key};
use crate::sim::{
    arn,
    call::{Answer, Call, invalid},
};

/// DescribeTaskSets. The model calls `taskSets` optional; the service refuses a request without it.
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (service, _) = active_service(call, "service")?;
    let with_tags = call.input.includes("TAGS")?;
    let named = call.input.texts("taskSets")?;
    if named.is_empty() {
        return Err(invalid("TaskSets cannot be empty"));
    }
    let (mut task_sets, mut failures) = (Vec::new(), Vec::new());
    for named in named {
        let key = task_set_key(&service, named);
        match call.world.value(&key).filter(|_| arn::is_here(call.at, named)) {
            Some(task_set) => task_sets.push(Value::Object(shown(task_set, with_tags))),
            None if arn::is_here(call.at, named) => {
                failures.push(missing(arn::ecs(call.at, &format!("task-set/{}", key.id))));
            }
            None => failures.push(missing(named)),
        }
    }
    Ok(json!({ "taskSets": task_sets, "failures": failures }))
}
