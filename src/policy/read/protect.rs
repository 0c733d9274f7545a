//! `waive` and `protect`.

use super::{
    account::Estate,
    label::{Seen, check_name, kind},
    selector,
};
use crate::{
    model::{Kind, Source},
    policy::{
        body::{Block, Reading, did_you_mean},
        types::{Protect, Selector, Waiver},
        value::{Name, listed},
    },
};

/// Reads the `waive` blocks.
pub(in crate::policy) fn waivers(blocks: Vec<Block<'_>>, reading: &mut Reading) -> Vec<Waiver> {
    let mut seen = Seen::new("Keep one of them.");
    blocks
        .into_iter()
        .filter_map(|mut block| {
            let [label] = block.labels("waive \"daemons\" { … }", reading)?;
            let title = format!("`waive \"{}\"`", label.text);
            block.call(title.clone());
            let source = source(&label, reading);
            if let Some(source) = source {
                seen.note(source, &label.span, title, reading);
            }
            let at = block.at();
            let reason = block.read(reading, |block, reading| reason(block, "\"no managed instances here\"", reading));
            Some(Waiver { source: source?, reason: reason?, at })
        })
        .collect()
}

/// Why, on one line, as plans cite it; in the policy it may be a longer text.
fn reason(block: &mut Block<'_>, example: &str, reading: &mut Reading) -> Option<String> {
    let said = block.required::<String>("reason", example, reading)?;
    Some(said.value.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn source(label: &Name, reading: &mut Reading) -> Option<Source> {
    let can_be_waived = Source::ALL.into_iter().filter(|source| source.can_be_waived()).map(Source::as_str);
    match label.text.parse::<Source>() {
        Ok(source) if source.can_be_waived() => Some(source),
        Ok(source) => {
            let because = if source == Source::Config {
                "It is read only where an `aggregator` block asks for it: remove that."
            } else if source == Source::Reference {
                "It is read only where a `reference` block asks for it: remove that."
            } else {
                "Without it there is nothing to decide on."
            };
            let detail = format!("{because} What can be waived: {}.", listed(can_be_waived, "and"));
            reading.error(&label.span, format!("`{source}` cannot be waived"), detail);
            None
        }
        Err(unknown) => {
            let near = did_you_mean(&label.text, can_be_waived.clone());
            let detail = format!("{near}What can be waived: {}.", listed(can_be_waived, "and"));
            reading.error(&label.span, unknown.to_string(), detail);
            None
        }
    }
}

/// Reads the `protect` blocks.
pub(in crate::policy) fn protects(
    blocks: Vec<Block<'_>>,
    estate: Option<&Estate>,
    reading: &mut Reading,
) -> Vec<Protect> {
    let mut seen = Seen::new("Keep one of them, or give this one another name.");
    blocks
        .into_iter()
        .filter_map(|mut block| {
            let [kind_label, label] = block.labels("protect \"image\" \"base\" { … }", reading)?;
            check_name(&label, reading);
            let kind = kind(&kind_label, reading)?;
            block.call(format!("`protect \"{kind}\"`"));
            seen.note(
                (kind, label.text.clone()),
                &label.span,
                format!("`protect \"{kind}\" \"{}\"`", label.text),
                reading,
            );
            let at = block.at();
            let (reason, select) = block.read(reading, |block, reading| {
                let reason = reason(block, "\"base images\"", reading);
                (reason, select(kind, block, estate, reading))
            });
            Some(Protect { name: label.text, reason: reason?, select: select?, at })
        })
        .collect()
}

fn select(kind: Kind, block: &mut Block<'_>, estate: Option<&Estate>, reading: &mut Reading) -> Option<Selector> {
    match kind {
        Kind::Service => selector::service(block, estate, reading).map(Selector::Service),
        Kind::TaskSet => selector::task_set(block, estate, reading).map(Selector::TaskSet),
        Kind::TaskDefinition => selector::task_definition(block, estate, reading).map(Selector::TaskDefinition),
        Kind::Image => selector::image(block, estate, reading).map(Selector::Image),
    }
}
