//! CodeDeploy calls. None of them changes anything.

use aws_sdk_codedeploy::types::{
    ComputePlatform, DeploymentGroupInfo, DeploymentInfo, DeploymentStatus, EcsService, LastDeploymentInfo,
};

use super::{
    super::{AwsError, Batch, ErrorKind, Failure, Operation, Session, call::Pages},
    AppSpec,
};
use crate::model::quota::batch;

/// Every status of a deployment that is not over.
const UNFINISHED: [DeploymentStatus; 5] = [
    DeploymentStatus::Created,
    DeploymentStatus::Queued,
    DeploymentStatus::InProgress,
    DeploymentStatus::Baking,
    DeploymentStatus::Ready,
];

/// A deployment group that deploys ECS services, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentGroup {
    /// `APPLICATION/GROUP`.
    pub name: String,
    /// The services that it deploys to, as `CLUSTER/SERVICE`.
    pub services: Vec<String>,
    /// Its last successful deployment.
    pub last_successful: Option<String>,
    /// Its last deployment, unless that is over.
    pub unfinished: Option<String>,
    /// What it last deployed, or tried to.
    pub target: Option<AppSpec>,
}

/// A deployment to ECS services, or what may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeDeployment {
    /// Its id, `d-…`.
    pub id: String,
    /// `APPLICATION/GROUP`.
    pub group: String,
    /// Whether it ended, well or not. A status never seen before is no end.
    pub is_over: bool,
    /// What it deploys.
    pub revision: Option<AppSpec>,
    /// What it replaces, and goes back to.
    pub previous: Option<AppSpec>,
}

impl Session {
    /// The names of the applications that deploy to ECS, or may.
    ///
    /// # Errors
    /// When a page or a batch cannot be read.
    pub async fn list_ecs_applications(&self) -> Result<Vec<String>, AwsError> {
        let operation = Operation::ListApplications;
        let mut names = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.codedeploy().list_applications().set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            names.extend(answer.applications.unwrap_or_default());
            if !pages.turn(answer.next_token)? {
                break;
            }
        }
        let mut other = Vec::new();
        for batch in names.chunks(batch::GET_APPLICATIONS) {
            let request = self.codedeploy().batch_get_applications().set_application_names(Some(batch.to_vec()));
            match self.read(Operation::BatchGetApplications, || request.clone().send()).await {
                Ok(answer) => {
                    let known = answer.applications_info.unwrap_or_default().into_iter();
                    let known = known.filter(|application| !may_be_ecs(application.compute_platform()));
                    other.extend(known.filter_map(|application| application.application_name));
                }
                // One that was deleted meanwhile fails the batch; what platform the rest has is then told by its groups.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        names.retain(|name| !other.contains(name));
        Ok(names)
    }

    /// The names of an application's deployment groups.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the application does not exist.
    pub async fn list_deployment_groups(&self, application: &str) -> Result<Vec<String>, AwsError> {
        let operation = Operation::ListDeploymentGroups;
        let mut names = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.codedeploy().list_deployment_groups().application_name(application);
            let request = request.set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            names.extend(answer.deployment_groups.unwrap_or_default());
            if !pages.turn(answer.next_token)? {
                return Ok(names);
            }
        }
    }

    /// Deployment groups of an application, at most a hundred, without those of other platforms. A failure is a group that
    /// the answer does not show.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the application does not exist.
    pub async fn batch_get_deployment_groups(
        &self,
        application: &str,
        names: &[String],
    ) -> Result<Batch<DeploymentGroup>, AwsError> {
        let request = self.codedeploy().batch_get_deployment_groups().application_name(application);
        let request = request.set_deployment_group_names(Some(names.to_vec()));
        let answer = self.read(Operation::BatchGetDeploymentGroups, || request.clone().send()).await?;
        let shown = answer.deployment_groups_info();
        let is_shown = |name: &&String| shown.iter().any(|group| group.deployment_group_name() == Some(name.as_str()));
        let reason = answer.error_message().unwrap_or("the answer does not show it");
        let missing = names.iter().filter(|name| !is_shown(name));
        Ok(Batch {
            found: shown
                .iter()
                .filter(|group| may_be_ecs(group.compute_platform()))
                .map(|info| group(application, info))
                .collect(),
            failures: missing.map(|name| Failure::new(format!("{application}/{name}"), reason)).collect(),
        })
    }

