//! The inventory file: newline-delimited JSON, a header first, one object a line, a count last.

use std::{
    collections::BTreeSet,
    io::{self, BufRead},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    Cluster, Daemon, DaemonRevision, DaemonTaskDefinition, Image, Inventory, Manifest, PullThroughCacheRule, Reference,
    Registry, Repository, Seen, Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition, TaskSet,
};
use crate::model::{AccountId, Location, Region, Scope, Timestamp};

/// The version this build writes. A newer major version is refused.
pub const FORMAT_VERSION: &str = "1.0";

/// The first line of an inventory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Always `inventory`.
    pub kind: String,
    /// The version of the format, `major.minor`.
    pub format_version: String,
    /// When the collection began.
    pub taken_at: Timestamp,
    /// The accounts and Regions that were asked.
    pub scopes: Vec<Scope>,
    /// Whether the file ends with an `end` line, without which it was cut. Hand-made files may leave it out.
    #[serde(default)]
    pub trailer: bool,
}

/// A line after the first. `value` stays raw, so that a reader that does not need the kind pays nothing for it.
#[derive(Debug, Deserialize)]
pub struct Record<'a> {
    /// The kind of object, such as `ecs.service`.
    pub kind: &'a str,
    /// The owning account; absent for gaps and the end line.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The Region; absent for gaps and the end line.
    #[serde(default)]
    pub region: Option<Region>,
    /// The object.
    #[serde(borrow)]
    pub value: &'a RawValue,
}

/// The `kind` words of the format.
pub mod record_kind {
    /// A cluster.
    pub const CLUSTER: &str = "ecs.cluster";
    /// A service.
    pub const SERVICE: &str = "ecs.service";
    /// A task set.
    pub const TASK_SET: &str = "ecs.task_set";
    /// A task.
    pub const TASK: &str = "ecs.task";
    /// A task definition.
    pub const TASK_DEFINITION: &str = "ecs.task_definition";
    /// A service deployment.
    pub const SERVICE_DEPLOYMENT: &str = "ecs.service_deployment";
    /// A service revision.
    pub const SERVICE_REVISION: &str = "ecs.service_revision";
    /// A managed daemon.
    pub const DAEMON: &str = "ecs.daemon";
    /// A revision of a daemon.
    pub const DAEMON_REVISION: &str = "ecs.daemon_revision";
    /// A task definition of daemons.
    pub const DAEMON_TASK_DEFINITION: &str = "ecs.daemon_task_definition";
    /// The settings of a registry.
    pub const REGISTRY: &str = "ecr.registry";
    /// A pull-through cache rule.
    pub const PULL_THROUGH_CACHE_RULE: &str = "ecr.pull_through_cache_rule";
    /// A repository.
    pub const REPOSITORY: &str = "ecr.repository";
    /// An image.
    pub const IMAGE: &str = "ecr.image";
    /// The manifest of an index.
    pub const MANIFEST: &str = "ecr.manifest";
    /// A reference from elsewhere.
    pub const REFERENCE: &str = "reference";
    /// Something that could not be read.
    pub const GAP: &str = "gap";
    /// The last line: how many lines came before it, the header not counted.
    pub const END: &str = "end";
    /// What holds from outside ECS and ECR, as the simulated AWS serves it. In an inventory it is `reference` lines.
    pub const SIMULATED: [&str; 11] = [
        "events.rule",
        "scheduler.schedule",
        "states.state_machine",
        "lambda.function",
        "batch.job_definition",
        "codedeploy.deployment_group",
        "codedeploy.deployment",
        "autoscaling.scalable_target",
        "autoscaling.scheduled_action",
        "config.resource",
        "config.source_status",
    ];
}

/// Why a file is not an inventory.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The bytes could not be read.
    #[error("cannot read it")]
    Io(#[from] io::Error),
    /// The first line is not a header.
    #[error(
        "line 1 is not an inventory header: {0}; it should read {{\"kind\":\"inventory\",\"format_version\":\"1.0\",\"taken_at\":…,\"scopes\":[…]}}"
    )]
    Header(String),
    /// Written by a newer jettison.
    #[error(
        "it has format version {0}, and this build reads {FORMAT_VERSION}; update jettison, or write the inventory again with this build"
    )]
    Version(String),
    /// A line that cannot be understood.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The file ends too early.
    #[error("it ends after line {lines} without its end line: the file was cut; make it again")]
    Cut {
        /// Lines found.
        lines: usize,
    },
    /// The end line counts differently.
    #[error("its end line counts {said} lines and there are {found}: lines were lost or added; make it again")]
    Count {
        /// What the end line says.
        said: usize,
        /// What was found.
        found: usize,
    },
}

#[derive(Serialize, Deserialize)]
struct End {
    lines: usize,
}

