//! EventBridge Scheduler: schedules, and what they run.

use aws_sdk_scheduler::types;
use serde_json::Value;

use super::{AwsError, Batch, Failure, Operation, Session, call::Pages, ecs_call, mention, reference::Holder};
use crate::{
    inventory::Reference,
    model::{Arn, Source},
};

/// The largest page of ListSchedules (API model).
const PAGE: i32 = 100;

/// A schedule as the list tells it, enabled or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name within the group.
    pub name: String,
    /// Its group.
    pub group: Option<String>,
    /// Its ARN.
    pub arn: String,
    /// The ARN of its target.
    pub target: String,
}

impl Schedule {
    /// Whether it may run something on ECS: its target is a cluster, an operation of ECS ("universal target"), or not told.
    #[must_use]
    pub fn is_of_ecs(&self) -> bool {
        self.target.is_empty() || is_cluster(&self.target) || universal_operation(&self.target).is_some()
    }
}

fn is_cluster(target: &str) -> bool {
    Arn::parse(target).is_some_and(|arn| arn.service == "ecs")
}

/// The ECS operation of a universal target: `arn:aws:scheduler:::aws-sdk:ecs:runTask` (EventBridge Scheduler user guide, "Using
/// universal targets").
fn universal_operation(target: &str) -> Option<&str> {
    let arn = Arn::parse(target).filter(|arn| arn.service == "scheduler")?;
    arn.resource.strip_prefix("aws-sdk:ecs:")
}

impl Session {
    /// All schedules of all groups: without a group, ListSchedules lists them all (API reference).
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_schedules(&self) -> Result<Batch<Schedule>, AwsError> {
        let operation = Operation::ListSchedules;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.scheduler().list_schedules().max_results(PAGE).set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            for summary in answer.schedules() {
                let arn = summary.arn().unwrap_or_default().to_owned();
                match summary.name() {
                    Some(name) => all.found.push(Schedule {
                        name: name.to_owned(),
                        group: summary.group_name().map(str::to_owned),
                        arn,
                        target: summary.target().map(|target| target.arn().to_owned()).unwrap_or_default(),
                    }),
                    None => all.failures.push(Failure::new(arn, "AWS listed it without its name")),
                }
            }
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// What a schedule runs on ECS.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the schedule does not exist.
    pub async fn get_schedule(&self, schedule: &Schedule) -> Result<Batch<Reference>, AwsError> {
        let request = self.scheduler().get_schedule().name(&schedule.name).set_group_name(schedule.group.clone());
        let answer = self.read(Operation::GetSchedule, || request.clone().send()).await?;
        let holder = Holder { source: Source::Scheduler, name: &schedule.arn };
        let found = match answer.target() {
            Some(target) => references(holder, target),
            None => vec![holder.undecided("a schedule whose target AWS does not tell")],
        };
        Ok(Batch { found, failures: Vec::new() })
    }
}

fn references(holder: Holder<'_>, target: &types::Target) -> Vec<Reference> {
    if let Some(parameters) = target.ecs_parameters() {
        return vec![holder.definition(parameters.task_definition_arn())];
    }
    match universal_operation(target.arn()) {
        Some(operation) => of_universal(holder, operation, target.input()),
        None if is_cluster(target.arn()) => vec![holder.undecided("a cluster without EcsParameters")],
        None => Vec::new(),
    }
}

/// The input of a universal target is the JSON of the request.
fn of_universal(holder: Holder<'_>, operation: &str, input: Option<&str>) -> Vec<Reference> {
    let arguments = input.and_then(|input| serde_json::from_str::<Value>(input).ok());
    let mut found = ecs_call::references(holder, operation, arguments.as_ref());
    found.extend(mention::references(holder, input.unwrap_or_default()));
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLDER: Holder<'_> = Holder { source: Source::Scheduler, name: "schedule" };

    fn of_target(target: types::builders::TargetBuilder) -> Vec<Reference> {
        references(HOLDER, &target.role_arn("role").build().unwrap())
    }

    fn run_task(input: &str) -> Vec<Reference> {
        of_target(types::Target::builder().arn("arn:aws:scheduler:::aws-sdk:ecs:runTask").input(input))
    }

    #[test]
    fn only_what_may_run_on_ecs_is_read() {
        for (target, expected) in [
            ("arn:aws:ecs:eu-central-1:000000000000:cluster/main", true),
            ("arn:aws:scheduler:::aws-sdk:ecs:runTask", true),
            ("", true),
            ("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", false),
            ("arn:aws:lambda:eu-central-1:000000000000:function:nightly", false),
        ] {
            let (name, group, arn) = ("x".to_owned(), None, "y".to_owned());
            let schedule = Schedule { name, group, arn, target: target.to_owned() };
            assert_eq!(schedule.is_of_ecs(), expected, "{target}");
        }
    }

    #[test]
    fn the_input_of_a_universal_target_names_the_definition() {
        assert_eq!(run_task(r#"{"Cluster":"main","TaskDefinition":"web:3"}"#), [HOLDER.definition("web:3")]);
        assert_eq!(run_task(r#"{"taskDefinition":"web"}"#), [HOLDER.definition("web")]);
    }

    #[test]
    fn what_cannot_be_read_of_a_target_holds_everything() {
        let cluster = types::Target::builder().arn("arn:aws:ecs:eu-central-1:000000000000:cluster/main");
        for found in [run_task("not json"), run_task("[]"), run_task("{}"), of_target(cluster)] {
            let [Reference { task_definition: Some(text), .. }] = &found[..] else { panic!("{found:?}") };
            assert!(text.starts_with("decided when it runs: "), "{text}");
        }
    }
}
