//! Environment variables whose plain values look like secrets. Only their names leave this room.

use aws_sdk_ecs::types::ContainerDefinition;

const WORDS: [&str; 7] = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "APIKEY"];

/// The names of variables that look like secrets and have a plain value, sorted, each once.
pub(super) fn plaintext_secrets(containers: &[ContainerDefinition]) -> Vec<String> {
    let mut names: Vec<String> = containers
        .iter()
        .flat_map(ContainerDefinition::environment)
        .filter_map(|variable| Some((variable.name()?, variable.value()?)))
        .filter(|(name, value)| looks_secret(name) && is_plain(value))
        .map(|(name, _)| name.to_owned())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name.contains(word)) || name.ends_with("_KEY")
}

/// An ARN says where the secret is, not what it is.
fn is_plain(value: &str) -> bool {
    !value.trim().is_empty() && !value.starts_with("arn:")
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::{KeyValuePair, Secret};

    use super::*;

    fn container(variables: &[(&str, &str)]) -> ContainerDefinition {
        let pair = |(name, value): &(&str, &str)| KeyValuePair::builder().name(*name).value(*value).build();
        let secret = Secret::builder().name("REFERENCED_PASSWORD").value_from("arn:aws:ssm:…").build().unwrap();
        ContainerDefinition::builder()
            .set_environment(Some(variables.iter().map(pair).collect()))
            .secrets(secret)
            .build()
    }

    #[test]
    fn names_that_look_like_secrets_are_told_and_nothing_else() {
        let first = container(&[
            ("DB_PASSWORD", "hunter2"),
            ("api_key", "k"),
            ("GITHUB_TOKEN", "t"),
            ("EMPTY_SECRET", ""),
            ("DB_SECRET_ARN", "arn:aws:secretsmanager:…"),
            ("PORT", "8080"),
            ("KEYBOARD", "de"),
        ]);
        let second = container(&[("DB_PASSWORD", "other"), ("AWS_CREDENTIALS_FILE", "/x")]);
        assert_eq!(
            plaintext_secrets(&[first, second]),
            ["AWS_CREDENTIALS_FILE", "DB_PASSWORD", "GITHUB_TOKEN", "api_key"]
        );
    }
}
