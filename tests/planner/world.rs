//! A small world, built in the words of its story: ages in days before `now`, names instead of ARNs.

use jettison::{
    inventory::{
        Container, ContainerDefinition, Controller, Deployment, Gap, Image, Inventory, Manifest, Reference, Repository,
        Scale, Seen, Service, Tag, Task, TaskDefinition, TaskSet,
    },
    ledger::Ledger,
    model::{Digest, Location, Resource, Scope, Source, Timestamp},
    plan::{Action, Answer, Plan, Question, decide},
    policy,
};

pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const HOST: &str = "000000000000.dkr.ecr.eu-central-1.amazonaws.com";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The instant of every plan here.
pub(crate) fn now() -> Timestamp {
    "2026-11-01T06:00:00Z".parse().unwrap()
}

/// So many days before `now`.
pub(crate) fn ago(days: i64) -> Option<Timestamp> {
    hours_ago(24 * days)
}

/// So many hours before `now`; in the future if negative.
pub(crate) fn hours_ago(hours: i64) -> Option<Timestamp> {
    Some(now() - jiff::SignedDuration::from_hours(hours))
}

pub(crate) fn home() -> Location {
    Location { account_id: ACCOUNT.parse().unwrap(), region: REGION.into() }
}

/// The digest of the image that a story calls `name`.
pub(crate) fn digest(name: &str) -> Digest {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("sha256:{hash:016x}{:048x}", name.len()).parse().unwrap()
}

/// So many minutes before `now`; in the future if negative.
pub(crate) fn minutes_ago(minutes: i64) -> Option<Timestamp> {
    Some(now() - jiff::SignedDuration::from_mins(minutes))
}

/// How plans write an image, without account and Region.
pub(crate) fn image_address(repository: &str, name: &str) -> String {
    format!("ecr/image/{repository}@{}", digest(name))
}

pub(crate) fn definition_arn(name: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}")
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

/// What became of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate {
    Kept,
    Deferred(Timestamp),
    Blocked,
    Retired(Vec<Action>),
}

/// The rules that most stories are told under: everything that may go goes after 90 days.
pub(crate) const CLEAN_EVERYTHING: &str = r#"
account "demo" {
  id      = "000000000000"
  regions = ["eu-central-1"]
}
retention "service" "all" {
  match { cluster = ["*"] }
  delete { idle_for = "90d" }
}
retention "task_set" "all" {
  match { cluster = ["*"] }
  delete {
    older_than = "90d"
    scale_down = true
  }
}
retention "task_definition" "all" {
  match { family = ["*"] }
  deregister { unused_for = "90d" }
  delete { inactive_for = "90d" }
}
retention "image" "all" {
  match { repository = ["*"] }
  delete { unused_for = "90d" }
}
"#;

/// As `CLEAN_EVERYTHING`, with no age asked for and no rollback window.
pub(crate) fn clean_at_once() -> String {
    CLEAN_EVERYTHING.replace("\"90d\"", "\"0s\"") + "settings { rollback_window = \"0s\" }\n"
}

/// A world in the making.
pub(crate) struct World {
    pub(crate) inventory: Inventory,
    pub(crate) ledger: Ledger,
}

impl World {
    pub(crate) fn new() -> Self {
        let scope = Scope { account: "demo".into(), account_id: home().account_id, region: REGION.into() };
        let inventory = Inventory { taken_at: now(), scopes: vec![scope], ..Inventory::default() };
        Self { inventory, ledger: Ledger::default() }
    }

    /// A repository that opted in.
    pub(crate) fn repository(&mut self, name: &str) {
        self.repository_with(name, &[tag("jettison", "enabled")]);
    }

    pub(crate) fn repository_with(&mut self, name: &str, tags: &[Tag]) {
        let repository = Repository {
            repository_name: name.into(),
            repository_arn: format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"),
            created_at: ago(400),
            image_tag_mutability: None,
            tags: tags.to_vec(),
            policy_text: None,
            lifecycle_policy_text: None,
        };
        self.inventory.repositories.push(Seen::new(home(), repository));
    }

    /// An image that was pushed so many days ago and has these tags. Its digest is `digest(name)`.
    pub(crate) fn image(&mut self, repository: &str, name: &str, pushed: i64, tags: &[&str]) -> &mut Image {
        let image = Image {
            repository_name: repository.into(),
            image_digest: digest(name),
            image_tags: tags.iter().map(|tag| (*tag).into()).collect(),
            image_size_in_bytes: 1_000,
            image_pushed_at: ago(pushed),
            image_manifest_media_type: Some(MANIFEST.into()),
            artifact_media_type: None,
            last_recorded_pull_time: None,
            subject_manifest_digest: None,
            image_status: None,
            last_archived_at: None,
            last_activated_at: None,
            image_scan_findings_summary: None,
        };
        self.inventory.images.push(Seen::new(home(), image));
        &mut self.inventory.images.last_mut().unwrap().value
    }

