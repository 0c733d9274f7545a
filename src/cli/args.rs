//! The command line. What is written here is what `--help` shows.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::{
    model::AsOf,
    plan::{AddressPattern, Wanted},
};

/// Cleans up Amazon ECS and ECR the way Terraform builds them.
///
/// Reads retention policies, shows what they would remove, and removes it step by step with a journal that survives being
/// killed. Nothing in use is ever removed.
#[derive(Debug, Parser)]
#[command(name = "jettison", version, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// Show no progress
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Show each call to AWS; twice for everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what the policy would remove, and why
    Plan(PlanArgs),
    /// Carry out a plan, or plan, ask and carry out
    Apply(ApplyArgs),
    /// Finish an interrupted run from its journal
    Resume(ResumeArgs),
    /// Show a saved plan
    Show(ShowArgs),
    /// Show what changed between two saved plans, and why
    Diff(DiffArgs),
    /// Tell why an object is kept, deferred or retired, and what would have to change
    Explain(ExplainArgs),
    /// Draw who holds what
    Graph(GraphArgs),
    /// Check a policy without asking AWS
    Validate(ValidateArgs),
    /// Record what is in AWS
    #[command(subcommand)]
    Inventory(InventoryCommand),
    /// Look into the journals of runs
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Print the least that IAM must allow for this policy
    IamPolicy(IamPolicyArgs),
    /// Serve a simulated AWS for the AWS CLI and any SDK
    Simulate(SimulateArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The directory of the policy
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// Save the plan, for review and for `apply`
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// Exit with 2 if there is something to do; of a comparison, if anything was added
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Decide on a recorded inventory, without asking AWS
    #[arg(long, value_name = "FILE")]
    pub(super) inventory: Option<PathBuf>,
    /// Forecast: decide for a later instant, such as 2026-12-01 or +30d, on what is there now
    #[arg(long, value_name = "TIME|+AGE", allow_hyphen_values = true)]
    pub(super) as_of: Option<AsOf>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Show what changed since an older plan, and why
    #[arg(long, value_name = "PLAN")]
    pub(super) against: Option<PathBuf>,
    /// Show what the edit of the policy alone changes: DIR is the policy before it
    #[arg(long, value_name = "DIR")]
    pub(super) policy_base: Option<PathBuf>,
    /// Show every object, not only the first of each group
    #[arg(long)]
    pub(super) full: bool,
    #[command(flatten)]
    pub(super) lists: ListArgs,
}

#[derive(Debug, Args)]
pub(super) struct SelectArgs {
    /// Plan only what this address or pattern names, and what must go before it; may be given more than once
    #[arg(long, value_name = "ADDRESS")]
    pub(super) target: Vec<AddressPattern>,
    /// Leave out what this address or pattern names, and what waits for it; may be given more than once
    #[arg(long, value_name = "ADDRESS")]
    pub(super) exclude: Vec<AddressPattern>,
}

impl SelectArgs {
    /// Whether nothing is left out.
    pub(super) fn is_empty(&self) -> bool {
        self.target.is_empty() && self.exclude.is_empty()
    }

    /// The same on a command line.
    pub(super) fn words(&self) -> String {
        let targets = self.target.iter().map(|pattern| format!(" --target '{pattern}'"));
        targets.chain(self.exclude.iter().map(|pattern| format!(" --exclude '{pattern}'"))).collect()
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ListArgs {
    /// Let the policy's `reference "command"` blocks run their programs
    #[arg(long)]
    pub(super) allow_commands: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For reading in a terminal
    Human,
    /// The document, for programs
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// The directory of the policy, or a saved plan
    #[arg(default_value = ".", value_name = "DIR|PLAN")]
    pub(super) target: PathBuf,
    /// The directory of the policy, when a saved plan is applied
    #[arg(long, value_name = "DIR")]
    pub(super) policy: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// Apply only if the plan has this id
    #[arg(long, value_name = "PLAN_ID")]
    pub(super) expect: Option<String>,
    /// Carry the plan out although it exceeds the policy's budget; the reason is kept in the journal
    #[arg(long, value_name = "WHY", value_parser = said)]
    pub(super) override_budget: Option<String>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Do not wait ten minutes for deregistrations to settle; `resume` does the rest later
    #[arg(long)]
    pub(super) no_wait: bool,
    /// Print events as JSON, one a line
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) lists: ListArgs,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// The run, if more than one is unfinished
    pub(super) run: Option<String>,
    /// The directory of the policy
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) policy: PathBuf,
    #[command(flatten)]
    pub(super) options: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The saved plan
    pub(super) plan: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// Show every object, not only the first of each group
    #[arg(long)]
    pub(super) full: bool,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The old plan
    pub(super) from: PathBuf,
    /// The new plan
    pub(super) to: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// Exit with 2 if anything was added
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Show every object, not only the first of each group
    #[arg(long)]
    pub(super) full: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The object: ACCOUNT/REGION/ecs/service/CLUSTER/SERVICE, …/ecs/task-set/CLUSTER/SERVICE/ID,
    /// …/ecs/task-definition/FAMILY:REVISION, …/ecr/image/REPOSITORY@sha256:DIGEST or …/ecr/image/REPOSITORY:TAG
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Wanted,
    /// The directory of the policy
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// Decide on a recorded inventory, without asking AWS
    #[arg(long, value_name = "FILE")]
    pub(super) inventory: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = SummaryFormat::Human)]
    pub(super) format: SummaryFormat,
    #[command(flatten)]
    pub(super) lists: ListArgs,
}

