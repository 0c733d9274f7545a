//! Links between pages lead somewhere, paths in backticks exist, and so do the tests that a page names.

use std::{collections::BTreeSet, fs, path::Path};

use crate::page::{files, quoted, read, root};

/// The pages, the README among them once there is one.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = files("docs", ".md").iter().map(|path| path.display().to_string()).collect();
    pages.extend(root().join("README.md").exists().then(|| "README.md".to_owned()));
    pages
}

/// The anchor that a heading gets: lower case, without punctuation, blanks as hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(page: &str) -> BTreeSet<String> {
    let prose: String = page.split("```").step_by(2).collect();
    prose.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

/// The targets of `[text](target)` that are no addresses of the web.
fn links(page: &str) -> Vec<String> {
    let prose: String = page.split("```").step_by(2).collect();
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        for link in links(&read(&page)) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { page.clone() } else { beside(&page, file) };
            let found = fs::read_to_string(root().join(&target));
            let is_there = match &found {
                Ok(text) => anchor.is_empty() || anchors(text).contains(anchor),
                Err(_) => anchor.is_empty() && root().join(&target).exists(),
            };
            if !is_there {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn beside(page: &str, file: &str) -> String {
    Path::new(page).parent().unwrap().join(file).display().to_string()
}

#[test]
fn paths_exist() {
    let mut missing = Vec::new();
    for page in pages() {
        for path in quoted(&read(&page)) {
            // `tests/run rust` is a command; `state/fleet/*.ndjson` a pattern.
            let path = path.split(' ').next().unwrap();
            let is_ours = ["src/", "tests/", "docs/", "examples/"].iter().any(|folder| path.starts_with(folder));
            // What a run writes is not in the repository.
            let is_written = path.ends_with("/state");
            if is_ours && !is_written && !path.contains(['*', '…']) && !root().join(path).exists() {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn tests_that_safety_names_exist_where_it_says() {
    let mut named = 0;
    for row in read("docs/safety.md").lines().filter(|line| line.starts_with('|')) {
        let Some(cell) = row.trim_end_matches('|').rsplit(" | ").next() else { continue };
        let mut waiting: Vec<String> = Vec::new();
        for word in quoted(cell) {
            if word.ends_with(".rs") || word.ends_with(".py") {
                let text = read(&word);
                for test in waiting.drain(..) {
                    let is_written = ["fn", "def"].iter().any(|keyword| text.contains(&format!("{keyword} {test}(")));
                    // Tests of one shape are lines of a macro.
                    let is_there = is_written || text.contains(&format!("\n    {test}: \""));
                    assert!(is_there, "{word} has no test {test}");
                    named += 1;
                }
            } else if word.matches('_').count() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                waiting.push(word);
            }
        }
        assert!(waiting.is_empty(), "no file for {waiting:?}");
    }
    assert!(named > 20, "only {named} tests found: is the table read right?");
}

#[test]
fn anchors_are_made_as_the_web_page_makes_them() {
    assert_eq!(anchor("L5 Order, L6 determinism (A, B)"), "l5-order-l6-determinism-a-b");
    assert_eq!(anchor("`match`"), "match");
}
