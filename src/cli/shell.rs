//! The one place that prints. Data goes to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use console::Term;

use super::{
    args::{Color, Global},
    error::CliError,
    harmless::harmless,
};
use crate::render::{Canvas, DiagnosticStyle};

/// Where output goes and what it may look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shell {
    out: Canvas,
    err: Canvas,
    /// Whether someone looks at stderr.
    pub(super) is_interactive: bool,
    /// Whether someone can be asked.
    pub(super) can_ask: bool,
    pub(super) quiet: bool,
    /// Whether each call is shown, which leaves no room for bars.
    is_verbose: bool,
}

/// Text wider than this is hard to read, and plans in pipelines have no width at all.
const MAX_WIDTH: usize = 120;
const PIPE_WIDTH: usize = 100;

impl Shell {
    /// Looks at the terminal and at what the user asked for.
    pub(super) fn new(global: &Global) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the composition root reads the environment")]
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let canvas = |term: &Term| {
            let is_terminal = term.is_term();
            let color = match global.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => is_terminal && !no_color,
            };
            let width = if is_terminal { usize::from(term.size().1).clamp(40, MAX_WIDTH) } else { PIPE_WIDTH };
            Canvas { color, width }
        };
        let (stdout, stderr) = (Term::stdout(), Term::stderr());
        Self {
            out: canvas(&stdout),
            err: canvas(&stderr),
            is_interactive: stderr.is_term(),
            can_ask: io::stdin().is_terminal() && stderr.is_term(),
            quiet: global.quiet,
            is_verbose: global.verbose > 0,
        }
    }

    /// What stdout looks like.
    pub(super) fn canvas(&self) -> Canvas {
        self.out
    }

    /// What stderr looks like.
    pub(super) fn err_canvas(&self) -> Canvas {
        self.err
    }

    /// How diagnostics are laid out.
    pub(super) fn diagnostic_style(&self) -> DiagnosticStyle {
        DiagnosticStyle { colour: self.err.color, width: self.err.width }
    }

    /// Whether progress is drawn, rather than told.
    pub(super) fn draws(&self) -> bool {
        self.is_interactive && !self.is_verbose
    }

    /// The columns and lines that a drawing may take: a little less than the terminal has now.
    pub(super) fn screen(&self) -> (usize, usize) {
        let (lines, columns) = Term::stderr().size();
        (usize::from(columns).saturating_sub(1).clamp(20, MAX_WIDTH), usize::from(lines).saturating_sub(2).max(1))
    }

    /// Prints data.
    pub(super) fn print(&self, text: &str) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(harmless(text, self.out.color).as_bytes()).and_then(|()| stdout.flush()) {
            // Whoever reads has seen enough: `jettison plan | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(source) => Err(CliError::Print { source }),
            Ok(()) => Ok(()),
        }
    }

    /// Tells people something, unless they asked for quiet.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.alert(text);
        }
    }

    /// Tells people something that they must know. A stderr that is gone cannot be told so.
    pub(super) fn alert(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _nobody_listens = writeln!(stderr, "{}", harmless(text, self.err.color));
    }

    /// Warns of something that goes on all the same.
    pub(super) fn warn(&self, text: &str) {
        let label = console::Style::new().yellow().bold().force_styling(self.err.color).apply_to("warning:");
        self.alert(&format!("{label} {text}"));
    }

    /// Asks for a word. `None` if nobody answers.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question}").and_then(|()| stderr.flush()).ok()?;
        drop(stderr);
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer).ok()?;
        (read > 0).then(|| answer.trim().to_owned())
    }
}
