//! Expressions made at random, carried out with random values: whatever they come to is held (law L2).

use proptest::prelude::*;

use super::{expression, reference::Holder};
use crate::{
    inventory::Reference,
    model::{Source, TaskDefinitionRef},
};

const HOLDER: Holder<'_> = Holder { source: Source::StepFunctions, name: "machine" };

/// Pieces of names, which literals and values are made of.
const PIECES: [&str; 13] = [
    "web:",
    "web",
    "api:1",
    "1",
    ":",
    "",
    "arn:",
    "arn:aws:ecs:eu-central-1:000000000000:",
    "arn:aws:ecs:eu-central-1:000000000000:task-definition/",
    "aws:ecs:eu-central-1:000000000000:task-definition/api:1",
    "task-definition/web:",
    "task-definition/api",
    "?",
];

/// A JSONata expression, as far as it is a text.
#[derive(Debug, Clone)]
enum Expression {
    Literal(&'static str, bool),
    Variable(usize),
    Joined(Vec<Expression>),
    Either(Box<Expression>, Box<Expression>),
    InParentheses(Box<Expression>),
}

impl Expression {
    fn written(&self) -> String {
        match self {
            Self::Literal(text, true) => format!("\"{text}\""),
            Self::Literal(text, false) => format!("'{text}'"),
            Self::Variable(number) => format!("$states.input.v{number}"),
            // A condition binds less than what joins it.
            Self::Joined(parts) => parts
                .iter()
                .map(|part| match part {
                    Self::Either(..) => format!("({})", part.written()),
                    Self::Literal(..) | Self::Variable(_) | Self::Joined(_) | Self::InParentheses(_) => part.written(),
                })
                .collect::<Vec<_>>()
                .join(" & "),
            Self::Either(yes, no) => format!("$c ? {} : {}", yes.written(), no.written()),
            Self::InParentheses(inner) => format!("({})", inner.written()),
        }
    }

    /// Everything that it can come to with these values.
    fn values(&self, variables: &[&str]) -> Vec<String> {
        match self {
            Self::Literal(text, _) => vec![(*text).to_owned()],
            Self::Variable(number) => vec![variables[*number].to_owned()],
            Self::Joined(parts) => parts.iter().fold(vec![String::new()], |before, part| {
                let values = part.values(variables);
                before.iter().flat_map(|head| values.iter().map(move |tail| format!("{head}{tail}"))).collect()
            }),
            Self::Either(yes, no) => [yes.values(variables), no.values(variables)].concat(),
            Self::InParentheses(inner) => inner.values(variables),
        }
    }
}

fn expressions() -> impl Strategy<Value = Expression> {
    let literal =
        (prop::sample::select(&PIECES[..]), any::<bool>()).prop_map(|(text, it)| Expression::Literal(text, it));
    let leaf = prop_oneof![3 => literal, 1 => (0..3usize).prop_map(Expression::Variable)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Joined),
            2 => pair.prop_map(|(yes, no)| Expression::Either(Box::new(yes), Box::new(no))),
            1 => inner.prop_map(|inner| Expression::InParentheses(Box::new(inner))),
        ]
    })
}

/// Whether `references` hold what a call with this definition would run. What no call can run needs no holding.
fn holds(references: &[Reference], value: &str) -> bool {
    let Some(named) = TaskDefinitionRef::parse(value) else { return true };
    references.iter().any(|reference| {
        let exactly = [&reference.task_definition, &reference.family].into_iter().flatten().any(|text| text == value);
        let undecided = reference.task_definition.as_ref().is_some_and(|text| TaskDefinitionRef::parse(text).is_none());
        exactly || undecided || reference.any_revision_of.as_deref() == Some(named.family.as_str())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_jsonata_comes_to_is_held(
        expression in expressions(),
        variables in prop::array::uniform3(prop::sample::select(&PIECES[..])),
    ) {
        let text = format!("{{% {} %}}", expression.written());
        let references = expression::jsonata(HOLDER, &text).unwrap();
        for value in expression.values(&variables) {
            prop_assert!(holds(&references, &value), "{text} comes to `{value}`, and only {references:?} is held");
        }
    }

    #[test]
    fn whatever_states_format_comes_to_is_held(
        parts in prop::collection::vec(prop::option::of(prop::sample::select(&PIECES[..])), 1..5),
        variables in prop::array::uniform4(prop::sample::select(&PIECES[..])),
    ) {
        let template: String = parts.iter().map(|part| part.unwrap_or("{}")).collect();
        let arguments = "$.a, $.b, $.c, $.d";
        let references = [expression::json_path(HOLDER, &format!("States.Format('{template}', {arguments})"))];
        let value: String = parts.iter().zip(&variables).map(|(part, variable)| part.unwrap_or(variable)).collect();
        prop_assert!(holds(&references, &value), "`{template}` comes to `{value}`, and only {references:?} is held");
    }

    #[test]
    fn no_text_is_too_strange(text in "[ -~]{0,60}") {
        expression::jsonata(HOLDER, &format!("{{%{text}%}}"));
        expression::json_path(HOLDER, &text);
        super::mention::references(HOLDER, &text);
    }
}
