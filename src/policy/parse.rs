//! Files to a policy, or to everything that is wrong with them.

use std::{collections::BTreeMap, sync::Arc};

use hcl::edit::structure::Structure;

use super::{
    body::{Block, Reading, did_you_mean, report_not_yet, span},
    file::read_hcl,
    read::{self, Estate},
    types::Policy,
    value::listed,
};
use crate::model::{Diagnostic, Diagnostics, SourceFile};

/// The blocks that this build reads, in the order in which they are read: accounts before what refers to them.
const BLOCKS: [&str; 6] = ["settings", "state", "account", "waive", "protect", "retention"];

/// Blocks of the language that later builds read.
const NOT_YET: [&str; 5] = ["variable", "locals", "aggregator", "reference", "budget"];

/// Reads `files`, given as name and text, as one policy. The name is what messages and plans cite; the order in which
/// the files are given does not matter.
///
/// The policy comes with the warnings about it.
///
/// # Errors
/// Everything that is wrong in any of the files, and the warnings among it. A file that is not HCL has one problem,
/// and the others are checked all the same.
pub fn parse(files: impl IntoIterator<Item = (String, String)>) -> Result<(Policy, Diagnostics), Diagnostics> {
    let mut reading = Reading::default();
    let files = files.into_iter().map(|(name, text)| {
        // Some editors of Windows begin a file with a byte order mark, which HCL does not know.
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Arc::new(SourceFile { name, text })
    });
    let mut files: Vec<_> = files.collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut bodies = Vec::new();
    let mut broken = false;
    for file in &files {
        match read_hcl(file) {
            Ok(body) => bodies.push((file, body)),
            Err(problem) => {
                broken = true;
                reading.problems.push(problem);
            }
        }
    }
    let blocks = bodies.iter().flat_map(|(file, body)| body.iter().map(move |structure| (*file, structure)));
    let policy = read_blocks(blocks, broken, &mut reading);
    if reading.problems.has_errors() { Err(reading.problems) } else { Ok((policy, reading.problems)) }
}

/// Reads the blocks by word. With a broken file, what seems to be missing may stand there and is not reported.
fn read_blocks<'a>(
    structures: impl Iterator<Item = (&'a Arc<SourceFile>, &'a Structure)>,
    broken: bool,
    reading: &mut Reading,
) -> Policy {
    let mut by_word: BTreeMap<usize, Vec<Block<'a>>> = BTreeMap::new();
    for (file, structure) in structures {
        match structure {
            Structure::Attribute(attribute) => {
                let key = attribute.key.as_str();
                let place = span(file, hcl::edit::Span::span(&attribute.key).unwrap_or_default());
                let detail = format!("A file holds blocks: {}.", listed(BLOCKS, "and"));
                reading.error(&place, format!("the attribute `{key}` stands outside of any block"), detail);
            }
            Structure::Block(block) => {
                let block = Block::top(block, file);
                match BLOCKS.iter().position(|word| *word == block.word()) {
                    Some(order) => by_word.entry(order).or_default().push(block),
                    None => report_block(&block, reading),
                }
            }
        }
    }
    let mut take = |word: &str| {
        let order = BLOCKS.iter().position(|known| *known == word);
        order.and_then(|order| by_word.remove(&order)).unwrap_or_default()
    };
    let settings = read::settings(take("settings"), reading);
    let state = read::state(take("state"), reading);
    let account_blocks = take("account");
    let none = account_blocks.is_empty() && !broken;
    let (accounts, complete) = read::accounts(account_blocks, reading);
    if none {
        let detail = "Write at least one `account` block with its `id` and `regions`; nothing else says where to look.";
        reading.problems.push(Diagnostic::error(None, "the policy has no account", detail));
    }
    let estate = (complete && !broken && !none).then(|| Estate::of(&accounts));
    let mut policy = Policy {
        settings,
        state,
        accounts,
        waivers: read::waivers(take("waive"), reading),
        protects: read::protects(take("protect"), estate.as_ref(), reading),
        services: Vec::new(),
        task_sets: Vec::new(),
        task_definitions: Vec::new(),
        images: Vec::new(),
    };
    read::retentions(take("retention"), estate.as_ref(), &mut policy, reading);
    policy
}

/// Reports a block whose word this build does not read.
fn report_block(block: &Block<'_>, reading: &mut Reading) {
    let word = block.word();
    if NOT_YET.contains(&word) {
        report_not_yet(&format!("`{word}` blocks are"), "block", &block.header(), reading);
        return;
    }
    let detail = format!(
        "{}A policy consists of the blocks {}.",
        did_you_mean(word, BLOCKS.into_iter().chain(NOT_YET)),
        listed(BLOCKS, "and")
    );
    reading.error(&block.header(), format!("unknown block `{word}`"), detail);
}
