//! References that cannot be followed.

use std::fmt;

use super::Node;
use crate::model::{Kind, Location, Source};

/// What an unresolved reference may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnresolvedKind {
    /// Any task definition of the holder's account and Region, and so any image.
    AnyDefinition,
    /// Any image of any registry.
    AnyImage,
    /// Any service of the holder's account and Region.
    AnyService,
    /// Anything of the holder's account and Region, and any image.
    Anything,
}

/// A reference that cannot be followed: whatever it could mean is held (law L2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// Who refers.
    pub holder: Node,
    /// What it may mean.
    pub kind: UnresolvedKind,
    /// The reference as written.
    pub text: String,
    /// The source that should have what it names. With that source waived it holds nothing; without one it always does.
    pub missing_from: Option<Source>,
}

impl Unresolved {
    /// Whether it may mean an object of this kind and place.
    #[must_use]
    pub fn may_hold(&self, kind: Kind, location: &Location) -> bool {
        let at_home = self.holder.location() == location;
        match (self.kind, kind) {
            (UnresolvedKind::AnyDefinition | UnresolvedKind::AnyImage | UnresolvedKind::Anything, Kind::Image) => true,
            (UnresolvedKind::AnyDefinition, Kind::TaskDefinition)
            | (UnresolvedKind::AnyService, Kind::Service)
            | (UnresolvedKind::Anything, Kind::Service | Kind::TaskSet | Kind::TaskDefinition) => at_home,
            (UnresolvedKind::AnyDefinition, Kind::Service | Kind::TaskSet)
            | (UnresolvedKind::AnyImage, Kind::Service | Kind::TaskSet | Kind::TaskDefinition)
            | (UnresolvedKind::AnyService, Kind::TaskSet | Kind::TaskDefinition | Kind::Image) => false,
        }
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let means = match self.kind {
            UnresolvedKind::AnyDefinition => "which could not be read, so it may name any image",
            UnresolvedKind::AnyImage => "which may be any image",
            UnresolvedKind::AnyService => "which may be any service",
            UnresolvedKind::Anything => "which may be anything",
        };
        if self.text.is_empty() {
            return write!(f, "{} does not say what it refers to, {means}", self.holder);
        }
        write!(f, "{} refers to `{}`, {means}", self.holder, self.text)
    }
}
