//! What can go wrong with a call, in the words of whoever has to mend it.

use std::fmt;

use super::Operation;

/// Kinds of failure, told apart because the remedy differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// No credentials were found, or they could not be loaded.
    NoCredentials,
    /// The credentials were valid once.
    ExpiredCredentials,
    /// AWS does not know the credentials, or the signature does not fit.
    RejectedCredentials,
    /// The credentials are valid and may not assume the role that the policy names.
    RoleRefused,
    /// The credentials belong to another account than the policy names.
    WrongAccount,
    /// The account accepts the credentials in its other Regions: this one is not enabled.
    RegionNotEnabled,
    /// No connection came about.
    Unreachable,
    /// The credentials are valid and not allowed to do this.
    AccessDenied,
    /// The quota of the account is used up for the moment. AWS did not carry the request out.
    Throttled,
    /// The object does not exist.
    NotFound,
    /// AWS refused the request for another reason, and did not carry it out.
    Refused,
    /// AWS failed (5xx).
    ServerFault,
    /// The request was sent and no answer came: timeout, or the connection was cut.
    Unanswered,
    /// An answer came and cannot be understood.
    Garbled,
}

impl ErrorKind {
    /// The kind in a few words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoCredentials => "no usable AWS credentials",
            Self::ExpiredCredentials => "the AWS credentials have expired",
            Self::RejectedCredentials => "AWS does not accept the credentials",
            Self::RoleRefused => "the role cannot be assumed",
            Self::WrongAccount => "the credentials belong to another account",
            Self::RegionNotEnabled => "the Region is not enabled for the account",
            Self::Unreachable => "cannot reach AWS",
            Self::AccessDenied => "access denied",
            Self::Throttled => "throttled",
            Self::NotFound => "not found",
            Self::Refused => "refused",
            Self::ServerFault => "AWS failed",
            Self::Unanswered => "no answer",
            Self::Garbled => "the answer cannot be understood",
        }
    }

    /// What to do about it; empty where the message says all.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NoCredentials => {
                "sign in (`aws sso login`), set AWS_PROFILE or AWS_ACCESS_KEY_ID, or name a `profile` that exists in the account block"
            }
            Self::ExpiredCredentials => "sign in again (`aws sso login`), or renew the session",
            Self::RejectedCredentials => "check the access key, the secret key and the clock of this machine",
            Self::RoleRefused => {
                "check `role_arn` and `external_id` in the account block, and that the role's trust policy names these credentials"
            }
            Self::WrongAccount => "correct `id` in the account block, or use the profile or role of that account",
            Self::RegionNotEnabled => "enable the Region, or take it out of `regions` in the account block",
            Self::Unreachable => "check the network, the proxy, the Region's name and AWS_ENDPOINT_URL",
            Self::AccessDenied => "grant the action to the role (`jettison iam-policy` prints the document)",
            Self::Throttled => "somebody else is using the account's quota; try again later, or lower `quota_share`",
            Self::ServerFault | Self::Unanswered => "try again; if it lasts, look at the AWS Health Dashboard",
            Self::Garbled => "check what AWS_ENDPOINT_URL or the proxy points at",
            Self::NotFound | Self::Refused => "",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct AwsError {
    /// What was called.
    pub operation: Operation,
    /// Where: `account/region`, the account by its label.
    pub scope: String,
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// AWS's code, such as `AccessDeniedException`.
    pub code: Option<String>,
    /// AWS's message, or the transport's.
    pub message: String,
    /// AWS's id of the request, for its support.
    pub request_id: Option<String>,
}

impl AwsError {
    /// A failure that this room itself found.
    pub(super) fn own(operation: Operation, scope: impl fmt::Display, kind: ErrorKind, message: String) -> Self {
        Self { operation, scope: scope.to_string(), kind, code: None, message, request_id: None }
    }

    /// What went wrong without what differs from run to run or is known from the context (scope, request id, remedy):
    /// the same failure gives the same text, as a recorded gap must.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = format!("{}: {}", self.operation, self.kind);
        if !self.message.is_empty() {
            text.push_str(": ");
            text.push_str(self.message.trim_end_matches('.'));
        }
        if let Some(code) = &self.code {
            text.push_str(&format!(" ({code})"));
        }
        text
    }
}

/// `ecs:ListClusters in prod/eu-central-1: access denied: User … is not authorized … (AccessDeniedException, request …); grant …`
impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {}", self.operation, self.scope, self.kind)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message.trim_end_matches('.'))?;
        }
        match (&self.code, &self.request_id) {
            (Some(code), Some(id)) => write!(f, " ({code}, request {id})")?,
            (Some(code), None) => write!(f, " ({code})")?,
            (None, Some(id)) => write!(f, " (request {id})")?,
            (None, None) => {}
        }
        match self.kind.remedy() {
            "" => Ok(()),
            remedy => write!(f, "; {remedy}"),
        }
    }
}

/// A mutating call that did not succeed. The difference decides what may be written into a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mutation {
    /// AWS did not carry it out.
    #[error(transparent)]
    Definite(AwsError),
    /// AWS may have carried it out, now or in a moment: read back.
    #[error("{0}; whether it was carried out is not known")]
    InDoubt(AwsError),
}

impl Mutation {
    /// The failed call.
    #[must_use]
    pub const fn error(&self) -> &AwsError {
        match self {
            Self::Definite(error) | Self::InDoubt(error) => error,
        }
    }

    /// The failed call.
    #[must_use]
    pub fn into_error(self) -> AwsError {
        match self {
            Self::Definite(error) | Self::InDoubt(error) => error,
        }
    }
}
