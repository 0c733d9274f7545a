//! Generated policies, as text: lines of blocks, so that a block or a line can be added to one.

use proptest::prelude::*;

/// A policy in the making.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules {
    pub(crate) window: &'static str,
    pub(crate) observed: bool,
    pub(crate) waivers: Vec<&'static str>,
    pub(crate) blocks: Vec<Block>,
}

/// A retention rule or a protection. Each field holds the lines of a block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub(crate) is_protect: bool,
    pub(crate) kind: &'static str,
    pub(crate) matching: Vec<&'static str>,
    pub(crate) keep: Vec<&'static str>,
    pub(crate) deregister: Vec<&'static str>,
    pub(crate) archive: Vec<&'static str>,
    pub(crate) delete: Vec<&'static str>,
}

pub(crate) const KINDS: [&str; 4] = ["service", "task_set", "task_definition", "image"];

/// Lines that a `match` of this kind may hold, the ones that match most first.
pub(crate) fn matches(kind: &str) -> &'static [&'static str] {
    match kind {
        "service" | "task_set" => &[
            "cluster = [\"*\"]",
            "service = [\"s1\"]",
            "account = [\"demo\"]",
            "tags = { team = \"x\" }",
            "cluster = [\"!c2\"]",
        ],
        "task_definition" => &[
            "family = [\"*\"]",
            "family = [\"f\"]",
            "revisions = \"2..3\"",
            "plaintext_secrets = true",
            "region = [\"eu-central-1\"]",
            "tags = { team = [\"x\"] }",
        ],
        _ => &[
            "repository = [\"*\"]",
            "repository = [\"a\"]",
            "tags = [\"v*\"]",
            "tags = [\"pr-*\"]",
            "tags = [\"!v2\"]",
            "tags = [\"sha256-*\"]",
            "untagged = true",
            "untagged = false",
            "account = [\"demo\"]",
        ],
    }
}

/// Lines that a `keep` of this kind may hold.
pub(crate) fn keeps(kind: &str) -> &'static [&'static str] {
    match kind {
        "task_set" => &["newest = 1", "newest = 2"],
        "task_definition" => &["newest = 1", "newest = 2", "newer_than = \"7d\"", "newer_than = \"0s\""],
        "image" => &[
            "newest = 1",
            "newest = 2",
            "tags = [\"v1\", \"latest\"]",
            "tags = [\"sha256-*\"]",
            "pushed_within = \"7d\"",
            "pulled_within = \"30d\"",
        ],
        _ => &[],
    }
}

fn attribute(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

/// So many lines of those, no attribute twice.
fn some(lines: &'static [&'static str], range: std::ops::Range<usize>) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(0..lines.len().max(1), range).prop_map(move |picks| {
        let mut chosen: Vec<&str> = Vec::new();
        for line in picks.into_iter().filter_map(|pick| lines.get(pick)) {
            if Rules::lacks(&chosen, line) && Rules::fits(&chosen, line) {
                chosen.push(line);
            }
        }
        chosen
    })
}

fn block(kind: &'static str) -> impl Strategy<Value = Block> {
    const AGE: [&str; 4] = ["0s", "0s", "30d", "90d"];
    let matching = prop_oneof![2 => Just(vec![matches(kind)[0]]), 2 => some(matches(kind), 1..3)];
    let keep = prop_oneof![3 => Just(vec![]), 1 => some(keeps(kind), 1..3)];
    let delete: &'static [&'static str] = match kind {
        "service" => &["idle_for = \"0s\"", "idle_for = \"0s\"", "idle_for = \"30d\"", "idle_for = \"90d\""],
        "task_set" => &["older_than = \"0s\"", "older_than = \"30d\""],
        "task_definition" => &["inactive_for = \"0s\"", "inactive_for = \"30d\""],
        _ => &["unused_for = \"0s\"", "unused_for = \"0s\"", "unused_for = \"30d\"", "unused_for = \"90d\""],
    };
    let deregister: &'static [&'static str] = &["unused_for = \"0s\"", "unused_for = \"30d\""];
    (matching, keep, 0..AGE.len(), 0..delete.len(), 0..deregister.len(), 0..4u8, prop::bool::weighted(0.85)).prop_map(
        move |(matching, keep, _, deletes, deregisters, more, does_delete)| {
            let is_definition = kind == "task_definition";
            let mut block =
                Block { is_protect: false, kind, matching, keep, deregister: vec![], archive: vec![], delete: vec![] };
            if does_delete {
                block.delete.push(delete[deletes]);
                if kind == "task_set" && more > 1 {
                    block.delete.push("scale_down = true");
                }
            }
            if is_definition && more > 0 {
                block.deregister.push(deregister[deregisters]);
                if more == 3 {
                    block.deregister.push("last_revision_unused_for = \"30d\"");
                }
            }
            // Shorter than what deletes, where there are both.
            if kind == "image" && more == 1 {
                block.archive = match block.delete.first() {
                    Some(&"unused_for = \"0s\"") => vec![],
                    Some(&"unused_for = \"30d\"") => vec!["unused_for = \"0s\""],
                    Some(_) | None => vec![["unused_for = \"0s\"", "unused_for = \"30d\""][deregisters]],
                };
            }
            if block.keep.is_empty()
                && block.archive.is_empty()
                && block.delete.is_empty()
                && block.deregister.is_empty()
            {
                block.delete.push(delete[deletes]);
            }
            block
        },
    )
}

