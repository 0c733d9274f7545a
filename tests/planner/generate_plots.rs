//! Plots for generated worlds: a few objects that belong together, so that a trap is not only there but may snap. What chance throws
//! together hardly ever has a tag that moved under a service that pinned the image before.
//!
//! Everything happens at home in the repository `p` and the family `p`, which nothing else uses.

use jettison::{
    inventory::{
        ContainerDefinition, ContainerImage, Deployment, Gap, Image, Inventory, Manifest, Reference, Repository,
        RevisionSummary, Rollback, Seen, Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition,
    },
    model::Source,
};

use super::{
    generate::{Bytes, Dice, seldom_time, time},
    world::{ACCOUNT, HOST, INDEX, MANIFEST, REGION, digest, home, minutes_ago, tag},
};

/// A plot being told.
struct Plot<'w, 'b> {
    world: &'w mut Inventory,
    dice: Dice<'b>,
}

/// Adds what the bytes tell, which may be nothing. True if nothing else should be in the world.
pub(super) fn tell(world: &mut Inventory, bytes: &Bytes) -> bool {
    let mut dice = Dice::new(bytes);
    let (which, alone) = (dice.roll() % 16, dice.once_in(2));
    let mut plot = Plot { world, dice };
    match which {
        0 | 1 => return false,
        2 | 3 => plot.moved_tag(),
        4 => plot.function(),
        5 | 6 => plot.index(),
        7 | 8 => plot.referrer(),
        9 => plot.host_names(),
        10 => plot.in_deletion(),
        11 | 12 => plot.rollback(),
        13 => plot.clusters(),
        14 => plot.promoted(),
        _ => plot.unread(),
    }
    let enabled = vec![tag("jettison", "enabled")];
    let repository = Repository {
        repository_name: "p".into(),
        repository_arn: String::new(),
        created_at: None,
        image_tag_mutability: None,
        tags: enabled,
        policy_text: None,
        lifecycle_policy_text: None,
    };
    plot.world.repositories.push(Seen::new(home(), repository));
    alone
}

impl Plot<'_, '_> {
    fn image(&mut self, name: &str, tags: &[&str]) -> &mut Image {
        let image = Image {
            repository_name: "p".into(),
            image_digest: digest(name),
            image_tags: tags.iter().map(|tag| (*tag).into()).collect(),
            image_size_in_bytes: 1_000,
            image_pushed_at: time(&mut self.dice),
            image_manifest_media_type: Some(MANIFEST.into()),
            artifact_media_type: None,
            last_recorded_pull_time: None,
            subject_manifest_digest: None,
            image_status: None,
            last_archived_at: None,
            last_activated_at: None,
            image_scan_findings_summary: None,
        };
        self.world.images.push(Seen::new(home(), image));
        &mut self.world.images.last_mut().unwrap().value
    }

    fn definition(&mut self, revision: u32, status: &str, uri: &str) -> String {
        let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/p:{revision}");
        let is_active = status == "ACTIVE";
        let definition = TaskDefinition {
            task_definition_arn: arn.clone(),
            family: "p".to_owned(),
            revision,
            status: status.to_owned(),
            registered_at: time(&mut self.dice),
            deregistered_at: if is_active { None } else { time(&mut self.dice) },
            container_definitions: vec![ContainerDefinition { name: "app".to_owned(), image: uri.to_owned() }],
            ..TaskDefinition::default()
        };
        self.world.task_definitions.push(Seen::new(home(), definition));
        arn
    }

    fn service(&mut self, cluster: &str, definition: Option<String>) -> &mut Service {
        let service = Service {
            service_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/{cluster}/p"),
            service_name: "p".to_owned(),
            cluster_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{cluster}"),
            status: "ACTIVE".to_owned(),
            desired_count: i32::from(self.dice.once_in(2)),
            task_definition: definition,
            created_at: time(&mut self.dice),
            ..Service::default()
        };
        self.world.services.push(Seen::new(home(), service));
        &mut self.world.services.last_mut().unwrap().value
    }

    fn task(&mut self, definition: &str, uri: &str, pinned: Option<&str>) {
        let container = jettison::inventory::Container {
            name: "app".to_owned(),
            image: Some(uri.to_owned()),
            image_digest: pinned.map(|name| digest(name).to_string()),
        };
        let task = Task {
            task_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/c1/p"),
            cluster_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c1"),
            last_status: self.dice.text(&["RUNNING", "STOPPED"]),
            task_definition_arn: Some(definition.to_owned()),
            containers: vec![container],
            ..Task::default()
        };
        self.world.tasks.push(Seen::new(home(), task));
    }

