//! Throttling by AWS's rates, and faults that were asked for.

use std::time::Duration;

use aws_sdk_ecs::{error::SdkError, types::TaskDefinitionStatus};
use jettison::sim::{Fault, Faults, Options, When};

use crate::client::{code, ecs, ecs_of, faulty, message, plain, simulated};

#[tokio::test(start_paused = true)]
async fn rates_are_aws_s_and_refill_with_the_clock() {
    let sim = simulated(Options { quotas: true, ..Options::default() });
    let ecs = ecs(&sim);
    let deregister = || ecs.deregister_task_definition().task_definition("web:1").send();
    for _ in 0..20 {
        deregister().await.unwrap();
    }
    assert_eq!(message(deregister().await), "Rate exceeded");
    assert_eq!(code(deregister().await), "ThrottlingException");
    ecs.list_task_definitions().send().await.unwrap();
    tokio::time::advance(Duration::from_millis(3_000)).await;
    for _ in 0..3 {
        deregister().await.unwrap();
    }
    assert_eq!(code(deregister().await), "ThrottlingException");
    let throttled = sim.calls().iter().filter(|call| call.error == Some("ThrottlingException")).count();
    assert_eq!((throttled, sim.calls().len()), (3, 27));
    let other = ecs_of(&sim, "111111111111");
    assert_eq!(code(other.deregister_task_definition().task_definition("web:1").send().await), "ClientException");
}

#[tokio::test]
async fn without_quotas_nothing_is_throttled() {
    let ecs = ecs(&plain());
    for _ in 0..200 {
        ecs.list_clusters().send().await.unwrap();
    }
}

#[tokio::test]
async fn a_lost_reply_happened() {
    let sim = faulty(Faults::none().at_operation("DeregisterTaskDefinition", 1, Fault::LostReply));
    let ecs = ecs(&sim);
    let lost = ecs.deregister_task_definition().task_definition("web:1").send().await.unwrap_err();
    assert!(matches!(lost, SdkError::DispatchFailure(_)), "{lost:?}");
    let described = ecs.describe_task_definition().task_definition("web:1").send().await.unwrap();
    assert_eq!(described.task_definition.unwrap().status, Some(TaskDefinitionStatus::Inactive));
}

#[tokio::test]
async fn what_fails_before_the_effect_did_not_happen() {
    for (fault, expected) in [
        (Fault::Throttle, Some("ThrottlingException")),
        (Fault::ServerError, Some("ServerException")),
        (Fault::AccessDenied, Some("AccessDeniedException")),
        (Fault::CutBefore, None),
    ] {
        let sim = faulty(Faults::none().at(When::Call(1), fault));
        let ecs = ecs(&sim);
        let failed = ecs.deregister_task_definition().task_definition("web:1").send().await.unwrap_err();
        assert_eq!(aws_sdk_ecs::error::ProvideErrorMetadata::code(&failed), expected);
        let described = ecs.describe_task_definition().task_definition("web:1").send().await.unwrap();
        assert_eq!(described.task_definition.unwrap().status, Some(TaskDefinitionStatus::Active), "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_error_can_hide_an_effect() {
    let sim = faulty(Faults::none().at(When::Call(1), Fault::ServerErrorAfterEffect));
    let ecs = ecs(&sim);
    assert_eq!(code(ecs.deregister_task_definition().task_definition("web:1").send().await), "ServerException");
    let described = ecs.describe_task_definition().task_definition("web:1").send().await.unwrap();
    assert_eq!(described.task_definition.unwrap().status, Some(TaskDefinitionStatus::Inactive));
}

#[tokio::test]
async fn calls_are_recorded_with_what_they_were_told() {
    let sim = plain();
    let _ = ecs(&sim).list_services().cluster("nope").send().await;
    let calls = sim.calls();
    assert_eq!((calls[0].service, calls[0].operation.as_str()), ("ecs", "ListServices"));
    assert_eq!((calls[0].account_id.as_str(), calls[0].error), ("000000000000", Some("ClusterNotFoundException")));
}
