//! Worlds as files, in the inventory format.
//!
//! Beside `value`, a line may have two members that only the simulation reads: `due`, when the object moves on by
//! itself, and `pinned`, the digests that a deployment resolved. The header may have `simulated`: numbers given out.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    arn, clock,
    ecs::parts,
    lifecycle::{DELETION_SWEEP_SECONDS, STOPPED_KEPT_SECONDS},
    state::{Map, count, fill, inner_text, list, set, text, time},
    world::{KeptLine, Key, Object, ObjectKind, World},
};
use crate::{
    inventory::{self, FORMAT_VERSION, Header, InventoryError, record_kind},
    model::{AccountId, Arn, Location, Region, Timestamp, cluster_name, service_name, task_set_id},
};

/// Why a file is not a world.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// It could not be read.
    #[error("cannot read the world")]
    Io(#[from] io::Error),
    /// It is not an inventory, or was cut or broken.
    #[error("the world is not a whole inventory")]
    Inventory(#[from] InventoryError),
    /// A line that an inventory may hold and a world may not.
    #[error("line {line} of the world: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// What the header remembers for the simulation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counters {
    /// Ids given out.
    #[serde(default)]
    pub(super) issued: u64,
    /// Account → Region → family → its highest revision ever, where no revision shows it any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) revisions: BTreeMap<AccountId, BTreeMap<Region, BTreeMap<String, u32>>>,
}

#[derive(Deserialize)]
struct SimulatedHeader {
    #[serde(default)]
    simulated: Counters,
}

#[derive(Serialize)]
struct WorldHeader<'a> {
    kind: &'a str,
    format_version: &'a str,
    taken_at: Timestamp,
    scopes: &'a [crate::model::Scope],
    trailer: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    simulated: Option<Counters>,
}

/// A line of an object.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ObjectLine {
    pub(super) kind: String,
    pub(super) account_id: AccountId,
    pub(super) region: Region,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) pinned: BTreeMap<String, String>,
    pub(super) value: Map,
}

impl ObjectLine {
    pub(super) fn new(key: &Key, object: &Object) -> Self {
        Self {
            kind: key.kind.word().to_owned(),
            account_id: key.location.account_id.clone(),
            region: key.location.region.clone(),
            due: object.due,
            pinned: object.pinned.clone(),
            value: object.value.clone(),
        }
    }

    /// The object and its name, its missing members filled in.
    pub(super) fn into_object(self, kind: ObjectKind) -> Result<(Key, Object), String> {
        let location = Location { account_id: self.account_id, region: self.region };
        let mut value = self.value;
        let key = complete(&location, kind, &mut value)?;
        Ok((key, Object { value, due: self.due, pinned: self.pinned }))
    }
}