    /// An index over images of the same repository.
    pub(crate) fn index(&mut self, repository: &str, name: &str, pushed: i64, tags: &[&str], children: &[&str]) {
        self.image(repository, name, pushed, tags).image_manifest_media_type = Some(INDEX.into());
        let children = children.iter().map(|child| digest(child)).collect();
        let manifest = Manifest {
            repository_name: repository.into(),
            image_digest: digest(name),
            children,
            read_at: None,
            pulled_before: None,
        };
        self.inventory.manifests.push(Seen::new(home(), manifest));
    }

    /// An ACTIVE revision, `family:revision`, of one container with this image.
    pub(crate) fn definition(&mut self, name: &str, registered: i64, image: &str) -> &mut TaskDefinition {
        let (family, revision) = name.split_once(':').unwrap();
        let definition = TaskDefinition {
            task_definition_arn: definition_arn(name),
            family: family.to_owned(),
            revision: revision.parse().unwrap(),
            status: "ACTIVE".to_owned(),
            registered_at: ago(registered),
            container_definitions: vec![ContainerDefinition { name: "app".to_owned(), image: image.to_owned() }],
            ..TaskDefinition::default()
        };
        self.inventory.task_definitions.push(Seen::new(home(), definition));
        &mut self.inventory.task_definitions.last_mut().unwrap().value
    }

    /// An INACTIVE revision, deregistered so many days ago.
    pub(crate) fn inactive(
        &mut self,
        name: &str,
        registered: i64,
        deregistered: i64,
        image: &str,
    ) -> &mut TaskDefinition {
        let definition = self.definition(name, registered, image);
        definition.status = "INACTIVE".to_owned();
        definition.deregistered_at = ago(deregistered);
        definition
    }

    /// A service of the cluster `main`, created a year ago, whose one deployment was made then.
    pub(crate) fn service(&mut self, name: &str, tasks: i32, definition: &str) -> &mut Service {
        let deployment = Deployment {
            id: format!("ecs-svc/{name}"),
            status: "PRIMARY".to_owned(),
            task_definition: Some(definition_arn(definition)),
            desired_count: tasks,
            running_count: tasks,
            created_at: ago(365),
            updated_at: ago(365),
            ..Deployment::default()
        };
        let service = Service {
            service_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/{name}"),
            service_name: name.to_owned(),
            cluster_arn: cluster_arn(),
            status: "ACTIVE".to_owned(),
            desired_count: tasks,
            running_count: tasks,
            task_definition: Some(definition_arn(definition)),
            deployments: vec![deployment],
            created_at: ago(365),
            ..Service::default()
        };
        self.inventory.services.push(Seen::new(home(), service));
        &mut self.inventory.services.last_mut().unwrap().value
    }

    /// A service of the EXTERNAL controller with these task sets: id, status, tasks, age in days, definition.
    pub(crate) fn external(&mut self, name: &str, task_sets: &[(&str, &str, i32, i64, &str)]) -> &mut Service {
        let task_sets = task_sets.iter().map(|(id, status, tasks, age, definition)| TaskSet {
            id: (*id).to_owned(),
            task_set_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-set/main/{name}/{id}"),
            service_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/{name}"),
            cluster_arn: cluster_arn(),
            status: (*status).to_owned(),
            task_definition: Some(definition_arn(definition)),
            scale: Some(Scale { value: if *tasks > 0 { 100.0 } else { 0.0 }, unit: "PERCENT".to_owned() }),
            computed_desired_count: *tasks,
            running_count: *tasks,
            created_at: ago(*age),
            updated_at: ago(*age),
            ..TaskSet::default()
        });
        let task_sets: Vec<TaskSet> = task_sets.collect();
        let tasks = task_sets.iter().map(|one| one.running_count).sum();
        let service = self.service(name, tasks, "none:1");
        (service.task_definition, service.deployments) = (None, Vec::new());
        service.deployment_controller = Some(Controller { kind: "EXTERNAL".to_owned() });
        service.task_sets = task_sets;
        service
    }

