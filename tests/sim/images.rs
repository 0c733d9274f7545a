//! Images: pushing, moving tags, and what BatchDeleteImage refuses.

use aws_sdk_ecr::{
    Client,
    types::{ImageFailureCode, ImageIdentifier},
};

use crate::client::{code, digest, ecr, ecs, plain};

fn by_digest(digest: &str) -> ImageIdentifier {
    ImageIdentifier::builder().image_digest(digest).build()
}

fn by_tag(tag: &str) -> ImageIdentifier {
    ImageIdentifier::builder().image_tag(tag).build()
}

async fn delete(ecr: &Client, ids: Vec<ImageIdentifier>) -> (Vec<ImageIdentifier>, Vec<ImageFailureCode>) {
    let answer = ecr.batch_delete_image().repository_name("team/web").set_image_ids(Some(ids)).send().await.unwrap();
    let failures = answer.failures().iter().map(|failure| failure.failure_code().unwrap().clone()).collect();
    (answer.image_ids().to_vec(), failures)
}

async fn tags(ecr: &Client, digest: &str) -> Option<Vec<String>> {
    let described = ecr.describe_images().repository_name("team/web").image_ids(by_digest(digest)).send().await.ok()?;
    Some(described.image_details()[0].image_tags().to_vec())
}

fn manifest(note: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{{"size":42}}],"note":"{note}"}}"#
    )
}

#[tokio::test]
async fn a_moved_tag_leaves_the_old_image_untagged_and_in_use() {
    let sim = plain();
    let ecr = ecr(&sim);
    for tag in ["v2", "latest"] {
        ecr.put_image().repository_name("team/web").image_manifest(manifest("a")).image_tag(tag).send().await.unwrap();
    }
    assert_eq!(tags(&ecr, &digest('a')).await, Some(Vec::new()));
    let tasks = ecs(&sim).list_tasks().cluster("main").service_name("web").send().await.unwrap().task_arns.unwrap();
    let described = ecs(&sim).describe_tasks().cluster("main").set_tasks(Some(tasks)).send().await.unwrap();
    assert_eq!(described.tasks()[0].containers()[0].image_digest(), Some(digest('a').as_str()));
}

#[tokio::test]
async fn pushing_twice_and_pushing_over_an_immutable_tag_are_refused() {
    let ecr = ecr(&plain());
    let put = |repository: &str, body: String, tag: &str| {
        ecr.put_image().repository_name(repository).image_manifest(body).image_tag(tag).send()
    };
    let pushed = put("team/web", manifest("a"), "new").await.unwrap().image.unwrap();
    let size = ecr.describe_images().repository_name("team/web").image_ids(by_tag("new")).send().await.unwrap();
    assert_eq!(size.image_details()[0].image_size_in_bytes(), Some(42));
    assert_eq!(code(put("team/web", manifest("a"), "new").await), "ImageAlreadyExistsException");
    put("team/web", manifest("a"), "newer").await.unwrap();
    let id = pushed.image_id.unwrap();
    assert_eq!(tags(&ecr, id.image_digest().unwrap()).await.unwrap(), ["new", "newer"]);
    assert_eq!(code(put("team/locked", manifest("b"), "keep").await), "ImageTagAlreadyExistsException");
    put("team/locked", manifest("b"), "other").await.unwrap();
    let got = ecr.batch_get_image().repository_name("team/web").image_ids(id).send().await.unwrap();
    assert_eq!(got.images()[0].image_manifest(), Some(manifest("a").as_str()));
}

#[tokio::test]
async fn a_child_of_an_index_is_refused_until_the_index_is_gone() {
    let ecr = ecr(&plain());
    let both = vec![by_digest(&digest('e')), by_digest(&digest('c'))];
    let (deleted, failures) = delete(&ecr, both).await;
    assert_eq!(failures, [ImageFailureCode::ImageReferencedByManifestList]);
    assert_eq!(deleted[0].image_digest(), Some(digest('e').as_str()));
    let (deleted, failures) = delete(&ecr, vec![by_digest(&digest('c'))]).await;
    assert!(failures.is_empty());
    assert_eq!((deleted.len(), deleted[0].image_tag()), (1, None));
}

