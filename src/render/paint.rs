//! Colour and width: what text looks like where it is shown.

use console::{Style, measure_text_width, truncate_str};

/// Where text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    /// Whether colour is understood there.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

impl Canvas {
    /// Neither colour nor an edge near: files and pipes.
    pub const PLAIN: Self = Self { color: false, width: 100 };

    pub(super) fn bold(self, text: &str) -> String {
        self.paint(text, &Style::new().bold())
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.paint(text, &Style::new().dim())
    }

    pub(super) fn red(self, text: &str) -> String {
        self.paint(text, &Style::new().red())
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.paint(text, &Style::new().yellow())
    }

    pub(super) fn green(self, text: &str) -> String {
        self.paint(text, &Style::new().green())
    }

    fn paint(self, text: &str, style: &Style) -> String {
        style.clone().force_styling(self.color).apply_to(text).to_string()
    }

    /// The text, cut with an ellipsis where the line would be too long after `used` columns.
    pub(super) fn fit(self, text: &str, used: usize) -> String {
        truncate_str(text, self.width.saturating_sub(used).max(20), "…").into_owned()
    }

    /// Words in lines of the canvas's width, each line after `indent` spaces.
    pub(super) fn wrap(self, text: &str, indent: usize) -> String {
        let room = self.width.saturating_sub(indent).max(20);
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let used = lines.last().map_or(0, |line| measure_text_width(line));
            if used > 0 && used + 1 + measure_text_width(word) > room {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        let indent = " ".repeat(indent);
        lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
    }
}

/// `1 image`, `2 images`.
pub(super) fn counted(number: u64, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else if let Some(stem) = one.strip_suffix('y') {
        format!("{number} {stem}ies")
    } else {
        format!("{number} {one}s")
    }
}

/// Digits in groups of three: `1,234,567`.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let comma = |index: usize| index > 0 && (digits.len() - index).is_multiple_of(3);
    digits.char_indices().flat_map(|(index, digit)| comma(index).then_some(',').into_iter().chain([digit])).collect()
}

/// Seconds as people say them: `45 s`, `12 min`, `2 h 47 min`.
pub(super) fn duration(seconds: u64) -> String {
    match (seconds / 3_600, seconds % 3_600 / 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A list in one line, the last two joined by a word.
pub(super) fn listed(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_at_the_edge() {
        let canvas = Canvas { color: false, width: 24 };
        assert_eq!(canvas.wrap("one two three four five six", 2), "  one two three four\n  five six");
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "image"), "1 image");
        assert_eq!(counted(0, "repository"), "0 repositories");
        assert_eq!(
            (duration(59), duration(600), duration(10_020)),
            ("59 s".into(), "10 min".into(), "2 h 47 min".into())
        );
    }
}
