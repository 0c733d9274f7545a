//! How requests reach AWS: over the network, or inside the process to the simulated AWS.

use std::{fmt, sync::Arc};

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::Response,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures::future::BoxFuture;

/// The connection ended without an answer: the request may have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was cut before an answer came")]
pub struct Unanswered;

/// Whoever answers requests inside the process.
pub type Answer =
    Arc<dyn Fn(http::Request<Bytes>) -> BoxFuture<'static, Result<http::Response<Bytes>, Unanswered>> + Send + Sync>;

/// How requests reach AWS.
#[derive(Clone)]
pub enum Transport {
    /// Over the network, with the user's credentials.
    Network(Network),
    /// Inside the process, with credentials that only name the account (`AKIA<account id>DEMO`).
    InProcess(Answer),
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network(_) => "Network",
            Self::InProcess(_) => "InProcess",
        })
    }
}

/// The one pool of connections of a run: every account and Region shares it. Cloning shares it too.
#[derive(Debug, Clone)]
pub struct Network(SharedHttpClient);

impl Network {
    /// A pool with rustls, the system's certificates, and the proxy that HTTPS_PROXY and its kin name.
    /// Nothing is opened yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Builder::new().build_with_connector_fn(|settings, components| {
            let mut connector = Connector::builder();
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.set_proxy_config(Some(ProxyConfig::from_env()));
            connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
        }))
    }

    pub(super) fn client(&self) -> SharedHttpClient {
        self.0.clone()
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

/// The SDK's client over an in-process answerer.
pub(super) fn in_process(answer: Answer) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(InProcess(answer));
    http_client_fn(move |_, _| connector.clone())
}

struct InProcess(Answer);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = plain(request)?;
            let response = answer(request).await.map_err(|error| ConnectorError::io(error.into()))?;
            let response: HttpResponse = Response::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            Ok(response)
        })
    }
}

/// The request with its whole body. Every request of this tool is small and held in memory.
fn plain(request: HttpRequest) -> Result<http::Request<Bytes>, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().ok_or_else(|| ConnectorError::user("the body of the request is a stream".into()))?;
    let body = Bytes::copy_from_slice(body);
    Ok(http::Request::from_parts(parts, body))
}
