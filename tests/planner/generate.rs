//! Small worlds full of trouble. Everything is decoded from bytes, where 0 is the dullest choice: what proptest shrinks
//! is bytes, and what it arrives at is a dull world but for what matters.

use std::collections::HashSet;

use jettison::{
    inventory::{
        Container, ContainerDefinition, Controller, Deployment, Gap, Image, Inventory, Manifest, Reference, Repository,
        Scale, Seen, Service, ServiceEvent, Tag, Task, TaskDefinition, TaskSet,
    },
    ledger::Ledger,
    model::{Location, Resource, Revision, Scope, Source, Timestamp},
};
use proptest::prelude::*;

use super::{
    generate_past::Past,
    generate_plots,
    world::{INDEX, MANIFEST, digest, minutes_ago, tag},
};

/// The bytes of one object. Those that it does not need are not read.
pub(super) type Bytes = [u8; 24];

/// Bytes to decode a world from.
#[derive(Debug, Clone)]
pub(crate) struct Seeds {
    images: Vec<Bytes>,
    definitions: Vec<Bytes>,
    services: Vec<Bytes>,
    task_sets: Vec<Bytes>,
    tasks: Vec<Bytes>,
    references: Vec<Bytes>,
    past: Past,
    gaps: Vec<Bytes>,
    sightings: Vec<Bytes>,
    repositories: [u8; 8],
    scopes: u8,
    plot: Bytes,
}

pub(crate) fn seeds() -> impl Strategy<Value = Seeds> {
    let many = |most: usize| prop::collection::vec(prop::array::uniform24(any::<u8>()), 0..=most);
    let holders = (many(2), many(2), many(2), many(2));
    let past = (many(3), many(3), many(2), many(1));
    let plot = prop::array::uniform24(any::<u8>());
    let rest = (many(1), many(3), prop::array::uniform8(any::<u8>()), any::<u8>(), plot);
    (many(6), many(5), holders, past, rest).prop_map(|(images, definitions, holders, past, rest)| {
        let (deployments, revisions, daemons, registries) = past;
        let past = Past { deployments, revisions, daemons, registries };
        let (services, task_sets, tasks, references) = holders;
        let (gaps, sightings, repositories, scopes, plot) = rest;
        Seeds {
            images,
            definitions,
            services,
            task_sets,
            tasks,
            references,
            past,
            gaps,
            sightings,
            repositories,
            scopes,
            plot,
        }
    })
}

/// Bytes being read one after the other.
pub(super) struct Dice<'b>(std::slice::Iter<'b, u8>);

impl<'b> Dice<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes.iter())
    }

    pub(super) fn roll(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    pub(super) fn pick<T: Clone>(&mut self, options: &[T]) -> T {
        options[usize::from(self.roll()) % options.len()].clone()
    }

    pub(super) fn text(&mut self, options: &[&str]) -> String {
        self.pick(options).to_owned()
    }

    /// True about once in `n` times.
    pub(super) fn once_in(&mut self, n: u8) -> bool {
        self.roll() % n == n - 1
    }
}

/// Where things are: three places of the policy, and one that it does not name.
pub(crate) const PLACES: [(&str, &str, &str); 4] = [
    ("demo", "000000000000", "eu-central-1"),
    ("demo", "000000000000", "us-east-1"),
    ("other", "111111111111", "eu-central-1"),
    ("elsewhere", "222222222222", "eu-central-1"),
];

pub(crate) fn place(index: usize) -> Location {
    let (_, account_id, region) = PLACES[index];
    Location { account_id: account_id.parse().unwrap(), region: region.into() }
}

pub(super) const AT: [usize; 10] = [0, 0, 0, 0, 0, 0, 1, 2, 2, 3];
pub(super) const DIGESTS: [&str; 6] = ["d0", "d1", "d2", "d3", "d4", "d5"];
const TAGS: [&str; 4] = ["v1", "v2", "latest", "pr-1"];
const REPOSITORIES: [&str; 2] = ["a", "b"];

/// An instant: long ago, close to one of the ages that rules ask for, or to the very second.
pub(super) fn time(dice: &mut Dice<'_>) -> Option<Timestamp> {
    const HOUR: i64 = 60;
    const DAY: i64 = 24 * HOUR;
    let long_ago = [400 * DAY; 6];
    let near = [100 * DAY, 40 * DAY, 2 * DAY, 23 * HOUR, 12 * HOUR, -DAY];
    let to_the_second = [90 * DAY, 30 * DAY, 7 * DAY, DAY, 10, 9];
    minutes_ago(dice.pick(&[&long_ago[..], &near, &to_the_second].concat()))
}

