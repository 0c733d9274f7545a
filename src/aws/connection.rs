//! An account as the policy describes it, and how to get into it.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, SdkConfig, profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig,
    sts::AssumeRoleProvider,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_sts::config::StalledStreamProtectionConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use futures::future::join_all;

use super::{AwsError, ErrorKind, Session, Transport, pacing::Pacer, transport};
use crate::model::{AccountId, AccountLabel, Region, Scope};

/// How long one attempt of a call may take in all. A page of a thousand images takes seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may take to come about: an endpoint that is not there is found out in seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// An account, how to reach it, and how much of its quotas to use.
#[derive(Debug, Clone)]
pub struct Connection {
    /// What the policy calls it.
    pub label: AccountLabel,
    /// The id that its credentials must belong to.
    pub account_id: AccountId,
    /// The Regions to work in.
    pub regions: Vec<Region>,
    /// A profile of the user's AWS configuration.
    pub profile: Option<String>,
    /// A role to assume.
    pub role_arn: Option<String>,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The share of AWS's published request rates to use, above 0 and up to 1.
    pub quota_share: f64,
    /// How requests travel.
    pub transport: Transport,
}

/// A Region of an account: a way in, or why there is none.
#[derive(Debug)]
pub struct Entry {
    /// The account and Region.
    pub scope: Scope,
    /// The way in.
    pub session: Result<Session, AwsError>,
}

/// Opens one session per Region, after checking with sts:GetCallerIdentity that the credentials belong to the account and are
/// taken in that Region. There is no other way to a session. `session_name` names the role session in CloudTrail; put the run's
/// id there.
pub async fn enter(connection: &Connection, session_name: &str) -> Vec<Entry> {
    // A Region that is not enabled knows neither the credentials nor the role: then another one is asked about the account.
    let mut failures = Vec::new();
    for (index, region) in connection.regions.iter().enumerate() {
        let config = configure(connection, region, session_name).await;
        let session = session(connection, &config, region);
        match session.verify_identity().await {
            Ok(()) => {
                let found = Entry { scope: session.scope().clone(), session: Ok(session) };
                let rest = connection.regions.iter().skip(index + 1);
                let rest = join_all(rest.map(|region| enter_region(connection, &config, region))).await;
                let mut entries: Vec<Entry> = failures.into_iter().chain([found]).chain(rest).collect();
                entries.iter_mut().for_each(explain);
                return entries;
            }
            Err(error) => {
                let is_of_region = matches!(error.kind, ErrorKind::RejectedCredentials | ErrorKind::Unreachable);
                failures.push(Entry { scope: session.scope().clone(), session: Err(error) });
                if !is_of_region {
                    break;
                }
            }
        }
    }
    // What is wrong with the account is wrong in every Region.
    let why = failures.last().and_then(|last| last.session.as_ref().err()).cloned();
    let rest = connection.regions.iter().skip(failures.len());
    let rest: Vec<_> = rest.filter_map(|region| Some((scope(connection, region), why.clone()?))).collect();
    let rest = rest.into_iter().map(|(scope, mut error)| {
        error.scope = scope.to_string();
        Entry { scope, session: Err(error) }
    });
    failures.into_iter().chain(rest).collect()
}

async fn enter_region(connection: &Connection, config: &SdkConfig, region: &Region) -> Entry {
    let session = session(connection, config, region);
    let checked = session.verify_identity().await;
    Entry { scope: session.scope().clone(), session: checked.map(|()| session) }
}

/// Credentials that are good in one Region and unknown in another: so AWS answers where a Region is not enabled. The answer is
/// not documented; that a Region may have to be enabled is ("Enable or disable AWS Regions in your account", AWS account
/// management reference guide).
fn explain(entry: &mut Entry) {
    if let Err(error) = &mut entry.session
        && error.kind == ErrorKind::RejectedCredentials
    {
        error.kind = ErrorKind::RegionNotEnabled;
    }
}

/// Opens a session in every Region, or in none.
///
/// # Errors
/// Without credentials, with wrong, expired or another account's ones, or when AWS cannot be reached.
pub async fn connect(connection: &Connection, session_name: &str) -> Result<Vec<Session>, AwsError> {
    enter(connection, session_name).await.into_iter().map(|entry| entry.session).collect()
}

async fn configure(connection: &Connection, region: &Region, session_name: &str) -> SdkConfig {
    match &connection.transport {
        Transport::Network(network) => {
            over_network(connection, network.client(), region, &role_session_name(session_name)).await
        }
        Transport::InProcess(answer) => {
            let credentials =
                Credentials::new(format!("AKIA{}DEMO", connection.account_id), "simulated", None, None, "simulated");
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .http_client(transport::in_process(answer.clone()))
                .build()
        }
    }
}

fn scope(connection: &Connection, region: &Region) -> Scope {
    Scope { account: connection.label.clone(), account_id: connection.account_id.clone(), region: region.clone() }
}

async fn over_network(
    connection: &Connection,
    client: SharedHttpClient,
    region: &Region,
    session_name: &str,
) -> SdkConfig {
    let region = aws_config::Region::new(region.to_string());
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region.clone())
        .timeout_config(timeouts())
        .http_client(client.clone());
    if let Some(profile) = &connection.profile {
        // As with the AWS CLI's `--profile`: a profile that was named wins over keys in the environment.
        let base = ProviderConfig::without_region().with_region(Some(region.clone())).with_http_client(client);
        let provider = ProfileFileCredentialsProvider::builder().configure(&base).profile_name(profile).build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    let config = loader.load().await;
    let Some(role_arn) = &connection.role_arn else { return config };
    let mut role = AssumeRoleProvider::builder(role_arn).session_name(session_name).region(region).configure(&config);
    if let Some(external_id) = &connection.external_id {
        role = role.external_id(external_id);
    }
    let role = role.build().await;
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(role)).build()
}

pub(super) fn session(connection: &Connection, config: &SdkConfig, region: &Region) -> Session {
    let config = config
        .to_builder()
        .region(aws_config::Region::new(region.to_string()))
        .timeout_config(timeouts())
        .retry_config(RetryConfig::disabled())
        // The timeout of an attempt covers its whole answer.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Session::new(scope(connection, region), &config, Pacer::new(connection.quota_share))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build()
}

/// `jettison-…` within what STS accepts: 2 to 64 of letters, digits and `=,.@_-`.
fn role_session_name(name: &str) -> String {
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || "=,.@_-".contains(*letter);
    "jettison-".chars().chain(name.chars().filter(allowed)).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_session_name_is_one_that_sts_accepts() {
        assert_eq!(role_session_name("run 01/ü"), "jettison-run01");
        assert_eq!(role_session_name(&"x".repeat(100)).len(), 64);
    }
}
