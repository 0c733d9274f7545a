//! The rules, each a function from text to faults, so that doctored text can show that they bite.

use std::{collections::BTreeSet, path::Path};

use crate::{
    source::{item_end, paths, tokens},
    table::{Purity, Table, matches},
};

const WAITING: [&str; 2] = ["async", "await"];
const IMPURE_WORDS: [&str; 3] = ["SystemTime", "Instant", "tokio"];
const IMPURE_STD: [&str; 5] = ["fs", "env", "net", "process", "thread"];
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];
const LANGUAGE: [&str; 5] = ["std", "core", "alloc", "self", "super"];

/// The faults of one file under `src/`: imports, outside crates, and purity where its room promises it.
pub(crate) fn check_file(table: &Table, file: &Path, text: &str) -> Vec<String> {
    let parts: Vec<&str> = file.iter().filter_map(|part| part.to_str()).skip(1).collect();
    let [room, .., name] = parts[..] else { return Vec::new() };
    let depth = parts.len() - usize::from(name == "mod.rs");
    if name.ends_with("tests.rs") {
        return Vec::new();
    }
    let Some(rules) = table.rooms.get(room) else { return vec![format!("{}: no row for `{room}`", file.display())] };
    let tokens = tokens(text);
    let paths = paths(&tokens, depth);
    let mut faults = BTreeSet::new();
    for path in &paths {
        let segment = |at: usize| path.get(at).map(String::as_str);
        let (first, second) = (path[0].as_str(), segment(1).unwrap_or_default());
        if first == "crate" {
            let known = table.rooms.contains_key(second);
            if (known || second == "self") && second != room && !rules.allows(second, segment(2)) {
                faults.insert(format!("imports `{}`, which the table does not let `{room}` do", path.join("::")));
            }
        } else if is_outside(table, first) && !table.allows_crate(room, first) {
            faults.insert(format!("uses the crate `{first}`, which has no place in `{room}`"));
        } else if rules.purity != Purity::Impure && first == "std" && IMPURE_STD.contains(&second) {
            faults.insert(format!("`{room}` is pure and uses `std::{second}`"));
        }
    }
    for pair in tokens.windows(2).filter(|pair| pair[0] == "mod" && pair[1].ends_with("tests")) {
        faults.insert(format!("`mod {}` is not behind `#[cfg(test)]`, and this test does not look into it", pair[1]));
    }
    if rules.purity != Purity::Impure {
        for (at, token) in tokens.iter().enumerate() {
            let printing = PRINTING.contains(&token.as_str()) && tokens.get(at + 1).is_some_and(|next| next == "!");
            let waiting = rules.purity == Purity::Pure && WAITING.contains(&token.as_str());
            if printing || waiting || IMPURE_WORDS.contains(&token.as_str()) {
                faults.insert(format!("`{room}` is pure and says `{token}`"));
            }
        }
    }
    faults.into_iter().map(|fault| format!("{}: {fault}", file.display())).collect()
}

/// Whether a path that begins with `first` leaves the crate: a crate that the page knows by name.
fn is_outside(table: &Table, first: &str) -> bool {
    let all = table.rooms.values().flat_map(|room| &room.crates);
    !LANGUAGE.contains(&first) && all.into_iter().any(|pattern| matches(pattern, first))
}

/// What the page forgot: rooms of the tree, and dependencies of the manifest that belong to no room.
pub(crate) fn check_page(table: &Table, rooms: &[String], manifest: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for room in rooms {
        if !table.rooms.contains_key(room) {
            faults.push(format!("src/{room} has no row in docs/ARCHITECTURE.md"));
        }
    }
    for room in table.rooms.keys() {
        if !rooms.contains(room) {
            faults.push(format!("docs/ARCHITECTURE.md describes src/{room}, which does not exist"));
        }
    }
    for name in dependencies(manifest) {
        if !table.for_all.contains(&name) && !is_outside(table, &name) {
            faults.push(format!("the dependency `{name}` is in no row of docs/ARCHITECTURE.md"));
        }
    }
    faults
}

