//! The protocols: AWS JSON, REST with JSON, and the query protocol of STS.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{
    call::Refusal,
    service::{Protocol, Route, SERVICES, Service},
    state::Map,
    world::World,
};
use crate::model::{AccountId, Location, Timestamp};

/// A request, read.
pub(super) struct Parsed {
    pub(super) service: &'static Service,
    pub(super) operation: String,
    pub(super) input: Map,
}

/// Who is calling, from the credential in the `Authorization` header. The signature itself is not checked.
pub(super) struct Credential {
    pub(super) location: Location,
    pub(super) arn: String,
}

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
    match target {
        Some(target) => read_json(request, target),
        None => read_rest(request).unwrap_or_else(|| read_query(request)),
    }
}

fn read_json(request: &Request<Bytes>, target: &str) -> Result<Parsed, Refusal> {
    let (prefix, operation) = target.split_once('.').ok_or_else(|| unknown_operation(target))?;
    let is_asked = |service: &&Service| match service.protocol {
        Protocol::Json10(own) | Protocol::Json11(own) => own == prefix,
        Protocol::Rest(_) | Protocol::Query => false,
    };
    let service = SERVICES.iter().find(is_asked).ok_or_else(|| unknown_operation(target))?;
    Ok(Parsed { service, operation: operation.to_owned(), input: body(request)? })
}

/// `None` if no service has a route for it.
fn read_rest(request: &Request<Bytes>) -> Option<Result<Parsed, Refusal>> {
    SERVICES.iter().find_map(|service| {
        let Protocol::Rest(routes) = service.protocol else { return None };
        let (route, named) = routes.iter().find_map(|route| Some((route, named_in_path(route, request)?)))?;
        let parsed = body(request).map(|mut input| {
            input.extend(parameters(request.uri().query().unwrap_or_default()));
            input.extend(named);
            Parsed { service, operation: route.operation.to_owned(), input }
        });
        Some(parsed)
    })
}

/// The members that the path of a request names; `None` if it is another route's.
fn named_in_path(route: &Route, request: &Request<Bytes>) -> Option<Map> {
    let (pattern, path) = (route.path.split('/'), request.uri().path().split('/'));
    if route.method != request.method().as_str() || pattern.clone().count() != path.clone().count() {
        return None;
    }
    let mut named = Map::new();
    for (pattern, part) in pattern.zip(path) {
        match pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(member) if !part.is_empty() => {
                named.insert(member.to_owned(), Value::String(decoded(part)));
            }
            Some(_) => return None,
            None if pattern == part => {}
            None => return None,
        }
    }
    Some(named)
}

fn body(request: &Request<Bytes>) -> Result<Map, Refusal> {
    let body: &[u8] = if request.body().is_empty() { b"{}" } else { request.body() };
    serde_json::from_slice(body).map_err(|error| refusal("SerializationException", error.to_string()))
}

/// Parameters of a REST query that the API models give as numbers.
const NUMBERS: [&str; 2] = ["MaxItems", "MaxResults"];

fn parameters(query: &str) -> Map {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name), decoded(value));
            let number = value.parse::<i64>().ok().filter(|_| NUMBERS.contains(&name.as_str()));
            (name, number.map_or(Value::String(value), Value::from))
        })
        .collect()
}

