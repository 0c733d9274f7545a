//! What a reviewer should know of the repositories from which images go: one line per kind, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, Step, estate::Estate, prices};
use crate::{
    inventory::Repository,
    model::{AccountId, Location, RepositoryName},
};

/// How many repositories a line names.
const NAMED: usize = 3;
/// What pulling takes ("Private repository policy examples in Amazon ECR").
const PULLS: [&str; 2] = ["ecr:batchgetimage", "ecr:getdownloadurlforlayer"];

/// The warnings of a plan.
pub(super) fn warnings(estate: &Estate<'_>, steps: &[Step]) -> Vec<String> {
    let touched = repositories(estate, steps, &[Action::ArchiveImage, Action::DeleteImage]);
    let deleted_from = repositories(estate, steps, &[Action::DeleteImage]);
    let lines = [pulled_by_others(estate, &touched), raced(&touched), cached(estate, &deleted_from)];
    lines.into_iter().flatten().chain(prices::warnings(estate, steps)).collect()
}

type Repositories<'e> = BTreeMap<(Location, RepositoryName), &'e Repository>;

/// The repositories in whose images these things are done.
fn repositories<'e>(estate: &Estate<'e>, steps: &[Step], actions: &[Action]) -> Repositories<'e> {
    let steps = steps.iter().filter(|step| actions.contains(&step.action));
    let mut named = BTreeSet::new();
    let mut last = None;
    // Images of one repository nearly always follow each other.
    for step in steps {
        let target = &step.target;
        let place = Some((&target.account_id, &target.region, &target.repository));
        if place != last {
            last = place;
            named.extend(target.repository.clone().map(|repository| (target.location(), repository)));
        }
    }
    let found = named.into_iter().filter_map(|(location, name)| {
        let repository = estate.repository(&location, &name)?;
        Some(((location, name), repository))
    });
    found.collect()
}

fn pulled_by_others(estate: &Estate<'_>, repositories: &Repositories<'_>) -> Option<String> {
    let scopes = estate.question.inventory.scopes.iter();
    let own: BTreeSet<&AccountId> = scopes.map(|scope| &scope.account_id).collect();
    let mut others = BTreeSet::new();
    let mut names = Vec::new();
    for ((location, name), repository) in repositories {
        let Some(policy) = &repository.policy_text else { continue };
        let found = pullers(policy, &own, &location.account_id);
        if !found.is_empty() {
            names.push(name);
            others.extend(found);
        }
    }
    let who = list(&others.into_iter().collect::<Vec<_>>());
    (!names.is_empty()).then(|| {
        format!(
            "by the repository policies of {}, {who} may pull: what runs there was not looked at, so ask before images go",
            list(&names)
        )
    })
}

/// ECR's own rules run whenever ECR likes, within a day.
fn raced(repositories: &Repositories<'_>) -> Option<String> {
    let raced = repositories.iter().filter(|(_, repository)| repository.lifecycle_policy_text.is_some());
    let names: Vec<_> = raced.map(|((_, name), _)| name).collect();
    (!names.is_empty()).then(|| {
        format!(
            "ECR has lifecycle policies of its own for {}: they race with this plan, and do not ask what is in use",
            list(&names)
        )
    })
}

fn cached(estate: &Estate<'_>, repositories: &Repositories<'_>) -> Option<String> {
    let rules = &estate.question.inventory.pull_through_cache_rules;
    let covered = repositories.keys().filter(|(location, name)| {
        rules.iter().any(|rule| rule.location == *location && rule.value.covers(name.as_str()))
    });
    let names: Vec<_> = covered.map(|(_, name)| name).collect();
    (!names.is_empty()).then(|| {
        format!(
            "a pull-through cache fills {}: what is deleted comes back from upstream on the next pull, if upstream still has it",
            list(&names)
        )
    })
}

/// The first few, and how many more there are.
fn list(names: &[impl ToString]) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(ToString::to_string).collect();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Who a repository policy lets pull from outside `own` accounts. A policy that cannot be understood may mean anyone.
fn pullers(policy: &str, own: &BTreeSet<&AccountId>, home: &AccountId) -> BTreeSet<String> {
    let unknown = || BTreeSet::from(["whoever a policy that could not be read means".to_owned()]);
    let Ok(document) = serde_json::from_str::<Value>(policy) else { return unknown() };
    let Some(statements) = document.get("Statement") else { return unknown() };
    let mut found = BTreeSet::new();
    for statement in one_or_more(statements) {
        if statement.get("Effect").and_then(Value::as_str) == Some("Allow") && allows_pull(statement) {
            found.extend(principals(statement, own, home));
        }
    }
    found
}

