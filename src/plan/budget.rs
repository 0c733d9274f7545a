//! What a plan comes to against the budget of its policy. A budget refuses a plan as a whole and never trims it: half a cleanup
//! that nobody reviewed is worse than none.
//!
//! Counts and bytes are those of the steps, objects counted once however many steps they take. Shares and survivors are
//! those of `budget_census`.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    Refusal, RefusalCode, Step,
    budget_census::{Census, Group, census},
    budget_text::sentence,
    estate::Estate,
    figures::count,
};
use crate::{
    model::{AccountLabel, Bytes, Kind},
    policy::{Limits, Said},
};

/// A limit of a budget, and what a plan comes to. Of a limit on each repository, family, cluster or account there is one for
/// the group that comes nearest to it, and one for each that exceeds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredLimit {
    /// The limit as the policy names it: `max_actions`, `image.max_percent`, `image.account.max_count`.
    pub limit: String,
    /// Where the policy says so.
    pub at: String,
    /// `account/region/container` or `account`; absent for the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The limit: what may go, or of `min_survivors` what must stay.
    pub allowed: u64,
    /// What the plan comes to, in the same unit: steps, objects, bytes or percent, the last rounded up; of `min_survivors`
    /// what stays.
    pub found: u64,
    /// Of shares and survivors: how many of the group go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes: Option<u64>,
    /// Of shares and survivors: how many the group has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// Whether that is too much.
    pub exceeded: bool,
}

/// Measures the final steps of a plan against every limit of the policy that says something of them.
pub(super) fn measure(estate: &Estate<'_>, steps: &[Step]) -> Vec<MeasuredLimit> {
    let budget = &estate.policy().budget;
    let mut measured = Vec::new();
    if let Some(said) = &budget.max_actions {
        measured.push(at_most("max_actions".to_owned(), said, None, u64::from(said.value), count(steps.len())));
    }
    for kind in Kind::ALL {
        let of_kind = budget.of(kind);
        let steps: Vec<&Step> = steps.iter().filter(|step| step.action.kind() == kind).collect();
        if steps.is_empty() {
            continue;
        }
        let is_shared = |limits: &Limits| limits.max_percent.is_some() || limits.min_survivors.is_some();
        let groups = if is_shared(&of_kind.plan) || is_shared(&of_kind.account) {
            census(estate, kind, &steps)
        } else {
            BTreeMap::new()
        };
        let mut by_account: BTreeMap<&AccountLabel, Vec<&Step>> = BTreeMap::new();
        steps.iter().for_each(|step| by_account.entry(&step.address.account).or_default().push(step));
        let by_account =
            by_account.into_iter().map(|(account, steps)| (Some(account.to_string()), Taken::of(kind, &steps)));
        let all = BTreeMap::from([(None, Taken::of(kind, &steps))]);
        amounts(&mut measured, kind.as_str(), &of_kind.plan, &all);
        shares(&mut measured, kind.as_str(), &of_kind.plan, &named(&groups));
        let account = format!("{kind}.account");
        amounts(&mut measured, &account, &of_kind.account, &by_account.collect());
        shares(&mut measured, &account, &of_kind.account, &summed_by_account(&groups));
    }
    measured
}

/// What forbids to apply a plan that comes to so much: one sentence for each limit that is exceeded.
pub(super) fn refusals(measured: &[MeasuredLimit]) -> Vec<Refusal> {
    let mut exceeded: BTreeMap<(&str, &str), Vec<&MeasuredLimit>> = BTreeMap::new();
    for one in measured.iter().filter(|one| one.exceeded) {
        exceeded.entry((&one.at, &one.limit)).or_default().push(one);
    }
    let text = |groups: &Vec<&MeasuredLimit>| {
        let (first, more) = groups.split_first()?;
        Some(Refusal { code: RefusalCode::OverBudget, text: sentence(first, more.len()) })
    };
    exceeded.values().filter_map(text).collect()
}

/// What steps take of the objects of a kind.
struct Taken {
    objects: u64,
    bytes: Bytes,
}

