//! From a question about one object to the explanation.

use std::collections::BTreeSet;

use super::{
    Explanation, Fate, Part, Unexplained, UnitPart, Wanted,
    conditions::{Asked, conditions},
    explanation::EXPLANATION_VERSION,
    paths::{address, fate, held_by, how},
    rules::{Words, words},
    unknown::{locate, no_such_object},
    wanted::WantedObject,
    witnesses::witnesses,
};
use crate::{
    graph::Node,
    inventory::{Image, Inventory},
    model::{Address, Location, Reason, ReasonCode, RepositoryName, Resource, Timestamp},
    plan::{
        Action, Question,
        decide::Verdicts,
        estate::Estate,
        images::{UnitView, unit_of},
        slice,
        verdict::{Decision, Retirement, Verdict},
    },
};

/// How often a verdict is asked for again at the instant at which its reason ends.
const TURNS: usize = 64;
/// How many paths are told in full.
const TOLD: usize = 5;

/// Explains what becomes of one object, and why. Decides on the part of the inventory that can bear on it; the answer is that of
/// a plan on the whole.
///
/// # Errors
/// The policy or the inventory does not have what is asked about; the error says what they have.
pub fn explain(question: &Question<'_>, wanted: &Wanted) -> Result<Explanation, Unexplained> {
    let (location, resource) = locate(question, wanted)?;
    let part = slice(question.inventory, &location, &resource);
    let address = Address { account: wanted.account.clone(), region: wanted.region.clone(), resource };
    let told = at(question, &part, question.now, |told| told.explanation(&address));
    let Some(mut explanation) = told else { return Err(no_such_object(question, wanted, &location)) };
    if explanation.eligible_at.is_none() && explanation.verdict == Fate::Keep {
        explanation.eligible_at = eligible_at(question, &part, &address, &explanation.reasons);
    }
    Ok(explanation)
}

/// The same question about a part of the inventory, at some instant.
fn at<T>(question: &Question<'_>, part: &Inventory, now: Timestamp, ask: impl FnOnce(&Told<'_, '_>) -> T) -> T {
    let question = Question {
        policy: question.policy,
        policy_id: question.policy_id.clone(),
        inventory: part,
        inventory_id: String::new(),
        ledger: question.ledger,
        now,
        tool_version: question.tool_version,
    };
    let estate = Estate::new(&question);
    let verdicts = Verdicts::new(&estate);
    ask(&Told { estate: &estate, verdicts: &verdicts })
}

/// The instant from which on the object would go if nothing but the time changed: each reason that ends by itself is followed to
/// its end, and the verdict is asked for there.
fn eligible_at(question: &Question<'_>, part: &Inventory, address: &Address, reasons: &[Reason]) -> Option<Timestamp> {
    let mut now = question.now;
    let mut next = next_end(reasons, now);
    for _ in 0..TURNS {
        now = next?;
        let verdict = at(question, part, now, |told| told.find(address).map(|decision| decision.verdict.clone()))?;
        next = match &verdict {
            Verdict::Retire(_) => return Some(now),
            // Held by what goes at that instant: that has to be done first.
            Verdict::Defer { reasons, .. } if reasons.iter().any(|it| it.code == ReasonCode::HolderRetired) => {
                return None;
            }
            Verdict::Defer { eligible_at, .. } => Some(*eligible_at),
            Verdict::Keep(reasons) => next_end(reasons, now),
            Verdict::Block { .. } => return None,
        };
    }
    None
}

/// When the first of some reasons ends, if all that keep the object end by themselves.
fn next_end(reasons: &[Reason], now: Timestamp) -> Option<Timestamp> {
    reasons.iter().filter_map(|reason| reason.until).filter(|until| *until > now).min()
}

/// A decided slice.
struct Told<'t, 'a> {
    estate: &'t Estate<'a>,
    verdicts: &'t Verdicts<'t, 'a>,
}

impl Told<'_, '_> {
    fn find(&self, address: &Address) -> Option<&Decision> {
        self.verdicts.decisions.iter().find(|decision| decision.address == *address)
    }

