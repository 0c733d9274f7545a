//! Typed access to objects that are kept as AWS's API returns them.

use serde_json::Value;

use crate::model::Timestamp;

/// An object: its members by AWS's names, times as RFC 3339 texts.
pub(super) type Map = serde_json::Map<String, Value>;

/// A text member; empty if absent.
pub(super) fn text<'a>(object: &'a Map, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A whole-number member; zero if absent.
pub(super) fn count(object: &Map, member: &str) -> i64 {
    object.get(member).and_then(Value::as_i64).unwrap_or_default()
}

/// A time member.
pub(super) fn time(object: &Map, member: &str) -> Option<Timestamp> {
    text(object, member).parse().ok()
}

/// A list member; empty if absent.
pub(super) fn list<'a>(object: &'a Map, member: &str) -> &'a [Value] {
    object.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The objects of a list member.
pub(super) fn objects<'a>(object: &'a Map, member: &str) -> impl DoubleEndedIterator<Item = &'a Map> {
    list(object, member).iter().filter_map(Value::as_object)
}

/// The objects of a list member, to be changed.
pub(super) fn objects_mut<'a>(object: &'a mut Map, member: &str) -> impl DoubleEndedIterator<Item = &'a mut Map> {
    let list = object.get_mut(member).and_then(Value::as_array_mut).map_or(&mut [][..], Vec::as_mut_slice);
    list.iter_mut().filter_map(Value::as_object_mut)
}

/// The texts of a list member.
pub(super) fn texts<'a>(object: &'a Map, member: &str) -> impl Iterator<Item = &'a str> {
    list(object, member).iter().filter_map(Value::as_str)
}

/// A text inside an object member, such as `deploymentController.type`; empty if absent.
pub(super) fn inner_text<'a>(object: &'a Map, member: &str, inner: &str) -> &'a str {
    object.get(member).and_then(Value::as_object).map_or("", |object| text(object, inner))
}

/// Sets a member.
pub(super) fn set(object: &mut Map, member: &str, value: impl Into<Value>) {
    object.insert(member.to_owned(), value.into());
}

/// Sets a member unless it is there and not an empty text.
pub(super) fn fill(object: &mut Map, member: &str, value: impl Into<Value>) {
    let missing = object.get(member).is_none_or(|there| there.is_null() || there.as_str() == Some(""));
    if missing {
        set(object, member, value);
    }
}

/// Sets a time member.
pub(super) fn stamp(object: &mut Map, member: &str, at: Timestamp) {
    set(object, member, at.to_string());
}

/// Adds to a whole-number member, never below zero.
pub(super) fn add(object: &mut Map, member: &str, change: i64) {
    let sum = count(object, member).saturating_add(change).max(0);
    set(object, member, sum);
}

/// Copies the members named, where the source has them.
pub(super) fn copy(from: &Map, to: &mut Map, members: &[&str]) {
    for member in members {
        if let Some(value) = from.get(*member)
            && !value.is_null()
        {
            set(to, member, value.clone());
        }
    }
}
