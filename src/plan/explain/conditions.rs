//! What would have to change for an object to go. All of it: what decides now, what other rules would say then, and the holders one by
//! one.

use super::{
    explanation::{Condition, Fate, Hop, HowHeld, Path, Word},
    paths::HeldBy,
    rules::Words,
};
use crate::{
    inventory::Gap,
    model::{Address, Kind, Location, Reason, ReasonCode, Resource},
    plan::estate::Estate,
};

/// How many holders are told one by one.
const TOLD: usize = 8;

/// What conditions are made from.
pub(super) struct Asked<'c, 'a> {
    pub(super) estate: &'c Estate<'a>,
    pub(super) address: &'c Address,
    pub(super) location: Location,
    pub(super) reasons: &'c [Reason],
    pub(super) words: &'c Words,
    pub(super) held_by: &'c HeldBy,
}

/// What would have to change; nothing for what goes.
pub(super) fn conditions(asked: &Asked<'_, '_>, fate: Fate) -> Vec<Condition> {
    let mut found: Vec<Condition> = Vec::new();
    match fate {
        Fate::Retire => return found,
        Fate::Block => found.extend(asked.unread()),
        Fate::Defer => {}
        Fate::Keep => {
            let deciding = asked.reasons.iter().filter(|reason| reason.code != ReasonCode::NoRule);
            found.extend(deciding.flat_map(|reason| asked.of_reason(reason)));
            if !asked.is_beyond_rules() {
                found.extend(asked.of_rules());
            }
        }
    }
    if fate != Fate::Keep {
        found.extend(asked.reasons.iter().flat_map(|reason| asked.of_reason(reason)));
    }
    let mut told: Vec<Condition> = Vec::new();
    for condition in found {
        if !told.iter().any(|one| one.text == condition.text) {
            told.push(condition);
        }
    }
    told
}

fn condition(text: impl Into<String>) -> Condition {
    Condition { text: text.into(), address: None, at: None, until: None }
}

/// A holder as it stands in the middle of a sentence.
fn about(hop: &Hop, text: String) -> Condition {
    Condition { address: hop.address.clone(), ..condition(text) }
}

impl Asked<'_, '_> {
    fn kind(&self) -> Kind {
        self.address.resource.kind()
    }

    /// Whether no rule can make it go as long as it is what it is.
    fn is_beyond_rules(&self) -> bool {
        let beyond = |code: ReasonCode| {
            matches!(
                code,
                ReasonCode::PrimaryTaskSet
                    | ReasonCode::CodeDeployOwned
                    | ReasonCode::ExpressManaged
                    | ReasonCode::DeletionUnderWay
                    | ReasonCode::AlreadyGone
            )
        };
        self.reasons.iter().any(|reason| beyond(reason.code))
    }

    /// What rules would say once nothing else kept it.
    fn of_rules(&self) -> Vec<Condition> {
        let keeping = self.words.words.iter().filter(|rule| rule.says == Word::Keeps);
        let keeping = keeping.filter_map(|rule| rule.reason.as_ref());
        let mut found: Vec<Condition> = keeping.flat_map(|reason| self.of_reason(reason)).collect();
        if !self.words.retires {
            // Any one of those that wait is enough: the one that waits the shortest.
            match self.words.waiting.iter().min_by_key(|reason| (reason.until.is_none(), reason.until)) {
                Some(reason) => found.extend(self.of_reason(reason)),
                None => found.push(self.a_rule()),
            }
        }
        found
    }

    fn a_rule(&self) -> Condition {
        let (kind, block) = match self.kind() {
            kind @ Kind::TaskDefinition => (kind, "`deregister` or `delete`"),
            kind @ Kind::Image => (kind, "`archive` or `delete`"),
            kind @ (Kind::Service | Kind::TaskSet) => (kind, "`delete`"),
        };
        condition(format!("a `retention \"{kind}\"` rule selects it and has a {block} block"))
    }