impl Taken {
    fn of(kind: Kind, steps: &[&Step]) -> Self {
        let objects = match kind {
            // One step is all that is done to one in a plan.
            Kind::Service | Kind::Image => steps.len(),
            Kind::TaskSet | Kind::TaskDefinition => {
                steps.iter().map(|step| &step.address).collect::<HashSet<_>>().len()
            }
        };
        Self { objects: count(objects), bytes: steps.iter().map(|step| step.bytes).sum() }
    }
}

fn amounts(measured: &mut Vec<MeasuredLimit>, prefix: &str, limits: &Limits, taken: &BTreeMap<Option<String>, Taken>) {
    if let Some(said) = &limits.max_count {
        let of = |group: &Option<String>, taken: &Taken| {
            at_most(format!("{prefix}.max_count"), said, group.clone(), u64::from(said.value), taken.objects)
        };
        keep_telling(measured, taken.iter().map(|(group, taken)| (u128::from(taken.objects), of(group, taken))));
    }
    if let Some(said) = &limits.max_bytes {
        let of = |group: &Option<String>, taken: &Taken| {
            at_most(format!("{prefix}.max_bytes"), said, group.clone(), said.value.0, taken.bytes.0)
        };
        keep_telling(measured, taken.iter().map(|(group, taken)| (u128::from(taken.bytes.0), of(group, taken))));
    }
}

/// A share or a survivor is asked for only where something goes.
fn shares(measured: &mut Vec<MeasuredLimit>, prefix: &str, limits: &Limits, groups: &BTreeMap<String, Census>) {
    if let Some(said) = &limits.max_percent {
        let touched = groups.iter().filter(|(_, census)| census.goes > 0);
        keep_telling(
            measured,
            touched.map(|(group, census)| {
                let Census { goes, all, .. } = *census;
                let allowed = u64::from(said.value.get());
                let found = goes.saturating_mul(100).div_ceil(all.max(1));
                let limit = at_most(format!("{prefix}.max_percent"), said, Some(group.clone()), allowed, found);
                let rank = (u128::from(goes) << 64) / u128::from(all.max(1));
                (rank, MeasuredLimit { goes: Some(goes), of: Some(all), ..limit })
            }),
        );
    }
    if let Some(said) = &limits.min_survivors {
        let touched = groups.iter().filter(|(_, census)| census.usable_goes > 0);
        keep_telling(
            measured,
            touched.map(|(group, census)| {
                let Census { usable, usable_goes, .. } = *census;
                let (allowed, found) = (u64::from(said.value), usable.saturating_sub(usable_goes));
                let limit = MeasuredLimit {
                    limit: format!("{prefix}.min_survivors"),
                    at: said.at.to_string(),
                    group: Some(group.clone()),
                    allowed,
                    found,
                    goes: Some(usable_goes),
                    of: Some(usable),
                    exceeded: found < allowed,
                };
                (u128::from(u64::MAX - found), limit)
            }),
        );
    }
}

fn at_most<T>(limit: String, said: &Said<T>, group: Option<String>, allowed: u64, found: u64) -> MeasuredLimit {
    let (at, exceeded) = (said.at.to_string(), found > allowed);
    MeasuredLimit { limit, at, group, allowed, found, goes: None, of: None, exceeded }
}

/// Keeps the worst by rank and all that exceed, worst first: there may be a hundred thousand groups.
fn keep_telling(measured: &mut Vec<MeasuredLimit>, ranked: impl Iterator<Item = (u128, MeasuredLimit)>) {
    let mut ranked: Vec<(u128, MeasuredLimit)> = ranked.collect();
    // Stable: equal ones stay in the order of their names.
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let told = ranked.into_iter().enumerate().filter(|(place, (_, one))| *place == 0 || one.exceeded);
    measured.extend(told.map(|(_, (_, one))| one));
}

fn named(groups: &BTreeMap<Group<'_>, Census>) -> BTreeMap<String, Census> {
    groups.iter().map(|(group, census)| (group.to_string(), *census)).collect()
}

fn summed_by_account(groups: &BTreeMap<Group<'_>, Census>) -> BTreeMap<String, Census> {
    let mut accounts: BTreeMap<&AccountLabel, Census> = BTreeMap::new();
    for (group, census) in groups {
        let account = accounts.entry(&group.scope.account).or_default();
        *account = *account + *census;
    }
    accounts.into_iter().map(|(account, census)| (account.to_string(), census)).collect()
}
