//! Problems in words. What they quote from the policy may hold line breaks and control characters, which would break
//! the layout of a message, or worse, a terminal: they are shown as escapes.

use crate::model::{Diagnostic, Span};

/// An error at `span`.
pub(super) fn error(span: &Span, summary: impl AsRef<str>, detail: impl AsRef<str>) -> Diagnostic {
    Diagnostic::error(Some(span.clone()), visible(summary.as_ref()), visible(detail.as_ref()))
}

/// A warning at `span`.
pub(super) fn warning(span: &Span, summary: impl AsRef<str>, detail: impl AsRef<str>) -> Diagnostic {
    Diagnostic::warning(Some(span.clone()), visible(summary.as_ref()), visible(detail.as_ref()))
}

fn visible(text: &str) -> String {
    let escaped = |letter: char| {
        let control = letter.is_control().then(|| letter.escape_default());
        let plain = (!letter.is_control()).then_some(letter);
        control.into_iter().flatten().chain(plain)
    };
    text.chars().flat_map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::SourceFile;

    #[test]
    fn quoted_control_characters_are_shown_and_not_sent() {
        let file = Arc::new(SourceFile { name: "a.hcl".into(), text: String::new() });
        let span = Span { file, bytes: 0..0 };
        assert_eq!(error(&span, "`a\nb\u{1b}[2J` é", "").summary, "`a\\nb\\u{1b}[2J` é");
    }
}
