//! How far things are: bars on a terminal, a line now and then in a pipeline, nothing when quiet.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::{
    bars::{Bar, lines, short},
    shell::Shell,
};
use crate::{
    collect::{Event, Progress, bottleneck},
    model::{AccountLabel, Scope, Source},
    policy::Policy,
    render::grouped,
};

/// Between lines in a pipeline: often enough that nobody thinks it hangs.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Between drawings on a terminal.
const FRAME: Duration = Duration::from_millis(100);

/// Draws a collection.
pub(super) struct Collecting {
    shell: Shell,
    shares: BTreeMap<AccountLabel, f64>,
    drawing: Option<Mutex<Drawing>>,
}

struct Drawing {
    canvas: ProgressBar,
    bars: BTreeMap<(Scope, Source), Bar>,
    /// What was read of the sources that are through, and how much there was.
    through: BTreeMap<Source, (usize, usize)>,
    last: Option<Instant>,
}

impl Collecting {
    /// Draws what is read of the policy's accounts, each at its share of AWS's request rates.
    pub(super) fn new(shell: &Shell, policy: &Policy) -> Self {
        let shares = policy.accounts.iter().map(|account| (account.label.clone(), account.quota_share)).collect();
        let canvas = if shell.draws() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            canvas.set_style(style);
        }
        let drawing = Drawing { canvas, bars: BTreeMap::new(), through: BTreeMap::new(), last: None };
        Self { shell: *shell, shares, drawing: (!shell.quiet).then(|| Mutex::new(drawing)) }
    }

    /// Clears what was drawn.
    pub(super) fn finish(&self) {
        if let Some(drawing) = &self.drawing {
            drawing.lock().unwrap_or_else(PoisonError::into_inner).canvas.finish_and_clear();
        }
    }

    /// The requests per second that may be made for a source: AWS's rate, and this account's share of it.
    fn quota(&self, scope: &Scope, source: Source) -> Option<f64> {
        Some(bottleneck(source)?.rate().per_second * self.shares.get(&scope.account)?)
    }

    fn note(&self, drawing: &mut Drawing, event: Event, now: Instant) {
        match event {
            Event::Started { scope, source } => {
                let bar = Bar::new(scope.to_string(), source, self.quota(&scope, source), now);
                drawing.bars.insert((scope, source), bar);
            }
            Event::Count { scope, source, found, read } => {
                if let Some(bar) = drawing.bars.get_mut(&(scope, source)) {
                    bar.count(found, read, now);
                }
            }
            Event::Finished { scope, source } => {
                if let Some(bar) = drawing.bars.remove(&(scope, source)) {
                    let (_, read, found) = bar.counts();
                    let through = drawing.through.entry(source).or_default();
                    *through = (through.0 + read, through.1 + found);
                }
            }
        }
    }
}

impl Drawing {
    /// Whether so much time has passed since the last line or frame.
    fn is_due(&mut self, every: Duration, now: Instant) -> bool {
        let last = *self.last.get_or_insert(now);
        let is_due = now.saturating_duration_since(last) >= every;
        if is_due {
            self.last = Some(now);
        }
        is_due
    }

    fn draw(&self, shell: &Shell, now: Instant) {
        let (width, height) = shell.screen();
        // Of what is not known to have anything there is nothing to tell.
        let bars: Vec<&Bar> = self.bars.values().filter(|bar| bar.counts().2 > 0).collect();
        self.canvas.set_message(lines(&bars, width, height, now).join("\n"));
    }

    /// One line for a log: what was read of what is known, and how long the slowest will take.
    fn heartbeat(&self, now: Instant) -> String {
        let mut counts = self.through.clone();
        for bar in self.bars.values() {
            let (source, read, found) = bar.counts();
            let sum = counts.entry(source).or_default();
            *sum = (sum.0 + read, sum.1 + found);
        }
        let counts = counts.iter().filter(|(_, (_, found))| *found > 0);
        let counts: Vec<String> = counts
            .map(|(source, (read, found))| match read == found {
                true => format!("{} {source}", grouped(*read)),
                false => format!("{} of {} {source}", grouped(*read), grouped(*found)),
            })
            .collect();
        let left = self.bars.values().filter_map(|bar| bar.left(now)).max();
        let left = left.map_or_else(String::new, |left| format!("; about {} to go", short(left)));
        format!("reading: {}{left}", counts.join(", "))
    }
}

impl Progress for Collecting {
    fn on(&self, event: Event) {
        let Some(drawing) = &self.drawing else { return };
        let mut drawing = drawing.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        self.note(&mut drawing, event, now);
        if self.shell.draws() {
            if drawing.is_due(FRAME, now) {
                drawing.draw(&self.shell, now);
            }
        } else if drawing.is_due(HEARTBEAT, now) {
            self.shell.note(&drawing.heartbeat(now));
        }
    }
}
