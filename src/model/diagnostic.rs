//! Problems with something a person wrote, told so that the person can mend them.

use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing can go on.
    Error,
    /// Worth knowing; the run goes on.
    Warning,
}

/// A file whose text diagnostics point into.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name shown to people: relative to where the policy was read from.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A stretch of a source file.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Byte offsets into its text.
    pub bytes: Range<usize>,
}

impl Span {
    /// The line on which the stretch starts, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column at which it starts, in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        let before = self.before();
        before.rsplit('\n').next().unwrap_or(before).chars().count() + 1
    }

    /// `file:line`, the form in which plans cite rules.
    #[must_use]
    pub fn at(&self) -> String {
        format!("{}:{}", self.file.name, self.line())
    }

    fn before(&self) -> &str {
        self.file.text.get(..self.bytes.start).unwrap_or(&self.file.text)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.name, self.line(), self.column())
    }
}

/// One problem: a one-line summary, a detail that says what to do, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// One line, no full stop.
    pub summary: String,
    /// Full sentences: what is wrong and the remedy.
    pub detail: String,
    /// Where; `None` for a problem of no particular place.
    pub span: Option<Span>,
}

impl Diagnostic {
    /// An error at `span`.
    #[must_use]
    pub fn error(span: Option<Span>, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Error, summary: summary.into(), detail: detail.into(), span }
    }

    /// A warning at `span`.
    #[must_use]
    pub fn warning(span: Option<Span>, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, summary: summary.into(), detail: detail.into(), span }
    }
}

/// All the problems found in one reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether any of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems by file and place, those without a place first.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        let mut order = BTreeMap::new();
        for (index, diagnostic) in self.0.iter().enumerate() {
            let place = diagnostic.span.as_ref().map(|span| (span.file.name.as_str(), span.bytes.start));
            order.insert((place, index), diagnostic);
        }
        order.into_values()
    }
}

/// The candidate that `word` was probably meant to be, for did-you-mean hints.
///
/// Close means at most a third of the word's letters wrong (one at least), counted as insertions, deletions,
/// substitutions and swaps of neighbours.
#[must_use]
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_knows_its_line_and_column() {
        let file = Arc::new(SourceFile { name: "policy.hcl".into(), text: "a = 1\nbé = 2\n".into() });
        let span = Span { file, bytes: 10..11 };
        assert_eq!((span.line(), span.column(), span.at().as_str()), (2, 4, "policy.hcl:2"));
    }

    #[test]
    fn did_you_mean_finds_the_near_word_and_not_the_far_one() {
        let words = ["unused_for", "inactive_for", "older_than"];
        assert_eq!(suggest("unusedfor", words), Some("unused_for"));
        assert_eq!(suggest("oldre_than", words), Some("older_than"));
        assert_eq!(suggest("colour", words), None);
    }

    #[test]
    fn problems_come_in_the_order_of_the_text() {
        let file = Arc::new(SourceFile { name: "a.hcl".into(), text: "xyz".into() });
        let mut all = Diagnostics::default();
        all.push(Diagnostic::error(Some(Span { file: file.clone(), bytes: 2..3 }), "second", ""));
        all.push(Diagnostic::error(Some(Span { file, bytes: 0..1 }), "first", ""));
        let order: Vec<_> = all.iter().map(|diagnostic| diagnostic.summary.as_str()).collect();
        assert_eq!(order, ["first", "second"]);
    }
}
