//! From a question about one object to the explanation.

use super::{
    Explanation, Fate, Part, Unexplained, UnitPart, Wanted,
    conditions::{Asked, conditions},
    explanation::EXPLANATION_VERSION,
    paths::{Fates, fate, held_by, within_unit},
    rules::words,
    unknown::{locate, no_such_object},
    view::View,
    wanted::WantedObject,
    witnesses::witnesses,
};
use crate::{
    inventory::{Image, Inventory},
    model::{Address, Location, Reason, ReasonCode, RepositoryName, Resource, Scope, Timestamp},
    plan::{
        Action, Question,
        decide::Groundwork,
        estate::Estate,
        images::MemberView,
        slice,
        verdict::{Retirement, Telling, Verdict},
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
    let told = at(question, &part, question.now, &address, |told| Some(told.explanation(&address)));
    let Some(mut explanation) = told else { return Err(no_such_object(question, wanted, &location)) };
    if explanation.eligible_at.is_none() && explanation.verdict == Fate::Keep {
        explanation.eligible_at = eligible_at(question, &part, &address, &explanation.reasons);
    }
    Ok(explanation)
}

/// The same question about a part of the inventory, at some instant; nothing if the object is not there.
fn at<T>(
    question: &Question<'_>,
    part: &Inventory,
    now: Timestamp,
    address: &Address,
    ask: impl FnOnce(&Told<'_, '_>) -> Option<T>,
) -> Option<T> {
    let question = Question {
        policy: question.policy,
        policy_id: question.policy_id.clone(),
        inventory: part,
        inventory_id: String::new(),
        ledger: question.ledger,
        now,
        made_at: now,
        selection: None,
        tool_version: question.tool_version,
    };
    let estate = Estate::new(&question);
    let mut scopes = estate.scopes().into_iter();
    let scope = scopes.find(|scope| scope.account == address.account && scope.region == address.region)?;
    let groundwork = Groundwork::new(&estate, Telling::Sentences);
    let view = View::of(&estate, &groundwork, &scope.location(), &address.resource)?;
    ask(&Told { estate: &estate, groundwork: &groundwork, scope, view })
}

/// The instant from which on the object would go if nothing but the time changed: each reason that ends by itself is followed to
/// its end, and the verdict is asked for there.
fn eligible_at(question: &Question<'_>, part: &Inventory, address: &Address, reasons: &[Reason]) -> Option<Timestamp> {
    let mut now = question.now;
    let mut next = next_end(reasons, now);
    for _ in 0..TURNS {
        now = next?;
        let verdict = at(question, part, now, address, |told| Some(told.view.verdict().clone()))?;
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

/// One object of a decided slice.
struct Told<'t, 'a> {
    estate: &'t Estate<'a>,
    groundwork: &'t Groundwork<'t, 'a>,
    scope: Scope,
    view: View<'t, 'a>,
}

impl Told<'_, '_> {
    fn explanation(&self, address: &Address) -> Explanation {
        let Self { estate, groundwork, scope, view } = self;
        let question = estate.question;
        let held = held_by(estate, &Fates::of(estate, groundwork), &view.nodes(estate));
        let words = words(estate, scope, view);
        let (last_use, evidence) = witnesses(estate, groundwork, view, &address.resource);
        let Said { reasons, actions, eligible_at, rule } = said(view.verdict());
        let (rule, at) = rule.unzip();
        let asked = Asked { estate, address, location: scope.location(), reasons, words: &words, held_by: &held };
        let conditions = conditions(&asked, fate(view.verdict()));
        let mut held_by = [held.others, held.tasks].concat();
        let more_holders = held_by.len().saturating_sub(TOLD);
        held_by.truncate(TOLD);
        Explanation {
            format_version: EXPLANATION_VERSION.to_owned(),
            tool_version: question.tool_version.to_owned(),
            as_of: question.now,
            policy_id: question.policy_id.clone(),
            address: address.clone(),
            tags: view.tags(&address.resource),
            verdict: fate(view.verdict()),
            actions,
            rule,
            at,
            reasons: reasons.to_vec(),
            eligible_at,
            conditions,
            held_by,
            more_holders,
            unit: self.unit(),
            rules: words.words,
            last_use,
            evidence,
        }
    }

    fn unit(&self) -> Option<UnitPart> {
        let View::Image(image) = &self.view else { return None };
        let part = |member: &MemberView<'_>| Part {
            address: Estate::address(&self.scope, member.resource.clone()),
            tags: member.dated.image.image_tags.clone(),
            how: member.link.map(within_unit),
        };
        let parts = || image.members.iter().map(part).collect();
        (image.members.len() > 1).then(|| UnitPart { parts: parts(), other_units: image.others })
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
            rule: Some((rule.to_string(), at.to_string())),
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