    fn of_reason(&self, reason: &Reason) -> Vec<Condition> {
        let settings = self.estate.settings();
        let text = match reason.code {
            ReasonCode::NoRule => return vec![self.a_rule()],
            ReasonCode::InUse | ReasonCode::UnitKept => return self.holders_let_go(reason),
            ReasonCode::PartOfKept => "what it belongs to goes: it is kept and retired together with that".to_owned(),
            ReasonCode::Protected => "the `protect` block no longer selects it".to_owned(),
            ReasonCode::ProtectTag => format!("the tag {} is taken off", settings.protect_tag),
            ReasonCode::NotOptedIn => {
                let tag = &settings.opt_in_tag;
                format!("its repository carries the tag {} = {}", tag.key, tag.value)
            }
            ReasonCode::NewestActive => {
                "a newer revision of its family is ACTIVE, or the rule says `last_revision_unused_for`".to_owned()
            }
            ReasonCode::KeepNewest => self.newer_ones(reason),
            ReasonCode::KeepTags => format!("it loses that tag, or the rule no longer names it ({})", reason.text),
            ReasonCode::KeepNewerThan
            | ReasonCode::KeepPushedWithin
            | ReasonCode::KeepPulledWithin
            | ReasonCode::TooRecent
            | ReasonCode::RollbackWindow
            | ReasonCode::Settling => format!("enough time has passed: {}", reason.text),
            ReasonCode::Archived if reason.until.is_some() => format!("enough time has passed: {}", reason.text),
            ReasonCode::Archived => "a rule that selects it has a `delete` block that is due".to_owned(),
            ReasonCode::AgeUnknown => {
                format!("something dates its last use ({}); earlier runs' sightings do", reason.text)
            }
            ReasonCode::TagNotMatched => format!("a rule covers that tag too ({})", reason.text),
            ReasonCode::PrimaryTaskSet => "another task set of its service becomes the PRIMARY one".to_owned(),
            ReasonCode::CodeDeployOwned => "CodeDeploy deletes it: this tool never does".to_owned(),
            ReasonCode::HasTasks => "the rule says `scale_down = true`, or somebody scales it to zero".to_owned(),
            ReasonCode::HasTaskSets => format!("its task sets go first ({})", reason.text),
            ReasonCode::ScalingTarget => format!("nothing may start it again ({})", reason.text),
            ReasonCode::ExpressManaged => "DeleteExpressGatewayService deletes it: this tool never does".to_owned(),
            ReasonCode::UnknownStatus => format!("AWS shows it in a status that this build knows ({})", reason.text),
            ReasonCode::DeletionUnderWay => "nothing: AWS finishes that by itself".to_owned(),
            ReasonCode::AlreadyGone => "nothing: it is gone already".to_owned(),
            ReasonCode::HolderRetired => format!("the plan is carried out and its holder gone: {}", reason.text),
            // Told with what to do about each.
            ReasonCode::SourceNotRead | ReasonCode::Gap if !self.gaps().is_empty() => return Vec::new(),
            ReasonCode::SourceNotRead | ReasonCode::Gap => format!("this can be read: {}", reason.text),
            ReasonCode::ReplicatesDeletion => format!("no copy is left there, and it was looked: {}", reason.text),
            ReasonCode::Unused
            | ReasonCode::PlaintextSecrets
            | ReasonCode::Inactive
            | ReasonCode::OlderThan
            | ReasonCode::Idle
            | ReasonCode::ScaleDown
            | ReasonCode::UnitRetired => return Vec::new(),
        };
        vec![Condition { at: reason.at.clone(), until: reason.until, ..condition(text) }]
    }

    fn newer_ones(&self, reason: &Reason) -> String {
        let ranked =
            self.words.words.iter().filter(|rule| rule.reason.as_ref() == Some(reason)).find_map(|rule| rule.rank);
        let Some(rank) = ranked else { return format!("newer ones take its place ({})", reason.text) };
        let missing = usize::try_from(rank.kept).unwrap_or(usize::MAX).saturating_sub(rank.place).saturating_add(1);
        let ones = if missing == 1 {
            "a newer one comes, which takes its place"
        } else {
            &format!("{missing} newer ones come, which take its place")
        };
        format!("{ones}: it is number {} of {}, and {}", rank.place, rank.of, reason.text)
    }

