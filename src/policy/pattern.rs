//! Patterns as attributes hold them: one, a list, or one list for each of several AWS tags.

use super::{
    types::TagPatterns,
    value::{Content, FromValue, Value},
};
use crate::model::{Diagnostics, Patterns, Span};

/// Patterns together with where each of them stands.
pub(super) struct PatternList {
    pub(super) patterns: Patterns,
    pub(super) items: Vec<(String, Span)>,
}

impl FromValue for PatternList {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        const EXAMPLE: &str = "[\"team/*\"]";
        let texts: Vec<&Value> = match &value.content {
            Content::Text(_) => vec![value],
            Content::List(items) => items.iter().collect(),
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Object(_) => {
                problems.push(value.wrong_sort(name, "a list of patterns", EXAMPLE));
                return None;
            }
        };
        if texts.is_empty() {
            let detail = "An empty list would match nothing. Write `[\"*\"]` for everything, or remove the attribute.";
            problems.push(value.wrong(format!("`{name}` is an empty list"), detail));
            return None;
        }
        let items: Vec<_> = texts.into_iter().map(|text| pattern(text, name, problems)).collect();
        let items = items.into_iter().collect::<Option<Vec<_>>>()?;
        let patterns = Patterns::new(&items.iter().map(|(text, _)| text).collect::<Vec<_>>()).ok()?;
        Some(Self { patterns, items })
    }
}

/// One pattern, if it is one.
fn pattern(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<(String, Span)> {
    let Content::Text(text) = &value.content else {
        problems.push(value.wrong_sort(name, "a pattern", "\"team/*\""));
        return None;
    };
    if let Err(error) = Patterns::new(&[text]) {
        let detail = format!(
            "There is a problem with it: {}. `*` stands for any text, `?` for one character, `[ab]` and `{{a,b}}` for \
             alternatives; a leading `!` excludes.",
            error.problem
        );
        problems.push(value.wrong(format!("`{text}` is not a valid pattern"), detail));
        return None;
    }
    if matches!(text.as_str(), "!*" | "!**") {
        let detail = "`!` excludes what matches, and `*` is everything: nothing is left.";
        problems.push(value.wrong(format!("`{name}` excludes everything"), detail));
        return None;
    }
    Some((text.clone(), value.span.clone()))
}

impl FromValue for TagPatterns {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        const EXAMPLE: &str = "{ team = \"web-*\" }";
        let Content::Object(entries) = &value.content else {
            problems.push(value.wrong_sort(name, "an object of AWS tags", EXAMPLE));
            return None;
        };
        if entries.is_empty() {
            let detail = format!("Write for example `{name} = {EXAMPLE}`, or remove the attribute.");
            problems.push(value.wrong(format!("`{name}` is an empty object"), detail));
            return None;
        }
        let mut tags = Self::new();
        let mut sound = true;
        for (key, entry) in entries {
            match PatternList::from_value(entry, &key.text, problems) {
                Some(list) => drop(tags.insert(key.text.clone(), list.patterns)),
                None => sound = false,
            }
        }
        sound.then_some(tags)
    }
}
