//! What a collection under way looks like: lines of text, from counts and times alone.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::{model::Source, render::grouped};

/// A source of a scope that is being read.
#[derive(Debug)]
pub(super) struct Bar {
    /// `ACCOUNT/REGION`.
    scope: String,
    source: Source,
    /// Requests per second that the run may make of the source's bottleneck; `None` where nothing limits it.
    quota: Option<f64>,
    found: usize,
    read: usize,
    /// What was read when, of the last seconds.
    samples: VecDeque<(Instant, usize)>,
}

/// Between samples, and how many of them make the rate: what AWS's bursts gave at first is forgotten after ten seconds.
const SAMPLE: Duration = Duration::from_secs(1);
const SAMPLES: usize = 10;
/// A bar narrower than this tells nothing.
const NARROWEST: usize = 6;
const WIDEST: usize = 30;

impl Bar {
    pub(super) fn new(scope: String, source: Source, quota: Option<f64>, now: Instant) -> Self {
        Self { scope, source, quota, found: 0, read: 0, samples: VecDeque::from([(now, 0)]) }
    }

    /// The source, how much of it was read, and how much there is.
    pub(super) fn counts(&self) -> (Source, usize, usize) {
        (self.source, self.read, self.found)
    }

    pub(super) fn count(&mut self, found: usize, read: usize, now: Instant) {
        self.found += found;
        self.read += read;
        let is_due = self.samples.back().is_none_or(|(at, _)| now.saturating_duration_since(*at) >= SAMPLE);
        if is_due {
            self.samples.push_back((now, self.read));
        }
        if self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
    }

    /// Objects per second, of late.
    fn rate(&self, now: Instant) -> f64 {
        let Some((at, before)) = self.samples.front() else { return 0.0 };
        let seconds = now.saturating_duration_since(*at).as_secs_f64().max(0.1);
        quotient(self.read.saturating_sub(*before), seconds)
    }

