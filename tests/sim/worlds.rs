//! World files: whole or refused, and the same world always the same bytes.

use jettison::sim::World;

use crate::client::{WORLD, ecs, plain};

fn text(world: &World) -> String {
    let mut out = Vec::new();
    world.write(world.taken_at(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_world_reads_back_as_it_was_written() {
    let world = World::read(WORLD.as_bytes()).unwrap();
    let written = text(&world);
    let again = World::read(written.as_bytes()).unwrap();
    assert_eq!(again, world);
    assert_eq!(text(&again), written);
    let inventory = jettison::inventory::read(written.as_bytes()).unwrap();
    assert_eq!((inventory.task_sets.len(), inventory.references.len(), inventory.images.len()), (3, 1, 7));
    assert_eq!(inventory.services.iter().map(|service| service.value.task_sets.len()).sum::<usize>(), 3);
}

#[test]
fn the_order_of_lines_does_not_matter() {
    let mut lines: Vec<&str> = WORLD.lines().collect();
    let middle = lines.len() - 1;
    lines[1..middle].reverse();
    let reversed = World::read((lines.join("\n") + "\n").as_bytes()).unwrap();
    assert_eq!(text(&reversed), text(&World::read(WORLD.as_bytes()).unwrap()));
}

#[test]
fn a_world_cut_anywhere_is_refused() {
    let whole = text(&World::read(WORLD.as_bytes()).unwrap());
    for end in (0..whole.len() - 1).step_by(13).chain(whole.len() - 40..whole.len() - 1) {
        assert!(World::read(&whole.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_broken_line_is_named() {
    let broken = WORLD.replacen("\"clusterName\":\"main\"", "\"clusterName\":5", 1);
    let error = World::read(broken.as_bytes()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("line 2"), "{source}");
}

#[tokio::test(start_paused = true)]
async fn unknown_members_survive_and_a_deleted_number_is_remembered() {
    let sim = plain();
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("app").image("nginx:1").build();
    let register = || ecs(&sim).register_task_definition().family("n").container_definitions(container.clone());
    register().send().await.unwrap();
    ecs(&sim).deregister_task_definition().task_definition("n:1").send().await.unwrap();
    ecs(&sim).delete_task_definitions().task_definitions("n:1").send().await.unwrap();
    tokio::time::advance(std::time::Duration::from_secs(900)).await;
    let saved = text(&sim.world());
    assert!(saved.contains("encryptionType"), "a member that no part of this build reads");
    assert!(!saved.contains("task-definition/n:1"));
    let loaded = World::read(saved.as_bytes()).unwrap();
    assert_eq!(loaded, sim.world());
    let sim = jettison::sim::Sim::new(loaded, jettison::sim::Options::default());
    let next = ecs(&sim).register_task_definition().family("n").container_definitions(container).send().await.unwrap();
    assert_eq!(next.task_definition.unwrap().revision, 2);
}
