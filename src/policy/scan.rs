//! The faults that make a parser lose its way, found by a second, much simpler look at the text: whatever is opened and
//! not closed, and the characters that other languages quote with. The parser sees these far from where they are.
//!
//! Only a text that failed to parse is looked at, so that this look can never refuse a valid policy.

use std::ops::Range;

/// A fault of the text, in words for the person who wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) bytes: Range<usize>,
    pub(super) summary: String,
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(bytes: Range<usize>, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { bytes, summary: summary.into(), detail: detail.into() }
    }
}

/// The first such fault of `text`.
pub(super) fn find_fault(text: &str) -> Option<Fault> {
    let mut scan = Scan { text, at: 0, open: Vec::new() };
    while scan.at < text.len() {
        let step = match scan.open.last() {
            Some(Opened::Quote(start)) => scan.quoted(*start),
            Some(Opened::Bracket(..) | Opened::Interpolation(_)) | None => scan.code(),
        };
        if let Err(fault) = step {
            return Some(fault);
        }
    }
    scan.open.last().map(|opened| opened.never_closed(text))
}

/// What is open at some point of the text.
#[derive(Clone, Copy)]
enum Opened {
    Quote(usize),
    Bracket(char, usize),
    Interpolation(usize),
}

impl Opened {
    fn never_closed(self, text: &str) -> Fault {
        match self {
            Self::Quote(start) => unclosed_quote(text, start),
            Self::Bracket(bracket, start) => {
                let detail = format!("Its `{}` is missing.", partner(bracket));
                Fault::new(start..start + 1, format!("this `{bracket}` is never closed"), detail)
            }
            Self::Interpolation(start) => Fault::new(
                start..start + 2,
                "this template is never closed",
                "Its `}` is missing. For the text itself, write `$${` or `%%{`.",
            ),
        }
    }
}

const fn partner(bracket: char) -> char {
    match bracket {
        '{' => '}',
        '[' => ']',
        _ => ')',
    }
}

fn unclosed_quote(text: &str, start: usize) -> Fault {
    let line = rest(text, start).lines().next().unwrap_or_default();
    let detail = "The closing `\"` is missing. Quoted text ends on the line on which it begins.";
    Fault::new(start..start + line.len().max(1), "this text is never closed", detail)
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Opened>,
}