    fn revision(&mut self, number: u32, definition: &str, uri: &str, pinned: Option<&str>) -> RevisionSummary {
        let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service-revision/c1/p/{number}");
        let container = ContainerImage {
            container_name: "app".to_owned(),
            image: Some(uri.to_owned()),
            image_digest: pinned.map(|name| digest(name).to_string()),
        };
        let revision = ServiceRevision {
            service_revision_arn: arn.clone(),
            service_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/c1/p"),
            cluster_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c1"),
            task_definition: Some(definition.to_owned()),
            container_images: vec![container],
            created_at: None,
        };
        self.world.service_revisions.push(Seen::new(home(), revision));
        RevisionSummary { arn, ..RevisionSummary::default() }
    }

    fn reference(&mut self, source: &str, uri: &str) {
        let image = Some(uri.to_owned());
        let reference = Reference { source: source.to_owned(), holder: "p".to_owned(), image, ..Reference::default() };
        self.world.references.push(Seen::new(home(), reference));
    }

    /// The digest of then is pinned by a task or a revision; the tag is on the image of now.
    fn moved_tag(&mut self) {
        let uri = format!("{HOST}/p:v1");
        self.image("then", &[]);
        self.image("now", &["v1"]);
        let status = self.dice.text(&["ACTIVE", "INACTIVE"]);
        let definition = self.definition(1, &status, &uri);
        match self.dice.roll() % 4 {
            0 => self.task(&definition, &uri, Some("then")),
            1 => {
                let current = self.revision(1, &definition, &uri, Some("then"));
                self.service("c1", Some(definition)).current_service_revisions.push(current);
            }
            2 => {
                let target = self.revision(1, &definition, &uri, Some("then"));
                self.service("c1", Some(definition));
                self.deployment(1, "SUCCESSFUL", target, None);
            }
            _ => self.task(&definition, &uri, None),
        }
    }

    fn function(&mut self) {
        self.image("then", &[]);
        self.image("now", &["v1"]);
        let source = self.dice.text(&["lambda", "batch", "reference.eks"]);
        let uri = if self.dice.once_in(3) { format!("{HOST}/p:v1") } else { format!("{HOST}/p@{}", digest("then")) };
        self.reference(&source, &uri);
    }

    /// Two indexes that share a child, which may be archived, or read by us.
    fn index(&mut self) {
        for (name, tag, children) in [("one", "v1", ["amd", "arm"]), ("two", "v2", ["arm", "arm2"])] {
            let is_read_by_us = self.dice.once_in(2);
            let pulled = if is_read_by_us { minutes_ago(12 * 60) } else { seldom_time(&mut self.dice) };
            let image = self.image(name, &[tag]);
            image.image_manifest_media_type = Some(INDEX.into());
            image.last_recorded_pull_time = pulled;
            let manifest = Manifest {
                repository_name: "p".into(),
                image_digest: digest(name),
                children: children.map(digest).to_vec(),
                read_at: pulled.filter(|_| is_read_by_us),
                pulled_before: None,
            };
            self.world.manifests.push(Seen::new(home(), manifest));
        }
        for name in ["amd", "arm", "arm2"] {
            self.image(name, &[]);
        }
        match self.dice.roll() % 4 {
            0 => {}
            1 => self.reference("lambda", &format!("{HOST}/p:v1")),
            2 => self.reference("lambda", &format!("{HOST}/p@{}", digest("amd"))),
            _ => self.world.images.last_mut().unwrap().value.image_status = Some("ACTIVATING".into()),
        }
    }

    fn referrer(&mut self) {
        let stem = digest("subject").as_str().replace(':', "-");
        let ending = self.dice.pick(&[".sig", ".att", ".sbom", "", "by subject"]);
        self.image("subject", &["v1"]);
        if ending == "by subject" {
            self.image("referrer", &[]).subject_manifest_digest = Some(digest("subject"));
        } else {
            self.image("referrer", &[&format!("{stem}{ending}")]);
        }
        self.image("second", &[]).subject_manifest_digest = Some(digest("referrer"));
        let held = self.dice.pick(&[None, Some("subject"), Some("referrer")]);
        if let Some(held) = held {
            self.reference("lambda", &format!("{HOST}/p@{}", digest(held)));
        }
    }

