//! A comparison of two plans for people: what else is different, what is added and dropped with its cause, what is the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use console::measure_text_width;

use super::{
    paint::{Canvas, counted, listed},
    plan::{Container, Detail, hang, kept_because, more, name, noun, phrase, symbol},
    portion::minute,
};
use crate::{
    model::{Address, Bytes},
    plan::{Action, Cause, Change, Difference, Otherwise, PlanSide, Restated, Stand, What},
};

/// Objects shown of one group, and groups of one cause, before the rest is only counted.
const SHOWN: usize = 8;

/// What the two plans are to whoever compares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// An older and a newer one.
    Plans,
    /// By the base policy, and by the edited one.
    Policies,
}

/// The comparison as text.
#[must_use]
pub fn difference(difference: &Difference, sides: Sides, canvas: Canvas, detail: Detail) -> String {
    let many_places = places(difference) > 1;
    let text = Text { difference, sides, canvas, detail, many_places };
    let mut out = String::new();
    text.heading(&mut out);
    text.circumstances(&mut out);
    text.changes(&mut out, "Added", &difference.added);
    text.changes(&mut out, "Dropped", &difference.dropped);
    text.same(&mut out);
    text.waiting(&mut out);
    text.refusals(&mut out);
    out
}

struct Text<'a> {
    difference: &'a Difference,
    sides: Sides,
    canvas: Canvas,
    detail: Detail,
    /// Whether names need their account and Region.
    many_places: bool,
}

fn places(difference: &Difference) -> usize {
    let changes = difference.added.iter().chain(&difference.dropped).map(|change| &change.address);
    let addresses = changes.chain(difference.restated.iter().map(|one| &one.address));
    addresses.map(|address| (&address.account, &address.region)).collect::<BTreeSet<_>>().len()
}

/// Changes that read alike: of one container, done by one line of the policy, standing alike in the other plan.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey<'a> {
    rule: &'a str,
    at: &'a str,
    action: Action,
    container: String,
    other: String,
}

