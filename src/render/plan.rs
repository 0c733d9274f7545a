//! A plan for people: counts first, groups second, objects third, and what to do next. Reads the plan document alone.

use std::{
    cmp::Ordering,
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use console::measure_text_width;

use super::{
    gaps::{Names, advice, grouped_gaps, tell},
    paint::{Canvas, counted, duration, listed},
    portion,
};
use crate::{
    model::{Kind, ReasonCode, Scope},
    plan::{Action, Pending, Plan, RefusalCode, Reversible, Step, Target},
};

/// Objects shown of one group before the rest is only counted.
const SHOWN_PER_GROUP: usize = 12;
/// Objects shown of each list of what is not done.
const SHOWN_PENDING: usize = 5;

/// How much to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Groups, and the first objects of each.
    Brief,
    /// Every object.
    Full,
}

/// The plan as text. `next` is the command that would carry it out, if it can be.
#[must_use]
pub fn plan(plan: &Plan, canvas: Canvas, detail: Detail, next: Option<&str>) -> String {
    let text = Text { plan, canvas, detail };
    let mut out = String::new();
    text.heading(&mut out);
    out.push_str(&portion::top(plan, canvas));
    text.refusals(&mut out);
    if plan.has_changes() {
        text.groups(&mut out);
        text.headline(&mut out);
        text.risks(&mut out);
    } else {
        let is_blocked = !plan.blocked.is_empty();
        let nothing = if is_blocked { "Nothing can be done: what could go is blocked." } else { "Nothing to do." };
        out.push_str(&canvas.bold(nothing));
        out.push('\n');
    }
    text.kept(&mut out);
    text.deferred(&mut out);
    text.blocked(&mut out);
    text.honesty(&mut out);
    out.push_str(&portion::bottom(plan, canvas));
    text.footer(&mut out, next);
    out
}

struct Text<'a> {
    plan: &'a Plan,
    canvas: Canvas,
    detail: Detail,
}

/// What is grouped: objects of one account and Region, done alike by one rule, out of one container.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey<'a> {
    place: (&'a str, &'a str),
    action: Action,
    container: Container<'a>,
    rule: &'a str,
}

impl<'a> GroupKey<'a> {
    fn of(step: &'a Step) -> Self {
        let place = (step.target.account_id.as_str(), step.target.region.as_str());
        Self {
            place,
            action: step.action,
            container: Container::of(step.action.kind(), &step.target),
            rule: &step.rule,
        }
    }
}

/// What people look for an object under: its cluster, family or repository, or the service of a cluster. In the order of what is
/// printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Container<'a> {
    name: &'a str,
    service: Option<&'a str>,
}

impl<'a> Container<'a> {
    pub(super) fn of(kind: Kind, target: &'a Target) -> Self {
        let text = |part: Option<&'a str>| part.unwrap_or("?");
        let (name, service) = match kind {
            Kind::Service => (target.cluster.as_ref().map(AsRef::as_ref), None),
            Kind::TaskSet => {
                (target.cluster.as_ref().map(AsRef::as_ref), Some(text(target.service.as_ref().map(AsRef::as_ref))))
            }
            Kind::TaskDefinition => (target.family.as_ref().map(AsRef::as_ref), None),
            Kind::Image => (target.repository.as_ref().map(AsRef::as_ref), None),
        };
        Self { name: text(name), service }
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.name.bytes().chain(self.service.into_iter().flat_map(|service| [b'/'].into_iter().chain(service.bytes())))
    }
}

impl Ord for Container<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for Container<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Container<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.service {
            None => f.write_str(self.name),
            Some(service) => write!(f, "{}/{service}", self.name),
        }
    }
}