    /// Each holder that stays, and each ACTIVE definition on the way.
    fn holders_let_go(&self, reason: &Reason) -> Vec<Condition> {
        let stays = |path: &&Path| path.hops.first().is_some_and(|top| top.verdict != Some(Fate::Retire));
        let others = self.held_by.others.iter().filter(stays);
        let mut found: Vec<Condition> = Vec::new();
        for condition in others.flat_map(|path| let_go(self.kind(), &path.hops)) {
            if !found.contains(&condition) {
                found.push(condition);
            }
        }
        if found.len() > TOLD {
            let more = found.split_off(TOLD).len();
            found.push(condition(format!("{more} more of its holders let go of it")));
        }
        found.extend(stopped(&self.held_by.tasks));
        if found.is_empty() {
            found.push(condition(match self.kind() {
                Kind::Service => format!("no task of it is wanted, running or starting ({})", reason.text),
                Kind::TaskSet | Kind::TaskDefinition | Kind::Image => {
                    format!("nothing holds it any more ({})", reason.text)
                }
            }));
        }
        found
    }

    /// What was not read and may hold it.
    fn gaps(&self) -> Vec<&Gap> {
        let repository = match &self.address.resource {
            Resource::Image { repository, .. } => Some(repository),
            Resource::Service { .. } | Resource::TaskSet { .. } | Resource::TaskDefinition { .. } => None,
        };
        self.estate.gaps.iter().filter(|gap| gap.may_hold(self.kind(), &self.location, repository)).collect()
    }

    fn unread(&self) -> Vec<Condition> {
        let gaps = self.gaps();
        let tell = |gap: &&Gap| {
            let place = match (&gap.account_id, &gap.region) {
                (Some(account_id), Some(region)) => format!(" in {account_id}/{region}"),
                (Some(account_id), None) => format!(" in {account_id}"),
                (None, Some(region)) => format!(" in {region}"),
                (None, None) => String::new(),
            };
            let object = gap.object.as_ref().map_or_else(String::new, |object| format!(" `{object}`"));
            let waive = if gap.source.can_be_waived() {
                format!("; or the policy says why it does not matter: waive \"{}\" {{ reason = \"…\" }}", gap.source)
            } else {
                String::new()
            };
            condition(format!(
                "{}{object}{place} can be read, which failed with: {} (`jettison iam-policy plan` prints what to grant){waive}",
                gap.source, gap.error
            ))
        };
        gaps.iter().map(tell).collect()
    }
}

/// A task holds while ECS lists it, which it does for about an hour after it stopped.
fn stopped(tasks: &[Path]) -> Option<Condition> {
    let first = &tasks.first()?.hops.first()?.object;
    let text = match tasks.len() - 1 {
        0 => format!("{first} has stopped, and ECS no longer lists it"),
        1 => format!("{first} and another task have stopped, and ECS no longer lists them"),
        others => format!("{first} and {others} other tasks have stopped, and ECS no longer lists them"),
    };
    Some(condition(text))
}

/// What ends one way down to the object.
fn let_go(kind: Kind, hops: &[Hop]) -> Vec<Condition> {
    let mut found = Vec::new();
    for (hop, next) in hops.iter().zip(hops.iter().skip(1)) {
        let it = if next.how.is_none() { "it" } else { next.object.as_str() };
        found.extend(match hop.how {
            Some(HowHeld::Runs) => Some(about(hop, format!("{} no longer runs {it}", hop.object))),
            Some(HowHeld::PinnedDigest) => {
                Some(about(hop, format!("{} no longer has tasks that run {it}", hop.object)))
            }
            Some(HowHeld::MayStart) => Some(about(hop, format!("{} no longer starts {it}", hop.object))),
            Some(HowHeld::NamesTag | HowHeld::NamesDigest) if kind == Kind::Image && hop.verdict.is_some() => {
                Some(about(hop, format!("{} is retired: while it stays it holds its images", hop.object)))
            }
            Some(HowHeld::NamesTag | HowHeld::NamesDigest) => {
                Some(about(hop, format!("{} no longer names {it}", hop.object)))
            }
            Some(HowHeld::IsTagOf | HowHeld::ListsChild | HowHeld::HasReferrer) | None => None,
        });
    }
    found
}
