//! Amazon Resource Names, as far as ECS and ECR use them.

use super::{AccountId, ClusterName, Family, Location, Region, RepositoryName, Revision, ServiceName, TaskSetId};

/// `arn:partition:service:region:account-id:resource`, split but not interpreted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// `ecs`, `ecr`, …
    pub service: &'a str,
    /// The Region; empty for global services.
    pub region: &'a str,
    /// The account id; empty where AWS leaves it out.
    pub account_id: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN; `None` if the text is not one.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account_id: parts.next()?,
            resource: parts.next()?,
        })
    }
}

/// The cluster's name from its ARN or from the name itself, as ECS accepts both.
#[must_use]
pub fn cluster_name(arn_or_name: &str) -> ClusterName {
    let resource = Arn::parse(arn_or_name).map_or(arn_or_name, |arn| arn.resource);
    resource.strip_prefix("cluster/").unwrap_or(resource).into()
}

/// The service's name from its ARN (`service/CLUSTER/NAME`, or `service/NAME` in the format before 2018) or from the name itself.
#[must_use]
pub fn service_name(arn_or_name: &str) -> ServiceName {
    let resource = Arn::parse(arn_or_name).map_or(arn_or_name, |arn| arn.resource);
    resource.rsplit('/').next().unwrap_or(resource).into()
}

/// The task set's id from its ARN (`task-set/CLUSTER/SERVICE/ID`, where the id starts with `ecs-svc/`) or from the id itself.
#[must_use]
pub fn task_set_id(arn_or_id: &str) -> TaskSetId {
    let Some(arn) = Arn::parse(arn_or_id) else { return arn_or_id.into() };
    let rest = arn.resource.strip_prefix("task-set/").unwrap_or(arn.resource);
    rest.splitn(3, '/').nth(2).unwrap_or(rest).into()
}

/// The partition that a Region belongs to (the SDK's partition metadata).
#[must_use]
pub fn partition(region: &Region) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
    ];
    PREFIXES.iter().find(|(prefix, _)| region.as_str().starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// The ARN of a revision of a task definition.
#[must_use]
pub fn task_definition_arn(location: &Location, family: &Family, revision: Revision) -> String {
    let Location { account_id, region } = location;
    format!("arn:{}:ecs:{region}:{account_id}:task-definition/{family}:{revision}", partition(region))
}

/// The ARN of a repository.
#[must_use]
pub fn repository_arn(location: &Location, repository: &RepositoryName) -> String {
    let Location { account_id, region } = location;
    format!("arn:{}:ecr:{region}:{account_id}:repository/{repository}", partition(region))
}

/// How ECS and its callers point at a task definition: an ARN, `family:revision`, or a family alone (its newest ACTIVE revision).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskDefinitionRef {
    /// Where it lives, when the text was an ARN.
    pub location: Option<Location>,
    /// The family.
    pub family: Family,
    /// The revision; `None` means the newest ACTIVE one at the time of use.
    pub revision: Option<Revision>,
}

impl TaskDefinitionRef {
    /// Reads any of the three forms; `None` if the text is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (location, name) = match Arn::parse(text) {
            Some(arn) => {
                let location = Location {
                    account_id: arn.account_id.parse::<AccountId>().ok()?,
                    region: Region::from(arn.region),
                };
                (Some(location), arn.resource.strip_prefix("task-definition/")?)
            }
            None => (None, text),
        };
        let (family, revision) = match name.rsplit_once(':') {
            Some((family, revision)) => (family, Some(Revision(revision.parse().ok()?))),
            None => (name, None),
        };
        let is_family = !family.is_empty()
            && family.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_family.then(|| Self { location, family: family.into(), revision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_of_both_arn_formats() {
        assert_eq!(cluster_name("arn:aws:ecs:eu-central-1:000000000000:cluster/main").as_str(), "main");
        assert_eq!(service_name("arn:aws:ecs:eu-central-1:000000000000:service/main/web").as_str(), "web");
        assert_eq!(service_name("arn:aws:ecs:eu-central-1:000000000000:service/web").as_str(), "web");
        assert_eq!(
            task_set_id("arn:aws:ecs:eu-central-1:000000000000:task-set/main/web/ecs-svc/12").as_str(),
            "ecs-svc/12"
        );
        assert_eq!(task_set_id("ecs-svc/12").as_str(), "ecs-svc/12");
    }

    #[test]
    fn arns_are_built_in_the_partition_of_the_region() {
        let location = |region: &str| Location { account_id: "000000000000".parse().unwrap(), region: region.into() };
        assert_eq!(
            task_definition_arn(&location("eu-central-1"), &"web".into(), Revision(7)),
            "arn:aws:ecs:eu-central-1:000000000000:task-definition/web:7"
        );
        assert_eq!(
            repository_arn(&location("cn-north-1"), &"team/web".into()),
            "arn:aws-cn:ecr:cn-north-1:000000000000:repository/team/web"
        );
    }

    #[test]
    fn a_definition_is_named_in_three_ways() {
        let full = TaskDefinitionRef::parse("arn:aws:ecs:eu-central-1:000000000000:task-definition/web:7").unwrap();
        assert_eq!((full.family.as_str(), full.revision), ("web", Some(Revision(7))));
        assert_eq!(full.location.unwrap().region.as_str(), "eu-central-1");
        assert_eq!(TaskDefinitionRef::parse("web").unwrap().revision, None);
        assert_eq!(TaskDefinitionRef::parse("web:7").unwrap().revision, Some(Revision(7)));
        for wrong in ["", "$.definition", "web:latest", "arn:aws:ecs:x:000000000000:cluster/main"] {
            assert_eq!(TaskDefinitionRef::parse(wrong), None, "{wrong}");
        }
    }
}