impl Text<'_> {
    fn heading(&self, out: &mut String) {
        let scopes: Vec<String> = self.plan.scopes.iter().map(Scope::to_string).collect();
        let as_of = self.plan.as_of.strftime("%Y-%m-%d %H:%M UTC");
        let line = format!("Plan for {}, as of {as_of}", listed(&scopes, "and"));
        let _infallible = writeln!(out, "{}\n", self.canvas.wrap(&self.canvas.bold(&line), 0));
    }

    /// What forbids to carry the plan out: above what it would do, and below.
    fn refusals(&self, out: &mut String) {
        // What makes a plan a forecast is told in words of its own.
        let refusals = self.plan.refusals.iter().filter(|refusal| refusal.code != RefusalCode::Forecast);
        let refusals: Vec<_> = refusals.collect();
        if refusals.is_empty() {
            return;
        }
        let _infallible = writeln!(out, "{}", self.canvas.red("This plan is refused:"));
        for refusal in refusals {
            let _infallible = writeln!(out, "{}", self.canvas.red(&hang(&self.canvas, &refusal.text)));
        }
        out.push('\n');
    }

    fn groups(&self, out: &mut String) {
        let mut groups: BTreeMap<GroupKey<'_>, Vec<&Step>> = BTreeMap::new();
        // Steps of one group nearly always follow each other.
        for alike in self.plan.steps.chunk_by(|one, two| GroupKey::of(one) == GroupKey::of(two)) {
            if let Some(step) = alike.first() {
                groups.entry(GroupKey::of(step)).or_default().extend(alike);
            }
        }
        for scope in &self.plan.scopes {
            let place = (scope.account_id.as_str(), scope.region.as_str());
            let mut here = groups.iter().filter(|(key, _)| key.place == place).peekable();
            if here.peek().is_none() {
                continue;
            }
            if self.plan.scopes.len() > 1 {
                let _infallible = writeln!(out, "{}\n", self.canvas.bold(&scope.to_string()));
            }
            let mut kind = None;
            for (key, steps) in here {
                if kind != Some(key.action.kind()) {
                    kind = Some(key.action.kind());
                    let _infallible = writeln!(out, "{}", self.canvas.bold(title(key.action.kind())));
                }
                self.group(out, key, steps);
            }
            out.push('\n');
        }
    }

    fn group(&self, out: &mut String, key: &GroupKey<'_>, steps: &[&Step]) {
        let number = u64::try_from(steps.len()).unwrap_or(u64::MAX);
        let bytes: crate::model::Bytes = steps.iter().map(|step| step.bytes).sum();
        let size = if bytes.0 > 0 { format!(", {bytes}") } else { String::new() };
        let what = format!("{}{size}", phrase(key.action, &counted(number, noun(key.action.kind()))));
        let lines: std::collections::BTreeSet<&str> = steps.iter().map(|step| &*step.at).collect();
        let at = lines.into_iter().collect::<Vec<_>>().join(", ");
        let container = self.canvas.bold(&key.container.to_string());
        let head = format!("  {} {container}: {what}", symbol(self.canvas, key.action));
        let rule = format!("{} at {at}", key.rule);
        let fits = measure_text_width(&head) + 2 + measure_text_width(&rule) <= self.canvas.width;
        let between = if fits { "  " } else { "\n      " };
        let _infallible = writeln!(out, "{head}{between}{}", self.canvas.dim(&rule));
        let shown = if self.detail == Detail::Full { steps.len() } else { SHOWN_PER_GROUP };
        let rows: Vec<(String, String)> = steps.iter().take(shown).map(|step| row(step)).collect();
        let width = rows.iter().map(|(name, _)| measure_text_width(name)).max().unwrap_or(0).min(44);
        for (name, why) in rows {
            let padded = format!("{name:width$}");
            let used = 8 + measure_text_width(&padded);
            let _infallible = writeln!(out, "      {padded}  {}", self.canvas.dim(&self.canvas.fit(&why, used)));
        }
        more(out, "      ", steps.len(), shown);
    }

    fn headline(&self, out: &mut String) {
        let counts = self.plan.summary.actions.iter().filter(|(_, number)| **number > 0);
        let parts: Vec<String> =
            counts.map(|(action, number)| phrase(*action, &counted(*number, noun(action.kind())))).collect();
        let line = format!("Plan: {}.", listed(&parts, "and"));
        let _infallible = writeln!(out, "{}", self.canvas.wrap(&self.canvas.bold(&line), 0));
    }

    fn risks(&self, out: &mut String) {
        let (plan, summary) = (self.plan, &self.plan.summary);
        let mut facts = Vec::new();
        let last = plan.steps.iter().filter(|step| step.reversible == Reversible::No).count();
        if last > 0 {
            facts.push(format!("{last} of {} steps cannot be undone", plan.steps.len()));
        }
        if summary.bytes_reclaimed.0 > 0 {
            facts.push(format!(
                "frees up to {} (about ${:.2} a month; layers shared with images that stay are counted too)",
                summary.bytes_reclaimed, summary.monthly_savings_usd
            ));
        }
        if summary.bytes_archived.0 > 0 {
            facts.push(format!(
                "archives up to {} (saves about ${:.2} a month)",
                summary.bytes_archived, summary.monthly_savings_by_archiving_usd
            ));
        }
        let findings: Vec<String> = ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
            .iter()
            .filter_map(|severity| Some((summary.findings_removed.get(*severity)?, severity)))
            .filter(|(number, _)| **number > 0)
            .map(|(number, severity)| format!("{number} {}", severity.to_lowercase()))
            .collect();
        if !findings.is_empty() {
            facts.push(format!("{} scan findings go with the images", listed(&findings, "and")));
        }
        let calls: u64 = summary.api_calls.values().sum();
        let time = duration(summary.eta_seconds.max(1));
        facts.push(format!(
            "{}: about {time} at the accounts' share of AWS's request rates, and what tasks take to stop",
            counted(calls, "mutating call")
        ));
        for fact in facts {
            let _infallible = writeln!(out, "{}", hang(&self.canvas, &fact));
        }
    }

    fn kept(&self, out: &mut String) {
        let kept: Vec<String> =
            self.plan.kept_by_reason.iter().map(|(code, number)| format!("{number} {}", kept_because(*code))).collect();
        if !kept.is_empty() {
            let text = format!("Kept: {} ({}).", self.plan.summary.kept, kept.join(", "));
            let _infallible = writeln!(out, "\n{}", self.canvas.wrap(&text, 0));
        }
    }

    fn deferred(&self, out: &mut String) {
        let deferred = &self.plan.deferred;
        self.title(out, "Deferred", deferred.len());
        let shown = self.shown(deferred.len());
        for one in deferred.iter().take(shown) {
            let when = one
                .eligible_at
                .map_or_else(String::new, |at| at.strftime("; possible from %Y-%m-%d %H:%M UTC").to_string());
            let name = self.canvas.fit(&one.address.to_string(), 4);
            let _infallible = writeln!(out, "  {name}");
            for reason in one.reasons.iter().take(2) {
                let text = format!("{}: {}{when}", one.action, reason.text);
                let _infallible = writeln!(out, "{}", self.canvas.dim(&self.canvas.wrap(&text, 6)));
            }
        }
        more(out, "  ", deferred.len(), shown);
    }

    /// What blocks, and below it what it blocks: one thing that was not read usually blocks many.
    fn blocked(&self, out: &mut String) {
        let mut causes: BTreeMap<Vec<&str>, Vec<&Pending>> = BTreeMap::new();
        for one in &self.plan.blocked {
            let cause = one.reasons.iter().map(|reason| reason.text.as_str()).collect();
            causes.entry(cause).or_default().push(one);
        }
        self.title(out, "Blocked", self.plan.blocked.len());
        let shown = self.shown(causes.len());
        for (cause, blocked) in causes.iter().take(shown) {
            for text in cause {
                let _infallible = writeln!(out, "{}", hang(&self.canvas, text));
            }
            let shown = self.shown(blocked.len());
            for one in blocked.iter().take(shown) {
                let text = format!("{} {}", one.action, one.address);
                let _infallible = writeln!(out, "      {}", self.canvas.dim(&self.canvas.fit(&text, 6)));
            }
            more(out, "      ", blocked.len(), shown);
        }
        if causes.len() > shown {
            let rest: usize = causes.values().skip(shown).map(Vec::len).sum();
            let _infallible = writeln!(out, "  … and {rest} more for other causes; --full shows all");
        }
    }

    fn title(&self, out: &mut String, title: &str, number: usize) {
        if number > 0 {
            let number = u64::try_from(number).unwrap_or(u64::MAX);
            let text = format!("{title}: {}", counted(number, "object"));
            let _infallible = writeln!(out, "\n{}", self.canvas.yellow(&text));
        }
    }

    /// How many of a list that tells what is not done.
    fn shown(&self, number: usize) -> usize {
        if self.detail == Detail::Full { number } else { number.min(SHOWN_PENDING) }
    }

    fn honesty(&self, out: &mut String) {
        let plan = self.plan;
        if !plan.waived.is_empty() {
            let names: Vec<String> = plan.waived.iter().map(|waived| waived.source.to_string()).collect();
            let text = format!("Not read, because the policy waives it: {}.", names.join(", "));
            let _infallible = writeln!(out, "\n{}", self.canvas.wrap(&text, 0));
        }
        if !plan.gaps.is_empty() {
            let number = u64::try_from(plan.gaps.len()).unwrap_or(u64::MAX);
            let text =
                format!("Incomplete: {} could not be read, and what that may hold is kept.", counted(number, "part"));
            let _infallible = writeln!(out, "\n{}", self.canvas.red(&self.canvas.wrap(&text, 0)));
            let groups = grouped_gaps(&plan.gaps, &Names::of(&plan.scopes));
            let shown = if self.detail == Detail::Full { groups.len() } else { groups.len().min(SHOWN_PER_GROUP) };
            groups.iter().take(shown).for_each(|group| tell(out, group, self.canvas));
            more(out, "  ", groups.len(), shown);
            for advice in advice(groups.iter().map(|group| group.source)) {
                let _infallible = writeln!(out, "{}", self.canvas.wrap(advice, 2));
            }
        }
        for warning in &plan.warnings {
            let text = self.canvas.wrap(&format!("Warning: {warning}"), 0);
            let _infallible = writeln!(out, "\n{}", self.canvas.yellow(&text));
        }
    }

    fn footer(&self, out: &mut String, next: Option<&str>) {
        let plan = self.plan;
        if plan.has_changes() {
            let _infallible = writeln!(out, "\nPlan id {}", plan.plan_id);
            let until = plan.expires_at.strftime("%Y-%m-%d %H:%M UTC");
            if plan.refusals.is_empty() {
                let _infallible = writeln!(out, "Can be applied until {until}.");
            }
        }
        if !plan.refusals.is_empty() {
            out.push('\n');
            self.refusals(out);
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        if let Some(next) = next {
            let _infallible = writeln!(out, "\nTo carry it out:\n  {}", self.canvas.green(next));
        }
    }
}

