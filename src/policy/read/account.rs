//! `account`: where to look, and as whom.

use std::collections::BTreeSet;

use super::label::{Seen, check_name};
use crate::{
    model::{AccountLabel, Arn, Diagnostics, Region},
    policy::{
        body::{Block, Found, Reading},
        types::Account,
        value::{Content, FromValue, Value},
    },
};

const EXAMPLE: &str = "account \"prod\" { … }";

/// The names that a `match` can refer to.
pub(in crate::policy) struct Estate {
    pub(super) labels: BTreeSet<String>,
    pub(super) regions: BTreeSet<String>,
}

impl Estate {
    /// What `accounts` name.
    pub(in crate::policy) fn of(accounts: &[Account]) -> Self {
        Self {
            labels: accounts.iter().map(|account| account.label.to_string()).collect(),
            regions: accounts.iter().flat_map(|account| &account.regions).map(ToString::to_string).collect(),
        }
    }
}

/// Reads the `account` blocks. The second value says whether all of them could be read.
pub(in crate::policy) fn accounts(blocks: Vec<Block<'_>>, reading: &mut Reading) -> (Vec<Account>, bool) {
    let mut seen = Seen::new("Keep one of them, or give this one another name.");
    let expected = blocks.len();
    let accounts: Vec<_> = blocks
        .into_iter()
        .filter_map(|mut block| {
            let [label] = block.labels(EXAMPLE, reading)?;
            check_name(&label, reading);
            block.call(format!("`account \"{}\"`", label.text));
            seen.note(label.text.clone(), &label.span, format!("`account \"{}\"`", label.text), reading);
            block.read(reading, |block, reading| account(label.text.as_str().into(), block, reading))
        })
        .collect();
    check_together(&accounts, reading);
    let complete = accounts.len() == expected;
    (accounts, complete)
}

fn account(label: AccountLabel, block: &mut Block<'_>, reading: &mut Reading) -> Option<Account> {
    let id = block.required("id", "\"111111111111\"", reading);
    let regions = block.required::<Regions>("regions", "[\"eu-central-1\"]", reading);
    let role_arn = block.attribute::<RoleArn>("role_arn", reading);
    let external_id = block.attribute::<String>("external_id", reading);
    let profile = block.attribute::<String>("profile", reading);
    let quota_share = block.attribute::<Share>("quota_share", reading);
    let simulated = block.attribute::<String>("simulated", reading);
    let account = Account {
        label,
        id: id?.value,
        regions: regions?.value.0,
        role_arn: role_arn.as_ref().map(|arn| arn.value.0.clone()),
        external_id: external_id.as_ref().map(|id| id.value.clone()),
        profile: profile.as_ref().map(|profile| profile.value.clone()),
        quota_share: quota_share.map_or(0.5, |share| share.value.0),
        simulated: simulated.map(|file| file.value),
        span: block.header(),
    };
    if account.simulated.is_some() {
        forbid_credentials(block, reading);
    } else {
        check_role(&account, role_arn.as_ref(), external_id.as_ref(), reading);
    }
    Some(account)
}

/// A simulated account has no credentials; someone who names some believes that it is real.
fn forbid_credentials(block: &Block<'_>, reading: &mut Reading) {
    for name in ["role_arn", "profile", "external_id"] {
        if let Some(place) = block.attribute_place(name) {
            let detail = format!("A simulated account needs no credentials. Remove `simulated` or `{name}`.");
            reading.error(&place, format!("`{name}` together with `simulated`"), detail);
        }
    }
}

fn check_role(
    account: &Account,
    role: Option<&Found<RoleArn>>,
    external_id: Option<&Found<String>>,
    reading: &mut Reading,
) {
    if let Some(role) = role
        && let Some(arn) = Arn::parse(&role.value.0)
        && arn.account_id != account.id.as_str()
    {
        let detail = format!(
            "The role belongs to {}, but `id` is {}. A role gives access to its own account only.",
            arn.account_id, account.id
        );
        reading.error(&role.span, "`role_arn` is a role of another account", detail);
    }
    if let (Some(external_id), None) = (external_id, role) {
        let detail = "An external id is shown to the role that is assumed. Add `role_arn`, or remove `external_id`.";
        reading.error(&external_id.span, "`external_id` without `role_arn`", detail);
    }
}

