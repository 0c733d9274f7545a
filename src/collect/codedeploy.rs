//! CodeDeploy's deployments to ECS.
//!
//! The AppSpec of a deployment names a definition that ECS may not show yet, or that a rollback goes back to. Where the
//! AppSpec lies in S3 or at GitHub it is not read. For a deployment that is not over that holds everything. For one that
//! succeeded the services of its group hold what was deployed, as ECS shows it in their task sets: nothing more is
//! held, or whoever keeps AppSpecs in S3 could never clean up. A group without services holds everything then.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream::iter};

use super::scope::{ScopeSweep, absorb};
use crate::{
    aws::{AppSpec, CodeDeployment, DeploymentGroup},
    inventory::{Inventory, Reference},
    model::{
        Source,
        quota::batch::{GET_DEPLOYMENT_GROUPS, GET_DEPLOYMENTS},
    },
};

const APPLICATIONS_AT_ONCE: usize = 8;
const BATCHES_AT_ONCE: usize = 8;
const SOURCE: Source = Source::Codedeploy;

impl ScopeSweep<'_> {
    /// What deployment groups deployed last, and what is being deployed.
    ///
    /// Deployments that are not over are listed before the groups: one that ends in between is then its group's last
    /// successful one as well, and one that begins in between is its group's last attempt.
    pub(super) async fn codedeploy(&self) -> Inventory {
        let mut whole = Inventory::default();
        let unfinished = match self.session.list_unfinished_deployments().await {
            Ok(ids) => ids,
            Err(error) => {
                whole.gaps.push(self.gap_after(SOURCE, None, &error));
                return whole;
            }
        };
        let groups = self.deployment_groups(&mut whole).await;
        let named = groups.iter().flat_map(|group| [&group.last_successful, &group.unfinished]).flatten();
        let ids: BTreeSet<String> = unfinished.iter().chain(named).cloned().collect();
        let deployments = self.code_deployments(&mut whole, ids.into_iter().collect()).await;
        whole.references.extend(references(&groups, &deployments).into_iter().map(|found| self.seen(found)));
        whole
    }

    async fn deployment_groups(&self, whole: &mut Inventory) -> Vec<DeploymentGroup> {
        let applications = match self.session.list_ecs_applications().await {
            Ok(applications) => applications,
            Err(error) => {
                whole.gaps.push(self.gap_after(SOURCE, None, &error));
                return Vec::new();
            }
        };
        let mut parts =
            iter(applications).map(|application| self.groups_of(application)).buffer_unordered(APPLICATIONS_AT_ONCE);
        let mut groups = Vec::new();
        while let Some((part, found)) = parts.next().await {
            absorb(whole, part);
            groups.extend(found);
        }
        groups
    }

    async fn groups_of(&self, application: String) -> (Inventory, Vec<DeploymentGroup>) {
        let mut part = Inventory::default();
        let mut groups = Vec::new();
        let names = self.session.list_deployment_groups(&application).await;
        let names = names.map(|found| crate::aws::Batch { found, failures: Vec::new() });
        let names = self.listed(&mut part, SOURCE, Some(&application), names);
        self.found(SOURCE, names.len());
        for batch in names.chunks(GET_DEPLOYMENT_GROUPS) {
            let answer = self.session.batch_get_deployment_groups(&application, batch).await;
            groups.extend(self.listed(&mut part, SOURCE, Some(&application), answer));
            self.read(SOURCE, batch.len());
        }
        (part, groups)
    }

    async fn code_deployments(&self, whole: &mut Inventory, ids: Vec<String>) -> Vec<CodeDeployment> {
        self.found(SOURCE, ids.len());
        let batches: Vec<_> = ids
            .chunks(GET_DEPLOYMENTS)
            .map(|batch| async move { (batch.len(), self.session.batch_get_deployments(batch).await) })
            .collect();
        let mut batches = iter(batches).buffer_unordered(BATCHES_AT_ONCE);
        let mut deployments = Vec::new();
        while let Some((asked, answer)) = batches.next().await {
            self.read(SOURCE, asked);
            deployments.extend(self.listed(whole, SOURCE, None, answer));
        }
        deployments
    }
}

