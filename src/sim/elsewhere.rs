//! What holds definitions and images from outside ECS and ECR: lines of kinds that only a world has.

use super::{
    state::{Map, text},
    world::Key,
};
use crate::model::Location;

/// A kind of object that only a world has. Its value is what the call named gives for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Elsewhere {
    /// events:ListRules, with `Targets` as events:ListTargetsByRule gives them.
    Rule,
    /// scheduler:GetSchedule.
    Schedule,
    /// states:DescribeStateMachine, with `versions`: `stateMachineVersionArn` and `definition` of each.
    StateMachine,
    /// lambda:GetFunction.
    Function,
    /// batch:DescribeJobDefinitions.
    JobDefinition,
    /// codedeploy:BatchGetDeploymentGroups.
    DeploymentGroup,
    /// codedeploy:BatchGetDeployments.
    Deployment,
    /// application-autoscaling:DescribeScalableTargets.
    ScalableTarget,
    /// application-autoscaling:DescribeScheduledActions.
    ScheduledAction,
    /// A row of config:SelectAggregateResourceConfig.
    ConfigResource,
    /// config:DescribeConfigurationAggregatorSourcesStatus.
    ConfigSourceStatus,
}

impl Elsewhere {
    pub(super) const ALL: [Self; 11] = [
        Self::Rule,
        Self::Schedule,
        Self::StateMachine,
        Self::Function,
        Self::JobDefinition,
        Self::DeploymentGroup,
        Self::Deployment,
        Self::ScalableTarget,
        Self::ScheduledAction,
        Self::ConfigResource,
        Self::ConfigSourceStatus,
    ];

    /// The word of the line's kind.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Rule => "events.rule",
            Self::Schedule => "scheduler.schedule",
            Self::StateMachine => "states.state_machine",
            Self::Function => "lambda.function",
            Self::JobDefinition => "batch.job_definition",
            Self::DeploymentGroup => "codedeploy.deployment_group",
            Self::Deployment => "codedeploy.deployment",
            Self::ScalableTarget => "autoscaling.scalable_target",
            Self::ScheduledAction => "autoscaling.scheduled_action",
            Self::ConfigResource => "config.resource",
            Self::ConfigSourceStatus => "config.source_status",
        }
    }

    /// The members that name it, which together are its id: those of an object inside it as `Outer.inner`.
    const fn named_by(self) -> &'static [&'static str] {
        match self {
            Self::Rule => &["EventBusName", "Name"],
            Self::Schedule => &["GroupName", "Name"],
            Self::StateMachine => &["stateMachineArn"],
            Self::Function => &["Configuration.FunctionArn"],
            Self::JobDefinition => &["jobDefinitionArn"],
            Self::DeploymentGroup => &["applicationName", "deploymentGroupName"],
            Self::Deployment => &["deploymentId"],
            Self::ScalableTarget => &["ServiceNamespace", "ResourceId", "ScalableDimension"],
            Self::ScheduledAction => &["ScheduledActionARN"],
            Self::ConfigResource => &["aggregator", "accountId", "awsRegion", "resourceType", "resourceId"],
            Self::ConfigSourceStatus => &["aggregator", "SourceId", "AwsRegion"],
        }
    }

    /// Names the object. A line without a member of its name is refused: it could stand for another.
    pub(super) fn complete(self, at: &Location, value: &Map) -> Result<Key, String> {
        let part = |member: &&str| {
            let part = match member.split_once('.') {
                Some((outer, inner)) => super::state::inner_text(value, outer, inner),
                None => text(value, member),
            };
            if part.is_empty() { Err(format!("{} has no `{member}`", self.word())) } else { Ok(part) }
        };
        let parts: Vec<&str> = self.named_by().iter().map(part).collect::<Result<_, _>>()?;
        Ok(Key::elsewhere(at, self, parts.join("/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::record_kind;

    #[test]
    fn inventories_know_the_same_words() {
        assert_eq!(Elsewhere::ALL.map(Elsewhere::word), record_kind::SIMULATED);
    }

    #[test]
    fn an_object_is_named_by_all_its_members() {
        let at = Location { account_id: "000000000000".parse().unwrap(), region: "eu-central-1".into() };
        let serde_json::Value::Object(rule) = serde_json::json!({ "EventBusName": "default", "Name": "nightly" })
        else {
            unreachable!("it was written as an object")
        };
        assert_eq!(Elsewhere::Rule.complete(&at, &rule).unwrap().id, "default/nightly");
        assert_eq!(Elsewhere::Schedule.complete(&at, &rule).unwrap_err(), "scheduler.schedule has no `GroupName`");
    }
}
