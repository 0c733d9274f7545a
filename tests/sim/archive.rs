//! UpdateImageStorageClass: into the archive and back.

use aws_sdk_ecr::{
    Client,
    types::{DescribeImagesFilter, ImageDetail, ImageIdentifier, ImageStatus, ImageStatusFilter, TargetStorageClass},
};
use std::time::Duration;

use crate::client::{code, digest, ecr, plain};

fn by_digest(digest: &str) -> ImageIdentifier {
    ImageIdentifier::builder().image_digest(digest).build()
}

async fn described(ecr: &Client, digest: &str) -> ImageDetail {
    let any = DescribeImagesFilter::builder().image_status(ImageStatusFilter::Any).build();
    let request = ecr.describe_images().repository_name("team/web").image_ids(by_digest(digest)).filter(any);
    request.send().await.unwrap().image_details.unwrap().remove(0)
}

async fn pushed(ecr: &Client, note: &str) -> String {
    let body = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{{"size":42}}],"note":"{note}"}}"#
    );
    let put = ecr.put_image().repository_name("team/web").image_manifest(body).image_tag(note).send().await.unwrap();
    put.image.unwrap().image_id.unwrap().image_digest.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_image_goes_into_the_archive_at_once_and_comes_back_in_twenty_minutes() {
    let ecr = ecr(&plain());
    let image = pushed(&ecr, "cold").await;
    let update = |target: TargetStorageClass| {
        let request = ecr.update_image_storage_class().repository_name("team/web").image_id(by_digest(&image));
        request.target_storage_class(target).send()
    };
    let unsupported = "ImageStorageClassUpdateNotSupportedException";
    assert_eq!(code(update(TargetStorageClass::Standard).await), unsupported, "it is not archived");
    let answer = update(TargetStorageClass::Archive).await.unwrap();
    assert_eq!(answer.image_status(), Some(&ImageStatus::Archived));
    assert_eq!(answer.image_id().unwrap().image_digest(), Some(image.as_str()));
    assert!(described(&ecr, &image).await.last_archived_at().is_some());
    let listed = ecr.describe_images().repository_name("team/web").send().await.unwrap();
    assert!(listed.image_details().iter().all(|one| one.image_digest() != Some(image.as_str())), "hidden by default");
    assert_eq!(code(update(TargetStorageClass::Archive).await), unsupported, "archiving again is an error");
    let answer = update(TargetStorageClass::Standard).await.unwrap();
    assert_eq!(answer.image_status(), Some(&ImageStatus::Activating));
    assert_eq!(code(update(TargetStorageClass::Archive).await), unsupported, "it is on its way");
    tokio::time::advance(Duration::from_secs(19 * 60)).await;
    assert_eq!(described(&ecr, &image).await.image_status(), Some(&ImageStatus::Activating));
    tokio::time::advance(Duration::from_secs(61)).await;
    let back = described(&ecr, &image).await;
    assert_eq!(back.image_status(), Some(&ImageStatus::Active));
    assert!(back.last_activated_at() > back.last_archived_at());
}

/// The order of lifecycle policies: what an index lists is not archived before the index.
#[tokio::test(start_paused = true)]
async fn a_child_waits_for_its_index() {
    let ecr = ecr(&plain());
    let child = pushed(&ecr, "child").await;
    let manifest = "application/vnd.oci.image.manifest.v1+json";
    let body = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"{manifest}","digest":"{child}","size":1}}]}}"#
    );
    let put = ecr.put_image().repository_name("team/web").image_manifest(body).image_tag("index").send().await.unwrap();
    let index = put.image.unwrap().image_id.unwrap().image_digest.unwrap();
    let archive = |digest: &str| {
        let request = ecr.update_image_storage_class().repository_name("team/web").image_id(by_digest(digest));
        request.target_storage_class(TargetStorageClass::Archive).send()
    };
    assert_eq!(code(archive(&child).await), "ImageStorageClassUpdateNotSupportedException");
    archive(&index).await.unwrap();
    archive(&child).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_found() {
    let ecr = ecr(&plain());
    let update = |repository: &str, id: ImageIdentifier, target: &str| {
        let request = ecr.update_image_storage_class().repository_name(repository).image_id(id);
        request.target_storage_class(TargetStorageClass::from(target)).send()
    };
    let absent = format!("sha256:{}", "0".repeat(64));
    assert_eq!(code(update("team/web", by_digest(&absent), "ARCHIVE").await), "ImageNotFoundException");
    assert_eq!(code(update("absent", by_digest(&absent), "ARCHIVE").await), "RepositoryNotFoundException");
    assert_eq!(code(update("team/web", by_digest(&digest('a')), "ICE").await), "InvalidParameterException");
}
