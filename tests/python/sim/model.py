"""Holds raw answers against botocore's service models: the JSON or XML as it came over the wire, before any client
has bent it into shape. Unknown members, wrong types and missing required members are faults; so is an error that the
operation does not model."""

import base64
import binascii
import json
import math
import re
import xml.etree.ElementTree as xml

import botocore.session

# By what stands before the operation in X-Amz-Target, and those that have no such header.
SERVICES = {
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "AWSEvents": "events",
    "AWSStepFunctions": "stepfunctions",
    "AnyScaleFrontendService": "application-autoscaling",
    "CodeDeploy_20141006": "codedeploy",
    "StarlingDoveService": "config",
}
REST = ["batch", "lambda", "scheduler"]

# Errors that every AWS service may answer and no model lists ("Common Errors" of the API references; ThrottlingException
# is what ECS says when a token bucket is empty).
COMMON_ERRORS = {
    "AccessDeniedException", "ExpiredTokenException", "IncompleteSignature", "InternalFailure", "InvalidAction",
    "InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationTokenException", "NotAuthorized",
    "OptInRequired", "RequestExpired", "SerializationException", "ServiceUnavailable", "ThrottlingException",
    "UnknownOperationException", "UnrecognizedClientException", "ValidationError", "ValidationException",
}

# Instants outside of these are a wrong unit: milliseconds, or a year.
EARLIEST, LATEST = 946_684_800, 4_102_444_800

_session = botocore.session.get_session()
_models = {name: _session.get_service_model(name) for name in [*SERVICES.values(), *REST, "sts"]}


def _routes():
    """(method, pattern of the path, service, operation) of every REST operation, the ones with fewer variables first."""
    for service in REST:
        for operation in _models[service].operation_names:
            http = _models[service].operation_model(operation).http
            parts = http["requestUri"].partition("?")[0].rstrip("/").split("/")
            pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
            yield http["method"], re.compile(pattern), service, operation


_ROUTES = sorted(_routes(), key=lambda route: route[1].pattern.count("[^/]+"))


def operation_of(headers, body, method="POST", path="/"):
    """The (service, operation) that a request names, or (None, text) when no model has it."""
    target = headers.get("X-Amz-Target", "")
    for verb, pattern, service, operation in [] if target else _ROUTES:
        if verb == method and pattern.fullmatch(path.partition("?")[0].rstrip("/")):
            return service, operation
    if target:
        service, _, operation = target.partition(".")
        name = SERVICES.get(service)
    else:
        name = "sts"
        fields = dict(part.partition("=")[::2] for part in body.decode("utf-8", "replace").split("&"))
        operation = fields.get("Action", "")
    if name is None or operation not in _models[name].operation_names:
        return None, target or operation
    return name, operation


def faults_of(service, operation, status, headers, body):
    """Everything that is wrong with an answer to `operation`."""
    model = _models[service].operation_model(operation)
    if service == "sts":
        return _xml_faults(model, status, headers, body)
    faults = []
    content_type = headers.get("Content-Type", "").partition(";")[0]
    metadata = _models[service].metadata
    rest = metadata["protocol"] == "rest-json"
    if content_type != ("application/json" if rest else f"application/x-amz-json-{metadata['jsonVersion']}"):
        faults.append(f"Content-Type is {content_type!r}")
    if not headers.get("x-amzn-RequestId"):
        faults.append("no x-amzn-RequestId")
    try:
        value = json.loads(body, parse_constant=lambda word: faults.append(f"{word} is not JSON"))
    except ValueError as error:
        return [*faults, f"the body is not JSON: {error}"]
    if 200 <= status < 300:
        return faults + list(check(value, model.output_shape, "$"))
    if rest and isinstance(value, dict):
        # REST tells the code in a header alone.
        value = {"__type": headers.get("x-amzn-ErrorType"), **value}
    return faults + _error_faults(model, status, headers, value)


def _error_faults(model, status, headers, value):
    if not isinstance(value, dict) or not isinstance(value.get("__type"), str):
        return [f"HTTP {status} without a __type"]
    code = value["__type"].rpartition("#")[2].partition(":")[0]
    said = headers.get("x-amzn-ErrorType")
    faults = []
    if said is not None and said.rpartition("#")[2].partition(":")[0] != code:
        faults.append(f"the header says {said} and the body {code}")
    modelled = {shape.name: shape for shape in model.error_shapes}
    if code in modelled:
        # Clients read the message in either spelling, whichever the model has.
        own = {name.lower(): name for name in modelled[code].members}
        rest = {own.get(name.lower(), name): item for name, item in value.items() if name != "__type"}
        if "message" not in own:
            rest = {name: item for name, item in rest.items() if name.lower() != "message"}
        faults += check(rest, modelled[code], f"${code}")
    elif code not in COMMON_ERRORS:
        faults.append(f"{code} is not an error of this operation")
    server_side = code in {
        "InternalException", "InternalFailure", "InternalServerError", "InternalServerException", "ServerException",
        "ServiceUnavailable"}
    if (status >= 500) != server_side:
        faults.append(f"{code} with HTTP {status}")
    if not (value.get("message") or value.get("Message")):
        faults.append(f"{code} without a message")
    return faults


