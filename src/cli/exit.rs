//! Exit codes: an interface that pipelines build on. `docs/exit-codes.md` has the page for users.

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// An error; the message says what and what to do.
    Error = 1,
    /// The plan has changes; only with `--detailed-exitcode`.
    Changes = 2,
    /// Not everything could be done yet; `jettison resume` goes on.
    Incomplete = 3,
    /// The plan is expired, or not the expected one.
    Stale = 4,
    /// A budget or guard refused the plan.
    Refused = 5,
    /// Another process holds the state.
    Locked = 6,
    /// The outcome of some steps is not known; `jettison resume` reads them back.
    InDoubt = 7,
    /// The command line is not understood.
    Usage = 64,
    /// Interrupted, everything recorded; `jettison resume` goes on.
    Interrupted = 130,
}

impl Exit {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Error,
        Self::Changes,
        Self::Incomplete,
        Self::Stale,
        Self::Refused,
        Self::Locked,
        Self::InDoubt,
        Self::Usage,
        Self::Interrupted,
    ];

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