pub(super) fn maybe_time(dice: &mut Dice<'_>) -> Option<Timestamp> {
    if dice.once_in(8) { None } else { time(dice) }
}

pub(super) fn seldom_time(dice: &mut Dice<'_>) -> Option<Timestamp> {
    if dice.once_in(4) { time(dice) } else { None }
}

fn aws_tags(dice: &mut Dice<'_>) -> Vec<Tag> {
    dice.pick(&[vec![], vec![], vec![], vec![tag("team", "x")], vec![], vec![tag("jettison:protect", "")]])
}

/// An image URI in any form, most of them of a repository that exists.
pub(super) fn uri(dice: &mut Dice<'_>, is_calm: bool) -> String {
    let form = dice.roll();
    let (_, account_id, region) = PLACES[dice.pick(&AT)];
    let repository = dice.pick(&REPOSITORIES);
    let name = dice.pick(&DIGESTS);
    let host = match form % 16 {
        0..=8 => format!("{account_id}.dkr.ecr.{region}.amazonaws.com"),
        9 => format!("{account_id}.dkr.ecr-fips.{region}.amazonaws.com"),
        10 => format!("{account_id}.dkr-ecr.{region}.on.aws"),
        11 => format!("{account_id}.DKR.ECR.{region}.amazonaws.com"),
        12 | 13 => return "public.ecr.aws/nginx/nginx:1".to_owned(),
        14 => return "library/nginx".to_owned(),
        _ if is_calm => return "nginx".to_owned(),
        _ if dice.once_in(2) => return format!("vpce-0.dkr.ecr.{region}.vpce.amazonaws.com/a"),
        _ => return "000000000000.dkr.ecr.eu-central-1.amazonaws.com/a:".to_owned(),
    };
    let tag = dice.pick(&TAGS);
    match dice.roll() % 8 {
        0..=3 => format!("{host}/{repository}:{tag}"),
        4 => format!("{host}/{repository}"),
        5 | 6 => format!("{host}/{repository}@{}", digest(name)),
        _ => format!("{host}/{repository}:{tag}@{}", digest(name)),
    }
}

/// How something names a definition: mostly one of those that there are.
pub(super) fn definition_reference(dice: &mut Dice<'_>, home: &Location, known: &Known) -> Option<String> {
    let prefix = format!("arn:aws:ecs:{}:{}:task-definition/", home.region, home.account_id);
    let here: Vec<&String> = known.arns.iter().filter(|arn| arn.starts_with(&prefix)).collect();
    let (family, revision) = (dice.pick(&["f", "f", "g"]), 1 + dice.roll() % 4);
    let form = dice.roll() % 16;
    if known.is_calm && here.is_empty() {
        return None;
    }
    Some(match form {
        0..=8 if !here.is_empty() => dice.pick(&here).clone(),
        9..=11 if !here.is_empty() => dice.pick(&here).rsplit('/').next().unwrap().to_owned(),
        _ if known.is_calm => dice.pick(&here).clone(),
        0..=12 => format!("{family}:{revision}"),
        13 => family.to_owned(),
        14 => format!("arn:aws:ecs:us-east-1:000000000000:task-definition/{family}:{revision}"),
        _ => dice.text(&["$.definition", "arn:aws:ecs:eu-central-1:000000000000:cluster/c1", "f:latest"]),
    })
}

/// What is known when holders are made.
pub(super) struct Known {
    arns: Vec<String>,
    /// Most worlds have nothing unread and nothing broken in them: otherwise hardly anything would ever go.
    pub(super) is_calm: bool,
}

fn repositories(bytes: &[u8; 8]) -> Vec<Seen<Repository>> {
    let mut dice = Dice::new(bytes);
    let enabled = vec![tag("jettison", "enabled")];
    let choices = [
        Some(enabled.clone()),
        Some(enabled.clone()),
        Some(enabled.clone()),
        Some(enabled.clone()),
        Some(enabled.clone()),
        Some(enabled.clone()),
        Some(vec![tag("jettison:protect", "x"), tag("jettison", "enabled")]),
        Some(vec![tag("jettison", "no")]),
        None,
    ];
    let everywhere = (0..4).flat_map(|at| REPOSITORIES.map(|name| (at, name)));
    everywhere
        .filter_map(|(at, name)| {
            let repository = Repository {
                repository_name: name.into(),
                repository_arn: String::new(),
                created_at: None,
                image_tag_mutability: None,
                tags: dice.pick(&choices)?,
                policy_text: None,
                lifecycle_policy_text: None,
            };
            Some(Seen::new(place(at), repository))
        })
        .collect()
}

