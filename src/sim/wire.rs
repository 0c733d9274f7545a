//! The protocols: AWS JSON 1.1 for ECS and ECR, the query protocol for STS.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{call::Refusal, state::Map, world::World};
use crate::model::{AccountId, Location, Timestamp};

/// A service that is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Ecs,
    Ecr,
    Sts,
}

impl Service {
    /// The word of the credential scope.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::Ecr => "ecr",
            Self::Sts => "sts",
        }
    }
}

/// A request, read.
pub(super) struct Parsed {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) input: Map,
}

/// Who is calling, from the credential in the `Authorization` header. The signature itself is not checked.
pub(super) struct Credential {
    pub(super) location: Location,
    pub(super) arn: String,
}

const ECS_TARGET: &str = "AmazonEC2ContainerServiceV20141113";
const ECR_TARGET: &str = "AmazonEC2ContainerRegistry_V20150921";
const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

fn refusal(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status: 400, code, message: message.into() }
}

/// The error for an operation that is not simulated, or that AWS does not have.
pub(super) fn unknown_operation(named: &str) -> Refusal {
    let message = format!("`{named}` is not an operation of the simulated AWS");
    refusal("UnknownOperationException", message)
}

/// Reads the operation and its parameters.
pub(super) fn read(request: &Request<Bytes>) -> Result<Parsed, Refusal> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let Some(target) = target else { return read_query(request) };
    let (prefix, operation) = target.split_once('.').ok_or_else(|| unknown_operation(target))?;
    let service = match prefix {
        ECS_TARGET => Service::Ecs,
        ECR_TARGET => Service::Ecr,
        _ => return Err(unknown_operation(target)),
    };
    let body: &[u8] = if request.body().is_empty() { b"{}" } else { request.body() };
    let input = serde_json::from_slice(body).map_err(|error| refusal("SerializationException", error.to_string()))?;
    Ok(Parsed { service, operation: operation.to_owned(), input })
}

fn read_query(request: &Request<Bytes>) -> Result<Parsed, Refusal> {
    let body = String::from_utf8_lossy(request.body());
    let query = if body.is_empty() { request.uri().query().unwrap_or_default() } else { body.as_ref() };
    let mut input = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        input.insert(decoded(name), Value::String(decoded(value)));
    }
    let operation = super::state::text(&input, "Action").to_owned();
    if super::state::text(&input, "Version") != "2011-06-15" || operation.is_empty() {
        return Err(unknown_operation(&format!("{} {}", request.method(), request.uri().path())));
    }
    Ok(Parsed { service: Service::Sts, operation, input })
}

/// Decodes `application/x-www-form-urlencoded`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, escaped.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            (byte, _) => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads who is calling. A key of 20 characters that holds a 12-digit account id between four letters and four letters
/// belongs to that account; any other key to the world's first.
pub(super) fn authenticate(request: &Request<Bytes>, world: &World) -> Result<Credential, Refusal> {
    let header = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = header.and_then(|header| header.split_once("Credential=")).map(|(_, rest)| rest);
    let scope = scope.and_then(|rest| rest.split([',', ' ']).next());
    let mut parts = scope.unwrap_or_default().split('/');
    let (key, _date, region) = (parts.next(), parts.next(), parts.next());
    let (Some(key), Some(region)) = (key.filter(|key| !key.is_empty()), region) else {
        return Err(refusal("MissingAuthenticationTokenException", "Missing Authentication Token"));
    };
    let named = key.get(4..16).filter(|_| key.len() == 20).and_then(|id| id.parse::<AccountId>().ok());
    let letters = |part: Option<&str>| part.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let named = named.filter(|_| letters(key.get(..4)) && letters(key.get(16..)));
    let account_id = named.or_else(|| world.first_account().cloned());
    let Some(account_id) = account_id.filter(|account_id| world.has_account(account_id)) else {
        return Err(refusal("UnrecognizedClientException", "The security token included in the request is invalid."));
    };
    let arn = if key.starts_with("ASIA") {
        format!("arn:aws:sts::{account_id}:assumed-role/simulated/session")
    } else {
        format!("arn:aws:iam::{account_id}:user/simulated")
    };
    Ok(Credential { location: Location { account_id, region: region.into() }, arn })
}

