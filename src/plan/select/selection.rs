//! What of a plan is wanted, in patterns over whole addresses.

use std::{collections::BTreeSet, fmt, str::FromStr};

use super::objects::objects;
use crate::{
    inventory::Inventory,
    model::{Address, Patterns, PatternsError, suggest},
    policy::Policy,
};

/// A pattern over whole addresses, as `--target` and `--exclude` take it: a glob as in a policy, whose `*` crosses
/// slashes, or an address.
#[derive(Debug, Clone)]
pub struct AddressPattern {
    text: String,
    glob: Patterns,
}

/// A text that is no pattern for `--target` or `--exclude`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressPatternError {
    /// Policies negate with `!`; here there is an option for it.
    #[error("`{0}` begins with `!`; leave it away and write it as `--exclude`")]
    Negative(String),
    /// Not a glob.
    #[error(transparent)]
    Glob(#[from] PatternsError),
}

impl FromStr for AddressPattern {
    type Err = AddressPatternError;

    fn from_str(text: &str) -> Result<Self, AddressPatternError> {
        if text.starts_with('!') {
            return Err(AddressPatternError::Negative(text.to_owned()));
        }
        Ok(Self { text: text.to_owned(), glob: Patterns::new(&[text])? })
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl AddressPattern {
    /// Whether it covers an address.
    #[must_use]
    pub fn matches(&self, address: &str) -> bool {
        self.text == address || self.glob.matches(address)
    }
}

/// A pattern that covers no object of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option} {pattern}: the inventory has no such object{hint}")]
pub struct NoSuchObject {
    /// `--target` or `--exclude`.
    pub option: &'static str,
    /// The pattern.
    pub pattern: String,
    /// What may be meant, as the end of the sentence.
    pub hint: String,
}

/// What of a plan is wanted. Every pattern covers at least one object of the inventory.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub(super) targets: Vec<Wanted>,
    pub(super) excludes: Vec<Wanted>,
}

/// A pattern and what it covers.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) pattern: AddressPattern,
    /// The first object that it covers, to name one.
    pub(super) first: Option<Address>,
}

impl Selection {
    /// Looks up what the patterns cover.
    ///
    /// # Errors
    /// The first pattern that covers nothing.
    pub fn find(
        targets: &[AddressPattern],
        excludes: &[AddressPattern],
        policy: &Policy,
        inventory: &Inventory,
    ) -> Result<Self, NoSuchObject> {
        let wanted = |patterns: &[AddressPattern]| -> Vec<Wanted> {
            patterns.iter().map(|pattern| Wanted { pattern: pattern.clone(), first: None }).collect()
        };
        let mut selection = Self { targets: wanted(targets), excludes: wanted(excludes) };
        if selection.is_everything() {
            return Ok(selection);
        }
        for address in objects(policy, inventory) {
            let text = address.to_string();
            for wanted in selection.targets.iter_mut().chain(&mut selection.excludes) {
                if wanted.pattern.matches(&text) && wanted.first.as_ref().is_none_or(|first| address < *first) {
                    wanted.first = Some(address.clone());
                }
            }
        }
        let all = selection.targets.iter().map(|wanted| ("--target", wanted));
        let all = all.chain(selection.excludes.iter().map(|wanted| ("--exclude", wanted)));
        if let Some((option, wanted)) = all.into_iter().find(|(_, wanted)| wanted.first.is_none()) {
            let pattern = wanted.pattern.text.clone();
            return Err(NoSuchObject { option, hint: hint(&pattern, policy, inventory), pattern });
        }
        Ok(selection)
    }

    /// Whether nothing is left out.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.targets.is_empty() && self.excludes.is_empty()
    }

    /// The patterns of what is wanted, as given.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        self.targets.iter().map(|wanted| wanted.pattern.text.clone()).collect()
    }

    /// The patterns of what is not wanted, as given.
    #[must_use]
    pub fn excludes(&self) -> Vec<String> {
        self.excludes.iter().map(|wanted| wanted.pattern.text.clone()).collect()
    }

    /// Whether an object is named, and not excluded, by itself: what it waits for and what waits for it apart.
    pub(super) fn names(&self, address: &str) -> bool {
        self.is_target(address) && !self.is_excluded(address)
    }

    pub(super) fn is_target(&self, address: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|wanted| wanted.pattern.matches(address))
    }

    pub(super) fn is_excluded(&self, address: &str) -> bool {
        self.excludes.iter().any(|wanted| wanted.pattern.matches(address))
    }
}

/// What may be meant by a pattern that covers nothing: objects whose address contains it, or the nearest name.
fn hint(pattern: &str, policy: &Policy, inventory: &Inventory) -> String {
    let literal = pattern.trim_matches('*');
    // An address that is written out was meant from its beginning; else any part of one may be.
    let is_whole = literal.contains("/ecs/") || literal.contains("/ecr/");
    let is_meant = |text: &str| {
        if is_whole { name(literal) != literal && text.starts_with(literal) } else { text.contains(literal) }
    };
    let mut meant = 0u64;
    let mut names: BTreeSet<String> = BTreeSet::new();
    for address in objects(policy, inventory) {
        let text = address.to_string();
        meant += u64::from(is_meant(&text));
        names.insert(name(&text).to_owned());
    }
    if meant > 0 {
        let objects = if meant == 1 { "1 object has".to_owned() } else { format!("{meant} objects have") };
        let front = if is_whole { "" } else { "*" };
        return format!("; a pattern covers whole addresses, and {objects} more around it: `{front}{literal}*`");
    }
    // Without its front a name is compared without theirs.
    let short = |text: &str| text.splitn(5, '/').nth(4).map(str::to_owned);
    let shorts: BTreeSet<String> = names.iter().filter_map(|text| short(text)).collect();
    let candidates = if is_whole { &names } else { &shorts };
    let (front, end) = if is_whole { ("", if name(pattern) == pattern { "" } else { "*" }) } else { ("*", "*") };
    match suggest(name(literal), candidates.iter().map(String::as_str)) {
        Some(near) if near == name(literal) => format!("; it has others: `{front}{near}*`"),
        Some(near) => format!("; did you mean `{front}{near}{end}`?"),
        None => "; write ACCOUNT/REGION/ecs/service/CLUSTER/SERVICE, …/ecs/task-set/CLUSTER/SERVICE/ID, \
                 …/ecs/task-definition/FAMILY:REVISION or …/ecr/image/REPOSITORY@sha256:…, where `*` stands for anything"
            .to_owned(),
    }
}

/// An address without revision and digest: a family or a repository. A pattern is cut where it stands for anything.
fn name(address: &str) -> &str {
    let cut = address.find(['@', ':', '*']).unwrap_or(address.len());
    address.get(..cut).unwrap_or(address)
}
