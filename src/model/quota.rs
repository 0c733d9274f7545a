//! AWS's published request rates: which token bucket each operation draws from, how much it holds and how fast it refills.
//!
//! Source for ECS: "Request throttling for the Amazon ECS API" in the ECS developer guide, and the ECS page of
//! the AWS General Reference; buckets are per account and Region and shared by every action in the row.
//! Source for ECR: "Amazon ECR service quotas"; most of the calls made here have no published rate, and the assumed
//! one is marked as such. Source for Lambda: "Lambda quotas", per account and Region. `docs/aws.md` has the table.

use std::fmt;

use super::{Age, Timestamp};

/// A token bucket that several operations share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// ListClusters, DescribeClusters.
    EcsClusterRead,
    /// ListServices, DescribeServices, ListDaemons, DescribeDaemon.
    EcsServiceRead,
    /// ListServiceDeployments, DescribeServiceDeployments, DescribeDaemonDeployments.
    EcsServiceDeployment,
    /// DescribeServiceRevisions, DescribeDaemonRevisions.
    EcsServiceRevision,
    /// ListServicesByNamespace.
    EcsClusterServiceResourceRead,
    /// CreateService, UpdateService, DeleteService.
    EcsServiceModify,
    /// ListTasks, DescribeTasks.
    EcsClusterResourceRead,
    /// RunTask, StopTask.
    EcsClusterResourceModify,
    /// ListTaskDefinitions, ListTaskDefinitionFamilies, DescribeTaskDefinition and the same calls for daemons.
    EcsTaskDefinitionRead,
    /// RegisterTaskDefinition, DeregisterTaskDefinition.
    EcsTaskDefinitionModify,
    /// DeleteTaskDefinitions.
    EcsTaskDefinitionDeletion,
    /// ListTagsForResource of ECS.
    EcsTagRead,
    /// TagResource and UntagResource of ECS.
    EcsTagModify,
    /// DescribeTaskSets: in no published row.
    EcsTaskSetRead,
    /// Create-, Update-, DeleteTaskSet, UpdateServicePrimaryTaskSet: in no published row.
    EcsTaskSetModify,
    /// DescribeRepositories, DescribeImages, ListImages, ListImageReferrers, ListTagsForResource, the policies of repositories and the
    /// settings of the registry: not published.
    EcrRead,
    /// BatchGetImage, shared with every pull in the account and Region.
    EcrBatchGetImage,
    /// PutImage.
    EcrPutImage,
    /// BatchDeleteImage, UpdateImageStorageClass and the calls that change repositories: not published.
    EcrModify,
    /// GetCallerIdentity, AssumeRole: not published.
    Sts,
    /// Reading EventBridge buses, rules and targets.
    Eventbridge,
    /// Reading EventBridge Scheduler groups and schedules.
    Scheduler,
    /// Reading Step Functions state machines and versions.
    StepFunctions,
    /// Listing Lambda functions.
    Lambda,
    /// GetFunction of Lambda.
    LambdaGetFunction,
    /// Reading AWS Batch job definitions.
    Batch,
    /// Reading CodeDeploy applications, groups and deployments.
    Codedeploy,
    /// Reading Application Auto Scaling targets and scheduled actions.
    ApplicationAutoscaling,
    /// Reading AWS Config aggregators.
    Config,
}

/// The size of a token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests that may be made at once when the bucket is full.
    pub burst: f64,
    /// Requests per second that refill it.
    pub per_second: f64,
    /// Whether AWS publishes the figure; otherwise it is a cautious assumption.
    pub published: bool,
}

const fn published(burst: f64, per_second: f64) -> Rate {
    Rate { burst, per_second, published: true }
}

const fn assumed(burst: f64, per_second: f64) -> Rate {
    Rate { burst, per_second, published: false }
}

impl Bucket {
    /// Every bucket.
    pub const ALL: [Self; 29] = [
        Self::EcsClusterRead,
        Self::EcsServiceRead,
        Self::EcsServiceDeployment,
        Self::EcsServiceRevision,
        Self::EcsClusterServiceResourceRead,
        Self::EcsServiceModify,
        Self::EcsClusterResourceRead,
        Self::EcsClusterResourceModify,
        Self::EcsTaskDefinitionRead,
        Self::EcsTaskDefinitionModify,
        Self::EcsTaskDefinitionDeletion,
        Self::EcsTagRead,
        Self::EcsTagModify,
        Self::EcsTaskSetRead,
        Self::EcsTaskSetModify,
        Self::EcrRead,
        Self::EcrBatchGetImage,
        Self::EcrPutImage,
        Self::EcrModify,
        Self::Sts,
        Self::Eventbridge,
        Self::Scheduler,
        Self::StepFunctions,
        Self::Lambda,
        Self::LambdaGetFunction,
        Self::Batch,
        Self::Codedeploy,
        Self::ApplicationAutoscaling,
        Self::Config,
    ];

