//! Values of attributes, and what each type accepts and says when it does not. Types that one kind of block has
//! for itself are defined beside it, in `read`.

use super::problem;
use crate::model::{AccountId, Age, Diagnostic, Diagnostics, Span};

/// A name that the user chose or misspelt, and where it is written.
#[derive(Clone)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Span,
}

/// A value and where it is written.
pub(super) struct Value {
    pub(super) content: Content,
    pub(super) span: Span,
}

/// The sorts of value that HCL has.
pub(super) enum Content {
    Null,
    Bool(bool),
    Number(hcl::Number),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(Name, Value)>),
}

impl Content {
    /// What messages call it, with its article.
    pub(super) const fn sort(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl Value {
    /// The outcome of an evaluation, all parts of which stand where the expression does.
    pub(super) fn lifted(value: hcl::Value, span: &Span) -> Self {
        let content = match value {
            hcl::Value::Null => Content::Null,
            hcl::Value::Bool(truth) => Content::Bool(truth),
            hcl::Value::Number(number) => Content::Number(number),
            hcl::Value::String(text) => Content::Text(text),
            hcl::Value::Array(items) => Content::List(items.into_iter().map(|item| Self::lifted(item, span)).collect()),
            hcl::Value::Object(entries) => {
                let name = |text| Name { text, span: span.clone() };
                Content::Object(entries.into_iter().map(|(key, item)| (name(key), Self::lifted(item, span))).collect())
            }
        };
        Self { content, span: span.clone() }
    }

    /// The text, if it is one.
    fn text(&self) -> Option<&str> {
        if let Content::Text(text) = &self.content { Some(text) } else { None }
    }

    /// An error under this value.
    pub(super) fn wrong(&self, summary: impl AsRef<str>, detail: impl AsRef<str>) -> Diagnostic {
        problem::error(&self.span, summary, detail)
    }

    /// The error of a value of the wrong sort.
    pub(super) fn wrong_sort(&self, name: &str, expected: &str, example: &str) -> Diagnostic {
        let summary = format!("`{name}`: expected {expected}, found {}", self.content.sort());
        let detail = match &self.content {
            Content::Null => {
                format!(
                    "Write for example `{name} = {example}`. For the default, where there is one, leave `{name}` out."
                )
            }
            Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::List(_) | Content::Object(_) => {
                format!("Write for example `{name} = {example}`.")
            }
        };
        self.wrong(summary, detail)
    }
}

/// What the value of an attribute can be read as.
pub(super) trait FromValue: Sized {
    /// `value` of the attribute `name` as this type, or `None` with the problems that it has.
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self>;
}

/// Text that says something: not blank.
impl FromValue for String {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let Content::Text(text) = &value.content else {
            problems.push(value.wrong_sort(name, "a string", "\"…\""));
            return None;
        };
        if text.trim().is_empty() {
            problems.push(value.wrong(format!("`{name}` is empty"), "Write something between the quotes."));
            return None;
        }
        Some(text.clone())
    }
}

impl FromValue for bool {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        if let Content::Bool(truth) = value.content {
            return Some(truth);
        }
        let meant = value.text().filter(|text| *text == "false");
        problems.push(value.wrong_sort(name, "true or false", meant.unwrap_or("true")));
        None
    }
}

/// A whole number from zero.
impl FromValue for u32 {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let Content::Number(number) = &value.content else {
            // The example is the number that was meant, where that is plain.
            let meant = value.text().filter(|text| text.parse::<Self>().is_ok());
            problems.push(value.wrong_sort(name, "a whole number", meant.unwrap_or("10")));
            return None;
        };
        let float = number.as_f64().unwrap_or(f64::NAN);
        let fault = if float < 0.0 {
            "cannot be negative"
        } else if float.fract() != 0.0 {
            "must be a whole number"
        } else if let Some(whole) = whole(number) {
            return Some(whole);
        } else {
            "is too big"
        };
        let detail = format!("It is a whole number from 0 to {}.", Self::MAX);
        problems.push(value.wrong(format!("`{name}` {fault}"), detail));
        None
    }
}

/// The number as a `u32`, also if it is written `5.0`.
fn whole(number: &hcl::Number) -> Option<u32> {
    let exact = number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        // Printing is the conversion that neither truncates nor wraps.
        format!("{float:.0}").parse().ok()
    })?;
    u32::try_from(exact).ok()
}

impl FromValue for Age {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let Content::Text(text) = &value.content else {
            problems.push(value.wrong_sort(name, "a duration", "\"30d\""));
            return None;
        };
        let age = text.parse().ok();
        if age.is_none() {
            let detail = format!(
                "{}A duration is a whole number and a unit (`s`, `m`, `h`, `d` or `w`), alone or combined: \"90s\", \
                 \"24h\", \"7d\", \"2w\", \"1d 12h\". A thousand years is the most.",
                duration_hint(text),
            );
            problems.push(value.wrong(format!("`{text}` is not a duration"), detail));
        }
        age
    }
}

/// What a text that is nearly a duration was probably meant to be.
fn duration_hint(text: &str) -> String {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_lowercase();
    let short = match unit.as_str() {
        _ if number.is_empty() => return String::new(),
        "" | "day" | "days" => "d",
        "week" | "weeks" => "w",
        "hour" | "hours" | "hr" | "hrs" => "h",
        "minute" | "minutes" | "min" | "mins" => "m",
        "second" | "seconds" | "sec" | "secs" => "s",
        "mo" | "month" | "months" | "y" | "yr" | "year" | "years" => {
            return "Months and years differ in length, so write days. ".to_owned();
        }
        _ => return String::new(),
    };
    format!("Did you mean \"{number}{short}\"? ")
}

impl FromValue for AccountId {
    fn from_value(value: &Value, name: &str, problems: &mut Diagnostics) -> Option<Self> {
        let Content::Text(text) = &value.content else {
            let mut problem = value.wrong_sort(name, "a string", "\"000000000000\"");
            problem.detail.push_str(" As a number it would lose its leading zeros.");
            problems.push(problem);
            return None;
        };
        let id = text.parse().ok();
        if id.is_none() {
            let detail = "It has 12 digits and nothing else. `aws sts get-caller-identity` shows it.";
            problems.push(value.wrong(format!("`{text}` is not an AWS account id"), detail));
        }
        id
    }
}

/// Words in backticks, joined as in a sentence.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>, last: &str) -> String {
    let quoted: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}