/// An image, and its manifest if it is an index.
fn image(bytes: &[u8]) -> (Seen<Image>, Option<Seen<Manifest>>) {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&[0, 0, 0, 0, 0, 2, 1, 3]));
    let repository = dice.pick(&["a", "a", "a", "b"]);
    let name = dice.pick(&DIGESTS);
    let named = dice.pick(&DIGESTS);
    let hex = digest(named).as_str().replace(':', "-");
    let tags = match dice.roll() % 20 {
        0..=4 => vec![],
        5 | 6 => vec!["v1".to_owned()],
        7 => vec!["v2".to_owned()],
        8 => vec!["latest".to_owned(), "v1".to_owned()],
        9 | 10 => vec!["pr-1".to_owned()],
        11 => vec!["pr-1".to_owned(), "v2".to_owned()],
        12 => vec![format!("{hex}.sig")],
        13 => vec![hex],
        14 => vec![format!("{hex}.sig"), "v1".to_owned()],
        15 | 16 => vec![format!("{hex}.att")],
        17 | 18 => vec![format!("{hex}.sbom")],
        _ => vec![format!("{hex}.else")],
    };
    let kind = dice.roll() % 8;
    let children = [dice.roll(), dice.roll()].map(|byte| digest(DIGESTS[usize::from(byte) % 6]));
    let subject = dice.roll();
    let image = Image {
        repository_name: repository.into(),
        image_digest: digest(name),
        image_tags: tags.iter().map(|tag| tag.as_str().into()).collect(),
        image_size_in_bytes: 1_000,
        image_pushed_at: maybe_time(&mut dice),
        image_manifest_media_type: match kind {
            0..=3 => Some(MANIFEST.into()),
            4 => None,
            5..=7 => Some(INDEX.into()),
            _ => unreachable!(),
        },
        artifact_media_type: None,
        last_recorded_pull_time: seldom_time(&mut dice),
        subject_manifest_digest: (subject % 5 == 4).then(|| digest(named)),
        image_status: match subject / 8 % 16 {
            13 => Some("ARCHIVED".into()),
            14 => Some("ACTIVATING".into()),
            15 => Some("NEW".into()),
            12 => Some("ACTIVE".into()),
            0..=11 | 16.. => None,
        },
        last_archived_at: None,
        last_activated_at: seldom_time(&mut dice),
        image_scan_findings_summary: None,
    };
    let reading = dice.roll();
    // Now and then nobody read the manifest.
    let is_read = kind >= 5 && subject % 32 != 31;
    let manifest = is_read.then(|| Manifest {
        repository_name: repository.into(),
        image_digest: digest(name),
        children: children.to_vec(),
        // Reading it was a pull, of which the record may lie a little before or after.
        read_at: image.last_recorded_pull_time.filter(|_| reading % 2 == 1).map(|pulled| {
            let seconds = [0, 60, 61, -300, -301, -30][usize::from(reading / 2) % 6];
            pulled + jiff::SignedDuration::from_secs(seconds)
        }),
        pulled_before: seldom_time(&mut dice),
    });
    (Seen::new(location.clone(), image), manifest.map(|manifest| Seen::new(location, manifest)))
}

