//! Looking again: what speaks against a step now, and what became of one whose end nobody knows. Pure.

use super::{
    observe::{ImageObservation, Observation},
    references::References,
};
use crate::{
    graph::{ImageKey, Node, TaskDefinitionKey},
    inventory::{Image, Service, Tag, TaskDefinition, TaskSet},
    model::{Kind, Resource},
    plan::{Action, Expect, PlanSettings, Step},
};

/// What looking again found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    /// Everything is as it was planned on.
    Go,
    /// There is nothing left to do.
    AlreadyGone,
    /// Something moved; the step is not done.
    Moved(String),
    /// It cannot be told whether something moved; the step is not done, and a resume may try it.
    Unseen(String),
}

/// What became of a step whose call had no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settled {
    /// Its effect is there.
    Done,
    /// Its effect is not there.
    NotDone(String),
    /// The image is there again, pushed since: another one with the same digest.
    Superseded(String),
    /// AWS cannot be read: it stays in doubt.
    Unknown(String),
}

/// Compares a step's expectations with what is.
pub(super) fn check(
    step: &Step,
    observation: &Observation,
    references: Option<&References>,
    settings: &PlanSettings,
) -> Check {
    match already(step, observation) {
        Ok(true) => return Check::AlreadyGone,
        Ok(false) => {}
        Err(problem) => return Check::Unseen(problem),
    }
    let case = Case { step, observation, references, settings };
    if case.needs_references()
        && let Some(problem) = case.unseen()
    {
        return Check::Unseen(problem);
    }
    let moved = step.expect.iter().find_map(|expect| case.objection(expect)).or_else(|| case.replicated());
    moved.map_or(Check::Go, Check::Moved)
}

/// Reads off whether a call that may or may not have been carried out was.
pub(super) fn settle(step: &Step, observation: &Observation) -> Settled {
    match already(step, observation) {
        // Who deleted it did not wait for it to be archived.
        Ok(true) if step.action == Action::ArchiveImage && is_gone(observation) => {
            return Settled::NotDone("the image is gone".to_owned());
        }
        Ok(true) => return Settled::Done,
        Ok(false) => {}
        Err(problem) => return Settled::Unknown(problem),
    }
    if let Observation::Image(ImageObservation { image: Some(image), .. }) = observation
        && let Some(planned) = step.expect.iter().find_map(pushed_at)
        && image.image_pushed_at > *planned
    {
        return Settled::Superseded("the image was pushed again since".to_owned());
    }
    Settled::NotDone("AWS still shows it as it was".to_owned())
}

fn is_gone(observation: &Observation) -> bool {
    matches!(observation, Observation::Image(ImageObservation { image: None, .. }))
}

fn pushed_at(expect: &Expect) -> Option<&Option<crate::model::Timestamp>> {
    if let Expect::PushedAt { is } = expect { Some(is) } else { None }
}

fn no_copies(expect: &Expect) -> Option<&[String]> {
    if let Expect::NoCopies { at } = expect { Some(at) } else { None }
}

/// Whether it has to be looked again who refers to the object of a step: not for task sets, and for services only if the
/// plan says so.
pub(super) fn needs_references(step: &Step) -> bool {
    match step.action.kind() {
        Kind::TaskDefinition | Kind::Image => true,
        Kind::Service => step.expect.contains(&Expect::Unreferenced),
        Kind::TaskSet => false,
    }
}

/// Whether the effect of a step is there already.
fn already(step: &Step, observation: &Observation) -> Result<bool, String> {
    match observation {
        Observation::Unreadable(error) => Err(format!("it could not be read again: {error}")),
        Observation::Service(None) | Observation::TaskSet(None) | Observation::TaskDefinition(None) => Ok(true),
        Observation::Service(Some(service)) => Ok(matches!(service.status.as_str(), "DRAINING" | "INACTIVE")),
        Observation::TaskSet(Some(found)) => {
            let (_, task_set) = &**found;
            let is_going = task_set.status == "DRAINING";
            Ok(is_going || (step.action == Action::ScaleTaskSet && is_scaled_to_zero(task_set)))
        }
        Observation::TaskDefinition(Some(definition)) => Ok(match definition.status.as_str() {
            "INACTIVE" => step.action == Action::DeregisterTaskDefinition,
            "DELETE_IN_PROGRESS" => true,
            _ => false,
        }),
        Observation::Image(ImageObservation { image: None, .. }) => Ok(true),
        Observation::Image(ImageObservation { image: Some(image), .. }) => {
            Ok(step.action == Action::ArchiveImage && status_of(image) == "ARCHIVED")
        }
    }
}

/// The status of an image; ECR leaves that of an active one out.
fn status_of(image: &Image) -> &str {
    image.image_status.as_deref().unwrap_or("ACTIVE")
}