    /// A running task of the cluster `main`; its container shows the image and the digest that it really runs.
    pub(crate) fn task(&mut self, name: &str, definition: &str, image: &str, runs: &str) -> &mut Task {
        let task = Task {
            task_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/main/{name}"),
            cluster_arn: cluster_arn(),
            task_definition_arn: Some(definition_arn(definition)),
            last_status: "RUNNING".to_owned(),
            desired_status: "RUNNING".to_owned(),
            created_at: ago(200),
            containers: vec![Container {
                name: "app".to_owned(),
                image: Some(image.to_owned()),
                image_digest: Some(digest(runs).to_string()),
            }],
            ..Task::default()
        };
        self.inventory.tasks.push(Seen::new(home(), task));
        &mut self.inventory.tasks.last_mut().unwrap().value
    }

    /// A reference from elsewhere.
    pub(crate) fn reference(&mut self, source: &str, holder: &str) -> &mut Reference {
        let reference = Reference { source: source.to_owned(), holder: holder.to_owned(), ..Reference::default() };
        self.inventory.references.push(Seen::new(home(), reference));
        &mut self.inventory.references.last_mut().unwrap().value
    }

    /// A source that could not be read, at home.
    pub(crate) fn gap(&mut self, source: Source, object: Option<&str>) {
        self.inventory.gaps.push(Gap {
            source,
            account_id: Some(home().account_id),
            region: Some(REGION.into()),
            object: object.map(str::to_owned),
            error: "AccessDeniedException".to_owned(),
        });
    }

    /// An earlier run saw it in use so many hours ago.
    pub(crate) fn seen(&mut self, resource: &Resource, hours: i64) {
        self.ledger.observe(&home(), resource, hours_ago(hours).unwrap());
    }

    pub(crate) fn plan(&self, policy: &str) -> Outcome {
        self.plan_at(policy, now())
    }

    pub(crate) fn plan_at(&self, policy: &str, now: Timestamp) -> Outcome {
        let Answer { plan, in_use, ended, elsewhere: _ } = answer(&self.inventory, &self.ledger, policy, now);
        Outcome { plan, in_use, ended }
    }
}

fn cluster_arn() -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main")
}

/// The planner's answer to a policy given as text.
pub(crate) fn answer(inventory: &Inventory, ledger: &Ledger, policy: &str, now: Timestamp) -> Answer {
    let files = [("policy.hcl".to_owned(), policy.to_owned())];
    let (policy, _warnings) = policy::parse(files).unwrap_or_else(|problems| panic!("{problems:#?}\n{policy}"));
    decide(&Question {
        policy: &policy,
        policy_id: "policy".to_owned(),
        inventory,
        inventory_id: "inventory".to_owned(),
        ledger,
        now,
        made_at: now,
        selection: None,
        tool_version: "0.0.0",
    })
}

/// A plan, asked about in a story's words.
pub(crate) struct Outcome {
    pub(crate) plan: Plan,
    pub(crate) in_use: Vec<(Location, Resource)>,
    pub(crate) ended: Vec<(Location, Resource, Timestamp)>,
}

impl Outcome {
    /// What becomes of an object of the account `demo` at home, such as `ecs/service/main/web`.
    pub(crate) fn fate(&self, resource: &str) -> Fate {
        let address = format!("demo/{REGION}/{resource}");
        let actions: Vec<Action> =
            self.plan.steps.iter().filter(|step| step.address.to_string() == address).map(|step| step.action).collect();
        let pending = |list: &[jettison::plan::Pending]| {
            list.iter().find(|one| one.address.to_string() == address).map(|one| one.eligible_at)
        };
        match (actions.is_empty(), pending(&self.plan.deferred), pending(&self.plan.blocked)) {
            (false, None, None) => Fate::Retired(actions),
            (true, Some(Some(at)), None) => Fate::Deferred(at),
            (true, None, Some(None)) => Fate::Blocked,
            (true, None, None) => Fate::Kept,
            other => panic!("{address} has more than one verdict: {other:?}"),
        }
    }

    pub(crate) fn fate_of_image(&self, repository: &str, name: &str) -> Fate {
        self.fate(&image_address(repository, name))
    }

    /// Whether the step of `then` waits for the step of `first`, directly or through others.
    pub(crate) fn waits(&self, then: (Action, &str), first: (Action, &str)) -> bool {
        let find = |(action, resource): (Action, &str)| {
            let address = format!("demo/{REGION}/{resource}");
            let found =
                self.plan.steps.iter().find(|step| step.action == action && step.address.to_string() == address);
            found.unwrap_or_else(|| panic!("no step {action} {address}"))
        };
        let (first, then) = (find(first).id, find(then));
        let mut queue = then.after.clone();
        while let Some(id) = queue.pop() {
            if id == first {
                return true;
            }
            queue.extend(self.plan.steps.iter().find(|step| step.id == id).unwrap().after.iter().copied());
        }
        false
    }
}

/// The fate of an image that goes.
pub(crate) fn deleted() -> Fate {
    Fate::Retired(vec![Action::DeleteImage])
}
