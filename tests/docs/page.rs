//! The pages, and the parts of them that are made from the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every file under `folder` whose name ends in `ending`, as paths from the root, in order.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Compares the part `name` of a page with what the code says, or rewrites it.
pub(crate) fn check_generated(path: &str, name: &str, made: &str) {
    let page = read(path);
    let open = format!("<!-- generated: {name} -->\n");
    let start = page.find(&open).unwrap_or_else(|| panic!("{path} has no part {name}")) + open.len();
    let end = start + page[start..].find("<!-- end -->").unwrap();
    let found = page[start..end].trim();
    if found == made.trim() {
        return;
    }
    if std::env::var("UPDATE_EXPECTED").is_ok() {
        fs::write(root().join(path), format!("{}{}\n{}", &page[..start], made.trim(), &page[end..])).unwrap();
    } else {
        panic!("{path}, {name}: not what the code says (UPDATE_EXPECTED=1 rewrites it):\n{made}");
    }
}

/// What stands under a heading of the second level.
pub(crate) fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let rest = page.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap()
}

/// The cells of the rows of every table of a page, without heads and rules.
pub(crate) fn rows(page: &str) -> Vec<Vec<String>> {
    let row = |line: &&str| line.starts_with('|') && !line.starts_with("|-");
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    page.lines().filter(row).map(cells).collect()
}

/// What stands in backticks, code blocks left out.
pub(crate) fn quoted(page: &str) -> Vec<String> {
    let prose: String = page.split("```").step_by(2).collect();
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
