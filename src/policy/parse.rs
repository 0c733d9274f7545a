//! Files to a policy, or to everything that is wrong with them.

use std::{collections::BTreeMap, sync::Arc};

use hcl::edit::{
    Span as _,
    structure::{Attribute, Structure},
};

use super::{
    body::{Block, Reading, did_you_mean, report_not_yet, span},
    file::read_hcl,
    read::{self, Estate},
    types::Policy,
    value::listed,
};
use crate::model::{Diagnostic, Diagnostics, SourceFile};

/// The blocks that this build reads.
const BLOCKS: [&str; 9] =
    ["settings", "state", "account", "aggregator", "reference", "waive", "protect", "retention", "budget"];

/// Blocks of the language that later builds read.
const NOT_YET: [&str; 2] = ["variable", "locals"];

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
    let mut blocks: BTreeMap<&str, Vec<Block<'_>>> = BTreeMap::new();
    for (file, structure) in bodies.iter().flat_map(|(file, body)| body.iter().map(move |structure| (*file, structure)))
    {
        match structure {
            Structure::Attribute(attribute) => report_attribute(attribute, file, &mut reading),
            Structure::Block(block) => {
                let block = Block::top(block, file);
                if BLOCKS.contains(&block.word()) {
                    blocks.entry(block.word()).or_default().push(block);
                } else {
                    broken |= !NOT_YET.contains(&block.word());
                    report_block(&block, &mut reading);
                }
            }
        }
    }
    let policy = read_policy(blocks, broken, &mut reading);
    if reading.problems.has_errors() { Err(reading.problems) } else { Ok((policy, reading.problems)) }
}

/// Reads the blocks, accounts before what refers to them. Where a file is `broken` or a block is misspelt, what seems to
/// be missing may stand there and is not reported.
fn read_policy(mut blocks: BTreeMap<&str, Vec<Block<'_>>>, broken: bool, reading: &mut Reading) -> Policy {
    let mut take = |word: &str| blocks.remove(word).unwrap_or_default();
    let settings = read::settings(take("settings"), reading);
    let state = read::state(take("state"), reading);
    let account_blocks = take("account");
    let none = account_blocks.is_empty();
    let (accounts, complete) = read::accounts(account_blocks, reading);
    if none && !broken {
        let detail = "Write at least one `account` block with its `id` and `regions`; nothing else says where to look.";
        reading.problems.push(Diagnostic::error(None, "the policy has no account", detail));
    }
    let estate = (complete && !broken && !none).then(|| Estate::of(&accounts));
    let whole = estate.is_some().then_some(accounts.as_slice());
    let aggregators = read::aggregators(take("aggregator"), whole, reading);
    let mut policy = Policy {
        settings,
        state,
        accounts,
        aggregators,
        references: read::references(take("reference"), reading),
        waivers: read::waivers(take("waive"), reading),
        protects: read::protects(take("protect"), estate.as_ref(), reading),
        services: Vec::new(),
        task_sets: Vec::new(),
        task_definitions: Vec::new(),
        images: Vec::new(),
        budget: read::budget(take("budget"), reading),
    };
    read::retentions(take("retention"), estate.as_ref(), &mut policy, reading);
    policy
}