impl Text<'_> {
    /// The words for the old and the new plan.
    fn names(&self) -> (&'static str, &'static str) {
        match self.sides {
            Sides::Plans => ("old", "new"),
            Sides::Policies => ("base", "edited"),
        }
    }

    fn heading(&self, out: &mut String) {
        let (from, to) = (&self.difference.from, &self.difference.to);
        let title = match self.sides {
            Sides::Plans => "What changed between two plans".to_owned(),
            Sides::Policies => {
                format!("What the edit of the policy changes, on one inventory, as of {}", minute(to.as_of))
            }
        };
        let _infallible = writeln!(out, "{}", self.canvas.wrap(&self.canvas.bold(&title), 0));
        let (old, new) = self.names();
        let width = old.len().max(new.len());
        for (name, side) in [(old, from), (new, to)] {
            let _infallible = writeln!(out, "  {name:width$}  {}", self.side(side));
        }
    }

    fn side(&self, side: &PlanSide) -> String {
        let id = side.plan_id.get(..19).unwrap_or(&side.plan_id);
        let steps = counted(side.steps, "step");
        match self.sides {
            Sides::Plans => format!("{id}  as of {}, {steps}", minute(side.as_of)),
            Sides::Policies => format!("{id}  {steps}"),
        }
    }

    fn circumstances(&self, out: &mut String) {
        use crate::plan::CircumstanceCode::Policy;
        let told = self.difference.circumstances.iter();
        // That the policies are not the same is what was asked for.
        let told: Vec<_> = told.filter(|one| self.sides == Sides::Plans || one.code != Policy).collect();
        if told.is_empty() {
            return;
        }
        let _infallible = writeln!(out, "\nBesides the steps:");
        for one in told {
            let _infallible = writeln!(out, "{}", hang(&self.canvas, &one.text));
        }
    }

    fn changes(&self, out: &mut String, title: &str, changes: &[Change]) {
        let mut causes: BTreeMap<&[Cause], Vec<&Change>> = BTreeMap::new();
        for change in changes {
            causes.entry(&change.causes).or_default().push(change);
        }
        let total = if changes.is_empty() { "nothing".to_owned() } else { number(changes.len(), "step") };
        let _infallible = writeln!(out, "\n{}", self.canvas.bold(&format!("{title}: {total}")));
        for (causes, changes) in causes {
            // Between policies there is no other cause to be told apart.
            let indent = if self.sides == Sides::Policies && *causes == [Cause::Policy] {
                ""
            } else {
                let text = format!("{}: {}", because(causes), number(changes.len(), "step"));
                let _infallible = writeln!(out, "  {}", self.canvas.yellow(self.canvas.wrap(&text, 2).trim_start()));
                "  "
            };
            // What was left out on purpose is not read one by one.
            if *causes == [Cause::Selection] && self.detail == Detail::Brief {
                let _infallible = writeln!(out, "    they are not listed here; --full shows all");
                continue;
            }
            self.groups(out, indent, title == "Added", &changes);
        }
    }

    /// Where an object is, if that is not the same for all of them.
    fn place(&self, address: &Address) -> String {
        if self.many_places { format!("{}/{} ", address.account, address.region) } else { String::new() }
    }

    fn groups(&self, out: &mut String, indent: &str, is_added: bool, changes: &[&Change]) {
        let mut groups: BTreeMap<GroupKey<'_>, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            let kind = change.action.kind();
            let key = GroupKey {
                rule: &change.rule,
                at: &change.at,
                action: change.action,
                container: self.place(&change.address) + &Container::of(kind, &change.target).to_string(),
                other: self.stand(&change.other, is_added),
            };
            groups.entry(key).or_default().push(change);
        }
        let shown = self.shown(groups.len());
        for (key, changes) in groups.iter().take(shown) {
            self.group(out, indent, key, changes);
        }
        if groups.len() > shown {
            let rest: usize = groups.values().skip(shown).map(Vec::len).sum();
            let groups = number(groups.len() - shown, "more group");
            let _infallible = writeln!(out, "{indent}  … and {rest} in {groups}; --full shows all");
        }
    }

    fn group(&self, out: &mut String, indent: &str, key: &GroupKey<'_>, changes: &[&Change]) {
        let bytes: Bytes = changes.iter().map(|change| change.bytes).sum();
        let size = if bytes.0 > 0 { format!(", {bytes}") } else { String::new() };
        let what = phrase(key.action, &number(changes.len(), noun(key.action.kind())));
        let sign = symbol(self.canvas, key.action);
        let head = format!("{indent}  {sign} {}: {what}{size}", self.canvas.bold(&key.container));
        let rule = format!("{} at {}", key.rule, key.at);
        self.with_rule(out, &format!("{indent}      "), &head, &rule);
        if !key.other.is_empty() {
            let lines = self.canvas.wrap(&key.other, indent.len() + 6);
            let _infallible = writeln!(out, "{}", self.canvas.dim(&lines));
        }
        let rows = changes.iter().map(|change| (name(change.action.kind(), &change.target), why(change)));
        self.rows(out, &format!("{indent}        "), &rows.collect::<Vec<_>>());
    }

    /// The rule behind the head if it fits, else below it.
    fn with_rule(&self, out: &mut String, below: &str, head: &str, rule: &str) {
        let fits = measure_text_width(head) + 2 + measure_text_width(rule) <= self.canvas.width;
        let between = if fits { "  ".to_owned() } else { format!("\n{below}") };
        let _infallible = writeln!(out, "{head}{between}{}", self.canvas.dim(rule));
    }

    fn rows(&self, out: &mut String, indent: &str, rows: &[(String, String)]) {
        let shown = self.shown(rows.len());
        let width = rows.iter().take(shown).map(|(name, _)| measure_text_width(name)).max().unwrap_or(0).min(44);
        for (name, why) in rows.iter().take(shown) {
            let padded = format!("{name:width$}");
            let used = indent.len() + 2 + measure_text_width(&padded);
            let line = format!("{indent}{padded}  {}", self.canvas.dim(&self.canvas.fit(why, used)));
            let _infallible = writeln!(out, "{}", line.trim_end());
        }
        more(out, indent, rows.len(), shown);
    }

    /// How objects stand in the plan that does not have the step; nothing if that plan does not say.
    fn stand(&self, other: &Otherwise, is_added: bool) -> String {
        let reason = other.reasons.first();
        let at = reason.and_then(|reason| reason.at.as_deref()).map_or_else(String::new, |at| format!(", at {at}"));
        let stand = match other.stand {
            Stand::Kept => {
                let because = reason.map_or("kept", |reason| kept_because(reason.code));
                format!("kept, {because}{at}")
            }
            Stand::Deferred => {
                let until = other.eligible_at.map_or_else(String::new, |at| format!(" until {}", minute(at)));
                format!("deferred{until}")
            }
            Stand::Blocked => "blocked".to_owned(),
            Stand::Gone if is_added => "not there".to_owned(),
            Stand::Gone => "gone".to_owned(),
            Stand::Done => "done already".to_owned(),
            Stand::OtherStep => {
                let actions: Vec<String> = other.actions.iter().map(ToString::to_string).collect();
                listed(&actions, "and")
            }
            Stand::LeftOut => "left out by --target or --exclude".to_owned(),
            Stand::OutOfScope => "not of its accounts and Regions".to_owned(),
            Stand::Unsaid => return String::new(),
        };
        let (old, new) = self.names();
        format!("{}: {stand}", if is_added { old } else { new })
    }

    fn same(&self, out: &mut String) {
        let Difference { same, restated, .. } = self.difference;
        let otherwise = match restated.len() {
            0 => String::new(),
            1 => ", 1 of them for another reason".to_owned(),
            some => format!(", {some} of them for other reasons"),
        };
        let text =
            format!("Same: {}{otherwise}", if *same == 0 { "nothing".to_owned() } else { counted(*same, "step") });
        let _infallible = writeln!(out, "\n{}", self.canvas.bold(&text));
        let mut groups: BTreeMap<(Action, String, String), Vec<&Restated>> = BTreeMap::new();
        for one in restated {
            let container = self.place(&one.address) + &Container::of(one.action.kind(), &one.target).to_string();
            let key = (one.action, container, rules(one));
            groups.entry(key).or_default().push(one);
        }
        let shown = self.shown(groups.len());
        for ((action, container, rules), steps) in groups.iter().take(shown) {
            let what = phrase(*action, &number(steps.len(), noun(action.kind())));
            let head = format!("  {} {}: {what}", symbol(self.canvas, *action), self.canvas.bold(container));
            self.with_rule(out, "      ", &head, rules);
            let rows = steps.iter().map(|one| (name(one.action.kind(), &one.target), turned(one)));
            self.rows(out, "        ", &rows.collect::<Vec<_>>());
        }
        more(out, "  ", groups.len(), shown);
    }

    fn waiting(&self, out: &mut String) {
        let (from, to) = (&self.difference.from, &self.difference.to);
        let counts = [("Deferred", from.deferred, to.deferred), ("blocked", from.blocked, to.blocked)];
        let told = counts.map(
            |(word, from, to)| {
                if from == to { format!("{word}: {to}") } else { format!("{word}: {from}, now {to}") }
            },
        );
        if counts.iter().any(|(_, from, to)| from + to > 0) {
            let _infallible = writeln!(out, "\n{}.", told.join("; "));
        }
    }

    fn refusals(&self, out: &mut String) {
        let (_, new) = self.names();
        for refusal in &self.difference.to.refusals {
            let text = format!("The {new} plan cannot be applied: {}.", refusal.text.trim_end_matches('.'));
            let _infallible = writeln!(out, "\n{}", self.canvas.yellow(&self.canvas.wrap(&text, 0)));
        }
    }

    fn shown(&self, number: usize) -> usize {
        if self.detail == Detail::Full { number } else { number.min(SHOWN) }
    }
}

