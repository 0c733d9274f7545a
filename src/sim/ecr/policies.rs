//! The two policies of a repository: who may use it, and ECR's own rules for cleaning it up.

use serde_json::{Value, json};

use super::identify::repository;
use crate::sim::{
    call::{Answer, Call, invalid, refuse},
    state::{set, text},
    world::Key,
};

/// A policy that a repository has once or not at all. It is kept with the repository's own members.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    member: &'static str,
    name: &'static str,
    not_found: &'static str,
    /// The shortest and the longest that its text may be, in characters (ECR API model).
    length: (usize, usize),
}

pub(super) const REPOSITORY: Policy = Policy {
    member: "policyText",
    name: "Repository policy",
    not_found: "RepositoryPolicyNotFoundException",
    length: (0, 10_240),
};

pub(super) const LIFECYCLE: Policy = Policy {
    member: "lifecyclePolicyText",
    name: "Lifecycle policy",
    not_found: "LifecyclePolicyNotFoundException",
    length: (100, 30_720),
};

/// GetRepositoryPolicy and GetLifecyclePolicy.
pub(super) fn get(call: &mut Call<'_>, policy: Policy) -> Answer {
    let name = repository(call)?;
    let account_id = &call.at.account_id;
    let found = call.world.value(&Key::repository(call.at, name)).map_or("", |value| text(value, policy.member));
    if found.is_empty() {
        let message = format!(
            "{} does not exist for the repository with name '{name}' in the registry with id '{account_id}'",
            policy.name
        );
        return Err(refuse(policy.not_found, message));
    }
    Ok(json!({ "registryId": account_id, "repositoryName": name, policy.member: found }))
}

/// SetRepositoryPolicy and PutLifecyclePolicy. What the policy says is not checked, only that it is a JSON object.
pub(super) fn put(call: &mut Call<'_>, policy: Policy) -> Answer {
    let name = repository(call)?;
    let written = call.input.required(policy.member)?;
    let (least, most) = policy.length;
    let is_policy = matches!(serde_json::from_str(written), Ok(Value::Object(_)));
    if !is_policy || !(least..=most).contains(&written.chars().count()) {
        let message =
            format!("Invalid parameter at '{}' failed to satisfy constraint: 'Invalid policy'", policy.member);
        return Err(invalid(message));
    }
    call.world.change(&Key::repository(call.at, name), |repository| set(&mut repository.value, policy.member, written));
    Ok(json!({ "registryId": call.at.account_id, "repositoryName": name, policy.member: written }))
}
