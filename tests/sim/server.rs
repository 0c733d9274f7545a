//! The simulated AWS on a port.

use jettison::sim::{Fault, Faults, Sim, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::client::{faulty, plain};

/// Serves until the sender is used or dropped.
async fn start(sim: Sim) -> (std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(sim, listener, async {
        let _ = stopped.await;
    }));
    (address, stop, served)
}

/// One request, the connection closed after it; everything that came back.
async fn post(address: std::net::SocketAddr, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

const ECS: &str = "x-amz-target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n";
const TEST_KEY: &str = "authorization: AWS4-HMAC-SHA256 Credential=test/20261101/eu-central-1/ecs/aws4_request, SignedHeaders=host, Signature=00\r\n";

#[tokio::test]
async fn any_client_is_answered_in_aws_s_shapes() {
    let (address, stop, served) = start(plain()).await;
    let listed = post(address, &format!("{ECS}{TEST_KEY}"), "{}").await;
    assert!(
        listed.starts_with("HTTP/1.1 200") && listed.contains("content-type: application/x-amz-json-1.1"),
        "{listed}"
    );
    assert!(listed.contains("x-amzn-requestid: ") && listed.contains("cluster/main"), "{listed}");
    let anonymous = post(address, ECS, "{}").await;
    assert!(anonymous.starts_with("HTTP/1.1 400") && anonymous.contains("MissingAuthenticationToken"), "{anonymous}");
    let unknown = post(address, &format!("x-amz-target: Nope.Call\r\n{TEST_KEY}"), "{}").await;
    assert!(unknown.contains("UnknownOperationException"), "{unknown}");
    let broken = post(address, &format!("{ECS}{TEST_KEY}"), "{").await;
    assert!(broken.contains("SerializationException"), "{broken}");
    let who = post(address, TEST_KEY, "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert!(who.contains("<Account>000000000000</Account>") && who.contains("text/xml"), "{who}");
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_lost_reply_is_a_closed_connection() {
    let (address, _stop, _served) =
        start(faulty(Faults::none().at_operation("ListClusters", 1, Fault::LostReply))).await;
    assert_eq!(post(address, &format!("{ECS}{TEST_KEY}"), "{}").await, "");
    assert!(post(address, &format!("{ECS}{TEST_KEY}"), "{}").await.contains("cluster/main"));
}