/// The answer of a Region that the account has not enabled: it does not know the account's credentials. Not
/// documented; so users report it.
pub(super) fn not_enabled(service: Service) -> Refusal {
    let message = "The security token included in the request is invalid.";
    match service {
        Service::Sts => Refusal { status: 403, ..refusal("InvalidClientTokenId", message) },
        Service::Ecs | Service::Ecr => refusal("UnrecognizedClientException", message),
    }
}

/// A successful answer.
pub(super) fn answer(service: Service, operation: &str, mut value: Value, id: &str) -> Response<Bytes> {
    match service {
        Service::Ecs | Service::Ecr => {
            to_wire(&mut value);
            json_response(200, &value, id)
        }
        Service::Sts => {
            let mut result = String::new();
            write_xml(&value, &mut result);
            let body = format!(
                "<{operation}Response xmlns=\"{STS_NAMESPACE}\"><{operation}Result>{result}</{operation}Result>\
                 <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
            );
            response(200, "text/xml", body, id)
        }
    }
}

/// An error; `service` is unknown when the request could not be read.
pub(super) fn error(service: Option<Service>, refusal: &Refusal, id: &str) -> Response<Bytes> {
    if service == Some(Service::Sts) {
        let kind = if refusal.status < 500 { "Sender" } else { "Receiver" };
        let mut message = String::new();
        write_xml(&Value::String(refusal.message.clone()), &mut message);
        let code = refusal.code;
        let body = format!(
            "<ErrorResponse xmlns=\"{STS_NAMESPACE}\"><Error><Type>{kind}</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
        );
        return response(refusal.status, "text/xml", body, id);
    }
    json_response(refusal.status, &json!({ "__type": refusal.code, "message": refusal.message }), id)
}

fn json_response(status: u16, value: &Value, id: &str) -> Response<Bytes> {
    response(status, "application/x-amz-json-1.1", value.to_string(), id)
}

fn response(status: u16, content_type: &str, body: String, id: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [("content-type", content_type), ("x-amzn-requestid", id)];
    for (name, value) in headers {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Members whose contents are the author's own words, never AWS's times.
const OPAQUE: [&str; 3] = ["containerDefinitions", "overrides", "tags"];

/// Turns an object into what AWS sends: times as seconds since 1970, absent members left out.
fn to_wire(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            for (name, member) in members.iter_mut() {
                if let Some(seconds) = seconds_of(name, member) {
                    *member = seconds;
                } else if !OPAQUE.contains(&name.as_str()) {
                    to_wire(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(to_wire),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The time in a member that AWS's models give as a timestamp: their names end in `At` or `Time`.
fn seconds_of(name: &str, value: &Value) -> Option<Value> {
    if !name.ends_with("At") && !name.ends_with("Time") {
        return None;
    }
    let at: Timestamp = value.as_str()?.parse().ok()?;
    let millis = at.as_millisecond();
    #[expect(clippy::cast_precision_loss, reason = "a double holds milliseconds exactly for 285,000 years")]
    let seconds = millis as f64 / 1_000.0;
    Some(json!(seconds))
}

fn write_xml(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let _ = write!(out, "<{name}>");
                write_xml(member, out);
                let _ = write!(out, "</{name}>");
            }
        }
        Value::String(text) => {
            for char in text.chars() {
                match char {
                    '&' => out.push_str("&amp;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '"' => out.push_str("&quot;"),
                    _ => out.push(char),
                }
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => out.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_seconds_and_authors_words_stay() {
        let mut value = json!({
            "registeredAt": "2026-11-01T00:00:00.25Z", "nextToken": null,
            "containerDefinitions": [{ "dockerLabels": { "builtAt": "2026-11-01T00:00:00Z" } }],
            "lastRecordedPullTime": "2026-11-01T00:00:00Z",
        });
        to_wire(&mut value);
        assert_eq!(value["registeredAt"], json!(1_793_491_200.25));
        assert_eq!(value["lastRecordedPullTime"], json!(1_793_491_200.0));
        assert_eq!(value["containerDefinitions"][0]["dockerLabels"]["builtAt"], "2026-11-01T00:00:00Z");
        assert!(value.get("nextToken").is_none());
    }

    #[test]
    fn forms_are_decoded() {
        assert_eq!(decoded("arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa+b%"), "arn:aws:iam::1:role/a b%");
    }
}
