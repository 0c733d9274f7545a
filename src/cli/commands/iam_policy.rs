//! `jettison iam-policy`

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    cli::{
        Exit,
        args::{IamPolicyArgs, IamPurpose},
        error::CliError,
        permissions::{Purpose, caller, document},
        policy_files::PolicyDir,
        shell::Shell,
    },
    policy::Policy,
};

pub(in crate::cli) fn run(args: &IamPolicyArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.dir, shell)?.policy;
    let purpose = match args.purpose {
        IamPurpose::Plan => Purpose::Plan,
        IamPurpose::Apply => Purpose::Apply,
    };
    let has_roles = policy.accounts.iter().any(|account| account.role_arn.is_some());
    if args.caller {
        let document = caller(&policy).ok_or(CliError::NoRoles)?;
        return print(&document, shell);
    }
    if has_roles {
        shell
            .note("what these documents allow belongs to the roles; `--caller` prints what whoever assumes them needs");
    }
    match (&args.account, policy.accounts.as_slice()) {
        (Some(label), accounts) => {
            let account = accounts.iter().find(|account| account.label.as_str() == label);
            let account = account.ok_or_else(|| no_account(label, &policy))?;
            print(&document(&policy, account, purpose), shell)
        }
        (None, [account]) => print(&document(&policy, account, purpose), shell),
        (None, accounts) => {
            shell.note("one document for each account, by its label; `--account LABEL` prints one by itself");
            let documents: BTreeMap<&str, _> =
                accounts.iter().map(|account| (account.label.as_str(), document(&policy, account, purpose))).collect();
            print(&documents, shell)
        }
    }
}

fn no_account(label: &str, policy: &Policy) -> CliError {
    let labels = policy.accounts.iter().map(|account| account.label.as_str());
    CliError::NoSuchAccount { label: label.to_owned(), known: labels.collect::<Vec<_>>().join(", ") }
}

fn print(document: &impl Serialize, shell: &Shell) -> Result<Exit, CliError> {
    let text = serde_json::to_string_pretty(document).map_err(|error| CliError::Print { source: error.into() })?;
    shell.print(&(text + "\n"))?;
    Ok(Exit::Done)
}
