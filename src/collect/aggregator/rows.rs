//! What the results of the queries say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    inventory::{Gap, Reference, Seen},
    model::{Family, Location, Region, Revision, Source, TaskDefinitionRef},
};

/// A result: a resource, or a count of them, in an account and Region.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) location: Location,
    /// Empty for a count.
    pub(super) arn: String,
    pub(super) configuration: Value,
}

impl Row {
    /// Reads a result; `None` if it does not say where it is.
    pub(super) fn read(result: &Value) -> Option<Self> {
        let account_id = result["accountId"].as_str()?.parse().ok()?;
        let region = Region::from(result["awsRegion"].as_str()?);
        let arn = result["arn"].as_str().unwrap_or_default().to_owned();
        Some(Self { location: Location { account_id, region }, arn, configuration: result["configuration"].clone() })
    }

    /// The texts at a path, through arrays.
    fn texts(&self, path: &[&str]) -> Vec<String> {
        let mut texts = Vec::new();
        gather(&self.configuration, path, &mut texts);
        texts
    }

    fn gap(&self, error: &str) -> Gap {
        gap(Source::Config, &self.location, Some(&self.arn), error)
    }

    fn image(&self, image: &str) -> Seen<Reference> {
        let reference = Reference {
            source: Source::Config.to_string(),
            holder: self.arn.clone(),
            image: Some(image.to_owned()),
            ..Reference::default()
        };
        Seen::new(self.location.clone(), reference)
    }
}

pub(super) fn gap(source: Source, location: &Location, object: Option<&str>, error: &str) -> Gap {
    Gap {
        source,
        account_id: Some(location.account_id.clone()),
        region: Some(location.region.clone()),
        object: object.map(str::to_owned),
        error: error.to_owned(),
    }
}

fn gather(value: &Value, path: &[&str], texts: &mut Vec<String>) {
    match (value, path) {
        (Value::Array(items), _) => items.iter().for_each(|item| gather(item, path, texts)),
        (Value::Object(members), [first, rest @ ..]) => {
            if let Some(member) = members.get(*first) {
                gather(member, rest, texts);
            }
        }
        (Value::String(text), []) => texts.push(text.clone()),
        (_, _) => {}
    }
}

/// What rows hold, and what they cannot tell.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) references: Vec<Seen<Reference>>,
    pub(super) gaps: Vec<Gap>,
}

impl Held {
    /// Images at some paths of each row. A SageMaker model may have no image and a project none of ECR's: nothing at a path
    /// is nothing held.
    pub(super) fn add_images(&mut self, rows: &[Row], paths: &[&[&str]]) {
        for row in rows {
            let images = paths.iter().flat_map(|path| row.texts(path));
            self.references.extend(images.map(|image| row.image(&image)));
        }
    }

    /// The images of definitions that are ACTIVE, and of any that a service, a task set or a rule names. A holder that names
    /// a definition which the aggregator does not show is a gap: its images are not known.
    pub(super) fn add_definitions(&mut self, definitions: &[Row], services: &[Row], rules: &[Row]) {
        let mut named = Named::default();
        for row in services {
            let texts = row.texts(&["TaskDefinition"]);
            texts.iter().for_each(|text| named.add(row, text, &mut self.gaps));
        }
        for row in rules {
            let texts = row.texts(&["Targets", "EcsParameters", "TaskDefinitionArn"]);
            texts.iter().for_each(|text| named.add(row, text, &mut self.gaps));
        }
        for row in definitions {
            let Some(key) = key(row, &row.arn) else {
                self.gaps.push(row.gap("AWS Config shows a task definition whose ARN cannot be read"));
                continue;
            };
            named.shown(&key);
            let status = row.texts(&["Status"]);
            let is_gone = matches!(status.first().map(String::as_str), Some("INACTIVE" | "DELETE_IN_PROGRESS"));
            if is_gone && !named.revisions.contains_key(&key) {
                continue;
            }
            let images = row.texts(&["ContainerDefinitions", "Image"]);
            let containers = row.configuration["ContainerDefinitions"].as_array().map_or(1, Vec::len);
            if images.len() < containers.max(1) {
                self.gaps.push(row.gap("AWS Config shows the task definition without all its images"));
            }
            self.references.extend(images.iter().map(|image| row.image(image)));
        }
        self.gaps.extend(named.not_shown());
    }
}

/// A definition by place, family and revision; without a revision the newest ACTIVE one.
type Key = (Location, Family, Option<Revision>);

fn key(row: &Row, text: &str) -> Option<Key> {
    let found = TaskDefinitionRef::parse(text)?;
    Some((found.location.unwrap_or_else(|| row.location.clone()), found.family, found.revision))
}

/// Definitions that holders name.
#[derive(Default)]
struct Named {
    /// Each with its holders' gaps, in case that it is not shown.
    revisions: BTreeMap<Key, Vec<Gap>>,
    seen: BTreeSet<Key>,
}

