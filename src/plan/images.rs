//! Verdicts on images, a unit at a time.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use super::{
    Action, Expect,
    estate::{Estate, newest},
    evidence::{EvidenceBook, LastUse},
    obstacles::{Obstacles, objection},
    pulls::last_pull,
    replication::Copies,
    units::{Unit, Units, is_within_unit},
    verdict::{Decision, Elapsed, Retirement, Says, Verdict, hear, keep_for},
};
use crate::{
    graph::{ImageKey, Node, Reach, subject_of_tag},
    inventory::Image,
    model::{Age, Digest, ImageTag, Reason, ReasonCode, RepositoryName, Scope, Timestamp},
    policy::{ImageSelector, ImageTerms, Rule, Said, Selector},
};

type ImageRule = Rule<ImageSelector, ImageTerms>;

/// What holds images once this plan is done, and what holds them until the rollback window has passed.
pub(super) struct Holds<'g> {
    /// What staying holders reach.
    pub(super) staying: Reach<'g>,
    /// What holders that this plan retires reach; nothing with a rollback window of zero.
    pub(super) leaving: Option<Reach<'g>>,
}

impl Holds<'_> {
    /// Whether a holder that this plan retires reaches it, with a rollback window to wait for.
    pub(super) fn leaves(&self, node: &Node) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| leaving.contains(node))
    }
}

/// Decides on every image of the policy's scopes.
pub(super) fn decide(
    estate: &Estate<'_>,
    evidence: &EvidenceBook<'_, '_>,
    obstacles: &Obstacles<'_>,
    holds: &Holds<'_>,
) -> Vec<Decision> {
    let units = Units::new(estate);
    let kept = kept_as_newest(estate, &units);
    let verdicts: Vec<Verdict> = units
        .units
        .iter()
        .enumerate()
        .map(|(index, unit)| {
            let Some((scope, key)) = place(estate, unit.root) else {
                return Verdict::keep(ReasonCode::NoRule, "the policy does not have its account and Region");
            };
            let kept = kept.get(&index).map_or(&[][..], Vec::as_slice);
            UnitCase { estate, evidence, obstacles, holds, unit, scope, key, kept }.verdict()
        })
        .collect();
    let mut decisions = Vec::new();
    for node in estate.images.keys() {
        let (Some((scope, _)), Some((_, resource))) = (place(estate, node), node.resource()) else { continue };
        let verdict = member_verdict(estate, &units, &verdicts, node);
        decisions.push(Decision { address: Estate::address(scope, resource), node: node.clone(), verdict });
    }
    decisions
}

fn place<'e>(estate: &'e Estate<'_>, node: &'e Node) -> Option<(&'e Scope, &'e ImageKey)> {
    let Node::Image(key) = node else { return None };
    Some((estate.scope(&key.registry)?, key))
}

/// The verdict on one image: the most careful of those on its units.
fn member_verdict(estate: &Estate<'_>, units: &Units<'_>, verdicts: &[Verdict], node: &Node) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Keep(_) => 0,
        Verdict::Block { .. } => 1,
        Verdict::Defer { .. } => 2,
        Verdict::Retire(_) => 3,
    };
    // Of units that wait, the one that waits longest.
    let until = |verdict: &Verdict| match verdict {
        Verdict::Defer { eligible_at, .. } => Some(*eligible_at),
        Verdict::Keep(_) | Verdict::Block { .. } | Verdict::Retire(_) => None,
    };
    let of_units = units.of(node).iter().filter_map(|index| units.units.get(*index).zip(verdicts.get(*index)));
    let Some((unit, verdict)) =
        of_units.min_by_key(|(unit, verdict)| (rank(verdict), Reverse(until(verdict)), unit.root != node))
    else {
        return Verdict::keep(ReasonCode::PartOfKept, "it belongs to no unit");
    };
    if unit.root == node {
        return with_own_facts(estate, node, verdict.clone());
    }
    match verdict.clone() {
        Verdict::Keep(reasons) => {
            let because = reasons.first().map_or_else(String::new, |reason| format!(": {}", reason.text));
            Verdict::keep(ReasonCode::PartOfKept, format!("it belongs to {}, which stays{because}", unit.root))
        }
        Verdict::Retire(retirement) => {
            let reasons = vec![Reason::new(ReasonCode::UnitRetired, format!("part of {}", short_name(unit.root)))];
            with_own_facts(estate, node, Verdict::Retire(Retirement { reasons, ..retirement }))
        }
        other @ (Verdict::Defer { .. } | Verdict::Block { .. }) => other,
    }
}

/// An image by its digest alone, where its repository is plain to see.
fn short_name(node: &Node) -> String {
    if let Node::Image(key) = node { key.digest.short().to_owned() } else { node.to_string() }
}