impl Scan<'_> {
    /// Passes one character, or one unit, inside quotes.
    fn quoted(&mut self, start: usize) -> Result<(), Fault> {
        let rest = rest(self.text, self.at);
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            self.at += 3;
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            self.open.push(Opened::Interpolation(self.at));
            self.at += 2;
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            self.at += 1 + escaped.chars().next().map_or(0, char::len_utf8);
        } else if rest.starts_with('"') {
            self.open.pop();
            self.at += 1;
        } else if rest.starts_with('\n') {
            return Err(unclosed_quote(self.text, start));
        } else {
            self.at += rest.chars().next().map_or(1, char::len_utf8);
        }
        Ok(())
    }

    /// Passes one character, or one unit, outside of quotes.
    fn code(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let rest = rest(self.text, start);
        let Some(letter) = rest.chars().next() else {
            self.at = self.text.len();
            return Ok(());
        };
        self.at += letter.len_utf8();
        match letter {
            '#' => self.skip_line(),
            '/' if rest.starts_with("//") => self.skip_line(),
            '/' if rest.starts_with("/*") => return self.skip_comment(start),
            '<' if rest.starts_with("<<") => return self.skip_heredoc(start),
            '"' => self.open.push(Opened::Quote(start)),
            '{' | '[' | '(' => self.open.push(Opened::Bracket(letter, start)),
            '}' | ']' | ')' => return self.close(letter, start),
            '\'' | '“' | '”' | '‘' | '’' | '`' => {
                let detail = "Text stands in straight double quotes: `\"…\"`.";
                return Err(Fault::new(start..self.at, format!("`{letter}` does not quote text"), detail));
            }
            _ if letter.is_ascii_digit() => return self.pass_number(start),
            _ if letter.is_alphanumeric() || letter == '_' => self.pass_word(),
            _ => {}
        }
        Ok(())
    }

    fn skip_line(&mut self) {
        self.at += rest(self.text, self.at).find('\n').unwrap_or(self.text.len() - self.at);
    }

    fn skip_comment(&mut self, start: usize) -> Result<(), Fault> {
        let Some(end) = rest(self.text, start + 2).find("*/") else {
            return Err(Fault::new(start..start + 2, "this comment is never closed", "Its `*/` is missing."));
        };
        self.at = start + 2 + end + 2;
        Ok(())
    }

    fn skip_heredoc(&mut self, start: usize) -> Result<(), Fault> {
        let line = rest(self.text, start).lines().next().unwrap_or_default();
        let word = line.trim_start_matches('<').trim_start_matches('-').trim();
        if word.is_empty() || !word.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            self.at = start + 2;
            return Ok(());
        }
        let mut at = start + line.len();
        for line in rest(self.text, at).split_inclusive('\n') {
            at += line.len();
            if line.trim() == word {
                self.at = at;
                return Ok(());
            }
        }
        let detail = format!("A line with nothing but `{word}` must end it.");
        Err(Fault::new(start..start + line.len(), "this text is never closed", detail))
    }

    fn close(&mut self, bracket: char, at: usize) -> Result<(), Fault> {
        match self.open.pop() {
            Some(Opened::Bracket(opened, _)) if partner(opened) == bracket => Ok(()),
            Some(Opened::Interpolation(_)) if bracket == '}' => Ok(()),
            Some(opened) => {
                let mut fault = opened.never_closed(self.text);
                let line = self.text.get(..at).unwrap_or_default().matches('\n').count() + 1;
                fault.detail.push_str(&format!(" The `{bracket}` on line {line} comes first."));
                Err(fault)
            }
            None => {
                let detail = "Remove it, or look above for a bracket that was closed too early.";
                Err(Fault::new(at..at + 1, format!("this `{bracket}` closes nothing"), detail))
            }
        }
    }

    fn pass_word(&mut self) {
        let rest = rest(self.text, self.at);
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-')));
        self.at += end.unwrap_or(rest.len());
    }

    fn pass_number(&mut self, start: usize) -> Result<(), Fault> {
        let digits = rest(self.text, start);
        let end = digits.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(digits.len());
        let exponent = digits.get(end..).unwrap_or_default();
        let is_exponent = exponent.starts_with(['e', 'E']);
        let end = if is_exponent {
            let sign = exponent.get(1..).unwrap_or_default();
            let skipped = 1 + usize::from(sign.starts_with(['+', '-']));
            let power = exponent.get(skipped..).unwrap_or_default();
            end + skipped + power.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(power.len())
        } else {
            end
        };
        self.at = start + end;
        let number = digits.get(..end).unwrap_or_default();
        let integral = number.bytes().all(|byte| byte.is_ascii_digit());
        let too_big =
            if integral { number.parse::<u64>().is_err() } else { number.parse::<f64>().is_ok_and(f64::is_infinite) };
        if too_big {
            let detail = "If it is a name or an id, write it in double quotes.";
            return Err(Fault::new(start..self.at, "this number is too big", detail));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault(text: &str) -> Option<(&str, String)> {
        find_fault(text).map(|fault| (&text[fault.bytes], fault.summary))
    }

    #[test]
    fn finds_where_it_was_opened() {
        for (text, at, summary) in [
            ("a {\n b = \"x\n}\n", "\"x", "this text is never closed"),
            ("a {\n b = 1\n", "{", "this `{` is never closed"),
            ("a {\n b = [1, 2\n}\n", "[", "this `[` is never closed"),
            ("a = (1\n", "(", "this `(` is never closed"),
            ("a = \"${x\"\n", "\"", "this text is never closed"),
            ("a = <<END\nx\n", "<<END", "this text is never closed"),
            ("a = 1 /* b", "/*", "this comment is never closed"),
            ("a = 'x'\n", "'", "`'` does not quote text"),
            ("a = “x”\n", "“", "`“` does not quote text"),
            ("}\n", "}", "this `}` closes nothing"),
            ("a = 99999999999999999999\n", "99999999999999999999", "this number is too big"),
            ("a = 1e400\n", "1e400", "this number is too big"),
        ] {
            assert_eq!(fault(text), Some((at, summary.to_owned())), "{text}");
        }
    }

    #[test]
    fn finds_nothing_in_what_is_closed() {
        for text in [
            "",
            "a = 1 # it's { fine\n// [\n/* ( */\n",
            "a = \"\\\"{[(\" \nb = [\"$${\", \"${ \"x\" }\"]\n",
            "a = <<-END\n  it's {\n  END\nb = <<X\nX\n",
            "a2 = 1.5e3\nbé-c = 2\n",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_points_into_the_text(text in "[a\"'{}()\\[\\]$%#/*<E\\\\\n 9e.é“-]{0,60}") {
            if let Some(fault) = find_fault(&text) {
                prop_assert!(text.get(fault.bytes).is_some_and(|at| !at.is_empty()));
            }
        }
    }
}
