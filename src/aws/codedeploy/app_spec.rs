//! Which task definitions an AppSpec names ("AppSpec 'resources' section for Amazon ECS deployments", CodeDeploy user guide).
//!
//! It is JSON or YAML. JSON is read whole. Of YAML only lines `TaskDefinition: …` are read, and a file in which the word
//! stands in any other way is not understood at all: whoever cannot be understood may name anything.

use aws_sdk_codedeploy::types::RevisionLocation;
use serde_json::Value;

use crate::model::TaskDefinitionRef;

/// The property that names a definition.
const PROPERTY: &str = "taskdefinition";

/// What is known of the AppSpec of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppSpec {
    /// The definitions that it names, as written; never none.
    Names(Vec<String>),
    /// It is at hand and cannot be understood.
    NotUnderstood,
    /// It is kept where this tool does not read: the place.
    KeptAt(String),
}

impl AppSpec {
    pub(super) fn of(revision: &RevisionLocation) -> Self {
        let inline = revision.app_spec_content().and_then(|content| content.content());
        // Deployments made before AppSpecContent existed still show the second form.
        let inline = inline.or_else(|| revision.string().and_then(|string| string.content()));
        if let Some(text) = inline {
            return Self::read(text);
        }
        if let Some(s3) = revision.s3_location() {
            return Self::KeptAt(format!("s3://{}/{}", s3.bucket().unwrap_or("?"), s3.key().unwrap_or("?")));
        }
        if let Some(git) = revision.git_hub_location() {
            let (repository, commit) = (git.repository().unwrap_or("?"), git.commit_id().unwrap_or("?"));
            return Self::KeptAt(format!("GitHub {repository} {commit}"));
        }
        Self::NotUnderstood
    }

    fn read(text: &str) -> Self {
        let names = match serde_json::from_str::<Value>(text) {
            Ok(json) => names_in_json(&json),
            Err(_) => names_in_yaml(text),
        };
        match names {
            Some(mut names) if !names.is_empty() => {
                names.sort_unstable();
                names.dedup();
                Self::Names(names)
            }
            Some(_) | None => Self::NotUnderstood,
        }
    }
}

/// A definition as an AppSpec writes it; `None` for a placeholder and anything else that names none.
fn name(text: &str) -> Option<String> {
    TaskDefinitionRef::parse(text).map(|_| text.to_owned())
}

