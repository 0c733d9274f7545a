//! What goes where, and what a terminal, a pipe and a pipeline get to see.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::site::{Run, Site};

const ESCAPE: char = '\u{1b}';

#[test]
fn json_is_one_plan_document_and_nothing_else() {
    let site = Site::quickstart();
    let plan = site.run(&["plan", "--format", "json", "--out", "p.json"]).exits(0);
    let document: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(document["format_version"], "1.0");
    assert_eq!(document["steps"].as_array().unwrap().len(), 44);
    assert_eq!(std::fs::read_to_string(site.path("p.json")).unwrap(), plan.stdout);
}

#[test]
fn every_line_of_an_event_stream_is_json() {
    let site = Site::quickstart();
    let apply = site.run(&["apply", "--auto-approve", "--json"]).exits(0);
    let lines: Vec<Value> = apply.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.first().unwrap()["body"]["event"], "started");
    let ended = lines.iter().filter(|line| line["body"]["event"] == "ended").count();
    let last = lines.last().unwrap();
    assert_eq!((ended, &last["type"], &last["exit_code"]), (44, &Value::from("summary"), &Value::from(0)));
}

#[test]
fn progress_and_notes_are_on_stderr_and_quiet_means_quiet() {
    let site = Site::quickstart();
    let loud = site.run(&["apply", "--auto-approve"]).exits(0);
    assert!(loud.stderr.contains("deregistered"), "{}", loud.stderr);
    assert!(!loud.stdout.contains("/44 "), "{}", loud.stdout);
    let quiet = Site::quickstart().run(&["--quiet", "apply", "--auto-approve"]).exits(0);
    assert_eq!((quiet.stderr.as_str(), quiet.stdout), ("", loud.stdout));
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let site = Site::quickstart();
    assert!(!site.run(&["plan"]).exits(0).stdout.contains(ESCAPE));
    let always = site.run(&["plan", "--color", "always"]).exits(0);
    assert!(always.stdout.contains(ESCAPE));
    assert!(!site.run(&["plan", "--color", "never"]).exits(0).stdout.contains(ESCAPE));
    let plain = Run::of(site.command(&["plan"]).env("NO_COLOR", "1").output().unwrap()).exits(0);
    assert!(!plain.stdout.contains(ESCAPE) && !plain.stderr.contains(ESCAPE));
    let error = site.run(&["--color", "always", "plan", "nowhere"]).exits(1);
    assert!(error.stderr.contains(ESCAPE));
    assert!(!site.run(&["plan", "nowhere"]).exits(1).stderr.contains(ESCAPE));
    // JSON stays JSON whatever the colour.
    let json = site.run(&["--color", "always", "plan", "--format", "json"]).exits(0).stdout;
    assert!(serde_json::from_str::<Value>(&json).is_ok());
}

/// `jettison plan | head -1`: the reader is gone before or while it prints. An apply whose reader went away goes on.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let site = Site::quickstart();
    for words in [
        &["plan", "--full"][..],
        &["plan", "--format", "json"],
        &["completions", "bash"],
        &["--help"],
        &["apply", "--auto-approve", "--json"],
        &["journal", "list"],
    ] {
        let mut child = site.command(words).spawn().unwrap();
        drop(child.stdout.take());
        let gone = Run::of(child.wait_with_output().unwrap());
        assert!(!gone.stderr.contains("panicked"), "{words:?}: {}", gone.stderr);
        gone.exits(0);
    }
    assert!(site.run(&["journal", "list"]).exits(0).stdout.contains("completed"));
}

/// And a stderr that nobody reads stops nothing either.
#[test]
fn a_closed_stderr_is_no_error() {
    let site = Site::quickstart();
    let mut child = site.command(&["apply", "--auto-approve"]).spawn().unwrap();
    drop(child.stderr.take());
    let done = Run::of(child.wait_with_output().unwrap()).exits(0);
    assert!(done.stdout.contains("Finished: 44 done."), "{}", done.stdout);
}

#[test]
fn the_version_is_there_at_once() {
    let site = Site::quickstart();
    let fastest = (0..5).map(|_| {
        let start = Instant::now();
        let version = site.run(&["--version"]).exits(0);
        assert_eq!(version.stdout, concat!("jettison ", env!("CARGO_PKG_VERSION"), "\n"));
        start.elapsed()
    });
    let fastest = fastest.min().unwrap();
    assert!(fastest < Duration::from_millis(200), "{fastest:?} in a debug build; the aim is 20 ms in a release build");
}