    fn host_names(&mut self) {
        self.image("then", &["v1"]);
        self.image("now", &["latest"]);
        let host = self.dice.pick(&[
            HOST.to_owned(),
            format!("{ACCOUNT}.dkr.ecr-fips.{REGION}.amazonaws.com"),
            format!("{ACCOUNT}.dkr-ecr.{REGION}.on.aws"),
            format!("{ACCOUNT}.DKR.ECR.{REGION}.amazonaws.com"),
        ]);
        let then = digest("then");
        let name = self.dice.pick(&["p".to_owned(), "p:v1".to_owned(), format!("p:gone@{then}"), format!("p@{then}")]);
        self.definition(1, "ACTIVE", &format!("{host}/{name}"));
    }

    fn in_deletion(&mut self) {
        self.image("then", &["v1"]);
        let uri = format!("{HOST}/p:v1");
        let status = self.dice.text(&["DELETE_IN_PROGRESS", "INACTIVE"]);
        let definition = self.definition(1, &status, &uri);
        match self.dice.roll() % 3 {
            0 => drop(self.service("c1", Some(definition))),
            1 => self.task(&definition, "nginx", None),
            _ => {}
        }
    }

    fn deployment(&mut self, number: u32, status: &str, target: RevisionSummary, rollback: Option<String>) {
        let deployment = ServiceDeployment {
            service_deployment_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service-deployment/c1/p/{number}"),
            service_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/c1/p"),
            cluster_arn: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c1"),
            status: status.to_owned(),
            created_at: time(&mut self.dice),
            finished_at: time(&mut self.dice),
            target_service_revision: Some(target),
            rollback: rollback.map(|service_revision_arn| Rollback { service_revision_arn, ..Rollback::default() }),
            ..ServiceDeployment::default()
        };
        self.world.service_deployments.push(Seen::new(home(), deployment));
    }

    /// Three revisions, of which the second was or is being deployed over the first.
    fn rollback(&mut self) {
        let definitions = [1, 2, 3].map(|revision| {
            self.image(&format!("r{revision}"), &[&format!("v{revision}")]);
            self.definition(revision, "ACTIVE", &format!("{HOST}/p:v{revision}"))
        });
        let one = self.revision(1, &definitions[0], &format!("{HOST}/p:v1"), Some("r1"));
        let two = self.revision(2, &definitions[1], &format!("{HOST}/p:v2"), Some("r2"));
        let back = self.dice.once_in(3).then(|| one.arn.clone());
        let status =
            self.dice.text(&["SUCCESSFUL", "IN_PROGRESS", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_IN_PROGRESS"]);
        let older = Deployment { task_definition: Some(definitions[0].clone()), ..Deployment::default() };
        let is_listed = self.dice.once_in(3);
        let service = self.service("c1", Some(definitions[1].clone()));
        if is_listed {
            service.deployments.push(older);
        }
        self.deployment(1, "SUCCESSFUL", one, None);
        self.deployment(2, &status, two, back);
    }

    fn clusters(&mut self) {
        let definition = self.definition(1, "ACTIVE", "nginx");
        self.definition(2, "ACTIVE", "nginx");
        let cluster = self.dice.text(&["c1", "c2"]);
        self.service(&cluster, Some(definition));
    }

    fn promoted(&mut self) {
        let tags = self.dice.pick(&[&["pr-1", "v1"][..], &["pr-1"], &["v1", "pr-1", "latest"]]);
        self.image("then", tags);
        let (pulled, activated) = (seldom_time(&mut self.dice), seldom_time(&mut self.dice));
        let image = self.image("now", &["v2"]);
        (image.last_recorded_pull_time, image.last_activated_at) = (pulled, activated);
    }

    /// Something goes, unless what was not read may hold it.
    fn unread(&mut self) {
        self.image("then", &[]);
        self.definition(1, "INACTIVE", "nginx");
        let source = self.dice.pick(&Source::ALL);
        self.world.gaps.push(Gap {
            source,
            account_id: Some(home().account_id),
            region: Some(REGION.into()),
            object: None,
            error: "ThrottlingException".to_owned(),
        });
    }
}
