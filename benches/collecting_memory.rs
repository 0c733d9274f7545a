//! How much memory a collection of a million images takes: held as an inventory, and streamed as `inventory pull` does.
//!
//! `cargo bench --bench collecting_memory [-- held|streamed]`. AWS is a function here that makes up every page when it is asked
//! for, so that what is measured is the collection and not the world it reads. Time is tokio's paused clock. Each way
//! runs in a process of its own, because a process remembers its peak.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "it reads its own peak and asks for real time")]

use std::{fmt::Write as _, io::BufWriter, process::Command, sync::Arc, time::Instant};

use bytes::Bytes;
use jettison::{
    aws::{self, Connection, Session, Transport},
    collect::{MemoryCache, Options, Silent, Spool, UNREAD, collect, collect_into},
    model::Source,
};
use serde_json::{Value, json};

const REPOSITORIES: usize = 200;
const IMAGES: usize = 5_000;
const ONE_INDEX_IN: usize = 10;
const PAGE: usize = 1_000;
const LIMIT_MIB: f64 = 1_024.0;

fn main() {
    let way = std::env::args().find(|argument| ["held", "streamed"].contains(&argument.as_str()));
    let Some(way) = way else {
        for way in ["held", "streamed"] {
            let status = Command::new(std::env::current_exe().unwrap()).arg(way).status().unwrap();
            assert!(status.success(), "{way}: {status}");
        }
        return;
    };
    let start = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let before = peak_mib();
    let (images, manifests) = runtime.block_on(async {
        let sessions = sessions().await;
        if way == "held" { held(&sessions).await } else { streamed(&sessions).await }
    });
    assert_eq!((images, manifests), (REPOSITORIES * IMAGES, REPOSITORIES * IMAGES / ONE_INDEX_IN));
    let peak = peak_mib();
    println!(
        "{way}: {images} images and {manifests} manifests of {REPOSITORIES} repositories, peak {peak:.0} MiB ({before:.0} before), \
         {:.2} of the limit of {LIMIT_MIB} MiB, {:.0} s",
        peak / LIMIT_MIB,
        start.elapsed().as_secs_f64()
    );
    assert!(peak <= LIMIT_MIB, "more than the limit");
}

async fn held(sessions: &[Session]) -> (usize, usize) {
    let inventory = collect(sessions, &options(), &MemoryCache::default(), &Silent).await;
    assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps.first());
    (inventory.images.len(), inventory.manifests.len())
}

async fn streamed(sessions: &[Session]) -> (usize, usize) {
    let file = || tempfile::tempfile().unwrap();
    let spool = Spool::new(file(), file());
    let cache = MemoryCache::default();
    let inventory = collect_into(sessions, &options(), &cache, &Silent, &spool).await.unwrap();
    assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps.first());
    let images = spool.images();
    let mut out = Counted(BufWriter::new(file()), 0);
    spool.write(&inventory, &mut out).unwrap();
    // Header, registry and end beside repositories, images and manifests.
    (images, out.1 - images - REPOSITORIES - 3)
}

/// Counts lines.
struct Counted<W>(W, usize);

impl<W: std::io::Write> std::io::Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1 += bytes[..written].iter().filter(|byte| **byte == b'\n').count();
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Everything but the registry is waived, whether this build reads it or not.
fn options() -> Options {
    let waived = Source::ALL.into_iter().filter(|source| source.can_be_waived() && !source.is_of_registry());
    Options {
        waived: waived.chain(UNREAD.iter().copied()).collect(),
        ..Options::new("2026-11-01T00:00:00Z".parse().unwrap())
    }
}

async fn sessions() -> Vec<Session> {
    let connection = Connection {
        label: "demo".into(),
        account_id: "000000000000".parse().unwrap(),
        regions: vec!["eu-central-1".into()],
        profile: None,
        role_arn: None,
        external_id: None,
        quota_share: 1.0,
        transport: Transport::InProcess(Arc::new(|request| Box::pin(async move { Ok(answer(&request)) }))),
    };
    aws::connect(&connection, "benchmark").await.unwrap()
}

