//! Image URIs as task definitions write them. See `docs/aws.md`, "Image URIs", for the forms and their source.

use super::{AccountId, Digest, ImageTag, Location, Region, RepositoryName};

/// What an image URI points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageRef {
    /// An image in a private ECR registry.
    Ecr(EcrImage),
    /// Another registry: none of our business.
    Foreign,
    /// The host looks like a private ECR registry, or the reference is broken: it may mean any image.
    Unparsed,
}

/// An image in a private ECR registry. With a digest ECS pulls by digest, whatever the tag says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EcrImage {
    /// The registry: account and Region.
    pub registry: Location,
    /// The repository.
    pub repository: RepositoryName,
    /// The tag; `latest` when the URI has neither tag nor digest.
    pub tag: Option<ImageTag>,
    /// The digest, when pinned.
    pub digest: Option<Digest>,
}

/// The parts of an ECR host name that stand for the service, plain, FIPS and dual-stack.
const SERVICE_LABELS: [[&str; 2]; 2] = [["dkr", "ecr"], ["dkr", "ecr-fips"]];
const DUAL_STACK_LABELS: [&str; 2] = ["dkr-ecr", "dkr-ecr-fips"];

/// Host suffixes per partition (the SDK's partition metadata), and the dual-stack one.
const SUFFIXES: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];
const DUAL_STACK_SUFFIX: &str = "on.aws";

impl ImageRef {
    /// Reads `[registry/]repository[:tag][@digest]`.
    #[must_use]
    pub fn parse(uri: &str) -> Self {
        let uri = uri.trim();
        let (host, rest) = match uri.split_once('/') {
            // As Docker decides it: a first component with a dot, a colon or the name `localhost` is a host.
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host.to_ascii_lowercase(), rest),
            Some(_) | None => return Self::elsewhere(uri),
        };
        match registry(&host) {
            Some(registry) => image(registry, rest).map_or(Self::Unparsed, Self::Ecr),
            None => Self::elsewhere(uri),
        }
    }

    /// Not an image of a private ECR registry, unless it is a broken reference to one: no image at all, or the host of
    /// one behind a scheme, with a port or without anything behind it.
    fn elsewhere(uri: &str) -> Self {
        let text = uri.to_ascii_lowercase();
        let may_be_ecr = text.is_empty() || text.contains(".dkr.ecr") || text.contains(".dkr-ecr");
        if may_be_ecr { Self::Unparsed } else { Self::Foreign }
    }
}

fn registry(host: &str) -> Option<Location> {
    let mut labels = host.splitn(4, '.');
    let account_id: AccountId = labels.next()?.parse().ok()?;
    let second = labels.next()?;
    let (region, suffix) = if DUAL_STACK_LABELS.contains(&second) {
        let (region, suffix) = (labels.next()?, labels.next()?);
        (suffix == DUAL_STACK_SUFFIX).then_some((region, suffix))?
    } else {
        let third = labels.next()?;
        if !SERVICE_LABELS.contains(&[second, third]) {
            return None;
        }
        labels.next()?.split_once('.')?
    };
    let known = suffix == DUAL_STACK_SUFFIX || SUFFIXES.contains(&suffix);
    (known && !region.is_empty()).then(|| Location { account_id, region: Region::from(region) })
}

fn image(registry: Location, rest: &str) -> Option<EcrImage> {
    let (name, digest) = match rest.split_once('@') {
        Some((name, digest)) => (name, Some(digest.to_ascii_lowercase().parse::<Digest>().ok()?)),
        None => (rest, None),
    };
    let (repository, tag) = match name.split_once(':') {
        Some((_, "")) => return None,
        Some((repository, tag)) => (repository, Some(ImageTag::from(tag))),
        None => (name, None),
    };
    let is_repository = !repository.is_empty()
        && repository.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte));
    if !is_repository {
        return None;
    }
    let tag = match (&tag, &digest) {
        (None, None) => Some(ImageTag::from("latest")),
        (Some(_), _) | (None, Some(_)) => tag,
    };
    Some(EcrImage { registry, repository: repository.into(), tag, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ecr(uri: &str) -> EcrImage {
        match ImageRef::parse(uri) {
            ImageRef::Ecr(image) => image,
            other @ (ImageRef::Foreign | ImageRef::Unparsed) => panic!("{uri}: {other:?}"),
        }
    }

    #[test]
    fn every_host_form_is_the_same_registry() {
        for host in [
            "000000000000.dkr.ecr.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr-fips.us-east-1.amazonaws.com",
            "000000000000.dkr-ecr.us-east-1.on.aws",
            "000000000000.dkr-ecr-fips.us-east-1.on.aws",
            "000000000000.DKR.ECR.us-east-1.amazonaws.com",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com.cn",
        ] {
            let image = ecr(&format!("{host}/team/web:v1"));
            assert_eq!(image.registry.to_string(), "000000000000/us-east-1");
            assert_eq!(image.repository.as_str(), "team/web");
            assert_eq!(image.tag.unwrap().as_str(), "v1");
        }
    }

    #[test]
    fn every_partition_has_its_suffix() {
        for (region, suffix) in [
            ("eu-central-1", "amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn"),
            ("eusc-de-east-1", "amazonaws.eu"),
            ("us-iso-east-1", "c2s.ic.gov"),
            ("us-isob-east-1", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "cloud.adc-e.uk"),
            ("us-isof-south-1", "csp.hci.ic.gov"),
        ] {
            for service in ["dkr.ecr", "dkr.ecr-fips"] {
                let image = ecr(&format!("000000000000.{service}.{region}.{suffix}/team/web:v1"));
                assert_eq!(image.registry.region.as_str(), region, "{suffix}");
            }
        }
    }

    #[test]
    fn a_missing_tag_means_latest_and_a_digest_may_stand_beside_a_tag() {
        let host = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
        let digest = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(ecr(&format!("{host}/web")).tag.unwrap().as_str(), "latest");
        assert_eq!(ecr(&format!("{host}/web@{digest}")).tag, None);
        let both = ecr(&format!("{host}/web:v1@{digest}"));
        assert_eq!((both.tag.unwrap().as_str(), both.digest.unwrap().as_str()), ("v1", digest.as_str()));
    }

    #[test]
    fn other_registries_are_foreign() {
        for uri in [
            "nginx",
            "nginx:1",
            "library/nginx",
            "public.ecr.aws/a/b:1",
            "PUBLIC.ECR.AWS/a/b",
            "ghcr.io/a/b",
            "localhost:5000/a",
        ] {
            assert_eq!(ImageRef::parse(uri), ImageRef::Foreign, "{uri}");
        }
    }

    #[test]
    fn what_may_be_ours_but_cannot_be_read_is_not_called_foreign() {
        for uri in [
            "000000000000.dkr.ecr.us-east-1.example.invalid/web:1",
            "vpce-1.dkr.ecr.us-east-1.vpce.amazonaws.com/web:1",
            "000000000000.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/web:1",
            "000000000000.DKR-ECR.us-east-1.example.invalid/web:1",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com:443/web:1",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/Web:1",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/web@sha512:00",
            "00000000000.dkr.ecr.us-east-1.amazonaws.com/web:1",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/web:",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/web@sha256:nothex",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com",
            "https://000000000000.dkr.ecr.us-east-1.amazonaws.com/web:1",
            "",
        ] {
            assert_eq!(ImageRef::parse(uri), ImageRef::Unparsed, "{uri}");
        }
    }
}