impl Named {
    fn add(&mut self, row: &Row, text: &str, gaps: &mut Vec<Gap>) {
        let gap = row.gap(&format!("AWS Config does not show the task definition {text} that it names"));
        match key(row, text) {
            Some(key) => self.revisions.entry(key).or_default().push(gap),
            None => gaps.push(gap),
        }
    }

    fn shown(&mut self, (location, family, revision): &Key) {
        self.seen.insert((location.clone(), family.clone(), *revision));
        self.seen.insert((location.clone(), family.clone(), None));
    }

    fn not_shown(self) -> impl Iterator<Item = Gap> {
        let Self { revisions, seen } = self;
        revisions.into_iter().filter(move |(key, _)| !seen.contains(key)).flat_map(|(_, gaps)| gaps)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arn(resource: &str) -> String {
        format!("arn:aws:ecs:us-east-1:111111111111:{resource}")
    }

    fn row(arn: &str, configuration: &Value) -> Row {
        let result = json!({
            "accountId": "111111111111", "awsRegion": "us-east-1", "arn": arn, "configuration": configuration,
        });
        Row::read(&result).unwrap()
    }

    fn definition(name: &str, status: &str, images: &[&str]) -> Row {
        let containers: Vec<Value> = images.iter().map(|image| json!({ "Image": image })).collect();
        let configuration = json!({ "Status": status, "ContainerDefinitions": containers });
        row(&arn(&format!("task-definition/{name}")), &configuration)
    }

    fn service(definition: &str) -> Row {
        row(&arn("service/main/web"), &json!({ "TaskDefinition": definition }))
    }

    fn images(held: &Held) -> Vec<&str> {
        held.references.iter().filter_map(|seen| seen.value.image.as_deref()).collect()
    }

    #[test]
    fn active_definitions_hold_and_inactive_ones_when_they_are_named() {
        let definitions = [
            definition("web:3", "ACTIVE", &["a:3", "proxy:1"]),
            definition("web:2", "INACTIVE", &["a:2"]),
            definition("web:1", "INACTIVE", &["a:1"]),
            definition("job:1", "DELETE_IN_PROGRESS", &["job:1"]),
            definition("odd:1", "PAUSED", &["odd:1"]),
        ];
        let rule = row(
            "arn:rule",
            &json!({ "Targets": [{ "EcsParameters": { "TaskDefinitionArn": arn("task-definition/job:1") } }, {}] }),
        );
        let mut held = Held::default();
        held.add_definitions(&definitions, &[service(&arn("task-definition/web:2"))], &[rule]);
        assert_eq!(images(&held), ["a:3", "proxy:1", "a:2", "job:1", "odd:1"]);
        assert_eq!(held.gaps, []);
        assert!(held.references.iter().all(|seen| seen.location.account_id.as_str() == "111111111111"));
    }

    #[test]
    fn a_definition_that_is_named_and_not_shown_is_a_gap() {
        let mut held = Held::default();
        let services = [service(&arn("task-definition/web:9")), service("$.web"), service("gone")];
        held.add_definitions(&[definition("web:1", "ACTIVE", &["a"])], &services, &[]);
        let objects: Vec<_> = held.gaps.iter().filter_map(|gap| gap.object.clone()).collect();
        assert_eq!(objects, vec![arn("service/main/web"); 3]);
        let family = service("web");
        let mut held = Held::default();
        held.add_definitions(&[definition("web:1", "ACTIVE", &["a"])], &[family], &[]);
        assert_eq!(held.gaps, []);
    }

    #[test]
    fn a_definition_without_all_its_images_is_a_gap() {
        let mut held = Held::default();
        held.add_definitions(&[definition("web:1", "ACTIVE", &[])], &[], &[]);
        assert_eq!(held.gaps.len(), 1);
        let half = json!({ "Status": "ACTIVE", "ContainerDefinitions": [{ "Image": "a" }, {}] });
        let mut held = Held::default();
        held.add_definitions(&[row(&arn("task-definition/web:2"), &half)], &[], &[]);
        assert_eq!((held.gaps.len(), images(&held)), (1, vec!["a"]));
    }

    #[test]
    fn images_stand_in_several_places() {
        let model =
            row("arn:model", &json!({ "PrimaryContainer": { "Image": "p" }, "Containers": [{ "Image": "c" }, {}] }));
        let mut held = Held::default();
        held.add_images(&[model], &[&["PrimaryContainer", "Image"], &["Containers", "Image"]]);
        assert_eq!(images(&held), ["p", "c"]);
    }

    #[test]
    fn a_result_that_does_not_say_where_it_is_is_no_row() {
        for result in [json!({}), json!({ "accountId": "1", "awsRegion": "x" }), json!({ "accountId": "111111111111" })]
        {
            assert_eq!(Row::read(&result), None);
        }
    }
}
