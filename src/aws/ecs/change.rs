//! ECS calls that change something. `force` stands nowhere.

use aws_sdk_ecs::types::{Scale, ScaleUnit};

use super::super::{ErrorKind, ItemOutcome, ItemResult, Mutation, Operation, Removal, Session};

impl Session {
    /// UpdateTaskSet to a scale of 0 percent. Sets only the scale; repeating it changes nothing.
    ///
    /// # Errors
    /// `Definite` when ECS refused, `InDoubt` when it may have done it.
    pub async fn scale_task_set_to_zero(&self, cluster: &str, service: &str, id: &str) -> Result<Removal, Mutation> {
        let scale = Scale::builder().value(0.0).unit(ScaleUnit::Percent).build();
        let request = self.ecs().update_task_set().cluster(cluster).service(service).task_set(id).scale(scale);
        removal(self.mutate(Operation::UpdateTaskSet, || request.clone().send()).await)
    }

    /// DeleteTaskSet: DRAINING, then gone. ECS refuses a PRIMARY one and one that is not scaled to zero.
    ///
    /// # Errors
    /// `Definite` when ECS refused, `InDoubt` when it may have done it.
    pub async fn delete_task_set(&self, cluster: &str, service: &str, id: &str) -> Result<Removal, Mutation> {
        let request = self.ecs().delete_task_set().cluster(cluster).service(service).task_set(id);
        removal(self.mutate(Operation::DeleteTaskSet, || request.clone().send()).await)
    }

    /// DeleteService: DRAINING, then INACTIVE. ECS refuses one with a desired count or running tasks.
    ///
    /// # Errors
    /// `Definite` when ECS refused, `InDoubt` when it may have done it.
    pub async fn delete_service(&self, cluster: &str, service: &str) -> Result<Removal, Mutation> {
        let request = self.ecs().delete_service().cluster(cluster).service(service);
        removal(self.mutate(Operation::DeleteService, || request.clone().send()).await)
    }

    /// DeregisterTaskDefinition: ACTIVE → INACTIVE, for good. What a repeat does is not documented: read the status first.
    ///
    /// # Errors
    /// `Definite` when ECS refused, `InDoubt` when it may have done it.
    pub async fn deregister_task_definition(&self, arn: &str) -> Result<Removal, Mutation> {
        let request = self.ecs().deregister_task_definition().task_definition(arn);
        removal(self.mutate(Operation::DeregisterTaskDefinition, || request.clone().send()).await)
    }

    /// DeleteTaskDefinitions: INACTIVE → DELETE_IN_PROGRESS, at most ten, as ECS has it. ECS answers HTTP 200 and
    /// names the ones that it refused; the result holds every ARN that was sent, in that order.
    ///
    /// # Errors
    /// `Definite` when ECS refused the whole call, `InDoubt` when it may have done some of it.
    pub async fn delete_task_definitions(&self, arns: &[String]) -> Result<Vec<ItemResult<String>>, Mutation> {
        let request = self.ecs().delete_task_definitions().set_task_definitions(Some(arns.to_vec()));
        let answer = self.mutate(Operation::DeleteTaskDefinitions, || request.clone().send()).await?;
        let outcome = |arn: &String| {
            let done = answer.task_definitions().iter().any(|done| done.task_definition_arn() == Some(arn));
            match (done, answer.failures().iter().find(|failure| failure.arn() == Some(arn))) {
                (true, None) => ItemOutcome::Done,
                (false, Some(failure)) => ItemOutcome::Refused {
                    code: failure.reason().unwrap_or("no reason given").to_owned(),
                    message: failure.detail().unwrap_or_default().to_owned(),
                },
                (true, Some(_)) => in_doubt("the answer names it both as deleted and as failed"),
                (false, None) => in_doubt("the answer names it neither as deleted nor as failed"),
            }
        };
        Ok(arns.iter().map(|arn| ItemResult { item: arn.clone(), outcome: outcome(arn) }).collect())
    }
}

fn in_doubt(message: &str) -> ItemOutcome {
    ItemOutcome::InDoubt { message: message.to_owned() }
}

/// An object that does not exist (nor its service or cluster) needs no removing.
fn removal<T>(answer: Result<T, Mutation>) -> Result<Removal, Mutation> {
    match answer {
        Ok(_) => Ok(Removal::Done),
        Err(Mutation::Definite(error)) if error.kind == ErrorKind::NotFound => Ok(Removal::AlreadyGone),
        Err(mutation) => Err(mutation),
    }
}
