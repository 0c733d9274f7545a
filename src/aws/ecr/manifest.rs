//! What an image index says it holds.

use serde::Deserialize;

use crate::model::Digest;

/// An OCI image index (image-spec, `image-index.md`) or a Docker manifest list: both list `manifests[].digest`.
#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: Digest,
}

/// The digests of an index, in its order, each once. One that cannot be read makes the whole index unreadable:
/// it could hold anything.
pub(super) fn children(manifest: &str) -> Result<Vec<Digest>, String> {
    let index: Index =
        serde_json::from_str(manifest).map_err(|error| format!("its manifest is not an image index: {error}"))?;
    let mut children: Vec<Digest> = Vec::new();
    for Descriptor { digest } in index.manifests {
        if !children.contains(&digest) {
            children.push(digest);
        }
    }
    Ok(children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_lists_its_children_once() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let manifest = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"digest":"sha256:{a}","platform":{{}}}},{{"digest":"sha256:{b}"}},{{"digest":"sha256:{a}"}}]}}"#
        );
        let children = children(&manifest).unwrap();
        assert_eq!(
            children.iter().map(Digest::as_str).collect::<Vec<_>>(),
            [format!("sha256:{a}"), format!("sha256:{b}")]
        );
    }

    #[test]
    fn what_is_not_wholly_readable_is_not_read() {
        for manifest in ["", "{", r#"{"layers":[]}"#, r#"{"manifests":[{"digest":"latest"}]}"#, r#"{"manifests":[{}]}"#]
        {
            assert!(children(manifest).is_err(), "{manifest}");
        }
    }
}
