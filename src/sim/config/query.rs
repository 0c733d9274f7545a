//! Advanced queries, as far as this tool asks them: `SELECT … [WHERE …] [GROUP BY …]` with `=`, `IN`, `LIKE`, `AND` and
//! `COUNT(*)` ("Query components for AWS Config advanced queries", AWS Config developer guide). Anything else is refused, so that
//! no query passes here that was never held against the documented grammar.

use std::{fmt, iter::Peekable, str::Chars};

use serde_json::{Value, json};

use crate::sim::state::Map;

/// What a query gives of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A property, its steps joined by dots.
    Property(String),
    /// `COUNT(*)`.
    Count,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(path) => f.write_str(path),
            Self::Count => f.write_str("COUNT(*)"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    property: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    /// What stands before the `%`; `_` is any character.
    Like(String),
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query {
    pub(super) select: Vec<Item>,
    conditions: Vec<Condition>,
    pub(super) group_by: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

impl Query {
    /// Reads a query; the error says what in it is not of the grammar.
    pub(super) fn parse(expression: &str) -> Result<Self, String> {
        let mut tokens = Tokens(tokens(expression)?.into_iter().peekable());
        let mut query = Self::default();
        tokens.keyword("SELECT")?;
        query.select = tokens.list(Tokens::item)?;
        if tokens.takes_keyword("WHERE") {
            query.conditions.push(tokens.condition()?);
            while tokens.takes_keyword("AND") {
                query.conditions.push(tokens.condition()?);
            }
        }
        if tokens.takes_keyword("GROUP") {
            tokens.keyword("BY")?;
            query.group_by = tokens.list(Tokens::property)?;
        }
        if let Some(token) = tokens.0.next() {
            return Err(format!("{token} is not expected here"));
        }
        query.check()?;
        Ok(query)
    }

    fn check(&self) -> Result<(), String> {
        if self.group_by.len() > 3 {
            return Err("GROUP BY takes at most 3 properties".to_owned());
        }
        let is_aggregate = self.select.contains(&Item::Count) || !self.group_by.is_empty();
        for item in &self.select {
            if let Item::Property(path) = item
                && is_aggregate
                && !self.group_by.contains(path)
            {
                return Err(format!("{path} is selected beside an aggregate and not in GROUP BY"));
            }
        }
        if is_aggregate && self.group_by.is_empty() {
            return Err("COUNT(*) without GROUP BY is not simulated".to_owned());
        }
        Ok(())
    }

    /// Whether every condition is true of a resource; of an array it is if it is of any element.
    pub(super) fn takes(&self, resource: &Map) -> bool {
        self.conditions.iter().all(|condition| {
            let mut texts = Vec::new();
            gather(&Value::Object(resource.clone()), &steps(&condition.property), &mut texts);
            texts.iter().any(|text| condition.test.holds(text))
        })
    }

    /// The properties of a resource that the query selects, in their places.
    pub(super) fn select(&self, resource: &Map) -> Value {
        let resource = Value::Object(resource.clone());
        let mut result = json!({});
        for item in &self.select {
            if let Item::Property(path) = item
                && let Some(part) = project(&resource, &steps(path))
            {
                merge(&mut result, part);
            }
        }
        result
    }

    /// The properties that a resource is grouped by.
    pub(super) fn group(&self, resource: &Map) -> Map {
        let resource = Value::Object(resource.clone());
        let mut result = json!({});
        for part in self.group_by.iter().filter_map(|path| project(&resource, &steps(path))) {
            merge(&mut result, part);
        }
        result.as_object().cloned().unwrap_or_default()
    }
}

impl Test {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::In(values) => values.iter().any(|value| value == text),
            Self::Like(start) => {
                let mut chars = text.chars();
                start.chars().all(|wanted| chars.next().is_some_and(|found| wanted == '_' || wanted == found))
            }
        }
    }
}

