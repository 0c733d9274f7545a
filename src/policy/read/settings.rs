//! `settings` and `state`.

use crate::{
    model::{Age, Diagnostics},
    policy::{
        body::{Block, Found, Reading, VERSION, did_you_mean, report_not_yet},
        problem,
        types::{Evidence, OptInTag, Settings, StateStore},
        value::{Content, FromValue, Value, listed},
        version::Requirement,
    },
};

/// Reads the `settings` block, of which there is at most one.
pub(in crate::policy) fn settings(blocks: Vec<Block<'_>>, reading: &mut Reading) -> Settings {
    let mut settings = Settings::default();
    if let Some(block) = only_one(blocks, reading) {
        block.labels::<0>("settings { … }", reading);
        block.read(reading, |block, reading| read_settings(block, &mut settings, reading));
    }
    settings
}

fn read_settings(block: &mut Block<'_>, settings: &mut Settings, reading: &mut Reading) {
    if let Some(version) = block.attribute::<String>("required_version", reading) {
        check_version(&version, reading);
    }
    if let Some(window) = block.attribute("rollback_window", reading) {
        settings.rollback_window = window.value;
    }
    if let Some(tag) = block.attribute("opt_in_tag", reading) {
        settings.opt_in_tag = tag.value;
    }
    if let Some(key) = block.attribute("protect_tag", reading) {
        settings.protect_tag = key.value;
    }
    if let Some(evidence) = block.attribute("evidence", reading) {
        settings.evidence = evidence.value;
    }
    if let Some(age) = block.attribute("verify_within", reading) {
        let because = "every reading is older than that by the time it arrives, and nothing could be deleted";
        settings.verify_within = above_zero("verify_within", &age, because, reading);
    }
    if let Some(age) = block.attribute("plan_expiry", reading) {
        let because = "every plan would be expired when it is made";
        settings.plan_expiry = above_zero("plan_expiry", &age, because, reading);
    }
}

/// The age, reported if it is zero.
pub(super) fn above_zero(name: &str, age: &Found<Age>, because: &str, reading: &mut Reading) -> Age {
    if age.value.is_zero() {
        reading.error(&age.span, format!("`{name}` must be above zero"), format!("With zero, {because}."));
    }
    age.value
}

fn check_version(version: &Found<String>, reading: &mut Reading) {
    match Requirement::parse(&version.value) {
        Ok(requirement) if requirement.allows(VERSION) => {}
        Ok(_) => {
            let summary = format!("this build ({VERSION}) is not one that the policy allows");
            let detail = format!("The policy asks for `{}`. Use such a build, or change the policy.", version.value);
            reading.error(&version.span, summary, detail);
        }
        Err(fault) => {
            let detail =
                format!("Write for example `\">= 0.1\"`, `\"~> 0.1\"`, `\"= {VERSION}\"` or `\">= 0.1, < 0.3\"`.");
            reading.error(&version.span, fault.to_string(), detail);
        }
    }
}

/// Reads the `state` block, of which there is at most one.
pub(in crate::policy) fn state(blocks: Vec<Block<'_>>, reading: &mut Reading) -> StateStore {
    let path = only_one(blocks, reading).and_then(|block| read_state(block, reading));
    StateStore::Local { path: path.unwrap_or_else(|| "state".to_owned()) }
}

/// The path that the block says, if it says one.
fn read_state(mut block: Block<'_>, reading: &mut Reading) -> Option<String> {
    let [store] = block.labels("state \"local\" { … }", reading)?;
    match store.text.as_str() {
        "local" => {
            block.call("`state \"local\"`".to_owned());
            block.read(reading, |block, reading| block.attribute("path", reading)).map(|said| said.value)
        }
        "s3" => {
            report_not_yet("`state \"s3\"` is", "block", &block.header(), reading);
            None
        }
        other => {
            let detail =
                format!("{}This build keeps its state in `local`.", did_you_mean(other, ["local", "s3"].into_iter()));
            reading.error(&store.span, format!("unknown state store `{other}`"), detail);
            None
        }
    }
}

/// The first block; the others are reported.
pub(super) fn only_one<'a>(blocks: Vec<Block<'a>>, reading: &mut Reading) -> Option<Block<'a>> {
    let mut blocks = blocks.into_iter();
    let first = blocks.next()?;
    for again in blocks {
        let detail = format!("The first is at {}. Write one block that says it all.", first.at());
        reading.error(&again.header(), format!("there is more than one `{}`", first.word()), detail);
    }
    Some(first)
}

impl FromValue for Evidence {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let words = ["inferred", "observed"];
        match String::from_value(value, name, problems)?.as_str() {
            "inferred" => Some(Self::Inferred),
            "observed" => Some(Self::Observed),
            other => {
                let detail = format!("{}It is {}.", did_you_mean(other, words.into_iter()), listed(words, "or"));
                problems.push(value.wrong(format!("`{name}` cannot be `{other}`"), detail));
                None
            }
        }
    }
}

impl FromValue for OptInTag {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        const EXAMPLE: &str = "{ key = \"jettison\", value = \"enabled\" }";
        let Content::Object(entries) = &value.content else {
            problems.push(value.wrong_sort(name, "an object", EXAMPLE));
            return None;
        };
        let (mut key, mut tag_value) = (None, None);
        let mut sound = true;
        for (word, entry) in entries {
            let text = match (word.text.as_str(), &entry.content) {
                // AWS allows a tag to have an empty value, but not an empty key.
                ("value", Content::Text(text)) => Some(text.clone()),
                ("key" | "value", _) => String::from_value(entry, &word.text, problems),
                (other, _) => {
                    let near = did_you_mean(other, ["key", "value"].into_iter());
                    let summary = format!("unknown key `{other}` in `{name}`");
                    let detail = format!("{near}`{name}` has `key` and `value`.");
                    problems.push(problem::error(&word.span, summary, detail));
                    None
                }
            };
            sound &= text.is_some();
            let slot = if word.text == "key" { &mut key } else { &mut tag_value };
            *slot = text;
        }
        if sound && (key.is_none() || tag_value.is_none()) {
            let summary = format!("`{name}` needs both `key` and `value`");
            problems.push(value.wrong(summary, format!("Write for example `{name} = {EXAMPLE}`.")));
        }
        Some(Self { key: key?, value: tag_value? })
    }
}
