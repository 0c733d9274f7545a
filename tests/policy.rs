//! The policy language from outside: samples of every mistake with what is said about it, and samples that are right.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "a test reads its samples, and whether to rewrite what they expect")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jettison::{
    model::Severity,
    policy::parse,
    render::{DiagnosticStyle, render_diagnostics},
};
use proptest::{prelude::*, sample::Index};

/// The texts of a sample: a file, or a directory of files that are one policy.
fn sample_of(path: &Path) -> Vec<(String, String)> {
    if path.is_dir() {
        return entries(path).iter().flat_map(|file| sample_of(file)).collect();
    }
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    vec![(name, fs::read_to_string(path).unwrap())]
}

/// What is in a directory, by name.
fn entries(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.retain(|entry| entry.extension().is_none_or(|extension| extension == "hcl"));
    entries.sort();
    assert!(!entries.is_empty(), "{} is empty", path.display());
    entries
}

/// What a user sees of `path`, and whether it can be used.
fn seen(path: &Path) -> (bool, String) {
    let (usable, diagnostics) = match parse(sample_of(path)) {
        Ok((_, warnings)) => (true, warnings),
        Err(problems) => (false, problems),
    };
    let text = render_diagnostics(&diagnostics, DiagnosticStyle { colour: false, width: 100 });
    (usable, text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]"))
}

/// Compares `seen` with the text beside the sample; `UPDATE_EXPECTED=1` rewrites that instead.
fn check(path: &Path, seen: &str) -> Result<(), String> {
    let expected = path.with_extension("txt");
    if std::env::var("UPDATE_EXPECTED").is_ok() {
        fs::write(&expected, seen).unwrap();
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    if wanted == seen { Ok(()) } else { Err(format!("{}\n{seen}", path.display())) }
}

#[test]
fn every_mistake_is_told_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy");
    let mut surprises = Vec::new();
    for directory in ["invalid", "broken"] {
        for path in entries(&root.join(directory)) {
            let (usable, text) = seen(&path);
            assert!(!usable, "{} is read as a policy", path.display());
            surprises.extend(check(&path, &text).err());
        }
    }
    assert!(surprises.is_empty(), "not as expected (UPDATE_EXPECTED=1 rewrites):\n{}", surprises.join("\n"));
}

#[test]
fn what_is_right_is_read_with_its_warnings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/valid");
    for path in entries(&root) {
        let (usable, text) = seen(&path);
        assert!(usable, "{}\n{text}", path.display());
        check(&path, &text).unwrap();
    }
}

/// The words in backticks of a text: identifiers alone.
fn quoted_words(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|word| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')).collect()
}

#[test]
fn the_reference_has_every_word_and_its_examples_are_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reference = fs::read_to_string(root.join("docs/policy.md")).unwrap();

    // What the answers to unknown words list is what the parser knows.
    let mut known = Vec::new();
    for answers in ["unknown-words", "words", "not-yet", "budget"] {
        let problems = parse(sample_of(&root.join(format!("tests/policy/invalid/{answers}.hcl")))).unwrap_err();
        for problem in problems.iter() {
            known.extend(quoted_words(&problem.detail).into_iter().map(str::to_owned));
            if problem.summary.starts_with('`') && problem.summary.contains("not supported") {
                known.extend(quoted_words(&problem.summary).into_iter().map(str::to_owned));
            }
        }
    }
    for word in
        ["settings", "quota_share", "last_revision_unused_for", "plaintext_secrets", "batch", "budget", "archive"]
    {
        assert!(known.iter().any(|known| known == word), "`{word}` is not among the words found: {known:?}");
    }
    let has = |word: &str| ["`", " "].iter().any(|end| reference.contains(&format!("`{word}{end}")));
    let missing: Vec<_> = known.iter().filter(|word| !has(word)).collect();
    assert!(missing.is_empty(), "docs/policy.md does not have {missing:?}");

    let examples: Vec<_> = reference.split("```hcl\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 5);
    for example in examples {
        let mut files = vec![("example.hcl".to_owned(), example.to_owned())];
        if !example.contains("account \"") {
            let account = "account \"prod\" {\n  id = \"111111111111\"\n  regions = [\"eu-central-1\"]\n}\n";
            files.push(("account.hcl".to_owned(), account.to_owned()));
        }
        let shown = |problems| render_diagnostics(&problems, DiagnosticStyle::default());
        let (_, warnings) = parse(files).map_err(shown).unwrap();
        assert!(warnings.is_empty(), "{example}\n{}", shown(warnings));
    }
}

const FULL: &str = include_str!("policy/valid/full.hcl");

/// What can be done to a text by a slip of the hand.
#[derive(Debug, Clone)]
enum Slip {
    Delete(Index, usize),
    Insert(Index, String),
    Repeat(Index, usize),
}

fn slip() -> impl Strategy<Value = Slip> {
    let bits = "[{}\"=,\\[\\]()$%#\n'<!*/\\\\ 0-9a-zé“-]{1,4}";
    let words = prop_oneof![Just("var.x"), Just("${"), Just("match {"), Just("<<E\n"), Just("null"), Just("1e999")];
    prop_oneof![
        (any::<Index>(), 1..30usize).prop_map(|(at, length)| Slip::Delete(at, length)),
        (any::<Index>(), bits).prop_map(|(at, text)| Slip::Insert(at, text)),
        (any::<Index>(), words).prop_map(|(at, text)| Slip::Insert(at, text.to_owned())),
        (any::<Index>(), 1..200usize).prop_map(|(at, length)| Slip::Repeat(at, length)),
    ]
}

fn apply(slips: &[Slip]) -> String {
    let mut letters: Vec<char> = FULL.chars().collect();
    for slip in slips {
        match slip {
            Slip::Delete(at, length) => {
                let at = at.index(letters.len());
                letters.drain(at..(at + length).min(letters.len()));
            }
            Slip::Insert(at, text) => {
                let at = at.index(letters.len());
                letters.splice(at..at, text.chars());
            }
            Slip::Repeat(at, length) => {
                let at = at.index(letters.len());
                let again = letters[at..(at + length).min(letters.len())].to_vec();
                letters.splice(at..at, again);
            }
        }
    }
    letters.into_iter().collect()
}

/// Whatever is said about a text says something, points into it, and is an error exactly if there is no policy.
fn holds(text: &str) -> Result<(), TestCaseError> {
    let (usable, problems) = match parse([("policy.hcl".to_owned(), text.to_owned())]) {
        Ok((_, warnings)) => (true, warnings),
        Err(problems) => (false, problems),
    };
    prop_assert_eq!(usable, problems.iter().all(|problem| problem.severity == Severity::Warning));
    for problem in problems.iter() {
        prop_assert!(!problem.summary.is_empty() && !problem.summary.contains('\n') && !problem.detail.is_empty());
        if let Some(span) = &problem.span {
            prop_assert!(span.file.text.get(span.bytes.clone()).is_some(), "{:?}", problem);
        }
    }
    let shown = render_diagnostics(&problems, DiagnosticStyle { colour: true, width: 80 });
    prop_assert_eq!(shown.is_empty(), problems.is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC*") {
        holds(&text)?;
    }

    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        holds(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn slips_are_answered(slips in proptest::collection::vec(slip(), 1..6)) {
        holds(&apply(&slips))?;
    }
}
