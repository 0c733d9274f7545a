//! The verdict on one unit of images.

use std::{cell::OnceCell, collections::BTreeSet, sync::Arc};

use super::{
    Action, Expect,
    archive::{is_archived, outcome},
    evidence::LastUse,
    obstacles::objection,
    replication::Copies,
    repository::RepositoryCase,
    units::{Unit, is_within_unit},
    verdict::{Retirement, Says, Verdict, hear, keep_for},
};
use crate::{
    graph::{NodeId, Reach},
    inventory::Image,
    model::{Age, Digest, Reason, ReasonCode, Timestamp},
    policy::{ImageSelector, ImageTerms, Rule, Said},
};

pub(super) type ImageRule = Rule<ImageSelector, ImageTerms>;

/// One unit with what bears on it.
pub(super) struct UnitCase<'u, 'c, 'a> {
    repository: &'u RepositoryCase<'c, 'a>,
    unit: &'u Unit,
    /// The tags that people gave.
    tags: &'u [&'a str],
}

/// What a rule says of a unit.
pub(super) struct SaidOfUnit<'a> {
    pub(super) rule: &'a ImageRule,
    /// The tags of the unit that it covers.
    pub(super) covers: Vec<&'a str>,
    pub(super) says: Says<'a>,
    /// The same once it does not keep it.
    pub(super) otherwise: Says<'a>,
    /// The place of the unit among the newest that the rule selects, counted from 1, and how many these are.
    pub(super) place: Option<(usize, usize)>,
}

/// A rule with its position among those of the repository, and the tags of the unit that it covers.
type Selected<'u, 'a> = (usize, &'u (&'a ImageRule, Arc<str>), Vec<&'a str>);

impl<'u, 'c, 'a> UnitCase<'u, 'c, 'a> {
    pub(super) fn new(repository: &'u RepositoryCase<'c, 'a>, unit: &'u Unit) -> Self {
        Self { repository, unit, tags: repository.tags_of(unit) }
    }

    pub(super) fn verdict(&self) -> Verdict {
        let telling = self.repository.telling;
        if self.unit.circular {
            let text = || "it belongs to images that hold each other in a circle".to_owned();
            return Verdict::Keep(vec![telling.reason(ReasonCode::PartOfKept, text)]);
        }
        let forbids = self.repository.forbids.clone().or_else(|| self.status_forbids());
        if let Some(reason) = forbids.or_else(|| self.protection()).or_else(|| self.in_use()) {
            return Verdict::Keep(vec![reason]);
        }
        let selected = self.selected();
        if selected.is_empty() {
            return keep_for(Vec::new());
        }
        // Most of what stays is kept before anybody asks for its last use.
        let known = OnceCell::new();
        let last_use = || *known.get_or_init(|| self.last_use());
        let heard = match hear(selected.iter().map(|one| (one, self.says(one.0, one.1.0, &last_use)))) {
            Ok(heard) => heard,
            Err(reason) => return Verdict::Keep(vec![reason]),
        };
        let mut covered: BTreeSet<&str> = BTreeSet::new();
        // Rules that delete count for both: where they do not cover every tag, with the others they may still archive.
        for (action, retiring) in [(Action::DeleteImage, &heard.retiring), (Action::ArchiveImage, &heard.archiving)] {
            covered.extend(retiring.iter().flat_map(|((_, _, tags), _)| tags));
            if let Some(((_, rule, _), term)) = retiring.first()
                && self.tags.iter().all(|tag| covered.contains(tag))
            {
                return self.retire(action, rule, term, last_use());
            }
        }
        if heard.retiring.is_empty() && heard.archiving.is_empty() {
            return keep_for(heard.waiting);
        }
        let tag = self.tags.iter().find(|tag| !covered.contains(*tag)).copied().unwrap_or_default();
        let text = || format!("no rule that retires it covers its tag {tag}");
        let reason = telling.reason(ReasonCode::TagNotMatched, text);
        Verdict::Keep(heard.waiting.into_iter().chain([reason]).collect())
    }

    /// The rules that select the unit.
    fn selected(&self) -> Vec<Selected<'u, 'a>> {
        let rules = self.repository.rules.iter().enumerate();
        rules.filter_map(|(position, rule)| Some((position, rule, selection(&rule.0.select, self.tags)?))).collect()
    }

    /// The last use of the unit.
    pub(super) fn last_use(&self) -> LastUse {
        self.repository.evidence.of_images(self.repository.dated(self.unit))
    }

