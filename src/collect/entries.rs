//! What the entries of a list mean. Whatever cannot be understood holds everything (law L2).

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, stream::iter};
use serde_json::Value;

use super::scope::ScopeSweep;
use crate::{
    aws::{DefinitionStatus, ErrorKind},
    inventory::{Gap, Inventory, Reference, Seen, TaskDefinition},
    model::{Location, Source, TaskDefinitionRef, task_definition_arn},
};

const DESCRIBED_AT_ONCE: usize = 32;
/// How much of an entry that nobody understands is shown.
const SHOWN: usize = 200;

/// What the lists say.
#[derive(Debug, Default)]
pub(super) struct Listed {
    entries: Vec<Entry>,
    /// Lists that could not be read.
    pub(super) gaps: Vec<Gap>,
}

#[derive(Debug, Clone)]
struct Entry {
    source: String,
    holder: String,
    names: Names,
}

/// What an entry names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Names {
    /// An image, and a definition of the same spelling where there is one: `web:7` may be either.
    Image { uri: String, perhaps: Option<TaskDefinitionRef> },
    /// A definition or a family, as written.
    Definition { text: String, reads: TaskDefinitionRef },
    /// Nobody knows.
    Anything(String),
}

impl Listed {
    /// Adds the entries of one list; `holder` refers where an entry does not say who does.
    pub(super) fn add(&mut self, source: &str, holder: &str, entries: &[Value]) {
        for (index, entry) in entries.iter().enumerate() {
            let named = entry.get("holder").and_then(Value::as_str).unwrap_or(holder);
            let names = understand(entry).unwrap_or_else(|| Names::Anything(shown(index + 1, entry)));
            self.entries.push(Entry { source: source.to_owned(), holder: named.to_owned(), names });
        }
    }

    /// Describes what the lists name and a sweep of the ACTIVE definitions did not read. Whatever AWS does not know is not there.
    pub(super) async fn describe(&self, scopes: &[ScopeSweep<'_>], parts: &[Inventory]) -> Inventory {
        let known: BTreeSet<&str> = parts
            .iter()
            .flat_map(|part| &part.task_definitions)
            .map(|seen| seen.value.task_definition_arn.as_str())
            .collect();
        let mut calls = Vec::new();
        for scope in scopes.iter().copied() {
            let here = scope.session.location();
            let named = self.entries.iter().filter_map(Entry::definition);
            let named = named.filter(|reads| reads.location.as_ref().is_none_or(|place| place == here));
            let arns = named.filter_map(|reads| Some(task_definition_arn(here, &reads.family, reads.revision?)));
            let arns: BTreeSet<String> = arns.filter(|arn| !known.contains(arn.as_str())).collect();
            calls.extend(arns.into_iter().map(|arn| async move {
                let answer = scope.definition(&arn, DefinitionStatus::Inactive).await;
                (scope, answer, arn)
            }));
        }
        let mut part = Inventory::default();
        let mut answers = iter(calls).buffer_unordered(DESCRIBED_AT_ONCE);
        while let Some((scope, answer, arn)) = answers.next().await {
            match answer {
                Ok(definition) => part.task_definitions.push(scope.seen(definition)),
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => part.gaps.push(scope.gap_after(Source::TaskDefinitions, Some(&arn), &error)),
            }
        }
        part
    }

    /// Puts the references where they point, once everything else has been read.
    pub(super) fn put_into(self, whole: &mut Inventory) {
        let mut places: Vec<Location> = whole.scopes.iter().map(crate::model::Scope::location).collect();
        places.sort_unstable();
        places.dedup();
        let families = Families::of(whole);
        let references: Vec<_> = self.entries.iter().flat_map(|entry| entry.references(&families, &places)).collect();
        whole.references.extend(references);
        whole.gaps.extend(self.gaps);
    }
}

impl Entry {
    fn definition(&self) -> Option<&TaskDefinitionRef> {
        match &self.names {
            Names::Image { perhaps, .. } => perhaps.as_ref(),
            Names::Definition { reads, .. } => Some(reads),
            Names::Anything(_) => None,
        }
    }

