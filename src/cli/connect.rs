//! The composition root of AWS: real accounts over the network, simulated ones inside the process, one clock for all.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::BufReader,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{clock, error::CliError, policy_files::PolicyDir, run::Pace, shell::Shell, state};
use crate::{
    aws::{Connection, Network, Transport, Unanswered},
    model::{Now, Timestamp},
    policy::Account,
    sim::{self, Opened, Persistence, Sim, World},
};

/// Every account of a policy, ready to be connected to.
pub(super) struct Estate {
    accounts: Vec<Connection>,
    worlds: BTreeMap<PathBuf, Sim>,
    now: Now,
}

impl Estate {
    /// Whose time a run of this policy lives on: simulated time if nothing in it is real.
    pub(super) fn pace(policy: &PolicyDir) -> Pace {
        let accounts = &policy.policy.accounts;
        let all_simulated = accounts.iter().all(|account| account.simulated.is_some());
        if all_simulated { Pace::Simulated } else { Pace::Real }
    }

    /// Loads the simulated worlds. Must be called on the runtime that the run lives on.
    pub(super) fn open(policy: &PolicyDir, shell: &Shell) -> Result<Self, CliError> {
        let system = clock::system();
        let is_real = Self::pace(policy) == Pace::Real;
        let mut worlds = BTreeMap::new();
        // Beside real accounts a simulated one lives in real time.
        let starts_at = is_real.then(|| system());
        for file in policy.policy.accounts.iter().filter_map(|account| account.simulated.as_ref()) {
            if let Entry::Vacant(vacant) = worlds.entry(policy.resolve(file)) {
                let sim = open_world(vacant.key(), &state::directory(policy), starts_at, shell)?;
                vacant.insert(sim);
            }
        }
        let now = match worlds.values().next() {
            Some(sim) if !is_real => sim.clock(),
            Some(_) | None => system,
        };
        let network = Network::new();
        let connection = |account: &Account| {
            let transport = match &account.simulated {
                Some(file) => worlds.get(&policy.resolve(file)).map(in_process),
                None => None,
            };
            Connection {
                label: account.label.clone(),
                account_id: account.id.clone(),
                regions: account.regions.clone(),
                profile: account.profile.clone(),
                role_arn: account.role_arn.clone(),
                external_id: account.external_id.clone(),
                quota_share: account.quota_share,
                transport: transport.unwrap_or_else(|| Transport::Network(network.clone())),
            }
        };
        let accounts = policy.policy.accounts.iter().map(connection).collect();
        Ok(Self { accounts, worlds, now })
    }

    /// The clock of the run.
    pub(super) fn now(&self) -> &Now {
        &self.now
    }

    /// The accounts, in the order of the policy.
    pub(super) fn accounts(&self) -> &[Connection] {
        &self.accounts
    }

    /// Saves the simulated worlds as they are now.
    pub(super) fn close(&self) -> Result<(), CliError> {
        for (path, sim) in &self.worlds {
            sim.checkpoint().map_err(|source| CliError::Persist { path: path.clone(), source })?;
        }
        Ok(())
    }
}

/// A simulated AWS that goes on where its last run left it: in the state directory, the world file itself stays as it is.
fn open_world(path: &Path, state: &Path, starts_at: Option<Timestamp>, shell: &Shell) -> Result<Sim, CliError> {
    let directory = state.join("simulated");
    if !directory.is_dir() {
        // A file that cannot be served leaves no state behind.
        read_world(path)?;
    }
    let options = sim::Options { quotas: true, starts_at, ..sim::Options::default() };
    let (sim, opened) = Persistence::new(path, directory)
        .open(options)
        .map_err(|source| CliError::Persist { path: path.to_owned(), source })?;
    match opened {
        Opened::Fresh | Opened::Resumed => {}
        Opened::StartedOver => {
            shell.note(&format!("{} was edited: the simulated AWS starts over from it", path.display()));
        }
    }
    Ok(sim)
}

/// The door from the SDK's side to the simulated AWS.
fn in_process(sim: &Sim) -> Transport {
    let sim = sim.clone();
    Transport::InProcess(Arc::new(move |request| {
        let answer = sim.answer(request).map_err(|_cut| Unanswered);
        Box::pin(async move { answer })
    }))
}

/// Reads a world file, compressed if its name ends in `.zst`.
pub(super) fn read_world(path: &Path) -> Result<World, CliError> {
    let unreadable = |source| CliError::Read { path: path.to_owned(), source };
    #[expect(clippy::disallowed_methods, reason = "the composition root reads the files")]
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let read = if path.extension().is_some_and(|extension| extension == "zst") {
        World::read(BufReader::new(zstd::Decoder::new(file).map_err(unreadable)?))
    } else {
        World::read(BufReader::new(file))
    };
    read.map_err(|source| CliError::World { path: path.to_owned(), source })
}

/// Saves a world, beside the file first, so that the file is never half written.
#[expect(clippy::disallowed_methods, reason = "the composition root writes the files")]
pub(super) fn write_world(sim: &Sim, path: &Path) -> Result<(), CliError> {
    let failed = |source| CliError::Write { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    sim.world().write(sim.now(), &mut bytes).map_err(failed)?;
    let partial = path.with_added_extension("tmp");
    std::fs::write(&partial, bytes).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}