/// Two blocks may share an account's id only if they look at different Regions of the same account.
fn check_together(accounts: &[Account], reading: &mut Reading) {
    for (index, second) in accounts.iter().enumerate() {
        let Some(first) = accounts.iter().take(index).find(|first| first.id == second.id) else { continue };
        if first.label == second.label {
            continue;
        }
        let summary = format!("`{}` and `{}` are both account {}", first.label, second.label, second.id);
        let place = first.span.at();
        if first.simulated != second.simulated {
            let told = |account: &Account| match &account.simulated {
                Some(file) => format!("simulated by {file}"),
                None => "real".to_owned(),
            };
            let detail = format!(
                "`{}` ({place}) is {}, `{}` is {}: one account cannot be both. Give one of them another id, or make \
                 `simulated` the same.",
                first.label,
                told(first),
                second.label,
                told(second)
            );
            reading.error(&second.span, summary, detail);
        } else if let Some(region) = second.regions.iter().find(|region| first.regions.contains(region)) {
            let detail = format!(
                "Both look at {region}, so everything there would be counted and retired twice. `{}` is at {place}; \
                 leave each Region to one of them.",
                first.label
            );
            reading.error(&second.span, summary, detail);
        }
    }
}

/// At least one Region, each once.
struct Regions(Vec<Region>);

impl FromValue for Regions {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let items = match &value.content {
            Content::List(items) if !items.is_empty() => items,
            Content::List(_) => {
                let detail = "Name at least one Region; nothing is looked at otherwise.";
                problems.push(value.wrong(format!("`{name}` is an empty list"), detail));
                return None;
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::Object(_) => {
                let summary = format!("`{name}`: expected a list of strings, found {}", value.content.sort());
                problems.push(value.wrong(summary, format!("Write for example `{name} = [\"eu-central-1\"]`.")));
                return None;
            }
        };
        let mut regions: Vec<Region> = Vec::new();
        let mut sound = true;
        for item in items {
            match region(item, name, problems) {
                Some(region) if regions.contains(&region) => {
                    let detail = "Remove one of them: everything in it would be counted twice.";
                    problems.push(item.wrong(format!("the Region `{region}` is listed twice"), detail));
                    sound = false;
                }
                Some(region) => regions.push(region),
                None => sound = false,
            }
        }
        sound.then_some(Self(regions))
    }
}

/// A text of a Region's shape: letters, words, a number. New Regions need no new build.
fn region(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Region> {
    if !matches!(value.content, Content::Text(_)) {
        let summary = format!("`{name}`: expected a string, found {}", value.content.sort());
        problems.push(value.wrong(summary, "Write every Region in double quotes, such as `\"eu-central-1\"`."));
        return None;
    }
    let text = String::from_value(value, name, problems)?;
    let mut parts: Vec<_> = text.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    let words = parts.len() >= 2
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if words && digits(number) {
        return Some(text.into());
    }
    let zone = number.strip_suffix(|letter: char| letter.is_ascii_lowercase()).filter(|number| digits(number));
    let detail = match zone {
        Some(number) if words => {
            format!("It looks like an Availability Zone of the Region `{}-{number}`.", parts.join("-"))
        }
        Some(_) | None => "A Region looks like `eu-central-1`.".to_owned(),
    };
    problems.push(value.wrong(format!("`{text}` is not a Region"), detail));
    None
}

/// A share: above 0, at most 1.
pub(super) struct Share(pub(super) f64);

impl FromValue for Share {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let Content::Number(number) = &value.content else {
            problems.push(value.wrong_sort(name, "a number", "0.5"));
            return None;
        };
        let share = number.as_f64().unwrap_or(f64::NAN);
        if share > 0.0 && share <= 1.0 {
            return Some(Self(share));
        }
        let detail = "It is a share of AWS's request rates: above 0 and at most 1, such as `0.5` for half of them.";
        problems.push(value.wrong(format!("`{name}` is out of range: {number}"), detail));
        None
    }
}

/// The ARN of an IAM role.
struct RoleArn(String);

impl FromValue for RoleArn {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let text = String::from_value(value, name, problems)?;
        let is_role = Arn::parse(&text).is_some_and(|arn| {
            arn.service == "iam" && arn.resource.strip_prefix("role/").is_some_and(|role| !role.is_empty())
        });
        if !is_role {
            let detail = "Write for example `\"arn:aws:iam::111111111111:role/jettison\"`.";
            problems.push(value.wrong(format!("`{name}` is not the ARN of a role"), detail));
        }
        is_role.then_some(Self(text))
    }
}