pub(super) fn is_scaled_to_zero(task_set: &TaskSet) -> bool {
    task_set.scale.as_ref().is_some_and(|scale| scale.value <= 0.0)
}

/// Whether the effect of a step, once begun, is complete: tasks stopped, task set or service gone. What cannot be read may
/// be on its way still.
pub(super) fn is_complete(step: &Step, observation: &Observation) -> bool {
    match (step.action, observation) {
        (_, Observation::Unreadable(_)) => false,
        (Action::ScaleTaskSet, Observation::TaskSet(Some(found))) => {
            let (_, task_set) = &**found;
            task_set.running_count + task_set.pending_count == 0
        }
        (Action::DeleteTaskSet, Observation::TaskSet(Some(_))) => false,
        (Action::DeleteService, Observation::Service(Some(service))) => service.status == "INACTIVE",
        (_, _) => true,
    }
}

/// Whether the effect of an action takes a while after AWS accepted it.
pub(super) fn takes_a_while(action: Action) -> bool {
    match action.kind() {
        Kind::Service | Kind::TaskSet => true,
        Kind::TaskDefinition | Kind::Image => false,
    }
}

struct Case<'c> {
    step: &'c Step,
    observation: &'c Observation,
    references: Option<&'c References>,
    settings: &'c PlanSettings,
}

