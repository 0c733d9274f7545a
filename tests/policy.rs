//! The policy language from outside: samples of every mistake with what is said about it, and samples that are right.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "a test reads its samples, and whether to rewrite what they expect")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jettison::{
    policy::parse,
    render::{DiagnosticStyle, render_diagnostics},
};

/// The texts of a sample: a file, or a directory of files that are one policy.
fn sample(path: &Path) -> Vec<(String, String)> {
    if path.is_dir() {
        return entries(path).iter().flat_map(|file| sample(file)).collect();
    }
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    vec![(name, fs::read_to_string(path).unwrap())]
}

/// What is in a directory, by name.
fn entries(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.retain(|entry| entry.extension().is_none_or(|extension| extension == "hcl"));
    entries.sort();
    assert!(!entries.is_empty(), "{} is empty", path.display());
    entries
}

/// What a user sees of `path`, and whether it can be used.
fn seen(path: &Path) -> (bool, String) {
    let (usable, diagnostics) = match parse(sample(path)) {
        Ok((_, warnings)) => (true, warnings),
        Err(problems) => (false, problems),
    };
    let text = render_diagnostics(&diagnostics, DiagnosticStyle { colour: false, width: 100 });
    (usable, text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]"))
}

/// Compares `seen` with the text beside the sample; `UPDATE_EXPECTED=1` rewrites that instead.
fn check(path: &Path, seen: &str) -> Result<(), String> {
    let expected = path.with_extension("txt");
    if std::env::var("UPDATE_EXPECTED").is_ok() {
        fs::write(&expected, seen).unwrap();
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if wanted == seen { Ok(()) } else { Err(format!("{}\n{seen}", path.display())) }
}

#[test]
fn every_mistake_is_told_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy");
    let mut surprises = Vec::new();
    for directory in ["invalid", "broken"] {
        for path in entries(&root.join(directory)) {
            let (usable, text) = seen(&path);
            assert!(!usable, "{} is read as a policy", path.display());
            surprises.extend(check(&path, &text).err());
        }
    }
    assert!(surprises.is_empty(), "not as expected (UPDATE_EXPECTED=1 rewrites):\n{}", surprises.join("\n"));
}

#[test]
fn what_is_right_is_read_with_its_warnings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/valid");
    for path in entries(&root) {
        let (usable, text) = seen(&path);
        assert!(usable, "{}\n{text}", path.display());
        check(&path, &text).unwrap();
    }
}
