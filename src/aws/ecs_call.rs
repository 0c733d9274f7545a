//! Calls of ECS that something else makes: a step of a state machine, a schedule's universal target.

use serde_json::{Map, Value};

use super::{expression, reference::Holder};
use crate::{
    inventory::Reference,
    model::{cluster_name, service_name},
};

/// The arguments of such a call. All of them are named as the API names them, in either case of the first letter, and as
/// `Name.$` where a path computes them.
type Arguments = Map<String, Value>;

/// What the call may start: the definition that it runs, the service that it scales, the images that it registers.
/// `arguments` is `None` where the caller hands on whatever it was given itself.
pub(super) fn references(holder: Holder<'_>, operation: &str, arguments: Option<&Value>) -> Vec<Reference> {
    let runs = Runs::of(operation);
    match (runs, arguments) {
        (Runs::Nothing, _) => Vec::new(),
        (Runs::Always | Runs::Sometimes | Runs::Registers, Some(Value::Object(arguments))) => {
            of_arguments(holder, operation, runs, arguments)
        }
        // Arguments may hold secrets, in what overrides the environment: their text goes nowhere.
        (Runs::Always | Runs::Sometimes | Runs::Registers, Some(_) | None) => {
            vec![holder.undecided(&format!("the arguments of ecs:{operation}"))]
        }
    }
}

/// What an operation does with a definition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    /// It needs one.
    Always,
    /// It may be given one.
    Sometimes,
    /// It makes one.
    Registers,
    Nothing,
}

impl Runs {
    /// By the ECS API model. Every operation that takes a definition to start something is here.
    fn of(operation: &str) -> Self {
        match operation.to_ascii_lowercase().as_str() {
            "runtask" | "starttask" => Self::Always,
            "createservice" | "updateservice" | "createtaskset" => Self::Sometimes,
            "registertaskdefinition" => Self::Registers,
            _ => Self::Nothing,
        }
    }
}

/// A member as it stands in the arguments.
enum Member<'a> {
    Absent,
    Given(&'a Value),
    Path(&'a str),
}

fn member<'a>(arguments: &'a Arguments, name: &str) -> Member<'a> {
    let find = |sought: &str| arguments.iter().find(|(name, _)| name.eq_ignore_ascii_case(sought));
    match (find(name), find(&format!("{name}.$"))) {
        (Some((_, value)), _) => Member::Given(value),
        (None, Some((_, Value::String(path)))) => Member::Path(path),
        // No path, but something will be put there.
        (None, Some((_, value))) => Member::Given(value),
        (None, None) => Member::Absent,
    }
}

fn of_arguments(holder: Holder<'_>, operation: &str, runs: Runs, arguments: &Arguments) -> Vec<Reference> {
    let mut found = match runs {
        Runs::Registers => registered(holder, arguments),
        Runs::Always | Runs::Sometimes | Runs::Nothing => match member(arguments, "TaskDefinition") {
            Member::Given(Value::String(text)) => definition(holder, text),
            Member::Given(_) => vec![holder.undecided(&format!("the TaskDefinition of ecs:{operation}"))],
            Member::Path(path) => vec![expression::json_path(holder, path)],
            Member::Absent if runs == Runs::Always => {
                vec![holder.undecided(&format!("ecs:{operation} without a TaskDefinition"))]
            }
            Member::Absent => Vec::new(),
        },
    };
    found.extend(service(holder, arguments));
    found
}

fn definition(holder: Holder<'_>, text: &str) -> Vec<Reference> {
    expression::jsonata(holder, text).unwrap_or_else(|| {
        // EventBridge Scheduler puts values in place of its keywords, such as `<aws.scheduler.execution-id>`.
        vec![if text.contains('<') { holder.undecided(text) } else { holder.definition(text) }]
    })
}

/// The service that the call may start again, where its name is known.
fn service(holder: Holder<'_>, arguments: &Arguments) -> Option<Reference> {
    let Member::Given(Value::String(service)) = member(arguments, "Service") else { return None };
    let cluster = match member(arguments, "Cluster") {
        Member::Given(Value::String(cluster)) => cluster.as_str(),
        Member::Absent => "default",
        Member::Given(_) | Member::Path(_) => return None,
    };
    let is_known = |text: &str| !text.contains(['{', '<']);
    let named = || holder.service(&format!("{}/{}", cluster_name(cluster), service_name(service)));
    (is_known(service) && is_known(cluster)).then(named)
}