fn definition(bytes: &[u8], is_calm: bool) -> Seen<TaskDefinition> {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&AT));
    let (family, revision) = (dice.pick(&["f", "f", "g"]), 1 + u32::from(dice.roll() % 4));
    let status =
        dice.text(&["ACTIVE", "ACTIVE", "INACTIVE", "ACTIVE", "INACTIVE", "INACTIVE", "DELETE_IN_PROGRESS", "FROZEN"]);
    let is_active = status == "ACTIVE";
    let Location { account_id, region } = &location;
    let registered_at = maybe_time(&mut dice);
    let deregistered_at = if is_active { None } else { maybe_time(&mut dice) };
    let tags = aws_tags(&mut dice);
    let plaintext_secrets = if dice.once_in(4) { vec!["PASSWORD".to_owned()] } else { vec![] };
    let mut container = |name: &str| ContainerDefinition { name: name.to_owned(), image: uri(&mut dice, is_calm) };
    let mut container_definitions = vec![container("app")];
    if revision % 3 == 2 {
        container_definitions.push(container("sidecar"));
    }
    let definition = TaskDefinition {
        task_definition_arn: format!("arn:aws:ecs:{region}:{account_id}:task-definition/{family}:{revision}"),
        family: family.to_owned(),
        revision,
        delete_requested_at: (status == "DELETE_IN_PROGRESS").then(|| time(&mut dice)).flatten(),
        status,
        registered_at,
        deregistered_at,
        registered_by: None,
        container_definitions,
        tags,
        plaintext_secrets,
    };
    Seen::new(location, definition)
}

fn service(bytes: &[u8], known: &Known) -> Seen<Service> {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&AT));
    let (cluster, name) = (dice.pick(&["c1", "c2"]), dice.pick(&["s1", "s2"]));
    let Location { account_id, region } = location.clone();
    let mut service = Service {
        service_arn: format!("arn:aws:ecs:{region}:{account_id}:service/{cluster}/{name}"),
        service_name: name.to_owned(),
        cluster_arn: format!("arn:aws:ecs:{region}:{account_id}:cluster/{cluster}"),
        status: dice.text(&["ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "DRAINING", "INACTIVE", "ODD"]),
        ..Service::default()
    };
    match dice.roll() % 8 {
        0..=3 => {}
        4 => service.desired_count = 1,
        5 => service.running_count = 1,
        6 => service.pending_count = 1,
        _ => (service.desired_count, service.running_count) = (2, 2),
    }
    let controller = dice.pick(&["", "ECS", "EXTERNAL", "EXTERNAL", "CODE_DEPLOY", "PILOT"]);
    service.deployment_controller = (!controller.is_empty()).then(|| Controller { kind: controller.to_owned() });
    if !dice.once_in(4) {
        service.task_definition = definition_reference(&mut dice, &location, known);
    }
    service.created_at = maybe_time(&mut dice);
    service.tags = aws_tags(&mut dice);
    if dice.once_in(3) {
        service.deployments.push(Deployment {
            status: "ACTIVE".to_owned(),
            updated_at: seldom_time(&mut dice),
            running_count: i32::from(dice.once_in(4)),
            task_definition: definition_reference(&mut dice, &location, known),
            ..Deployment::default()
        });
    }
    if dice.once_in(5) {
        service.events.push(ServiceEvent { created_at: time(&mut dice), ..ServiceEvent::default() });
    }
    if dice.once_in(12) {
        service.resource_management_type = Some("ECS".to_owned());
    }
    Seen::new(location, service)
}

/// A task set of a service, and the same as DescribeTaskSets shows it, if it was called.
fn task_set(bytes: &[u8], service: &Seen<Service>, known: &Known) -> (TaskSet, Option<TaskSet>) {
    let mut dice = Dice::new(bytes);
    let location = &service.location;
    let id = dice.text(&["t1", "t2", "t3"]);
    let Service { service_arn, cluster_arn, .. } = &service.value;
    let status = dice.text(&["ACTIVE", "ACTIVE", "ACTIVE", "PRIMARY", "DRAINING", "ODD"]);
    let scale = dice.pick(&[Some(0.0), Some(0.0), Some(100.0), None]);
    let one = TaskSet {
        task_set_arn: format!("{}/{id}", service_arn.replacen(":service/", ":task-set/", 1)),
        id,
        service_arn: service_arn.clone(),
        cluster_arn: cluster_arn.clone(),
        status,
        scale: scale.map(|value| Scale { value, unit: "PERCENT".to_owned() }),
        running_count: i32::from(dice.once_in(4)),
        created_at: maybe_time(&mut dice),
        updated_at: seldom_time(&mut dice),
        started_by: dice.pick(&[None, None, None, None, None, Some("CODE_DEPLOY".to_owned())]),
        task_definition: definition_reference(&mut dice, location, known),
        ..TaskSet::default()
    };
    let mut described = one.clone();
    described.tags = aws_tags(&mut dice);
    if dice.once_in(8) {
        described.status = "PRIMARY".to_owned();
    }
    let is_described = dice.once_in(3);
    (one, is_described.then_some(described))
}

fn task(bytes: &[u8], number: usize, known: &Known) -> Option<Seen<Task>> {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&AT));
    let Location { account_id, region } = location.clone();
    let cluster = dice.pick(&["c1", "c2"]);
    let image = (!dice.once_in(8)).then(|| uri(&mut dice, known.is_calm));
    let image_digest = match dice.roll() % 8 {
        0..=2 => None,
        3..=6 => Some(digest(dice.pick(&DIGESTS)).to_string()),
        _ if known.is_calm => None,
        _ => Some("not a digest".to_owned()),
    };
    let silent = dice.once_in(16) && !known.is_calm;
    let task_definition_arn = definition_reference(&mut dice, &location, known);
    if known.is_calm && task_definition_arn.is_none() {
        return None;
    }
    let task = Task {
        task_arn: format!("arn:aws:ecs:{region}:{account_id}:task/{cluster}/{number}"),
        cluster_arn: format!("arn:aws:ecs:{region}:{account_id}:cluster/{cluster}"),
        last_status: dice.text(&["RUNNING", "STOPPED", "STOPPED", "PILING"]),
        group: dice.pick(&[None, Some("service:s1".to_owned()), Some("family:f".to_owned())]),
        stopped_at: seldom_time(&mut dice),
        task_definition_arn: task_definition_arn.filter(|_| !silent),
        containers: vec![Container { name: "app".to_owned(), image, image_digest }],
        ..Task::default()
    };
    Some(Seen::new(location, task))
}

