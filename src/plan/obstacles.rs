//! What was not read, and so may hold what a rule would retire (law L2).

use std::{iter, sync::Arc};

use super::{
    Action,
    estate::Estate,
    verdict::{Elapsed, Verdict},
};
use crate::{
    graph::{FastMap, Node, Unresolved},
    inventory::Gap,
    model::{Kind, Location, Reason, ReasonCode, RepositoryName, Source},
};

/// Everything unread or unresolved, by what it may hold.
pub(super) struct Obstacles<'e> {
    /// Gaps that may hold other things than images, in order.
    at_home: Vec<&'e Gap>,
    /// Those that concern a single repository of a registry, by its name.
    confined: FastMap<&'e str, Vec<&'e Gap>>,
    /// Those that may concern any image.
    open: Vec<&'e Gap>,
    unresolved: Vec<&'e Unresolved>,
}

impl<'e> Obstacles<'e> {
    /// `stays` tells whether a task definition goes on holding its images.
    pub(super) fn new(estate: &'e Estate<'_>, stays: impl Fn(&Node) -> bool) -> Self {
        let holds = |holder: &Node| !matches!(holder, Node::TaskDefinition(_)) || stays(holder);
        let is_waived = |missing: Option<Source>| missing.is_some_and(|source| estate.is_waived(source));
        let unresolved = estate.graph.unresolved().iter();
        let unresolved = unresolved.filter(|reference| holds(&reference.holder) && !is_waived(reference.missing_from));
        let mut confined: FastMap<&str, Vec<&Gap>> = FastMap::default();
        let mut open = Vec::new();
        for gap in estate.gaps.iter().filter(|gap| gap.source.may_hold().contains(&Kind::Image)) {
            match confined_to(gap) {
                Some(repository) => confined.entry(repository).or_default().push(gap),
                None => open.push(gap),
            }
        }
        let at_home = estate.gaps.iter().filter(|gap| gap.source.may_hold().iter().any(|kind| *kind != Kind::Image));
        Self { at_home: at_home.collect(), confined, open, unresolved: unresolved.collect() }
    }

    /// Why objects of a kind and place may be held by something that was not read; nothing if they cannot be. `repository` is
    /// that of images.
    pub(super) fn of(&self, kind: Kind, location: &Location, repository: Option<&RepositoryName>) -> Arc<[Reason]> {
        let gaps: Vec<&Gap> = match repository {
            Some(name) => self.gaps_of(location, name).collect(),
            None => self.at_home.iter().copied().filter(|gap| gap.may_hold(kind, location, None)).collect(),
        };
        let unresolved = self.unresolved.iter().filter(|reference| reference.may_hold(kind, location));
        first_of(gaps.into_iter().map(Obstacle::Gap).chain(unresolved.copied().map(Obstacle::Unresolved))).into()
    }

    /// Whether something that was not read may hold images of a repository.
    pub(super) fn has_gap(&self, location: &Location, repository: &RepositoryName) -> bool {
        self.gaps_of(location, repository).next().is_some()
    }

    /// The gaps that may hold images of a repository, in order.
    fn gaps_of(&self, location: &Location, repository: &RepositoryName) -> impl Iterator<Item = &'e Gap> {
        let may_hold = |gap: &&&Gap| gap.may_hold(Kind::Image, location, Some(repository));
        let confined = self.confined.get(repository.as_str()).map_or(&[][..], Vec::as_slice);
        let mut open = self.open.iter().filter(may_hold).copied().peekable();
        let mut confined = confined.iter().filter(may_hold).copied().peekable();
        iter::from_fn(move || match (open.peek(), confined.peek()) {
            (Some(one), Some(two)) if one < two => open.next(),
            (_, Some(_)) => confined.next(),
            (_, None) => open.next(),
        })
    }
}

/// The repository to whose images a gap is confined, as `Gap::may_hold` has it.
fn confined_to(gap: &Gap) -> Option<&str> {
    let object = gap.object.as_deref().filter(|_| gap.source.is_of_registry())?;
    Some(object.split('@').next().unwrap_or(object))
}

