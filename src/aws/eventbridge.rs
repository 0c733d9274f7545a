//! EventBridge: buses, their rules, and what the rules' targets run.

use aws_sdk_eventbridge::types;

use super::{AwsError, Batch, Failure, Operation, Session, call::Pages, reference::Holder};
use crate::{inventory::Reference, model::Source};

/// The largest page of each list here (API model).
const PAGE: i32 = 100;

/// An event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBus {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// A rule, enabled or not, made by the user or by an AWS service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The bus that it is on.
    pub bus: String,
}

impl Session {
    /// All event buses: the default one, the account's own and partners'.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_event_buses(&self) -> Result<Batch<EventBus>, AwsError> {
        let operation = Operation::ListEventBuses;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.eventbridge().list_event_buses().limit(PAGE).set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            for bus in answer.event_buses() {
                let arn = bus.arn().unwrap_or_default().to_owned();
                match bus.name() {
                    Some(name) => all.found.push(EventBus { name: name.to_owned(), arn }),
                    None => all.failures.push(unnamed(arn)),
                }
            }
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// All rules of a bus.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the bus does not exist.
    pub async fn list_rules(&self, bus: &EventBus) -> Result<Batch<Rule>, AwsError> {
        let operation = Operation::ListRules;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request =
                self.eventbridge().list_rules().event_bus_name(&bus.name).limit(PAGE).set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            for rule in answer.rules() {
                let arn = rule.arn().unwrap_or_default().to_owned();
                match rule.name() {
                    Some(name) => all.found.push(Rule { name: name.to_owned(), arn, bus: bus.name.clone() }),
                    None => all.failures.push(unnamed(arn)),
                }
            }
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// What the targets of a rule run on ECS.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the rule does not exist.
    pub async fn list_targets(&self, rule: &Rule) -> Result<Batch<Reference>, AwsError> {
        let operation = Operation::ListTargetsByRule;
        let holder = Holder { source: Source::Eventbridge, name: &rule.arn };
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .eventbridge()
                .list_targets_by_rule()
                .rule(&rule.name)
                .event_bus_name(&rule.bus)
                .limit(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            let parameters = answer.targets().iter().filter_map(types::Target::ecs_parameters);
            all.found.extend(parameters.map(|parameters| holder.definition(parameters.task_definition_arn())));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }
}

fn unnamed(arn: String) -> Failure {
    Failure::new(arn, "AWS listed it without its name")
}
