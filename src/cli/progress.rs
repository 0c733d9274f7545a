//! How far things are: bars on a terminal, a line now and then in a pipeline, nothing when quiet.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::shell::Shell;
use crate::{
    collect::{Event, Progress},
    model::{Scope, Source},
};

/// Between lines in a pipeline: often enough that nobody thinks it hangs.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// Draws a collection.
pub(super) struct Collecting {
    shell: Shell,
    drawing: Option<Mutex<Drawing>>,
}

struct Drawing {
    bars: MultiProgress,
    by_source: BTreeMap<(Scope, Source), ProgressBar>,
    read: BTreeMap<Source, usize>,
    last_line: Instant,
}

impl Collecting {
    pub(super) fn new(shell: &Shell) -> Self {
        let drawing = Drawing {
            bars: MultiProgress::new(),
            by_source: BTreeMap::new(),
            read: BTreeMap::new(),
            last_line: Instant::now(),
        };
        Self { shell: *shell, drawing: (!shell.quiet).then(|| Mutex::new(drawing)) }
    }

    /// Clears what was drawn.
    pub(super) fn finish(&self) {
        if let Some(drawing) = &self.drawing {
            let drawing = drawing.lock().unwrap_or_else(PoisonError::into_inner);
            drawing.by_source.values().for_each(ProgressBar::finish_and_clear);
            let _nothing_left_to_clear = drawing.bars.clear();
        }
    }

    fn draw(&self, drawing: &mut Drawing, event: Event) {
        match event {
            Event::Started { scope, source } => {
                let bar = drawing.bars.add(ProgressBar::new(0).with_style(style()));
                bar.set_prefix(format!("{scope} {source}"));
                drawing.by_source.insert((scope, source), bar);
            }
            Event::Count { scope, source, found, read } => {
                if let Some(bar) = drawing.by_source.get(&(scope, source)) {
                    bar.inc_length(u64::try_from(found).unwrap_or(0));
                    bar.inc(u64::try_from(read).unwrap_or(0));
                }
            }
            Event::Finished { scope, source } => {
                if let Some(bar) = drawing.by_source.remove(&(scope, source)) {
                    bar.finish_and_clear();
                }
            }
        }
    }

    fn tell(&self, drawing: &mut Drawing, event: &Event) {
        if let Event::Count { source, read, .. } = event {
            *drawing.read.entry(*source).or_default() += read;
        }
        if drawing.last_line.elapsed() >= HEARTBEAT {
            drawing.last_line = Instant::now();
            let counts: Vec<String> =
                drawing.read.iter().map(|(source, number)| format!("{number} {source}")).collect();
            self.shell.note(&format!("reading: {}", counts.join(", ")));
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix:36!} {wide_bar:.dim} {pos}/{len} {per_sec:>9} {eta:>4}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Collecting {
    fn on(&self, event: Event) {
        let Some(drawing) = &self.drawing else { return };
        let mut drawing = drawing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shell.is_interactive {
            self.draw(&mut drawing, event);
        } else {
            self.tell(&mut drawing, &event);
        }
    }
}