fn steps(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

fn gather<'a>(value: &'a Value, steps: &[&str], texts: &mut Vec<String>) {
    match (value, steps) {
        (Value::Array(items), _) => items.iter().for_each(|item| gather(item, steps, texts)),
        (Value::Object(members), [first, rest @ ..]) => {
            if let Some(member) = members.get(*first) {
                gather(member, rest, texts);
            }
        }
        (Value::String(text), []) => texts.push(text.clone()),
        (_, _) => {}
    }
}

fn project(value: &Value, steps: &[&str]) -> Option<Value> {
    match (value, steps) {
        (_, []) => Some(value.clone()),
        (Value::Array(items), _) => {
            Some(items.iter().map(|item| project(item, steps).unwrap_or_else(|| json!({}))).collect())
        }
        (Value::Object(members), [first, rest @ ..]) => {
            let part = project(members.get(*first)?, rest)?;
            Some(json!({ *first: part }))
        }
        (_, _) => None,
    }
}

/// Puts what two projections of one resource show together.
fn merge(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (name, member) in part {
                merge(whole.entry(name).or_insert(Value::Null), member);
            }
        }
        (Value::Array(whole), Value::Array(part)) => {
            for (whole, part) in whole.iter_mut().zip(part) {
                merge(whole, part);
            }
        }
        (whole, part) => *whole = part,
    }
}

struct Tokens(Peekable<std::vec::IntoIter<Token>>);

impl Tokens {
    fn takes_keyword(&mut self, keyword: &str) -> bool {
        self.0.next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))).is_some()
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), String> {
        if self.takes_keyword(keyword) { Ok(()) } else { Err(self.unexpected(keyword)) }
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        if self.0.next_if_eq(&Token::Sign(sign)).is_some() { Ok(()) } else { Err(self.unexpected(&sign.to_string())) }
    }

    fn unexpected(&mut self, expected: &str) -> String {
        self.0.peek().map_or_else(
            || format!("the expression ends where {expected} is expected"),
            |token| format!("{token} stands where {expected} is expected"),
        )
    }

    fn list<T>(&mut self, one: fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut all = vec![one(self)?];
        while self.0.next_if_eq(&Token::Sign(',')).is_some() {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn item(&mut self) -> Result<Item, String> {
        if !self.takes_keyword("COUNT") {
            return self.property().map(Item::Property);
        }
        for sign in ['(', '*', ')'] {
            self.sign(sign)?;
        }
        Ok(Item::Count)
    }

    fn property(&mut self) -> Result<String, String> {
        const KEYWORDS: [&str; 18] = [
            "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "GROUP", "BY", "ORDER", "AS",
            "DISTINCT", "JOIN", "UNION", "HAVING", "ALL",
        ];
        let is_property = |word: &str| !KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword));
        match self.0.next_if(|token| matches!(token, Token::Word(word) if is_property(word))) {
            Some(Token::Word(word)) => Ok(word),
            Some(Token::Text(_) | Token::Sign(_)) | None => Err(self.unexpected("a property")),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.0.next_if(|token| matches!(token, Token::Text(_))) {
            Some(Token::Text(text)) => Ok(text),
            Some(Token::Word(_) | Token::Sign(_)) | None => Err(self.unexpected("a text in single quotes")),
        }
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let property = self.property()?;
        let test = if self.takes_keyword("IN") {
            self.sign('(')?;
            let values = self.list(Self::text)?;
            self.sign(')')?;
            Test::In(values)
        } else if self.takes_keyword("LIKE") {
            Test::Like(suffix_wildcard(&self.text()?)?)
        } else {
            self.sign('=')?;
            Test::In(vec![self.text()?])
        };
        Ok(Condition { property, test })
    }
}

/// A pattern may have one `%`, at its end, with three characters or more before it.
fn suffix_wildcard(pattern: &str) -> Result<String, String> {
    let start = pattern.strip_suffix('%').filter(|start| !start.contains('%') && start.chars().count() >= 3);
    let refusal = || format!("'{pattern}' is not at least three characters and one % at the end");
    start.map(str::to_owned).ok_or_else(refusal)
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
        }
    }
}

