//! Lists of references: what each entry means, and that a list that cannot be had is a gap and never an empty list.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use jettison::{
    collect::{List, ListFrom, Options},
    graph::Graph,
    inventory::{Inventory, Seen},
    model::{Kind, Scope, Source},
};
use tempfile::TempDir;

use crate::{
    cloud::Cloud,
    options,
    world::{arn, definition, fleet},
};

const IMAGE: &str = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/team/web";

fn listing(from: ListFrom) -> Options {
    Options { lists: vec![List { label: "eks".to_owned(), from }], ..options() }
}

/// The fleet, seen with what `entries` lists.
async fn seen_with(world: &Inventory, entries: &str) -> Inventory {
    let directory = tempfile::tempdir().unwrap();
    write(&directory, "eks.json", entries);
    let from = ListFrom::File(directory.path().join("eks.json"));
    Cloud::new(world).collect(listing(from), &Arc::default()).await
}

#[expect(clippy::disallowed_methods, reason = "a test makes the files that it reads")]
fn write(directory: &TempDir, name: &str, text: &str) {
    fs::write(directory.path().join(name), text).unwrap();
}

/// The references as `where holder: what`.
fn told(inventory: &Inventory) -> Vec<String> {
    let told = inventory.references.iter().map(|Seen { location, value }| {
        assert_eq!(value.source, "reference.eks");
        let what = [&value.image, &value.task_definition, &value.family].into_iter().flatten().next().unwrap();
        format!("{location} {}: {what}", value.holder)
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_an_image_or_a_definition_and_says_who_refers() {
    let entries = format!(
        r#"["{IMAGE}:v1", "{}", "nginx:1.27", "web:2", {{"image": "{IMAGE}@{}", "holder": "deploy/shop"}},
            {{"task_definition": "web:1"}}, {{"family": "web"}}]"#,
        arn("task-definition/web:3"),
        crate::world::digest(1),
    );
    let read = seen_with(&fleet(), &entries).await;
    let home = "000000000000/eu-central-1";
    let mut expected = vec![
        format!("{home} deploy/shop: {IMAGE}@{}", crate::world::digest(1)),
        format!("{home} eks.json: {IMAGE}:v1"),
        format!("{home} eks.json: {}", arn("task-definition/web:3")),
        format!("{home} eks.json: nginx:1.27"),
        // It may be an image of Docker Hub and the definition of that name: it is held as both.
        format!("{home} eks.json: web:2"),
        format!("{home} eks.json: web:2"),
        format!("{home} eks.json: web:1"),
        format!("{home} eks.json: web"),
    ];
    let mut found = told(&read);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(read.gaps.is_empty(), "{:?}", read.gaps);
    assert!(Graph::compile(&read).unresolved().is_empty(), "{:?}", Graph::compile(&read).unresolved());
}

#[tokio::test(start_paused = true)]
async fn what_is_neither_holds_everything_everywhere() {
    let mut world = fleet();
    let other =
        Scope { account: "other".into(), account_id: "111111111111".parse().unwrap(), region: "us-east-1".into() };
    world.scopes.push(other.clone());
    let unknown = [
        "7",
        "null",
        "\"\"",
        "\"the web image\"",
        "\"docker://nginx\"",
        "\"sha256:00\"",
        "{}",
        r#"{"image": 7}"#,
        r#"{"img": "nginx"}"#,
        r#"{"image": "nginx", "family": "web"}"#,
        r#"{"family": "web:1"}"#,
        r#"{"task_definition": "web:latest"}"#,
        r#"{"task_definition": "gone:4"}"#,
        r#"{"family": "gone"}"#,
        r#""arn:aws:ecs:eu-central-1:000000000000:service/main/web""#,
    ];
    for entry in unknown {
        let read = seen_with(&world, &format!("[{entry}]")).await;
        let graph = Graph::compile(&read);
        for scope in &world.scopes {
            for kind in [Kind::TaskDefinition, Kind::Image] {
                let held = graph.unresolved().iter().any(|unresolved| unresolved.may_hold(kind, &scope.location()));
                assert!(held, "{entry} lets a {kind} of {scope} go");
            }
        }
    }
    let ours = "\"000000000000.dkr.ecr.eu-central-1.example.invalid/web:1\"";
    let graph = Graph::compile(&seen_with(&world, &format!("[{ours}]")).await);
    assert!(graph.unresolved().iter().any(|unresolved| unresolved.may_hold(Kind::Image, &other.location())));
    assert!(seen_with(&world, "[]").await.references.is_empty());
}

/// A name without an account is looked for in all of them.
#[tokio::test(start_paused = true)]
async fn a_bare_name_is_held_wherever_there_is_one() {
    let mut world = fleet();
    let other =
        Scope { account: "other".into(), account_id: "111111111111".parse().unwrap(), region: "us-east-1".into() };
    let mut there = definition("batch", 4, "INACTIVE");
    there.task_definition_arn = "arn:aws:ecs:us-east-1:111111111111:task-definition/batch:4".to_owned();
    world.task_definitions.push(Seen::new(other.location(), there));
    world.scopes.push(other);
    let directory = tempfile::tempdir().unwrap();
    write(&directory, "eks.json", r#"["batch:4", {"task_definition": "batch:4", "holder": "b"}]"#);
    let options = || listing(ListFrom::File(directory.path().join("eks.json")));
    let whole = Cloud::new(&world).collect(options(), &Arc::default()).await;
    // The look before a deletion reads ACTIVE definitions only, and has to ask for this one.
    let again = Cloud::new(&world).reference_sweep(options(), &Arc::default()).await;
    for read in [whole, again] {
        let places: Vec<_> = told(&read).into_iter().filter(|told| told.contains("111111111111")).collect();
        assert_eq!(
            places,
            ["111111111111/us-east-1 b: batch:4", "111111111111/us-east-1 eks.json: batch:4"],
            "{:?}",
            told(&read)
        );
        assert!(Graph::compile(&read).unresolved().is_empty());
        assert!(read.gaps.is_empty(), "{:?}", read.gaps);
    }
}

fn command(directory: &Path, program: &[&str], timeout: Duration) -> ListFrom {
    let program = program.iter().map(|word| (*word).to_owned()).collect();
    ListFrom::Command { program, directory: directory.to_owned(), timeout }
}

fn script(directory: &TempDir, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    write(directory, "in-use.sh", &format!("#!/bin/sh\n{text}\n"));
    let path = directory.path().join("in-use.sh");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// On a paused clock, as every run of simulated accounts: a program takes real time.
#[tokio::test(start_paused = true)]
async fn a_program_runs_beside_the_policy_and_may_take_its_time() {
    let directory = tempfile::tempdir().unwrap();
    write(&directory, "list", &format!("[\"{IMAGE}:v1\"]"));
    script(&directory, "sleep 0.3; test -z \"$(cat)\" && cat \"$1\"");
    let from = command(directory.path(), &["./in-use.sh", "list"], Duration::from_secs(20));
    let read = Cloud::new(&fleet()).collect(listing(from), &Arc::default()).await;
    assert_eq!(told(&read), [format!("000000000000/eu-central-1 ./in-use.sh list: {IMAGE}:v1")]);
    assert!(read.gaps.is_empty(), "{:?}", read.gaps);
}

/// Reads a list that cannot be had, in both sweeps, and gives what is said.
async fn gap(from: ListFrom) -> String {
    let whole = Cloud::new(&fleet()).collect(listing(from.clone()), &Arc::default()).await;
    let again = Cloud::new(&fleet()).reference_sweep(listing(from), &Arc::default()).await;
    assert_eq!(whole.gaps, again.gaps);
    assert_eq!(whole.gaps.len(), 1, "{:?}", whole.gaps);
    let gap = &whole.gaps[0];
    assert_eq!((gap.source, gap.object.as_deref()), (Source::Reference, Some("reference.eks")));
    let anywhere = Scope { account: "x".into(), account_id: "222222222222".parse().unwrap(), region: "x".into() };
    for kind in [Kind::TaskDefinition, Kind::Image] {
        assert!(gap.may_hold(kind, &anywhere.location(), None), "it holds no {kind}");
    }
    gap.error.clone()
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_had_is_a_gap_with_its_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| ListFrom::File(directory.path().join(name));
    write(&directory, "cut.json", "[\"a\"");
    write(&directory, "object.json", "{\"images\": []}");
    for (from, words) in [
        (file("gone.json"), &["gone.json", "No such file", "check `path`"][..]),
        (file(""), &["not a regular file", "check `path`"]),
        (file("cut.json"), &["cut.json", "EOF", "mend the list"]),
        (file("object.json"), &["object.json", "mend the list"]),
        (ListFrom::Forbidden, &["--allow-commands"]),
    ] {
        let said = gap(from).await;
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_fails_is_a_gap_with_its_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let long = Duration::from_secs(20);
    for (text, words) in [
        ("echo '[]'; exit 3", &["`./in-use.sh`", "exit code 3", "by hand"][..]),
        ("echo '[]'; kill -9 $$", &["signal: 9"]),
        ("echo all of them", &["not a JSON array", "mend the list"]),
        ("exec cat /dev/zero", &["more than 64 MiB", "shorten"]),
    ] {
        script(&directory, text);
        let said = gap(command(directory.path(), &["./in-use.sh"], long)).await;
        assert!(words.iter().all(|word| said.contains(word)), "{text}: {said}");
    }
    let said = gap(command(directory.path(), &["./nobody.sh"], long)).await;
    assert!(said.contains("cannot be started") && said.contains("check `program`"), "{said}");
}

/// Real time passes here: a second at most.
#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_end_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    script(&directory, "echo $$ > pid; exec sleep 600");
    let start = started();
    let from = command(directory.path(), &["./in-use.sh"], Duration::from_millis(300));
    let read = Cloud::new(&fleet()).collect(listing(from), &Arc::default()).await;
    let [gap] = read.gaps.as_slice() else { panic!("{:?}", read.gaps) };
    assert!(gap.error.contains("longer than 300ms") && gap.error.contains("`timeout`"), "{}", gap.error);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(is_gone(&directory), "it lives on");
}

/// Whoever stops waiting for a sweep leaves no program behind.
#[tokio::test]
async fn a_program_nobody_waits_for_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    script(&directory, "echo $$ > pid; exec sleep 600");
    let from = command(directory.path(), &["./in-use.sh"], Duration::from_secs(600));
    let (sessions, options) = (Cloud::new(&fleet()).sessions().await, listing(from));
    let cache = jettison::collect::MemoryCache::default();
    let sweep = jettison::collect::reference_sweep(&sessions, &options, &cache);
    assert!(tokio::time::timeout(Duration::from_secs(1), sweep).await.is_err());
    assert!(is_gone(&directory), "it lives on");
}

#[expect(clippy::disallowed_methods, reason = "what is measured takes real time")]
fn started() -> Instant {
    Instant::now()
}

/// Whether the process that wrote its id has ended, within a moment.
#[expect(clippy::disallowed_methods, reason = "a process ends in real time")]
fn is_gone(directory: &TempDir) -> bool {
    let pid = fs::read_to_string(directory.path().join("pid")).unwrap();
    let status = format!("/proc/{}/status", pid.trim());
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        fs::read_to_string(&status).map_or(true, |status| status.contains("State:\tZ"))
    })
}
