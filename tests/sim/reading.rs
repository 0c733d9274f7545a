//! Lists and descriptions: pages, batch limits, what is visible and what is not.

use aws_sdk_ecr::types::{
    DescribeImagesFilter, ImageFailureCode, ImageIdentifier, ImageStatusFilter, ListImagesFilter, TagStatus,
};
use aws_sdk_ecs::types::{
    ClusterField, DesiredStatus, ServiceField, SortOrder, TaskDefinitionFamilyStatus, TaskDefinitionField,
    TaskDefinitionStatus, TaskSetField,
};
use jettison::sim::{Options, Sim, World};

use crate::client::{WORLD, arn, code, digest, ecr, ecs, ecs_of, message, plain, sts_of};

#[tokio::test]
async fn clusters_are_listed_and_described_with_what_is_in_them() {
    let ecs = ecs(&plain());
    let listed = ecs.list_clusters().send().await.unwrap();
    assert_eq!(listed.cluster_arns(), [arn("cluster/main")]);
    let described =
        ecs.describe_clusters().clusters("main").clusters("nope").include(ClusterField::Tags).send().await.unwrap();
    let cluster = &described.clusters()[0];
    assert_eq!((cluster.running_tasks_count(), cluster.active_services_count()), (6, 2));
    assert_eq!(cluster.tags()[0].key(), Some("team"));
    assert_eq!(described.failures()[0].reason(), Some("MISSING"));
    assert_eq!(described.failures()[0].arn(), Some(arn("cluster/nope").as_str()));
}

#[tokio::test]
async fn draining_services_are_not_listed_but_described() {
    let ecs = ecs(&plain());
    let listed = ecs.list_services().cluster("main").send().await.unwrap();
    assert_eq!(listed.service_arns(), [arn("service/main/blue"), arn("service/main/web")]);
    let described = ecs.describe_services().cluster("main").services("gone").services("nope").send().await.unwrap();
    assert_eq!(described.services()[0].status(), Some("DRAINING"));
    assert_eq!(described.failures()[0].arn(), Some(arn("service/main/nope").as_str()));
    assert_eq!(code(ecs.list_services().cluster("nope").send().await), "ClusterNotFoundException");
}

#[tokio::test]
async fn a_service_shows_its_task_sets_and_its_tags_only_on_request() {
    let ecs = ecs(&plain());
    let plain = ecs.describe_services().cluster("main").services("blue").services("web").send().await.unwrap();
    assert_eq!(plain.services()[0].task_sets().len(), 3);
    assert!(plain.services()[1].tags().is_empty());
    assert_eq!(plain.services()[1].deployments()[0].created_at().unwrap().secs(), 1_790_812_800);
    let tagged = ecs.describe_services().cluster("main").services("web").include(ServiceField::Tags).send().await;
    assert_eq!(tagged.unwrap().services()[0].tags()[0].value(), Some("shop"));
}

#[tokio::test]
async fn batches_beyond_the_limit_are_refused() {
    let (ecs, ecr) = (ecs(&plain()), ecr(&plain()));
    let services = (0..11).map(|n| format!("s{n}")).collect();
    let refused = ecs.describe_services().cluster("main").set_services(Some(services)).send().await;
    assert_eq!(code(refused), "InvalidParameterException");
    let tasks = (0..101).map(|n| format!("t{n}")).collect();
    assert_eq!(
        code(ecs.describe_tasks().cluster("main").set_tasks(Some(tasks)).send().await),
        "InvalidParameterException"
    );
    let none = ecs.describe_tasks().cluster("main").set_tasks(Some(Vec::new())).send().await;
    assert_eq!(code(none), "InvalidParameterException");
    let ids = (0..101).map(|n| ImageIdentifier::builder().image_tag(format!("t{n}")).build()).collect();
    let refused = ecr.batch_get_image().repository_name("team/web").set_image_ids(Some(ids)).send().await;
    assert_eq!(code(refused), "InvalidParameterException");
    assert_eq!(code(ecs.list_clusters().max_results(101).send().await), "InvalidParameterException");
}

