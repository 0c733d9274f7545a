//! `required_version`: which builds may read a policy.

use std::fmt;

/// The numbers of a version, those not written being zero.
type Numbers = [u64; 3];

/// One condition on a version.
#[derive(Debug, PartialEq, Eq)]
struct Condition {
    relation: Relation,
    numbers: Numbers,
    /// How many of the numbers were written.
    written: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// The last number written may grow, the ones before it may not.
    Compatible,
}

/// The longer operators first, so that `>=` is not read as `>`.
const RELATIONS: [(&str, Relation); 7] = [
    ("~>", Relation::Compatible),
    (">=", Relation::GreaterOrEqual),
    ("<=", Relation::LessOrEqual),
    ("!=", Relation::NotEqual),
    ("=", Relation::Equal),
    (">", Relation::Greater),
    ("<", Relation::Less),
];

/// Conditions on a version, all of which must hold: `>= 0.1, < 0.3`. As in Terraform, `~> 0.1` allows 0.2 but not 1.0,
/// `~> 0.1.2` allows 0.1.3 but not 0.2.0, and a version alone means exactly that one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement(Vec<Condition>);

/// A part of a requirement that is not a condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotACondition(pub(super) String);

impl fmt::Display for NotACondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a condition on a version", self.0)
    }
}

impl Requirement {
    /// Reads conditions separated by commas.
    pub(super) fn parse(text: &str) -> Result<Self, NotACondition> {
        let condition = |part: &str| Condition::parse(part.trim()).ok_or_else(|| NotACondition(part.trim().to_owned()));
        text.split(',').map(condition).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `version` meets every condition; what follows a `-` or `+` in it does not count.
    pub(super) fn allows(&self, version: &str) -> bool {
        let release = version.split(['-', '+']).next().unwrap_or_default();
        numbers(release).is_some_and(|(numbers, _)| self.0.iter().all(|condition| condition.holds(numbers)))
    }
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let (relation, version) = RELATIONS
            .iter()
            .find_map(|(operator, relation)| text.strip_prefix(operator).map(|version| (*relation, version)))
            .unwrap_or((Relation::Equal, text));
        let (numbers, written) = numbers(version.trim())?;
        (relation != Relation::Compatible || written > 1).then_some(Self { relation, numbers, written })
    }

    fn holds(&self, version: Numbers) -> bool {
        match self.relation {
            Relation::Equal => version == self.numbers,
            Relation::NotEqual => version != self.numbers,
            Relation::Greater => version > self.numbers,
            Relation::GreaterOrEqual => version >= self.numbers,
            Relation::Less => version < self.numbers,
            Relation::LessOrEqual => version <= self.numbers,
            Relation::Compatible => {
                let fixed = self.written.saturating_sub(1);
                version >= self.numbers && version.iter().zip(&self.numbers).take(fixed).all(|(a, b)| a == b)
            }
        }
    }
}

/// One to three numbers, and how many.
fn numbers(text: &str) -> Option<(Numbers, usize)> {
    let mut numbers = [0; 3];
    let mut written = 0;
    for part in text.split('.') {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *numbers.get_mut(written)? = if digits { part.parse().ok()? } else { return None };
        written += 1;
    }
    Some((numbers, written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_as_in_terraform() {
        for (requirement, version, allowed) in [
            (">= 0.1", "0.1.0", true),
            (">=0.1.1", "0.1.0", false),
            ("= 0.1.0", "0.1.0", true),
            ("0.1", "0.1.0", true),
            ("0.1", "0.1.1", false),
            ("~> 0.1", "0.9.3", true),
            ("~> 0.1", "1.0.0", false),
            ("~> 0.1.2", "0.1.9", true),
            ("~> 0.1.2", "0.1.1", false),
            ("~> 0.1.2", "0.2.0", false),
            (">= 0.1, < 0.3", "0.2.7", true),
            (">= 0.1, < 0.3", "0.3.0", false),
            ("!= 0.2.0", "0.2.0", false),
            ("> 0.1, <= 0.2", "0.2.0", true),
            (">= 0.2", "0.2.0-dev+1", true),
        ] {
            assert_eq!(Requirement::parse(requirement).unwrap().allows(version), allowed, "{requirement} of {version}");
        }
    }

    #[test]
    fn the_part_that_is_no_condition_is_named() {
        for (requirement, part) in [
            ("", ""),
            (">= 0.1,", ""),
            (">= 0.1, latest", "latest"),
            ("~> 1", "~> 1"),
            ("^0.1", "^0.1"),
            ("1.2.3.4", "1.2.3.4"),
            ("1..2", "1..2"),
            ("= 99999999999999999999", "= 99999999999999999999"),
        ] {
            assert_eq!(Requirement::parse(requirement), Err(NotACondition(part.to_owned())), "{requirement}");
        }
    }
}
