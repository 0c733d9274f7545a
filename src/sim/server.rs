//! The simulated AWS on a port, for boto3, the AWS CLI and any other client.

use std::{future::Future, io, pin::pin};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};

use super::answer::Sim;

/// No request of the services simulated is larger: a manifest has at most 4 MiB.
const REQUEST_BYTES: usize = 16 << 20;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Serves HTTP/1.1 until `shutdown` completes; connections still open are then closed.
///
/// # Errors
/// When the listener cannot accept connections any more.
pub async fn serve(sim: Sim, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let mut shutdown = pin!(shutdown);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let sim = sim.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| answer(sim.clone(), request));
                    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                    if let Err(error) = served {
                        tracing::debug!(%error, "a connection to the simulated AWS ended early");
                    }
                });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// An error closes the connection without an answer, as a lost reply should.
async fn answer(sim: Sim, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Fault> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_BYTES).collect().await?.to_bytes();
    let response = sim.answer(Request::from_parts(parts, body))?;
    Ok(response.map(Full::new))
}