impl World {
    /// Reads a world.
    ///
    /// # Errors
    /// Whatever an inventory is refused for: a cut file, a broken line, an object twice, a newer format.
    pub fn read(mut input: impl BufRead) -> Result<Self, WorldError> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        inventory::read_world(bytes.as_slice())?;
        let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let broken = |line: usize, error: &dyn ToString| WorldError::Line { line, problem: error.to_string() };
        let first = lines.next().unwrap_or_default();
        let header: Header = serde_json::from_slice(first).map_err(|error| broken(1, &error))?;
        let simulated: SimulatedHeader = serde_json::from_slice(first).map_err(|error| broken(1, &error))?;
        let mut world = Self::empty(header.taken_at, header.scopes);
        world.remember(simulated.simulated);
        for (index, line) in lines.enumerate() {
            let broken = |error: &dyn ToString| broken(index + 2, error);
            world.read_line(line).map_err(|problem| broken(&problem))?;
        }
        world.settle_loaded();
        world.take_touched();
        Ok(world)
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), String> {
        let kind = serde_json::from_slice::<inventory::Record<'_>>(line).map_err(|error| error.to_string())?.kind;
        if kind == record_kind::END {
            return Ok(());
        }
        let Some(known) = ObjectKind::of_word(kind) else {
            let canonical: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
            self.kept.insert(KeptLine { kind: kind.to_owned(), text: canonical.to_string() });
            return Ok(());
        };
        let line: ObjectLine = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let (key, mut object) = line.into_object(known)?;
        if known == ObjectKind::Service {
            self.take_out_task_sets(&key, &mut object.value)?;
        }
        if matches!(known, ObjectKind::Elsewhere(_)) && self.get(&key).is_some() {
            return Err(format!("{} `{}` stands in the file twice; keep the newer line", known.word(), key.id));
        }
        // A task set may stand in its service and on its own line, which knows its tags: the own line completes the other.
        if let Some(known) = self.get(&key) {
            let mut value = known.value.clone();
            value.append(&mut object.value);
            object.value = value;
        }
        self.put(key, object);
        Ok(())
    }

    fn take_out_task_sets(&mut self, service: &Key, value: &mut Map) -> Result<(), String> {
        let Some(Value::Array(task_sets)) = value.remove("taskSets") else { return Ok(()) };
        for task_set in task_sets {
            let Value::Object(mut task_set) = task_set else {
                return Err("a task set of the service is not an object".to_owned());
            };
            let key = complete(&service.location, ObjectKind::TaskSet, &mut task_set)?;
            if let Some(own_line) = self.get(&key) {
                let mut own_line = own_line.clone();
                task_set.append(&mut own_line.value);
                own_line.value = task_set;
                self.put(key, own_line);
            } else {
                self.put(key, task_set.into());
            }
        }
        Ok(())
    }

    /// Sets the clocks of what AWS cleans up by itself.
    fn settle_loaded(&mut self) {
        let sweep = clock::seconds_after(self.taken_at, DELETION_SWEEP_SECONDS);
        let mut dues = Vec::new();
        for (key, object) in self.objects() {
            let due = match key.kind {
                ObjectKind::Task if text(&object.value, "lastStatus") == "STOPPED" => {
                    time(&object.value, "stoppedAt").map(|at| clock::seconds_after(at, STOPPED_KEPT_SECONDS))
                }
                ObjectKind::TaskDefinition if text(&object.value, "status") == "DELETE_IN_PROGRESS" => Some(sweep),
                ObjectKind::Cluster
                | ObjectKind::Service
                | ObjectKind::TaskSet
                | ObjectKind::Task
                | ObjectKind::TaskDefinition
                | ObjectKind::ServiceDeployment
                | ObjectKind::ServiceRevision
                | ObjectKind::Daemon
                | ObjectKind::DaemonRevision
                | ObjectKind::DaemonTaskDefinition
                | ObjectKind::Repository
                | ObjectKind::Image
                | ObjectKind::Manifest
                | ObjectKind::Registry
                | ObjectKind::PullThroughCacheRule
                | ObjectKind::Elsewhere(_) => None,
            };
            if let (Some(due), None) = (due, object.due) {
                dues.push((key.clone(), due));
            }
        }
        for (key, due) in dues {
            self.change(&key, |object| object.due = Some(due));
        }
    }

    /// Takes up numbers given out earlier.
    pub(super) fn remember(&mut self, counters: Counters) {
        self.issued = self.issued.max(counters.issued);
        for (account_id, regions) in counters.revisions {
            for (region, families) in regions {
                for (family, revision) in families {
                    let location = Location { account_id: account_id.clone(), region: region.clone() };
                    let highest = self.revisions.entry((location, family)).or_default();
                    *highest = (*highest).max(revision);
                }
            }
        }
    }

    /// The numbers given out: ids, and the revisions that no definition shows any more.
    pub(super) fn counters(&self) -> Counters {
        let mut counters = Counters { issued: self.issued, ..Counters::default() };
        for ((location, family), revision) in &self.revisions {
            if self.get(&Key::task_definition(location, family, *revision)).is_none() {
                let regions = counters.revisions.entry(location.account_id.clone()).or_default();
                regions.entry(location.region.clone()).or_default().insert(family.clone(), *revision);
            }
        }
        counters
    }

    /// Writes the world as it is at `now`: equal worlds give equal bytes.
    ///
    /// # Errors
    /// What the writer answers.
    pub fn write(&self, now: Timestamp, out: &mut impl Write) -> io::Result<()> {
        let counters = self.counters();
        let header = WorldHeader {
            kind: "inventory",
            format_version: FORMAT_VERSION,
            taken_at: now,
            scopes: &self.scopes,
            trailer: true,
            simulated: (counters != Counters::default()).then_some(counters),
        };
        write_line(out, &header)?;
        let mut lines = 0usize;
        for kind in ObjectKind::every() {
            for (key, object) in self.objects().filter(|(key, _)| key.kind == kind) {
                let mut line = ObjectLine::new(key, object);
                if kind == ObjectKind::Service {
                    self.put_task_sets_in(key, &mut line.value);
                }
                write_line(out, &line)?;
                lines += 1;
            }
        }
        for line in &self.kept {
            writeln!(out, "{}", line.text)?;
            lines += 1;
        }
        writeln!(out, "{{\"kind\":\"{}\",\"value\":{{\"lines\":{lines}}}}}", record_kind::END)
    }

    /// Puts a service's task sets into its description, without their tags, as DescribeServices shows them.
    pub(super) fn put_task_sets_in(&self, key: &Key, service: &mut Map) {
        let task_sets: Vec<Value> = self
            .task_sets(key)
            .map(|(_, object)| {
                let mut task_set = object.value.clone();
                task_set.remove("tags");
                Value::Object(task_set)
            })
            .collect();
        if !task_sets.is_empty() || inner_text(service, "deploymentController", "type") == "EXTERNAL" {
            set(service, "taskSets", task_sets);
        }
    }
}

