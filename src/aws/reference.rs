//! How holders outside ECS name what they hold.

use crate::{
    inventory::Reference,
    model::{Source, TaskDefinitionRef},
};

/// Who refers, and where that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holder<'a> {
    pub(super) source: Source,
    /// Its ARN or name.
    pub(super) name: &'a str,
}

impl Holder<'_> {
    fn reference(self) -> Reference {
        Reference { source: self.source.as_str().to_owned(), holder: self.name.to_owned(), ..Reference::default() }
    }

    /// It runs what `text` names as ECS's RunTask takes it: a revision, or the newest ACTIVE one of a family. Text that is
    /// neither stays as it is: the graph leaves it unresolved, and it holds everything.
    pub(super) fn definition(self, text: &str) -> Reference {
        let text = Some(text.to_owned());
        match TaskDefinitionRef::parse(text.as_deref().unwrap_or_default()) {
            Some(TaskDefinitionRef { revision: None, .. }) => Reference { family: text, ..self.reference() },
            Some(_) | None => Reference { task_definition: text, ..self.reference() },
        }
    }

    /// It runs a revision of the family, and which one is decided when it runs.
    pub(super) fn any_revision_of(self, family: &str) -> Reference {
        Reference { any_revision_of: Some(family.to_owned()), ..self.reference() }
    }

    /// What it runs is decided when it runs, and nothing tells of which family: it holds everything. The words around
    /// `expression` keep it from ever being read as a family.
    pub(super) fn undecided(self, expression: &str) -> Reference {
        Reference { task_definition: Some(format!("decided when it runs: {expression}")), ..self.reference() }
    }

    /// It runs containers from the image.
    pub(super) fn image(self, uri: &str) -> Reference {
        Reference { image: Some(uri.to_owned()), ..self.reference() }
    }

    /// It may start the service again, which is named as `cluster/service`.
    pub(super) fn service(self, service: &str) -> Reference {
        Reference { service: Some(service.to_owned()), ..self.reference() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLDER: Holder<'_> = Holder { source: Source::Eventbridge, name: "rule" };
    const ARN: &str = "arn:aws:ecs:eu-central-1:000000000000:task-definition/web";

    #[test]
    fn a_definition_with_a_revision_is_that_one_and_without_the_newest() {
        for pinned in [format!("{ARN}:7"), "web:7".to_owned()] {
            let reference = HOLDER.definition(&pinned);
            assert_eq!((reference.task_definition, reference.family), (Some(pinned), None));
        }
        for family in [ARN, "web"] {
            let reference = HOLDER.definition(family);
            assert_eq!((reference.task_definition, reference.family.as_deref()), (None, Some(family)));
        }
    }

    #[test]
    fn what_is_not_known_is_never_read_as_a_family() {
        for text in ["web", "", "web:1", "$.family", ARN] {
            let held = HOLDER.undecided(text).task_definition.unwrap();
            assert_eq!(TaskDefinitionRef::parse(&held), None, "{held}");
        }
        let odd = HOLDER.definition("web:latest");
        assert_eq!((odd.task_definition.as_deref(), odd.family), (Some("web:latest"), None));
        assert_eq!(TaskDefinitionRef::parse("web:latest"), None);
    }
}
