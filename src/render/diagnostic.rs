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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::SourceFile;

    fn at(text: &str, bytes: Range<usize>) -> Diagnostics {
        let file = Arc::new(SourceFile { name: "policy.hcl".into(), text: text.into() });
        let mut all = Diagnostics::default();
        all.push(Diagnostic::error(Some(Span { file, bytes }), "the summary", "The detail says what to do."));
        all
    }

    fn plain(diagnostics: &Diagnostics) -> String {
        render_diagnostics(diagnostics, DiagnosticStyle::default())
    }

    #[test]
    fn a_problem_looks_like_this() {
        let text = plain(&at("a = 1\nbc = 2\n", 6..8));
        assert_eq!(
            text,
            "error: the summary\n --> policy.hcl:2:1\n  |\n2 | bc = 2\n  | ^^\n  |\n  = The detail says what to do.\n\n1 error\n"
        );
    }

    #[test]
    fn the_caret_stands_under_the_word_after_tabs_and_wide_letters() {
        for before in ["\t\t", "日本語 = ", "é\u{301}é", "a\tb\t"] {
            let source = format!("{before}here = 1\n");
            let text = plain(&at(&source, before.len()..before.len() + 4));
            let column =
                |line: &str, mark: &str| line.split_once(mark).map(|(before, _)| console::measure_text_width(before));
            let shown = text.lines().find_map(|line| column(line, "here"));
            let caret = text.lines().find_map(|line| column(line, "^^^^"));
            assert!(shown.is_some() && shown == caret, "{text}");
        }
    }

    #[test]
    fn a_stretch_over_several_lines_is_marked_on_its_first() {
        let text = plain(&at("a = [\n  1,\n]\n", 4..12));
        assert!(text.contains("1 | a = [\n  |     ^\n"), "{text}");
        assert!(!text.contains("2 |"), "{text}");
    }

    #[test]
    fn errors_and_warnings_are_counted() {
        let mut all = at("a", 0..1);
        all.push(Diagnostic::error(None, "x", "y"));
        all.push(Diagnostic::warning(None, "x", "y"));
        assert!(plain(&all).ends_with("\n\n2 errors, 1 warning\n"));
        assert_eq!(plain(&Diagnostics::default()), "");
    }

    #[test]
    fn a_detail_is_wrapped_and_code_is_not_broken() {
        let mut all = Diagnostics::default();
        let detail = format!("{}`match {{ repository = [\"*\"] }}` is code.", "word ".repeat(13));
        all.push(Diagnostic::error(None, "x", detail));
        let text = render_diagnostics(&all, DiagnosticStyle { colour: false, width: 80 });
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(text.contains("`match { repository = [\"*\"] }`"), "{text}");
    }

    proptest! {
        #[test]
        fn anything_can_be_shown_and_colour_changes_no_word(
            source in "[a-z\t\r\n \"é日\u{301}\u{1b}\u{202e}]{0,40}",
            start in 0..60usize,
            length in 0..60usize,
            width in 1..200usize,
            detail in "\\PC{0,60}",
        ) {
            let mut all = at(&source, start..start + length);
            all.push(Diagnostic::warning(None, "another", detail));
            let shown = |colour| render_diagnostics(&all, DiagnosticStyle { colour, width });
            let plain = shown(false);
            prop_assert!(plain.contains("error: the summary") && plain.ends_with("1 error, 1 warning\n"));
            prop_assert!(!plain.contains('\u{1b}'), "{}", plain);
            let coloured = shown(true);
            prop_assert_eq!(console::strip_ansi_codes(&coloured), plain);
        }
    }
}
