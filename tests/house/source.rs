//! Reads Rust source just far enough to see which paths it names: comments, strings and test code are taken out first,
//! and what is left is cut into words and marks.

/// A word (identifier, keyword, number) or a single mark of the source.
pub(crate) type Token = String;

/// The tokens of a source file without comments, literals and `#[cfg(test)]` items.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    without_tests(&tokens_with_tests(source))
}

fn tokens_with_tests(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let here = chars[at];
        let next = chars.get(at + 1).copied().unwrap_or('\0');
        at = if here == '/' && next == '/' {
            line_end(&chars, at)
        } else if here == '/' && next == '*' {
            comment_end(&chars, at)
        } else if here == '"' {
            text_end(&chars, at)
        } else if here == '\'' {
            quote_end(&chars, at)
        } else if is_word(here) {
            let end = (at..chars.len()).find(|&i| !is_word(chars[i])).unwrap_or(chars.len());
            let word: String = chars[at..end].iter().collect();
            match raw_text_end(&chars, &word, end) {
                Some(after) => after,
                None => {
                    tokens.push(word);
                    end
                }
            }
        } else {
            if !here.is_whitespace() {
                tokens.push(here.to_string());
            }
            at + 1
        };
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_end(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|&i| chars[i] == '\n').unwrap_or(chars.len())
}

fn comment_end(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn text_end(chars: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != '"' {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    end + 1
}

/// A character literal, or a lifetime, of which only the quote is passed over.
fn quote_end(chars: &[char], at: usize) -> usize {
    if chars.get(at + 1) == Some(&'\\') {
        return (at + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |end| end + 1);
    }
    if chars.get(at + 2) == Some(&'\'') { at + 3 } else { at + 1 }
}

/// Where the raw text ends that `r`, `br` or `cr` with the marks at `at` opens, if they do.
fn raw_text_end(chars: &[char], word: &str, at: usize) -> Option<usize> {
    if !matches!(word, "r" | "br" | "cr") {
        return None;
    }
    let hashes = chars[at..].iter().take_while(|&&c| c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let start = at + hashes + 1;
    let end = (start..chars.len()).find(|&i| chars[i..].starts_with(&close));
    Some(end.map_or(chars.len(), |end| end + close.len()))
}

const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].iter().map(String::as_str).take(CFG_TEST.len()).eq(CFG_TEST) {
            at = item_end(tokens, at + CFG_TEST.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// One past the item that begins at `at`: its `;`, or the brace that closes its body.
pub(crate) fn item_end(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth -= 1;
                let in_use = tokens.get(at + 1).is_some_and(|next| next == ";");
                if depth == 0 && tokens[at] == "}" && !in_use {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Every path in the tokens, as its segments; the groups of `use` are spread out. `depth` is how many modules the file
/// lies below the crate's root, so that enough `super::` count as `crate::`.
pub(crate) fn paths(tokens: &[Token], depth: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let first = tokens[at] != "use" && tokens[at].chars().next().is_some_and(is_word);
        if first && !continues_path(tokens, at) && separator(tokens, at + 1) {
            let mut spread = Vec::new();
            at = tree(tokens, at, &mut Vec::new(), &mut spread);
            found.extend(spread.into_iter().map(|path| from_root(path, depth)));
        } else {
            at += 1;
        }
    }
    found
}

/// Whether `::` and something to hang it on stand before `at`; after `use` it only marks an outside crate.
fn continues_path(tokens: &[Token], at: usize) -> bool {
    at >= 3 && separator(tokens, at - 2) && tokens[at - 3] != "use"
}

fn separator(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|t| t == ":") && tokens.get(at + 1).is_some_and(|t| t == ":")
}

/// Reads a path or a tree of them from `at`, adds each to `found`, and returns where it ends.
fn tree(tokens: &[Token], at: usize, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let Some(token) = tokens.get(at) else { return at };
    if token == "{" {
        let mut at = at + 1;
        while tokens.get(at).is_some_and(|token| token != "}") {
            at = match tokens[at].as_str() {
                "," | "*" | ":" => at + 1,
                "as" => at + 2,
                _ => tree(tokens, at, prefix, found),
            };
        }
        return at + 1;
    }
    if !token.chars().next().is_some_and(is_word) {
        found.push(prefix.clone());
        return at + usize::from(token == "*");
    }
    prefix.push(token.clone());
    let end = if separator(tokens, at + 1) {
        tree(tokens, at + 3, prefix, found)
    } else {
        found.push(prefix.clone());
        at + 1
    };
    prefix.pop();
    end
}

fn from_root(path: Vec<String>, depth: usize) -> Vec<String> {
    let own = usize::from(path.first().is_some_and(|segment| segment == "self"));
    let supers = path[own..].iter().take_while(|segment| *segment == "super").count();
    if supers == 0 || supers < depth {
        return path;
    }
    std::iter::once("crate".to_owned()).chain(path.into_iter().skip(own + supers)).collect()
}
