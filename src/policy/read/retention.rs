//! `retention`: on what terms objects of a kind are kept and retired.

use super::{
    account::Estate,
    label::{Seen, check_name, kind},
    selector,
};
use crate::{
    model::{Age, Kind, Patterns},
    policy::{
        body::{Block, Found, Reading},
        pattern::PatternList,
        types::{
            ImageKeep, ImageTerms, Policy, Rule, Said, ServiceTerms, TaskDefinitionKeep, TaskDefinitionTerms,
            TaskSetDelete, TaskSetTerms,
        },
        value::{FromValue, Name, listed},
    },
};

/// Reads the `retention` blocks into `policy`.
pub(in crate::policy) fn retentions(
    blocks: Vec<Block<'_>>,
    estate: Option<&Estate>,
    policy: &mut Policy,
    reading: &mut Reading,
) {
    let mut seen = Seen::new("Keep one of them, or give this one another name.");
    for mut block in blocks {
        let Some([kind_label, label]) = block.labels("retention \"image\" \"services\" { … }", reading) else {
            continue;
        };
        check_name(&label, reading);
        let Some(kind) = kind(&kind_label, reading) else { continue };
        block.call(format!("`retention \"{kind}\"`"));
        seen.note(
            (kind, label.text.clone()),
            &label.span,
            format!("`retention \"{kind}\" \"{}\"`", label.text),
            reading,
        );
        block.read(reading, |block, reading| match kind {
            Kind::Service => policy.services.extend(rule(label, block, estate, reading, selector::service, service)),
            Kind::TaskSet => policy.task_sets.extend(rule(label, block, estate, reading, selector::task_set, task_set)),
            Kind::TaskDefinition => policy.task_definitions.extend(rule(
                label,
                block,
                estate,
                reading,
                selector::task_definition,
                task_definition,
            )),
            Kind::Image => policy.images.extend(rule(label, block, estate, reading, selector::image_of_rule, image)),
        });
    }
}

fn rule<S, T>(
    label: Name,
    block: &mut Block<'_>,
    estate: Option<&Estate>,
    reading: &mut Reading,
    select: fn(&mut Block<'_>, Option<&Estate>, &mut Reading) -> Option<S>,
    terms: fn(&mut Block<'_>, &mut Reading) -> T,
) -> Option<Rule<S, T>> {
    let select = select(block, estate, reading);
    let terms = terms(block, reading);
    Some(Rule { name: label.text, select: select?, terms, at: block.at() })
}

fn service(rule: &mut Block<'_>, reading: &mut Reading) -> ServiceTerms {
    warn_without_terms(rule, &["delete"], reading);
    let delete = rule.nested("delete", reading, |delete, reading| required(delete, "idle_for", reading));
    ServiceTerms { delete: delete.flatten() }
}

fn task_set(rule: &mut Block<'_>, reading: &mut Reading) -> TaskSetTerms {
    warn_without_terms(rule, &["keep", "delete"], reading);
    let keep_newest = nested_keep(rule, reading, |keep, reading| optional(keep, "newest", reading)).flatten();
    let delete = rule.nested("delete", reading, |delete, reading| {
        let older_than = required(delete, "older_than", reading);
        let scale_down = delete.attribute("scale_down", reading).is_some_and(|said| said.value);
        Some(TaskSetDelete { older_than: older_than?, scale_down })
    });
    TaskSetTerms { keep_newest, delete: delete.flatten() }
}

fn task_definition(rule: &mut Block<'_>, reading: &mut Reading) -> TaskDefinitionTerms {
    warn_without_terms(rule, &["keep", "deregister", "delete"], reading);
    let keep = nested_keep(rule, reading, |keep, reading| TaskDefinitionKeep {
        newest: optional(keep, "newest", reading),
        newer_than: optional(keep, "newer_than", reading),
    });
    let deregister = rule.nested("deregister", reading, |deregister, reading| {
        let unused_for = required(deregister, "unused_for", reading);
        let last_revision = deregister.attribute("last_revision_unused_for", reading);
        if let (Some(others), Some(last)) = (&unused_for, &last_revision)
            && last.value < others.value
        {
            let detail = format!(
                "`unused_for` is {} and `last_revision_unused_for` only {}, so the newest revision of a family would go \
                 before the older ones. Make it at least as long.",
                others.value, last.value
            );
            reading.error(&last.span, "the last revision would go first", detail);
        }
        (unused_for, last_revision.map(Found::said))
    });
    let (deregister, last_revision) = deregister.unwrap_or_default();
    let delete = rule.nested("delete", reading, |delete, reading| required(delete, "inactive_for", reading));
    TaskDefinitionTerms { keep: keep.unwrap_or_default(), deregister, last_revision, delete: delete.flatten() }
}

fn image(rule: &mut Block<'_>, reading: &mut Reading) -> ImageTerms {
    warn_without_terms(rule, &["keep", "archive", "delete"], reading);
    let keep = nested_keep(rule, reading, |keep, reading| ImageKeep {
        newest: optional(keep, "newest", reading),
        tags: optional::<PatternList>(keep, "tags", reading).map(patterns),
        pushed_within: optional(keep, "pushed_within", reading),
        pulled_within: optional(keep, "pulled_within", reading),
    });
    let unused_for =
        |block: &mut Block<'_>, reading: &mut Reading| block.required::<Age>("unused_for", "\"30d\"", reading);
    let archive = rule.nested("archive", reading, unused_for).flatten();
    let delete = rule.nested("delete", reading, unused_for).flatten();
    if let (Some(archive), Some(delete)) = (&archive, &delete)
        && delete.value <= archive.value
    {
        let detail = format!(
            "`delete` takes what is unused for {}, at {}, and that comes first. Make its `unused_for` longer than that of \
             `archive`, or remove one of them.",
            delete.value, delete.at
        );
        reading.error(&archive.span, "nothing would ever be archived", detail);
    }
    ImageTerms { keep: keep.unwrap_or_default(), archive: archive.map(Found::said), delete: delete.map(Found::said) }
}

fn patterns(list: Said<PatternList>) -> Said<Patterns> {
    Said { value: list.value.patterns, at: list.at }
}

fn optional<T: FromValue>(block: &mut Block<'_>, name: &'static str, reading: &mut Reading) -> Option<Said<T>> {
    block.attribute(name, reading).map(Found::said)
}

/// The age without which `deregister` or `delete` would not say when.
fn required<T: FromValue>(block: &mut Block<'_>, name: &'static str, reading: &mut Reading) -> Option<Said<T>> {
    block.required(name, "\"30d\"", reading).map(Found::said)
}

/// Reads `keep`, which must say what it keeps: an empty one could be taken for keeping everything.
fn nested_keep<T>(
    rule: &mut Block<'_>,
    reading: &mut Reading,
    read: impl FnOnce(&mut Block<'_>, &mut Reading) -> T,
) -> Option<T> {
    rule.nested("keep", reading, |keep, reading| {
        if keep.is_empty() {
            let detail = "It keeps nothing as it stands. Write for example `keep { newest = 5 }`, or remove it.";
            reading.error(&keep.header(), "this `keep` is empty", detail);
        }
        read(keep, reading)
    })
}

/// A rule that keeps nothing and retires nothing has no effect, which its author hardly meant.
fn warn_without_terms(rule: &Block<'_>, terms: &[&str], reading: &mut Reading) {
    if !terms.iter().any(|term| rule.has_block(term)) {
        let detail = format!("It neither keeps nor retires anything. Add {}.", listed(terms.iter().copied(), "or"));
        reading.warn(&rule.header(), "this rule has no effect", detail);
    }
}
