//! AWS Config aggregators: how fresh what they gathered is, and advanced queries over it.

use aws_sdk_config::types::{AggregatedSourceStatus, AggregatedSourceStatusType, AggregatedSourceType};
use serde_json::Value;

use super::{AwsError, ErrorKind, Operation, Session, call::Pages, time::optional};
use crate::model::Timestamp;

/// The largest page of both calls. Without a limit a query gives 25 results.
const PAGE: i32 = 100;

/// What an aggregator says of one of its sources: an account in a Region, or an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregatorSource {
    /// The account's id, or the organization's.
    pub id: String,
    /// The Region.
    pub region: String,
    /// Whether it is an account.
    pub is_account: bool,
    /// `None` when what it sent was gathered without fault; otherwise what is wrong.
    pub fault: Option<String>,
    /// When it was last gathered.
    pub updated_at: Option<Timestamp>,
}

impl Session {
    /// Every source of an aggregator.
    ///
    /// # Errors
    /// When there is no such aggregator, or a page cannot be read.
    pub async fn aggregator_sources(&self, aggregator: &str) -> Result<Vec<AggregatorSource>, AwsError> {
        let operation = Operation::DescribeConfigurationAggregatorSourcesStatus;
        let mut all = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .config()
                .describe_configuration_aggregator_sources_status()
                .configuration_aggregator_name(aggregator)
                .limit(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            all.extend(answer.aggregated_source_status_list().iter().map(source));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// The results of a query over what an aggregator gathered. `page` is told of the results of every page.
    ///
    /// # Errors
    /// When there is no such aggregator, a page cannot be read, or a result is not JSON.
    pub async fn select_aggregate(
        &self,
        aggregator: &str,
        expression: &str,
        page: impl Fn(usize),
    ) -> Result<Vec<Value>, AwsError> {
        let operation = Operation::SelectAggregateResourceConfig;
        let mut all = Vec::new();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .config()
                .select_aggregate_resource_config()
                .configuration_aggregator_name(aggregator)
                .expression(expression)
                .limit(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            for result in answer.results() {
                let result = serde_json::from_str(result).map_err(|error| {
                    let message = format!("a result of the query is not JSON: {error}");
                    AwsError::own(operation, self.scope(), ErrorKind::Garbled, message)
                })?;
                all.push(result);
            }
            page(answer.results().len());
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }
}

fn source(source: &AggregatedSourceStatus) -> AggregatorSource {
    let succeeded = source.last_update_status() == Some(&AggregatedSourceStatusType::Succeeded);
    let fault = || {
        let status = source.last_update_status().map_or("no status", |status| status.as_str());
        let details: Vec<&str> = source.last_error_code().into_iter().chain(source.last_error_message()).collect();
        if details.is_empty() { status.to_owned() } else { format!("{status}: {}", details.join(": ")) }
    };
    AggregatorSource {
        id: source.source_id().unwrap_or_default().to_owned(),
        region: source.aws_region().unwrap_or_default().to_owned(),
        is_account: source.source_type() == Some(&AggregatedSourceType::Account),
        fault: (!succeeded).then(fault),
        updated_at: optional(source.last_update_time()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_source_that_succeeded_is_without_fault() {
        let of = |status: Option<&str>| {
            let status = status.map(AggregatedSourceStatusType::from);
            source(&AggregatedSourceStatus::builder().set_last_update_status(status).last_error_code("Denied").build())
        };
        assert_eq!(of(Some("SUCCEEDED")).fault, None);
        assert_eq!(of(Some("OUTDATED")).fault.as_deref(), Some("OUTDATED: Denied"));
        assert_eq!(of(Some("PAUSED")).fault.as_deref(), Some("PAUSED: Denied"));
        assert_eq!(of(None).fault.as_deref(), Some("no status: Denied"));
    }
}
