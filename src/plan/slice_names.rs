//! Names inside texts, read without making anything: a slice looks at hundreds of thousands of them.

use crate::{
    inventory::{Seen, TaskDefinition},
    model::{Arn, ImageRef, Location},
};

/// Something with a name in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Named<'i> {
    account_id: &'i str,
    region: &'i str,
    name: &'i str,
}

impl<'i> Named<'i> {
    pub(super) fn at(location: &'i Location, name: &'i str) -> Self {
        Self { account_id: location.account_id.as_str(), region: location.region.as_str(), name }
    }

    /// A service by its ARN or name. Services of the same name in other clusters are the same to a slice.
    pub(super) fn service(location: &'i Location, arn_or_name: &'i str) -> Self {
        Self::at(location, last_part(arn_or_name))
    }

    /// The service that a deployment belongs to. Its own ARN (`service-deployment/CLUSTER/SERVICE/ID`) tells where the field does not.
    pub(super) fn owner(location: &'i Location, own_arn: &'i str, service_arn: &'i str) -> Self {
        let told = if service_arn.is_empty() { own_arn.rsplit('/').nth(1).unwrap_or_default() } else { service_arn };
        Self::service(location, told)
    }

    /// Whether it is in this place.
    pub(super) fn is_in(&self, location: &Location) -> bool {
        (self.account_id, self.region) == (location.account_id.as_str(), location.region.as_str())
    }
}

/// A definition as something names it; without a revision, the newest ACTIVE one of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Revised<'i> {
    pub(super) family: Named<'i>,
    pub(super) revision: Option<u32>,
}

impl<'i> Revised<'i> {
    /// Reads what `TaskDefinitionRef::parse` reads; without a place of its own it is of `home`.
    pub(super) fn parse(text: &'i str, home: &'i Location) -> Option<Self> {
        let (account_id, region, name) = match Arn::parse(text) {
            Some(arn) if is_account_id(arn.account_id) => {
                (arn.account_id, arn.region, arn.resource.strip_prefix("task-definition/")?)
            }
            Some(_) => return None,
            None => (home.account_id.as_str(), home.region.as_str(), text),
        };
        let (name, revision) = match name.rsplit_once(':') {
            Some((name, revision)) => (name, Some(revision.parse().ok()?)),
            None => (name, None),
        };
        let is_family =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_family.then_some(Self { family: Named { account_id, region, name }, revision })
    }
}

/// A definition by its own ARN or, in hand-made inventories, its fields.
pub(super) fn definition(seen: &Seen<TaskDefinition>) -> Revised<'_> {
    let it = &seen.value;
    let told = Revised::parse(&it.task_definition_arn, &seen.location).filter(|told| told.revision.is_some());
    let (name, revision) =
        told.map_or((it.family.as_str(), Some(it.revision)), |told| (told.family.name, told.revision));
    Revised { family: Named::at(&seen.location, name), revision }
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What comes after the last slash or colon. Two ARNs or names of one service agree in it.
fn last_part(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

/// Whether an image URI may be one that nobody can parse, which may mean any image. Never no where `ImageRef` says so.
pub(super) fn may_be_any_image(uri: &str) -> bool {
    !is_plainly_foreign(uri) && !is_plainly_ecr(uri) && ImageRef::parse(uri) == ImageRef::Unparsed
}

/// Whether it is some image, and nothing in it looks like the host of an ECR registry.
fn is_plainly_foreign(uri: &str) -> bool {
    !uri.trim().is_empty() && !uri.contains(".dkr") && !uri.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG]`, the form of nearly all.
fn is_plainly_ecr(uri: &str) -> bool {
    let Some((account_id, rest)) = uri.split_at_checked(12) else { return false };
    let Some((region, rest)) = rest.strip_prefix(".dkr.ecr.").and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let Some(name) = rest.strip_prefix("amazonaws.com/") else { return false };
    let (repository, tag) = name.split_once(':').map_or((name, None), |(name, tag)| (name, Some(tag)));
    is_account_id(account_id)
        && !region.is_empty()
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !repository.is_empty()
        && repository.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte))
        && tag.is_none_or(|tag| {
            !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        })
}

/// Whether a text is a digest as ECR writes them.
pub(super) fn is_plain_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, Revision, TaskDefinitionRef};
    use proptest::prelude::*;

    fn home() -> Location {
        Location { account_id: "000000000000".parse().unwrap(), region: "eu-central-1".into() }
    }

    /// What the graph makes of the same text.
    fn parsed(text: &str) -> Option<(Location, Family, Option<Revision>)> {
        let told = TaskDefinitionRef::parse(text)?;
        Some((told.location.unwrap_or_else(home), told.family, told.revision))
    }

    proptest! {
        #[test]
        fn definitions_are_read_as_the_graph_reads_them(
            text in "(arn:aws:ecs:(eu-central-1|us-east-1)?:(000000000000|11111111111|[a-z]{0,3}):(task-definition/|cluster/)?)?[a-z/$._-]{0,4}(:([0-9]{1,12}|latest|))?",
        ) {
            let home = home();
            let quick = Revised::parse(&text, &home);
            let slow = parsed(&text);
            prop_assert_eq!(quick.is_some(), slow.is_some(), "{}", &text);
            if let (Some(quick), Some((location, family, revision))) = (quick, slow) {
                prop_assert_eq!(quick.family, Named::at(&location, family.as_str()));
                prop_assert_eq!(quick.revision, revision.map(|revision| revision.0));
            }
        }

        #[test]
        fn no_image_that_cannot_be_read_is_missed(
            uri in "(https://|VPCE-1\\.| )?(000000000000|0{11}|x)?(\\.dkr|-dkr|\\.DKR)?([.-]ecr|\\.ecr-fips|\\.ECR)?(\\.eu-central-1|\\.)?(\\.amazonaws\\.com|\\.on\\.aws|\\.AMAZONAWS\\.com\\.cn)?(:443)?/?[a-zA-Z/._-]{0,5}(:[a-z.1 ]{0,3})?(@sha256:[0-9a-f]{0,4})?",
        ) {
            prop_assert!(may_be_any_image(&uri) || ImageRef::parse(&uri) != ImageRef::Unparsed, "{}", uri);
        }
    }

    #[test]
    fn names_of_one_service_agree() {
        let home = home();
        let all = [
            "arn:aws:ecs:eu-central-1:000000000000:service/main/web",
            "arn:aws:ecs:eu-central-1:000000000000:service/web",
            "web",
        ];
        for text in all {
            assert_eq!(Named::service(&home, text), Named::at(&home, "web"));
        }
        assert_eq!(Named::owner(&home, "arn:aws:ecs:r:0:service-deployment/main/web/1", ""), Named::at(&home, "web"));
    }
}
