//! What is over a budget, in a sentence.

use super::MeasuredLimit;
use crate::model::{Bytes, Kind};

/// What a limit that is exceeded says of the plan, and in how many other groups it is exceeded as well.
pub(super) fn sentence(measured: &MeasuredLimit, more: usize) -> String {
    let MeasuredLimit { limit, at, allowed, found, .. } = measured;
    let (scope, word) = limit.rsplit_once('.').unwrap_or(("", limit));
    let kind = Kind::ALL.into_iter().find(|kind| scope.split('.').next() == Some(kind.as_str()));
    let (objects, container) = kind.map_or(("objects", "group"), words);
    let container = if scope.ends_with(".account") { "account" } else { container };
    let group = measured.group.as_deref().map(|group| format!("{container} {group}"));
    let (of_group, group) =
        (group.as_ref().map_or_else(String::new, |group| format!(" of {group}")), group.unwrap_or_default());
    let others = match (more, word) {
        (0, _) => String::new(),
        (1, "max_count" | "max_bytes") => ", and too much of another one".to_owned(),
        (more, "max_count" | "max_bytes") => format!(", and too much of {more} others"),
        (1, _) => ", and so would another one".to_owned(),
        (more, _) => format!(", and so would {more} others"),
    };
    let (goes, of) = (measured.goes.unwrap_or_default(), measured.of.unwrap_or_default());
    let what = match word {
        "max_actions" => format!("the plan has {found} steps"),
        "max_percent" => format!("{group} would lose {goes} of its {of} {objects}, {found} percent{others}"),
        "min_survivors" => format!("{group} would keep {found} of its {of} usable {objects}{others}"),
        "max_bytes" => format!("the plan takes {} of images{of_group}{others}", size(*found, *allowed)),
        _ => format!("the plan takes {found} {objects}{of_group}{others}"),
    };
    let asked = match word {
        "max_bytes" => format!("allows {}", size(*allowed, *found)),
        "min_survivors" => format!("asks for {allowed}"),
        _ => format!("allows {allowed}"),
    };
    format!("{what}; `{limit}` at {at} {asked}. Make the plan smaller, or raise the limit")
}

/// A size, to the byte where it would look like the other one.
fn size(bytes: u64, other: u64) -> String {
    let text = Bytes(bytes).to_string();
    if text == Bytes(other).to_string() { format!("{bytes} bytes") } else { text }
}

/// The objects of a kind, and what shares and survivors of them are counted in.
const fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Service => ("services", "cluster"),
        Kind::TaskSet => ("task sets", "cluster"),
        Kind::TaskDefinition => ("task definitions", "family"),
        Kind::Image => ("images", "repository"),
    }
}