fn read_query(request: &Request<Bytes>) -> Result<Parsed, Refusal> {
    let body = String::from_utf8_lossy(request.body());
    let query = if body.is_empty() { request.uri().query().unwrap_or_default() } else { body.as_ref() };
    let input = parameters(query);
    let operation = super::state::text(&input, "Action").to_owned();
    let service = SERVICES.iter().find(|service| service.protocol == Protocol::Query);
    match service {
        Some(service) if super::state::text(&input, "Version") == "2011-06-15" && !operation.is_empty() => {
            Ok(Parsed { service, operation, input })
        }
        Some(_) | None => Err(unknown_operation(&format!("{} {}", request.method(), request.uri().path()))),
    }
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
pub(super) fn not_enabled(service: &Service) -> Refusal {
    let message = "The security token included in the request is invalid.";
    match service.protocol {
        Protocol::Query => Refusal { status: 403, ..refusal("InvalidClientTokenId", message) },
        Protocol::Json10(_) | Protocol::Json11(_) | Protocol::Rest(_) => {
            refusal("UnrecognizedClientException", message)
        }
    }
}

/// A successful answer.
pub(super) fn answer(service: &Service, operation: &str, mut value: Value, id: &str) -> Response<Bytes> {
    match service.protocol {
        Protocol::Json10(_) | Protocol::Json11(_) | Protocol::Rest(_) => {
            to_wire(&mut value);
            response(200, content_type(Some(service)), value.to_string(), id)
        }
        Protocol::Query => {
            let mut result = String::new();
            write_xml(&value, &mut result);
            let body = format!(
                "<{operation}Response xmlns=\"{STS_NAMESPACE}\"><{operation}Result>{result}</{operation}Result>\
                 <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
            );
            response(200, content_type(Some(service)), body, id)
        }
    }
}

/// An error; `service` is unknown when the request could not be read.
pub(super) fn error(service: Option<&Service>, refusal: &Refusal, id: &str) -> Response<Bytes> {
    let Refusal { status, code, message } = refusal;
    let body = match service.map(|service| service.protocol) {
        Some(Protocol::Query) => {
            let kind = if *status < 500 { "Sender" } else { "Receiver" };
            let mut text = String::new();
            write_xml(&Value::String(message.clone()), &mut text);
            format!(
                "<ErrorResponse xmlns=\"{STS_NAMESPACE}\"><Error><Type>{kind}</Type><Code>{code}</Code>\
                 <Message>{text}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
            )
        }
        Some(Protocol::Rest(_)) => json!({ "Message": message }).to_string(),
        Some(Protocol::Json10(_) | Protocol::Json11(_)) | None => {
            json!({ "__type": code, "message": message }).to_string()
        }
    };
    let mut response = response(*status, content_type(service), body, id);
    if matches!(service.map(|service| service.protocol), Some(Protocol::Rest(_))) {
        response.headers_mut().insert("x-amzn-errortype", http::HeaderValue::from_static(code));
    }
    response
}

fn content_type(service: Option<&Service>) -> &'static str {
    match service.map(|service| service.protocol) {
        Some(Protocol::Json10(_)) => "application/x-amz-json-1.0",
        Some(Protocol::Json11(_)) | None => "application/x-amz-json-1.1",
        Some(Protocol::Rest(_)) => "application/json",
        Some(Protocol::Query) => "text/xml",
    }
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

/// Every answer of AWS has the date, by which a client can tell that its own clock is wrong.
pub(super) fn dated(mut response: Response<Bytes>, now: Timestamp) -> Response<Bytes> {
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = http::HeaderValue::from_str(&date) {
        response.headers_mut().insert(http::header::DATE, date);
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

/// The time in a member that AWS's models give as a timestamp: their names end in `At`, `Time` or `Date`.
fn seconds_of(name: &str, value: &Value) -> Option<Value> {
    if !["At", "Time", "Date"].iter().any(|end| name.ends_with(end)) {
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
    fn a_path_names_members_and_a_query_gives_the_rest() {
        let route = Route { method: "GET", path: "/schedules/{Name}", operation: "GetSchedule" };
        let asked = |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
            named_in_path(&route, &request).map(Value::Object)
        };
        assert_eq!(asked("GET", "/schedules/a%2Fb?groupName=x"), Some(json!({ "Name": "a/b" })));
        for (method, path) in [("PUT", "/schedules/a"), ("GET", "/schedules/"), ("GET", "/schedules"), ("GET", "/x/a")]
        {
            assert_eq!(asked(method, path), None, "{method} {path}");
        }
        let read = Value::Object(parameters("groupName=1&MaxResults=100&NextToken=a%3D"));
        assert_eq!(read, json!({ "groupName": "1", "MaxResults": 100, "NextToken": "a=" }));
    }

    #[test]
    fn forms_are_decoded() {
        assert_eq!(decoded("arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa+b%"), "arn:aws:iam::1:role/a b%");
    }
}
