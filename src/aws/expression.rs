//! Values that Step Functions computes: which definition an expression can name, where its text alone tells.
//!
//! Two languages are read as far as people use them to put a revision behind a family: JSONPath's `States.Format`, and JSONata's
//! literals, concatenations and conditions. Whatever else an expression does leaves open what it names, and so it holds
//! everything (law L2).

use super::{mention::is_of_family, reference::Holder};
use crate::inventory::Reference;

/// What the value of a JSONata string `{% … %}` names; `None` if the text is no such string.
pub(super) fn jsonata(holder: Holder<'_>, text: &str) -> Option<Vec<Reference>> {
    let inner = text.trim().strip_prefix("{%")?.strip_suffix("%}")?;
    Some(value(holder, inner).unwrap_or_else(|| vec![holder.undecided(text)]))
}

/// What the value of a member whose name ends in `.$` names: a path or an intrinsic function.
pub(super) fn json_path(holder: Holder<'_>, text: &str) -> Reference {
    format_template(text).and_then(|template| filled(holder, template)).unwrap_or_else(|| holder.undecided(text))
}

/// The template of `States.Format('…', …)`.
fn format_template(text: &str) -> Option<&str> {
    let arguments = text.trim().strip_prefix("States.Format(")?.strip_suffix(')')?;
    let (template, rest) = arguments.trim_start().strip_prefix('\'')?.split_once('\'')?;
    let rest = rest.trim_start();
    // An escape may hide the end of the literal, or a brace.
    (!template.contains('\\') && (rest.is_empty() || rest.starts_with(','))).then_some(template)
}

/// What a text names once values stand for its `{}`.
fn filled(holder: Holder<'_>, template: &str) -> Option<Reference> {
    if !template.contains("{}") {
        return Some(holder.definition(template));
    }
    let name = match template.rsplit_once("task-definition/") {
        Some((_, name)) => name,
        // Whatever stands for the braces may hold colons: only a family is known to end at the first one.
        None if !template.starts_with("arn:") => template,
        None => return None,
    };
    let (family, revision) = name.split_once(':')?;
    let is_family = !family.is_empty() && family.bytes().all(is_of_family);
    let is_revision = revision.replace("{}", "").bytes().all(|byte| byte.is_ascii_digit());
    (is_family && is_revision).then(|| holder.any_revision_of(family))
}

/// What a JSONata expression names; `None` if its text does not tell.
fn value(holder: Holder<'_>, expression: &str) -> Option<Vec<Reference>> {
    let expression = expression.trim();
    if let Some(inner) = in_parentheses(expression) {
        return value(holder, inner);
    }
    if let Some(at) = outermost(expression, '?').next() {
        let (yes, no) = branches(expression.get(at + 1..)?)?;
        let mut named = value(holder, yes)?;
        named.extend(value(holder, no)?);
        return Some(named);
    }
    let mut template = String::new();
    let mut from = 0;
    for at in outermost(expression, '&').chain([expression.len()]) {
        let operand = expression.get(from..at)?.trim();
        match literal(operand) {
            Some(text) => template.push_str(text),
            None if is_plain(operand) => template.push_str("{}"),
            None => return None,
        }
        from = at + 1;
    }
    Some(vec![filled(holder, &template)?])
}