enum Obstacle<'e> {
    Gap(&'e Gap),
    Unresolved(&'e Unresolved),
}

impl Obstacle<'_> {
    fn reason(&self) -> Reason {
        match self {
            Self::Gap(gap) => describe(gap),
            Self::Unresolved(reference) => Reason::new(ReasonCode::Gap, reference.to_string()),
        }
    }
}

/// How many obstacles an object's reasons tell in full. A role that lacks some permissions in every account and Region makes
/// hundreds, and each of them may hold every image: told in full each time, they would outgrow all else in the plan.
const TOLD: usize = 3;

fn first_of<'e>(mut obstacles: impl Iterator<Item = Obstacle<'e>>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for obstacle in obstacles.by_ref() {
        let reason = obstacle.reason();
        if reasons.last() == Some(&reason) {
            continue;
        }
        if reasons.len() == TOLD {
            let text = format!("{} other things that were not read may hold it as well", obstacles.count() + 1);
            reasons.push(Reason::new(ReasonCode::Gap, text));
            break;
        }
        reasons.push(reason);
    }
    reasons
}

/// What speaks last against retiring an object that a rule retires: the rollback window (law L4), if it has not passed since
/// the latest instant at which it may have been in use, as `what` says; and what was not read and may hold it (law L2).
pub(super) fn objection(
    estate: &Estate<'_>,
    obstacles: &Arc<[Reason]>,
    action: Action,
    (window_passed, what): (Elapsed, &str),
) -> Option<Verdict> {
    let window = estate.settings().rollback_window;
    match window_passed {
        Elapsed::Enough => {}
        Elapsed::Not { until } => {
            let text = format!("{what} within the rollback window of {window}");
            let reasons = [Reason::new(ReasonCode::RollbackWindow, text).until(until)].into();
            return Some(Verdict::Defer { action, eligible_at: until, reasons });
        }
        Elapsed::Unknown => {
            let text = format!("nothing tells whether the rollback window of {window} has passed");
            return Some(Verdict::keep(ReasonCode::AgeUnknown, text));
        }
    }
    (!obstacles.is_empty()).then(|| Verdict::Block { action, reasons: obstacles.clone() })
}

fn describe(gap: &Gap) -> Reason {
    let Gap { source, object, error, .. } = gap;
    let place = match (&gap.account_id, &gap.region) {
        (Some(account_id), Some(region)) => format!(" of {account_id}/{region}"),
        (Some(account_id), None) => format!(" of {account_id}"),
        (None, Some(region)) => format!(" of {region}"),
        (None, None) => String::new(),
    };
    match (source, object) {
        (Source::Account, _) => {
            let place = place.trim_start_matches(" of ");
            Reason::new(ReasonCode::SourceNotRead, format!("account {place}: {error}"))
        }
        (Source::Reference, Some(object)) => {
            Reason::new(ReasonCode::Gap, format!("`{object}` could not be read: {error}"))
        }
        (_, Some(object)) => {
            Reason::new(ReasonCode::Gap, format!("{source}{place}: `{object}` could not be read: {error}"))
        }
        (_, None) => Reason::new(ReasonCode::SourceNotRead, format!("{source}{place}: not read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundreds_of_gaps_are_told_in_a_few_reasons() {
        let gap = |number: usize| Gap {
            source: Source::Lambda,
            account_id: Some(format!("{number:012}").parse().unwrap()),
            region: Some("eu-central-1".into()),
            object: None,
            error: "access denied".to_owned(),
        };
        let gaps: Vec<Gap> = (0..260).map(gap).collect();
        let reasons = first_of(gaps.iter().map(Obstacle::Gap));
        assert_eq!(reasons.len(), TOLD + 1);
        assert_eq!(reasons[0].text, "lambda of 000000000000/eu-central-1: not read: access denied");
        assert!(reasons[TOLD].text.starts_with("257 other things"), "{}", reasons[TOLD].text);
        assert_eq!(first_of(gaps.iter().take(TOLD).map(Obstacle::Gap)).len(), TOLD);
    }
}
