//! Problems with a policy, as rustc and Terraform tell them: what, where with a snippet and a caret, and the remedy.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use crate::model::{Diagnostic, Diagnostics, Severity, Span};

/// How diagnostics are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiagnosticStyle {
    /// Whether to colour, with ANSI escapes.
    pub colour: bool,
    /// The width of the terminal in columns. Details are wrapped to it, and longer source lines are cut around the caret.
    pub width: usize,
}

impl Default for DiagnosticStyle {
    /// No colour, 100 columns.
    fn default() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// The widest line of text that is still easy to read.
const MAX_WIDTH: usize = 100;

/// The problems in the order of the text with a blank line between them, and how many there are.
/// Nothing at all if there are none.
#[must_use]
pub fn render_diagnostics(diagnostics: &Diagnostics, style: DiagnosticStyle) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    let mut text = String::new();
    for diagnostic in diagnostics.iter() {
        text.push_str(&renderer.render(&[group(diagnostic, style.width)]));
        text.push_str("\n\n");
    }
    text.push_str(&count(diagnostics));
    text.push('\n');
    text
}

/// `3 errors, 1 warning`.
fn count(diagnostics: &Diagnostics) -> String {
    let told = |severity: Severity, word: &str| {
        let number = diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        match number {
            0 => None,
            1 => Some(format!("1 {word}")),
            more => Some(format!("{more} {word}s")),
        }
    };
    let counts = [told(Severity::Error, "error"), told(Severity::Warning, "warning")];
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn group(diagnostic: &Diagnostic, width: usize) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.summary.as_str()));
    let mut gutter = 0;
    if let Some(span) = &diagnostic.span {
        let annotation = AnnotationKind::Primary.span(within(span));
        group = group.element(Snippet::source(&span.file.text).path(&span.file.name).annotation(annotation));
        gutter = span.line().to_string().len();
    }
    if diagnostic.detail.is_empty() {
        return group;
    }
    let room = width.min(MAX_WIDTH).saturating_sub(gutter + " = ".len());
    group.element(Level::NOTE.no_name().message(wrap(&normalize_untrusted_str(&diagnostic.detail), room)))
}

/// The span on its first line, on character boundaries and within the text, as the renderer needs it.
fn within(span: &Span) -> Range<usize> {
    let text = span.file.text.as_str();
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let start = boundary(span.bytes.start);
    let end = boundary(span.bytes.end).max(start);
    let line = text.get(start..end).and_then(|stretch| stretch.lines().next()).unwrap_or_default();
    start..start + line.len()
}

/// `text` in lines of at most `width` columns, broken at spaces outside of backticks.
fn wrap(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in unbroken(text) {
        match lines.last_mut() {
            Some(line) if console::measure_text_width(line) + 1 + console::measure_text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// The words of `text`; what stands in backticks is code and counts as one.
fn unbroken(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut code) = (0, false);
    for (at, letter) in text.char_indices() {
        code ^= letter == '`';
        if letter == ' ' && !code {
            words.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
    }
    words.push(text.get(start..).unwrap_or_default());
    words.retain(|word| !word.is_empty());
    words
}
