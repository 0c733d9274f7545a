//! The sweep of aggregators.

use std::collections::BTreeSet;

use futures::future::{join_all, try_join_all};
use tokio::time::Instant;

use super::{
    queries::{self, Select},
    rows::{Held, Row, gap},
};
use crate::{
    aws::{AggregatorSource, AwsError, Session},
    collect::{Aggregator, Options, Progress, scope::ScopeSweep},
    inventory::{Gap, Inventory},
    model::{AccountId, Age, Location, Region, Source},
};

/// What every aggregator of the policy shows of accounts in Regions without a session. Each is swept side by side.
pub(in crate::collect) async fn aggregators(
    sessions: &[Session],
    options: &Options,
    cache: &dyn crate::collect::Cache,
    progress: &dyn Progress,
    began: Instant,
) -> Inventory {
    let live: BTreeSet<Location> = sessions.iter().map(|session| session.location().clone()).collect();
    let parts = options.aggregators.iter().map(|aggregator| {
        let live = &live;
        async move {
            let is_its = |session: &&Session| {
                session.scope().account == aggregator.account && session.scope().region == aggregator.region
            };
            let Some(session) = sessions.iter().find(is_its) else { return not_entered(aggregator) };
            let scope = ScopeSweep { session, options, cache, progress, began };
            scope.started(Source::Config);
            let held = AggregatorSweep { scope, aggregator, live }.held().await;
            scope.finished(Source::Config);
            held
        }
    });
    let mut whole = Inventory::default();
    for held in join_all(parts).await {
        whole.references.extend(held.references);
        whole.gaps.extend(held.gaps);
    }
    whole
}

fn not_entered(aggregator: &Aggregator) -> Held {
    let Aggregator { label, account, region, .. } = aggregator;
    let error = format!("its account {account} could not be entered in {region}");
    let gap = Gap { source: Source::Config, account_id: None, region: None, object: Some(label.clone()), error };
    Held { references: Vec::new(), gaps: vec![gap] }
}

struct AggregatorSweep<'a> {
    scope: ScopeSweep<'a>,
    aggregator: &'a Aggregator,
    live: &'a BTreeSet<Location>,
}