/// What groups and their deployments hold. Every service that a group deploys to is held: the next deployment needs it.
fn references(groups: &[DeploymentGroup], deployments: &[CodeDeployment]) -> Vec<Reference> {
    let known: BTreeMap<_, _> = groups.iter().map(|group| (group.name.as_str(), group)).collect();
    let has_services = |name: &str| known.get(name).is_some_and(|group| !group.services.is_empty());
    let mut references = Vec::new();
    for group in groups {
        references.extend(group.services.iter().map(|service| of_service(&group.name, service)));
        if let Some(target) = &group.target {
            let what = format!("the AppSpec that {} deploys", group.name);
            references.extend(held(&group.name, &what, target, !group.services.is_empty()));
        }
    }
    for deployment in deployments {
        let CodeDeployment { id, group, is_over, revision, previous } = deployment;
        let holder = format!("{group} {id}");
        let what = format!("the AppSpec of deployment {id}");
        match revision {
            Some(revision) => {
                references.extend(held(&holder, &what, revision, *is_over && has_services(group)));
            }
            None => references.push(undecided(&holder, what)),
        }
        if let Some(previous) = previous {
            let what = format!("the AppSpec that deployment {id} goes back to");
            references.extend(held(&holder, &what, previous, has_services(group)));
        }
    }
    references
}

/// What an AppSpec holds; `is_deployed` where ECS shows in a service what one that cannot be read has deployed.
fn held(holder: &str, what: &str, app_spec: &AppSpec, is_deployed: bool) -> Vec<Reference> {
    match app_spec {
        AppSpec::Names(names) => names.iter().map(|name| of_definition(holder, name)).collect(),
        AppSpec::KeptAt(_) if is_deployed => Vec::new(),
        AppSpec::KeptAt(place) => vec![undecided(holder, format!("{what} in {place}"))],
        AppSpec::NotUnderstood => vec![undecided(holder, what.to_owned())],
    }
}

fn reference(holder: &str) -> Reference {
    Reference { source: SOURCE.to_string(), holder: holder.to_owned(), ..Reference::default() }
}

fn of_definition(holder: &str, name: &str) -> Reference {
    Reference { task_definition: Some(name.to_owned()), ..reference(holder) }
}

fn of_service(holder: &str, service: &str) -> Reference {
    Reference { service: Some(service.to_owned()), ..reference(holder) }
}

/// Text that is no definition holds every one: the graph leaves it unresolved.
fn undecided(holder: &str, what: String) -> Reference {
    Reference { task_definition: Some(what), ..reference(holder) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(services: &[&str]) -> DeploymentGroup {
        DeploymentGroup {
            name: "shop/web".to_owned(),
            services: services.iter().map(|service| (*service).to_owned()).collect(),
            last_successful: Some("d-1".to_owned()),
            unfinished: None,
            target: None,
        }
    }

    fn deployment(is_over: bool, revision: AppSpec) -> CodeDeployment {
        let (id, group) = ("d-1".to_owned(), "shop/web".to_owned());
        CodeDeployment { id, group, is_over, revision: Some(revision), previous: None }
    }

    fn names(name: &str) -> AppSpec {
        AppSpec::Names(vec![name.to_owned()])
    }

    fn in_s3() -> AppSpec {
        AppSpec::KeptAt("s3://specs/web.yaml".to_owned())
    }

    /// What is held, as the texts of definitions and services.
    fn texts(groups: &[DeploymentGroup], deployments: &[CodeDeployment]) -> Vec<String> {
        let found = references(groups, deployments);
        found.into_iter().filter_map(|found| found.task_definition.or(found.service)).collect()
    }

    #[test]
    fn what_was_deployed_and_what_it_replaced_are_held() {
        let last = CodeDeployment { previous: Some(names("web:1")), ..deployment(true, names("web:2")) };
        let group = DeploymentGroup { target: Some(names("web:3")), ..group(&["main/web"]) };
        assert_eq!(texts(&[group], &[last]), ["main/web", "web:3", "web:2", "web:1"]);
    }

    #[test]
    fn a_finished_deployment_whose_app_spec_is_elsewhere_leaves_it_to_the_service() {
        assert_eq!(texts(&[group(&["main/web"])], &[deployment(true, in_s3())]), ["main/web"]);
        let everything = "the AppSpec of deployment d-1 in s3://specs/web.yaml";
        assert_eq!(texts(&[group(&[])], &[deployment(true, in_s3())]), [everything]);
        assert_eq!(texts(&[], &[deployment(true, in_s3())]), [everything]);
    }

    #[test]
    fn an_unfinished_deployment_that_cannot_be_read_holds_everything() {
        let everything = "the AppSpec of deployment d-1 in s3://specs/web.yaml";
        assert_eq!(texts(&[group(&["main/web"])], &[deployment(false, in_s3())]), ["main/web", everything]);
    }

    #[test]
    fn what_is_at_hand_and_not_understood_holds_everything() {
        for is_over in [true, false] {
            let found = texts(&[group(&["main/web"])], &[deployment(is_over, AppSpec::NotUnderstood)]);
            assert_eq!(found, ["main/web", "the AppSpec of deployment d-1"]);
        }
        let without = CodeDeployment { revision: None, ..deployment(true, in_s3()) };
        assert_eq!(texts(&[group(&["main/web"])], &[without]), ["main/web", "the AppSpec of deployment d-1"]);
    }
}
