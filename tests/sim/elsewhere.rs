//! Services beyond ECS, ECR and STS: their lines in a world, their codes and statuses on the wire, their quotas.
#![cfg(all(feature = "eventbridge", feature = "scheduler", feature = "step-functions"))]

use jettison::{
    inventory,
    sim::{Fault, Faults, Options, Sim, When, World},
};
use serde_json::{Value, json};

use crate::client::{WORLD, code, events, message, scheduler, states};

/// The world with more lines.
fn with(lines: &[(&str, Value)]) -> String {
    let (whole, _) = WORLD.trim_end().rsplit_once('\n').unwrap();
    let added = lines.iter().map(|(kind, value)| {
        let line = json!({ "kind": kind, "account_id": "000000000000", "region": "eu-central-1", "value": value });
        format!("{line}\n")
    });
    let count = whole.lines().count() - 1 + lines.len();
    let end = json!({ "kind": "end", "value": { "lines": count } });
    format!("{whole}\n{}{end}\n", added.collect::<String>())
}

fn rule() -> (&'static str, Value) {
    ("events.rule", json!({ "Name": "nightly", "EventBusName": "default", "futureMember": 1 }))
}

fn schedule() -> (&'static str, Value) {
    (
        "scheduler.schedule",
        json!({ "Name": "nightly", "GroupName": "default", "Target": { "Arn": "a", "RoleArn": "r" } }),
    )
}

fn text(world: &World) -> String {
    let mut out = Vec::new();
    world.write(world.taken_at(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn served(faults: Faults, quotas: bool) -> Sim {
    let world = World::read(with(&[rule(), schedule()]).as_bytes()).unwrap();
    Sim::new(world, Options { faults, quotas, ..Options::default() })
}

#[test]
fn their_lines_are_written_as_they_were_read() {
    let world = World::read(with(&[schedule(), rule()]).as_bytes()).unwrap();
    let written = text(&world);
    assert!(written.contains("futureMember"));
    let again = World::read(written.as_bytes()).unwrap();
    assert_eq!(again, world);
    assert_eq!(text(&again), written);
}

#[test]
fn an_inventory_refuses_them_and_says_what_to_do() {
    let error = inventory::read(with(&[rule()]).as_bytes()).unwrap_err().to_string();
    assert!(error.contains("`events.rule`") && error.contains("jettison inventory pull"), "{error}");
}

#[test]
fn a_world_refuses_what_it_could_not_tell_apart() {
    let nameless = ("events.rule", json!({ "Name": "nightly" }));
    let unknown = ("events.robot", json!({ "Name": "nightly" }));
    for (lines, problem) in [
        (vec![rule(), rule()], "twice"),
        (vec![nameless], "no `EventBusName`"),
        (vec![unknown], "`events.robot` is not a kind"),
    ] {
        let error = World::read(with(&lines).as_bytes()).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let told = format!("{error} {source}");
        assert!(told.contains(problem) && told.contains("line 3"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_protocol_carries_errors() {
    let sim = served(Faults::none(), false);
    let missing = scheduler(&sim).get_schedule().name("absent").send().await;
    assert_eq!(missing.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 404);
    assert_eq!(code(missing), "ResourceNotFoundException");
    let missing = scheduler(&sim).get_schedule().name("absent").send().await;
    assert_eq!(message(missing), "Schedule absent does not exist.");
    assert_eq!(code(events(&sim).list_targets_by_rule().rule("absent").send().await), "ResourceNotFoundException");
    let absent = "arn:aws:states:eu-central-1:000000000000:stateMachine:absent";
    let missing = states(&sim).describe_state_machine().state_machine_arn(absent).send().await;
    assert_eq!(code(missing), "StateMachineDoesNotExist");
}

#[tokio::test(start_paused = true)]
async fn faults_strike_in_the_words_of_the_service() {
    for (fault, of_scheduler, of_events, of_states) in [
        (Fault::ServerError, "InternalServerException", "InternalException", "InternalServerError"),
        (Fault::AccessDenied, "AccessDeniedException", "AccessDeniedException", "AccessDeniedException"),
        (Fault::Throttle, "ThrottlingException", "ThrottlingException", "ThrottlingException"),
    ] {
        let faults = ["ListSchedules", "ListRules", "ListStateMachines"]
            .into_iter()
            .fold(Faults::none(), |faults, operation| faults.at(When::Every(operation.to_owned()), fault));
        let sim = served(faults, false);
        assert_eq!(code(scheduler(&sim).list_schedules().send().await), of_scheduler);
        assert_eq!(code(events(&sim).list_rules().send().await), of_events);
        assert_eq!(code(states(&sim).list_state_machines().send().await), of_states);
        assert_eq!(sim.calls().iter().map(|call| call.service).collect::<Vec<_>>(), ["scheduler", "events", "states"]);
    }
}

#[tokio::test(start_paused = true)]
async fn each_service_has_a_bucket_of_its_own() {
    let sim = served(Faults::none(), true);
    for _ in 0..10 {
        scheduler(&sim).list_schedules().send().await.unwrap();
    }
    assert_eq!(code(scheduler(&sim).list_schedules().send().await), "ThrottlingException");
    events(&sim).list_rules().send().await.unwrap();
    states(&sim).list_state_machines().send().await.unwrap();
}
