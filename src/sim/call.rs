//! One request, as an operation sees it; and how it refuses.

use serde_json::Value;

use super::{state::Map, world::World};
use crate::model::{Location, Timestamp};

/// An error in AWS's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// What an operation gives back: the answer's members, or an error.
pub(super) type Answer = Result<Value, Refusal>;

/// An error that is the caller's: HTTP 400.
pub(super) fn refuse(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status: 400, code, message: message.into() }
}

/// The code that ECS and ECR give to [`invalid`]; every other service has its own put in its place.
pub(super) const INVALID: &str = "InvalidParameterException";

/// A parameter that is missing, too long or out of range.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    refuse(INVALID, message)
}

/// The caller's request and the world it acts on. An operation checks everything before it changes anything.
pub(super) struct Call<'a> {
    pub(super) world: &'a mut World,
    /// The caller's account and the Region that was asked.
    pub(super) at: &'a Location,
    pub(super) now: Timestamp,
    pub(super) input: Input<'a>,
    pub(super) operation: &'a str,
    /// The ARN of the caller.
    pub(super) caller: String,
}

/// The parameters of a request.
#[derive(Clone, Copy)]
pub(super) struct Input<'a>(pub(super) &'a Map);

fn wrong_type(member: &str, expected: &str) -> Refusal {
    refuse("SerializationException", format!("{member} is not {expected}"))
}

impl<'a> Input<'a> {
    fn get(self, member: &str) -> Option<&'a Value> {
        self.0.get(member).filter(|value| !value.is_null())
    }

    /// A text, if given.
    pub(super) fn text(self, member: &str) -> Result<Option<&'a str>, Refusal> {
        self.get(member).map(|value| value.as_str().ok_or_else(|| wrong_type(member, "a string"))).transpose()
    }

    /// A text that must be given.
    pub(super) fn required(self, member: &str) -> Result<&'a str, Refusal> {
        match self.text(member)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) | None => Err(invalid(format!("{member} cannot be empty."))),
        }
    }

    /// A list of texts; empty if not given.
    pub(super) fn texts(self, member: &str) -> Result<Vec<&'a str>, Refusal> {
        let wrong = || wrong_type(member, "a list of strings");
        let Some(value) = self.get(member) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(wrong)?;
        items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect()
    }

    /// A list of at least one and at most `limit` texts.
    pub(super) fn batch(self, member: &str, limit: usize) -> Result<Vec<&'a str>, Refusal> {
        let texts = self.texts(member)?;
        if texts.is_empty() {
            return Err(invalid(format!("{} cannot be empty.", capitalised(member))));
        }
        if texts.len() > limit {
            return Err(invalid(format!("{} can have at most {limit} items.", capitalised(member))));
        }
        Ok(texts)
    }

    /// A list of objects; empty if not given.
    pub(super) fn objects(self, member: &str) -> Result<Vec<&'a Map>, Refusal> {
        let wrong = || wrong_type(member, "a list of structures");
        let Some(value) = self.get(member) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(wrong)?;
        items.iter().map(|item| item.as_object().ok_or_else(wrong)).collect()
    }

    /// A structure, if given.
    pub(super) fn object(self, member: &str) -> Result<Option<&'a Map>, Refusal> {
        self.get(member).map(|value| value.as_object().ok_or_else(|| wrong_type(member, "a structure"))).transpose()
    }

    /// A whole number, if given.
    pub(super) fn number(self, member: &str) -> Result<Option<i64>, Refusal> {
        self.get(member).map(|value| value.as_i64().ok_or_else(|| wrong_type(member, "a whole number"))).transpose()
    }

    /// A switch; off if not given.
    pub(super) fn flag(self, member: &str) -> Result<bool, Refusal> {
        self.get(member).map_or(Ok(false), |value| value.as_bool().ok_or_else(|| wrong_type(member, "a boolean")))
    }

    /// Whether `include` names this.
    pub(super) fn includes(self, what: &str) -> Result<bool, Refusal> {
        Ok(self.texts("include")?.contains(&what))
    }
}

fn capitalised(member: &str) -> String {
    let mut chars = member.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
