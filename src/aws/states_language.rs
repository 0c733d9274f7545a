//! Definitions of state machines (Amazon States Language): what their steps run on ECS.

use serde_json::Value;

use super::{ecs_call, mention, reference::Holder};
use crate::{
    inventory::Reference,
    model::{AccountId, Arn, TaskDefinitionRef},
};

/// Everything that the machine may run, by the text of its definition.
///
/// # Errors
/// When the text is not a definition: it may then run anything.
pub(super) fn references(holder: Holder<'_>, definition: &str) -> Result<Vec<Reference>, String> {
    let definition: Value = serde_json::from_str(definition)
        .map_err(|error| format!("its definition cannot be read: not JSON (column {})", error.column()))?;
    if definition.get("States").is_none_or(|states| !states.is_object()) {
        let problem = "its definition has no states; of an encrypted one AWS tells them only to who has kms:Decrypt";
        return Err(problem.to_owned());
    }
    let mut found = Vec::new();
    walk(holder, &definition, &mut found);
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Looks at every object: states stand in `States`, in branches, iterators and processors, at any depth.
fn walk(holder: Holder<'_>, value: &Value, found: &mut Vec<Reference>) {
    match value {
        Value::Object(members) => {
            let resource = members.get("Resource").and_then(Value::as_str);
            if let Some(operation) = resource.and_then(ecs_operation) {
                // `Parameters` in JSONPath, `Arguments` in JSONata.
                let arguments = members.get("Parameters").or_else(|| members.get("Arguments"));
                let named = ecs_call::references(holder, operation, arguments);
                found.extend(match members.get("Credentials") {
                    None => named,
                    Some(credentials) => abroad(holder, credentials, named),
                });
            }
            members.values().for_each(|member| walk(holder, member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(holder, item, found)),
        Value::String(text) => found.extend(mention::references(holder, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a state names that runs in the account of a role: a name without an account means that account's definition ("Accessing
/// resources in other AWS accounts in Step Functions", developer guide). If the role is computed, nothing tells whose it is.
fn abroad(holder: Holder<'_>, credentials: &Value, named: Vec<Reference>) -> Vec<Reference> {
    let role = credentials.get("RoleArn").and_then(Value::as_str).and_then(Arn::parse);
    let account = role.and_then(|role| role.account_id.parse::<AccountId>().ok());
    let home = Arn::parse(holder.name);
    let (Some(account), Some(home)) = (account, home) else {
        let mut named = named;
        named.push(holder.undecided("the account of a role"));
        return named;
    };
    let Arn { partition, region, .. } = home;
    let there = |text: &mut Option<String>| {
        let name = text.as_ref().filter(|name| TaskDefinitionRef::parse(name).is_some_and(|it| it.location.is_none()));
        if let Some(name) = name {
            *text = Some(format!("arn:{partition}:ecs:{region}:{account}:task-definition/{name}"));
        }
    };
    let placed = named.into_iter().map(|mut reference| {
        [&mut reference.task_definition, &mut reference.family, &mut reference.any_revision_of]
            .into_iter()
            .for_each(there);
        reference
    });
    placed.collect()
}

/// The ECS operation of a task's resource: `arn:aws:states:::ecs:runTask.sync`, `arn:aws:states:::aws-sdk:ecs:updateService`.
fn ecs_operation(resource: &str) -> Option<&str> {
    let arn = Arn::parse(resource).filter(|arn| arn.service == "states")?;
    let integration = arn.resource.strip_prefix("aws-sdk:").unwrap_or(arn.resource);
    let operation = integration.strip_prefix("ecs:")?;
    Some(operation.split('.').next().unwrap_or(operation))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Source;

    const HOLDER: Holder<'_> = Holder { source: Source::StepFunctions, name: "machine" };
    const RUN: &str = "arn:aws:states:::ecs:runTask.sync";
    const ARN: &str = "arn:aws:ecs:eu-central-1:000000000000:task-definition/web";

    fn of(definition: &Value) -> Vec<Reference> {
        references(HOLDER, &definition.to_string()).unwrap()
    }

    /// A machine of one state.
    fn machine(state: &Value) -> Value {
        json!({ "StartAt": "Run", "States": { "Run": state } })
    }

    fn run(resource: &str, definition: &str) -> Value {
        json!({ "Type": "Task", "Resource": resource, "Parameters": { "TaskDefinition": definition }, "End": true })
    }

    #[test]
    fn every_form_of_the_integration_is_known() {
        for resource in [
            "arn:aws:states:::ecs:runTask",
            RUN,
            "arn:aws:states:::ecs:runTask.waitForTaskToken",
            "arn:aws-cn:states:::ecs:runTask",
            "arn:aws:states:::aws-sdk:ecs:runTask",
            "arn:aws:states:::aws-sdk:ecs:startTask",
            "arn:aws:states:::aws-sdk:ecs:createService",
            "arn:aws:states:::aws-sdk:ecs:updateService",
        ] {
            assert_eq!(of(&machine(&run(resource, "web:3"))), [HOLDER.definition("web:3")], "{resource}");
        }
        for resource in [
            "arn:aws:states:::lambda:invoke",
            "arn:aws:states:::batch:submitJob.sync",
            "web",
            "arn:aws:ecs:::ecs:runTask",
        ] {
            assert!(of(&machine(&run(resource, "web:3"))).is_empty(), "{resource}");
        }
    }

    #[test]
    fn states_are_found_at_any_depth() {
        let run = |name: &str| machine(&run(RUN, name));
        let nested = json!({
            "StartAt": "Both",
            "States": {
                "Both": { "Type": "Parallel", "Branches": [run("a:1"), machine(&json!({
                    "Type": "Map", "ItemProcessor": run("b:2"),
                }))] },
                "Old": { "Type": "Map", "Iterator": run("c:3") },
                "Each": { "Type": "Map", "ItemProcessor": machine(&json!({ "Type": "Parallel", "Branches": [run("d:4")] })) },
            },
        });
        assert_eq!(of(&nested), ["a:1", "b:2", "c:3", "d:4"].map(|text| HOLDER.definition(text)));
    }

    #[test]
    fn both_languages_are_read() {
        let path = json!({ "Type": "Task", "Resource": RUN, "Parameters": {
            "TaskDefinition.$": format!("States.Format('{ARN}:{{}}', $.revision)"),
        } });
        assert_eq!(of(&machine(&path)), [HOLDER.any_revision_of("web")]);
        let jsonata = json!({ "Type": "Task", "Resource": RUN, "QueryLanguage": "JSONata", "Arguments": {
            "TaskDefinition": format!("{{% '{ARN}:' & $states.input.revision %}}"),
        } });
        assert_eq!(of(&machine(&jsonata)), [HOLDER.any_revision_of("web")]);
    }

    #[test]
    fn what_tells_no_family_holds_everything() {
        for state in [
            json!({ "Type": "Task", "Resource": RUN, "Parameters": { "TaskDefinition.$": "$.td" } }),
            json!({ "Type": "Task", "Resource": RUN, "Arguments": { "TaskDefinition": "{% $td %}" } }),
            json!({ "Type": "Task", "Resource": RUN, "Arguments": "{% $all %}" }),
            json!({ "Type": "Task", "Resource": RUN }),
        ] {
            let found = of(&machine(&state));
            let [Reference { task_definition: Some(text), .. }] = &found[..] else { panic!("{found:?}") };
            assert!(text.starts_with("decided when it runs: "), "{text}");
        }
    }

    #[test]
    fn what_runs_in_the_account_of_a_role_is_named_there() {
        let machine_arn = "arn:aws:states:eu-central-1:000000000000:stateMachine:m";
        let holder = Holder { source: Source::StepFunctions, name: machine_arn };
        let of = |credentials: Value, definition: &str| {
            let parameters = json!({ "TaskDefinition": definition });
            let state =
                json!({ "Type": "Task", "Resource": RUN, "Credentials": credentials, "Parameters": parameters });
            references(holder, &machine(&state).to_string()).unwrap()
        };
        let role = |text: &str| json!({ "RoleArn": text });
        let other = "arn:aws:iam::111111111111:role/run";
        let there = |name: &str| format!("arn:aws:ecs:eu-central-1:111111111111:task-definition/{name}");
        assert_eq!(of(role(other), "web:3"), [holder.definition(&there("web:3"))]);
        assert_eq!(of(role(other), "web"), [holder.definition(&there("web"))]);
        assert_eq!(of(role(other), "{% 'web:' & $rev %}"), [holder.any_revision_of(&there("web"))]);
        assert!(of(role(other), &format!("{ARN}:3")).contains(&holder.definition(&format!("{ARN}:3"))));
        for unclear in [json!({ "RoleArn.$": "$.role" }), role("{% $role %}"), json!("{% $all %}"), json!({})] {
            let undecided = holder.undecided("the account of a role");
            assert!(of(unclear.clone(), "web:3").contains(&undecided), "{unclear}");
        }
    }

    #[test]
    fn what_other_steps_name_literally_is_held_too() {
        let image = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/web:1";
        let pass = json!({ "Type": "Pass", "Result": { "td": format!("{ARN}:9"), "deep": [{ "image": image }] } });
        assert_eq!(of(&machine(&pass)), [HOLDER.image(image), HOLDER.definition(&format!("{ARN}:9"))]);
    }

    #[test]
    fn what_is_no_definition_is_said() {
        for text in ["", "{}", "not json", "[]", r#"{"StartAt":"x"}"#, r#"{"States":[]}"#] {
            assert!(references(HOLDER, text).is_err(), "{text}");
        }
    }
}
