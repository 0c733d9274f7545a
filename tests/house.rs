//! Holds the code to the house rules of `docs/ARCHITECTURE.md`: who may import whom, which rooms are pure, where outside
//! crates live, and how files are kept. The page is read as data, so that it and the code cannot drift apart.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads the tree and stops at the first surprise"
)]

#[path = "house/rules.rs"]
mod rules;
#[path = "house/source.rs"]
mod source;
#[path = "house/table.rs"]
mod table;

use std::{
    fs,
    path::{Path, PathBuf},
};

use rules::{check_file, check_force, check_mod_file, check_page};
use table::Table;

const MOST_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn table() -> Table {
    Table::parse(&read("docs/ARCHITECTURE.md")).unwrap()
}

/// Every file under `folder` whose name ends with one of `endings`, as paths from the root, in order.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let table = table();
    let faults: Vec<_> = files("src", &[".rs"]).iter().flat_map(|file| check_file(&table, file, &read(file))).collect();
    assert_none(&faults);
}

#[test]
fn every_room_and_every_dependency_has_its_place_on_the_page() {
    let folders = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap().path());
    let rooms: Vec<String> = folders
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_none(&check_page(&table(), &rooms, &read("Cargo.toml")));
}

#[test]
fn a_mod_file_holds_docs_and_re_exports() {
    let mut faults = Vec::new();
    for file in files("src", &["mod.rs", "lib.rs"]) {
        let name = file.to_string_lossy().into_owned();
        faults.extend(check_mod_file(&name, &read(&file)));
    }
    assert_none(&faults);
}

#[test]
fn nothing_is_forced() {
    let faults: Vec<_> = files("src", &[".rs"])
        .iter()
        .filter(|file| !file.starts_with("src/sim"))
        .flat_map(|file| check_force(&file.to_string_lossy(), &read(file)))
        .collect();
    assert_none(&faults);
}

#[test]
fn no_file_is_named_after_nothing() {
    let nothing = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];
    let faults: Vec<_> = files("src", &[".rs"])
        .iter()
        .filter(|file| {
            file.iter().any(|part| nothing.iter().any(|name| part == *name || *part == *format!("{name}.rs")))
        })
        .map(|file| format!("{}: name what it holds", file.display()))
        .collect();
    assert_none(&faults);
}

#[test]
fn no_file_is_too_long() {
    let faults: Vec<_> = ["src", "tests"]
        .iter()
        .flat_map(|folder| files(folder, &[".rs", ".py"]))
        .filter_map(|file| {
            let lines = read(&file).lines().count();
            (lines > MOST_LINES).then(|| format!("{} has {lines} lines; split it before {MOST_LINES}", file.display()))
        })
        .collect();
    assert_none(&faults);
}
