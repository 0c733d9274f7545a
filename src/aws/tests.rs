//! The room against canned answers, below the SDK.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    AwsError, Connection, ErrorKind, ItemOutcome, Mutation, Network, Removal, Session, TaskFilter, Transport,
    Unanswered, connect,
};
use crate::model::{Digest, RepositoryName};

type Reply = Result<http::Response<Bytes>, Unanswered>;

/// Answers STS, and everything else from a list; keeps what was asked.
#[derive(Clone, Default)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<(String, serde_json::Value)>>>,
}

impl Script {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: Arc::new(Mutex::new(replies.into_iter().collect())), asked: Arc::default() }
    }

    fn answer(&self, request: &http::Request<Bytes>) -> Reply {
        let Some(target) = request.headers().get("x-amz-target") else { return identity("000000000000") };
        let operation = target.to_str().unwrap().rsplit('.').next().unwrap().to_owned();
        let body = serde_json::from_slice(request.body()).unwrap();
        self.asked.lock().unwrap().push((operation, body));
        self.replies.lock().unwrap().pop_front().expect("the script has no answer left")
    }

    fn connection(&self) -> Connection {
        let script = self.clone();
        connection(Transport::InProcess(Arc::new(move |request| {
            let reply = script.answer(&request);
            Box::pin(async move { reply })
        })))
    }

    async fn session(&self) -> Session {
        connect(&self.connection(), "test").await.unwrap().remove(0)
    }

    fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn connection(transport: Transport) -> Connection {
    Connection {
        label: "demo".into(),
        account_id: "000000000000".parse().unwrap(),
        regions: vec!["eu-central-1".into()],
        profile: None,
        role_arn: None,
        external_id: None,
        quota_share: 1.0,
        transport,
    }
}

fn reply(status: u16, body: impl Into<Bytes>) -> Reply {
    Ok(http::Response::builder().status(status).header("x-amzn-requestid", "request-1").body(body.into()).unwrap())
}

fn identity(account: &str) -> Reply {
    reply(
        200,
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Account>{account}</Account><Arn>arn:aws:iam::{account}:user/demo</Arn><UserId>U</UserId>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
    )
}

fn sts_error(code: &str) -> Reply {
    reply(
        403,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        ),
    )
}

fn failed(status: u16, code: &str, message: &str) -> Reply {
    reply(status, serde_json::json!({ "__type": code, "message": message }).to_string())
}

fn json(value: &serde_json::Value) -> Reply {
    reply(200, value.to_string())
}

fn digest(number: u64) -> Digest {
    format!("sha256:{number:064x}").parse().unwrap()
}

const DEFINITION: &str = "arn:aws:ecs:eu-central-1:000000000000:task-definition/web:1";

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_open_nothing() {
    let transport = Transport::InProcess(Arc::new(|_| Box::pin(async { identity("111111111111") })));
    let error = connect(&connection(transport), "test").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::WrongAccount);
    let text = error.to_string();
    assert!(text.contains("000000000000") && text.contains("111111111111") && text.contains("correct `id`"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn every_way_of_not_getting_in_is_told_apart() {
    for (code, kind) in [
        ("ExpiredToken", ErrorKind::ExpiredCredentials),
        ("InvalidClientTokenId", ErrorKind::RejectedCredentials),
        ("AccessDenied", ErrorKind::AccessDenied),
    ] {
        let transport = Transport::InProcess(Arc::new(move |_| Box::pin(async move { sts_error(code) })));
        let error = connect(&connection(transport), "test").await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.code.as_deref(), Some(code));
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_be_assumed_is_told_from_other_refusals() {
    for (code, kind) in [("AccessDenied", ErrorKind::RoleRefused), ("ExpiredToken", ErrorKind::ExpiredCredentials)] {
        let client = super::transport::in_process(Arc::new(move |_| Box::pin(async move { sts_error(code) })));
        let base = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::from_static("eu-central-1"))
            .credentials_provider(for_tests())
            .http_client(client)
            .time_source(aws_smithy_async::time::SystemTimeSource::new())
            .build();
        let role = aws_config::sts::AssumeRoleProvider::builder("arn:aws:iam::000000000000:role/jettison")
            .session_name("test")
            .configure(&base)
            .build()
            .await;
        let provider = aws_credential_types::provider::SharedCredentialsProvider::new(role);
        let config = base.into_builder().credentials_provider(provider).build();
        let transport = Transport::Network(Network::new());
        let session = super::connection::session(&connection(transport), &config, &"eu-central-1".into());
        let outcome = session.delete_service("main", "web").await.unwrap_err();
        assert!(matches!(&outcome, Mutation::Definite(error) if error.kind == kind), "{outcome}");
        assert_eq!(outcome.error().code.as_deref(), Some(code), "{outcome}");
    }
}

fn for_tests() -> aws_credential_types::provider::SharedCredentialsProvider {
    aws_credential_types::provider::SharedCredentialsProvider::new(aws_credential_types::Credentials::for_tests())
}

/// A session over the network whose endpoint is a port of this machine. Identity is not checked: nobody would answer.
fn session_at(port: u16) -> Session {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
        .credentials_provider(for_tests())
        .http_client(Network::new().client())
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .build();
    super::connection::session(&connection(Transport::Network(Network::new())), &config, &"eu-central-1".into())
}

#[tokio::test]
async fn an_endpoint_where_nobody_listens_is_unreachable_soon_and_nothing_was_sent() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let start = Instant::now();
    let error = session_at(port).list_clusters().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    let outcome = session_at(port).delete_service("main", "web").await.unwrap_err();
    assert!(matches!(&outcome, Mutation::Definite(error) if error.kind == ErrorKind::Unreachable), "{outcome}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_connection_cut_after_the_request_leaves_a_doubt() {
    use tokio::io::AsyncReadExt as _;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        stream.read(&mut request).await.unwrap()
    });
    let outcome = session_at(port).delete_service("main", "web").await.unwrap_err();
    assert!(matches!(&outcome, Mutation::InDoubt(error) if error.kind == ErrorKind::Unanswered), "{outcome}");
    assert!(server.await.unwrap() > 0, "the request did arrive");
}