    /// Its size at AWS's default quotas.
    #[must_use]
    pub const fn rate(self) -> Rate {
        match self {
            Self::EcsClusterRead
            | Self::EcsServiceDeployment
            | Self::EcsServiceRevision
            | Self::EcsTaskDefinitionRead
            | Self::EcsTagRead => published(50.0, 20.0),
            Self::EcsServiceRead | Self::EcsClusterResourceRead => published(100.0, 20.0),
            Self::EcsClusterServiceResourceRead => published(10.0, 1.0),
            Self::EcsServiceModify => published(50.0, 5.0),
            Self::EcsClusterResourceModify => published(100.0, 40.0),
            Self::EcsTaskDefinitionModify => published(20.0, 1.0),
            Self::EcsTaskDefinitionDeletion => published(5.0, 1.0),
            Self::EcsTagModify => published(20.0, 10.0),
            Self::EcsTaskSetRead => assumed(50.0, 20.0),
            Self::EcsTaskSetModify => assumed(20.0, 5.0),
            Self::EcrRead
            | Self::EcrModify
            | Self::Sts
            | Self::Scheduler
            | Self::StepFunctions
            | Self::Batch
            | Self::Codedeploy
            | Self::ApplicationAutoscaling
            | Self::Config => assumed(10.0, 10.0),
            // An older edition of "Amazon EventBridge quotas" had this for every call but PutEvents; today's is silent.
            Self::Eventbridge => assumed(50.0, 50.0),
            Self::Lambda => published(15.0, 15.0),
            Self::LambdaGetFunction => published(100.0, 100.0),
            Self::EcrBatchGetImage => published(2_000.0, 2_000.0),
            Self::EcrPutImage => published(10.0, 10.0),
        }
    }

    /// The bucket that `operation` of `service` draws from; `None` for one that is never called here. The service is IAM's
    /// word for it, such as `states` for Step Functions.
    #[must_use]
    pub fn of(service: &str, operation: &str) -> Option<Self> {
        let bucket = match (service, operation) {
            ("ecs", "ListClusters" | "DescribeClusters") => Self::EcsClusterRead,
            ("ecs", "ListServices" | "DescribeServices" | "ListDaemons" | "DescribeDaemon") => Self::EcsServiceRead,
            (
                "ecs",
                "ListServiceDeployments"
                | "DescribeServiceDeployments"
                | "ListDaemonDeployments"
                | "DescribeDaemonDeployments",
            ) => Self::EcsServiceDeployment,
            ("ecs", "DescribeServiceRevisions" | "DescribeDaemonRevisions") => Self::EcsServiceRevision,
            ("ecs", "ListServicesByNamespace") => Self::EcsClusterServiceResourceRead,
            ("ecs", "CreateService" | "UpdateService" | "DeleteService") => Self::EcsServiceModify,
            ("ecs", "ListTasks" | "DescribeTasks") => Self::EcsClusterResourceRead,
            ("ecs", "RunTask" | "StartTask" | "StopTask") => Self::EcsClusterResourceModify,
            (
                "ecs",
                "ListTaskDefinitions"
                | "ListTaskDefinitionFamilies"
                | "DescribeTaskDefinition"
                | "ListDaemonTaskDefinitions"
                | "DescribeDaemonTaskDefinition",
            ) => Self::EcsTaskDefinitionRead,
            ("ecs", "RegisterTaskDefinition" | "DeregisterTaskDefinition") => Self::EcsTaskDefinitionModify,
            ("ecs", "DeleteTaskDefinitions") => Self::EcsTaskDefinitionDeletion,
            ("ecs", "ListTagsForResource") => Self::EcsTagRead,
            ("ecs", "TagResource" | "UntagResource") => Self::EcsTagModify,
            ("ecs", "DescribeTaskSets") => Self::EcsTaskSetRead,
            ("ecs", "CreateTaskSet" | "UpdateTaskSet" | "DeleteTaskSet" | "UpdateServicePrimaryTaskSet") => {
                Self::EcsTaskSetModify
            }
            (
                "ecr",
                "DescribeRepositories"
                | "DescribeImages"
                | "ListImages"
                | "ListImageReferrers"
                | "ListTagsForResource"
                | "DescribeRegistry"
                | "DescribePullThroughCacheRules"
                | "GetRepositoryPolicy"
                | "GetLifecyclePolicy",
            ) => Self::EcrRead,
            ("ecr", "BatchGetImage") => Self::EcrBatchGetImage,
            ("ecr", "PutImage") => Self::EcrPutImage,
            (
                "ecr",
                "BatchDeleteImage"
                | "UpdateImageStorageClass"
                | "CreateRepository"
                | "DeleteRepository"
                | "TagResource"
                | "UntagResource",
            ) => Self::EcrModify,
            ("sts", _) => Self::Sts,
            ("events", _) => Self::Eventbridge,
            ("scheduler", _) => Self::Scheduler,
            ("states", _) => Self::StepFunctions,
            ("lambda", "GetFunction") => Self::LambdaGetFunction,
            ("lambda", _) => Self::Lambda,
            ("batch", _) => Self::Batch,
            ("codedeploy", _) => Self::Codedeploy,
            ("application-autoscaling", _) => Self::ApplicationAutoscaling,
            ("config", _) => Self::Config,
            (_, _) => return None,
        };
        Some(bucket)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::EcsClusterRead => "ECS cluster read",
            Self::EcsServiceRead => "ECS service read",
            Self::EcsServiceDeployment => "ECS service deployment",
            Self::EcsServiceRevision => "ECS service revision",
            Self::EcsClusterServiceResourceRead => "ECS cluster service resource read",
            Self::EcsServiceModify => "ECS service modify",
            Self::EcsClusterResourceRead => "ECS cluster resource read",
            Self::EcsClusterResourceModify => "ECS cluster resource modify",
            Self::EcsTaskDefinitionRead => "ECS task definition read",
            Self::EcsTaskDefinitionModify => "ECS task definition modify",
            Self::EcsTaskDefinitionDeletion => "ECS task definition deletion",
            Self::EcsTagRead => "ECS tag read",
            Self::EcsTagModify => "ECS tag modify",
            Self::EcsTaskSetRead => "ECS task set read",
            Self::EcsTaskSetModify => "ECS task set modify",
            Self::EcrRead => "ECR read",
            Self::EcrBatchGetImage => "ECR BatchGetImage",
            Self::EcrPutImage => "ECR PutImage",
            Self::EcrModify => "ECR modify",
            Self::Sts => "STS",
            Self::Eventbridge => "EventBridge",
            Self::Scheduler => "EventBridge Scheduler",
            Self::StepFunctions => "Step Functions",
            Self::Lambda => "Lambda",
            Self::LambdaGetFunction => "Lambda GetFunction",
            Self::Batch => "AWS Batch",
            Self::Codedeploy => "CodeDeploy",
            Self::ApplicationAutoscaling => "Application Auto Scaling",
            Self::Config => "AWS Config",
        })
    }
}