impl AggregatorSweep<'_> {
    async fn held(&self) -> Held {
        let mut held = Held::default();
        if let Err(gap) = self.read(&mut held).await {
            held.gaps.push(gap);
        }
        held
    }

    async fn read(&self, held: &mut Held) -> Result<(), Gap> {
        let sources = self.scope.session.aggregator_sources(&self.aggregator.name).await;
        let mut accounts = BTreeSet::new();
        let mut is_enumerated = true;
        let sources = sources.map_err(|error| self.gap_after(&error))?;
        self.ask_for_images(held).await?;
        for source in sources {
            let place = place(&source);
            if place.as_ref().is_some_and(|place| self.live.contains(place)) {
                continue;
            }
            held.gaps.extend(self.gap_of(&source, place.as_ref()));
            match place {
                Some(place) => _ = accounts.insert(place.account_id),
                // The accounts of an organization are not told one by one: all that the aggregator has is asked for.
                None => is_enumerated = false,
            }
        }
        if !is_enumerated {
            return self.ask(&[], held).await;
        }
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        for accounts in accounts.chunks(queries::ACCOUNTS_PER_QUERY) {
            self.ask(accounts, held).await?;
        }
        Ok(())
    }

    fn gap_after(&self, error: &AwsError) -> Gap {
        self.scope.gap_after(Source::Config, Some(&self.aggregator.label), error)
    }

    /// What is wrong with a source: that it failed, or that what it sent is too old.
    fn gap_of(&self, source: &AggregatorSource, place: Option<&Location>) -> Option<Gap> {
        let Aggregator { label, max_staleness, .. } = self.aggregator;
        let age = source.updated_at.map(|at| Age::of(at, self.scope.options.taken_at));
        let problem = match (&source.fault, age) {
            (Some(fault), _) => fault.clone(),
            (None, None) => "it does not say when it was last updated".to_owned(),
            (None, Some(age)) if age > *max_staleness => {
                let at = source.updated_at.map(|at| at.to_string()).unwrap_or_default();
                format!("it was last updated at {at}, and max_staleness is {max_staleness}")
            }
            (None, Some(_)) => return None,
        };
        let AggregatorSource { id, region, .. } = source;
        Some(Gap {
            source: Source::Config,
            account_id: place.map(|place| place.account_id.clone()),
            region: place.map(|place| place.region.clone()),
            object: Some(label.clone()),
            error: format!("{id} in {region}: {problem}"),
        })
    }

    /// What runs images outside ECS and Lambda is asked of all accounts: nothing else reads it where a session is.
    async fn ask_for_images(&self, held: &mut Held) -> Result<(), Gap> {
        let images = try_join_all(queries::IMAGES.map(|(select, paths)| async move {
            let rows = self.rows_of_all(select, &[]).await?;
            Ok((rows, paths))
        }));
        for (rows, paths) in images.await? {
            held.add_images(&rows, paths);
        }
        Ok(())
    }

    /// The other queries about some accounts, side by side.
    async fn ask(&self, accounts: &[AccountId], held: &mut Held) -> Result<(), Gap> {
        let (definitions, services, rules, uses_ecs, functions) = tokio::try_join!(
            self.rows(queries::DEFINITIONS, accounts),
            self.rows(queries::SERVICES, accounts),
            self.rows(queries::RULES, accounts),
            self.rows(queries::USES_ECS, accounts),
            self.image_functions(accounts),
        )?;
        held.add_definitions(&definitions, &services, &rules);
        let recorded: BTreeSet<&Location> = definitions.iter().map(|row| &row.location).collect();
        let unrecorded = uses_ecs.iter().filter(|row| !recorded.contains(&row.location));
        let object = Some(self.aggregator.label.as_str());
        let error = "AWS Config shows ECS resources and no task definition: it may not record them";
        held.gaps.extend(unrecorded.map(|row| gap(Source::Config, &row.location, object, error)));
        let error = "AWS Config shows Lambda functions from images and not which images";
        held.gaps.extend(functions.iter().map(|row| gap(Source::Lambda, &row.location, object, error)));
        Ok(())
    }

    /// Where functions from images are; not asked if the policy waives Lambda.
    async fn image_functions(&self, accounts: &[AccountId]) -> Result<Vec<Row>, Gap> {
        if self.scope.options.waives(Source::Lambda) {
            return Ok(Vec::new());
        }
        self.rows(queries::IMAGE_FUNCTIONS, accounts).await
    }

    /// The rows of a query, without those of accounts that are read live.
    async fn rows(&self, select: Select, accounts: &[AccountId]) -> Result<Vec<Row>, Gap> {
        let mut rows = self.rows_of_all(select, accounts).await?;
        rows.retain(|row| !self.live.contains(&row.location));
        Ok(rows)
    }

    /// The rows of a query. One that does not say where it is could be about any account: the whole answer is not understood.
    async fn rows_of_all(&self, select: Select, accounts: &[AccountId]) -> Result<Vec<Row>, Gap> {
        let page = |rows: usize| {
            self.scope.found(Source::Config, rows);
            self.scope.read(Source::Config, rows);
        };
        let Aggregator { name, label, .. } = self.aggregator;
        let results = self.scope.session.select_aggregate(name, &select.within(accounts), page).await;
        let rows: Option<Vec<Row>> = results.map_err(|error| self.gap_after(&error))?.iter().map(Row::read).collect();
        rows.ok_or_else(|| {
            let error = "AWS Config gave a result without its account or Region";
            self.scope.gap(Source::Config, Some(label), error)
        })
    }
}

/// The account and Region of a source; `None` for an organization.
fn place(source: &AggregatorSource) -> Option<Location> {
    let account_id = source.id.parse().ok().filter(|_| source.is_account)?;
    Some(Location { account_id, region: Region::from(source.region.as_str()) })
}