pub(super) fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Names an object, and fills in what AWS always gives and a hand-made file may leave out.
fn complete(at: &Location, kind: ObjectKind, value: &mut Map) -> Result<Key, String> {
    match kind {
        ObjectKind::Cluster => Ok(complete_cluster(at, value)),
        ObjectKind::Service => Ok(complete_service(at, value)),
        ObjectKind::TaskSet => Ok(complete_task_set(at, value)),
        ObjectKind::Task => Ok(complete_task(at, value)),
        ObjectKind::TaskDefinition => complete_definition(at, value),
        ObjectKind::ServiceDeployment => parts::service_deployment(at, value),
        ObjectKind::ServiceRevision => parts::service_revision(at, value),
        ObjectKind::Daemon => parts::daemon(at, value),
        ObjectKind::DaemonRevision => parts::daemon_revision(at, value),
        ObjectKind::DaemonTaskDefinition => parts::daemon_task_definition(at, value),
        ObjectKind::Repository => Ok(complete_repository(at, value)),
        ObjectKind::Image => {
            fill(value, "registryId", at.account_id.as_str());
            Ok(Key::image(at, text(value, "repositoryName"), text(value, "imageDigest")))
        }
        ObjectKind::Manifest => Ok(Key::manifest(at, text(value, "repositoryName"), text(value, "imageDigest"))),
        ObjectKind::Registry => {
            fill(value, "registryId", at.account_id.as_str());
            Ok(Key::registry(at))
        }
        ObjectKind::PullThroughCacheRule => {
            fill(value, "registryId", at.account_id.as_str());
            Ok(Key::pull_through_cache_rule(at, text(value, "ecrRepositoryPrefix")))
        }
        ObjectKind::Elsewhere(kind) => kind.complete(at, value),
    }
}

fn complete_cluster(at: &Location, value: &mut Map) -> Key {
    let name = cluster_name(text(value, "clusterArn"));
    fill(value, "clusterName", name.as_str());
    fill(value, "status", "ACTIVE");
    Key::cluster(at, name.as_str())
}

/// The cluster named in the ARN of a service, task set or task, `KIND/CLUSTER/…`; `default` in the format before 2018.
fn cluster_in(arn_text: &str) -> &str {
    let resource = Arn::parse(arn_text).map_or(arn_text, |arn| arn.resource);
    let parts: Vec<&str> = resource.splitn(3, '/').collect();
    if let [_, cluster, _] = parts.as_slice() { cluster } else { "default" }
}