/// `None` if a property of the name has a value that is no definition.
fn names_in_json(value: &Value) -> Option<Vec<String>> {
    let mut names = Vec::new();
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key.eq_ignore_ascii_case(PROPERTY) {
                    names.push(name(member.as_str()?)?);
                } else {
                    names.extend(names_in_json(member)?);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                names.extend(names_in_json(item)?);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Some(names)
}

fn names_in_yaml(text: &str) -> Option<Vec<String>> {
    // An escape could spell the property in another way.
    if text.contains('\\') {
        return None;
    }
    let mut names = Vec::new();
    let mut lines = text.lines().filter(|line| !is_blank(line)).peekable();
    while let Some(line) = lines.next() {
        if !line.to_ascii_lowercase().contains(PROPERTY) {
            continue;
        }
        let (key, value) = line.split_once(':')?;
        // As the first property of a list's item it stands behind the hyphen.
        let bare = key.trim_start_matches([' ', '\t', '-']);
        if !unquoted(bare.trim_end()).eq_ignore_ascii_case(PROPERTY) {
            return None;
        }
        // A value may go on in lines that stand further in than the property.
        let column = key.len() - bare.len();
        if lines.peek().is_some_and(|next| indent(next) > column) {
            return None;
        }
        names.push(name(scalar(value)?)?);
    }
    Some(names)
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The text of a value that ends on its line.
fn scalar(value: &str) -> Option<&str> {
    // Without a space behind the colon it is no property of YAML's.
    let value = value.strip_prefix([' ', '\t'])?;
    let value = value.find(" #").map_or(value, |comment| value.get(..comment).unwrap_or(value));
    Some(unquoted(value.trim()))
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use aws_sdk_codedeploy::types::{AppSpecContent, GitHubLocation, S3Location};
    use proptest::prelude::*;

    use super::*;

    const ARN: &str = "arn:aws:ecs:eu-central-1:000000000000:task-definition/web:7";

    /// The example of the user guide, with a value in its place.
    fn yaml(line: &str) -> String {
        format!(
            "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n        {line}\n        \
             LoadBalancerInfo:\n          ContainerName: \"app\"\n          ContainerPort: 80\n"
        )
    }

    fn names(text: &str) -> Option<Vec<String>> {
        match AppSpec::read(text) {
            AppSpec::Names(names) => Some(names),
            AppSpec::NotUnderstood | AppSpec::KeptAt(_) => None,
        }
    }

    #[test]
    fn yaml_names_its_definition_in_every_usual_spelling() {
        for line in [
            format!("TaskDefinition: {ARN}"),
            format!("TaskDefinition: \"{ARN}\""),
            format!("TaskDefinition: '{ARN}'   # the new one"),
            format!("\"TaskDefinition\": {ARN}"),
            format!("taskDefinition:   {ARN}\r"),
        ] {
            assert_eq!(names(&yaml(&line)), Some(vec![ARN.to_owned()]), "{line}");
        }
        assert_eq!(names("- TaskDefinition: web:7\n  Type: x\n"), Some(vec!["web:7".to_owned()]));
        let two = format!("{}\n{}", yaml("TaskDefinition: web:8"), yaml("TaskDefinition: web:7"));
        assert_eq!(names(&two), Some(vec!["web:7".to_owned(), "web:8".to_owned()]));
        assert_eq!(
            names(&yaml("# TaskDefinition: old:1\n        TaskDefinition: web:7")),
            Some(vec!["web:7".to_owned()])
        );
    }

    #[test]
    fn yaml_that_is_not_understood_names_nothing() {
        for line in [
            "TaskDefinition: <TASK_DEFINITION>",
            "TaskDefinition: ${definition}",
            "TaskDefinition: *definition",
            "TaskDefinition: &definition web:7",
            "TaskDefinition: >",
            "TaskDefinition:",
            "TaskDefinition:web:7",
            "TaskDefinition: web:7\n          8",
            "TaskDefinition: |\n          web:7",
            "? TaskDefinition\n        : web:7",
            "{ TaskDefinition: web:7 }",
            "Task\\u0044efinition: web:8\n        TaskDefinition: web:7",
            "Other: TaskDefinition",
            "Other: web:7",
        ] {
            assert_eq!(names(&yaml(line)), None, "{line}");
        }
    }

    #[test]
    fn json_is_read_whole() {
        let json = |value: &str| {
            format!(
                r#"{{"version":0.0,"Resources":[{{"TargetService":{{"Properties":{{"TaskDefinition":{value}}}}}}}]}}"#
            )
        };
        assert_eq!(names(&json(&format!("\"{ARN}\""))), Some(vec![ARN.to_owned()]));
        for value in ["\"<TASK_DEFINITION>\"", "7", "null", "{\"Ref\":\"Definition\"}"] {
            assert_eq!(names(&json(value)), None, "{value}");
        }
        assert_eq!(names("{}"), None);
    }

    #[test]
    fn a_place_that_is_not_read_is_named() {
        let s3 = S3Location::builder().bucket("specs").key("web/appspec.yaml").build();
        let of =
            |revision: aws_sdk_codedeploy::types::builders::RevisionLocationBuilder| AppSpec::of(&revision.build());
        assert_eq!(
            of(RevisionLocation::builder().s3_location(s3)),
            AppSpec::KeptAt("s3://specs/web/appspec.yaml".into())
        );
        let git = GitHubLocation::builder().repository("acme/web").commit_id("c0ffee").build();
        assert_eq!(
            of(RevisionLocation::builder().git_hub_location(git)),
            AppSpec::KeptAt("GitHub acme/web c0ffee".into())
        );
        let content = AppSpecContent::builder().content(yaml("TaskDefinition: web:7")).build();
        let inline = of(RevisionLocation::builder().app_spec_content(content));
        assert_eq!(inline, AppSpec::Names(vec!["web:7".to_owned()]));
        assert_eq!(of(RevisionLocation::builder()), AppSpec::NotUnderstood);
    }

    proptest! {
        /// Whatever stands around it, a definition is found or the whole is not understood: never passed over.
        #[test]
        fn a_definition_is_never_passed_over(before in "[ -~\n]{0,80}", after in "[ -~\n]{0,80}") {
            let text = format!("{before}\nTaskDefinition: web:7\n{after}");
            if let AppSpec::Names(names) = AppSpec::read(&text) {
                prop_assert!(names.contains(&"web:7".to_owned()), "{names:?}");
            }
        }
    }
}