/// A unit's retirement, with the facts of the one image in place of those of the root.
fn with_own_facts(estate: &Estate<'_>, node: &Node, verdict: Verdict) -> Verdict {
    let (Verdict::Retire(mut retirement), Some(seen)) = (verdict.clone(), estate.images.get(node)) else {
        return verdict;
    };
    for (_, expect) in &mut retirement.actions {
        expect.push(Expect::Tags { are: sorted_tags(&seen.value) });
        expect.push(Expect::PushedAt { is: seen.value.image_pushed_at });
    }
    Verdict::Retire(retirement)
}

fn sorted_tags(image: &Image) -> Vec<ImageTag> {
    let mut tags = image.image_tags.clone();
    tags.sort_unstable();
    tags
}

/// The rules that keep a unit as one of the newest, by the unit's index.
fn kept_as_newest<'e>(estate: &'e Estate<'_>, units: &Units<'e>) -> HashMap<usize, Vec<&'e ImageRule>> {
    let mut kept: HashMap<usize, Vec<&ImageRule>> = HashMap::new();
    for rule in &estate.policy().images {
        let Some(said) = &rule.terms.keep.newest else { continue };
        let mut repositories: HashMap<_, Vec<(Option<Timestamp>, &Node)>> = HashMap::new();
        for unit in &units.units {
            let Some((scope, key)) = place(estate, unit.root) else { continue };
            // Images in a circle stay anyway: they must not take the place of the newest.
            if !unit.circular && selection(rule, scope, &key.repository, &tags_of(estate, unit)).is_some() {
                let pushed = estate.images.get(unit.root).and_then(|seen| seen.value.image_pushed_at);
                repositories.entry((&key.registry, &key.repository)).or_default().push((pushed, unit.root));
            }
        }
        let newest: BTreeSet<&Node> =
            repositories.into_values().flat_map(|members| newest(said.value, members)).collect();
        for (index, unit) in units.units.iter().enumerate() {
            if newest.contains(unit.root) {
                kept.entry(index).or_default().push(rule);
            }
        }
    }
    kept
}

/// The tags of a unit that people gave: not those by which referrers name their subject.
fn tags_of<'e>(estate: &Estate<'e>, unit: &Unit<'_>) -> Vec<&'e str> {
    let tags = all_tags_of(estate, unit).filter(|(node, tag)| !names_subject_in(unit, node, tag));
    tags.map(|(_, tag)| tag.as_str()).collect()
}

fn all_tags_of<'e, 'u>(estate: &'u Estate<'e>, unit: &'u Unit<'_>) -> impl Iterator<Item = (&'u Node, &'e ImageTag)> {
    let images = unit.members.iter().filter_map(|node| Some((*node, *estate.images.get(*node)?)));
    images.flat_map(|(node, seen)| seen.value.image_tags.iter().map(move |tag| (node, tag)))
}

/// Whether a tag is there to name another image of the unit. Without that image it is a tag like any other.
fn names_subject_in(unit: &Unit<'_>, node: &Node, tag: &ImageTag) -> bool {
    let (Node::Image(key), Some(digest)) = (node, subject_of_tag(tag)) else { return false };
    let subject = Node::Image(ImageKey { digest, ..key.clone() });
    subject != *node && unit.members.contains(&subject)
}

/// Which of a unit's tags a rule covers; `None` if it does not select the unit at all.
fn selection<'t>(
    rule: &ImageRule,
    scope: &Scope,
    repository: &RepositoryName,
    tags: &[&'t str],
) -> Option<Vec<&'t str>> {
    let select = &rule.select;
    if !select.repository_matches(&scope.account, &scope.region, repository) {
        return None;
    }
    if tags.is_empty() {
        return select.untagged_matches().then(Vec::new);
    }
    let covered: Vec<&str> = tags.iter().copied().filter(|tag| select.tag_matches(tag)).collect();
    if covered.is_empty() { None } else { Some(covered) }
}

/// One unit with what bears on it.
struct UnitCase<'c, 'a> {
    estate: &'c Estate<'a>,
    evidence: &'c EvidenceBook<'c, 'a>,
    obstacles: &'c Obstacles<'c>,
    holds: &'c Holds<'c>,
    unit: &'c Unit<'c>,
    scope: &'c Scope,
    key: &'c ImageKey,
    kept: &'c [&'c ImageRule],
}