    /// How long what is left will take at this rate.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        let rate = self.rate(now);
        let left = self.found.saturating_sub(self.read);
        (rate > 0.0 && left > 0).then(|| Duration::from_secs_f64(quotient(left, rate).min(1e8)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is shown has three digits")]
fn quotient(count: usize, by: f64) -> f64 {
    count as f64 / by
}

/// The bars as lines of at most `width` columns, at most `height` of them: what does not fit is summed up in the last.
pub(super) fn lines(bars: &[&Bar], width: usize, height: usize, now: Instant) -> Vec<String> {
    let (shown, rest) = if bars.len() > height.max(1) { bars.split_at(height.max(1) - 1) } else { (bars, &[][..]) };
    let name_of = |bar: &Bar| format!("{} {}", bar.scope, bar.source);
    let longest = shown.iter().map(|bar| name_of(bar).chars().count()).max().unwrap_or_default();
    let tails = aligned(shown.iter().map(|bar| figures(bar, now)).collect());
    let tail_width = tails.iter().map(|tail| tail.chars().count()).max().unwrap_or_default();
    // Names give way before figures do.
    let name_width = longest.min(width.saturating_sub(tail_width + 2).max(12));
    let room = width.saturating_sub(name_width + tail_width + 4).min(WIDEST);
    let mut lines: Vec<String> = shown
        .iter()
        .zip(&tails)
        .map(|(bar, tail)| {
            let name = shortened(&name_of(bar), name_width);
            let drawn = if room >= NARROWEST { drawn(bar, room) + "  " } else { String::new() };
            cut(&format!("{name:name_width$}  {drawn}{tail}"), width)
        })
        .collect();
    if !rest.is_empty() {
        let (read, found) = rest.iter().fold((0, 0), |(read, found), bar| (read + bar.read, found + bar.found));
        lines.push(cut(&format!("and {} more  {}/{}", rest.len(), grouped(read), grouped(found)), width));
    }
    lines
}

/// `812/4,031`, `20/s`, `≤20 calls/s`, `2m40s`
fn figures(bar: &Bar, now: Instant) -> [String; 4] {
    [
        format!("{}/{}", grouped(bar.read), grouped(bar.found)),
        format!("{}/s", figure(bar.rate(now))),
        bar.quota.map_or_else(String::new, |quota| format!("≤{} calls/s", figure(quota))),
        bar.left(now).map_or_else(String::new, short),
    ]
}

/// Rows whose columns stand below each other, to the right.
fn aligned(rows: Vec<[String; 4]>) -> Vec<String> {
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: [String; 4]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.into_iter().map(line).collect()
}

fn drawn(bar: &Bar, room: usize) -> String {
    let full = (bar.read.min(bar.found) * room).checked_div(bar.found).unwrap_or_default();
    format!("{}{}", "█".repeat(full), "░".repeat(room - full))
}

/// Three digits at most, and whole numbers from ten on.
fn figure(number: f64) -> String {
    // 9.95 would be written as 10.0.
    if number >= 9.95 || number == number.trunc() { format!("{number:.0}") } else { format!("{number:.1}") }
}

/// `45s`, `2m40s`, `1h05m`.
pub(super) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// The name, its beginning left out where it is too long: what is read is at its end.
fn shortened(name: &str, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    let tail: String = name.chars().skip(length + 1 - width).collect();
    format!("…{tail}")
}

fn cut(line: &str, width: usize) -> String {
    line.trim_end().chars().take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar of which `read` were read in ten seconds.
    fn bar(scope: &str, source: Source, found: usize, read: usize, start: Instant) -> Bar {
        let mut bar = Bar::new(scope.to_owned(), source, Some(20.0), start);
        bar.count(found, 0, start);
        bar.count(0, read, start + Duration::from_secs(10));
        bar
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_says_what_is_read_how_fast_how_fast_it_may_be_and_how_long_it_takes() {
        let start = Instant::now();
        let bar = bar("prod/eu-central-1", Source::TaskDefinitions, 4_031, 200, start);
        let now = start + Duration::from_secs(10);
        assert_eq!(
            lines(&[&bar], 100, 10, now),
            ["prod/eu-central-1 task_definitions  █░░░░░░░░░░░░░░░░░░░░░░░░░░  200/4,031  20/s  ≤20 calls/s  3m11s"]
        );
        assert_eq!(
            lines(&[&bar], 80, 10, now),
            ["prod/eu-central-1 task_definitions  ░░░░░░░  200/4,031  20/s  ≤20 calls/s  3m11s"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_there_is_to_show_it_stays_within_the_screen() {
        let start = Instant::now();
        let name = |number: usize| format!("{}{number}/ap-southeast-2", "account-".repeat(number % 9));
        let bars: Vec<Bar> =
            (0..50).map(|number| bar(&name(number), Source::ServiceDeployments, 1_000_000, number, start)).collect();
        let bars: Vec<&Bar> = bars.iter().collect();
        for (width, height) in [(40, 1), (40, 5), (80, 22), (100, 22), (120, 60)] {
            let lines = lines(&bars, width, height, start + Duration::from_secs(60));
            assert!(lines.len() <= height, "{} lines", lines.len());
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:#?}");
            assert_eq!(lines.last().unwrap().starts_with("and "), height < bars.len(), "{lines:#?}");
        }
        let last = lines(&bars, 80, 22, start).pop().unwrap();
        assert_eq!(last, "and 29 more  1,015/29,000,000");
    }

    #[tokio::test(start_paused = true)]
    async fn the_burst_is_forgotten() {
        let start = Instant::now();
        let mut bar = bar("prod/eu-central-1", Source::Tasks, 10_000, 1_000, start);
        for second in 11..40 {
            bar.count(0, 20, start + Duration::from_secs(second));
        }
        let rate = bar.rate(start + Duration::from_secs(40));
        assert!((15.0..=20.5).contains(&rate), "{rate}");
    }

    #[test]
    fn times_are_short() {
        let told = [5, 160, 3_900, 360_000].map(|seconds| short(Duration::from_secs(seconds)));
        assert_eq!(told, ["5s", "2m40s", "1h05m", "100h00m"]);
    }
}
