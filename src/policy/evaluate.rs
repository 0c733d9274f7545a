//! Expressions to values that know where they stand.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use hcl::{
    edit::{
        Ident, Span as _,
        expr::{BinaryOp, BinaryOperator, Expression, FuncName, Object, ObjectKey},
        visit::{Visit, visit_binary_op, visit_expr},
    },
    eval::{Context, ErrorKind, Evaluate as _},
};

use super::{
    body::{VERSION, span},
    problem,
    value::{Content, Name, Value},
};
use crate::model::{Diagnostic, Diagnostics, SourceFile, Span};

/// What expressions may refer to. In this build that is nothing: variables, locals and functions will be declared here.
#[derive(Default)]
pub(super) struct Evaluator {
    context: Context<'static>,
}

impl Evaluator {
    /// The value of `expression`, or `None` with a problem for every part of it that has none.
    pub(super) fn evaluate(
        &self,
        expression: &Expression,
        file: &Arc<SourceFile>,
        problems: &mut Diagnostics,
    ) -> Option<Value> {
        let place = span(file, expression.span().unwrap_or_default());
        if let Expression::Parenthesis(inner) = expression {
            return self.evaluate(inner.inner(), file, problems);
        }
        // Literal lists and objects are taken apart so that each item keeps its own place.
        if let Expression::Array(items) = expression {
            let values: Vec<_> = items.iter().map(|item| self.evaluate(item, file, problems)).collect();
            let values = values.into_iter().collect::<Option<_>>()?;
            return Some(Value { content: Content::List(values), span: place });
        }
        if let Expression::Object(object) = expression {
            let entries = self.entries(object, file, problems)?;
            return Some(Value { content: Content::Object(entries), span: place });
        }
        if let Some(at) = Arithmetic::find(expression) {
            let summary = format!("arithmetic is not supported by this build ({VERSION}) yet");
            problems.push(problem::error(&span(file, at), summary, "Write the result instead."));
            return None;
        }
        match hcl::Expression::from(expression.clone()).evaluate(&self.context) {
            Ok(value) => Some(Value::lifted(value, &place)),
            Err(error) => {
                problems.push(explain(&error, expression, &place));
                None
            }
        }
    }

    fn entries(
        &self,
        object: &Object,
        file: &Arc<SourceFile>,
        problems: &mut Diagnostics,
    ) -> Option<Vec<(Name, Value)>> {
        let mut keys = BTreeSet::new();
        let mut entries = Vec::new();
        for (key, value) in object {
            let key = self.key(key, file, problems);
            let value = self.evaluate(value.expr(), file, problems);
            if let Some(again) = key.as_ref().filter(|key| !keys.insert(key.text.clone())) {
                let summary = format!("`{}` is set twice", again.text);
                let detail = "A name has one value. Keep one of them.";
                problems.push(problem::error(&again.span, summary, detail));
                entries.push(None);
            }
            entries.push(key.zip(value));
        }
        entries.into_iter().collect()
    }

    fn key(&self, key: &ObjectKey, file: &Arc<SourceFile>, problems: &mut Diagnostics) -> Option<Name> {
        match key {
            ObjectKey::Ident(name) => {
                let span = span(file, name.span().unwrap_or_default());
                Some(Name { text: name.as_str().to_owned(), span })
            }
            ObjectKey::Expression(expression) => {
                let value = self.evaluate(expression, file, problems)?;
                if let Content::Text(text) = value.content {
                    return Some(Name { text, span: value.span });
                }
                let summary = format!("a key must be a string, found {}", value.content.sort());
                problems.push(problem::error(&value.span, summary, "Write the key in double quotes."));
                None
            }
        }
    }
}

/// An evaluation that failed, with the caret under the part that failed.
fn explain(error: &hcl::eval::Error, expression: &Expression, place: &Span) -> Diagnostic {
    let narrow = |sought: Sought<'_>| sought.find(expression).map_or_else(|| place.clone(), |at| span(&place.file, at));
    if let ErrorKind::UndefinedVar(name) = error.kind() {
        return explain_name(name.as_str(), &narrow(Sought::Variable(name.as_str())));
    }
    if let ErrorKind::UndefinedFunc(name) = error.kind() {
        let at = narrow(Sought::Function(name.name.as_str()));
        let summary = format!("the function `{}` is not supported by this build ({VERSION}) yet", name.name);
        return problem::error(&at, summary, "Write its result instead.");
    }
    let detail = format!("It fails with: {}.", error.kind());
    problem::error(place, "this expression has no value", detail)
}

/// A bare word: a reference that this build cannot follow, or text whose quotes were forgotten.
fn explain_name(name: &str, at: &Span) -> Diagnostic {
    match name {
        "var" | "local" => {
            let what = if name == "var" { "variables" } else { "locals" };
            let summary = format!("{what} are not supported by this build ({VERSION}) yet");
            problem::error(at, summary, "Write the value instead.")
        }
        "yes" | "on" | "True" | "TRUE" | "no" | "off" | "False" | "FALSE" => {
            let right = matches!(name, "yes" | "on" | "True" | "TRUE");
            problem::error(at, format!("`{name}` is not a value"), format!("Write `{right}`."))
        }
        _ => {
            let detail = format!("If it is meant as text, write it in double quotes: `\"{name}\"`.");
            problem::error(at, format!("`{name}` is not a value"), detail)
        }
    }
}

