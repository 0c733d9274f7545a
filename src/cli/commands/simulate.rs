//! `jettison simulate`

use crate::{
    cli::{
        Exit,
        args::{SimulateArgs, WorldClock},
        clock, connect,
        error::CliError,
        run::{Pace, block_on},
        shell::Shell,
        signals::stop_on_signal,
    },
    sim::{self, Sim, serve},
};

pub(in crate::cli) fn run(args: &SimulateArgs, shell: &Shell) -> Result<Exit, CliError> {
    block_on(Pace::Real, async {
        let world = connect::read_world(&args.world)?;
        let starts_at = match args.clock {
            WorldClock::System => Some(clock::system()()),
            WorldClock::World => None,
        };
        let disabled_regions = args.disabled_region.iter().map(|region| region.as_str().into()).collect();
        let options = sim::Options { quotas: args.quotas, starts_at, disabled_regions, ..sim::Options::default() };
        let sim = Sim::new(world, options);
        let refused = |source| CliError::Listen { address: args.listen.to_string(), source };
        let listener = tokio::net::TcpListener::bind(args.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        shell.print(&format!("listening on http://{address}\n"))?;
        shell.note(&format!(
            "point any SDK or the AWS CLI at it:\n  AWS_ENDPOINT_URL=http://{address} AWS_ACCESS_KEY_ID=test \
             AWS_SECRET_ACCESS_KEY=test AWS_REGION=eu-central-1 aws ecs list-clusters"
        ));
        let mut stop = stop_on_signal(*shell);
        serve(sim.clone(), listener, async move {
            let _sender_lives_on = stop.wait_for(|stop| *stop).await;
        })
        .await
        .map_err(refused)?;
        if let Some(save) = &args.save {
            connect::write_world(&sim, save)?;
        }
        Ok(Exit::Done)
    })
}