pub(crate) fn protect() -> impl Strategy<Value = Block> {
    (0..4usize).prop_flat_map(|kind| {
        let kind = KINDS[kind];
        some(matches(kind), 1..3).prop_map(move |matching| Block {
            is_protect: true,
            kind,
            matching,
            keep: vec![],
            deregister: vec![],
            archive: vec![],
            delete: vec![],
        })
    })
}

/// A rule by which everything of a kind goes.
fn everything(kind: &'static str) -> Block {
    let mut block = Block {
        is_protect: false,
        kind,
        matching: vec![matches(kind)[0]],
        keep: vec![],
        deregister: vec![],
        archive: vec![],
        delete: vec![],
    };
    block.delete = match kind {
        "service" => vec!["idle_for = \"0s\""],
        "task_set" => vec!["older_than = \"0s\"", "scale_down = true"],
        "task_definition" => vec!["inactive_for = \"0s\""],
        _ => vec!["unused_for = \"0s\""],
    };
    if kind == "task_definition" {
        block.deregister = vec!["unused_for = \"0s\""];
    }
    block
}

pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    let of_kind = |kind: usize| prop::collection::vec(block(KINDS[kind]), 0..3);
    let blocks =
        (of_kind(0), of_kind(1), of_kind(2), of_kind(3), prop::collection::vec(protect(), 0..2), any::<bool>());
    let waivers = prop::sample::subsequence(vec!["tasks", "task_sets", "lambda", "scheduler", "codedeploy"], 0..2);
    let windows = prop::sample::select(vec!["0s", "0s", "24h"]);
    (blocks, windows, prop::bool::weighted(0.15), waivers, any::<bool>()).prop_map(
        |((a, b, c, d, protects, few), window, observed, waivers, is_sweeping)| {
            let mut blocks = [a, b, c, d].concat();
            // Where little is asked to go, little can go wrong.
            if is_sweeping {
                blocks.extend(KINDS.map(everything));
            }
            if few {
                blocks.extend(protects);
            }
            Rules { window, observed, waivers, blocks }
        },
    )
}

impl Block {
    fn text(&self, name: usize) -> String {
        let word = if self.is_protect { "protect" } else { "retention" };
        let mut text = format!("{word} \"{}\" \"r{name}\" {{\n", self.kind);
        if self.is_protect {
            text += "  reason = \"because\"\n";
        }
        for (word, lines) in [
            ("match", &self.matching),
            ("keep", &self.keep),
            ("deregister", &self.deregister),
            ("archive", &self.archive),
            ("delete", &self.delete),
        ] {
            if !lines.is_empty() {
                text += &format!("  {word} {{\n    {}\n  }}\n", lines.join("\n    "));
            }
        }
        text + "}\n"
    }
}

impl Rules {
    /// The policy as HCL. Blocks are named by their place, so that adding one at the end renames none.
    pub(crate) fn text(&self) -> String {
        self.texts().concat()
    }

    /// The same, a text for each block.
    pub(crate) fn texts(&self) -> Vec<String> {
        let evidence = if self.observed { "observed" } else { "inferred" };
        let mut texts = vec![
            format!("settings {{\n  rollback_window = \"{}\"\n  evidence = \"{evidence}\"\n}}\n", self.window),
            "account \"demo\" {\n  id = \"000000000000\"\n  regions = [\"eu-central-1\", \"us-east-1\"]\n}\n"
                .to_owned(),
            "account \"other\" {\n  id = \"111111111111\"\n  regions = [\"eu-central-1\"]\n}\n".to_owned(),
        ];
        texts.extend(self.waivers.iter().map(|source| format!("waive \"{source}\" {{ reason = \"none\" }}\n")));
        texts.extend(self.blocks.iter().enumerate().map(|(name, block)| block.text(name)));
        texts
    }

    /// Whether a line may stand beside others in a `match`: `untagged = true` is about untagged images alone.
    pub(crate) fn fits(lines: &[&str], line: &str) -> bool {
        let both = |one: &str, two: &str| one.starts_with("tags") && two == "untagged = true";
        !lines.iter().any(|other| both(other, line) || both(line, other))
    }

    /// Whether a line of this attribute may still be added.
    pub(crate) fn lacks(lines: &[&str], line: &str) -> bool {
        !lines.iter().any(|other| attribute(other) == attribute(line))
    }
}
