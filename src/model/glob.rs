//! Glob patterns with negation, as policies write them.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// A list of glob patterns: a text matches if any positive pattern matches it and no `!` pattern does.
///
/// `*` matches any run of characters, slashes included (`team/*` covers `team/a/b`), `?` one character,
/// `[ab]` and `{a,b}` alternatives. A list of negative patterns alone starts from everything.
#[derive(Clone)]
pub struct Patterns {
    texts: Vec<String>,
    positive: Vec<GlobMatcher>,
    negative: Vec<GlobMatcher>,
}

/// A pattern that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a valid pattern: {problem}")]
pub struct PatternsError {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Patterns {
    /// Compiles `texts`.
    ///
    /// # Errors
    /// The first pattern that is empty or not a valid glob.
    pub fn new<S: AsRef<str>>(texts: &[S]) -> Result<Self, PatternsError> {
        let mut patterns = Self { texts: Vec::new(), positive: Vec::new(), negative: Vec::new() };
        for text in texts.iter().map(AsRef::as_ref) {
            let (glob, matchers) = match text.strip_prefix('!') {
                Some(glob) => (glob, &mut patterns.negative),
                None => (text, &mut patterns.positive),
            };
            let fault = |problem: String| PatternsError { pattern: text.to_owned(), problem };
            if glob.is_empty() {
                return Err(fault("it is empty".to_owned()));
            }
            let glob = GlobBuilder::new(glob)
                .literal_separator(false)
                .backslash_escape(true)
                .build()
                .map_err(|error| fault(error.kind().to_string()))?;
            matchers.push(glob.compile_matcher());
            patterns.texts.push(text.to_owned());
        }
        Ok(patterns)
    }

    /// Whether `text` is covered.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let included = self.positive.is_empty() || self.positive.iter().any(|glob| glob.is_match(text));
        included && !self.negative.iter().any(|glob| glob.is_match(text))
    }

    /// The patterns as written.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

impl fmt::Debug for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.texts.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(patterns: &[&str], text: &str) -> bool {
        Patterns::new(patterns).unwrap().matches(text)
    }

    #[test]
    fn a_list_is_any_of() {
        assert!(matches(&["prod", "uat"], "uat"));
        assert!(!matches(&["prod", "uat"], "dev"));
    }

    #[test]
    fn a_star_crosses_slashes() {
        assert!(matches(&["team/*"], "team/a/b"));
        assert!(!matches(&["team/*"], "steam/a"));
    }

    #[test]
    fn a_negative_pattern_wins_wherever_it_stands() {
        assert!(matches(&["!*-rc*", "release-*"], "release-1"));
        assert!(!matches(&["!*-rc*", "release-*"], "release-1-rc2"));
        assert!(matches(&["!base/*"], "team/a"));
    }

    #[test]
    fn a_broken_pattern_is_named() {
        let error = Patterns::new(&["ok", "a[", "b"]).unwrap_err();
        assert_eq!(error.pattern, "a[");
        assert!(Patterns::new(&["!"]).is_err());
    }
}