/// Reports an attribute that stands outside of any block.
fn report_attribute(attribute: &Attribute, file: &Arc<SourceFile>, reading: &mut Reading) {
    let place = span(file, attribute.key.span().unwrap_or_default());
    let summary = format!("the attribute `{}` stands outside of any block", attribute.key.as_str());
    reading.error(&place, summary, format!("A file holds blocks: {}.", listed(BLOCKS, "and")));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Age, Bytes, Kind},
        policy::{Selector, StateStore},
    };

    const FULL: &str = include_str!("../../tests/policy/valid/full.hcl");

    fn read(text: &str) -> Result<(Policy, Diagnostics), Diagnostics> {
        parse([("policy.hcl".to_owned(), text.to_owned())])
    }

    fn summaries(text: &str) -> Vec<String> {
        read(text).unwrap_err().iter().map(|problem| problem.summary.clone()).collect()
    }

    #[test]
    fn every_word_arrives_in_the_policy() {
        let (policy, warnings) = read(FULL).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        let line_of = |needle: &str| {
            let line = FULL.lines().position(|line| line.contains(needle)).unwrap() + 1;
            format!("policy.hcl:{line}")
        };
        assert_eq!(policy.settings, crate::policy::Settings::default());
        assert_eq!(policy.state, StateStore::Local { path: "state".into() });
        let prod = &policy.accounts[0];
        assert_eq!((prod.label.as_str(), prod.id.as_str(), prod.regions.len()), ("prod", "111111111111", 2));
        assert_eq!(prod.role_arn.as_deref(), Some("arn:aws:iam::111111111111:role/jettison"));
        assert_eq!((prod.external_id.as_deref(), prod.profile.as_deref()), (Some("jettison"), Some("ops")));
        assert_eq!(policy.accounts[1].simulated.as_deref(), Some("world.ndjson"));
        assert!((policy.accounts[1].quota_share - 0.5).abs() < f64::EPSILON);
        assert_eq!(policy.waivers[0].source.as_str(), "daemons");
        assert_eq!(policy.waivers[1].reason, "Job definitions are made by the nightly run, which names digests.");
        assert_eq!(&*policy.waivers[0].at, line_of("waive \"daemons\""));
        let kinds: Vec<_> = policy.protects.iter().map(|protect| protect.select.kind().as_str()).collect();
        assert_eq!(kinds, ["image", "image", "service", "task_set", "task_definition"]);
        assert!(matches!(&policy.protects[0].select, Selector::Image(image)
            if image.repository.as_ref().unwrap().texts() == ["base/*"]));

        assert_eq!(policy.services[0].terms.delete.as_ref().unwrap().value.to_string(), "30d");
        let task_set = policy.task_sets[0].terms.delete.as_ref().unwrap();
        assert!(task_set.scale_down);
        assert_eq!(policy.task_sets[0].terms.keep_newest.as_ref().unwrap().value, 1);
        let definition = &policy.task_definitions[0];
        assert_eq!(definition.terms.keep.newest.as_ref().unwrap().value, 5);
        assert_eq!(definition.terms.last_revision.as_ref().unwrap().value.to_string(), "365d");
        assert_eq!(&*definition.terms.deregister.as_ref().unwrap().at, line_of("unused_for               = \"180d\""));
        assert_eq!(&*definition.at, line_of("retention \"task_definition\" \"default\""));
        let leaky = &policy.task_definitions[1];
        assert_eq!(leaky.select.plaintext_secrets, Some(true));
        assert_eq!(leaky.terms.delete.as_ref().unwrap().value, Age::ZERO);
        let image = &policy.images[0];
        assert!(image.terms.keep.tags.as_ref().unwrap().value.matches("release-1"));
        assert_eq!(image.terms.keep.pushed_within.as_ref().unwrap().value.to_string(), "14d");
        assert_eq!(image.terms.archive.as_ref().unwrap().value.to_string(), "30d");
        assert_eq!(&*image.terms.archive.as_ref().unwrap().at, line_of("archive { unused_for = \"30d\" }"));
        assert_eq!(policy.images[1].select.untagged, Some(false));
        assert_eq!(policy.images[1].terms.delete.as_ref().unwrap().value.to_string(), "1d 12h");
    }

    #[test]
    fn every_limit_arrives_in_the_budget() {
        let budget = read(FULL).unwrap().0.budget;
        let line_of = |needle: &str| {
            let line = FULL.lines().position(|line| line.contains(needle)).unwrap() + 1;
            format!("policy.hcl:{line}")
        };
        let max_actions = budget.max_actions.as_ref().unwrap();
        assert_eq!((max_actions.value, &*max_actions.at), (2_000, line_of("max_actions").as_str()));
        let image = &budget.of(Kind::Image).plan;
        assert_eq!(image.max_count.as_ref().unwrap().value, 1_500);
        assert_eq!(image.max_percent.as_ref().unwrap().value.get(), 30);
        assert_eq!(image.min_survivors.as_ref().unwrap().value, 3);
        assert_eq!(image.max_bytes.as_ref().unwrap().value, Bytes(2 << 40));
        let account = &budget.of(Kind::Image).account;
        assert_eq!(account.max_count.as_ref().unwrap().value, 500);
        assert_eq!(&*account.max_bytes.as_ref().unwrap().at, line_of("max_bytes     = \"500GB\""));
        assert_eq!(budget.of(Kind::TaskDefinition).plan.max_percent.as_ref().unwrap().value.get(), 50);
        assert_eq!(budget.of(Kind::TaskDefinition).account.max_count.as_ref().unwrap().value, 10_000);
        assert_eq!(budget.of(Kind::TaskSet).plan.min_survivors.as_ref().unwrap().value, 1);
        assert_eq!(budget.of(Kind::Service).plan.max_count.as_ref().unwrap().value, 5);
    }

    #[test]
    fn two_budgets_name_both_places() {
        let budget = |name: &str| (name.to_owned(), "budget {\nmax_actions = 1\n}\n".to_owned());
        let problems = parse([budget("a.hcl"), budget("b.hcl")]).unwrap_err();
        let problem = problems.iter().find(|problem| problem.summary.contains("budget")).unwrap();
        assert_eq!(problem.summary, "there is more than one `budget`");
        assert_eq!(problem.span.as_ref().unwrap().at(), "b.hcl:1");
        assert!(problem.detail.contains("a.hcl:1"), "{}", problem.detail);
    }

    #[test]
    fn files_are_one_policy_in_whatever_order_they_come() {
        let account =
            ("a.hcl".to_owned(), "account \"a\" {\nid = \"000000000000\"\nregions = [\"eu-west-1\"]\n}\n".to_owned());
        let rule = (
            "b.hcl".to_owned(),
            "retention \"image\" \"r\" {\nmatch { account = \"a\" }\ndelete { unused_for = \"0s\" }\n}\n".to_owned(),
        );
        let one = parse([account.clone(), rule.clone()]).unwrap().0;
        let other = parse([rule, account]).unwrap().0;
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_eq!(&*one.images[0].at, "b.hcl:1");
    }

    #[test]
    fn defaults_stand_in_for_what_is_not_said() {
        let (policy, _) = read("account \"a\" {\nid = \"000000000000\"\nregions = [\"eu-west-1\"]\n}\n").unwrap();
        assert_eq!(policy.settings, crate::policy::Settings::default());
        assert_eq!(policy.state, StateStore::Local { path: "state".into() });
    }

    #[test]
    fn a_byte_order_mark_and_line_ends_of_windows_are_read() {
        let text = format!("\u{feff}{}", FULL.replace('\n', "\r\n"));
        assert!(read(&text).is_ok());
    }

    #[test]
    fn nothing_at_all_is_an_error() {
        assert_eq!(summaries(""), ["the policy has no account"]);
        assert!(parse([]).is_err());
    }

    #[test]
    fn a_misspelt_account_is_not_missing_as_well() {
        assert_eq!(summaries("acount \"a\" {}\n"), ["unknown block `acount`"]);
    }

    #[test]
    fn a_broken_file_is_not_blamed_for_what_may_stand_in_it() {
        let problems = parse([
            ("a.hcl".to_owned(), "account \"prod\" {".to_owned()),
            (
                "b.hcl".to_owned(),
                "protect \"image\" \"x\" {\nreason = \"r\"\nmatch { account = \"prod\" }\n}\n".to_owned(),
            ),
        ])
        .unwrap_err();
        assert_eq!(problems.iter().count(), 1, "{problems:?}");
    }
}
