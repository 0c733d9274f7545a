//! From a question about one object to the explanation.

use std::collections::BTreeSet;

use super::{
    Explanation, Fate, Part, Unexplained, UnitPart, Wanted,
    conditions::{Asked, conditions},
    explanation::EXPLANATION_VERSION,
    paths::{address, fate, held_by, how},
    rules::words,
    unknown::{locate, unknown},
    witnesses::witnesses,
};
use crate::{
    graph::Node,
    inventory::Inventory,
    model::{Address, Reason, ReasonCode, Resource, Timestamp},
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
    let Some(mut explanation) = told else { return Err(unknown(question, wanted, &location, &address.resource)) };
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
        let (held_by, more_holders) = held_by(self.estate, self.verdicts, &members);
        let rules = words(self.estate, self.verdicts, scope, node, unit.as_ref());
        let (last_use, evidence) = witnesses(self.estate, self.verdicts, node, unit.as_ref());
        let Said { reasons, actions, eligible_at, rule } = said(verdict);
        let (rule, at) = rule.unzip();
        let asked = Asked { estate: self.estate, node, reasons, rules: &rules, held_by: &held_by };
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
            conditions: conditions(&asked, fate(verdict)),
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

/// The image that has a tag, as an identity.
pub(super) fn tagged(inventory: &Inventory, wanted: &Wanted, location: &crate::model::Location) -> Option<Resource> {
    let super::wanted::WantedObject::Tagged(repository, tag) = &wanted.object else { return None };
    let mut images = inventory.images.iter().filter(|seen| {
        seen.value.repository_name == *repository && seen.location == *location && seen.value.image_tags.contains(tag)
    });
    images
        .next()
        .map(|seen| Resource::Image { repository: repository.clone(), digest: seen.value.image_digest.clone() })
}