/// The first calculation with numbers in an expression. hcl-rs 0.19 panics on `1 % 0` and on a sum that does not fit
/// into 64 bits, so none is evaluated here.
#[derive(Default)]
struct Arithmetic(Option<Range<usize>>);

impl Arithmetic {
    fn find(expression: &Expression) -> Option<Range<usize>> {
        let mut search = Self::default();
        search.visit_expr(expression);
        search.0
    }
}

impl Visit for Arithmetic {
    fn visit_binary_op(&mut self, operation: &BinaryOp) {
        match *operation.operator.value() {
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Mul
            | BinaryOperator::Div
            | BinaryOperator::Mod => self.0 = self.0.take().or_else(|| operation.span().or(Some(0..0))),
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Less
            | BinaryOperator::LessEq
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEq
            | BinaryOperator::And
            | BinaryOperator::Or => visit_binary_op(self, operation),
        }
    }
}

/// The first place in an expression where a name is used.
enum Sought<'n> {
    Variable(&'n str),
    Function(&'n str),
}

impl Sought<'_> {
    fn find(self, expression: &Expression) -> Option<Range<usize>> {
        let mut search = Search { sought: self, found: None };
        search.visit_expr(expression);
        search.found
    }
}

struct Search<'n> {
    sought: Sought<'n>,
    found: Option<Range<usize>>,
}

impl Visit for Search<'_> {
    fn visit_expr(&mut self, expression: &Expression) {
        // `var.x` is underlined whole, not only its root.
        if let (Expression::Traversal(traversal), Sought::Variable(name)) = (expression, &self.sought)
            && traversal.expr.as_variable().map(Ident::as_str) == Some(*name)
        {
            self.found = self.found.take().or_else(|| expression.span());
        }
        if let (Expression::Variable(variable), Sought::Variable(name)) = (expression, &self.sought)
            && variable.as_str() == *name
        {
            self.found = self.found.take().or_else(|| expression.span());
        }
        visit_expr(self, expression);
    }

    fn visit_func_name(&mut self, function: &FuncName) {
        if matches!(&self.sought, Sought::Function(name) if function.name.as_str() == *name) {
            self.found = self.found.take().or_else(|| function.name.span());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::parse;

    /// What is said about `cluster = EXPRESSION` in an otherwise sound policy.
    fn said(expression: &str) -> Vec<String> {
        let account = "account \"a\" {\n  id = \"000000000000\"\n  regions = [\"eu-west-1\"]\n}\n";
        let rule =
            format!("protect \"service\" \"s\" {{\n  reason = \"r\"\n  match {{ cluster = {expression} }}\n}}\n");
        match parse([("policy.hcl".to_owned(), format!("{account}{rule}"))]) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(|problem| problem.summary.clone()).collect(),
        }
    }

    #[test]
    fn expressions_without_references_have_values() {
        for expression in [
            "true ? \"a\" : \"b\"",
            "[for n in [1, 2] : \"dev-${n}\"]",
            "\"%{ if 1 < 2 }a%{ else }b%{ endif }\"",
            "([\"a\", (\"b\")])",
            "{ a = [\"x\"] }.a",
            "[\"a\", \"b\"][1]",
        ] {
            assert_eq!(said(expression), [""; 0], "{expression}");
        }
    }

    #[test]
    fn every_item_of_a_list_that_has_no_value_is_told() {
        assert_eq!(said("[a, \"b\", var.c]").len(), 2);
    }

    #[test]
    fn arithmetic_is_refused_wherever_it_stands() {
        for expression in ["1 + 1", "[for n in [0] : 1 % n]", "\"${1 / 0}\"", "[\"a\"][1 - 1]", "true ? 2 * 2 : 1"] {
            let told = said(expression);
            assert!(matches!(&*told, [one] if one.starts_with("arithmetic")), "{expression}: {told:?}");
        }
    }

    #[test]
    fn numbers_at_their_limits_are_answered() {
        for expression in [
            "1 / 0",
            "1 % 0",
            "1.5 % 0",
            "9223372036854775807 + 1",
            "18446744073709551615 + 1",
            "18446744073709551615 * 18446744073709551615",
            "-9223372036854775808 - 1",
            "-(-9223372036854775808)",
            "(-9223372036854775808) / (-1)",
            "(-9223372036854775808) % (-1)",
            "[\"a\"][5]",
            "[\"a\"][-1]",
            "[\"a\"][18446744073709551615]",
            "\"a\".b",
        ] {
            assert_eq!(said(expression).len(), 1, "{expression}");
        }
    }

    #[test]
    fn depth_is_answered() {
        for (open, core, close) in
            [("[", "1", "]"), ("(", "1", ")"), ("true ? ", "1", " : 2"), ("!", "true", ""), ("{ a = ", "1", " }")]
        {
            for depth in [10, 60, 64, 200, 5_000] {
                let expression = format!("{}{core}{}", open.repeat(depth), close.repeat(depth));
                assert!(!said(&expression).is_empty(), "{open} {depth}");
            }
        }
        for depth in [100, 128, 5_000] {
            let sum = format!("1{}", " + 1".repeat(depth));
            assert!(!said(&sum).is_empty());
            assert!(!said(&format!("{}{sum}{}", "(".repeat(60), ")".repeat(60))).is_empty());
        }
    }
}