#[tokio::test]
async fn the_last_tag_of_a_child_cannot_be_removed() {
    let ecr = ecr(&plain());
    assert_eq!(delete(&ecr, vec![by_tag("child")]).await.1, [ImageFailureCode::ImageReferencedByManifestList]);
    assert_eq!(tags(&ecr, &digest('d')).await.unwrap(), ["child"]);
}

#[tokio::test]
async fn a_pushed_index_guards_its_children() {
    let ecr = ecr(&plain());
    let body = |child: char| {
        let child = digest(child);
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"digest":"{child}"}}]}}"#
        )
    };
    ecr.put_image().repository_name("team/web").image_manifest(body('b')).image_tag("i").send().await.unwrap();
    assert_eq!(delete(&ecr, vec![by_digest(&digest('b'))]).await.1, [ImageFailureCode::ImageReferencedByManifestList]);
    let dangling = ecr.put_image().repository_name("team/web").image_manifest(body('9')).send().await;
    assert_eq!(code(dangling), "ReferencedImagesNotFoundException");
}

#[tokio::test]
async fn a_digest_takes_all_its_tags_and_a_tag_only_itself() {
    let ecr = ecr(&plain());
    let (deleted, _) = delete(&ecr, vec![by_tag("latest")]).await;
    assert_eq!(deleted.len(), 1);
    assert_eq!(tags(&ecr, &digest('a')).await.unwrap(), ["v2"]);
    ecr.put_image().repository_name("team/web").image_manifest(manifest("a")).image_tag("x").send().await.unwrap();
    ecr.put_image().repository_name("team/web").image_manifest(manifest("a")).image_tag("y").send().await.unwrap();
    let of_x = ecr.describe_images().repository_name("team/web").image_ids(by_tag("x")).send().await.unwrap();
    let of_x = of_x.image_details()[0].image_digest().unwrap().to_owned();
    let (deleted, failures) = delete(&ecr, vec![by_digest(&of_x), by_digest(&digest('9')), by_tag("v2")]).await;
    assert_eq!(deleted.iter().filter(|id| id.image_digest() == Some(of_x.as_str())).count(), 2);
    assert_eq!(failures, [ImageFailureCode::ImageNotFound]);
    assert_eq!(tags(&ecr, &digest('a')).await, None, "its last tag was removed");
}

#[tokio::test]
async fn a_tag_that_moved_does_not_match_its_digest() {
    let ecr = ecr(&plain());
    let id = ImageIdentifier::builder().image_digest(digest('b')).image_tag("v2").build();
    assert_eq!(delete(&ecr, vec![id]).await.1, [ImageFailureCode::ImageTagDoesNotMatchDigest]);
    let none = ImageIdentifier::builder().build();
    assert_eq!(delete(&ecr, vec![none]).await.1, [ImageFailureCode::MissingDigestAndTag]);
}

#[tokio::test]
async fn repositories_are_made_tagged_and_deleted() {
    let ecr = ecr(&plain());
    let tag = aws_sdk_ecr::types::Tag::builder().key("jettison").value("enabled").build().unwrap();
    let made = ecr.create_repository().repository_name("fresh/repo").tags(tag.clone()).send().await.unwrap();
    let arn = made.repository.unwrap().repository_arn.unwrap();
    assert_eq!(ecr.list_tags_for_resource().resource_arn(&arn).send().await.unwrap().tags.unwrap(), [tag]);
    ecr.untag_resource().resource_arn(&arn).tag_keys("jettison").send().await.unwrap();
    assert!(ecr.list_tags_for_resource().resource_arn(&arn).send().await.unwrap().tags.unwrap().is_empty());
    assert_eq!(
        code(ecr.create_repository().repository_name("fresh/repo").send().await),
        "RepositoryAlreadyExistsException"
    );
    assert_eq!(code(ecr.create_repository().repository_name("Fresh").send().await), "InvalidParameterException");
    ecr.delete_repository().repository_name("fresh/repo").send().await.unwrap();
    assert_eq!(code(ecr.delete_repository().repository_name("team/web").send().await), "RepositoryNotEmptyException");
    ecr.delete_repository().repository_name("team/web").force(true).send().await.unwrap();
    assert_eq!(code(ecr.list_images().repository_name("team/web").send().await), "RepositoryNotFoundException");
}
