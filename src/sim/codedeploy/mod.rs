//! AWS CodeDeploy (API 2014-10-06): applications, deployment groups, deployments. An application is there because a group is in
//! it.

mod deployments;
mod dispatch;
mod groups;
mod limits;

pub(super) use dispatch::dispatch;