fn answer(request: &http::Request<Bytes>) -> http::Response<Bytes> {
    let target = request.headers().get("x-amz-target").map(|target| target.to_str().unwrap());
    let Some(target) = target else { return response(200, caller()) };
    let input: Value = serde_json::from_slice(request.body()).unwrap();
    let text = |member: &str| input[member].as_str().unwrap_or_default();
    let (status, body) = match target.rsplit('.').next().unwrap() {
        "ListClusters" => (200, json!({ "clusterArns": [] }).to_string()),
        "ListTaskDefinitions" => (200, json!({ "taskDefinitionArns": [] }).to_string()),
        "DescribeRepositories" => (200, repositories()),
        "DescribeImages" => (200, images(text("repositoryName"), text("nextToken").parse().unwrap_or(0))),
        "BatchGetImage" => (200, manifests(input["imageIds"].as_array().unwrap())),
        "ListTagsForResource" => (200, json!({ "tags": [{ "Key": "jettison", "Value": "enabled" }] }).to_string()),
        "DescribeRegistry" => {
            (200, json!({ "registryId": "000000000000", "replicationConfiguration": { "rules": [] } }).to_string())
        }
        "DescribePullThroughCacheRules" => (200, json!({ "pullThroughCacheRules": [] }).to_string()),
        "GetRepositoryPolicy" => refusal("RepositoryPolicyNotFoundException"),
        "GetLifecyclePolicy" => refusal("LifecyclePolicyNotFoundException"),
        _ => refusal("AccessDeniedException"),
    };
    response(status, body)
}

fn response(status: u16, body: String) -> http::Response<Bytes> {
    http::Response::builder().status(status).body(body.into()).unwrap()
}

fn refusal(code: &str) -> (u16, String) {
    (400, json!({ "__type": code, "message": "made up" }).to_string())
}

fn caller() -> String {
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:iam::000000000000:user/demo</Arn><UserId>A</UserId><Account>000000000000</Account>\
     </GetCallerIdentityResult></GetCallerIdentityResponse>"
        .to_owned()
}

fn repositories() -> String {
    let repository = |number: usize| {
        let name = format!("team-{}/service-{number:03}", number % 7);
        json!({ "repositoryName": name, "repositoryArn": format!("arn:aws:ecr:eu-central-1:000000000000:repository/{name}"),
            "createdAt": 1.7e9, "imageTagMutability": "MUTABLE" })
    };
    json!({ "repositories": (0..REPOSITORIES).map(repository).collect::<Vec<_>>() }).to_string()
}

/// A page as long as ECR's, with what ECR says of an ordinary image.
fn images(repository: &str, from: usize) -> String {
    let number: usize = repository.rsplit('-').next().unwrap().parse().unwrap();
    let mut page = String::from("{\"imageDetails\":[");
    for index in from..(from + PAGE).min(IMAGES) {
        let is_index = index % ONE_INDEX_IN == 0;
        let kind = if is_index { "index" } else { "manifest" };
        let id = number * IMAGES + index;
        let comma = if index == from { "" } else { "," };
        let _ = write!(
            page,
            "{comma}{{\"registryId\":\"000000000000\",\"repositoryName\":\"{repository}\",\"imageDigest\":\"sha256:{id:064x}\",\
             \"imageSizeInBytes\":123456789,\"imagePushedAt\":1.76e9,\"lastRecordedPullTime\":1.77e9,\
             \"imageManifestMediaType\":\"application/vnd.oci.image.{kind}.v1+json\",\
             \"artifactMediaType\":\"application/vnd.oci.image.config.v1+json\",\"imageStatus\":\"ACTIVE\""
        );
        if is_index {
            let _ = write!(
                page,
                ",\"imageTags\":[\"v1.{index}\",\"build-{id:012x}\"],\"imageScanFindingsSummary\":{{\"findingSeverityCounts\":\
                 {{\"CRITICAL\":1,\"HIGH\":7,\"MEDIUM\":12}}}}"
            );
        }
        page.push('}');
    }
    page.push(']');
    if from + PAGE < IMAGES {
        let _ = write!(page, ",\"nextToken\":\"{}\"", from + PAGE);
    }
    page.push('}');
    page
}

/// Indexes of two children each.
fn manifests(ids: &[Value]) -> String {
    let image = |id: &Value| {
        let digest = id["imageDigest"].as_str().unwrap();
        let number = usize::from_str_radix(&digest[digest.len() - 15..], 16).unwrap();
        let child = |number: usize| json!({ "digest": format!("sha256:{number:064x}") });
        let manifest = json!({ "schemaVersion": 2, "manifests": [child(number + 1), child(number + 2)] });
        json!({ "imageId": { "imageDigest": digest }, "imageManifest": manifest.to_string() })
    };
    json!({ "images": ids.iter().map(image).collect::<Vec<_>>(), "failures": [] }).to_string()
}

/// The most memory that this process ever had (VmHWM, proc(5)).
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1_024.0
}