    /// Every rule that selects the unit, and what it says, whatever else keeps the unit.
    pub(super) fn said(&self) -> Vec<SaidOfUnit<'a>> {
        let known = self.last_use();
        let last_use = || known;
        let said = self.selected().into_iter().map(|(position, (rule, _), covers)| SaidOfUnit {
            rule,
            covers,
            says: self.says(position, rule, &last_use),
            otherwise: self.retires(rule, &last_use),
            place: self.repository.place_among_newest(rule, self.unit.root),
        });
        said.collect()
    }

    /// What a rule that selects the unit says of it.
    fn says(&self, position: usize, rule: &'a ImageRule, last_use: &dyn Fn() -> LastUse) -> Says<'a> {
        self.kept_by(position, rule).map_or_else(|| self.retires(rule, last_use), Says::Keeps)
    }

    /// The same of a rule that does not keep it.
    fn retires(&self, rule: &'a ImageRule, last_use: &dyn Fn() -> LastUse) -> Says<'a> {
        let now = self.repository.estate.now();
        outcome(self.repository.telling, rule, self.is_archived(), |age| last_use().lasted(age, now))
    }

    /// Whether nothing of it is left to archive.
    fn is_archived(&self) -> bool {
        self.images().all(|(_, image)| is_archived(image))
    }

    fn images(&self) -> impl Iterator<Item = (usize, &'a Image)> {
        self.unit.members.iter().map(|position| (*position, self.repository.image(*position)))
    }

    fn status_forbids(&self) -> Option<Reason> {
        self.images().find_map(|(position, image)| match image.image_status.as_deref() {
            None | Some("ACTIVE" | "ARCHIVED") => None,
            Some(other) => {
                let text = || format!("the status of {} is `{other}`", self.repository.name(position));
                Some(self.repository.telling.reason(ReasonCode::UnknownStatus, text))
            }
        })
    }

    fn protection(&self) -> Option<Reason> {
        let selects = |select: &ImageSelector| {
            self.repository.all_tags(self.unit).any(|(_, tag)| select.tag_matches(tag.as_str()))
                || (self.tags.is_empty() && select.untagged_matches())
        };
        let (protect, _) = self.repository.protects.iter().find(|(_, select)| selects(select))?;
        let text = || format!("protected: {}", protect.reason);
        Some(self.repository.telling.reason(ReasonCode::Protected, text).at(&*protect.at))
    }

    fn in_use(&self) -> Option<Reason> {
        let staying = &self.repository.holds.staying;
        let (position, node) = self.held_directly(staying)?;
        let is_root = position == self.unit.root;
        let text = || {
            let way: Vec<String> = staying.path(node).iter().rev().skip(1).map(ToString::to_string).collect();
            let subject =
                if is_root { String::new() } else { format!("{} of its unit is ", self.repository.name(position)) };
            format!("{subject}held by {}", way.join(", held by "))
        };
        let code = if is_root { ReasonCode::InUse } else { ReasonCode::UnitKept };
        Some(self.repository.telling.reason(code, text))
    }

    /// A member that something reached holds from outside its registry. What only another index holds is that one's affair:
    /// a child that both list stays with it, and this unit may go.
    fn held_directly(&self, reach: &Reach<'_>) -> Option<(usize, NodeId)> {
        let graph = &self.repository.estate.graph;
        let from_outside =
            |node: NodeId| graph.holders_of(node).any(|(holder, link)| !is_within_unit(link) && reach.contains(holder));
        let named = self.unit.members.iter().filter_map(|position| Some((*position, self.repository.node(*position)?)));
        named.into_iter().find(|(_, node)| from_outside(*node))
    }

    fn kept_by(&self, position: usize, rule: &ImageRule) -> Option<Reason> {
        let (keep, telling) = (&rule.terms.keep, self.repository.telling);
        if let Some(said) = &keep.newest
            && self.repository.newest.get(position).is_some_and(|newest| newest.contains(&self.unit.root))
        {
            let text = || format!("{rule} keeps the newest {} of a repository", said.value);
            return Some(telling.reason(ReasonCode::KeepNewest, text).at(&*said.at));
        }
        if let Some(said) = &keep.tags
            && let Some(tag) = self.tags.iter().find(|tag| said.value.matches(tag))
        {
            let text = || format!("{rule} keeps images with the tag {tag}");
            return Some(telling.reason(ReasonCode::KeepTags, text).at(&*said.at));
        }
        if let Some(said) = &keep.pushed_within
            && !said.value.is_zero()
            && let Some((undated, _)) = self.images().find(|(_, image)| image.image_pushed_at.is_none())
        {
            let name = || self.repository.name(undated);
            let text =
                || format!("{rule} keeps what was pushed within {}, and AWS does not date {}", said.value, name());
            return Some(telling.reason(ReasonCode::AgeUnknown, text).at(&*said.at));
        }
        let within = |said: &Option<Said<Age>>, at: &dyn Fn() -> Option<Timestamp>, code, word: &str| {
            let said = said.as_ref()?;
            let until = said.value.after(at()?);
            let text = || format!("{rule} keeps what was {word} within {}", said.value);
            (until > self.repository.estate.now()).then(|| telling.reason(code, text).at(&*said.at).until(until))
        };
        let pushed = || self.images().filter_map(|(_, image)| image.image_pushed_at).max();
        let pulled = || self.unit.members.iter().filter_map(|position| self.repository.last_pull(*position)).max();
        within(&keep.pushed_within, &pushed, ReasonCode::KeepPushedWithin, "pushed")
            .or_else(|| within(&keep.pulled_within, &pulled, ReasonCode::KeepPulledWithin, "pulled"))
    }

    fn retire(
        &self,
        action: Action,
        (rule, name): &(&ImageRule, Arc<str>),
        unused_for: &Said<Age>,
        last_use: LastUse,
    ) -> Verdict {
        let (repository, estate) = (self.repository, self.repository.estate);
        let window = estate.settings().rollback_window;
        if let Some(leaving) = &repository.holds.leaving
            && let Some((_, held)) = self.held_directly(leaving)
        {
            // Its definition is deregistered now, and the rule counts from then as well: first to archive it, if it does that.
            let (action, unused_for) = match &rule.terms.archive {
                Some(archive) if !self.is_archived() => (Action::ArchiveImage, archive),
                Some(_) | None => (action, unused_for),
            };
            let eligible_at = window.max(unused_for.value).after(estate.now());
            let path = leaving.path(held);
            let holder = path.first().map_or_else(String::new, ToString::to_string);
            let text = format!("{holder}, which this plan retires, counts as its last use");
            let reasons = [Reason::new(ReasonCode::HolderRetired, text).until(eligible_at)].into();
            return Verdict::Defer { action, eligible_at, reasons };
        }
        let nodes = self.unit.members.iter().map(|position| repository.node(*position));
        if let Some(until) = repository.evidence.settled_at(nodes).filter(|until| *until > estate.now()) {
            let text = "a definition of it was deregistered just now";
            let reasons = [Reason::new(ReasonCode::Settling, text).until(until)].into();
            return Verdict::Defer { action, eligible_at: until, reasons };
        }
        let lost = (last_use.lasted_by_any(window, estate.now()), "it may have been in use");
        if let Some(verdict) = objection(estate, &repository.obstacles, action, lost) {
            return verdict;
        }
        let members: Arc<[Digest]> = self.images().map(|(_, image)| image.image_digest.clone()).collect();
        let mut expect = vec![Expect::OptedIn, Expect::UnitUnreferenced { members }];
        if action == Action::ArchiveImage {
            expect.push(Expect::Status { is: "ACTIVE".to_owned() });
        } else {
            // Only deletions are replicated ("Private image replication in Amazon ECR").
            let copies = Copies::of(repository, self.unit);
            if !copies.reasons.is_empty() {
                return Verdict::Block { action, reasons: copies.reasons.into() };
            }
            expect.extend(copies.expect());
        }
        let last = last_use.known().map_or_else(String::new, |at| format!(", last use {}", at.strftime("%Y-%m-%d")));
        let text = format!("unused for {}{last}", unused_for.value);
        Verdict::Retire(Retirement {
            actions: vec![(action, expect)],
            rule: name.clone(),
            at: unused_for.at.clone(),
            reasons: [Reason::new(ReasonCode::Unused, text)].into(),
        })
    }
}

/// Which of a unit's tags a selector that covers the repository covers; `None` if it does not select the unit at all.
pub(super) fn selection<'t>(select: &ImageSelector, tags: &[&'t str]) -> Option<Vec<&'t str>> {
    if tags.is_empty() {
        return select.untagged_matches().then(Vec::new);
    }
    let covered: Vec<&str> = tags.iter().copied().filter(|tag| select.tag_matches(tag)).collect();
    if covered.is_empty() { None } else { Some(covered) }
}