/// How long after DeregisterTaskDefinition a new task or service may still start from the revision, in seconds:
/// "up to 10 minutes" (ECS developer guide, "Deregistering an Amazon ECS task definition revision").
pub const DEREGISTRATION_SETTLES_SECONDS: i64 = 600;

/// The instant from which on nothing starts any more from a revision that was deregistered at `at`.
#[must_use]
pub fn settled_after(at: Timestamp) -> Timestamp {
    Age::from_seconds(DEREGISTRATION_SETTLES_SECONDS).after(at)
}

/// Batch limits of the calls made here, from the API models.
pub mod batch {
    /// Services per DescribeServices.
    pub const DESCRIBE_SERVICES: usize = 10;
    /// Tasks per DescribeTasks.
    pub const DESCRIBE_TASKS: usize = 100;
    /// ARNs per DescribeServiceDeployments.
    pub const DESCRIBE_SERVICE_DEPLOYMENTS: usize = 20;
    /// ARNs per DescribeServiceRevisions.
    pub const DESCRIBE_SERVICE_REVISIONS: usize = 20;
    /// ARNs per DescribeDaemonDeployments and DescribeDaemonRevisions.
    pub const DESCRIBE_DAEMON_PARTS: usize = 20;
    /// Names per BatchGetApplications of CodeDeploy.
    pub const GET_APPLICATIONS: usize = 100;
    /// Names per BatchGetDeploymentGroups of CodeDeploy.
    pub const GET_DEPLOYMENT_GROUPS: usize = 100;
    /// Ids per BatchGetDeployments of CodeDeploy.
    pub const GET_DEPLOYMENTS: usize = 25;
    /// Clusters per DescribeClusters.
    pub const DESCRIBE_CLUSTERS: usize = 100;
    /// Revisions per DeleteTaskDefinitions.
    pub const DELETE_TASK_DEFINITIONS: usize = 10;
    /// Images per BatchGetImage, BatchDeleteImage and DescribeImages by id.
    pub const IMAGES: usize = 100;
}