fn tokens(expression: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = expression.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            ' ' | '\n' | '\r' | '\t' => {}
            '\'' => tokens.push(Token::Text(quoted(&mut chars)?)),
            '(' | ')' | ',' | '=' | '*' => tokens.push(Token::Sign(char)),
            letter if letter.is_ascii_alphabetic() => {
                let mut word = String::from(letter);
                while let Some(next) = chars.next_if(|next| next.is_ascii_alphanumeric() || ".-_".contains(*next)) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
            other => return Err(format!("`{other}` is not of the grammar")),
        }
    }
    Ok(tokens)
}

fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    for char in chars {
        match char {
            '\'' => return Ok(text),
            char => text.push(char),
        }
    }
    Err("a text in single quotes does not end".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource() -> Map {
        let value = json!({
            "accountId": "111111111111", "resourceType": "AWS::ECS::TaskDefinition",
            "configuration": {
                "Status": "ACTIVE",
                "ContainerDefinitions": [{ "Name": "app", "Image": "a:1" }, { "Name": "proxy", "Image": "b:1" }],
            },
        });
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_query_selects_properties_in_their_places() {
        let query = Query::parse(
            "SELECT accountId, configuration.Status, configuration.ContainerDefinitions.Image, configuration.Absent \
             WHERE resourceType = 'AWS::ECS::TaskDefinition'",
        );
        let query = query.unwrap();
        assert!(query.takes(&resource()));
        let expected = json!({
            "accountId": "111111111111",
            "configuration": { "Status": "ACTIVE", "ContainerDefinitions": [{ "Image": "a:1" }, { "Image": "b:1" }] },
        });
        assert_eq!(query.select(&resource()), expected);
    }

    #[test]
    fn conditions_are_all_true_and_of_any_element() {
        for (condition, expected) in [
            ("accountId = '111111111111'", true),
            ("accountId = '222222222222'", false),
            ("accountId IN ('222222222222', '111111111111')", true),
            ("configuration.ContainerDefinitions.Image LIKE 'b:1%'", true),
            ("configuration.ContainerDefinitions.Image LIKE 'b_1%'", true),
            ("configuration.ContainerDefinitions.Image LIKE 'c:1%'", false),
            (
                "configuration.ContainerDefinitions.Name = 'app' AND configuration.ContainerDefinitions.Image = 'b:1'",
                true,
            ),
            ("accountId = '111111111111' AND configuration.Status = 'INACTIVE'", false),
            ("configuration.Nothing = 'x'", false),
        ] {
            let query = Query::parse(&format!("SELECT arn WHERE {condition}")).unwrap();
            assert_eq!(query.takes(&resource()), expected, "{condition}");
        }
    }

    #[test]
    fn groups_are_counted() {
        let query = Query::parse("SELECT accountId, COUNT(*) WHERE accountId LIKE '111%' GROUP BY accountId").unwrap();
        assert_eq!(Value::Object(query.group(&resource())), json!({ "accountId": "111111111111" }));
    }

    #[test]
    fn what_is_not_of_the_grammar_is_refused() {
        for expression in [
            "",
            "SELECT",
            "SELECT *",
            "SELECT a FROM b",
            "SELECT a AS b",
            "SELECT DISTINCT a",
            "SELECT a WHERE",
            "SELECT a WHERE b",
            "SELECT a WHERE b = c",
            "SELECT a WHERE b = \"c\"",
            "SELECT a WHERE b = 'c",
            "SELECT a WHERE b = 'c' OR d = 'e'",
            "SELECT a WHERE NOT b = 'c'",
            "SELECT a WHERE b LIKE '%/repo:%'",
            "SELECT a WHERE b LIKE 'ab%'",
            "SELECT a WHERE b LIKE 'abc'",
            "SELECT a WHERE b IN ()",
            "SELECT a, COUNT(*)",
            "SELECT a, COUNT(*) GROUP BY b",
            "SELECT COUNT(*) GROUP BY a, b, c, d",
            "SELECT a GROUP BY a HAVING b",
            "SELECT a ORDER BY a",
            "SELECT a; SELECT b",
        ] {
            assert!(Query::parse(expression).is_err(), "{expression}");
        }
    }
}