fn reference(bytes: &[u8], known: &Known) -> Seen<Reference> {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&AT));
    let form = dice.roll() % 6;
    let listed = dice.text(&["lambda", "lambda", "reference.eks"]);
    let mut reference = Reference {
        source: if form == 1 || form == 2 { listed } else { "scheduler".to_owned() },
        holder: "nightly".to_owned(),
        family: (form == 0 && !known.is_calm).then(|| dice.text(&["f", "g", "gone"])),
        image: (form == 1 || form == 2).then(|| uri(&mut dice, known.is_calm)),
        task_definition: (form == 2 || form == 3).then(|| definition_reference(&mut dice, &location, known)).flatten(),
        any_revision_of: (form == 4).then(|| {
            let elsewhere = "arn:aws:ecs:us-east-1:000000000000:task-definition/f";
            let broken = if known.is_calm { "gone" } else { "$.family" };
            dice.text(&["f", "g", "f:2", elsewhere, broken])
        }),
        service: (form == 5).then(|| {
            let broken = if known.is_calm { "c1/gone" } else { "s1" };
            dice.text(&["c1/s1", "c1/s2", "c2/s1", "c1/s1", broken])
        }),
    };
    let says = [&reference.family, &reference.image, &reference.task_definition, &reference.any_revision_of];
    if known.is_calm && says.iter().all(|said| said.is_none()) && reference.service.is_none() {
        reference.service = Some("c1/gone".to_owned());
    }
    Seen::new(location, reference)
}

fn gap(bytes: &[u8]) -> Option<Gap> {
    let mut dice = Dice::new(bytes);
    if !dice.once_in(2) {
        return None;
    }
    let location = place(dice.pick(&AT));
    let source = dice.pick(&Source::ALL);
    let (whole, object) = (dice.once_in(8), dice.roll());
    let object = match source {
        Source::Manifests => Some(format!("{}@{}", ["a", "b"][usize::from(object) % 2], digest("d1"))),
        Source::Images | Source::Repositories => {
            (object % 3 > 0).then(|| ["a", "b"][usize::from(object) % 2].to_owned())
        }
        Source::Account
        | Source::Replication
        | Source::RepositoryPolicies
        | Source::LifecyclePolicies
        | Source::PullThroughCache
        | Source::Config
        | Source::Reference
        | Source::Services
        | Source::TaskSets
        | Source::Tasks
        | Source::TaskDefinitions
        | Source::ServiceDeployments
        | Source::ServiceRevisions
        | Source::Daemons
        | Source::Referrers
        | Source::Archived
        | Source::Eventbridge
        | Source::Scheduler
        | Source::StepFunctions
        | Source::Lambda
        | Source::Batch
        | Source::Codedeploy
        | Source::ApplicationAutoscaling => None,
    };
    Some(Gap {
        source,
        account_id: (!whole).then_some(location.account_id),
        region: (!whole).then_some(location.region),
        object,
        error: "AccessDenied".to_owned(),
    })
}

