//! CodeDeploy: deployment groups of ECS services, their deployments, and what the AppSpecs of these name.

mod app_spec;
mod read;

pub use app_spec::AppSpec;
pub use read::{CodeDeployment, DeploymentGroup};
