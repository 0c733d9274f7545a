//! Signals. The first asks the run to stop; the second ends the process at once.

use tokio::sync::watch;

use super::{Exit, shell::Shell};

/// Becomes true with the first SIGINT or SIGTERM.
pub(super) fn stop_on_signal(shell: Shell) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if let Some(mut signals) = Signals::new() {
            signals.next().await;
            shell.alert("stopping: what is under way is recorded first; once more to stop at once");
            // Whoever listens no longer needs to be told.
            let _nobody_listens = sender.send(true);
            signals.next().await;
            shell.alert("stopped at once; `jettison resume` reads back what was under way");
            #[expect(clippy::disallowed_methods, reason = "the user asked twice; the journal is durable as it is")]
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        // Without signals the run can only end by itself, but the receiver must not see the sender go.
        std::future::pending::<()>().await;
    });
    receiver
}

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt()).ok()?;
        let terminate = signal(SignalKind::terminate()).ok()?;
        Some(Self { interrupt, terminate })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