fn number(number: usize, one: &str) -> String {
    counted(u64::try_from(number).unwrap_or(u64::MAX), one)
}

/// What made the difference, as far as it can be told.
fn because(causes: &[Cause]) -> String {
    let words: Vec<String> = causes.iter().map(|cause| word(*cause).to_owned()).collect();
    match words.as_slice() {
        [one] => format!("Because {one}"),
        several => format!("Because {}, which cannot be told apart", listed(several, "or")),
    }
}

fn word(cause: Cause) -> &'static str {
    match cause {
        Cause::Time => "time passed",
        Cause::Policy => "the policy was edited",
        Cause::World => "the world changed",
        Cause::Version => "jettison is another version",
        Cause::Selection => "one of the plans is only a part",
    }
}

/// Why the step is there; of what stands for a reason of its own in the other plan, that one.
fn why(change: &Change) -> String {
    let of_other = change.other.reasons.iter().map(|reason| reason.text.as_str());
    let own = change.reasons.iter().map(|reason| reason.text.as_str());
    let texts: Vec<&str> = if change.other.reasons.is_empty() { own.collect() } else { of_other.collect() };
    texts.join("; ")
}

/// The rule of a step that both plans have, or both if there are two.
fn rules(one: &Restated) -> String {
    let (from, to) = (&one.from, &one.to);
    if from.rule == to.rule {
        format!("{} at {}", to.rule, to.at)
    } else {
        format!("{} at {}, before {} at {}", to.rule, to.at, from.rule, from.at)
    }
}

/// What turned into what.
fn turned(one: &Restated) -> String {
    let mut parts = Vec::new();
    for what in &one.what {
        match what {
            What::Rule => {}
            What::Reasons => {
                let text = |said: &crate::plan::Said| {
                    said.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; ")
                };
                parts.push(format!("{} → {}", text(&one.from), text(&one.to)));
            }
            What::Facts => parts.push("what is looked at again has changed".to_owned()),
        }
    }
    parts.join("; ")
}