/// Reads an inventory.
///
/// # Errors
/// Whatever makes the file less than certain: a broken or cut line, an unknown kind, the same object twice, a newer format.
/// A hole in an inventory could hide a reference, so nothing is skipped.
pub fn read(input: impl BufRead) -> Result<Inventory, InventoryError> {
    read_lines(input, false)
}

/// Reads the world of a simulated AWS as an inventory: what a world alone may hold ([`record_kind::SIMULATED`]) is passed over.
///
/// # Errors
/// As [`read`], for every other line.
pub fn read_world(input: impl BufRead) -> Result<Inventory, InventoryError> {
    read_lines(input, true)
}

fn read_lines(mut input: impl BufRead, is_world: bool) -> Result<Inventory, InventoryError> {
    let mut text = String::new();
    let mut next_line = |text: &mut String| -> Result<bool, InventoryError> {
        text.clear();
        Ok(input.read_line(text)? > 0)
    };
    if !next_line(&mut text)? {
        return Err(InventoryError::Header("the file is empty".to_owned()));
    }
    let header = read_header(&text)?;
    let mut inventory = Inventory { taken_at: header.taken_at, scopes: header.scopes, ..Inventory::default() };
    let mut names = BTreeSet::new();
    let mut lines = 0;
    let mut ended = false;
    while next_line(&mut text)? {
        let line = lines + 2;
        let fault = |problem: String| InventoryError::Line { line, problem };
        if text.trim().is_empty() {
            return Err(fault("it is empty".to_owned()));
        }
        let record: Record<'_> = serde_json::from_str(&text).map_err(|error| fault(describe(&error)))?;
        if ended {
            return Err(fault("there is more after the end line".to_owned()));
        }
        if record.kind == record_kind::END {
            let end: End = value(&record).map_err(fault)?;
            if end.lines != lines {
                return Err(InventoryError::Count { said: end.lines, found: lines });
            }
            ended = true;
            continue;
        }
        let is_passed_over = is_world && record_kind::SIMULATED.contains(&record.kind);
        let name = if is_passed_over { None } else { add(&mut inventory, &record).map_err(fault)? };
        if let Some(name) = name
            && !names.insert(name.clone())
        {
            return Err(fault(format!("{name} stands in the file twice; keep the newer line")));
        }
        lines += 1;
    }
    if header.trailer && !ended {
        return Err(InventoryError::Cut { lines: lines + 1 });
    }
    Ok(inventory)
}

fn read_header(text: &str) -> Result<Header, InventoryError> {
    let header: Header = serde_json::from_str(text).map_err(|error| InventoryError::Header(describe(&error)))?;
    if header.kind != "inventory" {
        return Err(InventoryError::Header(format!("its kind is `{}`", header.kind)));
    }
    let major = |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match (major(&header.format_version), major(FORMAT_VERSION)) {
        (Some(theirs), Some(ours)) if theirs <= ours => Ok(header),
        (_, _) => Err(InventoryError::Version(header.format_version)),
    }
}

/// serde_json counts lines within the one line it was given; only the column tells anything.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text).to_owned();
    format!("{text} (column {})", error.column())
}

fn value<T: DeserializeOwned>(record: &Record<'_>) -> Result<T, String> {
    serde_json::from_str(record.value.get()).map_err(|error| format!("{}: {}", record.kind, describe(&error)))
}