#[tokio::test(start_paused = true)]
async fn every_answer_to_a_mutation_is_definite_or_in_doubt() {
    let garbage = || reply(200, "<html>");
    for (answer, definite, kind) in [
        (failed(400, "InvalidParameterException", "no"), true, ErrorKind::Refused),
        (failed(400, "AccessDeniedException", "no"), true, ErrorKind::AccessDenied),
        (failed(400, "LimitExceededException", "no"), true, ErrorKind::Refused),
        (failed(400, "ExpiredTokenException", "no"), true, ErrorKind::ExpiredCredentials),
        (reply(403, "<html>"), false, ErrorKind::Garbled),
        (failed(500, "ServerException", "oops"), false, ErrorKind::ServerFault),
        (failed(503, "SlowDown", "oops"), false, ErrorKind::Throttled),
        (reply(502, "<html>"), false, ErrorKind::ServerFault),
        (garbage(), false, ErrorKind::Garbled),
        (Err(Unanswered), false, ErrorKind::Unanswered),
    ] {
        let shown = format!("{answer:?}");
        let script = Script::new([answer]);
        let outcome = script.session().await.deregister_task_definition(DEFINITION).await.unwrap_err();
        assert_eq!(matches!(outcome, Mutation::Definite(_)), definite, "{shown}: {outcome}");
        assert_eq!(outcome.error().kind, kind, "{shown}: {outcome}");
        assert_eq!(script.calls(), 1, "a mutation is never sent again behind anybody's back: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mutation_without_an_answer_in_time_is_in_doubt() {
    let transport = Transport::InProcess(Arc::new(|request: http::Request<Bytes>| {
        Box::pin(async move {
            if request.headers().contains_key("x-amz-target") {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
            }
            identity("000000000000")
        })
    }));
    let session = connect(&connection(transport), "test").await.unwrap().remove(0);
    let start = Instant::now();
    let outcome = session.deregister_task_definition(DEFINITION).await.unwrap_err();
    assert!(matches!(&outcome, Mutation::InDoubt(error) if error.kind == ErrorKind::Unanswered), "{outcome}");
    assert!(start.elapsed() <= Duration::from_secs(31));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_mutation_was_not_carried_out_and_is_not_sent_again_without_another_look() {
    let throttled = || failed(400, "ThrottlingException", "Rate exceeded");
    let script = Script::new([throttled(), reply(200, "{}")]);
    let outcome = script.session().await.deregister_task_definition(DEFINITION).await.unwrap_err();
    assert!(matches!(&outcome, Mutation::Definite(error) if error.kind == ErrorKind::Throttled), "{outcome}");
    assert_eq!(script.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn throttled_reads_slow_the_bucket_down() {
    let clusters = || json(&serde_json::json!({ "clusterArns": [] }));
    let script = Script::new(
        [failed(400, "ThrottlingException", "Rate exceeded")]
            .into_iter()
            .chain(std::iter::repeat_with(clusters).take(40)),
    );
    let session = script.session().await;
    let start = Instant::now();
    for _ in 0..40 {
        session.list_clusters().await.unwrap();
    }
    // Unthrottled, a full bucket of fifty would let all of them pass at once; halved, ten a second pass.
    assert!(start.elapsed() > Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_after_what_may_pass_and_only_then() {
    let script =
        Script::new([Err(Unanswered), reply(500, "<html>"), json(&serde_json::json!({ "clusterArns": ["a"] }))]);
    assert_eq!(script.session().await.list_clusters().await.unwrap(), ["a"]);
    let script = Script::new([failed(400, "AccessDeniedException", "User is not authorized")]);
    let error = script.session().await.list_clusters().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ecs:ListClusters in demo/eu-central-1: access denied: User is not authorized (AccessDeniedException, request \
         request-1); grant the action to the role (`jettison iam-policy` prints the document)"
    );
    assert_eq!(script.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_leads_back_into_itself_is_an_error() {
    let page = |token: &str| json(&serde_json::json!({ "taskArns": ["t"], "nextToken": token }));
    let script = Script::new([page("a"), page("b"), page("a")]);
    let error: AwsError = script.session().await.list_tasks("main", TaskFilter::Running).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Garbled);
    assert!(error.message.contains("never ends"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_definition_is_not_found() {
    let script = Script::new([failed(400, "ClientException", "Unable to describe task definition.")]);
    let error = script.session().await.describe_task_definition(DEFINITION).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn every_definition_of_a_deletion_gets_its_own_outcome() {
    let arns: Vec<String> = (1..=4)
        .map(|revision| format!("arn:aws:ecs:eu-central-1:000000000000:task-definition/web:{revision}"))
        .collect();
    let script = Script::new([json(&serde_json::json!({
        "taskDefinitions": [{ "taskDefinitionArn": arns[0] }, { "taskDefinitionArn": arns[3] }],
        "failures": [{ "arn": arns[1], "reason": "ACTIVE", "detail": "deregister first" }, { "arn": arns[3], "reason": "X" }],
    }))]);
    let results = script.session().await.delete_task_definitions(&arns).await.unwrap();
    assert_eq!(results.iter().map(|result| &result.item).collect::<Vec<_>>(), arns.iter().collect::<Vec<_>>());
    assert_eq!(results[0].outcome, ItemOutcome::Done);
    assert_eq!(
        results[1].outcome,
        ItemOutcome::Refused { code: "ACTIVE".to_owned(), message: "deregister first".to_owned() }
    );
    assert!(matches!(results[2].outcome, ItemOutcome::InDoubt { .. }));
    assert!(matches!(results[3].outcome, ItemOutcome::InDoubt { .. }));
}

#[tokio::test(start_paused = true)]
async fn every_image_of_a_deletion_gets_its_own_outcome() {
    let id = |number: u64| serde_json::json!({ "imageDigest": digest(number) });
    let script = Script::new([json(&serde_json::json!({
        "imageIds": [
            { "imageDigest": digest(1), "imageTag": "a" }, { "imageDigest": digest(1), "imageTag": "b" },
        ],
        "failures": [
            { "imageId": id(2), "failureCode": "ImageNotFound", "failureReason": "gone" },
            { "imageId": id(3), "failureCode": "ImageReferencedByManifestList", "failureReason": "held" },
        ],
    }))]);
    let digests: Vec<Digest> = (1..=4).map(digest).collect();
    let results = script.session().await.batch_delete_images(&"team/web".into(), &digests).await.unwrap();
    assert_eq!(results.len(), 4, "a digest with two tags counts once");
    assert_eq!(results[0].outcome, ItemOutcome::Done);
    assert_eq!(results[1].outcome, ItemOutcome::AlreadyGone);
    assert!(
        matches!(&results[2].outcome, ItemOutcome::Refused { code, .. } if code == "ImageReferencedByManifestList")
    );
    assert!(matches!(results[3].outcome, ItemOutcome::InDoubt { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_already_is_no_failure() {
    let script = Script::new([failed(400, "RepositoryNotFoundException", "no")]);
    let results = script.session().await.batch_delete_images(&"web".into(), &[digest(1)]).await.unwrap();
    assert_eq!(results[0].outcome, ItemOutcome::AlreadyGone);
    let script = Script::new([failed(400, "TaskSetNotFoundException", "no")]);
    assert_eq!(script.session().await.delete_task_set("main", "web", "ecs-svc/1").await, Ok(Removal::AlreadyGone));
}

#[tokio::test(start_paused = true)]
async fn force_is_never_sent() {
    let script = Script::new([reply(200, "{}"), reply(200, "{}"), reply(200, "{}")]);
    let session = script.session().await;
    session.scale_task_set_to_zero("main", "web", "ecs-svc/1").await.unwrap();
    session.delete_task_set("main", "web", "ecs-svc/1").await.unwrap();
    session.delete_service("main", "web").await.unwrap();
    for (operation, body) in script.asked.lock().unwrap().iter() {
        assert!(body.get("force").is_none(), "{operation}: {body}");
    }
}

/// Answers DescribeImages by digest as ECR does, knowing only even digests.
#[tokio::test(start_paused = true)]
async fn unknown_digests_are_found_by_halving() {
    let asked = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&asked);
    let answer = move |request: http::Request<Bytes>| -> Reply {
        if !request.headers().contains_key("x-amz-target") {
            return identity("000000000000");
        }
        *counter.lock().unwrap() += 1;
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let digests: Vec<&str> =
            body["imageIds"].as_array().unwrap().iter().map(|id| id["imageDigest"].as_str().unwrap()).collect();
        if digests.iter().any(|text| text.ends_with('5')) {
            return failed(400, "ImageNotFoundException", "one of them does not exist");
        }
        let details =
            digests.iter().map(|digest| serde_json::json!({ "imageDigest": digest, "imageStatus": "SOMEWHERE" }));
        json(&serde_json::json!({ "imageDetails": details.collect::<Vec<_>>() }))
    };
    let answer = Arc::new(answer);
    let transport = Transport::InProcess(Arc::new(move |request| {
        let answer = Arc::clone(&answer);
        Box::pin(async move { answer(request) })
    }));
    let session = connect(&connection(transport), "test").await.unwrap().remove(0);
    let digests: Vec<Digest> = (0..50).map(digest).collect();
    let repository = RepositoryName::from("web");
    let batch = session.describe_images_by_digest(&repository, &digests).await.unwrap();
    let missing: Vec<_> = batch.failures.iter().map(|failure| failure.object.clone()).collect();
    let ends_in_5: Vec<_> = digests.iter().map(ToString::to_string).filter(|text| text.ends_with('5')).collect();
    assert_eq!(missing, ends_in_5);
    assert!(batch.failures.iter().all(super::Failure::is_missing));
    assert_eq!(batch.found.len() + missing.len(), 50);
    assert_eq!(batch.found[0].image_status.as_deref(), Some("SOMEWHERE"), "unknown values keep their text");
    let calls = *asked.lock().unwrap();
    assert!(calls < 50, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn manifests_and_their_failures_are_all_accounted_for() {
    let child = digest(100);
    let manifest = format!(r#"{{"manifests":[{{"digest":"{child}"}}]}}"#);
    let image = |number: u64, tag: &str, manifest: &str| serde_json::json!({ "imageId": { "imageDigest": digest(number), "imageTag": tag }, "imageManifest": manifest });
    let script = Script::new([json(&serde_json::json!({
        "images": [image(1, "a", &manifest), image(1, "b", &manifest), image(2, "c", "{}")],
        "failures": [{ "imageId": { "imageDigest": digest(3) }, "failureCode": "ImageNotFound", "failureReason": "no" }],
    }))]);
    let indexes: Vec<Digest> = (1..=4).map(digest).collect();
    let batch = script.session().await.batch_get_manifests(&"web".into(), &indexes).await.unwrap();
    assert_eq!(batch.found.len(), 1);
    assert_eq!(batch.found[0].children, [child]);
    let mut failed: Vec<_> = batch.failures.iter().map(|failure| failure.object.clone()).collect();
    failed.sort();
    assert_eq!(failed, [digest(2), digest(3), digest(4)].map(|digest| digest.to_string()));
    let (_, body) = script.asked.lock().unwrap()[0].clone();
    assert_eq!(body["acceptedMediaTypes"].as_array().unwrap().len(), 5);
    assert_eq!(body["registryId"], "000000000000");
}

#[tokio::test(start_paused = true)]
async fn values_of_the_environment_stay_here() {
    let script = Script::new([json(&serde_json::json!({
        "taskDefinition": {
            "taskDefinitionArn": DEFINITION, "family": "web", "revision": 1, "status": "BRAND_NEW",
            "registeredAt": 1_700_000_000.5,
            "containerDefinitions": [{
                "name": "web", "image": "nginx", "command": ["--password=hunter2"],
                "environment": [{ "name": "DB_PASSWORD", "value": "hunter2" }],
                "secrets": [{ "name": "OTHER_PASSWORD", "valueFrom": "hunter2" }],
            }],
        },
        "tags": [{ "key": "team", "value": "shop" }],
    }))]);
    let definition = script.session().await.describe_task_definition(DEFINITION).await.unwrap();
    assert_eq!(definition.status, "BRAND_NEW", "unknown values keep their text");
    assert_eq!(definition.plaintext_secrets, ["DB_PASSWORD"]);
    assert_eq!(definition.tags[0].value, "shop");
    assert_eq!(definition.registered_at.unwrap().to_string(), "2023-11-14T22:13:20.5Z");
    assert!(!serde_json::to_string(&definition).unwrap().contains("hunter2"));
}
