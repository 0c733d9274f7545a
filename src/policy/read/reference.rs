//! `aggregator` and `reference`: uses in places that no account of the policy shows.

use super::{
    label::{Seen, check_name},
    settings::above_zero,
};
use crate::{
    model::{Age, Diagnostics},
    policy::{
        body::{Block, Found, Reading, did_you_mean},
        types::{Account, Aggregator, ListOrigin, ReferenceList},
        value::{Content, FromValue, Name, Value, listed},
    },
};

/// How old what AWS Config says may be, where the policy does not say: daily recording is as slow as that.
const DEFAULT_STALENESS: Age = Age::from_seconds(24 * 3_600);
/// How long a program may take, where the policy does not say.
const DEFAULT_TIMEOUT: Age = Age::from_seconds(30);
const KINDS: [&str; 2] = ["file", "command"];
const RENAME: &str = "Keep one of them, or give this one another name.";

/// Reads the `aggregator` blocks. `accounts` is absent when some of them could not be read.
pub(in crate::policy) fn aggregators(
    blocks: Vec<Block<'_>>,
    accounts: Option<&[Account]>,
    reading: &mut Reading,
) -> Vec<Aggregator> {
    let mut seen = Seen::new(RENAME);
    blocks
        .into_iter()
        .filter_map(|mut block| {
            let [label] = block.labels("aggregator \"org\" { … }", reading)?;
            check_name(&label, reading);
            let title = format!("`aggregator \"{}\"`", label.text);
            block.call(title.clone());
            seen.note(label.text.clone(), &label.span, title, reading);
            block.read(reading, |block, reading| aggregator(&label, block, accounts, reading))
        })
        .collect()
}

fn aggregator(
    label: &Name,
    block: &mut Block<'_>,
    accounts: Option<&[Account]>,
    reading: &mut Reading,
) -> Option<Aggregator> {
    let account = block.required::<String>("account", "\"prod\"", reading);
    let region = block.required::<String>("region", "\"eu-central-1\"", reading);
    let name = block.required::<String>("name", "\"org-aggregator\"", reading);
    let staleness = block.attribute::<Age>("max_staleness", reading);
    if let (Some(accounts), Some(account)) = (accounts, &account) {
        check_place(accounts, account, region.as_ref(), reading);
    }
    let because = "whatever AWS Config says would be too old";
    let max_staleness = staleness.map_or(DEFAULT_STALENESS, |age| above_zero("max_staleness", &age, because, reading));
    Some(Aggregator {
        label: label.text.clone(),
        account: account?.value.into(),
        region: region?.value.into(),
        name: name?.value,
        max_staleness,
        at: block.at(),
    })
}

/// The aggregator is asked through an account of the policy, in a Region that is entered anyway.
fn check_place(accounts: &[Account], account: &Found<String>, region: Option<&Found<String>>, reading: &mut Reading) {
    let Some(found) = accounts.iter().find(|known| known.label.as_str() == account.value) else {
        let labels = accounts.iter().map(|known| known.label.as_str());
        let detail = format!(
            "{}It is the label of an `account` block: {}.",
            did_you_mean(&account.value, labels.clone()),
            listed(labels, "or")
        );
        reading.error(&account.span, format!("`{}` is no account of this policy", account.value), detail);
        return;
    };
    if let Some(region) = region
        && !found.regions.iter().any(|known| known.as_str() == region.value)
    {
        let regions = found.regions.iter().map(crate::model::Region::as_str);
        let detail = format!(
            "{}`{}` has {}. Name one of them, or add the Region to its `regions`.",
            did_you_mean(&region.value, regions.clone()),
            found.label,
            listed(regions, "and")
        );
        reading.error(
            &region.span,
            format!("account `{}` does not have the Region `{}`", found.label, region.value),
            detail,
        );
    }
}

/// Reads the `reference` blocks. Their names are unique whatever their kinds: plans cite them as `reference.NAME`.
pub(in crate::policy) fn references(blocks: Vec<Block<'_>>, reading: &mut Reading) -> Vec<ReferenceList> {
    let mut seen = Seen::new(RENAME);
    blocks
        .into_iter()
        .filter_map(|mut block| {
            let [kind, label] = block.labels("reference \"file\" \"eks\" { … }", reading)?;
            check_name(&label, reading);
            seen.note(label.text.clone(), &label.span, format!("the reference `{}`", label.text), reading);
            block.call(format!("`reference \"{}\"`", kind.text));
            let at = block.at();
            let from = match kind.text.as_str() {
                "file" => block.read(reading, file)?,
                "command" => block.read(reading, command)?,
                other => {
                    let near = did_you_mean(other, KINDS.into_iter());
                    let detail = format!("{near}A list comes from a {}.", listed(KINDS, "or a"));
                    reading.error(&kind.span, format!("unknown kind of reference `{other}`"), detail);
                    return None;
                }
            };
            Some(ReferenceList { label: label.text, from, at })
        })
        .collect()
}

fn file(block: &mut Block<'_>, reading: &mut Reading) -> Option<ListOrigin> {
    let path = block.required::<String>("path", "\"in-use/eks.json\"", reading)?;
    Some(ListOrigin::File { path: path.value })
}

fn command(block: &mut Block<'_>, reading: &mut Reading) -> Option<ListOrigin> {
    let program = block.required::<Program>("program", "[\"./in-use.sh\"]", reading);
    let timeout = block.attribute::<Age>("timeout", reading);
    let because = "the program would be stopped before it begins";
    let timeout = timeout.map_or(DEFAULT_TIMEOUT, |age| above_zero("timeout", &age, because, reading));
    Some(ListOrigin::Command { program: program?.value.0, timeout })
}

/// A program and its arguments. It is not given to a shell, so that nothing in it means more than it says.
struct Program(Vec<String>);

impl FromValue for Program {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        const EXAMPLE: &str = "[\"./in-use.sh\", \"--all\"]";
        let Content::List(items) = &value.content else {
            let mut problem = value.wrong_sort(name, "a list of strings", EXAMPLE);
            problem.detail.push_str(" The program comes first, each argument by itself; no shell reads it.");
            problems.push(problem);
            return None;
        };
        if items.is_empty() {
            problems.push(
                value.wrong(format!("`{name}` is an empty list"), format!("Write for example `{name} = {EXAMPLE}`.")),
            );
            return None;
        }
        let mut words = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match &item.content {
                // An argument may be empty, a program not.
                Content::Text(text) if index > 0 => words.push(text.clone()),
                Content::Text(_) => words.push(String::from_value(item, name, problems)?),
                Content::Null | Content::Bool(_) | Content::Number(_) | Content::List(_) | Content::Object(_) => {
                    let summary = format!("`{name}`: expected a string, found {}", item.content.sort());
                    problems.push(item.wrong(summary, "Write each argument in double quotes."));
                    return None;
                }
            }
        }
        Some(Self(words))
    }
}
