//! Into the accounts of a policy, side by side: one that cannot be entered does not keep the others out.

use futures::future::join_all;

use super::{connect::Estate, error::CliError, policy_files::PolicyDir, shell::Shell};
use crate::{
    aws::{AwsError, Session, enter},
    collect::{Absent, Aggregator, List, ListFrom, Options},
    model::Scope,
    plan::Plan,
    policy::{ListOrigin, ReferenceList},
};

/// What of the policy's accounts and Regions could be entered.
pub(super) struct Entered {
    /// The ways in.
    pub(super) sessions: Vec<Session>,
    /// The others, and why not.
    failures: Vec<(Scope, AwsError)>,
}

impl Estate {
    /// Enters every account and Region, after checking that each account is the one that the policy names. `purpose` is what
    /// CloudTrail shows.
    ///
    /// # Errors
    /// When there is nothing to be entered at all.
    pub(super) async fn enter(&self, purpose: &str, shell: &Shell) -> Result<Entered, CliError> {
        let entries = join_all(self.accounts().iter().map(|account| enter(account, purpose))).await;
        let mut entered = Entered { sessions: Vec::new(), failures: Vec::new() };
        for entry in entries.into_iter().flatten() {
            match entry.session {
                Ok(session) => entered.sessions.push(session),
                Err(error) => entered.failures.push((entry.scope, error)),
            }
        }
        if entered.sessions.is_empty() {
            return Err(entered.none(shell));
        }
        Ok(entered)
    }

    /// What to read, by the policy.
    pub(super) fn collect_options(&self, policy: &PolicyDir, entered: &Entered, allow_commands: bool) -> Options {
        let said = &policy.policy;
        let aggregators = said.aggregators.iter().map(|said| Aggregator {
            label: said.label.clone(),
            account: said.account.clone(),
            region: said.region.clone(),
            name: said.name.clone(),
            max_staleness: said.max_staleness,
        });
        Options {
            waived: said.waivers.iter().map(|waiver| waiver.source).collect(),
            absent: entered.absent(),
            lists: said.references.iter().map(|list| list_of(list, policy, allow_commands)).collect(),
            aggregators: aggregators.collect(),
            ..Options::new((self.now())())
        }
    }
}

fn list_of(list: &ReferenceList, policy: &PolicyDir, allow_commands: bool) -> List {
    let from = match &list.from {
        ListOrigin::File { path } => ListFrom::File(policy.resolve(path)),
        ListOrigin::Command { .. } if !allow_commands => ListFrom::Forbidden,
        ListOrigin::Command { program, timeout } => {
            ListFrom::Command { program: program.clone(), directory: policy.dir.clone(), timeout: (*timeout).into() }
        }
    };
    List { label: list.label.clone(), from }
}

impl Entered {
    /// Goes on at the pace of an earlier entry, which has used some of AWS's request rates up.
    pub(super) fn paced_like(mut self, before: &Self) -> Self {
        for session in &mut self.sessions {
            if let Some(before) = before.sessions.iter().find(|before| before.location() == session.location()) {
                *session = session.paced_like(before);
            }
        }
        self
    }

    fn absent(&self) -> Vec<Absent> {
        let absent = |(scope, error): &(Scope, AwsError)| Absent { scope: scope.clone(), error: error.summary() };
        self.failures.iter().map(absent).collect()
    }

    /// Says what could not be entered, and what that means.
    pub(super) fn tell(&self, shell: &Shell) {
        for (index, (scope, error)) in self.failures.iter().enumerate() {
            let is_same = |(before, known): &&(Scope, AwsError)| {
                before.account == scope.account && (known.kind, &known.message) == (error.kind, &error.message)
            };
            if self.failures.iter().take(index).any(|before| is_same(&before)) {
                continue;
            }
            let regions: Vec<_> =
                self.failures.iter().filter(is_same).map(|(scope, _)| scope.region.to_string()).collect();
            shell.warn(&format!("cannot enter account \"{}\" in {}: {error}", scope.account, regions.join(", ")));
        }
        if !self.failures.is_empty() {
            shell.alert("  the rest goes on without it, and what it may use stays");
        }
    }

    /// Checks that there is a way to every place where the plan has steps, before anything is done.
    ///
    /// # Errors
    /// The first place that cannot be entered.
    pub(super) fn reaches(&self, plan: &Plan) -> Result<(), CliError> {
        let has_steps = |scope: &Scope| plan.steps.iter().any(|step| step.target.location() == scope.location());
        match self.failures.iter().find(|(scope, _)| has_steps(scope)) {
            Some((scope, error)) => {
                Err(CliError::Unreached { scope: scope.to_string(), source: Box::new(error.clone()) })
            }
            None => Ok(()),
        }
    }

    /// The error of a policy of which nothing can be entered. Of several accounts each is told by itself.
    fn none(mut self, shell: &Shell) -> CliError {
        self.failures.dedup_by(|next, first| next.0.account == first.0.account);
        let several = self.failures.len() > 1;
        for (scope, error) in &self.failures {
            if several {
                shell.warn(&format!("cannot enter account \"{}\": {error}", scope.account));
            }
        }
        match self.failures.pop() {
            Some((scope, source)) if !several => {
                CliError::Connect { account: format!("\"{}\"", scope.account), source: Box::new(source) }
            }
            Some(_) | None => CliError::NoAccount,
        }
    }
}
