//! One file's text to HCL, or the one problem that keeps it from being read, in plain words.

use std::{ops::Range, sync::Arc};

use hcl::edit::{parser, structure::Body};

use super::{
    body::span,
    problem,
    scan::{Fault, find_fault},
};
use crate::model::{Diagnostic, SourceFile};

/// The HCL of `file`.
pub(super) fn read_hcl(file: &Arc<SourceFile>) -> Result<Body, Diagnostic> {
    parser::parse_body(&file.text).map_err(|error| {
        let fault = explain(&file.text, &error);
        problem::error(&span(file, fault.bytes), fault.summary, fault.detail)
    })
}

/// What is wrong with a text that the parser refused. The parser stops where it gives up, which is often the start of
/// the block; something unclosed in between is then the better answer.
fn explain(text: &str, error: &parser::Error) -> Fault {
    let at = floor(text, error.location().offset());
    if let Some(fault) = open_one_liner(text, at, error.message()) {
        return fault;
    }
    let gave_up = error.message() == "unexpected token" || error.message().starts_with("invalid block body");
    match find_fault(text) {
        Some(fault) if gave_up || fault.bytes.start <= at => fault,
        Some(_) | None => translate(text, at, error.message()),
    }
}

/// A block that has something after its `{` and no `}` on that line.
fn open_one_liner(text: &str, at: usize, message: &str) -> Option<Fault> {
    let ends = text.get(at..)?.trim_start_matches([' ', '\t', '\r']);
    if !message.starts_with("invalid block body") || !(ends.starts_with(['\n', '#']) || ends.starts_with("//")) {
        return None;
    }
    let line = text.get(..at)?.rsplit('\n').next()?;
    let brace = at - line.len() + line.find('{')?;
    if text.get(brace + 1..at)?.trim().is_empty() {
        return None;
    }
    let detail = "What follows on the line of the `{` must end on it, with a `}`. Or begin a new line after the `{`.";
    Some(Fault::new(brace..brace + 1, "this `{` is not closed on its line", detail))
}

/// The parser's words in ours.
fn translate(text: &str, at: usize, message: &str) -> Fault {
    let here = token(text, at);
    let found = text.get(here.clone()).unwrap_or_default();
    let line_before = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    if message.contains("redefined") {
        let detail = "A name has one value. Keep one of them.";
        return Fault::new(here, format!("`{found}` is set twice"), detail);
    }
    if message.contains("nesting depth") {
        return Fault::new(here, "nested too deeply", "64 levels of nesting are the most.");
    }
    if message.starts_with("invalid escape sequence") || message.starts_with("invalid unicode") {
        let detail =
            "In quoted text a `\\` begins an escape: `\\n`, `\\t`, `\\\"`, `\\u00e9`. For a `\\` itself write `\\\\`.";
        return Fault::new(here, "this escape is not known", detail);
    }
    if message.starts_with("invalid expression") {
        return missing_value(text, at, here, found);
    }
    if message.starts_with("invalid structure") {
        return unfinished_statement(text, at, here, found, line_before);
    }
    if message.starts_with("expected newline") {
        return several_on_a_line(here, found, line_before);
    }
    if message.starts_with("invalid block body") || message.starts_with("invalid attribute") {
        let detail =
            "A block on one line holds at most one attribute and no block. Give every attribute a line of its own.";
        return Fault::new(here, "too much for a block on one line", detail);
    }
    if message == "expected `{`" {
        let detail = "For a block, its `{` must follow on this line: `word \"label\" { … }`. For an attribute, a `=` is missing \
                      before the value.";
        return Fault::new(here, "expected `{`", detail);
    }
    if message == "unexpected token" || message == "expected identifier" {
        let detail = "A policy consists of attributes, `name = value`, and blocks, `name \"label\" { … }`.";
        return Fault::new(here, "expected an attribute or a block", detail);
    }
    if message == "expected `]`" {
        return Fault::new(here, "expected `,` or `]`", "The items of a list are separated by commas.");
    }
    Fault::new(here, message.to_owned(), "The text cannot be read as HCL from here on.")
}

/// Where a value should begin, and none does.
fn missing_value(text: &str, at: usize, here: Range<usize>, found: &str) -> Fault {
    let ends = text.get(at..).unwrap_or_default().trim_start_matches([' ', '\t', '\r']);
    if ends.is_empty() || ends.starts_with(['\n', '#', '}']) {
        return Fault::new(here, "a value is missing", "It must begin on this line.");
    }
    let detail = "A value is text in double quotes, a number, true or false, a list `[ … ]` or an object `{ … }`.";
    Fault::new(here, format!("`{found}` does not begin a value"), detail)
}

/// A word at the start of a statement, followed by neither `=` nor a block.
fn unfinished_statement(text: &str, at: usize, here: Range<usize>, found: &str, line_before: &str) -> Fault {
    let word = line_before.trim();
    if found == ":" {
        return Fault::new(here, "expected `=`, found `:`", format!("Write `{word} = …`."));
    }
    if text.get(at..).unwrap_or_default().trim_start().starts_with('{') {
        let detail = format!("Write `{word} {{`: the `{{` must be on the same line as the block's name.");
        return Fault::new(here, "a block must open on the line of its name", detail);
    }
    let detail = format!("Write `{word} = …` for an attribute, or `{word} {{ … }}` for a block.");
    Fault::new(here, format!("`{word}` is followed by neither `=` nor `{{`"), detail)
}

/// Something follows a complete attribute on its line.
fn several_on_a_line(here: Range<usize>, found: &str, line_before: &str) -> Fault {
    let number = line_before.trim_end().rsplit([' ', '=', '\t']).next().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && found.chars().all(char::is_alphabetic) {
        let whole = here.start - number.len()..here.end;
        let detail = format!("A value with a unit is text: write `\"{number}{found}\"`.");
        return if line_before.ends_with(number) {
            Fault::new(whole, format!("`{number}{found}` needs double quotes"), detail)
        } else {
            Fault::new(here, format!("unexpected `{found}` after a number"), detail)
        };
    }
    if matches!(found, "," | ";") {
        let detail = format!("Every attribute ends with its line, without a `{found}`.");
        return Fault::new(here, format!("unexpected `{found}`"), detail);
    }
    Fault::new(here, format!("unexpected `{found}`"), "An attribute ends with its line. Begin a new line here.")
}

/// The word or character at `at`, never empty unless the text ends there.
fn token(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    let word =
        rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-'))).unwrap_or(rest.len());
    let one = rest.chars().next().map_or(0, char::len_utf8);
    at..at + word.max(one)
}

/// The last character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}