    /// The ids of all deployments that are not over, of every application.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_unfinished_deployments(&self) -> Result<Vec<String>, AwsError> {
        let operation = Operation::ListDeployments;
        let mut ids = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self.codedeploy().list_deployments().set_include_only_statuses(Some(UNFINISHED.to_vec()));
            let request = request.set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            ids.extend(answer.deployments.unwrap_or_default());
            if !pages.turn(answer.next_token)? {
                return Ok(ids);
            }
        }
    }

    /// Deployments by id, at most twenty-five, without those of other platforms. A failure is one that the answer does not show.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn batch_get_deployments(&self, ids: &[String]) -> Result<Batch<CodeDeployment>, AwsError> {
        let request = self.codedeploy().batch_get_deployments().set_deployment_ids(Some(ids.to_vec()));
        let answer = self.read(Operation::BatchGetDeployments, || request.clone().send()).await?;
        let shown = answer.deployments_info();
        let is_shown = |id: &&String| shown.iter().any(|deployment| deployment.deployment_id() == Some(id.as_str()));
        let missing = ids.iter().filter(|id| !is_shown(id));
        Ok(Batch {
            found: shown.iter().filter(|info| may_be_ecs(info.compute_platform())).map(deployment).collect(),
            failures: missing.map(|id| Failure::new(id, "the answer does not show it")).collect(),
        })
    }
}

fn may_be_ecs(platform: Option<&ComputePlatform>) -> bool {
    !matches!(platform, Some(ComputePlatform::Lambda | ComputePlatform::Server))
}

fn is_over(status: Option<&DeploymentStatus>) -> bool {
    matches!(status, Some(DeploymentStatus::Succeeded | DeploymentStatus::Failed | DeploymentStatus::Stopped))
}

fn group(application: &str, info: &DeploymentGroupInfo) -> DeploymentGroup {
    let id = |last: &LastDeploymentInfo| last.deployment_id().map(str::to_owned);
    let unfinished = info.last_attempted_deployment().filter(|last| !is_over(last.status()));
    DeploymentGroup {
        name: format!("{application}/{}", info.deployment_group_name().unwrap_or("?")),
        services: info.ecs_services().iter().filter_map(service).collect(),
        last_successful: info.last_successful_deployment().and_then(id),
        unfinished: unfinished.and_then(id),
        target: info.target_revision().map(AppSpec::of),
    }
}

fn service(service: &EcsService) -> Option<String> {
    let cluster = service.cluster_name().filter(|name| !name.is_empty()).unwrap_or("default");
    Some(format!("{cluster}/{}", service.service_name()?))
}

fn deployment(info: &DeploymentInfo) -> CodeDeployment {
    let (application, group) = (info.application_name().unwrap_or("?"), info.deployment_group_name().unwrap_or("?"));
    CodeDeployment {
        id: info.deployment_id().unwrap_or_default().to_owned(),
        group: format!("{application}/{group}"),
        is_over: is_over(info.status()),
        revision: info.revision().map(AppSpec::of),
        previous: info.previous_revision().map(AppSpec::of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_never_seen_before_is_no_end() {
        for (status, expected) in
            [("Succeeded", true), ("Failed", true), ("Stopped", true), ("Paused", false), ("Ready", false)]
        {
            assert_eq!(is_over(Some(&DeploymentStatus::from(status))), expected, "{status}");
        }
        assert!(!is_over(None));
    }

    #[test]
    fn a_platform_never_seen_before_may_be_ecs() {
        for (platform, expected) in [("ECS", true), ("Lambda", false), ("Server", false), ("Kubernetes", true)] {
            assert_eq!(may_be_ecs(Some(&ComputePlatform::from(platform))), expected, "{platform}");
        }
        assert!(may_be_ecs(None));
    }

    #[test]
    fn a_group_tells_its_services_and_its_last_deployments() {
        let last =
            |id: &str, status: DeploymentStatus| LastDeploymentInfo::builder().deployment_id(id).status(status).build();
        let info = DeploymentGroupInfo::builder()
            .deployment_group_name("web")
            .ecs_services(EcsService::builder().cluster_name("main").service_name("web").build())
            .ecs_services(EcsService::builder().service_name("api").build())
            .last_successful_deployment(last("d-1", DeploymentStatus::Succeeded));
        let stopped =
            group("shop", &info.clone().last_attempted_deployment(last("d-2", DeploymentStatus::Stopped)).build());
        assert_eq!((stopped.name.as_str(), stopped.unfinished), ("shop/web", None));
        assert_eq!(stopped.services, ["main/web", "default/api"]);
        let running = group("shop", &info.last_attempted_deployment(last("d-3", DeploymentStatus::Ready)).build());
        assert_eq!((running.last_successful.as_deref(), running.unfinished.as_deref()), (Some("d-1"), Some("d-3")));
    }
}
