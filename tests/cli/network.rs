//! Against `jettison simulate` over the network: another account, nobody there, and a run that is stopped by hand.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    process::{Child, Command},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    site::{Run, Site},
    touch,
};

/// A simulated AWS as a process, ended when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn of(site: &Site, world: &str) -> Self {
        Self::with(site, world, &[])
    }

    /// With further arguments.
    pub(crate) fn with(site: &Site, world: &str, arguments: &[&str]) -> Self {
        let command = [&["simulate", "--world", world, "--listen", "127.0.0.1:0"], arguments].concat();
        let mut process = site.command(&command).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { url: line.trim().strip_prefix("listening on ").unwrap().to_owned(), process }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

pub(crate) fn with_endpoint(mut command: Command, url: &str) -> Command {
    let environment = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    command.envs(environment);
    command
}

#[test]
fn the_account_of_the_credentials_must_be_the_policys() {
    let site = Site::quickstart();
    let server = Server::of(&site, "world.ndjson");
    touch::make_real(&site);
    touch::edit(&site, "policy.hcl", "\"000000000000\"", "\"111111111111\"");
    let before = touch::all(&site);
    for words in [&["plan"][..], &["apply", "--auto-approve"]] {
        let run = Run::of(with_endpoint(site.command(words), &server.url).output().unwrap()).exits(1);
        for word in ["account \"demo\"", "111111111111", "000000000000", "correct `id`", "nothing was read or changed"]
        {
            assert!(run.stderr.contains(word), "no `{word}` in:\n{}", run.stderr);
        }
        assert!(touch::all(&site) == before, "{words:?} touched something");
    }
}

#[test]
fn an_endpoint_where_nobody_listens_is_said_soon() {
    let site = Site::quickstart();
    touch::make_real(&site);
    let before = touch::all(&site);
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let start = Instant::now();
    let run = Run::of(with_endpoint(site.command(&["plan"]), &format!("http://{address}")).output().unwrap()).exits(1);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    for word in ["account \"demo\"", "cannot reach AWS", "refused", "AWS_ENDPOINT_URL"] {
        assert!(run.stderr.contains(word), "no `{word}` in:\n{}", run.stderr);
    }
    assert!(touch::all(&site) == before);
}

#[test]
fn what_was_pulled_can_be_served() {
    let site = Site::quickstart();
    site.run(&["inventory", "pull", "-o", "pulled.ndjson.zst"]).exits(0);
    let server = Server::of(&site, "pulled.ndjson.zst");
    touch::make_real(&site);
    let plan = Run::of(with_endpoint(site.command(&["plan"]), &server.url).output().unwrap()).exits(0);
    assert!(plan.stdout.contains("delete 1 service"), "{}", plan.stdout);
}

fn send(signal: &str, to: &Child) {
    assert!(Command::new("kill").args(["-s", signal, &to.id().to_string()]).status().unwrap().success());
}

/// SIGINT in the middle of a run: 130 within five seconds, everything recorded, and `resume` does the rest. While it runs,
/// another process is told who has the state.
#[test]
fn a_run_that_is_stopped_by_hand_resumes() {
    let site = Site::quickstart();
    let server = Server::of(&site, "world.ndjson");
    touch::make_real(&site);
    // Task sets and services take half a minute to drain, also here.
    touch::edit(&site, "policy.hcl", "cluster = [\"*\"]", "cluster = [\"elsewhere\"]");
    let command = &mut with_endpoint(site.command(&["apply", "--auto-approve", "--json"]), &server.url);
    let mut apply = command.spawn().unwrap();
    let mut stdout = BufReader::new(apply.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("\"ended\"") {
        assert!(stdout.read_line(&mut said).unwrap() > 0, "it ended without a step: {said}");
    }
    let other = with_endpoint(site.command(&["plan"]), &server.url).output().unwrap();
    let other = Run::of(other).exits(6);
    let holder = format!("process {}", apply.id());
    assert!(other.stderr.contains(&holder) && other.stderr.contains("apply --auto-approve --json"), "{}", other.stderr);

    let start = Instant::now();
    send("INT", &apply);
    stdout.read_to_string(&mut said).unwrap();
    let stopped = Run::of(apply.wait_with_output().unwrap()).exits(130);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(stopped.stderr.contains("stopping"), "{}", stopped.stderr);
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["exit_code"]), (&Value::from("summary"), &Value::from(130)));
    let ended = said.lines().filter(|line| line.contains("\"ended\"")).count();
    assert!(last["pending"].as_u64() > Some(0), "it was through before it could be stopped");

    let list = site.run(&["journal", "list"]).exits(0).stdout;
    assert!(list.contains("interrupted") && list.contains("jettison resume"), "{list}");
    let rest = Run::of(with_endpoint(site.command(&["resume"]), &server.url).output().unwrap()).exits(0);
    assert!(rest.stdout.contains("Finished"), "{}", rest.stdout);
    assert!(rest.stderr.contains(&format!("{ended} of")), "{}", rest.stderr);
}

/// A second signal does not wait for AWS: here it does not answer any more. `resume` reads back what was under way.
#[test]
fn a_run_that_is_stopped_twice_ends_at_once_and_resumes() {
    let site = Site::quickstart();
    let server = Server::of(&site, "world.ndjson");
    touch::make_real(&site);
    touch::edit(&site, "policy.hcl", "cluster = [\"*\"]", "cluster = [\"elsewhere\"]");
    touch::edit(&site, "policy.hcl", "repository = [\"*\"]", "repository = [\"elsewhere\"]");
    let command = &mut with_endpoint(site.command(&["apply", "--auto-approve", "--json"]), &server.url);
    let mut apply = command.spawn().unwrap();
    let mut stdout = BufReader::new(apply.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("\"ended\"") {
        assert!(stdout.read_line(&mut said).unwrap() > 0, "it ended without a step: {said}");
    }
    send("STOP", &server.process);
    let mut stderr = BufReader::new(apply.stderr.take().unwrap());
    let mut told = String::new();
    send("TERM", &apply);
    while !told.contains("stopping") {
        assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
    }
    send("INT", &apply);
    let start = Instant::now();
    Run::of(apply.wait_with_output().unwrap()).exits(130);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    send("CONT", &server.process);

    let list = site.run(&["journal", "list"]).exits(0).stdout;
    assert!(list.contains("open") && list.contains("jettison resume"), "{list}");
    let rest = Run::of(with_endpoint(site.command(&["resume"]), &server.url).output().unwrap()).exits(0);
    assert!(rest.stdout.contains("Finished"), "{}", rest.stdout);
}

/// A plan on a record asks nobody, whoever would answer.
#[test]
fn a_recorded_inventory_opens_no_connection() {
    let site = Site::quickstart();
    touch::make_real(&site);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    for words in [&["plan", "--inventory", "world.ndjson"][..], &["inventory", "show", "world.ndjson"]] {
        Run::of(with_endpoint(site.command(words), &url).output().unwrap()).exits(0);
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "somebody connected");
    }
    // The ear is good.
    let mut plan = with_endpoint(site.command(&["plan"]), &url).spawn().unwrap();
    let heard = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        listener.accept().is_ok()
    });
    plan.kill().unwrap();
    plan.wait().unwrap();
    assert!(heard, "a live plan was not heard");
}