    fn explanation(&self, address: &Address) -> Option<Explanation> {
        let Decision { node, verdict, .. } = self.find(address)?;
        let scope = self.estate.scope(node.location())?;
        let unit = unit_of(self.estate, self.verdicts, node);
        let members = unit.as_ref().map_or_else(|| vec![node.clone()], |unit| unit.members.clone());
        let held = held_by(self.estate, self.verdicts, &members);
        let Words { words: rules, can_retire } = words(self.estate, self.verdicts, scope, node, unit.as_ref());
        let (last_use, evidence) = witnesses(self.estate, self.verdicts, node, unit.as_ref());
        let Said { reasons, actions, eligible_at, rule } = said(verdict);
        let (rule, at) = rule.unzip();
        let asked = Asked { estate: self.estate, node, reasons, rules: &rules, can_retire, held_by: &held };
        let conditions = conditions(&asked, fate(verdict));
        let mut held_by = [held.others, held.tasks].concat();
        let more_holders = held_by.len().saturating_sub(TOLD);
        held_by.truncate(TOLD);
        Some(Explanation {
            format_version: EXPLANATION_VERSION.to_owned(),
            tool_version: self.estate.question.tool_version.to_owned(),
            as_of: self.estate.now(),
            policy_id: self.estate.question.policy_id.clone(),
            address: address.clone(),
            tags: self.estate.images.get(node).map(|seen| seen.value.image_tags.clone()).unwrap_or_default(),
            verdict: fate(verdict),
            actions,
            rule,
            at,
            reasons: reasons.to_vec(),
            eligible_at,
            conditions,
            held_by,
            more_holders,
            unit: unit.filter(|unit| unit.members.len() > 1).map(|unit| self.unit(&unit)),
            rules,
            last_use,
            evidence,
        })
    }

    fn unit(&self, unit: &UnitView<'_>) -> UnitPart {
        let members: BTreeSet<&Node> = unit.members.iter().collect();
        let rest = unit.members.iter().filter(|member| **member != unit.root);
        let part = |member: &Node| {
            let mut holders: Vec<_> =
                self.estate.graph.holders(member).filter(|(holder, _)| members.contains(holder)).collect();
            holders.sort_unstable();
            let held = holders.first().filter(|_| *member != unit.root);
            Some(Part {
                address: address(self.estate, member)?,
                tags: self.estate.images.get(member)?.value.image_tags.clone(),
                how: held.map(|(holder, link)| how(holder, *link, member)),
            })
        };
        let parts = std::iter::once(&unit.root).chain(rest).filter_map(part).collect();
        UnitPart { parts, other_units: unit.others }
    }
}

/// A verdict in pieces.
struct Said<'v> {
    reasons: &'v [Reason],
    actions: Vec<Action>,
    eligible_at: Option<Timestamp>,
    rule: Option<(String, String)>,
}

fn said(verdict: &Verdict) -> Said<'_> {
    match verdict {
        Verdict::Keep(reasons) => Said { reasons, actions: Vec::new(), eligible_at: None, rule: None },
        Verdict::Defer { action, eligible_at, reasons } => {
            Said { reasons, actions: vec![*action], eligible_at: Some(*eligible_at), rule: None }
        }
        Verdict::Block { action, reasons } => Said { reasons, actions: vec![*action], eligible_at: None, rule: None },
        Verdict::Retire(Retirement { actions, rule, at, reasons }) => Said {
            reasons,
            actions: actions.iter().map(|(action, _)| *action).collect(),
            eligible_at: None,
            rule: Some((rule.clone(), at.clone())),
        },
    }
}

/// The image that a tag or the beginning of a digest means, if it is one image.
pub(super) fn meant(inventory: &Inventory, wanted: &Wanted, location: &Location) -> Option<Resource> {
    let images = |repository: &RepositoryName, is_meant: &dyn Fn(&Image) -> bool| {
        let own = inventory.images.iter().filter(|seen| seen.value.repository_name == *repository);
        let mut found = own.filter(|seen| seen.location == *location && is_meant(&seen.value));
        let digest = found.next()?.value.image_digest.clone();
        found.next().is_none().then(|| Resource::Image { repository: repository.clone(), digest })
    };
    match &wanted.object {
        WantedObject::Resource(resource) => Some(resource.clone()),
        WantedObject::Tagged(repository, tag) => images(repository, &|image| image.image_tags.contains(tag)),
        WantedObject::Short(repository, digest) => {
            images(repository, &|image| image.image_digest.as_str().starts_with(digest))
        }
    }
}