#[tokio::test]
async fn task_sets_must_be_named() {
    let ecs = ecs(&plain());
    let unnamed = ecs.describe_task_sets().cluster("main").service("blue").send().await;
    assert_eq!(message(unnamed), "TaskSets cannot be empty");
    let named = ecs.describe_task_sets().cluster("main").service("blue").task_sets("ecs-svc/202");
    let named = named.task_sets("ecs-svc/999").include(TaskSetField::Tags).send().await.unwrap();
    assert_eq!(named.task_sets()[0].status(), Some("PRIMARY"));
    assert_eq!(named.failures()[0].reason(), Some("MISSING"));
    let draining = ecs.describe_task_sets().cluster("main").service("gone").task_sets("x").send().await;
    assert_eq!(code(draining), "ServiceNotActiveException");
}

#[tokio::test]
async fn tasks_are_listed_by_desired_status_and_carry_digests() {
    let ecs = ecs(&plain());
    let running = ecs.list_tasks().cluster("main").send().await.unwrap();
    assert_eq!(running.task_arns().len(), 6);
    let stopped = ecs.list_tasks().cluster("main").desired_status(DesiredStatus::Stopped).send().await.unwrap();
    assert_eq!(stopped.task_arns().len(), 1);
    assert!(
        ecs.list_tasks()
            .cluster("main")
            .desired_status(DesiredStatus::Pending)
            .send()
            .await
            .unwrap()
            .task_arns()
            .is_empty()
    );
    let of_blue = ecs.list_tasks().cluster("main").service_name("blue").send().await.unwrap();
    assert_eq!(of_blue.task_arns().len(), 4);
    let tasks =
        ecs.describe_tasks().cluster("main").set_tasks(Some(stopped.task_arns().to_vec())).send().await.unwrap();
    assert_eq!(tasks.tasks()[0].containers()[0].image_digest(), Some(digest('b').as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_task_is_forgotten_after_an_hour() {
    let sim = plain();
    let stopped = || async {
        let listed = ecs(&sim).list_tasks().cluster("main").desired_status(DesiredStatus::Stopped).send().await;
        listed.unwrap().task_arns().len()
    };
    tokio::time::advance(std::time::Duration::from_secs(29 * 60)).await;
    assert_eq!(stopped().await, 1);
    tokio::time::advance(std::time::Duration::from_secs(2 * 60)).await;
    assert_eq!(stopped().await, 0);
}

#[tokio::test]
async fn definitions_are_listed_by_status_family_and_order() {
    let ecs = ecs(&plain());
    let names = |arns: &[String]| arns.iter().map(|arn| arn.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>();
    let active = ecs.list_task_definitions().send().await.unwrap();
    assert_eq!(names(active.task_definition_arns()), ["web:1", "web:2", "web:3", "web-a:1"]);
    let newest_first = ecs.list_task_definitions().family_prefix("web").sort(SortOrder::Desc).send().await.unwrap();
    assert_eq!(names(newest_first.task_definition_arns()), ["web:3", "web:2", "web:1"]);
    let going = ecs.list_task_definitions().status(TaskDefinitionStatus::DeleteInProgress).send().await.unwrap();
    assert_eq!(names(going.task_definition_arns()), ["old:2"]);
    let families = |status| {
        let ecs = ecs.clone();
        async move { ecs.list_task_definition_families().status(status).send().await.unwrap().families().to_vec() }
    };
    assert_eq!(families(TaskDefinitionFamilyStatus::All).await, ["old", "web", "web-a"]);
    assert_eq!(families(TaskDefinitionFamilyStatus::Inactive).await, ["old"]);
}

#[tokio::test]
async fn a_family_alone_means_its_newest_active_revision() {
    let ecs = ecs(&plain());
    let described = ecs.describe_task_definition().task_definition("web").send().await.unwrap();
    assert_eq!(described.task_definition().unwrap().revision(), 3);
    let tagged =
        ecs.describe_task_definition().task_definition("web-a:1").include(TaskDefinitionField::Tags).send().await;
    assert_eq!(tagged.unwrap().tags()[0].key(), Some("a"));
    assert_eq!(
        message(ecs.describe_task_definition().task_definition("web:99").send().await),
        "Unable to describe task definition."
    );
}

#[tokio::test]
async fn lists_come_in_pages_and_tokens_belong_to_their_query() {
    let ecs = ecs(&plain());
    let mut pages = ecs.list_task_definitions().into_paginator().page_size(3).send();
    let mut sizes = Vec::new();
    let mut token = None;
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.task_definition_arns().len());
        token = token.or(page.next_token().map(str::to_owned));
    }
    assert_eq!(sizes, [3, 1]);
    let foreign = ecs.list_tasks().cluster("main").set_next_token(token).send().await;
    assert_eq!(code(foreign), "InvalidParameterException");
    let reversed: Vec<_> = ecs
        .list_task_definitions()
        .sort(SortOrder::Desc)
        .into_paginator()
        .page_size(1)
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap();
    assert_eq!(reversed.len(), 4);
}

#[tokio::test]
async fn services_come_ten_to_a_page_unless_asked_otherwise() {
    let mut lines: Vec<String> = WORLD.lines().map(str::to_owned).collect();
    lines.pop();
    lines[0] = lines[0].replace(",\"trailer\":true", "");
    for n in 0..30 {
        lines.push(format!(
            r#"{{"kind":"ecs.service","account_id":"000000000000","region":"eu-central-1","value":{{"serviceArn":"{}"}}}}"#,
            arn(&format!("service/main/n{n:02}"))
        ));
    }
    let sim = Sim::new(World::read(lines.join("\n").as_bytes()).unwrap(), Options::default());
    let page = ecs(&sim).list_services().cluster("main").send().await.unwrap();
    assert_eq!(page.service_arns().len(), 10);
    let all = ecs(&sim).list_services().cluster("main").max_results(100).send().await.unwrap();
    assert_eq!((all.service_arns().len(), all.next_token()), (32, None));
}

#[tokio::test]
async fn archived_images_are_invisible_unless_asked_for() {
    let ecr = ecr(&plain());
    let seen = ecr.describe_images().repository_name("team/web").send().await.unwrap();
    assert_eq!(seen.image_details().len(), 5);
    let any = DescribeImagesFilter::builder().image_status(ImageStatusFilter::Any).build();
    let all = ecr.describe_images().repository_name("team/web").filter(any).send().await.unwrap();
    assert_eq!(all.image_details().len(), 6);
    assert!(all.image_details()[0].registry_id().is_some() && all.image_details()[0].image_pushed_at().is_some());
    let untagged = ListImagesFilter::builder().tag_status(TagStatus::Untagged).build();
    let untagged = ecr.list_images().repository_name("team/web").filter(untagged).send().await.unwrap();
    assert_eq!(untagged.image_ids().len(), 2);
}

#[tokio::test]
async fn images_are_listed_once_per_tag_across_pages() {
    let ecr = ecr(&plain());
    let ids: Vec<_> = ecr
        .list_images()
        .repository_name("team/web")
        .into_paginator()
        .page_size(1)
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap();
    let tags: Vec<_> = ids.iter().map(|id| id.image_tag().unwrap_or("-")).collect();
    assert_eq!(tags, ["latest", "v2", "-", "-", "child", "multi"]);
}

#[tokio::test]
async fn one_unknown_id_spoils_describe_images_but_not_batch_get_image() {
    let ecr = ecr(&plain());
    let known = ImageIdentifier::builder().image_digest(digest('e')).build();
    let unknown = ImageIdentifier::builder().image_tag("nope").build();
    let spoilt = ecr.describe_images().repository_name("team/web").image_ids(known.clone()).image_ids(unknown.clone());
    assert_eq!(code(spoilt.send().await), "ImageNotFoundException");
    let got =
        ecr.batch_get_image().repository_name("team/web").image_ids(known).image_ids(unknown).send().await.unwrap();
    assert_eq!(got.failures()[0].failure_code(), Some(&ImageFailureCode::ImageNotFound));
    let manifest: serde_json::Value = serde_json::from_str(got.images()[0].image_manifest().unwrap()).unwrap();
    let children: Vec<_> = manifest["manifests"].as_array().unwrap().iter().map(|child| &child["digest"]).collect();
    assert_eq!(children, [&digest('c'), &digest('d')]);
    assert_eq!(code(ecr.list_images().repository_name("nope").send().await), "RepositoryNotFoundException");
}

#[tokio::test]
async fn repositories_carry_what_clients_need_and_tags_come_apart() {
    let ecr = ecr(&plain());
    let repositories = ecr.describe_repositories().send().await.unwrap();
    let repository = &repositories.repositories()[1];
    assert_eq!(repository.repository_uri(), Some("000000000000.dkr.ecr.eu-central-1.amazonaws.com/team/web"));
    let tags = ecr.list_tags_for_resource().resource_arn(repository.repository_arn().unwrap()).send().await.unwrap();
    assert_eq!((tags.tags()[0].key(), tags.tags()[0].value()), ("jettison", "enabled"));
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let sim = plain();
    let other = ecs_of(&sim, "111111111111");
    assert_eq!(other.list_clusters().send().await.unwrap().cluster_arns().len(), 1);
    assert_eq!(code(other.list_services().cluster(arn("cluster/main")).send().await), "ClusterNotFoundException");
    assert!(other.list_task_definitions().send().await.unwrap().task_definition_arns().is_empty());
    assert_eq!(code(ecs_of(&sim, "222222222222").list_clusters().send().await), "UnrecognizedClientException");
}

#[tokio::test]
async fn callers_are_told_who_they_are_and_may_become_another() {
    let sim = plain();
    let sts = sts_of(&sim, "000000000000");
    assert_eq!(sts.get_caller_identity().send().await.unwrap().account(), Some("000000000000"));
    let role = |account: &str| format!("arn:aws:iam::{account}:role/jettison");
    let assumed = sts.assume_role().role_arn(role("111111111111")).role_session_name("run").send().await.unwrap();
    assert_eq!(assumed.credentials().unwrap().access_key_id(), "ASIA111111111111ROLE");
    let denied = sts.assume_role().role_arn(role("222222222222")).role_session_name("run").send().await;
    assert_eq!(code(denied), "AccessDenied");
}

#[tokio::test]
async fn what_is_not_simulated_is_named() {
    let refused = message(ecs(&plain()).list_attributes().target_type("container-instance".into()).send().await);
    assert!(refused.contains("ecs:ListAttributes"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_loaded_world_stands_still_until_it_is_asked_for_something() {
    let world = WORLD.replace("\"status\":\"PRIMARY\",\"taskDefinition\"", "\"status\":\"ACTIVE\",\"taskDefinition\"");
    let sim = Sim::new(World::read(world.as_bytes()).unwrap(), Options::default());
    let services = || async {
        let ecs = ecs(&sim);
        let described = ecs.describe_services().cluster("main").services("gone").services("web").services("blue");
        described.send().await.unwrap().services.unwrap()
    };
    let before = services().await;
    tokio::time::advance(std::time::Duration::from_secs(86_400)).await;
    assert_eq!(services().await, before);
}

#[tokio::test]
async fn services_are_listed_by_the_namespace_of_their_deployments() {
    let connected = WORLD.replacen(
        r#""deployments":[{"#,
        r#""deployments":[{"serviceConnectConfiguration":{"enabled":true,"namespace":"shop"},"#,
        1,
    );
    assert_ne!(connected, WORLD);
    let ecs = ecs(&Sim::new(World::read(connected.as_bytes()).unwrap(), Options::default()));
    let listed = ecs.list_services_by_namespace().namespace("shop").send().await.unwrap();
    assert_eq!(listed.service_arns(), [arn("service/main/web")]);
    let none = ecs.list_services_by_namespace().namespace("other").send().await.unwrap();
    assert!(none.service_arns().is_empty());
    assert_eq!(code(ecs.list_services_by_namespace().namespace("").send().await), "InvalidParameterException");
}