/// Puts a record where it belongs and returns a name under which it may stand only once.
fn add(inventory: &mut Inventory, record: &Record<'_>) -> Result<Option<String>, String> {
    if record.kind == record_kind::GAP {
        inventory.gaps.push(value(record)?);
        return Ok(None);
    }
    let location = match (&record.account_id, &record.region) {
        (Some(account_id), Some(region)) => Location { account_id: account_id.clone(), region: region.clone() },
        (_, _) => return Err(format!("{} has no account_id or no region", record.kind)),
    };
    let place = location.to_string();
    let name = match record.kind {
        record_kind::CLUSTER => keep(&mut inventory.clusters, location, record, |it: &Cluster| it.cluster_arn.clone())?,
        record_kind::SERVICE => keep(&mut inventory.services, location, record, |it: &Service| it.service_arn.clone())?,
        record_kind::TASK_SET => {
            keep(&mut inventory.task_sets, location, record, |it: &TaskSet| it.task_set_arn.clone())?
        }
        record_kind::TASK => keep(&mut inventory.tasks, location, record, |it: &Task| it.task_arn.clone())?,
        record_kind::TASK_DEFINITION => {
            keep(&mut inventory.task_definitions, location, record, |it: &TaskDefinition| {
                it.task_definition_arn.clone()
            })?
        }
        record_kind::SERVICE_DEPLOYMENT => {
            keep(&mut inventory.service_deployments, location, record, |it: &ServiceDeployment| {
                it.service_deployment_arn.clone()
            })?
        }
        record_kind::SERVICE_REVISION => {
            keep(&mut inventory.service_revisions, location, record, |it: &ServiceRevision| {
                it.service_revision_arn.clone()
            })?
        }
        record_kind::DAEMON => keep(&mut inventory.daemons, location, record, |it: &Daemon| it.daemon_arn.clone())?,
        record_kind::DAEMON_REVISION => {
            keep(&mut inventory.daemon_revisions, location, record, |it: &DaemonRevision| {
                it.daemon_revision_arn.clone()
            })?
        }
        record_kind::DAEMON_TASK_DEFINITION => {
            keep(&mut inventory.daemon_task_definitions, location, record, |it: &DaemonTaskDefinition| {
                it.daemon_task_definition_arn.clone()
            })?
        }
        record_kind::REGISTRY => {
            keep(&mut inventory.registries, location, record, |_: &Registry| format!("registry {place}"))?
        }
        record_kind::PULL_THROUGH_CACHE_RULE => {
            keep(&mut inventory.pull_through_cache_rules, location, record, |it: &PullThroughCacheRule| {
                format!("pull-through cache rule {place}/{}", it.ecr_repository_prefix)
            })?
        }
        record_kind::REPOSITORY => keep(&mut inventory.repositories, location, record, |it: &Repository| {
            format!("repository {place}/{}", it.repository_name)
        })?,
        record_kind::IMAGE => keep(&mut inventory.images, location, record, |it: &Image| {
            format!("image {place}/{}@{}", it.repository_name, it.image_digest)
        })?,
        record_kind::MANIFEST => keep(&mut inventory.manifests, location, record, |it: &Manifest| {
            format!("manifest {place}/{}@{}", it.repository_name, it.image_digest)
        })?,
        record_kind::REFERENCE => {
            let reference: Reference = value(record)?;
            inventory.references.push(Seen::new(location, reference));
            return Ok(None);
        }
        simulated if record_kind::SIMULATED.contains(&simulated) => {
            return Err(format!(
                "`{simulated}` is a line for the simulated AWS only; `jettison inventory pull` makes an inventory of a world"
            ));
        }
        unknown => {
            return Err(format!(
                "`{unknown}` is not a kind that this build knows; it may hold something in use, so update jettison or remove the line"
            ));
        }
    };
    Ok(Some(name))
}

fn keep<T: DeserializeOwned>(
    objects: &mut Vec<Seen<T>>,
    location: Location,
    record: &Record<'_>,
    name: impl Fn(&T) -> String,
) -> Result<String, String> {
    let object: T = value(record)?;
    let name = name(&object);
    objects.push(Seen::new(location, object));
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::write;

    const HEADER: &str = r#"{"kind":"inventory","format_version":"1.0","taken_at":"2026-11-01T00:00:00Z","scopes":[{"account":"demo","account_id":"000000000000","region":"eu-central-1"}]}"#;
    const CLUSTER: &str = r#"{"kind":"ecs.cluster","account_id":"000000000000","region":"eu-central-1","value":{"clusterArn":"arn:aws:ecs:eu-central-1:000000000000:cluster/main","clusterName":"main","futureField":1}}"#;

    fn parse(lines: &[&str]) -> Result<Inventory, InventoryError> {
        read((lines.join("\n") + "\n").as_bytes())
    }

    fn written(inventory: &Inventory) -> String {
        let mut out = Vec::new();
        write(inventory, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_written_reads_back_and_unknown_fields_are_ignored() {
        let inventory = parse(&[HEADER, CLUSTER]).unwrap();
        assert_eq!(inventory.clusters.len(), 1);
        assert_eq!(read(written(&inventory).as_bytes()).unwrap(), inventory);
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let whole = written(&parse(&[HEADER, CLUSTER]).unwrap());
        for end in 0..whole.len() - 1 {
            assert!(read(&whole.as_bytes()[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_broken_line_is_named() {
        for (line, word) in [
            ("{", "EOF"),
            (r#"{"kind":"ecs.robot","account_id":"000000000000","region":"r","value":{}}"#, "ecs.robot"),
            (r#"{"kind":"events.rule","account_id":"000000000000","region":"r","value":{}}"#, "simulated AWS only"),
            (CLUSTER, "twice"),
            ("", "empty"),
        ] {
            let error = parse(&[HEADER, CLUSTER, line, CLUSTER]).unwrap_err().to_string();
            assert!(error.contains("line 3") && error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_newer_format_is_refused_with_advice() {
        let error = parse(&[&HEADER.replace("1.0", "2.0")]).unwrap_err().to_string();
        assert!(error.contains("2.0") && error.contains("update jettison"), "{error}");
        assert!(parse(&[&HEADER.replace("1.0", "1.7")]).is_ok());
    }
}
