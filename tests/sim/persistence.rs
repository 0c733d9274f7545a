//! A world that survives its process: cut anywhere, it is exactly as it was after some request that was answered.
#![expect(clippy::disallowed_methods, reason = "the test plays the disk")]

use std::{fs, path::Path, time::Duration};

use jettison::sim::{Fault, Faults, Opened, Options, Persistence, Sim, World};

use crate::client::{WORLD, ecr, ecs};

fn open(base: &Path, directory: &Path) -> (Sim, Opened) {
    Persistence::new(base, directory).open(Options::default()).unwrap()
}

fn text(world: &World) -> String {
    let mut out = Vec::new();
    world.write(world.taken_at(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn empty_base(directory: &Path) -> std::path::PathBuf {
    let base = directory.join("base.ndjson");
    let scopes = World::read(WORLD.as_bytes()).unwrap().scopes().to_vec();
    fs::write(&base, text(&World::empty("2026-11-01T00:00:00Z".parse().unwrap(), scopes))).unwrap();
    base
}

/// Builds, changes and takes down something of everything; returns the world after each line of the log.
async fn live(sim: &Sim, log: &Path) -> Vec<String> {
    let (ecs, ecr) = (ecs(sim), ecr(sim));
    let lines = || fs::read_to_string(log).map_or(0, |text| text.lines().count());
    let mut seen = vec![text(&sim.world())];
    macro_rules! request {
        ($request:expr) => {{
            let before = lines();
            let answer = $request.send().await.unwrap();
            if lines() > before {
                seen.push(text(&sim.world()));
            }
            answer
        }};
    }
    request!(ecs.create_cluster().cluster_name("c"));
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("a").image("nginx").build();
    request!(ecs.register_task_definition().family("f").container_definitions(container));
    request!(ecs.create_service().cluster("c").service_name("s").task_definition("f").desired_count(1));
    tokio::time::advance(Duration::from_millis(7_500)).await;
    request!(ecs.list_clusters());
    request!(ecr.create_repository().repository_name("repo"));
    let manifest = r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#;
    request!(ecr.put_image().repository_name("repo").image_manifest(manifest).image_tag("t"));
    request!(ecs.delete_service().cluster("c").service("s").force(true));
    tokio::time::advance(Duration::from_secs(20)).await;
    request!(ecs.deregister_task_definition().task_definition("f:1"));
    request!(ecs.delete_task_definitions().task_definitions("f:1"));
    tokio::time::advance(Duration::from_secs(800)).await;
    request!(ecs.list_clusters());
    request!(ecr.delete_repository().repository_name("repo").force(true));
    seen
}

#[tokio::test(start_paused = true)]
async fn a_log_cut_at_any_byte_gives_the_world_after_the_last_whole_request() {
    let directory = tempfile::tempdir().unwrap();
    let base = empty_base(directory.path());
    let state = directory.path().join("state");
    let log = state.join("base.changes.ndjson");
    let (sim, opened) = open(&base, &state);
    assert_eq!(opened, Opened::Fresh);
    let seen = live(&sim, &log).await;
    drop(sim);
    let bytes = fs::read(&log).unwrap();
    assert!(seen.len() >= 11, "{}", seen.len());
    for cut in 0..=bytes.len() {
        fs::write(&log, &bytes[..cut]).unwrap();
        let whole = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
        let (sim, _) = open(&base, &state);
        let world = sim.world();
        assert_eq!(text(&world), seen[whole.saturating_sub(1)], "cut at {cut}");
        drop(sim);
        assert_eq!(
            fs::read(&log).unwrap().len(),
            bytes[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_changes_nothing_and_a_kill_in_its_middle_neither() {
    let directory = tempfile::tempdir().unwrap();
    let base = empty_base(directory.path());
    let state = directory.path().join("state");
    let log = state.join("base.changes.ndjson");
    let (sim, _) = open(&base, &state);
    let last = live(&sim, &log).await.pop().unwrap();
    let before = fs::read(&log).unwrap();
    sim.checkpoint().unwrap();
    assert_eq!(fs::read(&log).unwrap().len(), 0);
    drop(sim);
    assert_eq!(text(&open(&base, &state).0.world()), last);
    // Killed after the new copy was renamed and before the log was emptied: the log is read over the copy again.
    fs::write(&log, &before).unwrap();
    fs::write(state.join("base.world.partial"), "half a co").unwrap();
    let (sim, opened) = open(&base, &state);
    assert_eq!((opened, text(&sim.world())), (Opened::Resumed, last.clone()));
    ecs(&sim).create_cluster().cluster_name("later").send().await.unwrap();
    let after = text(&sim.world());
    drop(sim);
    assert_eq!(text(&open(&base, &state).0.world()), after);
    assert_ne!(after, last);
}

#[tokio::test(start_paused = true)]
async fn the_clock_goes_on_and_never_back() {
    let directory = tempfile::tempdir().unwrap();
    let base = empty_base(directory.path());
    let (sim, _) = open(&base, directory.path());
    tokio::time::advance(Duration::from_secs(600)).await;
    ecs(&sim).list_clusters().send().await.unwrap();
    let seen = sim.now();
    drop(sim);
    let (sim, opened) = open(&base, directory.path());
    assert_eq!((sim.now(), opened), (seen, Opened::Resumed));
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_on_record() {
    let directory = tempfile::tempdir().unwrap();
    let base = empty_base(directory.path());
    let faults = Faults::none().at_operation("CreateCluster", 1, Fault::LostReply);
    let options = Options { faults, ..Options::default() };
    let (sim, _) = Persistence::new(&base, directory.path()).open(options).unwrap();
    ecs(&sim).create_cluster().cluster_name("c").send().await.unwrap_err();
    drop(sim);
    let (sim, _) = open(&base, directory.path());
    assert_eq!(ecs(&sim).list_clusters().send().await.unwrap().cluster_arns().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_changed_world_file_starts_over_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let base = empty_base(directory.path());
    for checkpoint in [false, true] {
        let (sim, _) = open(&base, directory.path());
        ecs(&sim).create_cluster().cluster_name("c").send().await.unwrap();
        if checkpoint {
            sim.checkpoint().unwrap();
        }
        drop(sim);
        let changed = fs::read_to_string(&base).unwrap().replacen("\"demo", "\"demo-too", 1);
        fs::write(&base, changed).unwrap();
        let (sim, opened) = open(&base, directory.path());
        assert_eq!(opened, Opened::StartedOver);
        assert!(ecs(&sim).list_clusters().send().await.unwrap().cluster_arns().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn two_processes_cannot_serve_one_world_and_damage_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let base = empty_base(directory.path());
    let (sim, _) = open(&base, directory.path());
    let again = Persistence::new(&base, directory.path()).open(Options::default()).unwrap_err();
    assert!(again.to_string().contains("another process"), "{again}");
    for name in ["a", "b"] {
        ecs(&sim).create_cluster().cluster_name(name).send().await.unwrap();
    }
    drop(sim);
    let log = directory.path().join("base.changes.ndjson");
    let lines = fs::read_to_string(&log).unwrap().replacen("\"put\"", "\"put", 1);
    fs::write(&log, lines).unwrap();
    let damaged = Persistence::new(&base, directory.path()).open(Options::default()).unwrap_err();
    assert!(damaged.to_string().contains("line 2 of"), "{damaged}");
}