impl Case<'_> {
    fn needs_references(&self) -> bool {
        needs_references(self.step)
    }

    /// Why the references do not tell enough.
    fn unseen(&self) -> Option<String> {
        let Some(references) = self.references else { return Some("references were not read again".to_owned()) };
        let target = &self.step.target;
        references.hidden(self.step.action.kind(), &target.location(), target.repository.as_ref())
    }

    fn objection(&self, expect: &Expect) -> Option<String> {
        match expect {
            Expect::Unreferenced => self.held(),
            // Asked of every image, also of those planned when nothing was replicated.
            Expect::NoCopies { .. } => None,
            Expect::UnitUnreferenced { .. } => self.unit_held(),
            Expect::NotNewestActive => self.newest(),
            Expect::Status { is } => self.status(is),
            Expect::NotPrimary => self.primary(),
            Expect::Runs { definition } => self.runs(definition.as_deref()),
            Expect::NoTasks => self.tasks(),
            Expect::NoTaskSets => self.task_sets(),
            Expect::NotProtected => self.protected(),
            Expect::OptedIn => self.opted_out(),
            Expect::Tags { are } => {
                let mut tags = self.image()?.image_tags.clone();
                tags.sort_unstable();
                let list = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                (tags != *are).then(|| format!("its tags are now [{list}]"))
            }
            Expect::PushedAt { is } => {
                let pushed = self.image()?.image_pushed_at;
                (pushed != *is).then(|| "it was pushed again".to_owned())
            }
        }
    }

    fn node(&self) -> Option<Node> {
        let location = self.step.target.location();
        match self.step.target.resource(self.step.action.kind())? {
            Resource::TaskDefinition { family, revision } => {
                Some(Node::TaskDefinition(TaskDefinitionKey { location, family, revision }))
            }
            Resource::Image { repository, digest } => {
                Some(Node::Image(ImageKey { registry: location, repository, digest }))
            }
            Resource::Service { cluster, service } => Some(Node::Service { location, cluster, service }),
            Resource::TaskSet { .. } => None,
        }
    }

    /// A registry in which deleting the image deletes it too, and of which the plan did not know that it has no copy.
    fn replicated(&self) -> Option<String> {
        if self.step.action != Action::DeleteImage {
            return None;
        }
        let repository = self.step.target.repository.as_ref()?;
        let clear = self.step.expect.iter().find_map(no_copies).unwrap_or_default();
        let registries = self.references?.deletes_at(&self.step.target.location(), repository);
        let other = registries.into_iter().find(|name| !clear.contains(name))?;
        Some(format!("its registry now replicates deletions to {other}"))
    }

    fn held(&self) -> Option<String> {
        let holder = self.references?.holder(&self.node()?)?;
        Some(format!("{holder} refers to it now"))
    }

    fn unit_held(&self) -> Option<String> {
        let references = self.references?;
        let Observation::Image(observation) = self.observation else { return None };
        let registry = self.step.target.location();
        observation.unit.iter().find_map(|image| {
            let repository = &image.repository_name;
            let digest = image.image_digest.clone();
            let itself = Node::Image(ImageKey { registry: registry.clone(), repository: repository.clone(), digest });
            let tags = image.image_tags.iter().map(|tag| Node::Tag {
                registry: registry.clone(),
                repository: repository.clone(),
                tag: tag.clone(),
            });
            let (node, holder) = tags.chain([itself]).find_map(|node| {
                let holder = references.holder(&node)?.to_string();
                Some((node, holder))
            })?;
            Some(format!("{holder} refers to {node} now"))
        })
    }

    fn newest(&self) -> Option<String> {
        let is_newest = self.references?.is_newest_active(&self.node()?);
        is_newest.then(|| "it is now the newest ACTIVE revision of its family".to_owned())
    }

    fn status(&self, expected: &str) -> Option<String> {
        let of_definition = self.definition().map(|definition| definition.status.as_str());
        let status = of_definition.or_else(|| self.image().map(status_of))?;
        (status != expected).then(|| format!("its status is now {status}"))
    }

    fn primary(&self) -> Option<String> {
        let (service, task_set) = self.task_set()?;
        let controller = service.deployment_controller.as_ref().map_or("", |controller| controller.kind.as_str());
        if task_set.started_by.as_deref() == Some("CODE_DEPLOY") || controller == "CODE_DEPLOY" {
            return Some("CodeDeploy owns it".to_owned());
        }
        match (task_set.status.as_str(), service.status.as_str()) {
            ("ACTIVE", "ACTIVE") => None,
            ("PRIMARY", _) => Some("it is now the PRIMARY task set".to_owned()),
            (status, of_service) => Some(format!("its status is now {status}, that of its service {of_service}")),
        }
    }

    fn runs(&self, expected: Option<&str>) -> Option<String> {
        let (_, task_set) = self.task_set()?;
        let now = task_set.task_definition.as_deref();
        (now != expected).then(|| format!("it runs another definition now: {}", now.unwrap_or("none")))
    }

    fn tasks(&self) -> Option<String> {
        let running = match self.observation {
            Observation::Service(Some(service)) => {
                service.desired_count + service.running_count + service.pending_count
            }
            Observation::TaskSet(Some(found)) => {
                if !is_scaled_to_zero(&found.1) {
                    return Some("it is scaled above zero now".to_owned());
                }
                found.1.running_count + found.1.pending_count
            }
            Observation::Service(None)
            | Observation::TaskSet(None)
            | Observation::TaskDefinition(_)
            | Observation::Image(_)
            | Observation::Unreadable(_) => 0,
        };
        (running > 0).then(|| format!("it has tasks now: {running} wanted, running or starting"))
    }

    fn task_sets(&self) -> Option<String> {
        let service = self.service()?;
        let left = service.task_sets.first()?;
        Some(format!("it has the task set {} now", left.id))
    }

    fn protected(&self) -> Option<String> {
        let mut tags: Vec<&Tag> = Vec::new();
        if let Some(service) = self.service() {
            tags.extend(&service.tags);
        }
        if let Some((_, task_set)) = self.task_set() {
            tags.extend(&task_set.tags);
        }
        if let Some(definition) = self.definition() {
            tags.extend(&definition.tags);
        }
        tags.iter().any(|tag| tag.key == self.settings.protect_tag).then(|| "it carries the protect tag now".to_owned())
    }

    fn opted_out(&self) -> Option<String> {
        let Observation::Image(ImageObservation { repository_tags: tags, .. }) = self.observation else { return None };
        if tags.iter().any(|tag| tag.key == self.settings.protect_tag) {
            return Some("its repository carries the protect tag now".to_owned());
        }
        let opted_in =
            tags.iter().any(|tag| tag.key == self.settings.opt_in_key && tag.value == self.settings.opt_in_value);
        (!opted_in).then(|| {
            format!("its repository no longer carries {} = {}", self.settings.opt_in_key, self.settings.opt_in_value)
        })
    }

    fn image(&self) -> Option<&Image> {
        match self.observation {
            Observation::Image(observation) => observation.image.as_deref(),
            Observation::Service(_)
            | Observation::TaskSet(_)
            | Observation::TaskDefinition(_)
            | Observation::Unreadable(_) => None,
        }
    }

    fn definition(&self) -> Option<&TaskDefinition> {
        match self.observation {
            Observation::TaskDefinition(definition) => definition.as_deref(),
            Observation::Service(_) | Observation::TaskSet(_) | Observation::Image(_) | Observation::Unreadable(_) => {
                None
            }
        }
    }

    fn task_set(&self) -> Option<(&Service, &TaskSet)> {
        match self.observation {
            Observation::TaskSet(found) => found.as_deref().map(|(service, task_set)| (service, task_set)),
            Observation::Service(_)
            | Observation::TaskDefinition(_)
            | Observation::Image(_)
            | Observation::Unreadable(_) => None,
        }
    }

    fn service(&self) -> Option<&Service> {
        match self.observation {
            Observation::Service(service) => service.as_deref(),
            Observation::TaskSet(found) => found.as_deref().map(|(service, _)| service),
            Observation::TaskDefinition(_) | Observation::Image(_) | Observation::Unreadable(_) => None,
        }
    }
}