fn sighting(ledger: &mut Ledger, bytes: &[u8]) {
    let mut dice = Dice::new(bytes);
    let location = place(dice.pick(&[0, 0, 0, 0, 2]));
    let resource = match dice.roll() % 4 {
        0 => Resource::Service { cluster: "c1".into(), service: "s1".into() },
        1 => Resource::TaskDefinition { family: "f".into(), revision: Revision(1 + u32::from(dice.roll() % 4)) },
        _ => Resource::Image { repository: "a".into(), digest: digest(dice.pick(&DIGESTS)) },
    };
    if let Some(at) = time(&mut dice) {
        ledger.observe(&location, &resource, at);
    }
}

impl Seeds {
    pub(crate) fn world(&self) -> (Inventory, Ledger) {
        let mut plot = Inventory::default();
        let (mut inventory, ledger) = self.thrown_together();
        if generate_plots::tell(&mut plot, &self.plot) {
            let (taken_at, scopes) = (inventory.taken_at, inventory.scopes);
            return (Inventory { taken_at, scopes, ..plot }, ledger);
        }
        inventory.repositories.extend(plot.repositories);
        inventory.images.extend(plot.images);
        inventory.manifests.extend(plot.manifests);
        inventory.task_definitions.extend(plot.task_definitions);
        inventory.services.extend(plot.services);
        inventory.service_deployments.extend(plot.service_deployments);
        inventory.service_revisions.extend(plot.service_revisions);
        inventory.tasks.extend(plot.tasks);
        inventory.references.extend(plot.references);
        inventory.gaps.extend(plot.gaps);
        (inventory, ledger)
    }

    /// What chance makes of the bytes.
    fn thrown_together(&self) -> (Inventory, Ledger) {
        let mut inventory = Inventory { taken_at: super::world::now(), ..Inventory::default() };
        let is_calm = self.scopes % 4 != 3;
        let missing = if self.scopes % 32 == 31 { 1 } else { 0 };
        inventory.scopes = PLACES[..3 - missing]
            .iter()
            .map(|(label, account_id, region)| Scope {
                account: (*label).into(),
                account_id: account_id.parse().unwrap(),
                region: (*region).into(),
            })
            .collect();
        let mut taken = HashSet::new();
        inventory.repositories = repositories(&self.repositories);
        for bytes in &self.images {
            let (image, manifest) = image(bytes);
            if taken.insert(format!("{} {} {}", image.location, image.value.repository_name, image.value.image_digest))
            {
                inventory.images.push(image);
                inventory.manifests.extend(manifest);
            }
        }
        for bytes in &self.definitions {
            let definition = definition(bytes, is_calm);
            if taken.insert(definition.value.task_definition_arn.clone()) {
                inventory.task_definitions.push(definition);
            }
        }
        let arns = inventory.task_definitions.iter().map(|seen| seen.value.task_definition_arn.clone()).collect();
        let known = Known { arns, is_calm };
        for bytes in &self.services {
            let service = service(bytes, &known);
            if taken.insert(service.value.service_arn.clone()) {
                inventory.services.push(service);
            }
        }
        let has_service = !inventory.services.is_empty();
        for (number, bytes) in self.task_sets.iter().enumerate().filter(|_| has_service) {
            let owner = number % inventory.services.len();
            let (one, described) = task_set(bytes, &inventory.services[owner], &known);
            if taken.insert(one.task_set_arn.clone()) {
                let location = inventory.services[owner].location.clone();
                // Now and then only DescribeTaskSets shows it.
                if described.is_none() || bytes[0] % 3 != 2 {
                    inventory.services[owner].value.task_sets.push(one);
                }
                inventory.task_sets.extend(described.map(|described| Seen::new(location, described)));
            }
        }
        let tasks = self.tasks.iter().enumerate();
        inventory.tasks = tasks.filter_map(|(number, bytes)| task(bytes, number, &known)).collect();
        inventory.references = self.references.iter().map(|bytes| reference(bytes, &known)).collect();
        self.past.fill(&mut inventory, &known);
        inventory.gaps = self.gaps.iter().filter(|_| !is_calm).filter_map(|bytes| gap(bytes)).collect();
        let mut ledger = Ledger::default();
        for bytes in &self.sightings {
            sighting(&mut ledger, bytes);
        }
        (inventory, ledger)
    }
}
