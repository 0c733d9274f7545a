//! Application Auto Scaling: what may start an ECS service again that stands at zero.

use aws_sdk_applicationautoscaling::types::{ScalableTarget, ScheduledAction, ServiceNamespace};

use super::{AwsError, Batch, Failure, Operation, Session, call::Pages, reference::Holder};
use crate::{inventory::Reference, model::Source};

/// The largest page of both calls.
const PAGE: i32 = 50;

impl Session {
    /// The services that a scalable target may raise above zero. A failure is a target whose service cannot be told.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn scaled_services(&self) -> Result<Batch<Reference>, AwsError> {
        let operation = Operation::DescribeScalableTargets;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .application_autoscaling()
                .describe_scalable_targets()
                .service_namespace(ServiceNamespace::Ecs)
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            gather(&mut all, answer.scalable_targets().iter().filter_map(of_target));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// The services that a scheduled action may raise above zero. A failure is an action whose service cannot be told.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn scheduled_services(&self) -> Result<Batch<Reference>, AwsError> {
        let operation = Operation::DescribeScheduledActions;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .application_autoscaling()
                .describe_scheduled_actions()
                .service_namespace(ServiceNamespace::Ecs)
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            gather(&mut all, answer.scheduled_actions().iter().filter_map(of_action));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }
}

fn gather(all: &mut Batch<Reference>, found: impl Iterator<Item = Result<Reference, Failure>>) {
    for found in found {
        match found {
            Ok(reference) => all.found.push(reference),
            Err(failure) => all.failures.push(failure),
        }
    }
}

/// A target that allows no more than zero tasks starts nothing.
fn of_target(target: &ScalableTarget) -> Option<Result<Reference, Failure>> {
    let holder = format!("{} {}", target.resource_id(), target.scalable_dimension().as_str());
    (target.max_capacity() > 0).then(|| reference(target.resource_id(), &holder))
}

/// An action whose bounds are both zero starts nothing; one that does not show its bounds may.
fn of_action(action: &ScheduledAction) -> Option<Result<Reference, Failure>> {
    let bounds = action.scalable_target_action();
    let given = bounds.into_iter().flat_map(|bounds| [bounds.min_capacity(), bounds.max_capacity()]).flatten();
    let given: Vec<i32> = given.collect();
    let may_raise = given.is_empty() || given.iter().any(|bound| *bound > 0);
    may_raise.then(|| reference(action.resource_id(), action.scheduled_action_arn()))
}

/// A resource id of ECS is `service/CLUSTER/SERVICE` (RegisterScalableTarget, API reference).
fn reference(resource_id: &str, holder: &str) -> Result<Reference, Failure> {
    let service = resource_id.strip_prefix("service/").filter(|name| {
        name.split_once('/').is_some_and(|(cluster, service)| !cluster.is_empty() && !service.is_empty())
    });
    let Some(service) = service else {
        return Err(Failure::new(resource_id, "its resource id is not `service/CLUSTER/SERVICE`"));
    };
    Ok(Holder { source: Source::ApplicationAutoscaling, name: holder }.service(service))
}

#[cfg(test)]
mod tests {
    use aws_sdk_applicationautoscaling::types::{ScalableDimension, ScalableTargetAction};
    use aws_smithy_types::DateTime;

    use super::*;

    fn target(resource_id: &str, max: i32) -> ScalableTarget {
        ScalableTarget::builder()
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(resource_id)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .min_capacity(0)
            .max_capacity(max)
            .role_arn("role")
            .creation_time(DateTime::from_secs(0))
            .build()
            .unwrap()
    }

    fn action(bounds: Option<(Option<i32>, Option<i32>)>) -> ScheduledAction {
        let bounds = bounds
            .map(|(min, max)| ScalableTargetAction::builder().set_min_capacity(min).set_max_capacity(max).build());
        ScheduledAction::builder()
            .scheduled_action_name("morning")
            .scheduled_action_arn("arn:morning")
            .service_namespace(ServiceNamespace::Ecs)
            .schedule("cron(0 8 * * ? *)")
            .resource_id("service/main/web")
            .set_scalable_target_action(bounds)
            .creation_time(DateTime::from_secs(0))
            .build()
            .unwrap()
    }

    #[test]
    fn a_target_holds_a_service_that_it_may_start() {
        let found = of_target(&target("service/main/web", 4)).unwrap().unwrap();
        assert_eq!(found.service.as_deref(), Some("main/web"));
        assert_eq!(found.holder, "service/main/web ecs:service:DesiredCount");
        assert_eq!(of_target(&target("service/main/web", 0)), None);
    }

    #[test]
    fn a_target_whose_service_cannot_be_told_is_a_failure() {
        for resource_id in ["service/web", "service//web", "service/main/", "fleet/a", ""] {
            assert_eq!(of_target(&target(resource_id, 1)).unwrap().unwrap_err().object, resource_id);
        }
    }

    #[test]
    fn an_action_holds_unless_it_can_only_lower() {
        for (bounds, expected) in [
            (None, true),
            (Some((None, None)), true),
            (Some((Some(1), None)), true),
            (Some((None, Some(2))), true),
            (Some((Some(0), Some(2))), true),
            (Some((Some(0), Some(0))), false),
            (Some((None, Some(0))), false),
        ] {
            assert_eq!(of_action(&action(bounds)).is_some(), expected, "{bounds:?}");
        }
    }
}
