//! `docs/comparing.md` shows what the binary prints: each transcript is played again.

use std::fs;

use crate::{site::Site, touch};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/comparing.md");

/// A command as the page writes it, to be run in the directory of the example.
fn words(command: &str) -> Vec<String> {
    let words = command.split_whitespace().map(|word| word.trim_matches('\'').to_owned());
    words
        .map(|word| match word.as_str() {
            "examples/quickstart" => ".".to_owned(),
            "/tmp/base" => "base".to_owned(),
            _ => word,
        })
        .collect()
}

/// The commands and the output of the last of them.
fn transcripts(page: &str) -> Vec<(Vec<String>, String)> {
    let blocks = page.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let transcripts = blocks.map(|block| {
        let (commands, output): (Vec<&str>, Vec<&str>) =
            block.lines().partition(|line| line.starts_with("$ jettison "));
        let commands = commands.iter().map(|line| line.trim_start_matches("$ jettison ").to_owned()).collect();
        (commands, output.join("\n"))
    });
    transcripts.collect()
}

#[test]
fn every_transcript_is_what_is_printed() {
    let page = fs::read_to_string(PAGE).unwrap();
    let all = transcripts(&page);
    assert_eq!(all.len(), 4);
    for (commands, output) in all {
        let site = Site::quickstart();
        if commands.iter().any(|command| command.contains("--policy-base")) {
            fs::create_dir(site.path("base")).unwrap();
            fs::copy(site.path("policy.hcl"), site.path("base/policy.hcl")).unwrap();
            touch::edit(&site, "policy.hcl", "newest        = 5", "newest        = 2");
            touch::edit(&site, "policy.hcl", "idle_for = \"60d\"", "idle_for = \"120d\"");
        }
        let mut printed = String::new();
        for command in &commands {
            let words = words(command);
            let run = site.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(run.code, Some(0), "{command}: {}", run.stderr);
            printed = run.stdout;
        }
        let mut rest = printed.as_str();
        for part in output.split("[…]").map(str::trim).filter(|part| !part.is_empty()) {
            let at = rest.find(part).unwrap_or_else(|| panic!("{commands:?} does not print\n{part}\nbut\n{printed}"));
            rest = &rest[at + part.len()..];
        }
    }
}
