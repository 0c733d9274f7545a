//! STS: whose credentials these are.

use super::{AwsError, ErrorKind, Operation, Session};

impl Session {
    /// Checks that the credentials belong to the account that the policy names.
    pub(super) async fn verify_identity(&self) -> Result<(), AwsError> {
        let operation = Operation::GetCallerIdentity;
        let answer = self.read(operation, || self.sts().get_caller_identity().send()).await?;
        let expected = &self.scope().account_id;
        let found = answer.account().unwrap_or_default();
        if found == expected.as_str() {
            return Ok(());
        }
        let message = format!(
            "account \"{}\" has id {expected} in the policy, and the credentials belong to {} ({})",
            self.scope().account,
            if found.is_empty() { "no account" } else { found },
            answer.arn().unwrap_or("no ARN"),
        );
        Err(AwsError::own(operation, self.scope(), ErrorKind::WrongAccount, message))
    }
}