/// The two branches of a condition, after its question mark.
fn branches(text: &str) -> Option<(&str, &str)> {
    // `?:` and `??` are operators of their own.
    if text.starts_with([':', '?']) {
        return None;
    }
    let mut open = outermost(text, '?').peekable();
    let mut nested = 0;
    for at in outermost(text, ':') {
        while open.next_if(|question| *question < at).is_some() {
            nested += 1;
        }
        if nested == 0 {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
        nested -= 1;
    }
    None
}

/// The text of a string literal without escapes.
fn literal(operand: &str) -> Option<&str> {
    ['\'', '"'].into_iter().find_map(|quote| {
        let text = operand.strip_prefix(quote)?.strip_suffix(quote)?;
        let is_plain = !text.contains([quote, '\\']) && !text.contains("{}");
        is_plain.then_some(text)
    })
}

/// Whether an operand of a concatenation is a variable or a path: nothing that could make more of the whole than a text.
fn is_plain(operand: &str) -> bool {
    !operand.is_empty()
        && operand.starts_with(|char: char| char == '$' || char.is_ascii_alphabetic())
        && operand.chars().all(|char| char.is_ascii_alphanumeric() || "$_.()".contains(char))
}

/// What stands between the parentheses, if one pair of them is around it all.
fn in_parentheses(expression: &str) -> Option<&str> {
    let inner = expression.strip_prefix('(')?.strip_suffix(')')?;
    // `(a) & (b)` begins and ends with parentheses too, and what is between them closes one that it did not open.
    let mut depth = 0_i32;
    let is_pair = outside_literals(inner).all(|(_, char)| {
        depth += i32::from(char == '(') - i32::from(char == ')');
        depth >= 0
    });
    is_pair.then_some(inner)
}

/// Where `sought` stands outside every literal and bracket.
fn outermost(text: &str, sought: char) -> impl Iterator<Item = usize> {
    let mut depth = 0_i32;
    outside_literals(text).filter_map(move |(at, char)| {
        depth += i32::from("([{".contains(char)) - i32::from(")]}".contains(char));
        (char == sought && depth == 0).then_some(at)
    })
}

/// The characters that are not in a string literal, and where they stand.
fn outside_literals(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut is_escaped = false;
    text.char_indices().filter(move |(_, char)| match quote {
        Some(open) => {
            if !is_escaped && *char == open {
                quote = None;
            }
            is_escaped = !is_escaped && *char == '\\';
            false
        }
        None if "'\"`".contains(*char) => {
            quote = Some(*char);
            false
        }
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Source, TaskDefinitionRef};

    const HOLDER: Holder<'_> = Holder { source: Source::StepFunctions, name: "machine" };
    const ARN: &str = "arn:aws:ecs:eu-central-1:000000000000:task-definition/web";

    fn of_jsonata(inner: &str) -> Vec<Reference> {
        jsonata(HOLDER, &format!("{{% {inner} %}}")).unwrap()
    }

    /// What must hold everything: a definition that the graph cannot resolve.
    fn assert_undecided(references: &[Reference], text: &str) {
        let [Reference { task_definition: Some(held), family: None, any_revision_of: None, .. }] = references else {
            panic!("{text}: {references:?}")
        };
        assert_eq!(TaskDefinitionRef::parse(held), None, "{text}");
        assert!(held.contains(text), "{held} does not show {text}");
    }

    #[test]
    fn a_revision_put_behind_a_family_is_any_of_its_revisions() {
        for text in [
            format!("States.Format('{ARN}:{{}}', $.revision)"),
            "States.Format('web:{}', $.revision)".to_owned(),
            "States.Format( 'arn:aws:ecs:{}:{}:task-definition/web:{}', $.region, $.account, $.revision)".to_owned(),
        ] {
            assert_eq!(json_path(HOLDER, &text), HOLDER.any_revision_of("web"), "{text}");
        }
        assert_eq!(json_path(HOLDER, "States.Format('web:7')"), HOLDER.definition("web:7"));
    }

    #[test]
    fn a_path_that_tells_no_family_holds_everything() {
        for text in [
            "$.taskDefinition",
            "$$.Execution.Input.td",
            "$family",
            "States.Format('{}', $.td)",
            "States.Format('{}:7', $.family)",
            "States.Format('web{}:7', $.suffix)",
            "States.Format('arn:{}', $.rest)",
            "States.Format('web:{}-x', $.rev)",
            "States.Format('web', $.x) and more",
            "States.Format('it\\'s:{}', $.x)",
            "States.Format($.template, 'web:1')",
            "States.ArrayGetItem($.all, 0)",
            "States.JsonToString('web:1')",
            "",
        ] {
            assert_undecided(&[json_path(HOLDER, text)], text);
        }
    }

    #[test]
    fn jsonata_literals_concatenations_and_conditions_are_followed() {
        let any = vec![HOLDER.any_revision_of("web")];
        assert_eq!(of_jsonata("'web:7'"), [HOLDER.definition("web:7")]);
        assert_eq!(of_jsonata("\"web\""), [HOLDER.definition("web")]);
        assert_eq!(of_jsonata("'web:' & $states.input.revision"), any);
        assert_eq!(of_jsonata(&format!("('{ARN}:' & $string($rev))")), any);
        assert_eq!(of_jsonata("'arn:aws:ecs:' & $region & ':1:task-definition/web:' & $rev"), any);
        let both = [HOLDER.definition("web:1"), HOLDER.any_revision_of("api")];
        assert_eq!(of_jsonata("$states.input.env = 'a?b:c' ? 'web:1' : 'api:' & $rev"), both);
        let three = ["a:1", "b:2", "c:3"].map(|text| HOLDER.definition(text));
        assert_eq!(of_jsonata("$x ? 'a:1' : $y ? 'b:2' : 'c:3'"), three);
        assert_eq!(of_jsonata("$x ? $y ? 'a:1' : 'b:2' : 'c:3'"), three);
        assert_eq!(of_jsonata("$x ? ($y ? 'a:1' : 'b:2') : 'c:3'"), three);
    }

    #[test]
    fn jsonata_that_tells_no_family_holds_everything() {
        for inner in [
            "$states.input.taskDefinition",
            "$x ? 'web:1' : $y",
            "$x ?: 'web:1'",
            "$x ?? 'web:1'",
            "$x ? 'web:1'",
            "'web' & $suffix",
            "$family & ':7'",
            "'web:1' ~> $f",
            "'web:' & $x ~> $f",
            "('web:1'; $x)",
            "($a) & ($b)",
            "$x := 'web:1'",
            "$lookup({'web:1': $x}, 'a')",
            "['web:1', $x][1]",
            "'we\\'b:' & $x",
            "'web:' & $x = 'web:1'",
            "'web:' & ",
            "'web:{}'",
            "'unclosed",
            "",
        ] {
            assert_undecided(&of_jsonata(inner), inner);
        }
        assert_eq!(jsonata(HOLDER, "web:1"), None);
    }
}
