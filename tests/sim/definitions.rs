//! Task definitions: ACTIVE → INACTIVE → DELETE_IN_PROGRESS → gone.

use std::time::Duration;

use aws_sdk_ecs::{Client, types::TaskDefinitionStatus};

use crate::client::{code, ecs, message, plain};

async fn status(ecs: &Client, name: &str) -> Option<String> {
    let described = ecs.describe_task_definition().task_definition(name).send().await.ok()?;
    Some(described.task_definition?.status?.as_str().to_owned())
}

async fn register(ecs: &Client, family: &str) -> i32 {
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("app").image("nginx:1").build();
    let made = ecs.register_task_definition().family(family).container_definitions(container).send().await.unwrap();
    made.task_definition.unwrap().revision
}

async fn retire(ecs: &Client, name: &str) {
    ecs.deregister_task_definition().task_definition(name).send().await.unwrap();
    let deleted = ecs.delete_task_definitions().task_definitions(name).send().await.unwrap();
    assert!(deleted.failures().is_empty());
}

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_active_revision_must_be_deregistered_before_it_is_deleted() {
    let ecs = ecs(&plain());
    let delete =
        ecs.delete_task_definitions().task_definitions("web:3").task_definitions("web:10").task_definitions("x:1");
    let answer = delete.send().await.unwrap();
    assert_eq!(answer.task_definitions()[0].status(), Some(&TaskDefinitionStatus::DeleteInProgress));
    assert!(answer.failures()[0].reason().unwrap().contains("still in ACTIVE status"));
    assert!(answer.failures()[1].reason().unwrap().contains("does not exist"));
    assert_eq!(message(ecs.deregister_task_definition().task_definition("web").send().await), "Revision is missing.");
    let gone = ecs.deregister_task_definition().task_definition("web:3").send().await.unwrap().task_definition.unwrap();
    assert!(gone.deregistered_at().is_some() && gone.status() == Some(&TaskDefinitionStatus::Inactive));
    ecs.deregister_task_definition().task_definition("web:3").send().await.unwrap();
    let eleven = (1..=11).map(|n| format!("web:{n}")).collect();
    assert_eq!(
        code(ecs.delete_task_definitions().set_task_definitions(Some(eleven)).send().await),
        "InvalidParameterException"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deleted_revision_goes_some_minutes_later_and_its_number_is_not_given_again() {
    let ecs = ecs(&plain());
    assert_eq!(register(&ecs, "new").await, 1);
    assert_eq!(register(&ecs, "new").await, 2);
    retire(&ecs, "new:2").await;
    assert_eq!(status(&ecs, "new:2").await.as_deref(), Some("DELETE_IN_PROGRESS"));
    pass(700).await;
    assert_eq!(status(&ecs, "new:2").await, None);
    assert_eq!(register(&ecs, "new").await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_revision_stays_while_anything_refers_to_it() {
    let ecs = ecs(&plain());
    retire(&ecs, "web:1").await;
    pass(7_200).await;
    assert_eq!(status(&ecs, "web:1").await.as_deref(), Some("DELETE_IN_PROGRESS"), "a task set runs it");
    ecs.delete_task_set().cluster("main").service("blue").task_set("ecs-svc/201").force(true).send().await.unwrap();
    pass(7_200).await;
    assert_eq!(status(&ecs, "web:1").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_deregistered_revision_can_be_used_for_ten_minutes_and_then_no_more() {
    let ecs = ecs(&plain());
    ecs.deregister_task_definition().task_definition("web:2").send().await.unwrap();
    let run = || ecs.run_task().cluster("main").task_definition("web:2");
    pass(599).await;
    run().send().await.unwrap();
    pass(1).await;
    assert_eq!(code(run().send().await), "ClientException");
    let create = ecs.create_service().cluster("main").service_name("late").task_definition("web:2").send().await;
    assert_eq!(code(create), "ClientException");
    let update = ecs.update_service().cluster("main").service("web").task_definition("web:2").send().await;
    assert_eq!(code(update), "ClientException");
    ecs.update_service().cluster("main").service("web").desired_count(3).send().await.unwrap();
    pass(20).await;
    let scaled = ecs.describe_services().cluster("main").services("web").send().await.unwrap();
    assert_eq!(scaled.services()[0].running_count(), 3, "a service still scales from what it runs");
}

#[tokio::test]
async fn tags_are_added_replaced_and_taken_away() {
    let ecs = ecs(&plain());
    let arn = crate::client::arn("task-definition/web:1");
    let tag = |key: &str, value: &str| aws_sdk_ecs::types::Tag::builder().key(key).value(value).build();
    ecs.tag_resource().resource_arn(&arn).tags(tag("a", "1")).tags(tag("b", "1")).send().await.unwrap();
    ecs.tag_resource().resource_arn(&arn).tags(tag("a", "2")).send().await.unwrap();
    ecs.untag_resource().resource_arn(&arn).tag_keys("b").send().await.unwrap();
    let tags = ecs.list_tags_for_resource().resource_arn(&arn).send().await.unwrap().tags.unwrap();
    assert_eq!(tags, [tag("a", "2")]);
}
