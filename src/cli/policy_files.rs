//! A policy directory: its files, what they say, and the digest that names them.

use std::path::{Path, PathBuf};

use super::{error::CliError, shell::Shell};
use crate::{
    model::sha256,
    policy::{self, Policy},
    render::render_diagnostics,
};

/// A policy and where it was read from.
pub(super) struct PolicyDir {
    pub(super) dir: PathBuf,
    pub(super) policy: Policy,
    /// The digest of its files.
    pub(super) id: String,
}

impl PolicyDir {
    /// Reads the policy of a directory; its warnings go to stderr.
    pub(super) fn read(dir: &Path, shell: &Shell) -> Result<Self, CliError> {
        let files = files(dir)?;
        if files.is_empty() {
            return Err(CliError::NoPolicy(dir.to_owned()));
        }
        let id = files.iter().map(|(name, text)| format!("{name} {}\n", sha256(text))).collect::<String>();
        let (policy, warnings) = policy::parse(files).map_err(CliError::Policy)?;
        if !warnings.is_empty() {
            shell.alert(render_diagnostics(&warnings, shell.diagnostic_style()).trim_end());
        }
        Ok(Self { dir: dir.to_owned(), policy, id: sha256(id) })
    }

    /// A path of the policy, which is relative to it.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }
}

/// The `*.hcl` files of a directory, in the order of their names.
#[expect(clippy::disallowed_methods, reason = "the composition root reads the files")]
fn files(dir: &Path) -> Result<Vec<(String, String)>, CliError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::Read { path, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable(dir))? {
        let path = entry.map_err(unreadable(dir))?.path();
        if path.extension().is_some_and(|extension| extension == "hcl") && path.is_file() {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            files.push((name, text));
        }
    }
    files.sort_unstable();
    Ok(files)
}
