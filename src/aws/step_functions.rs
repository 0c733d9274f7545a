//! Step Functions: state machines and their versions.

use super::{AwsError, Batch, Failure, Operation, Session, call::Pages, reference::Holder, states_language};
use crate::{inventory::Reference, model::Source};

/// The largest page of both lists (API model).
const PAGE: i32 = 1_000;

impl Session {
    /// The ARNs of all state machines, standard and express.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_state_machines(&self) -> Result<Batch<String>, AwsError> {
        let operation = Operation::ListStateMachines;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.step_functions().list_state_machines().max_results(PAGE).set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            all.found.extend(answer.state_machines().iter().map(|machine| machine.state_machine_arn().to_owned()));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// The ARNs of the published versions of a state machine. None if the machine does not exist.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_state_machine_versions(&self, machine: &str) -> Result<Batch<String>, AwsError> {
        let operation = Operation::ListStateMachineVersions;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .step_functions()
                .list_state_machine_versions()
                .state_machine_arn(machine)
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            let versions = answer.state_machine_versions().iter();
            all.found.extend(versions.map(|version| version.state_machine_version_arn().to_owned()));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// What a state machine, or a version of one, runs on ECS. A failure is a definition that cannot be read.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when it does not exist.
    pub async fn describe_state_machine(&self, arn: &str) -> Result<Batch<Reference>, AwsError> {
        let request = self.step_functions().describe_state_machine().state_machine_arn(arn);
        let answer = self.read(Operation::DescribeStateMachine, || request.clone().send()).await?;
        let holder = Holder { source: Source::StepFunctions, name: arn };
        Ok(match states_language::references(holder, answer.definition()) {
            Ok(found) => Batch { found, failures: Vec::new() },
            Err(problem) => Batch { found: Vec::new(), failures: vec![Failure::new(arn, problem)] },
        })
    }
}