/// The sign before what is done: red where nothing brings it back.
pub(super) fn symbol(canvas: Canvas, action: Action) -> String {
    match action.reversible() {
        Reversible::No => canvas.red("-"),
        Reversible::Recoverable if action == Action::DeregisterTaskDefinition => canvas.yellow("~"),
        Reversible::Recoverable => canvas.red("-"),
        Reversible::Yes => canvas.yellow("~"),
    }
}

/// Says how many of a list are not shown.
pub(super) fn more(out: &mut String, indent: &str, all: usize, shown: usize) {
    if all > shown {
        let _infallible = writeln!(out, "{indent}… and {} more; --full shows all", all - shown);
    }
}

pub(super) fn hang(canvas: &Canvas, text: &str) -> String {
    let wrapped = canvas.wrap(text, 4);
    format!("  · {}", wrapped.trim_start())
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "Services",
        Kind::TaskSet => "Task sets",
        Kind::TaskDefinition => "Task definitions",
        Kind::Image => "Images",
    }
}

pub(super) fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "service",
        Kind::TaskSet => "task set",
        Kind::TaskDefinition => "task definition",
        Kind::Image => "image",
    }
}

/// What is done to how many.
pub(super) fn phrase(action: Action, objects: &str) -> String {
    match action {
        Action::ScaleTaskSet => format!("scale {objects} to zero"),
        Action::DeregisterTaskDefinition => format!("deregister {objects}"),
        Action::ArchiveImage => format!("archive {objects}"),
        Action::DeleteTaskSet | Action::DeleteService | Action::DeleteTaskDefinition | Action::DeleteImage => {
            format!("delete {objects}")
        }
    }
}

