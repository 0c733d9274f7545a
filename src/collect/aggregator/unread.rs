//! A build without AWS Config.

use crate::{
    aws::Session,
    collect::{Cache, Options, Progress},
    inventory::{Gap, Inventory},
    model::Source,
};

/// A gap for every aggregator of the policy.
#[expect(clippy::unused_async, reason = "it stands in for what reads them")]
pub(in crate::collect) async fn aggregators(
    _sessions: &[Session],
    options: &Options,
    _cache: &dyn Cache,
    _progress: &dyn Progress,
) -> Inventory {
    let gaps = options.aggregators.iter().map(|aggregator| Gap {
        source: Source::Config,
        account_id: None,
        region: None,
        object: Some(aggregator.label.clone()),
        error: "this build was made without it".to_owned(),
    });
    Inventory { gaps: gaps.collect(), ..Inventory::default() }
}