#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    /// The directory of the policy
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// Draw a recorded inventory, without asking AWS
    #[arg(long, value_name = "FILE")]
    pub(super) inventory: Option<PathBuf>,
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot)]
    pub(super) format: GraphFormat,
    /// Only what holds this object and what it holds, by an address as `explain` takes it
    #[arg(long, value_name = "ADDRESS")]
    pub(super) around: Option<Wanted>,
    /// How many arrows away the farthest may be
    #[arg(long, value_name = "N", default_value_t = 8, requires = "around")]
    pub(super) depth: usize,
    #[command(flatten)]
    pub(super) lists: ListArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// Graphviz: `jettison graph | dot -Tsvg`
    Dot,
    /// Mermaid, which GitHub and GitLab draw
    Mermaid,
}

#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// The directory of the policy
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum InventoryCommand {
    /// Read everything that a plan would read, and save it
    Pull {
        /// The directory of the policy
        #[arg(default_value = ".")]
        dir: PathBuf,
        /// The file to write; compressed if it ends in .zst
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        lists: ListArgs,
    },
    /// Sum up an inventory: what was found where, and what could not be read
    Show {
        /// The file; compressed if it ends in .zst
        file: PathBuf,
        /// How to print it
        #[arg(long, value_enum, default_value_t = SummaryFormat::Human)]
        format: SummaryFormat,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SummaryFormat {
    /// For reading in a terminal
    Human,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// List the runs
    List {
        /// The directory of the policy
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Show how each step of a run went
    Show {
        /// The run
        run: String,
        /// The directory of the policy
        #[arg(long, value_name = "DIR", default_value = ".")]
        policy: PathBuf,
    },
    /// Print the events of a run as JSON, one a line
    Export {
        /// The run
        run: String,
        /// The directory of the policy
        #[arg(long, value_name = "DIR", default_value = ".")]
        policy: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct IamPolicyArgs {
    /// What it is for
    #[arg(value_enum)]
    pub(super) purpose: IamPurpose,
    /// The directory of the policy
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// Only the document of this account
    #[arg(long, value_name = "LABEL", conflicts_with = "caller")]
    pub(super) account: Option<String>,
    /// The document of whoever assumes the accounts' roles
    #[arg(long)]
    pub(super) caller: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum IamPurpose {
    /// Reading
    Plan,
    /// Reading, and what the policy's rules can do
    Apply,
}

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The world to serve: an inventory file. It is not changed unless `--save` names it
    #[arg(long, value_name = "FILE")]
    pub(super) world: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4567")]
    pub(super) listen: std::net::SocketAddr,
    /// Enforce AWS's request rates
    #[arg(long)]
    pub(super) quotas: bool,
    /// A Region that no account has enabled, as opt-in Regions are at first; may be given more than once
    #[arg(long, value_name = "REGION")]
    pub(super) disabled_region: Vec<String>,
    /// Whose time it is there
    #[arg(long, value_enum, default_value_t = WorldClock::System)]
    pub(super) clock: WorldClock,
    /// Save the world to this file at the end
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WorldClock {
    /// This machine's
    System,
    /// The world's own: it starts at the file's `taken_at`
    World,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// A reason that says something, on one line, as journals and terminals show it.
fn said(text: &str) -> Result<String, &'static str> {
    let words: Vec<&str> = text.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let text = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if text.is_empty() { Err("say why, for whoever reads the journal") } else { Ok(text) }
}
