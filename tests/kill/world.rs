//! Worlds: one large enough that a run writes a long journal, and what is left of any in the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use serde_json::{Value, json};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "eu-central-1";
const FAMILIES: u32 = 16;
const REVISIONS: u32 = 24;

/// A family, a service and a repository of each name, an image for each revision, one month apart from each other.
pub(crate) fn large() -> String {
    let mut lines = vec![object("ecs.cluster", &json!({ "clusterArn": ecs("cluster/main"), "clusterName": "main" }))];
    for family in 0..FAMILIES {
        let name = format!("app{family:02}");
        lines.push(object(
            "ecr.repository",
            &json!({
                "repositoryName": name,
                "repositoryArn": format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"),
                "createdAt": "2023-01-01T00:00:00Z",
                "tags": [{ "key": "jettison", "value": "enabled" }],
            }),
        ));
        for revision in 1..=REVISIONS {
            let since = format!("{}-{:02}-01T00:00:00Z", 2024 + (revision - 1) / 12, (revision - 1) % 12 + 1);
            let uri = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:v{revision}");
            let is_inactive = revision % 3 == 0;
            lines.push(object("ecr.image", &json!({
                "repositoryName": name, "imageDigest": digest(family, revision), "imageTags": [format!("v{revision}")],
                "imageSizeInBytes": 1_000_000, "imagePushedAt": since,
            })));
            lines.push(object(
                "ecs.task_definition",
                &json!({
                    "taskDefinitionArn": ecs(&format!("task-definition/{name}:{revision}")),
                    "status": if is_inactive { "INACTIVE" } else { "ACTIVE" },
                    "registeredAt": since,
                    "deregisteredAt": if is_inactive { json!("2026-02-01T00:00:00Z") } else { Value::Null },
                    "containerDefinitions": [{ "name": "app", "image": uri }],
                }),
            ));
        }
        // Every service runs an old revision, which the rules would retire if nothing used it.
        let running = 4 + family % 2;
        let uri = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:v{running}");
        lines.push(object("ecs.service", &json!({
            "serviceArn": ecs(&format!("service/main/{name}")), "serviceName": name, "status": "ACTIVE",
            "desiredCount": 1, "runningCount": 1, "taskDefinition": ecs(&format!("task-definition/{name}:{running}")),
            "createdAt": "2024-01-01T00:00:00Z",
        })));
        lines.push(object("ecs.task", &json!({
            "taskArn": ecs(&format!("task/main/{family:032x}")), "lastStatus": "RUNNING",
            "taskDefinitionArn": ecs(&format!("task-definition/{name}:{running}")), "group": format!("service:{name}"),
            "createdAt": "2026-01-01T00:00:00Z",
            "containers": [{ "name": "app", "image": uri, "imageDigest": digest(family, running) }],
        })));
    }
    let scopes = json!([{ "account": "demo", "account_id": ACCOUNT, "region": REGION }]);
    let header = json!({
        "kind": "inventory", "format_version": "1.0", "taken_at": "2026-11-01T06:00:00Z", "scopes": scopes,
        "trailer": true,
    });
    let end = json!({ "kind": "end", "value": { "lines": lines.len() } });
    let mut text = format!("{header}\n");
    for line in lines {
        writeln!(text, "{line}").unwrap();
    }
    text + &format!("{end}\n")
}

fn object(kind: &str, value: &Value) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().retain(|_, member| !member.is_null());
    json!({ "kind": kind, "account_id": ACCOUNT, "region": REGION, "value": value })
}

fn ecs(rest: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:{rest}")
}

fn digest(family: u32, revision: u32) -> String {
    format!("sha256:{:064x}", family * 1_000 + revision)
}

/// The objects of a world with their statuses, without times. What AWS itself clears away soon counts as gone.
pub(crate) fn objects(file: &Path) -> BTreeMap<String, String> {
    values(file).filter_map(|(kind, value)| Some((name(&kind, &value), status(&kind, &value)?))).collect()
}

/// What the running tasks of a world need: their definitions, and the images that they run.
pub(crate) fn in_use(file: &Path) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    for (kind, value) in values(file) {
        if kind == "ecs.task" && value["lastStatus"] == "RUNNING" {
            needed.insert(format!("ecs.task_definition {}", text(&value["taskDefinitionArn"])));
            for container in value["containers"].as_array().unwrap() {
                let (_registry, image) = text(&container["image"]).split_once('/').unwrap();
                let repository = image.split(['@', ':']).next().unwrap();
                needed.insert(format!("ecr.image {repository}@{}", text(&container["imageDigest"])));
            }
        }
        if kind == "ecs.service" && value["desiredCount"].as_u64() > Some(0) {
            needed.insert(name(&kind, &value));
            if let Some(definition) = value["taskDefinition"].as_str() {
                needed.insert(format!("ecs.task_definition {definition}"));
            }
        }
    }
    assert!(!needed.is_empty());
    needed
}

fn values(file: &Path) -> impl Iterator<Item = (String, Value)> {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.into_iter().filter(|line| line["value"]["lines"].is_null()).filter_map(|mut line| {
        let value = line["value"].take();
        value.is_object().then(|| (text_of(&line["kind"]), value))
    })
}

fn name(kind: &str, value: &Value) -> String {
    let arns = ["taskSetArn", "serviceArn", "taskArn", "taskDefinitionArn", "clusterArn"];
    match arns.iter().find_map(|arn| value[arn].as_str()) {
        Some(arn) => format!("{kind} {arn}"),
        None if value["imageDigest"].is_string() => {
            format!("{kind} {}@{}", text(&value["repositoryName"]), text(&value["imageDigest"]))
        }
        None => format!("{kind} {}", text(&value["repositoryName"])),
    }
}

fn status(kind: &str, value: &Value) -> Option<String> {
    let status = match kind {
        "ecs.task" => text(&value["lastStatus"]),
        _ => value["status"].as_str().unwrap_or("there"),
    };
    let soon_gone = ["DELETE_IN_PROGRESS", "DRAINING", "INACTIVE"].contains(&status) && kind != "ecs.task_definition"
        || status == "DELETE_IN_PROGRESS"
        || status == "STOPPED";
    let task_sets = value["taskSets"].as_array().map(|sets| {
        sets.iter().map(|set| format!(" {} {}", text(&set["id"]), set["scale"]["value"])).collect::<String>()
    });
    let tags = value["imageTags"].as_array().map(|tags| format!(" {tags:?}"));
    (!soon_gone).then(|| format!("{status}{}{}", task_sets.unwrap_or_default(), tags.unwrap_or_default()))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
