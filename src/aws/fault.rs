//! From the SDK's errors to ours.
//!
//! Codes are matched as text: ECS's ThrottlingException is not in its API model and arrives as an unhandled variant.

use std::{error::Error, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{RequestId, assume_role::AssumeRoleError},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::{AwsError, ErrorKind, Operation};

/// A failed attempt.
pub(super) struct Fault {
    pub(super) error: AwsError,
    /// Whether it is certain that AWS did not carry the request out.
    pub(super) definite: bool,
}

impl Fault {
    pub(super) fn new<E>(operation: Operation, scope: &str, source: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (kind, definite) = classify(source);
        let role = find::<AssumeRoleError>(source);
        let meta = match source.as_service_error() {
            Some(error) => Some(error.meta()),
            None => role.map(ProvideErrorMetadata::meta),
        };
        let code = meta.and_then(|meta| meta.code()).map(str::to_owned);
        let message = match (meta.and_then(|meta| meta.message()), source.raw_response()) {
            (Some(message), _) => message.to_owned(),
            (None, Some(response)) => format!("HTTP status {} without an AWS error", response.status().as_u16()),
            (None, None) => chain(source),
        };
        let request_id = meta.and_then(|meta| meta.request_id()).map(str::to_owned);
        let error = AwsError { operation, scope: scope.to_owned(), kind, code, message, request_id };
        Self { error, definite }
    }
}

/// The kind, and whether the request was certainly not carried out.
fn classify<E>(source: &SdkError<E, HttpResponse>) -> (ErrorKind, bool)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    // Loading credentials comes before sending.
    if let Some(kind) = credentials(source) {
        return (kind, true);
    }
    match source {
        SdkError::ConstructionFailure(_) => (ErrorKind::Refused, true),
        SdkError::TimeoutError(_) => (ErrorKind::Unanswered, false),
        SdkError::DispatchFailure(_) if was_refused(source) => (ErrorKind::Unreachable, true),
        SdkError::DispatchFailure(_) if never_connected(source) => (ErrorKind::Unreachable, false),
        SdkError::DispatchFailure(_) => (ErrorKind::Unanswered, false),
        SdkError::ResponseError(error) if error.raw().status().is_server_error() => (ErrorKind::ServerFault, false),
        SdkError::ResponseError(_) => (ErrorKind::Garbled, false),
        SdkError::ServiceError(error) => {
            let meta = error.err().meta();
            let status = error.raw().status().as_u16();
            let kind = of_answer(status, meta.code(), meta.message());
            let definite = match kind {
                ErrorKind::ServerFault | ErrorKind::Unanswered | ErrorKind::Garbled => false,
                // A proxy's "service unavailable" may wear any code; a throttle of AWS itself is a 400 or a 429.
                ErrorKind::Throttled => status < 500,
                ErrorKind::NoCredentials
                | ErrorKind::ExpiredCredentials
                | ErrorKind::RejectedCredentials
                | ErrorKind::RoleRefused
                | ErrorKind::WrongAccount
                | ErrorKind::RegionNotEnabled
                | ErrorKind::Unreachable
                | ErrorKind::AccessDenied
                | ErrorKind::NotFound
                | ErrorKind::Refused => true,
            };
            (kind, definite)
        }
        // `SdkError` may grow: what is not known is in doubt.
        _ => (ErrorKind::Garbled, false),
    }
}

/// The kind of an answer that says that the call failed.
fn of_answer(status: u16, code: Option<&str>, message: Option<&str>) -> ErrorKind {
    match code.unwrap_or_default() {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "KmsThrottlingException"
        | "RequestLimitExceeded"
        | "SlowDown" => ErrorKind::Throttled,
        _ if status == 429 => ErrorKind::Throttled,
        _ if status >= 500 => ErrorKind::ServerFault,
        _ if status == 408 => ErrorKind::Unanswered,
        // AWS's errors have a code; what has none comes from something in between.
        "" => ErrorKind::Garbled,
        _ if !(400..500).contains(&status) => ErrorKind::Garbled,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => ErrorKind::ExpiredCredentials,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "AuthFailure" => ErrorKind::RejectedCredentials,
        "AccessDenied"
        | "AccessDeniedException"
        | "KmsAccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "OptInRequired" => ErrorKind::AccessDenied,
        // ECS has no code of its own for an unknown task definition (docs/aws.md).
        "ClientException" if message.is_some_and(|text| text.starts_with("Unable to describe task definition")) => {
            ErrorKind::NotFound
        }
        code if ["NotFoundException", "DoesNotExist", "DoesNotExistException"]
            .iter()
            .any(|end| code.ends_with(end)) =>
        {
            ErrorKind::NotFound
        }
        _ => ErrorKind::Refused,
    }
}

/// The kind of a failure to get credentials; `None` if that is not what failed.
fn credentials(source: &(dyn Error + 'static)) -> Option<ErrorKind> {
    find::<CredentialsError>(source)?;
    if let Some(assume_role) = find::<AssumeRoleError>(source) {
        let kind = of_answer(403, assume_role.meta().code(), assume_role.meta().message());
        let is_refused = matches!(kind, ErrorKind::AccessDenied | ErrorKind::Refused);
        return Some(if is_refused { ErrorKind::RoleRefused } else { kind });
    }
    if was_refused(source) || never_connected(source) {
        return Some(ErrorKind::Unreachable);
    }
    Some(ErrorKind::NoCredentials)
}

/// The other side is there and accepts no connection: nothing was sent.
fn was_refused(source: &(dyn Error + 'static)) -> bool {
    find::<io::Error>(source).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// No connection came about, as far as the HTTP client's words tell. Too weak to call a mutation undone.
fn never_connected(source: &(dyn Error + 'static)) -> bool {
    causes(source).any(|error| {
        let text = error.to_string();
        text.contains("(Connect)") || text.contains("dns error") || text.contains("connect timeout")
    })
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref::<T>())
}

/// The causes, outermost first, each once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    // The SDK's outermost texts name its own stages.
    for text in causes(error).skip(1).map(ToString::to_string) {
        if text != "other" && !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
    }
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}
