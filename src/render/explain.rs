//! An explanation for people: the verdict first, what would have to change second, and then all that it rests on.

use std::fmt::Write as _;

use console::measure_text_width;

use super::paint::{Canvas, counted, listed};
use crate::{
    model::{Address, ImageTag, Reason, ReasonCode, Timestamp},
    plan::{Action, Condition, Explanation, Fate, Hop, Path, RuleWord, Witness, Word},
};

/// The explanation as text.
#[must_use]
pub fn explanation(explanation: &Explanation, canvas: Canvas) -> String {
    let text = Text { it: explanation, canvas };
    let mut out = String::new();
    text.heading(&mut out);
    text.verdict(&mut out);
    text.conditions(&mut out);
    text.paths(&mut out);
    text.unit(&mut out);
    text.rules(&mut out);
    text.evidence(&mut out);
    out
}

struct Text<'a> {
    it: &'a Explanation,
    canvas: Canvas,
}

fn at_minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// An instant to the second, for what begins exactly then.
fn at_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The address without its account and Region, where these are the object's own.
fn short<'a>(address: &'a Address, own: &Address) -> std::borrow::Cow<'a, str> {
    if (&address.account, &address.region) == (&own.account, &own.region) {
        address.resource.to_string().into()
    } else {
        address.to_string().into()
    }
}

