//! Definitions and images that a text names literally, wherever in it they stand.

use super::reference::Holder;
use crate::{inventory::Reference, model::TaskDefinitionRef};

const DEFINITION: &str = "task-definition/";
/// The hosts of private registries (ECR user guide, "Private registries").
const REGISTRIES: [&str; 2] = [".dkr.ecr", ".dkr-ecr"];

/// Everything that `text` names literally. A name that goes on in a way that is only known later holds what it may become.
pub(super) fn references(holder: Holder<'_>, text: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> =
        text.match_indices(DEFINITION).filter_map(|(at, _)| definition(holder, text, at)).collect();
    found.extend(images(holder, text));
    found
}

/// Whether a byte may stand in the name of a family (RegisterTaskDefinition).
pub(super) fn is_of_family(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The definition whose `task-definition/` begins at `at`; `None` if no family follows.
fn definition(holder: Holder<'_>, text: &str, at: usize) -> Option<Reference> {
    let name_at = at + DEFINITION.len();
    let length = |from: usize, fits: fn(u8) -> bool| {
        text.get(from..).unwrap_or_default().bytes().take_while(|byte| fits(*byte)).count()
    };
    let name_ends = name_at + length(name_at, is_of_family);
    let family = text.get(name_at..name_ends).filter(|family| !family.is_empty())?;
    let rest = text.get(name_ends..).unwrap_or_default();
    let digits = if rest.starts_with(':') { length(name_ends + 1, |byte| byte.is_ascii_digit()) } else { 0 };
    let ends = if digits > 0 { name_ends + 1 + digits } else { name_ends };
    let after = text.get(ends..).unwrap_or_default();
    let is_whole = if digits > 0 { !goes_on(after) } else { after.is_empty() };
    if is_whole {
        Some(holder.definition(whole(text, at, name_at, ends)))
    } else {
        Some(holder.any_revision_of(family))
    }
}

/// Whether more is put behind a name when it is used: a placeholder, a variable, or whatever is joined to the literal that ends
/// with it.
fn goes_on(after: &str) -> bool {
    let Some(next) = after.chars().next() else { return false };
    let joined = || after.get(1..).is_some_and(|rest| rest.trim_start().starts_with('&'));
    match next {
        '\'' | '"' => joined(),
        '{' | '$' | '.' | '&' => true,
        other => u8::try_from(other).is_ok_and(is_of_family),
    }
}

/// The whole ARN that ends at `ends` if there is one, otherwise the name within it.
fn whole(text: &str, at: usize, name_at: usize, ends: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let arn = before.rfind("arn:").and_then(|start| text.get(start..ends));
    let arn = arn.filter(|arn| TaskDefinitionRef::parse(arn).is_some());
    arn.or_else(|| text.get(name_at..ends)).unwrap_or_default()
}

fn images(holder: Holder<'_>, text: &str) -> Vec<Reference> {
    let is_of_uri = |char: char| char.is_ascii_alphanumeric() || "._:/@-".contains(char);
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_of_uri) {
        let word = rest.get(start..).unwrap_or_default();
        let (uri, after) = word.split_at(word.find(|char| !is_of_uri(char)).unwrap_or(word.len()));
        rest = after;
        let lower = uri.to_ascii_lowercase();
        if !REGISTRIES.iter().any(|host| lower.contains(host)) {
            continue;
        }
        let is_open = uri.ends_with([':', '@', '/', '.', '-', '_']) || goes_on(after);
        // Words around it keep it from being read as the image that the part known so far would name.
        found.push(if is_open { holder.image(&format!("decided when it runs: {uri}")) } else { holder.image(uri) });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ImageRef, Source};

    const HOLDER: Holder<'_> = Holder { source: Source::StepFunctions, name: "machine" };
    const ARN: &str = "arn:aws:ecs:eu-central-1:000000000000:task-definition/web";
    const IMAGE: &str = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/team/web";

    fn named(text: &str) -> Vec<(&'static str, String)> {
        let flat = |it: Reference| match (it.task_definition, it.family, it.any_revision_of, it.image) {
            (Some(text), None, None, None) => ("revision", text),
            (None, Some(text), None, None) => ("family", text),
            (None, None, Some(text), None) => ("any", text),
            (None, None, None, Some(text)) => ("image", text),
            other => panic!("{other:?}"),
        };
        references(HOLDER, text).into_iter().map(flat).collect()
    }

    #[test]
    fn a_revision_is_held_as_it_is_named() {
        assert_eq!(named(&format!("{ARN}:7")), [("revision", format!("{ARN}:7"))]);
        assert_eq!(named(&format!("{{% $x ? '{ARN}:7' : '{ARN}:8' %}}")).len(), 2);
        assert_eq!(named("task-definition/web:12, then"), [("revision", "web:12".to_owned())]);
        assert_eq!(named(ARN), [("family", ARN.to_owned())]);
    }

    #[test]
    fn what_goes_on_later_is_any_revision() {
        for text in [
            format!("States.Format('{ARN}:{{}}', $.rev)"),
            format!("States.Format('{ARN}:1{{}}', $.rev)"),
            format!("{{% '{ARN}:' & $rev %}}"),
            format!("{{% '{ARN}' & $rest %}}"),
            format!("{{% '{ARN}:1' & $rest %}}"),
            format!("{{% \"{ARN}:1\"& $rest %}}"),
        ] {
            assert_eq!(named(&text), [("any", "web".to_owned())], "{text}");
        }
        assert!(named("task-definition/{}").is_empty());
        assert!(named("a text about task-definition/ and nothing else").is_empty());
    }

    #[test]
    fn images_are_found_and_what_goes_on_is_not_read_as_shorter() {
        assert_eq!(named(&format!("run \"{IMAGE}:1.2\" now")), [("image", format!("{IMAGE}:1.2"))]);
        for text in [
            format!("{IMAGE}:{{}}"),
            format!("'{IMAGE}:v{{}}'"),
            format!("'{IMAGE}:' & $tag"),
            format!("'{IMAGE}' & $tag"),
        ] {
            let [(kind, uri)] = &named(&text)[..] else { panic!("{text}") };
            assert_eq!((*kind, ImageRef::parse(uri)), ("image", ImageRef::Unparsed), "{uri}");
        }
        assert!(named("nginx:1 and public.ecr.aws/nginx/nginx:1").is_empty());
    }
}