/// The object within its container, and why it goes.
fn row(step: &Step) -> (String, String) {
    let why = step.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; ");
    (name(step.action.kind(), &step.target), why)
}

/// The object within its container.
pub(super) fn name(kind: Kind, target: &Target) -> String {
    match kind {
        Kind::Service => target.service.as_ref().map_or_else(String::new, ToString::to_string),
        Kind::TaskSet => target.task_set.as_ref().map_or_else(String::new, ToString::to_string),
        Kind::TaskDefinition => target.revision.map_or_else(String::new, |revision| format!(":{revision}")),
        Kind::Image => {
            let digest = target.digest.as_ref().map_or("", |digest| digest.short());
            let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
            let tags = target.tags.iter().map(|tag| short_tag(tag.as_str())).collect::<Vec<_>>();
            if tags.is_empty() { format!("{digest} untagged") } else { format!("{digest} {}", tags.join(" ")) }
        }
    }
}

/// Tags by which signatures name their subject are 71 characters of digest: cut so that a row stays a row.
fn short_tag(tag: &str) -> String {
    match tag.strip_prefix("sha256-").and_then(|rest| rest.split_at_checked(64)) {
        Some((hex, suffix)) => format!("sha256-{}…{suffix}", hex.get(..6).unwrap_or(hex)),
        None => tag.to_owned(),
    }
}