impl Text<'_> {
    fn title(&self, out: &mut String, title: &str) {
        let _infallible = writeln!(out, "\n{}", self.canvas.bold(title));
    }

    /// A line that begins with a mark and goes on under its own beginning.
    fn item(&self, out: &mut String, mark: &str, text: &str) {
        let indent = 2 + measure_text_width(mark) + 1;
        let wrapped = self.canvas.wrap(text, indent);
        let _infallible = writeln!(out, "  {mark} {}", wrapped.trim_start());
    }

    fn aside(&self, out: &mut String, indent: usize, text: &str) {
        // Never cut or wrapped: it is there to be copied.
        let _infallible = writeln!(out, "{}{}", " ".repeat(indent), self.canvas.dim(text));
    }

    fn heading(&self, out: &mut String) {
        let _infallible = writeln!(out, "{}", self.canvas.bold(&self.it.address.to_string()));
        if !self.it.tags.is_empty() {
            let tags: Vec<&str> = self.it.tags.iter().map(ImageTag::as_str).collect();
            let _infallible = writeln!(out, "{}", self.canvas.wrap(&format!("tags: {}", tags.join(", ")), 0));
        }
    }

    fn verdict(&self, out: &mut String) {
        let Explanation { verdict, actions, rule, at, .. } = self.it;
        let actions: Vec<String> = actions.iter().map(|action| deed(*action).to_owned()).collect();
        let deeds = listed(&actions, "and then");
        let headline = match verdict {
            Fate::Keep => format!("{} It stays.", self.canvas.green("Kept.")),
            Fate::Defer => format!("{} It would be {deeds}, but it is too early.", self.canvas.yellow("Deferred.")),
            Fate::Block => format!(
                "{} It would be {deeds}, but what may hold it could not be read.",
                self.canvas.yellow("Blocked.")
            ),
            Fate::Retire => format!("{} A plan has it {deeds}.", self.canvas.red("Retired.")),
        };
        let as_of = self.canvas.dim(&format!("As of {}.", at_minute(self.it.as_of)));
        let _infallible = writeln!(out, "\n{}", self.canvas.wrap(&format!("{headline} {as_of}"), 0));
        for reason in &self.it.reasons {
            self.item(out, "·", &self.reason(reason));
        }
        if let (Some(rule), Some(at)) = (rule, at) {
            self.item(out, "·", &format!("by {rule} at {at}"));
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        let at = reason.at.as_ref().map_or_else(String::new, |at| format!(" ({at})"));
        let until = reason.until.map_or_else(String::new, |until| format!(", until {}", at_second(until)));
        format!("{}{at}{until} {}", reason.text, self.canvas.dim(&format!("[{}]", reason.code)))
    }

    fn conditions(&self, out: &mut String) {
        if self.it.verdict != Fate::Retire && !self.it.conditions.is_empty() {
            self.title(out, "For it to go, all of this has to come true");
            for condition in &self.it.conditions {
                self.condition(out, condition);
            }
        }
        let waits_for_plan = self.it.reasons.iter().any(|reason| reason.code == ReasonCode::HolderRetired);
        match self.it.eligible_at {
            Some(at) if waits_for_plan => {
                let text = format!("If the plan is carried out now, it goes from {} on.", at_second(at));
                let _infallible = writeln!(out, "\n{}", self.canvas.wrap(&text, 0));
            }
            Some(at) => {
                let text = format!("If nothing but the time changes, it goes from {} on.", at_second(at));
                let _infallible = writeln!(out, "\n{}", self.canvas.wrap(&text, 0));
            }
            None if self.it.verdict == Fate::Keep => {
                let _infallible = writeln!(out, "\nTime alone does not change that.");
            }
            None => {}
        }
    }

    fn condition(&self, out: &mut String, condition: &Condition) {
        let at = condition.at.as_ref().map_or_else(String::new, |at| format!(" ({at})"));
        let until = condition.until.map_or_else(String::new, |until| format!(", from {} on", at_second(until)));
        self.item(out, "·", &format!("{}{at}{until}", condition.text));
        if let Some(address) = &condition.address {
            self.aside(out, 4, &format!("jettison explain {address}"));
        }
    }

    fn paths(&self, out: &mut String) {
        if self.it.held_by.is_empty() {
            return;
        }
        self.title(out, "Who holds it");
        for path in &self.it.held_by {
            self.path(out, path);
        }
        if self.it.more_holders > 0 {
            let number = u64::try_from(self.it.more_holders).unwrap_or(u64::MAX);
            self.item(out, "·", &format!("and {} more", counted(number, "holder")));
        }
    }

    /// A path as one sentence, and the addresses on it.
    fn path(&self, out: &mut String, path: &Path) {
        let step = |hop: &Hop| {
            let retired = if hop.verdict == Some(Fate::Retire) { " (which the plan retires)" } else { "" };
            match hop.how {
                Some(how) => format!("{}{retired} {how} →", hop.object),
                None => hop.object.clone(),
            }
        };
        let text: Vec<String> = path.hops.iter().map(step).collect();
        self.item(out, "·", &text.join(" "));
        let others = path.hops.iter().filter_map(|hop| hop.address.as_ref()).filter(|one| **one != self.it.address);
        for address in others {
            self.aside(out, 4, &address.to_string());
        }
    }

    fn unit(&self, out: &mut String) {
        let Some(unit) = &self.it.unit else { return };
        self.title(out, "Kept and retired together");
        for part in &unit.parts {
            let how = match part.how {
                None => "the whole".to_owned(),
                Some(crate::plan::HowHeld::ListsChild) => "child".to_owned(),
                Some(_) => "referrer".to_owned(),
            };
            let own = if part.address == self.it.address { ", the one asked about" } else { "" };
            let tags: Vec<&str> = part.tags.iter().map(ImageTag::as_str).collect();
            let tags = if tags.is_empty() { "untagged".to_owned() } else { format!("tags {}", tags.join(", ")) };
            self.item(out, "·", &format!("{how}{own}: {tags}"));
            self.aside(out, 4, &short(&part.address, &self.it.address));
        }
        if unit.other_units > 0 {
            let number = u64::try_from(unit.other_units).unwrap_or(u64::MAX);
            let text =
                format!("it belongs to {} as well; the most careful verdict counts", counted(number, "other unit"));
            self.item(out, "·", &text);
        }
    }

    fn rules(&self, out: &mut String) {
        self.title(out, "Rules that match it, in the order of the policy");
        if self.it.rules.is_empty() {
            self.item(out, "·", "none");
        }
        for rule in &self.it.rules {
            self.item(out, "·", &self.rule(rule));
        }
    }

    fn rule(&self, rule: &RuleWord) -> String {
        let says = match rule.says {
            Word::Nothing => "does not say when such an object goes".to_owned(),
            Word::Keeps => format!("keeps it: {}", rule.reason.as_ref().map_or("", |reason| &reason.text)),
            Word::Waits => format!("would retire it, but not yet: {}", rule.reason.as_ref().map_or("", |it| &it.text)),
            Word::Archives => format!("archives it: {} have passed", rule.term.as_deref().unwrap_or_default()),
            Word::Retires => format!("retires it: {} have passed", rule.term.as_deref().unwrap_or_default()),
        };
        let until = rule.reason.as_ref().and_then(|reason| reason.until);
        let until = until.map_or_else(String::new, |until| format!(", until {}", at_second(until)));
        let rank = rule.rank.map_or_else(String::new, |rank| {
            format!("; it is number {} of {}, of which the newest {} stay", rank.place, rank.of, rank.kept)
        });
        let covers: Vec<&str> = rule.covers.iter().map(ImageTag::as_str).collect();
        let covers = match covers.as_slice() {
            [] => String::new(),
            [one] => format!("; covers its tag {one}"),
            several => format!("; covers its tags {}", several.join(", ")),
        };
        format!("{} at {} {says}{until}{rank}{covers}", self.canvas.bold(&rule.rule), rule.at)
    }

    fn evidence(&self, out: &mut String) {
        if self.it.evidence.is_empty() {
            return;
        }
        match self.it.last_use {
            Some(at) => self.title(out, &format!("Last use: {}", at_minute(at))),
            None => self.title(out, "Last use: not known well enough to count from"),
        }
        for witness in &self.it.evidence {
            self.witness(out, witness);
        }
    }

    fn witness(&self, out: &mut String, witness: &Witness) {
        let at = witness.at.map_or_else(|| "no date          ".to_owned(), at_minute);
        let of = witness.of.as_ref().map_or_else(String::new, |of| format!(" ({of})"));
        let counts = if witness.counts { ", which ages are counted from" } else { "" };
        let open = if witness.at.is_none() { ", so the real last use may be later" } else { "" };
        self.item(out, "·", &format!("{at}  {}{of}{counts}{open}", witness.what));
    }
}

/// What an action does, after "it would be".
const fn deed(action: Action) -> &'static str {
    match action {
        Action::ScaleTaskSet => "scaled to zero",
        Action::DeleteTaskSet | Action::DeleteService | Action::DeleteTaskDefinition | Action::DeleteImage => "deleted",
        Action::DeregisterTaskDefinition => "deregistered",
        Action::ArchiveImage => "archived",
    }
}
