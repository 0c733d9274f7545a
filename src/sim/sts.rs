//! AWS STS (API 2011-06-15): who is calling, and becoming someone else.

use serde_json::json;

use super::{
    call::{Answer, Call, Refusal, refuse},
    clock,
};
use crate::model::{AccountId, Arn};

/// Answers an STS operation; `None` if it is not simulated.
pub(super) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    match call.operation {
        "GetCallerIdentity" => Some(Ok(json!({
            "Arn": call.caller,
            "UserId": "AIDASIMULATED",
            "Account": call.at.account_id,
        }))),
        "AssumeRole" => Some(assume_role(call)),
        _ => None,
    }
}

/// AssumeRole: any role of an account in the world. The key carries the account, as every simulated key does.
fn assume_role(call: &Call<'_>) -> Answer {
    let role_arn = call.input.required("RoleArn")?;
    let session = call.input.required("RoleSessionName")?;
    let denied = || Refusal {
        status: 403,
        code: "AccessDenied",
        message: format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}", call.caller),
    };
    let parsed = Arn::parse(role_arn).filter(|arn| arn.service == "iam");
    let role = parsed.and_then(|arn| Some((arn.account_id.parse::<AccountId>().ok()?, arn.resource)));
    let Some((account_id, resource)) = role else {
        return Err(refuse("ValidationError", format!("{role_arn} is invalid")));
    };
    let name = resource.strip_prefix("role/").ok_or_else(denied)?;
    if !call.world.has_account(&account_id) {
        return Err(denied());
    }
    let seconds = call.input.text("DurationSeconds")?.and_then(|seconds| seconds.parse().ok()).unwrap_or(3_600);
    Ok(json!({
        "Credentials": {
            "AccessKeyId": format!("ASIA{account_id}ROLE"),
            "SecretAccessKey": "simulated",
            "SessionToken": "simulated",
            "Expiration": clock::seconds_after(call.now, seconds).to_string(),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROASIMULATED:{session}"),
            "Arn": format!("arn:aws:sts::{account_id}:assumed-role/{}/{session}", name.rsplit('/').next().unwrap_or(name)),
        },
        "PackedPolicySize": 0,
    }))
}
