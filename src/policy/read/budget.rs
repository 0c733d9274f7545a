//! `budget`.

use super::settings::only_one;
use crate::{
    model::{Bytes, Diagnostics, Kind},
    policy::{
        body::{Block, Found, Reading},
        budget::{Budget, KindBudget, Limits, Percent},
        value::{Content, FromValue, Value},
    },
};

/// Reads the `budget` block, of which there is at most one: two could not both be what was meant.
pub(in crate::policy) fn budget(blocks: Vec<Block<'_>>, reading: &mut Reading) -> Budget {
    let Some(block) = only_one(blocks, reading) else { return Budget::default() };
    block.labels::<0>("budget { … }", reading);
    block.read(reading, |block, reading| {
        refuse_empty(block, "max_actions = 1000", reading);
        Budget {
            max_actions: block.attribute("max_actions", reading).map(Found::said),
            services: of_kind(Kind::Service, block, reading),
            task_sets: of_kind(Kind::TaskSet, block, reading),
            task_definitions: of_kind(Kind::TaskDefinition, block, reading),
            images: of_kind(Kind::Image, block, reading),
        }
    })
}

fn of_kind(kind: Kind, budget: &mut Block<'_>, reading: &mut Reading) -> KindBudget {
    let read = |block: &mut Block<'_>, reading: &mut Reading| KindBudget {
        plan: limits(kind, block, reading),
        account: block
            .nested("account", reading, |account, reading| limits(kind, account, reading))
            .unwrap_or_default(),
    };
    budget.nested(kind.as_str(), reading, read).unwrap_or_default()
}

fn limits(kind: Kind, block: &mut Block<'_>, reading: &mut Reading) -> Limits {
    refuse_empty(block, "max_percent = 30", reading);
    let max_bytes = match kind {
        Kind::Image => block.attribute("max_bytes", reading).map(Found::said),
        // Nothing else has a size.
        Kind::Service | Kind::TaskSet | Kind::TaskDefinition => None,
    };
    Limits {
        max_count: block.attribute("max_count", reading).map(Found::said),
        max_percent: block.attribute("max_percent", reading).map(Found::said),
        min_survivors: block.attribute("min_survivors", reading).map(Found::said),
        max_bytes,
    }
}

/// A block without a limit could be taken for one that allows nothing.
fn refuse_empty(block: &Block<'_>, example: &str, reading: &mut Reading) {
    if block.is_empty() {
        let detail = format!("It limits nothing as it stands. Write for example `{example}`, or remove it.");
        reading.error(&block.header(), format!("this `{}` is empty", block.word()), detail);
    }
}

/// A whole number from 0 to 100: `30` is thirty percent.
impl FromValue for Percent {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        if let Content::Text(text) = &value.content {
            let bare = text.trim_end_matches('%').trim();
            let meant = bare.parse().ok().and_then(Self::new).map_or("30", |_| bare);
            problems.push(value.wrong_sort(name, "a whole number of percent", meant));
            return None;
        }
        let percent = u32::from_value(value, name, problems)?;
        let fits = Self::new(percent);
        if fits.is_none() {
            let detail = "It is a whole number from 0 to 100.";
            problems.push(value.wrong(format!("`{name}` is more than everything"), detail));
        }
        fits
    }
}

impl FromValue for Bytes {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let Content::Text(text) = &value.content else {
            problems.push(value.wrong_sort(name, "a size", "\"500GB\""));
            return None;
        };
        let size = text.parse().ok();
        if size.is_none() {
            let detail = "A size is a whole number and a unit: `kB`, `MB`, `GB`, `TB` by thousands, `KiB`, `MiB`, `GiB`, `TiB` by \
                          1,024: \"500GB\", \"2TiB\".";
            problems.push(value.wrong(format!("`{text}` is not a size"), detail));
        }
        size
    }
}
