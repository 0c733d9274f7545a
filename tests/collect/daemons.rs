//! Managed daemons: everything they hold is read, in batches, and what cannot be read is a gap.

use std::{collections::BTreeSet, sync::Arc};

use jettison::{
    inventory::{
        ContainerDefinition, ContainerImage, Daemon, DaemonRevision, DaemonRevisionSummary, DaemonTaskDefinition,
        Inventory,
    },
    model::Source,
};

use crate::{
    cloud::{Cloud, error},
    gaps, options,
    world::{arn, assert_same, at, cluster, digest, empty, seen},
};

fn revision_arn(daemon: &str, number: usize) -> String {
    arn(&format!("daemon-revision/{daemon}/{number}"))
}

fn definition(revision: u32, status: &str) -> DaemonTaskDefinition {
    DaemonTaskDefinition {
        daemon_task_definition_arn: arn(&format!("daemon-task-definition/agent:{revision}")),
        family: "agent".to_owned(),
        revision,
        status: status.to_owned(),
        registered_at: Some(at("2026-08-01T00:00:00Z")),
        delete_requested_at: (status != "ACTIVE").then(|| at("2026-09-01T00:00:00Z")),
        container_definitions: vec![ContainerDefinition { name: "agent".to_owned(), image: "agent:1".to_owned() }],
    }
}

/// A daemon that went from revision 1 to 2.
fn add(world: &mut Inventory, cluster: &str, name: &str) {
    let path = format!("{cluster}/{name}");
    for number in [1, 2] {
        world.daemon_revisions.push(seen(DaemonRevision {
            daemon_revision_arn: revision_arn(&path, number),
            daemon_arn: arn(&format!("daemon/{path}")),
            cluster_arn: arn(&format!("cluster/{cluster}")),
            daemon_task_definition_arn: Some(arn(&format!("daemon-task-definition/agent:{number}"))),
            container_images: vec![ContainerImage {
                container_name: "agent".to_owned(),
                image: Some("agent:1".to_owned()),
                image_digest: Some(digest(number).to_string()),
            }],
            created_at: Some(at("2026-08-01T00:00:00Z")),
        }));
    }
    world.daemons.push(seen(Daemon {
        daemon_arn: arn(&format!("daemon/{path}")),
        cluster_arn: arn(&format!("cluster/{cluster}")),
        status: "ACTIVE".to_owned(),
        current_revisions: vec![DaemonRevisionSummary { arn: revision_arn(&path, 2) }],
        deployment_arn: Some(arn(&format!("daemon-deployment/{path}/1"))),
        created_at: Some(at("2026-08-01T00:00:00Z")),
        updated_at: Some(at("2026-08-02T00:00:00Z")),
    }));
}

/// Daemons in two clusters, 25 in all, and daemon task definitions.
fn daemons() -> Inventory {
    let mut world = empty();
    world.clusters = vec![seen(cluster("a")), seen(cluster("b"))];
    for number in 0..25 {
        add(&mut world, if number < 10 { "a" } else { "b" }, &format!("d{number:02}"));
    }
    world.daemon_task_definitions =
        vec![seen(definition(1, "DELETE_IN_PROGRESS")), seen(definition(2, "ACTIVE")), seen(definition(3, "ACTIVE"))];
    world
}

fn calls(cloud: &Cloud, operation: &str) -> usize {
    cloud.sim.calls().iter().filter(|call| call.operation == operation).count()
}

#[tokio::test(start_paused = true)]
async fn daemons_are_read_whole_in_full_batches_and_once() {
    let world = daemons();
    let cloud = Cloud::new(&world);
    let cache = Arc::default();
    assert_same(&cloud.collect(options(), &cache).await, &world);
    let expected = [
        ("ListDaemons", 2),
        ("DescribeDaemon", 25),
        ("DescribeDaemonDeployments", 2),
        ("DescribeDaemonRevisions", 3),
        ("ListDaemonTaskDefinitions", 1),
        ("DescribeDaemonTaskDefinition", 3),
    ];
    for (operation, count) in expected {
        assert_eq!(calls(&cloud, operation), count, "{operation}");
    }
    let cloud = Cloud::new(&world);
    assert_same(&cloud.collect(options(), &cache).await, &world);
    assert_eq!(calls(&cloud, "DescribeDaemonRevisions") + calls(&cloud, "DescribeDaemonTaskDefinition"), 0);
    let read = Cloud::new(&world).reference_sweep(options(), &cache).await;
    assert_eq!((&read.daemons, &read.daemon_revisions), (&world.daemons, &world.daemon_revisions));
    assert_eq!(read.daemon_task_definitions, world.daemon_task_definitions);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_daemon_task_definition_is_passed_over() {
    let mut world = daemons();
    world.daemon_task_definitions[0].value.status = "DELETED".to_owned();
    let cloud = Cloud::new(&world);
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!((gaps(&read), read.daemon_task_definitions.len()), (BTreeSet::new(), 2));
    assert_eq!(calls(&cloud, "DescribeDaemonTaskDefinition"), 2);
}

#[tokio::test(start_paused = true)]
async fn each_operation_denied_is_a_gap_and_the_rest_is_read() {
    let clusters = || ["a", "b"].map(|name| (Source::Daemons, Some(arn(&format!("cluster/{name}"))))).into();
    let whole = || BTreeSet::from([(Source::Daemons, None)]);
    for (denied, expected) in [
        ("ListDaemons", clusters()),
        ("DescribeDaemon", whole()),
        ("DescribeDaemonDeployments", whole()),
        ("DescribeDaemonRevisions", whole()),
        ("ListDaemonTaskDefinitions", whole()),
        ("DescribeDaemonTaskDefinition", whole()),
    ] {
        let cloud = Cloud::new(&daemons()).denying(denied);
        let read = cloud.collect(options(), &Arc::default()).await;
        assert_eq!(gaps(&read), expected, "{denied}");
        assert!(read.gaps.iter().all(|gap| gap.error.contains(denied)), "{:?}", read.gaps);
        if !["ListDaemons", "DescribeDaemon"].contains(&denied) {
            assert_eq!(read.daemons, daemons().daemons, "{denied}");
        }
        let of_definitions = ["ListDaemonTaskDefinitions", "DescribeDaemonTaskDefinition"];
        if !of_definitions.contains(&denied) {
            assert_eq!(read.daemon_task_definitions.len(), 3, "{denied}");
        }
        let mut waiving = options();
        waiving.waived.insert(Source::Daemons);
        let cloud = Cloud::new(&daemons()).denying(denied);
        assert_eq!(gaps(&cloud.collect(waiving, &Arc::default()).await), BTreeSet::new());
        assert_eq!(calls(&cloud, denied), 0);
    }
}

/// Where daemons are not offered AWS may refuse: that is a gap, which a waiver closes.
#[tokio::test(start_paused = true)]
async fn what_is_missing_or_not_offered_is_a_gap() {
    let mut world = daemons();
    world.daemon_revisions.remove(1);
    let read = Cloud::new(&world).collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::Daemons, Some(revision_arn("a/d00", 2)))].into());
    let cloud = Cloud::new(&empty()).intercepting(|asked| {
        let is_it = asked.operation == "ListDaemonTaskDefinitions";
        if is_it { error("UnsupportedFeatureException", "not in this Region") } else { None }
    });
    let read = cloud.collect(options(), &Arc::default()).await;
    assert_eq!(gaps(&read), [(Source::Daemons, None)].into());
    assert!(read.gaps[0].error.contains("not in this Region"), "{:?}", read.gaps);
}