    fn references(&self, families: &Families<'_>, places: &[Location]) -> Vec<Seen<Reference>> {
        let everywhere = || -> BTreeSet<Location> { places.iter().cloned().collect() };
        match &self.names {
            Names::Image { uri, perhaps } => {
                let image = places.first().map(|place| self.at(place, |it| it.image = Some(uri.clone())));
                let definitions = perhaps.iter().flat_map(|reads| families.having(reads));
                let definitions = definitions.map(|place| self.at(&place, |it| it.task_definition = Some(uri.clone())));
                image.into_iter().chain(definitions).collect()
            }
            Names::Definition { text, reads } => {
                let at_home = reads.location.clone().map(|place| BTreeSet::from([place]));
                let found = at_home.unwrap_or_else(|| families.having(reads));
                // What is nowhere to be found may be anywhere.
                let found = if found.is_empty() { everywhere() } else { found };
                found.iter().map(|place| self.at(place, |it| it.task_definition = Some(text.clone()))).collect()
            }
            Names::Anything(text) => {
                everywhere().iter().map(|place| self.at(place, |it| it.task_definition = Some(text.clone()))).collect()
            }
        }
    }

    fn at(&self, place: &Location, set: impl FnOnce(&mut Reference)) -> Seen<Reference> {
        let mut reference =
            Reference { source: self.source.clone(), holder: self.holder.clone(), ..Reference::default() };
        set(&mut reference);
        Seen::new(place.clone(), reference)
    }
}

/// Where the definitions of each family are.
struct Families<'i>(HashMap<&'i str, Vec<&'i Seen<TaskDefinition>>>);

impl<'i> Families<'i> {
    fn of(inventory: &'i Inventory) -> Self {
        let mut families: HashMap<&str, Vec<_>> = HashMap::new();
        for seen in &inventory.task_definitions {
            families.entry(&seen.value.family).or_default().push(seen);
        }
        Self(families)
    }

    /// Where there is such a definition, or such a family with an ACTIVE revision.
    fn having(&self, reads: &TaskDefinitionRef) -> BTreeSet<Location> {
        let fits = |seen: &&&Seen<TaskDefinition>| match reads.revision {
            Some(revision) => seen.value.revision == revision.0,
            None => seen.value.status == "ACTIVE",
        };
        let members = self.0.get(reads.family.as_str()).into_iter().flatten();
        members.filter(fits).map(|seen| seen.location.clone()).collect()
    }
}

/// What an entry names: a text, or an object with one of `image`, `task_definition` and `family`.
fn understand(entry: &Value) -> Option<Names> {
    let text = |name: &str| entry.get(name).map(Value::as_str);
    match (entry, text("image"), text("task_definition"), text("family")) {
        (Value::String(text), ..) if text.starts_with("arn:") => definition(text),
        (Value::String(text), ..) => {
            let perhaps = TaskDefinitionRef::parse(text);
            image(text).map(|uri| Names::Image { uri, perhaps })
        }
        (Value::Object(_), Some(uri), None, None) => image(uri?).map(|uri| Names::Image { uri, perhaps: None }),
        (Value::Object(_), None, Some(text), None) => definition(text?),
        (Value::Object(_), None, None, Some(family)) => definition(family?)
            .filter(|names| matches!(names, Names::Definition { reads, .. } if reads.revision.is_none())),
        (_, _, _, _) => None,
    }
}

fn definition(text: &str) -> Option<Names> {
    let reads = TaskDefinitionRef::parse(text)?;
    Some(Names::Definition { text: text.to_owned(), reads })
}

/// The text, if it has the form of an image: `[host[:port]/]path[:tag][@digest]`. A digest alone may be of any image.
fn image(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@+".contains(&byte);
    let has_form = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(is_plain)
        && !text.contains("//")
        && !text.starts_with("sha256:");
    has_form.then(|| text.to_owned())
}

/// An entry that nobody understands, so that whoever keeps the list finds it.
fn shown(number: usize, entry: &Value) -> String {
    let text: String = entry.to_string().chars().take(SHOWN).collect();
    format!("entry {number}: {text}")
}
