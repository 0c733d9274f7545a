//! The rates in `docs/aws.md` are those of `model::quota`, and its batch limits too.

use jettison::{
    aws::Operation,
    model::quota::{Bucket, batch},
};

use crate::page::{check_generated, read, rows, section};

#[test]
fn every_bucket_has_its_row() {
    let mut table = "| bucket | our calls | burst | per second | source |\n|---|---|---:|---:|---|\n".to_owned();
    for bucket in Bucket::ALL {
        let ours = Operation::ALL.into_iter().filter(|operation| operation.bucket() == Some(bucket));
        let ours: Vec<&str> = ours.map(|operation| operation.names().1).collect();
        let ours = if ours.is_empty() { "– (simulated AWS only)".to_owned() } else { ours.join(", ") };
        let rate = bucket.rate();
        let source = if rate.published { "published" } else { "*assumed*" };
        table += &format!("| {bucket} | {ours} | {} | {} | {source} |\n", rate.burst, rate.per_second);
    }
    check_generated("docs/aws.md", "rates", &table);
}

#[test]
fn batch_limits_are_those_of_the_code() {
    let page = read("docs/aws.md");
    let rows = rows(section(&page, "Pages and batches"));
    for (call, limit) in [
        ("DescribeServices", batch::DESCRIBE_SERVICES),
        ("DescribeTasks", batch::DESCRIBE_TASKS),
        ("DescribeClusters", batch::DESCRIBE_CLUSTERS),
        ("DeleteTaskDefinitions", batch::DELETE_TASK_DEFINITIONS),
        ("DescribeImages", batch::IMAGES),
        ("BatchGetImage", batch::IMAGES),
        ("BatchDeleteImage", batch::IMAGES),
    ] {
        let row = rows.iter().find(|row| row[0] == call).unwrap_or_else(|| panic!("no row for {call}"));
        let says = row[2].split([' ', ',']).next().unwrap();
        assert_eq!(says, limit.to_string(), "{row:?}");
    }
}

#[test]
fn every_call_that_is_made_is_on_the_page() {
    let page = read("docs/aws.md");
    let missing: Vec<_> =
        Operation::ALL.iter().map(|operation| operation.names().1).filter(|name| !page.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