fn one_or_more(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(value)
        }
    }
}

/// Whether a statement is about pulling. One that says what it is not about is about everything else.
fn allows_pull(statement: &Value) -> bool {
    let Some(actions) = statement.get("Action") else { return true };
    one_or_more(actions).iter().any(|action| {
        let Some(action) = action.as_str() else { return true };
        let action = action.to_ascii_lowercase();
        // A star stands for any ending, wherever it is.
        match action.split_once(['*', '?']) {
            Some((start, _)) => PULLS.iter().any(|pull| pull.starts_with(start)),
            None => PULLS.contains(&action.as_str()),
        }
    })
}

/// The principals of a statement that are of other accounts. With conditions they only may.
fn principals(statement: &Value, own: &BTreeSet<&AccountId>, home: &AccountId) -> Vec<String> {
    let Some(principal) = statement.get("Principal") else {
        return vec!["everyone but those that a policy names".to_owned()];
    };
    let names: Vec<&str> = match principal {
        Value::Object(kinds) => {
            let aws = kinds.iter().filter(|(kind, _)| *kind != "Service");
            aws.flat_map(|(_, names)| one_or_more(names)).filter_map(Value::as_str).collect()
        }
        Value::String(name) => vec![name],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => vec!["*"],
    };
    let is_own =
        |account: &str| account == home.as_str() || own.iter().any(|account_id| account_id.as_str() == account);
    let named = names.into_iter().filter_map(|name| match account_of(name) {
        Some(account) if is_own(account) => None,
        Some(account) => Some(account.to_owned()),
        None => Some(if name == "*" { "anyone".to_owned() } else { name.to_owned() }),
    });
    let conditional = if statement.get("Condition").is_some() { " (under conditions)" } else { "" };
    named.map(|name| format!("{name}{conditional}")).collect()
}

/// The account of a principal, as its id or in its ARN.
fn account_of(principal: &str) -> Option<&str> {
    let id = principal.strip_prefix("arn:").map_or(Some(principal), |rest| rest.split(':').nth(3))?;
    (id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(policy: &str) -> Vec<String> {
        let own: AccountId = "000000000000".parse().unwrap();
        pullers(policy, &BTreeSet::from([&own]), &own).into_iter().collect()
    }

    fn statement(principal: &str, action: &str, more: &str) -> String {
        format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":{action}{more}}}]}}"#)
    }

    #[test]
    fn other_accounts_that_may_pull_are_found() {
        let pull = r#"["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]"#;
        for (principal, found) in [
            (r#""*""#, vec!["anyone"]),
            (r#"{"AWS":"*"}"#, vec!["anyone"]),
            (r#"{"AWS":"111111111111"}"#, vec!["111111111111"]),
            (r#"{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::000000000000:root"]}"#, vec!["111111111111"]),
            (r#"{"AWS":"arn:aws-cn:iam::222222222222:role/x"}"#, vec!["222222222222"]),
            (r#"{"AWS":"AIDAEXAMPLE"}"#, vec!["AIDAEXAMPLE"]),
            (r#"{"Service":"lambda.amazonaws.com"}"#, vec![]),
            (r#"{"AWS":"000000000000"}"#, vec![]),
        ] {
            assert_eq!(who(&statement(principal, pull, "")), found, "{principal}");
        }
    }

    #[test]
    fn only_what_allows_to_pull_counts() {
        for (action, counts) in [
            (r#""ecr:*""#, true),
            (r#""*""#, true),
            (r#""ecr:BatchGet*""#, true),
            (r#""ECR:batchgetimage""#, true),
            (r#"["ecr:PutImage","ecr:GetDownloadUrlForLayer"]"#, true),
            (r#""ecr:PutImage""#, false),
            (r#""ecr:BatchCheck*""#, false),
        ] {
            assert_eq!(!who(&statement(r#""*""#, action, "")).is_empty(), counts, "{action}");
        }
        let denied = statement(r#""*""#, r#""ecr:*""#, "").replace("Allow", "Deny");
        assert_eq!(who(&denied), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_understood_may_mean_anyone() {
        let condition = r#","Condition":{"StringLike":{"aws:PrincipalOrgID":"o-1"}}"#;
        assert_eq!(who(&statement(r#""*""#, r#""ecr:*""#, condition)), ["anyone (under conditions)"]);
        for policy in ["not JSON", "{}", r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"*"}}"#]
        {
            assert_eq!(who(policy).len(), 1, "{policy}");
        }
    }

    #[test]
    fn a_line_names_three_and_counts_the_rest() {
        assert_eq!(list(&["a", "b", "c"]), "a, b, c");
        assert_eq!(list(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
