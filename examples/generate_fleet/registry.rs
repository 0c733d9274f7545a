//! Repositories and what was pushed to them. A push is a few words; its images are made from them whenever they are needed.

use std::sync::Arc;

use jettison::{
    inventory::{Repository, Seen, Tag},
    model::{Location, RepositoryName, Timestamp},
};

use crate::{fleet::Fleet, random::Random};

/// How a team builds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Each push has its commit as a tag, each tenth a release, the newest `latest`.
    Commits,
    /// The newest push takes `latest` from the one before, which is left without a tag.
    Latest,
    /// Base images, few and long-lived, tagged `stable` and by version.
    Base,
}

/// What one push leaves in the registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An image.
    Plain,
    /// An image and its signature.
    Signed,
    /// An index of an image and its attestation, as BuildKit makes it.
    Attested,
    /// An index of two platforms and their attestations.
    TwoPlatforms,
}

impl Shape {
    fn images(self) -> usize {
        match self {
            Self::Plain => 1,
            Self::Signed => 2,
            Self::Attested => 3,
            Self::TwoPlatforms => 5,
        }
    }

    fn pick(random: &mut Random) -> Self {
        match random.below(100) {
            0..70 => Self::Attested,
            70..78 => Self::TwoPlatforms,
            78..93 => Self::Plain,
            _ => Self::Signed,
        }
    }
}

/// One push.
#[derive(Clone, Copy)]
pub(crate) struct Push {
    pub(crate) number: usize,
    pub(crate) shape: Shape,
    pub(crate) at: Timestamp,
}

/// A repository and its history, oldest push first.
pub(crate) struct Pushed {
    pub(crate) number: u64,
    pub(crate) location: Arc<Location>,
    pub(crate) name: RepositoryName,
    pub(crate) style: Style,
    pub(crate) pushes: Vec<Push>,
}

const WORDS: [&str; 12] = [
    "checkout", "billing", "search", "web", "gateway", "ledger", "mailer", "reports", "catalog", "sessions", "worker",
    "importer",
];

impl Pushed {
    /// The `number`th repository, with as many images.
    pub(crate) fn new(fleet: &Fleet, number: u64, images: usize) -> Self {
        let mut random = Random::of(&[fleet.seed, 1, number]);
        let style = match random.below(100) {
            0..75 => Style::Commits,
            75..95 => Style::Latest,
            _ => Style::Base,
        };
        let word = WORDS[random.index(WORDS.len())];
        let name = match style {
            Style::Base => format!("base/{word}-{number:04}"),
            Style::Commits | Style::Latest => format!("team-{:02}/{word}-{number:04}", random.below(40)),
        };
        let location = Arc::clone(&fleet.registries[random.index(fleet.registries.len())]);
        let pushes = history(fleet, &mut random, images);
        Self { number, location, name: name.into(), style, pushes }
    }

    /// The URI by which other accounts name it.
    pub(crate) fn uri(&self) -> String {
        let Location { account_id, region } = &*self.location;
        format!("{account_id}.dkr.ecr.{region}.amazonaws.com/{}", self.name)
    }

    /// The repository as DescribeRepositories and ListTagsForResource tell it.
    pub(crate) fn repository(&self, fleet: &Fleet) -> Seen<Repository> {
        let Location { account_id, region } = &*self.location;
        let mut random = Random::of(&[fleet.seed, 2, self.number]);
        let mut tags = Vec::new();
        if random.chance(97) {
            tags.push(Tag { key: "jettison".to_owned(), value: "enabled".to_owned() });
        }
        if random.chance(1) {
            tags.push(Tag { key: "jettison:protect".to_owned(), value: "audit".to_owned() });
        }
        let first = self.pushes.first().map(|push| push.at);
        let object = Repository {
            repository_name: self.name.clone(),
            repository_arn: format!("arn:aws:ecr:{region}:{account_id}:repository/{}", self.name),
            created_at: first.map(|first| fleet.before(first, 3_600)),
            image_tag_mutability: Some("MUTABLE".into()),
            tags,
            policy_text: None,
            lifecycle_policy_text: None,
        };
        Seen::new((*self.location).clone(), object)
    }
}

/// Pushes until there are as many images. Repositories are between a month and three years old; one in six is abandoned.
fn history(fleet: &Fleet, random: &mut Random, images: usize) -> Vec<Push> {
    let mut shapes = Vec::new();
    let mut left = images;
    while left > 0 {
        let shape = Some(Shape::pick(random)).filter(|shape| shape.images() <= left).unwrap_or(Shape::Plain);
        left -= shape.images();
        shapes.push(shape);
    }
    let day = 86_400;
    let quiet = if random.chance(16) { (60 + random.below(400)) * day } else { random.below(3 * day) };
    let span = (30 + random.below(1_000)) * day;
    let step = span / (shapes.len() as u64 + 1);
    let pushed = |(number, shape): (usize, &Shape)| {
        let ago = quiet + step * (shapes.len() - 1 - number) as u64;
        let jitter = random.below(step.max(2) / 2);
        Push { number, shape: *shape, at: fleet.ago(ago + jitter) }
    };
    shapes.iter().enumerate().map(pushed).collect()
}
