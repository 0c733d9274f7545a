//! What comes from elsewhere is shown, never obeyed.

use std::borrow::Cow;

/// Text for people, in which control characters are spelt out: a name or a message from AWS or from a file must not move
/// the cursor, ring, or hide what follows. Line ends and tabs stay, and colours where there are any.
pub(super) fn harmless(text: &str, has_colour: bool) -> Cow<'_, str> {
    let is_wrong = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(is_wrong) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_wrong) {
        let (before, after) = rest.split_at(at);
        shown.push_str(before);
        let colour = if has_colour { colour_at(after) } else { 0 };
        let (odd, following) = after.split_at(colour.max(after.chars().next().map_or(0, char::len_utf8)));
        if colour > 0 {
            shown.push_str(odd);
        } else {
            shown.extend(odd.chars().flat_map(char::escape_default));
        }
        rest = following;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// How long the ANSI colour sequence is with which the text begins; 0 if it begins with none.
fn colour_at(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\u{1b}[") else { return 0 };
    let parameters = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    if rest.as_bytes().get(parameters) == Some(&b'm') { 2 + parameters + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn control_characters_are_spelt_out_and_colours_stay() {
        for (text, plain, coloured) in [
            ("a\nb", "a\nb", "a\nb"),
            ("\u{1b}[1;31mred\u{1b}[0m", r"\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
            ("\u{1b}[2Jx\r\u{7}", r"\u{1b}[2Jx\r\u{7}", r"\u{1b}[2Jx\r\u{7}"),
            ("\u{9b}2J\u{1b}]0;t\u{7}", r"\u{9b}2J\u{1b}]0;t\u{7}", r"\u{9b}2J\u{1b}]0;t\u{7}"),
            ("größe ✓", "größe ✓", "größe ✓"),
        ] {
            assert_eq!(harmless(text, false), plain);
            assert_eq!(harmless(text, true), coloured);
        }
    }
}
