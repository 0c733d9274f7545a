//! `jettison graph`

use super::explain::Seen;
use crate::{
    cli::{
        Exit,
        args::{GraphArgs, GraphFormat},
        error::CliError,
        policy_files::PolicyDir,
        shell::Shell,
    },
    plan::{decide, locate, no_such_object},
    render::{self, Around, Chart, Drawing, grouped},
};

/// How many objects a drawing can have before nobody finds anything in it.
const READABLE: usize = 300;

pub(in crate::cli) fn run(args: &GraphArgs, shell: &Shell) -> Result<Exit, CliError> {
    let policy = PolicyDir::read(&args.dir, shell)?;
    let seen = Seen::of(&policy, args.inventory.as_deref(), args.lists, "graph", shell)?;
    let question = seen.question(&policy);
    let middle = args.around.as_ref().map(|wanted| locate(&question, wanted)).transpose()?;
    let around = middle.as_ref().map(|(location, resource)| Around { location, resource, depth: args.depth });
    let plan = decide(&question).plan;
    let Some(chart) = Chart::of(&seen.inventory, &policy.policy, &plan, around) else {
        let wanted = args.around.as_ref().zip(middle.as_ref());
        let error = wanted.map(|(wanted, (location, _))| no_such_object(&question, wanted, location));
        return error.map_or(Ok(Exit::Done), |error| Err(error.into()));
    };
    if chart.len() > READABLE {
        let advice = if args.around.is_some() {
            "a smaller --depth cuts it"
        } else {
            "`--around ADDRESS` cuts it to what holds one object and what that holds"
        };
        shell.warn(&format!(
            "the graph has {} objects, more than a drawing can show well; {advice}",
            grouped(chart.len())
        ));
    }
    let drawing = match args.format {
        GraphFormat::Dot => Drawing::Dot,
        GraphFormat::Mermaid => Drawing::Mermaid,
    };
    shell.print(&render::graph(&chart, drawing))?;
    Ok(Exit::Done)
}