impl<'a> UnitCase<'_, 'a> {
    fn verdict(&self) -> Verdict {
        let tags = tags_of(self.estate, self.unit);
        if self.unit.circular {
            return Verdict::keep(ReasonCode::PartOfKept, "it belongs to images that hold each other in a circle");
        }
        let always = [self.repository_forbids(), self.status_forbids(), self.protection(&tags), self.in_use()];
        if let Some(reason) = always.into_iter().flatten().next() {
            return Verdict::Keep(vec![reason]);
        }
        let selected: Vec<(&ImageRule, Vec<&str>)> = self
            .estate
            .policy()
            .images
            .iter()
            .filter_map(|rule| Some((rule, selection(rule, self.scope, &self.key.repository, &tags)?)))
            .collect();
        let last_use = self.last_use();
        let said = selected.iter().map(|one| (one, self.says(one.0, &tags, last_use)));
        let heard = match hear(said) {
            Ok(heard) => heard,
            Err(reason) => return Verdict::Keep(vec![reason]),
        };
        let Some(((rule, _), unused_for)) = heard.retiring.first() else { return keep_for(heard.waiting) };
        let covered: BTreeSet<&str> = heard.retiring.iter().flat_map(|((_, tags), _)| tags).copied().collect();
        if let Some(tag) = tags.iter().find(|tag| !covered.contains(*tag)) {
            let text = format!("no rule that retires it covers its tag {tag}");
            let reason = Reason::new(ReasonCode::TagNotMatched, text);
            return Verdict::Keep(heard.waiting.into_iter().chain([reason]).collect());
        }
        self.retire(rule, unused_for, last_use)
    }

    /// What a rule that selects the unit says of it.
    fn says<'p>(&self, rule: &'p ImageRule, tags: &[&str], last_use: LastUse) -> Says<'p> {
        if let Some(reason) = self.kept_by(rule, tags) {
            return Says::Keeps(reason);
        }
        let Some(unused_for) = &rule.terms.delete else { return Says::Nothing };
        match last_use.lasted(unused_for.value, self.estate.now()) {
            Elapsed::Enough => Says::Retires(unused_for),
            Elapsed::Not { until } => {
                let text = format!("{rule} asks for {} without use", unused_for.value);
                Says::Waits(Reason::new(ReasonCode::TooRecent, text).at(&*unused_for.at).until(until))
            }
            Elapsed::Unknown => {
                let text = format!("{rule} asks for {} without use, and nothing dates its last", unused_for.value);
                Says::Waits(Reason::new(ReasonCode::AgeUnknown, text).at(&*unused_for.at))
            }
        }
    }

    fn images(&self) -> impl Iterator<Item = (&Node, &'a Image)> {
        self.unit.members.iter().filter_map(|node| Some((*node, &self.estate.images.get(*node)?.value)))
    }

    fn repository_forbids(&self) -> Option<Reason> {
        let settings = self.estate.settings();
        let opt_in = &settings.opt_in_tag;
        let repository = self.estate.repository(&self.key.registry, &self.key.repository);
        let tags = repository.map_or(&[][..], |repository| repository.tags.as_slice());
        if self.estate.has_protect_tag(tags) {
            return Some(Reason::new(ReasonCode::ProtectTag, "its repository carries the protect tag"));
        }
        let opted_in = tags.iter().any(|tag| tag.key == opt_in.key && tag.value == opt_in.value);
        let text = || format!("its repository does not carry the tag {} = {}", opt_in.key, opt_in.value);
        (!opted_in).then(|| Reason::new(ReasonCode::NotOptedIn, text()))
    }

    fn status_forbids(&self) -> Option<Reason> {
        self.images().find_map(|(node, image)| match image.image_status.as_deref() {
            None | Some("ACTIVE" | "ARCHIVED") => None,
            Some(other) => Some(Reason::new(ReasonCode::UnknownStatus, format!("the status of {node} is `{other}`"))),
        })
    }

    fn protection(&self, tags: &[&str]) -> Option<Reason> {
        self.estate.policy().protects.iter().find_map(|protect| {
            let Selector::Image(select) = &protect.select else { return None };
            let selected = select.repository_matches(&self.scope.account, &self.scope.region, &self.key.repository)
                && (all_tags_of(self.estate, self.unit).any(|(_, tag)| select.tag_matches(tag.as_str()))
                    || (tags.is_empty() && select.untagged_matches()));
            let reason = || Reason::new(ReasonCode::Protected, format!("protected: {}", protect.reason));
            selected.then(|| reason().at(&*protect.at))
        })
    }

    fn in_use(&self) -> Option<Reason> {
        let held = self.held_directly(&self.holds.staying)?;
        let path = self.holds.staying.path(held);
        let way: Vec<String> = path.iter().rev().skip(1).map(ToString::to_string).collect();
        let (code, subject) = if held == self.unit.root {
            (ReasonCode::InUse, String::new())
        } else {
            (ReasonCode::UnitKept, format!("{held} of its unit is "))
        };
        Some(Reason::new(code, format!("{subject}held by {}", way.join(", held by "))))
    }

    /// A member that something reached holds from outside its registry. What only another index holds is that one's affair:
    /// a child that both list stays with it, and this unit may go.
    fn held_directly(&self, reach: &Reach<'_>) -> Option<&Node> {
        let from_outside = |node: &Node| {
            let mut holders = self.estate.graph.holders(node);
            holders.any(|(holder, link)| !is_within_unit(link) && reach.contains(holder))
        };
        self.unit.members.iter().copied().find(|node| from_outside(node))
    }

    fn kept_by(&self, rule: &ImageRule, tags: &[&str]) -> Option<Reason> {
        let keep = &rule.terms.keep;
        if let Some(said) = &keep.newest
            && self.kept.iter().any(|kept| std::ptr::eq(*kept, rule))
        {
            let text = format!("{rule} keeps the newest {} of a repository", said.value);
            return Some(Reason::new(ReasonCode::KeepNewest, text).at(&*said.at));
        }
        if let Some(said) = &keep.tags
            && let Some(tag) = tags.iter().find(|tag| said.value.matches(tag))
        {
            let text = format!("{rule} keeps images with the tag {tag}");
            return Some(Reason::new(ReasonCode::KeepTags, text).at(&*said.at));
        }
        if let Some(said) = &keep.pushed_within
            && !said.value.is_zero()
            && let Some((node, _)) = self.images().find(|(_, image)| image.image_pushed_at.is_none())
        {
            let text = format!("{rule} keeps what was pushed within {}, and AWS does not date {node}", said.value);
            return Some(Reason::new(ReasonCode::AgeUnknown, text).at(&*said.at));
        }
        let pushed = self.images().filter_map(|(_, image)| image.image_pushed_at).max();
        let pulled = self.images().filter_map(|(node, image)| last_pull(self.estate, node, image)).max();
        let within = |said: &Option<Said<Age>>, at: Option<Timestamp>, code, word: &str| {
            let said = said.as_ref()?;
            let until = said.value.after(at?);
            let text = format!("{rule} keeps what was {word} within {}", said.value);
            (until > self.estate.now()).then(|| Reason::new(code, text).at(&*said.at).until(until))
        };
        within(&keep.pushed_within, pushed, ReasonCode::KeepPushedWithin, "pushed")
            .or_else(|| within(&keep.pulled_within, pulled, ReasonCode::KeepPulledWithin, "pulled"))
    }

    fn last_use(&self) -> LastUse {
        self.evidence.of_images(self.images())
    }

    fn retire(&self, rule: &ImageRule, unused_for: &Said<Age>, last_use: LastUse) -> Verdict {
        let window = self.estate.settings().rollback_window;
        let action = Action::DeleteImage;
        if let Some(leaving) = &self.holds.leaving
            && let Some(held) = self.held_directly(leaving)
        {
            // Its definition is deregistered now, and the rule counts from then as well.
            let eligible_at = window.max(unused_for.value).after(self.estate.now());
            let path = leaving.path(held);
            let holder = path.first().map_or_else(String::new, ToString::to_string);
            let text = format!("{holder}, which this plan retires, counts as its last use");
            let reasons = vec![Reason::new(ReasonCode::HolderRetired, text).until(eligible_at)];
            return Verdict::Defer { action, eligible_at, reasons };
        }
        if let Some(until) = self.evidence.settled_at(self.images()).filter(|until| *until > self.estate.now()) {
            let reasons =
                vec![Reason::new(ReasonCode::Settling, "a definition of it was deregistered just now").until(until)];
            return Verdict::Defer { action, eligible_at: until, reasons };
        }
        let lost = (last_use.lasted_by_any(window, self.estate.now()), "it may have been in use");
        if let Some(verdict) = objection(self.estate, self.obstacles, self.unit.root, action, lost) {
            return verdict;
        }
        let copies = Copies::of(self.estate, self.key, &self.unit.members);
        if !copies.reasons.is_empty() {
            return Verdict::Block { action, reasons: copies.reasons };
        }
        let mut expect = vec![Expect::OptedIn, Expect::UnitUnreferenced { members: self.digests() }];
        expect.extend(copies.expect());
        let last = last_use.known().map_or_else(String::new, |at| format!(", last use {}", at.strftime("%Y-%m-%d")));
        let text = format!("unused for {}{last}", unused_for.value);
        Verdict::Retire(Retirement {
            actions: vec![(action, expect)],
            rule: format!("image.{rule}"),
            at: unused_for.at.to_string(),
            reasons: vec![Reason::new(ReasonCode::Unused, text)],
        })
    }

    fn digests(&self) -> Vec<Digest> {
        let digests = self.unit.members.iter().filter_map(|node| match node {
            Node::Image(key) => Some(key.digest.clone()),
            Node::Service { .. }
            | Node::TaskSet { .. }
            | Node::Task { .. }
            | Node::External { .. }
            | Node::TaskDefinition(_)
            | Node::Tag { .. } => None,
        });
        digests.collect()
    }
}
