//! The SDK's clients, connected to a simulated AWS inside the process.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::{ConnectorError, SdkError},
        runtime_components::RuntimeComponents,
    },
    http::Response,
};
use aws_smithy_types::{body::SdkBody, error::metadata::ProvideErrorMetadata, retry::RetryConfig};
use jettison::sim::{Faults, Options, Sim, World};

/// A cluster, a service with tasks, definitions, repositories and images in account 000000000000, and little in 111111111111.
pub(crate) const WORLD: &str = include_str!("world.ndjson");

/// The digest `sha256:NNNN…`.
pub(crate) fn digest(hex: char) -> String {
    format!("sha256:{}", hex.to_string().repeat(64))
}

pub(crate) fn arn(resource: &str) -> String {
    format!("arn:aws:ecs:eu-central-1:000000000000:{resource}")
}

pub(crate) fn simulated(options: Options) -> Sim {
    Sim::new(World::read(WORLD.as_bytes()).unwrap(), options)
}

pub(crate) fn plain() -> Sim {
    simulated(Options::default())
}

pub(crate) fn faulty(faults: Faults) -> Sim {
    simulated(Options { faults, ..Options::default() })
}

#[derive(Debug, Clone)]
struct Connector(Sim);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(answer(&self.0, request))
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn answer(sim: &Sim, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let (parts, body) = request.try_into_http1x().unwrap().into_parts();
    let body = bytes::Bytes::copy_from_slice(body.bytes().unwrap_or_default());
    let response = sim
        .answer(http::Request::from_parts(parts, body))
        .map_err(|cut| ConnectorError::io(Box::new(std::io::Error::other(cut))))?;
    Ok(Response::try_from(response.map(SdkBody::from)).unwrap())
}

fn credentials(account: &str) -> Credentials {
    Credentials::new(format!("AKIA{account}DEMO"), "simulated", None, None, "test")
}

/// One service's configuration builder, filled in alike for each SDK.
macro_rules! client {
    ($name:ident, $sdk:ident) => {
        pub(crate) fn $name(sim: &Sim, account: &str) -> $sdk::Client {
            let config = $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("eu-central-1"))
                .credentials_provider(credentials(account))
                .retry_config(RetryConfig::disabled())
                .http_client(SharedHttpClient::new(Connector(sim.clone())))
                .build();
            $sdk::Client::from_conf(config)
        }
    };
}
client!(ecs_of, aws_sdk_ecs);
client!(ecr_of, aws_sdk_ecr);
client!(sts_of, aws_sdk_sts);
#[cfg(feature = "eventbridge")]
client!(events_of, aws_sdk_eventbridge);
#[cfg(feature = "scheduler")]
client!(scheduler_of, aws_sdk_scheduler);
#[cfg(feature = "step-functions")]
client!(states_of, aws_sdk_sfn);

pub(crate) fn ecs(sim: &Sim) -> aws_sdk_ecs::Client {
    ecs_of(sim, "000000000000")
}

pub(crate) fn ecr(sim: &Sim) -> aws_sdk_ecr::Client {
    ecr_of(sim, "000000000000")
}

#[cfg(feature = "eventbridge")]
pub(crate) fn events(sim: &Sim) -> aws_sdk_eventbridge::Client {
    events_of(sim, "000000000000")
}

#[cfg(feature = "scheduler")]
pub(crate) fn scheduler(sim: &Sim) -> aws_sdk_scheduler::Client {
    scheduler_of(sim, "000000000000")
}

#[cfg(feature = "step-functions")]
pub(crate) fn states(sim: &Sim) -> aws_sdk_sfn::Client {
    states_of(sim, "000000000000")
}

/// The code of the error that a call must have ended with.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata, R>(result: Result<T, SdkError<E, R>>) -> String {
    result.unwrap_err().code().unwrap().to_owned()
}

/// The message of the error that a call must have ended with.
pub(crate) fn message<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    result: Result<T, SdkError<E, R>>,
) -> String {
    result.unwrap_err().message().unwrap().to_owned()
}