/// The names under which the code sees the crates of `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| if name == "hcl-rs" { "hcl".to_owned() } else { name.replace('-', "_") })
        .collect()
}

/// Calls that pass `force` to AWS (law L12). The simulated AWS alone may read it.
pub(crate) fn check_force(name: &str, text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let calls = tokens
        .windows(3)
        .filter(|three| three[0] == "." && matches!(three[1].as_str(), "force" | "set_force") && three[2] == "(");
    calls.map(|three| format!("{name} calls `{}`; nothing is ever forced", three[1])).collect()
}

/// What a `mod.rs` holds besides docs, modules and `use`.
pub(crate) fn check_mod_file(name: &str, text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut faults = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "#" {
            let open = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token == "!"));
            at = attribute_end(&tokens, open);
            continue;
        }
        let end = item_end(&tokens, at);
        let mut words = tokens[visibility_end(&tokens, at)..end].iter().map(String::as_str);
        let kind = words.next().unwrap_or_default();
        let declares = kind == "mod" && tokens.get(end - 1).is_some_and(|last| last == ";");
        if !declares && kind != "use" {
            faults.push(format!("{name} holds `{kind} {}`; give it a file", words.next().unwrap_or_default()));
        }
        at = end;
    }
    faults
}

/// One past `pub`, `pub(crate)`, `pub(in crate::sim)` or nothing.
fn visibility_end(tokens: &[String], at: usize) -> usize {
    let said = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token == word);
    if !said(at, "pub") {
        return at;
    }
    let close = tokens.iter().skip(at).position(|token| token == ")").unwrap_or_default();
    if said(at + 1, "(") { at + close + 1 } else { at + 1 }
}

