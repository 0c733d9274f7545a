//! `match`: what a rule or a protection is about.

use std::{collections::BTreeSet, ops::RangeInclusive};

use super::account::Estate;
use crate::{
    model::{Diagnostics, Patterns},
    policy::{
        body::{Block, Reading, did_you_mean},
        pattern::PatternList,
        types::{ImageSelector, ServiceSelector, TaskDefinitionSelector, TaskSetSelector},
        value::{Content, FromValue, Value, listed},
    },
};

/// `match` of services.
pub(super) fn service(rule: &mut Block<'_>, estate: Option<&Estate>, reading: &mut Reading) -> Option<ServiceSelector> {
    required_match(rule, "cluster", reading, |block, reading| ServiceSelector {
        account: account(block, estate, reading),
        region: region(block, estate, reading),
        cluster: patterns(block, "cluster", reading),
        service: patterns(block, "service", reading),
        tags: block.attribute("tags", reading).map(|tags| tags.value).unwrap_or_default(),
    })
}

/// `match` of task sets.
pub(super) fn task_set(
    rule: &mut Block<'_>,
    estate: Option<&Estate>,
    reading: &mut Reading,
) -> Option<TaskSetSelector> {
    required_match(rule, "cluster", reading, |block, reading| TaskSetSelector {
        account: account(block, estate, reading),
        region: region(block, estate, reading),
        cluster: patterns(block, "cluster", reading),
        service: patterns(block, "service", reading),
        tags: block.attribute("tags", reading).map(|tags| tags.value).unwrap_or_default(),
    })
}

/// `match` of task definitions.
pub(super) fn task_definition(
    rule: &mut Block<'_>,
    estate: Option<&Estate>,
    reading: &mut Reading,
) -> Option<TaskDefinitionSelector> {
    required_match(rule, "family", reading, |block, reading| TaskDefinitionSelector {
        account: account(block, estate, reading),
        region: region(block, estate, reading),
        family: patterns(block, "family", reading),
        tags: block.attribute("tags", reading).map(|tags| tags.value).unwrap_or_default(),
        revisions: block.attribute("revisions", reading).map(|range| range.value),
        plaintext_secrets: block.attribute("plaintext_secrets", reading).map(|wanted| wanted.value),
    })
}

/// `match` of images in a `protect`, where `tags` and `untagged = true` may stand together: both are protected.
pub(super) fn image(rule: &mut Block<'_>, estate: Option<&Estate>, reading: &mut Reading) -> Option<ImageSelector> {
    required_match(rule, "repository", reading, |block, reading| of_images(block, estate, reading))
}

/// `match` of images in a `retention`. Every further word of it must restrict (law L3), and `tags` beside `untagged = true`
/// would not: alone that means untagged images only, and with `tags` tagged ones as well.
pub(super) fn image_of_rule(
    rule: &mut Block<'_>,
    estate: Option<&Estate>,
    reading: &mut Reading,
) -> Option<ImageSelector> {
    required_match(rule, "repository", reading, |block, reading| {
        let select = of_images(block, estate, reading);
        if let (Some(true), true, Some(place)) =
            (select.untagged, block.has_attribute("tags"), block.attribute_place("untagged"))
        {
            let detail = "`untagged = true` alone is about untagged images only; `tags` beside it would add tagged ones. Write two \
                          rules: one with `tags` and `untagged = false`, and one with `untagged = true`.";
            reading.error(&place, "`untagged = true` and `tags` are about different images", detail);
        }
        select
    })
}

fn of_images(block: &mut Block<'_>, estate: Option<&Estate>, reading: &mut Reading) -> ImageSelector {
    ImageSelector {
        account: account(block, estate, reading),
        region: region(block, estate, reading),
        repository: patterns(block, "repository", reading),
        tags: patterns(block, "tags", reading),
        untagged: block.attribute("untagged", reading).map(|wanted| wanted.value),
    }
}

/// Reads `match`, without which, or with nothing in it, a rule would silently be about everything.
fn required_match<T>(
    rule: &mut Block<'_>,
    example: &str,
    reading: &mut Reading,
    read: impl FnOnce(&mut Block<'_>, &mut Reading) -> T,
) -> Option<T> {
    let everything = format!("To mean everything, write `match {{ {example} = [\"*\"] }}`.");
    if !rule.has_block("match") && !rule.has_attribute("match") {
        reading.error(&rule.header(), "nothing says what this is about: there is no `match`", everything.as_str());
    }
    rule.nested("match", reading, |block, reading| {
        if block.is_empty() {
            reading.error(&block.header(), "this `match` is empty", everything.as_str());
        }
        read(block, reading)
    })
}

fn patterns(block: &mut Block<'_>, name: &'static str, reading: &mut Reading) -> Option<Patterns> {
    block.attribute::<PatternList>(name, reading).map(|list| list.value.patterns)
}

fn account(block: &mut Block<'_>, estate: Option<&Estate>, reading: &mut Reading) -> Option<Patterns> {
    let list = block.attribute::<PatternList>("account", reading)?.value;
    if let Some(estate) = estate {
        check_known(&list, "account", &estate.labels, reading);
    }
    Some(list.patterns)
}

fn region(block: &mut Block<'_>, estate: Option<&Estate>, reading: &mut Reading) -> Option<Patterns> {
    let list = block.attribute::<PatternList>("region", reading)?.value;
    if let Some(estate) = estate {
        check_known(&list, "region", &estate.regions, reading);
    }
    Some(list.patterns)
}

/// The policy itself says which accounts and Regions there are, so that a name that fits none of them is a mistake:
/// a protection that protects nothing, or an exclusion that excludes nothing.
fn check_known(list: &PatternList, name: &str, known: &BTreeSet<String>, reading: &mut Reading) {
    let words = known.iter().map(String::as_str);
    for (text, place) in &list.items {
        let glob = text.strip_prefix('!').unwrap_or(text);
        if Patterns::new(&[glob]).is_ok_and(|glob| known.iter().any(|known| glob.matches(known))) {
            continue;
        }
        let near = did_you_mean(glob, words.clone());
        let summary = format!("`{text}` fits no {name} of this policy");
        let detail = format!("{near}The policy has {}.", listed(words.clone(), "and"));
        // A glob may be there for accounts to come; a plain name is a slip.
        if glob.contains(['*', '?', '[', '{']) {
            reading.warn(place, summary, detail);
        } else {
            reading.error(place, summary, detail);
        }
    }
}

/// Revisions, `"1624..1854"`.
impl FromValue for RangeInclusive<u32> {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let Content::Text(text) = &value.content else {
            problems.push(value.wrong_sort(name, "a string", "\"1624..1854\""));
            return None;
        };
        let ends = text
            .split_once("..")
            .and_then(|(first, last)| Some((first.trim().parse::<u32>().ok()?, last.trim().parse::<u32>().ok()?)));
        match ends {
            Some((first, last)) if 1 <= first && first <= last => Some(first..=last),
            Some((first, last)) => {
                let fault = if first == 0 || last == 0 { "the first revision is 1" } else { "its ends are swapped" };
                let detail = "Write the lower revision first; both ends are included.";
                problems.push(value.wrong(format!("`{name}` covers nothing: {fault}"), detail));
                None
            }
            None => {
                let detail = format!("Write for example `{name} = \"1624..1854\"`; both ends are included.");
                problems.push(value.wrong(format!("`{text}` is not a range of revisions"), detail));
                None
            }
        }
    }
}