fn complete_service(at: &Location, value: &mut Map) -> Key {
    let service_arn = text(value, "serviceArn").to_owned();
    let name = service_name(&service_arn);
    fill(value, "clusterArn", arn::ecs(at, &format!("cluster/{}", cluster_in(&service_arn))));
    fill(value, "serviceName", name.as_str());
    fill(value, "status", "ACTIVE");
    fill(value, "schedulingStrategy", "REPLICA");
    for counter in ["desiredCount", "runningCount", "pendingCount"] {
        fill(value, counter, 0);
    }
    if inner_text(value, "deploymentController", "type").is_empty() {
        set(value, "deploymentController", serde_json::json!({ "type": "ECS" }));
    }
    let is_ecs = inner_text(value, "deploymentController", "type") == "ECS";
    let has_definition = !text(value, "taskDefinition").is_empty();
    if is_ecs && has_definition && text(value, "status") == "ACTIVE" && list(value, "deployments").is_empty() {
        let mut deployment = Map::new();
        set(&mut deployment, "id", format!("ecs-svc/{}", super::lifecycle::number_from(&service_arn)));
        set(&mut deployment, "status", "PRIMARY");
        set(&mut deployment, "rolloutState", "COMPLETED");
        let members = ["taskDefinition", "desiredCount", "runningCount", "pendingCount", "createdAt"];
        super::state::copy(value, &mut deployment, &members);
        set(value, "deployments", vec![Value::Object(deployment)]);
    }
    Key::service(at, cluster_name(text(value, "clusterArn")).as_str(), name.as_str())
}

fn complete_task_set(at: &Location, value: &mut Map) -> Key {
    let task_set_arn = text(value, "taskSetArn").to_owned();
    let cluster = cluster_in(&task_set_arn).to_owned();
    let resource = Arn::parse(&task_set_arn).map_or("", |arn| arn.resource);
    let service = resource.split('/').nth(2).unwrap_or_default().to_owned();
    fill(value, "id", task_set_id(&task_set_arn).as_str());
    fill(value, "clusterArn", arn::ecs(at, &format!("cluster/{cluster}")));
    fill(value, "serviceArn", arn::ecs(at, &format!("service/{cluster}/{service}")));
    fill(value, "status", "ACTIVE");
    fill(value, "stabilityStatus", "STEADY_STATE");
    for counter in ["computedDesiredCount", "runningCount", "pendingCount"] {
        fill(value, counter, 0);
    }
    Key::task_set(at, &cluster, &service, text(value, "id"))
}

fn complete_task(at: &Location, value: &mut Map) -> Key {
    let task_arn = text(value, "taskArn").to_owned();
    fill(value, "clusterArn", arn::ecs(at, &format!("cluster/{}", cluster_in(&task_arn))));
    fill(value, "lastStatus", "RUNNING");
    let desired = if text(value, "lastStatus") == "STOPPED" { "STOPPED" } else { "RUNNING" };
    fill(value, "desiredStatus", desired);
    let cluster = cluster_name(text(value, "clusterArn"));
    Key::task(at, cluster.as_str(), task_arn.rsplit('/').next().unwrap_or_default())
}

fn complete_definition(at: &Location, value: &mut Map) -> Result<Key, String> {
    let arn_text = text(value, "taskDefinitionArn").to_owned();
    let resource = Arn::parse(&arn_text).map_or("", |arn| arn.resource);
    let named = resource.strip_prefix("task-definition/").and_then(|name| name.rsplit_once(':'));
    let revision = named.and_then(|(family, revision)| Some((family, revision.parse::<u32>().ok()?)));
    let Some((family, revision)) = revision else {
        return Err(format!("`{arn_text}` is not the ARN of a task definition's revision"));
    };
    fill(value, "family", family);
    if count(value, "revision") == 0 {
        set(value, "revision", revision);
    }
    fill(value, "status", "ACTIVE");
    Ok(Key::task_definition(at, family, revision))
}

fn complete_repository(at: &Location, value: &mut Map) -> Key {
    let name = text(value, "repositoryName").to_owned();
    fill(value, "repositoryArn", arn::repository(at, &name));
    fill(value, "registryId", at.account_id.as_str());
    fill(value, "repositoryUri", arn::repository_uri(at, &name));
    fill(value, "imageTagMutability", "MUTABLE");
    Key::repository(at, &name)
}