/// A definition in the making, whose images the caller may compute; those that stand there as they are, are found as text.
fn registered(holder: Holder<'_>, arguments: &Arguments) -> Vec<Reference> {
    let is_known = |container: &Value| {
        let container = container.as_object();
        container.is_some_and(|container| match member(container, "Image") {
            Member::Given(Value::String(image)) => !image.contains(['{', '<']),
            Member::Given(_) | Member::Path(_) | Member::Absent => false,
        })
    };
    match member(arguments, "ContainerDefinitions") {
        Member::Given(Value::Array(containers)) if containers.iter().all(is_known) => Vec::new(),
        Member::Given(_) | Member::Path(_) | Member::Absent => {
            vec![holder.undecided("the images of ecs:registerTaskDefinition")]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Source;

    const HOLDER: Holder<'_> = Holder { source: Source::StepFunctions, name: "machine" };

    fn of(operation: &str, arguments: &Value) -> Vec<Reference> {
        references(HOLDER, operation, Some(arguments))
    }

    fn holds_everything(references: &[Reference]) -> bool {
        references.iter().any(|it| it.task_definition.as_ref().is_some_and(|text| text.starts_with("decided when")))
    }

    #[test]
    fn a_literal_definition_is_held() {
        assert_eq!(of("runTask", &json!({ "TaskDefinition": "web:3" })), [HOLDER.definition("web:3")]);
        assert_eq!(of("RunTask", &json!({ "taskDefinition": "web" })), [HOLDER.definition("web")]);
    }

    #[test]
    fn what_is_decided_when_it_runs_holds_everything() {
        for arguments in [
            json!({ "TaskDefinition.$": "$.td" }),
            json!({ "TaskDefinition.$": 7 }),
            json!({ "TaskDefinition": "{% $td %}" }),
            json!({ "TaskDefinition": "web-<aws.scheduler.execution-id>" }),
            json!({ "TaskDefinition": { "a": 1 } }),
            json!({ "Cluster": "main" }),
            json!("{% $arguments %}"),
        ] {
            assert!(holds_everything(&of("runTask", &arguments)), "{arguments}");
        }
        assert!(holds_everything(&references(HOLDER, "runTask", None)));
    }

    #[test]
    fn no_override_of_the_environment_is_told() {
        let secret = json!("{% {'Overrides': {'Environment': [{'Name': 'PASSWORD', 'Value': 'hunter2'}]}} %}");
        assert!(!format!("{:?}", of("runTask", &secret)).contains("hunter2"));
    }

    #[test]
    fn a_service_that_is_updated_may_start_again() {
        let arn = "arn:aws:ecs:eu-central-1:000000000000:service/main/web";
        let update = json!({ "Cluster": "main", "Service": arn, "DesiredCount": 2 });
        assert_eq!(of("updateService", &update), [HOLDER.service("main/web")]);
        let update = json!({ "Service": "web", "TaskDefinition": "web:2" });
        assert_eq!(of("updateService", &update), [HOLDER.definition("web:2"), HOLDER.service("default/web")]);
        assert!(of("updateService", &json!({ "Service.$": "$.service" })).is_empty());
    }

    #[test]
    fn images_of_a_definition_in_the_making_are_known_or_hold_everything() {
        let of_image = |container: Value| of("registerTaskDefinition", &json!({ "ContainerDefinitions": [container] }));
        assert!(of_image(json!({ "Image": "nginx:1" })).is_empty());
        assert!(holds_everything(&of_image(json!({ "Image.$": "$.image" }))));
        assert!(holds_everything(&of_image(json!({ "Image": "{% $image %}" }))));
        assert!(holds_everything(&of("registerTaskDefinition", &json!({ "ContainerDefinitions.$": "$.all" }))));
    }

    #[test]
    fn a_call_that_starts_nothing_refers_to_nothing() {
        assert!(of("stopTask", &json!({ "Task": "x" })).is_empty());
        assert!(references(HOLDER, "describeServices", None).is_empty());
    }
}