def check(value, shape, path):
    """The faults of a JSON value against a shape of the model."""
    if shape is None:
        return [f"{path}: the operation answers nothing"] if value not in (None, {}) else []
    if value is None:
        return [f"{path}: null, where AWS leaves the member out"]
    return {
        "structure": _check_structure, "list": _check_list, "map": _check_map, "string": _check_string,
        "timestamp": _check_timestamp, "integer": _check_integer, "long": _check_integer, "float": _check_float,
        "double": _check_float, "boolean": _check_boolean, "blob": _check_blob,
    }[shape.type_name](value, shape, path)


def _check_structure(value, shape, path):
    if not isinstance(value, dict):
        return [f"{path}: {_kind(value)} instead of {shape.name}"]
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    faults = [f"{path}.{name}: not a member of {shape.name}" for name in value if name not in members]
    faults += [f"{path}.{name}: required and missing" for name in shape.required_members if name not in value]
    for name, item in value.items():
        if name in members:
            faults += check(item, members[name], f"{path}.{name}")
    return faults


def _check_list(value, shape, path):
    if not isinstance(value, list):
        return [f"{path}: {_kind(value)} instead of a list"]
    return [fault for at, item in enumerate(value) for fault in check(item, shape.member, f"{path}[{at}]")]


def _check_map(value, shape, path):
    if not isinstance(value, dict):
        return [f"{path}: {_kind(value)} instead of a map"]
    faults = [fault for name in value for fault in check(name, shape.key, f"{path}.{name} (key)")]
    return faults + [fault for name, item in value.items() for fault in check(item, shape.value, f"{path}.{name}")]


def _check_string(value, shape, path):
    if not isinstance(value, str):
        return [f"{path}: {_kind(value)} instead of a string"]
    if shape.enum and value not in shape.enum:
        return [f"{path}: {value!r} is not one of {', '.join(shape.enum)}"]
    return []


def _check_timestamp(value, shape, path):
    if shape.serialization.get("timestampFormat", "unixTimestamp") != "unixTimestamp":
        return [] if isinstance(value, str) else [f"{path}: {_kind(value)} instead of a text timestamp"]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return [f"{path}: {_kind(value)} instead of a timestamp in seconds"]
    return [] if EARLIEST <= value <= LATEST else [f"{path}: {value} is no instant in seconds"]


def _check_integer(value, shape, path):
    whole = isinstance(value, int) and not isinstance(value, bool)
    bits = 31 if shape.type_name == "integer" else 63
    if not whole or not -(2**bits) <= value < 2**bits:
        return [f"{path}: {value!r} instead of a{'n integer' if bits == 31 else ' long'}"]
    return []


def _check_float(value, shape, path):
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return [] if number else [f"{path}: {_kind(value)} instead of a number"]


def _check_boolean(value, shape, path):
    return [] if isinstance(value, bool) else [f"{path}: {_kind(value)} instead of a boolean"]


def _check_blob(value, shape, path):
    if not isinstance(value, str):
        return [f"{path}: {_kind(value)} instead of base64"]
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error as error:
        return [f"{path}: not base64: {error}"]
    return []


def _kind(value):
    return f"{type(value).__name__} {str(value)[:40]!r}"


# --- STS: the query protocol ---------------------------------------------------------------------------------------

STS_SPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def _xml_faults(model, status, headers, body):
    faults = []
    if headers.get("Content-Type", "").partition(";")[0] not in {"text/xml", "application/xml"}:
        faults.append(f"Content-Type is {headers.get('Content-Type')!r}")
    try:
        root = xml.fromstring(body)
    except xml.ParseError as error:
        return [*faults, f"the body is not XML: {error}"]
    if not 200 <= status < 300:
        return faults + _xml_error_faults(model, root)
    if root.tag != f"{{{STS_SPACE}}}{model.name}Response":
        faults.append(f"the root is {root.tag}")
    if _child(root, "ResponseMetadata") is None or _child(_child(root, "ResponseMetadata"), "RequestId") is None:
        faults.append("no ResponseMetadata.RequestId")
    result = _child(root, model.output_shape.serialization.get("resultWrapper", f"{model.name}Result"))
    if result is None:
        return [*faults, "no result"]
    return faults + _check_element(result, model.output_shape, "$")


def _xml_error_faults(model, root):
    error = _child(root, "Error")
    code = None if error is None else _child(error, "Code")
    if code is None:
        return ["an error without ErrorResponse.Error.Code"]
    modelled = {shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes}
    known = modelled | COMMON_ERRORS | {"AccessDenied", "Throttling"}
    return [] if code.text in known else [f"{code.text} is not an error of this operation"]


def _check_element(element, shape, path):
    if shape.type_name == "structure":
        members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        there = {_local(child) for child in element}
        faults = [f"{path}.{name}: not a member of {shape.name}" for name in there - set(members)]
        faults += [f"{path}.{name}: required and missing" for name, (own, _) in members.items()
                   if own in shape.required_members and name not in there]
        for child in element:
            if _local(child) in members:
                faults += _check_element(child, members[_local(child)][1], f"{path}.{_local(child)}")
        return faults
    if shape.type_name in {"integer", "long"}:
        return [] if (element.text or "").lstrip("-").isdigit() else [f"{path}: {element.text!r} is not a number"]
    if shape.type_name == "timestamp":
        return [] if (element.text or "").endswith("Z") and "T" in element.text else [f"{path}: {element.text!r} is not ISO 8601"]
    return [] if element.text else [f"{path}: empty"]


def _child(element, name):
    return next((child for child in element if _local(child) == name), None)


def _local(element):
    return element.tag.rpartition("}")[2]
