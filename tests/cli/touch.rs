//! Changing the files of a site, and seeing whether a command did.

use std::{collections::BTreeMap, fs, path::Path};

use crate::site::Site;

/// Replaces a text in a file; it must be there.
#[track_caller]
pub(crate) fn edit(site: &Site, name: &str, old: &str, new: &str) {
    let text = fs::read_to_string(site.path(name)).unwrap();
    assert!(text.contains(old), "{name} does not say {old}");
    fs::write(site.path(name), text.replace(old, new)).unwrap();
}

/// Makes the only account a real one.
pub(crate) fn make_real(site: &Site) {
    edit(site, "policy.hcl", "simulated = \"world.ndjson\"", "");
}

/// Every file and directory of a site, with its bytes.
pub(crate) fn all(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    walk(&site.path(""), &mut found);
    found
}

fn walk(directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if path.is_dir() {
            walk(&path, found);
            found.insert(name, Vec::new());
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}
