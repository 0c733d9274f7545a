//! The services that are simulated: one line each.

use super::{
    autoscaling, batch,
    call::{Answer, Call},
    codedeploy, config, ecr, ecs, events, lambda, scheduler, states, sts,
};

/// A service: how requests to it look on the wire, how it refuses, and who answers.
#[derive(Debug)]
pub(super) struct Service {
    /// IAM's word for it, which is also that of the credential scope and of `model::quota`.
    pub(super) word: &'static str,
    pub(super) protocol: Protocol,
    /// Its code for a parameter that is missing, too long or out of range.
    pub(super) invalid: &'static str,
    /// Its code for a failure of its own.
    pub(super) failure: &'static str,
    /// Answers an operation; `None` if it is not simulated.
    pub(super) dispatch: fn(&mut Call<'_>) -> Option<Answer>,
}

/// How requests and answers look on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// AWS JSON 1.0: the operation follows this prefix in `x-amz-target`.
    Json10(&'static str),
    /// AWS JSON 1.1, likewise.
    Json11(&'static str),
    /// REST with JSON bodies.
    Rest(&'static [Route]),
    /// The query protocol: a form in, XML out.
    Query,
}

/// An operation of a REST service. A `{Member}` of the path becomes that member of the input, as does every parameter of the
/// query and every member of the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) operation: &'static str,
}

const fn service(
    word: &'static str,
    protocol: Protocol,
    [invalid, failure]: [&'static str; 2],
    dispatch: fn(&mut Call<'_>) -> Option<Answer>,
) -> Service {
    Service { word, protocol, invalid, failure, dispatch }
}

const ECS: &str = "AmazonEC2ContainerServiceV20141113";
const ECR: &str = "AmazonEC2ContainerRegistry_V20150921";

const SCHEDULER: Protocol = Protocol::Rest(&[
    Route { method: "GET", path: "/schedules", operation: "ListSchedules" },
    Route { method: "GET", path: "/schedules/{Name}", operation: "GetSchedule" },
]);

const LAMBDA: Protocol = Protocol::Rest(&[
    Route { method: "GET", path: "/2015-03-31/functions", operation: "ListFunctions" },
    Route { method: "GET", path: "/2015-03-31/functions/", operation: "ListFunctions" },
    Route { method: "GET", path: "/2015-03-31/functions/{FunctionName}", operation: "GetFunction" },
]);

const BATCH: Protocol = Protocol::Rest(&[Route {
    method: "POST",
    path: "/v1/describejobdefinitions",
    operation: "DescribeJobDefinitions",
}]);

/// Every service: its word, its protocol, its codes for a bad parameter and for its own failure, and who answers. The
/// prefixes, routes and codes are those of the API models.
pub(super) static SERVICES: &[Service] = &[
    service(
        "application-autoscaling",
        Protocol::Json11("AnyScaleFrontendService"),
        ["ValidationException", "InternalServiceException"],
        autoscaling::dispatch,
    ),
    service("batch", BATCH, ["ClientException", "ServerException"], batch::dispatch),
    service(
        "codedeploy",
        Protocol::Json11("CodeDeploy_20141006"),
        ["InvalidNextTokenException", "InternalFailure"],
        codedeploy::dispatch,
    ),
    service(
        "config",
        Protocol::Json11("StarlingDoveService"),
        ["ValidationException", "InternalFailure"],
        config::dispatch,
    ),
    service("ecs", Protocol::Json11(ECS), ["InvalidParameterException", "ServerException"], ecs::dispatch),
    service("ecr", Protocol::Json11(ECR), ["InvalidParameterException", "ServerException"], ecr::dispatch),
    service("events", Protocol::Json11("AWSEvents"), ["ValidationException", "InternalException"], events::dispatch),
    service("lambda", LAMBDA, ["InvalidParameterValueException", "ServiceException"], lambda::dispatch),
    service("scheduler", SCHEDULER, ["ValidationException", "InternalServerException"], scheduler::dispatch),
    service(
        "states",
        Protocol::Json10("AWSStepFunctions"),
        ["ValidationException", "InternalServerError"],
        states::dispatch,
    ),
    service("sts", Protocol::Query, ["ValidationError", "InternalFailure"], sts::dispatch),
];