pub(super) fn kept_because(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::NoRule => "by no rule",
        ReasonCode::Protected | ReasonCode::ProtectTag => "protected",
        ReasonCode::NotOptedIn => "not opted in",
        ReasonCode::InUse => "in use",
        ReasonCode::NewestActive => "newest active",
        ReasonCode::KeepNewest => "among the newest",
        ReasonCode::KeepNewerThan => "registered lately",
        ReasonCode::KeepTags => "by tag",
        ReasonCode::KeepPushedWithin => "pushed lately",
        ReasonCode::KeepPulledWithin => "pulled lately",
        ReasonCode::TooRecent => "not yet due",
        ReasonCode::AgeUnknown => "of unknown age",
        ReasonCode::TagNotMatched => "with a tag of no rule",
        ReasonCode::UnitKept => "with a part in use",
        ReasonCode::PartOfKept => "part of something kept",
        ReasonCode::PrimaryTaskSet => "primary",
        ReasonCode::CodeDeployOwned => "CodeDeploy's",
        ReasonCode::HasTasks => "with tasks",
        ReasonCode::HasTaskSets => "with task sets",
        ReasonCode::ScalingTarget => "scaled by something else",
        ReasonCode::ExpressManaged => "Express Mode's",
        ReasonCode::UnknownStatus => "in an unknown status",
        ReasonCode::DeletionUnderWay => "on their way out",
        ReasonCode::Archived => "archived",
        ReasonCode::AlreadyGone => "gone",
        ReasonCode::RollbackWindow
        | ReasonCode::Settling
        | ReasonCode::HolderRetired
        | ReasonCode::SourceNotRead
        | ReasonCode::Gap
        | ReasonCode::ReplicatesDeletion
        | ReasonCode::Unused
        | ReasonCode::PlaintextSecrets
        | ReasonCode::Inactive
        | ReasonCode::OlderThan
        | ReasonCode::Idle
        | ReasonCode::ScaleDown
        | ReasonCode::UnitRetired => "for another reason",
    }
}