fn attribute_end(tokens: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "[" => depth += 1,
            "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

mod tests {
    use super::*;

    const PAGE: &str = "\
| room | pure | holds | may import | crates of its own |
|---|---|---|---|---|
| `model` | yes | words | – | `jiff` |
| `plan` | yes | plans | `model` | – |
| `apply` | no | deeds | `model` `plan::Action` | `tokio` `aws_*` |
| `log` | awaits | notes | `model` | – |
| `cli` | no | all | everything | – |

Every room may use `serde` and `thiserror`.
";

    fn faults(file: &str, text: &str) -> Vec<String> {
        check_file(&Table::parse(PAGE).unwrap(), Path::new(file), text)
    }

    #[test]
    fn what_is_allowed_passes() {
        for (file, text) in [
            ("src/plan/step.rs", "use crate::model::Kind; use super::Plan; use std::{fmt, collections::BTreeMap};"),
            (
                "src/plan/step.rs",
                "/// Not `std::fs`, nor tokio.\nconst A: &str = r#\"crate::apply \"println!\"\"#; // async",
            ),
            ("src/plan/step.rs", "fn a<'a>(c: char) { c == '\"' || c == '\\'' } use serde::Serialize;"),
            (
                "src/plan/step.rs",
                "#[cfg(test)]\nmod tests { use crate::apply::x; fn f() { println!(\"}\"); } }\nfn g() {}",
            ),
            ("src/plan/step_tests.rs", "use crate::apply::x;"),
            ("src/apply/run.rs", "use crate::plan::Action; async fn f() { aws_sdk_ecs::Client::new() }"),
            ("src/log/mod.rs", "async fn f() { g().await }"),
            ("src/cli/mod.rs", "use crate::{apply, plan::{self as p, step}};"),
        ] {
            assert_eq!(faults(file, text), Vec::<String>::new(), "{file}: {text}");
        }
    }

    #[test]
    fn what_is_not_allowed_is_caught() {
        for (file, text, fault) in [
            ("src/model/id.rs", "use crate::plan::Plan;", "crate::plan::Plan"),
            ("src/plan/step.rs", "use crate::{model::Kind, apply::Run};", "crate::apply::Run"),
            ("src/plan/step.rs", "fn f() -> crate::apply::Run {}", "crate::apply::Run"),
            ("src/plan/step.rs", "use super::super::apply::Run;", "crate::apply::Run"),
            ("src/plan/mod.rs", "pub use super::apply::Run;", "crate::apply::Run"),
            ("src/plan/deep/step.rs", "use super::super::super::{apply};", "crate::apply"),
            ("src/apply/run.rs", "use crate::plan::{Action, decide};", "crate::plan::decide"),
            ("src/apply/run.rs", "use crate::plan::*;", "crate::plan"),
            ("src/apply/run.rs", "use crate::plan;", "crate::plan"),
            ("src/plan/step.rs", "use tokio::time;", "tokio"),
            ("src/plan/step.rs", "use ::aws_sdk_ecs::Client;", "aws_sdk_ecs"),
            ("src/plan/step.rs", "use jiff::Timestamp;", "jiff"),
            ("src/plan/step.rs", "fn f() { std::fs::read(\"a\") }", "std::fs"),
            ("src/plan/step.rs", "use std::{fmt, env::{self, var}};", "std::env"),
            ("src/plan/step.rs", "async fn f() {}", "async"),
            ("src/plan/step.rs", "fn f(t: SystemTime) {}", "SystemTime"),
            ("src/plan/step.rs", "fn f() { println!(\"a\") }", "println"),
            ("src/plan/step.rs", "#[cfg(test)] mod tests { } use crate::apply::x;", "crate::apply::x"),
            ("src/log/mod.rs", "async fn f() { tokio::time::sleep(a).await }", "tokio"),
            ("src/log/mod.rs", "async fn f() { std::fs::read(a) }", "std::fs"),
            ("src/plan/mod.rs", "mod step_tests;", "step_tests"),
            ("src/attic/mod.rs", "", "attic"),
        ] {
            let faults = faults(file, text);
            assert!(faults.iter().any(|found| found.contains(fault)), "{file}: {text}: {faults:?}");
        }
    }

    #[test]
    fn a_full_mod_file_is_caught() {
        let clean = "//! Docs.\n#![doc = \"a\"]\nmod a;\npub mod b;\npub use a::{A, B};\npub(super) use a::C;\npub(in crate::sim) use a::D;\n#[cfg(test)]\nmod tests;\n";
        assert_eq!(check_mod_file("m", clean), Vec::<String>::new());
        for (text, fault) in [("pub struct A { a: u8 }", "struct A"), ("fn f() {}", "fn f"), ("mod a { }", "mod a")] {
            assert!(check_mod_file("m", &format!("{clean}{text}")).join(" ").contains(fault), "{text}");
        }
    }

    #[test]
    fn force_is_caught() {
        assert_eq!(
            check_force("a", "ecs.delete_service().service(s); enforce(x); // .force(true)"),
            Vec::<String>::new()
        );
        assert_eq!(check_force("a", "ecs.delete_service().force(true).service(s)").len(), 1);
        assert_eq!(check_force("a", "ecs.delete_service().set_force(Some(true))").len(), 1);
    }

    #[test]
    fn what_the_page_forgot_is_caught() {
        let table = Table::parse(PAGE).unwrap();
        let rooms = ["model", "plan", "apply", "log", "attic"].map(str::to_owned);
        let manifest = "[dependencies]\naws-sdk-ecs = \"1\"\nrand = \"1\"\nserde = { version = \"1\" }\n[dev-dependencies]\nx = \"1\"";
        let faults = check_page(&table, &rooms, manifest).join("\n");
        assert_eq!(faults.lines().count(), 3, "{faults}");
        assert!(faults.contains("attic") && faults.contains("src/cli") && faults.contains("`rand`"), "{faults}");
        assert!(Table::parse("# no table").is_err());
    }
}
