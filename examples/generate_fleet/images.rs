//! The images and manifests of a push.

use jettison::{
    inventory::{FindingsSummary, Image, Manifest},
    model::{Digest, ImageTag, Timestamp},
};

use crate::{
    fleet::Fleet,
    random::Random,
    registry::{Push, Pushed, Shape, Style},
};

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// What an image of a push is. The number is its part of the digest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Root,
    Platform(u64),
    Attestation(u64),
    Signature,
}

impl Shape {
    fn parts(self) -> &'static [Part] {
        use Part::{Attestation, Platform, Root, Signature};
        match self {
            Self::Plain => &[Root],
            Self::Signed => &[Root, Signature],
            Self::Attested => &[Root, Platform(0), Attestation(0)],
            Self::TwoPlatforms => &[Root, Platform(0), Attestation(0), Platform(1), Attestation(1)],
        }
    }

    fn is_index(self) -> bool {
        matches!(self, Self::Attested | Self::TwoPlatforms)
    }
}

impl Pushed {
    /// Its images, in the order of inventories.
    pub(crate) fn images(&self, fleet: &Fleet) -> Vec<Image> {
        let parts = |push: &Push| {
            let push = *push;
            push.shape.parts().iter().map(move |part| self.image(fleet, push, *part))
        };
        let mut images: Vec<Image> = self.pushes.iter().flat_map(parts).collect();
        images.sort_unstable_by(|a, b| a.image_digest.cmp(&b.image_digest));
        images
    }

    /// Its manifests, in the order of inventories.
    pub(crate) fn manifests(&self, fleet: &Fleet) -> Vec<Manifest> {
        let indexes = self.pushes.iter().filter(|push| push.shape.is_index());
        let mut manifests: Vec<Manifest> = indexes.map(|push| self.manifest(fleet, *push)).collect();
        manifests.sort_unstable_by(|a, b| a.image_digest.cmp(&b.image_digest));
        manifests
    }

    /// The digest that a tag of the push names.
    pub(crate) fn root(&self, fleet: &Fleet, push: Push) -> Digest {
        self.digest(fleet, push, Part::Root)
    }

    /// The tag that definitions name a push by.
    pub(crate) fn commit(&self, fleet: &Fleet, push: Push) -> String {
        Random::of(&[fleet.seed, 3, self.number, push.number as u64]).hex(12)
    }

    fn digest(&self, fleet: &Fleet, push: Push, part: Part) -> Digest {
        let part = match part {
            Part::Root => 0,
            Part::Signature => 1,
            Part::Platform(number) => 2 + 2 * number,
            Part::Attestation(number) => 3 + 2 * number,
        };
        let hex = Random::of(&[fleet.seed, 4, self.number, push.number as u64, part]).hex(64);
        Digest::try_from(format!("sha256:{hex}")).expect("64 hex digits make a digest")
    }

    fn manifest(&self, fleet: &Fleet, push: Push) -> Manifest {
        let children = push.shape.parts().iter().filter(|part| **part != Part::Root);
        Manifest {
            repository_name: self.name.clone(),
            image_digest: self.root(fleet, push),
            children: children.map(|part| self.digest(fleet, push, *part)).collect(),
            read_at: Some(fleet.after(push.at, 7_200)),
            pulled_before: None,
        }
    }

    fn image(&self, fleet: &Fleet, push: Push, part: Part) -> Image {
        let mut random = Random::of(&[fleet.seed, 5, self.number, push.number as u64]);
        let (old_signature, is_docker) = (random.chance(50), random.chance(20));
        let pulled = last_pull(fleet, push.at, &mut random);
        let size = 20_000_000 + random.below(380_000_000);
        let findings = findings(&mut random);
        let is_archived = random.chance(1) && push.at < fleet.ago(300 * 86_400);
        let (media_type, artifact) = match part {
            Part::Root if push.shape.is_index() => (OCI_INDEX, None),
            Part::Root if is_docker => (DOCKER_MANIFEST, Some(DOCKER_CONFIG)),
            Part::Root | Part::Platform(_) | Part::Attestation(_) => (OCI_MANIFEST, Some(OCI_CONFIG)),
            Part::Signature => (OCI_MANIFEST, Some(if old_signature { OCI_CONFIG } else { BUNDLE })),
        };
        let is_program = matches!(part, Part::Platform(_)) || part == Part::Root && !push.shape.is_index();
        Image {
            repository_name: self.name.clone(),
            image_digest: self.digest(fleet, push, part),
            image_tags: match part {
                Part::Root => self.tags(fleet, push),
                Part::Signature if old_signature => vec![self.signature_tag(fleet, push)],
                Part::Signature | Part::Platform(_) | Part::Attestation(_) => Vec::new(),
            },
            image_size_in_bytes: match part {
                Part::Root | Part::Platform(_) => size,
                Part::Attestation(_) => 8_000 + size % 40_000,
                Part::Signature => 600 + size % 2_000,
            },
            image_pushed_at: Some(push.at),
            image_manifest_media_type: Some(media_type.into()),
            artifact_media_type: artifact.map(Into::into),
            last_recorded_pull_time: pulled.filter(|_| matches!(part, Part::Root | Part::Platform(0))),
            subject_manifest_digest: (part == Part::Signature && !old_signature).then(|| self.root(fleet, push)),
            image_status: Some(if is_archived { "ARCHIVED" } else { "ACTIVE" }.into()),
            last_archived_at: None,
            last_activated_at: None,
            image_scan_findings_summary: findings.filter(|_| is_program).map(Into::into),
        }
    }

    fn signature_tag(&self, fleet: &Fleet, push: Push) -> ImageTag {
        format!("{}.sig", self.root(fleet, push).to_string().replace(':', "-")).into()
    }

    fn tags(&self, fleet: &Fleet, push: Push) -> Vec<ImageTag> {
        let (number, is_newest) = (push.number, push.number + 1 == self.pushes.len());
        let mut tags = match self.style {
            Style::Commits => vec![self.commit(fleet, push)],
            Style::Latest => Vec::new(),
            Style::Base => vec![format!("1.{number}")],
        };
        if self.style == Style::Commits && number % 10 == 9 {
            tags.push(format!("release-{}.{}", number / 100, number % 100));
        }
        if is_newest {
            tags.push(if self.style == Style::Base { "stable" } else { "latest" }.to_owned());
        }
        tags.into_iter().map(ImageTag::from).collect()
    }
}

/// Most images were pulled soon after they were pushed and never since; some a long time later, some never.
fn last_pull(fleet: &Fleet, pushed: Timestamp, random: &mut Random) -> Option<Timestamp> {
    let age = fleet.age(pushed);
    match random.below(100) {
        0..25 => None,
        25..85 => Some(fleet.after(pushed, random.below(20 * 86_400).min(age))),
        _ => Some(fleet.after(pushed, random.below(age))),
    }
}

/// What a scan found in one program of five.
fn findings(random: &mut Random) -> Option<FindingsSummary> {
    let is_scanned = random.chance(20);
    let severities = [("CRITICAL", 3), ("HIGH", 20), ("MEDIUM", 60), ("LOW", 40)];
    let counts = severities.map(|(severity, limit)| (severity.into(), random.below(limit)));
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    is_scanned.then(|| FindingsSummary { finding_severity_counts: counts.collect() })
}
